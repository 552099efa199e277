"""Tests inside Blender (the bpy wheel) on the INSTALLED extension: its zip is built and installed once.

They need a process of their own: `wt_backend` must come out of the zip's wheel, not out of the checkout.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

RESOURCES = Path(tempfile.mkdtemp(prefix="wt blender é "))  # a path as users have it
os.environ["BLENDER_USER_RESOURCES"] = str(RESOURCES)  # before bpy is imported: nobody's settings are touched

import bpy  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
ADDON = "bl_ext.user_default.world_tracing"
STAND_IN = ROOT / "tests" / "addon" / "backend" / "stand_in_worker.py"
STATUS: pytest.StashKey[int] = pytest.StashKey()


def extension_zip() -> Path:
    """The zip to test: $WT_ZIP, or one built now from the checkout."""
    if given := os.environ.get("WT_ZIP"):
        return Path(given)
    sys.path.insert(0, str(ROOT))
    from devtools.extension import build_extension

    return build_extension(RESOURCES / "dist")


def install() -> ModuleType:
    """Install and enable the extension; after that `wt_backend` can only be the zip's."""
    archive = extension_zip()
    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != ROOT]
    done = bpy.ops.extensions.package_install_files(
        filepath=str(archive), repo="user_default", enable_on_install=True
    )
    assert done == {"FINISHED"}
    assert ADDON in bpy.context.preferences.addons, "the add-on was installed but not enabled"
    import wt_backend

    if RESOURCES not in Path(wt_backend.__file__).parents:
        raise RuntimeError(f"wt_backend comes from {wt_backend.__file__}; run tests/blender by itself")
    return sys.modules[ADDON]


_addon = install()  # while pytest loads this file: test modules import wt_backend when they are collected


@pytest.fixture(scope="session")
def addon() -> ModuleType:
    """The installed, enabled add-on."""
    return _addon


@pytest.fixture
def scene(addon: ModuleType) -> Iterator[bpy.types.Scene]:
    """An empty file with the add-on enabled."""
    bpy.ops.wm.read_homefile(use_empty=True)
    assert ADDON in bpy.context.preferences.addons
    yield bpy.context.scene


@pytest.fixture
def real_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend's Python is the checkout's: Blender's own has no scipy."""
    from projection_scenes import PYTHON

    monkeypatch.setenv("WT_BACKEND_PYTHON", str(PYTHON))


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in worker in the place of the backend's Python."""
    python = tmp_path / "a python" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("WT_BACKEND_PYTHON", str(python))
    return python


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A 64×64 picture on disk."""
    path = tmp_path / "fôto 1.png"
    image = bpy.data.images.new("photo", 64, 64)
    image.pixels.foreach_set(np.random.default_rng(1).random(64 * 64 * 4, np.float32))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


@pytest.fixture(autouse=True)
def fresh_worker(addon) -> None:
    """Each test starts its own worker."""
    session = sys.modules[f"{addon.__name__}.backend.session"]
    session.backend().stop()
    session._results.clear()
    session.notice = None


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember the exit status for `pytest_unconfigure`."""
    session.config.stash[STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without static destructors: some bpy versions hang in theirs."""
    bpy.ops.preferences.addon_disable(module=ADDON)  # ends the worker
    shutil.rmtree(RESOURCES, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash.get(STATUS, 1))
