"""The managed environment on disk: which one counts, which are leftovers. No bpy.

    ROOT/current.json       names the environment that counts; replaced in one step when a new one works
    ROOT/env-N/             environments; others than that are older, or were never finished
    ROOT/install.lock       held by the Blender that changes any of this
    ROOT/uv/ cache/ python/ what building them needs

An upgrade is built beside the old environment, so that a failure leaves the old one at work.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath

from wt_backend.paths import is_file
from wt_backend.protocol import BackendError

from .lock import only_one

CURRENT = "current.json"
LOCK = "install.lock"
_NO_LIMIT = "\\\\?\\"


class EnvironmentState(Enum):
    """What the preferences show."""

    NOT_INSTALLED = "not installed"
    INCOMPLETE = "incomplete"
    READY = "ready"
    OUTDATED = "outdated"


@dataclass(frozen=True)
class Environment:
    """The environment that counts."""

    folder: Path
    version: str  # of wt_backend
    torch_backend: str  # what was asked of uv: "auto", "cpu", "cu126" …

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return python_of(self.folder)


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment, on this system."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def current_environment(root: Path) -> Environment | None:
    """The environment that counts, None where there is none that could run."""
    try:
        values = json.loads((root / CURRENT).read_text(encoding="utf-8"))
        found = Environment(root / Path(values["folder"]).name, values["version"], values["torch_backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_file(found.python) else None


def environment_state(root: Path, version: str) -> EnvironmentState:
    """How things stand, for an add-on of this version."""
    found = current_environment(root)
    if found is not None:
        return EnvironmentState.READY if found.version == version else EnvironmentState.OUTDATED
    broken = any(path.exists() for path in (root / CURRENT, *_parts(root)))
    return EnvironmentState.INCOMPLETE if broken else EnvironmentState.NOT_INSTALLED


def begin_environment(root: Path) -> Path:
    """A folder for a new environment, marked incomplete; leftovers of earlier attempts go as far as they can.

    Raises
    ------
    BackendError
        Kind `access`: the folder cannot be written to.
    """
    in_use = current_environment(root)
    taken = [int(path.name.removeprefix("env-")) for path in _environments(root)]
    folder = root / f"env-{max(taken, default=0) + 1}"
    for leftover in _environments(root):
        if in_use is None or leftover != in_use.folder:
            remove_as_far_as_possible(leftover)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise BackendError(
            "access",
            f"{root} cannot be written to: {error.strerror}.",
            "Check who owns the folder, and whether the disk is read-only.",
        ) from error
    return folder


def finish_environment(root: Path, folder: Path, version: str, torch_backend: str) -> list[Path]:
    """From here on the environment in `folder` counts; the older ones, which can go when nobody uses them."""
    part = root / f"{CURRENT}.part"
    values = {"folder": folder.name, "version": version, "torch_backend": torch_backend}
    part.write_text(json.dumps(values), encoding="utf-8")
    part.replace(root / CURRENT)
    return [old for old in _environments(root) if old != folder]


def remove_environment(root: Path) -> None:
    """Remove everything that was installed.

    Raises
    ------
    BackendError
        Kind `access`: something is still in use, or another Blender is installing.
    """
    try:
        with only_one(root / LOCK):
            (root / CURRENT).unlink(missing_ok=True)
            for path in _parts(root):
                _remove(path)
    except OSError as error:
        raise BackendError(
            "access",
            f"{root} cannot be removed: {error.strerror} ({Path(error.filename).name}).",
            "Close other Blenders, wait for a virus scanner to finish, and try again.",
        ) from error


def remove_as_far_as_possible(folder: Path) -> None:
    """Remove a folder; what somebody holds stays."""
    shutil.rmtree(of_any_length(folder), ignore_errors=True)


def of_any_length(path: PurePath, system: str = os.name) -> str:
    """An absolute path as Windows takes it though it has more than 260 characters.

    Those of PyTorch's licences have, below Blender's user folder. uv writes them, Python alone cannot remove
    them.
    """
    text = str(path)
    if system != "nt" or text.startswith(_NO_LIMIT):
        return text
    return f"{_NO_LIMIT}UNC{text[1:]}" if text.startswith("\\\\") else _NO_LIMIT + text


def _environments(root: Path) -> list[Path]:
    """The folders env-N, and nothing else that somebody may have put there."""
    return [path for path in root.glob("env-*") if path.name.removeprefix("env-").isdigit() and path.is_dir()]


def _parts(root: Path) -> list[Path]:
    """The folders that an installation makes, whether they are there or not."""
    return [*_environments(root), root / "uv", root / "cache", root / "python"]


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(of_any_length(path))
