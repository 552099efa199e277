"""Which layers exist, and the edge-flyer filter."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from wt_backend.cleanup import EdgeFilter, cumulative, edge_filter, existing_layers

DEFAULT = EdgeFilter()
FILTERS = {
    "default": DEFAULT,
    "dynamic": (EdgeFilter(relative=0.04, sigmas=3.5), EdgeFilter(relative=0.025, sigmas=2.7)),
    "ksize7": EdgeFilter(window=7, sigmas=math.inf),
    "boundary": EdgeFilter(border=3, sigmas=math.inf),
}


@pytest.mark.parametrize("name", FILTERS)
def test_released_filter(name: str, components: dict[str, NDArray]) -> None:
    found = edge_filter(components["post.xyz"], components["post.mask"], FILTERS[name])
    assert np.array_equal(found, components[f"post.{name}.mask"])


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


def plane_with_flyer() -> NDArray[np.float32]:
    """A tilted plane with one point that hangs in front of it: (1, 24, 24, 3)."""
    y, x = np.mgrid[:24, :24]
    z = 2 + x / 100
    xyz = np.stack([x / 12 * z / 2, y / 12 * z / 2, z], -1)[None].astype(np.float32)
    xyz[0, 10, 12, 2] = 1.5
    return xyz


def test_a_flyer_goes_and_the_surface_stays() -> None:
    xyz = plane_with_flyer()
    mask = np.ones(xyz.shape[:3], bool)
    kept = edge_filter(xyz, mask, replace(DEFAULT, sigmas=math.inf))
    assert not kept[0, 10, 12] and kept.sum() == mask.sum() - 1


def test_the_mask_is_only_made_smaller_and_not_changed_in_place() -> None:
    xyz = plane_with_flyer()
    mask = np.random.default_rng(0).random(xyz.shape[:3]) > 0.2
    before = mask.copy()
    kept = edge_filter(xyz, mask, replace(DEFAULT, border=2))
    assert np.array_equal(mask, before) and not (kept & ~mask).any()


@pytest.mark.parametrize("count", [0, 1, 8, 9])
def test_few_points_are_no_outliers(count: int) -> None:
    xyz = stack_of(np.ones((1, 4, 4)))
    mask = np.zeros((1, 4, 4), bool)
    mask.flat[:count] = True
    assert edge_filter(xyz, mask, DEFAULT).sum() == count
