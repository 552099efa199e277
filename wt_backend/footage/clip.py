"""What a movie and an image sequence have in common: frames, counted from 1, each a picture or a reason.

Frame n shows what is on screen at (n − 1) / rate seconds. Pictures are made only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wt_backend.jobs import Cancel, never
from wt_backend.protocol import BackendError

Picture = NDArray[np.uint8]  # (H, W, 4) upright, sRGB, straight alpha


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a clip.

    Attributes
    ----------
    number : int
        From 1.
    picture : callable
        Decodes (H, W, 4) uint8: upright, sRGB, straight alpha. Only valid until the next frame is asked for.
    missing : str
        Why there is no picture; "" where there is one.
    """

    number: int
    picture: Callable[[], Picture]
    missing: str = ""


class Clip(Protocol):
    """A movie or an image sequence."""

    path: Path
    rate: float
    notes: list[str]

    def frames(self, numbers: Sequence[int], cancel: Cancel = never) -> Iterator[Frame]:
        """The given frames (ascending), as far as the clip goes.

        `cancel` is asked at every frame that is decoded, those on the way to the first one too.
        """


@dataclass
class Numbers:
    """Ascending frame numbers, one after the other; None when there are no more."""

    source: Sequence[int]
    current: int | None = field(init=False)

    def __post_init__(self) -> None:
        self._rest = iter(self.source)
        self.advance()

    def advance(self) -> None:
        """Go to the next number."""
        self.current = next(self._rest, None)


def lost(number: int, why: str) -> Frame:
    """A frame without a picture."""

    def nothing() -> Picture:
        raise BackendError("bad_image", f"Frame {number} cannot be shown: {why}.", "Leave it out.")

    return Frame(number, nothing, why)


def open_clip(path: str | Path, rate: float | None = None, role: str = "image") -> Clip:
    """Open footage: a folder or an image is an image sequence, anything else a movie.

    Parameters
    ----------
    role
        Of images, "image" or "mask"; see `read_image`.

    Raises
    ------
    BackendError
        kind "bad_image".
    """
    from wt_backend.footage.numbering import SUFFIXES
    from wt_backend.footage.sequence import ImageSequence

    path = Path(path)
    images = path.is_dir() or path.suffix.lower() in SUFFIXES
    if not path.exists() and not (images and ("#" in path.name or "%" in path.name)):
        raise BackendError("bad_image", f"The footage {path} does not exist.", "Check the path.")
    if images:
        return ImageSequence(path, rate, role)
    from wt_backend.footage.decode import Movie

    return Movie(path, rate)
