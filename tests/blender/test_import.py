"""Importing a stack: what is made, and that every vertex lies on its pixel of the original image."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from numpy.typing import NDArray

from wt_backend.camera import apply_affine
from wt_backend.stack import LayerStack, StackInfo

GRID = 48
ADDON = "bl_ext.user_default.world_tracing"


def make_stack(
    intrinsics: NDArray[np.float64],
    grid_to_image: NDArray[np.float64],
    image_size: tuple[int, int],
    height: int = GRID,
    width: int = GRID,
    source: str = "",
) -> LayerStack:
    """Two bulging layers over a disc, raw points off their rays by some noise as a network's are."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:height, :width] + 0.5
    radius = np.hypot((rows / height - 0.5) * 2, (columns / width - 0.5) * 2)
    front = 3.0 + radius**2
    depth = np.stack([front, 6.0 - radius**2])  # (2, H, W)
    mask = np.stack([radius < 0.9, radius < 0.8])
    rays = np.stack([columns, rows, np.ones_like(rows)], -1) @ np.linalg.inv(intrinsics).T
    xyz = rays * depth[..., None]
    xyz[..., :2] += rng.normal(0, 0.02, xyz[..., :2].shape)
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[..., 0], rgba[..., 1], rgba[..., 3] = columns, rows, 255
    info = StackInfo("relative", "ground-truth", "", {}, 0, 0, "", source, image_size, "object")
    return LayerStack(
        (xyz * mask[0][..., None]).astype(np.float32), mask, rgba, intrinsics, grid_to_image, info
    )


def camera(fx: float, fy: float, cx: float, cy: float) -> NDArray[np.float64]:
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)


def affine(sx: float, sy: float, tx: float, ty: float) -> NDArray[np.float64]:
    return np.array([[sx, 0, tx], [0, sy, ty]], np.float64)


CASES = {
    "whole square": (camera(60, 60, 24, 24), affine(10, 10, 0, 0), (480, 480)),
    "principal point off": (camera(70, 70, 15, 31), affine(10, 10, 0, 0), (480, 480)),
    "centre crop of landscape": (camera(55, 55, 24, 24), affine(10, 10, 160, 0), (800, 480)),
    "centre crop of portrait": (camera(55, 55, 24, 24), affine(10, 10, 0, 160), (480, 800)),
    "stretched landscape": (camera(50, 80, 24, 24), affine(800 / 48, 10, 0, 0), (800, 480)),
    "stretched, pixels not square": (camera(50, 50, 20, 28), affine(20, 10, 0, 0), (960, 480)),
    "stretched portrait": (camera(80, 50, 24, 24), affine(10, 900 / 48, 0, 0), (480, 900)),
    "crop leaving the image": (camera(61, 61, 24, 24), affine(9.5, 9.5, -100.5, 200.25), (480, 480)),
    "very large image": (camera(61, 61, 24, 24), affine(250, 250, 0, -1500), (12000, 9000)),
    "tiny image": (camera(61, 61, 24, 24), affine(1 / 3, 1 / 3, 0, 0), (16, 16)),
    "stored rotated by 90°": (camera(61, 61, 22, 27), np.array([[0, -10.0, 480], [10, 0, 0]]), (480, 480)),
    "stored upside down": (camera(61, 61, 22, 27), affine(-10, -10, 480, 480), (480, 480)),
    "stored mirrored": (camera(61, 61, 22, 27), affine(-10, 10, 480, 0), (480, 480)),
    "stored upside down and mirrored": (camera(61, 55, 22, 27), affine(10, -10, 0, 480), (480, 480)),
    "stored transposed": (camera(61, 61, 22, 27), np.array([[0, 10.0, 0], [10, 0, 0]]), (480, 480)),
    "stored transposed the other way": (
        camera(61, 55, 22, 27),
        np.array([[0, -10.0, 480], [-12, 0, 576]]),
        (480, 576),
    ),
}


