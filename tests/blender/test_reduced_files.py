"""The files that Reduce Faces sends to the worker and gets back: gone once read, named when damaged."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_geometry import activate, import_stack, layers

ADDON = "bl_ext.user_default.world_tracing"


@pytest.mark.usefixtures("real_worker")
def test_reducing_leaves_no_files_behind(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Each press left two."""
    folder = sys.modules[f"{ADDON}.scene.files"].folder("geometry")
    before = set(folder.iterdir())
    layer = layers(import_stack(shapes.sphere(96), tmp_path))[0]
    activate(layer)
    assert bpy.ops.world_tracing.decimate(budget="2000") == {"FINISHED"}
    assert 1900 < len(layer.data.polygons) <= 2000 and set(folder.iterdir()) == before
    assert "REGISTER" not in bpy.ops.world_tracing.wear_reduced_mesh.bl_options  # a redo panel needs them


@pytest.mark.parametrize("damaged", ["sent", "reduced"])
def test_the_damaged_file_is_named(scene: bpy.types.Scene, tmp_path: Path, damaged: str) -> None:
    """It was always said to be the one that came back."""
    layer = layers(import_stack(shapes.sphere(32), tmp_path))[0]
    sent, reduced = tmp_path / "sent.npz", tmp_path / "reduced.npz"
    for path in (sent, reduced):
        sys.modules[f"{ADDON}.scene.solid_object"].write_arrays(path, layer.data)
    (tmp_path / f"{damaged}.npz").write_bytes(b"no arrays")
    result = json.dumps({"mesh": str(reduced)})
    with pytest.raises(RuntimeError, match=rf"{damaged}\.npz cannot be read .*Reduce the layer again"):
        bpy.ops.world_tracing.wear_reduced_mesh(layer=layer.name, sent=str(sent), result=result)
    assert not sent.exists() and not reduced.exists()


def test_a_result_that_is_refused_leaves_no_files(scene: bpy.types.Scene, tmp_path: Path) -> None:
    layer = layers(import_stack(shapes.sphere(32), tmp_path))[0]
    sent, reduced = tmp_path / "sent.npz", tmp_path / "reduced.npz"
    for path in (sent, reduced):
        sys.modules[f"{ADDON}.scene.solid_object"].write_arrays(path, layer.data)
    layer.vertex_groups.new(name="Own")
    result = json.dumps({"mesh": str(reduced)})
    with pytest.raises(RuntimeError, match="has vertex groups of its own"):
        bpy.ops.world_tracing.wear_reduced_mesh(layer=layer.name, sent=str(sent), result=result)
    assert not sent.exists() and not reduced.exists()


def test_a_job_that_fails_leaves_no_files(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sys.modules[f"{ADDON}.scene.files"].folder("geometry")
    before = set(folder.iterdir())
    activate(layers(import_stack(shapes.sphere(32), tmp_path))[0])
    monkeypatch.setenv("WT_BACKEND_PYTHON", str(tmp_path / "no python"))
    with pytest.raises(RuntimeError, match="does not exist"):
        bpy.ops.world_tracing.decimate(budget="2000")
    assert set(folder.iterdir()) == before
