"""Photos onto any mesh: which points a camera sees, baked textures, unwrapping, alignment to the layers.

`METHODS` are what the worker offers as `projection/*`; parameters and results: `docs/projection.md`.
Importing this package loads nothing heavy: a method imports its libraries when it is first called.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from wt_backend.jobs import Cancel, Progress

Method = Callable[[dict[str, Any], Progress, Cancel], dict[str, Any]]


def _lazily(module: str) -> Method:
    """``run`` of a module of this package, imported at the first call."""

    def method(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
        return import_module(f"{__name__}.{module}").run(params, progress, cancel)

    return method


METHODS: dict[str, Method] = {
    "projection/bake": _lazily("bake_job"),
    "projection/fit": _lazily("align"),
    "projection/unwrap": _lazily("unwrap"),
}
