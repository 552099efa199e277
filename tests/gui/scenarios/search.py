"""Operators by name: F3 finds Trace World, Return runs it; a seed sweep shows all of its variants.

During the trace another tab is opened; none of the two keeps the progress in its status bar.
"""

from __future__ import annotations

import os

import bpy
import hands
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector
from numpy.typing import NDArray
from stage import busy, check, layers, need, session, settings, until_idle

CHECKS = (
    "found_by_name",
    "status_bar",
    "traced",
    "status_bar_given_back",
    "sweep_begins",
    "cancel_in_sight",
    "four_variants",
    "all_in_view",
)
SCREEN = (1024, 600)


def scenario() -> hands.Wait:
    """Everything in order."""
    settings().filepath, settings().steps = os.environ["WT_GUI_IMAGE"], 2
    yield from hands.open_tab("World Tracing")
    yield from hands.move(*hands.middle(hands.region("WINDOW")))
    yield from hands.screenshot("before")
    yield from by_name("trace world")
    yield from hands.wait_for(busy, 2)
    need("found_by_name", busy(), session().notice)
    yield from hands.move(*hands.middle(hands.region("WINDOW")))
    yield from hands.screenshot("tracing")
    check("status_bar", not np.array_equal(status_bar("tracing"), status_bar("before")))
    tab = hands.window().workspace
    hands.window().workspace = bpy.data.workspaces["UV Editing"]
    yield from until_idle()
    check("traced", bool(layers()), session().notice)
    hands.window().workspace = tab
    yield 0.5
    yield from hands.move(*hands.middle(hands.region("WINDOW")))
    yield from hands.screenshot("after")
    check("status_bar_given_back", np.array_equal(status_bar("after"), status_bar("before")))
    yield from sweep()


def status_bar(picture: str) -> NDArray[np.float32]:
    """The left part of the status bar in a screenshot, (rows, columns, 4); right of it are messages."""
    image = bpy.data.images.load(f"/share/{picture}.png")
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[:20, :300]


def by_name(words: str) -> hands.Wait:
    """F3 over the viewport, type, Return."""
    yield from hands.press("F3", *hands.middle(hands.region("WINDOW")))
    for letter in words:
        key = "SPACE" if letter == " " else letter.upper()
        hands.window().event_simulate(type=key, value="PRESS", unicode=letter)
        hands.window().event_simulate(type=key, value="RELEASE")
        yield 0.05
    yield 0.5
    yield from hands.screenshot("search")
    yield from hands.tap("RET")


def sweep() -> hands.Wait:
    """Four variants; progress and Cancel are in sight at once, and all variants at the end."""
    yield from by_name("seed sweep")
    yield 0.5
    yield from hands.screenshot("dialog")
    yield from hands.tap("RET")
    yield from hands.wait_for(busy, 2)
    need("sweep_begins", busy(), session().notice)
    found: list[tuple[int, int]] = []
    yield from hands._find_visible("world_tracing.cancel", found, hands.region("UI"))
    yield from hands.screenshot("sweep")
    check("cancel_in_sight", bool(found), found)
    yield from until_idle()
    roots = [member for member in bpy.data.objects if member.world_tracing.group]
    check("four_variants", len(roots) == 4, [root.name for root in roots])
    yield from hands.screenshot("variants")
    view, space = hands.region("WINDOW"), hands.viewport().spaces[0].region_3d
    places = [
        location_3d_to_region_2d(view, space, layer.matrix_world @ Vector(corner))
        for root in roots
        for layer in root.children
        if layer in layers()
        for corner in layer.bound_box
    ]
    inside = [
        place is not None and 0 <= place.x <= view.width and 0 <= place.y <= view.height for place in places
    ]
    check("all_in_view", bool(places) and all(inside), f"{sum(inside)} of {len(inside)} corners")
