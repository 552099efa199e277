"""Materials, light and cameras, all drawn from a generator."""

from __future__ import annotations

import math
import random

import bpy
from mathutils import Matrix, Vector


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
