"""A merged shot shows one frame at a time as soon as it has come in."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
from test_footage import folder, import_shot, write_frame  # noqa: F401


def test_a_merged_shot_shows_the_frame_that_the_scene_is_on(
    scene: bpy.types.Scene,
    folder: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Nearly all of them were seen until the frame was changed."""
    import_shot(folder, name="Run")
    write_frame(tmp_path, 1, 6.0)
    scene.frame_set(8, subframe=0.25)
    result = json.dumps({"shot": str(folder), "static": str(tmp_path / "frame.00001.wts")})
    assert bpy.ops.world_tracing.wear_merged(result=result, root="Trace: Run") == {"FINISHED"}
    assert (scene.frame_current, scene.frame_subframe) == (8, 0.25)
    bpy.context.view_layer.update()
    frames = [thing for thing in scene.objects if thing.name.startswith("Run merged Layer")]
    shown = {thing.name for thing in frames if thing.type == "MESH" and thing.visible_get()}
    assert shown == {"Run merged Layer 1 00008", "Run merged Layer 2 00008"}
