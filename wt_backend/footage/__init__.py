"""Footage: a movie or an image sequence becomes a shot, a folder of layer stacks.

`METHODS` is what the worker offers; parameters and results: `docs/footage.md`. Importing this package loads
nothing heavy: Blender imports its messages.
"""

from __future__ import annotations

from typing import Any

from wt_backend.jobs import Cancel, Method, Progress


def _trace_shot(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from wt_backend.footage.messages import ShotRequest
    from wt_backend.protocol import from_params, to_params

    request = from_params(ShotRequest, params)
    progress("load", 0, 1)  # the first import of torch takes seconds
    from wt_backend.footage.shot import trace_shot

    return to_params(trace_shot(request, progress, cancel))


def _merge_static(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from pathlib import Path

    from wt_backend.footage.merge import merge_static
    from wt_backend.footage.messages import MergeRequest
    from wt_backend.protocol import from_params

    request = from_params(MergeRequest, params)
    return merge_static(Path(request.shot), Path(request.output), progress, cancel)


def _fill_shot(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from pathlib import Path

    from wt_backend.footage.fill import fill_shot
    from wt_backend.footage.messages import FillRequest
    from wt_backend.protocol import from_params

    return fill_shot(Path(from_params(FillRequest, params).shot), progress, cancel)


METHODS: dict[str, Method] = {
    "trace_shot": _trace_shot,
    "merge_static": _merge_static,
    "fill_shot": _fill_shot,
}
