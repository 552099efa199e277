"""Hidden colours come from the visible surface near by, smoothly, and land in files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests import analytic_stacks as shapes
from wt_backend.geometry import METHODS
from wt_backend.geometry.fill import ColourFill, grid_uv_transform
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack


def ignore(stage: str, step: int, total: int) -> None:
    """Progress that nobody watches."""


def stop() -> None:
    """Cancellation, as the worker's jobs raise it."""
    raise BackendError("cancelled", "The job was cancelled.")


def painted(stack: LayerStack, where: np.ndarray, colour: tuple[int, int, int]) -> LayerStack:
    rgba = stack.rgba.copy()
    rgba[where, :3] = colour
    return replace(stack, rgba=rgba)


def test_one_colour_stays_that_colour() -> None:
    stack = shapes.torus(96)
    stack = painted(stack, np.ones(stack.mask.shape[1:], bool), (200, 30, 90))
    fill = ColourFill(stack)
    for layer in (1, 2, 3):
        assert (fill.texture(layer) == (200, 30, 90)).all()


def test_background_pixels_lend_no_colour() -> None:
    stack = painted(shapes.sphere(64), np.ones((64, 64), bool), (10, 200, 10))
    stack = painted(stack, ~stack.mask[0], (255, 0, 255))
    assert (ColourFill(stack).texture(1) == (10, 200, 10)).all()


def test_back_of_a_sphere_follows_its_sides_without_streaks() -> None:
    stack = shapes.sphere(128)
    left = np.zeros((128, 128), bool)
    left[:, :64] = True
    stack = painted(painted(stack, left, (255, 0, 0)), ~left, (0, 0, 255))
    texture = ColourFill(stack).texture(1).astype(int)
    assert texture[64, 30, 0] > 200 and texture[64, 30, 2] < 55
    assert texture[64, 98, 2] > 200 and texture[64, 98, 0] < 55
    inside = np.hypot(*(np.mgrid[:128, :128] - 63.5)) < 20  # at the pole both sides are equally far
    assert 90 < texture[inside].mean(0)[0] < 165
    steps = np.abs(np.diff(texture[:, 40:88], axis=0)).max(-1)[40:88]
    assert steps.max() < 40


def test_colours_meet_at_the_silhouette() -> None:
    stack = shapes.sphere(128)
    points = layer_points(stack, 0)
    rim = points.pixel[(points.thickness < 0.15)]
    texture = ColourFill(stack).texture(1).reshape(-1, 3)[rim].astype(int)
    seen = stack.rgba.reshape(-1, 4)[rim, :3].astype(int)
    assert np.abs(texture - seen).max(1).mean() < 6


def test_wall_behind_takes_the_colour_of_the_wall_beside() -> None:
    stack = shapes.two_planes(64, near=3.0, far=4.0)
    near = np.zeros((64, 64), bool)
    near[:, :32] = True
    stack = painted(painted(stack, near, (255, 0, 0)), ~near, (0, 255, 0))
    texture = ColourFill(stack).texture(1)[:, 4:32].astype(int)
    assert (texture[..., 1] > 200).mean() > 0.95


def test_a_sky_a_million_times_farther_than_the_rest_does_no_harm() -> None:
    stack = shapes.two_planes(64, near=3.0, far=4.0)
    depths = np.where(stack.mask, stack.xyz[..., 2], np.nan)
    depths[0, :8, 40:] = 4e6
    texture = ColourFill(shapes.make_stack(depths, mode="scene")).texture(1)
    assert texture.shape[:2] == (64, 64)


def test_floor_goes_on_under_a_board_that_stands_on_it() -> None:
    floor = shapes.floor((120, 80)).xyz[0, ..., 2].astype(np.float64)
    depths = np.full((2, 120, 80), np.nan)
    depths[0] = np.where(floor > 0, floor, np.nan)
    board = np.zeros((120, 80), bool)
    board[62:85, 20:60] = True  # its foot is the row where the floor is as far away
    depths[1][board] = floor[board]
    depths[0][board] = floor[84, 40]
    stack = shapes.make_stack(depths, mode="scene")
    stack = painted(painted(stack, ~board, (230, 140, 20)), board, (20, 60, 200))
    texture = ColourFill(stack).texture(1)[board].astype(int)
    assert ((texture[:, 0] > 200) & (texture[:, 2] < 60)).mean() > 0.9


