"""Meshes of layers against closed forms: counts, places, areas, normals, UVs, tears, islands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import analytic_stacks as shapes
from wt_backend.geometry.layer_mesh import LayerMesh, MeshSettings, layer_mesh, layer_points
from wt_backend.geometry.pairing import back_layers
from wt_backend.geometry.tearing import Tear, label_pieces

ALL = MeshSettings(island=1)


def face_normals(mesh: LayerMesh) -> np.ndarray:
    """Area vectors (F, 3) of quads (halved diagonals' cross product) and triangles."""
    quads = mesh.points.positions[mesh.quads].astype(np.float64)
    triangles = mesh.points.positions[mesh.triangles].astype(np.float64)
    of_quads = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]) / 2
    of_triangles = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]) / 2
    return np.concatenate([of_quads, of_triangles])


def face_centres(mesh: LayerMesh) -> np.ndarray:
    positions = mesh.points.positions
    return np.concatenate([positions[mesh.quads].mean(1), positions[mesh.triangles].mean(1)])


def area(mesh: LayerMesh) -> float:
    return float(np.linalg.norm(face_normals(mesh), axis=1).sum())


def test_wall_is_a_full_grid_at_its_depth_with_its_area() -> None:
    stack = shapes.one_layer((24, 32))
    mesh = layer_mesh(stack, 0)
    assert len(mesh.points.pixel) == 24 * 32
    assert mesh.quads.shape == (23 * 31, 4) and len(mesh.triangles) == 0
    np.testing.assert_allclose(mesh.points.positions[:, 2], -shapes.DISTANCE)
    pitch = shapes.DISTANCE / stack.intrinsics[0, 0]
    assert area(mesh) == pytest.approx(23 * 31 * pitch**2, rel=1e-5)
    assert (face_normals(mesh)[:, 2] > 0).all()  # towards the camera, which looks along −Z in Blender


def test_points_project_onto_their_pixels_and_uvs_address_the_original() -> None:
    stack = shapes.sphere((48, 64))
    points = layer_points(stack, 1)
    x, y, z = points.positions.astype(np.float64).T
    image = np.stack([x, -y, -z], -1) @ stack.intrinsics.T
    row, column = np.divmod(points.pixel, 64)
    np.testing.assert_allclose(image[:, 0] / image[:, 2], column + 0.5, atol=1e-4)
    np.testing.assert_allclose(image[:, 1] / image[:, 2], row + 0.5, atol=1e-4)
    width, height = stack.info.image_size
    np.testing.assert_allclose(points.uv[:, 0] * width, 2 * (column + 0.5), atol=1e-3)
    np.testing.assert_allclose((1 - points.uv[:, 1]) * height, 2 * (row + 0.5), atol=1e-3)


def test_skewed_camera_and_turned_image_keep_the_correspondence() -> None:
    stack = shapes.box((40, 56))
    matrix = stack.intrinsics.copy()
    matrix[0, 1] = 3.0
    turned = np.array([[0, -2.0, 80.0], [2.0, 0, 0]])
    stack = replace(stack, intrinsics=matrix, grid_to_image=turned)
    points = layer_points(stack, 0)
    x, y, z = points.positions.astype(np.float64).T
    image = np.stack([x, -y, -z], -1) @ matrix.T
    row, column = np.divmod(points.pixel, 56)
    np.testing.assert_allclose(image[:, 0] / image[:, 2], column + 0.5, atol=1e-4)
    width, height = stack.info.image_size
    np.testing.assert_allclose(points.uv[:, 0] * width, 80 - 2 * (row + 0.5), atol=1e-3)
    np.testing.assert_allclose((1 - points.uv[:, 1]) * height, 2 * (column + 0.5), atol=1e-3)


