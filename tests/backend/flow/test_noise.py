"""Start and fill noise: equal seeds, equal numbers, in company or alone."""

from __future__ import annotations

import torch

from wt_backend.flow.noise import SampleShape, fill_invalid, fill_noise, seed_generators, start_noise

STILL = SampleShape(images=2, frames=1, layers=3, height=4, width=5)
CLIP = SampleShape(images=1, frames=3, layers=2, height=24, width=24)


def test_still_noise_is_one_channel_first_draw() -> None:
    torch.manual_seed(42)
    expected = torch.randn(2, 3, 3, 4, 5)  # (B, 3, L, H, W)
    drawn = start_noise(STILL, seed_generators([42]))
    assert torch.equal(drawn[:, 0], expected.movedim(1, -1))


def test_fill_noise_walks_the_memory_of_the_sample() -> None:
    torch.manual_seed(7)
    sample = torch.empty(2, 3, STILL.pixels).transpose(1, 2)
    expected = torch.randn_like(sample)
    assert torch.equal(fill_noise(STILL, seed_generators([7])).flatten(1, 4), expected)


def test_a_seed_draws_the_same_alone_and_in_company() -> None:
    generators = seed_generators([1, 2, 3])
    together = [start_noise(CLIP, generators, 0.5), fill_noise(CLIP, generators)]
    for index, seed in enumerate([1, 2, 3]):
        alone = seed_generators([seed])
        assert torch.equal(together[0][index : index + 1], start_noise(CLIP, alone, 0.5))
        assert torch.equal(together[1][index : index + 1], fill_noise(CLIP, alone))


def test_draws_of_an_image_lie_together() -> None:
    drawn = start_noise(STILL, seed_generators([1, 2]))
    first = start_noise(STILL, seed_generators([1]))
    assert torch.equal(drawn[0], first[0]) and torch.equal(drawn[2], first[1])


def test_frames_correlate_as_asked_and_stay_normal() -> None:
    x = start_noise(CLIP, seed_generators([0]), 0.5)[0].flatten(1)  # (T, N)
    assert (torch.corrcoef(x)[[0, 0, 1], [1, 2, 2]] - 0.5).abs().max() < 0.06
    assert (x.std(dim=1) - 1).abs().max() < 0.05


def test_correlation_means_nothing_for_a_still() -> None:
    plain, correlated = (start_noise(STILL, seed_generators([5]), rho) for rho in (0.0, 0.5))
    assert torch.equal(plain, correlated)


def test_only_invalid_pixels_are_filled() -> None:
    x, mask = torch.ones(1, 1, 1, 2, 2, 3), torch.tensor([[True, False], [False, True]]).view(1, 1, 1, 2, 2)
    filled = fill_invalid(x, mask, torch.full_like(x, 9.0))
    assert torch.equal(filled[..., 0].flatten(), torch.tensor([1.0, 9.0, 9.0, 1.0]))
    assert (x == 1).all()
