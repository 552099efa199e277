"""A mask in the Image Editor, by dragging a box and by brush; a trace of what was masked."""

from __future__ import annotations

import os

import bpy
import hands
import numpy as np
from stage import addon, busy, check, layers, need, press_button, session, settings, until_idle

CHECKS = (
    "box_button",
    "mask_made",
    "mask_shown",
    "box_is_the_cup",
    "paint_button",
    "paint_mode",
    "brush_counts",
    "paste_button",
    "paste_refused",
    "trace_button",
    "object_traced",
)
CUP = (0.11, 0.02, 0.83, 0.98)  # left, top, right, bottom of cup and saucer in the bundled photograph


def scenario() -> hands.Wait:
    """Everything in order."""
    hands.viewport().ui_type = "IMAGE_EDITOR"
    yield 0.3
    for part in (box, paint):
        yield from part(hands.area("IMAGE_EDITOR"))
    hands.area("IMAGE_EDITOR").ui_type = "VIEW_3D"
    yield 0.3
    for part in (paste, trace):
        yield from part()


def box(editor: bpy.types.Area) -> hands.Wait:
    """Drag a box around the cup."""
    space, view = editor.spaces.active, hands.region("WINDOW", editor)
    space.image = bpy.data.images.load(os.environ["WT_GUI_IMAGE"])
    yield from hands.open_tab("World Tracing", editor)
    yield from hands.press("HOME", *hands.middle(view))
    yield from hands.screenshot("editor")
    yield from press_button("world_tracing.mask_from_box", "box_button", hands.region("UI", editor))
    corners = [view.view2d.view_to_region(u, 1 - v, clip=False) for u, v in (CUP[:2], CUP[2:])]
    start, end = ((x + view.x, y + view.y) for x, y in corners)
    yield from hands.drag(start, end, pause=hands.screenshot("dragging"))
    yield from until_idle(60)
    mask = settings().mask_image
    need("mask_made", mask is not None, session().notice)
    check("mask_shown", space.image == mask and settings().image != mask, space.image.name)
    share = float((alpha(mask) > 0.65).mean())
    check("box_is_the_cup", 0.3 < share < 0.6, f"{share:.2f} of the image")
    yield from hands.screenshot("mask")


def paint(editor: bpy.types.Area) -> hands.Wait:
    """Add a stroke in a corner of the image."""
    space, view = editor.spaces.active, hands.region("WINDOW", editor)
    yield from press_button("world_tracing.paint_mask", "paint_button", hands.region("UI", editor))
    yield 0.5
    check("paint_mode", space.ui_mode == "PAINT", space.ui_mode)
    brush = bpy.context.scene.tool_settings.image_paint.brush
    if brush is None:  # Debian's Blender 4.3
        brushes = bpy.utils.system_resource("DATAFILES", path="assets/brushes")
        check("brush_counts", not brushes, brushes or "this Blender comes without brushes")
        return
    brush.blend = "ADD_ALPHA"
    before = alpha(settings().mask_image)
    places = [view.view2d.view_to_region(u, 0.9, clip=False) for u in (0.05, 0.2)]
    yield from hands.drag(*((x + view.x, y + view.y) for x, y in places))
    yield 0.3
    grown = float((alpha(settings().mask_image) - before).max())
    check("brush_counts", grown > 0.3, f"alpha grew by {grown:.2f}")
    yield from hands.screenshot("painted")


def paste() -> hands.Wait:
    """Under X11 Blender pastes no images: that is said, and the viewport is a viewport again."""
    photo = settings().image
    yield from hands.open_tab("World Tracing")
    yield from press_button("world_tracing.paste_image", "paste_button")
    yield from hands.screenshot("pasted")
    check("paste_refused", settings().image == photo and hands.viewport().type == "VIEW_3D")
    yield from hands.press("ESC", 300, 300)  # the message would keep the mouse


def trace() -> hands.Wait:
    """Trace the photo with the mask."""
    settings().steps = 4
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from until_idle()
    found = layers()
    traced = addon("scene.rebuild").load_stack(found[0]).info.mode if found else None
    check("object_traced", not busy() and traced == "object", f"{traced}, {session().notice}")
    yield from hands.screenshot("traced")


def alpha(image: bpy.types.Image) -> np.ndarray:
    """Alpha of every pixel, (N,)."""
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    return values[3::4].copy()
