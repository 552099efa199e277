"""Downloaded weights on the disk: delete a model, move them all to another folder.

They lie in a Hub cache: a folder for each repository, with links inside that stay valid when it moves whole.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from wt_backend.checkpoints.load import find_entry, forget_copies
from wt_backend.checkpoints.registry import Source, entries, hub_cache, repository_folder
from wt_backend.jobs import Cancel, Progress
from wt_backend.memory import is_disk_full
from wt_backend.protocol import BackendError

MEGABYTE = 1_000_000
CHUNK = 1 << 22
SPARE_BYTES = 1 << 28  # left free on the disk


def delete_model(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Remove a model's downloaded weights, and what was converted from them: `{model}` → `{freed_mb}`."""
    entry = find_entry(_only(params, "model"))
    if isinstance(entry.weights, Path):
        raise BackendError(
            "access", f"{entry.label} is part of the package.", "Only downloaded models can be deleted."
        )
    folder = repository_folder(entry.weights)
    if not folder.is_dir():
        raise BackendError(
            "model_missing", f"{entry.label} is not on this machine.", "There is nothing to delete."
        )
    from wt_backend.pipeline import unload_models  # brings torch, which moving models does not need

    progress("delete", 0, 1)
    unload_models()  # its memory is free again, too; and Windows deletes nothing that is mapped
    size = _size(folder)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise _refused(error) from error
    with suppress(OSError):  # one that is in use stays: it goes another time
        size += forget_copies()
    return {"freed_mb": size / MEGABYTE}


def move_models(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Move all downloaded weights into another folder: `{folder}` → `{moved, folder}`.

    On another disk they are copied first and deleted only when all copies are whole. What ends it on the way,
    a cancel or a full disk, leaves all of them where they were.
    """
    target = Path(_only(params, "folder"))
    if target.resolve() == hub_cache().resolve():
        return {"moved": 0, "folder": str(target)}
    sources = [entry.weights for entry in entries() if isinstance(entry.weights, Source)]
    folders = [folder for folder in dict.fromkeys(map(repository_folder, sources)) if folder.is_dir()]
    for folder in folders:
        if (target / folder.name).exists():
            raise BackendError(
                "bad_output", f"{target / folder.name} exists already.", "Choose an empty folder."
            )
    meter = _Meter(sum(map(_size, folders)), progress, cancel)
    try:
        target.mkdir(parents=True, exist_ok=True)
        _move_all({folder: target / folder.name for folder in folders}, meter)
    except OSError as error:
        raise _refused(error) from error
    with suppress(OSError):  # the models have moved, whatever becomes of this
        forget_copies()  # a copy is found by where its source lies
    return {"moved": len(folders), "folder": str(target)}


class _Meter:
    """Progress in megabytes over several folders."""

    def __init__(self, total: int, progress: Progress, cancel: Cancel) -> None:
        self.total, self._done, self._progress, self._cancel = total, 0, progress, cancel

    def add(self, count: int) -> None:
        """Count bytes; raises where the job was cancelled."""
        self._done += count
        self._progress("move", self._done // MEGABYTE, max(self.total // MEGABYTE, 1))
        self._cancel()


def _move_all(places: dict[Path, Path], meter: _Meter) -> None:
    """Move folders, all of them or none: models in two places would be found in one of them only."""
    renamed: list[Path] = []
    copied: list[Path] = []
    try:
        for folder, target in places.items():
            try:
                folder.rename(target)
                renamed.append(folder)
                meter.add(_size(target))
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy_folder(folder, target, meter)
                copied.append(folder)
    except BaseException:  # cancelled, no space …
        for folder in renamed:
            places[folder].rename(folder)
        for folder in copied:
            shutil.rmtree(places[folder], ignore_errors=True)
        raise
    for folder in copied:
        shutil.rmtree(folder, ignore_errors=True)  # a file in use stays; what counts has arrived


def _copy_folder(folder: Path, target: Path, meter: _Meter) -> None:
    free = shutil.disk_usage(target.parent).free
    needed = _size(folder)
    if free < needed + SPARE_BYTES:
        raise BackendError(
            "disk_full",
            f"{target.parent} has {free / 1e9:.1f} GB free, the models take {needed / 1e9:.1f} GB.",
            "Make room, or choose another disk.",
        )
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a move that was killed
    try:
        shutil.copytree(
            folder, part, symlinks=True, copy_function=lambda a, b: _copy(Path(a), Path(b), meter)
        )
    except BaseException:  # the old folder is whole, what was copied so far is not
        shutil.rmtree(part, ignore_errors=True)
        raise
    part.rename(target)


def _copy(source: Path, target: Path, meter: _Meter) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            writer.write(chunk)
            meter.add(len(chunk))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _only(params: dict[str, Any], name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str) or not value or set(params) != {name}:
        raise BackendError("bad_request", f"The parameters must be {{{name}: text}}.", f"Name one {name}.")
    return value


def _refused(error: OSError) -> BackendError:
    if is_disk_full(error):
        return BackendError("disk_full", "The disk is full.", "Make room, or choose another disk.")
    return BackendError(
        "access",
        f"{error.filename or 'The models folder'} cannot be changed ({error.strerror or error}).",
        "Check who owns the folder, and close other programs that use it.",
    )
