"""Layers in the place of their solid, and back, with the real worker."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_geometry import import_stack, layers

pytestmark = pytest.mark.usefixtures("real_worker")


@pytest.mark.parametrize("output", ["MESH", "BOTH", "POINTS"])
def test_layers_are_shown_in_the_place_of_their_solid(
    scene: bpy.types.Scene, tmp_path: Path, output: str
) -> None:
    """Each had to be shown by its eye, and again for the render."""
    root = import_stack(shapes.sphere(32), tmp_path, output=output)
    assert not bpy.ops.world_tracing.swap_solid.poll()
    before = {layer.name for layer in layers(root) if layer.visible_get()}
    root.world_tracing.layers = 1
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    assert bpy.ops.world_tracing.swap_solid() == {"FINISHED"}
    first = {name for name in before if bpy.data.objects[name].world_tracing.layer == 0}
    assert {layer.name for layer in layers(root) if layer.visible_get()} == first
    assert {layer.name for layer in layers(root) if not layer.hide_render} == first
    root.world_tracing.layers = 6
    assert {layer.name for layer in layers(root) if layer.visible_get()} == before
    assert {layer.name for layer in layers(root) if not layer.hide_render} == before
    assert not solid.visible_get() and solid.hide_render
    assert bpy.ops.world_tracing.swap_solid() == {"FINISHED"}
    assert solid.visible_get() and not solid.hide_render and bpy.context.object == solid
    bpy.ops.world_tracing.swap_solid()
    solid.hide_viewport = True  # by its monitor in the Outliner
    assert bpy.ops.world_tracing.swap_solid() == {"FINISHED"} and solid.visible_get()
    assert not any(layer.visible_get() or not layer.hide_render for layer in layers(root))
