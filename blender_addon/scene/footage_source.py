"""Footage that a file holds already: Movie Clips, and movie and image strips of the Sequencer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy


@dataclass(frozen=True)
class FootageSource:
    """Where footage lies and when it is shown.

    Attributes
    ----------
    start : frame of the scene on which the footage's first frame lies.
    first, last : what of it is shown, counted from 1; last 0 is the end.
    """

    name: str
    path: Path
    start: int
    first: int = 1
    last: int = 0


def sources(scene: bpy.types.Scene) -> list[FootageSource]:
    """All footage of a scene whose files are there, clips first."""
    found = [
        FootageSource(clip.name, Path(bpy.path.abspath(clip.filepath)), clip.frame_start)
        for clip in bpy.data.movieclips
    ]
    editor = scene.sequence_editor
    if editor is not None:
        strips = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all  # Blender 4.4
        found += [_of_strip(strip) for strip in strips if strip.type in {"MOVIE", "IMAGE"}]
    return [source for source in found if source.path.is_file()]


def _of_strip(strip: bpy.types.bpy_struct) -> FootageSource:
    if strip.type == "MOVIE":
        path = Path(bpy.path.abspath(strip.filepath))
    else:
        path = Path(bpy.path.abspath(strip.directory)) / strip.elements[0].filename
    start, trimmed, shown = _place(strip)
    return FootageSource(strip.name, path, start, 1 + trimmed, trimmed + shown)


def _place(strip: bpy.types.bpy_struct) -> tuple[int, int, int]:
    """Frame on which the whole strip would start, how many frames are cut off there, how many are shown."""
    if hasattr(strip, "content_start"):  # Blender 5.2; the older names end with 6.0
        return int(strip.content_start), int(strip.left_handle_offset), int(strip.duration)
    return int(strip.frame_start), int(strip.frame_offset_start), int(strip.frame_final_duration)
