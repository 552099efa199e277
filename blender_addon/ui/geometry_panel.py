"""What can be made of a trace: hidden colour, solids, fewer faces, scale and place, selections, export."""

import bpy

from ..scene import hidden_colour, traces, viewport
from ..translations import words
from .panel import TAB


class WORLD_TRACING_PT_geometry(bpy.types.Panel):
    """Geometry of the active trace"""

    bl_idname = "WORLD_TRACING_PT_geometry"
    bl_label = "Geometry"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_parent_id = "WORLD_TRACING_PT_traces"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace."""
        return traces.active_root(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the operators by what they are about."""
        layout = self.layout
        root = traces.active_root(context)
        if root is None:
            return
        column = layout.column(align=True)
        column.label(text="Hidden Colour")
        column.row(align=True).prop(root.world_tracing, "hidden_colour", expand=True)
        column.operator("world_tracing.fill_colour", icon="BRUSH_DATA")
        if root.world_tracing.hidden_colour == "FILLED" and not hidden_colour.is_dressed(root):
            column.label(text="Not filled in yet", icon="INFO")
        layout.prop(root.world_tracing, "lit")
        column = layout.column(align=True)
        column.label(text="Mesh")
        column.prop(context.scene.world_tracing, "solid_resolution")
        column.operator("world_tracing.make_solid", icon="MESH_ICOSPHERE")
        column.operator_menu_enum("world_tracing.decimate", "budget", icon="MOD_DECIM")
        if traces.solids_of(root):
            text = "Show Layers" if viewport.is_solid_shown(root) else "Show Solid"
            column.operator("world_tracing.swap_solid", text=text, icon="HIDE_OFF")
        column = layout.column(align=True)
        unit = words("metres") if root.world_tracing.metric else words("unknown scale")
        column.label(text=words("Place ({unit})", unit=unit))
        column.operator("world_tracing.set_scale", icon="DRIVER_DISTANCE")
        column.operator("world_tracing.ground", icon="VIEW_PERSPECTIVE")
        column.operator("world_tracing.use_known_camera", icon="CAMERA_DATA")
        column = layout.column(align=True)
        column.label(text="Sky")
        column.operator("world_tracing.find_sky", icon="LIGHT_SUN")
        row = column.row(align=True)
        row.operator("world_tracing.mark_sky", text="Selected", icon="ADD").sky = True
        row.operator("world_tracing.mark_sky", text="Selected", icon="REMOVE").sky = False
        column.template_ID(root.world_tracing, "sky", open="image.open")
        row = column.row()
        row.enabled = bool(traces.layers_of(root))  # a shot's frames keep their sky
        row.prop(root.world_tracing, "without_sky")
        column = layout.column(align=True)
        column.label(text="Select")
        column.operator("world_tracing.select_under_mask", icon="MOD_MASK")
        column.operator("world_tracing.select_same_pixel", icon="LAYER_ACTIVE")
        column.operator("world_tracing.select_sky", icon="RESTRICT_SELECT_OFF")
        layout.operator_menu_enum("world_tracing.export", "kind", icon="EXPORT")
