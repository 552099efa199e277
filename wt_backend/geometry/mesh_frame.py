"""Where a mesh lies before the camera of its photo, told by its pixel UVs.

A trace makes meshes that count from the camera. An artist who sets an object's origin, or applies what it was
moved, turned and scaled by, changes what the mesh counts from; the UVs stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.stack import LayerStack

SOME = 4000  # vertices that are looked at
NEAR = 2.0  # pixels of the grid: the mesh is where the trace made it, edits apart
EXACT = 0.05  # pixels: a changed origin leaves no error; another focal length, say, does
ROUNDS = 3  # of leaving out the worse half: vertices that were edited


def photo_camera(stack: LayerStack) -> NDArray[np.float64]:
    """The matrix (3, 4) from Blender camera-local places to (u·w, v·w, w), UVs of the photo with y up."""
    width, height = stack.info.image_size
    uv_of_image = np.array([[1 / width, 0, 0], [0, -1 / height, 1], [0, 0, 1]])
    image_of_grid = np.vstack([stack.grid_to_image, [0, 0, 1]])
    camera = uv_of_image @ image_of_grid @ stack.intrinsics @ np.diag([1.0, -1.0, -1.0])
    return np.hstack([camera, np.zeros((3, 1))])


def uv_of(vertices: NDArray[np.floating], camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """UVs (N, 2) of places (N, 3) through a camera (3, 4)."""
    homogeneous = vertices @ camera[:, :3].T + camera[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def mesh_camera(
    vertices: NDArray[np.floating], uv: NDArray[np.floating], stack: LayerStack
) -> NDArray[np.float64]:
    """The camera (3, 4) through which a mesh has its UVs: the photo's, moved, or one that is fitted.

    Parameters
    ----------
    vertices, uv : (N, 3) and (N, 2), what each vertex has.
    """
    camera = photo_camera(stack)
    vertices, uv = _some(vertices, uv)
    if len(vertices) < 6 or _error(vertices, uv, camera, stack) <= NEAR:
        return camera
    origin = origin_of(vertices, uv, stack)
    fitted = _moved(camera, origin) if origin.any() else _fit_camera(vertices, uv)
    return fitted if _error(vertices, uv, fitted, stack) < NEAR else camera


def origin_of(
    vertices: NDArray[np.floating], uv: NDArray[np.floating], stack: LayerStack
) -> NDArray[np.float64]:
    """Where the point that a mesh counts from lies before the camera, (3,): zeros, or where it was set."""
    camera = photo_camera(stack)
    vertices, uv = _some(vertices, uv)
    nowhere = np.zeros(3)
    if len(vertices) < 6 or _error(vertices, uv, camera, stack) <= NEAR:
        return nowhere
    kept = np.arange(len(vertices))
    for _round in range(ROUNDS):
        normals = np.concatenate([camera[axis, :3] - uv[kept, axis, None] * camera[2, :3] for axis in (0, 1)])
        away = -(normals * np.concatenate([vertices[kept]] * 2)).sum(1)
        origin = np.linalg.lstsq(normals, away, rcond=None)[0]
        errors = _errors(vertices + origin, uv, camera, stack)
        kept = np.argsort(errors)[: max(6, len(vertices) // 2)]
    return np.asarray(origin) if np.median(errors) <= EXACT else nowhere


def _moved(camera: NDArray[np.float64], origin: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([camera[:, :3], camera[:, :3] @ origin])


def _some(
    vertices: NDArray[np.floating], uv: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    chosen = slice(None, None, max(1, len(vertices) // SOME))
    return vertices[chosen].astype(np.float64), uv[chosen].astype(np.float64)


def _errors(
    vertices: NDArray[np.float64], uv: NDArray[np.float64], camera: NDArray[np.float64], stack: LayerStack
) -> NDArray[np.float64]:
    """How far (N,) UVs are from those that a camera gives, in pixels of the grid."""
    finer = np.sqrt(abs(np.linalg.det(stack.grid_to_image[:, :2])))
    away = (uv_of(vertices, camera) - uv) * np.array(stack.info.image_size) / finer
    return np.nan_to_num(np.hypot(*away.T), nan=np.inf, posinf=np.inf)


def _error(
    vertices: NDArray[np.float64], uv: NDArray[np.float64], camera: NDArray[np.float64], stack: LayerStack
) -> float:
    return float(np.median(_errors(vertices, uv, camera, stack)))


def _fit_camera(vertices: NDArray[np.float64], uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Any camera (3, 4) that gives places these UVs (direct linear transform)."""
    centre, size = vertices.mean(0), max(float(vertices.std()), 1e-12)
    places = np.column_stack([(vertices - centre) / size, np.ones(len(vertices))])
    nothing = np.zeros_like(places)
    rows = np.vstack(
        [
            np.hstack([places, nothing, -uv[:, :1] * places]),
            np.hstack([nothing, places, -uv[:, 1:] * places]),
        ]
    )
    camera = np.linalg.svd(rows, full_matrices=False)[2][-1].reshape(3, 4)
    back = np.vstack([np.column_stack([np.eye(3) / size, -centre / size]), [0, 0, 0, 1]])
    return np.asarray(camera @ back)
