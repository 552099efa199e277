"""Photos onto a block that stands roughly in place: fit, bake, tint, photos in the shader, undo, Cancel."""

from __future__ import annotations

import os
import time

import bpy
import hands
from mathutils import Matrix, Vector
from stage import busy, check, layers, need, press_button, session, settings, show_panels, until_idle

CHECKS = (
    "trace_button",
    "traced",
    "fit_button",
    "fit_moves",
    "fit_says_residual",
    "fit_undo",
    "fit_redo",
    "project_button",
    "textured",
    "textured_seen",
    "tint_slider_shown",
    "texture_undo",
    "texture_redo",
    "shader_button",
    "shaded",
    "shader_undo",
    "project_button_again",
    "cancel_button",
    "cancelled",
    "cancel_leaves_the_look",
)
SCREEN = (1280, 1100)
SECONDS = 900
SHADERS = 12.0  # seconds in which a processor alone compiles them
BLOCK = "Block"


def scenario() -> hands.Wait:
    """Everything in order."""
    show_panels(opened=("WORLD_TRACING_PT_projection",), closed=("WORLD_TRACING_PT_layer",))
    for part in (trace, fit, bake, shade, cancel):
        yield from part()


def trace() -> hands.Wait:
    """A trace, and a block roughly where its layers are."""
    settings().filepath = os.environ["WT_GUI_IMAGE"]
    yield from hands.open_tab("World Tracing")
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from until_idle()
    need("traced", bool(layers()), session().notice)
    corners = [layer.matrix_world @ Vector(corner) for layer in layers() for corner in layer.bound_box]
    low, high = (Vector([pick(c[axis] for c in corners) for axis in range(3)]) for pick in (min, max))
    mesh = bpy.data.meshes.new(BLOCK)
    box = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh.from_pydata([[low[k] + c[k] * (high - low)[k] for k in range(3)] for c in box], [], faces)
    place = bpy.data.objects.new(BLOCK, mesh)
    bpy.context.scene.collection.objects.link(place)
    place.matrix_world = Matrix.Translation(0.3 * (high - low)) @ Matrix.Rotation(0.2, 4, "Z")
    root = layers()[0].parent
    for member in bpy.context.view_layer.objects:
        member.select_set(member in (place, root))
    bpy.context.view_layer.objects.active = place
    bpy.ops.ed.undo_push(message="Block")
    hands.viewport().spaces[0].shading.color_type = "TEXTURE"
    yield from frame()
    yield from hands.screenshot("before")


def frame() -> hands.Wait:
    """Frame what is selected, seen from the front and somewhat from the side."""
    x, y = hands.middle(hands.region("WINDOW"))
    for key in ("NUMPAD_1", "NUMPAD_4", "NUMPAD_8", "NUMPAD_PERIOD"):
        yield from hands.press(key, x, y)


def block() -> bpy.types.Object:
    """The block, as it is after an undo too."""
    return bpy.data.objects[BLOCK]


def look() -> str:
    """The name of the material that the block wears."""
    return block().data.materials[0].name if block().data.materials else ""


def key_undo(redo: bool = False) -> hands.Wait:
    """Ctrl Z in the viewport."""
    yield from hands.press("Z", *hands.middle(hands.region("WINDOW")), ctrl=True, shift=redo)
    yield 0.5


def fit() -> hands.Wait:
    """Fit to Layers moves it, says how well it fits, and is one step to undo."""
    before = block().matrix_world.copy()
    yield from press_button("world_tracing.fit_to_layers", "fit_button")
    yield from until_idle()
    after = block().matrix_world.copy()
    moved = (after.translation - before.translation).length
    check("fit_moves", moved > 0.01, f"{moved:.3f}, scale {after.to_scale().x:.3f}")
    notice = session().notice
    check("fit_says_residual", bool(notice) and "of their extent" in notice.message, notice)
    yield from hands.screenshot("fitted")
    yield from key_undo()
    check("fit_undo", (block().matrix_world.translation - before.translation).length < 1e-5)
    yield from key_undo(redo=True)
    check("fit_redo", (block().matrix_world.translation - after.translation).length < 1e-5)


def bake() -> hands.Wait:
    """Project Texture: a texture, the seen mask, one step to undo."""
    yield from press_button("world_tracing.project_texture", "project_button")
    yield from until_idle()
    yield from frame()
    need("textured", look() == f"{BLOCK} Projected", session().notice)
    seen = [entry.value for entry in block().data.attributes["wt_seen"].data]
    check("textured_seen", 0 < sum(seen) < len(seen) or "photos show" in session().notice.message, seen)
    yield from hands.screenshot("textured")
    tint = block().data.materials[0].node_tree.nodes["Tint Guessed"].inputs["Fac"]
    hands.viewport().spaces[0].shading.type = "MATERIAL"
    tint.default_value = 1.0
    bpy.ops.ed.undo_push(message="Tint")
    yield SHADERS
    check("tint_slider_shown", tint.default_value == 1.0 and not busy())
    yield from hands.screenshot("tinted")
    hands.viewport().spaces[0].shading.type = "SOLID"
    yield from key_undo()
    yield from key_undo()
    check("texture_undo", look() == "", look())
    yield from key_undo(redo=True)
    check("texture_redo", look() == f"{BLOCK} Projected", look())


def shade() -> hands.Wait:
    """UV Map per Camera: the second button of the same operator."""
    found: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.project_texture", found)
    x, y = found[0]
    for _ in range(12):
        y -= 4
        yield from hands.move(x, y)
        if "SHADER" in hands.under_mouse(hands.region("UI")):
            break
    need("shader_button", "SHADER" in hands.under_mouse(hands.region("UI")), (x, y))
    yield from hands.click(x, y)
    yield from until_idle()
    hands.viewport().spaces[0].shading.type = "MATERIAL"
    yield SHADERS
    check("shaded", look() == f"{BLOCK} Photos", session().notice)
    yield from hands.screenshot("shaded")
    hands.viewport().spaces[0].shading.type = "SOLID"
    yield from key_undo()
    check("shader_undo", look() == f"{BLOCK} Projected", look())


def cancel() -> hands.Wait:
    """Cancel a bake of the largest size on the way."""
    settings().texture_size = "8192"
    before = look()
    yield from press_button("world_tracing.project_texture", "project_button_again")
    yield from hands.wait_for(lambda: any(job.total and job.step > 1 for job in session().jobs()), 60)
    yield from hands.screenshot("baking")
    yield from press_button("world_tracing.cancel", "cancel_button")
    start = time.monotonic()
    yield from hands.wait_for(lambda: not busy(), 20, step=0.05)
    elapsed = time.monotonic() - start
    check("cancelled", not busy() and elapsed < 5, f"{elapsed:.2f} s, {session().notice}")
    check("cancel_leaves_the_look", look() == before, look())
    yield from hands.screenshot("cancelled")
