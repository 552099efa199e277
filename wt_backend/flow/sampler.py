"""From noise to points: integrate dx/dt = v(x, t) from t = 1 to t = 0 (spec sections 10 and 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import log
from typing import Literal, Protocol

import torch
from torch import Generator, Tensor

from wt_backend.flow.noise import Anchor, SampleShape, fill_invalid, fill_noise, start_noise
from wt_backend.model.wt_dit import Conditioning

Solver = Literal["euler", "multistep"]
Fill = Literal["noise", "zeros", "none"]
OnStep = Callable[[int, int, Tensor], None]

MIN_TIME = 0.05  # the velocity divides by at least this


class Predictor(Protocol):
    """What the sampler asks of a model; :class:`~wt_backend.model.wt_dit.WTDiT` is one."""

    def predict_x0(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        """Estimate the clean sample from a noisy one."""
        ...


def velocity(x: Tensor, x0: Tensor, t: Tensor | float) -> Tensor:
    """v = (x - x0) / max(t, 0.05); a tensor ``t`` broadcasts against ``x``."""
    return (x - x0) / (t.clamp_min(MIN_TIME) if isinstance(t, Tensor) else max(t, MIN_TIME))


def time_grid(steps: int) -> list[float]:
    """``steps`` + 1 equally spaced times from 1 to 0, rounded to float32."""
    if steps < 1:
        raise ValueError(f"A sampler needs at least one step, not {steps}.")
    return torch.linspace(1.0, 0.0, steps + 1).tolist()


@torch.inference_mode()
def sample(
    model: Predictor,
    cond: Conditioning,
    mask: Tensor,
    generators: Sequence[Generator],
    *,
    steps: int = 20,
    solver: Solver = "euler",
    prior_correlation: float = 0.0,
    start: Tensor | None = None,
    anchor: Anchor | None = None,
    fill: Fill = "noise",
    visible_first: bool = False,
    on_step: OnStep | None = None,
) -> Tensor:
    """Draw layered points.

    Parameters
    ----------
    mask
        (B, T, L, H, W) bool, the pixels that are points; the network sees ``fill`` elsewhere.
    generators
        One per draw, on the device of the model (:func:`~wt_backend.flow.noise.seed_generators`).
    solver
        ``"euler"`` as released, or ``"multistep"``, second order from the step before.
    prior_correlation
        Of the start noise between frames.
    start
        (B·n, T, L, H, W, 3) start noise; None to draw it.
    anchor
        Frames that are known already.
    visible_first
        Leave the visible surface where the first estimate has it (:func:`behind_first_estimate`).
    on_step
        Called after each step with (steps done, steps, state); what it raises ends the run.

    Returns
    -------
    Tensor
        (B·n, T, L, H, W, 3) normalised points, the n draws of one image next to each other.
    """
    shape = SampleShape(*mask.shape)
    x = start_noise(shape, generators, prior_correlation) if start is None else start
    valid = mask.repeat_interleave(len(generators), dim=0)  # (B·n, T, L, H, W)
    previous: tuple[float, Tensor] | None = None
    first: Tensor | None = None
    for done, (t, t_next) in enumerate(pairwise(time_grid(steps)), start=1):
        x = seen = x if anchor is None else anchor.put(x, t)
        if fill != "none":
            filler = fill_noise(shape, generators) if fill == "noise" else x.new_zeros(())
            seen = fill_invalid(x, valid, filler)
        x0 = model.predict_x0(seen, x.new_full((1,), t), cond)
        if visible_first and first is None:
            first = x0
        if solver == "euler":
            x = x - (t - t_next) * velocity(x, x0, t)
        else:
            x = multistep(x, x0, t, t_next, previous)
            previous = (t, x0)
        if on_step is not None:
            on_step(done, steps, x)
    return x if first is None else behind_first_estimate(x, first)


def multistep(
    x: Tensor, x0: Tensor, t: float, t_next: float, previous: tuple[float, Tensor] | None
) -> Tensor:
    """One exponential step of second order: exact where x0 changes linearly with t.

    dx/dt = (x - x0(t)) / t has the solution x(s) = s/t x(t) + s ∫ x0(u)/u² du over [s, t]; x0(u) is the line
    through this estimate and the ``previous`` one (time, estimate). The first step takes x0 as constant.
    """
    ratio = t_next / t
    result = x0 + ratio * (x - x0)
    if previous is None:
        return result
    slope = (x0 - previous[1]) / (t - previous[0])
    bend = t_next * log(1 / ratio) if t_next > 0 else 0.0
    return result + slope * (bend - t * (1 - ratio))


def behind_first_estimate(x: Tensor, first: Tensor) -> Tensor:
    """Move the layers of a draw as far as brings its visible surface to where the first estimate has it.

    The first estimate is made from the image, and noise: of what is seen it is nearly the mean, and smooth.
    Later ones follow the noise, which tells hidden surfaces apart but not where the visible one lies.

    Parameters
    ----------
    x, first : Tensor, (B, T, L, H, W, 3)
        Normalised points. In `median_log` a distance along z is a ratio of depths, which is kept.
    """
    return x + (first - x)[:, :, :1]
