"""What operators have in common that let the worker do heavy geometry: submit, wait, bring the result in."""

import json
from typing import TYPE_CHECKING

import bpy

from wt_backend.protocol import BackendError, Message
from wt_backend.stack import StackError

from ..backend import session
from ..backend.jobs import JobState
from ..backend.results import FollowUp, Place
from ..scene import sky, traces
from .scene_settings import SceneSettings

if TYPE_CHECKING:  # at run time Blender wants the mixin to be a plain class
    from bpy.types import Operator as _Operator
else:
    _Operator = object


_OBJECTS = ("root", "solid", "target", "layer")  # settings of follow-ups that name an object


class OnTrace(_Operator):
    """An operator on the trace of the active object, or on the only one of the scene."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace."""
        cls.poll_message_set("Select something that belongs to a trace")
        root = traces.active_root(context)
        return root is not None and cls.may_change(root)

    @classmethod
    def may_change(cls, root: bpy.types.Object) -> bool:
        """Whether the operator may do to a trace what it does; the button says so."""
        linked = traces.linked_part(root)
        if linked is not None:
            cls.poll_message_set(traces.why_linked(linked))
        return linked is None

    def trace(self, context: bpy.types.Context) -> bpy.types.Object:
        """The root of that trace."""
        root = traces.active_root(context)
        assert root is not None, "poll saw to it"
        return root

    def fail(self, message: str, hint: str = "") -> set[str]:
        """Say what is wrong."""
        self.report({"ERROR"}, f"{message} {hint}".strip())
        return {"CANCELLED"}


class OnRoot(OnTrace):
    """An operator that only moves a trace."""

    @classmethod
    def may_change(cls, root: bpy.types.Object) -> bool:
        """The root of an override may move."""
        cls.poll_message_set(traces.why_linked(root))
        return root.library is None


class GeometryJob(OnTrace, SceneSettings):
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
        it is shown: without its sky.
        """
        if shown is not None:
            try:
                params = {**params, "stack": str(sky.stack_file(shown))}
            except (StackError, OSError) as reason:
                return self.fail(f"The stack of {shown.name} cannot be used: {reason}.", "Trace it again.")
        names = {name: str(settings[name]) for name in _OBJECTS if name in settings}
        named = {setting: bpy.data.objects.get((name, None)) for setting, name in names.items()}
        uids = {name: member.session_uid for name, member in named.items() if member is not None}
        after = FollowUp(follow_up, settings, Place.here(context), uids)
        job = session.submit(method, params, label, after)
        if not bpy.app.background:
            return {"FINISHED"}
        session.wait(job, lambda _job: None)
        if job.state is not JobState.DONE:
            error = job.error or BackendError("cancelled", f"{label} was cancelled.")
            return self.fail(error.message, error.hint)
        getattr(bpy.ops.world_tracing, follow_up)(result=json.dumps(job.result), **settings)
        return {"FINISHED"}


def named_root(name: str) -> bpy.types.Object | None:
    """The root of that name in this file, if it still is one."""
    root = bpy.data.objects.get((name, None))
    return root if root is not None and root.world_tracing.role == "ROOT" else None
