"""The released filter against edge flyers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wt_backend.parity.edge_filter import EdgeFilter, edge_filter

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
    xyz = np.ones((1, 4, 4, 3), np.float32)
    mask = np.zeros((1, 4, 4), bool)
    mask.flat[:count] = True
    assert edge_filter(xyz, mask, DEFAULT).sum() == count
