"""Footage that a file holds already: Movie Clips, and movie and image strips of the Sequencer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bpy

from wt_backend.footage.numbering import SUFFIXES, are_frames, numbered_files
from wt_backend.paths import is_file

from .named_files import file_strips

# of a strip: start of its content, what its handles cut off, length, frames of the file that are passed over
NAMES = ("content_start", "left_handle_offset", "right_handle_offset", "duration", "content_trim_start")
OLD_NAMES = (  # before Blender 5.2; they end with 6.0
    "frame_start",
    "frame_offset_start",
    "frame_offset_end",
    "frame_final_duration",
    "animation_offset_start",
)


@dataclass(frozen=True)
class FootageSource:
    """Where footage lies and when it is shown.

    Attributes
    ----------
    start : frame of the scene on which the footage's first frame lies.
    first, last : what of it is shown, counted from 1; last 0 is the end.
    use_scene_rate : whether it is laid out in time, at the scene's rate, not frame by frame.
    """

    name: str
    path: Path
    start: int
    first: int = 1
    last: int = 0
    use_scene_rate: bool = False


def sources(scene: bpy.types.Scene) -> list[FootageSource]:
    """All footage of a scene whose files are there, clips first; no photos that are numbered by dates."""
    found = [_of_clip(clip) for clip in bpy.data.movieclips]
    editor = scene.sequence_editor
    if editor is not None:
        found += [_of_strip(strip, scene) for strip in file_strips(editor)]
    return [source for source in found if is_file(source.path) and _sequence(source.path) is not None]


def _of_clip(clip: bpy.types.MovieClip) -> FootageSource:
    path = Path(bpy.path.abspath(clip.filepath, library=clip.library))
    skipped = _before(path) + clip.frame_offset
    return FootageSource(clip.name, path, clip.frame_start - skipped, 1 + max(skipped, 0))


def _of_strip(strip: bpy.types.bpy_struct, scene: bpy.types.Scene) -> FootageSource:
    start, cut, last, passed = _place(strip)
    if strip.type == "MOVIE":
        path = Path(bpy.path.abspath(strip.filepath))
        rate = scene.render.fps / scene.render.fps_base
        in_time = strip.fps > 0 and abs(strip.fps - rate) > 0.01  # Adjust Playback Rate, which is the default
        passed = round(passed * rate / strip.fps) if in_time else passed  # Blender counts the movie's frames
        return FootageSource(strip.name, path, start - passed, 1 + passed + cut, passed + last, in_time)
    folder = Path(bpy.path.abspath(strip.directory))
    files = [folder / element.filename for element in strip.elements]
    begin, end = files[min(passed + cut, len(files) - 1)], files[min(passed + last, len(files)) - 1]
    skipped = _before(begin)
    return FootageSource(strip.name, files[0], start + cut - skipped, 1 + skipped, 1 + _before(end))


def _before(path: Path) -> int:
    """How many numbers of an image sequence come before a file of it: footage is counted from the lowest."""
    return _sequence(path) or 0


def _sequence(path: Path) -> int | None:
    """The same; None where the numbers are no frames', or cannot be read."""
    if path.suffix.lower() not in SUFFIXES or not is_file(path):
        return 0
    try:
        return _places(path.parent, path.name, path.parent.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=64)  # the panel asks at every redraw
def _places(folder: Path, name: str, _changed: int) -> int | None:
    files = numbered_files(folder / name)
    first = min(files)
    place = next((number for number, file in files.items() if file.name == name), first) - first
    return place if are_frames(files) else None


def _place(strip: bpy.types.bpy_struct) -> tuple[int, int, int, int]:
    """Where a strip's content starts, how much of it is cut off there, the last of it that is shown.

    The fourth: how many frames of the file come before the content, as after a hard cut (Hold Offset).
    """
    names = NAMES if hasattr(strip, NAMES[0]) else OLD_NAMES
    start, left, right, shown, passed = (int(getattr(strip, name)) for name in names)
    cut = max(left, 0)  # less than 0: drawn out, the first picture stands; or the last one, at the right
    return start, cut, max(left + shown + min(right, 0), cut + 1), passed
