"""What artists apply (Object > Apply) to a trace: everything made later comes where it stands."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from projection_scenes import only
from test_footage import folder  # noqa: F401
from test_import import children, import_stack, numbers

EVERYTHING = {"location": True, "rotation": True, "scale": True}


def stand(root: bpy.types.Object, scale: float = 2.0) -> None:
    """Somewhere, turned and scaled; -1 mirrors it."""
    root.location, root.rotation_euler.z = (1.0, 2.0, 3.0), 0.7
    root.scale = (scale, abs(scale), abs(scale))
    bpy.context.view_layer.update()


def apply(*members: bpy.types.Object, **what: bool) -> None:
    only(*members)
    assert bpy.ops.object.transform_apply(**(EVERYTHING | what)) == {"FINISHED"}


def corners(member: bpy.types.Object) -> np.ndarray:
    """Its points in the world, (N, 3)."""
    bpy.context.view_layer.update()
    matrix = np.array(member.matrix_world)
    return numbers(member.data, "position", "vector", 3) @ matrix[:3, :3].T + matrix[:3, 3]


def outward(member: bpy.types.Object) -> np.ndarray:
    """Normals (F, 3) of its faces in the world."""
    normals = np.array([face.normal for face in member.data.polygons])
    normals = normals @ np.linalg.inv(np.array(member.matrix_world)[:3, :3])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


@pytest.mark.parametrize("scale", [2.0, -1.0])
@pytest.mark.parametrize("applied", ["everything", "scale", "root", "root first", "layer"])
def test_layers_are_rebuilt_where_they_stand(
    scene: bpy.types.Scene, tmp_path: Path, applied: str, scale: float
) -> None:
    root = import_stack(shapes.sphere(48), tmp_path, output="BOTH")
    stand(root, scale)
    members = [*children(root, "LAYER"), *children(root, "POINTS")]
    for member in members:
        member.hide_set(False)
    camera = children(root, "CAMERA")[0]
    before, seen = [corners(member) for member in members], camera.matrix_world.copy()
    normals = outward(members[0])
    if applied in {"everything", "scale"}:
        apply(root, *members, **{"location": False, "rotation": False} if applied == "scale" else {})
    elif applied == "layer":  # a mesh alone that was made larger is an edit, which goes back
        members[0].scale = (1.5, 1.5, 1.5)
        apply(members[0])
    else:
        apply(root)
    if applied == "root first":
        apply(*members)
    members[0].world_tracing.tear = 0.05
    second = members[1].name
    bpy.data.objects.remove(members[1])  # which comes back
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    members[1] = bpy.data.objects[second]
    for member, places in zip(members, before, strict=True):
        np.testing.assert_allclose(corners(member), places, atol=2e-5)
    np.testing.assert_allclose(outward(members[0]), normals, atol=1e-3)
    np.testing.assert_allclose(camera.matrix_world, seen, atol=1e-5)


@pytest.mark.usefixtures("real_worker")
def test_the_worker_knows_where_the_trace_is(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Solids, known cameras, projections and floors of a trace whose transform was applied."""
    root = import_stack(shapes.sphere(48), tmp_path)
    stand(root)
    camera, first = children(root, "CAMERA")[0], children(root, "LAYER")[0]
    place, middle = camera.matrix_world.copy(), root.matrix_world @ Matrix.Translation((0, 0, -3.0))
    apply(root, *children(root, "LAYER"))
    only(root)
    assert bpy.ops.world_tracing.make_solid(resolution=48) == {"FINISHED"}
    solid = children(root, "SOLID")[0]
    made = corners(solid)
    distance = np.linalg.norm(made - np.array(middle.translation), axis=1)
    assert np.abs(distance - 1.8).max() < 0.1  # the sphere of 0.9, twice as large
    solid.hide_set(False)
    apply(solid)
    only(root)
    assert bpy.ops.world_tracing.make_solid(resolution=48) == {"FINISHED"}
    np.testing.assert_allclose(corners(solid), made, atol=2e-5)
    projection = sys.modules["bl_ext.user_default.world_tracing.scene.projection"]
    np.testing.assert_allclose(np.linalg.inv(projection.to_local(root)), place, atol=1e-5)
    old = corners(first)
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=60.0) == {"FINISHED"}
    bpy.context.view_layer.update()
    np.testing.assert_allclose(camera.matrix_world, place, atol=1e-5)
    ahead = np.array(place)[:3, :3] @ (0, 0, -1) / 2
    depths = (corners(first) - np.array(place.translation)) @ ahead / 2
    assert depths.min() > 1.5 and np.ptp(depths) == pytest.approx(np.ptp(old @ ahead / 2), rel=0.7)


