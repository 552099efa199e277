"""Photograph procedural subjects with Cycles: the data engine's meshes, cameras and lights, path traced.

Writes NAME.npz (`wt_backend.training.data.Sample`) and, with --pairs, NAME.png + NAME.wts, which training
reads as a folder of stacks. Runs in a Python that has bpy beside the backend's packages; the backend itself
never imports bpy. A subject's meshes are those of `generate` for the same seed and index.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wt_backend.terminal import at_least  # noqa: E402
from wt_backend.training.data import Sample  # noqa: E402
from wt_backend.training.data.cameras import Camera  # noqa: E402
from wt_backend.training.data.degrade import degrade, tone_map  # noqa: E402
from wt_backend.training.data.shading import Lighting, Surface  # noqa: E402
from wt_backend.training.data.textures import Material  # noqa: E402
from wt_backend.training.data.validation import write_pair  # noqa: E402
from wt_backend.training.data.views import Subject, View, draw_subject, draw_view, trace_view  # noqa: E402

FAR = 20.0
"""Key lights farther than this are suns."""


def settings(size: int, samples: int, seed: int, transparent: bool, threads: int = 2) -> None:
    """Cycles on the CPU, denoised, linear floats out."""
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x = render.resolution_y = size
    render.resolution_percentage = 100
    render.film_transparent = transparent
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
    render.filter_size = 1.2
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", samples, seed
    render.threads_mode, render.threads = "FIXED", threads
    scene.cycles.use_denoising, scene.cycles.max_bounces = True, 6
    scene.cycles.sample_clamp_indirect = 4.0


def add_mesh(surface: Surface, materials: list[Material], flat: bool) -> None:
    """The subject with its own shading normals; rest-pose coordinates as the attribute "rest"."""
    source = surface.mesh
    mesh = bpy.data.meshes.new("subject")
    mesh.from_pydata(source.vertices, [], source.faces)
    mesh.attributes.new("rest", "FLOAT_VECTOR", "POINT").data.foreach_set(
        "vector", source.texture.astype(np.float32).ravel()
    )
    made: dict[int, bpy.types.Material] = {}
    for material in materials:
        mesh.materials.append(made.setdefault(id(material), node_material(material)))
    mesh.polygons.foreach_set("material_index", source.slot)
    if not flat:
        mesh.polygons.foreach_set("use_smooth", np.ones(len(source.faces), bool))
        mesh.normals_split_custom_set(surface.corner_normals.reshape(-1, 3))
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("subject", mesh))


def node_material(material: Material) -> bpy.types.Material:
    """Principled surface with Blender's texture nearest to the pattern, placed by the same frame."""
    result = bpy.data.materials.new(material.pattern)
    result.use_nodes = True
    nodes, links = result.node_tree.nodes, result.node_tree.links
    surface = nodes["Principled BSDF"]
    first, second = ((*(float(c) for c in colour), 1.0) for colour in material.colours)
    surface.inputs["Base Color"].default_value = first
    surface.inputs["Roughness"].default_value = material.roughness
    surface.inputs["Metallic"].default_value = float(material.metallic)
    if material.pattern == "plain":
        return result
    factor = pattern_factor(result.node_tree, material)
    blend = nodes.new("ShaderNodeMix")
    blend.data_type = "RGBA"
    blend.inputs[6].default_value, blend.inputs[7].default_value = first, second
    links.new(factor, blend.inputs[0])
    links.new(blend.outputs[2], surface.inputs["Base Color"])
    if material.bump:
        bump = nodes.new("ShaderNodeBump")
        bump.inputs["Strength"].default_value = min(1.0, material.bump)
        bump.inputs["Distance"].default_value = 0.03
        links.new(factor, bump.inputs["Height"])
        links.new(bump.outputs["Normal"], surface.inputs["Normal"])
    return result


