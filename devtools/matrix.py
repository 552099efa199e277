"""The Blender tests on the built zip, in environments of one Blender version each, without our package."""

from __future__ import annotations

import shutil
import tomllib
from functools import partial
from pathlib import Path

from devtools.cache import cache
from devtools.checks import all_of
from devtools.environment import interpreter, pinned
from devtools.extension import build_extension
from devtools.process import ROOT, VENV_PYTHON, BuildError, capture, run, say

TIMEOUT = 1200.0


def versions() -> dict[str, str]:
    """Blender version → Python version of its wheel, from pyproject.toml."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(document["tool"]["world-tracing"]["bpy-matrix"])


def test(chosen: list[str]) -> None:
    """Run tests/blender on the zip under the chosen versions, or all; the error names all that failed."""
    known = versions()
    unknown = [version for version in chosen if version not in known]
    if unknown:
        raise BuildError(f"pyproject.toml lists Blender {', '.join(known)}, not {', '.join(unknown)}.")
    archive = build_extension(ROOT / "dist")
    all_of(partial(_test_version, archive, version, known[version]) for version in chosen or known)


def _test_version(archive: Path, version: str, python_version: str) -> None:
    python = environment(version, python_version)
    say(f"tests/blender on {archive.name} in Blender {version}")
    command: list[str | Path] = [python, "-m", "pytest", "-m", "not slow", "-p", "no:cacheprovider"]
    variables = {"WT_ZIP": str(archive), "WT_BACKEND_PYTHON": str(VENV_PYTHON)}
    run([*command, "tests/blender"], what=f"Blender {version}", timeout=TIMEOUT, env=variables)


def environment(version: str, python_version: str) -> Path:
    """The Python of an environment with this Blender version, made on the first call (about 1 GB)."""
    folder = cache() / f"bpy-{version}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    say(f"Making {folder}")
    capture([interpreter(python_version), "-m", "venv", folder], what=f"Making {folder}", timeout=300)
    pytest = next(pin for pin in pinned() if pin.startswith("pytest=="))
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", f"bpy=={version}", pytest]
    capture(install, what=f"Installing Blender {version}", timeout=TIMEOUT)
    (folder / "complete").touch()
    return python
