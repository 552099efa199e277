"""Where large things lie that can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache() -> Path:
    """The folder: `$WT_CACHE`, or one in the user's cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("WT_CACHE") or home / "world-tracing")
