"""The floor is found whatever the camera's tilt, and nothing else is taken for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import analytic_stacks as shapes
from wt_backend.geometry.ground import Plane, fit_plane, plane_through, upright
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.geometry.sky import sky_mask


def room(pitch: float, roll: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Points of a floor 1.5 below the camera, a wall and a box, and the floor's true normal."""
    random = np.random.default_rng(5)
    flat = np.stack([random.uniform(-3, 3, 4000), np.full(4000, -1.5), random.uniform(-8, -2, 4000)], -1)
    wall = np.stack([random.uniform(-3, 3, 5000), random.uniform(-1.5, 2, 5000), np.full(5000, -8.0)], -1)
    top = np.stack([random.uniform(-1, 1, 1500), np.full(1500, -0.6), random.uniform(-5, -4, 1500)], -1)
    cp, sp, cr, sr = np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    turn = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    points = np.concatenate([flat, wall, top]) @ turn.T
    points *= 1 + noise * random.standard_normal((len(points), 1))
    return points, turn @ np.array([0.0, 1.0, 0.0])


@pytest.mark.parametrize("noise", [0.0, 0.003])
@pytest.mark.parametrize(("pitch", "roll"), [(0.0, 0.0), (0.4, 0.0), (0.7, 0.1), (-0.1, -0.2)])
def test_floor_of_a_room(pitch: float, roll: float, noise: float) -> None:
    points, normal = room(pitch, roll, noise)
    plane = fit_plane(points)
    assert plane is not None
    assert np.degrees(np.arccos(min(plane.normal @ normal, 1.0))) < 0.6
    assert plane.offset == pytest.approx(1.5, rel=0.01)
    assert 0.3 < plane.share < 0.5


def test_upright_levels_the_floor_and_keeps_the_heading() -> None:
    points, _ = room(0.5, 0.1, 0.0)
    plane = fit_plane(points)
    assert plane is not None
    turn = upright(plane)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    assert (points[:4000] @ turn.T)[:, 2] == pytest.approx(-1.5, abs=0.02)
    forward = turn @ np.array([0, 0, -1.0])
    assert abs(forward[0]) < 1e-9 and forward[1] > 0


def test_camera_looking_straight_down_has_a_heading_too() -> None:
    turn = upright(Plane(np.array([0.0, 0.0, 1.0]), 2.0, 1.0))
    np.testing.assert_allclose(turn, np.eye(3), atol=1e-12)


def test_analytic_floor_stack() -> None:
    points = layer_points(shapes.floor((200, 120)), 0).positions
    plane = fit_plane(points)
    assert plane is not None
    np.testing.assert_allclose(plane.normal, [0, 1, 0], atol=1e-4)
    assert plane.offset == pytest.approx(1, rel=1e-3)


def test_walls_balls_and_nothing_are_no_floor() -> None:
    assert fit_plane(layer_points(shapes.one_layer(), 0).positions) is None
    assert fit_plane(layer_points(shapes.sphere(), 0).positions) is None
    assert fit_plane(layer_points(shapes.nothing(), 0).positions) is None
    assert plane_through(np.array([[0, -1, -2], [1, -1, -3], [2, -1, -4.0]])) is None  # on one line


def test_chosen_points_make_the_floor() -> None:
    points = np.array([[0, -1, -2], [1, -1, -2], [0, -1, -5], [1, -1, -4.0]])
    plane = plane_through(points)
    assert plane is not None
    np.testing.assert_allclose(plane.normal, [0, 1, 0], atol=1e-9)
    assert plane.offset == pytest.approx(1)


def test_sky_is_the_smooth_far_part_at_the_top() -> None:
    depths = np.full((1, 60, 80), 5.0)
    depths[0, :25] = 100.0  # the model puts sky far away
    depths[0, 10:25, 30:50] = 20.0  # a tower before it
    rgba = np.full((60, 80, 4), 255, np.uint8)
    rgba[..., :3] = (60, 90, 40)
    rgba[:25, :, :3] = (150, 190, 240)
    rgba[10:25, 30:50, :3] = (150, 190, 240)  # of the sky's colour, but near
    stack = shapes.make_stack(depths, rgba=rgba, mode="scene")
    sky = sky_mask(stack)
    expected = np.zeros((60, 80), bool)
    expected[:25] = True
    expected[10:25, 30:50] = False
    np.testing.assert_array_equal(sky, expected)


def test_the_sky_of_a_photo_padded_to_a_square_is_found() -> None:
    """It touches no border of the square, and its first row has some of the margin's colour."""
    depths, mask = np.full((1, 60, 60), 5.0), np.zeros((1, 60, 60), bool)
    mask[0, 10:50] = True
    depths[0, 10:30] = 100.0
    rgba = np.full((60, 60, 4), 128, np.uint8)
    rgba[10:50, :, :3], rgba[10:30, :, :3], rgba[10, :, :3] = (60, 90, 40), (150, 190, 240), (139, 159, 184)
    stack = replace(shapes.make_stack(depths, rgba=rgba, mode="scene"), mask=mask)
    info = replace(stack.info, image_size=(60, 40))
    stack = replace(stack, grid_to_image=np.array([[1, 0, 0], [0, 1, -10.0]]), info=info)
    assert sky_mask(stack)[11:30].all() and not sky_mask(stack)[30:].any()


def test_indoors_there_is_no_sky() -> None:
    random = np.random.default_rng(0)
    rgba = np.full((40, 40, 4), 255, np.uint8)
    rgba[..., :3] = random.integers(0, 255, (40, 40, 3))
    assert not sky_mask(shapes.make_stack(np.full((1, 40, 40), 3.0), rgba=rgba, mode="scene")).any()
    brown = rgba.copy()
    brown[..., :3] = (190, 150, 110)
    assert not sky_mask(replace(shapes.one_layer(40), rgba=brown)).any()
    assert not sky_mask(shapes.nothing()).any()


def test_the_margin_of_an_upright_photo_is_no_sky() -> None:
    """Its grey is bright and smooth, lies beside the upper border, and took grey walls along."""
    size = 40
    depths = np.where(np.arange(size)[None, :] < 16, 9.0, 2.0) * np.ones((size, 1))
    depths[:, :8] = depths[:, 32:] = np.nan  # the margins
    depths[:4] = np.where(np.isnan(depths[:4]), np.nan, 1.0)  # a ceiling above the wall
    rgba = np.full((size, size, 4), 128, np.uint8)
    rgba[:4, 8:32, :3], rgba[:, 16:32, :3] = 30, 60
    stack = shapes.make_stack(depths[None], rgba=rgba, mode="scene")
    assert not sky_mask(stack).any()
