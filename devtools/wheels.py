"""What an installation of the backend without network needs: every wheel of the worker, and uv."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from pathlib import Path

from devtools.cache import cache
from devtools.process import ROOT, VENV_PYTHON, capture, say

TIMEOUT = 1800.0


def wheel_folder() -> Path:
    """A folder of wheels for this machine, filled on the first call (400 MB where PyTorch is a CPU build)."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = extras["optional-dependencies"]
    uv = next(pin for pin in pins["dev"] if pin.startswith("uv=="))
    wanted = [_torch(), uv, *(pin for pin in pins["worker"] if not pin.startswith("torch=="))]
    folder = cache() / f"wheels-{hashlib.sha256(' '.join(wanted).encode()).hexdigest()[:8]}"
    if folder.is_dir():
        return folder
    growing = folder.with_name(f"{folder.name}.incomplete")
    shutil.rmtree(growing, ignore_errors=True)
    say(f"Downloading the backend's wheels into {folder}")
    download: list[str | Path] = [VENV_PYTHON, "-m", "pip", "download", "--quiet", "--dest", growing, *wanted]
    capture(download, what="Downloading the backend's wheels", timeout=TIMEOUT)
    growing.rename(folder)
    return folder


def _torch() -> str:
    """The very build that .venv has, "torch==2.13.0+cpu": an index may offer one for GPUs, of gigabytes."""
    ask: list[str | Path] = [
        VENV_PYTHON,
        "-c",
        "from importlib.metadata import version; print(version('torch'))",
    ]
    return f"torch=={capture(ask, what='Asking for the build of PyTorch', timeout=60).strip()}"
