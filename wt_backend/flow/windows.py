"""Clips longer than the network's window: overlapping windows, one after the other.

A window starts with the last frames of the one before it. While it is sampled those frames are held on their
known path (same start noise, known end), so that the new frames continue them; afterwards the two versions
of the shared frames are cross-faded. Memory holds one window, whatever the clip's length.

The released models were trained on 16 frames; what lies beyond a window is not seen by it. A slow drift over
several windows is therefore possible, a jump at a seam is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Generator, Tensor

from wt_backend.flow.noise import Anchor, correlate, seed_generators
from wt_backend.flow.sampler import Fill, OnStep, Solver, sample
from wt_backend.model.wt_dit import Conditioning, WTDiT

WINDOW = 16
OVERLAP = 4

ReadFrames = Callable[[int, int], tuple[Tensor, Tensor]]


class ClipNoise:
    """Start noise of any frame of a clip, the same whenever it is asked for.

    Parameters
    ----------
    shape
        (L, H, W) of one frame.
    seed
        Of the clip.
    correlation
        Between any two frames: a part that all share, and a part of each frame's own.
    """

    def __init__(self, shape: Sequence[int], seed: int, correlation: float, device: torch.device) -> None:
        self.shape, self.seed, self.correlation, self.device = shape, seed, correlation, device
        self.shared = self._draw(0)

    def frames(self, start: int, stop: int) -> Tensor:
        """(1, stop − start, L, H, W, 3)."""
        own = torch.stack([self._draw(1 + frame) for frame in range(start, stop)])
        return correlate(self.shared, own, self.correlation)[None]

    def generator(self, stream: int) -> Generator:
        """Random numbers of one stream of this clip."""
        return Generator(self.device).manual_seed((self.seed * 1_000_003 + stream) % 2**63)

    def _draw(self, stream: int) -> Tensor:
        return torch.randn(*self.shape, 3, generator=self.generator(stream), device=self.device)


def windows(frames: int, window: int = WINDOW, overlap: int = OVERLAP) -> list[tuple[int, int]]:
    """(start, stop) of the windows that cover a clip: all of one length, at least ``overlap`` shared.

    The last window is moved back rather than shortened, so its overlap may be larger.
    """
    if not 0 < overlap < window:
        raise ValueError(f"An overlap of {overlap} frames does not fit windows of {window}.")
    if frames <= window:
        return [(0, frames)]
    starts = list(range(0, frames - window, window - overlap))
    return [(start, start + window) for start in (*starts, frames - window)]


def sample_clip(
    model: WTDiT,
    read: ReadFrames,
    frames: int,
    seed: int,
    *,
    prior_correlation: float = 0.0,
    window: int = WINDOW,
    overlap: int = OVERLAP,
    steps: int = 20,
    solver: Solver = "euler",
    fill: Fill = "noise",
    on_step: OnStep | None = None,
) -> Iterator[tuple[int, Tensor]]:
    """Sample a clip of any length; one that fits a window gets the very numbers of :func:`sample`.

    Parameters
    ----------
    read
        From (start, stop) to rgb (1, n, 3, H, W) in [0, 1] and mask (1, n, L, H, W), on the model's device.
    on_step
        Called with (steps done, steps of the whole clip, state of the window).

    Yields
    ------
    tuple
        Frame number, and its normalised points (L, H, W, 3), in order, each as soon as it is final.
    """
    spans = windows(frames, window, overlap)
    draw = partial(sample, model, steps=steps, solver=solver, fill=fill)
    if len(spans) == 1:
        rgb, mask = read(0, frames)
        generators = seed_generators([seed], mask.device)
        points = draw(
            _condition(model, rgb), mask, generators, prior_correlation=prior_correlation, on_step=on_step
        )
        yield from enumerate(points[0])
        return
    noise: ClipNoise | None = None
    tail: Tensor | None = None  # (1, shared frames, L, H, W, 3): the end of the last window, not yet final
    for index, (start, stop) in enumerate(spans):
        rgb, mask = read(start, stop)
        noise = noise or ClipNoise(mask.shape[2:], seed, prior_correlation, mask.device)
        start_noise = noise.frames(start, stop)
        shared = 0 if tail is None else tail.shape[1]
        points = draw(
            _condition(model, rgb),
            mask,
            [noise.generator(-1 - index)],
            start=start_noise,
            anchor=None if tail is None else Anchor(tail, start_noise[:, :shared]),
            on_step=_within(on_step, index, len(spans)),
        )
        if tail is not None:
            points = torch.cat([cross_fade(tail, points[:, :shared]), points[:, shared:]], dim=1)
        following = spans[index + 1][0] if index + 1 < len(spans) else stop
        for frame in range(start, following):
            yield frame, points[0, frame - start]
        tail = points[:, following - start :]


@torch.inference_mode()
def _condition(model: WTDiT, rgb: Tensor) -> Conditioning:
    return model.condition(rgb)


def cross_fade(before: Tensor, after: Tensor) -> Tensor:
    """From one version of some frames (1, n, ...) to another, linearly; neither end is pure."""
    count = before.shape[1]
    weight = torch.arange(1, count + 1, device=before.device) / (count + 1)
    return torch.lerp(before, after, weight.view(1, -1, *(1,) * (before.ndim - 2)))


def _within(on_step: OnStep | None, index: int, count: int) -> OnStep | None:
    """Report the steps of one window as steps of the clip."""
    if on_step is None:
        return None
    return lambda done, total, x: on_step(index * total + done, count * total, x)
