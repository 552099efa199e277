"""What Use Known Camera offers before anything is typed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import bpy
import pytest
from projection_scenes import shapes
from test_geometry import import_stack


@pytest.mark.parametrize("size", [(48, 32), (32, 48)])
def test_the_dialog_begins_with_the_lens_that_the_trace_has(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path, size: tuple[int, int]
) -> None:
    """It always began with 50 mm."""
    root = import_stack(shapes.sphere(size), tmp_path)
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=85) == {"FINISHED"}
    operator = SimpleNamespace(trace=lambda _context: root, focal_length=50.0, source="SCENE")
    manager = SimpleNamespace(invoke_props_dialog=lambda _operator: {"RUNNING_MODAL"})
    module = sys.modules[f"{addon.__name__}.operators.use_known_camera"]
    invoke = module.WORLD_TRACING_OT_use_known_camera.invoke  # a dialog needs a window
    assert invoke(operator, SimpleNamespace(window_manager=manager), None) == {"RUNNING_MODAL"}
    assert operator.focal_length == pytest.approx(85, rel=1e-4) and operator.source == "FOCAL"
