"""Lint, types and the headless tests: what must hold for every commit."""

from __future__ import annotations

from devtools.process import ROOT, VENV_PYTHON, run, say

MYPY_PATHS = ("wt_backend", "blender_addon", "devtools", "build.py")
PYTEST_TIMEOUT = 600.0
# Blender is not made to share a process: its tests end with os._exit, and its start-up changes the locale.
RUNS = (("tests/blender",), ("tests/build", "tests/addon", "tests/backend"))


def lint() -> None:
    """Style, formatting and types of everything."""
    run([VENV_PYTHON, "-m", "ruff", "check", "."], what="ruff check", timeout=120)
    run([VENV_PYTHON, "-m", "ruff", "format", "--check", "."], what="ruff format --check", timeout=120)
    paths = [path for path in MYPY_PATHS if (ROOT / path).exists()]
    run([VENV_PYTHON, "-m", "mypy", *paths], what="mypy", timeout=600)


def test() -> None:
    """Every headless test: first those inside Blender's process, then the others."""
    for folders in RUNS:
        present = [folder for folder in folders if (ROOT / folder).is_dir()]
        if not present:
            continue
        say(f"pytest {' '.join(present)}")
        run(
            [VENV_PYTHON, "-m", "pytest", "-m", "not slow and not gui", "--durations=10", *present],
            what=f"pytest {' '.join(present)}",
            timeout=PYTEST_TIMEOUT,
            env={"OMP_NUM_THREADS": "2"},
        )
