"""Telling Blender's windows that something has changed."""

from __future__ import annotations

import bpy

_AREAS = {"VIEW_3D", "IMAGE_EDITOR", "PREFERENCES"}  # where this add-on draws


def redraw() -> None:
    """Draw our panels anew, in all windows."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type in _AREAS:
                    area.tag_redraw()


def show_status(text: str | None) -> None:
    """Put a text into the status bars; None gives them back."""
    if bpy.app.background:
        return
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            with bpy.context.temp_override(window=window):
                window.workspace.status_text_set(text)
