"""Whole scores of analytic stacks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spheres import sphere_stack

from wt_backend.evaluation.score import mean_scores, on_grid_of, score_stack

PERFECT = {
    "abs_rel": 0,
    "mae": 0,
    "delta_1.25": 1,
    "silhouette_iou": 1,
    "monotonic": 1,
    "thickness_error": 0,
    "existence_f1": 1,
    "fov_error_deg": 0,
    "all/chamfer": 0,
    "all/f@0.01": 1,
    "visible/f@0.01": 1,
    "unseen/f@0.01": 1,
    "gt_mask/all/f@0.01": 1,
}


def test_the_truth_scores_perfectly_at_any_scale() -> None:
    truth = sphere_stack(radii=(1.0, 0.6))
    predicted = replace(truth, xyz=truth.xyz * np.float32(7))
    scores = score_stack(predicted, truth)
    for name, value in PERFECT.items():
        assert scores[name] == pytest.approx(value, abs=1e-5), name


def test_a_crop_at_half_resolution_is_found_again_through_the_affines() -> None:
    truth = sphere_stack(96)
    crop = sphere_stack(96, crop=(10, 6, 80))
    scores = score_stack(crop, truth)
    # A pixel of the crop is two of the truth: half a pixel of lateral error, more depth error at the rim
    # only.
    assert scores["abs_rel"] < 0.01
    assert scores["silhouette_iou"] > 0.95
    assert scores["fov_error_deg"] == pytest.approx(0, abs=1e-9)
    assert scores["all/f@0.05"] > 0.95
    found = on_grid_of(crop, truth)
    assert found.xyz.shape == truth.xyz.shape
    # Pixel (48, 52) of the image lies in pixel ((48−6)//2, (52−10)//2) of the crop.
    assert np.array_equal(found.xyz[:, 48, 52], crop.xyz[:, 21, 21])
    assert not found.mask[0, :6].any() and not found.mask[0, :, :10].any()


def test_the_visible_surface_alone_has_nothing_unseen() -> None:
    truth = sphere_stack()
    visible = replace(truth, mask=truth.mask & (np.arange(2) == 0)[:, None, None])
    scores = score_stack(visible, truth)
    assert scores["visible/f@0.01"] == 1
    assert scores["unseen/f@0.1"] == 0 and np.isnan(scores["unseen/chamfer"])
    assert 0.5 < scores["all/f@0.05"] < 0.8  # precision 1, recall about a half
    assert scores["existence_recall"] == 0 and np.isnan(scores["existence_precision"])
    # The truth's mask asks the depth-filled array, which still holds the back.
    assert scores["gt_mask/unseen/f@0.01"] == 1


def test_a_prediction_with_fewer_layers_misses_the_others() -> None:
    truth = sphere_stack(radii=(1.0, 0.6))
    fewer = replace(truth, xyz=truth.xyz[:1], mask=truth.mask[:1])
    scores = score_stack(fewer, truth)
    assert scores["existence_recall"] == 0
    assert scores["visible/f@0.01"] == 1
    assert scores["gt_mask/unseen/f@0.1"] < 0.2  # only what repeats layer 0 near the rim


def test_thickness_is_in_bounding_radii() -> None:
    truth = sphere_stack(128)
    visible = replace(truth, mask=truth.mask & (np.arange(2) == 0)[:, None, None])
    # Mean chord of a sphere of radius 1 over its disc is 4/3; perspective changes it by a little.
    assert score_stack(visible, truth)["thickness_error"] == pytest.approx(4 / 3, rel=0.05)


def test_the_wrong_image_is_refused() -> None:
    with pytest.raises(ValueError, match="belongs to the truth"):
        score_stack(sphere_stack(32), sphere_stack(64))


def test_means_leave_out_what_has_no_meaning() -> None:
    means = mean_scores([{"a": 1.0, "b": np.nan}, {"a": 3.0, "b": np.nan}])
    assert means["a"] == 2 and np.isnan(means["b"])
