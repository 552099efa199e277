"""What a shader is told about photos: where a mesh lies in them, as Blender loads them, and what hides it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from tests import analytic_stacks as shapes
from tests.backend.projection.conftest import ball, photograph, run, save_mesh, wall, waves
from wt_backend.images import orientation_affine
from wt_backend.projection.visibility import ELSEWHERE
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack

NEAR = 2.0
SIDE = 384  # of `photograph`


def planes(size: int) -> LayerStack:
    return shapes.make_stack(np.full((1, size, size), NEAR), mode="scene")


def hides_of(result: dict) -> np.ndarray:
    return oiio.ImageBuf(result["cameras"][0]["hides"]).get_pixels(oiio.FLOAT)[..., 0]


def test_places_distances_and_what_hides(folder: Path) -> None:
    back, _ = wall(1.0, NEAR)
    front, _ = wall(0.2, NEAR / 2)
    front.apply_translation((0.1, 0.15, 0))
    camera = photograph(planes, folder, "wall", waves)
    path = save_mesh(folder / "m.npz", back, occluder=front)
    result = run("shader", mesh=path, cameras=[camera], output=str(folder / "t"))
    data = np.load(result["data"])
    focal = 0.5 / np.tan(np.radians(22.5))  # in widths of the photo
    across, up, depth = data["projection 0"].T
    np.testing.assert_allclose(across / depth, 0.5 + focal * back.vertices[:, 0] / NEAR, atol=1e-6)
    np.testing.assert_allclose(up / depth, 0.5 + focal * back.vertices[:, 1] / NEAR, atol=1e-6)
    np.testing.assert_allclose(data["sight 0"], np.tile([NEAR, 0], (len(back.faces), 1)), atol=1e-6)
    scale, offset = np.array(result["cameras"][0]["ray"])
    np.testing.assert_allclose(scale, np.array([1, -1]) / focal)  # v goes up, the camera's y down
    np.testing.assert_allclose(offset, -0.5 * scale)
    hides = hides_of(result)
    column, row = (SIDE * (0.5 + focal * np.array([0.1, -0.15]) / (NEAR / 2))).astype(int)
    assert hides.shape == (SIDE, SIDE)
    assert hides[row, column] == pytest.approx(2 / NEAR) and hides[240, 120] == pytest.approx(1 / NEAR)
    hidden = (np.abs(back.vertices[:, :2] - (0.2, 0.3)) < 0.19).all(1)
    assert hidden.any() and not data["seen"][hidden].any() and data["seen"].mean() > 0.6


@pytest.mark.parametrize("along", [0.1, 4.0])
def test_distances_are_those_of_a_frame_that_is_stretched_along_its_view(folder: Path, along: float) -> None:
    """A shader divides by lengths in the trace's own frame: seen faces faded out."""
    back, _ = wall(1.0, NEAR)
    camera = photograph(planes, folder, "wall", waves, np.diag([1.0, 1.0, along, 1.0]))
    result = run("shader", mesh=save_mesh(folder / "m.npz", back), cameras=[camera], output=str(folder / "t"))
    np.testing.assert_allclose(np.load(result["data"])["sight 0"][:, 0], along * NEAR, rtol=1e-5)


def test_outside_the_silhouette_nothing_is_seen(folder: Path) -> None:
    camera = photograph(shapes.sphere, folder, "ball", waves)
    path = save_mesh(folder / "m.npz", ball(3))
    hides = hides_of(run("shader", mesh=path, cameras=[camera], output=str(folder / "t")))
    mask = shapes.sphere(SIDE).mask[0].astype(np.uint8)
    away = cv2.dilate(mask, np.ones((9, 9))) == 0
    within = cv2.erode(mask, np.ones((17, 17))) > 0
    assert (hides[away] == np.float32(ELSEWHERE)).all() and (hides[within] < 1).all()


def test_a_photo_that_is_stored_turned_stays_so(folder: Path) -> None:
    """EXIF orientation 6: Blender shows the file as it is, so that UVs and what hides follow the file."""
    mesh, _ = wall(0.5, NEAR)
    mesh.apply_translation((0.3, 0.5, 0))
    camera = photograph(planes, folder, "wall", waves)
    path = save_mesh(folder / "m.npz", mesh)
    upright = run("shader", mesh=path, cameras=[camera], output=str(folder / "t"))
    picture = cv2.imread(camera["photo"])
    photo = folder / "turned.tif"
    image = oiio.ImageBuf(oiio.ImageSpec(SIDE, SIDE, 3, "uint8"))
    image.set_pixels(oiio.ROI(), np.ascontiguousarray(np.rot90(picture)[..., ::-1]))
    image.specmod().attribute("Orientation", 6)
    assert image.write(str(photo))
    stack = LayerStack.load(camera["stack"])
    to_file = orientation_affine(6, SIDE, SIDE)
    turned = to_file[:, :2] @ stack.grid_to_image
    turned[:, 2] += to_file[:, 2]
    values = {name: getattr(stack, name).copy() for name in ("xyz", "mask", "rgba")}
    replace(stack, **values, grid_to_image=turned).save(camera["stack"])
    again = run("shader", mesh=path, cameras=[{**camera, "photo": str(photo)}], output=str(folder / "turned"))
    np.testing.assert_allclose(hides_of(again), np.rot90(hides_of(upright)), rtol=1e-5)
    before, after = (np.load(result["data"])["projection 0"] for result in (upright, again))
    across, up, depth = before.T
    np.testing.assert_allclose(after, np.stack([depth - up, across, depth], 1), atol=1e-5)
    np.testing.assert_allclose(np.load(again["data"])["guess"], np.load(upright["data"])["guess"], atol=0.01)


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"cameras": []}, "bad_request", "No camera"),
        ({"mesh": "/no/mesh.npz"}, "bad_request", "holds no mesh"),
    ],
)
def test_bad_requests_are_sentences(folder: Path, change: dict, kind: str, message: str) -> None:
    camera = photograph(planes, folder, "wall", waves)
    mesh = save_mesh(folder / "m.npz", wall(1, NEAR)[0])
    with pytest.raises(BackendError, match=message) as caught:
        run("shader", **({"mesh": mesh, "cameras": [camera], "output": str(folder / "t")} | change))
    assert caught.value.kind == kind and not list(folder.glob("t*"))
