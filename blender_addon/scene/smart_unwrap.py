"""Blender's own unwrap, for what xatlas would cut into triangles or take minutes for."""

from __future__ import annotations

import math

import bpy

from .projected_look import UV_MAP
from .projection import ProjectionError

ANGLE, MARGIN = math.radians(66), 0.003


def check_unwrap(target: bpy.types.Object) -> None:
    """Whether an object can be unwrapped.

    Raises
    ------
    ProjectionError
        It is hidden.
    """
    if not target.visible_get():
        raise ProjectionError(f"{target.name} is hidden. Show it, or give it UVs first.")


def smart_unwrap(context: bpy.types.Context, target: bpy.types.Object) -> None:
    """Unwrap into a UV map of our own, which becomes the active one; faces stay whole. Checked before."""
    mesh = target.data
    layer = mesh.uv_layers.get(UV_MAP) or mesh.uv_layers.new(name=UV_MAP)
    mesh.uv_layers.active = layer
    layer.active_render = True
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
        for member in selected:
            member.select_set(True)
        context.view_layer.objects.active = active
