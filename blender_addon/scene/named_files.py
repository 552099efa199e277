"""Everything in a .blend that may name a file of ours, but for the stacks of objects (`origin`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy


def path_of(owner: Any, name: str) -> Path:
    """The file that an attribute names, without what Blender's relative paths go up and down again."""
    return normal(bpy.path.abspath(getattr(owner, name), library=owner.id_data.library))


def normal(path: str | Path) -> Path:
    """A path as all that name the same file have it."""
    return Path(os.path.normpath(Path(path).absolute()))


def images_of(path: Path) -> list[bpy.types.Image]:
    """The images of this file that show a file, of which there may be several."""
    own = (image for image in bpy.data.images if image.library is None and image.source == "FILE")
    return [image for image in own if path_of(image, "filepath") == normal(path)]


def data() -> Iterator[tuple[Any, str]]:
    """Data of this file and their attributes with a path, which Blender may rewrite when it saves."""
    for image in bpy.data.images:
        if image.library is None:
            yield image, "filepath_raw"  # `filepath` would read it anew, and lose what is painted on it
    for blocks in (bpy.data.cache_files, bpy.data.movieclips):
        for block in blocks:
            if block.library is None:
                yield block, "filepath"
    for scene in bpy.data.scenes:
        if scene.library is None and scene.sequence_editor is not None:
            for strip in file_strips(scene.sequence_editor):
                yield strip, "filepath" if strip.type == "MOVIE" else "directory"


def settings() -> Iterator[tuple[Any, str]]:
    """The paths of our own panel, which nobody else rewrites."""
    for scene in bpy.data.scenes:
        if scene.library is None:
            yield scene.world_tracing, "filepath"
            yield scene.world_tracing, "mask"


def file_strips(editor: bpy.types.SequenceEditor) -> list[Any]:
    """Movie and image strips of a Sequencer, those inside of meta strips too."""
    strips = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all  # Blender 4.4
    return [strip for strip in strips if strip.type in {"MOVIE", "IMAGE"}]
