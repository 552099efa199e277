"""The extension under another repository's name, in its own Blender: nothing in it may know where it lies."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy

SCRIPT = """
import os, sys
import bpy
repo = bpy.context.preferences.extensions.repos.new(name="Studio", module="studio", remote_url="")
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="studio", enable_on_install=True)
name = "bl_ext.studio.world_tracing"
assert name in bpy.context.preferences.addons, list(bpy.context.preferences.addons.keys())
setup = sys.modules[name + ".backend.setup"]
assert "studio" in str(setup.root()) and setup.bundled_wheel().is_file()
bpy.context.scene.world_tracing.seed = 7
assert bpy.ops.world_tracing.trace_world(filepath=sys.argv[2], seed=0) == {"FINISHED"}
print("OBJECTS", sorted(o.name for o in bpy.data.collections["Trace: " + sys.argv[3]].objects), flush=True)
bpy.ops.preferences.addon_disable(module=name)
os._exit(0)
"""


def test_it_works_from_any_repository(addon, stand_in: Path, photo: Path, tmp_path: Path) -> None:
    installed = Path(bpy.utils.user_resource("EXTENSIONS")) / "user_default" / "world_tracing"
    archive = tmp_path / "world_tracing.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in installed.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                target.write(path, path.relative_to(installed).as_posix())
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, str(archive), str(photo), photo.stem],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "resources")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "'fôto 1 Layer 1'" in done.stdout
