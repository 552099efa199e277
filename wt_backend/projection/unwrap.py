"""Automatic unwrap: charts of low distortion, packed with room between them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.job import REQUIRED, read_params, whole_file
from wt_backend.jobs import Cancel, Progress
from wt_backend.projection.charts import atlas_of
from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.request import faces_of
from wt_backend.protocol import BackendError

LARGEST = 100_000  # triangles; xatlas needs minutes beyond


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Worker method ``projection/unwrap``: write UVs for a mesh.

    Parameters
    ----------
    params : ``mesh`` (NPZ with ``vertices``, ``triangles``), ``output`` (NPZ to write), ``size`` = 2048
        (pixels of the texture that is meant).

    Returns
    -------
    dict
        ``uv`` (path of an NPZ with ``uv`` (T, 3, 2), y up), ``charts``, ``seconds``.
    """
    begun = time.monotonic()
    values = read_params(params, mesh=REQUIRED, output=REQUIRED, size=2048)
    mesh = faces_of(values["mesh"])
    progress("unwrap", 0, 1)
    uv, charts = unwrap(mesh, values["size"], cancel)
    write_uv(uv, values["output"])
    progress("unwrap", 1, 1)
    return {"uv": values["output"], "charts": charts, "seconds": time.monotonic() - begun}


def unwrap(mesh: TriangleMesh, size: int, cancel: Cancel) -> tuple[NDArray[np.float64], int]:
    """UVs (T, 3, 2) inside the unit square, and the number of charts.

    Raises
    ------
    BackendError
        kind "bad_request": too many triangles for it, nothing to unwrap, or xatlas crashed; "cancelled".
    """
    if len(mesh.triangles) > LARGEST:
        raise BackendError(
            "bad_request",
            f"{len(mesh.triangles):,} triangles are too many for the automatic unwrap ({LARGEST:,}).",
            "Use Smart UV Project, or reduce the faces first.",
        )
    areas = mesh.areas
    typical = 2 * float(np.median(areas[areas > 0])) if areas.any() else 1.0
    scaled = (mesh.vertices - mesh.vertices.mean(0)) / np.sqrt(typical)  # it passes over faces below 1e-7
    places, faces, atlas_size, charts = atlas_of(
        scaled.astype(np.float32), mesh.triangles.astype(np.uint32), size, cancel
    )
    # A texture larger than the square wanted comes out where charts need more room: one scale fits all.
    uv = places.astype(np.float64) * atlas_size / max(*atlas_size, 1)
    if len(faces) != len(mesh.triangles) or not np.isfinite(uv).all():  # none where nothing has an area
        raise BackendError(
            "bad_request", "The mesh could not be unwrapped.", "Repair it (Mesh > Clean Up), or remesh it."
        )
    return uv[faces.astype(np.int64)], charts


def write_uv(uv: NDArray[np.float64], path: str | Path) -> None:
    """Write UVs as NPZ."""
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, uv=uv.astype(np.float32))
