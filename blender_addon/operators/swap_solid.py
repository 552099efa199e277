"""Show the layers of a trace in the place of its solid, or the solid again."""

import bpy

from ..scene import traces, viewport
from .bases import OnTrace


class WORLD_TRACING_OT_swap_solid(bpy.types.Operator, OnTrace):
    """Show the layers and hide the solid, or the other way round"""

    bl_idname = "world_tracing.swap_solid"
    bl_label = "Show Layers or Solid"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a solid."""
        if not super().poll(context):
            return False
        cls.poll_message_set("The trace has no solid. Make Solid makes one")
        root = traces.active_root(context)
        return root is not None and bool(traces.solids_of(root))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Swap them; points that lie beside meshes stay hidden."""
        viewport.leave_edit_mode(context)  # nobody edits what is hidden
        root = self.trace(context)
        solids, layers = traces.solids_of(root), traces.layers_of(root)
        if viewport.is_solid_shown(root):
            meshes = [layer for layer in layers if layer.world_tracing.role == "LAYER"]
            shown, hidden = meshes or layers, solids
        else:
            shown, hidden = solids, layers
        for member in hidden:
            viewport.hide(context.scene, member)
        for member in shown:
            (viewport.reveal if member in solids else viewport.unhide)(context.scene, member)
        viewport.select_only(context, shown[0] if shown else root)
        return {"FINISHED"}
