"""Which packages the worker needs, and which of them its Python does not have. Standard library only."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from wt_backend.protocol import BackendError

NEEDED = {  # what is imported → the package that brings it, as in the extra `worker`
    "torch": "torch",
    "numpy": "numpy",
    "safetensors": "safetensors",
    "huggingface_hub": "huggingface_hub",
    "filelock": "filelock",
    "OpenImageIO": "OpenImageIO",
    "cv2": "opencv-python-headless",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "trimesh": "trimesh",
    "manifold3d": "manifold3d",
    "fast_simplification": "fast-simplification",
    "xatlas": "xatlas",
    "av": "av",
}


def missing() -> list[str]:
    """Packages that this Python does not have; nothing is imported."""
    return [package for module, package in NEEDED.items() if find_spec(module) is None]


def missing_error() -> BackendError:
    """What to say where a package is missing: all of them at once, and whose they are."""
    return BackendError(
        "model_missing",
        f"The Python that runs the backend, {sys.executable}, has no {', '.join(missing())}.",
        "Install them there, choose another Python in the add-on's preferences, or press Install Backend.",
    )
