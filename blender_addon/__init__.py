"""World Tracing for Blender: one image in, a layered 3D scene out.

Registration lives in `registration.py` and is imported only when Blender asks for it, so that the pure
modules of this package can be used and tested without bpy.
"""

from __future__ import annotations


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Called by Blender when the add-on is disabled, and when Blender quits."""
    from . import registration

    registration.unregister()
