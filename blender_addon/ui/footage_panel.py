"""Footage: trace a movie or an image sequence, import a shot."""

import bpy

from ..scene.footage_source import sources
from ..translations import words
from .panel import TAB

MOST = 8  # sources in the panel


class WORLD_TRACING_PT_footage(bpy.types.Panel):
    """Movies and image sequences become animated layers"""

    bl_idname = "WORLD_TRACING_PT_footage"
    bl_label = "Footage"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012  (Blender reads a plain set)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the operators; progress shows where that of images does."""
        column = self.layout.column(align=True)
        column.operator("world_tracing.trace_footage", icon="FILE_MOVIE")
        found = sources(context.scene)
        for source in found[:MOST]:
            known = column.operator("world_tracing.trace_footage", text=source.name, icon="SEQUENCE")
            known.filepath = str(source.path)
            known.start, known.first, known.last = source.start, source.first, source.last
            known.use_scene_rate = source.use_scene_rate
            known.use_range = False  # it has its place in a timeline that exists
        if len(found) > MOST:
            column.label(text=words("… and {count} more", count=len(found) - MOST))
        column.operator("world_tracing.import_shot", icon="IMPORT")
        column.operator("world_tracing.import_frame", icon="IMAGE_DATA")
        column.operator("world_tracing.merge_static", icon="SELECT_SUBTRACT")
