"""A layered stack as solid cells in TRELLIS.2's canonical cube (World Tracing release; section 15).

The canonical frame has z up and the visible side towards −y; the cube spans [−0.5, 0.5]³.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

HALF_SIDE = 0.45  # the largest absolute coordinate after scaling
MAX_POINTS = 400_000  # more are thinned out before the frame is fitted
RAY_STEPS = 4  # points between two neighbouring layers
EDGE = 0.5 - 1e-6
CROSS = ndimage.generate_binary_structure(3, 1)

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CanonicalFrame:
    """Rotation from camera axes, centre (3,) in rotated axes, and scale: c = (rotate(X) − centre) · scale."""

    centre: NDArray[np.float32]
    scale: np.float32

    def apply(self, points: NDArray[np.floating]) -> Points:
        """Camera-space points (..., 3) to canonical ones."""
        return np.asarray((_rotate(points) - self.centre) * self.scale, np.float32)

    def invert(self, canonical: NDArray[np.floating]) -> Points:
        """Canonical points (..., 3) to camera-space ones."""
        rotated = canonical / self.scale + self.centre
        return np.stack([rotated[..., 0], -rotated[..., 2], rotated[..., 1]], axis=-1).astype(np.float32)


def masked_points(xyz: NDArray[np.floating], mask: NDArray[np.bool_]) -> Points:
    """Finite points of all layers (N, 3), at most 400 000, thinned out with a fixed seed."""
    points = xyz[mask]
    points = points[np.isfinite(points).all(axis=-1)].astype(np.float32)
    if len(points) > MAX_POINTS:
        legacy = np.random.RandomState(0)  # the release's choice, kept for equal results
        points = points[legacy.choice(len(points), MAX_POINTS, replace=False)]
    return points


def fit_frame(points: NDArray[np.floating], half_side: float = HALF_SIDE) -> CanonicalFrame:
    """Frame that centres points (N, 3) on their mean and scales the farthest coordinate to ``half_side``."""
    if len(points) == 0:
        raise ValueError("A canonical frame needs at least one point.")
    rotated = _rotate(points)
    centre = rotated.mean(axis=0)
    extent = np.abs(rotated - centre).max()
    return CanonicalFrame(centre, np.float32(half_side / max(float(extent), 1e-8)))


def ray_filled(xyz: NDArray[np.floating], mask: NDArray[np.bool_], steps: int = RAY_STEPS) -> Points:
    """Masked points, and ``steps`` points between neighbouring layers where both exist: (N, 3)."""
    parts = [xyz[mask]]
    for near, far, both in zip(xyz[:-1], xyz[1:], mask[:-1] & mask[1:], strict=True):
        start, end = near[both], far[both]
        parts += [start + (end - start) * (i / (steps + 1)) for i in range(1, steps + 1)]
    points = np.concatenate(parts).astype(np.float32)
    return points[np.isfinite(points).all(axis=-1)]


def voxelise(canonical: NDArray[np.floating], resolution: int, closing: int = 1) -> NDArray[np.int32]:
    """Solid cells of a point cloud.

    Parameters
    ----------
    canonical
        (N, 3) canonical points; those outside the cube are dropped.
    resolution
        Cells per side. TRELLIS.2 wants 32, and 64 for its "1024" pipeline alone.
    closing
        Rounds of binary closing with the six-neighbour cross, before holes are filled.

    Returns
    -------
    (M, 3) int32, lexicographic order
    """
    inside = canonical[(np.abs(canonical) <= EDGE).all(axis=-1)]
    index = np.clip(np.floor((inside + 0.5) * resolution).astype(np.int64), 0, resolution - 1)
    grid = np.zeros((resolution,) * 3, bool)
    grid[tuple(index.T)] = True
    if closing:
        grid = ndimage.binary_closing(grid, CROSS, iterations=closing)
    return np.argwhere(ndimage.binary_fill_holes(grid)).astype(np.int32)


def _rotate(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """(x, y, z) → (x, z, −y)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1).astype(np.float32)
