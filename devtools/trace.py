"""The main job: an image through the installed extension in headless Blender."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from devtools.extension import build_extension
from devtools.process import ROOT, VENV_PYTHON, BuildError, run, say

SAMPLES = ROOT / "samples"
SCRIPT = ROOT / "scripts" / "trace_in_blender.py"
FOOTAGE_SCRIPT = ROOT / "scripts" / "footage_in_blender.py"
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
MOVIES = {".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mxf", ".ogv"}
TIMEOUT = 600.0  # of one picture
FOOTAGE_TIMEOUT = 86_400.0  # a frame takes seconds without a GPU; what was traced stays


def trace(image: Path | None, out: Path | None, options: Mapping[str, object]) -> None:
    """Trace one image, footage, or every bundled sample, into `out` (default `out/<name>`)."""
    images = [image.absolute()] if image else samples()
    archive = build_extension(ROOT / "dist")
    for picture in images:
        folder = (out or ROOT / "out").resolve()
        if out is None or len(images) > 1:
            folder /= picture.stem
        if not picture.exists() and "#" not in picture.name:
            raise BuildError(f"There is no file {picture}; check the path.")
        _make_folder(folder)
        say(f"Tracing {picture} into {folder}")
        flags = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        command: list[str | Path] = [
            VENV_PYTHON,
            FOOTAGE_SCRIPT if is_footage(picture) else SCRIPT,
            "--zip",
            archive,
            "--image",
            picture,
            "--out",
            folder,
            *flags,
        ]
        try:
            timeout = FOOTAGE_TIMEOUT if is_footage(picture) else TIMEOUT
            run(command, what=f"Tracing {picture.name}", timeout=timeout)
        except BuildError:
            with suppress(OSError):  # results of an earlier run stay
                folder.rmdir()
            raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(
            f"The folder {folder} cannot be made ({error.strerror}). Choose another with --out."
        ) from error


def is_footage(path: Path) -> bool:
    """A movie, a folder of images, or a pattern of their names; a single image is a photograph."""
    pattern = "#" in path.name and not path.is_file()  # "photo #2.jpg" is a file's name, too
    return path.suffix.lower() in MOVIES or path.is_dir() or pattern


def samples() -> list[Path]:
    """The photographs that come with the repository."""
    found = sorted(path for path in SAMPLES.glob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise BuildError(f"No sample photographs in {SAMPLES}; name an image: `python build.py trace IMAGE`.")
    return found
