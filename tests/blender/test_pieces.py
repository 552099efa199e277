"""Pieces that an artist separated from a layer (P in Edit Mode) stay pieces when they are rebuilt."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from projection_scenes import only
from test_frame import corners
from test_geometry import chosen, import_stack, layers, select

SIZE = 48


def pixels(layer: bpy.types.Object) -> np.ndarray:
    values = np.zeros(len(layer.data.vertices), np.int32)
    layer.data.attributes["wt_pixel"].data.foreach_get("value", values)
    return values


def faces(layer: bpy.types.Object) -> set[tuple[int, ...]]:
    """Faces by the pixels of their corners."""
    pixel = pixels(layer)
    return {tuple(sorted(pixel[list(face.vertices)].tolist())) for face in layer.data.polygons}


def separate(layer: bpy.types.Object, wanted: np.ndarray) -> bpy.types.Object:
    """What lies between these vertices becomes an object of its own."""
    only(layer)
    before = set(bpy.data.objects)
    select(layer, wanted)
    bpy.context.scene.tool_settings.mesh_select_mode = (True, False, False)
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.mesh.separate(type="SELECTED") == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    return (set(bpy.data.objects) - before).pop()


def delete(layer: bpy.types.Object, wanted: np.ndarray) -> None:
    only(layer)
    select(layer, wanted)
    assert chosen(layer).any()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="VERT")
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.fixture
def root(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    return import_stack(shapes.one_layer(SIZE), tmp_path)


def test_pieces_are_rebuilt_as_pieces(root: bpy.types.Object) -> None:
    rest = layers(root)[0]
    whole = faces(rest)
    piece = separate(rest, (pixels(rest) % SIZE < 20) & (pixels(rest) < 30 * SIZE))
    piece.location.x += 1  # it was moved as well
    held = faces(rest), faces(piece)
    assert held[0] | held[1] == whole and not held[0] & held[1]
    for _ in range(2):  # nothing wanders
        assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
        assert (faces(rest), faces(piece)) == held
    piece.world_tracing.tear = 0.5
    rest.world_tracing.grazing = 0.2
    assert (faces(rest), faces(piece)) == held
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=85) == {"FINISHED"}
    assert (faces(rest), faces(piece)) == held


def test_what_a_setting_takes_from_a_piece_comes_back_to_it(root: bpy.types.Object) -> None:
    rest = layers(root)[0]
    piece = separate(rest, pixels(rest) % SIZE < 20)
    held = faces(rest), faces(piece)
    for one in (piece, rest):
        one.world_tracing.island = 10**6
    assert not piece.data.polygons and not rest.data.polygons
    for one in (rest, piece):
        one.world_tracing.island = 16
    assert (faces(rest), faces(piece)) == held


def test_edits_of_pieces_go_back_and_deleted_pieces_return(root: bpy.types.Object) -> None:
    rest = layers(root)[0]
    whole = faces(rest)
    piece = separate(rest, pixels(rest) % SIZE < 20)
    held = faces(rest), faces(piece)
    delete(piece, pixels(piece) % SIZE < 10)
    only(root)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert (faces(rest), faces(piece)) == held
    bpy.data.objects.remove(piece)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert faces(rest) == whole


def test_a_piece_is_separated_again_and_joined(root: bpy.types.Object) -> None:
    rest = layers(root)[0]
    piece = separate(rest, pixels(rest) % SIZE < 20)
    only(root)
    bpy.ops.world_tracing.rebuild_trace()
    third = separate(piece, pixels(piece) < 10 * SIZE)
    held = [faces(one) for one in (rest, piece, third)]
    only(root)
    bpy.ops.world_tracing.rebuild_trace()
    assert [faces(one) for one in (rest, piece, third)] == held
    only(rest, third)
    bpy.ops.object.join()
    only(root)
    bpy.ops.world_tracing.rebuild_trace()
    assert [faces(rest), faces(piece)] == [held[0] | held[2], held[1]]


@pytest.mark.parametrize("linked", [False, True])
def test_a_copy_is_no_piece(root: bpy.types.Object, linked: bool) -> None:
    layer = layers(root)[0]
    whole = faces(layer)
    only(layer)
    bpy.ops.object.duplicate(linked=linked)
    backup = bpy.context.object
    delete(layer, pixels(layer) % SIZE < 10)
    only(root)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert faces(layer) == faces(backup) == whole


@pytest.mark.parametrize("linked", [False, True])
def test_a_copied_trace_leaves_the_meshes_of_the_original_alone(root: bpy.types.Object, linked: bool) -> None:
    """With Alt+D they share them, until the copy's are made single-user."""
    session = sys.modules["bl_ext.user_default.world_tracing.backend.session"]
    layer = layers(root)[0]
    layer.data.use_fake_user = True  # is nobody else
    only(root, *root.children)
    bpy.ops.object.duplicate(linked=linked)
    copy = next(member for member in bpy.context.selected_objects if member.world_tracing.role == "ROOT")
    twin, before, ways = layers(copy)[0], corners(layer), bpy.ops.world_tracing
    bpy.context.view_layer.objects.active = copy
    if linked:
        for call in (ways.rebuild_trace, lambda: ways.use_known_camera(source="FOCAL", focal_length=85)):
            with pytest.raises(RuntimeError, match=f"{twin.name} shares its mesh .*Make Single User"):
                call()
        twin.world_tracing.island = 10**6
        assert "shares its mesh" in session.notice.message and twin.data.polygons
        bpy.ops.object.make_single_user(type="SELECTED_OBJECTS", object=True, obdata=True)
        twin.world_tracing.island = 16
    assert ways.rebuild_trace() == {"FINISHED"}
    assert ways.use_known_camera(source="FOCAL", focal_length=85) == {"FINISHED"}
    twin.world_tracing.island = 10**6
    assert not twin.data.polygons
    np.testing.assert_array_equal(corners(layer), before)


def test_pieces_of_a_turned_trace_whose_transform_was_applied(root: bpy.types.Object) -> None:
    rest = layers(root)[0]
    root.matrix_world = Matrix.Translation((1, 2, 3)) @ Matrix.Rotation(1.0, 4, "Z")
    piece = separate(rest, pixels(rest) % SIZE < 20)
    only(root, rest, piece)
    bpy.ops.object.transform_apply()
    before = corners(piece)
    only(root)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    after = corners(piece)
    for end in (np.min, np.max):
        np.testing.assert_allclose(end(after, axis=0), end(before, axis=0), atol=1e-4)
