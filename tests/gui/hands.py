"""Hands and eyes for a Blender window: simulated mouse and keys, buttons found by hovering, screenshots.

Runs inside Blender (started with --enable-event-simulate). A scenario is a generator that yields the seconds
to wait before it goes on; what needs time here is such a generator too, used with `yield from`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator

import bpy

Wait = Iterator[float]
SETTLE = 0.15  # seconds in which Blender handles an event and redraws
SCAN_STEP = 9  # pixels; a button is 20 high
SCROLLS = 8  # notches of the mouse wheel that move a sidebar by less than its height
PAGES = 5
CAMERA = ["grim"] if os.environ.get("WAYLAND_DISPLAY") else ["import", "-window", "root"]


def window() -> bpy.types.Window:
    """The first main window."""
    return bpy.context.window_manager.windows[0]


def area(kind: str) -> bpy.types.Area:
    """The first area of a kind, in any window."""
    shown = (area for window in bpy.context.window_manager.windows for area in window.screen.areas)
    return next(area for area in shown if area.type == kind)


def viewport() -> bpy.types.Area:
    """The 3D viewport."""
    return area("VIEW_3D")


def region(kind: str, within: bpy.types.Area | None = None) -> bpy.types.Region:
    """A region of an area, the viewport if none is given: "WINDOW" is the view, "UI" the sidebar."""
    return next(region for region in (within or viewport()).regions if region.type == kind)


def middle(of: bpy.types.Region) -> tuple[int, int]:
    """The middle of a region in window coordinates."""
    return of.x + of.width // 2, of.y + of.height // 2


def move(x: int, y: int, on: bpy.types.Window | None = None) -> Wait:
    """Move the mouse; twice, because Blender activates a button on the second motion over it."""
    for dx in (0, 1):
        (on or window()).event_simulate(type="MOUSEMOVE", value="NOTHING", x=x + dx, y=y)
        yield 0.03


def click(x: int, y: int, on: bpy.types.Window | None = None) -> Wait:
    """Move to a place and press the left button there."""
    yield from move(x, y, on)
    for value in ("PRESS", "RELEASE"):
        (on or window()).event_simulate(type="LEFTMOUSE", value=value, x=x + 1, y=y)
        yield 0.05
    yield SETTLE


def drag(start: tuple[int, int], end: tuple[int, int], steps: int = 8, pause: Wait | None = None) -> Wait:
    """Move with the left button down; `pause` happens before it is let go."""
    yield from move(*start)
    window().event_simulate(type="LEFTMOUSE", value="PRESS", x=start[0] + 1, y=start[1])
    yield 0.05
    for step in range(1, steps + 1):
        x, y = (round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True))
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
        yield 0.05
    if pause is not None:
        yield from pause
    window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=end[0], y=end[1])
    yield SETTLE


def press(key: str, x: int, y: int, **modifiers: bool) -> Wait:
    """Press a key with the mouse at a place."""
    yield from move(x, y)
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=key, value=value, x=x + 1, y=y, **modifiers)
        yield 0.05
    yield SETTLE


def tap(key: str) -> Wait:
    """Press a key and leave the mouse where it is: in an open menu, or a dialog."""
    x, y = middle(region("UI"))
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=key, value=value, x=x, y=y)
        yield 0.05
    yield SETTLE


def undo(redo: bool = False) -> Wait:
    """Ctrl Z over the viewport, or with Shift its opposite."""
    yield from press("Z", *middle(region("WINDOW")), ctrl=True, shift=redo)
    yield 0.4


def wait_for(condition: Callable[[], bool], seconds: float, step: float = 0.1) -> Iterator[float]:
    """Wait until a condition holds or the time is over; the caller looks at the condition again."""
    waited = 0.0
    while waited < seconds and not condition():
        waited += step
        yield step


def open_tab(category: str, within: bpy.types.Area | None = None) -> Wait:
    """Show the sidebar of an area (the viewport) with one of its tabs in front."""
    shown = within or viewport()
    shown.spaces[0].show_region_ui = True
    for _ in range(20):
        shown.tag_redraw()
        yield 0.3
        try:
            region("UI", shown).active_panel_category = category
        except AttributeError:  # read-only until the region has been drawn with its tabs
            continue
        break
    shown.tag_redraw()
    yield 0.5


def under_mouse(within: bpy.types.Region) -> str:
    """The Python call of the operator button under the mouse, as Blender itself would copy it, or ""."""
    manager = bpy.context.window_manager
    manager.clipboard = ""
    screen, area = place_of(within)
    with bpy.context.temp_override(window=screen, area=area, region=within):
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
    return str(manager.clipboard)


def place_of(within: bpy.types.Region) -> tuple[bpy.types.Window, bpy.types.Area]:
    """The window and the area that a region is in."""
    for shown in bpy.context.window_manager.windows:
        for area in shown.screen.areas:
            if within in area.regions.values():
                return shown, area
    raise LookupError("The region is not shown any more.")


def find_button(operator: str, found: list[tuple[int, int]], within: bpy.types.Region | None = None) -> Wait:
    """Hover down a region (the sidebar) until an operator's button is under the mouse.

    Its place goes into `found`. A button that is not to be seen is searched from the region's top to its end.
    """
    shown = within or region("UI")
    yield from _find_visible(operator, found, shown)
    if not found:
        yield from scroll(shown, -SCROLLS * PAGES)
    for _ in range(PAGES):
        if found:
            return
        yield from _find_visible(operator, found, shown)
        if not found:
            yield from scroll(shown, SCROLLS)


def scroll(within: bpy.types.Region, notches: int) -> Wait:
    """Turn the mouse wheel over a region, down where `notches` is positive."""
    x, y = middle(within)
    on = place_of(within)[0]
    yield from move(x, y, on)
    for _ in range(abs(notches)):
        kind = "WHEELDOWNMOUSE" if notches > 0 else "WHEELUPMOUSE"
        on.event_simulate(type=kind, value="PRESS", x=x + 1, y=y)
        yield 0.03
    yield SETTLE


def _find_visible(operator: str, found: list[tuple[int, int]], shown: bpy.types.Region) -> Wait:
    on = place_of(shown)[0]
    for x in (shown.x + shown.width // 2 - 8, shown.x + shown.width - 40, shown.x + 40):
        for y in range(shown.y + shown.height - 10, shown.y + 10, -SCAN_STEP):
            yield from move(x, y, on)
            if f"{operator}(" in under_mouse(shown):
                found.append((x, y))
                return


def screenshot(name: str) -> Wait:
    """Photograph the whole screen into /share (the screen, not the render buffer: what a user would see)."""
    for shown in bpy.context.window_manager.windows:
        for area in shown.screen.areas:
            area.tag_redraw()
    yield 0.6
    camera = subprocess.Popen([*CAMERA, f"/share/{name}.png"])
    yield from wait_for(lambda: camera.poll() is not None, 30)  # Blender goes on meanwhile