def import_stack(stack: LayerStack, folder: Path, name: str = "test", **options: object) -> bpy.types.Object:
    """Save and import a stack through the operator; its root."""
    path = folder / f"{name}.wts"
    stack.save(path)
    assert bpy.ops.world_tracing.import_stack(filepath=str(path), **options) == {"FINISHED"}
    return bpy.context.object


def children(root: bpy.types.Object, role: str) -> list[bpy.types.Object]:
    return sorted(
        (child for child in root.children if child.world_tracing.role == role),
        key=lambda child: child.world_tracing.layer,
    )


def numbers(data: bpy.types.AttributeGroupMesh, name: str, kind: str = "value", width: int = 1) -> NDArray:
    """An attribute as an array, (N,) or (N, width)."""
    attribute = data.attributes[name]
    dtype = {"INT": np.int32, "BOOLEAN": np.bool_}.get(attribute.data_type, np.float32)
    values = np.empty(len(attribute.data) * width, dtype)
    attribute.data.foreach_get(kind, values)
    return values if width == 1 else values.reshape(-1, width)


def extent(root: bpy.types.Object) -> list[float]:
    """Places along world X of the corners of a trace's layers."""
    layers = children(root, "LAYER")
    return [(layer.matrix_world @ Vector(corner)).x for layer in layers for corner in layer.bound_box]


def pixel_of(stack: LayerStack, pixel: NDArray[np.int32]) -> NDArray[np.float64]:
    """Place of grid pixels in the original image, y down, (N, 2)."""
    rows, columns = np.divmod(pixel, stack.size[0])
    return apply_affine(stack.grid_to_image, np.stack([columns, rows], -1) + 0.5)


@pytest.mark.parametrize("case", CASES)
def test_a_vertex_projects_onto_its_pixel_of_the_original_image(
    scene: bpy.types.Scene, tmp_path: Path, case: str
) -> None:
    stack = make_stack(*CASES[case])
    root = import_stack(stack, tmp_path)
    root.location, root.scale = (1.0, -2.0, 0.5), (2.0, 2.0, 2.0)  # moving the trace moves its camera too
    assert bpy.ops.world_tracing.use_trace_camera() == {"FINISHED"}
    bpy.context.view_layer.update()
    width, height = stack.info.image_size
    assert (scene.render.resolution_x, scene.render.resolution_y) == (width, height)
    for layer in children(root, "LAYER"):
        pixel = numbers(layer.data, "wt_pixel")
        expected = pixel_of(stack, pixel)
        for index in range(0, len(pixel), 23):
            point = layer.matrix_world @ Vector(layer.data.vertices[index].co)
            x, y, depth = world_to_camera_view(scene, scene.camera, point)
            assert depth > 0
            found = np.array([x * width, (1 - y) * height])
            assert np.abs(found - expected[index]).max() < 0.02 + 2e-5 * max(width, height)


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_camera_sees_the_layers_however_the_trace_is_scaled(
    scene: bpy.types.Scene, tmp_path: Path, scale: float
) -> None:
    """Blender's clipping distances count in the world's units."""
    root = import_stack(make_stack(*CASES["stored rotated by 90°"]), tmp_path)
    camera, first = children(root, "CAMERA")[0].data, children(root, "LAYER")[0]
    children(root, "LAYER")[1].data.clear_geometry()
    near = min(-vertex.co.z for vertex in first.data.vertices)
    far = max(-vertex.co.z for vertex in first.data.vertices)
    bpy.ops.world_tracing.use_trace_camera()
    before = camera.clip_start, camera.clip_end
    assert before[0] == pytest.approx(near * 0.05, rel=0.01)
    holder = bpy.data.objects.new("holder", None)
    scene.collection.objects.link(holder)
    holder.scale, root.parent = (scale,) * 3, holder
    bpy.ops.world_tracing.use_trace_camera()
    assert camera.clip_start < near * scale
    assert camera.clip_end > far * scale
    if scale > 1:  # what the camera saw before it still sees
        assert camera.clip_start == before[0]
    else:
        assert camera.clip_end == before[1]


