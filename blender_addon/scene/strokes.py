"""Strokes on skies and cut-outs: images that we made, and whose saving nobody thinks of."""

import hashlib

import bpy

from . import cut_out, traces

_PAINTED = "world_tracing_painted"  # on an image: there were strokes on it when the file was saved
_PACKED = "world_tracing_packed"  # on an image that we packed: what that was


def pack(image: bpy.types.Image) -> None:
    """Pack an image that we made, and remember it as nobody's painting."""
    image.pack()
    image[_PACKED] = _fingerprint(image)


def is_ours(image: bpy.types.Image) -> bool:
    """Whether we made an image and packed it, though somebody may have painted on it since."""
    return _PACKED in image


def keep() -> None:
    """Pack those that were painted on, or the strokes would not be in the file that is about to be saved."""
    skies = {thing.world_tracing.sky for thing in bpy.data.objects if traces.is_root(thing)}
    for image in bpy.data.images:
        if image.is_dirty and image.library is None and (image in skies or cut_out.is_cut_out(image)):
            image[_PAINTED] = True
            image.pack()


def are_on(image: bpy.types.Image) -> bool:
    """Whether somebody has painted on an image, saved (with the file, or by itself) or not."""
    return bool(
        image.is_dirty or image.get(_PAINTED) or image.get(_PACKED, "") not in {"", _fingerprint(image)}
    )


def _fingerprint(image: bpy.types.Image) -> str:
    packed = image.packed_file
    return hashlib.sha256(packed.data).hexdigest() if packed is not None else ""
