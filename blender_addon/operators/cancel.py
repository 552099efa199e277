# mypy: disable-error-code="valid-type"
"""Cancel a job, or all that run and wait."""

import bpy
from bpy.props import IntProperty

from ..backend import session


class WORLD_TRACING_OT_cancel(bpy.types.Operator):
    """Stop what is at work. What was finished before stays"""

    bl_idname = "world_tracing.cancel"
    bl_label = "Cancel"

    job: IntProperty(options={"SKIP_SAVE", "HIDDEN"}, description="The one to cancel; 0: all")

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to cancel."""
        cls.poll_message_set("Nothing is at work")
        return bool(session.jobs())

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Cancel it."""
        session.cancel([job for job in session.jobs() if self.job in {0, job.id}])
        return {"FINISHED"}
