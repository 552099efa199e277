"""Facts that must hold of every sample; used by the tests and to judge foreign data before training on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data.sample import Sample


def unordered_pixels(depth: NDArray[np.float32]) -> int:
    """Pixels of depth (L, H, W) whose hits don't get farther layer by layer or have a gap between them."""
    hit = depth > 0
    gap = hit[1:] & ~hit[:-1]
    nearer = hit[1:] & (depth[1:] <= depth[:-1])
    return int((gap | nearer).any(0).sum())


def odd_share(depth: NDArray[np.float32]) -> float:
    """Share of hit pixels of depth (L, H, W) with an odd number of hits.

    A ray that enters a closed solid leaves it, so only grazing rays may be odd. Pixels whose layers are all
    taken are left out: a further hit may have been cut off.
    """
    counts = (depth > 0).sum(0)
    known = (counts > 0) & (counts < len(depth))
    return float((counts[known] % 2).mean()) if known.any() else 0.0


def reprojection_error(sample: Sample) -> float:
    """Greatest distance in pixels between a point's projection and the centre of its pixel."""
    points = sample.xyz.astype(np.float64)
    hit = sample.depth > 0
    if not hit.any():
        return 0.0
    projected = points @ sample.intrinsics.T
    pixel = projected[..., :2] / np.where(hit, projected[..., 2], 1)[..., None]
    _, height, width = sample.depth.shape
    centres = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    return float(np.abs(pixel - centres)[hit].max())
