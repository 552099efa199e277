"""The image encoder: a DINOv2 vision transformer whose last four levels are joined (spec section 3)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wt_backend.model import kernels
from wt_backend.model.config import ENCODER_TAPS, EncoderConfig
from wt_backend.model.layers import LayerNorm, LayerScale, Linear, Mlp, gaussian
from wt_backend.model.stem import ConvolutionalStem

ENCODER_EPS = 1e-6
IMAGE_MEAN = (0.485, 0.456, 0.406)
IMAGE_STD = (0.229, 0.224, 0.225)


class EncoderAttention(nn.Module):
    """Plain self-attention with biases."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Linear(dim, 3 * dim)
        self.proj = Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1))  # (N, S, 3, h, d)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (N, h, S, d) each
        y = kernels.attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))  # (N, S, E)


class EncoderBlock(nn.Module):
    """Pre-norm transformer block with layer scale."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        dim = config.embed_dim
        self.norm1 = LayerNorm(dim, eps=ENCODER_EPS)
        self.attn = EncoderAttention(dim, config.num_heads)
        self.ls1 = LayerScale(dim, config.layer_scale_init)
        self.norm2 = LayerNorm(dim, eps=ENCODER_EPS)
        self.mlp = Mlp(dim, config.mlp_ratio)
        self.ls2 = LayerScale(dim, config.layer_scale_init)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class PatchEmbedding(nn.Module):
    """A convolution with the stride of its kernel: one token per patch."""

    def __init__(self, dim: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, stride=patch)

    def forward(self, image: Tensor) -> Tensor:
        return self.proj(image).flatten(2).transpose(1, 2)  # (N, P, E), row-major


def interpolate_positions(pos_embed: Tensor, rows: int, columns: int) -> Tensor:
    """Fit a square position grid to another one (spec section 3, step 4).

    DINOv2 interpolates by the scale factor (size + 0.1) / stored size, so the sampling positions are not
    those of the output size: passing the size instead changes values by a tenth and more.

    Parameters
    ----------
    pos_embed
        (1, 1 + G², E): the class position, then the grid.

    Returns
    -------
    Tensor
        (1, 1 + rows * columns, E), float32.
    """
    class_position, grid = pos_embed[:, :1].float(), pos_embed[:, 1:].float()
    side = round(grid.shape[1] ** 0.5)
    if (rows, columns) != (side, side):
        image = grid.unflatten(1, (side, side)).permute(0, 3, 1, 2)  # (1, E, G, G)
        scale = ((rows + 0.1) / side, (columns + 0.1) / side)
        image = F.interpolate(image, scale_factor=scale, mode="bicubic", align_corners=False)
        grid = image.flatten(2).transpose(1, 2)
    return torch.cat([class_position, grid], dim=1)


class Encoder(nn.Module):
    """RGB image to one token of decoder width per patch."""

    image_mean: Tensor
    image_std: Tensor

    def __init__(self, config: EncoderConfig, out_dim: int) -> None:
        super().__init__()
        self.patch_size = config.patch_size
        dim = config.embed_dim
        self.cls_token = nn.Parameter(gaussian(1, 1, dim, std=0.02))
        self.pos_embed = nn.Parameter(gaussian(1, 1 + config.pos_embed_grid**2, dim, std=0.02))
        self.mask_token = nn.Parameter(
            torch.zeros(1, dim), requires_grad=False
        )  # part of the checkpoints, never used
        self.register_buffer("image_mean", torch.tensor(IMAGE_MEAN).view(1, 3, 1, 1))
        self.register_buffer("image_std", torch.tensor(IMAGE_STD).view(1, 3, 1, 1))
        self.patch_embed = (
            ConvolutionalStem(config.stem, dim, config.patch_size)
            if config.stem
            else PatchEmbedding(dim, config.patch_size)
        )
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.depth))
        self.norm = LayerNorm(dim, eps=ENCODER_EPS)
        self.final_project = Linear(ENCODER_TAPS * dim, out_dim)

    def features(self, image: Tensor) -> Tensor:
        """Joined levels: image (N, 3, H, W) in [0, 1] -> (N, P, 4E), earliest level first."""
        height, width = image.shape[-2:]
        if height % self.patch_size or width % self.patch_size:
            raise ValueError(f"Image sides must be multiples of {self.patch_size}, not {height}×{width}.")
        dtype = self.pos_embed.dtype  # of the residual stream
        image = (image.to(dtype) - self.image_mean) / self.image_std
        x = self.patch_embed(image).to(dtype)  # (N, P, E)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1)  # (N, 1 + P, E)
        positions = interpolate_positions(self.pos_embed, height // self.patch_size, width // self.patch_size)
        x = x + positions.to(dtype)
        levels = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index >= len(self.blocks) - ENCODER_TAPS:
                levels.append(self.norm(x)[:, 1:])
        return torch.cat(levels, dim=-1)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> (N, P, D), float32."""
        return self.final_project(self.features(image)).float()
