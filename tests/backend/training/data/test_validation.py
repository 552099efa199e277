"""Pairs on disk: what a user would have photographed, and what is really there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wt_backend.camera import apply_affine
from wt_backend.evaluation.samples import load_sample
from wt_backend.training.data.validation import write_set


@pytest.mark.parametrize("kind", ["object", "scene"])
def test_a_pair_is_a_whole_photograph(kind: str, tmp_path: Path) -> None:
    for name in write_set(tmp_path, 3, 56, seed=5, kind=kind):
        sample = load_sample(tmp_path / f"{name}.png")
        truth = sample.truth
        assert truth.info.image_size == sample.rgba.shape[1::-1]
        axis = apply_affine(truth.grid_to_image, truth.intrinsics[:2, 2])
        np.testing.assert_allclose(axis, np.array(truth.info.image_size) / 2, atol=0.5)
        left, top = truth.grid_to_image[:, 2].astype(int)
        height, width = truth.mask.shape[1:]
        view = sample.rgba[top : top + height, left : left + width]
        np.testing.assert_array_equal(view[..., 3], truth.rgba[..., 3])
        assert np.count_nonzero(sample.rgba[..., 3]) == np.count_nonzero(view[..., 3])
