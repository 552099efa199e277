"""The image of the clipboard as the image of the next trace."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import bpy

_NOTHING = "The clipboard holds no image. Copy a picture in another program first."
_NOTHING_UNDER_X11 = "Blender cannot paste images under X11. Save the picture and choose the file."


class WORLD_TRACING_OT_paste_image(bpy.types.Operator):
    """Choose the image that was copied in another program as the one to trace next"""

    bl_idname = "world_tracing.paste_image"
    bl_label = "Paste Image"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only a window has a clipboard."""
        cls.poll_message_set("The clipboard is read in a window of Blender")
        return context.area is not None and not bpy.app.background

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Let Blender's own operator make an image of it, and choose that."""
        before = set(bpy.data.images)
        with _image_editor(context):
            if bpy.ops.image.clipboard_paste.poll():
                bpy.ops.image.clipboard_paste()
        pasted = set(bpy.data.images) - before
        if not pasted:
            self.report({"ERROR"}, _NOTHING_UNDER_X11 if _under_x11() else _NOTHING)
            return {"CANCELLED"}
        image = pasted.pop()
        image.pack()  # it is in no file that Blender could find again
        settings = context.scene.world_tracing
        settings.source, settings.image = "IMAGE", image
        return {"FINISHED"}


def _under_x11() -> bool:
    return sys.platform == "linux" and not os.environ.get("WAYLAND_DISPLAY")


@contextmanager
def _image_editor(context: bpy.types.Context) -> Iterator[None]:
    """The area as an Image Editor for a moment: Blender pastes images nowhere else."""
    area = context.area
    kind = area.ui_type
    if area.type != "IMAGE_EDITOR":
        area.ui_type = "IMAGE_EDITOR"
    try:
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(area=area, region=region):
            yield
    finally:
        if area.ui_type != kind:
            area.ui_type = kind
