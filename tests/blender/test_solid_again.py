"""Meshes that come in and replace others: undo in Edit Mode takes them back, each has a file of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from projection_scenes import shapes
from test_geometry import import_stack, layers
from test_projection_undo import in_edit_mode

pytestmark = pytest.mark.usefixtures("real_worker")
ADDON = "bl_ext.user_default.world_tracing"
FACES = 10


def write_answer(path: Path, mesh: bpy.types.Mesh) -> None:
    """What the worker might make of a mesh: a few of its faces."""
    sys.modules[f"{ADDON}.scene.solid_object"].write_arrays(path, mesh)
    with np.load(path) as found:
        arrays = dict(found)
    arrays["triangles"] = arrays["triangles"][:FACES]
    np.savez(path, **arrays, pixel=np.zeros(len(arrays["vertices"]), np.int32))


def faces_of(name: str) -> int:
    return len(bpy.data.objects[name].data.polygons)


def test_undo_takes_fewer_faces_back_that_arrived_in_edit_mode(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    layer = layers(import_stack(shapes.sphere(32), tmp_path))[0]
    name, before = layer.name, len(layer.data.polygons)
    sent, reduced = tmp_path / "sent.npz", tmp_path / "reduced.npz"
    sys.modules[f"{ADDON}.scene.solid_object"].write_arrays(sent, layer.data)
    write_answer(reduced, layer.data)
    in_edit_mode(layer)
    result = json.dumps({"mesh": str(reduced), "faces": FACES, "faces_before": before})
    settings = {"layer": name, "sent": str(sent), "result": result}
    assert bpy.ops.world_tracing.wear_reduced_mesh("EXEC_DEFAULT", True, **settings) == {"FINISHED"}
    assert faces_of(name) == FACES
    bpy.ops.ed.undo()
    assert faces_of(name) == before and bpy.context.mode == "EDIT_MESH"


def test_undo_takes_a_solid_back_that_was_made_again_in_edit_mode(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(32), tmp_path)
    assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    solid = next(child for child in root.children if child.world_tracing.role == "SOLID")
    name, before = solid.name, len(solid.data.polygons)
    write_answer(tmp_path / "made.npz", solid.data)
    result = {"mesh": str(tmp_path / "made.npz"), "pieces": [], "volume": 0.0, "volume_error": 0.0}
    settings = {"root": root.name, "solid": name, "result": json.dumps(result)}
    in_edit_mode(solid)
    assert bpy.ops.world_tracing.add_solid("EXEC_DEFAULT", True, **settings) == {"FINISHED"}
    assert faces_of(name) == FACES
    bpy.ops.ed.undo()
    assert faces_of(name) == before and bpy.context.mode == "EDIT_MESH"


def test_each_solid_comes_in_a_file_of_its_own_that_goes(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another Blender with a trace of the same name wrote over one that waited to come in."""
    folder = sys.modules[f"{ADDON}.scene.files"].folder("geometry")
    before, outputs = set(folder.iterdir()), []
    worker_job = sys.modules[f"{ADDON}.operators.worker_job"]
    start = worker_job.WorkerJob.start_job

    def noted(self: object, method: str, params: dict[str, object], *rest: object) -> set[str]:
        outputs.append(params["output"])
        sys.modules[f"{ADDON}.scene.files"]._promised.clear()  # as it is in another Blender
        return start(self, method, params, *rest)

    monkeypatch.setattr(worker_job.WorkerJob, "start_job", noted)
    import_stack(shapes.sphere(32), tmp_path)
    for _times in range(2):
        assert bpy.ops.world_tracing.make_solid(resolution=32) == {"FINISHED"}
    assert len(set(outputs)) == 2 and set(folder.iterdir()) == before
