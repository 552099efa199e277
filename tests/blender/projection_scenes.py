"""What the tests of projections share: photographed shapes, meshes in their places, pictures of them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from wt_backend.stack import LayerStack

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes

PYTHON = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python"
RADIUS = 0.9


def waves(points: np.ndarray) -> np.ndarray:
    """sRGB colours of points in the trace's frame: smooth, different everywhere."""
    x, y, z = np.moveaxis(points, -1, 0)
    return 0.5 + 0.35 * np.stack([np.sin(5 * x + y), np.sin(5 * y - z), np.sin(4 * z + 3 * x)], -1)


def photographed(make: Callable[[int], LayerStack], folder: Path, name: str = "thing") -> bpy.types.Object:
    """A trace whose photo (192²) shows `waves`; returns its root."""
    stack, fine = make(48), make(192)
    picture = np.ones((192, 192, 4), np.float32)
    picture[..., :3] = np.where(fine.mask[0][..., None], waves(fine.xyz[0] * (1, -1, -1)), 0)
    image = bpy.data.images.new("photo", 192, 192)
    image.pixels.foreach_set(np.ascontiguousarray(picture[::-1]).ravel())
    image.filepath_raw, image.file_format = str(folder / f"{name}.png"), "PNG"
    image.save()
    bpy.data.images.remove(image)
    rgba = np.full((48, 48, 4), 255, np.uint8)
    rgba[..., :3] = 255 * np.clip(waves(stack.xyz[0] * (1, -1, -1)), 0, 1)
    info = replace(stack.info, image_size=(192, 192), source=str(folder / f"{name}.png"))
    stack = replace(stack, rgba=rgba, grid_to_image=np.eye(2, 3) * 4, info=info)
    stack.save(folder / f"{name}.wts")
    assert bpy.ops.world_tracing.import_stack(filepath=str(folder / f"{name}.wts")) == {"FINISHED"}
    bpy.context.view_layer.update()
    return bpy.context.object


def only(*members: bpy.types.Object) -> None:
    """Select these, the first active."""
    bpy.context.view_layer.update()
    bpy.ops.object.select_all(action="DESELECT")
    for member in members:
        member.select_set(True)
    bpy.context.view_layer.objects.active = members[0]


def ball(root: bpy.types.Object, **options: object) -> bpy.types.Object:
    """The sphere of `shapes.sphere` as another mesh, where the trace has it."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=4, radius=RADIUS, **options)
    thing = bpy.context.object
    thing.matrix_world = root.matrix_world @ Matrix.Translation((0, 0, -shapes.DISTANCE))
    only(thing)
    return thing


def places(thing: bpy.types.Object, root: bpy.types.Object) -> np.ndarray:
    """Vertices (V, 3) in the frame of the trace."""
    matrix = root.matrix_world.inverted() @ thing.matrix_world
    return np.array([matrix @ vertex.co for vertex in thing.data.vertices])


def values(thing: bpy.types.Object, name: str) -> np.ndarray:
    return np.array([entry.value for entry in thing.data.attributes[name].data])


def texture(thing: bpy.types.Object) -> bpy.types.Image:
    nodes = thing.data.materials[0].node_tree.nodes
    return next(node.image for node in nodes if node.type == "TEX_IMAGE")


def baked_colours(thing: bpy.types.Object) -> np.ndarray:
    """sRGB colour (V, 3) of each vertex in the texture that it wears, by its UV map."""
    nodes = thing.data.materials[0].node_tree.nodes
    uv_map = thing.data.uv_layers[next(node.uv_map for node in nodes if node.type == "UVMAP")]
    image = texture(thing)
    width, height = image.size
    pixels = np.array(image.pixels[:]).reshape(height, width, 4)
    result = np.zeros((len(thing.data.vertices), 3))
    for loop in thing.data.loops:
        u, v = uv_map.data[loop.index].uv
        result[loop.vertex_index] = pixels[
            min(int(v * height), height - 1), min(int(u * width), width - 1), :3
        ]
    return result


def turned(degrees: float) -> Matrix:
    """A walk about the middle of the sphere."""
    middle = Matrix.Translation((0, 0, -shapes.DISTANCE))
    return middle @ Matrix.Rotation(math.radians(degrees), 4, "Y") @ middle.inverted()


def render(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """The scene (H, W, 4), rows from below, without any look of its own: sRGB, linear light as EXR."""
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "GAUSSIAN", 0.01  # pixels' centres
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    settings = scene.render.image_settings
    settings.file_format = "OPEN_EXR" if path.suffix == ".exr" else "PNG"
    settings.color_mode, settings.color_depth = "RGBA", "32" if path.suffix == ".exr" else "8"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    return np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)
