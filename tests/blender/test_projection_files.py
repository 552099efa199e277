"""The arrays of a projection go once they were read, or where nothing comes of it; its pictures stay."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest
from projection_scenes import ball, photographed, shapes

pytestmark = pytest.mark.usefixtures("real_worker")
ADDON = "bl_ext.user_default.world_tracing"
CALLS = {
    "bake": lambda: bpy.ops.world_tracing.project_texture(size="512", route="BAKE"),
    "shader": lambda: bpy.ops.world_tracing.project_texture(route="SHADER"),
    "fit": lambda: bpy.ops.world_tracing.fit_to_layers(),
}


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize("call", CALLS)
def test_a_projection_leaves_no_arrays_behind(
    scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, works: bool
) -> None:
    folder = sys.modules[f"{ADDON}.scene.files"].folder("projection")
    before = set(folder.glob("*.npz"))
    thing = ball(photographed(shapes.sphere, tmp_path))
    if works:
        assert CALLS[call]() == {"FINISHED"}
    else:
        monkeypatch.setenv("WT_BACKEND_PYTHON", str(tmp_path / "no python"))
        with pytest.raises(RuntimeError, match="does not exist"):
            CALLS[call]()
    assert set(folder.glob("*.npz")) == before
    assert bool(thing.data.materials) == (works and call != "fit")
