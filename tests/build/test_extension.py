"""The extension zip: what is in it, the same bytes each time, refused when it would not work."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

from devtools.extension import ADDON, blender_ext, build_extension, with_wheel
from devtools.process import BuildError

HEAVY = {"torch", "scipy", "cv2", "OpenImageIO", "trimesh", "safetensors"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as it is released."""
    return build_extension(tmp_path_factory.mktemp("dist"))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_same_sources_give_same_bytes(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "another place" / "blender_addon"
    shutil.copytree(ADDON, copy)
    for number, path in enumerate(sorted(copy.rglob("*.py"))):
        os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
        path.chmod(0o600)
    assert digest(build_extension(tmp_path / "dist", copy)) == digest(archive)


def test_manifest_names_the_wheel_inside(archive: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        manifest = tomllib.loads(content.read("blender_manifest.toml").decode())
        assert len(manifest["wheels"]) == 1
        wheel = content.read(manifest["wheels"][0].removeprefix("./"))
    names = zipfile.ZipFile(io.BytesIO(wheel)).namelist()
    assert {"wt_backend/stack.py", "wt_backend/protocol.py", "wt_backend/worker.py"} <= set(names)


def test_only_sources_inside(archive: Path) -> None:
    kinds = {".py", ".toml", ".whl", ".svg", ".png", ".jpg", ".html", ".blend", ".json", ""}
    for name in zipfile.ZipFile(archive).namelist():
        assert Path(name).suffix in kinds, name
        assert "__pycache__" not in name
        assert not any(part.startswith(".") for part in Path(name).parts), name


def test_the_guide_is_inside_with_its_pictures_and_the_place_that_errors_link_to(archive: Path) -> None:
    content = zipfile.ZipFile(archive)
    page = content.read("guide/user_guide.html").decode()
    pictures = re.findall(r'src="([^"]+)"', page)
    assert pictures and all(content.read(f"guide/{picture}") for picture in pictures)
    assert page.count("<ul>") >= 2 and "<li><strong>Install Backend</strong>" in page.split("<ul>")[1]
    place = re.search(r'TROUBLE = "(.+)"', (ADDON / "operators" / "help.py").read_text())
    assert place and f'id="{place[1]}"' in page and "<td><code>cancelled</code></td>" in page


def test_addon_imports_nothing_heavy_and_itself_relatively(archive: Path) -> None:
    content = zipfile.ZipFile(archive)
    sources = [name for name in content.namelist() if name.endswith(".py")]
    assert "__init__.py" in sources
    for name in sources:
        for node in ast.walk(ast.parse(content.read(name), name)):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            for module in modules:
                top = module.partition(".")[0]
                assert top not in HEAVY, f"{name} imports {module}; heavy work belongs to the worker"
                assert top not in {"blender_addon", "bl_ext"}, f"{name}: {module} must be a relative import"


def test_listing_offers_the_zip(archive: Path) -> None:
    listing = (archive.parent / "index.json").read_text()
    assert digest(archive) in listing
    assert f'"./{archive.name}"' in listing


def test_blender_installs_from_the_folder_as_a_repository(archive: Path, tmp_path: Path) -> None:
    remote = f"--remote-url={(archive.parent / 'index.json').as_uri()}"
    local = f"--local-dir={tmp_path}"
    blender_ext("sync", remote, local, what="Reading the listing")
    versions = ("--blender-version=4.2.0", "--python-version=3.11.0", "--local-cache=0")
    blender_ext("install", remote, local, *versions, "world_tracing", what="Installing from the listing")
    assert (tmp_path / "world_tracing" / "blender_manifest.toml").is_file()


def test_other_version_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    copy = tmp_path / "blender_addon"
    shutil.copytree(ADDON, copy)
    manifest = copy / "blender_manifest.toml"
    manifest.write_text(manifest.read_text().replace('\nversion = "', '\nversion = "9.'))
    with pytest.raises(BuildError, match="same version"):
        build_extension(tmp_path / "dist", copy)
    assert list((tmp_path / "dist").iterdir()) == []


def test_what_blender_refuses_does_not_replace_the_last_good_zip(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "dist"
    good = digest(build_extension(out))
    copy = tmp_path / "blender_addon"
    shutil.copytree(ADDON, copy)
    manifest = copy / "blender_manifest.toml"
    manifest.write_text(manifest.read_text().replace('type = "add-on"', 'type = "sculpture"'))
    with pytest.raises(BuildError, match="Validating the extension failed"):
        build_extension(out, copy)
    assert digest(out / archive.name) == good


def test_manifest_must_not_name_wheels_itself() -> None:
    with pytest.raises(BuildError, match="leave that line"):
        with_wheel('wheels = ["./wheels/a.whl"]\n', "b.whl")


def test_wheel_line_stands_before_the_first_table() -> None:
    text = with_wheel('id = "a"\n\n[permissions]\nfiles = "b"\n', "b.whl")
    assert tomllib.loads(text) == {"id": "a", "wheels": ["./wheels/b.whl"], "permissions": {"files": "b"}}
