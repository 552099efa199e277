"""Exports read back by other libraries give the stack's points again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
import trimesh

from tests import analytic_stacks as shapes
from wt_backend.geometry import METHODS
from wt_backend.geometry.export import KINDS, main
from wt_backend.geometry.layer_mesh import layer_mesh, layer_points
from wt_backend.protocol import BackendError


@pytest.fixture(name="ring")
def saved_torus(tmp_path: Path) -> Path:
    shapes.torus(64).save(tmp_path / "ring.wts")
    return tmp_path / "ring.wts"


def export(stack: Path, kind: str, name: str) -> list[str]:
    params = {"stack": str(stack), "kind": kind, "output": str(stack.parent / name)}
    return METHODS["geometry/export"](params, lambda stage, step, total: None, lambda: None)["files"]


def read_exr(path: str) -> tuple[np.ndarray, list[str]]:
    file = oiio.ImageInput.open(path)
    pixels, names = file.read_image("float"), list(file.spec().channelnames)
    file.close()
    return pixels, names


def test_points_come_back_with_colour_and_layer(ring: Path) -> None:
    (path,) = export(ring, "ply", "points.ply")
    stack = shapes.torus(64)
    cloud = trimesh.load(path)
    points = [layer_points(stack, layer) for layer in range(stack.layers)]
    assert len(cloud.vertices) == stack.points
    np.testing.assert_allclose(cloud.vertices, np.concatenate([p.positions for p in points]), atol=1e-6)
    pixels = np.concatenate([p.pixel for p in points])
    np.testing.assert_array_equal(cloud.colors[:, :3], stack.rgba.reshape(-1, 4)[pixels, :3])


def test_layers_come_back_as_meshes(ring: Path) -> None:
    files = export(ring, "layers-ply", "ring.ply")
    stack = shapes.torus(64)
    surfaces = [layer_mesh(stack, layer, away=layer % 2 == 1) for layer in range(stack.layers)]
    filled = [surface for surface in surfaces if len(surface.starts)]
    assert [Path(file).name for file in files] == [f"ring layer {n + 1}.ply" for n in range(len(filled))]
    for file, surface in zip(files, filled, strict=True):
        mesh = trimesh.load(file, process=False)
        assert len(mesh.faces) == 2 * len(surface.quads) + len(surface.triangles)
        np.testing.assert_allclose(mesh.vertices, surface.points.positions, atol=1e-6)
        expected = trimesh.Trimesh(surface.points.positions, surface.all_triangles, process=False)
        assert mesh.area == pytest.approx(expected.area, rel=1e-5)
        assert np.sign(mesh.face_normals[:, 2].sum()) == np.sign(expected.face_normals[:, 2].sum())


def test_depth_is_exact_and_named_by_layer(ring: Path) -> None:
    (path,) = export(ring, "depth-exr", "depth.exr")
    stack = shapes.torus(64)
    pixels, names = read_exr(path)
    assert sorted(names) == [f"Layer {n + 1}.Depth.Z" for n in range(6)]
    for layer in range(6):
        channel = pixels[..., names.index(f"Layer {layer + 1}.Depth.Z")]
        np.testing.assert_array_equal(channel, np.where(stack.mask[layer], stack.xyz[layer, ..., 2], 0))


def test_positions_are_the_points(ring: Path) -> None:
    (path,) = export(ring, "position-exr", "place.exr")
    stack = shapes.torus(64)
    pixels, names = read_exr(path)
    points = layer_points(stack, 1)
    for axis, name in enumerate("XYZ"):
        channel = pixels[..., names.index(f"Layer 2.Position.{name}")].ravel()
        np.testing.assert_array_equal(channel[points.pixel], points.positions[:, axis])
        assert not np.delete(channel, points.pixel).any()


def test_arrays_hold_the_whole_stack(ring: Path) -> None:
    (path,) = export(ring, "npz", "ring.npz")
    stack = shapes.torus(64)
    with np.load(path, allow_pickle=False) as arrays:
        for name in ("xyz", "mask", "rgba", "intrinsics", "grid_to_image"):
            np.testing.assert_array_equal(arrays[name], getattr(stack, name))
        assert json.loads(str(arrays["info"]))["image_size"] == [128, 128]


@pytest.mark.parametrize("kind", KINDS)
def test_empty_stack_exports_without_a_point(tmp_path: Path, kind: str) -> None:
    shapes.nothing().save(tmp_path / "empty.wts")
    files = export(tmp_path / "empty.wts", kind, "empty.out")
    assert (files == []) == (kind == "layers-ply")
    assert all(Path(file).is_file() for file in files)


def test_command_line_prints_what_it_wrote(ring: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = ring.parent / "cloud.ply"
    assert main([str(ring), "--to", "ply", "--out", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target) and target.stat().st_size > 1000


def test_bad_requests_are_told(ring: Path) -> None:
    with pytest.raises(BackendError, match="kind is") as caught:
        export(ring, "glb", "x.glb")
    assert caught.value.kind == "bad_request"
    with pytest.raises(BackendError) as caught:
        export(ring.with_name("none.wts"), "ply", "x.ply")
    assert caught.value.kind == "bad_stack"
    (ring.parent / "folder.ply").mkdir()
    with pytest.raises(BackendError) as caught:
        export(ring, "ply", "folder.ply")
    assert caught.value.kind == "bad_output"
