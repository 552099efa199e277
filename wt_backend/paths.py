"""What a path leads to, answered on any file system; Blender asks at every redraw.

Up to Python 3.13 pathlib raises where a folder answers with an error: it is somebody else's, its drive was
pulled out, its name is too long.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there, and can be seen."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Whether a folder is there, and can be seen."""
    return os.path.isdir(path)  # noqa: PTH112
