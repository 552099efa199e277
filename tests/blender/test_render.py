"""A render through the trace camera is the photo, where there is geometry; one from the side is not."""

from __future__ import annotations

import struct
from pathlib import Path

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray
from test_import import affine, camera, import_stack, make_stack

from wt_backend.camera import apply_affine, invert
from wt_backend.stack import LayerStack

CASES = {
    "centre crop": (camera(55, 55, 24, 24), affine(2.5, 2.5, 40, 0), (200, 120)),
    "stretched": (camera(50, 80, 24, 24), affine(200 / 48, 2.5, 0, 0), (200, 120)),
    "crop leaving a portrait": (camera(61, 61, 20, 28), affine(3.1, 3.1, -20.5, 30.25), (120, 200)),
    "stored rotated": (camera(61, 61, 22, 27), np.array([[0, -2.5, 120], [2.5, 0, 0]]), (120, 120)),
    "stored mirrored": (camera(61, 61, 22, 27), affine(-2.5, 2.5, 120, 0), (120, 120)),
    "stored transposed": (camera(61, 61, 22, 27), np.array([[0, 2.5, 0], [2.5, 0, 0]]), (120, 120)),
}


def smooth_photo(width: int, height: int, path: Path, soft: bool = False) -> NDArray[np.float64]:
    """A smooth colour picture on disk; its pixels (height, width, 3), 0 to 255, top row first.

    A soft one is half transparent to the left.
    """
    y, x = np.mgrid[:height, :width] / max(width, height)
    picture = np.stack([np.sin(7 * x + 1), np.cos(9 * y + 2 * x), np.sin(5 * (x + y))], -1) * 100 + 127
    picture = np.rint(picture)
    image = bpy.data.images.new("photo", width, height, alpha=soft)
    alpha = np.broadcast_to(np.linspace(0.5, 1.0, width), (height, width)) if soft else np.ones_like(x)
    rgba = np.dstack([picture / 255, alpha])[::-1].astype(np.float32)
    image.pixels.foreach_set(rgba.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return picture


def render(scene: bpy.types.Scene, path: Path) -> NDArray[np.float64]:
    """Render what the scene's camera sees, (height, width, 4), 0 to 255, top row first."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    scene.cycles.filter_width = 0.01
    scene.render.film_transparent = True
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)[::-1] * 255.0


def well_inside(stack: LayerStack) -> NDArray[np.bool_]:
    """Pixels of the image whose place in the grid lies two pixels inside the mask."""
    width, height = stack.info.image_size
    rows, columns = np.mgrid[:height, :width] + 0.5
    grid = np.floor(apply_affine(invert(stack.grid_to_image), np.stack([columns, rows], -1))).astype(int)
    inside = np.ones((height, width), bool)
    for dx in (-2, 0, 2):
        for dy in (-2, 0, 2):
            place = grid + np.array([dx, dy])
            known = (place >= 0).all(-1) & (place < stack.size).all(-1)
            x, y = np.clip(place, 0, np.array(stack.size) - 1).transpose(2, 0, 1)
            inside &= known & stack.mask[0][y, x]
    return inside


def write_exr(path: Path, picture: NDArray[np.float32]) -> None:
    """An uncompressed OpenEXR file of (height, width, 3); Blender 4's `Image.save` writes sRGB into one."""
    height, width = picture.shape[:2]
    channels = b"".join(name + struct.pack("<x4i", 2, 0, 1, 1) for name in (b"B", b"G", b"R")) + b"\0"
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    attributes = (
        (b"channels", b"chlist", channels),
        (b"compression", b"compression", b"\0"),
        (b"dataWindow", b"box2i", window),
        (b"displayWindow", b"box2i", window),
        (b"lineOrder", b"lineOrder", b"\0"),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        (b"screenWindowCenter", b"v2f", struct.pack("<2f", 0, 0)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1)),
    )
    head = struct.pack("<2i", 20000630, 2)
    head += b"".join(
        b"\0".join((*words[:2], struct.pack("<i", len(words[2])))) + words[2] for words in attributes
    )
    head += b"\0"
    lines = [struct.pack("<2i", y, 12 * width) + picture[y, :, ::-1].T.tobytes() for y in range(height)]
    first = len(head) + 8 * height
    table = struct.pack(f"<{height}Q", *(first + y * len(lines[0]) for y in range(height)))
    path.write_bytes(head + table + b"".join(lines))


