"""The installed extension in real Blender windows; run by `python build.py test-gui`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SECONDS = 420  # for one window; a run takes about a minute on two cores
CHROOTS = [Path(path) for path in os.environ.get("WT_GUI_CHROOTS", "").split(os.pathsep) if path]
CHECKS = [
    "installed",
    "package_from_zip",
    "trace_button",
    "started",
    "key_handled_while_tracing",
    "ended",
    "viewport_answers",
    "progress_moves",
    "layers",
    "camera_button",
    "looks_through_trace_camera",
    "orbits_away",
    "undo",
    "redo",
    "trace_button_again",
    "cancel_button",
    "cancelled",
    "trace_button_before_kill",
    "worker_runs",
    "killed_is_said",
    "trace_button_after_kill",
    "traced_after_kill",
    "scenario",
    "no_python_errors",
]


@pytest.fixture(scope="module", params=CHROOTS, ids=lambda path: path.name.removeprefix("chroot-"))
def window(request: pytest.FixtureRequest) -> dict[str, dict[str, object]]:
    """What the scenario found in one suite's Blender; logs and pictures stay in out/gui/SUITE."""
    suite = request.param.name.removeprefix("chroot-")
    share = ROOT / "out" / "gui" / suite
    shutil.rmtree(share, ignore_errors=True)
    share.mkdir(parents=True)
    shutil.copy(os.environ["WT_GUI_ZIP"], share / "extension.zip")
    worker = [f"WT_BACKEND_PYTHON={sys.executable}", f"WT_GUI_IMAGE={ROOT / 'samples' / 'cup.jpg'}"]
    scenario = ["bash", str(HERE / "window.sh"), str(HERE / "scenario.py"), str(SECONDS)]
    command = [ROOT / "scripts" / "gui_in_chroot.sh", request.param, share, readonly_paths(), "env", *worker]
    done = subprocess.run(
        [str(word) for word in [*command, *scenario]],
        timeout=SECONDS + 60,
        capture_output=True,
        text=True,
        check=False,
    )
    result = share / "result.json"
    log = share / "blender.log"
    if not result.is_file():
        logs = "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(share.glob("*.log")))
        pytest.fail(f"Blender of {suite} told nothing.\n{done.stdout}{done.stderr}\n{logs}")
    found = json.loads(result.read_text())
    errors = [line for line in log.read_text(errors="replace").splitlines() if "Error: " in line]
    found["no_python_errors"] = {"holds": not errors, "detail": "\n".join(errors[:10])}
    return found


def readonly_paths() -> str:
    """What the worker needs besides the chroot: this checkout with its .venv, and the .venv's base Python."""
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = [base / "bin" / name, base / "lib" / name] if base == Path("/usr") else [base]
    return ":".join(str(path) for path in [ROOT, *python])


@pytest.mark.parametrize("name", CHECKS)
def test_in_the_window(window: dict[str, dict[str, object]], name: str) -> None:
    """Each thing that a user would notice."""
    assert name in window, f"the scenario did not come this far: {window.get('scenario', list(window)[-1:])}"
    assert window[name]["holds"], window[name]["detail"]
