"""The two kinds of sample: one object, and a small scene."""

from __future__ import annotations

import math
import random
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

from .look import add_camera, add_light, dress, light_world, make_material
from .shapes import FROM_BLENDER, load_mesh, move, normalise, visible_objects, world_points


def build_object(name: str, meshes: Path, entry: dict | None) -> None:
    """One object, framed by a camera at a random angle, lit from a sky and one or two lamps."""
    rng = random.Random(f"final object {name}")
    look = "smooth"
    if entry is None:
        FROM_BLENDER[name](rng)
        items = visible_objects()
        look = "kept"
    else:
        items = load_mesh(meshes / entry["path"], entry["up"])
        look = entry["look"]
    normalise(items, 1.0, rng.uniform(0, 2 * math.pi))
    dress(items, rng, look)
    light_world(rng, rng.uniform(0.25, 0.7))
    angle = rng.uniform(0, 2 * math.pi)
    add_light(rng, "AREA", Vector((4 * math.cos(angle), 4 * math.sin(angle), 4)), rng.uniform(150, 600), 2)
    if rng.random() < 0.6:
        add_light(rng, "SUN", Vector((math.sin(angle), math.cos(angle), 1.5)), rng.uniform(0.5, 3), 0.05)

    field_of_view = math.radians(rng.uniform(22, 58))
    elevation, azimuth = math.radians(rng.uniform(-8, 50)), rng.uniform(0, 2 * math.pi)
    distance = rng.uniform(1.0, 1.25) / math.sin(field_of_view / 2)
    direction = Vector(
        (
            math.cos(elevation) * math.cos(azimuth),
            math.cos(elevation) * math.sin(azimuth),
            math.sin(elevation),
        )
    )
    off = Vector([rng.uniform(-0.08, 0.08) for _ in range(3)])
    add_camera(direction * distance + off, off, field_of_view)


def box(
    name: str, centre: tuple[float, float, float], size: tuple[float, float, float], material: object
) -> None:
    bpy.ops.mesh.primitive_cube_add(size=1, location=centre, scale=size)
    bpy.context.object.name = name
    bpy.context.object.data.materials.append(material)


def sheet(name: str, place: Matrix, size: tuple[float, float], material: bpy.types.Material) -> None:
    """A wall or floor without thickness: nothing lies behind it."""
    bpy.ops.mesh.primitive_plane_add(size=1)
    item = bpy.context.object
    item.name, item.matrix_world = name, place @ Matrix.Diagonal((*size, 1, 1))
    item.data.materials.append(material)


def build_scene(index: int, meshes: Path, entries: list[dict]) -> None:
    """A room: floor, walls, a table or a shelf, and things that stand on it and on the floor."""
    rng = random.Random(f"final scene {index}")
    floor, wall, wood = (make_material(rng, part) for part in ("floor", "wall", "wood"))
    sheet("floor", Matrix.Identity(4), (9, 9), floor)
    upright = Matrix.Rotation(math.pi / 2, 4, "X")
    sheet("back wall", Matrix.Translation((0, 3, 2)) @ upright, (9, 4), wall)
    for side in (-1, 1):  # one near, one far: every ray of the frame meets a surface
        distance = 2.6 if (index % 2) == (side > 0) else 3.9
        turned = Matrix.Rotation(side * math.pi / 2, 4, "Z") @ upright
        sheet("side wall", Matrix.Translation((side * distance, 0.9, 2)) @ turned, (4.2, 4), wall)

    stands: list[tuple[float, float, float, float]] = []  # x, y, height of the top, free half-width
    if index % 4 < 2:  # table
        x, y, top = rng.uniform(-0.6, 0.6), rng.uniform(0.4, 1.4), rng.uniform(0.6, 0.8)
        box("table top", (x, y, top - 0.03), (1.8, 1.0, 0.06), wood)
        for dx in (-0.8, 0.8):
            for dy in (-0.4, 0.4):
                box("leg", (x + dx, y + dy, (top - 0.062) / 2 + 0.001), (0.08, 0.08, top - 0.064), wood)
        stands += [(x - 0.5, y, top, 0.34), (x + 0.5, y + 0.1, top, 0.36), (x, y - 0.2, top, 0.14)]
    else:  # open shelf
        x, y = rng.uniform(-0.8, 0.8), rng.uniform(1.8, 2.4)
        for dx in (-0.85, 0.85):
            box("side", (x + dx, y, 0.8), (0.05, 0.5, 1.598), wood)
        for level in (0.25, 0.8, 1.35):
            box("board", (x, y, level), (1.646, 0.5, 0.04), wood)
            stands += [(x - 0.4, y, level + 0.02, 0.2), (x + 0.35, y, level + 0.02, 0.2)]
    stands += [
        (rng.uniform(-1.6, -1.0), rng.uniform(-0.8, 0.0), 0, 0.42),
        (rng.uniform(1.0, 1.6), -0.2, 0, 0.5),
    ]

    for x, y, height, half in stands:
        entry = rng.choice(entries)
        items = load_mesh(meshes / entry["path"], entry["up"])
        normalise(items, half * 1.2, rng.uniform(0, 2 * math.pi))
        low = float(world_points(items)[:, 2].min())
        move(items, Matrix.Translation((x, y, height - low + 0.001)))
        dress(items, rng, entry["look"])

    light_world(rng, rng.uniform(0.5, 1.0))
    add_light(
        rng, "AREA", Vector((rng.uniform(-1.5, 1.5), rng.uniform(-2, 0), 2.8)), rng.uniform(60, 200), 1.2
    )
    eye = Vector((rng.uniform(-1.2, 1.2), rng.uniform(-3.6, -2.6), rng.uniform(0.9, 1.7)))
    target = Vector((rng.uniform(-0.3, 0.3), 1.2, rng.uniform(0.4, 0.8)))
    add_camera(eye, target, math.radians(rng.uniform(42, 62)))
