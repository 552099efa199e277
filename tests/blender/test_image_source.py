"""Images that live in Blender reach the worker as they are in memory, and in the right light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

PYTHON = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python"
READ = """
import sys
from wt_backend.images import read_image
print(*read_image(sys.argv[1]).rgba[3, 3])
"""
COLOUR = (0.2, 0.5, 0.9, 1.0)
SRGB = {False: (51, 128, 230, 255), True: (124, 188, 243, 255)}  # the values of a float image are linear


def seen_by_worker(path: Path) -> tuple[int, ...]:
    done = subprocess.run(
        [PYTHON, "-c", READ, path], capture_output=True, text=True, check=True, cwd=PYTHON.parents[2]
    )
    return tuple(int(value) for value in done.stdout.split())


def fill(image: bpy.types.Image, colour: tuple[float, ...]) -> None:
    image.pixels.foreach_set(np.tile(np.array(colour, np.float32), image.size[0] * image.size[1]))
    image.update()


@pytest.mark.parametrize("is_float", [False, True], ids=["bytes", "float"])
@pytest.mark.parametrize("state", ["never saved", "packed", "painted since packed", "painted since saved"])
def test_pixels_in_memory_are_traced(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path, is_float: bool, state: str
) -> None:
    image = bpy.data.images.new("photo", 32, 32, float_buffer=is_float)
    fill(image, COLOUR if state in ("never saved", "packed") else (0.0, 0.0, 0.0, 1.0))
    if state in ("packed", "painted since packed"):
        image.pack()
    if state == "painted since saved":
        image.file_format = "OPEN_EXR" if is_float else "PNG"
        image.filepath_raw = str(tmp_path / f"on disk.{'exr' if is_float else 'png'}")
        image.save()
    if state.startswith("painted"):
        fill(image, COLOUR)
    before = len(bpy.data.images), len(bpy.data.scenes), image.is_dirty, image.filepath_raw
    image_source = sys.modules[f"{addon.__name__}.scene.image_source"]
    assert seen_by_worker(image_source.image_file(image, tmp_path)) == pytest.approx(SRGB[is_float], abs=1)
    assert (len(bpy.data.images), len(bpy.data.scenes), image.is_dirty, image.filepath_raw) == before
