"""Unions, differences, winding and shading normals."""

import numpy as np
import pytest

from wt_backend.training.data import primitives as p
from wt_backend.training.data.deform import deformed, refined
from wt_backend.training.data.mesh import (
    FLAT,
    SMOOTH,
    Mesh,
    concatenate,
    corner_normals,
    difference,
    face_normals,
    signed_volume,
    union,
)


def volume(mesh: Mesh) -> float:
    return signed_volume(mesh.vertices, mesh.faces)


def test_union_has_the_volume_of_both_less_their_overlap() -> None:
    a, b = p.box((2, 2, 2)), p.box((2, 1, 1)).shifted(1, 0, 0).with_slot(1)
    both = union([a, b])
    assert volume(both) == pytest.approx(9.0, rel=1e-5)
    assert set(both.slot) == {0, 1}
    assert (both.crease == FLAT).all()
    x = both.vertices[both.faces].max(1)[:, 0]
    np.testing.assert_array_equal(both.slot, (x > 1.5).astype(int))


def test_union_keeps_texture_where_the_surface_was() -> None:
    a = p.box((2, 2, 2))
    b = p.sphere(0.8).shifted(1, 0, 0)
    both = union([a, b])
    on_sphere = np.abs(np.linalg.norm(both.texture - [0, 0, 0], axis=1) - 0.8) < 0.02
    moved = np.linalg.norm(both.vertices - both.texture - [1, 0, 0], axis=1) < 1e-4
    assert moved.sum() > 50
    assert (on_sphere[moved]).mean() > 0.95


def test_difference_cuts_a_hole() -> None:
    plate = difference(p.box((2, 2, 1)), [p.box((1, 1, 3)).with_slot(1)])
    assert volume(plate) == pytest.approx(3.0, rel=1e-5)
    assert (plate.slot == 1).any()


def test_union_of_an_open_mesh_is_side_by_side() -> None:
    sheet = Mesh.build(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]), np.array([[0, 1, 2]]))
    mesh = union([p.box(), sheet])
    assert len(mesh.faces) == 13


def test_build_turns_inside_out_meshes_round() -> None:
    box = p.box()
    again = Mesh.build(box.vertices, box.faces[:, ::-1])
    assert volume(again) == pytest.approx(1.0)


def test_mirroring_keeps_the_outside_outside() -> None:
    assert volume(p.sphere().scaled((1, -2, 1))) == pytest.approx(2 * volume(p.sphere()))


def test_normals_of_a_sphere_point_away_from_its_centre() -> None:
    for crease in (SMOOTH, 0.7):
        sphere = p.sphere(1.0, 14).with_crease(crease)
        expected = sphere.vertices[sphere.faces]
        assert (np.einsum("ijk,ijk->ij", corner_normals(sphere), expected) > 0.995).all()


def test_normals_of_a_box_are_its_faces() -> None:
    box = p.box()
    unit = face_normals(box)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    for mesh in (box, box.with_crease(0.7)):
        np.testing.assert_allclose(corner_normals(mesh), np.repeat(unit[:, None], 3, 1), atol=1e-6)


def test_cylinder_is_smooth_round_and_sharp_at_its_rims() -> None:
    can = p.cylinder(1.0, 2.0, segments=40)
    normals = corner_normals(can)
    corners = can.vertices[can.faces]
    side = np.abs(face_normals(can)[:, 2]) < 1e-6
    radial = corners[side] * [1, 1, 0]
    assert (np.einsum("ijk,ijk->ij", normals[side], radial) > 0.999).all()
    assert (np.abs(normals[~side][..., 2]) > 0.999).all()


def test_refining_keeps_the_shape() -> None:
    bar = concatenate([p.box((1, 1, 6)).with_slot(2)])
    fine = refined(bar, 0.5)
    assert len(fine.faces) > 100
    assert volume(fine) == pytest.approx(6.0, rel=1e-5)
    assert (fine.slot == 2).all()


@pytest.mark.parametrize("seed", range(6))
def test_deformed_meshes_stay_closed_and_texture_stays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mesh = deformed(p.box((0.4, 0.3, 1.0)), rng)
    assert volume(mesh) > 0
    np.testing.assert_allclose(np.ptp(mesh.texture, axis=0), [0.4, 0.3, 1.0], rtol=1e-4)
