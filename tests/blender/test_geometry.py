"""What can be made of a trace, with the real worker: colour, solids, fewer faces, place, selections."""

from __future__ import annotations

import json
import math
import struct
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.stack import LayerStack

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes

pytestmark = pytest.mark.usefixtures("real_worker")


def import_stack(stack: LayerStack, folder: Path, name: str = "thing", **options: object) -> bpy.types.Object:
    path = folder / f"{name}.wts"
    stack.save(path)
    assert bpy.ops.world_tracing.import_stack(filepath=str(path), **options) == {"FINISHED"}
    return bpy.context.object


def layers(root: bpy.types.Object) -> list[bpy.types.Object]:
    found = [child for child in root.children if child.world_tracing.role == "LAYER"]
    return sorted(found, key=lambda layer: layer.world_tracing.layer)


def activate(member: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = member
    member.select_set(True)


def places(member: bpy.types.Object) -> np.ndarray:
    values = np.zeros(3 * len(member.data.vertices), np.float32)
    member.data.vertices.foreach_get("co", values)
    return values.reshape(-1, 3)


def chosen(member: bpy.types.Object) -> np.ndarray:
    values = np.zeros(len(member.data.vertices), bool)
    member.data.vertices.foreach_get("select", values)
    return values


def select(member: bpy.types.Object, mask: np.ndarray) -> None:
    """Select these vertices and nothing else, as a user does in Edit Mode."""
    sys.modules["bl_ext.user_default.world_tracing.scene.selection"].select_vertices(member.data, mask)


def test_hidden_colour_is_filled_and_switched(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(48), tmp_path)
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert root.world_tracing.hidden_colour == "FILLED"
    tree = layers(root)[1].data.materials[0].node_tree
    group = tree.nodes["Layer"]
    assert group.inputs["Color"].links[0].from_node.name == "Filled"
    assert group.inputs["Hint Strength"].default_value == 0
    image = tree.nodes["Filled"].image
    assert tuple(image.size) == (48, 48) and Path(image.filepath).parent == tmp_path
    root.world_tracing.hidden_colour = "FLAT"
    assert group.inputs["Hint Strength"].default_value == 1
    root.world_tracing.hidden_colour = "SMEAR"
    assert group.inputs["Color"].links[0].from_node.name != "Filled"
    seen = layers(root)[0].data.materials[0].node_tree
    assert "Filled" not in seen.nodes


@pytest.mark.parametrize("kept", ["", "save", "pack"])
def test_a_filled_texture_that_was_painted_on_is_not_replaced(
    scene: bpy.types.Scene, tmp_path: Path, kept: str
) -> None:
    root = import_stack(shapes.sphere(48), tmp_path)
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}, "nobody has painted"
    nodes = layers(root)[1].data.materials[0].node_tree.nodes
    painting = nodes["Filled"].image
    painting.pixels[:4] = (1, 0, 0, 1)
    if kept:
        getattr(painting, kept)()
    with pytest.raises(RuntimeError, match=r"thing layer 2\.png was painted on"):
        bpy.ops.world_tracing.fill_colour()
    assert painting.pixels[0] == 1
    painting.filepath_raw = str(tmp_path / "mine.png")
    painting.save()
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert nodes["Filled"].image != painting and painting.pixels[0] == 1
    assert (tmp_path / "thing layer 2 (painted).png").exists() == (kept == "save")


def test_hidden_colour_of_a_stack_that_has_fewer_layers_now(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = shapes.sphere(48)
    import_stack(stack, tmp_path)
    replace(stack, xyz=stack.xyz[:1], mask=stack.mask[:1]).save(tmp_path / "thing.wts")
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}


def test_points_keep_the_photos_colour_and_take_the_hint(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(48), tmp_path, output="POINTS")
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert "Points keep" in sys.modules[f"{addon.__name__}.backend.session"].notice.message
    hidden = next(child for child in root.children if child.world_tracing.layer == 1)
    strength = hidden.data.materials[0].node_tree.nodes["Layer"].inputs["Hint Strength"]
    before = strength.default_value
    root.world_tracing.hidden_colour = "FLAT"
    assert strength.default_value == 1.0
    root.world_tracing.hidden_colour = "FILLED"
    assert strength.default_value == before


