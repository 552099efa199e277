"""Surface normals of a layer, pixel by pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from wt_backend.geometry.layer_mesh import existing, layer_points
from wt_backend.stack import LayerStack

SMOOTH = 5  # pixels


def point_normals(stack: LayerStack, layer: int, away: bool) -> NDArray[np.float32]:
    """Unit normals (N, 3) in Blender camera-local space of a layer's points, as `layer_points` lists them.

    Of the two neighbours on each axis the one nearer in depth is taken, so that jumps do not count; a point
    without neighbours looks at the camera. Then noise is averaged away over a few pixels.

    Parameters
    ----------
    away : bool
        Normals look away from the camera, as those of back faces do.
    """
    valid = existing(stack, layer)
    points = layer_points(stack, layer)
    grid = np.full((*valid.shape, 3), np.nan, np.float32)
    grid.reshape(-1, 3)[points.pixel] = points.positions
    # Columns run along +X and rows along −Y, so that column × −row looks at the camera.
    normal = np.cross(_step(grid, 1), -_step(grid, 0)).reshape(-1, 3)[points.pixel]
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    towards = -points.positions / np.linalg.norm(points.positions, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        normal = np.where(length > 0, normal / length, towards)  # NaN compares false
    grid = np.zeros_like(grid)
    grid.reshape(-1, 3)[points.pixel] = -normal if away else normal
    smooth = uniform_filter(grid, (SMOOTH, SMOOTH, 1), mode="constant").reshape(-1, 3)[points.pixel]
    return smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)


def _step(grid: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Difference (H, W, 3) to the next point along an axis, or from the one before if that is nearer."""
    step = np.diff(grid, axis=axis)
    edge = [(0, 0)] * 3
    edge[axis] = (1, 1)
    padded = np.pad(step, edge, constant_values=np.nan)
    before, after = np.delete(padded, -1, axis), np.delete(padded, 0, axis)
    with np.errstate(invalid="ignore"):
        better = np.isnan(before[..., 2]) | (np.abs(after[..., 2]) <= np.abs(before[..., 2]))
    return np.where(better[..., None], after, before)
