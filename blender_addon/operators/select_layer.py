# mypy: disable-error-code="valid-type"
"""One layer of a trace: made the active object, though others lie in front of it; its settings for all."""

import bpy
from bpy.props import IntProperty

from wt_backend.geometry.layer_mesh import MeshSettings
from wt_backend.stack import StackError

from ..scene import traces, viewport
from ..scene.layer_object import mesh_settings, remember_settings
from ..scene.rebuild import is_edited, rebuild_one
from .bases import OnTrace


class WORLD_TRACING_OT_select_layer(bpy.types.Operator, OnTrace):
    """Select a layer of the trace: those behind the first cannot be clicked"""

    bl_idname = "world_tracing.select_layer"
    bl_label = "Select Layer"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    layer: IntProperty(name="Layer", default=1, min=1, description="1 is what the image shows")

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
        if not found[0].visible_get():
            return self.fail(f"{found[0].name} is hidden.", "Show it first.")
        viewport.select_only(context, found[0])
        return {"FINISHED"}


class WORLD_TRACING_OT_apply_to_layers(bpy.types.Operator, OnTrace):
    """Give the other layers the settings of the selected one, and rebuild them; in a shot all frames"""

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
        """Copy them, and rebuild what they change."""
        given, root = context.object, self.trace(context)
        layers = traces.layers_of(root) if given.parent == root else traces.shot_layers_of(root)
        others = [layer for layer in layers if layer != given and layer.world_tracing.role == "LAYER"]
        if edited := next((layer for layer in others if is_edited(layer)), None):
            return self.fail(f"{edited.name} is being edited.", "Leave its mode, then apply them again.")
        if linked := next((layer for layer in others if traces.is_linked(layer)), None):
            return self.fail(traces.why_linked(linked))
        settings = mesh_settings(given.world_tracing)
        problems = [problem for layer in others if (problem := _rebuild(layer, settings))]
        if problems:
            self.report({"WARNING"}, f"{len(problems)} layers stay as they were: {problems[0]}.")
        return {"FINISHED"}


def _rebuild(layer: bpy.types.Object, settings: MeshSettings) -> str:
    """Build a layer with other settings; why it stays as it was, "" if it does not."""
    before = mesh_settings(layer.world_tracing)
    if before == settings:
        return ""
    _remember(layer, settings)
    try:
        rebuild_one(layer)
    except StackError as error:
        _remember(layer, before)
        return str(error).rstrip(".")
    return ""


def _remember(layer: bpy.types.Object, settings: MeshSettings) -> None:
    """All settings at once: of a layer that is marked each would rebuild it."""
    layer.world_tracing.role = "NONE"
    remember_settings(layer, settings)
    layer.world_tracing.role = "LAYER"