def pattern_factor(tree: bpy.types.NodeTree, material: Material) -> bpy.types.NodeSocket:
    """Socket with the share of the second colour."""
    nodes, links = tree.nodes, tree.links
    rest = nodes.new("ShaderNodeAttribute")
    rest.attribute_name = "rest"
    rows = []
    for row, offset in zip(material.frame, material.offset, strict=True):
        dot = nodes.new("ShaderNodeVectorMath")
        dot.operation = "DOT_PRODUCT"
        dot.inputs[1].default_value = row
        links.new(rest.outputs["Vector"], dot.inputs[0])
        add = nodes.new("ShaderNodeMath")
        add.inputs[1].default_value = offset
        links.new(dot.outputs["Value"], add.inputs[0])
        rows.append(add.outputs[0])
    place = nodes.new("ShaderNodeCombineXYZ")
    for i, row in enumerate(rows):
        links.new(row, place.inputs[i])
    kinds = {
        "stripes": "ShaderNodeTexWave", "wood": "ShaderNodeTexWave", "marble": "ShaderNodeTexWave",
        "checks": "ShaderNodeTexChecker", "brick": "ShaderNodeTexBrick", "dots": "ShaderNodeTexVoronoi",
        "gradient": "ShaderNodeTexGradient",
    }  # fmt: skip
    texture = nodes.new(kinds.get(material.pattern, "ShaderNodeTexNoise"))
    if "Scale" in texture.inputs:
        texture.inputs["Scale"].default_value = 0.3 if material.pattern in ("stripes", "wood") else 1.0
    if material.pattern == "wood":
        texture.wave_type = "RINGS"
        texture.inputs["Distortion"].default_value = 4.0
    if material.pattern == "marble":
        texture.inputs["Distortion"].default_value, texture.inputs["Detail"].default_value = 8.0, 4.0
    links.new(place.outputs[0], texture.inputs["Vector"])
    output = next(o for o in texture.outputs if o.name in ("Fac", "Factor", "Distance"))
    if material.pattern in ("stripes", "dots", "patches"):
        step = nodes.new("ShaderNodeMath")
        step.operation = "GREATER_THAN"
        step.inputs[1].default_value = 0.33 if material.pattern == "dots" else 0.5
        links.new(output, step.inputs[0])
        output = step.outputs[0]
    return output


def add_lights(light: Lighting, centre: NDArray) -> None:
    """Key light as sun or ball, fill light as a sun, sky and ground as the world."""
    towards = light.key_position - centre
    distance = float(np.linalg.norm(towards))
    strength = float(light.key_colour.max())
    if distance > FAR:
        key = bpy.data.lights.new("key", "SUN")
        key.energy, key.angle = strength, float(min(2 * np.arctan(light.key_radius / distance), 1.0))
    else:
        key = bpy.data.lights.new("key", "POINT")
        key.energy, key.shadow_soft_size = 4 * np.pi * light.key_reach**2 * strength, light.key_radius
    key.color = light.key_colour / strength
    place_light(key, light.key_position, towards)
    if light.fill_colour.max() > 0:
        fill = bpy.data.lights.new("fill", "SUN")
        fill.energy, fill.angle = float(light.fill_colour.max()), 1.0
        fill.color = light.fill_colour / light.fill_colour.max()
        place_light(fill, light.fill_direction * 30, light.fill_direction)
    add_world(light)


def place_light(light: bpy.types.Light, position: NDArray, towards: NDArray) -> None:
    """A light that shines against `towards` (its −Z axis)."""
    item = bpy.data.objects.new(light.name, light)
    z = np.asarray(towards, float) / np.linalg.norm(towards)
    x = np.cross([0.0, 0, 1] if abs(z[2]) < 0.9 else [1.0, 0, 0], z)
    x /= np.linalg.norm(x)
    matrix = np.eye(4)
    matrix[:3] = np.stack([x, np.cross(z, x), z, position], axis=1)
    item.matrix_world = Matrix(matrix)
    bpy.context.scene.collection.objects.link(item)


