# mypy: disable-error-code="valid-type"
"""Import This Frame: one frame of a shot as a trace of its own, for all that a single photo allows."""

import bpy

from wt_backend.stack import Shot, StackError

from ..scene import build, traces, viewport
from ..scene import shot as shot_scene
from ..scene.camera_match import CameraMatchError
from ..scene.layer_object import DEFAULTS, mesh_settings
from .on_shot import OnShot


class WORLD_TRACING_OT_import_frame(bpy.types.Operator, OnShot):
    """Build the frame that the shot shows as a trace of its own, to be made solid or projected"""

    bl_idname = "world_tracing.import_frame"
    bl_label = "Import This Frame"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def may_change(cls, _root: bpy.types.Object) -> bool:
        """It changes nothing of the shot."""
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load it, build it, let it stand where the shot does."""
        root = self.trace(context)
        try:
            shot = Shot.load(self.folder(root))
            number = _shown(shot.finished(), context.scene.frame_current)
            if number is None:
                return self.fail(f"No frame of {root.name} is in {shot.folder} any more.", "Trace it again.")
            stack, name = shot.load_frame(number), f"{build.trace_name(root)} {number:05}"
            picture = shot_scene.picture_of(stack, shot.folder, name)
            cut = next((m for m in traces.shot_layers_of(root) if m.world_tracing.role == "LAYER"), None)
            settings = mesh_settings(cut.world_tracing) if cut else DEFAULTS
            path = shot.path(number)
            trace = build.build_trace(context, stack, path, name, settings=settings, image=picture)
        except (StackError, CameraMatchError) as error:
            return self.fail(str(error))
        shot_scene.stand_like(trace.root, trace.camera, root)
        viewport.show(context, trace.root)
        self.report({"INFO"}, trace.summary)
        return {"FINISHED"}


def _shown(frames: list[int], current: int) -> int | None:
    """The frame of a shot that is seen: each stays until the next comes, the first one is there before."""
    return max((frame for frame in frames if frame <= current), default=next(iter(frames), None))