@pytest.mark.usefixtures("real_worker")
def test_a_solid_tells_where_a_trace_is_that_has_no_layers_left(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(48), tmp_path)
    stand(root)
    assert bpy.ops.world_tracing.make_solid(resolution=48) == {"FINISHED"}
    for layer in children(root, "LAYER"):
        bpy.data.objects.remove(layer)
    solid, place = children(root, "SOLID")[0], children(root, "CAMERA")[0].matrix_world.copy()
    made = corners(solid)
    apply(root, solid)
    frame = sys.modules["bl_ext.user_default.world_tracing.scene.frame"]
    np.testing.assert_allclose(frame.frame_of(root), place, atol=1e-5)
    only(root)
    assert bpy.ops.world_tracing.make_solid(resolution=48) == {"FINISHED"}
    np.testing.assert_allclose(corners(solid), made, atol=2e-5)


@pytest.mark.parametrize("cache", ["NONE", "USD", "ALEMBIC"])
def test_a_shot_too_has_its_camera_space_where_its_layers_are(
    scene: bpy.types.Scene,
    folder: Path,  # noqa: F811
    cache: str,
) -> None:
    """Of what plays from a cache, no pixels are known."""
    done = bpy.ops.world_tracing.import_shot(filepath=str(folder / "shot.json"), cache=cache)
    assert done == {"FINISHED"}
    root = bpy.context.object
    stand(root)
    place = children(root, "CAMERA")[0].matrix_world.copy()
    apply(root)
    frame = sys.modules["bl_ext.user_default.world_tracing.scene.frame"]
    np.testing.assert_allclose(frame.frame_of(root), place, atol=1e-5)
    children(root, "CAMERA")[0].location.x += 1.0  # by hand: the layers stay
    bpy.context.view_layer.update()
    moved = np.array(children(root, "CAMERA")[0].matrix_world)
    assert np.abs(np.array(frame.frame_of(root)) - moved).max() > 0.5


def test_a_camera_that_was_moved_by_hand_does_not_take_the_layers_along(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(48), tmp_path)
    stand(root)
    layer, camera = children(root, "LAYER")[0], children(root, "CAMERA")[0]
    before = corners(layer)
    camera.location.x += 0.5
    camera.rotation_euler.y = 0.3
    bpy.context.view_layer.update()
    layer.location.y = 0.25
    layer.world_tracing.tear = 0.05
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    moved = np.array(root.matrix_world)[:3, :3] @ (0, 0.25, 0)
    np.testing.assert_allclose(corners(layer), before + moved, atol=1e-5)


def test_an_applied_trace_is_put_on_its_floor(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.floor((40, 30)), tmp_path)
    stand(root)
    root.rotation_euler.x += 0.3
    bpy.context.view_layer.update()
    apply(root, *children(root, "LAYER"))
    only(root)
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    assert np.abs(corners(children(root, "LAYER")[0])[:, 2]).max() < 1e-3


def test_hidden_layers_go_with_a_trace_that_was_moved(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Blender keeps no places in the world of what is hidden."""
    root = import_stack(shapes.sphere(48), tmp_path)
    stand(root)
    members = [*children(root, "LAYER"), *children(root, "CAMERA")]
    before = np.array(members[-1].matrix_world.translation)
    layer, places = members[0], corners(members[0])
    apply(root, layer)
    for member in members:
        member.hide_viewport = True
    root.location.x += 4.0
    bpy.context.view_layer.update()
    layer.world_tracing.tear = 0.05
    assert bpy.ops.world_tracing.rebuild_trace(root=root.name) == {"FINISHED"}
    for member in members:
        member.hide_viewport = False
    along = np.array([4.0, 0.0, 0.0])
    np.testing.assert_allclose(corners(layer), places + along, atol=2e-5)
    np.testing.assert_allclose(members[-1].matrix_world.translation, before + along, atol=1e-5)


@pytest.mark.parametrize("hidden", ["excluded", "disabled"])
def test_a_trace_that_no_view_layer_shows_keeps_its_place_in_a_file(
    scene: bpy.types.Scene, tmp_path: Path, hidden: str
) -> None:
    """Blender keeps no places in the world of what is hidden: it took the trace to stand at the origin."""
    root = import_stack(shapes.sphere(32), tmp_path)
    stand(root)
    trace, prop = root.users_collection[0], bpy.data.objects.new("prop", None)
    trace.objects.link(prop)
    prop.parent, prop.location = root, (0.0, 0.0, -1.0)
    bpy.context.view_layer.update()
    places = [np.array(member.matrix_world) for member in (root, prop)]
    if hidden == "excluded":
        bpy.context.view_layer.layer_collection.children[trace.name].exclude = True
    else:
        trace.hide_viewport = True
    name = root.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hidden.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "hidden.blend"))
    root, prop = bpy.data.objects[name], bpy.data.objects["prop"]
    frame, anchor, traces = (
        sys.modules[f"bl_ext.user_default.world_tracing.scene.{module}"]
        for module in ("frame", "anchor", "traces")
    )
    np.testing.assert_allclose(frame.frame_of(root), places[0], atol=1e-6)
    traces.delete(root)
    bpy.context.scene.collection.objects.link(prop)
    bpy.context.view_layer.update()
    np.testing.assert_allclose(prop.matrix_world, places[1], atol=1e-6)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "hidden.blend"))
    root = bpy.data.objects[name]
    anchor.scale_by(root, 3.0)
    assert root.location.z == pytest.approx(3 * places[0][2, 3])
