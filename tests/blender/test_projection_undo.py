"""What a projection changes of a mesh, when, and how it is taken back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from projection_scenes import RADIUS, baked_colours, ball, only, photographed, places, shapes, values, waves

pytestmark = pytest.mark.usefixtures("real_worker")


def in_edit_mode(thing: bpy.types.Object) -> None:
    """Edit another mesh, with a step to undo to."""
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.ed.undo_push(message="Before")


def test_undo_takes_a_fit_back_that_arrived_in_edit_mode(scene: bpy.types.Scene, tmp_path: Path) -> None:
    thing = ball(photographed(shapes.sphere, tmp_path))
    name, before = thing.name, thing.matrix_world.copy()
    in_edit_mode(thing)
    rows = json.dumps([list(row) for row in before])
    moved = {"matrix": [list(row) for row in Matrix.Translation((1, 2, 3))]}
    fits = json.dumps(moved | {"residual": 0, "relative": 0, "before": 0, "scale": 1})
    settings = {"target": name, "sent": str(tmp_path / "sent.npz"), "place": rows, "result": fits}
    assert bpy.ops.world_tracing.wear_fit("EXEC_DEFAULT", True, **settings) == {"FINISHED"}
    assert bpy.data.objects[name].matrix_world.translation != before.translation
    bpy.ops.ed.undo()
    np.testing.assert_allclose(bpy.data.objects[name].matrix_world, before)
    assert bpy.context.mode == "EDIT_MESH"


def test_undo_takes_the_trace_camera_back_in_edit_mode(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = photographed(shapes.sphere, tmp_path)
    bpy.context.scene.camera = None
    size = scene.render.resolution_x
    in_edit_mode(root)
    root = next(thing for thing in bpy.data.objects if thing.world_tracing.role == "ROOT")
    bpy.context.view_layer.objects.active = root
    assert bpy.ops.world_tracing.use_trace_camera("EXEC_DEFAULT", True) == {"FINISHED"}
    assert bpy.context.scene.camera is not None
    bpy.ops.ed.undo()
    assert (bpy.context.scene.camera, bpy.context.scene.render.resolution_x) == (None, size)


def test_a_mesh_is_unwrapped_anew_only_once_it_has_its_texture(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bake that failed left the artist's texture on other UVs, and hidden faces shown."""
    root = photographed(shapes.sphere, tmp_path)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, radius=RADIUS)
    thing, mesh = bpy.context.object, bpy.context.object.data
    thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -shapes.DISTANCE))
    mesh.polygons[5].hide = True
    only(thing)

    def state() -> list[object]:
        flags = [(face.hide, face.select) for face in mesh.polygons]
        own = [tuple(entry.uv) for entry in mesh.uv_layers["UVMap"].data]
        maps = [(layer.name, layer.active, layer.active_render) for layer in mesh.uv_layers]
        return [maps, flags, own]

    before = state()
    with monkeypatch.context() as broken:
        broken.setenv("WT_BACKEND_PYTHON", str(tmp_path / "no python"))
        with pytest.raises(RuntimeError):
            bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW")
    assert state() == before
    for _ in range(2):  # the second time its own map is there
        assert bpy.ops.world_tracing.project_texture(size="512", unwrap="NEW") == {"FINISHED"}
        maps, flags, own = state()
        assert maps == [("UVMap", False, False), ("WT Projected", True, True)] and [flags, own] == before[1:]
    seen, where = values(thing, "wt_seen"), places(thing, root)
    assert np.abs(baked_colours(thing) - waves(where))[seen].mean() < 0.03


def test_a_new_bake_takes_no_name_that_anything_of_another_has(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only pictures come along when a file is saved: a bake was written over there."""
    files = sys.modules["bl_ext.user_default.world_tracing.scene.files"]
    monkeypatch.setattr(files, "folder", lambda kind: tmp_path)
    (tmp_path / "cube Projected seen.png").touch()
    (tmp_path / "Cube projected-2.png").touch()
    names = [files.new_projection("Cube projected").name for _ in range(2)]
    assert names == ["Cube projected-3", "Cube projected-4"]
    assert files.new_projection("Cube project").name == "Cube project"
