"""Long clips: every frame once and in order, no jump at a seam, memory of one window."""

from __future__ import annotations

import weakref
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from wt_backend.flow.noise import seed_generators
from wt_backend.flow.sampler import sample
from wt_backend.flow.windows import ClipNoise, cross_fade, sample_clip, windows

LAYERS, SIDE = 2, 4


@pytest.mark.parametrize("frames", [1, 15, 16, 17, 28, 29, 100])
def test_windows_cover_the_clip_and_overlap(frames: int) -> None:
    spans = windows(frames)
    assert spans[0][0] == 0 and spans[-1][1] == frames
    for (start, stop), (following, end) in pairwise(spans):
        assert start < following <= stop - 4 and end - following == 16


def test_impossible_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        windows(40, window=8, overlap=8)


class Drifting:
    """A model whose truth is a smooth curve over frames, off by another amount in every window.

    Its estimate leans on the noisy input as a real one does: known frames pull the window's offset along.
    """

    def __init__(self, offsets: list[float]) -> None:
        self.offsets, self.window = offsets, -1
        self.alive: list[weakref.ref[Tensor]] = []

    def condition(self, rgb: Tensor) -> Any:
        self.window += 1
        return rgb[:, :, 0].mean(dim=(-1, -2))  # (1, T): the curve

    def predict_x0(self, x: Tensor, t: Tensor, cond: Any) -> Tensor:
        estimate = cond[:, :, None, None, None, None] + self.offsets[self.window % len(self.offsets)]
        self.alive = [ref for ref in self.alive if ref() is not None] + [weakref.ref(x)]
        return estimate.expand_as(x).clone()


def run(model: Any, frames: int, **options: Any) -> list[tuple[int, Tensor]]:
    curve = torch.linspace(0, 1, frames)
    requests: list[tuple[int, int]] = []

    def read(start: int, stop: int) -> tuple[Tensor, Tensor]:
        requests.append((start, stop))
        rgb = curve[None, start:stop, None, None, None].expand(1, -1, 3, SIDE, SIDE)
        return rgb, torch.ones(1, stop - start, LAYERS, SIDE, SIDE, dtype=torch.bool)

    result = list(sample_clip(model, read, frames, seed=3, steps=3, **options))
    assert max(stop - start for start, stop in requests) <= options.get("window", 16)
    return result


def test_frames_come_once_and_in_order() -> None:
    assert [frame for frame, _ in run(Drifting([0.0]), 45)] == list(range(45))


def test_windows_that_disagree_do_not_jump() -> None:
    """Two windows that differ by 0.5 are bridged over the shared frames, a fifth each."""
    values = torch.tensor([points.mean() for _, points in run(Drifting([0.0, 0.5]), 52)])
    steps = values.diff().abs()
    assert steps.max() < 0.5 / 5 + 1 / 51 + 1e-4
    assert values[-1] - values[0] == pytest.approx(1.5, abs=0.51)


def test_a_seed_gives_the_same_clip_again_and_each_frame_its_own_noise() -> None:
    noise = ClipNoise((LAYERS, 16, 16), 5, 0.5, torch.device("cpu"))
    assert torch.equal(noise.frames(3, 9)[:, 2:4], noise.frames(5, 7))
    x = noise.frames(0, 3)[0].flatten(1)
    assert (torch.corrcoef(x)[[0, 0, 1], [1, 2, 2]] - 0.5).abs().max() < 0.1


def test_cross_fade_is_even() -> None:
    faded = cross_fade(torch.zeros(1, 4, 1), torch.ones(1, 4, 1)).flatten()
    torch.testing.assert_close(faded, torch.tensor([0.2, 0.4, 0.6, 0.8]))


def test_a_clip_that_fits_a_window_is_sampled_as_released() -> None:
    mask = torch.ones(1, 16, LAYERS, SIDE, SIDE, dtype=torch.bool)
    model = Drifting([0.0])
    cond = model.condition(torch.linspace(0, 1, 16)[None, :, None, None, None].expand(1, -1, 3, SIDE, SIDE))

    class Leaning(Drifting):
        def predict_x0(self, x: Tensor, t: Tensor, cond: Any) -> Tensor:
            return torch.tanh(x) + super().predict_x0(x, t, cond)

    expected = sample(Leaning([0.0]), cond, mask, seed_generators([3]), steps=3, prior_correlation=0.5)
    frames = run(Leaning([0.0]), 16, prior_correlation=0.5)
    assert torch.equal(torch.stack([points for _, points in frames]), expected[0])


def test_steps_count_over_the_whole_clip() -> None:
    told: list[tuple[int, int]] = []
    run(Drifting([0.0]), 30, on_step=lambda done, total, x: told.append((done, total)))
    assert told == [(step, 9) for step in range(1, 10)]


def test_known_frames_stay_on_their_path() -> None:
    """The network sees shared frames as the known points, noised with the frames' own noise."""
    seen: list[Tensor] = []

    class Spy(Drifting):
        def predict_x0(self, x: Tensor, t: Tensor, cond: Any) -> Tensor:
            if self.window == 1:
                seen.append(x[:, :4])
            return super().predict_x0(x, t, cond)

    result = run(Spy([0.0, 9.0]), 20, fill="none")
    noise = ClipNoise((LAYERS, SIDE, SIDE), 3, 0.0, torch.device("cpu")).frames(4, 8)
    curve = torch.linspace(0, 1, 20)[4:8].view(1, 4, 1, 1, 1, 1)
    assert len(result) == 20 and len(seen) == 3
    torch.testing.assert_close(seen[0], noise)
    torch.testing.assert_close(seen[1], curve / 3 + noise * 2 / 3, atol=1e-5, rtol=1e-5)


def test_memory_does_not_grow_with_the_clip() -> None:
    """Finished frames are not kept: at most two windows of states are alive at any time."""

    def most_alive(frames: int) -> int:
        model, most = Drifting([0.0]), 0
        curve = torch.zeros(1, frames, 3, SIDE, SIDE)

        def read(start: int, stop: int) -> tuple[Tensor, Tensor]:
            return curve[:, start:stop], torch.ones(1, stop - start, LAYERS, SIDE, SIDE, dtype=torch.bool)

        for _ in sample_clip(model, read, frames, seed=1, steps=2):  # type: ignore[arg-type]
            most = max(most, sum(ref() is not None for ref in model.alive))
        return most

    assert most_alive(120) <= most_alive(30)
