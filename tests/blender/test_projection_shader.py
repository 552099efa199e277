"""UV Map per Camera: the shader shows the right pixel on coarse meshes, and only where the camera sees them.

The photo is a chart: red and green are the place in it, blue is 1. What is guessed is tinted, which takes the
blue away. So every pixel of a render tells which pixel of the photo it shows, or that it shows none.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix, Vector
from projection_scenes import (
    only,
    render,
    shapes,
    values,
)
from test_mask import meanwhile

from wt_backend.stack import LayerStack

pytestmark = pytest.mark.usefixtures("real_worker")

SIDE = 512  # pixels of the photo and of the renders
HALF_A_PIXEL = 0.5 / SIDE


def pixel_places() -> list[np.ndarray]:
    """u and v (H, W) of the photo's pixels, rows from below."""
    return list(np.meshgrid(*2 * [(np.arange(SIDE) + 0.5) / SIDE]))


def chart(folder: Path) -> bpy.types.Object:
    """A trace of a scene whose photo is the chart; returns its root."""
    across, up = pixel_places()
    pixels = np.stack([across, up, np.ones_like(up), np.ones_like(up)], -1)
    image = bpy.data.images.new("chart", SIDE, SIDE, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"  # Blender 4.2 would save it as sRGB
    image.pixels.foreach_set(pixels.astype(np.float32).ravel())
    image.filepath_raw, image.file_format = str(folder / "chart.exr"), "OPEN_EXR"
    image.save()
    bpy.data.images.remove(image)
    stack: LayerStack = shapes.one_layer(64)
    info = replace(stack.info, image_size=(SIDE, SIDE), source=str(folder / "chart.exr"))
    replace(stack, grid_to_image=np.eye(2, 3) * SIDE / 64, info=info).save(folder / "chart.wts")
    assert bpy.ops.world_tracing.import_stack(filepath=str(folder / "chart.wts")) == {"FINISHED"}
    root = bpy.context.object
    root.matrix_world = Matrix.Translation((1, 2, 3)) @ Euler((0.4, 0.2, 0.9)).to_matrix().to_4x4()
    for child in root.children:
        child.hide_render = child.type == "MESH"
    bpy.context.view_layer.update()
    return root


def put(root: bpy.types.Object, place: tuple, turn: tuple, size: float) -> bpy.types.Object:
    """The active mesh at a place of the trace's frame."""
    thing = bpy.context.object
    thing.matrix_world = (
        root.matrix_world
        @ Matrix.Translation(place)
        @ Euler(turn).to_matrix().to_4x4()
        @ Matrix.Scale(size, 4)
    )
    return thing


def cube(root: bpy.types.Object, place: tuple, turn: tuple, size: float) -> bpy.types.Object:
    """Eight vertices."""
    bpy.ops.mesh.primitive_cube_add(size=1)
    return put(root, place, turn, size)


def floor(root: bpy.types.Object) -> bpy.types.Object:
    """Four vertices, from behind the camera and beyond the frame to far away."""
    bpy.ops.mesh.primitive_plane_add(size=1)
    return put(root, (0, -0.8, -4), (math.radians(-65), 0.1, 0.2), 20)


def shown(scene: bpy.types.Scene, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The render (H, W, 3) in linear light, rows from below; where a photo is seen; where mesh is."""
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    picture = render(scene, folder / "render.exr")
    there = picture[..., 3] > 0.99
    return picture[..., :3], there & (picture[..., 2] > 0.9), there


def tint_fully(*things: bpy.types.Object) -> None:
    for thing in things:
        thing.data.materials[0].node_tree.nodes["Tint Guessed"].inputs["Fac"].default_value = 1.0


def error_of(picture: np.ndarray) -> np.ndarray:
    """Distance (H, W) in UV from the place that each pixel shows to where it is."""
    across, up = pixel_places()
    return np.hypot(picture[..., 0] - across, picture[..., 1] - up)


def test_coarse_meshes_show_the_right_pixel_everywhere(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = chart(tmp_path)
    things = [cube(root, (0.1, 0, -1.6), (0.3, 0.7, 0.2), 0.6), floor(root)]
    only(*things)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    assert bpy.ops.world_tracing.use_trace_camera() == {"FINISHED"}
    tint_fully(*things)
    picture, seen, there = shown(scene, tmp_path)
    assert there.mean() > 0.5 and seen.sum() > 0.9 * there.sum()
    assert error_of(picture)[picture[..., 2] > 0.99999].max() < HALF_A_PIXEL
    assert worst_between_vertices(things[0], root) > 10 * HALF_A_PIXEL  # UVs alone would be that wrong


def worst_between_vertices(thing: bpy.types.Object, root: bpy.types.Object) -> float:
    """How far, in UV, the middle of an edge is from where the UV map alone would have it."""
    from bpy_extras.object_utils import world_to_camera_view

    scene, mesh, worst = bpy.context.scene, thing.data, 0.0
    place = {
        loop.vertex_index: np.array(mesh.uv_layers["WT Pixel chart"].data[loop.index].uv)
        for loop in mesh.loops
    }
    for edge in mesh.edges:
        one, other = edge.vertices
        middle = thing.matrix_world @ ((mesh.vertices[one].co + mesh.vertices[other].co) / 2)
        true = np.array(world_to_camera_view(scene, scene.camera, middle)[:2])
        worst = max(worst, float(np.linalg.norm((place[one] + place[other]) / 2 - true)))
    return worst


def test_uv_map_is_exact_at_vertices(scene: bpy.types.Scene, tmp_path: Path) -> None:
    from bpy_extras.object_utils import world_to_camera_view

    thing = floor(chart(tmp_path))
    only(thing)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    bpy.ops.world_tracing.use_trace_camera()
    behind = 0
    for loop in thing.data.loops:
        place = world_to_camera_view(
            scene, scene.camera, thing.matrix_world @ thing.data.vertices[loop.vertex_index].co
        )
        expected = (place.x, place.y) if place.z > 0 else (-1, -1)
        behind += place.z <= 0
        assert tuple(thing.data.uv_layers.active.data[loop.index].uv) == pytest.approx(expected, abs=1e-4)
    assert 0 < behind < 4


def test_the_shader_knows_what_the_camera_cannot_see(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Seen from the side, every pixel is asked of a ray to the photo's camera."""
    root = chart(tmp_path)
    things = [
        cube(root, (0.15, 0.0, -1.6), (0.3, 0.7, 0.2), 0.4),
        cube(root, (-0.1, 0.1, -2.6), (0.1, 0.4, 0.0), 1.0),
        floor(root),
    ]
    only(*things)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    tint_fully(*things)
    eye = root.matrix_world.translation.copy()
    middle = Matrix.Translation((0, 0, -2.2))
    side = bpy.data.objects.new("Side", bpy.data.cameras.new("Side"))
    scene.collection.objects.link(side)
    side.matrix_world = (
        root.matrix_world
        @ middle
        @ Euler((-0.4, math.radians(50), 0)).to_matrix().to_4x4()
        @ middle.inverted()
    )
    scene.camera = side
    for child in root.children:
        child.hide_viewport = child.type == "MESH"
    bpy.context.view_layer.update()
    _, seen, there = shown(scene, tmp_path)
    truth, sure = who_sees(scene, side, eye, root)
    agree = (seen == truth)[there & sure]
    assert there.mean() > 0.4 and 0.2 < truth[there & sure].mean() < 0.9
    assert not (seen & ~truth & there & sure).any()  # nowhere a photo on what its camera cannot see
    assert agree.mean() > 0.99


def who_sees(
    scene: bpy.types.Scene, side: bpy.types.Object, eye: Vector, root: bpy.types.Object
) -> tuple[np.ndarray, np.ndarray]:
    """Of each pixel of a camera (H, W): does the eye see what is there, and is that beyond doubt (no edge, no
    grazing angle) near by? Every third pixel is asked.
    """
    graph = bpy.context.evaluated_depsgraph_get()
    frame = [
        side.matrix_world @ corner for corner in side.data.view_frame(scene=scene)
    ]  # from the upper right
    truth, sure = np.zeros((SIDE, SIDE), bool), np.zeros((SIDE, SIDE), bool)
    to_local = root.matrix_world.inverted()
    half = math.tan(math.radians(22.5)) * 0.99
    for row in range(1, SIDE, 3):
        for column in range(1, SIDE, 3):
            x, y = (column + 0.5) / SIDE, (row + 0.5) / SIDE
            target = frame[2].lerp(frame[1], x).lerp(frame[3].lerp(frame[0], x), y)
            origin = side.matrix_world.translation
            hit, point, normal, *_ = scene.ray_cast(graph, origin, target - origin)
            if not hit:
                continue
            way = eye - point
            cosine = abs(normal.dot(way.normalized()))
            local = to_local @ point
            framed = local.z < 0 and max(abs(local.x), abs(local.y)) < -local.z * half
            doubt = cosine < 0.25 or abs(max(abs(local.x), abs(local.y)) / max(-local.z, 1e-9) - half) < 0.02
            around = []
            for shift in (Vector(), *shifts(normal, 0.01 * way.length)):
                start = point + shift + way.normalized() * 0.003
                around.append(not scene.ray_cast(graph, start, eye - start, distance=(eye - start).length)[0])
            truth[row, column] = framed and around[0]
            sure[row, column] = not doubt and (all(around) or not any(around))
    return truth, sure


def shifts(normal: Vector, length: float) -> list[Vector]:
    """Four steps within a surface."""
    across = normal.orthogonal().normalized() * length
    other = normal.cross(across).normalized() * length
    return [across, -across, other, -other]


def test_a_trace_that_is_renamed_meanwhile_is_found(
    addon, scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = chart(tmp_path)
    thing = cube(root, (0, 0, -2), (0, 0, 0), 0.6)
    only(thing, root)
    meanwhile(addon, monkeypatch, lambda: setattr(root, "name", "Trace: renamed"))
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    assert "WT Pixel renamed" in thing.data.uv_layers


def test_two_photos_one_mesh(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first = chart(tmp_path)
    thing = cube(first, (0, 0, -2), (0, 0, 0), 0.6)
    only(thing, first)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    alone = values(thing, "wt_seen").sum()
    second = chart(tmp_path)
    second.name = "Trace: other"
    middle = Matrix.Translation((0, 0, -2))
    second.matrix_world = first.matrix_world @ middle @ Matrix.Rotation(math.pi, 4, "Y") @ middle.inverted()
    only(thing, first, second)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    assert alone == 4 and values(thing, "wt_seen").sum() == 8
    assert {"WT Pixel chart", "WT Pixel other"} <= set(thing.data.uv_layers.keys())


def test_two_photos_of_the_same_name(scene: bpy.types.Scene, tmp_path: Path) -> None:
    first = chart(tmp_path)
    thing = cube(first, (0, 0, -2), (0, 0, 0), 0.6)
    second = chart(tmp_path)
    second.name = "chart"  # and the first one is "Trace: chart"
    middle = Matrix.Translation((0, 0, -2))
    second.matrix_world = first.matrix_world @ middle @ Matrix.Rotation(math.pi, 4, "Y") @ middle.inverted()
    only(thing, first, second)
    assert bpy.ops.world_tracing.project_texture(route="SHADER") == {"FINISHED"}
    one, other = (thing.data.uv_layers[name] for name in ("WT Pixel chart", "WT Pixel chart 2"))
    assert [tuple(corner.uv) for corner in one.data] != [tuple(corner.uv) for corner in other.data]
    assert {"wt_projection chart", "wt_projection chart 2"} <= set(thing.data.attributes.keys())