def add_world(light: Lighting) -> None:
    """Ground below, horizon to zenith above, as `Lighting.sky` has it."""
    world = bpy.context.scene.world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    where = nodes.new("ShaderNodeTexCoord")
    split = nodes.new("ShaderNodeSeparateXYZ")
    links.new(where.outputs["Generated"], split.inputs[0])
    spread = nodes.new("ShaderNodeMapRange")
    spread.inputs["From Min"].default_value, spread.inputs["From Max"].default_value = -1.0, 1.0
    links.new(split.outputs["Z"], spread.inputs["Value"])
    ramp = nodes.new("ShaderNodeValToRGB")
    stops = [(0.47, light.ground), (0.53, light.horizon), (1.0, light.zenith)]
    elements = ramp.color_ramp.elements
    while len(elements) < len(stops):
        elements.new(0.5)
    for element, (position, colour) in zip(elements, stops, strict=True):
        element.position, element.color = position, (*(float(c) for c in colour), 1.0)
    links.new(spread.outputs["Result"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Background"].inputs["Color"])


def add_camera(camera: Camera, size: int) -> None:
    """Blender's camera with the same intrinsics; unequal focal lengths become a pixel aspect."""
    k = camera.intrinsics
    data = bpy.data.cameras.new("camera")
    item = bpy.data.objects.new("camera", data)
    data.sensor_fit, data.sensor_width = "HORIZONTAL", 36.0
    data.lens = k[0, 0] / size * 36.0
    data.shift_x, data.shift_y = (size / 2 - k[0, 2]) / size, (k[1, 2] - size / 2) / size
    data.clip_start, data.clip_end = 1e-3, 1e4
    stretch = k[1, 1] / k[0, 0]
    render = bpy.context.scene.render
    render.pixel_aspect_x, render.pixel_aspect_y = max(1.0, stretch), max(1.0, 1 / stretch)
    matrix = np.eye(4)
    matrix[:3, :3] = camera.rotation.T * [1, -1, -1]
    matrix[:3, 3] = camera.position
    item.matrix_world = Matrix(matrix)
    bpy.context.scene.collection.objects.link(item)
    bpy.context.scene.camera = item


def render(folder: Path, size: int) -> NDArray[np.float32]:
    """(H, W, 4) linear, premultiplied."""
    path = folder / "render.exr"
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty(4 * size * size, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return np.flipud(pixels.reshape(size, size, 4)).copy()


def photograph(
    subject: Subject, view: View, size: int, samples: int, folder: Path, rng: np.random.Generator
) -> Sample:
    """Render a view with Cycles; the layers come from the same tracer as always."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    settings(size, samples, int(rng.integers(1 << 20)), subject.mode == "object")
    add_mesh(subject.surface, view.materials, view.flat)
    add_lights(view.light, np.zeros(3) if subject.stage is None else subject.stage.centre)
    add_camera(view.camera, size)
    picture = render(folder, size)
    trace = trace_view(subject, view.camera, size)
    alpha = np.clip(picture[..., 3:], 0, 1) if subject.mode == "object" else np.ones((size, size, 1))
    colour = np.where(alpha > 1e-3, picture[..., :3] / np.maximum(alpha, 1e-3), 0).astype(np.float32)
    rgb = degrade(tone_map(colour, trace.mask, rng), rng)
    coverage = (alpha[..., 0] * 255 + 0.5).astype(np.uint8)
    return Sample(rgb, coverage, trace.depth, view.camera.intrinsics, subject.mode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=at_least(1), default=16, help="subjects")
    parser.add_argument("--first", type=at_least(0), default=0, help="index of the first subject")
    parser.add_argument("--views", type=at_least(1), default=2, help="photographs of each subject")
    parser.add_argument("--size", type=at_least(16), default=224)
    parser.add_argument("--samples", type=at_least(1), default=24, help="paths a pixel")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--kind", choices=["object", "scene"])
    parser.add_argument("--split", choices=["train", "validation"], default="train")
    parser.add_argument("--pairs", action="store_true", help="also write NAME.png + NAME.wts")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out {options.out} cannot be made: {error.strerror}.")
    with tempfile.TemporaryDirectory() as folder:
        for index in range(options.first, options.first + options.count):
            rng = np.random.default_rng([options.seed, index, options.split == "validation"])
            subject = draw_subject(rng, options.kind, options.split)
            for number in range(options.views):
                view = draw_view(subject, rng, options.size)
                sample = photograph(subject, view, options.size, options.samples, Path(folder), rng)
                name = f"{options.seed}_{index:06d}_{number}"
                sample.save(options.out / f"{name}.npz")
                if options.pairs:
                    write_pair(sample, options.out, name, options.seed)
            print(f"{index}: {subject.mode}, {len(subject.surface.mesh.faces)} faces", flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy as a module may hang in its own destructors
