"""The extension in a Blender of its own: under another repository's name, and updated while Blender runs."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[2]

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

UPDATE = """
import os, sys
import bpy
checkout, *archives = sys.argv[1:]
sys.path[:] = [path for path in sys.path if path != checkout]
name = "bl_ext.user_default.world_tracing"
for archive in archives:
    bpy.ops.extensions.package_install_files(
        filepath=archive, repo="user_default", enable_on_install=True
    )
    assert name in bpy.context.preferences.addons
    setup = sys.modules[name + ".backend.setup"]
    print("VERSIONS", setup.__version__, setup.bundled_wheel().name.split("-")[1], flush=True)
from wt_backend.protocol import NEW
bpy.ops.preferences.addon_disable(module=name)
bpy.ops.preferences.addon_enable(module=name)
assert setup.BackendError is sys.modules["wt_backend.protocol"].BackendError
os._exit(0)
"""

NO_FOLDER = """
import os, sys
from pathlib import Path
import bpy
bpy.ops.extensions.package_install_files(
    filepath=sys.argv[1], repo="user_default", enable_on_install=True
)
name = "bl_ext.user_default.world_tracing"
Path(bpy.utils.user_resource("EXTENSIONS"), ".user").write_text("in the way")
setup, session = (sys.modules[f"{name}.backend.{module}"] for module in ("setup", "session"))
assert bpy.ops.world_tracing.check_backend() == {"FINISHED"}
assert session.log_path().is_file() and session.log_path().is_relative_to(bpy.app.tempdir)
bpy.context.preferences.addons[name].preferences.wheels = sys.argv[2]
try:
    bpy.ops.world_tracing.install_backend()
except RuntimeError as error:
    print("SAYS", error, flush=True)
assert setup.root().is_absolute() and not os.listdir()
os._exit(0)
"""


def installed_files() -> dict[str, bytes]:
    """What the extension's zip holds."""
    folder = Path(bpy.utils.user_resource("EXTENSIONS")) / "user_default" / "world_tracing"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip file."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return memory.getvalue()


def next_version(files: dict[str, bytes]) -> dict[str, bytes]:
    """Version 9.1 of the extension; it needs something that only its own backend has."""
    old, new = b"0.1.0", b"9.1.0"
    changed = {}
    for name, content in files.items():
        if name.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                parts = {part: wheel.read(part) for part in wheel.namelist()}
            parts["wt_backend/__init__.py"] = parts["wt_backend/__init__.py"].replace(old, new)
            parts["wt_backend/protocol.py"] += b"NEW = True\n"
            content = zipped({part.replace(old.decode(), new.decode()): data for part, data in parts.items()})
        elif name == "blender_manifest.toml":
            content = content.replace(b'version = "' + old, b'version = "' + new).replace(
                b"wt_backend-" + old, b"wt_backend-" + new
            )
        elif name == "backend/setup.py":
            content = content.replace(b"import BackendError", b"import NEW, BackendError")
        changed[name.replace(f"wt_backend-{old.decode()}", f"wt_backend-{new.decode()}")] = content
    return changed


def run_blender(script: str, *arguments: Path | str, resources: Path, cwd: Path | None = None) -> str:
    """What a script prints in a Blender of its own."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, *map(str, arguments)],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(resources)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_works_from_any_repository(addon, stand_in: Path, photo: Path, tmp_path: Path) -> None:
    archive = tmp_path / "world_tracing.zip"
    archive.write_bytes(zipped(installed_files()))
    printed = run_blender(SCRIPT, archive, photo, photo.stem, resources=tmp_path / "resources")
    assert "'fôto 1 Layer 1'" in printed


def test_an_update_while_blender_runs_uses_its_own_backend(addon, tmp_path: Path) -> None:
    old, new = tmp_path / "old.zip", tmp_path / "new.zip"
    old.write_bytes(zipped(installed_files()))
    new.write_bytes(zipped(next_version(installed_files())))
    printed = run_blender(UPDATE, ROOT, old, new, resources=tmp_path / "resources")
    assert "VERSIONS 0.1.0 0.1.0" in printed and "VERSIONS 9.1.0 9.1.0" in printed


def test_a_user_folder_that_cannot_be_made_is_not_the_current_one(addon, stand_in, tmp_path: Path) -> None:
    archive, current = tmp_path / "world_tracing.zip", tmp_path / "current"
    archive.write_bytes(zipped(installed_files()))
    current.mkdir()
    printed = run_blender(NO_FOLDER, archive, tmp_path, resources=tmp_path / "resources", cwd=current)
    assert "SAYS Error: Preparing failed" in printed
