"""Trace Ground Truth by mouse, from the menu beside the big button; one undo step takes it back."""

from __future__ import annotations

import bpy
import hands
from stage import check, layers, need, session

CHECKS = ("more_button", "ground_truth_traced", "ground_truth_undone")


def scenario() -> hands.Wait:
    """Trace Ground Truth of a torus, from the menu beside the big button; Ctrl Z takes its layers away."""
    bpy.ops.mesh.primitive_torus_add()
    view = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    view.location, view.rotation_euler = (0, -5, 3), (1.03, 0, 0)
    scene = bpy.context.scene
    scene.collection.objects.link(view)
    scene.camera, scene.render.resolution_percentage = view, 20
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    bpy.ops.ed.undo_push(message="Torus")
    yield 0.5
    yield from hands.open_tab("World Tracing")
    place: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.trace_world", place)
    need("more_button", bool(place), place)
    sidebar = hands.region("UI")
    yield from hands.click(sidebar.x + sidebar.width - 42, place[0][1])
    yield from hands.screenshot("more")
    for key in ("DOWN_ARROW", "DOWN_ARROW", "DOWN_ARROW", "RET"):
        yield from hands.tap(key)
    yield 0.5
    yield from hands.screenshot("dialog")
    yield from hands.tap("RET")
    yield from hands.wait_for(lambda: len(layers()) > 0, 60)
    yield 0.5
    made = [(layer.name, len(layer.data.vertices)) for layer in layers()]
    check("ground_truth_traced", len(made) >= 2, made or session().notice)
    yield from hands.screenshot("ground_truth")
    yield from hands.undo()
    check("ground_truth_undone", not layers() and "Torus" in bpy.data.objects, list(bpy.data.objects))
