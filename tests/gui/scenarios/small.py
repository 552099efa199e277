"""A small window: everything can be reached by scrolling; pictures to look at."""

from __future__ import annotations

import os

import bpy
import hands
from stage import check, press_button, settings

SCREEN = (900, 600)
CHECKS = (
    "sidebar_fits",
    "trace_button",
    "import_button",
    "editor_fits",
    "preferences_button",
)


def scenario() -> hands.Wait:
    """Panel, Image Editor and preferences."""
    settings().filepath = os.environ["WT_GUI_IMAGE"]
    yield from hands.open_tab("World Tracing")
    yield from hands.screenshot("panel")
    for operator, name in (("trace_world", "trace_button"), ("import_stack", "import_button")):
        found: list[tuple[int, int]] = []
        yield from hands.find_button(f"world_tracing.{operator}", found)
        check(name, bool(found), found)
    yield from hands.screenshot("end_of_panel")
    check("sidebar_fits", hands.region("UI").width < hands.region("WINDOW").width, hands.region("UI").width)
    hands.viewport().ui_type = "IMAGE_EDITOR"
    yield 0.3
    editor = hands.area("IMAGE_EDITOR")
    editor.spaces.active.image = bpy.data.images.load(os.environ["WT_GUI_IMAGE"])
    yield from hands.open_tab("World Tracing", editor)
    yield from hands.screenshot("editor")
    check("editor_fits", editor.height < SCREEN[1], editor.height)
    editor.ui_type = "PREFERENCES"  # in the window itself: one of its own is never this small
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "World Tracing"
    bpy.ops.preferences.addon_expand(module="bl_ext.user_default.world_tracing")
    yield 1.0
    page = hands.region("WINDOW", hands.area("PREFERENCES"))
    yield from hands.screenshot("preferences")
    yield from press_button("world_tracing.check_backend", "preferences_button", page)
    yield from hands.scroll(page, 60)
    yield from hands.screenshot("end_of_preferences")
