"""Photos onto meshes with the real worker: bake, shader, fit, re-project, and a truth test through Cycles."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Vector

from wt_backend.stack import LayerStack

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes

PYTHON = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python"
RADIUS = 0.9


@pytest.fixture(autouse=True)
def real_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend's Python is the checkout's: Blender's own has no scipy."""
    monkeypatch.setenv("WT_BACKEND_PYTHON", str(PYTHON))


def waves(points: np.ndarray) -> np.ndarray:
    """sRGB colours of points in the trace's frame: smooth, different everywhere."""
    x, y, z = np.moveaxis(points, -1, 0)
    return 0.5 + 0.35 * np.stack([np.sin(5 * x + y), np.sin(5 * y - z), np.sin(4 * z + 3 * x)], -1)


def photographed(make: Callable[[int], LayerStack], folder: Path, name: str = "thing") -> bpy.types.Object:
    """A trace whose photo (192²) shows `waves`; returns its root."""
    stack, fine = make(48), make(192)
    picture = np.ones((192, 192, 4), np.float32)
    picture[..., :3] = np.where(fine.mask[0][..., None], waves(fine.xyz[0] * (1, -1, -1)), 0)
    image = bpy.data.images.new("photo", 192, 192)
    image.pixels.foreach_set(np.ascontiguousarray(picture[::-1]).ravel())
    image.filepath_raw, image.file_format = str(folder / f"{name}.png"), "PNG"
    image.save()
    bpy.data.images.remove(image)
    rgba = np.full((48, 48, 4), 255, np.uint8)
    rgba[..., :3] = 255 * np.clip(waves(stack.xyz[0] * (1, -1, -1)), 0, 1)
    info = replace(stack.info, image_size=(192, 192), source=str(folder / f"{name}.png"))
    stack = replace(stack, rgba=rgba, grid_to_image=np.eye(2, 3) * 4, info=info)
    stack.save(folder / f"{name}.wts")
    assert bpy.ops.world_tracing.import_stack(filepath=str(folder / f"{name}.wts")) == {"FINISHED"}
    bpy.context.view_layer.update()
    return bpy.context.object


def only(*members: bpy.types.Object) -> None:
    """Select these, the first active."""
    bpy.context.view_layer.update()
    bpy.ops.object.select_all(action="DESELECT")
    for member in members:
        member.select_set(True)
    bpy.context.view_layer.objects.active = members[0]


def ball(root: bpy.types.Object, **options: object) -> bpy.types.Object:
    """The sphere of `shapes.sphere` as another mesh, where the trace has it."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=4, radius=RADIUS, **options)
    thing = bpy.context.object
    thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -shapes.DISTANCE))
    only(thing)
    return thing


def places(thing: bpy.types.Object, root: bpy.types.Object) -> np.ndarray:
    """Vertices (V, 3) in the frame of the trace."""
    matrix = root.matrix_world.inverted() @ thing.matrix_world
    return np.array([matrix @ vertex.co for vertex in thing.data.vertices])


def values(thing: bpy.types.Object, name: str) -> np.ndarray:
    return np.array([entry.value for entry in thing.data.attributes[name].data])


def texture(thing: bpy.types.Object) -> bpy.types.Image:
    nodes = thing.data.materials[0].node_tree.nodes
    return next(node.image for node in nodes if node.type == "TEX_IMAGE")


def baked_colours(thing: bpy.types.Object) -> np.ndarray:
    """sRGB colour (V, 3) of each vertex in the texture that it wears, by its UV map."""
    nodes = thing.data.materials[0].node_tree.nodes
    uv_map = thing.data.uv_layers[next(node.uv_map for node in nodes if node.type == "UVMAP")]
    image = texture(thing)
    width, height = image.size
    pixels = np.array(image.pixels[:]).reshape(height, width, 4)
    result = np.zeros((len(thing.data.vertices), 3))
    for loop in thing.data.loops:
        u, v = uv_map.data[loop.index].uv
        result[loop.vertex_index] = pixels[
            min(int(v * height), height - 1), min(int(u * width), width - 1), :3
        ]
    return result


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


def turned(degrees: float) -> Matrix:
    """A walk about the middle of the sphere."""
    middle = Matrix.Translation((0, 0, -shapes.DISTANCE))
    return middle @ Matrix.Rotation(math.radians(degrees), 4, "Y") @ middle.inverted()


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


def test_shader_projects_the_photo_through_a_coarse_mesh(scene: bpy.types.Scene, tmp_path: Path) -> None:
    from bpy_extras.object_utils import world_to_camera_view

    root = photographed(shapes.one_layer, tmp_path)
    bpy.ops.mesh.primitive_plane_add(size=2)
    thing = bpy.context.object  # a floor from behind the camera to far away, four vertices, steeply turned
    turned = Euler((math.radians(65), 0.3, 0.2)).to_matrix().to_4x4()
    thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -4)) @ turned @ Matrix.Scale(9, 4)
    only(thing)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    bpy.ops.world_tracing.use_trace_camera()
    layer = thing.data.uv_layers.active
    behind = 0
    for loop in thing.data.loops:
        place = world_to_camera_view(
            scene, scene.camera, thing.matrix_world @ thing.data.vertices[loop.vertex_index].co
        )
        expected = (place.x, place.y) if place.z > 0 else (-1, -1)
        behind += place.z <= 0
        assert tuple(layer.data[loop.index].uv) == pytest.approx(expected, abs=1e-4)
    assert behind
    for child in root.children:
        child.hide_render = True
    picture = render(scene, tmp_path / "render.png")
    there = picture[..., 3] > 0.99
    photo = np.array(bpy.data.images.load(str(tmp_path / "thing.png")).pixels[:]).reshape(192, 192, 4)
    error = (picture - photo)[there][:, :3]
    assert there.mean() > 0.3 and 20 * np.log10(1 / np.sqrt(np.mean(error**2))) > 30


def render(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """The scene as sRGB (H, W, 4), rows from below, without any look of its own."""
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    scene.cycles.filter_width = 0.5
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    return np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)


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
