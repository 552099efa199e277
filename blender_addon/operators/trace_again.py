"""Another trace of the same image: what a trace was made with goes into the panel, with the next seed."""

from pathlib import Path

import bpy

from wt_backend.paths import is_file
from wt_backend.stack import LayerStack, StackError, StackInfo

from ..backend import session
from ..scene import cut_out, projection, traces
from ..scene.origin import stack_path
from .bases import OnTrace


class WORLD_TRACING_OT_trace_again(bpy.types.Operator, OnTrace):
    """Put the image, mode, model and steps of the active trace into the panel, with the next seed"""

    bl_idname = "world_tracing.trace_again"
    bl_label = "Reuse for Next Trace"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def may_change(cls, _root: bpy.types.Object) -> bool:
        """It changes nothing of the trace."""
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the panel in."""
        root, settings = self.trace(context), context.scene.world_tracing
        if traces.is_shot(root):
            return self.fail("Footage is traced by its own button.", "Choose a trace of a single image.")
        try:
            info = LayerStack.load(stack_path(root)).info
        except StackError as error:
            return self.fail(str(error))
        mask = settings.mask_source
        if not _take_image(settings, root, info):
            return self.fail(f"The photo of {root.name} is missing.", "Choose it in the panel.")
        settings.mode, settings.seed = info.mode.upper(), (info.seed + 1) % 2**31
        if session.model(info.model) is not None:  # ground truth was traced by none
            settings.model, settings.steps = info.model, info.steps
        again = "" if settings.mask_source == mask else " Its mask, if it had one, has to be chosen again."
        self.report({"INFO"}, f"Trace World traces {root.name} anew, with seed {settings.seed}.{again}")
        return {"FINISHED"}


def _take_image(settings: bpy.types.PropertyGroup, root: bpy.types.Object, info: StackInfo) -> bool:
    """Choose the photo of a trace; a mask that is not this photo's is not kept."""
    photo = projection.photo_image(root)
    if photo is not None and photo.size[0]:
        settings.source, settings.image = "IMAGE", photo
    elif info.source and is_file(Path(info.source)):
        settings.source, settings.filepath = "FILE", info.source
    else:
        return False
    if settings.mask_source == "FILE" or not cut_out.is_of(settings.mask_image, photo):
        settings.mask_source = "AUTO"
    return True
