"""The parts of the decoder: attention along any axis, rotary positions, the DiT block (spec sections 5 to 8).

Tokens stay in one layout, (B, T, L, P, D) = batch, frames, layers, patches, width, and so does everything
that acts on single tokens. Only attention regroups them into sequences, see :class:`Axis`.

A linear layer computes in the dtype of its weight, and a norm in float32. A model is therefore put into
mixed precision by converting weights (``precision.py``) or, in training, by autocast.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wt_backend.model import kernels

TIME_CHANNELS = 256
TIME_SCALE = 1000.0
TIME_BASE = 10_000.0
ROPE_BASE = 100.0
DECODER_EPS = 1e-5


class Axis(Enum):
    """Which tokens attend to each other: (batch dimensions, sequence dimensions) of (B, T, L, P)."""

    FRAME = ((0, 1, 2), (3,))  # the patches of one layer
    RAY = ((0, 1, 3), (2,))  # the layers of one patch
    GLOBAL = ((0, 1), (2, 3))  # all layers and patches of one frame
    TIME = ((0, 2, 3), (1,))  # the frames of one patch of one layer


CYCLE = (Axis.FRAME, Axis.RAY, Axis.GLOBAL)  # block i uses CYCLE[i % 3]


class Linear(nn.Linear):
    """Linear layer that computes in the dtype of its weight, or in autocast's where that is on."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != self.weight.dtype and not torch.is_autocast_enabled(x.device.type):
            x = x.to(self.weight.dtype)
        return kernels.linear(x, self.weight, self.bias)


class LayerNorm(nn.LayerNorm):
    """LayerNorm in float32, whatever comes in."""

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(
            x.float(), self.normalized_shape, self.weight.float(), self.bias.float(), self.eps
        )


def gaussian(*shape: int, std: float = 1.0) -> Tensor:
    """Normal numbers to start from; none on the meta device, where torch imports its compiler for them."""
    values = torch.empty(shape)
    return values if values.is_meta else values.normal_(std=std)


class LayerScale(nn.Module):
    """A learned gain per channel."""

    def __init__(self, dim: int, init: float) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), init))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class Mlp(nn.Module):
    """Linear, exact (erf) GELU, linear."""

    def __init__(self, dim: int, ratio: int = 4) -> None:
        super().__init__()
        self.fc1 = Linear(dim, ratio * dim)
        self.fc2 = Linear(ratio * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.fc1(x)
        hidden = F.gelu(hidden) if torch.is_grad_enabled() else torch.ops.aten.gelu_(hidden)
        return self.fc2(hidden)


class Rope(NamedTuple):
    """Rotary table, broadcastable to (B, T, L, P, heads, width); sin carries the sign of the rotation."""

    cos: Tensor
    sin: Tensor

    def at(self, patches: Tensor, draws: int) -> Rope:
        """Of a table (P, 1, width) the patches (B, n) of each draw: (draws·B, 1, 1, n, 1, width)."""
        index = patches.repeat_interleave(draws, dim=0)
        return Rope(self.cos[index][:, None, None], self.sin[index][:, None, None])


def rope_table(positions: Tensor, head_width: int, angle_dtype: torch.dtype) -> Rope:
    """Cosines and sines for two position axes (spec section 6).

    Parameters
    ----------
    positions
        (N, 2) integer positions, (row, column) or (frame, 0).
    head_width
        Channels per head; the first half turns with the first axis, the second half with the second.
    angle_dtype
        The angle is rounded to this before cos and sin: bfloat16 repeats what the released models saw.

    Returns
    -------
    Rope
        cos and sin, each (N, head_width): within a half, channel j pairs with channel j + head_width/4.
    """
    quarter = head_width // 4
    exponent = torch.arange(quarter, device=positions.device, dtype=torch.float32) / quarter
    frequency = 1 / ROPE_BASE**exponent  # as a quotient: a last bit off moves a bfloat16 angle at a tie
    angle = (positions.float()[..., None] * frequency).to(angle_dtype)  # (N, 2, d/4)
    cos, sin = angle.cos(), angle.sin()
    return Rope(
        torch.stack([cos, cos], dim=-2).flatten(-3),  # (N, 2, 2, d/4) -> (N, d)
        torch.stack([-sin, sin], dim=-2).flatten(-3),
    )


def rotate(x: Tensor, rope: Rope) -> Tensor:
    """Turn the channel pairs of ``x`` (..., head width) by the table's angles."""
    swapped = x.unflatten(-1, (2, 2, -1)).flip(-2).flatten(-3)  # (a, b) -> (b, a) in each half
    return (x * rope.cos).add_(swapped.mul_(rope.sin))


class Attention(nn.Module):
    """Softmax attention along one :class:`Axis`, with normed queries and keys."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.kernel_dtype: torch.dtype | None = None  # where attention alone runs in less than its inputs
        self.qkv = Linear(dim, 3 * dim, bias=False)
        self.proj = Linear(dim, dim)
        self.q_norm = LayerNorm(dim // heads, eps=DECODER_EPS)
        self.k_norm = LayerNorm(dim // heads, eps=DECODER_EPS)

    def forward(self, x: Tensor, axis: Axis, rope: Rope | None = None) -> Tensor:
        """Attend: (B, T, L, P, D) -> (B, T, L, P, D)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).unbind(-3)  # (B, T, L, P, h, d)
        dtype = self.kernel_dtype or v.dtype
        q = _to_sequences(_placed(self.q_norm(q), rope).to(dtype), axis)  # (N, h, S, d)
        k = _to_sequences(_placed(self.k_norm(k), rope).to(dtype), axis)
        y = kernels.attention(q, k, _to_sequences(v.to(dtype), axis))  # (N, h, S, d)
        y = self.proj(y.transpose(1, 2).flatten(2))  # (N, S, D)
        return _from_sequences(y, axis, x.shape)


