"""Pictures from other programs, on a Wayland desktop: pasted from the clipboard, dragged to the viewport."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import bpy
import hands
from screen_mouse import ScreenMouse
from stage import busy, check, layers, need, press_button, session, settings, until_idle

DESKTOP = "WAYLAND"  # Blender reads no pictures from an X11 clipboard, and under Xvfb there is nobody to drag
CHECKS = (
    "paste_button",
    "nothing_to_paste",
    "pasted",
    "trace_button",
    "pasted_is_traced",
    "drag_source",
    "drop_asks",
    "dropped_is_traced",
    "dropped_stack_is_there",
)
ICON = (60, 900)  # where window.sh puts the other program's window


def scenario() -> hands.Wait:
    """Clipboard, then drop a photo and a stack."""
    yield from hands.open_tab("World Tracing")
    yield from paste()
    yield from drop_photo()
    yield from drop_stack()


def paste() -> hands.Wait:
    """Without a picture a sentence; then a PNG that another program has copied, traced."""
    found: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.paste_image", found)
    need("paste_button", bool(found), found)
    images = len(bpy.data.images)
    yield from hands.click(*found[0])
    check("nothing_to_paste", settings().image is None and len(bpy.data.images) == images)
    yield from hands.screenshot("nothing_to_paste")
    yield from hands.tap("ESC")  # the message
    yield from hands.move(*hands.middle(hands.region("WINDOW")))
    with Path(os.environ["WT_GUI_CUT_OUT"]).open("rb") as picture:
        subprocess.run(["wl-copy", "--type", "image/png"], stdin=picture, check=True, timeout=10)
    yield from hands.click(*found[0])
    yield from hands.wait_for(lambda: settings().image is not None, 5)
    image = settings().image
    need("pasted", image is not None and image.packed_file is not None, image and tuple(image.size))
    yield from hands.screenshot("pasted")
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from until_idle()
    check("pasted_is_traced", bool(layers()), session().notice)
    yield from hands.undo()


def drop_photo() -> hands.Wait:
    """Blender asks what to make of a photo, and the add-on traces it."""
    settings().source = "FILE"
    yield from drop(Path(os.environ["WT_GUI_IMAGE"]))
    yield from hands.screenshot("drop_menu")
    before = len(layers())
    yield from hands.tap("T")  # the underlined letter of the add-on's entry in Blender's menu
    yield 0.5
    yield from hands.screenshot("drop_asks")
    check("drop_asks", not busy(), session().notice)
    yield from hands.tap("RET")
    yield from until_idle()
    check("dropped_is_traced", len(layers()) > before, session().notice)
    yield from hands.screenshot("traced")


def drop_stack() -> hands.Wait:
    """A stack comes in at once: nobody else wants it."""
    before = layers()
    stack = Path(before[0].world_tracing.stack)
    yield from drop(stack)
    yield from hands.screenshot("stack_dropped")
    check("dropped_stack_is_there", len(layers()) > len(before), stack)


def drop(file: Path) -> hands.Wait:
    """Drag a file from another program to the viewport with the screen's mouse."""
    source = subprocess.Popen(["/usr/bin/python3", Path(__file__).parent.parent / "drag_source.py", file])
    yield 3.0
    need("drag_source", source.poll() is None, source.poll())
    x, y = hands.middle(hands.region("WINDOW"))
    mouse = ScreenMouse("/tmp/mouse")
    yield from drag(mouse, ICON, (x, hands.window().height - y))
    yield 1.0
    source.kill()


def drag(mouse: ScreenMouse, start: tuple[int, int], end: tuple[int, int], steps: int = 10) -> hands.Wait:
    """Drag with the left button, slowly enough for both programs."""
    mouse.move(*start)
    yield 0.3
    mouse.press()
    yield 0.3
    for step in range(1, steps + 1):
        x, y = (round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True))
        mouse.move(x, y)
        yield 0.1
    yield 0.5
    mouse.release()
    yield 1.5
