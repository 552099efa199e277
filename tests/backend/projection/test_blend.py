"""Between photos, and between a photo and a guess, no seam shows."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from tests import analytic_stacks as shapes
from tests.backend.projection.conftest import (
    CENTRE,
    RADIUS,
    ball,
    photograph,
    run,
    save_mesh,
    turned,
    wall,
)
from wt_backend.projection.view import LINEAR

NEAR = 2.0
DARK, BRIGHT = 0.4, 0.5  # the same thing in two photos of different exposure


def along(mesh: trimesh.Trimesh, uv: np.ndarray, result: dict, points: np.ndarray) -> np.ndarray:
    """Linear colours (N, 3) that the texture has at points of the mesh."""
    some = cKDTree(mesh.triangles_center).query(points, k=min(12, len(mesh.faces)))[1]  # (N, K) candidates
    near = trimesh.triangles.closest_point(
        mesh.triangles[some.ravel()], np.repeat(points, some.shape[1], axis=0)
    ).reshape(*some.shape, 3)
    best = np.linalg.norm(near - points[:, None], axis=2).argmin(1)
    every = np.arange(len(points))
    face, near = some[every, best], near[every, best]
    bary = trimesh.triangles.points_to_barycentric(mesh.triangles[face], near)
    place = np.einsum("nk,nkc->nc", bary, uv[face])
    picture = cv2.imread(result["texture"])[..., ::-1]
    size = len(picture)
    at = (np.stack([place[:, 0], 1 - place[:, 1]], 1) * size).astype(int).clip(0, size - 1)
    return LINEAR[picture[at[:, 1], at[:, 0]]]


def constant(value: float):
    return lambda points: np.full(points.shape, value)


@pytest.mark.parametrize("walk", [40.0, 80.0])
def test_two_exposures_blend_without_a_step(folder: Path, walk: float) -> None:
    """A hard switch would step by 25 %; here points 1° apart differ by at most 4 %, guesses included."""
    mesh = ball()
    cameras = [
        photograph(shapes.sphere, folder, "dark", constant(DARK)),
        photograph(shapes.sphere, folder, "bright", constant(BRIGHT), turned(walk)),
    ]
    result = run(
        "bake", mesh=save_mesh(folder / "m.npz", mesh), cameras=cameras, output=str(folder / "t"), size=768,
        unwrap="xatlas",
    )  # fmt: skip
    uv = np.load(result["data"])["uv"]
    for height in (-0.4, 0.0, 0.4):
        angle = np.radians(np.arange(-60, 60 + walk))
        ring = np.sqrt(1 - height**2)
        way = np.stack([-ring * np.sin(angle), np.full(len(angle), height), ring * np.cos(angle)], 1)
        value = along(mesh, uv, result, CENTRE + RADIUS * way)[:, 1]
        step = np.abs(np.diff(value)) / value[:-1]
        assert value.min() == pytest.approx(DARK, abs=0.01)  # each photo shows somewhere
        assert value.max() == pytest.approx(BRIGHT, abs=0.01)
        assert step.max() < 0.04


def test_a_guess_goes_on_where_the_photo_ends(folder: Path) -> None:
    """A wall of two triangles, something in front of its middle: what hides it leaves no edge."""
    back, uv = wall(1.6, NEAR, parts=1)
    front, _ = wall(0.3, NEAR / 2)
    ramp = lambda points: np.clip(0.4 + 0.45 * points[..., :1], 0, 1) * [1.0, 0.5, 0.2]  # noqa: E731
    make = lambda size: shapes.make_stack(np.full((1, size, size), NEAR), mode="scene")  # noqa: E731
    camera = photograph(make, folder, "wall", ramp)
    path = save_mesh(folder / "m.npz", back, uv, front)
    result = run("bake", mesh=path, cameras=[camera], output=str(folder / "t"), size=512)
    across = np.linspace(-0.75, 0.75, 301)
    points = np.stack([across, np.full(301, 0.11), np.full(301, -NEAR)], 1)
    found, truth = along(back, uv, result, points), ramp(points)
    mask = cv2.imread(result["mask"], 0)
    hidden = np.abs(across) < 0.29
    assert mask[256, 256] == 0 and mask[256, 20] == 255
    assert np.abs(np.diff(found[:, 0])).max() < 0.01
    assert np.abs(found - truth)[hidden].max() < 0.05
