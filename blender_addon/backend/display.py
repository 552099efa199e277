"""Telling Blender's windows that something has changed."""

from __future__ import annotations

import bpy

_REGIONS = {"VIEW_3D": "UI", "IMAGE_EDITOR": "UI", "PREFERENCES": "WINDOW"}  # where this add-on draws


def redraw() -> None:
    """Draw our panels anew, in all windows; not the views beside them, where large scenes take their time."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                for region in area.regions:
                    if region.type == _REGIONS.get(area.type):
                        region.tag_redraw()


def show_status(text: str | None) -> None:
    """Put a text into the status bars; None gives them back. Each workspace keeps one, shown or not."""
    windows = bpy.context.window_manager.windows
    if bpy.app.background or not windows:
        return
    # A timer has no window after one was closed, and Blender crashes on that.
    with bpy.context.temp_override(window=windows[0]):
        for workspace in bpy.data.workspaces:
            with bpy.context.temp_override(workspace=workspace):  # beside a window: that one's
                workspace.status_text_set(text)
