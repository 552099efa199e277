"""Two windows with a scene each: a trace goes to its own, and leaves who works in the other one in peace.

Then nobody looks at its scene any more when it arrives.
"""

from __future__ import annotations

import os

import bpy
import hands
from stage import check, layers, need, session, until_idle

CHECKS = (
    "two_windows",
    "traced_in_second_scene",
    "first_scene_has_nothing",
    "windows_keep_their_scenes",
    "goes_on_editing",
    "first_view_is_left_alone",
    "second_view_shows_the_trace",
    "found_by_undo",
    "traced_out_of_sight",
    "nothing_moves",
    "solid_out_of_sight",
    "locked_camera_stays",
)


def scenario() -> hands.Wait:
    """Everything in order."""
    for part in (two_windows, trace_beside, trace_out_of_sight, trace_behind_a_camera):
        yield from part()


def two_windows() -> hands.Wait:
    """Somebody edits a cube in the first window; the second one has a scene of its own."""
    first = hands.window()
    with bpy.context.temp_override(window=first, area=hands.viewport(), region=hands.region("WINDOW")):
        bpy.ops.mesh.primitive_cube_add()
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.ed.undo_push(message="Edit")
        bpy.ops.wm.window_new_main()
    yield 1.5
    windows = list(bpy.context.window_manager.windows)
    second = next(window for window in windows if window != first)
    scene = bpy.data.scenes.new("Second")
    scene.world_tracing.filepath, scene.world_tracing.steps = os.environ["WT_GUI_IMAGE"], 4
    second.scene = scene
    yield 0.5
    bpy.ops.ed.undo_push(message="Second scene")
    shown = [(window.scene.name, window.parent is None) for window in windows]
    need("two_windows", shown == [("Scene", True), ("Second", True)], shown)


def trace_beside() -> hands.Wait:
    """Traced from the second window."""
    first, second = bpy.context.window_manager.windows
    before, beside = look(first), look(second)
    start_trace(second)
    yield from until_idle()
    found = traced("Second")
    need("traced_in_second_scene", bool(found), session().notice)
    check("first_scene_has_nothing", not traced("Scene"), traced("Scene"))
    check("windows_keep_their_scenes", scenes() == ["Scene", "Second"], scenes())
    cube = bpy.data.scenes["Scene"].objects["Cube"]
    check("goes_on_editing", cube.mode == "EDIT", cube.mode)
    check("first_view_is_left_alone", look(first) == before, f"{before} → {look(first)}")
    shading = viewport(second).spaces[0].shading.color_type
    check("second_view_shows_the_trace", look(second) != beside and shading == "TEXTURE", shading)
    yield from hands.screenshot("beside")
    with bpy.context.temp_override(window=second):
        bpy.ops.ed.undo()
    yield 0.5
    check("found_by_undo", not traced("Second") and scenes() == ["Scene", "Second"], (layers(), scenes()))
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[1]):
        bpy.ops.ed.redo()
    yield 0.5


def trace_out_of_sight() -> hands.Wait:
    """While it is traced, the second window goes to a third scene."""
    first, second = bpy.context.window_manager.windows
    count = len(traced("Second"))
    start_trace(second)
    second.scene = bpy.data.scenes.new("Third")
    yield 0.5
    before = look(first), look(second)
    yield from until_idle()
    check("traced_out_of_sight", len(traced("Second")) > count and not traced("Third"), session().notice)
    after = look(first), look(second)
    check("nothing_moves", after == before and scenes() == ["Scene", "Third"], f"{before} → {after}")
    yield from hands.screenshot("out_of_sight")
    root = next(o for o in bpy.data.scenes["Second"].objects if o.world_tracing.role == "ROOT")
    second.scene = bpy.data.scenes["Second"]
    yield 0.3
    with bpy.context.temp_override(window=second, area=viewport(second)):
        bpy.context.view_layer.objects.active = root
        bpy.ops.world_tracing.make_solid("EXEC_DEFAULT", resolution=64)
    second.scene = bpy.data.scenes["Third"]
    yield from until_idle()
    solids = [o for o in bpy.data.scenes["Second"].objects if o.world_tracing.role == "SOLID"]
    check("solid_out_of_sight", len(solids) == 1 and solids[0].parent == root, session().notice)


def trace_behind_a_camera() -> hands.Wait:
    """Somebody looks through a camera that follows the view (Lock Camera to View)."""
    second = bpy.context.window_manager.windows[1]
    scene = second.scene = bpy.data.scenes.new("Fourth")
    scene.world_tracing.filepath, scene.world_tracing.steps = os.environ["WT_GUI_IMAGE"], 4
    camera = scene.camera = bpy.data.objects.new("Shot", bpy.data.cameras.new("Shot"))
    scene.collection.objects.link(camera)
    camera.location = (7.0, -7.0, 5.0)
    space = viewport(second).spaces[0]
    space.lock_camera, space.region_3d.view_perspective = True, "CAMERA"
    yield 0.5
    before = [tuple(row) for row in camera.matrix_world]
    start_trace(second)
    yield from until_idle()
    yield 0.5
    after = [tuple(row) for row in bpy.data.objects["Shot"].matrix_world]
    check("locked_camera_stays", traced("Fourth") and after == before, f"{before} → {after}")
    yield from hands.screenshot("camera")


def start_trace(window: bpy.types.Window) -> None:
    """Trace World, as its button does in that window."""
    with bpy.context.temp_override(window=window, area=viewport(window)):
        bpy.ops.world_tracing.trace_world("INVOKE_DEFAULT")


def viewport(window: bpy.types.Window) -> bpy.types.Area:
    """The 3D viewport of a window."""
    return next(area for area in window.screen.areas if area.type == "VIEW_3D")


def look(window: bpy.types.Window) -> tuple[object, ...]:
    """How a window's viewport looks at its scene."""
    space = viewport(window).spaces[0]
    matrix = [round(value, 5) for row in space.region_3d.view_matrix for value in row]
    return (*matrix, space.shading.color_type, space.shading.light)


def scenes() -> list[str]:
    """What the windows show."""
    return [window.scene.name for window in bpy.context.window_manager.windows]


def traced(scene: str) -> list[str]:
    """The layers in a scene."""
    return [layer.name for layer in layers() if layer.name in bpy.data.scenes[scene].objects]
