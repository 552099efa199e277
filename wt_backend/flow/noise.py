"""The random numbers of a sampler run: start noise, and what is put on invalid pixels (spec section 11).

Draws repeat those of the released code for equal seeds. That fixes not only their order but their memory
layout: a sample is drawn channel first, (B, 3, T·L·H·W), and every later draw "like" it walks the same
memory. Seeds are drawn one after the other, each from its own generator, so a seed gives the same result
alone and in company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch
from torch import Generator, Tensor

XYZ = 3


@dataclass(frozen=True)
class SampleShape:
    """Sizes of one draw: images, frames, layers, rows, columns."""

    images: int
    frames: int
    layers: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Pixels of one image over all frames and layers."""
        return self.frames * self.layers * self.height * self.width


class Anchor(NamedTuple):
    """Leading frames that are known: their points and start noise, (B·n, known T, L, H, W, 3) each."""

    x0: Tensor
    noise: Tensor

    def put(self, x: Tensor, t: float) -> Tensor:
        """The state ``x`` at time ``t``, with its leading frames on their known path."""
        return torch.cat([(1 - t) * self.x0 + t * self.noise, x[:, self.x0.shape[1] :]], dim=1)


def seed_generators(seeds: Sequence[int], device: torch.device | str = "cpu") -> list[Generator]:
    """One generator a seed."""
    return [Generator(device).manual_seed(seed) for seed in seeds]


def start_noise(shape: SampleShape, generators: Sequence[Generator], correlation: float = 0.0) -> Tensor:
    """Draw x_T, standard normal per number.

    Parameters
    ----------
    shape
        Sizes of one draw.
    generators
        One per draw; they stand on the device of the result.
    correlation
        Between any two frames of a clip (rho); no effect on stills.

    Returns
    -------
    Tensor
        (B·n, T, L, H, W, 3), the n draws of one image next to each other.
    """
    correlated = correlation > 0 and shape.frames > 1
    draws = [_correlated(shape, g, correlation) if correlated else _independent(shape, g) for g in generators]
    return _stack(draws)


def fill_noise(shape: SampleShape, generators: Sequence[Generator]) -> Tensor:
    """Draw fresh noise for invalid pixels, over all pixels: (B·n, T, L, H, W, 3)."""
    return _stack([_like_sample(shape, g) for g in generators])


def fill_invalid(x: Tensor, mask: Tensor, filler: Tensor | float) -> Tensor:
    """Replace points where ``mask`` (broadcastable to x without its last axis, bool) is false (section 4)."""
    return torch.where(mask[..., None], x, filler)


def correlate(shared: Tensor, own: Tensor, correlation: float) -> Tensor:
    """Noise of frames, each N(0, 1), any two correlated: shared (B, 1, ...), own (B, T, ...)."""
    return sqrt(correlation) * shared + sqrt(1 - correlation) * own


def _independent(shape: SampleShape, generator: Generator) -> Tensor:
    """(B, T, L, H, W, 3), in channel-first memory, filled in memory order."""
    memory = torch.randn(shape.images, XYZ, shape.pixels, generator=generator, device=generator.device)
    return _points(memory.transpose(1, 2), shape)


def _like_sample(shape: SampleShape, generator: Generator) -> Tensor:
    """The same layout, but filled through the transposed view.

    On a CPU torch has one algorithm for contiguous tensors and another for views, with other numbers.
    """
    memory = torch.empty(shape.images, XYZ, shape.pixels, device=generator.device)
    return _points(memory.transpose(1, 2).normal_(generator=generator), shape)


def _points(sequence: Tensor, shape: SampleShape) -> Tensor:
    """(B, T·L·H·W, 3) -> (B, T, L, H, W, 3)."""
    return sequence.unflatten(1, (shape.frames, shape.layers, shape.height, shape.width))


def _correlated(shape: SampleShape, generator: Generator, correlation: float) -> Tensor:
    """One part shared by all frames, one part per frame; each frame stays N(0, 1)."""
    size = (shape.layers, shape.height, shape.width, XYZ)
    shared = torch.randn(shape.images, 1, *size, generator=generator, device=generator.device)
    own = torch.randn(shape.images, shape.frames, *size, generator=generator, device=generator.device)
    return correlate(shared, own, correlation)


def _stack(draws: list[Tensor]) -> Tensor:
    """n tensors (B, ...) to (B·n, ...), draws of one image together."""
    return torch.stack(draws, dim=1).flatten(0, 1)
