"""The triangles that a bake works on, as the add-on sends them: an NPZ file, checked when it is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from wt_backend.protocol import BackendError


@dataclass(frozen=True, eq=False)
class TriangleMesh:
    """Triangles in world space.

    Attributes
    ----------
    vertices : (V, 3) float64
    triangles : (T, 3) int64, counter-clockwise seen from outside.
    uv : (T, 3, 2) float64 of the triangles' corners, y up; None where there is none.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
    uv: NDArray[np.float64] | None = None

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """Positions (T, 3, 3) of the triangles' corners."""
        return self.vertices[self.triangles]

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """Areas (T,) of the triangles."""
        return np.asarray(np.linalg.norm(self._crossed, axis=1) / 2)

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """Unit normals (T, 3) of the triangles, 0 where one has no area."""
        normal = self._crossed
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        return np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)

    @property
    def _crossed(self) -> NDArray[np.float64]:
        """Normals (T, 3) as long as twice the areas."""
        corners = self.corners
        return np.asarray(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))


def read_mesh(path: str | os.PathLike[str], prefix: str = "") -> TriangleMesh | None:
    """The mesh of an NPZ with ``vertices``, ``triangles`` and perhaps ``uv``; None if there is none.

    Parameters
    ----------
    prefix : of the arrays' names; "occluder_" for what only hides.

    Raises
    ------
    BackendError
        kind "bad_request".
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if prefix + "vertices" not in arrays.files:
                return None
            vertices = np.asarray(arrays[prefix + "vertices"], np.float64).reshape(-1, 3)
            triangles = np.asarray(arrays[prefix + "triangles"], np.int64).reshape(-1, 3)
            uv = arrays[prefix + "uv"] if prefix + "uv" in arrays.files else None
            uv = None if uv is None else np.asarray(uv, np.float64).reshape(-1, 3, 2)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise BackendError("bad_request", f"{path} holds no mesh ({error}).", "Send it again.") from error
    if not np.isfinite(vertices).all():
        raise BackendError(
            "bad_request", "The mesh has points at infinity.", "Repair it (Mesh > Clean Up), or remesh it."
        )
    inside = len(triangles) == 0 or (triangles.min() >= 0 and triangles.max() < len(vertices))
    if not inside or (uv is not None and len(uv) != len(triangles)):
        raise BackendError("bad_request", f"The arrays of {path} do not fit together.", "Send it again.")
    return TriangleMesh(vertices, triangles, uv)
