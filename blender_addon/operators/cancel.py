"""Cancel the trace that runs, and those that wait."""

import bpy

from ..backend import session


class WORLD_TRACING_OT_cancel(bpy.types.Operator):
    """Stop tracing. What was finished before stays"""

    bl_idname = "world_tracing.cancel"
    bl_label = "Cancel Trace"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to cancel."""
        cls.poll_message_set("Nothing is being traced")
        return bool(session.jobs())

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Cancel all jobs."""
        session.cancel_all()
        return {"FINISHED"}
