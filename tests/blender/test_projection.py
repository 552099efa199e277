"""Photos onto meshes with the real worker: bake, shader, fit, re-project, and a truth test through Cycles."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector
from projection_scenes import (
    RADIUS,
    baked_colours,
    ball,
    only,
    photographed,
    places,
    real_worker,  # noqa: F401
    shapes,
    texture,
    turned,
    values,
    waves,
)

pytestmark = pytest.mark.usefixtures("real_worker")


def test_a_mesh_without_uvs_gets_a_texture(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root, calc_uvs=False)
    assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
    assert [layer.name for layer in thing.data.uv_layers] == ["WT Projected"]
    seen, where = values(thing, "wt_seen"), places(thing, root)
    assert 0.2 < seen.mean() < 0.5  # of a sphere near by, less than half; its rim is left out
    towards = (where - (0, 0, -shapes.DISTANCE)) @ (0, 0, 1.0)
    assert towards[seen].min() > 0 and seen[towards > 0.6].all()
    error = np.abs(baked_colours(thing) - waves(where))
    assert error[seen].mean() < 0.02 and np.quantile(error[seen], 0.95) < 0.06
    assert texture(thing).colorspace_settings.name == "sRGB"


def test_only_the_traces_that_are_meant_are_used(scene: bpy.types.Scene, tmp_path: Path) -> None:
    one, other = (photographed(shapes.sphere, tmp_path, name) for name in ("one", "other"))
    thing = ball(one)
    assert not bpy.ops.world_tracing.project_texture.poll()  # two traces: which is meant?
    seen = []
    for roots in ([one], [one, other]):
        other.matrix_world = one.matrix_world @ turned(100)
        only(thing, *roots)
        assert bpy.ops.world_tracing.project_texture(size="512") == {"FINISHED"}
        seen.append(values(thing, "wt_seen").mean())
    assert seen[1] > 1.4 * seen[0]


def test_quads_keep_whole_and_own_uvs_are_used(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, radius=RADIUS, calc_uvs=False)
    thing = bpy.context.object
    thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -shapes.DISTANCE))
    thing.scale.x *= -1  # mirrored: inside out for whoever forgets it
    only(thing)
    for unwrap in ("NEW", "OWN"):
        assert bpy.ops.world_tracing.project_texture(size="512", unwrap=unwrap) == {"FINISHED"}
        seen, where = values(thing, "wt_seen"), places(thing, root)
        assert 0.3 < seen.mean() < 0.5
        error = np.abs(baked_colours(thing) - waves(where))
        assert error[seen].mean() < 0.03
    assert len(thing.data.polygons) == 32 * 16 and len(thing.data.materials) == 1


def test_another_chosen_mesh_hides(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(lambda size: shapes.two_planes(size, 2.0, 4.0), tmp_path)
    wall, screen = (plane(root, depth, side) for depth, side in ((4.0, 3.0), (2.0, 0.5)))
    only(wall, screen)
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="OWN") == {"FINISHED"}
    seen, where = values(wall, "wt_seen"), np.abs(places(wall, root)[:, :2]).max(1)
    assert not seen[where < 0.49].any() and seen[(where > 0.6) & (where < 1.3)].all()
    assert values(screen, "wt_seen").all()


def plane(root: bpy.types.Object, depth: float, side: float) -> bpy.types.Object:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=16, y_subdivisions=16, size=side)
    bpy.context.object.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -depth))
    return bpy.context.object


def test_fit_brings_a_moved_mesh_back(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root)
    at_first = thing.matrix_world.translation.copy()
    thing.matrix_world = Matrix.Translation((2, 1, 0.5)) @ thing.matrix_world @ Matrix.Scale(0.6, 4)
    only(thing)
    assert bpy.ops.world_tracing.fit_to_layers() == {"FINISHED"}
    assert (thing.matrix_world.translation - at_first).length < 0.05
    assert thing.matrix_world.to_scale().x == pytest.approx(1, rel=0.05)


def test_a_solid_that_lost_its_pixels_gets_them_back(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    before = [tuple(entry.uv) for entry in solid.data.uv_layers["WT Pixel"].data]
    layers = values(solid, "wt_layer")
    for name in ("WT Pixel", "wt_pixel", "wt_layer", "wt_seen"):
        solid.data.attributes.remove(solid.data.attributes[name])
    only(solid)
    assert bpy.ops.world_tracing.reproject() == {"FINISHED"}
    after = [tuple(entry.uv) for entry in solid.data.uv_layers["WT Pixel"].data]
    moved = np.abs(np.array(after) - before).max(1)  # the solid's wall stands half a pixel outside the rim
    assert np.quantile(moved, 0.85) < 1e-4 and moved.max() < 0.75 / 48
    assert (values(solid, "wt_layer") == layers).mean() > 0.9
    assert len(solid.data.materials) == 2


def spoil_missing_photo(thing: bpy.types.Object, folder: Path) -> None:
    (folder / "thing.png").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda thing, folder: thing.data.clear_geometry(), "has no faces"),
        (lambda thing, folder: bpy.data.objects.new("twin", thing.data), "shares its mesh"),
        (lambda thing, folder: setattr(thing, "scale", (1, 1, 0)), "is flat"),
        (lambda thing, folder: thing.data.uv_layers.remove(thing.data.uv_layers[0]), "has no UVs"),
        (
            lambda thing, folder: [setattr(e, "uv", (3, 3)) for e in thing.data.uv_layers[0].data],
            "unit square",
        ),
        (spoil_missing_photo, "photo of Trace: thing is missing"),
        (lambda thing, folder: (folder / "thing.wts").unlink(), "thing.wts"),
    ],
)
def test_what_cannot_be_textured_is_told(scene, tmp_path: Path, spoil, message: str) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root)
    spoil(thing, tmp_path)
    only(thing)
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.world_tracing.project_texture(size="512", unwrap="OWN")
    assert not thing.data.materials


def test_linked_meshes_are_left_alone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {bpy.context.object})
    root = photographed(shapes.sphere, tmp_path)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (there, here):
        here.objects = there.objects[:1]
    linked = here.objects[0]
    scene.collection.objects.link(linked)
    only(linked)
    with pytest.raises(RuntimeError, match="linked from another file"):
        bpy.ops.world_tracing.project_texture(size="512")
    assert root.name in bpy.data.objects


def test_modifiers_camera_inside_and_loose_shapes_are_no_trouble(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = photographed(shapes.sphere, tmp_path)
    thing = ball(root)
    thing.modifiers.new("Subdivision", "SUBSURF").levels = 1
    only(thing)
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="OWN") == {"FINISHED"}
    with pytest.raises(RuntimeError, match="Modifiers of"):
        bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW")
    bpy.ops.mesh.primitive_cube_add(size=4, location=root.matrix_world.translation)  # the camera is inside
    cube = bpy.context.object
    cube.data.vertices.add(1)  # one that belongs to no face
    only(cube)
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW") == {"FINISHED"}


def test_a_cycles_render_comes_back_onto_a_remesh(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_torus_add(major_segments=64, minor_segments=32, major_radius=1, minor_radius=0.4)
    thing = bpy.context.object
    thing.rotation_euler = (0.9, 0.3, 0)
    thing.data.materials.append(position_material())
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -5, 0), (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x = scene.render.resolution_y = 320
    scene.render.engine, scene.cycles.samples = "CYCLES", 4
    scene.cycles.use_denoising, scene.render.film_transparent = False, True
    scene.view_settings.view_transform = "Standard"
    assert bpy.ops.world_tracing.trace_ground_truth(filepath=str(tmp_path / "truth.wts"), longest=160) == {
        "FINISHED"
    }
    remesh = thing.modifiers.new("Remesh", "REMESH")
    remesh.mode, remesh.voxel_size = "VOXEL", 0.05
    only(thing)
    bpy.ops.object.modifier_apply(modifier="Remesh")
    thing.data.materials.clear()
    assert bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW") == {"FINISHED"}
    seen = values(thing, "wt_seen")
    world = np.array([thing.matrix_world @ Vector(vertex.co) for vertex in thing.data.vertices])
    linear = np.clip(0.5 + 0.3 * world, 0, 1)
    truth = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    error = (baked_colours(thing) - truth)[seen]
    assert 0.2 < seen.mean() < 0.6
    assert 20 * np.log10(1 / np.sqrt(np.mean(error**2))) > 30


def position_material() -> bpy.types.Material:
    """Light of the colour 0.5 + 0.3 · place in the world: a texture known everywhere."""
    material = bpy.data.materials.new("Position")
    if not material.node_tree:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    place, scale = tree.nodes.new("ShaderNodeNewGeometry"), tree.nodes.new("ShaderNodeVectorMath")
    light, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    scale.operation = "MULTIPLY_ADD"
    scale.inputs[1].default_value, scale.inputs[2].default_value = (0.3,) * 3, (0.5,) * 3
    tree.links.new(place.outputs["Position"], scale.inputs[0])
    tree.links.new(scale.outputs[0], light.inputs["Color"])
    tree.links.new(light.outputs[0], output.inputs["Surface"])
    return material
