"""The one similarity that predictions are compared under."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from wt_backend.evaluation.alignment import Alignment, fit_alignment, fit_depth_scale


def cloud(seed: int, count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    depth = rng.uniform(2, 4, count)
    return np.stack([*(rng.uniform(-0.4, 0.4, (2, count)) * depth), depth], axis=1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 20), st.floats(-1.5, 1.5))
def test_exact_similarities_are_found(seed: int, scale: float, shift: float) -> None:
    truth = cloud(seed)
    predicted = (truth - [0, 0, shift]) / scale
    found = fit_alignment(predicted, truth)
    assert found.scale == pytest.approx(scale, rel=1e-6)
    assert found.shift == pytest.approx(shift, abs=1e-6)


def test_a_tenth_of_torn_pixels_does_not_move_the_fit() -> None:
    truth = cloud(1)
    predicted = truth / 3
    predicted[::10] *= 1.3
    found = fit_alignment(predicted, truth)
    assert found.scale == pytest.approx(3, rel=2e-3)
    assert found.shift == pytest.approx(0, abs=5e-3)


def test_the_robust_fit_is_at_the_minimum_of_its_objective() -> None:
    truth = cloud(2)
    predicted = truth / 2 + np.random.default_rng(0).normal(0, 0.03, truth.shape)
    found = fit_alignment(predicted, truth)

    def objective(scale: float, shift: float) -> float:
        residual = Alignment(scale, shift).apply(predicted) - truth
        return float((np.linalg.norm(residual, axis=1) / truth[:, 2]).sum())

    best = objective(found.scale, found.shift)
    for d_scale, d_shift in [(0.01, 0), (-0.01, 0), (0, 0.02), (0, -0.02), (0.01, -0.02), (-0.01, 0.02)]:
        assert best < objective(found.scale + d_scale, found.shift + d_shift)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_depth_scale_is_the_exact_minimiser(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, truth = rng.uniform(0.5, 2, 51), rng.uniform(2, 4, 51)
    predicted[: seed % 20] *= -1  # as of a network that has learned nothing yet

    def objective(scale: float) -> float:
        return float((np.abs(scale * predicted - truth) / truth).sum())

    reference = minimize_scalar(objective, bounds=(0.5, 8), method="bounded", options={"xatol": 1e-9})
    assert objective(fit_depth_scale(predicted, truth)) <= reference.fun + 1e-6


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(ValueError, match="non-zero number"):
        fit_alignment(np.zeros((0, 3)), np.zeros((0, 3)))
    with pytest.raises(ValueError, match="at least one pixel"):
        fit_depth_scale(np.zeros(0), np.zeros(0))


def test_a_mirrored_prediction_has_no_scale() -> None:
    truth = cloud(3)
    with pytest.raises(ValueError, match="positive scale"):
        fit_alignment(truth * [-1, -1, -1], truth)