def _placed(x: Tensor, rope: Rope | None) -> Tensor:
    """Rotated in the dtype of the table, where there is one."""
    return x if rope is None else rotate(x.to(rope.cos.dtype), rope)


def _to_sequences(x: Tensor, axis: Axis) -> Tensor:
    """(B, T, L, P, h, d) -> (N, h, S, d)."""
    batch, sequence = axis.value
    x = x.permute(*batch, *sequence, 4, 5)
    x = x.flatten(0, len(batch) - 1)
    return x.flatten(1, len(sequence)).transpose(1, 2)


def _from_sequences(x: Tensor, axis: Axis, shape: torch.Size) -> Tensor:
    """(N, S, D) -> (B, T, L, P, D), as a view."""
    batch, sequence = axis.value
    order = (*batch, *sequence)
    x = x.reshape(*(shape[i] for i in order), shape[-1])
    return x.permute(*(order.index(i) for i in range(4)), 4)


class DiTBlock(nn.Module):
    """Transformer block steered by six modulation vectors (spec section 6)."""

    def __init__(self, dim: int, heads: int, layer_scale_init: float) -> None:
        super().__init__()
        self.modulation = nn.Parameter(gaussian(6 * dim, std=dim**-0.5))
        self.norm1 = LayerNorm(dim, eps=DECODER_EPS)
        self.attn = Attention(dim, heads)
        self.norm3 = LayerNorm(dim, eps=DECODER_EPS)
        self.mlp = Mlp(dim)
        self.ls1 = LayerScale(dim, layer_scale_init)
        self.ls2 = LayerScale(dim, layer_scale_init)

    def forward(self, x: Tensor, modulation: Tensor, axis: Axis, rope: Rope | None = None) -> Tensor:
        """One block.

        Parameters
        ----------
        x
            (B, T, L, P, D) residual stream, float32.
        modulation
            (6, B or 1, 1, L or 1, 1, D): shift, scale, gate of attention, then of the MLP. It is broadcast
            over tokens, never repeated.
        rope
            Rotary table for attention, or None where order carries no position.
        """
        own = self.modulation.view(6, 1, 1, 1, 1, -1)
        shift1, scale1, gate1, shift2, scale2, gate2 = (own + modulation).unbind(0)
        attended = self.attn(modulated_norm(self.norm1, x, shift1, scale1), axis, rope).float()
        x = torch.addcmul(x, attended, self.ls1.gamma * gate1)
        del attended  # the MLP is where memory peaks
        mixed = self.mlp(modulated_norm(self.norm3, x, shift2, scale2)).float()
        return torch.addcmul(x, mixed, self.ls2.gamma * gate2)