def test_pixel_uvs_address_the_original_image(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = make_stack(*CASES["very large image"])
    layer = children(import_stack(stack, tmp_path), "LAYER")[0]
    corners = np.empty(len(layer.data.loops), np.int32)
    layer.data.loops.foreach_get("vertex_index", corners)
    uv = numbers(layer.data, "WT Pixel", "vector", 2)
    expected = pixel_of(stack, numbers(layer.data, "wt_pixel"))[corners]
    found = np.stack([uv[:, 0], 1 - uv[:, 1]], -1) * stack.info.image_size
    assert np.abs(found - expected).max() < 0.01  # pixels of a 12,000-px image


def test_attributes_say_where_a_vertex_came_from(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = make_stack(*CASES["whole square"])
    first, second = children(import_stack(stack, tmp_path), "LAYER")
    assert (numbers(first.data, "wt_layer") == 0).all() and (numbers(second.data, "wt_layer") == 1).all()
    assert numbers(first.data, "wt_seen").all() and not numbers(second.data, "wt_seen").any()
    pixel, thickness = numbers(first.data, "wt_pixel"), numbers(first.data, "wt_thickness")
    behind = stack.mask[1].reshape(-1)[pixel]
    assert (thickness[~behind] == 0).all() and (thickness[behind] > 0).all()
    positions = numbers(first.data, "position", "vector", 3)
    np.testing.assert_allclose(-positions[:, 2], stack.xyz[0, ..., 2].reshape(-1)[pixel], rtol=1e-6)


def test_a_trace_is_a_collection_under_one_root(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(make_stack(*CASES["whole square"]), tmp_path, "mug", output="BOTH")
    assert root.name == "Trace: mug" and root.world_tracing.role == "ROOT"
    collection = bpy.data.collections["Trace: mug"]
    assert collection.name in scene.collection.children
    assert set(collection.objects) == {root, *root.children}
    assert [layer.name for layer in children(root, "LAYER")] == ["mug Layer 1", "mug Layer 2"]
    assert [layer.name for layer in children(root, "POINTS")] == ["mug Layer 1 Points", "mug Layer 2 Points"]
    assert len(children(root, "CAMERA")) == 1
    groups = {
        node.node_tree
        for layer in children(root, "LAYER")
        for node in layer.data.materials[0].node_tree.nodes
        if node.type == "GROUP"
    }
    assert groups == {bpy.data.node_groups["WT Layer"]}


def test_import_leaves_the_render_settings_alone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    before = (scene.render.resolution_x, scene.render.pixel_aspect_x, scene.camera)
    import_stack(make_stack(*CASES["stretched landscape"]), tmp_path)
    assert (scene.render.resolution_x, scene.render.pixel_aspect_x, scene.camera) == before


def test_points_have_a_radius_that_grows_with_depth(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = make_stack(*CASES["whole square"])
    layer = children(import_stack(stack, tmp_path, output="POINTS"), "POINTS")[0]
    assert layer.type == ("POINTCLOUD" if bpy.app.version >= (4, 4) else "MESH")
    points = layer.data
    radius, pixel = numbers(points, "radius"), numbers(points, "wt_pixel")
    assert len(radius) == stack.mask[0].sum()
    depth = stack.xyz[0, ..., 2].reshape(-1)[pixel]
    np.testing.assert_allclose(radius, depth * np.sqrt(0.5) / 60, rtol=1e-5)
    colour = numbers(points, "WT Colour", "color_srgb", 4)
    np.testing.assert_allclose(colour[:, :3] * 255, stack.rgba.reshape(-1, 4)[pixel, :3], atol=0.6)
    assert points.materials[0].name.startswith("test Layer 1 Points")
    assert layer.type == "MESH" or not bpy.data.meshes  # converting left nothing behind


def test_points_come_also_to_somebody_who_is_editing(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    path = tmp_path / "test.wts"
    make_stack(*CASES["whole square"]).save(path)
    assert bpy.ops.world_tracing.import_stack(filepath=str(path), output="BOTH") == {"FINISHED"}
    assert bpy.context.object == cube and bpy.context.mode == "EDIT_MESH"
    bpy.ops.object.mode_set(mode="OBJECT")
    root = bpy.data.objects["Trace: test"]
    assert len(children(root, "POINTS")) == 2 and len(children(root, "LAYER")) == 2
    assert list(scene.collection.objects) == [cube] and list(bpy.data.scenes) == [scene]


def test_without_the_original_the_stacks_own_picture_lies_under_the_same_uvs(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    stack = make_stack(*CASES["centre crop of landscape"])
    layer = children(import_stack(stack, tmp_path), "LAYER")[0]
    image = layer.data.materials[0].node_tree.nodes["Image Texture"].image
    width, height = image.size
    assert width / height == pytest.approx(800 / 480, rel=0.03)
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = np.rint(pixels.reshape(height, width, 4) * 255)
    uv, corners = numbers(layer.data, "WT Pixel", "vector", 2), np.empty(len(layer.data.loops), np.int32)
    layer.data.loops.foreach_get("vertex_index", corners)
    rows, columns = np.divmod(numbers(layer.data, "wt_pixel")[corners], stack.size[0])
    found = pixels[(uv[:, 1] * height).astype(int), (uv[:, 0] * width).astype(int)]
    expected = stack.rgba[rows, columns]
    assert np.abs(found[:, :3] - expected[:, :3]).max() <= 1


@pytest.mark.parametrize("content", [b"", b"no stack", b"\xff" * 100])
def test_a_file_that_is_no_stack_is_a_sentence_and_leaves_nothing(
    scene: bpy.types.Scene, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "broken.wts"
    path.write_bytes(content)
    objects = len(bpy.data.objects)
    with pytest.raises(RuntimeError, match=r"broken\.wts"):
        bpy.ops.world_tracing.import_stack(filepath=str(path))
    assert len(bpy.data.objects) == objects


def test_a_map_that_shears_is_refused_before_anything_is_made(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = make_stack(camera(60, 60, 24, 24), np.array([[10.0, 3.0, 0.0], [0.0, 10.0, 0.0]]), (480, 480))
    with pytest.raises(RuntimeError, match="shears"):
        import_stack(stack, tmp_path)
    assert not bpy.data.objects


def test_a_stack_that_is_dropped_is_imported_unasked(scene: bpy.types.Scene, tmp_path: Path) -> None:
    import_stack(make_stack(*CASES["whole square"]), tmp_path)
    path = str(tmp_path / "test.wts")
    assert bpy.ops.world_tracing.import_stack("INVOKE_DEFAULT", filepath=path) == {"FINISHED"}
    assert len([item for item in bpy.data.objects if item.world_tracing.role == "ROOT"]) == 2


def test_an_empty_stack_still_gives_its_camera(scene: bpy.types.Scene, tmp_path: Path) -> None:
    full = make_stack(*CASES["whole square"])
    stack = LayerStack(
        full.xyz, np.zeros_like(full.mask), full.rgba, full.intrinsics, full.grid_to_image, full.info
    )
    root = import_stack(stack, tmp_path)
    assert [child.world_tracing.role for child in root.children] == ["CAMERA"]


def test_a_trace_stands_beside_what_is_there_but_in_its_surroundings(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    stack = make_stack(*CASES["whole square"])
    first, second = (import_stack(stack, tmp_path, name) for name in ("one", "two"))
    assert first.location.x == 0.0
    bpy.context.view_layer.update()
    assert min(extent(second)) > max(extent(first))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_cube_add(size=100)
    assert import_stack(stack, tmp_path).location.x == 0.0


def test_a_file_opens_and_renders_without_the_addon(scene: bpy.types.Scene, tmp_path: Path) -> None:
    stack = make_stack(*CASES["whole square"])
    root = import_stack(stack, tmp_path, "kept", output="BOTH")
    names, name = {child.name for child in root.children}, root.name
    count = len(children(root, "LAYER")[0].data.vertices)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    try:
        bpy.ops.preferences.addon_disable(module=ADDON)
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
        again = bpy.data.objects[name]
        assert not hasattr(again, "world_tracing")
        assert {child.name for child in again.children} == names
        layer = bpy.data.objects["kept Layer 1"]
        assert (
            len(layer.data.vertices) == count and layer.data.materials[0].node_tree.nodes["Layer"].node_tree
        )
        seen = bpy.context.evaluated_depsgraph_get()
        assert bpy.data.objects["kept Layer 1 Points"].evaluated_get(seen).data is not None
        bpy.ops.wm.save_mainfile()
    finally:
        bpy.ops.preferences.addon_enable(module=ADDON)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    assert bpy.data.objects[name].world_tracing.role == "ROOT"
    assert bpy.data.objects["kept Layer 1"].world_tracing.tear == pytest.approx(0.04)


def test_renamed_duplicated_and_deleted_parts_do_no_harm(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(make_stack(*CASES["whole square"]), tmp_path, output="BOTH")
    front, back = children(root, "LAYER")
    twin = front.copy()
    twin.data = front.data.copy()
    scene.collection.objects.link(twin)
    root.name, front.name = "My Trace", "Front"
    bpy.data.objects.remove(back)
    bpy.data.objects.remove(children(root, "POINTS")[1])
    bpy.data.materials.remove(front.data.materials[0])
    assert bpy.ops.world_tracing.rebuild_trace(root="My Trace") == {"FINISHED"}
    assert [layer.world_tracing.layer for layer in children(root, "LAYER")] == [0, 0, 1]
    twin.world_tracing.tear = 0.001
    front.world_tracing.island = 10**6
    assert not len(front.data.polygons) and len(twin.data.vertices)
    bpy.data.objects.remove(children(root, "CAMERA")[0])
    assert not bpy.ops.world_tracing.use_trace_camera.poll()
    copy = root.copy()  # a root alone, without any part
    scene.collection.objects.link(copy)
    for operator in ("rebuild_trace", "delete_trace"):
        assert getattr(bpy.ops.world_tracing, operator)(root=copy.name) == {"FINISHED"}
    assert bpy.ops.world_tracing.delete_trace(root=root.name) == {"FINISHED"}
    assert not bpy.data.objects


def test_a_stack_that_was_traced_again_is_updated_in_place(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(make_stack(*CASES["whole square"]), tmp_path, output="BOTH")
    root.location, before = (1, 2, 3), {child.name for child in root.children}
    children(root, "CAMERA")[0].data.type = "ORTHO"  # the artist's; the photo was not taken so
    intrinsics, grid_to_image, size = CASES["principal point off"]
    make_stack(intrinsics, grid_to_image, size).save(tmp_path / "test.wts")
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    assert {child.name for child in root.children} == before and tuple(root.location) == (1, 2, 3)
    assert children(root, "CAMERA")[0].data.lens == pytest.approx(70 * 10 / 480 * 36, rel=1e-5)
    assert children(root, "CAMERA")[0].data.type == "PERSP"
    assert bpy.ops.world_tracing.use_trace_camera() == {"FINISHED"}
    bpy.context.view_layer.update()
    for layer, name in ((children(root, "LAYER")[1], "position"), (children(root, "POINTS")[1], "position")):
        pixel, place = numbers(layer.data, "wt_pixel"), numbers(layer.data, name, "vector", 3)
        x, y, _ = world_to_camera_view(scene, scene.camera, layer.matrix_world @ Vector(place[99].tolist()))
        row, column = divmod(int(pixel[99]), GRID)
        assert (x * GRID, (1 - y) * GRID) == pytest.approx((column + 0.5, row + 0.5), abs=0.02)
