"""Render the final test set with Cycles and trace its truth: `python scripts/make_final_set.py OUT --meshes
DIR`.

Writes pairs NAME.png + NAME.wts: single objects with alpha and small scenes without. The meshes come from
Blender and from packages (`scripts/final_set.json`; `scripts/fetch_final_meshes.py` unpacks them) and are
used for nothing but the final numbers: never for training, tuning or choosing between versions.

Runs in a Python that has bpy. Everything is drawn from a generator seeded with the sample's name, so one
sample can be made again alone (`--only NAME`) and comes out the same.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from blender_addon.scene.ray_trace import (  # noqa: E402
    camera_intrinsics,
    collect_triangles,
    layer_points,
    pixel_directions,
    trace_layers,
)
from wt_backend.stack import LayerStack, StackInfo  # noqa: E402

LAYERS = 6
SAMPLES = 48
SCENES = 8
IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


# -- objects --


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


# -- look --


def colour(rng: random.Random, low: float = 0.05, high: float = 0.9) -> tuple[float, float, float, float]:
    return (rng.uniform(low, high), rng.uniform(low, high), rng.uniform(low, high), 1)


def make_material(rng: random.Random, name: str) -> bpy.types.Material:
    """Plain, noisy, banded, checked or bricked surface of random colour, roughness and sometimes metal."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    surface = nodes["Principled BSDF"]
    surface.inputs["Roughness"].default_value = rng.uniform(0.15, 0.95)
    surface.inputs["Metallic"].default_value = 1.0 if rng.random() < 0.15 else 0.0
    surface.inputs["Base Color"].default_value = colour(rng)
    kind = rng.choice(["plain", "plain", "noise", "wave", "checker", "brick", "voronoi"])
    if kind == "plain":
        return material
    place = nodes.new("ShaderNodeTexCoord")
    scale = rng.uniform(2, 9)
    texture = nodes.new(
        {"noise": "ShaderNodeTexNoise", "wave": "ShaderNodeTexWave", "checker": "ShaderNodeTexChecker",
         "brick": "ShaderNodeTexBrick", "voronoi": "ShaderNodeTexVoronoi"}[kind]
    )  # fmt: skip
    texture.inputs["Scale"].default_value = scale
    links.new(place.outputs["Object" if kind != "brick" else "Generated"], texture.inputs["Vector"])
    if kind in ("checker", "brick"):
        texture.inputs["Color1"].default_value, texture.inputs["Color2"].default_value = (
            colour(rng),
            colour(rng),
        )
        links.new(texture.outputs["Color"], surface.inputs["Base Color"])
        return material
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = colour(rng), colour(rng)
    source = {"noise": 0, "wave": 1, "voronoi": 0}[kind]
    links.new(texture.outputs[source], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], surface.inputs["Base Color"])
    return material


def dress(items: list[bpy.types.Object], rng: random.Random, look: str) -> None:
    """Give objects materials and shading; "own" keeps what the file brought."""
    material = make_material(rng, "surface")
    second = make_material(rng, "surface 2")
    for index, item in enumerate(items):
        if item.type == "MESH":
            if look == "smooth":
                item.data.shade_smooth()
            elif look == "flat":
                item.data.shade_auto_smooth() if hasattr(item.data, "shade_auto_smooth") else None
        if look == "own" and item.data.materials and item.data.materials[0] is not None:
            continue
        item.data.materials.clear()
        item.data.materials.append(material if index % 2 == 0 else second)


def light_world(rng: random.Random, strength: float) -> None:
    """A sky, an overcast gradient or a plain studio grey."""
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    background = nodes["Background"]
    background.inputs["Strength"].default_value = strength
    kind = rng.choice(["sky", "gradient", "studio"])
    if kind == "sky":
        sky = nodes.new("ShaderNodeTexSky")
        sky.sky_type = "HOSEK_WILKIE"
        angle, height = rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 1.2)
        sky.sun_direction = (
            math.cos(angle) * math.cos(height), math.sin(angle) * math.cos(height), math.sin(height)
        )  # fmt: skip
        sky.turbidity = rng.uniform(2, 6)
        links.new(sky.outputs["Color"], background.inputs["Color"])
    elif kind == "gradient":
        place, gradient, ramp = (
            nodes.new(t) for t in ("ShaderNodeTexCoord", "ShaderNodeSeparateXYZ", "ShaderNodeValToRGB")
        )
        ramp.color_ramp.elements[0].color = colour(rng, 0.05, 0.4)
        ramp.color_ramp.elements[1].color = colour(rng, 0.6, 1.0)
        links.new(place.outputs["Generated"], gradient.inputs["Vector"])
        links.new(gradient.outputs["Z"], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], background.inputs["Color"])
    else:
        grey = rng.uniform(0.3, 0.8)
        background.inputs["Color"].default_value = (grey, grey, grey, 1)


