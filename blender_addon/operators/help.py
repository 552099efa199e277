# mypy: disable-error-code="valid-type"
"""Help: the user guide, which is a part of the extension, and the log that was written last."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty

from wt_backend import logs
from wt_backend.paths import is_file

from ..backend import session, setup

GUIDE = Path(__file__).parents[1] / "guide" / "user_guide.html"
TROUBLE = "when-something-is-wrong"  # the place in it


class WORLD_TRACING_OT_open_guide(bpy.types.Operator):
    """Open the user guide in the browser; it lies on this machine"""

    bl_idname = "world_tracing.open_guide"
    bl_label = "User Guide"

    trouble: BoolProperty(
        name="Errors", options={"SKIP_SAVE"}, description="Begin where errors are explained"
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Only the packaged extension has it."""
        cls.poll_message_set("The guide is in the packaged extension only; here it is docs/user_guide.md")
        return GUIDE.is_file()

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Open it."""
        place = f"#{TROUBLE}" if self.trouble else ""
        return bpy.ops.wm.url_open(url=GUIDE.as_uri() + place)


class WORLD_TRACING_OT_open_log(bpy.types.Operator):
    """Open the log that was written last: the backend's, or that of its installation"""

    bl_idname = "world_tracing.open_log"
    bl_label = "Open Log"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be one."""
        cls.poll_message_set("Nothing has been logged yet")
        return newest_log() is not None

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Open it with the system's program for it."""
        return bpy.ops.wm.path_open(filepath=str(newest_log()))


def newest_log() -> Path | None:
    """The log that was written last: what the backend logs, what it prints, or how its installation went."""
    found = (session.log_path(), session.log_path().with_name(logs.NAME), setup.install_log())
    written = [log for log in found if is_file(log) and log.stat().st_size]
    return max(written, key=lambda log: log.stat().st_mtime, default=None)