def float_photo(width: int, height: int, path: Path) -> NDArray[np.float64]:
    """A smooth linear picture as EXR on disk; how a screen shows it, (height, width, 3), 0 to 255."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    linear = np.stack([0.5 + 0.45 * np.sin(7 * x), 0.02 + 0.9 * y, np.exp(-3 * (x + y))], -1)
    write_exr(path, linear.astype(np.float32))
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


def test_a_float_photo_is_shown_as_a_screen_would(scene: bpy.types.Scene, tmp_path: Path) -> None:
    intrinsics, grid_to_image, size = CASES["centre crop"]
    photo = float_photo(*size, tmp_path / "photo.exr")
    stack = make_stack(intrinsics, grid_to_image, size, source=str(tmp_path / "photo.exr"))
    import_stack(stack, tmp_path)
    bpy.ops.world_tracing.use_trace_camera(match_colours=True)
    inside = well_inside(stack)
    difference = np.abs(render(scene, tmp_path / "render.png")[..., :3] - photo)[inside]
    assert difference.mean() < 2.0


@pytest.mark.parametrize("lit", [False, True])
def test_soft_rims_of_a_cut_out_are_not_dark(scene: bpy.types.Scene, tmp_path: Path, lit: bool) -> None:
    """They were multiplied by their alpha."""
    intrinsics, grid_to_image, size = CASES["centre crop"]
    scene.world = bpy.data.worlds.new("Grey")
    pictures = []
    for name in ("opaque", "soft"):
        source = tmp_path / f"{name}.png"
        photo = smooth_photo(*size, source, soft=name == "soft")
        stack = make_stack(intrinsics, grid_to_image, size, source=str(source))
        root = import_stack(stack, tmp_path)
        root.world_tracing.lit = not lit
        root.world_tracing.lit = lit
        bpy.ops.world_tracing.use_trace_camera(match_colours=True)
        pictures.append(render(scene, tmp_path / "render.png")[..., :3][well_inside(stack)])
        bpy.ops.world_tracing.delete_trace(root=root.name)
    assert np.abs(pictures[0] - pictures[1]).mean() < 1.5
    if not lit:
        assert np.abs(pictures[1] - photo[well_inside(stack)]).mean() < 1.5


def test_points_read_as_a_closed_surface(scene: bpy.types.Scene, tmp_path: Path) -> None:
    intrinsics, grid_to_image, size = CASES["stretched"]
    stack = make_stack(intrinsics, grid_to_image, size)
    import_stack(stack, tmp_path, output="POINTS")
    bpy.ops.world_tracing.use_trace_camera(match_colours=True)
    picture = render(scene, tmp_path / "points.png")
    inside = well_inside(stack)
    assert (picture[inside][:, 3] > 250).all()
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    grid = apply_affine(invert(grid_to_image), np.stack([columns, rows], -1))[inside]  # the picture is a ramp
    assert np.abs(picture[inside][:, :2] - (grid - 0.5)).mean() < 2.0


@pytest.mark.parametrize("case", CASES)
def test_the_render_is_the_photo(scene: bpy.types.Scene, tmp_path: Path, case: str) -> None:
    intrinsics, grid_to_image, size = CASES[case]
    source = tmp_path / "photo.png"
    photo = smooth_photo(*size, source)
    stack = make_stack(intrinsics, grid_to_image, size, source=str(source))
    import_stack(stack, tmp_path)
    view = scene.view_settings
    view.view_transform = "AgX"
    view.look, view.exposure, view.gamma = "AgX - High Contrast", 1.0, 1.5
    bpy.ops.world_tracing.use_trace_camera(match_colours=True)
    picture = render(scene, tmp_path / "render.png")
    inside = well_inside(stack)
    assert inside.sum() > 0.1 * inside.size
    assert (picture[inside][:, 3] > 250).all()  # no holes
    difference = np.abs(picture[..., :3] - photo)[inside]
    assert difference.mean() < 1.0 and np.percentile(difference, 99) < 4.0

    scene.camera.parent = None
    scene.camera.matrix_world.translation.x += 2.0
    aside = render(scene, tmp_path / "aside.png")
    assert np.abs(aside[..., :3] - photo)[inside].mean() > 20.0
