"""Cameras recovered from points, points put back on rays, and affine maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from wt_backend.camera import (
    IDENTITY,
    apply_affine,
    compose,
    default_intrinsics,
    fit_intrinsics,
    horizontal_fov,
    invert,
    photograph_camera,
    points_on_rays,
    project,
    ray_residual,
    rays,
    scale_offset,
)

cameras = st.builds(
    lambda fx, fy, cx, cy: np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]),
    st.floats(5, 500),
    st.floats(5, 500),
    st.floats(-20, 60),
    st.floats(-20, 60),
)
maps = st.builds(
    lambda linear, offset: np.array([[linear[0], linear[1], offset[0]], [linear[2], linear[3], offset[1]]]),
    st.lists(st.floats(-5, 5), min_size=4, max_size=4),
    st.lists(st.floats(-100, 100), min_size=2, max_size=2),
).filter(lambda m: abs(m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) > 0.1)


def depths(height: int = 20, width: int = 30) -> np.ndarray:
    """A bumpy surface in front of the camera, (H, W)."""
    y, x = np.mgrid[:height, :width]
    return 2 + 0.3 * np.sin(x / 3) + 0.2 * np.cos(y / 2)


@settings(deadline=None)
@given(camera=cameras)
def test_the_camera_of_exact_points_is_found(camera: np.ndarray) -> None:
    xyz = rays(camera, 20, 30) * depths()[..., None]
    mask = depths() > 1.8
    assert_allclose(fit_intrinsics(xyz, mask), camera, rtol=1e-9, atol=1e-7)


@settings(deadline=None)
@given(camera=cameras)
def test_points_on_rays_project_onto_their_pixels(camera: np.ndarray) -> None:
    xyz = np.random.default_rng(0).normal(size=(2, 20, 30, 3)).astype(np.float32)
    xyz[..., 2] = depths()
    moved = points_on_rays(xyz, camera)
    assert_allclose(moved[..., 2], xyz[..., 2])
    y, x = np.mgrid[:20, :30] + 0.5
    assert_allclose(project(moved, camera), np.broadcast_to(np.stack([x, y], -1), (2, 20, 30, 2)), atol=1e-3)
    assert max(ray_residual(moved[0], np.ones((20, 30), bool), camera)) < 1e-3


def test_the_released_fit_is_reproduced(components: dict[str, np.ndarray]) -> None:
    fitted = fit_intrinsics(components["intr.xyz"], components["intr.mask"])
    assert_allclose(fitted, components["intr.K"], rtol=1e-6)
    assert horizontal_fov(fitted, 32) == pytest.approx(float(components["intr.fov_x_deg"][0]), rel=1e-6)


def test_points_that_say_nothing_give_no_camera() -> None:
    camera = default_intrinsics(20, 30)
    xyz = rays(camera, 20, 30) * depths()[..., None]
    few = np.zeros((20, 30), bool)
    few[0, :9] = True
    column = np.zeros((20, 30), bool)
    column[:, 4] = True
    mirrored = xyz * [-1, 1, 1]
    assert fit_intrinsics(xyz, few) is None
    assert fit_intrinsics(xyz * [0, 1, 1], np.ones((20, 30), bool)) is None
    assert fit_intrinsics(mirrored, np.ones((20, 30), bool)) is None
    assert fit_intrinsics(xyz * [1, 1, -1], np.ones((20, 30), bool)) is None
    assert fit_intrinsics(np.full_like(xyz, np.nan), np.ones((20, 30), bool)) is None
    assert fit_intrinsics(xyz, column) is None


def test_points_behind_the_camera_or_unmasked_do_not_count() -> None:
    camera = default_intrinsics(20, 30)
    xyz = rays(camera, 20, 30) * depths()[..., None]
    mask = np.ones((20, 30), bool)
    xyz[3, 4] = [5, 5, -1]
    xyz[6, 7] = [9, 9, 1]
    mask[6, 7] = False
    assert_allclose(fit_intrinsics(xyz, mask), camera, rtol=1e-9)


def test_the_default_camera_is_that_of_the_training_renders() -> None:
    assert_allclose(default_intrinsics(512, 512), [[500, 0, 256], [0, 500, 256], [0, 0, 1]])
    assert horizontal_fov(default_intrinsics(56, 56), 56) == pytest.approx(54.22, abs=0.01)


@given(first=maps, second=maps, point=st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)))
def test_maps_compose_and_invert(first: np.ndarray, second: np.ndarray, point: tuple[float, float]) -> None:
    both = apply_affine(compose(second, first), np.array(point))
    assert_allclose(both, apply_affine(second, apply_affine(first, np.array(point))), atol=1e-6)
    assert_allclose(apply_affine(invert(first), apply_affine(first, np.array(point))), point, atol=1e-6)
    assert_allclose(compose(IDENTITY, first), first)


def test_scale_offset() -> None:
    assert_allclose(apply_affine(scale_offset((2, 3), (5, 7)), np.array([[1, 1], [0, 0]])), [[7, 10], [5, 7]])


@given(
    focal=st.floats(100, 5000),
    stretch=st.tuples(st.floats(0.2, 5), st.floats(0.2, 5)),
    corner=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    size=st.tuples(st.integers(16, 8000), st.integers(16, 8000)),
)
def test_the_camera_of_a_photograph_is_found_from_any_crop(
    focal: float, stretch: tuple[float, float], corner: tuple[float, float], size: tuple[int, int]
) -> None:
    """Whatever part the grid shows, and whatever axis its own fit took for the optical one."""
    to_photograph = scale_offset(stretch, corner)
    fitted = np.array([[focal / stretch[0], 0, 31.0], [0, focal / stretch[1], -7.0], [0, 0, 1]])
    camera = photograph_camera(fitted, to_photograph, size)
    assert_allclose(np.diag(camera)[:2] * stretch, focal)
    assert_allclose(apply_affine(to_photograph, camera[:2, 2]), np.array(size) / 2, atol=1e-6)


def test_a_photograph_has_one_focal_length() -> None:
    camera = np.array([[200.0, 0, 112], [0, 220.0, 100], [0, 0, 1]])
    stretched = scale_offset((3, 2), (10, 5))
    one = photograph_camera(camera, stretched, (600, 400))
    assert_allclose([one[0, 0] * 3.0, one[1, 1] * 2.0], np.sqrt(600.0 * 440.0))
