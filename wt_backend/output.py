"""Where a stack goes: checked before a long job starts, and every failure told as a sentence."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wt_backend.memory import is_disk_full
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, part_beside

MIN_FREE = 64 << 20  # bytes; more than the largest stack of the released models (6 layers at 840²: 56 MB)


def check_output(path: Path, *sources: str | None) -> None:
    """Make the folder of an output file if need be, and make sure that a file can be written there.

    Parameters
    ----------
    sources : what the file is made from, which it must not take the place of.

    Raises
    ------
    BackendError
        kind "bad_output" or "disk_full".
    """
    try:
        _check_place(path, *sources)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(b"\0")
    except OSError as error:
        raise output_error(path, error) from error
    free = shutil.disk_usage(path.parent).free
    if free < MIN_FREE:
        raise BackendError(
            "disk_full",
            f"Only {free / 1e6:.0f} MB are free in {path.parent}.",
            "Free some space or choose another folder.",
        )


@contextmanager
def output_place(path: Path, *sources: str | None) -> Iterator[None]:
    """Check an output file as `check_output` does; if the block fails, empty folders made for it go again."""
    try:
        made = [folder for folder in path.parents if not folder.exists()]  # innermost first
    except OSError as error:
        raise output_error(path, error) from error
    try:
        check_output(path, *sources)
        yield
    except BaseException:
        with suppress(OSError):  # it holds something, or was never made
            for folder in made:
                folder.rmdir()
        raise


def _check_place(path: Path, *sources: str | None) -> None:
    """Whether a file may take this place."""
    if path.is_dir():
        raise BackendError("bad_output", f"The output {path} is a folder.", "Choose a file name in it.")
    if path.exists() and not path.is_file():  # a file takes its place: /dev/null would be gone for everybody
        raise BackendError("bad_output", f"The output {path} is no ordinary file.", "Choose another name.")
    if any(path.exists() and Path(source).exists() and path.samefile(source) for source in sources if source):
        raise BackendError("bad_output", f"The output {path} is the source itself.", "Choose another name.")


def save(stack: LayerStack, path: Path) -> None:
    """Write a stack, whole or not at all.

    Raises
    ------
    BackendError
    """
    try:
        stack.save(path)
    except OSError as error:
        raise output_error(path, error) from error


def save_new(stack: LayerStack, path: Path) -> Path:
    """Write a stack, whole or not at all, to a path or to the next name that is free; return which.

    Raises
    ------
    BackendError
    """
    try:
        part = part_beside(path)
        try:
            stack.save(part)
            with _claimed(path) as place:
                part.replace(place)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    return place


@contextmanager
def _claimed(path: Path) -> Iterator[Path]:
    """A path that was free, held by an empty file: on any file system only one program can make that."""
    later = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    place = next(name for name in itertools.chain([path], later) if _created(name))
    try:
        yield place
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _created(path: Path) -> bool:
    try:
        path.touch(exist_ok=False)
    except FileExistsError:  # another program was quicker
        return False
    return True


def output_error(path: Path, error: OSError) -> BackendError:
    """Why `path` could not be written, and what to do."""
    if is_disk_full(error):
        return BackendError(
            "disk_full",
            f"The disk is full: {path} was not written.",
            "Free some space or choose another folder.",
        )
    reason = error.strerror or str(error)
    return BackendError("bad_output", f"{path} cannot be written ({reason}).", "Choose another folder.")
