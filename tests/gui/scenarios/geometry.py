"""A trace worked on with the mouse: tears, islands, layers, camera, solid, fewer faces, selection, sky."""

from __future__ import annotations

import os

import bpy
import hands
from stage import check, layers, need, press_button, session, settings, show_panels, until_idle

CHECKS = (
    "trace_button",
    "layers",
    "grazing_field",
    "tear_field",
    "tear_rebuilds",
    "island_field",
    "island_rebuilds",
    "layers_field",
    "layers_hide",
    "camera_button",
    "looks_through_camera",
    "solid_button",
    "solid_made",
    "solid_undone",
    "reduced",
    "same_pixel_button",
    "same_pixel_selected",
    "sky_said",
    "sky_undone",
)
SCREEN = (1440, 1720)
SECONDS = 540


def scenario() -> hands.Wait:
    """Everything in order."""
    show_panels(opened=("WORLD_TRACING_PT_geometry", "WORLD_TRACING_PT_layer"))
    yield from hands.open_tab("World Tracing")
    for part in (trace, change_settings, camera, solid, same_pixel, sky):
        yield from part()


def trace() -> hands.Wait:
    """The bundled photograph as a scene."""
    settings().filepath, settings().mode, settings().steps = os.environ["WT_GUI_IMAGE"], "SCENE", 4
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from until_idle()
    need("layers", len(layers()) >= 3, [(o.name, len(o.data.vertices)) for o in layers()] or session().notice)
    activate(layers()[0])
    yield 0.5
    yield from hands.screenshot("traced")


def change_settings() -> hands.Wait:
    """Numbers pasted into the fields of the panel rebuild the mesh at once."""
    layer = layers()[0]
    faces = len(layer.data.polygons)
    yield from paste_number("world_tracing.grazing", "80", "grazing_field")  # else steep flanks stay whole
    yield from paste_number("world_tracing.tear", "0.003", "tear_field")
    torn = len(layer.data.polygons)
    check("tear_rebuilds", 0 < torn < faces, f"{faces} → {torn} faces")
    yield from hands.screenshot("torn")
    yield from paste_number("world_tracing.island", "400", "island_field")
    check("island_rebuilds", len(layer.data.polygons) < torn, f"{torn} → {len(layer.data.polygons)} faces")
    yield from paste_number("world_tracing.tear", "0.04", "tear_field")
    yield from paste_number("world_tracing.grazing", "7", "grazing_field")
    yield from paste_number("world_tracing.layers", "1", "layers_field")
    shown = [member.world_tracing.layer for member in layers() if member.visible_get()]
    check("layers_hide", shown == [0], shown)
    yield from paste_number("world_tracing.layers", "64", "layers_field")


def camera() -> hands.Wait:
    """Look through the trace's camera."""
    yield from press_button("world_tracing.use_trace_camera", "camera_button")
    space = hands.viewport().spaces[0]
    check("looks_through_camera", space.region_3d.view_perspective == "CAMERA")
    yield from hands.screenshot("camera")


def solid() -> hands.Wait:
    """Make Solid, undo, redo; Reduce Faces from its menu, which stands below."""
    yield from press_button("world_tracing.make_solid", "solid_button")
    yield from until_idle()
    made = solids()
    check("solid_made", len(made) == 1 and len(made[0].data.polygons) > 1000, session().notice)
    yield from hands.screenshot("solid")
    yield from hands.undo()
    check("solid_undone", not solids() and all(layer.visible_get() for layer in layers()), solids())
    yield from hands.undo(redo=True)
    activate(solids()[0])
    yield 0.3
    place: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.make_solid", place)
    before = len(solids()[0].data.polygons)
    x, y = place[0]
    yield from hands.click(x, y - 22)
    yield from hands.screenshot("budgets")
    for key in ("DOWN_ARROW", "DOWN_ARROW", "RET"):
        yield from hands.tap(key)
    yield from until_idle()
    after = len(solids()[0].data.polygons)
    check(
        "reduced", after in range(100, 10_001) and after < before, f"{before} → {after}, {session().notice}"
    )
    yield from hands.undo()  # the reduction
    yield from hands.undo()  # the solid


def same_pixel() -> hands.Wait:
    """From a few vertices of the seen layer through all layers."""
    front = layers()[0]
    activate(front)
    wanted = [True] * 50 + [False] * (len(front.data.vertices) - 50)
    front.data.vertices.foreach_set("select", wanted)
    yield from press_button("world_tracing.select_same_pixel", "same_pixel_button")
    mode = bpy.context.mode
    yield from hands.screenshot("same_pixel")
    bpy.ops.object.mode_set(mode="OBJECT")
    counts = [sum(vertex.select for vertex in layer.data.vertices) for layer in layers()]
    check("same_pixel_selected", mode == "EDIT_MESH" and counts[0] == 50 and 0 < counts[1] <= 50, counts)
    yield 0.3


def sky() -> hands.Wait:
    """Indoors there is none, and that is said; the message gone, Ctrl Z takes back what was before."""
    found: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.find_sky", found)
    if found:
        yield from hands.click(*found[0])
    root = next(o for o in bpy.data.objects if o.world_tracing.role == "ROOT")
    check("sky_said", bool(found) and not root.world_tracing.without_sky, found)
    yield from hands.screenshot("sky")
    yield from hands.press("ESC", *hands.middle(hands.region("WINDOW")))  # Blender's message keeps the keys
    front = layers()[0]
    before = front.world_tracing.island, len(front.data.polygons)
    for _ in range(10):
        if layers()[0].world_tracing.island == 16:
            break
        yield from hands.undo()
    front = layers()[0]
    after = front.world_tracing.island, len(front.data.polygons)
    check("sky_undone", before[0] == 400 and after[0] == 16 and before[1] != after[1], f"{before} → {after}")
    yield from hands.screenshot("sky_undone")


def paste_number(path: str, number: str, name: str) -> hands.Wait:
    """Hover over the field of a property, as its data path tells, and paste."""
    sidebar, manager = hands.region("UI"), bpy.context.window_manager
    found: tuple[int, int] | None = None
    seen: set[str] = set()
    x = sidebar.x + 3 * sidebar.width // 4
    for y in range(sidebar.y + 10, sidebar.y + sidebar.height - 10, hands.SCAN_STEP):  # they stand low
        yield from hands.move(x, y)
        manager.clipboard = ""
        with bpy.context.temp_override(window=hands.window(), area=hands.viewport(), region=sidebar):
            if bpy.ops.ui.copy_data_path_button.poll():
                bpy.ops.ui.copy_data_path_button()
        seen.add(manager.clipboard)
        if manager.clipboard == path:
            found = x, y
            break
    need(name, found is not None, f"{path} among {sorted(seen)}")
    assert found is not None
    manager.clipboard = number
    yield from hands.press("V", *found, ctrl=True)
    yield 0.5


def activate(member: bpy.types.Object) -> None:
    """Make an object active and the only one selected."""
    for other in bpy.context.view_layer.objects.selected:
        other.select_set(False)
    member.select_set(True)
    bpy.context.view_layer.objects.active = member


def solids() -> list[bpy.types.Object]:
    """Solids in the file."""
    return [o for o in bpy.data.objects if o.world_tracing.role == "SOLID"]
