"""Which Python runs the backend. No bpy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import wt_backend
from wt_backend.paths import is_file
from wt_backend.protocol import BackendError

from .environment import current_environment

ENVIRONMENT_VARIABLE = "WT_BACKEND_PYTHON"


@dataclass(frozen=True)
class Interpreter:
    """A Python to start the worker with; `package_folder` holds `wt_backend` if it is not installed there."""

    python: str
    package_folder: str | None


def find_interpreter(
    preferred: str, managed: Path, environment: Mapping[str, str] = os.environ
) -> Interpreter:
    """Preferences first, then $WT_BACKEND_PYTHON, then the managed environment.

    Parameters
    ----------
    preferred : path from the preferences, "" where none is set.
    managed : root of the managed environment.
    environment : environment variables.

    Raises
    ------
    BackendError
        Kind `model_missing` where there is none, or the one that was asked for does not exist.
    """
    borrowed = str(Path(wt_backend.__file__).parents[1])
    for path, origin in (
        (preferred, "the add-on's preferences"),
        (environment.get(ENVIRONMENT_VARIABLE, ""), f"${ENVIRONMENT_VARIABLE}"),
    ):
        if path and is_file(Path(path)):
            return Interpreter(path, borrowed)
        if path:
            raise BackendError(
                "bad_request",
                f"The Python interpreter named in {origin} does not exist: {path}.",
                "Choose the executable itself, such as …/bin/python or …\\Scripts\\python.exe.",
            )
    found = current_environment(managed)
    if found is not None:
        return Interpreter(str(found.python), None)
    raise BackendError(
        "model_missing",
        "The backend is not installed yet.",
        "Install it in Edit > Preferences > Add-ons > World Tracing, or choose a Python with PyTorch there.",
    )
