"""Trace Ground Truth on scenes whose surfaces are known in closed form."""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from wt_backend.stack import LayerStack

DISTANCE = 5.0


@pytest.fixture
def view(scene) -> bpy.types.Scene:
    """An empty scene with a small, quick render and a camera that looks along +Y from y = −DISTANCE."""
    for item in list(bpy.data.objects):
        bpy.data.objects.remove(item)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -DISTANCE, 0), (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y = 96, 64
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "JPEG"
    return scene


def add(mesh: str, **values) -> bpy.types.Object:
    getattr(bpy.ops.mesh, f"primitive_{mesh}_add")(**values)
    return bpy.context.object


def trace(tmp_path: Path, **options) -> LayerStack:
    path = tmp_path / "truth.wts"
    assert bpy.ops.world_tracing.trace_ground_truth(filepath=str(path), **options) == {"FINISHED"}
    stack = LayerStack.load(path)
    stack.validate()
    return stack


def rays(stack: LayerStack) -> np.ndarray:
    points = stack.xyz[0][stack.mask[0]]
    return points / points[:, 2:]


def test_the_camera_is_that_of_the_marker_before_the_frame(view, tmp_path: Path) -> None:
    """As a render takes it; another one had been made active by hand."""
    add("uv_sphere", radius=1.0)
    bound, other = view.camera, view.camera.copy()
    other.data = bound.data.copy()
    other.data.lens = 2 * bound.data.lens
    view.collection.objects.link(other)
    view.timeline_markers.new("A", frame=view.frame_current).camera = bound
    view.timeline_markers.new("B", frame=view.frame_current + 1).camera = other
    view.camera = other
    stack = trace(tmp_path)
    assert view.camera == bound
    assert stack.intrinsics[0, 0] == pytest.approx(96 * bound.data.lens / bound.data.sensor_width)


def test_a_sphere_is_entered_and_left_where_it_should_be(view, tmp_path: Path) -> None:
    add("uv_sphere", segments=256, ring_count=128, radius=1.0)
    stack = trace(tmp_path)
    assert stack.size == (96, 64) and stack.info.mode == "object" and stack.info.model == "ground-truth"
    assert stack.mask[0].sum() > 800 and np.array_equal(stack.mask[0], stack.mask[1])
    assert not stack.mask[2:].any()
    d = rays(stack)
    square, half = (d**2).sum(1), d[:, 2] * DISTANCE
    root = np.sqrt(np.maximum(half**2 - square * (DISTANCE**2 - 1), 0))
    for layer, expected in enumerate([(half - root) / square, (half + root) / square]):
        error = np.abs(stack.xyz[layer][stack.mask[0]][:, 2] - expected)
        inner = root > 0.3  # at the rim the facets' 2e-4 of sagitta is amplified
        assert error[inner].max() < 2e-3
    # Depth-filled: deeper layers repeat the back.
    assert np.array_equal(stack.xyz[5], stack.xyz[1])


def test_points_lie_on_the_rays_of_their_pixels(view, tmp_path: Path) -> None:
    view.camera.data.lens, view.camera.data.shift_x, view.camera.data.shift_y = 35, 0.1, -0.05
    view.render.pixel_aspect_x = 1.5
    add("cube", size=1.5)
    stack = trace(tmp_path)
    row, column = np.nonzero(stack.mask[0])
    projected = stack.xyz[0][stack.mask[0]] @ stack.intrinsics.T
    assert np.allclose(projected[:, 0] / projected[:, 2], column + 0.5, atol=1e-3)
    assert np.allclose(projected[:, 1] / projected[:, 2], row + 0.5, atol=1e-3)
    # And the silhouette is where the render, made by Blender's own camera, has alpha.
    image = bpy.data.images.load(str(tmp_path / "truth.png"))
    alpha = np.array(image.pixels[:]).reshape(64, 96, 4)[::-1, :, 3] > 0.5
    union = (alpha | stack.mask[0]).sum()
    assert (alpha & stack.mask[0]).sum() / union > 0.95


def test_a_box_in_a_box_has_four_planes(view, tmp_path: Path) -> None:
    add("cube", size=2)
    add("cube", size=1)
    stack = trace(tmp_path)
    centre = stack.xyz[:, 32, 48]  # (6, 3)
    assert centre[:4, 2] == pytest.approx(
        [DISTANCE - 1, DISTANCE - 0.5, DISTANCE + 0.5, DISTANCE + 1], abs=1e-5
    )
    assert stack.mask[:, 32, 48].tolist() == [True] * 4 + [False] * 2


def test_truth_is_in_metres_and_as_large_as_the_scene(view, tmp_path: Path) -> None:
    view.unit_settings.scale_length = 0.01  # a unit is a centimetre
    add("cube", size=2)
    stack = trace(tmp_path, build_layers=True)
    assert stack.info.unit == "metre"
    assert stack.xyz[0, 32, 48, 2] == pytest.approx((DISTANCE - 1) / 100, rel=1e-5)
    root = next(item for item in view.objects if item.world_tracing.role == "ROOT")
    front = next(child for child in root.children if child.world_tracing.role == "LAYER")
    bpy.context.view_layer.update()
    depth = [(front.matrix_world @ vertex.co).y for vertex in front.data.vertices]
    assert min(depth) == pytest.approx(-1, abs=1e-4)
    for system, factor in (("METRIC", 100), ("NONE", 1)):
        view.unit_settings.system = system
        assert bpy.ops.world_tracing.import_stack(filepath=str(tmp_path / "truth.wts")) == {"FINISHED"}
        again = bpy.context.object
        assert tuple(again.scale) == pytest.approx([factor] * 3)
        camera = next(child for child in again.children if child.type == "CAMERA")
        assert camera.data.clip_start == pytest.approx(0.05 * (DISTANCE - 1) / 100 * factor, rel=1e-4)


def test_the_pair_is_of_one_size_where_the_percentage_leaves_a_rest(view, tmp_path: Path) -> None:
    view.render.resolution_x, view.render.resolution_y = 100, 120
    view.render.resolution_percentage = 29  # 29 / 100 × 100 is 28.99… in floating point
    add("cube", size=2)
    stack = trace(tmp_path)
    image = bpy.data.images.load(str(tmp_path / "truth.png"))
    assert stack.info.image_size == tuple(image.size) == (29, 34)


def test_what_the_camera_clips_away_is_not_there(view, tmp_path: Path) -> None:
    """The wall behind is beyond the end of the clip range: neither the picture nor the stack has it."""
    add("cube", size=2)
    add("plane", size=1.5, location=(0, -4, 0), rotation=(math.pi / 2, 0, 0))
    add("plane", size=50, location=(0, 20, 0), rotation=(math.pi / 2, 0, 0))
    view.camera.data.clip_start, view.camera.data.clip_end = 2.0, 15.0
    stack = trace(tmp_path)
    assert stack.xyz[:2, 32, 48, 2] == pytest.approx([DISTANCE - 1, DISTANCE + 1], abs=1e-5)
    assert not stack.mask[2:, 32, 48].any() and not stack.mask[0, 0, 0]
    assert bpy.data.images.load(str(tmp_path / "truth.png")).pixels[3] == 0


def test_names_with_points_stay_apart(view, tmp_path: Path) -> None:
    """`chair.001` and `chair.002` were written one over the other."""
    add("cube", size=2)
    for name in ("chair.001", "chair.002.wts", "chair.003.png"):
        bpy.ops.world_tracing.trace_ground_truth(
            filepath=str(tmp_path / name), longest=16, build_layers=False
        )
    assert {path.name for path in tmp_path.glob("*.wts")} == {f"chair.00{n}.wts" for n in (1, 2, 3)}
    assert {path.name for path in tmp_path.glob("*.png")} == {f"chair.00{n}.png" for n in (1, 2, 3)}


def test_layers_end_where_they_are_asked_to(view, tmp_path: Path) -> None:
    add("cube", size=2)
    stack = trace(tmp_path, layers=1, longest=48)
    assert stack.layers == 1 and stack.size == (48, 32)
    assert stack.info.image_size == (96, 64)
    assert np.allclose(stack.grid_to_image, [[2, 0, 0], [0, 2, 0]])


def test_render_settings_of_modifiers_and_visibility_count(view, tmp_path: Path) -> None:
    cube = add("cube", size=2)
    modifier = cube.modifiers.new("Subdivision", "SUBSURF")
    modifier.levels, modifier.render_levels = 0, 4
    blocker = add("cube", size=2, location=(0, -2.5, 0))
    blocker.hide_render = True
    stack = trace(tmp_path)
    nearest = stack.xyz[0, 32, 48, 2]
    assert nearest > DISTANCE - 0.9  # the subdivided cube shrinks; the flat one would be at DISTANCE − 1


def test_instances_and_curves_are_traced(view, tmp_path: Path) -> None:
    part = add("cube", size=0.5)
    part.hide_render = True
    kept = bpy.data.collections.new("Part")
    kept.objects.link(bpy.data.objects.new("shown", part.data))
    instance = bpy.data.objects.new("Instance", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", kept
    instance.matrix_world = Matrix.Translation((0, 1, 0)) @ Matrix.Diagonal((2, 2, 2, 1))
    view.collection.objects.link(instance)
    stack = trace(tmp_path)
    assert stack.xyz[:2, 32, 48, 2] == pytest.approx([DISTANCE + 0.5, DISTANCE + 1.5], abs=1e-5)


@pytest.mark.parametrize("how", ["object", "instancer", "collection"])
def test_what_is_hidden_from_the_camera_only_is_not_traced(view, tmp_path: Path, how: str) -> None:
    add("cube", size=2)
    light = add("plane", size=4, location=(0, -3, 0), rotation=(math.pi / 2, 0, 0))
    if how == "object":
        light.visible_camera = False
    else:
        softboxes = bpy.data.collections.new("Softboxes")
        softboxes.objects.link(light)
        view.collection.objects.unlink(light)
    if how == "collection":
        view.collection.children.link(softboxes)
        bpy.context.view_layer.layer_collection.children["Softboxes"].indirect_only = True
    elif how == "instancer":
        instance = bpy.data.objects.new("Instance", None)
        instance.instance_type, instance.instance_collection = "COLLECTION", softboxes
        instance.visible_camera = False
        view.collection.objects.link(instance)
    stack = trace(tmp_path)
    assert stack.xyz[0, 32, 48, 2] == pytest.approx(DISTANCE - 1, abs=1e-5)


def test_strips_of_the_sequencer_are_not_the_scenes_picture(view, tmp_path: Path) -> None:
    add("cube", size=2)
    view.render.film_transparent = False
    editor = view.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences  # Blender 4.4
    end = {"length": 9} if bpy.app.version >= (5, 0) else {"frame_end": 10}
    strips.new_effect("Red", "COLOR", 1, frame_start=1, **end).color = (1, 0, 0)
    red, green, blue, _ = trace(tmp_path).rgba[32, 48].tolist()
    assert red == green == blue  # the grey cube
    assert view.render.use_sequencer


def test_the_render_lies_beside_the_stack_and_settings_come_back(view, tmp_path: Path) -> None:
    add("cube", size=2)
    view.render.film_transparent = False
    view.render.use_border = True
    stack = trace(tmp_path)
    assert stack.info.mode == "scene"
    assert stack.info.source == str(tmp_path / "truth.png")
    assert (tmp_path / "truth.png").read_bytes()[:4] == b"\x89PNG"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["truth.png", "truth.wts"]
    render = view.render
    assert (render.engine, render.film_transparent, render.use_border) == ("CYCLES", False, True)
    assert render.image_settings.file_format == "JPEG"


def test_a_folder_may_have_braces_in_its_name(view, tmp_path: Path) -> None:
    add("cube", size=2)
    folder = tmp_path / "{blend_name} {v2}"
    folder.mkdir()
    trace(folder, longest=16, layers=1)
    assert (folder / "truth.png").is_file()


OUTPUTS = {  # format → colour mode, depth
    "OPEN_EXR": ("RGBA", "32"),
    "OPEN_EXR_MULTILAYER": ("RGBA", "16"),
    "TIFF": ("RGB", "16"),
    "JPEG": ("BW", "8"),
    "FFMPEG": ("RGB", "8"),
}


@pytest.mark.parametrize("file_format", OUTPUTS)
def test_the_scenes_output_comes_back_whatever_it_is(view, tmp_path: Path, file_format: str) -> None:
    add("cube", size=2)
    settings = view.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = {"OPEN_EXR_MULTILAYER": "MULTI_LAYER_IMAGE", "FFMPEG": "VIDEO"}.get(
            file_format, "IMAGE"
        )
    mode, depth = OUTPUTS[file_format]
    settings.file_format, settings.color_mode, settings.color_depth = file_format, mode, depth
    trace(tmp_path, longest=16, layers=1)
    assert (settings.file_format, settings.color_mode, settings.color_depth) == (file_format, mode, depth)
    assert (tmp_path / "truth.png").read_bytes()[:4] == b"\x89PNG"


def test_of_a_stereo_scene_the_middle_is_traced(view, tmp_path: Path) -> None:
    add("uv_sphere", radius=1.0)
    plain = trace(tmp_path)
    view.render.use_multiview = True
    stereo = trace(tmp_path)
    assert np.array_equal(stereo.rgba, plain.rgba) and np.array_equal(stereo.xyz, plain.xyz)
    assert view.render.use_multiview


def test_of_several_view_layers_the_shown_one_is_traced(view, tmp_path: Path) -> None:
    """The picture was that of one of them, the geometry that of another."""
    shown = {}
    for name, size in (("Large", 2.0), ("Small", 0.7)):
        collection = bpy.data.collections.new(name)
        view.collection.children.link(collection)
        cube = add("cube", size=size)
        cube.users_collection[0].objects.unlink(cube)
        collection.objects.link(cube)
        shown[view.view_layers[0] if name == "Large" else view.view_layers.new(name)] = name
    for layer, name in shown.items():
        for other in set(shown.values()) - {name}:
            layer.layer_collection.children[other].exclude = True
    for layer, name in shown.items():
        bpy.context.window.view_layer = layer
        stack = trace(tmp_path, build_layers=False)
        image = bpy.data.images.load(str(tmp_path / "truth.png"))
        alpha = np.array(image.pixels[:]).reshape(64, 96, 4)[::-1, :, 3] > 0.5
        assert (alpha & stack.mask[0]).sum() / (alpha | stack.mask[0]).sum() > 0.9
        half = {"Large": 1.0, "Small": 0.35}[name]
        assert stack.xyz[0, 32, 48, 2] == pytest.approx(DISTANCE - half, abs=1e-5)
        assert all(each.use for each in shown)
    layer.use = False
    with pytest.raises(RuntimeError, match="view layer Small is off for rendering"):
        trace(tmp_path)


def test_built_layers_lie_over_the_scene(view, tmp_path: Path) -> None:
    cube = add("cube", size=2)
    cube.location = (0.3, 0.2, 0.1)
    view.camera.matrix_world = Matrix.Translation((3, -4, 2)) @ (
        (Vector((0.3, 0.2, 0.1)) - Vector((3, -4, 2))).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    )
    bpy.context.view_layer.update()
    trace(tmp_path, build_layers=True)
    bpy.context.view_layer.update()
    layer = bpy.data.objects["truth Layer 1"]
    assert layer.hide_render
    world = np.array([layer.matrix_world @ v.co for v in layer.data.vertices]) - np.array(cube.location)
    assert np.abs(np.abs(world).max(axis=1) - 1).max() < 1e-3  # all on the cube's surface


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda view: setattr(view.camera.data, "type", "ORTHO"), "not a perspective camera"),
        (lambda view: [bpy.data.objects.remove(o) for o in view.objects if o.type == "MESH"], "no surface"),
        (lambda view: setattr(view.camera, "rotation_euler", (-math.pi / 2, 0, 0)), "looks past everything"),
    ],
)
def test_what_cannot_be_traced_is_said_and_leaves_no_file(view, tmp_path: Path, spoil, message: str) -> None:
    add("cube", size=2)
    spoil(view)
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match=message):
        bpy.ops.world_tracing.trace_ground_truth(filepath=str(tmp_path / "truth.wts"))
    assert not list(tmp_path.iterdir())


