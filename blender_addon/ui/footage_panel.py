"""Footage: trace a movie or an image sequence, import a shot."""

import bpy

from .panel import TAB


class WORLD_TRACING_PT_footage(bpy.types.Panel):
    """Movies and image sequences become animated layers"""

    bl_idname = "WORLD_TRACING_PT_footage"
    bl_label = "Footage"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  (Blender reads a plain set)

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the operators; progress shows where that of images does."""
        column = self.layout.column(align=True)
        column.operator("world_tracing.trace_footage", icon="FILE_MOVIE")
        column.operator("world_tracing.import_shot", icon="IMPORT")
        column.operator("world_tracing.merge_static", icon="SELECT_SUBTRACT")
