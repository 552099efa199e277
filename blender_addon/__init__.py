"""World Tracing for Blender: one image in, a layered 3D scene out.

Registration lives in `registration.py` and is imported only when Blender asks for it, so that the pure
modules of this package can be used and tested without bpy.
"""

from __future__ import annotations

import sys


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    if f"{__name__}.registration" not in sys.modules:
        _forget_older_backend()
    from . import registration

    registration.register()


def unregister() -> None:
    """Called by Blender when the add-on is disabled, and when Blender quits."""
    from . import registration

    registration.unregister()


def _forget_older_backend() -> None:
    """Let `wt_backend` be imported from the wheel that came with this very version.

    An update in a running Blender drops the add-on's modules, but not those of its wheel: the new add-on
    would work with the old ones, or not at all.
    """
    for name in list(sys.modules):
        if name.partition(".")[0] == "wt_backend":
            del sys.modules[name]
