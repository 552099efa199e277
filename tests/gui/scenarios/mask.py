"""A mask in the Image Editor, by dragging a box and by brush; a trace of what was masked."""

from __future__ import annotations

import os
from collections.abc import Iterator

import bpy
import hands
import numpy as np
from stage import TRACE_SECONDS, addon, busy, check, layers, need, press_button, session, settings, until_idle

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
    "waits_for_the_stroke",
    "arrives_after_the_stroke",
    "stroke_is_undone",
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
    hands.viewport().ui_type = "IMAGE_EDITOR"
    yield 0.3
    yield from stroke(hands.area("IMAGE_EDITOR"))


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
    if brush is None:
        without_brushes("brush_counts")
        return
    brush.blend = "ADD_ALPHA"
    before = alpha(settings().mask_image)
    yield from hands.drag(*across(view, 0.9))
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


def stroke(editor: bpy.types.Area) -> hands.Wait:
    """Hold the brush down while a trace ends: it comes in afterwards, and both can be undone."""
    if bpy.context.scene.tool_settings.image_paint.brush is None:
        without_brushes("waits_for_the_stroke", "arrives_after_the_stroke", "stroke_is_undone")
        return
    space, view, name = editor.spaces.active, hands.region("WINDOW", editor), settings().mask_image.name
    space.image, space.ui_mode = bpy.data.images[name], "PAINT"
    yield from hands.open_tab("World Tracing", editor)
    yield from hands.press("HOME", *hands.middle(view))
    settings().steps = 30  # there is time to begin
    before, count = alpha(bpy.data.images[name]), traces()
    yield from press_button("world_tracing.trace_world", "trace_button", hands.region("UI", editor))

    def held() -> hands.Wait:
        yield from hands.wait_for(lambda: not busy(), TRACE_SECONDS)
        yield 1.0
        check("waits_for_the_stroke", traces() == count, f"{count} traces, {traces()} during the stroke")

    yield from hands.drag(*across(view, 0.8), pause=held())
    yield from hands.wait_for(lambda: traces() > count, 20)
    grown = float((alpha(bpy.data.images[name]) - before).max())
    check("arrives_after_the_stroke", traces() == count + 1 and grown > 0.3, f"alpha grew by {grown:.2f}")
    yield from hands.screenshot("stroke")
    for _ in range(2):
        yield from hands.press("Z", *hands.middle(view), ctrl=True)
        yield 0.5
    left = float(np.abs(alpha(bpy.data.images[name]) - before).max())
    check("stroke_is_undone", traces() == count and left == 0, f"{traces()} traces, alpha off by {left:.2f}")


def across(view: bpy.types.Region, height: float) -> Iterator[tuple[int, int]]:
    """Where a short stroke at the left of the image begins and ends."""
    places = (view.view2d.view_to_region(u, height, clip=False) for u in (0.05, 0.2))
    return ((x + view.x, y + view.y) for x, y in places)


def without_brushes(*names: str) -> None:
    """Debian's Blender 4.3 has none, so that nothing can be painted."""
    brushes = bpy.utils.system_resource("DATAFILES", path="assets/brushes")
    for name in names:
        check(name, not brushes, brushes or "this Blender comes without brushes")


def traces() -> int:
    """How many traces there are."""
    return sum(thing.world_tracing.role == "ROOT" for thing in bpy.data.objects)


def alpha(image: bpy.types.Image) -> np.ndarray:
    """Alpha of every pixel, (N,)."""
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    return values[3::4].copy()
