"""Decimation keeps the budget, the surface, the silhouette and the pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from tests import analytic_stacks as shapes
from wt_backend.geometry import METHODS
from wt_backend.geometry.decimate import project
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.geometry.mesh_frame import photo_camera
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack


def run(method: str, **params: object) -> dict:
    return METHODS[f"geometry/{method}"](params, lambda stage, step, total: None, lambda: None)


def silhouette(vertices: np.ndarray, triangles: np.ndarray, stack: LayerStack) -> np.ndarray:
    """Pixels that the triangles cover, seen from the camera, on a grid eight times as fine."""
    width, height = stack.size
    image = (vertices * (1, -1, -1)) @ stack.intrinsics.T
    pixels = np.round(8 * image[:, :2] / image[:, 2:]).astype(np.int32)
    covered = np.zeros((8 * height, 8 * width), np.uint8)
    for corners in pixels[triangles]:
        cv2.fillConvexPoly(covered, corners, 1)
    return covered.astype(bool)


@pytest.fixture(name="ball")
def saved_sphere(tmp_path: Path) -> tuple[LayerStack, Path]:
    stack = shapes.sphere(128)
    stack.save(tmp_path / "ball.wts")
    return stack, tmp_path


@pytest.mark.parametrize("layer", [0, 1])
def test_layer_keeps_budget_surface_silhouette_and_uvs(ball: tuple[LayerStack, Path], layer: int) -> None:
    stack, folder = ball
    paths = {"stack": str(folder / "ball.wts"), "layer": layer}
    full = np.load(run("decimate", **paths, output=str(folder / "full.npz"), faces=10**9)["mesh"])
    result = run("decimate", **paths, output=str(folder / "small.npz"), faces=1500)
    small = np.load(result["mesh"])
    assert result["faces"] == len(small["triangles"]) <= 1500 < result["faces_before"] / 5
    distance = np.linalg.norm(small["vertices"] + [0, 0, shapes.DISTANCE], axis=1)
    assert np.abs(distance - 0.9).max() < 0.02
    before, after = (silhouette(mesh["vertices"], mesh["triangles"], stack) for mesh in (full, small))
    assert (before & after).sum() / (before | after).sum() > 0.98
    image = (small["vertices"].astype(float) * (1, -1, -1)) @ stack.intrinsics.T
    expected = 2 * image[:, :2] / image[:, 2:] / stack.info.image_size
    np.testing.assert_allclose(small["uv"][:, 0], expected[:, 0], atol=1e-5)
    np.testing.assert_allclose(1 - small["uv"][:, 1], expected[:, 1], atol=1e-5)
    assert (small["layer"] == layer).all() and (small["seen"] == (layer == 0)).all()


def test_faces_go_on_looking_the_same_way(ball: tuple[LayerStack, Path]) -> None:
    _, folder = ball
    for layer in (0, 1):
        output = str(folder / "small.npz")
        run("decimate", stack=str(folder / "ball.wts"), layer=layer, output=output, faces=1000)
        arrays = np.load(output)
        mesh = trimesh.Trimesh(arrays["vertices"], arrays["triangles"], process=False)
        outwards = (mesh.face_normals * (mesh.triangles_center + np.array([0, 0, shapes.DISTANCE]))).sum(1)
        assert (outwards > 0).mean() > 0.99


def test_full_budget_changes_nothing(ball: tuple[LayerStack, Path]) -> None:
    stack, folder = ball
    output = str(folder / "full.npz")
    run("decimate", stack=str(folder / "ball.wts"), layer=0, output=output, faces=10**8, island=1)
    arrays, points = np.load(output), layer_points(stack, 0)
    np.testing.assert_array_equal(arrays["vertices"], points.positions)
    np.testing.assert_allclose(arrays["uv"], points.uv, atol=1e-6)
    np.testing.assert_array_equal(arrays["pixel"], points.pixel)


def test_solid_stays_closed_and_knows_its_layers(tmp_path: Path) -> None:
    shapes.torus(128).save(tmp_path / "ring.wts")
    stack = str(tmp_path / "ring.wts")
    solid = run("solid", stack=stack, output=str(tmp_path / "solid.npz"))
    small = str(tmp_path / "small.npz")
    result = run("decimate", stack=stack, mesh=solid["mesh"], output=small, faces=4000)
    arrays = np.load(result["mesh"])
    mesh = trimesh.Trimesh(arrays["vertices"], arrays["triangles"], process=False)
    assert mesh.is_watertight and len(mesh.faces) <= 4000
    assert mesh.volume == pytest.approx(solid["volume"], rel=0.01)
    assert set(np.unique(arrays["layer"])) >= {0, 1}


def test_projection_inverts_the_rays() -> None:
    stack = shapes.box((40, 60))
    points = layer_points(stack, 1)
    uv, pixel = project(points.positions, photo_camera(stack), stack)
    np.testing.assert_allclose(uv, points.uv, atol=1e-6)
    np.testing.assert_array_equal(pixel, points.pixel)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"layer": 9}, "bad_request"),
        ({"layer": 4}, "bad_request"),
        ({"faces": 1}, "bad_request"),
        ({"mesh": "/nowhere.npz"}, "bad_request"),
        ({"output": "/nowhere/x.npz"}, "bad_output"),
    ],
)
def test_bad_requests_are_told(ball: tuple[LayerStack, Path], change: dict, kind: str) -> None:
    _, folder = ball
    params = {"stack": str(folder / "ball.wts"), "output": str(folder / "x.npz")} | change
    with pytest.raises(BackendError) as caught:
        run("decimate", **params)
    assert caught.value.kind == kind
    assert not (folder / "x.npz").exists()


@pytest.mark.parametrize("damage", [None, 0, 60])
def test_a_picture_is_no_solid_nor_a_file_cut_off(ball: tuple[LayerStack, Path], damage: int | None) -> None:
    _, folder = ball
    np.savez(folder / "other.npz", numbers=np.arange(3))
    if damage is not None:
        (folder / "other.npz").write_bytes((folder / "other.npz").read_bytes()[:damage])
    with pytest.raises(BackendError, match="holds no mesh"):
        run(
            "decimate",
            stack=str(folder / "ball.wts"),
            mesh=str(folder / "other.npz"),
            output=str(folder / "x.npz"),
        )
