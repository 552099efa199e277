"""Colour spaces of a studio's own OCIO configuration, which have other names than Blender's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy

CONFIGURATION = """
ocio_profile_version: 1
roles:
  scene_linear: ACES - ACEScg
  default: ACES - ACEScg
  default_byte: Utility - sRGB - Texture
  default_float: ACES - ACEScg
  data: Utility - Raw
  color_picking: Utility - sRGB - Texture
displays:
  ACES:
    - !<View> {name: sRGB, colorspace: Utility - sRGB - Texture}
    - !<View> {name: Raw, colorspace: Utility - Raw}
colorspaces:
  - !<ColorSpace> {name: ACES - ACEScg}
  - !<ColorSpace>
    name: Utility - sRGB - Texture
    to_reference: !<ExponentTransform> {value: [2.2, 2.2, 2.2, 1]}
  - !<ColorSpace> {name: Utility - Raw, isdata: true}
"""


def test_photos_are_projected_under_other_names_of_colour_spaces(tmp_path: Path) -> None:
    """OCIO is read when a process starts."""
    configuration = tmp_path / "config.ocio"
    configuration.write_text(CONFIGURATION)
    archive = next(Path(bpy.utils.resource_path("USER")).glob("dist/*.zip"), None)
    settings = {"OCIO": str(configuration), "TMPDIR": str(tmp_path)}
    settings |= {"WT_ZIP": str(archive)} if archive is not None else {}  # the one that is tested already
    program = [sys.executable, str(Path(__file__).with_name("in_a_studio.py"))]
    done = subprocess.run(program, env=os.environ | settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "has no view Standard" in done.stdout + done.stderr
