"""Where the add-on puts its files: beside the saved .blend, else in the add-on's user folder."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import bpy

from .. import preferences

FOLDER = "world_tracing"
LONGEST = 120  # bytes of a name, so that there is room for what is added: numbers, "as shown", endings

_promised: set[str] = set()  # to jobs that still wait; Windows and macOS take "a" and "A" for one name


def folder(kind: str) -> Path:
    """The folder for one kind of file ("traces", "images"), made if missing."""
    if bpy.data.filepath:
        beside = Path(bpy.data.filepath).parent / FOLDER / kind
        if _takes_files(beside):
            return beside
    return preferences.user_folder(kind)


def new_stack_path(name: str) -> Path:
    """A .wts path that does not exist yet; earlier traces are never written over."""
    return _unused(folder("traces"), file_name(name), ".wts")


def new_image_path(name: str, suffix: str = ".png") -> Path:
    """A path that does not exist yet; a trace that waits, or has been imported, keeps its picture."""
    return _unused(folder("images"), file_name(name), suffix)


def new_shot_folder(name: str) -> Path:
    """A folder for a shot that does not exist yet."""
    return _unused(folder("shots"), file_name(name), "")


def new_geometry(name: str) -> Path:
    """A path for a mesh that the worker gets; one that waits keeps its own."""
    return _unused(folder("geometry"), file_name(name), ".npz")


def new_projection(name: str) -> Path:
    """A path without suffix for a projection's files; those of earlier ones are never written over."""
    parent, stem = folder("projection"), file_name(name)
    used = [file.name.casefold() for file in parent.iterdir()]  # by now perhaps only "NAME seen.png"
    free = (
        path
        for path in _numbered(parent, stem, "")
        if not any(file.startswith((f"{path.name}.".casefold(), f"{path.name} ".casefold())) for file in used)
    )
    return _promise(free)


def forget(path: str) -> None:
    """Remove a file that was sent to the worker or came from it; an empty path does nothing."""
    if path:
        with suppress(OSError):  # gone already, or something else has it open
            Path(path).unlink()


def stored_path(path: Path, blend: str = "") -> str:
    """How to remember a path in a .blend, by default the open one: relative where the file lies beside it."""
    blend = blend or bpy.data.filepath
    if blend and Path(blend).parent in path.absolute().parents:
        return bpy.path.relpath(str(path), start=str(Path(blend).parent))
    return str(path)


def _takes_files(path: Path) -> bool:
    """Whether a folder is there, or can be made, and can be written to: only trying tells on every system."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:  # a read-only disk, somebody else's folder, a file of that name
        return False


def is_promised(path: Path) -> bool:
    """Whether a path was given to a job, which may not have written it yet."""
    return str(path).casefold() in _promised


def load_image(path: str | Path, check_existing: bool = False) -> bpy.types.Image:
    """An image file, remembered like a stack: who moves the folder of the .blend takes it along."""
    return bpy.data.images.load(stored_path(Path(path)), check_existing=check_existing)


def _unused(parent: Path, stem: str, suffix: str) -> Path:
    return _promise(path for path in _numbered(parent, stem, suffix) if not path.exists())


def _numbered(parent: Path, stem: str, suffix: str) -> Iterator[Path]:
    """NAME, NAME-2, NAME-3 …"""
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return (parent / (name + suffix) for name in names)


def _promise(free: Iterable[Path]) -> Path:
    path = next(path for path in free if not is_promised(path))
    _promised.add(str(path).casefold())
    return path


def file_name(name: str) -> str:
    """`name` without what a file name may not hold on some system, and short enough for all: bytes count."""
    allowed = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(" .")
    return allowed.encode(errors="ignore")[:LONGEST].decode(errors="ignore").strip(" .") or "trace"
