"""Traces in a file: rebuild after changed settings or lost parts, show fewer layers, delete, seed sweeps."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from test_anchor import edit
from test_import import CASES, children, import_stack, make_stack, numbers

WORKS = 0


@pytest.fixture
def root(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    """An imported trace."""
    return import_stack(make_stack(*CASES["whole square"]), tmp_path)


def test_a_changed_setting_rebuilds_the_layer_at_once(root: bpy.types.Object) -> None:
    first, second = children(root, "LAYER")
    faces, others = len(first.data.polygons), len(second.data.polygons)
    material = first.data.materials[0]
    first.world_tracing.grazing = 1.5
    first.world_tracing.tear = 0.001  # no neighbours are this close
    assert len(first.data.polygons) < faces
    assert len(second.data.polygons) == others
    first.world_tracing.tear = 1.0
    assert len(first.data.polygons) >= faces
    assert first.data.materials[0] == material
    assert numbers(first.data, "wt_pixel").size == len(first.data.vertices)


def test_rebuild_undoes_edits_and_brings_back_deleted_layers(root: bpy.types.Object) -> None:
    first, second = children(root, "LAYER")
    name = second.name
    positions = numbers(first.data, "position", "vector", 3)
    first.data.vertices[0].co.z += 5.0
    first.name = "renamed by the artist"
    bpy.data.objects.remove(second)
    root.location.x = 3.0
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    layers = children(root, "LAYER")
    assert [layer.name for layer in layers] == ["renamed by the artist", name]
    np.testing.assert_array_equal(numbers(layers[0].data, "position", "vector", 3), positions)
    assert layers[1].users_collection == root.users_collection and root.location.x == 3.0


def test_all_layers_come_back(root: bpy.types.Object) -> None:
    before = [(layer.name, len(layer.data.polygons)) for layer in children(root, "LAYER")]
    image = children(root, "CAMERA")[0].data.background_images[0].image
    for layer in children(root, "LAYER"):
        bpy.data.objects.remove(layer)
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    layers = children(root, "LAYER")
    assert [(layer.name, len(layer.data.polygons)) for layer in layers] == before
    assert layers[0].data.materials[0].node_tree.nodes["Image Texture"].image == image


def test_a_deleted_camera_comes_back_by_rebuild(root: bpy.types.Object) -> None:
    """The tooltip said so."""
    (camera,) = children(root, "CAMERA")
    image, lens = camera.data.background_images[0].image, camera.data.lens
    bpy.context.view_layer.update()
    name, place = camera.name, camera.matrix_world.copy()
    bpy.data.objects.remove(camera)
    with pytest.raises(RuntimeError, match=r"The camera of this trace was deleted\. Rebuild from Stack"):
        bpy.ops.world_tracing.use_trace_camera()
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    bpy.context.view_layer.update()
    (again,) = children(root, "CAMERA")
    assert again.name == name and again.data.lens == lens
    assert again.data.background_images[0].image == image and again.matrix_world == place
    assert bpy.ops.world_tracing.use_trace_camera() == {"FINISHED"}


def test_a_camera_made_anew_sees_as_far_as_the_one_before(root: bpy.types.Object) -> None:
    """And shows the photo, not what an artist has put on a layer."""
    (camera,) = children(root, "CAMERA")
    image = camera.data.background_images[0].image
    reach = camera.data.clip_start, camera.data.clip_end
    root.scale = (0.01,) * 3
    bricks = bpy.data.materials.new("bricks")
    if bricks.node_tree is None:  # Blender before 5.0
        bricks.use_nodes = True
    bricks.node_tree.nodes.new("ShaderNodeTexImage").image = bpy.data.images.new("bricks", 4, 4)
    children(root, "LAYER")[0].data.materials[0] = bricks
    bpy.context.view_layer.update()
    bpy.data.objects.remove(camera)
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    (again,) = children(root, "CAMERA")
    assert (again.data.clip_start, again.data.clip_end) == pytest.approx([0.01 * far for far in reach])
    assert again.data.background_images[0].image == image


def test_only_rebuild_brings_deleted_layers_back(root: bpy.types.Object) -> None:
    """They came back without a word whenever the sky or the camera changed."""
    bpy.data.objects.remove(children(root, "LAYER")[1])
    assert bpy.ops.world_tracing.use_known_camera(focal_length=50.0) == {"FINISHED"}
    root.world_tracing.without_sky = True
    root.world_tracing.without_sky = False
    assert len(children(root, "LAYER")) == 1
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    assert len(children(root, "LAYER")) == 2


def test_a_stack_that_was_traced_anew_has_fewer_layers(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = make_stack(*CASES["whole square"])
    root = import_stack(stack, tmp_path, output="BOTH")
    replace(stack, xyz=stack.xyz[:1], mask=stack.mask[:1]).save(tmp_path / "test.wts")
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    first, second = children(root, "LAYER")
    assert len(first.data.polygons) and not len(second.data.vertices)
    second.world_tracing.tear = 0.5
    assert [points.hide_render for points in children(root, "POINTS")] == [True, True]
    assert [points.hide_viewport for points in children(root, "POINTS")] == [False, True]
    stack.save(tmp_path / "test.wts")
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert len(second.data.polygons) and not children(root, "POINTS")[1].hide_viewport
    assert root.world_tracing.seed == "0"
    replace(stack, info=replace(stack.info, seed=8, model="another")).save(tmp_path / "test.wts")
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert (root.world_tracing.seed, root.world_tracing.model) == ("8", "another")


@pytest.mark.parametrize("shown", [1, 2])
def test_a_stack_that_was_traced_anew_has_more_layers(
    scene: bpy.types.Scene, tmp_path: Path, shown: int
) -> None:
    """They are shown, if all were; they came in hidden."""
    stack = make_stack(*CASES["whole square"])
    root = import_stack(stack, tmp_path)
    root.world_tracing.layers = shown
    more = [np.concatenate([stack.xyz, stack.xyz[1:] * 1.5]), stack.mask[[0, 1, 1]]]
    replace(stack, xyz=more[0], mask=more[1]).save(tmp_path / "test.wts")
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    hidden = [layer.hide_render for layer in children(root, "LAYER")]
    assert hidden == ([False] * 3 if shown == 2 else [False, True, True])


def test_a_layer_that_was_made_something_else_is_the_artists_own(root: bpy.types.Object) -> None:
    first, second = children(root, "LAYER")
    first.select_set(True)
    second.select_set(False)
    bpy.context.view_layer.objects.active = first
    bpy.ops.object.convert(target="CURVE")
    assert first.type == "CURVE"
    first.world_tracing.tear = 0.5
    assert not bpy.ops.world_tracing.decimate.poll()
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    again = next(layer for layer in children(root, "LAYER") if layer.type == "MESH" and layer != second)
    assert again.world_tracing.layer == 0 and len(again.data.polygons)
    assert bpy.ops.world_tracing.select_under_mask.poll() and first.type == "CURVE"


def test_rebuild_without_its_stack_is_a_sentence(root: bpy.types.Object) -> None:
    Path(root.world_tracing.stack).unlink()
    faces = len(children(root, "LAYER")[0].data.polygons)
    with pytest.raises(RuntimeError, match=r"test\.wts.*check the path"):
        bpy.ops.world_tracing.rebuild_trace()
    assert len(children(root, "LAYER")[0].data.polygons) == faces


def test_what_does_not_render_stays_so_when_other_layers_are_shown(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(make_stack(*CASES["whole square"]), tmp_path, output="BOTH")
    meshes, points = children(root, "LAYER"), children(root, "POINTS")
    root.world_tracing.layers = 1
    bpy.data.objects.remove(meshes.pop(1))
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    meshes = children(root, "LAYER")
    assert [layer.hide_render for layer in meshes] == [False, True]
    root.world_tracing.layers = 2
    assert [layer.hide_render for layer in meshes] == [False, False]
    assert [layer.hide_render for layer in points] == [True, True]


def test_fewer_layers_are_shown(root: bpy.types.Object) -> None:
    root.world_tracing.layers = 1
    assert [layer.hide_render for layer in children(root, "LAYER")] == [False, True]
    root.world_tracing.layers = 2
    assert [layer.hide_render for layer in children(root, "LAYER")] == [False, False]


def test_delete_leaves_nothing_of_the_trace_and_everything_else(root: bpy.types.Object) -> None:
    own = bpy.data.objects.new("own", bpy.data.meshes.new("own"))
    bpy.context.scene.collection.objects.link(own)
    stack = Path(root.world_tracing.stack)
    assert bpy.ops.world_tracing.delete_trace(root=root.name) == {"FINISHED"}
    assert list(bpy.data.objects) == [own] and list(bpy.data.meshes) == [own.data]
    assert not bpy.data.cameras and not bpy.data.collections
    assert not [material for material in bpy.data.materials if "Layer" in material.name]
    assert stack.is_file()


def test_delete_keeps_the_artists_materials(root: bpy.types.Object) -> None:
    """They went with the last layer that wore them."""
    layer, (own, placed) = children(root, "LAYER")[0], map(bpy.data.materials.new, ("own", "placed"))
    layer.data.materials.append(own)
    layer.material_slots[0].link, layer.material_slots[0].material = "OBJECT", placed
    assert bpy.ops.world_tracing.delete_trace(root=root.name) == {"FINISHED"}
    assert list(bpy.data.materials) == [own, placed] and own.use_fake_user and placed.use_fake_user


@pytest.mark.parametrize("operator", ["delete_trace", "keep_variant"])
def test_that_solids_are_deleted_is_said(scene: bpy.types.Scene, tmp_path: Path, operator: str) -> None:
    kept, root = variants(tmp_path)[:2]
    solid = bpy.data.objects.new("solid", bpy.data.meshes.new("solid"))
    solid.parent, solid.world_tracing.role = root, "SOLID"
    scene.collection.objects.link(solid)
    bpy.context.view_layer.objects.active = root if operator == "delete_trace" else kept
    call = getattr(bpy.ops.world_tracing, operator)
    assert call() == {"FINISHED"} and "solid" not in bpy.data.objects
    assert "solid" in call.get_rna_type().description


def names(role: str = "ROOT") -> list[str]:
    return sorted(member.name for member in bpy.data.objects if member.world_tracing.role == role)


def test_a_deleted_trace_comes_back_in_edit_mode(root: bpy.types.Object) -> None:
    edit(children(root, "LAYER")[0], [0])
    before = [names(), names("LAYER")]
    assert bpy.ops.world_tracing.delete_trace("EXEC_DEFAULT", True) == {"FINISHED"}
    assert names() == []
    bpy.ops.ed.undo()
    assert [names(), names("LAYER")] == before and bpy.context.mode == "EDIT_MESH"


def test_deleting_a_trace_keeps_what_the_artist_put_into_its_collection(root: bpy.types.Object) -> None:
    own = bpy.data.objects.new("own", None)
    root.users_collection[0].objects.link(own)
    bpy.ops.world_tracing.delete_trace(root=root.name)
    assert list(bpy.data.objects) == [own] and own.users_collection


def test_deleting_a_trace_keeps_what_the_artist_hung_on_it(root: bpy.types.Object, tmp_path: Path) -> None:
    other = import_stack(make_stack(*CASES["whole square"]), tmp_path, "other")
    parts = set(other.children_recursive)
    own = {name: bpy.data.objects.new(name, None) for name in ("prop", "on a layer", "on the prop")}
    for item in own.values():
        bpy.context.scene.collection.objects.link(item)
        item.location = (1, 2, 3)
    root.location = (5, 0, 0)
    own["prop"].parent, own["on a layer"].parent = root, children(root, "LAYER")[0]
    own["on the prop"].parent, other.parent = own["prop"], root
    bpy.context.view_layer.update()
    kept = {item: item.matrix_world.copy() for item in (*own.values(), other, *parts)}
    assert bpy.ops.world_tracing.delete_trace(root=root.name) == {"FINISHED"}
    bpy.context.view_layer.update()
    assert set(bpy.data.objects) == set(kept)
    for item, place in kept.items():
        np.testing.assert_allclose(item.matrix_world, place, atol=1e-5)
    assert own["on the prop"].parent == own["prop"] and other.parent is None


def test_a_seed_sweep_stands_side_by_side_and_one_is_kept(scene, stand_in, photo: Path) -> None:
    settings = scene.world_tracing
    settings.filepath, settings.seed = str(photo), 7  # with which, and more, the stand-in just works
    assert bpy.ops.world_tracing.seed_sweep(count=3) == {"FINISHED"}
    variants = [member for member in scene.objects if member.world_tracing.role == "ROOT"]
    assert [root.world_tracing.seed for root in variants] == ["7", "8", "9"]
    places = [root.location.x for root in variants]
    assert places[0] == 0.0 and places[1] > 0.5 and places[2] == pytest.approx(2 * places[1])
    bpy.context.view_layer.objects.active = variants[1]
    assert bpy.ops.world_tracing.keep_variant() == {"FINISHED"}
    kept = [member for member in scene.objects if member.world_tracing.role == "ROOT"]
    assert [root.world_tracing.seed for root in kept] == ["8"] and kept[0].location.x == 0.0
    assert not bpy.ops.world_tracing.keep_variant.poll()


def test_keeping_a_variant_leaves_other_sweeps_of_the_same_image_alone(scene, stand_in, photo: Path) -> None:
    settings = scene.world_tracing
    settings.filepath, settings.seed = str(photo), 7
    for _sweep in range(2):
        assert bpy.ops.world_tracing.seed_sweep(count=2) == {"FINISHED"}
    roots = [member for member in scene.objects if member.world_tracing.role == "ROOT"]
    first = [root for root in roots if root.world_tracing.group == roots[0].world_tracing.group]
    assert len(roots) == 4 and len(first) == 2
    bpy.context.view_layer.objects.active = first[0]
    assert bpy.ops.world_tracing.keep_variant() == {"FINISHED"}
    assert sum(member.world_tracing.role == "ROOT" for member in scene.objects) == 3


def variants(folder: Path) -> list[bpy.types.Object]:
    stack = make_stack(*CASES["whole square"])
    return [import_stack(stack, folder, f"v{n}", group="sweep", variant=n) for n in range(3)]


def test_a_kept_variant_stays_on_its_floor_and_on_its_parent(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first, kept, _last = variants(tmp_path)
    first.location, kept.location.yz = (-2.0, 5.0, 0.3), (0.5, 1.7)
    bpy.context.view_layer.objects.active = kept
    assert bpy.ops.world_tracing.keep_variant() == {"FINISHED"}
    assert tuple(kept.location) == pytest.approx((-2.0, 5.0, 1.7))
    other = variants(tmp_path)[2]
    other.parent, other.location = kept, (1.0, 2.0, 3.0)
    bpy.context.view_layer.objects.active = other
    assert bpy.ops.world_tracing.keep_variant() == {"FINISHED"}
    assert tuple(other.location) == (1.0, 2.0, 3.0)


def test_the_other_variants_come_back_in_edit_mode(scene: bpy.types.Scene, tmp_path: Path) -> None:
    edit(children(variants(tmp_path)[1], "LAYER")[0], [0])
    before = names()
    assert bpy.ops.world_tracing.keep_variant("EXEC_DEFAULT", True) == {"FINISHED"}
    assert names() == ["Trace: v1"]
    bpy.ops.ed.undo()
    assert names() == before and bpy.context.mode == "EDIT_MESH"


def test_a_copy_of_the_kept_variant_stays(scene: bpy.types.Scene, tmp_path: Path) -> None:
    kept = variants(tmp_path)[0]
    bpy.ops.object.select_all(action="DESELECT")
    for member in (kept, *kept.children):
        member.select_set(True)
    bpy.ops.object.duplicate()
    bpy.context.view_layer.objects.active = kept
    assert bpy.ops.world_tracing.keep_variant() == {"FINISHED"}
    roots = [member.name for member in scene.objects if member.world_tracing.role == "ROOT"]
    assert roots == ["Trace: v0", "Trace: v0.001"]


def test_a_folder_is_traced_image_by_image(scene, stand_in, photo: Path) -> None:
    (photo.parent / "b.PNG").write_bytes(photo.read_bytes())
    (photo.parent / "notes.txt").write_text("no image")
    (photo.parent / "a folder.jpg").mkdir()
    bpy.ops.world_tracing.trace_folder(directory=str(photo.parent), seed=WORKS)
    roots = {member.name for member in scene.objects if member.world_tracing.role == "ROOT"}
    assert roots == {"Trace: b", "Trace: fôto 1"}


def test_a_folder_holds_all_kinds_of_images_that_can_be_read(scene, stand_in, tmp_path: Path) -> None:
    kinds = ("png", "jpg", "jfif", "webp", "tif", "exr", "hdr", "bmp", "tga", "ppm", "dpx")  # docs/images.md
    (tmp_path / "kinds").mkdir()
    for kind in kinds:
        (tmp_path / "kinds" / f"a {kind}.{kind}").write_bytes(b"the stand-in does not look")
    bpy.ops.world_tracing.trace_folder(directory=str(tmp_path / "kinds"), seed=WORKS, fill=False)
    roots = {member.name for member in scene.objects if member.world_tracing.role == "ROOT"}
    assert roots == {f"Trace: a {kind}" for kind in kinds}


def test_what_macos_leaves_beside_images_is_no_image(scene, stand_in, photo: Path) -> None:
    (photo.parent / f"._{photo.name}").write_bytes(b"resources")
    photo.unlink()
    with pytest.raises(RuntimeError, match="no image"):
        bpy.ops.world_tracing.trace_folder(directory=str(photo.parent))


def test_a_folder_without_images_is_a_sentence(scene, stand_in, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuntimeError, match="no image in"):
        bpy.ops.world_tracing.trace_folder(directory=str(tmp_path / "empty"))


def test_no_folder_is_not_the_one_that_blender_runs_in(
    scene, stand_in, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    with pytest.raises(RuntimeError, match="No folder is chosen"):
        bpy.ops.world_tracing.trace_folder()


def test_several_dropped_files_are_traced(scene, stand_in, photo: Path) -> None:
    (photo.parent / "b.png").write_bytes(photo.read_bytes())
    names = [{"name": photo.name}, {"name": "b.png"}]
    bpy.ops.world_tracing.trace_world(directory=str(photo.parent), files=names, seed=WORKS)
    roots = {member.name for member in scene.objects if member.world_tracing.role == "ROOT"}
    assert roots == {"Trace: b", "Trace: fôto 1"}


def test_a_painted_mask_is_handed_to_the_backend(scene, addon, stand_in, photo: Path) -> None:
    mask = bpy.data.images.new("Mask", 64, 64)
    settings = scene.world_tracing
    settings.filepath, settings.mask_source, settings.mask_image = str(photo), "IMAGE", mask
    assert bpy.ops.world_tracing.trace_world(seed=WORKS) == {"FINISHED"}
    settings.mask_image = None
    with pytest.raises(RuntimeError, match="No mask image is chosen"):
        bpy.ops.world_tracing.trace_world(seed=WORKS)


def test_check_and_unload_the_backend(scene, addon, stand_in) -> None:
    assert not bpy.ops.world_tracing.unload_model.poll()
    assert bpy.ops.world_tracing.check_backend() == {"FINISHED"}
    assert bpy.ops.world_tracing.unload_model() == {"FINISHED"}
    assert not bpy.ops.world_tracing.unload_model.poll()


def test_points_that_an_older_blender_made_are_rebuilt(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Before 4.4 they are vertices of a mesh."""
    root = import_stack(make_stack(*CASES["whole square"]), tmp_path, output="POINTS")
    now = children(root, "POINTS")[0]
    positions = numbers(now.data, "position", "vector", 3)
    old = bpy.data.objects.new("old", bpy.data.meshes.new("old"))
    old.data.vertices.add(3)
    old.data.materials.append(now.data.materials[0])
    old.parent, old.world_tracing.role = root, "POINTS"
    root.users_collection[0].objects.link(old)
    bpy.data.objects.remove(now)
    before = set(bpy.data.objects)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert old.type == "MESH" and old.data.materials[0] and set(bpy.data.objects) == before
    np.testing.assert_array_equal(numbers(old.data, "position", "vector", 3), positions)


