"""Images that live in Blender reach the worker as they are in memory, and in the right light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

from wt_backend.protocol import BackendError

PYTHON = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python"
READ = """
import sys
from wt_backend.images import read_image
print(*read_image(sys.argv[1]).rgba[3, 3])
"""
COLOUR = (0.2, 0.5, 0.9, 1.0)
SRGB = {False: (51, 128, 230, 255), True: (124, 188, 243, 255)}  # the values of a float image are linear


def seen_by_worker(path: Path) -> tuple[int, ...]:
    done = subprocess.run(
        [PYTHON, "-c", READ, path], capture_output=True, text=True, check=True, cwd=PYTHON.parents[2]
    )
    return tuple(int(value) for value in done.stdout.split())


def fill(image: bpy.types.Image, colour: tuple[float, ...]) -> None:
    image.pixels.foreach_set(np.tile(np.array(colour, np.float32), image.size[0] * image.size[1]))
    image.update()


@pytest.mark.parametrize("is_float", [False, True], ids=["bytes", "float"])
@pytest.mark.parametrize("state", ["never saved", "packed", "painted since packed", "painted since saved"])
def test_pixels_in_memory_are_traced(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path, is_float: bool, state: str
) -> None:
    image = bpy.data.images.new("photo", 32, 32, float_buffer=is_float)
    fill(image, COLOUR if state in ("never saved", "packed") else (0.0, 0.0, 0.0, 1.0))
    if state in ("packed", "painted since packed"):
        image.pack()
    if state == "painted since saved":
        image.file_format = "OPEN_EXR" if is_float else "PNG"
        image.filepath_raw = str(tmp_path / f"on disk.{'exr' if is_float else 'png'}")
        image.save()
    if state.startswith("painted"):
        fill(image, COLOUR)
    before = len(bpy.data.images), len(bpy.data.scenes), image.is_dirty, image.filepath_raw
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    assert seen_by_worker(image_source.image_file(image)) == pytest.approx(SRGB[is_float], abs=1)
    assert (len(bpy.data.images), len(bpy.data.scenes), image.is_dirty, image.filepath_raw) == before


def test_a_new_stereo_image_is_written_out(addon: ModuleType, scene: bpy.types.Scene) -> None:
    """Blender crashes when it is asked for the file of one that has none."""
    image = bpy.data.images.new("stereo", 32, 32, stereo3d=True)
    assert sys.modules[f"{addon.__name__}.scene.image_source"].image_file(image).is_file()


def test_of_a_packed_photo_the_file_is_traced(addon: ModuleType, scene: bpy.types.Scene, photo: Path) -> None:
    """With what EXIF says in it: a portrait photo would be traced lying on its side."""
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    image, data = bpy.data.images.load(str(photo)), photo.read_bytes()
    image.pack()
    for there in (True, False):
        if not there:
            photo.unlink()
        path = image_source.image_file(image)
        assert path != photo and path.suffix == photo.suffix and path.read_bytes() == data
    fill(image, COLOUR)
    assert seen_by_worker(image_source.image_file(image)) == SRGB[False]
    image.pack()
    assert seen_by_worker(image_source.image_file(image)) == SRGB[False]


def test_a_render_is_traced_as_it_is_seen_whatever_the_scenes_output_is(
    addon: ModuleType, scene: bpy.types.Scene
) -> None:
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    rendered, output = render_of_a_world(scene), scene.render.image_settings
    seen = seen_by_worker(image_source.image_file(rendered))
    assert len(set(seen)) == 4
    for medium, file_format, mode in (("IMAGE", "OPEN_EXR", "RGBA"), ("VIDEO", "FFMPEG", "BW")):
        if hasattr(output, "media_type"):
            output.media_type = medium
        output.file_format, output.color_mode = file_format, mode
        assert seen_by_worker(image_source.image_file(rendered)) == seen
        assert (output.file_format, output.color_mode) == (file_format, mode)


@pytest.mark.parametrize("views", ["INDIVIDUAL", "STEREO_3D"])
def test_of_a_stereo_render_one_view_is_traced(addon: ModuleType, scene: bpy.types.Scene, views: str) -> None:
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    seen = seen_by_worker(image_source.image_file(render_of_a_world(scene)))
    scene.render.use_multiview = True
    scene.render.image_settings.views_format = views
    path = image_source.image_file(render_of_a_world(scene))
    assert seen_by_worker(path) == seen
    assert not [other for other in path.parent.iterdir() if other.name.startswith((".wt-", f"{path.stem}_"))]


@pytest.mark.parametrize("kind", ["render", "painting"])
def test_where_nothing_can_be_written_it_is_said(
    addon: ModuleType, scene: bpy.types.Scene, kind: str
) -> None:
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    image = render_of_a_world(scene) if kind == "render" else bpy.data.images.new("painting", 8, 8)
    folder = sys.modules[f"{addon.__name__}.preferences"].user_folder("images")
    kept = folder.rename(folder.with_name("images kept"))
    folder.write_text("in the way")
    try:
        with pytest.raises(BackendError, match=f"The image {image.name} cannot be saved"):
            image_source.image_file(image)
    finally:
        folder.unlink()
        kept.rename(folder)


def render_of_a_world(scene: bpy.types.Scene) -> bpy.types.Image:
    """A render of nothing but a brown background."""
    scene.world = bpy.data.worlds.new("World")
    if not scene.world.node_tree:  # before Blender 5.0
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.25, 0.1, 1.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 32
    bpy.ops.render.render()
    return bpy.data.images["Render Result"]


def test_a_movie_is_sent_to_the_footage_panel(addon: ModuleType, scene: bpy.types.Scene) -> None:
    image = bpy.data.images.new("clip.gif", 8, 8)
    image.source = "MOVIE"
    with pytest.raises(BackendError, match="is a movie") as caught:
        sys.modules[f"{addon.__name__}.scene.image_source"].image_file(image)
    assert "Footage" in caught.value.hint


def test_a_sequence_of_which_no_frame_is_shown_is_sent_there_too(
    addon: ModuleType, scene: bpy.types.Scene, photo: Path
) -> None:
    image = bpy.data.images.load(str(photo))
    image.source = "SEQUENCE"
    with pytest.raises(BackendError, match="is an image sequence") as caught:
        sys.modules[f"{addon.__name__}.scene.image_source"].image_file(image)
    assert "Footage" in caught.value.hint


def test_an_image_that_changes_is_written_to_a_file_of_its_own(
    addon: ModuleType, scene: bpy.types.Scene
) -> None:
    """A trace that still waits must not see what is painted after the click."""
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    image = bpy.data.images.new("photo", 32, 32)
    fill(image, (0.0, 0.0, 0.0, 1.0))
    first = image_source.image_file(image)
    fill(image, COLOUR)
    assert seen_by_worker(image_source.image_file(image)) == SRGB[False]
    assert seen_by_worker(first) == (0, 0, 0, 255)
