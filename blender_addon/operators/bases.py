"""What operators have in common: which trace they are about, and how they say what is wrong."""

from typing import TYPE_CHECKING

import bpy

from wt_backend.protocol import BackendError

from ..scene import traces

if TYPE_CHECKING:  # at run time Blender wants a mixin to be a plain class
    from bpy.types import Operator
else:
    Operator = object


class OnTrace(Operator):
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


def named_root(name: str) -> bpy.types.Object | None:
    """The root of that name in this file, if it still is one."""
    root = bpy.data.objects.get((name, None))
    return root if root is not None and root.world_tracing.role == "ROOT" else None


def sentence(error: BackendError) -> str:
    """An error and what to do about it, as a report says it."""
    return f"{error.message} {error.hint}".strip()
