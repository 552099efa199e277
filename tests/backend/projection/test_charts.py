"""xatlas holds nothing up and takes nothing along: it is cancelled, others go on, a crash is a sentence."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trimesh

from tests.backend.projection.conftest import ball, run, save_mesh
from wt_backend.projection import METHODS
from wt_backend.protocol import BackendError


def test_a_mesh_that_xatlas_crashes_on_is_a_sentence(tmp_path: Path) -> None:
    """Version 0.0.11 does on this sphere, as far as is known on no other mesh; a mended one may unwrap it."""
    mesh = save_mesh(tmp_path / "m.npz", trimesh.creation.icosphere(6))
    with pytest.raises(BackendError, match="crashed on this mesh of 81,920 triangles") as caught:
        run("unwrap", mesh=mesh, output=str(tmp_path / "u.npz"))
    assert caught.value.kind == "bad_request" and caught.value.hint
    assert not (tmp_path / "u.npz").exists()


def test_an_unwrap_stops_when_it_is_cancelled_and_lets_others_run(tmp_path: Path) -> None:
    """Seconds of xatlas, cancelled by another thread after half of one."""
    mesh = save_mesh(tmp_path / "m.npz", ball(5))
    over, begun = threading.Event(), time.monotonic()
    timer = threading.Timer(0.5, over.set)

    def cancel() -> None:
        if over.is_set():
            raise BackendError("cancelled", "The job was cancelled.")

    timer.start()
    with pytest.raises(BackendError, match="cancelled"):
        METHODS["projection/unwrap"](
            {"mesh": mesh, "output": str(tmp_path / "u.npz")}, lambda stage, step, total: None, cancel
        )
    timer.join()
    assert time.monotonic() - begun < 3
    assert not multiprocessing.active_children() and not (tmp_path / "u.npz").exists()


def test_a_python_without_xatlas_is_told_from_a_crash(tmp_path: Path) -> None:
    mesh = save_mesh(tmp_path / "m.npz", ball(1))
    params = {"mesh": mesh, "output": str(tmp_path / "u.npz")}
    code = (
        "import sys; sys.modules['xatlas'] = None\n"
        "from wt_backend import methods\n"
        f"try: methods.call('projection/unwrap', {params!r}, lambda *values: None, lambda: None)\n"
        "except Exception as error: print(methods.as_backend_error(error).message)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "has no xatlas" in told.stdout
