"""What surrounds the main job in Blender: its comparison with the photo, and how it ends. Without bpy."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from numpy.typing import NDArray
from PIL import Image

from devtools.process import ROOT
from scripts.trace_pictures import compare
from tests import analytic_stacks as shapes

H, W = 40, 60


@pytest.fixture
def rgb() -> NDArray[np.uint8]:
    y, x = np.mgrid[:H, :W]
    return np.stack([x * 4, y * 6, 200 - x - y], -1).astype(np.uint8)


@pytest.fixture
def render(rgb: NDArray[np.uint8], tmp_path: Path) -> Path:
    """A picture of exactly what the photo shows as it is stored."""
    path = tmp_path / "render.png"
    Image.fromarray(np.dstack([rgb, np.full((H, W), 255, np.uint8)])).save(path)
    return path


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A wall that fills the photo."""
    intrinsics = np.array([[50.0, 0, W / 2], [0, 50.0, H / 2], [0, 0, 1]])
    wall = shapes.make_stack(np.full((1, H, W), 2.0), intrinsics, mode="scene")
    wall = replace(wall, info=replace(wall.info, image_size=(W, H)), grid_to_image=np.eye(2, 3))
    wall.save(tmp_path / "wall.wts")
    return tmp_path / "wall.wts"


@pytest.mark.parametrize("name", ["photo.png", "photo.exr", "photo.tga", "photo.dpx"])
def test_a_photo_of_any_format_is_compared(
    name: str, rgb: NDArray[np.uint8], render: Path, stack: Path, tmp_path: Path
) -> None:
    """OpenCV, which read it before, knows neither Targa nor DPX, and refuses OpenEXR."""
    if name == "photo.exr":
        value = rgb / 255
        light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        photo = oiio.ImageBuf(light.astype(np.float32))
    else:
        photo = oiio.ImageBuf(rgb)
    assert photo.write(str(tmp_path / name))
    match = compare(render, tmp_path / name, stack)
    assert match.correlation > 0.999 and match.difference < 2 and match.covered == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_compared_as_blender_loads_it(
    orientation: int, rgb: NDArray[np.uint8], render: Path, stack: Path, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(rgb).save(tmp_path / "photo.png", exif=exif)
    assert compare(render, tmp_path / "photo.png", stack).difference == 0


def test_a_render_of_something_else_is_told(rgb: NDArray[np.uint8], stack: Path, tmp_path: Path) -> None:
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    other = np.dstack([255 - rgb, np.full((H, W), 255, np.uint8)])
    (tmp_path / "render.png").write_bytes(cv2.imencode(".png", other[..., [2, 1, 0, 3]])[1].tobytes())
    assert compare(tmp_path / "render.png", tmp_path / "photo.png", stack).correlation < -0.9


@pytest.mark.parametrize(
    ("job", "status", "told"),
    [("lambda: 0", 0, ""), ("lambda: 1 / 0", 1, "ZeroDivisionError"), ("lambda: sys.exit(2)", 2, "")],
)
def test_a_job_that_breaks_is_left_as_one_that_ends(job: str, status: int, told: str, tmp_path: Path) -> None:
    """Without `leave` the worker and Blender's folder stayed behind, and some bpy never ended."""
    stand_in = "from types import SimpleNamespace as S\ncontext = S(preferences=S(addons={}))\n"
    (tmp_path / "bpy.py").write_text(stand_in)
    (tmp_path / "mathutils.py").write_text("Matrix = Vector = None\n")
    (tmp_path / "temp").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, trace_in_blender; trace_in_blender.run({job})"],
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "scripts")]),
            "TMPDIR": str(tmp_path / "temp"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status and told in done.stderr
    assert (told != "") == ("Traceback" in done.stderr)
    assert not list((tmp_path / "temp").iterdir())
