"""What layers wear, and viewports show: the photo as its file is now, not as an earlier trace loaded it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
from test_import import affine, camera, children, import_stack, make_stack

RED, BLUE = (0.8, 0.0, 0.0, 1.0), (0.0, 0.0, 0.8, 1.0)


def save_photo(path: Path, width: int, colour: tuple[float, ...]) -> None:
    """Write a picture of one colour, as another program does."""
    made = bpy.data.images.new("made", width, width)
    made.pixels.foreach_set(np.tile(np.array(colour, np.float32), width * width))
    made.filepath_raw, made.file_format = str(path), "PNG"
    made.save()
    bpy.data.images.remove(made)


def traced(path: Path, width: int) -> bpy.types.Image:
    """What the first layer of a new trace of a photo wears."""
    scale = width / 48
    stack = make_stack(camera(60, 60, 24, 24), affine(scale, scale, 0, 0), (width, width), source=str(path))
    root = import_stack(stack, path.parent)
    return children(root, "LAYER")[0].data.materials[0].node_tree.nodes["Image Texture"].image


def test_a_photo_that_another_program_changed_is_worn_as_it_is_now(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    save_photo(path, 96, RED)
    first = traced(path, 96)
    assert first.pixels[0] > 0.7
    save_photo(path, 96, BLUE)
    second = traced(path, 96)
    assert second.pixels[2] > 0.7 and second == first
    save_photo(path, 144, RED)  # cropped, or scaled
    third = traced(path, 144)
    assert tuple(third.size) == (144, 144) and third.pixels[0] > 0.7


def test_a_photo_that_was_painted_on_or_packed_keeps_its_pixels(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    save_photo(path, 96, RED)
    painted = traced(path, 96)
    painted.pixels.foreach_set(np.tile(np.array(BLUE, np.float32), 96 * 96))
    painted.update()
    assert traced(path, 96) == painted and painted.pixels[2] > 0.7
    painted.pack()
    save_photo(path, 144, RED)
    another = traced(path, 144)
    assert another != painted and tuple(another.size) == (144, 144) and painted.pixels[2] > 0.7


def test_a_photo_whose_file_is_gone_keeps_what_is_in_memory(scene: bpy.types.Scene, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    save_photo(path, 96, RED)
    first = traced(path, 96)
    assert first.pixels[0] > 0.7
    path.unlink()
    assert traced(path, 96) == first and first.pixels[0] > 0.7


@pytest.mark.parametrize(
    ("light", "colour", "shown"),
    [("STUDIO", "MATERIAL", ("FLAT", "TEXTURE")), ("MATCAP", "MATERIAL", None), ("STUDIO", "RANDOM", None)],
)
def test_a_viewport_that_somebody_has_set_up_keeps_its_looks(
    addon: ModuleType, scene: bpy.types.Scene, light: str, colour: str, shown: tuple[str, str] | None
) -> None:
    """Each trace that came in took them away."""
    area = bpy.context.window.screen.areas[0]
    area.type = "VIEW_3D"
    shading = area.spaces.active.shading
    shading.type, shading.light, shading.color_type = "SOLID", light, colour
    sys.modules[f"{addon.__name__}.scene.viewport"].show_photo(shading)
    assert (shading.light, shading.color_type) == (shown or (light, colour))
