"""Operators whose settings lie in the scene, where the panels show them."""

from typing import Any

import bpy

from .bases import Operator

SKIP = {"SKIP_SAVE"}  # else the next press of the button would take the last call's for its own


class SceneSettings(Operator):
    """An operator whose properties come from the scene's settings where a call leaves them out."""

    def value(self, context: bpy.types.Context, name: str, setting: str = "") -> Any:
        """A setting: the call's, else the scene's, which may have another name there."""
        if self.properties.is_property_set(name):
            return getattr(self, name)
        return getattr(context.scene.world_tracing, setting or name)
