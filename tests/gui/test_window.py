"""The installed extension in real Blender windows; run by `python build.py test-gui`.

Each scenario of `scenarios/` is played once in each suite's Blender; each of its checks is a test.
"""

from __future__ import annotations

import ast
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHROOTS = [Path(path) for path in os.environ.get("WT_GUI_CHROOTS", "").split(os.pathsep) if path]
SCENARIOS = [name for name in os.environ.get("WT_GUI_SCENARIOS", "").split(os.pathsep) if name]
ALWAYS = ("installed", "package_from_zip", "scenario", "no_python_errors")  # checks of every scenario
DEFAULTS = {"SECONDS": 420, "SCREEN": (1440, 960), "BACKEND": True, "DESKTOP": "X11"}


@dataclass(frozen=True)
class Play:
    """A scenario in one suite's Blender."""

    chroot: Path
    scenario: str

    @property
    def suite(self) -> str:
        """Debian's name of it."""
        return self.chroot.name.removeprefix("chroot-")

    @property
    def share(self) -> Path:
        """Where its logs and pictures stay."""
        return ROOT / "out" / "gui" / self.suite / self.scenario


def constants(scenario: str) -> dict[str, object]:
    """What a scenario's file says about itself, without running it: only Blender can import it."""
    tree = ast.parse((HERE / "scenarios" / f"{scenario}.py").read_text(encoding="utf-8"))
    names = {"CHECKS", *DEFAULTS}
    return DEFAULTS | {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in names
    }


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each suite, scenario and check."""
    cases = [
        pytest.param(
            play := Play(chroot, scenario), name, id=f"{play.suite}-{scenario}-{name}", marks=skipped(play)
        )
        for chroot in CHROOTS
        for scenario in SCENARIOS
        for name in (*constants(scenario)["CHECKS"], *ALWAYS)  # type: ignore[misc]
    ]
    metafunc.parametrize(("play", "name"), cases)


def skipped(play: Play) -> list[pytest.MarkDecorator]:
    """A mark with the reason, where a suite's Blender cannot play the scenario."""
    if constants(play.scenario)["DESKTOP"] == "X11" or (play.chroot / "usr/bin/sway").exists():
        return []
    return [pytest.mark.skip(reason=f"Debian {play.suite} builds its Blender without Wayland")]


@cache  # and no fixture: pytest would play a scenario again for each of its checks
def window(play: Play) -> dict[str, dict[str, object]]:
    """What the scenario found; logs and pictures stay in out/gui/SUITE/SCENARIO."""
    with only_run(play):
        return played(play)


@contextmanager
def only_run(play: Play) -> Iterator[None]:
    """Two runs of one scenario would write into one folder; the second waits for the first."""
    play.share.parent.mkdir(parents=True, exist_ok=True)
    with (play.share.parent / f".{play.scenario}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def played(play: Play) -> dict[str, dict[str, object]]:
    """Play the scenario; return its checks."""
    known, share = constants(play.scenario), play.share
    shutil.rmtree(share, ignore_errors=True)
    share.mkdir()
    shutil.copy(os.environ["WT_GUI_ZIP"], share / "extension.zip")
    samples = ROOT / "samples"
    variables = [f"WT_GUI_ROOT={ROOT}", f"WT_GUI_IMAGE={samples / 'cup.jpg'}"]
    variables.append(f"WT_GUI_CUT_OUT={samples / 'mixer.png'}")
    if known["BACKEND"]:
        variables.append(f"WT_BACKEND_PYTHON={sys.executable}")
    if wheels := os.environ.get("WT_GUI_WHEELS"):
        variables += [f"WT_GUI_WHEELS={wheels}", f"WT_GUI_PYTHON={sys.executable}"]
    inside = ["bash", HERE / "window.sh", HERE / "play.py", play.scenario, known["SECONDS"]]
    inside += [*known["SCREEN"], known["DESKTOP"]]
    command = [ROOT / "scripts" / "gui_in_chroot.sh", play.chroot, share, readonly_paths(), "env", *variables]
    done = subprocess.run(
        [str(word) for word in [*command, *inside]],
        timeout=known["SECONDS"] + 60,
        capture_output=True,
        text=True,
        check=False,
    )
    result, log = share / "result.json", share / "blender.log"
    if not result.is_file():
        logs = "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(share.glob("*.log")))
        told = f"Blender of {play.suite} told nothing.\n{done.stdout}{done.stderr}\n{logs}"
        return {"scenario": {"holds": False, "detail": told}}
    found = json.loads(result.read_text())
    errors = [line for line in log.read_text(errors="replace").splitlines() if "Error: " in line]
    found["no_python_errors"] = {"holds": not errors, "detail": "\n".join(errors[:10])}
    return found


def readonly_paths() -> str:
    """What the worker needs besides the chroot: this checkout with its .venv, and the .venv's base Python."""
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = [base / "bin" / name, base / "lib" / name] if base == Path("/usr") else [base]
    wheels = [wheels] if (wheels := os.environ.get("WT_GUI_WHEELS")) else []
    return ":".join(str(path) for path in [ROOT, *python, *wheels])


def test_in_the_window(play: Play, name: str) -> None:
    """Each thing that a user would notice."""
    found = window(play)
    assert name in found, f"the scenario did not come this far: {found.get('scenario', list(found)[-1:])}"
    assert found[name]["holds"], found[name]["detail"]
