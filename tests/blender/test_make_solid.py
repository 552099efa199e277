"""Make Solid and Reduce Faces, with the real worker."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

from wt_backend.stack import LayerStack

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_geometry import activate, import_stack, layers, places

pytestmark = pytest.mark.usefixtures("real_worker")


def test_solid_is_closed_textured_and_replaced_in_place(scene: bpy.types.Scene, tmp_path: Path) -> None:
    import bmesh

    root = import_stack(shapes.torus(96), tmp_path)
    assert bpy.ops.world_tracing.make_solid() == {"FINISHED"}
    solids = [child for child in root.children if child.world_tracing.role == "SOLID"]
    assert len(solids) == 1
    mesh = solids[0].data
    shape = bmesh.new()
    shape.from_mesh(mesh)
    assert all(edge.is_manifold for edge in shape.edges)
    assert shape.calc_volume() == pytest.approx(2 * math.pi**2 * 0.7 * 0.25**2, rel=0.02)
    shape.free()
    assert {"WT Pixel", "wt_pixel", "wt_layer", "wt_seen"} <= set(mesh.attributes.keys())
    slots = np.zeros(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    assert mesh.materials[0] == layers(root)[0].data.materials[0] and set(slots) >= {0, 1}
    assert all(layer.hide_get() and layer.hide_render for layer in layers(root))
    bpy.ops.world_tracing.make_solid(resolution=48)
    assert [child for child in root.children if child.world_tracing.role == "SOLID"] == solids
    assert len(solids[0].data.polygons) < len(slots)


def test_what_a_solid_replaces_is_hidden_in_all_view_layers(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """In the others layers and solid, points and meshes were seen at once."""
    scene.view_layers.new("Other")
    empty = scene.view_layers.new("Without")
    root = import_stack(shapes.sphere(32), tmp_path, output="BOTH")
    views = [view for view in scene.view_layers if view != empty]
    points = [child for child in root.children if child.world_tracing.role == "POINTS"]
    assert all(child.hide_get(view_layer=view) for child in points for view in views)
    assert not any(layer.hide_get(view_layer=view) for layer in layers(root) for view in views)
    empty.layer_collection.children[root.users_collection[0].name].exclude = True
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    assert all(layer.hide_get(view_layer=view) for layer in layers(root) for view in views)


def test_a_solid_that_is_made_again_is_shown(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Hidden with its layers, nothing of the trace would be seen."""
    root = import_stack(shapes.sphere(32), tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    solid.hide_set(True)
    solid.hide_viewport = solid.hide_render = True
    bpy.ops.world_tracing.make_solid(resolution=32)
    assert solid.visible_get() and not solid.hide_render


def test_layers_that_are_shown_again_do_not_render_inside_their_solid(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(32), tmp_path)
    root.world_tracing.layers = 1
    bpy.ops.world_tracing.make_solid(resolution=32)
    root.world_tracing.layers = 2
    assert [layer.hide_render for layer in layers(root)] == [True, True]


def test_a_solid_that_is_being_edited_is_left_alone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(32), tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    activate(solid)
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="is being edited"):
        bpy.ops.world_tracing.make_solid(resolution=32)
    with pytest.raises(RuntimeError, match="is being edited"):  # what ends while it is being edited
        bpy.ops.world_tracing.add_solid(root=root.name, result="{}")
    assert bpy.context.mode == "EDIT_MESH"


def solid_and_copy(folder: Path) -> tuple[bpy.types.Object, bpy.types.Object]:
    """The solid of a trace, and the artist's copy of it, whose name comes first."""
    root = import_stack(shapes.sphere(64), folder)
    bpy.ops.world_tracing.make_solid(resolution=64)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    copy = solid.copy()
    copy.name, copy.data = "A copy", solid.data.copy()
    bpy.context.scene.collection.objects.link(copy)
    return solid, copy


