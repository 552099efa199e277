"""Meshes tell by their UVs where they lie before the camera, whatever was done to their origin."""

from __future__ import annotations

import numpy as np
import pytest

from tests import analytic_stacks as shapes
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.geometry.mesh_frame import mesh_camera, origin_of, photo_camera, uv_of
from wt_backend.stack import LayerStack


@pytest.fixture(name="ball", scope="module")
def sphere() -> tuple[LayerStack, np.ndarray, np.ndarray]:
    """A stack, places and UVs of its seen layer."""
    stack = shapes.sphere((64, 96))
    points = layer_points(stack, 0)
    return stack, points.positions, points.uv


def test_the_photo_camera_gives_the_uvs_of_pixels(ball) -> None:
    stack, places, uv = ball
    np.testing.assert_allclose(uv_of(places, photo_camera(stack)), uv, atol=1e-6)


def test_an_origin_that_was_set_is_found_also_behind_edits(ball) -> None:
    stack, places, uv = ball
    origin = np.array([0.3, -0.2, -2.8])
    np.testing.assert_allclose(origin_of(places - origin, uv, stack), origin, atol=1e-4)
    edited = places - origin
    edited[::4] += 0.3  # sculpted
    np.testing.assert_allclose(origin_of(edited, uv, stack), origin, atol=1e-3)


def test_edits_are_no_new_origin(ball) -> None:
    stack, places, uv = ball
    edited = places.copy()
    edited[::3] += 0.5
    rng = np.random.default_rng(0)
    for mesh in (places, edited, places[:0], places[:3], rng.normal(size=places.shape)):
        assert not origin_of(mesh, uv[: len(mesh)], stack).any()
    other = photo_camera(stack) @ np.diag([1.5, 1.5, 1.0, 1.0])  # seen by another focal length
    assert not origin_of(places, uv_of(places, other), stack).any()


@pytest.mark.parametrize("applied", ["origin", "turn and scale"])
def test_uvs_are_found_by_the_camera_that_a_mesh_has(ball, applied: str) -> None:
    stack, places, uv = ball
    turn = (
        np.eye(3)
        if applied == "origin"
        else np.diag([2.0, 2.0, 3.0]) @ np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    )
    mesh = (places - (0.1, 0.2, -3.0)) @ turn.T + (1, 2, 3)
    camera = mesh_camera(mesh, uv, stack)
    np.testing.assert_allclose(uv_of(mesh, camera), uv, atol=1e-4)


def test_a_mesh_without_sense_keeps_the_photos_camera(ball) -> None:
    stack, places, uv = ball
    mesh = np.random.default_rng(0).normal(size=places.shape)
    np.testing.assert_array_equal(mesh_camera(mesh, uv, stack), photo_camera(stack))
