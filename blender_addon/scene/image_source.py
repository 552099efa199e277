"""An image datablock as a file that the worker can read."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np

from wt_backend import paths
from wt_backend.footage.numbering import SUFFIXES
from wt_backend.protocol import BackendError

from . import files
from .for_a_while import saved_as_png


def image_file(image: bpy.types.Image) -> Path:
    """The file of an image; images that live only inside Blender are written to a new one first.

    Raises
    ------
    BackendError
        The image has no pixels, or cannot be written.
    """
    is_file = image.source == "FILE"  # else it has none; asked for that of a stereo image, Blender crashes
    on_disk = Path(bpy.path.abspath(image.filepath_from_user())) if is_file else Path()
    if is_file and not image.is_dirty and not image.packed_file and paths.is_file(on_disk):
        return on_disk.absolute()
    if image.type != "RENDER_RESULT":
        _check_pixels(image)
    try:
        return _save(image, on_disk.suffix.lower())
    except (RuntimeError, OSError) as error:
        raise BackendError(
            "bad_image", f"The image {image.name} cannot be saved: {error}", "Check it."
        ) from error


def _check_pixels(image: bpy.types.Image) -> None:
    if image.source == "MOVIE":
        raise BackendError(
            "bad_image", f"{image.name} is a movie.", "Trace it in the Footage panel, or choose one picture."
        )
    if len(image.pixels):  # of a sequence, the frame that was shown last is meant
        return
    if image.source == "SEQUENCE":
        raise BackendError(
            "bad_image",
            f"{image.name} is an image sequence.",
            "Trace it in the Footage panel, or show the frame that you mean in the Image Editor.",
        )
    raise BackendError("bad_image", f"The image {image.name} has no pixels.", "Load or paint it first.")


def _save(image: bpy.types.Image, suffix: str) -> Path:
    """Write an image to a new file; ``suffix`` is that of its own, if it has one."""
    if image.type == "RENDER_RESULT":
        return _save_render(image)
    is_whole = image.source == "FILE" and image.packed_file is not None and not image.is_dirty
    name = Path(image.name).stem
    if is_whole and suffix in SUFFIXES:  # the file itself: it may say which way up the photo is, by what lens
        path = files.new_image_path(name, suffix)
        path.write_bytes(image.packed_file.data)
        return path
    return save_pixels(image, files.new_image_path(name, suffix_of(image)))


def suffix_of(image: bpy.types.Image) -> str:
    """The ending of a file that `save_pixels` writes."""
    return ".exr" if image.is_float else ".png"


def save_pixels(image: bpy.types.Image, path: Path) -> Path:
    """Write an image as it is in memory, painted or not.

    Raises
    ------
    RuntimeError, OSError
    """
    (_save_float if image.is_float else _save_bytes)(image, path)
    return path


def _save_render(image: bpy.types.Image) -> Path:
    """Write the render result as it is seen; of a stereo render the first view.

    Such a one is written as a file for each view, and Blender then says that the one asked for is missing.
    """
    path = files.new_image_path(image.name)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".wt-") as folder:
        failure = None
        try:
            with saved_as_png(bpy.context.scene, "RGBA"):
                image.save_render(str(Path(folder, "render.png")))
        except RuntimeError as error:
            failure = error
        views = sorted(Path(folder).iterdir())
        if not views:
            raise BackendError("bad_image", "There is no render result yet.", "Render first.") from failure
        views[0].replace(path)
    return path


def _save_bytes(image: bpy.types.Image, path: Path) -> None:
    """Write the pixels as they are in memory: a copy of the datablock would have those of its file."""
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    copy = bpy.data.images.new(image.name, *image.size, alpha=True)
    try:
        copy.pixels.foreach_set(pixels)
        copy.filepath_raw, copy.file_format = str(path), "PNG"
        copy.save()
    finally:
        bpy.data.images.remove(copy)


def _save_float(image: bpy.types.Image, path: Path) -> None:
    """Write linear light as OpenEXR: `Image.save` would write sRGB values, `save_render` asks a scene how."""
    scene = bpy.data.scenes.new("Save")
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGBA", "32"
    try:
        image.save_render(str(path), scene=scene)
    finally:
        bpy.data.scenes.remove(scene)
