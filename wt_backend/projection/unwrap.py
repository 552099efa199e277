"""Automatic unwrap by xatlas: charts of low distortion, packed with room between them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import xatlas
from numpy.typing import NDArray

from wt_backend.geometry.job import REQUIRED, read_params, whole_file
from wt_backend.jobs import Cancel, Progress
from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.request import faces_of
from wt_backend.protocol import BackendError

PADDING = 4  # texels between charts
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
    cancel()
    uv, charts = unwrap(mesh, values["size"])
    write_uv(uv, values["output"])
    progress("unwrap", 1, 1)
    return {"uv": values["output"], "charts": charts, "seconds": time.monotonic() - begun}


def unwrap(mesh: TriangleMesh, size: int) -> tuple[NDArray[np.float64], int]:
    """UVs (T, 3, 2) inside the unit square, and the number of charts.

    Raises
    ------
    BackendError
        kind "bad_request": too many triangles for it, or nothing to unwrap.
    """
    if len(mesh.triangles) > LARGEST:
        raise BackendError(
            "bad_request",
            f"{len(mesh.triangles):,} triangles are too many for the automatic unwrap ({LARGEST:,}).",
            "Use Smart UV Project, or reduce the faces first.",
        )
    atlas = xatlas.Atlas()
    corners = mesh.corners
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    typical = float(np.median(area[area > 0])) if area.any() else 1.0
    scaled = (mesh.vertices - mesh.vertices.mean(0)) / np.sqrt(typical)  # it passes over faces below 1e-7
    atlas.add_mesh(scaled.astype(np.float32), mesh.triangles.astype(np.uint32))
    pack = xatlas.PackOptions()
    pack.resolution, pack.padding = size, PADDING
    atlas.generate(xatlas.ChartOptions(), pack)
    _, faces, places = atlas[0]
    # A texture larger than the square wanted comes out where charts need more room: one scale fits all.
    uv = np.asarray(places, np.float64) * (atlas.width, atlas.height) / max(atlas.width, atlas.height, 1)
    if len(faces) != len(mesh.triangles) or not np.isfinite(uv).all():  # none where nothing has an area
        raise BackendError(
            "bad_request", "The mesh could not be unwrapped.", "Repair it (Mesh > Clean Up), or remesh it."
        )
    return uv[faces.astype(np.int64)], int(atlas.chart_count)


def write_uv(uv: NDArray[np.float64], path: str | Path) -> None:
    """Write UVs as NPZ."""
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, uv=uv.astype(np.float32))
