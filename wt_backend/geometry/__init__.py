"""Geometry from layer stacks: meshes, colour of hidden surfaces, solids, decimation, export.

`METHODS` are what the worker offers as `geometry/*`; parameters and results: `docs/geometry.md`.
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
    "geometry/fill_colour": _lazily("fill"),
    "geometry/solid": _lazily("solid"),
    "geometry/decimate": _lazily("decimate"),
    "geometry/export": _lazily("export"),
}