def test_of_several_solids_the_selected_one_is_made_again(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """The artist's copy was overwritten, even with the other one selected."""
    solid, copy = solid_and_copy(tmp_path)
    faces = len(copy.data.polygons)
    activate(solid.parent)
    with pytest.raises(RuntimeError, match=r"thing has 2 solids\. Select the one to make again; clear"):
        bpy.ops.world_tracing.make_solid(resolution=32)
    activate(solid)
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    assert len(copy.data.polygons) == faces > len(solid.data.polygons)


def test_a_copy_that_shares_its_mesh_is_not_made_again_with_the_original(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    """One that was duplicated linked (Alt+D), and kept off the trace, was overwritten."""
    root = import_stack(shapes.sphere(64), tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=64)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    copy, faces = solid.copy(), len(solid.data.polygons)
    scene.collection.objects.link(copy)
    copy.parent = None
    with pytest.raises(RuntimeError, match=r"shares its mesh .* Make it single-user first"):
        bpy.ops.world_tracing.make_solid(resolution=32)
    with pytest.raises(RuntimeError, match="shares its mesh"):  # duplicated while it was made
        bpy.ops.world_tracing.add_solid(root=root.name, solid=solid.name, result="{}")
    copy.data = copy.data.copy()
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    assert len(copy.data.polygons) == faces > len(solid.data.polygons)


@pytest.mark.parametrize("gone", [False, True])
def test_the_solid_that_was_meant_is_made_again_whatever_is_selected_then(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    solid, copy = solid_and_copy(tmp_path)
    root, faces, wait = solid.parent, len(copy.data.polygons), session.wait

    def meanwhile(*arguments: object) -> None:
        wait(*arguments)
        activate(copy)
        if gone:
            bpy.data.objects.remove(solid)

    monkeypatch.setattr(session, "wait", meanwhile)
    activate(solid)
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    made, *more = (child for child in root.children if child.world_tracing.role == "SOLID" and child != copy)
    assert not more and len(copy.data.polygons) == faces > len(made.data.polygons)


def test_solid_can_be_reduced_and_stays_closed(scene: bpy.types.Scene, tmp_path: Path) -> None:
    import bmesh

    root = import_stack(shapes.box(64), tmp_path, output="BOTH")
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    activate(solid)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert len(solid.data.polygons) <= 2000
    assert solid.data.materials[0] == layers(root)[0].data.materials[0]
    shape = bmesh.new()
    shape.from_mesh(solid.data)
    assert all(edge.is_manifold for edge in shape.edges)
    assert shape.calc_volume() == pytest.approx(0.72, rel=0.03)
    shape.free()


def slots_of(mesh: bpy.types.Mesh) -> list[int]:
    """How many faces each material has."""
    slots = np.zeros(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    return np.bincount(slots, minlength=len(mesh.materials)).tolist()


@pytest.mark.parametrize("left", [0, 1])
def test_a_solid_keeps_the_looks_of_layers_that_are_gone(
    scene: bpy.types.Scene, tmp_path: Path, left: int
) -> None:
    root = import_stack(shapes.sphere(64), tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    worn = list(solid.data.materials)
    for layer in layers(root)[left:]:
        bpy.data.objects.remove(layer)
    activate(solid)
    for operator, options in (("make_solid", {}), ("decimate", {"budget": "2000"})):
        assert getattr(bpy.ops.world_tracing, operator)(**options) == {"FINISHED"}
        assert list(solid.data.materials) == worn
        front, back = slots_of(solid.data)
        assert 0.4 < front / (front + back) < 0.6


def test_a_solid_is_reduced_in_a_material_and_not_in_uvs_of_the_artists_own(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(64), tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    own = bpy.data.materials.new("clay")
    solid.data.materials.clear()
    solid.data.materials.append(own)
    solid.data.uv_layers.new(name="UVMap")
    activate(solid)
    with pytest.raises(RuntimeError, match=r"has UVs of its own \(UVMap\), which it would lose\. Remove"):
        bpy.ops.world_tracing.decimate(budget="2000")
    solid.data.uv_layers.remove(solid.data.uv_layers["UVMap"])
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert list(solid.data.materials) == [own]


@pytest.mark.parametrize("kind", ["vertex groups", "colour attributes", "shape keys"])
def test_what_the_artist_gave_to_points_is_not_lost_by_reducing(
    scene: bpy.types.Scene, tmp_path: Path, kind: str
) -> None:
    """It went without a word."""
    layer = layers(import_stack(shapes.sphere(64), tmp_path))[0]
    layer.data.color_attributes.new("wt_guess", "FLOAT_COLOR", "POINT")  # ours, of a projection
    activate(layer)
    if kind == "vertex groups":
        layer.vertex_groups.new(name="Own").add([0], 1.0, "ADD")
    elif kind == "colour attributes":
        layer.data.color_attributes.new("Own", "BYTE_COLOR", "CORNER")
    else:
        layer.shape_key_add(name="Basis")
        layer.shape_key_add(name="Own")
    sentence = rf"has {kind} of its own \(Own\), which it would lose\. Remove them"
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.world_tracing.decimate(budget="2000")
    with pytest.raises(RuntimeError, match=sentence):  # that was made while it waited
        bpy.ops.world_tracing.wear_reduced_mesh(layer=layer.name, result="{}")
    layer.vertex_groups.clear()
    layer.shape_key_clear()
    if kind == "colour attributes":
        layer.data.color_attributes.remove(layer.data.color_attributes["Own"])
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}


def test_a_projected_texture_is_not_lost_by_reducing_or_making_again(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    look = sys.modules["bl_ext.user_default.world_tracing.scene.projected_look"]
    root = import_stack(shapes.sphere(32), tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    look.wear_texture(solid, *(bpy.data.images.new(name, 8, 8) for name in ("bake", "seen")), "WT Pixel")
    baked, faces = solid.data.materials[0], len(solid.data.polygons)
    bpy.ops.object.select_all(action="DESELECT")
    activate(solid)
    with pytest.raises(RuntimeError, match="wears a projected texture, which it would lose"):
        bpy.ops.world_tracing.decimate(budget="2000")
    with pytest.raises(RuntimeError, match="wears a projected texture"):  # that arrived while it waited
        bpy.ops.world_tracing.wear_reduced_mesh(layer=solid.name, result="{}")
    with pytest.raises(RuntimeError, match="wears a projected texture, which it would lose"):
        bpy.ops.world_tracing.make_solid(resolution=32)
    with pytest.raises(RuntimeError, match="wears a projected texture"):
        bpy.ops.world_tracing.add_solid(root=root.name, solid=solid.name, result="{}")
    assert list(solid.data.materials) == [baked] and len(solid.data.polygons) == faces
    assert bpy.ops.world_tracing.reproject() == {"FINISHED"}
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}


def test_what_was_edited_is_reduced_wherever_the_trace_has_gone(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    import bmesh

    root = import_stack(shapes.box(64), tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    shape = bmesh.new()
    shape.from_mesh(solid.data)
    bmesh.ops.delete(shape, geom=[vertex for vertex in shape.verts if vertex.co.x > 0], context="VERTS")
    shape.to_mesh(solid.data)
    shape.free()
    bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=50.0)  # another stack file
    for layer in layers(root):
        bpy.data.objects.remove(layer)
    worn = list(solid.data.materials)
    activate(solid)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert 100 < len(solid.data.polygons) <= 2000 and places(solid)[:, 0].max() <= 0.001
    assert list(solid.data.materials) == worn and worn
    thickness = solid.data.attributes
    thickness.remove(thickness["wt_thickness"])
    thickness.new("wt_thickness", "FLOAT_VECTOR", "POINT")  # the user's own
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    solid.data.clear_geometry()
    with pytest.raises(RuntimeError, match="has no faces"):
        bpy.ops.world_tracing.decimate(budget="2000")


def drift(member: bpy.types.Object, root: bpy.types.Object) -> float:
    """How far the pixel UVs of an object are from where the trace's camera sees its vertices; mostly."""
    projection = sys.modules["bl_ext.user_default.world_tracing.scene.projection"]
    selection = sys.modules["bl_ext.user_default.world_tracing.scene.selection"]
    stack = LayerStack.load(root.world_tracing.stack)
    bpy.context.view_layer.update()
    where = np.array([member.matrix_world @ vertex.co for vertex in member.data.vertices])
    seen = projection.homogeneous(where, root, stack)
    return float(np.quantile(np.abs(seen[:, :2] / seen[:, 2:] - selection.pixel_uv(member.data)), 0.9))


def test_who_sets_an_origin_keeps_place_and_pixels(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Reduce Faces spoilt the texture, and a solid or layer that was made anew stood twice as far away."""
    root = import_stack(shapes.sphere(64), tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    for member in (solid, layers(root)[0]):
        member.hide_set(False)
        bpy.ops.object.select_all(action="DESELECT")
        activate(member)
        bpy.ops.object.origin_set(type="ORIGIN_GEOMETRY")
        assert member.location.length > 2
        place = member.location.copy()
        for _times in range(2):
            assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
            assert drift(member, root) < 0.005
            bpy.ops.world_tracing.make_solid()
            bpy.ops.world_tracing.rebuild_trace()
            assert drift(member, root) < 0.005 and member.location == place
    moved = layers(root)[1]
    moved.location.x = 1.0  # nothing but moved: that stays so
    before = places(moved)
    assert bpy.ops.world_tracing.use_known_camera(focal_length=80) == {"FINISHED"}
    assert drift(layers(root)[0], root) < 0.005 and moved.location.x == 1.0
    for _times in range(2):
        assert bpy.ops.world_tracing.make_solid() == {"FINISHED"}  # the old one lies on the rays of before
        assert drift(solid, root) < 0.005
    assert np.abs(places(moved)[:, 2] - before[:, 2]).max() < 0.9 and places(moved)[:, 2].max() < -1


def test_shape_keys_do_not_show_what_was_before(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(64), tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    layer = layers(root)[0]
    before = places(layer)
    for member in (solid, layer):
        member.shape_key_add(name="Basis")
        for point in member.shape_key_add(name="Bent").data:
            point.co.x += 1.0
        member.data.shape_keys.key_blocks["Bent"].value = 1.0
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert bpy.ops.world_tracing.make_solid() == {"FINISHED"}
    shown = layer.evaluated_get(bpy.context.evaluated_depsgraph_get())
    np.testing.assert_array_equal(places(shown), before)
    assert solid.data.shape_keys is None
    solid.shape_key_add(name="Basis")
    activate(solid)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert solid.data.shape_keys is None and len(solid.data.polygons) <= 2000


def test_volume_is_that_of_the_scaled_trace(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.box(64), tmp_path)
    root.scale, root.world_tracing.metric = (2, 2, 2), True  # what Set Scale does
    bpy.context.view_layer.update()
    bpy.ops.world_tracing.make_solid()
    message = sys.modules[f"{addon.__name__}.backend.session"].notice.message
    assert float(re.search(r"volume ([\d.]+) m³", message)[1]) == pytest.approx(8 * 0.72, rel=0.03)
    scene.unit_settings.scale_length = 0.1
    bpy.ops.world_tracing.make_solid()
    message = sys.modules[f"{addon.__name__}.backend.session"].notice.message
    assert float(re.search(r"volume ([\d.]+) m³", message)[1]) == pytest.approx(8e-3 * 0.72, rel=0.03)


@pytest.mark.parametrize("mode", ["object", "scene"])
def test_what_is_hidden_and_not_in_the_solid_is_said(scene, tmp_path: Path, mode: str) -> None:
    """The wall behind the things of a scene vanished without a word."""
    ball = shapes.sphere(32)
    depths = np.where(ball.mask, ball.xyz[..., 2], np.nan)
    if mode == "scene":
        depths[0] = np.where(ball.mask[0], depths[0], 5.0)
        depths[2] = np.where(ball.mask[0], 5.0, np.nan)
    root = import_stack(shapes.make_stack(depths, mode=mode), tmp_path)
    bpy.ops.world_tracing.make_solid()
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    assert all(layer.hide_get() for layer in layers(root)) and places(solid)[:, 2].min() > -4.0
    notice = sys.modules["bl_ext.user_default.world_tracing.backend.session"].notice
    assert ("Floor, walls and backdrop, if any" in notice.message) == (mode == "scene")


def test_nothing_solid_is_an_error_in_a_sentence(scene: bpy.types.Scene, tmp_path: Path) -> None:
    import_stack(shapes.nothing(), tmp_path)
    with pytest.raises(RuntimeError, match="no matter to make solid"):
        bpy.ops.world_tracing.make_solid()


def test_reduced_layer_keeps_its_pixels_and_comes_back(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(128), tmp_path)
    layer = layers(root)[0]
    before = len(layer.data.polygons)
    activate(layer)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert len(layer.data.polygons) <= 2000 < before
    distance = np.linalg.norm(places(layer) + np.array([0, 0, shapes.DISTANCE]), axis=1)
    assert np.abs(distance - 0.9).max() < 0.02
    assert {"WT Pixel", "wt_pixel"} <= set(layer.data.attributes.keys()) and len(layer.data.materials) == 1
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert len(layer.data.polygons) == before


def test_what_was_edited_while_it_was_reduced_is_kept(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    layer = layers(import_stack(shapes.sphere(64), tmp_path))[0]
    faces, wait = len(layer.data.polygons), session.wait

    def meanwhile(*arguments: object) -> None:
        wait(*arguments)
        layer.data.vertices[0].co.z += 1.0

    monkeypatch.setattr(session, "wait", meanwhile)
    activate(layer)
    with pytest.raises(RuntimeError, match=r"was changed meanwhile\. Reduce it again"):
        bpy.ops.world_tracing.decimate(budget="2000")
    assert len(layer.data.polygons) == faces
    monkeypatch.setattr(session, "wait", wait)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}


def test_a_copy_that_shares_its_mesh_is_not_reduced_with_the_original(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    layer = layers(import_stack(shapes.sphere(64), tmp_path))[0]
    copy = layer.copy()
    scene.collection.objects.link(copy)
    for member in (layer, copy):
        activate(member)
        with pytest.raises(RuntimeError, match=r"shares its mesh .* Make it single-user first"):
            bpy.ops.world_tracing.decimate(budget="2000")
    copy.data = copy.data.copy()
    copy.data.use_fake_user = True
    faces = len(layer.data.polygons)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert len(copy.data.polygons) != faces == len(layer.data.polygons)


@pytest.mark.parametrize("left", [(), (1,)], ids=["no layer", "only the hidden one"])
def test_a_projected_solid_gets_the_photo_back_without_its_layers(
    scene: bpy.types.Scene, tmp_path: Path, left: tuple[int, ...]
) -> None:
    """It said that it had, and was refused as before."""
    look = sys.modules["bl_ext.user_default.world_tracing.scene.projected_look"]
    root = import_stack(shapes.sphere(32), tmp_path)
    bpy.ops.world_tracing.make_solid(resolution=32)
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    look.wear_texture(solid, *(bpy.data.images.new(name, 8, 8) for name in ("bake", "seen")), "WT Pixel")
    for layer in layers(root):
        if layer.world_tracing.layer not in left:
            bpy.data.objects.remove(layer)
    bpy.ops.object.select_all(action="DESELECT")
    activate(solid)
    assert bpy.ops.world_tracing.reproject() == {"FINISHED"}
    assert not look.is_worn(solid.data)
    assert [material["wt_layer"] for material in solid.data.materials] == [0, 1]
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}


@pytest.mark.parametrize("editing", [False, True])
def test_a_solid_is_selected_to_be_gone_on_with(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, editing: bool
) -> None:
    """Its hidden layer stayed the active object, and the next button named that."""
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    root, wait = import_stack(shapes.sphere(32), tmp_path), session.wait

    def meanwhile(*arguments: object) -> None:
        wait(*arguments)
        if editing:
            bpy.ops.mesh.primitive_cube_add()
            bpy.ops.object.mode_set(mode="EDIT")

    monkeypatch.setattr(session, "wait", meanwhile)
    activate(layers(root)[0])
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    if editing:
        assert bpy.context.mode == "EDIT_MESH" and bpy.context.object != solid
    else:
        assert bpy.context.selected_objects == [bpy.context.object] == [solid]
        assert bpy.ops.world_tracing.project_texture.poll()
