"""The extension zip: add-on + wheel of `wt_backend`, the same bytes from the same sources."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
import zipfile
from pathlib import Path

from devtools.guide import guide_files
from devtools.process import ROOT, VENV, VENV_PYTHON, BuildError, capture

ADDON = ROOT / "blender_addon"
MANIFEST = "blender_manifest.toml"
EPOCH = (2020, 1, 1, 0, 0, 0)  # every entry's time stamp, so that a zip depends on its content only
EPOCH_SECONDS = "1577836800"
UNWANTED = {"__pycache__", ".mypy_cache", ".ruff_cache"}


def build_extension(out: Path, addon: Path = ADDON) -> Path:
    """Build, validate and index the extension.

    Parameters
    ----------
    out : folder that receives the wheel, `<id>-<version>.zip` and the repository listing `index.json`.
    addon : the add-on's source folder, with its manifest.

    Returns
    -------
    Path of the zip. It replaces an older one only after Blender's own validator has accepted it.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest = read_manifest(addon)
    with tempfile.TemporaryDirectory(prefix=".package-", dir=out) as folder:
        work = Path(folder)
        wheel = build_wheel(work)
        complete = work / MANIFEST
        complete.write_text(with_wheel((addon / MANIFEST).read_text(encoding="utf-8"), wheel.name), "utf-8")
        archive = work / f"{manifest['id']}-{manifest['version']}.zip"
        extra = {MANIFEST: complete, f"wheels/{wheel.name}": wheel, "LICENSE": ROOT / "LICENSE"}
        write_zip(archive, _files(addon) | extra | guide_files(work))
        blender_ext("validate", archive, what="Validating the extension")
        for product in (wheel, archive):
            product.replace(out / product.name)
    blender_ext("server-generate", f"--repo-dir={out}", what="Listing the extension repository")
    return out / archive.name


def read_manifest(addon: Path = ADDON) -> dict[str, object]:
    """Return the add-on's manifest, the one source of id and version (the backend has the same)."""
    path = addon / MANIFEST
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BuildError(f"{path} does not exist; an extension needs a manifest.") from error
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{path} is not TOML: {error}.") from error
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if manifest.get("version") != project["version"]:
        raise BuildError(
            f"{path} has version {manifest.get('version')} and pyproject.toml {project['version']}; "
            "they are released together, so give both the same version."
        )
    return manifest


def with_wheel(manifest: str, wheel: str) -> str:
    """The manifest's text with the wheel that the zip bundles, before the first table."""
    if "wheels" in tomllib.loads(manifest):
        raise BuildError(f"{MANIFEST} names wheels itself; leave that line to `build.py package`.")
    lines = manifest.splitlines(keepends=True)
    tables = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    place = tables[0] if tables else len(lines)
    return "".join([*lines[:place], f'wheels = ["./wheels/{wheel}"]\n\n', *lines[place:]])


def build_wheel(out: Path) -> Path:
    """Build the wheel of `wt_backend` into `out`, reproducibly."""
    command: list[str | Path] = [VENV_PYTHON, "-m", "hatchling", "build", "-t", "wheel", "-d", out]
    epoch = {"SOURCE_DATE_EPOCH": EPOCH_SECONDS}
    capture(command, what="Building the wheel of wt_backend", timeout=300, env=epoch)
    (wheel,) = out.glob("*.whl")
    return wheel


def write_zip(archive: Path, files: dict[str, Path]) -> None:
    """Write files under their names in the zip: sorted, one time stamp, one mode."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = 0o100644 << 16
            with files[name].open("rb") as source, target.open(entry, "w") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


def _files(folder: Path) -> dict[str, Path]:
    """Every source file of a folder by its path in the zip; caches and hidden files stay out."""
    found: dict[str, Path] = {}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part in UNWANTED or part.startswith(".") for part in relative.parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            found[relative.as_posix()] = path
    return found


def blender_ext(*arguments: str | Path, what: str) -> None:
    """Run Blender's own extension tool out of the bpy wheel (plain Python, it does not start Blender)."""
    tools = sorted(VENV.glob("**/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not tools:
        raise BuildError(f"No bpy in {VENV}; run `python build.py setup`.")
    capture([VENV_PYTHON, tools[-1], *arguments], what=what, timeout=120)
