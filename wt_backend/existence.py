"""Which points of a depth-filled stack exist. Numpy only.

The network defines every layer everywhere inside the silhouette; where nothing more lies behind, deeper
layers repeat the last surface ("depth filling"). The functions answer with masks; points stay raw.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wt_backend.stack import LayerStack

MIN_DEPTH = 1e-6


def existing_layers(
    xyz: NDArray[np.floating], silhouette: NDArray[np.bool_], tolerance: float
) -> NDArray[np.bool_]:
    """Where each layer of a depth-filled stack exists.

    Layer 0 exists inside the silhouette; a deeper one where it lies behind the layer before it by more than
    `tolerance` times that layer's depth, and that layer exists: nested, ordered in depth.

    Parameters
    ----------
    xyz : (L, H, W, 3)
    silhouette : (H, W) bool
    tolerance : float
        Relative to depth; from the model's config (its depth noise), above 0.

    Returns
    -------
    (L, H, W) bool
    """
    depth = np.where(np.isfinite(xyz).all(axis=-1), xyz[..., 2], 0.0)  # (L, H, W)
    valid = silhouette & (depth > MIN_DEPTH)
    clears = depth[1:] > depth[:-1] * (1.0 + tolerance)
    return cumulative(np.concatenate([valid[:1], valid[1:] & clears]))


def cumulative(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cumulative AND over layers, (L, H, W): a layer exists only where all before it do."""
    return np.logical_and.accumulate(mask, axis=0)


def without_near(stack: LayerStack, tolerance: float) -> LayerStack:
    """A stack in memory whose hidden layers exist only as `existing_layers` has it with this tolerance.

    One below that which the stack was traced with changes nothing.
    """
    return replace(stack, mask=stack.mask & existing_layers(stack.xyz, stack.mask[0], tolerance))
