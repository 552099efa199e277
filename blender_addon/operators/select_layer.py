# mypy: disable-error-code="valid-type"
"""One layer of a trace: made the active object, though others lie in front of it; its settings for all."""

import bpy
from bpy.props import IntProperty

from ..scene import traces, viewport
from .geometry_job import OnTrace

SETTINGS = ("tear", "grazing", "island")


class WORLD_TRACING_OT_select_layer(bpy.types.Operator, OnTrace):
    """Select a layer of the trace: those behind the first cannot be clicked"""

    bl_idname = "world_tracing.select_layer"
    bl_label = "Select Layer"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    layer: IntProperty(name="Layer", default=1, min=1, max=6, description="1 is what the image shows")

    @classmethod
    def may_change(cls, _root: bpy.types.Object) -> bool:
        """It changes nothing."""
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make it active; of meshes and points the meshes."""
        root = self.trace(context)
        found = [layer for layer in traces.layers_of(root) if layer.world_tracing.layer == self.layer - 1]
        found.sort(key=lambda layer: layer.world_tracing.role != "LAYER")
        if not found:
            return self.fail(f"{root.name} has no layer {self.layer}.", "Choose another.")
        if context.mode != "OBJECT":
            return self.fail("Layers are selected in Object Mode.", "Leave the mode first.")
        if found[0].name not in context.view_layer.objects:
            return self.fail(f"{found[0].name} is not in this view layer.", "Choose another.")
        viewport.select_only(context, found[0])
        return {"FINISHED"}


class WORLD_TRACING_OT_apply_to_layers(bpy.types.Operator, OnTrace):
    """Give the other layers of the trace the settings of the selected one, and rebuild them"""

    bl_idname = "world_tracing.apply_to_layers"
    bl_label = "Apply to All Layers"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A mesh layer must be active."""
        if not super().poll(context):
            return False
        cls.poll_message_set("Select a mesh layer, in Object Mode")
        layer = context.object
        return context.mode == "OBJECT" and layer is not None and layer.world_tracing.role == "LAYER"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Copy them; each one that is changed rebuilds its layer."""
        given, changed = context.object, 0
        for layer in traces.layers_of(self.trace(context)):
            other = layer.world_tracing
            if layer == given or other.role != "LAYER":
                continue
            differing = [
                name for name in SETTINGS if getattr(other, name) != getattr(given.world_tracing, name)
            ]
            for name in differing:
                setattr(other, name, getattr(given.world_tracing, name))
            changed += bool(differing)
        self.report({"INFO"}, f"{changed} layers were rebuilt.")
        return {"FINISHED"}
