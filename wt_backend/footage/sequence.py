"""Image sequences: files whose names differ in one number, holes and odd numbering allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from wt_backend.footage.clip import Frame, Numbers, Picture, lost
from wt_backend.images import read_image
from wt_backend.protocol import BackendError

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".exr", ".bmp", ".tga", ".dpx", ".hdr"}
RATE = 24.0  # image files do not say theirs
NUMBER = re.compile(r"^(?P<before>.*?)(?P<number>\d+)(?P<after>\D*)$", re.DOTALL)
PLACE = re.compile(r"#+|%0?\d*d")  # shot_####.png, shot_%04d.png


class ImageSequence:
    """Numbered image files of one folder; frame 1 is the lowest number, holes are missing frames.

    Parameters
    ----------
    path
        One image of the sequence, a folder that holds one sequence, or a pattern such as `shot_####.png`.
    rate
        Frames a second, 24 where it is not given.
    """

    def __init__(self, path: Path, rate: float | None = None) -> None:
        self.path, self.rate, self.notes = path, rate or RATE, list[str]()
        self.files = _files(path)
        self.first, self.last = min(self.files), max(self.files)
        holes = self.last - self.first + 1 - len(self.files)
        if holes:
            self.notes.append(f"{holes} of the sequence's frames {self.first} to {self.last} have no file.")

    def frames(self, numbers: Sequence[int]) -> Iterator[Frame]:
        """The given frames, as far as the sequence goes."""
        wanted = Numbers(numbers)
        while wanted.current is not None and wanted.current <= self.last - self.first + 1:
            yield self._frame(wanted.current)
            wanted.advance()

    def _frame(self, number: int) -> Frame:
        file = self.files.get(self.first + number - 1)
        if file is None:
            return lost(number, f"there is no file with number {self.first + number - 1}")

        def picture() -> Picture:
            return read_image(file).rgba

        try:
            if file.stat().st_size == 0:
                return lost(number, f"{file.name} is empty")
        except OSError as error:
            return lost(number, f"{file.name} cannot be read ({error.strerror})")
        return Frame(number, picture)


def _files(path: Path) -> dict[int, Path]:
    """Number → file."""
    if path.is_dir():
        return _only_sequence(path)
    place = PLACE.search(path.name) if not path.exists() else None
    if place:
        return _matching(path.parent, path.name[: place.start()], path.name[place.end() :], path)
    found = NUMBER.match(path.name.removesuffix(path.suffix))
    if found is None:
        return {1: path}
    return _matching(path.parent, found["before"], found["after"] + path.suffix, path)


def _matching(folder: Path, before: str, after: str, named: Path) -> dict[int, Path]:
    pattern = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    files: dict[int, Path] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        match = pattern.fullmatch(file.name)
        if match:
            files.setdefault(int(match[1]), file)
    if not files:
        raise BackendError("bad_image", f"No file is called like {named}.", "Check the name of the sequence.")
    return files


def _only_sequence(folder: Path) -> dict[int, Path]:
    images = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    groups: dict[tuple[str, str], Path] = {}
    for file in images:
        match = NUMBER.match(file.stem)
        groups.setdefault((match["before"], match["after"] + file.suffix) if match else (file.name, ""), file)
    if not groups:
        raise BackendError("bad_image", f"There is no image in {folder}.", "Choose another folder.")
    if len(groups) > 1:
        names = ", ".join(file.name for file in list(groups.values())[:3])
        raise BackendError(
            "bad_image",
            f"There are {len(groups)} sequences in {folder} ({names} …).",
            "Choose one image of the sequence that is meant.",
        )
    return _files(next(iter(groups.values())))
