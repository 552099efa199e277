"""The trivial baselines on a sphere, whose inflation is right by construction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spheres import sphere_stack

from wt_backend.evaluation.baselines import TRIVIAL, ExactVisible, Inflation, MeanPlane, Truth
from wt_backend.evaluation.samples import Sample
from wt_backend.evaluation.score import score_stack


@pytest.fixture
def sample() -> Sample:
    truth = sphere_stack(96)
    return Sample("sphere", Path("sphere.png"), truth.rgba, True, truth)


@pytest.mark.parametrize("baseline", TRIVIAL)
def test_every_baseline_gives_a_valid_stack_of_the_image(baseline: type, sample: Sample) -> None:
    stack = baseline().predict(sample, 0)
    stack.validate()
    assert np.array_equal(stack.mask[0], sample.rgba[..., 3] > 127)
    assert stack.info.image_size == (96, 96)


def test_mean_plane_errs_by_the_relief_of_a_hemisphere(sample: Sample) -> None:
    scores = score_stack(MeanPlane().predict(sample, 0), sample.truth)
    depth = sample.truth.xyz[0][sample.truth.mask[0]][:, 2]
    best_constant = (np.abs(depth - np.median(depth)) / depth).mean()
    assert scores["abs_rel"] == pytest.approx(best_constant, rel=0.1)
    assert scores["unseen/f@0.05"] == 0


def test_inflating_a_disc_gives_a_sphere(sample: Sample) -> None:
    flat, round_ = (score_stack(b.predict(sample, 0), sample.truth) for b in (MeanPlane(), Inflation()))
    assert round_["abs_rel"] < 0.5 * flat["abs_rel"]
    assert round_["all/f@0.1"] > 0.8 > flat["all/f@0.1"]
    assert round_["existence_f1"] > 0.95


def test_oracles(sample: Sample) -> None:
    visible = score_stack(ExactVisible().predict(sample, 0), sample.truth)
    assert visible["visible/f@0.01"] == 1 and visible["abs_rel"] == pytest.approx(0, abs=1e-6)
    assert visible["gt_mask/unseen/f@0.05"] < 0.3  # the back is not in its array either
    truth = score_stack(Truth().predict(sample, 0), sample.truth)
    assert truth["all/f@0.05"] == 1


def test_the_plane_of_an_empty_image_cannot_be_aligned(sample: Sample) -> None:
    empty = Sample("empty", sample.image, np.zeros_like(sample.rgba), True, sample.truth)
    with pytest.raises(ValueError, match="no visible surface"):
        score_stack(MeanPlane().predict(empty, 0), sample.truth)
