"""What the bake cannot use is told in a sentence; files, cancelling, float and turned photos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
import trimesh

from tests import analytic_stacks as shapes
from tests.backend.projection.conftest import Painted, ball, photograph, run, save_mesh, wall, waves
from wt_backend.images import orientation_affine
from wt_backend.projection import METHODS
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack

NEAR = 2.0
SIDE = 1.5


def planes(size: int) -> LayerStack:
    return shapes.make_stack(np.full((1, size, size), NEAR), mode="scene")


@pytest.fixture(name="job")
def bake_job(folder: Path) -> dict:
    """A wall that the photo shows completely."""
    mesh, uv = wall(SIDE, NEAR)
    camera = photograph(planes, folder, "wall", waves)
    path = save_mesh(folder / "m.npz", mesh, uv)
    return {"mesh": path, "cameras": [camera], "output": str(folder / "t"), "size": 128}


def without_uv(job: dict) -> None:
    save_mesh(Path(job["mesh"]), wall(SIDE, NEAR)[0])


def without_faces(job: dict) -> None:
    np.savez(job["mesh"], vertices=np.zeros((3, 3)), triangles=np.zeros((0, 3), int))


def without_uv_area(job: dict) -> None:
    mesh, uv = wall(SIDE, NEAR)
    save_mesh(Path(job["mesh"]), mesh, np.full_like(uv, 0.3))


def with_uv_of_a_new_map(job: dict) -> None:
    """What Blender gives a map before anybody unwraps: the whole square to each face."""
    mesh = ball(4)
    save_mesh(Path(job["mesh"]), mesh, np.tile([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], (len(mesh.faces), 1, 1)))


def without_area(job: dict) -> None:
    np.savez(job["mesh"], vertices=np.outer([1, 2, 3], [1, 0, -1.0]), triangles=[[0, 1, 2]])
    job.update(unwrap="xatlas")


def at_infinity(job: dict) -> None:
    np.savez(job["mesh"], vertices=np.full((3, 3), np.nan), triangles=[[0, 1, 2]], uv=np.zeros((1, 3, 2)))


def other_photo(job: dict) -> None:
    cv2.imwrite(job["cameras"][0]["photo"], np.zeros((50, 60, 3), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (without_uv, "bad_request", "no UVs"),
        (without_uv_area, "bad_request", "have no area"),
        (with_uv_of_a_new_map, "bad_request", "2,560 times over"),
        (without_area, "bad_request", "could not be unwrapped"),
        (without_faces, "bad_request", "no faces"),
        (at_infinity, "bad_request", "points at infinity"),
        (lambda job: Path(job["mesh"]).write_bytes(b"rubbish"), "bad_request", "holds no mesh"),
        (lambda job: job.update(size=5), "bad_request", "size is 5"),
        (lambda job: job.update(cameras=[]), "bad_request", "No camera"),
        (
            lambda job: job["cameras"][0].update(to_local=np.zeros((4, 4)).tolist()),
            "bad_request",
            "place of a",
        ),
        (lambda job: job["cameras"][0].update(photo="/no/photo.png"), "bad_image", "does not exist"),
        (other_photo, "bad_image", "60 × 50 pixels, the traced photo had 384 × 384"),
        (lambda job: job["cameras"][0].update(stack="/no/stack.wts"), "bad_stack", "stack.wts"),
        (lambda job: job.update(unwrap="magic"), "bad_request", "magic"),
    ],
)
def test_bad_requests_are_sentences_and_leave_nothing(job: dict, spoil, kind: str, message: str) -> None:
    spoil(job)
    with pytest.raises(BackendError, match=message) as caught:
        run("bake", **job)
    assert caught.value.kind == kind and caught.value.hint
    assert not list(Path(job["output"]).parent.glob("t*"))


def looked_at(job: dict) -> tuple[np.ndarray, int]:
    """The texture, and how often it could have been cancelled before there is a share to tell."""
    stages, asked = [""], []

    def cancel() -> None:
        asked.append(stages[-1])

    result = METHODS["projection/bake"](job, lambda stage, step, total: stages.append(stage), cancel)
    return cv2.imread(result["texture"]).astype(int), asked.count("look")


def test_a_large_mesh_is_looked_at_in_parts_with_a_cancel_between(
    job: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, once = looked_at(job)
    monkeypatch.setattr("wt_backend.projection.bake.LOOKED_AT", 500)
    in_parts, often = looked_at(job)
    assert np.abs(whole - in_parts).max() <= 1 and often > once + 20


def test_cancelling_leaves_nothing(job: dict) -> None:
    calls = []

    def cancel() -> None:
        calls.append(1)
        if len(calls) > 2:  # in the middle of it
            raise BackendError("cancelled", "The job was cancelled.")

    with pytest.raises(BackendError, match="cancelled"):
        METHODS["projection/bake"](job, lambda stage, step, total: None, cancel)
    assert not list(Path(job["output"]).parent.glob("t*"))


def test_overlapping_uvs_are_said(job: dict) -> None:
    mesh, uv = wall(SIDE, NEAR)
    save_mesh(Path(job["mesh"]), mesh, np.abs(uv - 0.5) * 2)
    assert "overlap" in run("bake", **job)["warnings"][0]


def test_a_float_photo_becomes_a_float_texture_beyond_white(job: dict) -> None:
    camera = job["cameras"][0]
    stack, fine = LayerStack.load(camera["stack"]), planes(384)
    bright = (4 * waves(fine.xyz[0] * (1, -1, -1))).astype(np.float32)
    bright[190:194, 190:194] = 1e6  # a sun, more than a half can hold
    path = Path(camera["photo"]).with_suffix(".exr")
    image = oiio.ImageBuf(oiio.ImageSpec(384, 384, 3, "float"))
    image.set_pixels(oiio.ROI(), np.ascontiguousarray(bright))
    assert image.write(str(path))
    replace(stack, xyz=stack.xyz.copy()).save(camera["stack"])
    camera["photo"] = str(path)
    result = run("bake", **{**job, "size": 256})
    assert result["texture"].endswith(".exr")
    pixels = oiio.ImageBuf(result["texture"]).get_pixels(oiio.FLOAT)
    assert pixels.shape == (256, 256, 3) and np.isfinite(pixels).all() and pixels.max() > 1e4
    row, column = 100, 60  # of the texture: the wall's own UVs say where that is
    x, y = ((np.array([column, 255 - row]) + 0.5) / 256 - 0.5) / 0.498 * SIDE / 2
    np.testing.assert_allclose(pixels[row, column], 4 * waves(np.array([x, y, -NEAR])), atol=0.03)


def test_a_photo_that_is_stored_turned_is_read_upright(job: dict) -> None:
    """EXIF orientation 6: the file's rows are the picture's columns."""
    camera = job["cameras"][0]
    picture = cv2.imread(camera["photo"])
    photo = Path(camera["photo"]).with_suffix(".tif")
    image = oiio.ImageBuf(oiio.ImageSpec(384, 384, 3, "uint8"))
    image.set_pixels(oiio.ROI(), np.ascontiguousarray(np.rot90(picture)[..., ::-1]))
    image.specmod().attribute("Orientation", 6)
    assert image.write(str(photo))
    stack = LayerStack.load(camera["stack"])
    to_file = orientation_affine(6, 384, 384)
    turned = to_file[:, :2] @ stack.grid_to_image
    turned[:, 2] += to_file[:, 2]
    values = {name: getattr(stack, name).copy() for name in ("xyz", "mask", "rgba")}
    replace(stack, **values, grid_to_image=turned).save(camera["stack"])
    mesh, uv = wall(SIDE, NEAR)
    painted = Painted(mesh, uv, run("bake", **{**job, "cameras": [{**camera, "photo": str(photo)}]}))
    assert painted.psnr(waves(painted.points), painted.seen) > 30 and painted.seen.mean() > 0.95


@pytest.mark.parametrize("scale", [1e-5, 1e4])
def test_meshes_of_any_size_are_unwrapped(folder: Path, scale: float) -> None:
    """A ring of 6 millimetres could not be: xatlas passes over faces that are small in its units."""
    mesh = ball(4)
    far = trimesh.Trimesh([[1e4, 0, 0], [1e4, 1, 0], [1e4, 0, 1]], [[0, 1, 2]], process=False)
    mesh = trimesh.util.concatenate([mesh, far])
    mesh.apply_scale(scale)
    result = run("unwrap", mesh=save_mesh(folder / "m.npz", mesh), output=str(folder / "u.npz"), size=512)
    one, other = np.diff(np.load(result["uv"])["uv"], axis=1).transpose(1, 0, 2)
    area = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    assert area.min() > 0 and area.sum() > 0.3


def test_non_manifold_and_degenerate_triangles_are_no_trouble(folder: Path) -> None:
    mesh = ball(2)
    faces = np.concatenate([mesh.faces, mesh.faces[:5], [[0, 0, 1], [2, 2, 2]]])
    np.savez(
        folder / "m.npz",
        vertices=mesh.vertices,
        triangles=faces,
        uv=np.random.default_rng(0).random((len(faces), 3, 2)),
    )
    camera = photograph(shapes.sphere, folder, "ball", waves)
    result = run("bake", mesh=str(folder / "m.npz"), cameras=[camera], output=str(folder / "t"), size=64)
    assert 0 < result["seen"] < 1
