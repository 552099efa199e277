"""Traces that are linked from another file: nothing changes them, and nothing else depends on their file."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest
from projection_scenes import PYTHON
from test_import import ADDON, CASES, children, import_stack, make_stack

NAME = "Trace: test"


@pytest.fixture
def linked(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    """The root of a trace that lies in another .blend, active."""
    folder = tmp_path / "library é"
    folder.mkdir()
    import_stack(make_stack(*CASES["whole square"]), folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(folder / "library.blend"), link=True) as (there, here):
        here.collections = [name for name in there.collections if name == NAME]
    bpy.context.scene.collection.children.link(here.collections[0])
    root = bpy.data.objects[NAME]
    bpy.context.view_layer.objects.active = root
    return root


def faces(root: bpy.types.Object) -> list[int]:
    return [len(layer.data.polygons) for layer in children(root, "LAYER")]


@pytest.mark.parametrize(
    "operator",
    (
        *("rebuild_trace", "delete_trace", "ground", "set_scale", "use_known_camera", "fill_colour"),
        *("make_solid", "find_sky", "mark_sky", "select_sky", "select_same_pixel", "select_under_mask"),
    ),
)
def test_operators_refuse_in_words(linked: bpy.types.Object, operator: str) -> None:
    before = faces(linked)
    with pytest.raises(RuntimeError, match="is linked from another file"):
        getattr(bpy.ops.world_tracing, operator)()
    assert bpy.data.objects.get(NAME) == linked and faces(linked) == before


def test_settings_change_nothing(linked: bpy.types.Object) -> None:
    before, session = faces(linked), sys.modules[f"{ADDON}.backend.session"]
    children(linked, "LAYER")[0].world_tracing.tear = 0.001
    assert "is linked" in session.notice.message and faces(linked) == before
    session.notice = None
    linked.world_tracing.without_sky = True
    assert "is linked" in session.notice.message and faces(linked) == before


@pytest.mark.parametrize(("name", "value"), [("lit", True), ("hidden_colour", "FLAT")])
def test_looks_of_layers_whose_materials_are_linked_stay(
    linked: bpy.types.Object, name: str, value: object
) -> None:
    """Changed, they would be as before when the file is opened again."""
    root = linked.copy()
    for layer in children(linked, "LAYER"):
        own = layer.copy()
        own.data, own.parent = layer.data.copy(), root
    bpy.context.scene.collection.objects.link(root)
    material = children(root, "LAYER")[1].data.materials[0]
    before = [(link.from_node.name, link.to_node.name) for link in material.node_tree.links]
    session = sys.modules[f"{ADDON}.backend.session"]
    setattr(root.world_tracing, name, value)
    assert material.library and session.notice.message.startswith("The material")
    assert [(link.from_node.name, link.to_node.name) for link in material.node_tree.links] == before


def test_local_objects_with_linked_meshes(linked: bpy.types.Object) -> None:
    root = linked.copy()
    for layer in children(linked, "LAYER"):
        own = layer.copy()
        own.parent = root
    bpy.context.scene.collection.objects.link(root)
    bpy.context.view_layer.objects.active = root
    with pytest.raises(RuntimeError, match=r"Layer 1.* is linked from another file"):
        bpy.ops.world_tracing.rebuild_trace()
    for layer in children(root, "LAYER"):
        layer.data = layer.data.copy()
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}


def test_overrides_move_but_are_not_built_again(linked: bpy.types.Object) -> None:
    shown = linked.users_collection[0].override_hierarchy_create(
        bpy.context.scene, bpy.context.view_layer, do_fully_editable=True
    )
    root = next(member for member in shown.objects if member.world_tracing.role == "ROOT")
    bpy.context.view_layer.objects.active = root
    assert root.library is None
    with pytest.raises(RuntimeError, match="is linked from another file"):
        bpy.ops.world_tracing.rebuild_trace()
    for member in bpy.context.selected_objects:
        member.select_set(False)
    for layer, place in zip(children(root, "LAYER"), (0.0, 4.0), strict=True):
        layer.location.x = place
        layer.select_set(True)
    assert bpy.ops.world_tracing.set_scale(length=2.0) == {"FINISHED"}
    assert root.scale.x == pytest.approx(0.5)


@pytest.mark.skipif(not PYTHON.is_file(), reason="needs this checkout's environment")
def test_export_needs_no_change(linked: bpy.types.Object, tmp_path: Path, real_worker: None) -> None:
    out = tmp_path / "out.ply"
    assert bpy.ops.world_tracing.export(filepath=str(out), kind="ply") == {"FINISHED"}
    assert out.is_file()


def test_a_trace_of_the_same_name_is_the_one_of_this_file(linked: bpy.types.Object, tmp_path: Path) -> None:
    own = import_stack(make_stack(*CASES["whole square"]), tmp_path)
    assert own.name == linked.name
    own.location.x = 5.0
    assert bpy.ops.world_tracing.delete_trace(root=NAME) == {"FINISHED"}
    assert [root.library for root in bpy.data.objects if root.name == NAME] == [linked.library]


def test_own_traces_do_not_need_the_linked_file(linked: bpy.types.Object, tmp_path: Path) -> None:
    own = import_stack(make_stack(*CASES["whole square"]), tmp_path, output="BOTH")
    own.world_tracing.lit = True
    own.world_tracing.lit = False
    for layer in (*children(own, "LAYER"), *children(own, "POINTS")):
        assert layer.data.materials[0].node_tree.nodes["Layer"].node_tree.library is None