def test_uv_of_a_large_photo_is_exact_to_a_hundredth_of_a_pixel() -> None:
    stack = shapes.one_layer(64)
    scale = 12000 / 64
    stack = replace(
        stack,
        grid_to_image=np.array([[scale, 0, 0], [0, scale, 0]]),
        info=replace(stack.info, image_size=(12000, 12000)),
    )
    points = layer_points(stack, 0)
    column = points.pixel % 64
    assert np.abs(points.uv[:, 0].astype(np.float64) * 12000 - (column + 0.5) * scale).max() < 0.01


def test_sphere_layers_lie_on_the_sphere_and_look_outwards() -> None:
    stack = shapes.sphere(96)
    away = back_layers(stack)
    assert away == [False, True, False, False, False, False]
    centre = np.array([0, 0, -shapes.DISTANCE])
    for layer in (0, 1):
        mesh = layer_mesh(stack, layer, ALL, away[layer])
        distance = np.linalg.norm(mesh.points.positions - centre, axis=1)
        np.testing.assert_allclose(distance, 0.9, atol=1e-5)
        outwards = (face_normals(mesh) * (face_centres(mesh) - centre)).sum(1)
        assert (outwards > 0).all()


def test_sphere_front_has_the_area_of_its_cap() -> None:
    mesh = layer_mesh(shapes.sphere(256), 0, ALL)
    height = 0.5  # of the cap towards the camera: 2πr·h, away from the rim where pixels are too coarse
    on_cap = -face_centres(mesh)[:, 2] < shapes.DISTANCE - 0.9 + height
    measured = np.linalg.norm(face_normals(mesh)[on_cap], axis=1).sum()
    assert measured == pytest.approx(2 * np.pi * 0.9 * height, rel=0.01)


def test_slanted_sheet_has_the_area_between_its_corners() -> None:
    mesh = layer_mesh(shapes.thin_sheet((48, 64), slope=0.8), 1)
    corners = mesh.points.positions[[0, 31, -1, -32]].astype(np.float64)
    expected = np.linalg.norm(np.cross(corners[2] - corners[0], corners[3] - corners[1])) / 2
    assert area(mesh) == pytest.approx(expected, rel=1e-4)


def test_thickness_is_the_distance_along_the_ray() -> None:
    stack = shapes.two_planes(32, near=2.0, far=5.0)
    points = layer_points(stack, 0)
    left = points.pixel % 32 < 16
    rays = np.linalg.norm(points.positions, axis=1) / 2.0
    np.testing.assert_allclose(points.thickness[left], 3 * rays[left], rtol=1e-5)
    assert (points.thickness[~left] == 0).all()
    assert points.seen and not layer_points(stack, 1).seen
    assert (layer_points(stack, 1).thickness == 0).all()


def test_gap_between_two_planes_is_cut_and_nothing_else() -> None:
    stack = shapes.two_planes((20, 32))
    front = layer_mesh(stack, 0)
    assert len(front.quads) == 19 * 15 * 2 and len(front.triangles) == 0
    behind = layer_mesh(stack, 1)
    assert len(behind.quads) == 19 * 15
    columns = front.points.pixel[front.quads] % 32
    assert not ((columns.min(1) == 15) & (columns.max(1) == 16)).any()


def test_wall_behind_a_wall_faces_the_camera() -> None:
    assert back_layers(shapes.two_planes()) == [False, False]
    assert back_layers(shapes.box())[:2] == [False, True]
    assert back_layers(shapes.torus(128))[:4] == [False, True, False, True]


def test_slanted_thin_sheet_stays_whole() -> None:
    stack = shapes.thin_sheet(64, slope=0.8)
    for layer in (0, 1):
        assert len(layer_mesh(stack, layer).quads) == 31 * 31


def test_floor_is_not_cut_below_its_horizon() -> None:
    stack = shapes.floor((400, 64))
    mesh = layer_mesh(stack, 0)
    assert len(mesh.points.pixel) == 200 * 64  # rows jump by up to 200 % just below the horizon
    assert len(mesh.quads) == 199 * 63


