"""Everything that Blender has to know of this add-on, in the order in which it has to learn it."""

from __future__ import annotations

import bpy

from . import preferences, properties, translations
from .backend import results, session, setup
from .operators import CLASSES as OPERATORS
from .scene import origin, settle
from .ui import CLASSES as UI
from .ui import menus

CLASSES = (*preferences.CLASSES, *properties.CLASSES, *OPERATORS, *UI)


def register() -> None:
    """Register all classes, properties and handlers; an error is raised, never printed."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.attach()
    results.register()
    origin.register()
    settle.register()  # after it: the paths that it sets count from the new folder
    menus.attach()
    bpy.app.translations.register(__package__, translations.table())


def unregister() -> None:
    """Undo `register`, end the worker."""
    bpy.app.translations.unregister(__package__)
    menus.detach()
    setup.unregister()
    session.unregister()
    settle.unregister()
    origin.unregister()
    results.unregister()
    properties.detach()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
