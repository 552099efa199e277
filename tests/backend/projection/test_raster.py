"""Triangles to pixels: those whose centres they cover, however many at a time, in little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from wt_backend.projection.raster import fragments

WIDTH, HEIGHT = 40, 30


@pytest.fixture
def corners() -> NDArray[np.float64]:
    """Triangles (T, 3, 2) of all sizes in and around a picture, some without an area or out of sight."""
    rng = np.random.default_rng(4)
    size = rng.uniform(0, 60, (300, 1, 1))
    found = rng.uniform(-10, 50, (300, 1, 2)) + size * rng.uniform(-1, 1, (300, 3, 2))
    found[::50, 2] = found[::50, 1]
    found[::60] += 1000
    return found


def covered(triangle: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels (HEIGHT, WIDTH) whose centres lie inside a triangle (3, 2), tried one by one."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    sides = [
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        for a, b in zip(triangle, np.roll(triangle, -1, axis=0), strict=True)
    ]
    return np.all(np.array(sides) > 0, axis=0) | np.all(np.array(sides) < 0, axis=0)


@pytest.mark.parametrize("batch", [1, 100, 10**6])
def test_each_pixel_of_each_triangle_comes_once(corners: NDArray[np.float64], batch: int) -> None:
    parts, shares = zip(*fragments(corners, WIDTH, HEIGHT, batch), strict=True)
    triangle, column, row = (np.concatenate(each) for each in zip(*parts, strict=True))
    count = np.zeros((len(corners), HEIGHT, WIDTH), int)
    np.add.at(count, (triangle, row, column), 1)
    assert np.array_equal(count, np.array([covered(one) for one in corners]))
    assert (np.diff(triangle) >= 0).all()
    assert (np.diff(shares) > 0).all() and shares[0] > 0 and 0.95 < shares[-1] <= 1


def test_dense_triangles_take_no_more_memory_than_a_batch() -> None:
    """Rows of all at once were 145 bytes each: gigabytes for a dense mesh seen close up."""
    count, height = 60_000, 100
    x = np.random.default_rng(5).uniform(0, 2000, (count, 1))
    corners = np.stack([np.hstack([x, x + 3, x]), np.broadcast_to([0, height, height], (count, 3))], -1)
    tracemalloc.start()
    drawn = sum(len(part.triangle) for part, _ in fragments(corners, 2000, height))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drawn == pytest.approx(1.5 * height * count, rel=0.02)
    assert peak < 200e6