@pytest.mark.parametrize("noise", [0.0005, 0.002, 0.004])
def test_noisy_relief_keeps_its_faces_and_loses_the_bridges(noise: float) -> None:
    stack = shapes.noisy_relief(160, noise=noise)
    mesh = layer_mesh(stack, 0)
    z = -mesh.points.positions[:, 2]
    corners = [mesh.quads, mesh.triangles]
    span = np.concatenate([z[c].max(1) - z[c].min(1) for c in corners])
    assert span.max() < 1.0  # hills end near 3, the wall is at 6
    valid = stack.mask[0]
    inside = stack.xyz[0, ..., 2] < 4.5
    whole = sum(
        np.count_nonzero(part[1:, 1:] & part[:-1, 1:] & part[1:, :-1] & part[:-1, :-1])
        for part in (valid & inside, valid & ~inside)
    )
    assert len(mesh.quads) >= 0.99 * whole


def test_islands_are_dropped_by_size() -> None:
    depths = np.full((1, 40, 40), np.nan)
    depths[0, 2:22, 2:22] = 3.0
    depths[0, 30:33, 30:33] = 3.0  # 9 pixels
    depths[0, 10:13, 10:13] = 2.0  # 9 pixels in front of the plate
    stack = shapes.make_stack(depths)
    assert len(layer_mesh(stack, 0, MeshSettings(island=9)).points.pixel) == 400 + 9
    kept = layer_mesh(stack, 0, MeshSettings(island=10)).points
    assert len(kept.pixel) == 400 - 9
    assert np.isclose(kept.positions[:, 2], -3).all()


def test_missing_corner_leaves_a_triangle_with_the_same_winding() -> None:
    depths = np.full((1, 2, 2), 3.0)
    for row, column in np.ndindex(2, 2):
        holed = depths.copy()
        holed[0, row, column] = np.nan
        for away, sign in ((False, 1), (True, -1)):
            mesh = layer_mesh(shapes.make_stack(holed), 0, ALL, away)
            assert len(mesh.quads) == 0 and mesh.triangles.shape == (1, 3)
            assert np.sign(face_normals(mesh)[0, 2]) == sign


@pytest.mark.parametrize("maker", [shapes.nothing, shapes.single_pixel])
def test_nothing_to_mesh_gives_empty_arrays(maker) -> None:
    stack = maker()
    for layer in range(stack.layers):
        mesh = layer_mesh(stack, layer)
        assert mesh.points.positions.shape == (0, 3) and mesh.points.uv.shape == (0, 2)
        assert mesh.quads.shape == (0, 4) and mesh.triangles.shape == (0, 3)
        assert mesh.corners.shape == (0,) and mesh.starts.shape == (0,)
    assert len(layer_points(stack, 0).pixel) == stack.mask[0].sum()


def test_what_lies_outside_the_mask_does_not_matter() -> None:
    clean = shapes.sphere(48)
    xyz = clean.xyz.copy()
    xyz[~clean.mask] = np.nan
    spoilt = replace(clean, xyz=xyz)
    for layer in (0, 1):
        one, other = layer_mesh(clean, layer), layer_mesh(spoilt, layer)
        np.testing.assert_array_equal(one.points.positions, other.points.positions)
        np.testing.assert_array_equal(one.corners, other.corners)
        assert np.isfinite(other.points.thickness).all()


def test_points_without_a_place_on_their_ray_are_left_out() -> None:
    stack = shapes.one_layer(8)
    xyz = stack.xyz.copy()
    xyz[0, 2, 2], xyz[0, 4, 4], xyz[0, 6, 6] = np.nan, np.inf, -1
    points = layer_points(replace(stack, xyz=xyz), 0)
    assert len(points.pixel) == 61 and np.isfinite(points.positions).all()