def test_hidden_colour_needs_no_node_that_the_artist_took_away(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    tree = layers(import_stack(shapes.sphere(48), tmp_path))[1].data.materials[0].node_tree
    tree.nodes.remove(next(node for node in tree.nodes if node.type == "UVMAP"))
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    mapping = tree.nodes["Filled"].inputs["Vector"].links[0].from_node
    assert mapping.inputs["Vector"].links[0].from_node.uv_map == "WT Pixel"


def test_a_deleted_layer_comes_back_as_the_trace_looks(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.torus(64), tmp_path)
    bpy.ops.world_tracing.fill_colour()
    root.world_tracing.lit = True
    bpy.data.objects.remove(layers(root)[2])
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    tree = layers(root)[2].data.materials[0].node_tree
    group = tree.nodes["Layer"]
    assert group.inputs["Color"].links[0].from_node.image.filepath.endswith("layer 3.png")
    assert group.node_tree.name == "WT Layer Lit" and group.inputs["Hint Strength"].default_value == 0
    assert tuple(group.inputs["Hint"].default_value) == tuple(layers(root)[2].color)
    root.world_tracing.hidden_colour, root.world_tracing.lit = "FLAT", False
    bpy.data.objects.remove(layers(root)[1])
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    group = layers(root)[1].data.materials[0].node_tree.nodes["Layer"]
    assert group.node_tree.name == "WT Layer" and group.inputs["Hint Strength"].default_value == 1


def test_without_a_filled_texture_hidden_layers_are_hinted(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Which textures they had is known only by each other."""
    root = import_stack(shapes.sphere(48), tmp_path)
    hint = layers(root)[1].data.materials[0].node_tree.nodes["Layer"].inputs["Hint Strength"].default_value
    bpy.ops.world_tracing.fill_colour()
    for layer in layers(root)[1:]:
        bpy.data.objects.remove(layer)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert root.world_tracing.hidden_colour == "FILLED" and hint > 0
    for layer in layers(root)[1:]:
        inputs = layer.data.materials[0].node_tree.nodes["Layer"].inputs
        assert inputs["Hint Strength"].default_value == hint


@pytest.mark.parametrize("turned", [False, True])
def test_filled_texture_is_addressed_pixel_for_pixel(
    scene: bpy.types.Scene, tmp_path: Path, turned: bool
) -> None:
    from mathutils import Euler, Vector

    stack = shapes.sphere((40, 60))
    affine = [[0, -7.0, 400], [7.0, 0, 30]] if turned else [[12.0, 0, 100], [0, 9.0, -20]]
    stack = replace(stack, grid_to_image=np.array(affine), info=replace(stack.info, image_size=(1000, 900)))
    root = import_stack(stack, tmp_path)
    bpy.ops.world_tracing.fill_colour()
    mapping = layers(root)[1].data.materials[0].node_tree.nodes["Filled UV"]
    scale, turn = mapping.inputs["Scale"].default_value, Euler(mapping.inputs["Rotation"].default_value)
    points = layer_points(stack, 1)
    for number in (0, len(points.pixel) // 2, -1):
        uv = Vector((*points.uv[number], 0.0))
        uv = turn.to_matrix() @ Vector(a * b for a, b in zip(uv, scale, strict=True))
        uv += Vector(mapping.inputs["Location"].default_value)
        row, column = divmod(int(points.pixel[number]), 60)
        assert uv.x * 60 == pytest.approx(column + 0.5, abs=0.01)
        assert (1 - uv.y) * 40 == pytest.approx(row + 0.5, abs=0.01)


def test_scale_from_two_points(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.one_layer(16), tmp_path)
    layer = layers(root)[0]
    wall = places(layer)
    width = np.linalg.norm(wall[0] - wall[15])
    mask = np.zeros(len(wall), bool)
    mask[[0, 15]] = True
    activate(layer)
    select(layer, mask)
    scene.tool_settings.mesh_select_mode = (True, False, False)
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.world_tracing.set_scale(known="DISTANCE", length=5.0) == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    assert root.scale.x == pytest.approx(5 / width, rel=1e-5) and root.world_tracing.metric
    bpy.ops.object.select_all(action="DESELECT")
    activate(root)
    with pytest.raises(RuntimeError, match="Select two"):
        bpy.ops.world_tracing.set_scale(known="DISTANCE", length=1.0)


def test_floor_is_levelled_and_the_camera_stays_matched(scene: bpy.types.Scene, tmp_path: Path) -> None:
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    stack = shapes.floor((120, 100))
    root = import_stack(stack, tmp_path)
    root.rotation_euler = (1.1, 0.2, 0.4)  # however it was turned
    root.location = (3, 2, 1)
    bpy.context.view_layer.update()
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    camera = next(child for child in root.children if child.world_tracing.role == "CAMERA")
    clip = camera.data.clip_start, camera.data.clip_end
    bpy.context.view_layer.update()
    height = camera.matrix_world.translation.z
    assert bpy.ops.world_tracing.set_scale(known="CAMERA", length=170.0) == {"FINISHED"}
    seen = camera.data.clip_start, camera.data.clip_end
    assert seen == pytest.approx([170 / height * distance for distance in clip], rel=1e-4)
    assert bpy.ops.world_tracing.set_scale(known="CAMERA", length=1.7) == {"FINISHED"}
    bpy.context.view_layer.update()
    layer = layers(root)[0]
    world = [layer.matrix_world @ Vector(place) for place in places(layer)[::97]]
    assert max(abs(place.z) for place in world) < 0.02
    assert camera.matrix_world.translation.z == pytest.approx(1.7, rel=0.01)
    bpy.ops.world_tracing.use_trace_camera()
    uv = np.stack(layer_points(stack, 0).uv[::97])
    for place, expected in zip(world, uv, strict=True):
        seen = world_to_camera_view(scene, camera, place)
        assert (seen.x, seen.y) == pytest.approx(tuple(expected), abs=1e-4)


def test_no_floor_is_an_error(scene: bpy.types.Scene, tmp_path: Path) -> None:
    import_stack(shapes.sphere(32), tmp_path)
    with pytest.raises(RuntimeError, match="No floor was found"):
        bpy.ops.world_tracing.ground()


def test_mask_selects_its_pixels_in_all_layers(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(40), tmp_path)
    mask = bpy.data.images.new("mask", 80, 80)
    picture = np.zeros((80, 80, 4), np.float32)
    picture[..., 3] = 1
    picture[40:, :40, :3] = 1  # upper left: images count rows from below
    mask.pixels.foreach_set(picture.ravel())
    assert bpy.ops.world_tracing.select_under_mask(mask="mask") == {"FINISHED"}
    assert bpy.context.mode == "EDIT_MESH"
    bpy.ops.object.mode_set(mode="OBJECT")
    for layer in layers(root):
        pixel = np.zeros(len(layer.data.vertices), np.int32)
        layer.data.attributes["wt_pixel"].data.foreach_get("value", pixel)
        row, column = np.divmod(pixel, 40)
        np.testing.assert_array_equal(chosen(layer), (row < 20) & (column < 20))
        assert chosen(layer).any()
    with pytest.raises(RuntimeError, match="No mask image"):
        bpy.ops.world_tracing.select_under_mask()
    layer.data.uv_layers["WT Pixel"].name = "mine"
    with pytest.raises(RuntimeError, match="Layer 2 has lost its UV map WT Pixel"):
        bpy.ops.world_tracing.select_under_mask(mask="mask")


def test_same_pixel_is_selected_through_all_layers(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(40), tmp_path)
    front, back = layers(root)
    assert not chosen(front).any() and not chosen(back).any()
    mask = np.zeros(len(front.data.vertices), bool)
    mask[[300, 301, 340]] = True
    select(front, mask)
    assert bpy.ops.world_tracing.select_same_pixel() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    pixels = []
    for layer in (front, back):
        values = np.zeros(len(layer.data.vertices), np.int32)
        layer.data.attributes["wt_pixel"].data.foreach_get("value", values)
        pixels.append(set(values[chosen(layer)]))
    assert pixels[0] == pixels[1] and len(pixels[0]) == 3
    assert bpy.context.window.id_data != scene  # 4.2, see select_pixels.py: it would be freed with the file


def test_sky_is_selected(scene: bpy.types.Scene, tmp_path: Path) -> None:
    depths = np.full((1, 40, 40), 5.0)
    depths[0, :15] = 100.0
    rgba = np.full((40, 40, 4), 255, np.uint8)
    rgba[..., :3] = (60, 90, 40)
    rgba[:15, :, :3] = (150, 190, 240)
    root = import_stack(shapes.make_stack(depths, rgba=rgba, mode="scene"), tmp_path)
    assert bpy.ops.world_tracing.select_sky() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    assert chosen(layers(root)[0]).sum() == 15 * 40


@pytest.mark.parametrize("kind", ["ply", "depth-exr", "npz"])
def test_export_adds_the_suffix(scene: bpy.types.Scene, tmp_path: Path, kind: str) -> None:
    import_stack(shapes.box(32), tmp_path)
    assert bpy.ops.world_tracing.export(filepath=str(tmp_path / "out"), kind=kind) == {"FINISHED"}
    assert (tmp_path / f"out.{kind.rpartition('-')[2]}").stat().st_size > 500


def test_operators_need_a_trace(scene: bpy.types.Scene) -> None:
    for name in ("fill_colour", "make_solid", "decimate", "set_scale", "ground", "select_sky", "export"):
        assert not getattr(bpy.ops.world_tracing, name).poll()


def test_typed_focal_length_moves_points_and_camera_together(scene: bpy.types.Scene, tmp_path: Path) -> None:
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    stack = shapes.sphere(48)
    root = import_stack(stack, tmp_path)
    front, (before, depth) = layers(root)[0], (layers(root)[0].data, places(layers(root)[0])[:, 2].copy())
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=85) == {"FINISHED"}
    camera = next(child for child in root.children if child.world_tracing.role == "CAMERA")
    assert camera.data.lens == pytest.approx(85, rel=1e-5) and front.data == before
    ratio = (
        stack.intrinsics[0, 0] / LayerStack.load(bpy.path.abspath(root.world_tracing.stack)).intrinsics[0, 0]
    )
    median = np.median(depth)
    np.testing.assert_allclose(places(front)[:, 2], median * (depth / median) ** ratio, rtol=1e-3)
    bpy.ops.world_tracing.use_trace_camera()
    bpy.context.view_layer.update()
    pixel = np.zeros(len(front.data.vertices), np.int32)
    front.data.attributes["wt_pixel"].data.foreach_get("value", pixel)
    for number in (0, 100, -1):
        seen = world_to_camera_view(scene, camera, front.matrix_world @ Vector(places(front)[number]))
        row, column = divmod(int(pixel[number]), 48)
        assert seen.x * 48 == pytest.approx(column + 0.5, abs=0.01)
        assert (1 - seen.y) * 48 == pytest.approx(row + 0.5, abs=0.01)
    used = Path(bpy.path.abspath(root.world_tracing.stack))
    assert used != tmp_path / "thing.wts" and LayerStack.load(used).layers == stack.layers
    np.testing.assert_array_equal(LayerStack.load(tmp_path / "thing.wts").xyz, stack.xyz)
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=50) == {"FINISHED"}
    again = Path(bpy.path.abspath(root.world_tracing.stack))
    assert again != used and again.stem.count("other camera") == 1


@pytest.mark.parametrize("size", [(48, 32), (32, 48)])
def test_typed_millimetres_are_those_of_full_frame_held_as_the_image_is(
    scene: bpy.types.Scene, tmp_path: Path, size: tuple[int, int]
) -> None:
    """50 mm took 39.6° across an upright picture, which EXIF says is 27°."""
    root = import_stack(shapes.sphere(size), tmp_path)
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=50) == {"FINISHED"}
    focal = LayerStack.load(bpy.path.abspath(root.world_tracing.stack)).intrinsics[0, 0]
    across, down = (2 * math.degrees(math.atan(side / 2 / focal)) for side in reversed(size))
    assert sorted((across, down)) == pytest.approx([26.99, 39.60], abs=0.01)
    assert (across > down) == (size[1] > size[0])


def test_another_trace_that_hangs_on_it_keeps_its_camera(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first, second = (import_stack(shapes.sphere(32), tmp_path, name) for name in ("a", "b"))
    second.parent = first
    stack = second.world_tracing.stack
    bpy.context.view_layer.objects.active = first
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=85) == {"FINISHED"}
    assert second.world_tracing.stack == stack != first.world_tracing.stack


def test_scene_camera_gives_its_own_view(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(48), tmp_path)
    other = bpy.data.objects.new("known", bpy.data.cameras.new("known"))
    scene.collection.objects.link(other)
    other.data.lens, other.data.shift_x, other.data.shift_y = 70.0, 0.1, -0.05
    scene.camera = other
    assert bpy.ops.world_tracing.use_known_camera(source="SCENE") == {"FINISHED"}
    camera = next(child for child in root.children if child.world_tracing.role == "CAMERA")
    assert camera.data.lens == pytest.approx(70, rel=1e-4)
    assert camera.data.shift_x == pytest.approx(0.1, abs=1e-4)
    assert camera.data.shift_y == pytest.approx(-0.05, abs=1e-4)


def test_unknown_cameras_are_errors(scene: bpy.types.Scene, tmp_path: Path) -> None:
    import_stack(shapes.sphere(32), tmp_path)
    scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.world_tracing.use_known_camera(source="SCENE")
    scene.camera = bpy.data.objects.new("any object can be a camera", None)
    with pytest.raises(RuntimeError, match="not a perspective camera"):
        bpy.ops.world_tracing.use_known_camera(source="SCENE")
    with pytest.raises(RuntimeError, match="is no camera"):
        bpy.ops.world_tracing.trace_ground_truth()
    with pytest.raises(RuntimeError, match="does not tell"):
        bpy.ops.world_tracing.use_known_camera(source="EXIF")


def test_a_photo_that_was_moved_still_tells_its_lens(scene: bpy.types.Scene, tmp_path: Path) -> None:
    image = bpy.data.images.new("photo", 64, 64)
    image.filepath_raw, image.file_format = str(tmp_path / "photo.jpg"), "JPEG"
    image.save()
    block = "49492a0008000000 0100 69870400010000001a000000 00000000 0100 05a4030001000000 1c000000 00000000"
    exif = b"Exif\0\0" + bytes.fromhex(block)  # 28 mm
    data = (tmp_path / "photo.jpg").read_bytes()
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "photo.jpg").write_bytes(data[:2] + segment + data[2:])
    stack = shapes.sphere(32)
    info = replace(stack.info, source=str(tmp_path / "photo.jpg"), image_size=(64, 64))
    root = import_stack(replace(stack, info=info, grid_to_image=np.eye(2, 3) * 2), tmp_path)
    camera = next(child for child in root.children if child.type == "CAMERA")
    (tmp_path / "moved").mkdir()
    (tmp_path / "photo.jpg").rename(tmp_path / "moved" / "photo.jpg")
    camera.data.background_images[0].image.filepath = str(tmp_path / "moved" / "photo.jpg")
    assert bpy.ops.world_tracing.use_known_camera(source="EXIF") == {"FINISHED"}
    assert camera.data.lens == pytest.approx(28 * 36 * math.sqrt(2) / math.hypot(36, 24), rel=1e-5)


def test_lit_layers_keep_their_picture_and_go_back(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(32), tmp_path)
    trees = [layer.data.materials[0].node_tree for layer in layers(root)]
    hints = [tree.nodes["Layer"].inputs["Hint Strength"].default_value for tree in trees]
    for lit, kind in ((True, "BSDF_PRINCIPLED"), (False, "EMISSION")):
        root.world_tracing.lit = lit
        for tree, hint in zip(trees, hints, strict=True):
            node = tree.nodes["Layer"]
            assert any(inner.type == kind for inner in node.node_tree.nodes)
            assert node.inputs["Color"].links[0].from_node.type == "TEX_IMAGE"
            assert node.inputs["Hint Strength"].default_value == pytest.approx(hint)
            assert node.outputs["Shader"].links[0].to_node.type == "OUTPUT_MATERIAL"
    assert len([group for group in bpy.data.node_groups if group.name.startswith("WT Layer")]) == 2


def test_lit_goes_off_also_in_a_file_that_was_saved_with_it(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Blender does not save the group that no layer uses."""
    name = import_stack(shapes.sphere(32), tmp_path).name
    bpy.data.objects[name].world_tracing.lit = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "lit.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "lit.blend"))
    root = bpy.data.objects[name]
    root.world_tracing.lit = False
    groups = [layer.data.materials[0].node_tree.nodes["Layer"].node_tree for layer in layers(root)]
    assert [group.name for group in groups] == ["WT Layer"] * 2
    assert any(node.type == "EMISSION" for node in groups[0].nodes)


def as_older_files_have_it(group: bpy.types.NodeTree) -> None:
    """A Mix node in the place of the vector arithmetic."""
    last = next(node for node in group.nodes if node.type == "VECT_MATH" and node.operation == "MULTIPLY_ADD")
    first = last.inputs[0].links[0].from_node
    sources = (last.inputs[1], first.inputs[1], first.inputs[0])
    mix, target = group.nodes.new("ShaderNodeMixRGB"), last.outputs[0].links[0].to_socket
    for source, socket in zip(sources, mix.inputs, strict=True):
        group.links.new(source.links[0].from_socket, socket)
    group.links.new(mix.outputs[0], target)
    for node in (first, last):
        group.nodes.remove(node)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("lit", [False, True])
def test_gltf_takes_the_texture_along(scene: bpy.types.Scene, tmp_path: Path, lit: bool, older: bool) -> None:
    """Of a baked solid that texture, not the mask of what is seen, which is a texture as well."""
    root = import_stack(shapes.sphere(32), tmp_path)
    if older:
        for on in (True, False):  # so that both groups are there
            root.world_tracing.lit = on
        for name in ("WT Layer", "WT Layer Lit"):
            as_older_files_have_it(bpy.data.node_groups[name])
    root.world_tracing.lit = lit
    content = gltf(tmp_path / "x.glb")
    assert len(content["images"]) == 1 and len(content["materials"]) == 2
    for material in content["materials"]:
        textured = (
            material["pbrMetallicRoughness"].get("baseColorTexture") if lit else material["emissiveTexture"]
        )
        assert textured is not None
    assert all("TEXCOORD_0" in mesh["primitives"][0]["attributes"] for mesh in content["meshes"])
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    look = sys.modules["bl_ext.user_default.world_tracing.scene.projected_look"]
    look.wear_texture(solid, *(bpy.data.images.new(name, 8, 8) for name in ("bake", "seen")), "WT Pixel")
    root.world_tracing.lit = not lit
    root.world_tracing.lit = lit
    bpy.ops.object.select_all(action="DESELECT")
    activate(solid)
    content = gltf(tmp_path / "solid.glb", use_selection=True)
    assert [image["name"] for image in content["images"]] == ["bake"]


def gltf(path: Path, **options: bool) -> dict:
    """What Blender's exporter writes."""
    bpy.ops.export_scene.gltf(filepath=str(path), **options)
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])


def test_progress_is_printed_where_no_window_shows_it(
    scene: bpy.types.Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_stack(shapes.sphere(32), tmp_path)
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert "World Tracing: Colour of Trace: thing: " in capsys.readouterr().out
