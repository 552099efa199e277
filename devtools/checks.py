"""Lint, types and the headless tests: what must hold for every commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from devtools.process import ROOT, VENV_PYTHON, BuildError, run, say

MYPY_PATHS = ("wt_backend", "blender_addon", "devtools", "build.py")
PYTEST_TIMEOUT = 1800.0  # minutes are enough on an idle machine; seen 14 with ten others at work
TWO_AT_A_TIME = ("--numprocesses", "2", "--dist", "loadfile")  # a file's fixtures are made once
# Tests inside Blender need a process of their own: there `wt_backend` is the installed zip's.
# They come last, because a library of the others prints after pytest's summary.
PYTEST_FOLDERS = (("tests/build", "tests/addon", "tests/backend"), ("tests/blender",))


def lint() -> None:
    """Style, formatting and types of everything."""
    all_of(_lint_steps())


def test() -> None:
    """Lint, then every headless test."""
    all_of([*_lint_steps(), *(partial(_pytest, folders) for folders in PYTEST_FOLDERS)])


def all_of(steps: Iterable[Callable[[], None]]) -> None:
    """Run every step, whatever the ones before found; raise one error that names all failures."""
    failures = []
    for step in steps:
        try:
            step()
        except BuildError as error:
            failures.append(str(error))
    if failures:
        raise BuildError("\n".join(failures))


def _lint_steps() -> list[Callable[[], None]]:
    paths = [path for path in MYPY_PATHS if (ROOT / path).exists()]
    commands = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", *paths])
    return [partial(_module, command, " ".join(command[:2]), 600.0) for command in commands]


def _pytest(folders: tuple[str, ...]) -> None:
    present = [folder for folder in folders if (ROOT / folder).is_dir()]
    say(f"pytest {' '.join(present)}")
    options = ["pytest", "-m", "not slow and not gui", "--durations=10", *TWO_AT_A_TIME]
    _module([*options, *present], f"pytest {' '.join(present)}", PYTEST_TIMEOUT)


def _module(arguments: list[str], what: str, timeout: float) -> None:
    """Run a module of the environment's Python."""
    command: list[str | Path] = [VENV_PYTHON, "-m", *arguments]
    run(command, what=what, timeout=timeout, env={"OMP_NUM_THREADS": "1"})
