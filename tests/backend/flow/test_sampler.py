"""Solvers on problems with known answers, and the sampler's manners."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from wt_backend.flow.noise import SampleShape, seed_generators, start_noise
from wt_backend.flow.sampler import multistep, sample, time_grid, velocity

MASK = torch.ones(1, 1, 2, 4, 4, dtype=torch.bool)


class Known:
    """A model whose estimate of x0 is a known function of x and t."""

    def __init__(self, estimate: Any) -> None:
        self.estimate, self.seen = estimate, []

    def predict_x0(self, x: Tensor, t: Tensor, cond: Any) -> Tensor:
        self.seen.append((x, t))
        return self.estimate(x, t.item())


def run(model: Known, **options: Any) -> Tensor:
    return sample(model, None, MASK, seed_generators([0]), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("solver", ["euler", "multistep"])
@pytest.mark.parametrize("steps", [1, 4, 20])
def test_a_constant_estimate_is_reached(solver: Any, steps: int) -> None:
    torch.testing.assert_close(
        run(Known(lambda x, t: torch.full_like(x, 3.0)), steps=steps, solver=solver),
        torch.full((1, 1, 2, 4, 4, 3), 3.0),
    )


def test_more_than_twenty_euler_steps_stop_short_as_released() -> None:
    """The clamp at t = 0.05 holds back the last steps; multistep has none."""
    target = Known(lambda x, t: torch.zeros_like(x))
    assert run(target, steps=40).abs().max() > 1e-3
    assert run(target, steps=40, solver="multistep").abs().max() == 0


def test_multistep_is_exact_where_the_estimate_is_a_line_in_time() -> None:
    """dx/dt = (x − a − b t)/t is solved by x = a + (x(1) − a) t − b t ln t."""
    a, b = 0.7, -1.3
    x_start = torch.tensor(2.0)

    def exact(t: float) -> float:
        return a + (float(x_start) - a) * t - b * t * math.log(max(t, 1e-30))

    x, t, previous = torch.tensor(exact(0.8)), 0.8, (1.0, torch.tensor(a + b))
    for t_next in (0.5, 0.3, 0.05, 0.0):
        x0 = torch.tensor(a + b * t)
        x, previous, t = multistep(x, x0, t, t_next, previous), (t, x0), t_next
        assert x.item() == pytest.approx(exact(t), abs=1e-6)


def test_multistep_is_second_order() -> None:
    """Halving the step about quarters the error; Euler's halves."""

    def error(solver: Any, steps: int) -> float:
        return (run(Known(estimate), steps=steps, solver=solver) - reference).abs().max().item()

    def estimate(x: Tensor, t: float) -> Tensor:
        return 0.5 * torch.tanh(x) * t * t + math.sin(2 * t)

    reference = run(Known(estimate), steps=2000, solver="multistep")
    assert error("multistep", 40) < 0.35 * error("multistep", 20)
    assert error("multistep", 16) < 0.5 * error("euler", 16)


def test_the_visible_surface_can_stay_where_the_first_estimate_has_it() -> None:
    def estimate(x: Tensor, t: float) -> Tensor:
        return x * t + torch.arange(2.0)[:, None, None, None]

    first = run(Known(estimate), steps=1, solver="multistep")
    drawn = run(Known(estimate), steps=3, solver="multistep")
    kept = run(Known(estimate), steps=3, solver="multistep", visible_first=True)
    assert (drawn - first)[:, :, 0].abs().max() > 0.1
    torch.testing.assert_close(kept[:, :, 0], first[:, :, 0])
    torch.testing.assert_close(kept[:, :, 1] - kept[:, :, 0], drawn[:, :, 1] - drawn[:, :, 0])


def test_velocity_clamps_time() -> None:
    x, x0 = torch.tensor([1.0, 1.0]), torch.zeros(2)
    assert torch.allclose(velocity(x, x0, torch.tensor([0.5, 0.01])), torch.tensor([2.0, 20.0]))
    assert velocity(x, x0, 0.01)[0] == pytest.approx(20.0)


def test_invalid_pixels_are_filled_in_what_the_network_sees_only() -> None:
    mask = MASK.clone()
    mask[..., 0] = False
    start = start_noise(SampleShape(*mask.shape), seed_generators([0]))
    seen = {}
    for fill in ("noise", "zeros", "none"):
        model = Known(lambda x, t: x)
        sample(model, None, mask, seed_generators([0]), steps=1, fill=fill)  # type: ignore[arg-type]
        seen[fill] = model.seen[0][0]
    assert torch.equal(seen["none"], start)
    assert not seen["zeros"][~mask].any() and torch.equal(seen["zeros"][mask], start[mask])
    assert torch.equal(seen["noise"][mask], start[mask])
    assert not torch.equal(seen["noise"][~mask], start[~mask])


def test_a_seed_gives_the_same_alone_and_in_company() -> None:
    model = Known(lambda x, t: torch.tanh(x) * t)
    mask = MASK.clone()
    mask[..., 0] = False
    both = sample(model, None, mask, seed_generators([3, 4]), steps=3)  # type: ignore[arg-type]
    alone = sample(model, None, mask, seed_generators([4]), steps=3)  # type: ignore[arg-type]
    assert torch.equal(both[1:], alone)


def test_progress_is_told_and_cancel_is_heard() -> None:
    class Cancelled(Exception):
        pass

    told: list[tuple[int, int]] = []

    def on_step(done: int, total: int, x: Tensor) -> None:
        told.append((done, total))
        if done == 2:
            raise Cancelled

    model = Known(lambda x, t: x)
    with pytest.raises(Cancelled):
        run(model, steps=5, on_step=on_step)
    assert told == [(1, 5), (2, 5)] and len(model.seen) == 2


def test_time_grid() -> None:
    assert time_grid(4) == [1.0, 0.75, 0.5, 0.25, 0.0]
    with pytest.raises(ValueError, match="at least one step"):
        time_grid(0)
