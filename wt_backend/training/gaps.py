"""How far surfaces lie behind one another: the error of depth differences between layers."""

from __future__ import annotations

import torch
from torch import Tensor


def gap_error(estimate: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Mean squared error of how far each layer lies behind the one before it.

    Parameters
    ----------
    estimate, truth : Tensor, (B, L, H, W)
        Normalised depth, filled: no distance where there is no further surface.
    valid : Tensor of bool, (B, L, H, W)
        What counts: a distance does where the farther surface does.

    Returns
    -------
    Tensor, (B,)
        Sums over an image's pixels, means over the L - 1 distances.
    """
    error = torch.where(valid[:, 1:], (estimate - truth).diff(dim=1).square(), 0.0)
    return error.sum(dim=(-2, -1)).mean(dim=1)
