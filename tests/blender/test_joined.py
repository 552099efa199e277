"""Layers that an artist joined (Ctrl J): each face goes on to look as its layer does."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from projection_scenes import only
from test_geometry import import_stack, layers

pytestmark = pytest.mark.usefixtures("real_worker")


def joined(folder: Path, active: int) -> tuple[bpy.types.Object, bpy.types.Object]:
    """The root of a trace of two layers and the only one that is left."""
    root = import_stack(shapes.sphere(48), folder)
    members = layers(root)
    only(members[active], members[1 - active])
    bpy.ops.object.join()
    return root, members[active]


def hint(layer: bpy.types.Object, number: int) -> float:
    """How much of its hint colour the material of a layer shows."""
    material = layer.data.materials[f"thing Layer {number}"]
    return material.node_tree.nodes["Layer"].inputs["Hint Strength"].default_value


@pytest.mark.parametrize("active", [0, 1])
def test_hidden_colour_is_that_of_hidden_faces(scene: bpy.types.Scene, tmp_path: Path, active: int) -> None:
    root, layer = joined(tmp_path, active)
    root.world_tracing.hidden_colour = "FLAT"
    assert (hint(layer, 1), hint(layer, 2)) == (0, 1)
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert (hint(layer, 1), hint(layer, 2)) == (0, 0)
    trees = [layer.data.materials[f"thing Layer {number}"].node_tree for number in (1, 2)]
    assert ["Filled" in tree.nodes for tree in trees] == [False, True]
    assert trees[1].nodes["Filled"].image.filepath.endswith("layer 2.png")


def test_reduced_faces_keep_the_materials_of_their_layers(scene: bpy.types.Scene, tmp_path: Path) -> None:
    _, layer = joined(tmp_path, 0)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    slots, of_vertex = (
        np.zeros(len(layer.data.polygons), np.int32),
        np.zeros(len(layer.data.vertices), np.int32),
    )
    layer.data.polygons.foreach_get("material_index", slots)
    layer.data.attributes["wt_layer"].data.foreach_get("value", of_vertex)
    of_face = np.array([np.sort(of_vertex[list(face.vertices)])[1] for face in layer.data.polygons])
    np.testing.assert_array_equal(slots, of_face)
    assert set(slots) == {0, 1}


def test_a_solid_of_joined_layers_wears_both(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root, _ = joined(tmp_path, 0)
    assert bpy.ops.world_tracing.make_solid() == {"FINISHED"}
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    assert [material.name for material in solid.data.materials] == ["thing Layer 1", "thing Layer 2"]
    assert {face.material_index for face in solid.data.polygons} == {0, 1}


def test_a_mesh_that_is_edited_through_another_object_is_not_reduced(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    layer = layers(import_stack(shapes.sphere(48), tmp_path))[0]
    twin = layer.copy()
    scene.collection.objects.link(twin)
    only(twin)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.context.view_layer.objects.active = layer
    assert layer.mode == "OBJECT" and not bpy.ops.world_tracing.decimate.poll()
