"""Photos onto meshes: align, project, re-project."""

import bpy

from ..scene import projected_look, projection, traces
from ..translations import words
from .panel import TAB


class WORLD_TRACING_PT_projection(bpy.types.Panel):
    """Project the photos of traces onto other meshes"""

    bl_idname = "WORLD_TRACING_PT_projection"
    bl_label = "Projection"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_parent_id = "WORLD_TRACING_PT_traces"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace."""
        return bool(traces.roots(context.scene))

    def draw(self, context: bpy.types.Context) -> None:
        """Say what onto what, then the operators."""
        layout, settings = self.layout, context.scene.world_tracing
        meshes, roots = len(projection.targets(context)), len(projection.cameras(context))
        text = words("Meshes: {meshes}, photos: {photos}", meshes=meshes, photos=roots)
        layout.label(text=text, icon="INFO")
        column = _settings_and_buttons(layout, settings, "try_turns")
        column.operator("world_tracing.fit_to_layers", icon="SNAP_ON")
        column = _settings_and_buttons(layout, settings, "unwrap", "texture_size", "layer_hides")
        column.operator("world_tracing.project_texture", icon="TEXTURE").route = "BAKE"
        shader = column.operator("world_tracing.project_texture", text="UV Map per Camera", icon="UV")
        shader.route = "SHADER"
        tint = projected_look.tint_of(context.object)
        if tint is not None:
            layout.prop(tint, "default_value", text="Tint Guessed", slider=True)
        layout.operator("world_tracing.reproject", icon="FILE_REFRESH")


def _settings_and_buttons(
    layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup, *names: str
) -> bpy.types.UILayout:
    """A column with these settings of the scene, to be gone on with the buttons that obey them."""
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    for name in names:
        column.prop(settings, name)
    return column
