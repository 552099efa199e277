"""Attributes of photos in the shader: there for names of any length, in any script, each trace its own."""

from __future__ import annotations

import sys
from types import ModuleType

import bpy
import numpy as np
import pytest
from test_import import numbers


@pytest.mark.parametrize("letter", ["a", "Ж", "橋", "🏠"])
@pytest.mark.parametrize("length", [1, 18, 27, 46, 60])
def test_long_names_have_attributes_of_their_own(
    addon: ModuleType, scene: bpy.types.Scene, letter: str, length: int
) -> None:
    photos = sys.modules[f"{addon.__name__}.scene.projected_photos"]
    bpy.ops.mesh.primitive_cube_add()
    mesh = bpy.context.object.data
    traces = [letter * length + end for end in ("1", "2")]
    loops = np.arange(len(mesh.loops), dtype=np.int32)
    for number, trace in enumerate(traces, 1):
        sight = np.full((len(loops), 2), number, np.float32)
        photos.write_projection(mesh, trace, np.full((len(mesh.vertices), 3), number), loops, sight)
    for number, trace in enumerate(traces, 1):
        assert (numbers(mesh, photos.projection_name(trace), "vector", 3) == number).all()
        assert (numbers(mesh, photos.sight_name(trace), "vector", 3)[:, 0] == number).all()
    assert len([layer for layer in mesh.uv_layers if layer.name.startswith("WT Pixel")]) == 2
