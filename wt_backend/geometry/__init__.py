"""Geometry from layer stacks: meshes, colour of hidden surfaces, solids, decimation, export.

`METHODS` are what the worker offers as `geometry/*`; parameters and results: `docs/geometry.md`.
Importing this package loads nothing heavy: a method imports its libraries when it is first called.
"""

from __future__ import annotations

from wt_backend.jobs import Method, lazy_method

METHODS: dict[str, Method] = {
    "geometry/fill_colour": lazy_method("wt_backend.geometry.fill"),
    "geometry/solid": lazy_method("wt_backend.geometry.solid"),
    "geometry/decimate": lazy_method("wt_backend.geometry.decimate"),
    "geometry/export": lazy_method("wt_backend.geometry.export"),
}
