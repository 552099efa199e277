"""Image sequences: files whose names differ in one number, holes and odd numbering allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from wt_backend.footage.clip import Frame, Numbers, Picture, lost
from wt_backend.footage.numbering import are_frames, holes_in, numbered_files
from wt_backend.images import read_image
from wt_backend.jobs import Cancel, never
from wt_backend.protocol import BackendError

RATE = 24.0  # image files do not say theirs


class ImageSequence:
    """Numbered image files of one folder; frame 1 is the lowest number, holes are missing frames.

    Parameters
    ----------
    path
        One image of the sequence, a folder that holds one sequence, or a pattern such as `shot_####.png`.
    rate
        Frames a second, 24 where it is not given.
    role
        "image" or "mask", as in `read_image`.
    """

    def __init__(self, path: Path, rate: float | None = None, role: str = "image") -> None:
        self.path, self.rate, self.role, self.notes = path, rate or RATE, role, list[str]()
        self.files = numbered_files(path)
        self.first, self.last = min(self.files), max(self.files)
        holes = holes_in(self.files)
        if not are_frames(self.files):
            raise BackendError(
                "bad_image",
                f"{len(self.files)} files are called like {path}, with numbers from {self.first} to "
                f"{self.last}: these are no frame numbers.",
                "Number the files one after another, or trace them as single images.",
            )
        if holes:
            self.notes.append(f"{holes} of the sequence's frames {self.first} to {self.last} have no file.")

    def frames(self, numbers: Sequence[int], cancel: Cancel = never) -> Iterator[Frame]:
        """The given frames, as far as the sequence goes."""
        wanted = Numbers(numbers)
        while wanted.current is not None and wanted.current <= self.last - self.first + 1:
            cancel()
            yield self._frame(wanted.current)
            wanted.advance()

    def _frame(self, number: int) -> Frame:
        file = self.files.get(self.first + number - 1)
        if file is None:
            return lost(number, f"there is no file with number {self.first + number - 1}")

        def picture() -> Picture:
            return read_image(file, self.role).rgba

        try:
            if file.stat().st_size == 0:
                return lost(number, f"{file.name} is empty")
        except OSError as error:
            return lost(number, f"{file.name} cannot be read ({error.strerror})")
        return Frame(number, picture)
