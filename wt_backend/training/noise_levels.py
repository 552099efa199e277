"""Noise-level laws: the mixed noise schedule of World Tracing (arXiv 2606.13652).

Time runs from 0 (data) to 1 (noise): x_t = (1 − t)·x_0 + t·ε.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def logit_normal(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Sigmoid of a standard normal: most mass at middle noise levels."""
    return torch.sigmoid(torch.randn(shape, device=device))


def plateaued_logit_normal(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Logit-normal below its mode at t = 1/2, even beyond it.

    A draw below the mode is kept; the other half of the mass is spread evenly over [1/2, 1]. This puts
    weight on nearly pure noise, which trains reconstruction from the image alone.
    """
    t = logit_normal(shape, device)
    return torch.where(t < 0.5, t, 0.5 + 0.5 * torch.rand(shape, device=device))


def draw_noise_levels(
    batch: int,
    layers: int,
    schedule: Literal["per_layer", "shared"],
    pure_noise_share: float,
    device: torch.device,
) -> Tensor:
    """Draw the noise levels of one step.

    Parameters
    ----------
    batch, layers : int
        Samples in the batch (B) and geometry layers (L).
    schedule : {"per_layer", "shared"}
        "per_layer" (stage one): layer 0 from the plateaued law, deeper layers from the logit-normal, one draw
        each. "shared" (stage two): one level for all layers from a 50/50 mixture of the two laws.
    pure_noise_share : float
        Share of samples set to exactly t = 1 in all layers.

    Returns
    -------
    Tensor, (B, L)
        Noise levels in (0, 1].
    """
    if schedule == "per_layer":
        front = plateaued_logit_normal((batch, 1), device)
        deeper = logit_normal((batch, layers - 1), device)
        t = torch.cat([front, deeper], dim=1)
    else:
        first_law = torch.rand(batch, 1, device=device) < 0.5
        mixed = torch.where(
            first_law, plateaued_logit_normal((batch, 1), device), logit_normal((batch, 1), device)
        )
        t = mixed.expand(batch, layers)
    pure = torch.rand(batch, 1, device=device) < pure_noise_share
    return torch.where(pure, torch.ones_like(t), t)
