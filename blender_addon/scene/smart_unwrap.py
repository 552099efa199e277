"""Blender's own unwrap, for what xatlas would cut into triangles or take minutes for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from numpy.typing import NDArray

from .projected_look import UV_MAP
from .projection import ProjectionError

ANGLE, MARGIN = math.radians(66), 0.003
_ELEMENTS, _FLAGS = ("vertices", "edges", "polygons"), ("hide", "select")


def check_unwrap(target: bpy.types.Object) -> None:
    """Whether an object can be unwrapped.

    Raises
    ------
    ProjectionError
        It is hidden.
    """
    if not target.visible_get():
        raise ProjectionError(f"{target.name} is hidden. Show it, or give it UVs first.")


@contextmanager
def smart_unwrap(context: bpy.types.Context, target: bpy.types.Object) -> Iterator[None]:
    """Have a UV map unwrapped by Blender as the active one for a while, faces whole. Checked before.

    The mesh wears it once there is a texture for it, so it goes again: a bake may fail or be cancelled.
    """
    mesh, before = target.data, _Mapping(target.data)
    layer = mesh.uv_layers.get(UV_MAP) or mesh.uv_layers.new(name=UV_MAP)
    mesh.uv_layers.active = layer
    try:
        _unwrap(context, target)
        yield
    finally:
        before.restore()


def _unwrap(context: bpy.types.Context, target: bpy.types.Object) -> None:
    selected, active = list(context.selected_objects), context.view_layer.objects.active
    for member in selected:
        member.select_set(False)
    target.select_set(True)
    context.view_layer.objects.active = target
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.reveal(select=True)
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=ANGLE, island_margin=MARGIN)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        target.select_set(False)
        for member in selected:
            member.select_set(True)
        context.view_layer.objects.active = active


class _Mapping:
    """What an unwrap changes of a mesh: its UV maps, and what of it is hidden and selected."""

    def __init__(self, mesh: bpy.types.Mesh) -> None:
        self._mesh = mesh
        self._names = mesh.uv_layers.keys()
        self._active = mesh.uv_layers.active_index
        self._rendered = next((layer.name for layer in mesh.uv_layers if layer.active_render), "")
        self._flags = {(kind, flag): self._read(kind, flag) for kind in _ELEMENTS for flag in _FLAGS}
        self._uv = np.empty(2 * len(mesh.loops), np.float32)
        if UV_MAP in mesh.uv_layers:
            mesh.uv_layers[UV_MAP].data.foreach_get("uv", self._uv)

    def _read(self, kind: str, flag: str) -> NDArray[np.bool_]:
        elements = getattr(self._mesh, kind)
        values = np.empty(len(elements), bool)
        elements.foreach_get(flag, values)
        return values

    def restore(self) -> None:
        """Give the mesh what it had."""
        layers = self._mesh.uv_layers
        if UV_MAP in self._names:
            layers[UV_MAP].data.foreach_set("uv", self._uv)
        else:
            layers.remove(layers[UV_MAP])
        layers.active_index = self._active
        if self._rendered:
            layers[self._rendered].active_render = True
        for (kind, flag), values in self._flags.items():
            getattr(self._mesh, kind).foreach_set(flag, values)
        self._mesh.update()
