"""What operators have in common that let the worker do heavy geometry with a trace."""

import bpy

from wt_backend.protocol import Message
from wt_backend.stack import StackError

from ..backend.results import FollowUp, Place
from ..scene import files, shown_stack
from .bases import OnTrace
from .scene_settings import SceneSettings
from .worker_job import WorkerJob

_OBJECTS = ("root", "solid", "target", "layer")  # settings of follow-ups that name an object


class GeometryJob(OnTrace, SceneSettings, WorkerJob):
    """An operator that starts a `geometry/*` job."""

    def run_job(
        self,
        context: bpy.types.Context,
        method: str,
        params: Message,
        label: str,
        follow_up: str,
        settings: dict[str, str | int],
        shown: bpy.types.Object | None = None,
    ) -> set[str]:
        """Submit the job; `world_tracing.FOLLOW_UP(result=…, **settings)` will bring its result in.

        In background mode that happens before this returns. The job gets the stack of the trace ``shown`` as
        it is shown: without what that leaves out.
        """
        if shown is not None:
            try:
                params = {**params, "stack": str(shown_stack.stack_file(shown))}
            except (StackError, OSError) as reason:
                files.forget(str(settings.get("sent", "")))
                return self.fail(f"The stack of {shown.name} cannot be used: {reason}.", "Trace it again.")
        names = {name: str(settings[name]) for name in _OBJECTS if name in settings}
        named = {setting: bpy.data.objects.get((name, None)) for setting, name in names.items()}
        uids = {name: member.session_uid for name, member in named.items() if member is not None}
        return self.start_job(method, params, label, FollowUp(follow_up, settings, Place.here(context), uids))
