"""Which points of a depth-filled stack exist."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tests.analytic_stacks import make_stack
from wt_backend.existence import cumulative, existing_layers, without_near


def stack_of(depths: NDArray) -> NDArray[np.float32]:
    """Points straight ahead of the camera at depths (L, H, W)."""
    xyz = np.zeros((*depths.shape, 3), np.float32)
    xyz[..., 2] = depths
    return xyz


@given(
    depths=hnp.arrays(np.float32, (4, 3, 5), elements=st.floats(-1, 4, width=32)),
    silhouette=hnp.arrays(np.bool_, (3, 5)),
    tolerance=st.floats(1e-3, 0.2),
)
def test_what_exists_is_nested_ordered_and_inside(
    depths: NDArray[np.float32], silhouette: NDArray[np.bool_], tolerance: float
) -> None:
    mask = existing_layers(stack_of(depths), silhouette, tolerance)
    assert np.array_equal(mask[0], silhouette & (depths[0] > 1e-6))
    assert not (mask[1:] & ~mask[:-1]).any()
    assert (depths[1:] > depths[:-1] * (1 + tolerance / 2))[mask[1:]].all()


def test_a_repeated_surface_does_not_exist() -> None:
    depths = np.array([1.0, 1.5, 1.5, 1.501, 3.0])[:, None, None] * np.ones((5, 2, 2))
    mask = existing_layers(stack_of(depths), np.ones((2, 2), bool), 0.01)
    assert mask.all(axis=(1, 2)).tolist() == [True, True, False, False, False]


def test_points_that_are_not_finite_do_not_exist() -> None:
    xyz = stack_of(np.array([1.0, 2.0])[:, None, None] * np.ones((2, 2, 2)))
    xyz[0, 0, 0, 0] = np.nan
    xyz[1, 1, 1, 1] = np.inf
    mask = existing_layers(xyz, np.ones((2, 2), bool), 0.01)
    assert mask[0].tolist() == [[False, True], [True, True]]
    assert mask[1].tolist() == [[False, True], [True, False]]


def test_cumulative() -> None:
    mask = np.array([1, 0, 1, 1], bool)[:, None, None]
    assert cumulative(mask)[:, 0, 0].tolist() == [True, False, False, False]


def test_hidden_surfaces_that_lie_near_are_left_out_with_all_behind_them() -> None:
    """As if the stack had been traced with that tolerance; one below its own changes nothing."""
    depths = np.array([2.0, 2.1, 4.0])[:, None, None] * np.ones((3, 2, 4))
    depths[1, :, 2:] = 3.0
    depths[2, 0] = np.nan
    stack = make_stack(depths)
    assert np.array_equal(without_near(stack, 0.001).mask, stack.mask)
    mask = without_near(stack, 0.2).mask
    assert mask[0].all() and mask[1].tolist() == [[False, False, True, True]] * 2
    assert mask[2].tolist() == [[False] * 4, [False, False, True, True]]
