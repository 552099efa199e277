"""The backend itself: try it, free its memory."""

import bpy

from ..backend import session
from .bases import sentence


class WORLD_TRACING_OT_check_backend(bpy.types.Operator):
    """Start the backend and show what it is and what it can use"""

    bl_idname = "world_tracing.check_backend"
    bl_label = "Check Backend"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Start it; the answer appears in the preferences."""
        if bpy.app.background:
            error = session.wait_for_start()
            if error is not None:
                self.report({"ERROR"}, sentence(error))
                return {"CANCELLED"}
        else:
            session.start()
        return {"FINISHED"}


class WORLD_TRACING_OT_unload_model(bpy.types.Operator):
    """End the backend process and free its memory; the next trace starts it again"""

    bl_idname = "world_tracing.unload_model"
    bl_label = "Unload Model"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be a resting worker."""
        if session.jobs():
            cls.poll_message_set("A trace is running; cancel it first")
            return False
        cls.poll_message_set("The backend is not running")
        return session.is_running()

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """End the worker."""
        session.unload()
        return {"FINISHED"}
