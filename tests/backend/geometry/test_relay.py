"""Another camera keeps every pixel, the order of depths and the proportions of things."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import analytic_stacks as shapes
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.geometry.relay import scaled_focal, with_intrinsics
from wt_backend.stack import LayerStack


def test_points_lie_on_their_pixels_rays_in_the_same_order() -> None:
    stack = shapes.box(48)
    matrix = np.array([[80.0, 0, 20], [0, 90.0, 30], [0, 0, 1]])
    other = with_intrinsics(stack, matrix)
    other.validate()
    image = other.xyz[0][stack.mask[0]].astype(np.float64) @ matrix.T
    rows, columns = np.nonzero(stack.mask[0])
    np.testing.assert_allclose(image[:, 0] / image[:, 2], columns + 0.5, atol=1e-4)
    np.testing.assert_allclose(image[:, 1] / image[:, 2], rows + 0.5, atol=1e-4)
    np.testing.assert_array_equal(layer_points(other, 0).uv, layer_points(stack, 0).uv)
    inside = stack.mask[0]
    old, new = stack.xyz[:, inside, 2], other.xyz[:, inside, 2]
    assert np.median(new[0]) == pytest.approx(np.median(old[0]), rel=1e-6)
    np.testing.assert_array_equal(np.argsort(new[0], kind="stable"), np.argsort(old[0], kind="stable"))


@pytest.mark.parametrize("longer", [0.7, 1.5, 4.0])
def test_a_ball_stays_round_through_any_lens(longer: float) -> None:
    """As deep as it is wide, to what perspective leaves."""
    stack = shapes.sphere(96)
    matrix = stack.intrinsics.copy()
    matrix[[0, 1], [0, 1]] *= longer

    def depth_over_width(ball: LayerStack) -> float:
        points = ball.xyz[ball.mask]
        return float(np.ptp(points[:, 2]) / np.ptp(points[:, 0]))

    other = with_intrinsics(stack, matrix)
    assert depth_over_width(other) == pytest.approx(depth_over_width(stack), rel=0.05)


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
