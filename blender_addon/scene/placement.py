"""Where a new trace goes: at the origin, or beside what already stands there."""

import bpy
import numpy as np
from numpy.typing import NDArray

from . import traces

GAP = 0.15  # between neighbours, in widths of the new trace
MUCH_LARGER = 4.0  # things this many times as large are surroundings: a trace may stand in them

Box = NDArray[np.float64]  # (2, 3) lowest and highest corner, world


def place_beside(context: bpy.types.Context, root: bpy.types.Object) -> None:
    """Move a trace along +X until its layers and camera are free of other meshes of about its size."""
    context.view_layer.update()
    own = _union([root.matrix_world.translation[:]], [_box(layer) for layer in traces.layers_of(root)])
    size = float(np.max(own[1] - own[0]))
    mine = {root, *root.children}
    others = [
        box
        for member in context.visible_objects
        if member.type in {"MESH", "POINTCLOUD"} and member not in mine
        if np.max((box := _box(member))[1] - box[0]) < MUCH_LARGER * size
    ]
    moved = 0.0
    for box in sorted(others, key=lambda box: float(box[0, 0])):  # from left to right: one pass is enough
        if (own[0] <= box[1]).all() and (box[0] <= own[1]).all():
            step = box[1, 0] - own[0, 0] + GAP * (own[1, 0] - own[0, 0])
            own[:, 0] += step
            moved += step
    root.location.x += moved


def _box(member: bpy.types.Object) -> Box:
    corners = np.array(member.bound_box) @ np.array(member.matrix_world)[:3, :3].T
    corners += np.array(member.matrix_world)[:3, 3]
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


def _union(points: list[tuple[float, float, float]], boxes: list[Box]) -> Box:
    corners = np.concatenate([np.array(points), *boxes])
    return np.stack([corners.min(axis=0), corners.max(axis=0)])