def modulated_norm(norm: LayerNorm, x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """norm(x) · (1 + scale) + shift, in one pass over x where all tokens share one shift and scale."""
    weight = norm.weight * (1 + scale)
    bias = norm.bias * (1 + scale) + shift
    if scale.numel() == scale.shape[-1]:
        return F.layer_norm(x, norm.normalized_shape, weight.flatten(), bias.flatten(), norm.eps)
    return torch.addcmul(bias, F.layer_norm(x, norm.normalized_shape, eps=norm.eps), weight)


def sinusoid(t: Tensor) -> Tensor:
    """Embed times in [0, 1]: (...) -> (..., 256), cosines then sines, phases in float64 (spec section 5)."""
    wide = torch.float32 if t.device.type == "mps" else torch.float64  # MPS has no float64
    half = TIME_CHANNELS // 2
    rates = TIME_BASE ** (-torch.arange(half, device=t.device, dtype=wide) / half)
    phase = (TIME_SCALE * t.float()).to(wide)[..., None] * rates
    return torch.cat([phase.cos(), phase.sin()], dim=-1).float()


def time_embedding(dim: int) -> nn.Sequential:
    """MLP from :func:`sinusoid` to a vector of width D."""
    first, last = Linear(TIME_CHANNELS, dim), Linear(dim, dim)
    for layer in (first, last):
        layer.weight = nn.Parameter(gaussian(*layer.weight.shape, std=0.02))
        nn.init.zeros_(layer.bias)
    return nn.Sequential(first, nn.SiLU(), last)


def time_projection(dim: int) -> nn.Sequential:
    """SiLU and a linear layer to six modulation vectors."""
    layer = Linear(dim, 6 * dim)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return nn.Sequential(nn.SiLU(), layer)


def layer_embedding(layers: int, dim: int) -> nn.Embedding:
    """One vector a layer, standard normal at first."""
    return nn.Embedding(layers, dim, _weight=gaussian(layers, dim))


def film_projection(dim: int) -> nn.Sequential:
    """MLP from a layer embedding to FiLM's gamma and beta; it starts as the identity."""
    return nn.Sequential(Linear(dim, dim), nn.GELU(), _zeroed(Linear(dim, 2 * dim)))


def layer_adaln_projection(dim: int) -> nn.Sequential:
    """SiLU and a linear layer from a layer embedding to six modulation vectors; it starts at zero."""
    return nn.Sequential(nn.SiLU(), _zeroed(Linear(dim, 6 * dim)))


def _zeroed(layer: Linear) -> Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class PatchProjection(nn.Sequential):
    """One linear layer on a patch of RGB and a patch of XYZ, applied half by half.

    The RGB half, with the bias, is constant over a run; only the XYZ half changes with each step.
    """

    def __init__(self, patch_size: int, dim: int) -> None:
        values = 3 * patch_size**2
        super().__init__(Linear(2 * values, dim))
        self.patch_size = patch_size
        self.split = values

    def pixels(self, rgb: Tensor) -> Tensor:
        """(..., H, W, 3) -> (..., P, dim)."""
        layer = cast(Linear, self[0])
        return self._apply_half(rgb, layer.weight[:, : self.split], layer.bias)

    def points(self, xyz: Tensor) -> Tensor:
        """(..., H, W, 3) -> (..., P, dim)."""
        return self._apply_half(xyz, cast(Linear, self[0]).weight[:, self.split :], None)

    def _apply_half(self, image: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return kernels.linear(patchify(image, self.patch_size).to(weight.dtype), weight, bias)


def patchify(image: Tensor, patch: int) -> Tensor:
    """(..., H, W, C) -> (..., P, patch * patch * C): row-major patches of (row, column, channel) values."""
    *lead, height, width, channels = image.shape
    tiles = image.reshape(*lead, height // patch, patch, width // patch, patch, channels)
    return tiles.transpose(-4, -3).flatten(-3).flatten(-3, -2)


def unpatchify(patches: Tensor, patch: int, rows: int) -> Tensor:
    """Undo :func:`patchify` for an image of ``rows`` rows of patches: (..., P, values) -> (..., H, W, C)."""
    *lead, count, values = patches.shape
    columns, channels = count // rows, values // patch**2
    tiles = patches.reshape(*lead, rows, columns, patch, patch, channels).transpose(-4, -3)
    return tiles.reshape(*lead, rows * patch, columns * patch, channels)
