"""Convolutions in the place of the encoder's patch embedding, for networks that learn from little.

Not the paper's: its encoder is a DINOv2 that has seen 142 million photographs. A transformer of our own that
begins with one linear layer a patch has to learn from nothing that neighbouring pixels belong together;
convolutions know (docs/training_experiments.md, *The encoder did not know how to look*).
After Xiao et al., Early Convolutions Help Transformers See Better (arXiv 2106.14881).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from wt_backend.model.config import NORM_GROUPS

BLOCKS = 2
"""Residual blocks of a stage. The first, where pixels are many and channels few, has none."""


class ResidualBlock(nn.Module):
    """Norm, SiLU, 3×3 convolution, twice; it starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(NORM_GROUPS, width), nn.GroupNorm(NORM_GROUPS, width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        for parameter in self.conv2.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(y)))


class ConvolutionalStem(nn.Module):
    """One token per patch, by halving the image again and again.

    Parameters
    ----------
    widths
        Channels of the stages before the last; each stage halves the image.
    dim
        Channels of the last stage: the encoder's width E.
    patch
        Side of a patch, in pixels. The image is first resized so that halvings end at a pixel a patch.
    """

    def __init__(self, widths: tuple[int, ...], dim: int, patch: int) -> None:
        super().__init__()
        self.patch = patch
        self.pixels = 2 ** (len(widths) + 1)  # of the resized image, along a patch
        stages: list[nn.Module] = []
        before = 3
        for index, width in enumerate((*widths, dim)):
            halving = nn.Conv2d(before, width, 4, stride=2, padding=1)  # 3 wide, tokens were half a patch off
            stages.append(halving)
            stages += [ResidualBlock(width) for _ in range(BLOCKS if index else 0)]
            before = width
        self.stages = nn.Sequential(*stages, nn.GroupNorm(NORM_GROUPS, dim))

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, P, E), row-major."""
        return self.stages(self.resized(image)).flatten(2).transpose(1, 2)

    def resized(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) -> an image whose patches have `pixels` along a side."""
        size = [side // self.patch * self.pixels for side in image.shape[-2:]]
        return F.interpolate(image, size=size, mode="bilinear", align_corners=False)
