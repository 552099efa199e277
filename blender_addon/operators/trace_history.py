# mypy: disable-error-code="valid-type"
"""Traces that are in the file: select, build again from the stack, delete."""

import bpy
from bpy.props import StringProperty

from wt_backend.stack import StackError

from ..scene import rebuild, traces, viewport
from ..scene.camera_match import CameraMatchError
from .bases import Operator


class _OnNamedTrace(Operator):
    """An operator on a named trace, or on the active one."""

    root: StringProperty(name="Trace", options={"SKIP_SAVE", "HIDDEN"}, description="Empty: the active one")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace."""
        cls.poll_message_set("There is no trace in this scene")
        return bool(traces.roots(context.scene))

    def find_root(self, context: bpy.types.Context) -> bpy.types.Object | None:
        """The trace that is meant; an error is reported where there is none."""
        found = traces.active_root(context)
        if self.root:  # a linked one may have the same name
            found = bpy.data.objects.get((self.root, None)) or bpy.data.objects.get(self.root)
        if found is None or found.world_tracing.role != "ROOT":
            self.report({"ERROR"}, "There is no such trace any more.")
            return None
        return found


class WORLD_TRACING_OT_select_trace(bpy.types.Operator, _OnNamedTrace):
    """Select a trace: its root and its layers"""

    bl_idname = "world_tracing.select_trace"
    bl_label = "Select Trace"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Select it alone."""
        root = self.find_root(context)
        if root is None:
            return {"CANCELLED"}
        if root.name not in context.view_layer.objects:
            self.report({"ERROR"}, f"{root.name} is not in this view layer.")
            return {"CANCELLED"}
        viewport.select(context, root)
        return {"FINISHED"}


class WORLD_TRACING_OT_rebuild_trace(bpy.types.Operator, _OnNamedTrace):
    """Build camera and layers again from the stack file: edits go back, deleted mesh layers return"""

    bl_idname = "world_tracing.rebuild_trace"
    bl_label = "Rebuild from Stack"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Rebuild in place."""
        root = self.find_root(context)
        if root is None:
            return {"CANCELLED"}
        if traces.is_shot(root) and not traces.layers_of(root):
            self.report({"ERROR"}, f"The frames of {root.name} cannot be built again. Import its shot anew.")
            return {"CANCELLED"}
        if linked := traces.linked_part(root):
            self.report({"ERROR"}, traces.why_linked(linked))
            return {"CANCELLED"}
        viewport.leave_edit_mode(context)
        try:
            rebuild.match_again(root)
            rebuild.rebuild_trace(root, with_deleted=True)
        except (StackError, CameraMatchError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class WORLD_TRACING_OT_delete_trace(bpy.types.Operator, _OnNamedTrace):
    """Delete a trace from the file: root, camera, layers and solid. The stack file stays on disk"""

    bl_idname = "world_tracing.delete_trace"
    bl_label = "Delete Trace"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Delete it."""
        root = self.find_root(context)
        if root is None:
            return {"CANCELLED"}
        if root.library or root.override_library:  # it would be there again when the file is opened
            self.report({"ERROR"}, f"{root.name} is linked from another file. Unlink it in the Outliner.")
            return {"CANCELLED"}
        traces.delete(root)
        return {"FINISHED"}
