"""Ground and Set Scale from Edit Mode: one undo step each; where the artist turned a trace to is kept."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_import import children, import_stack


@pytest.fixture
def floor(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    """A floor, seen by a camera above it, that was put somewhere else."""
    root = import_stack(shapes.floor((40, 30)), tmp_path)
    root.location = (3.0, 2.0, 5.0)
    bpy.context.view_layer.update()
    return root


def edit(layer: bpy.types.Object, picked: list[int]) -> None:
    """Select vertices of a layer in Edit Mode, with the undo steps that a window makes."""
    bpy.ops.ed.undo_push(message="Before")
    bpy.context.view_layer.objects.active = layer
    bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="EDIT")
    bpy.ops.mesh.select_all("EXEC_DEFAULT", True, action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    chosen = np.zeros(len(layer.data.vertices), bool)
    chosen[picked] = True
    layer.data.vertices.foreach_set("select", chosen)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.ed.undo_push(message="Select")


@pytest.mark.parametrize(("operator", "picked"), [("ground", [0, 39, -1]), ("set_scale", [0, 39])])
def test_undone_in_edit_mode(floor: bpy.types.Object, operator: str, picked: list[int]) -> None:
    name = floor.name
    edit(children(floor, "LAYER")[0], picked)
    before = floor.matrix_world.copy()
    assert getattr(bpy.ops.world_tracing, operator)("EXEC_DEFAULT", True) == {"FINISHED"}
    bpy.context.view_layer.update()
    assert bpy.data.objects[name].matrix_world != before
    bpy.ops.ed.undo()
    bpy.context.view_layer.update()
    assert bpy.data.objects[name].matrix_world == before
    assert bpy.context.mode == "EDIT_MESH"  # where the vertices are still selected


@pytest.mark.parametrize("operator", ["ground", "set_scale", "use_trace_camera", "reproject"])
def test_done_again_by_the_redo_panel(floor: bpy.types.Object, operator: str) -> None:
    """It undoes, and goes on with matrices that nobody has computed anew."""
    name = floor.name
    bpy.ops.world_tracing.ground()
    floor.scale *= 100.0  # so that its camera has to reach farther
    layer = children(floor, "LAYER")[0]
    layer.location.x = 1.0
    layer.select_set(True)
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="Before")
    options = {"set_scale": {"known": "CAMERA", "length": 2.0}}.get(operator, {})

    def result() -> list[float]:
        bpy.context.view_layer.update()
        root = bpy.data.objects[name]
        camera, mesh = children(root, "CAMERA")[0].data, children(root, "LAYER")[0].data
        corner = mesh.uv_layers["WT Pixel"].uv[0].vector
        return [*(value for row in root.matrix_world for value in row), *corner, camera.clip_end]

    assert getattr(bpy.ops.world_tracing, operator)("EXEC_DEFAULT", True, **options) == {"FINISHED"}
    once = result()
    area = bpy.context.window.screen.areas[0]
    area.type = "VIEW_3D"
    with bpy.context.temp_override(area=area, region=area.regions[-1]):
        bpy.ops.ed.undo_redo()
    assert result() == pytest.approx(once, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("heading", [0, 90, -160])
def test_ground_keeps_the_heading(floor: bpy.types.Object, heading: float) -> None:
    floor.rotation_euler = (math.radians(70), 0.0, math.radians(heading))
    bpy.context.view_layer.update()
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    bpy.context.view_layer.update()
    x, y, _ = -floor.matrix_world.col[2].xyz  # where the camera looks
    assert math.degrees(math.atan2(-x, y)) == pytest.approx(heading, abs=0.01)


def test_scaled_floor_stays_on_the_ground_below_a_parent(floor: bpy.types.Object) -> None:
    parent = bpy.data.objects.new("set", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location, parent.scale, parent.rotation_euler = (1.0, 2.0, 3.0), (2.0, 2.0, 2.0), (0.3, 0.2, 1.0)
    floor.parent = parent
    bpy.context.view_layer.update()
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    bpy.context.view_layer.update()
    x, y, _ = floor.matrix_world.translation
    assert bpy.ops.world_tracing.set_scale(known="CAMERA", length=7.0) == {"FINISHED"}
    bpy.context.view_layer.update()
    assert floor.matrix_world.translation[:] == pytest.approx((x, y, 7.0), abs=1e-4)
    layer = children(floor, "LAYER")[0]
    assert max(abs((layer.matrix_world @ vertex.co).z) for vertex in layer.data.vertices) < 1e-3


@pytest.mark.parametrize("scale", [(-1.0, 1.0, 1.0), (2.0, -2.0, 2.0), (1.0, 2.0, 3.0)])
def test_ground_of_a_mirrored_or_stretched_trace(floor: bpy.types.Object, scale: tuple[float, ...]) -> None:
    floor.scale = scale
    bpy.context.view_layer.update()
    mirrored = floor.matrix_world.is_negative
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    assert bpy.ops.world_tracing.set_scale(known="CAMERA", length=7.0) == {"FINISHED"}
    bpy.context.view_layer.update()
    assert floor.matrix_world.translation.z == pytest.approx(7.0, abs=1e-4)  # above the floor
    layer = children(floor, "LAYER")[0]
    assert max(abs((layer.matrix_world @ vertex.co).z) for vertex in layer.data.vertices) < 1e-3
    assert floor.matrix_world.is_negative == mirrored


@pytest.fixture(params=["SOLID", "LAYER"])
def slope(request: pytest.FixtureRequest, floor: bpy.types.Object) -> bpy.types.Object:
    """A triangle that leans, as a solid of the trace or as a frame of a shot."""
    mesh = bpy.data.meshes.new("slope")
    mesh.from_pydata([(0, -3, -5), (2, -3, -6), (0, -2, -8)], [], [(0, 1, 2)])  # the camera looks along -Z
    slope = bpy.data.objects.new("slope", mesh)
    slope.world_tracing.role, slope.parent = request.param, floor
    if request.param == "LAYER":
        slope.parent = bpy.data.objects.new("frames", None)
        slope.parent.world_tracing.role, slope.parent.parent = "SHOT_LAYER", floor
        bpy.context.scene.collection.objects.link(slope.parent)
    bpy.context.scene.collection.objects.link(slope)
    bpy.ops.object.select_all(action="DESELECT")  # what is selected would come along into Edit Mode
    bpy.context.view_layer.update()
    return slope


def heights(member: bpy.types.Object) -> list[float]:
    """Of its vertices, in the world."""
    bpy.context.view_layer.update()
    return [(member.matrix_world @ vertex.co).z for vertex in member.data.vertices]


def test_a_floor_is_picked_on_a_solid_and_on_a_frame_too(
    floor: bpy.types.Object, slope: bpy.types.Object
) -> None:
    """The floor was guessed all the same."""
    edit(slope, [0, 1, 2])
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    assert heights(slope) == pytest.approx([0, 0, 0], abs=1e-4)
    edit(slope, [0, 1, 2])
    assert bpy.ops.world_tracing.set_scale(known="CAMERA", length=7.0) == {"FINISHED"}
    assert heights(slope) == pytest.approx([0, 0, 0], abs=1e-4)
    assert floor.matrix_world.translation.z == pytest.approx(7.0, abs=1e-4)


@pytest.mark.parametrize("slope", ["SOLID"], indirect=True)
@pytest.mark.parametrize("other", ["a copy", "the copy"])  # before it by name, and behind it
def test_a_floor_is_picked_on_any_solid(floor: bpy.types.Object, slope: bpy.types.Object, other: str) -> None:
    """What was picked on all but the first one did not count."""
    copy = slope.copy()
    copy.name, copy.data = other, slope.data.copy()
    bpy.context.scene.collection.objects.link(copy)
    for member, picked in ((slope, [0, 1, 2]), (copy, [])):
        edit(member, picked)
        bpy.ops.object.mode_set(mode="OBJECT")
    slope.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")  # both, the other one active
    assert bpy.ops.world_tracing.ground() == {"FINISHED"}
    assert heights(slope) == pytest.approx([0, 0, 0], abs=1e-4)


@pytest.mark.parametrize("picked", [[5], [0, 39]])
def test_too_few_vertices_for_a_floor_are_told(floor: bpy.types.Object, picked: list[int]) -> None:
    before = floor.matrix_world.copy()
    edit(children(floor, "LAYER")[0], picked)
    for operator, options in (("ground", {}), ("set_scale", {"known": "CAMERA"})):
        with pytest.raises(RuntimeError, match=f"three vertices, {len(picked)} selected"):
            getattr(bpy.ops.world_tracing, operator)(**options)
    bpy.context.view_layer.update()
    assert floor.matrix_world == before and bpy.context.mode == "EDIT_MESH"
