"""Cut-outs: a photo that is opaque where its subject is and faint elsewhere, to be painted on."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.protocol import BackendError

from . import files, made_images

_SOURCE = "world_tracing_source"  # custom property of a cut-out: the image that it was made from
_FAINT = 77 / 255  # alpha outside of the subject, as wt_backend/cut_out.py writes it


def is_cut_out(image: bpy.types.Image | None) -> bool:
    """Whether an image is a cut-out that this add-on made."""
    return image is not None and _SOURCE in image


def source_of(image: bpy.types.Image) -> bpy.types.Image:
    """The photo behind a cut-out; any other image is its own."""
    source = image.get(_SOURCE)
    if isinstance(source, str):  # its name, as files of early versions have it
        source = bpy.data.images.get(source)
    return source or image


def is_of_another(mask: bpy.types.Image, image: bpy.types.Image | None, path: Path) -> bool:
    """Whether a cut-out was made of another photo than the image, or the file, that is traced."""
    source = source_of(mask)
    if source in {mask, image} or mask == image:
        return False
    stored = Path(bpy.path.abspath(source.filepath, library=source.library))
    return not (stored.is_file() and path.is_file() and stored.samefile(path))


def is_of(image: bpy.types.Image | None, source: bpy.types.Image) -> bool:
    """Whether an image is a cut-out of this photo."""
    return image is not None and is_cut_out(image) and source_of(image) == source


def load(picture: Path, source: bpy.types.Image, earlier: bpy.types.Image | None) -> bpy.types.Image:
    """The cut-out in a file as an image, which is seen wherever the earlier one of the same photo was.

    What somebody has painted, or packed, is in no file of ours, so such an image stays under another name;
    so does one that was painted on and saved.
    """
    replaced = earlier if is_of(earlier, source) else None
    if replaced is not None and not _is_painted(replaced):
        replaced.filepath = files.stored_path(picture)
        replaced.reload()
        made_images.mark(replaced, picture)
        return replaced
    image = files.load_image(picture)
    if replaced is not None:
        replaced.user_remap(image)
        replaced.name, replaced.use_fake_user = f"{replaced.name} (earlier)", True
    image.name = f"{Path(source.name).stem} Mask"
    image.alpha_mode = "STRAIGHT"
    image[_SOURCE] = source
    made_images.mark(image, picture)
    return image


def _is_painted(image: bpy.types.Image) -> bool:
    return bool(image.is_dirty or image.packed_file) or made_images.is_changed(image)


def show(image: bpy.types.Image, source: bpy.types.Image, paint: bool) -> None:
    """Show a cut-out in the Image Editors that show its photo, ready to be painted on if that is wanted."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            space = area.spaces.active
            if area.type == "IMAGE_EDITOR" and space.image in {source, image}:
                space.image = image
                if paint:
                    space.ui_mode = "PAINT"


def opaqueness(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a cut-out says of its subject by its alpha: 0 where it is faint, 1 where it is opaque."""
    return np.clip((alpha - _FAINT) / (1 - _FAINT), 0.0, 1.0)


def mask_file(image: bpy.types.Image) -> Path:
    """Write what is painted on a cut-out as a mask: white where it is opaque, black where it is faint.

    Raises
    ------
    BackendError
        Its picture is missing, or the mask cannot be written.
    """
    width, height = image.size
    if not width:
        raise BackendError(
            "bad_mask",
            f"The picture of {image.name} is missing.",
            "Find it (File > External Data > Find Missing Files), or draw a box around the subject again.",
        )
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(-1, 4)
    pixels[:, :3] = opaqueness(pixels[:, 3:])
    pixels[:, 3] = 1.0
    try:
        return _save(pixels, width, height, files.new_image_path(f"{Path(image.name).stem} painted"))
    except (RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())  # Blender tells it in lines
        raise BackendError(
            "bad_mask",
            f"The mask {image.name} cannot be saved ({reason}).",
            "Make space, or save the .blend where files can be written.",
        ) from error


def _save(pixels: NDArray[np.float32], width: int, height: int, path: Path) -> Path:
    mask = bpy.data.images.new("World Tracing mask", width, height)
    try:
        mask.pixels.foreach_set(pixels.ravel())
        mask.filepath_raw, mask.file_format = str(path), "PNG"
        mask.save()
    finally:
        bpy.data.images.remove(mask)
    return path
