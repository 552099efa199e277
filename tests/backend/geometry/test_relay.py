"""Another camera keeps every pixel and every depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import analytic_stacks as shapes
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.geometry.relay import scaled_focal, with_intrinsics


def test_depths_and_pixels_stay() -> None:
    stack = shapes.box(48)
    matrix = np.array([[80.0, 0, 20], [0, 90.0, 30], [0, 0, 1]])
    other = with_intrinsics(stack, matrix)
    other.validate()
    np.testing.assert_array_equal(other.xyz[..., 2], stack.xyz[..., 2])
    image = other.xyz[0][stack.mask[0]].astype(np.float64) @ matrix.T
    rows, columns = np.nonzero(stack.mask[0])
    np.testing.assert_allclose(image[:, 0] / image[:, 2], columns + 0.5, atol=1e-4)
    np.testing.assert_allclose(image[:, 1] / image[:, 2], rows + 0.5, atol=1e-4)
    np.testing.assert_array_equal(layer_points(other, 0).uv, layer_points(stack, 0).uv)


def test_own_intrinsics_change_nothing() -> None:
    stack = shapes.sphere(32)
    np.testing.assert_allclose(with_intrinsics(stack, stack.intrinsics).xyz, stack.xyz, atol=1e-6)


@pytest.mark.parametrize(
    "affine", [[[2.0, 0, 5], [0, 2, 7]], [[4.0, 0, 0], [0, 2, 0]], [[0, -2.0, 96], [2.0, 0, 0]]]
)
def test_focal_length_is_that_of_the_original_image(affine: list[list[float]]) -> None:
    stack = replace(shapes.sphere(48), grid_to_image=np.array(affine))
    full = np.vstack([affine, [0, 0, 1]])
    image = full @ scaled_focal(stack, 300.0)
    np.testing.assert_allclose(np.linalg.norm(image[:2, :2], axis=1), 300)
    np.testing.assert_allclose(image[:2, 2], (full @ stack.intrinsics)[:2, 2])
