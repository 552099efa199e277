"""Solids from ground-truth stacks: closed, of the true volume, with their pixels kept."""

from __future__ import annotations

import gc
import math
import tracemalloc
from dataclasses import replace
from pathlib import Path

import manifold3d
import numpy as np
import pytest
import trimesh

from tests import analytic_stacks as shapes
from wt_backend.geometry import METHODS
from wt_backend.geometry.solid import Solid, make_solid
from wt_backend.protocol import BackendError


def ignore(stage: str, step: int, total: int) -> None:
    """Progress that nobody watches."""


def pieces_of(solid: Solid) -> list[trimesh.Trimesh]:
    """Each connected piece as a mesh of its own."""
    return [
        trimesh.Trimesh(solid.vertices, solid.triangles[solid.piece == number], process=False)
        for number in range(int(solid.piece.max(initial=-1)) + 1)
    ]


def placed(mesh: trimesh.Trimesh, *turns: tuple[float, list[float]]) -> trimesh.Trimesh:
    for angle, axis in turns:
        mesh.apply_transform(trimesh.transformations.rotation_matrix(angle, axis))
    mesh.apply_translation([0, 0, shapes.DISTANCE] - mesh.bounds.mean(0))
    return mesh


def to_manifold(mesh: trimesh.Trimesh) -> manifold3d.Manifold:
    return manifold3d.Manifold(
        manifold3d.Mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32))
    )


def to_trimesh(manifold: manifold3d.Manifold) -> trimesh.Trimesh:
    mesh = manifold.to_mesh()
    return trimesh.Trimesh(mesh.vert_properties[:, :3], mesh.tri_verts)


def capsule() -> trimesh.Trimesh:
    return placed(trimesh.creation.capsule(height=0.9, radius=0.35), (0.9, [1, 0.4, 0.2]))


def mug() -> trimesh.Trimesh:
    """A cup with walls, a floor and a handle, seen from above."""
    outside = manifold3d.Manifold.cylinder(1.1, 0.55, 0.55, 96)
    inside = manifold3d.Manifold.cylinder(1.1, 0.47, 0.47, 96).translate([0, 0, 0.1])
    handle = to_manifold(trimesh.creation.torus(0.32, 0.07, 64, 32))
    handle = handle.rotate([90, 0, 0]).translate([0.62, 0, 0.55])
    return placed(to_trimesh(((outside + handle) - inside).rotate([115, 0, 25])))


def table() -> trimesh.Trimesh:
    """A top on four legs that are 3 % as thick as they are long."""
    parts = manifold3d.Manifold.cube([1.4, 0.9, 0.04], True)
    for x, z in ((-0.6, -0.35), (-0.6, 0.35), (0.6, -0.35), (0.6, 0.35)):
        parts += manifold3d.Manifold.cube([0.03, 0.03, 0.9], True).translate([x, z, -0.45])
    return placed(to_trimesh(parts.rotate([105, 0, 0]).rotate([0, 30, 0])))


def volume(solid: Solid) -> float:
    return sum(float(piece.volume) for piece in pieces_of(solid))


CASES = {
    "sphere": lambda: (shapes.sphere(256), 4 / 3 * math.pi * 0.9**3),
    "box": lambda: (shapes.box(256), 1.0 * 0.8 * 0.9),
    "box face on": lambda: (shapes.box(256, degrees=(0, 0)), 1.0 * 0.8 * 0.9),
    "torus": lambda: (shapes.torus(256), 2 * math.pi**2 * 0.7 * 0.25**2),
    "capsule": lambda: (shapes.traced_mesh(capsule(), 256), capsule().volume),
    "mug": lambda: (shapes.traced_mesh(mug(), 256), mug().volume),
}


@pytest.mark.parametrize("name", CASES)
def test_solid_is_closed_and_has_the_true_volume(name: str) -> None:
    stack, expected = CASES[name]()
    solid = make_solid(stack)
    pieces = pieces_of(solid)
    assert len(pieces) == 1
    assert pieces[0].is_watertight and pieces[0].is_winding_consistent
    assert volume(solid) == pytest.approx(expected, rel=0.005)
    assert solid.ray_volume == pytest.approx(expected, rel=0.005)


def test_torus_and_mug_keep_their_hole() -> None:
    for name in ("torus", "mug"):
        stack, _ = CASES[name]()
        assert pieces_of(make_solid(stack))[0].euler_number == 0


@pytest.mark.parametrize("size", [128, 256])
def test_thin_legs_are_closed_and_the_error_is_told(size: int) -> None:
    mesh = table()
    solid = make_solid(shapes.traced_mesh(mesh, size))
    assert all(piece.is_watertight for piece in pieces_of(solid))
    assert volume(solid) == pytest.approx(mesh.volume, rel=0.1)


