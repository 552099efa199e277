"""The sidebar panel: choose an image, press Trace World, watch it come."""

import textwrap

import bpy

from ..backend import session
from ..backend.jobs import Job, JobState

TAB = "World Tracing"
_CHARACTER_WIDTH = 7  # pixels at a user interface scale of 1, a little generous


class WORLD_TRACING_PT_trace(bpy.types.Panel):
    """Trace World, in the sidebar of the 3D viewport"""

    bl_idname = "WORLD_TRACING_PT_trace"
    bl_label = "Trace World"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB

    def draw(self, context: bpy.types.Context) -> None:
        """Draw settings, button or progress, and the last message."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.world_tracing
        layout.row().prop(settings, "source", expand=True)
        if settings.source == "FILE":
            layout.prop(settings, "filepath")
        else:
            layout.template_ID(settings, "image", open="image.open")
        layout.prop(settings, "mask")
        layout.prop(settings, "mode")
        layout.prop(settings, "fit")
        layout.prop(settings, "model")
        layout.prop(settings, "seed")
        layout.prop(settings, "steps")
        layout.prop(settings, "output")
        running = session.jobs()
        if running:
            _draw_progress(layout, running)
        else:
            row = layout.row()
            row.scale_y = 1.4
            row.operator("world_tracing.trace_world", icon="OUTLINER_OB_CAMERA")
        if session.notice is not None:
            _draw_notice(layout, session.notice, context.region.width, context.preferences.system.ui_scale)
        column = layout.column(align=True)
        column.operator("world_tracing.use_trace_camera", icon="CAMERA_DATA")
        column.operator("world_tracing.import_stack", icon="IMPORT")


def _draw_progress(layout: bpy.types.UILayout, running: tuple[Job, ...]) -> None:
    for job in running:
        column = layout.column(align=True)
        column.label(text=job.label, icon="IMAGE_DATA")
        if job.state is not JobState.QUEUED or job is running[0]:
            column.progress(factor=job.fraction, type="BAR", text=session.progress_text(job))
    layout.operator("world_tracing.cancel", icon="X")


def _draw_notice(layout: bpy.types.UILayout, notice: session.Notice, width: int, scale: float) -> None:
    box = layout.box().column(align=True)
    columns = max(20, int(width / (_CHARACTER_WIDTH * scale)) - 8)
    for text, icon in ((notice.message, "ERROR" if notice.error else "INFO"), (notice.hint, "BLANK1")):
        for line in textwrap.wrap(text, columns):
            box.label(text=line, icon=icon)
            icon = "BLANK1"
