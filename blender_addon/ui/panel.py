"""Trace World: choose an image, press the button, watch it come."""

import bpy

from wt_backend.protocol import BackendError

from .. import preferences
from ..backend import session, setup
from ..backend.jobs import Job, JobState
from ..scene import cut_out
from ..translations import words
from .install_button import draw_install
from .text import draw_error, draw_text, size_text

TAB = "World Tracing"


class WORLD_TRACING_PT_trace(bpy.types.Panel):
    """Trace World, in the sidebar of the 3D viewport"""

    bl_idname = "WORLD_TRACING_PT_trace"
    bl_label = "Trace World"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB

    def draw(self, context: bpy.types.Context) -> None:
        """Draw image, settings, button or progress, and the last message."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.world_tracing
        row = layout.row(align=True)
        row.prop(settings, "source", expand=True)
        row.operator("world_tracing.paste_image", text="", icon="PASTEDOWN")
        if settings.source == "FILE":
            layout.prop(settings, "filepath")
        else:
            layout.template_ID(settings, "image", open="image.open")
        draw_jobs(layout)
        draw_settings(layout, settings)
        draw_button(layout, context)
        draw_notice(layout, context)


class WORLD_TRACING_PT_image_editor(bpy.types.Panel):
    """Trace World for the image that the Image Editor shows"""

    bl_idname = "WORLD_TRACING_PT_image_editor"
    bl_label = "Trace World"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = TAB

    def draw(self, context: bpy.types.Context) -> None:
        """The same settings; what is traced is the image in the editor."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.world_tracing
        shown = context.space_data.image
        column = layout.column(align=True)
        column.operator("world_tracing.use_image", text="Use as Image", icon="IMAGE_DATA").target = "IMAGE"
        column.operator("world_tracing.use_image", text="Use as Mask", icon="MOD_MASK").target = "MASK"
        column.operator("world_tracing.paste_image", icon="PASTEDOWN")
        column = layout.column(align=True)
        column.operator("world_tracing.mask_from_box", icon="SELECT_SET")
        column.operator("world_tracing.paint_mask", icon="BRUSH_DATA")
        brush = context.scene.tool_settings.image_paint.brush
        if cut_out.is_cut_out(shown) and context.space_data.ui_mode == "PAINT" and brush is not None:
            column.prop(brush, "blend", text="Brush")
        draw_jobs(layout)
        draw_settings(layout, settings)
        draw_button(layout, context)
        draw_notice(layout, context)


def draw_settings(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    """The settings of the next trace."""
    layout.prop(settings, "mask_source")
    if settings.mask_source == "FILE":
        layout.prop(settings, "mask", text=" ")
    elif settings.mask_source == "IMAGE":
        layout.template_ID(settings, "mask_image", new="image.new", open="image.open")
    layout.prop(settings, "mode")
    layout.prop(settings, "fit")
    row = layout.row(align=True)
    row.prop(settings, "model")
    row.operator("world_tracing.choose_checkpoint", text="", icon="FILEBROWSER")
    model = session.model(settings.model)
    if model is not None:
        _draw_model(layout, model)
    layout.prop(settings, "seed")
    layout.prop(settings, "steps")
    layout.prop(settings, "output")
    layout.prop(settings, "fill")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The button, or what has to be done before."""
    obstacle = session.obstacle()
    if obstacle is not None:
        _draw_setup(layout, context, obstacle)
        return
    row = layout.row(align=True)
    row.scale_y = 1.4
    text = "Add to Queue" if session.jobs() else "Trace World"
    row.operator("world_tracing.trace_world", text=text, icon="OUTLINER_OB_CAMERA")
    row.menu("WORLD_TRACING_MT_more", text="", icon="DOWNARROW_HLT")
    if hint := session.version_hint():
        draw_text(layout.column(align=True), context, hint, "INFO")
        _offer_preferences(layout)


def draw_jobs(layout: bpy.types.UILayout) -> None:
    """What is at work, above the settings: in a small window, too, Cancel is in sight."""
    running = session.jobs()
    if not running:
        return
    for job in running[:4]:
        _draw_job(layout, job, first=job is running[0], alone=len(running) == 1)
    if len(running) > 4:
        layout.label(text=words("… and {count} more", count=len(running) - 4))
    layout.operator("world_tracing.cancel", text="Cancel All" if len(running) > 1 else "Cancel", icon="X")


def draw_notice(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The last message, wrapped to the width of the sidebar."""
    notice = session.notice
    if notice is not None:
        box = layout.box().column(align=True)
        if notice.error:
            draw_error(box, context, notice.message, notice.hint, notice.code)
        else:
            draw_text(box, context, notice.message, "INFO")
            draw_text(box, context, notice.hint, "BLANK1")


def _draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context, obstacle: BackendError) -> None:
    """The backend is missing: say so where the button would be, and offer to install it."""
    box = layout.box().column()
    installation = setup.installation()
    if installation is not None and installation.status.running:
        status = installation.status
        box.label(text=f"{words(status.stage.value[0])}…", icon="IMPORT")
        box.progress(factor=status.fraction, type="BAR", text=status.detail)
        box.operator("world_tracing.cancel_install", icon="X")
        return
    draw_text(box.column(align=True), context, obstacle.message, "INFO")
    draw_text(box.column(align=True), context, obstacle.hint, "BLANK1")
    if not preferences.get().python:
        draw_install(box, context)
    _offer_preferences(box)


def _offer_preferences(layout: bpy.types.UILayout) -> None:
    show = layout.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES")
    show.module = preferences.ADDON


def _draw_model(layout: bpy.types.UILayout, model: dict) -> None:
    column = layout.column(align=True)
    column.active = False
    size = size_text(model["size_mb"])
    place = words("Installed") if model["available"] else words("{size} to download", size=size)
    column.label(text=model["licence"], icon="BLANK1")
    text = words("{place}, {memory} GB memory", place=place, memory=round(model["memory_gb"]))
    column.label(text=text, icon="BLANK1")
    if not model["available"]:
        layout.operator("world_tracing.download_model", icon="IMPORT").model = model["name"]


def _draw_job(layout: bpy.types.UILayout, job: Job, first: bool, alone: bool) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    row.label(text=job.label, icon="IMAGE_DATA" if first else "TIME")
    if not alone:
        row.operator("world_tracing.cancel", text="", icon="X", emboss=False).job = job.id
    if first or job.state is not JobState.QUEUED:
        column.progress(factor=job.fraction, type="BAR", text=session.progress_text(job))
