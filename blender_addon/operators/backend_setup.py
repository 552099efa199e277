"""Install the managed backend, cancel that, remove it."""

import bpy

from wt_backend.protocol import BackendError

from ..backend import session, setup
from .bases import sentence


class WORLD_TRACING_OT_install_backend(bpy.types.Operator):
    """Download PyTorch and what else the backend needs, into a folder of its own"""

    bl_idname = "world_tracing.install_backend"
    bl_label = "Install Backend"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """One at a time, and only with leave to go online if that is needed."""
        if _at_work(cls):
            return False
        cls.poll_message_set(f"{setup.OFFLINE} {setup.ALLOW}")
        return not setup.is_offline()

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Start, and in background mode wait."""
        try:
            installation = setup.install()
        except BackendError as error:
            return self._fail(error)
        if not bpy.app.background:
            return {"FINISHED"}
        last = ""
        while installation.wait(0.1).running:
            if installation.status.text != last:
                last = installation.status.text
                print(f"World Tracing: {last}", flush=True)
        failure = installation.wait().error  # what it replaces is gone, too, when Blender ends now
        return {"FINISHED"} if failure is None else self._fail(failure)

    def _fail(self, error: BackendError) -> set[str]:
        self.report({"ERROR"}, sentence(error))
        return {"CANCELLED"}


class WORLD_TRACING_OT_cancel_install(bpy.types.Operator):
    """Stop the installation; what was downloaded is kept for the next attempt"""

    bl_idname = "world_tracing.cancel_install"
    bl_label = "Cancel Installation"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be one."""
        cls.poll_message_set("Nothing is being installed")
        return setup.is_running()

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Stop it."""
        setup.cancel()
        return {"FINISHED"}


class WORLD_TRACING_OT_remove_backend(bpy.types.Operator):
    """Delete the managed backend and its downloads from the disk"""

    bl_idname = "world_tracing.remove_backend"
    bl_label = "Remove Backend"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something, and nothing under way."""
        if _at_work(cls):
            return False
        cls.poll_message_set("Nothing is installed")
        return setup.state() is not setup.EnvironmentState.NOT_INSTALLED

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Delete it."""
        try:
            setup.remove()
        except BackendError as error:
            self.report({"ERROR"}, sentence(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _at_work(operator: type[bpy.types.Operator]) -> bool:
    """Whether the backend is in use, so that nothing may happen to it; the button says so."""
    if setup.is_running():
        operator.poll_message_set("An installation is under way")
    elif session.jobs():
        operator.poll_message_set("The backend is at work; cancel that first")
    return setup.is_running() or bool(session.jobs())