@pytest.mark.parametrize("thickness", [0.0, 0.001, 0.02])
def test_thin_sheets_are_closed(thickness: float) -> None:
    solid = make_solid(shapes.thin_sheet(128, thickness=thickness))
    assert len(pieces_of(solid)) == 1 and pieces_of(solid)[0].is_watertight
    assert volume(solid) > 0
    if thickness == 0.02:
        assert volume(solid) == pytest.approx(solid.ray_volume, rel=0.02)


def test_surface_without_a_back_becomes_a_slab() -> None:
    wall = shapes.one_layer(32)
    solid = make_solid(replace(wall, info=replace(wall.info, mode="object")))
    assert pieces_of(solid)[0].is_watertight
    np.testing.assert_allclose(solid.vertices[:, 2], -shapes.DISTANCE, atol=0.15)


def test_the_wall_of_a_scene_is_no_matter_but_what_stands_before_it_is() -> None:
    ball, wall = shapes.sphere(128, layers=3), 2 * shapes.DISTANCE
    depths = np.where(ball.mask, ball.xyz[..., 2], np.nan)
    depths[2] = np.where(ball.mask[0], wall, np.nan)
    depths[0] = np.where(ball.mask[0], depths[0], wall)
    solid = make_solid(shapes.make_stack(depths, mode="scene"))
    (piece,) = pieces_of(solid)
    assert piece.is_watertight and piece.volume == pytest.approx(4 / 3 * math.pi * 0.9**3, rel=0.02)
    assert not len(make_solid(shapes.one_layer(32)).triangles)


@pytest.mark.parametrize("far", [100.0, 1e3, 1e6])
def test_a_thing_far_away_is_not_behind_the_camera(far: float) -> None:
    ball = shapes.sphere(64)
    depths = np.where(ball.mask, ball.xyz[..., 2], np.nan)
    depths[:2, :6, :6] = np.array([far, 1.05 * far])[:, None, None] * shapes.DISTANCE
    solid = make_solid(shapes.make_stack(depths, mode="object"))
    assert (solid.vertices[:, 2] < 0).all(), "cameras look along -Z"
    assert all(piece.is_watertight and piece.volume > 0 for piece in pieces_of(solid))


def test_noise_leaves_it_closed() -> None:
    stack = shapes.noisy_relief(96, noise=0.004)
    assert all(piece.is_watertight for piece in pieces_of(make_solid(stack)))


def test_large_stacks_are_thinned_out() -> None:
    stack = shapes.sphere(256)
    coarse, fine = make_solid(stack, 64), make_solid(stack)
    assert len(coarse.triangles) < len(fine.triangles) / 4
    assert pieces_of(coarse)[0].is_watertight
    assert volume(coarse) == pytest.approx(volume(fine), rel=0.02)


def test_vertices_know_their_pixel_and_layer() -> None:
    stack = shapes.sphere(96)
    solid = make_solid(stack)
    assert (stack.mask[:2].all(0).ravel()[solid.pixel]).all()
    x, y, z = solid.vertices.astype(np.float64).T
    image = np.stack([x, -y, -z], -1) @ stack.intrinsics.T
    image = image[:, :2] / image[:, 2:]
    row, column = np.divmod(solid.pixel, 96)
    assert np.abs(image - np.stack([column, row], -1) - 0.5).max() < 1.01
    width, height = stack.info.image_size
    away = np.abs(np.stack([solid.uv[:, 0] * width, (1 - solid.uv[:, 1]) * height], -1) - 2 * image).max(1)
    assert away.max() < 2 * 1.01  # at the rim the UV stays on the last pixel inside: a grid pixel is 2 wide
    assert (away < 0.01).mean() > 0.8
    photo = np.floor(np.stack([solid.uv[:, 0] * width, (1 - solid.uv[:, 1]) * height], -1) / 2 - 1e-3)
    assert stack.mask[0][tuple(photo.astype(int).T[::-1])].all()
    # Front vertices belong to layer 0, back ones to layer 1: the sphere's terminator seen from the camera.
    beyond = -z - (shapes.DISTANCE - 0.9**2 / shapes.DISTANCE)
    assert (solid.layer[beyond < -0.1] == 0).all() and (solid.layer[beyond > 0.1] == 1).all()


def test_two_things_are_two_pieces_in_order_of_size() -> None:
    depths = np.full((2, 64, 64), np.nan)
    depths[:, 8:20, 8:20] = np.array([2.9, 3.1])[:, None, None]
    depths[:, 30:60, 30:60] = np.array([2.9, 3.1])[:, None, None]
    solid = make_solid(shapes.make_stack(depths))
    pieces = pieces_of(solid)
    assert len(pieces) == 2 and pieces[0].volume > 4 * pieces[1].volume
    assert all(piece.is_watertight for piece in pieces)


