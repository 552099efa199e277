"""Run by `test_studio_colours.py` in a process with an OCIO configuration: photos onto a mesh, both ways."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from conftest import bpy  # with the add-on
from projection_scenes import PYTHON, ball, only, photographed, shapes

NO_COLOURS = ("seen.png", "hides.exr")


def main() -> None:
    """Project, look at the data pictures, take the trace's camera."""
    os.environ["WT_BACKEND_PYTHON"] = str(PYTHON)
    bpy.ops.wm.read_homefile(use_empty=True)
    root = photographed(shapes.sphere, Path(tempfile.mkdtemp()))
    thing = ball(root)
    for route in ("BAKE", "SHADER"):
        only(thing, root)
        assert bpy.ops.world_tracing.project_texture(size="512", route=route) == {"FINISHED"}
    spaces = {image.name: image.colorspace_settings for image in bpy.data.images}
    data = [space.is_data for name, space in spaces.items() if name.endswith(NO_COLOURS)]
    assert data == [True, True], data
    assert not spaces["thing.png"].is_data
    only(root)
    assert bpy.ops.world_tracing.use_trace_camera(match_colours=True) == {"FINISHED"}
    assert bpy.context.scene.view_settings.view_transform == "sRGB"  # as it was: there is no Standard


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # some bpy versions hang in static destructors
