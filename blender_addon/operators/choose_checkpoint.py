# mypy: disable-error-code="valid-type"
"""A checkpoint of one's own as the model."""

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ImportHelper


class WORLD_TRACING_OT_choose_checkpoint(bpy.types.Operator, ImportHelper):
    """Trace with a checkpoint file of your own"""

    bl_idname = "world_tracing.choose_checkpoint"
    bl_label = "Choose Checkpoint"
    bl_options = {"UNDO"}  # noqa: RUF012

    filter_glob: StringProperty(default="*.safetensors;*.pt;*.pth;*.ckpt", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put its path where the model's name stands."""
        context.scene.world_tracing.model = bpy.path.abspath(self.filepath)
        return {"FINISHED"}
