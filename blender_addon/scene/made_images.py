"""Images whose files we made: whether somebody has painted on one since, and saved it there."""

import hashlib
from pathlib import Path

import bpy

from wt_backend.paths import is_file

from . import named_files

_MADE = "world_tracing_made"  # on an image: its file as it was made
_FOLDER = "world_tracing_made_in"  # … and the name of its folder, which it keeps when a project moves


def mark(image: bpy.types.Image, path: Path) -> None:
    """Remember the file of an image as it is now: as we made it."""
    image[_MADE], image[_FOLDER] = _fingerprint(path), path.parent.name


def is_changed(image: bpy.types.Image) -> bool:
    """Whether the file of a marked image, or what is packed of it, is not as we made it any more."""
    made, path = image.get(_MADE), named_files.path_of(image, "filepath")
    return made is not None and _fingerprint(path, image.packed_file) not in {made, ""}


def is_elsewhere(image: bpy.types.Image) -> bool:
    """Whether a marked image has been saved into another folder since, one of another name."""
    folder = named_files.path_of(image, "filepath").parent.name
    return image.packed_file is None and image.get(_FOLDER, folder) != folder


def _fingerprint(path: Path, packed: bpy.types.PackedFile | None = None) -> str:
    """Of what an image shows, "" where its file is gone."""
    if packed is None and not is_file(path):
        return ""
    return hashlib.sha256(packed.data if packed is not None else path.read_bytes()).hexdigest()
