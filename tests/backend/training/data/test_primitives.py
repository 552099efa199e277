"""Primitives enclose the volume that geometry says, and are closed."""

import numpy as np
import pytest

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import Mesh, signed_volume


def open_edges(mesh: Mesh) -> int:
    """Directed edges whose opposite is missing."""
    f = mesh.faces
    edges = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
    there = {tuple(e) for e in edges}
    return sum((b, a) not in there for a, b in there)


def volume(mesh: Mesh) -> float:
    return signed_volume(mesh.vertices, mesh.faces)


SQUARE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
SHEET = np.stack(np.meshgrid(np.linspace(0, 2, 3), np.linspace(0, 3, 4), [1.0], indexing="ij"), -1)[:, :, 0]
RING = np.arange(60) * (2 * np.pi / 60)


@pytest.mark.parametrize(
    ("mesh", "expected", "tolerance"),
    [
        (p.box((1, 2, 3)), 6.0, 1e-9),
        (p.rounded_box((1, 2, 3), 1e-3), 6.0, 1e-2),
        (p.sphere(0.5), 4 / 3 * np.pi * 0.125, 0.02),
        (p.superquadric((1, 1, 1), 1, 1), 4 / 3 * np.pi, 0.02),
        (p.superquadric((1, 1, 1), 0.1, 0.1), 8.0, 0.08),
        (p.cylinder(0.5, 2), np.pi / 2, 0.02),
        (p.cylinder(0.5, 3, 0.0), np.pi / 4, 0.02),
        (p.capsule(0.3, 1.0), np.pi * 0.09 + 4 / 3 * np.pi * 0.027, 0.04),
        (p.torus(0.6, 0.2), 2 * np.pi**2 * 0.6 * 0.04, 0.04),
        (p.extrude([SQUARE], 3.0), 12.0, 1e-5),
        (p.extrude([SQUARE, SQUARE * 0.5], 3.0), 9.0, 1e-5),
        (p.slab(SHEET, SHEET * [1, 1, 0]), 6.0, 1e-9),
        (p.tube(np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2.0]]), 0.1, 40), 2 * np.pi * 0.01, 0.01),
        (
            p.tube(np.stack([np.cos(RING), np.sin(RING), 0 * RING], 1), 0.1, 32, closed=True),
            2 * np.pi**2 * 0.01,
            0.02,
        ),
    ],
)
def test_volume(mesh: Mesh, expected: float, tolerance: float) -> None:
    assert volume(mesh) == pytest.approx(expected, rel=tolerance)
    assert open_edges(mesh) == 0


def test_rounded_box_keeps_its_size_and_flats() -> None:
    mesh = p.rounded_box((1.0, 0.6, 2.0), 0.1)
    np.testing.assert_allclose(np.ptp(mesh.bounds, axis=0), [1.0, 0.6, 2.0])
    inner = np.clip(mesh.vertices, [-0.4, -0.2, -0.9], [0.4, 0.2, 0.9])
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices - inner, axis=1), 0.1)


def test_random_rotation_is_a_rotation_and_uniform() -> None:
    rng = np.random.default_rng(0)
    turns = np.stack([p.random_rotation(rng) for _ in range(2000)])
    np.testing.assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(turns), 1)
    assert np.abs(turns.mean(0)).max() < 0.06  # each axis points everywhere


def test_spline_passes_through_its_points() -> None:
    points = np.random.default_rng(1).normal(size=(5, 3))
    curve = p.spline(points, 4 * 10 + 1)
    np.testing.assert_allclose(curve[::10], points, atol=1e-12)