def test_uv_transform_undoes_crop_and_scale() -> None:
    stack = shapes.one_layer((30, 40))
    affine = np.array([[12.5, 0, 700.0], [0, 12.5, 90.0]])
    stack = replace(stack, grid_to_image=affine, info=replace(stack.info, image_size=(4000, 3000)))
    points = layer_points(stack, 0)
    matrix = grid_uv_transform(stack)
    uv = points.uv @ matrix[:, :2].T + matrix[:, 2]
    row, column = np.divmod(points.pixel, 40)
    np.testing.assert_allclose(uv[:, 0] * 40, column + 0.5, atol=1e-3)
    np.testing.assert_allclose((1 - uv[:, 1]) * 30, row + 0.5, atol=1e-3)


def test_method_writes_a_texture_a_hidden_layer(tmp_path: Path) -> None:
    stack = shapes.sphere(48)
    stack.save(tmp_path / "ball.wts")
    seen: list[tuple[int, int]] = []
    result = METHODS["geometry/fill_colour"](
        {"stack": str(tmp_path / "ball.wts"), "output": str(tmp_path)},
        lambda stage, step, total: seen.append((step, total)),
        lambda: False,
    )
    assert result["textures"] == [None, str(tmp_path / "ball layer 2.png"), None, None, None, None]
    picture = cv2.cvtColor(cv2.imread(result["textures"][1]), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(picture, ColourFill(stack).texture(1))
    assert seen[-1] == (1, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ball layer 2.png", "ball.wts"]


def test_method_without_hidden_layers_has_nothing_to_do(tmp_path: Path) -> None:
    for name, maker in (("empty", shapes.nothing), ("wall", shapes.one_layer)):
        maker().save(tmp_path / f"{name}.wts")
        params = {"stack": str(tmp_path / f"{name}.wts"), "output": str(tmp_path)}
        result = METHODS["geometry/fill_colour"](params, ignore, lambda: False)
        assert not any(result["textures"])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"stack": "/nowhere/x.wts"}, "bad_stack"),
        ({"output": "/nowhere/at all"}, "bad_output"),
        ({"stack": 3}, "bad_request"),
        ({"colour": "red"}, "bad_request"),
    ],
)
def test_bad_parameters_are_told(tmp_path: Path, change: dict, kind: str) -> None:
    shapes.sphere(24).save(tmp_path / "ball.wts")
    params = {"stack": str(tmp_path / "ball.wts"), "output": str(tmp_path)} | change
    with pytest.raises(BackendError) as caught:
        METHODS["geometry/fill_colour"](params, ignore, lambda: False)
    assert caught.value.kind == kind and caught.value.hint


def test_cancel_stops_and_leaves_nothing(tmp_path: Path) -> None:
    shapes.sphere(24).save(tmp_path / "ball.wts")
    params = {"stack": str(tmp_path / "ball.wts"), "output": str(tmp_path)}
    with pytest.raises(BackendError) as caught:
        METHODS["geometry/fill_colour"](params, ignore, stop)
    assert caught.value.kind == "cancelled"
    assert [p.name for p in tmp_path.iterdir()] == ["ball.wts"]


@pytest.mark.parametrize("chunk", [True, False], ids=["keeps the text", "drops the text"])
@pytest.mark.parametrize("painted", [True, False])
def test_a_picture_that_somebody_painted_on_is_kept(tmp_path: Path, painted: bool, chunk: bool) -> None:
    """One whose .blend is not open: nothing there tells. A program that saves it may keep the text chunk."""
    shapes.sphere(48).save(tmp_path / "ball.wts")
    params = {"stack": str(tmp_path / "ball.wts"), "output": str(tmp_path)}
    fill = partial(METHODS["geometry/fill_colour"], params, ignore, lambda: False)
    path = Path(fill()["textures"][1])
    ours, rgb = path.read_bytes(), cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert fill()["textures"][1] and path.read_bytes() == ours
    if painted:
        rgb[:4] = 255
    png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_BGR2BGRA))[1].tobytes()
    text = ours[33 : 33 + 12 + int.from_bytes(ours[33:37], "big")] if chunk else b""
    path.write_bytes(png[:33] + text + png[33:])
    saved = path.read_bytes()
    kept = [] if chunk and not painted else [str(path.with_name("ball layer 2 (painted).png"))]
    assert fill()["kept"] == kept and path.read_bytes() == ours
    assert [Path(name).read_bytes() for name in kept] == [saved] * len(kept)
    path.write_bytes(saved)
    assert fill()["kept"] == [name.replace("(painted)", "(painted2)") for name in kept]
