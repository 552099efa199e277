# mypy: disable-error-code="valid-type"
"""A mask that begins with a box, or with what is found by itself, and is painted on in the Image Editor."""

import json
from pathlib import Path

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty

from wt_backend.protocol import BackendError

from ..backend.results import FollowUp, Place
from ..scene import cut_out, files, image_source
from ..ui.box_gesture import BoxGesture
from .worker_job import WorkerJob

_PART = "Edge of the box in parts of the image, from its top left corner"
_SKIP = {"SKIP_SAVE"}


class _CutOut(WorkerJob):
    """An operator that lets the worker cut out the subject of the image in this editor."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An Image Editor with an image."""
        space = context.space_data
        cls.poll_message_set("Open an image in the Image Editor")
        return space is not None and space.type == "IMAGE_EDITOR" and space.image is not None

    def run_job(self, context: bpy.types.Context, box: list[float], paint: bool) -> set[str]:
        """Submit the job; in background mode wait for it."""
        source = cut_out.source_of(context.space_data.image)
        try:
            path = image_source.image_file(source)
        except BackendError as error:
            return self.say_why_not(error)
        output = files.new_image_path(f"{Path(source.name).stem} Mask")
        params = {"image": str(path), "output": str(output), "box": box}
        label = f"Mask of {source.name}"
        settings: dict[str, str | int] = {"image": source.session_uid, "paint": paint}
        after = FollowUp("wear_cut_out", settings, Place.here(context))
        return self.start_job("subject/cut_out", params, label, after, first=True)


class WORLD_TRACING_OT_mask_from_box(bpy.types.Operator, BoxGesture, _CutOut):
    """Drag a box around the subject; what stands out inside becomes the mask, to be corrected with a brush"""

    bl_idname = "world_tracing.mask_from_box"
    bl_label = "Mask from Box"

    left: FloatProperty(name="Left", description=_PART, min=0.0, max=1.0, default=0.25, options=_SKIP)
    top: FloatProperty(name="Top", description=_PART, min=0.0, max=1.0, default=0.25, options=_SKIP)
    right: FloatProperty(name="Right", description=_PART, min=0.0, max=1.0, default=0.75, options=_SKIP)
    bottom: FloatProperty(name="Bottom", description=_PART, min=0.0, max=1.0, default=0.75, options=_SKIP)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start with the box of the properties, in parts of the image, y down."""
        return self.run_job(context, [self.left, self.top, self.right, self.bottom], paint=False)


class WORLD_TRACING_OT_paint_mask(bpy.types.Operator, _CutOut):
    """Paint the mask over the image: Add Alpha where the subject is, Erase Alpha elsewhere"""

    bl_idname = "world_tracing.paint_mask"
    bl_label = "Paint Mask"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Go on with the mask that is shown or chosen, or start with what is found by itself."""
        shown, chosen = context.space_data.image, context.scene.world_tracing.mask_image
        if cut_out.is_cut_out(shown):
            context.space_data.ui_mode = "PAINT"
            return {"FINISHED"}
        if cut_out.is_of(chosen, shown) and chosen.size[0] > 0:  # its file is not gone
            _choose(context.scene, chosen, shown, paint=True)
            return {"FINISHED"}
        return self.run_job(context, [], paint=True)


class WORLD_TRACING_OT_wear_cut_out(bpy.types.Operator):
    """Take a cut-out as the mask of the next trace"""

    bl_idname = "world_tracing.wear_cut_out"
    bl_label = "Use Cut-out"
    bl_options = {"INTERNAL", "UNDO"}  # noqa: RUF012

    result: StringProperty(options={"SKIP_SAVE"})
    image: IntProperty(options={"SKIP_SAVE"})  # session uid: it may be renamed meanwhile
    paint: BoolProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load it, choose it, show it."""
        source = next((image for image in bpy.data.images if image.session_uid == self.image), None)
        if source is None:
            self.report({"ERROR"}, "The image that was cut out is not in the file any more.")
            return {"CANCELLED"}
        picture = Path(json.loads(self.result)["picture"])
        mask = cut_out.load(picture, source, context.scene.world_tracing.mask_image)
        _choose(context.scene, mask, source, self.paint)
        return {"FINISHED"}


def _choose(scene: bpy.types.Scene, mask: bpy.types.Image, source: bpy.types.Image, paint: bool) -> None:
    """Let a cut-out be the mask of the next trace, and show it, to be painted on if that is wanted."""
    settings = scene.world_tracing
    settings.source, settings.image = "IMAGE", source
    settings.mask_source, settings.mask_image = "IMAGE", mask
    cut_out.show(mask, source, paint)
