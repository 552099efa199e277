"""Settings of a scene that count for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy


@contextmanager
def changed(target: bpy.types.bpy_struct, **values: Any) -> Iterator[None]:
    """Set properties; they come back in the same order: the first decide what others offer."""
    before = {name: getattr(target, name) for name in values}
    try:
        for name, value in values.items():
            setattr(target, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(target, name, value)


@contextmanager
def saved_as_png(scene: bpy.types.Scene, color_mode: str) -> Iterator[None]:
    """Let renders be saved as 8-bit PNG, whatever the scene's output is."""
    target = scene.render.image_settings
    # 5.0: a video's settings have no still formats
    medium = {"media_type": "IMAGE"} if hasattr(target, "media_type") else {}
    with changed(target, **medium, file_format="PNG", color_mode=color_mode, color_depth="8"):
        yield
