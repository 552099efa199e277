"""A textured Cycles scene, traced by Trace Ground Truth, remeshed, and its photos projected back.

A ring stands in front of a block. The colour of both is a known function of the place; only the ring has red.
"""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector
from projection_scenes import only, texture

pytestmark = pytest.mark.usefixtures("real_worker")

WAVES = 5.0  # per unit of length
RING = ((0.4, 0.0, 0.4), (0.5, 0.1, 0.5))  # amplitude and mean of linear red, green, blue
BLOCK = ((0.0, 0.4, 0.4), (0.1, 0.5, 0.5))


def made(amplitude: tuple, mean: tuple, voxel: float) -> bpy.types.Object:
    """The active mesh with its texture, to be remeshed later."""
    thing = bpy.context.object
    thing.data.materials.append(waves(amplitude, mean))
    thing["voxel"] = voxel
    return thing


def waves(amplitude: tuple, mean: tuple) -> bpy.types.Material:
    """Light of the colour mean + amplitude · sin(WAVES · place in the world)."""
    material = bpy.data.materials.new("Waves")
    if not material.node_tree:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    place, light = tree.nodes.new("ShaderNodeNewGeometry"), tree.nodes.new("ShaderNodeEmission")
    last = place.outputs["Position"]
    for operation, values in (
        ("SCALE", ()),
        ("SINE", ()),
        ("MULTIPLY_ADD", (amplitude, mean)),
    ):
        node = tree.nodes.new("ShaderNodeVectorMath")
        node.operation = operation
        tree.links.new(last, node.inputs[0])
        if operation == "SCALE":
            node.inputs["Scale"].default_value = WAVES
        for socket, value in zip(node.inputs[1:], values, strict=False):
            socket.default_value = value
        last = node.outputs[0]
    tree.links.new(last, light.inputs["Color"])
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(light.outputs[0], output.inputs["Surface"])
    return material


@pytest.fixture(name="world")
def ring_and_block(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The scene, and what renders must look like."""
    bpy.ops.mesh.primitive_torus_add(
        major_segments=64, minor_segments=32, major_radius=0.7, minor_radius=0.25, rotation=(1.3, 0.2, 0)
    )
    ring = made(*RING, 0.045)
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=(0, 1.6, 0), rotation=(0, 0, 0.3))
    bpy.context.object.scale = (2.4, 0.8, 2.0)
    block = made(*BLOCK, 0.08)
    scene.render.resolution_x = scene.render.resolution_y = 512
    scene.render.engine, scene.cycles.samples = "CYCLES", 4
    scene.cycles.use_denoising, scene.render.film_transparent = False, True
    scene.view_settings.view_transform = "Standard"
    return [ring, block]


def traced(scene: bpy.types.Scene, path: Path, walk: float) -> bpy.types.Object:
    """Trace the scene from a place on a circle around it; returns the trace's root."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location = Vector((5 * math.sin(walk), 0.8 - 5 * math.cos(walk), 0.6))
    way = Vector((0, 0.8, 0)) - camera.location
    camera.rotation_euler = way.to_track_quat("-Z", "Y").to_euler()
    scene.camera = camera
    for thing in scene.objects:
        thing.hide_render = thing.world_tracing.role != "NONE"
    assert bpy.ops.world_tracing.trace_ground_truth(filepath=str(path), longest=256) == {"FINISHED"}
    return bpy.context.object


def remeshed(things: list[bpy.types.Object]) -> None:
    """Other vertices, other faces, no UVs, no material."""
    for thing in things:
        only(thing)
        remesh = thing.modifiers.new("Remesh", "REMESH")
        remesh.mode, remesh.voxel_size = "VOXEL", thing["voxel"]
        bpy.ops.object.modifier_apply(modifier="Remesh")
        thing.data.materials.clear()


class Skin:
    """Colour of an object's texture in the middle of its faces, what it should be, where a photo is seen."""

    def __init__(self, thing: bpy.types.Object, amplitude: tuple, mean: tuple) -> None:
        mesh = thing.data
        uv = mesh.uv_layers.active.data
        middle = np.array([np.mean([uv[i].uv for i in face.loop_indices], 0) for face in mesh.polygons])
        self.places = np.array([thing.matrix_world @ face.center for face in mesh.polygons])
        self.truth = np.clip(np.array(mean) + amplitude * np.sin(WAVES * self.places), 0, 1)
        material = thing.data.materials[0].node_tree
        mask = next(
            node.image for node in material.nodes if node.type == "TEX_IMAGE" and " seen" in node.image.name
        )
        self.colours = linear(looked_up(texture(thing), middle))
        self.seen = looked_up(mask, middle)[:, 0] > 0.5

    def psnr(self) -> float:
        """Of sRGB values where a photo is seen."""
        error = srgb(self.colours[self.seen]) - srgb(self.truth[self.seen])
        return float(-10 * np.log10(np.mean(error**2)))


def looked_up(image: bpy.types.Image, uv: np.ndarray) -> np.ndarray:
    width, height = image.size
    pixels = np.array(image.pixels[:]).reshape(height, width, 4)[..., :3]
    column, row = (uv * (width, height)).astype(int).clip(0, (width - 1, height - 1)).T
    return pixels[row, column]


def linear(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb(value: np.ndarray) -> np.ndarray:
    return np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)


def test_photos_come_back_onto_remeshed_things(
    scene: bpy.types.Scene, world: list[bpy.types.Object], tmp_path: Path
) -> None:
    roots = [traced(scene, tmp_path / f"truth {walk}.wts", math.radians(walk)) for walk in (0, 50)]
    remeshed(world)
    for layer in [member for member in scene.objects if member.world_tracing.role == "LAYER"]:
        layer.hide_set(True)
    shares = []
    for chosen in (roots[:1], roots):
        only(*world, *chosen)
        assert bpy.ops.world_tracing.project_texture(size="1024", unwrap="NEW") == {"FINISHED"}
        skins = Skin(world[0], *RING), Skin(world[1], *BLOCK)
        for thing, skin in zip(world, skins, strict=True):
            clear, blocked = looks(thing, chosen)
            assert skin.psnr() > 30
            assert skin.seen[clear].mean() > 0.9 and not skin.seen[blocked].any()
        assert skins[1].colours[skins[1].seen, 0].max() < 0.2  # none of the ring's red
        shares.append([skin.seen.mean() for skin in skins])
    assert shares[0] == pytest.approx([0.415, 0.072], abs=0.02)  # in every Blender version
    assert shares[1] == pytest.approx([0.518, 0.307], abs=0.02)


def looks(thing: bpy.types.Object, roots: list[bpy.types.Object]) -> tuple[np.ndarray, np.ndarray]:
    """By rays to the cameras from the middle of each face (F,): one sees it, not too slantingly; all are
    blocked by something, or look at the face's back.
    """
    scene, graph = bpy.context.scene, bpy.context.evaluated_depsgraph_get()
    turn = thing.matrix_world.to_3x3().inverted().transposed()
    clear, blocked = (np.full(len(thing.data.polygons), value) for value in (False, True))
    for root in roots:
        eye = root.matrix_world.translation
        for number, face in enumerate(thing.data.polygons):
            place = thing.matrix_world @ face.center
            way = (eye - place).normalized()
            cosine = (turn @ face.normal).normalized().dot(way)
            free = cosine > 0 and not scene.ray_cast(graph, place + thing["voxel"] * way, way)[0]
            clear[number] |= free and cosine > 0.25
            blocked[number] &= not free
    return clear, blocked
