"""An image datablock as a file that the worker can read."""

from __future__ import annotations

from pathlib import Path

import bpy

from wt_backend.protocol import BackendError


def image_file(image: bpy.types.Image, folder: Path) -> Path:
    """The file of an image; images that live only inside Blender are written into `folder` first.

    Raises
    ------
    BackendError
        The image has no pixels, or cannot be written.
    """
    on_disk = Path(bpy.path.abspath(image.filepath_from_user()))
    if image.source == "FILE" and not image.is_dirty and not image.packed_file and on_disk.is_file():
        return on_disk.absolute()
    if image.type == "RENDER_RESULT":
        path = folder / "Render Result.png"
        try:
            image.save_render(str(path))
        except RuntimeError as error:
            raise BackendError(
                "bad_image", f"The render result has no picture: {error}", "Render first."
            ) from error
        return path
    if not image.has_data and not len(image.pixels):
        raise BackendError("bad_image", f"The image {image.name} has no pixels.", "Load or paint it first.")
    path = folder / f"{Path(bpy.path.clean_name(image.name)).stem}.{'exr' if image.is_float else 'png'}"
    copy = image.copy()
    try:
        copy.file_format = "OPEN_EXR" if image.is_float else "PNG"
        copy.filepath_raw = str(path)
        copy.save()
    except RuntimeError as error:
        raise BackendError(
            "bad_image", f"The image {image.name} cannot be saved: {error}", "Check it."
        ) from error
    finally:
        bpy.data.images.remove(copy)
    return path
