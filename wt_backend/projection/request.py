"""What projection jobs are given, read and checked: the mesh with faces, the cameras with their photos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.job import REQUIRED, load_stack, read_params
from wt_backend.projection.mesh import TriangleMesh, read_mesh
from wt_backend.projection.view import View, load_view
from wt_backend.protocol import BackendError

Camera = tuple[View, Path]  # and where its stack lies


def faces_of(path: str) -> TriangleMesh:
    """The mesh of a job.

    Raises
    ------
    BackendError
        kind "bad_request": it has no faces, or the file holds no mesh.
    """
    mesh = read_mesh(path)
    if mesh is None or not len(mesh.triangles):
        raise BackendError("bad_request", "The mesh has no faces.", "Choose an object that has some.")
    return mesh


def cameras_of(entries: list[Any]) -> list[Camera]:
    """The cameras of a job: entries of ``{stack, to_local (4×4, world → the trace's frame), photo}``.

    Raises
    ------
    BackendError
        kinds "bad_request", "bad_stack", "bad_image".
    """
    if not entries:
        raise BackendError("bad_request", "No camera was chosen.", "Choose a trace.")
    cameras = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise BackendError("bad_request", f"A camera is {entry!r:.100}.", "Send an object.")
        values = read_params(entry, stack=REQUIRED, to_local=[], photo="")
        matrix, stack = place_of(values["to_local"]), load_stack(values["stack"])
        cameras.append((load_view(stack, matrix, values["photo"]), Path(values["stack"])))
    return cameras


def place_of(to_local: Any) -> NDArray[np.float64]:
    """World → the frame of a trace (4, 4), invertible.

    Raises
    ------
    BackendError
        kind "bad_request".
    """
    try:
        matrix = np.array(to_local, np.float64)
        usable = matrix.shape == (4, 4) and np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-30
    except (ValueError, TypeError):
        usable = False
    if not usable:
        raise BackendError(
            "bad_request", "The place of a trace is not usable.", "Check the scale of the trace's root."
        )
    return matrix
