"""Photos onto any mesh: which points a camera sees, baked textures, unwrapping, alignment to the layers.

`METHODS` are what the worker offers as `projection/*`; parameters and results: `docs/projection.md`.
Importing this package loads nothing heavy: a method imports its libraries when it is first called.
"""

from __future__ import annotations

from wt_backend.jobs import Method, lazy_method

METHODS: dict[str, Method] = {
    "projection/bake": lazy_method("wt_backend.projection.bake_job"),
    "projection/fit": lazy_method("wt_backend.projection.align"),
    "projection/shader": lazy_method("wt_backend.projection.shader_job"),
    "projection/unwrap": lazy_method("wt_backend.projection.unwrap"),
}
