# mypy: disable-error-code="valid-type"
"""Choose what the Image Editor shows as image or mask of the next trace."""

import bpy
from bpy.props import EnumProperty


class WORLD_TRACING_OT_use_image(bpy.types.Operator):
    """Choose the image of this editor for the next trace"""

    bl_idname = "world_tracing.use_image"
    bl_label = "Use Image"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    target: EnumProperty(
        name="As",
        description="What the image is for",
        items=(("IMAGE", "Image", "The image to trace"), ("MASK", "Mask", "White where the subject is")),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An Image Editor with an image."""
        cls.poll_message_set("Open an image in the Image Editor")
        space = context.space_data
        return space is not None and space.type == "IMAGE_EDITOR" and space.image is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set it."""
        settings, image = context.scene.world_tracing, context.space_data.image
        if self.target == "IMAGE":
            settings.source, settings.image = "IMAGE", image
        else:
            settings.mask_source, settings.mask_image = "IMAGE", image
        return {"FINISHED"}
