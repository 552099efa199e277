"""One frame of a shot as a trace of its own; settings of a frame for all of them."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from test_footage import FRAMES, folder, import_shot  # noqa: F401


@pytest.fixture
def root(scene: bpy.types.Scene, folder: Path) -> bpy.types.Object:  # noqa: F811
    """An imported shot, larger than it came and elsewhere."""
    import_shot(folder, name="Run")
    root = bpy.data.objects["Trace: Run"]
    root.matrix_world = Matrix.Translation((3, 1, 0)) @ root.matrix_world @ Matrix.Scale(2, 4)
    return root


@pytest.mark.parametrize(("frame", "shown"), [(1, 5), (5, 5), (7, 6), (9, 9), (99, 9)])
def test_the_frame_that_is_shown_is_built_where_the_shot_stands(
    scene: bpy.types.Scene,
    root: bpy.types.Object,
    folder: Path,  # noqa: F811
    frame: int,
    shown: int,
) -> None:
    scene.frame_set(frame)
    camera = next(child for child in root.children if child.type == "CAMERA")
    camera.data.clip_end = 77.0
    assert bpy.ops.world_tracing.import_frame() == {"FINISHED"}
    made = bpy.context.object
    assert made.name == f"Trace: Run {shown:05}" and made != root
    assert Path(made.world_tracing.stack) == folder / f"frame.{shown:05}.wts"
    np.testing.assert_allclose(np.array(made.matrix_world), np.array(root.matrix_world), atol=1e-6)
    layers = [child for child in made.children if child.world_tracing.role == "LAYER"]
    depths = [-min(vertex.co.z for vertex in layer.data.vertices) for layer in layers]
    assert depths == pytest.approx([FRAMES[shown], FRAMES[shown] + 1])
    photo = next(n for n in layers[0].data.materials[0].node_tree.nodes if n.type == "TEX_IMAGE").image
    assert bpy.path.abspath(photo.filepath) == str(folder / f"frame.{shown:05}.png")
    assert next(child for child in made.children if child.type == "CAMERA").data.clip_end == 77.0
    assert not bpy.ops.world_tracing.import_frame.poll()  # it is no shot


def test_frames_that_are_gone_are_a_sentence(root: bpy.types.Object, folder: Path) -> None:  # noqa: F811
    for stack in folder.glob("*.wts"):
        stack.unlink()
    with pytest.raises(RuntimeError, match=r"No frame of Trace: Run is in .* any more"):
        bpy.ops.world_tracing.import_frame()
    assert [member.name for member in bpy.data.objects if member.name.startswith("Trace")] == ["Trace: Run"]


def test_settings_of_one_frame_are_applied_to_all(root: bpy.types.Object) -> None:
    frames = [m for m in root.children_recursive if m.world_tracing.role == "LAYER"]
    assert len(frames) == 2 * len(FRAMES)
    bpy.context.view_layer.objects.active = frames[0]
    frames[0].world_tracing.island = 10**6
    assert sum(not frame.data.polygons for frame in frames) == 1
    assert bpy.ops.world_tracing.apply_to_layers() == {"FINISHED"}
    assert not any(frame.data.polygons for frame in frames)


def test_a_frame_comes_right_after_the_scale_was_applied(
    scene: bpy.types.Scene, root: bpy.types.Object
) -> None:
    scene.frame_set(5)
    bpy.ops.object.select_all(action="DESELECT")
    root.select_set(True)
    bpy.context.view_layer.objects.active = root
    frame = next(m for m in root.children_recursive if m.world_tracing.role == "LAYER" and m.visible_get())
    seen = frame.matrix_world @ frame.data.vertices[0].co
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    bpy.context.view_layer.update()
    assert (frame.matrix_world @ frame.data.vertices[0].co - seen).length < 1e-4
    assert bpy.ops.world_tracing.import_frame() == {"FINISHED"}
    bpy.context.view_layer.update()
    made = next(c for c in bpy.context.object.children if c.world_tracing.role == "LAYER")
    assert (made.matrix_world @ made.data.vertices[0].co - seen).length < 1e-3