def add_light(rng: random.Random, kind: str, at: Vector, energy: float, size: float) -> None:
    light = bpy.data.lights.new("light", kind)
    light.energy = energy
    warm = rng.uniform(0, 0.3)
    light.color = (1, 1 - 0.5 * warm, 1 - warm)
    if kind == "SUN":
        light.angle = size
    else:
        light.size = size
    item = bpy.data.objects.new("light", light)
    item.matrix_world = Matrix.Translation(at) @ (-at).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    bpy.context.collection.objects.link(item)


def add_camera(eye: Vector, target: Vector, field_of_view: float) -> None:
    camera = bpy.data.cameras.new("camera")
    camera.lens_unit, camera.angle = "FOV", field_of_view
    camera.clip_start, camera.clip_end = 0.01, 1000
    item = bpy.data.objects.new("camera", camera)
    look = (target - eye).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    item.matrix_world = Matrix.Translation(eye) @ look
    bpy.context.collection.objects.link(item)
    bpy.context.scene.camera = item


# -- the two kinds of sample --


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


def build_scene(index: int, meshes: Path, entries: list[dict]) -> None:
    """A room: floor, walls, a table or a shelf, and things that stand on it and on the floor."""
    rng = random.Random(f"final scene {index}")
    floor, wall, wood = (make_material(rng, part) for part in ("floor", "wall", "wood"))
    box("floor", (0, 0, -0.05), (9, 9, 0.1), floor)
    box("back wall", (0, 3.05, 2.001), (8, 0.1, 4), wall)
    for side in (-1, 1):  # one near, one far: every ray of the frame meets a surface
        box(
            "side wall",
            (side * (2.6 if (index % 2) == (side > 0) else 3.9), 0.9, 2.001),
            (0.1, 4.19, 4),
            wall,
        )

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


# -- writing --


def settings(size: tuple[int, int], transparent: bool) -> None:
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = *size, 100
    render.film_transparent = transparent
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGBA" if transparent else "RGB"
    render.threads_mode, render.threads = "FIXED", 2
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", SAMPLES, 777
    scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = True, False
    scene.view_settings.view_transform = "Standard"


def write_sample(out: Path, name: str, mode: str) -> None:
    """Trace and render the current scene; the pair appears whole."""
    scene = bpy.context.scene
    width, height = scene.render.resolution_x, scene.render.resolution_y
    bpy.context.view_layer.update()
    intrinsics = camera_intrinsics(scene, width, height)
    directions = pixel_directions(intrinsics, width, height)
    vertices, triangles = collect_triangles(bpy.context.evaluated_depsgraph_get(), scene.camera)
    depths = trace_layers(vertices, triangles, directions.reshape(-1, 3), LAYERS)
    xyz, mask = layer_points(depths.reshape(LAYERS, height, width), directions)

    picture = out / f"{name}.png"
    temporary = out / f".{name}.part.png"
    scene.render.filepath = str(temporary)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(temporary))
    pixels = np.empty(4 * width * height, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    rgba = np.flipud((pixels.reshape(height, width, 4) * 255).round().astype(np.uint8)).copy()
    info = StackInfo(
        unit="relative", model="ground-truth", model_sha256="", normalisation={}, seed=0, steps=0, solver="",
        source=picture.name, image_size=(width, height), mode=mode,
    )  # fmt: skip
    stack = LayerStack(xyz, mask, rgba, intrinsics, IDENTITY, info)
    stack.validate()
    stack.save(out / f"{name}.wts")
    temporary.replace(picture)
    counts = " ".join(str(int(layer.sum())) for layer in mask)
    print(f"{name}: {width}×{height}, {len(triangles)} triangles, pixels a layer {counts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--meshes", type=Path, required=True, help="what fetch_final_meshes.py unpacked")
    parser.add_argument("--only", nargs="*", help="names of the samples to make")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    entries = json.loads((ROOT / "scripts" / "final_set.json").read_text())["meshes"]
    objects = dict.fromkeys(FROM_BLENDER) | {entry["name"]: entry for entry in entries}
    sizes = [(256, 256), (320, 320), (384, 384), (384, 288), (288, 384)]
    jobs = [(name, "object") for name in objects] + [(f"scene-{index}", "scene") for index in range(SCENES)]
    for name, mode in jobs:
        if options.only and name not in options.only:
            continue
        if (options.out / f"{name}.png").exists():
            continue
        bpy.ops.wm.read_factory_settings(use_empty=True)
        rng = random.Random(f"final size {name}")
        if mode == "object":
            build_object(name, options.meshes, objects[name])
        else:
            build_scene(int(name.split("-")[1]), options.meshes, entries)
        settings(rng.choice(sizes), transparent=mode == "object")
        write_sample(options.out, name, mode)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy as a module may hang in its own destructors