def brute_force(vertices: np.ndarray, triangles: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Sorted depths of all hits of one ray from the origin (Möller and Trumbore, double precision)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normal = np.cross(direction, c - a)
    scale = ((b - a) * normal).sum(1)
    u = (-a * normal).sum(1) / scale
    side = np.cross(-a, b - a)
    v = (side @ direction) / scale
    depth = ((c - a) * side).sum(1) / scale
    return np.sort(depth[(u >= 0) & (v >= 0) & (u + v <= 1) & (depth > 0)])


def test_all_hits_of_a_triangle_soup_equal_brute_force(addon) -> None:
    ray_trace = importlib.import_module(f"{addon.__name__}.scene.ray_trace")
    rng = np.random.default_rng(7)
    centres = rng.uniform([-1, -1, 3], [1, 1, 6], (300, 1, 3))
    vertices = (centres + rng.normal(0, 0.5, (300, 3, 3))).reshape(-1, 3)
    triangles = np.arange(900, dtype=np.int32).reshape(300, 3)
    directions = np.concatenate([rng.uniform(-0.3, 0.3, (400, 2)), np.ones((400, 1))], axis=1)
    depths = ray_trace.trace_layers(vertices, triangles, directions, 40)
    most = 0
    for ray, direction in enumerate(directions):
        expected = brute_force(vertices, triangles, direction)
        found = depths[:, ray][np.isfinite(depths[:, ray])]
        assert len(found) == len(expected)
        assert found == pytest.approx(expected, rel=1e-7)
        most = max(most, len(found))
    assert most > 8


def test_closed_surfaces_are_left_as_often_as_they_are_entered(view, tmp_path: Path) -> None:
    for place in ((-0.3, 0, 0), (0.35, 1.2, 0.2), (0, 2.5, -0.1)):
        add("torus", location=place, major_segments=48, minor_segments=24, rotation=(0.3, 0.8, 0.1))
    stack = trace(tmp_path, layers=16)
    count = stack.mask.sum(axis=0)
    assert (count % 2 == 0).mean() > 0.9995
    assert count.max() >= 6
