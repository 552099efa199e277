"""What a mesh wears after a projection, with the real worker: the trace's light, and what it wore before."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from projection_scenes import ball, only, photographed, shapes

pytestmark = pytest.mark.usefixtures("real_worker")


@pytest.mark.parametrize("route", ["BAKE", "SHADER"])
def test_the_solid_of_a_lit_trace_stays_lit(scene: bpy.types.Scene, tmp_path: Path, route: str) -> None:
    """Its new material glowed until Lit was toggled."""
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    for lit, group in ((True, "WT Layer Lit"), (False, "WT Layer")):
        root.world_tracing.lit = lit
        only(solid)
        assert bpy.ops.world_tracing.project_texture(size="512", route=route) == {"FINISHED"}
        layer = solid.data.materials[0].node_tree.nodes["Layer"]
        assert layer.node_tree.name == group and layer.inputs["Color"].is_linked


@pytest.mark.parametrize("route", ["BAKE", "SHADER"])
def test_materials_of_the_artist_stay_in_the_file(scene, tmp_path: Path, route: str) -> None:
    """Those that nothing else used were gone when the file was opened again."""
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root)
    own, placed, twice, shared = map(bpy.data.materials.new, ("own", "placed", "twice", "shared"))
    for material in (own, twice, None, twice, shared):
        thing.data.materials.append(material)
    thing.material_slots[2].link, thing.material_slots[2].material = "OBJECT", placed
    bpy.data.meshes.new("other").materials.append(shared)
    if own.node_tree is None:  # Blender before 5.0
        own.use_nodes = True
    own.node_tree.nodes.new("ShaderNodeRGB").name = "Layer"  # as ours are called
    for _again in range(2):
        assert bpy.ops.world_tracing.project_texture(size="512", route=route) == {"FINISHED"}
    kept = [material for material in bpy.data.materials if material.use_fake_user]
    assert kept == [own, placed, twice] and shared.users == 1


@pytest.mark.parametrize("operator", ["reproject", "make_solid"])
def test_materials_of_the_artist_stay_when_a_solid_wears_its_layers(scene, tmp_path: Path, operator) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    worn = list(solid.data.materials)
    own, placed = map(bpy.data.materials.new, ("own", "placed"))
    solid.data.materials.append(own)
    solid.material_slots[0].link, solid.material_slots[0].material = "OBJECT", placed
    only(solid)
    assert getattr(bpy.ops.world_tracing, operator)() == {"FINISHED"}
    assert list(solid.data.materials) == worn
    assert [material for material in bpy.data.materials if material.use_fake_user] == [own, placed]