def test_arrays_suit_foreach_set() -> None:
    mesh = layer_mesh(shapes.torus(96), 0, ALL)
    points = mesh.points
    for array, kind in (
        (points.positions, np.float32), (points.uv, np.float32), (points.thickness, np.float32),
        (points.pixel, np.int32), (mesh.corners, np.int32), (mesh.starts, np.int32),
    ):  # fmt: skip
        assert array.dtype == kind and array.flags.c_contiguous
    totals = np.diff(np.append(mesh.starts, len(mesh.corners)))
    assert (totals == np.repeat([4, 3], [len(mesh.quads), len(mesh.triangles)])).all()
    assert np.array_equal(np.unique(mesh.corners), np.arange(len(points.pixel)))  # no loose points
    assert (np.diff(points.pixel) > 0).all()


def test_pieces_agree_with_an_independent_labelling() -> None:
    measure = pytest.importorskip("skimage.measure")
    random = np.random.default_rng(3)
    for filled in (0.3, 0.55, 0.6, 0.7, 0.95):
        valid = random.random((90, 110)) < filled
        edges = valid[:, 1:] & valid[:, :-1], valid[1:] & valid[:-1]
        labels, count = label_pieces(valid, edges)
        expected, known = measure.label(valid, connectivity=1, return_num=True)
        assert count == known
        pairs = np.unique(np.stack([labels[valid], expected[valid]]), axis=1)
        assert pairs.shape[1] == count


def test_spiral_is_one_piece() -> None:
    valid = np.zeros((41, 41), bool)  # a serpentine is the worst case for label propagation
    valid[::2] = True
    valid[1::4, -1] = valid[3::4, 0] = True
    edges = valid[:, 1:] & valid[:, :-1], valid[1:] & valid[:-1]
    assert label_pieces(valid, edges)[1] == 1


def squares_of_a_network(steps: float, gap: float = 0.0) -> np.ndarray:
    """Depths (1, 112, 112) of a slanted wall in squares of 14 pixels, each off by about ``steps``.

    In the upper half of the frame everything right of column 48 is ``gap`` farther.
    """
    random = np.random.default_rng(2)
    y, x = np.mgrid[:112, :112] / 112
    depths = (3 + 0.5 * x + 0.3 * y) * (1 + 0.002 * random.standard_normal((112, 112)))
    depths *= 1 + steps * np.kron(random.standard_normal((8, 8)), np.ones((14, 14)))
    depths[:56, 48:] *= 1 + gap
    return depths[None]


def test_steps_between_the_squares_of_a_network_are_no_gaps() -> None:
    torn = layer_mesh(shapes.make_stack(squares_of_a_network(0.0), mode="scene"), 0)
    assert len(torn.quads) == 111 * 111
    whole = layer_mesh(shapes.make_stack(squares_of_a_network(0.025), mode="scene"), 0)
    assert len(whole.quads) == 111 * 111
    gap = layer_mesh(shapes.make_stack(squares_of_a_network(0.025, gap=0.1), mode="scene"), 0)
    rows, columns = np.divmod(gap.points.pixel[gap.quads], 112)
    across = (columns.min(1) == 47) & (columns.max(1) == 48)
    assert set(rows[across].min(1)) <= set(range(55, 111)) and len(gap.quads) >= 111 * 111 - 57


@pytest.mark.parametrize("size", [56, 224])  # the edge of the near wall lies between two squares
def test_gaps_between_squares_of_true_depth_stay_gaps(size: int) -> None:
    stack = shapes.two_planes(size, near=2.0, far=2.5)
    mesh = layer_mesh(replace(stack, mask=stack.mask & [[[True]], [[False]]]), 0)
    assert len(mesh.quads) == (size - 1) * (size - 2)


def test_tear_limit_follows_the_grid() -> None:
    tear = Tear(depth=0.05, grazing=np.radians(10))
    assert tear.limit(focal=1000) == 0.05
    assert tear.limit(focal=50) == pytest.approx(1 / (50 * np.tan(np.radians(10))))
