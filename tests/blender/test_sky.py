"""The sky of a scene: found, corrected by selection and by painting, left out of all that is built."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

from wt_backend.stack import LayerStack

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_import import children, import_stack, numbers

SIZE, HORIZON = 40, 15


def landscape() -> LayerStack:
    """Fields below a blue sky that the model put far away, and a second layer behind everything."""
    depths = np.full((2, SIZE, SIZE), 5.0)
    depths[0, :HORIZON] = 100.0
    depths[1] = 2 * depths[0]
    rgba = np.full((SIZE, SIZE, 4), 255, np.uint8)
    rgba[..., :3] = (60, 90, 40)
    rgba[:HORIZON, :, :3] = (150, 190, 240)
    return shapes.make_stack(depths, rgba=rgba, mode="scene")


def rows(layer: bpy.types.Object) -> set[int]:
    """Rows of the grid that a layer shows."""
    return set((numbers(layer.data, "wt_pixel") // SIZE).tolist())


@pytest.fixture
def field(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    """The landscape with its sky left out."""
    root = import_stack(landscape(), tmp_path, output="BOTH")
    assert bpy.ops.world_tracing.find_sky() == {"FINISHED"}
    return root


def test_sky_leaves_all_layers_and_comes_back(field: bpy.types.Object) -> None:
    everything, ground = set(range(SIZE)), set(range(HORIZON, SIZE))
    shown = [*children(field, "LAYER"), *children(field, "POINTS")]
    assert len(shown) == 4
    for layer in shown:
        assert rows(layer) == ground and len(layer.data.materials) == 1
    assert len(numbers(shown[2].data, "radius")) == SIZE * (SIZE - HORIZON)
    field.world_tracing.without_sky = False
    assert all(rows(layer) == everything for layer in shown)
    field.world_tracing.without_sky = True
    shown[0].world_tracing.island = 2  # whatever rebuilds a layer leaves the sky out
    assert rows(shown[0]) == ground
    assert [data for data in bpy.data.meshes if not data.users] == []


@pytest.mark.parametrize("output", ["POINTS", "BOTH"])
def test_points_that_are_all_sky_are_hidden_until_they_come_back(
    scene: bpy.types.Scene, tmp_path: Path, output: str
) -> None:
    root = import_stack(landscape(), tmp_path, output=output)
    points = children(root, "POINTS")
    before = [(layer.hide_viewport, layer.hide_render) for layer in points]
    white = bpy.data.images.new("all of it", 8, 8)
    white.pixels.foreach_set(np.ones(8 * 8 * 4, np.float32))
    root.world_tracing.sky, root.world_tracing.without_sky = white, True
    root.world_tracing.layers = 1
    assert all(layer.hide_viewport and layer.hide_render for layer in points)
    root.world_tracing.layers = 64
    assert all(layer.hide_viewport and layer.hide_render for layer in points)
    root.world_tracing.without_sky = False
    assert [(layer.hide_viewport, layer.hide_render) for layer in points] == before


def test_selected_vertices_are_added_and_taken_out(field: bpy.types.Object) -> None:
    layer = children(field, "LAYER")[0]
    pixels = numbers(layer.data, "wt_pixel")
    layer.data.vertices.foreach_set("select", pixels // SIZE < HORIZON + 2)
    assert bpy.ops.world_tracing.mark_sky(sky=True) == {"FINISHED"}
    assert rows(layer) == set(range(HORIZON + 2, SIZE))
    field.world_tracing.without_sky = False
    pixels = numbers(layer.data, "wt_pixel")
    layer.data.vertices.foreach_set("select", pixels // SIZE >= HORIZON - 3)
    assert bpy.ops.world_tracing.mark_sky(sky=False) == {"FINISHED"}
    field.world_tracing.without_sky = True
    assert rows(layer) == set(range(HORIZON - 3, SIZE))


def test_vertices_are_added_in_edit_mode_and_a_failure_changes_nothing(field: bpy.types.Object) -> None:
    layer = children(field, "LAYER")[0]
    bpy.context.view_layer.objects.active = layer
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="DESELECT")
    for name in ("mark_sky", "select_same_pixel"):
        with pytest.raises(RuntimeError, match="Nothing is selected"):
            getattr(bpy.ops.world_tracing, name)()
        assert bpy.context.mode == "EDIT_MESH"
    bpy.ops.mesh.select_all(action="SELECT")
    assert bpy.ops.world_tracing.mark_sky(sky=True) == {"FINISHED"}
    assert bpy.context.mode == "OBJECT" and not len(layer.data.vertices)


@pytest.mark.parametrize("operator", ["mark_sky", "select_same_pixel"])
def test_only_a_selection_in_sight_counts(field: bpy.types.Object, operator: str) -> None:
    field.world_tracing.without_sky = False
    field.world_tracing.layers = 1
    assert bpy.ops.world_tracing.select_sky() == {"FINISHED"}  # in all layers; the first one is in Edit Mode
    bpy.ops.mesh.select_all(action="DESELECT")
    with pytest.raises(RuntimeError, match="Nothing is selected"):
        getattr(bpy.ops.world_tracing, operator)()
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(RuntimeError, match="Nothing is selected"):
        getattr(bpy.ops.world_tracing, operator)()
    field.world_tracing.layers = 64  # now it can be seen
    assert getattr(bpy.ops.world_tracing, operator)() == {"FINISHED"}


def test_a_painted_mask_counts_after_rebuild_and_survives_saving(
    field: bpy.types.Object, tmp_path: Path
) -> None:
    picture = field.world_tracing.sky
    width, height = picture.size
    pixels = np.ones((height, width, 4), np.float32)
    pixels[: height // 2, :, :3] = 0  # images count rows from below
    picture.pixels.foreach_set(pixels.ravel())
    assert bpy.ops.world_tracing.rebuild_trace(root=field.name) == {"FINISHED"}
    assert rows(children(field, "LAYER")[0]) == set(range(SIZE // 2, SIZE))
    name = field.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "field.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "field.blend"))
    again = bpy.data.objects[name]
    assert again.world_tracing.without_sky and tuple(again.world_tracing.sky.size) == (width, height)
    again.world_tracing.without_sky = True
    assert rows(children(again, "LAYER")[1]) == set(range(SIZE // 2, SIZE))


@pytest.mark.parametrize("saved", ["", "with the file", "by itself"])
def test_a_painted_mask_whose_place_another_takes_is_saved(
    field: bpy.types.Object, tmp_path: Path, saved: str
) -> None:
    picture = field.world_tracing.sky
    name, count = picture.name, 4 * picture.size[0] * picture.size[1]
    picture.pixels.foreach_set(np.full(count, 0.25, np.float32))
    if saved == "with the file":
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "before.blend"))
    elif saved:
        picture.pack()  # as Image ▸ Save does with what is packed
    assert bpy.ops.world_tracing.find_sky() == {"FINISHED"}
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "field.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "field.blend"))
    assert bpy.data.images[f"{name} (painted)"].pixels[0] == pytest.approx(0.25, abs=0.01)
    assert bpy.data.images[name].pixels[0] == 0.0  # the ground


def test_import_can_leave_the_sky_out_at_once(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(landscape(), tmp_path, without_sky=True)
    assert rows(children(root, "LAYER")[0]) == set(range(HORIZON, SIZE))
    wall = import_stack(shapes.one_layer(24), tmp_path, "wall", without_sky=True)  # there is none: all stays
    assert len(children(wall, "LAYER")[0].data.vertices) == 24 * 24


def test_the_worker_gets_the_stack_without_sky(field: bpy.types.Object) -> None:
    stack_file = sys.modules["bl_ext.user_default.world_tracing.scene.shown_stack"].stack_file
    copy = LayerStack.load(stack_file(field))
    assert not copy.mask[:, :HORIZON].any() and copy.mask[:, HORIZON:].all()
    field.world_tracing.without_sky = False
    assert stack_file(field) == Path(field.world_tracing.stack)


def test_where_there_is_no_sky_nothing_happens(scene: bpy.types.Scene, tmp_path: Path) -> None:
    root = import_stack(shapes.sphere(32), tmp_path)
    before = len(children(root, "LAYER")[0].data.vertices)
    with pytest.raises(RuntimeError, match="No sky was found"):
        bpy.ops.world_tracing.find_sky()
    assert len(children(root, "LAYER")[0].data.vertices) == before and root.world_tracing.sky is None


@pytest.mark.parametrize("size", [(8000, 1000), (1000, 8000), (900, 600)])
def test_a_mask_gives_its_pixels_back(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path, size: tuple[int, int]
) -> None:
    """Of panoramas, which are squeezed into the square, rows ran together."""
    info = replace(landscape().info, image_size=size)
    fit = np.diag([size[0] / SIZE, size[1] / SIZE, 1.0])[:2]
    stack = replace(landscape(), grid_to_image=fit, info=info)
    root = import_stack(stack, tmp_path)
    mask = np.random.default_rng(1).random((SIZE, SIZE)) < 0.3
    sky = sys.modules[f"{addon.__name__}.scene.sky"]
    sky.set_mask(root, stack, mask)
    np.testing.assert_array_equal(sky.mask_of(root, stack), mask)


def test_undo_takes_a_mark_out_of_the_mask_and_leaves_what_was_painted(field: bpy.types.Object) -> None:
    def white() -> float:
        picture = bpy.data.objects[name].world_tracing.sky
        pixels = np.zeros(4 * picture.size[0] * picture.size[1], np.float32)
        picture.pixels.foreach_get(pixels)
        return float(pixels.reshape(-1, 4)[:, 0].mean())

    def mark(lowest: int) -> None:
        layer = children(bpy.data.objects[name], "LAYER")[0]
        layer.data.vertices.foreach_set("select", numbers(layer.data, "wt_pixel") // SIZE < lowest)
        bpy.ops.ed.undo_push(message="Select")
        assert bpy.ops.world_tracing.mark_sky("EXEC_DEFAULT", True, sky=True) == {"FINISHED"}

    name, title = field.name, field.world_tracing.sky.name
    mark(HORIZON + 8)
    assert white() == pytest.approx((HORIZON + 8) / SIZE)
    bpy.ops.ed.undo()
    assert white() == pytest.approx(HORIZON / SIZE)
    bpy.ops.ed.redo()
    assert white() == pytest.approx((HORIZON + 8) / SIZE)
    bpy.ops.ed.undo()
    assert [image.name for image in bpy.data.images if "Sky" in image.name] == [title]
    picture = bpy.data.objects[name].world_tracing.sky
    pixels = np.ones((picture.size[1], picture.size[0], 4), np.float32)
    pixels[: picture.size[1] // 2, :, :3] = 0
    picture.pixels.foreach_set(pixels.ravel())  # in no undo step, as strokes whose steps were dropped
    mark(SIZE // 2 + 4)
    assert white() == pytest.approx(0.5 + 4 / SIZE) and bpy.data.objects[name].world_tracing.sky.name == title
    bpy.ops.ed.undo()
    assert white() == 0.5 and bpy.data.objects[name].world_tracing.sky.name == title


def test_correcting_the_sky_of_a_copy_leaves_the_first_alone(field: bpy.types.Object) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for member in (*field.children, field):
        member.hide_set(False)
        member.select_set(True)
    bpy.ops.object.duplicate()
    copy = next(m for m in bpy.context.scene.objects if m.world_tracing.role == "ROOT" and m != field)
    mask = field.world_tracing.sky
    assert copy.world_tracing.sky == mask
    copy.world_tracing.without_sky = False
    bpy.context.view_layer.objects.active = children(copy, "LAYER")[0]
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    assert bpy.ops.world_tracing.mark_sky(sky=False) == {"FINISHED"}
    assert field.world_tracing.sky == mask != copy.world_tracing.sky
    bpy.ops.world_tracing.rebuild_trace(root=field.name)
    assert rows(children(field, "LAYER")[0]) == set(range(HORIZON, SIZE))


def test_a_copy_with_another_sky_has_a_file_of_its_own(addon: ModuleType, field: bpy.types.Object) -> None:
    shown_stack = sys.modules[f"{addon.__name__}.scene.shown_stack"]
    copy = field.copy()
    nothing = bpy.data.images.new("no sky at all", 8, 8)
    copy.world_tracing.sky = nothing
    stacks = [LayerStack.load(shown_stack.stack_file(root)) for root in (field, copy)]
    assert stacks[0].mask.sum() < stacks[1].mask.sum()
    assert LayerStack.load(shown_stack.stack_file(field)).mask.sum() == stacks[0].mask.sum()


def test_a_mask_of_the_users_own_stays_in_the_file(field: bpy.types.Object) -> None:
    """One of the same size as ours, too."""
    own = bpy.data.images.new("my sky", *field.world_tracing.sky.size)
    field.world_tracing.sky = own
    assert bpy.ops.world_tracing.find_sky() == {"FINISHED"}
    assert field.world_tracing.sky != own and bpy.data.images.get("my sky") == own


def test_a_mask_that_nobody_painted_on_is_not_kept(field: bpy.types.Object) -> None:
    for _ in range(2):
        assert bpy.ops.world_tracing.find_sky() == {"FINISHED"}
    assert not [image.name for image in bpy.data.images if "painted" in image.name]
