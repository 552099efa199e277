"""WT-DiT: noisy layered points and an image in, clean layered points out (arXiv 2606.13652).

"Section" means a section of the fact sheet that this follows, spec/wt_dit.md.

Axes: B batch, T frames, L layers, H × W pixels, P patches per layer, D width of the decoder.

What depends on the image alone is computed once by :meth:`WTDiT.condition`; a sampler calls
:meth:`WTDiT.predict_x0` as often as it likes with the result, and any number of noise draws share it.
Parameter names are those of the released checkpoints.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from wt_backend.model.config import BLOCK_KINDS, WTDiTConfig
from wt_backend.model.encoder import Encoder
from wt_backend.model.layers import (
    CYCLE,
    Axis,
    DiTBlock,
    Linear,
    PatchProjection,
    Rope,
    film_projection,
    layer_adaln_projection,
    layer_embedding,
    rope_table,
    sinusoid,
    time_embedding,
    time_projection,
    unpatchify,
)

FEATURE_EPS = 1e-6
FEATURE_GAIN = 0.3


class Film(NamedTuple):
    """Gain and offset per layer, (L, 1, D) each; the gain already holds the 1 of 1 + gamma."""

    gain: Tensor
    offset: Tensor


class Conditioning(NamedTuple):
    """Everything that stays the same over a sampler run.

    Attributes
    ----------
    features
        (B, T, L, P, D/2) image half of the decoder's input tokens.
    pixels
        (B, T, 1, P, D/2) what the RGB patches, and the bias, add to the other half.
    film, head_film
        Layer FiLM of decoder and head.
    layer_adaln
        (6, 1, 1, L, 1, D) modulation per layer in frame blocks, or None.
    rope, head_rope
        (P, 1, head width) rotary tables of patches.
    time_rope
        (T, 1, 1, 1, head width) rotary table of frames, or None where no temporal block runs.
    patches
        (B, n) the patches of each image that the decoder works on, or None for all (:meth:`at`).
    """

    features: Tensor
    pixels: Tensor
    film: Film
    head_film: Film
    layer_adaln: Tensor | None
    rope: Rope
    head_rope: Rope
    time_rope: Rope | None
    patches: Tensor | None = None

    def at(self, patches: Tensor, draws: int = 1) -> Conditioning:
        """The same for some patches (B, n) of each image: the decoder then leaves out all others.

        What it estimates where it is not asked is 0. `draws` is how many noise draws share an image.
        """
        index = patches[:, None, None, :, None]  # (B, 1, 1, n, 1)
        return self._replace(
            features=torch.take_along_dim(self.features, index, dim=3),
            pixels=torch.take_along_dim(self.pixels, index, dim=3),
            rope=self.rope.at(patches, draws),
            head_rope=self.head_rope.at(patches, draws),
            patches=patches,
        )


class Head(nn.Module):
    """Six more blocks, then one linear layer from tokens to patches of points (section 9)."""

    def __init__(self, config: WTDiTConfig) -> None:
        super().__init__()
        dim = config.decoder_dim
        self.geo_blocks = nn.ModuleList(_block(config) for _ in range(config.head_blocks))
        self.geo_proj = Linear(dim, config.patch_values)
        self.geo_layer_embed = layer_embedding(config.num_layers, dim)
        self.geo_film_proj = film_projection(dim)

    def forward(self, x: Tensor, modulation: Tensor, film: Film, rope: Rope) -> Tensor:
        """(B, T, L, P, D) -> (B, T, L, P, 3 · patch²)."""
        for index, block in enumerate(self.geo_blocks):
            axis = CYCLE[index % BLOCK_KINDS]
            if axis is Axis.FRAME:
                x = _apply_film(x, film)
            x = block(x, modulation, axis, None if axis is Axis.RAY else rope)
        return self.geo_proj(x)


class Backbone(nn.Module):
    """Holds the modules that the checkpoints keep under ``net.``; :class:`WTDiT` runs them."""

    def __init__(self, config: WTDiTConfig) -> None:
        super().__init__()
        dim = config.decoder_dim
        self.time_embedding = time_embedding(dim)
        self.time_projection = time_projection(dim)
        self.feature_projection = nn.Sequential(Linear(dim, dim // 2))
        self.encoder = Encoder(config.encoder, dim)
        self.decoder_blocks = nn.ModuleList(_block(config) for _ in range(config.decoder_blocks))
        self.latents_projection = Head(config)
        self.geo_noise_projection = PatchProjection(config.patch_size, dim // 2)


class TemporalBlock(nn.Module):
    """A DiT block along time, kept one level down as in the checkpoints (section 8)."""

    def __init__(self, config: WTDiTConfig) -> None:
        super().__init__()
        self.block = DiTBlock(config.decoder_dim, config.decoder_heads, config.temporal_layer_scale_init)

    def forward(self, x: Tensor, modulation: Tensor, rope: Rope) -> Tensor:
        return self.block(x, modulation, Axis.TIME, rope)


class WTDiT(nn.Module):
    """The network of World Tracing.

    A fresh model is initialised for training (section 18). For checkpoints, build it on the meta device and
    load with ``assign=True``.
    """

    def __init__(self, config: WTDiTConfig) -> None:
        super().__init__()
        dim = config.decoder_dim
        self.config = config
        self.net = Backbone(config)
        self.layer_embed = layer_embedding(config.num_layers, dim)
        self.layer_film_proj = film_projection(dim)
        if config.layer_conditioning == "film_adaln":
            self.layer_adaln_proj = layer_adaln_projection(dim)
        if config.temporal_blocks:
            self.temporal_blocks = nn.ModuleList(
                TemporalBlock(config) for _ in range(config.num_temporal_blocks)
            )

    # -- what depends on the image only ------------------------------------------------------------------

    def condition(self, rgb: Tensor, tokens: Tensor | None = None) -> Conditioning:
        """Compute all that is constant over a run. Differentiable.

        Parameters
        ----------
        rgb
            (B, T, 3, H, W) images in [0, 1]; H = W, a multiple of the patch size.
        tokens
            What :meth:`encode` makes of them, where it is known already.
        """
        if rgb.ndim != 5 or rgb.shape[-1] != rgb.shape[-2]:
            raise ValueError(f"The network needs square images (B, T, 3, H, H), not {tuple(rgb.shape)}.")
        frames, side = rgb.shape[1], rgb.shape[-1] // self.config.patch_size
        exact = torch.float32
        decoder_dtype = cast(DiTBlock, self.net.decoder_blocks[0]).attn.qkv.weight.dtype
        if torch.is_autocast_enabled(rgb.device.type):  # in training weights are wider than products
            decoder_dtype = torch.get_autocast_dtype(rgb.device.type)
        angle_dtype = decoder_dtype if self.config.rounded_rope else exact
        with torch.autocast(rgb.device.type, enabled=False):
            film = _film(self.layer_film_proj, self.layer_embed.weight)
            head = self.net.latents_projection
            head_film = _film(head.geo_film_proj, head.geo_layer_embed.weight)
        return Conditioning(
            features=self._image_features(self.encode(rgb) if tokens is None else tokens),
            pixels=self.net.geo_noise_projection.pixels(rgb.movedim(2, -1)[:, :, None]),
            film=film,
            head_film=head_film,
            layer_adaln=self._layer_adaln(),
            rope=self._patch_rope(side, rgb.device, angle_dtype),
            head_rope=self._patch_rope(side, rgb.device, exact),
            time_rope=self._frame_rope(frames, rgb.device, angle_dtype),
        )

    def encode(self, rgb: Tensor) -> Tensor:
        """The encoder's tokens: (B, T, 3, H, W) -> (B, T, P, D), each frame on its own (section 3)."""
        return self.net.encoder(rgb.flatten(0, 1)).unflatten(0, rgb.shape[:2])

    def _image_features(self, tokens: Tensor) -> Tensor:
        """Image half of the input tokens: (B, T, P, D) -> (B, T, L, P, D/2) (section 4).

        Mean and variance are shared by all frames, layers, patches and channels of a batch element.
        """
        joint = tokens[:, :, None] + self.layer_embed.weight[:, None]  # (B, T, L, P, D)
        return self.net.feature_projection(FEATURE_GAIN * joint_norm(joint))

    def _layer_adaln(self) -> Tensor | None:
        """(6, 1, 1, L, 1, D) modulation of frame blocks per layer (section 5)."""
        if self.config.layer_conditioning == "film":
            return None
        with torch.autocast(self.layer_embed.weight.device.type, enabled=False):
            vectors = self.layer_adaln_proj(self.layer_embed.weight)  # (L, 6D)
        return vectors.unflatten(-1, (6, 1, 1, 1, -1)).movedim(0, 3)

    def _patch_rope(self, side: int, device: torch.device, angle_dtype: torch.dtype) -> Rope:
        """(P, 1, head width) table of (row, column)."""
        index = torch.arange(side, device=device)
        positions = torch.stack(torch.meshgrid(index, index, indexing="ij"), dim=-1).flatten(0, 1)
        cos, sin = rope_table(positions, self.config.head_width, angle_dtype)
        return Rope(cos[:, None], sin[:, None])

    def _frame_rope(self, frames: int, device: torch.device, angle_dtype: torch.dtype) -> Rope | None:
        """(T, 1, 1, 1, head width) table of (frame, 0); temporal blocks are skipped for one frame."""
        if not self.config.temporal_blocks or frames == 1:
            return None
        index = torch.arange(frames, device=device)
        positions = torch.stack([index, torch.zeros_like(index)], dim=-1)
        cos, sin = rope_table(positions, self.config.head_width, angle_dtype)
        return Rope(cos[:, None, None, None], sin[:, None, None, None])

    # -- one evaluation of the network ---------------------------------------------------------------------

    def predict_x0(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """Estimate the clean sample.

        Parameters
        ----------
        x
            (n·B, T, L, H, W, 3) noisy normalised points, invalid pixels already filled; the n draws of one
            image lie next to each other and share its conditioning.
        t
            (n·B,) or (1,) times in [0, 1], or (n·B, L) with one time per layer (training, section 18).

        Returns
        -------
        Tensor
            The estimate of x0, same shape, float32. It is minus the head's output (section 10).
        """
        modulation, layer_modulation, head_modulation = self._modulation(t, cond.layer_adaln)
        tokens = self.input_tokens(x, cond)  # (n·B, T, L, P, D)
        tokens = self._decode(tokens, modulation, layer_modulation, cond)
        values = self.net.latents_projection(tokens, head_modulation, cond.head_film, cond.head_rope).float()
        rows = x.shape[-3] // self.config.patch_size
        if cond.patches is not None:
            patches = cond.patches.repeat_interleave(len(values) // len(cond.patches), dim=0)
            values = _scattered(values, patches, rows**2)
        return -unpatchify(values, self.config.patch_size, rows)

    def time_modulation(self, t: Tensor) -> Tensor:
        """mod(t): (...) -> (..., 6, D), float32 (section 5)."""
        with torch.autocast(t.device.type, enabled=False):
            vectors = self.net.time_projection(self.net.time_embedding(sinusoid(t)))
        return vectors.unflatten(-1, (6, -1))

    def _modulation(self, t: Tensor, layer_adaln: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Modulation of ray, global and temporal blocks, of frame blocks, and of the head.

        With a time per layer, frame blocks follow their layer's own, all others the mean of the
        modulation vectors, and the head that of the mean time (section 18).
        """
        per_layer = _spread(self.time_modulation(t if t.ndim == 2 else t[:, None]))  # (6, B, 1, L|1, 1, D)
        shared = per_layer.mean(dim=3, keepdim=True) if t.ndim == 2 else per_layer
        head = _spread(self.time_modulation(t.mean(dim=1, keepdim=True))) if t.ndim == 2 else per_layer
        return shared, per_layer if layer_adaln is None else per_layer + layer_adaln, head

    def input_tokens(self, x: Tensor, cond: Conditioning) -> Tensor:
        """Image features beside projected patches: (n·B, T, L, H, W, 3) -> (n·B, T, L, P, D) (section 4)."""
        images = len(cond.features)
        points = self.net.geo_noise_projection.points(x).unflatten(0, (images, -1))  # (B, n, T, L, P, D/2)
        if cond.patches is not None:
            points = torch.take_along_dim(points, cond.patches[:, None, None, None, :, None], dim=4)
        points = points + cond.pixels[:, None]
        features = cond.features[:, None].expand_as(points)
        return torch.cat([features, points], dim=-1).flatten(0, 1).float()

    def _decode(self, x: Tensor, modulation: Tensor, layer_modulation: Tensor, cond: Conditioning) -> Tensor:
        """Frame, ray and global blocks in turn; a temporal one follows each global one (sections 7, 8)."""
        for index, block in enumerate(self.net.decoder_blocks):
            axis = CYCLE[index % BLOCK_KINDS]
            if axis is Axis.FRAME:
                x = _apply_film(x, cond.film)
                x = block(x, layer_modulation, axis, cond.rope)
            elif axis is Axis.RAY:
                x = block(x, modulation, axis)
            else:
                x = block(x, modulation, axis, cond.rope)
                if cond.time_rope is not None:
                    x = self.temporal_blocks[index // BLOCK_KINDS](x, modulation, cond.time_rope)
        return x


def joint_norm(x: Tensor) -> Tensor:
    """Standardise over all axes but the first, in float32: (B, ...) -> (B, ...) (section 4)."""
    axes = tuple(range(1, x.ndim))
    variance, mean = torch.var_mean(x.float(), dim=axes, correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + FEATURE_EPS)


def _block(config: WTDiTConfig) -> DiTBlock:
    return DiTBlock(config.decoder_dim, config.decoder_heads, config.layer_scale_init)


def _film(projection: nn.Module, embedding: Tensor) -> Film:
    """FiLM of every layer from its embedding (L, D)."""
    gamma, beta = projection(embedding).float().chunk(2, dim=-1)
    return Film(1 + gamma[:, None], beta[:, None])


def _apply_film(x: Tensor, film: Film) -> Tensor:
    return torch.addcmul(film.offset, x, film.gain)


def _scattered(values: Tensor, patches: Tensor, count: int) -> Tensor:
    """Values of some patches (b, T, L, n, V) among `count`, zeros elsewhere: (b, T, L, P, V)."""
    index = patches[:, None, None, :, None].expand_as(values)
    frame = values.new_zeros(*values.shape[:3], count, values.shape[-1])
    return frame.scatter(3, index, values)


def _spread(modulation: Tensor) -> Tensor:
    """(B, L or 1, 6, D) -> (6, B, 1, L or 1, 1, D), ready to broadcast over tokens."""
    return modulation.permute(2, 0, 1, 3)[:, :, None, :, None]
