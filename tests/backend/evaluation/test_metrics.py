"""Metrics on cases with known answers and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from wt_backend.evaluation import metrics

SEEDS = st.integers(0, 2**32 - 1)


def brute_force(predicted: np.ndarray, truth: np.ndarray, threshold: float) -> tuple[float, float, float]:
    distances = np.linalg.norm(predicted[:, None] - truth[None], axis=2)  # (N, M)
    to_truth, to_predicted = distances.min(axis=1), distances.min(axis=0)
    precision, recall = (to_truth < threshold).mean(), (to_predicted < threshold).mean()
    fscore = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return (
        (to_truth.mean() + to_predicted.mean()) / 2,
        ((to_truth**2).mean() + (to_predicted**2).mean()) / 2,
        fscore,
    )


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 60), st.integers(1, 60))
def test_point_score_equals_brute_force(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, truth = rng.normal(size=(n, 3)) * 0.05, rng.normal(size=(m, 3)) * 0.05
    score = metrics.score_points(predicted, truth)
    for threshold in metrics.FSCORE_THRESHOLDS:
        chamfer, squared, fscore = brute_force(predicted, truth, threshold)
        assert score.fscore[threshold] == pytest.approx(fscore)
    assert score.chamfer == pytest.approx(chamfer)
    assert score.chamfer_squared == pytest.approx(squared)


def test_a_shifted_plane_is_its_shift_away() -> None:
    x, y = np.meshgrid(np.linspace(0, 1, 30), np.linspace(0, 1, 30))
    truth = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3)
    score = metrics.score_points(truth + np.array([0, 0, 0.03]), truth)
    assert score.chamfer == pytest.approx(0.03)
    assert score.chamfer_squared == pytest.approx(0.0009)
    assert score.fscore == {0.1: 1.0, 0.05: 1.0, 0.02: 0.0, 0.01: 0.0}


def test_half_of_the_truth_missing_halves_the_recall() -> None:
    truth = np.array([[0.0, 0, 0], [1, 0, 0]])
    score = metrics.score_points(truth[:1], truth)
    assert score.chamfer == pytest.approx(0.25)  # ½(0 + ½(0 + 1))
    assert score.fscore[0.01] == pytest.approx(2 / 3)  # P = 1, R = ½


def test_many_far_points_are_measured_on_a_part_of_them() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 1, (500, 3))
    predicted = rng.uniform(0, 1, (3 * metrics.FAR_SAMPLE, 3)) * 4 + [0.5, 0, 0]
    score = metrics.score_points(predicted, truth)
    to_truth, to_predicted = cKDTree(truth).query(predicted)[0], cKDTree(predicted).query(truth)[0]
    assert score.chamfer == pytest.approx((to_truth.mean() + to_predicted.mean()) / 2, rel=0.01)
    precision, recall = (to_truth < 0.1).mean(), (to_predicted < 0.1).mean()
    assert score.fscore[0.1] == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-12)


def test_empty_point_sets() -> None:
    points = np.zeros((1, 3))
    nothing = np.zeros((0, 3))
    missed = metrics.score_points(nothing, points)
    assert np.isnan(missed.chamfer) and missed.fscore[0.05] == 0
    assert np.isnan(metrics.score_points(points, nothing).fscore[0.05])


def test_bounding_radius_of_a_box_is_half_its_diagonal() -> None:
    corners = np.array(np.meshgrid([0, 2], [0, 4], [5, 9])).reshape(3, -1).T.astype(float)
    assert metrics.bounding_radius(corners) == pytest.approx(3.0)


def test_depth_errors_by_hand() -> None:
    errors = metrics.depth_errors(np.array([1.0, 2.6]), np.array([1.0, 2.0]))
    assert errors["mae"] == pytest.approx(0.3)
    assert errors["rmse"] == pytest.approx(np.sqrt(0.18))
    assert errors["abs_rel"] == pytest.approx(0.15)
    assert errors["delta_1.25"] == 0.5


def test_boundary_f_is_one_for_equal_edges_one_pixel_apart_and_zero_for_none() -> None:
    valid = np.ones((20, 20), dtype=bool)
    truth = np.where(np.arange(20) < 10, 1.0, 2.0) * np.ones((20, 1))
    near = np.where(np.arange(20) < 11, 1.0, 2.0) * np.ones((20, 1))
    far = np.where(np.arange(20) < 15, 1.0, 2.0) * np.ones((20, 1))
    assert metrics.boundary_fscore(truth, truth, valid) == 1
    assert metrics.boundary_fscore(near, truth, valid) == 1
    assert metrics.boundary_fscore(far, truth, valid) == 0
    assert metrics.boundary_fscore(np.ones((20, 20)), truth, valid) == 0
    assert np.isnan(metrics.boundary_fscore(truth, np.ones((20, 20)), valid))
    # An edge against pixels that are not valid is none: 2 of 20 rows valid on one side only.
    assert np.isnan(metrics.boundary_fscore(truth, truth, valid & (np.arange(20) < 10)))


def test_layer_existence_counts_only_deeper_layers_in_the_common_silhouette() -> None:
    truth, predicted = np.zeros((3, 1, 4), dtype=bool), np.zeros((3, 1, 4), dtype=bool)
    truth[0], predicted[0, 0, :3] = True, True
    truth[1, 0] = [True, True, False, True]  # the last pixel is outside the predicted silhouette
    predicted[1, 0] = [True, False, True, False]
    predicted[2, 0] = [True, False, False, False]
    result = metrics.layer_existence(predicted, truth)
    assert result == pytest.approx({"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5})


def test_monotonic_fraction() -> None:
    xyz = np.ones((3, 1, 4, 3))
    xyz[:, 0, 0, 2] = [1, 2, 3]
    xyz[:, 0, 1, 2] = [1, 0.9995, 1.1]  # within the slack of 0.1 %
    xyz[:, 0, 2, 2] = [1, 2, 1.9]
    xyz[:, 0, 3, 2] = [3, 2, 1]  # outside the silhouette
    silhouette = np.array([[True, True, True, False]])
    assert metrics.monotonic_fraction(xyz, silhouette) == pytest.approx(2 / 3)


def test_thickness_is_last_minus_first_of_existing_layers() -> None:
    xyz = np.zeros((3, 1, 3, 3))
    xyz[:, 0, :, 2] = np.array([[1, 1, 1], [2, 2, 2], [5, 5, 5]])
    mask = np.zeros((3, 1, 3), dtype=bool)
    mask[:2, 0, 0], mask[:1, 0, 1] = True, True
    thickness = metrics.thickness(xyz, mask)[0]
    assert thickness[0] == 1 and thickness[1] == 0 and np.isnan(thickness[2])


def test_field_of_view_of_a_crop_is_that_of_the_whole_image() -> None:
    # 90° over a 200 px image, traced on a 50×50 grid that covers its middle 100 px at half resolution.
    whole = np.array([[100.0, 0, 100], [0, 100, 50], [0, 0, 1]])
    crop = np.array([[50.0, 0, 25], [0, 50, 12.5], [0, 0, 1]])
    affine = np.array([[2.0, 0, 50], [0, 2, 25]])
    identity = np.array([[1.0, 0, 0], [0, 1, 0]])
    expected = pytest.approx((90.0, 2 * np.degrees(np.arctan(0.5))))
    assert metrics.field_of_view(whole, identity, (200, 100)) == expected
    assert metrics.field_of_view(crop, affine, (200, 100)) == expected


def test_sampling_is_without_replacement_and_keeps_small_sets() -> None:
    points = np.arange(30.0).reshape(10, 3)
    assert metrics.sample_points(points, 10, np.random.default_rng(0)) is points
    drawn = metrics.sample_points(points, 6, np.random.default_rng(777))
    assert len(np.unique(drawn[:, 0])) == 6
    assert np.array_equal(drawn, metrics.sample_points(points, 6, np.random.default_rng(777)))
