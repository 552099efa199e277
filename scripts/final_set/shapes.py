"""Meshes from files, shapes made in Blender, and placing them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector


def load_mesh(path: Path, up: str) -> list[bpy.types.Object]:
    """Import a mesh file; returns its mesh objects."""
    before = set(bpy.data.objects)
    axes = (
        {"forward_axis": "Y", "up_axis": "Z"} if up == "Z" else {"forward_axis": "NEGATIVE_Z", "up_axis": "Y"}
    )
    importer = {".obj": bpy.ops.wm.obj_import, ".stl": bpy.ops.wm.stl_import, ".ply": bpy.ops.wm.ply_import}
    importer[path.suffix.lower()](filepath=str(path), **axes)
    return [item for item in bpy.data.objects if item not in before and item.type == "MESH"]


def blender_suzanne(rng: random.Random) -> None:
    bpy.ops.mesh.primitive_monkey_add()
    bpy.context.object.modifiers.new("Subdivision", "SUBSURF").levels = 2
    bpy.ops.object.shade_smooth()


def blender_tower(rng: random.Random) -> None:
    """Primitives set on top of each other, a gap between any two."""
    z = 0.0
    for add, height in (
        (lambda at: bpy.ops.mesh.primitive_cube_add(size=1, location=at, scale=(1.5, 1.2, 0.5)), 0.5),
        (lambda at: bpy.ops.mesh.primitive_cylinder_add(radius=0.5, depth=0.8, location=at), 0.8),
        (lambda at: bpy.ops.mesh.primitive_uv_sphere_add(radius=0.45, location=at), 0.9),
        (lambda at: bpy.ops.mesh.primitive_cone_add(radius1=0.4, depth=0.7, location=at), 0.7),
    ):
        add((0.1 * rng.uniform(-1, 1), 0.1 * rng.uniform(-1, 1), z + height / 2))
        z += height + 0.002


def blender_tube(rng: random.Random) -> None:
    """A thick tube along a closed wavy curve."""
    curve = bpy.data.curves.new("tube", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 0.16, 6
    spline = curve.splines.new("POLY")
    count = 160
    spline.points.add(count - 1)
    for index, point in enumerate(spline.points):
        angle = 2 * math.pi * index / count
        radius = 1 + 0.35 * math.cos(3 * angle)
        height = 0.45 * math.sin(3 * angle)
        point.co = (radius * math.cos(2 * angle), radius * math.sin(2 * angle), height, 1)
    spline.use_cyclic_u = True
    bpy.context.collection.objects.link(bpy.data.objects.new("tube", curve))


def blender_text(rng: random.Random) -> None:
    text = bpy.data.curves.new("text", "FONT")
    text.body, text.extrude, text.bevel_depth = "Ray", 0.16, 0.02
    item = bpy.data.objects.new("text", text)
    item.rotation_euler = (math.pi / 2, 0, 0)
    bpy.context.collection.objects.link(item)


def blender_goblet(rng: random.Random) -> None:
    """A turned profile with wall thickness, open at the top."""
    profile = [
        (0, 0),
        (0.6, 0),
        (0.62, 0.06),
        (0.12, 0.14),
        (0.1, 0.9),
        (0.5, 1.15),
        (0.68, 1.5),
        (0.62, 2.0),
    ]
    profile += [(0.57, 2.0), (0.62, 1.5), (0.45, 1.2), (0, 1.0)]
    mesh = bpy.data.meshes.new("goblet")
    turns = 64
    angles = [2 * math.pi * k / turns for k in range(turns)]
    points = [(r * math.cos(a), r * math.sin(a), z) for r, z in profile for a in angles]
    rings = len(profile)
    faces = [
        (i * turns + k, i * turns + (k + 1) % turns, (i + 1) * turns + (k + 1) % turns, (i + 1) * turns + k)
        for i in range(rings - 1)
        for k in range(turns)
    ]
    mesh.from_pydata(points, [], faces)
    bpy.context.collection.objects.link(bpy.data.objects.new("goblet", mesh))
    mesh.shade_smooth()


def blender_blobs(rng: random.Random) -> None:
    ball = bpy.data.metaballs.new("blobs")
    ball.resolution = ball.render_resolution = 0.08
    for _ in range(5):
        element = ball.elements.new()
        element.co = [rng.uniform(-0.7, 0.7) for _ in range(3)]
        element.radius = rng.uniform(0.6, 1.0)
    bpy.context.collection.objects.link(bpy.data.objects.new("blobs", ball))


FROM_BLENDER: dict[str, Callable[[random.Random], None]] = {
    "suzanne": blender_suzanne,
    "tower": blender_tower,
    "tube": blender_tube,
    "text": blender_text,
    "goblet": blender_goblet,
    "blobs": blender_blobs,
}


def visible_objects() -> list[bpy.types.Object]:
    return [item for item in bpy.context.scene.objects if item.type in ("MESH", "CURVE", "FONT", "META")]


def world_points(items: list[bpy.types.Object]) -> np.ndarray:
    """Evaluated vertices of some objects in world space, (V, 3)."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    clouds = []
    for item in items:
        evaluated = item.evaluated_get(depsgraph)
        mesh = evaluated.to_mesh()
        points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
        mesh.vertices.foreach_get("co", points)
        world = np.array(evaluated.matrix_world)
        clouds.append(points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
        evaluated.to_mesh_clear()
    return np.concatenate(clouds)


def move(items: list[bpy.types.Object], transform: Matrix) -> None:
    for item in items:
        if item.parent is None:
            item.matrix_world = transform @ item.matrix_world
    bpy.context.view_layer.update()


def normalise(items: list[bpy.types.Object], radius: float, turn: float) -> None:
    """Turn about the vertical, scale to a bounding radius, centre on the origin."""
    move(items, Matrix.Rotation(turn, 4, "Z"))
    points = world_points(items)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    scale = radius / np.linalg.norm(points - centre, axis=1).max()
    move(items, Matrix.Diagonal((scale, scale, scale, 1)) @ Matrix.Translation(Vector(-centre)))
