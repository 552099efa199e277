"""Which files make an image sequence: names that differ in one number. Blender asks too."""

from __future__ import annotations

import re
from pathlib import Path

from wt_backend.protocol import BackendError

SUFFIXES = {  # of what wt_backend/images.py reads; anything else is a movie
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".tga"),
    *(".exr", ".hdr", ".dpx", ".ppm", ".pgm", ".pbm", ".pnm"),
}
NUMBER = re.compile(r"^(?P<before>.*?)(?P<number>\d+)(?P<after>\D*)$", re.DOTALL)
PLACE = re.compile(r"#+|%0?\d*d")  # shot_####.png, shot_%04d.png
MOST_HOLES = 100_000  # an hour; numbers with more between them are no frames' but dates or times


def numbered_files(path: Path) -> dict[int, Path]:
    """Number → file of the sequence that a path means: one of its images, its folder, or a pattern.

    Raises
    ------
    BackendError
        kind "bad_image": there is none, or the folder holds several.
    """
    if path.is_dir():
        return _only_sequence(path)
    place = PLACE.search(path.name) if not path.exists() else None
    if place:
        return _matching(path.parent, path.name[: place.start()], path.name[place.end() :], path)
    found = NUMBER.match(path.name.removesuffix(path.suffix))
    if found is None:
        return {1: path}
    return _matching(path.parent, found["before"], found["after"] + path.suffix, path)


def holes_in(files: dict[int, Path]) -> int:
    """How many numbers between a sequence's lowest and highest have no file."""
    return max(files) - min(files) + 1 - len(files)


def are_frames(files: dict[int, Path]) -> bool:
    """Whether numbers are those of frames, and not dates or times."""
    return holes_in(files) <= MOST_HOLES


def written(path: Path) -> list[int] | None:
    """What changes when footage is made anew: how many files, their bytes, the last change in nanoseconds.

    None where it cannot be said.
    """
    images = path.is_dir() or path.suffix.lower() in SUFFIXES
    try:
        states = [file.stat() for file in (numbered_files(path).values() if images else [path])]
    except (OSError, BackendError):  # whoever opens it will say why
        return None
    return [len(states), sum(s.st_size for s in states), max(s.st_mtime_ns for s in states)]


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
    found = (file for file in folder.iterdir() if not file.name.startswith("."))  # ._NAME: macOS leaves them
    images = sorted(file for file in found if file.suffix.lower() in SUFFIXES)
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
    return numbered_files(next(iter(groups.values())))
