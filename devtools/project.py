"""A mesh of the user's own, textured from the photo that was just traced."""

from __future__ import annotations

from pathlib import Path

from devtools.extension import build_extension
from devtools.process import ROOT, VENV_PYTHON, BuildError, run, say

SCRIPT = ROOT / "scripts" / "project_in_blender.py"
FORMATS = (".obj", ".ply", ".stl", ".glb", ".gltf")
TIMEOUT = 600.0


def check_mesh(mesh: Path) -> None:
    """Before minutes of tracing: whether the file is there and of a known kind."""
    if not mesh.is_file():
        raise BuildError(f"There is no mesh {mesh}; check the path.")
    if mesh.suffix.lower() not in FORMATS:
        raise BuildError(f"{mesh} is no mesh that can be read; export it as {', '.join(FORMATS)}.")


def project(image: Path, out: Path | None, mesh: Path) -> None:
    """Fit a mesh to the layers that `trace` left in ``out`` (default `out/NAME`), texture it, save it."""
    folder = (out or ROOT / "out" / image.stem).resolve()
    say(f"Projecting {image.name} onto {mesh}")
    command: list[str | Path] = [
        VENV_PYTHON,
        SCRIPT,
        "--zip",
        build_extension(ROOT / "dist"),
        "--stack",
        folder / f"{image.stem}.wts",
        "--mesh",
        mesh.resolve(),
        "--out",
        folder,
    ]
    run(command, what=f"Projecting onto {mesh.name}", timeout=TIMEOUT)
