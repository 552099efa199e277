"""How surfaces lean: the error of depth differences between pixels near and far."""

from __future__ import annotations

import torch
from torch import Tensor

SLOPE_SCALES = (1 / 56, 1 / 28, 1 / 14, 1 / 7, 2 / 7)
"""Distances of the pixels whose difference is a slope, in sides of the image."""


def slope_error(estimate: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Mean |error| of the differences between pixels, per side of the image, over near and far pairs.

    Parameters
    ----------
    estimate, truth : Tensor, (B, H, W)
        Normalised depth of one layer.
    valid : Tensor of bool, (B, H, W)
        Pairs count where both pixels are valid.

    Returns
    -------
    Tensor, (B,)
        Mean over `SLOPE_SCALES`, rows and columns; 0 for an image without such pairs.
    """
    side = estimate.shape[-1]
    error = torch.where(valid, estimate - truth, 0.0)
    total = torch.zeros(len(error), device=error.device)
    for share in SLOPE_SCALES:
        offset = max(1, round(side * share))
        for axis in (-2, -1):
            length = error.shape[axis] - offset
            pairs = valid.narrow(axis, offset, length) & valid.narrow(axis, 0, length)  # (B, H', W')
            change = error.narrow(axis, offset, length) - error.narrow(axis, 0, length)
            count = pairs.sum(dim=(-2, -1)).clamp(min=1)
            total = total + (change.abs() * pairs).sum(dim=(-2, -1)) / count * (side / offset)
    return total / (2 * len(SLOPE_SCALES))
