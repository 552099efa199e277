"""Fit to Layers finds a known move, turn and scale again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from tests import analytic_stacks as shapes
from tests.backend.projection.conftest import CENTRE, run, save_mesh
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.protocol import BackendError


def box_stack(path: Path) -> str:
    shapes.box(64).save(path)
    return str(path)


def layers_box() -> trimesh.Trimesh:
    """A mesh through the layers' own points: what a perfect fit must lie on."""
    points = np.concatenate([layer_points(shapes.box(64), layer).positions for layer in range(2)])
    return trimesh.Trimesh(points, []).convex_hull


@pytest.mark.parametrize("turn", [0.2, 1.7])
def test_a_moved_mesh_comes_back(folder: Path, turn: float) -> None:
    mesh = layers_box()
    spoil = trimesh.transformations.rotation_matrix(turn, (0, 0, 1), CENTRE)
    spoil[:3, :3] *= 1.7
    spoil[:3, 3] += (0.8, -0.5, 0.4)
    truth = np.asarray(mesh.vertices)
    mesh.apply_transform(spoil)
    result = run(
        "fit", mesh=save_mesh(folder / "m.npz", mesh), stack=box_stack(folder / "s.wts"),
        to_local=np.eye(4).tolist(),
    )  # fmt: skip
    found = trimesh.transform_points(mesh.vertices, np.array(result["matrix"]))
    extent = np.linalg.norm(np.ptp(truth, axis=0))
    assert result["relative"] < 0.01 < result["before"]
    assert result["scale"] == pytest.approx(1 / 1.7, rel=0.03)
    surface = trimesh.sample.sample_surface(trimesh.Trimesh(truth, mesh.faces), 20_000, seed=1)[0]
    assert cKDTree(surface).query(found)[0].max() < 0.03 * extent  # in place, up to the box's symmetry


def test_a_mesh_without_faces_is_told(folder: Path) -> None:
    np.savez(folder / "m.npz", vertices=np.zeros((4, 3)), triangles=np.zeros((0, 3), int))
    with pytest.raises(BackendError, match="no faces"):
        run("fit", mesh=str(folder / "m.npz"), stack=box_stack(folder / "s.wts"), to_local=np.eye(4).tolist())