def test_point_clouds_are_left_alone_where_they_cannot_be_filled(
    root: bpy.types.Object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Blender before 4.4, which opens files of newer ones."""
    module = sys.modules["bl_ext.user_default.world_tracing.scene.rebuild"]
    monkeypatch.setattr(module, "makes_clouds", lambda: False)
    cloud = bpy.data.objects.new("cloud", bpy.data.pointclouds.new("cloud"))
    cloud.parent, cloud.world_tracing.role = root, "POINTS"
    root.users_collection[0].objects.link(cloud)
    camera, layer = children(root, "CAMERA")[0].data, children(root, "LAYER")[0]
    camera.lens, layer.data.vertices[0].co.z = 7.0, 5.0
    written = set(Path(root.world_tracing.stack).parent.iterdir())
    for operator, options in (("rebuild_trace", {}), ("use_known_camera", {"focal_length": 50.0})):
        with pytest.raises(RuntimeError, match=r"cloud is a point cloud.*Blender 4\.4 or newer"):
            getattr(bpy.ops.world_tracing, operator)(**options)
    assert (camera.lens, layer.data.vertices[0].co.z) == (7.0, 5.0)
    assert set(Path(root.world_tracing.stack).parent.iterdir()) == written


def test_a_layer_that_is_edited_in_another_scene_is_left_alone(root: bpy.types.Object) -> None:
    layer = children(root, "LAYER")[0]
    bpy.context.view_layer.objects.active = layer
    bpy.ops.object.mode_set(mode="EDIT")
    faces, scene = len(layer.data.polygons), bpy.context.window.scene
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(root)
    bpy.context.window.scene = other
    with pytest.raises(RuntimeError, match=f"{layer.name} is being edited; leave its mode"):
        bpy.ops.world_tracing.rebuild_trace(root=root.name)
    stacks = Path(bpy.path.abspath(root.world_tracing.stack)).parent
    written = set(stacks.iterdir())
    bpy.context.view_layer.objects.active = root
    with pytest.raises(RuntimeError, match=f"{layer.name} is being edited; leave its mode"):
        bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=50)
    assert set(stacks.iterdir()) == written  # nor is a stack left that belongs to nothing
    bpy.context.window.scene = scene
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(layer.data.polygons) == faces


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "VERTEX_PAINT", "WEIGHT_PAINT", "TEXTURE_PAINT"])
def test_a_layer_is_not_rebuilt_under_who_works_on_it(root: bpy.types.Object, mode: str) -> None:
    """With Multires, Blender crashed in Sculpt Mode."""
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    layer = children(root, "LAYER")[0]
    layer.world_tracing.grazing, layer.world_tracing.tear = 1.5, 1.0
    bpy.context.view_layer.objects.active = layer
    bpy.ops.object.mode_set(mode=mode)
    session.notice, faces = None, len(layer.data.polygons)
    layer.world_tracing.tear = 0.001
    assert len(layer.data.polygons) == faces and "is being edited" in session.notice.message
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert bpy.context.mode == "OBJECT" and len(layer.data.polygons) < faces


def test_buttons_leave_the_other_objects_of_a_scene_alone(root: bpy.types.Object) -> None:
    """All of them are asked at every redraw, and their role takes ten times as long as their type.

    Blender makes the properties of an object when they are read for the first time.
    """
    other = bpy.data.objects.new("other", bpy.data.meshes.new("other"))
    bpy.context.scene.collection.objects.link(other)
    bpy.context.view_layer.objects.active = root
    for name in ("rebuild_trace", "delete_trace", "select_trace", "select_under_mask", "project_texture"):
        getattr(bpy.ops.world_tracing, name).poll()
    kept = other.bl_system_properties_get() if hasattr(other, "bl_system_properties_get") else other
    assert "world_tracing" not in (kept or {})


@pytest.mark.parametrize(
    ("text", "turned", "shown"),
    [("", False, "cup mug"), ("", True, "cup mug"), ("CUP", False, "cup"), ("cup", True, "mug")],
)
def test_the_list_can_be_searched(root: bpy.types.Object, text: str, turned: bool, shown: str) -> None:
    root.name = "cup"
    other = root.copy()
    other.name = "mug"
    ui = SimpleNamespace(bitflag_filter_item=4, filter_name=text, use_filter_invert=turned)
    flags, _order = bpy.types.WORLD_TRACING_UL_traces.filter_items(ui, bpy.context, bpy.data, "objects")
    found = [item.name for item, flag in zip(bpy.data.objects, flags, strict=True) if flag]
    assert found == shown.split()
