"""What operators on the shot of the active object have in common."""

from pathlib import Path

import bpy

from wt_backend.paths import is_file
from wt_backend.stack import Shot

from ..scene import traces
from ..scene.origin import stack_path
from .bases import OnTrace


class OnShot(OnTrace):
    """An operator on a shot whose folder is still there."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a shot."""
        root = traces.active_root(context)
        cls.poll_message_set("Select something that belongs to a shot")
        if root is None or not traces.is_shot(root):
            return False
        cls.poll_message_set(f"The shot is not in {cls.folder(root)} any more")
        return is_file(cls.folder(root) / Shot.FILE) and cls.may_change(root)

    @staticmethod
    def folder(root: bpy.types.Object) -> Path:
        """Where the frames of a shot lie."""
        return stack_path(root).parent