def test_pieces_are_as_trimesh_sees_them() -> None:
    depths = np.full((2, 64, 64), np.nan)
    depths[:, 4:20, 4:20] = np.array([2.0, 2.5])[:, None, None]
    depths[:, 30:60, 30:60] = np.array([2.9, 3.1])[:, None, None]
    solid = make_solid(shapes.make_stack(depths))
    torn = replace(solid, triangles=solid.triangles[1:], piece=solid.piece[1:])  # a face is missing
    for some in (solid, torn, make_solid(shapes.nothing())):
        found, known = some.pieces(), pieces_of(some)
        assert [piece["faces"] for piece in found] == [len(mesh.faces) for mesh in known]
        assert [piece["watertight"] for piece in found] == [mesh.is_watertight for mesh in known]
        for piece, mesh in zip(found, known, strict=True):  # what leaks has no volume
            assert not mesh.is_watertight or piece["volume"] == pytest.approx(mesh.volume, rel=1e-6)
    assert [piece["watertight"] for piece in torn.pieces()] == [True, False]


def test_a_solid_leaves_nothing_behind(tmp_path: Path) -> None:
    """Meshes that hold each other were kept until Python's collector came by: a gigabyte in the end."""
    shapes.box(64).save(tmp_path / "box.wts")
    params = {"stack": str(tmp_path / "box.wts"), "output": str(tmp_path / "box.npz")}
    gc.disable()
    tracemalloc.start()
    try:
        METHODS["geometry/solid"](params, ignore, lambda: False)  # imports
        before = tracemalloc.get_traced_memory()[0]
        METHODS["geometry/solid"](params, ignore, lambda: False)
        assert tracemalloc.get_traced_memory()[0] - before < (tmp_path / "box.npz").stat().st_size / 10
    finally:
        tracemalloc.stop()
        gc.enable()


def test_method_writes_arrays_and_reports(tmp_path: Path) -> None:
    shapes.box(64).save(tmp_path / "box.wts")
    params = {"stack": str(tmp_path / "box.wts"), "output": str(tmp_path / "box.npz")}
    result = METHODS["geometry/solid"](params, ignore, lambda: False)
    assert result["watertight"] is True and result["unit"] == "relative"
    assert result["volume"] == pytest.approx(0.72, rel=0.02)
    assert result["volume_error"] < 0.02 and len(result["pieces"]) == 1
    with np.load(result["mesh"]) as arrays:
        assert arrays["vertices"].dtype == np.float32 and arrays["triangles"].dtype == np.int32
        count = len(arrays["vertices"])
        assert arrays["triangles"].max() == count - 1
        assert all(len(arrays[name]) == count for name in ("uv", "pixel", "layer", "seen"))
        assert np.array_equal(arrays["seen"], arrays["layer"] == 0)
        mesh = trimesh.Trimesh(arrays["vertices"], arrays["triangles"], process=False)
    assert mesh.is_watertight and mesh.volume == pytest.approx(result["volume"], rel=1e-5)


def test_nothing_is_no_solid(tmp_path: Path) -> None:
    shapes.nothing().save(tmp_path / "empty.wts")
    params = {"stack": str(tmp_path / "empty.wts"), "output": str(tmp_path / "empty.npz")}
    with pytest.raises(BackendError, match="no matter") as caught:
        METHODS["geometry/solid"](params, ignore, lambda: False)
    assert caught.value.kind == "bad_stack"
    assert not (tmp_path / "empty.npz").exists()


@pytest.mark.parametrize("resolution", [0, -5])
def test_a_resolution_without_rays_is_refused(resolution: int, tmp_path: Path) -> None:
    shapes.box(16).save(tmp_path / "box.wts")
    params = {"stack": str(tmp_path / "box.wts"), "output": "", "resolution": resolution}
    with pytest.raises(BackendError, match=f"resolution is {resolution}") as caught:
        METHODS["geometry/solid"](params, ignore, lambda: False)
    assert caught.value.kind == "bad_request"


def test_what_is_thinner_than_the_rays_that_are_used_is_no_solid() -> None:
    """A wire from corner to corner of a large grid, of which every other row and column is left out."""
    depths = np.full((2, 12, 12), np.nan)
    depths[0, range(12), [*range(1, 12), 0]], depths[1] = 2, depths[0] + 0.1
    assert len(make_solid(shapes.make_stack(depths), resolution=6).triangles) == 0


def test_single_pixel_is_a_closed_crumb() -> None:
    solid = make_solid(shapes.single_pixel())
    assert all(piece.is_watertight for piece in pieces_of(solid))


def test_without_any_exit_the_rays_enclose_nothing(tmp_path: Path) -> None:
    """The message had a number of thirty digits."""
    wall = shapes.one_layer(24)
    replace(wall, info=replace(wall.info, mode="object")).save(tmp_path / "wall.wts")
    params = {"stack": str(tmp_path / "wall.wts"), "output": str(tmp_path / "wall.npz")}
    result = METHODS["geometry/solid"](params, lambda *_: None, lambda: None)
    assert result["ray_volume"] == 0 and result["volume_error"] == 1
