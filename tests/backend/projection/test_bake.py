"""Projected textures against the colour that every point is known to have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from tests import analytic_stacks as shapes
from tests.backend.projection.conftest import (
    CENTRE,
    RADIUS,
    Painted,
    ball,
    photograph,
    run,
    save_mesh,
    turned,
    wall,
    waves,
)

NEAR, FAR = 2.0, 4.0


def facing(points: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Cosine (N,) between a sphere's normal and the way to the camera."""
    normal, way = (points - CENTRE) / RADIUS, camera - points
    return (normal * way).sum(1) / np.linalg.norm(way, axis=1)


def test_a_seen_sphere_gets_its_true_colour(folder: Path) -> None:
    mesh = ball()
    camera = photograph(shapes.sphere, folder, "ball", waves)
    result = run(
        "bake", mesh=save_mesh(folder / "m.npz", mesh), cameras=[camera], output=str(folder / "t"), size=512,
        unwrap="xatlas",
    )  # fmt: skip
    painted = Painted(mesh, None, result)
    cosine = facing(painted.points, np.zeros(3))
    assert painted.psnr(waves(painted.points), cosine > 0.25) > 30
    assert painted.psnr(waves(painted.points), painted.seen) > 30
    assert painted.seen[cosine > 0.25].mean() > 0.99 and not painted.seen[cosine < -0.03].any()
    assert result["seen"] == pytest.approx(painted.seen.mean(), abs=0.03) and not result["warnings"]
    seen = facing(mesh.vertices, np.zeros(3))
    assert painted.vertex_seen[seen > 0.3].all() and not painted.vertex_seen[seen < -0.1].any()


def test_hidden_side_is_filled_with_colours_of_the_object(folder: Path) -> None:
    orange = np.array([0.8, 0.3, 0.05])
    mesh = ball(3)
    camera = photograph(shapes.sphere, folder, "ball", lambda points: np.broadcast_to(orange, points.shape))
    result = run(
        "bake", mesh=save_mesh(folder / "m.npz", mesh), cameras=[camera], output=str(folder / "t"), size=128,
        unwrap="xatlas",
    )  # fmt: skip
    painted = Painted(mesh, None, result)
    error = np.abs(painted.colours - orange).max(1)
    assert np.quantile(error, 0.99) < 0.02 and error.max() < 0.25


def two_things(points: np.ndarray) -> np.ndarray:
    """What is near is red, what is far green."""
    near = points[..., 2:] > -(NEAR + FAR) / 2
    return np.where(near, [0.9, 0.0, 0.0], [0.0, 0.7, 0.1])


def things(size: int):
    """A small red square in front of a wall, as a stack of two layers."""
    near, far = np.full((size, size), np.nan), np.full((size, size), FAR)
    middle = slice(3 * size // 8, 5 * size // 8)
    near[middle, middle] = NEAR
    first = np.where(np.isfinite(near), near, far)
    second = np.where(np.isfinite(near), far, np.nan)
    return shapes.make_stack(np.stack([first, second]), mode="scene")


@pytest.mark.parametrize("hides", ["object", "layer"])
def test_no_photo_on_what_something_else_hides(folder: Path, hides: str) -> None:
    half = np.tan(np.radians(22.5))
    back, uv = wall(2 * half * FAR * 0.98, FAR, parts=24)
    front, _ = wall(2 * half * NEAR / 4, NEAR)
    camera = photograph(things, folder, "two", two_things)
    path = save_mesh(folder / "m.npz", back, uv, front if hides == "object" else None)
    result = run(
        "bake", mesh=path, cameras=[camera], output=str(folder / "t"), size=256, layer_hides=hides == "layer"
    )
    painted = Painted(back, uv, result)
    behind = (np.abs(painted.points[:, :2]) < half * FAR / 4).all(1)
    clear = (np.abs(painted.points[:, :2]) > half * FAR / 4 * 1.05).any(1)
    assert behind.mean() > 0.05
    assert painted.colours[:, 0].max() < 0.05  # nowhere red: neither hidden nor beside
    assert not painted.seen[behind].any() and painted.seen[clear].mean() > 0.99
    assert painted.psnr(two_things(painted.points), clear) > 30


def test_two_cameras_see_more_than_one_and_agree(folder: Path) -> None:
    mesh = ball()
    cameras = [
        photograph(shapes.sphere, folder, f"ball {angle}", waves, turned(angle)) for angle in (0.0, 100.0)
    ]
    path, uv = save_mesh(folder / "m.npz", mesh), None
    shares = []
    for count in (1, 2):
        result = run(
            "bake", mesh=path, cameras=cameras[:count], output=str(folder / f"t{count}"), size=384,
            unwrap="xatlas",
        )  # fmt: skip
        shares.append(result["seen"])
    assert shares[1] > 1.4 * shares[0]
    painted = Painted(mesh, uv, result)
    assert painted.psnr(waves(painted.points), painted.seen) > 30


def test_the_back_of_a_thin_plate_is_not_its_front(folder: Path) -> None:
    front, uv = wall(1.0, NEAR, parts=6)
    back = front.copy()
    back.vertices[:, 2] -= 0.002
    back.invert()
    plate = trimesh.util.concatenate([front, back])
    both = np.concatenate([uv * (0.49, 1), uv[:, ::-1] * (0.49, 1) + (0.51, 0)])
    make = lambda size: shapes.two_planes(size, NEAR, FAR)  # noqa: E731
    camera = photograph(make, folder, "plate", waves)
    result = run("bake", mesh=save_mesh(folder / "m.npz", plate, both), cameras=[camera],
                 output=str(folder / "t"), size=128)  # fmt: skip
    painted = Painted(plate, both, result)
    is_front = painted.face < len(front.faces)
    assert painted.seen[is_front].mean() > 0.97 and not painted.seen[~is_front].any()


def test_a_mesh_that_goes_on_to_the_horizon_is_seen_near_by(folder: Path) -> None:
    """What is near was measured by the mesh's farthest point: a ball before a far mountain hid behind it."""
    mesh = ball()
    count = len(mesh.vertices)
    peak = np.array([[0, 0, -1e4], [0, 100, -1e4], [100, 0, -1e4]])
    far = trimesh.Trimesh(
        np.concatenate([mesh.vertices, peak]),
        np.concatenate([mesh.faces, [[count, count + 1, count + 2]]]),
        process=False,
    )
    camera = photograph(shapes.sphere, folder, "front", waves)
    seen = [
        np.load(run("shader", mesh=path, cameras=[camera], output=str(folder / "s"))["data"])["seen"]
        for path in (save_mesh(folder / "near.npz", mesh), save_mesh(folder / "far.npz", far))
    ]
    assert np.array_equal(seen[0], seen[1][:count]) and seen[0].any()
