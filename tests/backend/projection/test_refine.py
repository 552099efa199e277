"""Coarse meshes made finer: the same surface and UVs, no crack, the old vertices first."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.refine import MOST, refine


def as_mesh(mesh: trimesh.Trimesh) -> TriangleMesh:
    """With UVs that are a linear function of the place, so that they can be checked anywhere."""
    vertices = np.asarray(mesh.vertices, float)
    return TriangleMesh(vertices, np.asarray(mesh.faces, np.int64), vertices[mesh.faces][..., :2] * 0.3 + 0.5)


@pytest.mark.parametrize(
    "mesh",
    [
        trimesh.creation.box((1, 2, 0.1)),
        trimesh.creation.icosphere(2),
        trimesh.creation.cylinder(0.01, 10),  # needles
        trimesh.creation.torus(1, 0.3),
    ],
)
def test_the_surface_stays_as_it_is(mesh: trimesh.Trimesh) -> None:
    coarse = as_mesh(mesh)
    fine = refine(coarse)
    cut = trimesh.Trimesh(fine.vertices, fine.triangles, process=False)
    assert 10_000 < len(fine.triangles) <= MOST
    assert cut.is_watertight and cut.is_winding_consistent
    assert cut.area == pytest.approx(mesh.area) and cut.volume == pytest.approx(mesh.volume)
    np.testing.assert_array_equal(fine.vertices[: len(coarse.vertices)], coarse.vertices)
    np.testing.assert_allclose(fine.uv, fine.corners[..., :2] * 0.3 + 0.5, atol=1e-12)


def test_areas_are_those_of_the_triangles() -> None:
    torus = trimesh.creation.torus(1, 0.3)
    np.testing.assert_allclose(as_mesh(torus).areas, torus.area_faces)


def test_fine_and_broken_meshes_are_left_alone() -> None:
    ball = as_mesh(trimesh.creation.icosphere(7))
    assert refine(ball) is ball
    point = TriangleMesh(np.ones((3, 3)), np.array([[0, 1, 2], [0, 0, 1]]))
    assert refine(point) is point
