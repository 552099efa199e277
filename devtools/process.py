"""The repository's places, and running a program whose failure is a sentence."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class BuildError(Exception):
    """A command of build.py cannot go on; the message is a sentence a person can act on."""

    status = 1


class Unavailable(BuildError):
    """This machine lacks what a command needs (root, a mirror): nothing was tested, nothing is broken."""

    status = 3


def say(message: str) -> None:
    """Print one line of what is going on, in order with what sub-processes print."""
    print(f"• {message}", flush=True)


def run(
    command: Sequence[str | Path], *, what: str, timeout: float, env: Mapping[str, str] | None = None
) -> None:
    """Run a command in the repository with its output shown; a failure or a time-out is a `BuildError`.

    Parameters
    ----------
    command : the program and its arguments (never through a shell).
    what : what is being done, for the error's sentence.
    timeout : seconds after which the program is killed.
    env : variables added to this process's environment.
    """
    done = _start(command, what, timeout, env, output=None)
    if done.returncode != 0:
        raise BuildError(f"{what} failed (exit status {done.returncode}); the lines above say why.")


def capture(
    command: Sequence[str | Path], *, what: str, timeout: float, env: Mapping[str, str] | None = None
) -> str:
    """Run a command quietly and return what it printed; the `BuildError` of a failure quotes it."""
    done = _start(command, what, timeout, env, output=subprocess.PIPE)
    if done.returncode != 0:
        raise BuildError(f"{what} failed (exit status {done.returncode}):\n{done.stdout.strip()}")
    return done.stdout


def _start(
    command: Sequence[str | Path],
    what: str,
    timeout: float,
    env: Mapping[str, str] | None,
    output: int | None,
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise BuildError(f"{what}: the program {command[0]} does not exist.") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{what} was stopped after {timeout:.0f} s without an end.") from error
