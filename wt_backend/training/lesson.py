"""A lesson for the encoder: depth of all layers, read from its tokens by one linear layer.

Not the paper's: its encoder is a DINOv2 that knows how to look at pictures. One of our own learns that last
if all that teaches it is what passes through the decoder, which costs several times as much an image. The
lesson is for training only; weights are exported without it (docs/training.md, *A lesson for the encoder*).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wt_backend.training.gaps import gap_error
from wt_backend.training.slopes import slope_error

CELL = 2
"""Side of what one number of the lesson is about, in pixels."""


class Lesson(nn.Module):
    """Tokens of an image → depth, and how far that is from the truth.

    Parameters
    ----------
    dim, layers, patch : int
        Width of the tokens D, surfaces per pixel L, side of a patch in pixels.
    slope_weight, gap_weight : float
        Weight of the visible surface's slopes (`slopes.slope_error`), and of how far layers lie behind one
        another (`gaps.gap_error`), against the squared error of depth.
    """

    unit: Tensor

    def __init__(self, dim: int, layers: int, patch: int, slope_weight: float, gap_weight: float) -> None:
        super().__init__()
        self.layers = layers
        self.cells = patch // CELL  # along a side of a patch
        self.slope_weight = slope_weight
        self.gap_weight = gap_weight
        self.register_buffer("unit", torch.ones(()))  # that tokens are measured in
        self.head = nn.Linear(dim, layers * self.cells**2)
        nn.init.normal_(self.head.weight, std=0.005)
        nn.init.zeros_(self.head.bias)

    def depth(self, tokens: Tensor) -> Tensor:
        """Normalised depth: (B, P, D) of square images -> (B, L, S, S), S cells along a side."""
        side = round(tokens.shape[1] ** 0.5)
        values = self.head(tokens / self.unit).float().unflatten(-1, (self.layers, self.cells, self.cells))
        values = values.unflatten(1, (side, side)).permute(0, 3, 1, 4, 2, 5)  # (B, L, rows, c, columns, c)
        return values.flatten(4, 5).flatten(2, 3)

    def forward(self, tokens: Tensor, depth: Tensor, valid: Tensor, weight: Tensor) -> Tensor:
        """Mean weighted error of a batch.

        Parameters
        ----------
        tokens : Tensor, (B, P, D)
        depth : Tensor, (B, L, H, W)
            The truth, normalised and filled.
        valid : Tensor of bool, (B, L, H, W)
            Cells count whose pixels are all valid.
        weight : Tensor, (B,)
        """
        truth = F.avg_pool2d(depth, CELL)
        whole = ~F.max_pool2d((~valid).float(), CELL).bool()  # (B, L, S, S)
        estimate = self.depth(tokens)
        error = torch.where(whole, (estimate - truth).square(), 0.0)
        count = whole[:, 0].sum().clamp(min=1)
        squared = (error * weight[:, None, None, None]).sum() / (count * self.layers)
        slopes = (slope_error(estimate[:, 0], truth[:, 0], whole[:, 0]) * weight).mean()
        gaps = (gap_error(estimate, truth, whole) * weight).sum() / count
        return squared + self.slope_weight * slopes + self.gap_weight * gaps
