"""The same network the plain way, to measure against: nothing kept between steps, nothing broadcast.

Every step encodes the image anew, repeats the modulation for every sequence, copies tokens into sequences and
computes rotary tables in every attention, as a first implementation does. Weights, attention kernel and
number format are those of the model it wraps; a test holds the two to the same numbers.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wt_backend.model.layers import CYCLE, Axis, DiTBlock, patchify, rope_table, rotate, unpatchify
from wt_backend.model.wt_dit import FEATURE_GAIN, TemporalBlock, WTDiT, joint_norm


class PlainWTDiT(nn.Module):
    """Stands in for :class:`WTDiT`; its conditioning is the image itself."""

    def __init__(self, model: WTDiT) -> None:
        super().__init__()
        self.model = model
        self.patch = model.config.patch_size

    def condition(self, rgb: Tensor) -> Tensor:
        """Nothing is computed ahead: rgb (B, T, 3, H, W) is all."""
        return rgb

    def predict_x0(self, x: Tensor, t: Tensor, rgb: Tensor) -> Tensor:
        """Noisy points (B, T, L, H, W, 3) and times (B,) or (1,) to clean points."""
        net, head = self.model.net, self.model.net.latents_projection
        batch, frames, layers, height = x.shape[:4]
        side = height // self.patch
        modulation = self.model.time_modulation(t.expand(batch))  # (B, 6, D)
        layer_modulation = modulation[:, None].repeat(1, layers, 1, 1)  # (B, L, 6, D)
        if self.model.config.layer_conditioning == "film_adaln":
            layer_modulation = layer_modulation + self.model.layer_adaln_proj(
                self.model.layer_embed.weight
            ).view(1, layers, 6, -1)
        tokens = self._tokens(x, rgb)  # (B, T, L, P, D)
        positions = _patch_positions(side, x.device)
        film = self.model.layer_film_proj(self.model.layer_embed.weight)
        for index, block in enumerate(net.decoder_blocks):
            axis = CYCLE[index % 3]
            frame_block = axis is Axis.FRAME
            tokens = _film(tokens, film) if frame_block else tokens
            m = layer_modulation if frame_block else modulation[:, None].repeat(1, layers, 1, 1)
            tokens = _run(block, tokens, m, axis, None if axis is Axis.RAY else positions)
            if axis is Axis.GLOBAL and self.model.config.temporal_blocks and frames > 1:
                times = torch.arange(frames, device=x.device)
                pairs = torch.stack([times, torch.zeros_like(times)], dim=-1)
                temporal = cast(TemporalBlock, self.model.temporal_blocks[index // 3])
                tokens = _run(temporal.block, tokens, m, Axis.TIME, pairs)
        film = head.geo_film_proj(head.geo_layer_embed.weight)
        m = modulation[:, None].repeat(1, layers, 1, 1)
        for index, block in enumerate(head.geo_blocks):
            axis = CYCLE[index % 3]
            tokens = _film(tokens, film) if axis is Axis.FRAME else tokens
            tokens = _run(block, tokens, m, axis, None if axis is Axis.RAY else positions)
        return -unpatchify(head.geo_proj(tokens).float(), self.patch, side)

    def _tokens(self, x: Tensor, rgb: Tensor) -> Tensor:
        """Everything of section 4, every time: (B, T, L, P, D)."""
        net, layers = self.model.net, x.shape[2]
        rgb = rgb.repeat_interleave(len(x) // len(rgb), dim=0)
        encoded = net.encoder(rgb.flatten(0, 1)).unflatten(0, rgb.shape[:2])  # (B, T, P, D)
        joint = encoded[:, :, None] + self.model.layer_embed.weight[:, None]
        features = net.feature_projection(FEATURE_GAIN * joint_norm(joint))
        pixels = rgb.movedim(2, -1)[:, :, None].repeat(1, 1, layers, 1, 1, 1)
        both = torch.cat([patchify(pixels, self.patch), patchify(x, self.patch)], dim=-1)
        return torch.cat([features, net.geo_noise_projection(both)], dim=-1).float()


def _run(block: nn.Module, x: Tensor, m: Tensor, axis: Axis, positions: Tensor | None) -> Tensor:
    """A block over copied sequences: x (B, T, L, P, D), modulation (B, L, 6, D)."""
    batch_axes, sequence_axes = axis.value
    order = (*batch_axes, *sequence_axes)
    shape, width = x.shape, x.shape[-1]
    sequences = x.permute(*order, 4).flatten(len(batch_axes), 3).flatten(0, len(batch_axes) - 1)  # (N, S, D)
    spread = m[:, None, :, None].expand(*shape[:4], 6, width).permute(*order, 4, 5)
    for _ in sequence_axes:
        spread = spread.select(len(batch_axes), 0)
    y = _block(cast(DiTBlock, block), sequences.contiguous(), spread.reshape(-1, 6, width), positions)
    back = y.view(*(shape[i] for i in order), width)
    return back.permute(*(order.index(i) for i in range(4)), 4).contiguous()


def _block(block: DiTBlock, x: Tensor, m: Tensor, positions: Tensor | None) -> Tensor:
    """Section 6 step by step: x (N, S, D), m (N, 6, D)."""
    shift1, scale1, gate1, shift2, scale2, gate2 = (block.modulation.view(6, -1) + m).chunk(6, dim=1)
    y = block.norm1(x) * (1 + scale1) + shift1
    x = x + block.ls1(_attention(block, y, positions)) * gate1
    y = block.norm3(x) * (1 + scale2) + shift2
    return x + block.ls2(block.mlp(y)) * gate2


def _attention(block: DiTBlock, x: Tensor, positions: Tensor | None) -> Tensor:
    """(N, S, D) -> (N, S, D)."""
    attention = block.attn
    q, k, v = attention.qkv(x).unflatten(-1, (3, attention.heads, -1)).permute(2, 0, 3, 1, 4)  # (N, h, S, d)
    q, k = attention.q_norm(q), attention.k_norm(k)
    if positions is not None:
        repeats = q.shape[2] // len(positions)
        q = rotate(q, rope_table(positions.repeat(repeats, 1), q.shape[-1], torch.float32))
        k = rotate(k, rope_table(positions.repeat(repeats, 1), k.shape[-1], torch.float32))
    y = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v)
    return attention.proj(y.transpose(1, 2).flatten(2))


def _film(x: Tensor, film: Tensor) -> Tensor:
    gamma, beta = film[:, None].chunk(2, dim=-1)
    return x * (1 + gamma) + beta


def _patch_positions(side: int, device: torch.device) -> Tensor:
    """(P, 2) of (row, column)."""
    index = torch.arange(side, device=device)
    return torch.stack(torch.meshgrid(index, index, indexing="ij"), dim=-1).flatten(0, 1)
