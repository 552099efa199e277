"""Menus: more ways to trace beside the button, and File > Import."""

import bpy


class WORLD_TRACING_MT_more(bpy.types.Menu):
    """More ways to trace"""

    bl_idname = "WORLD_TRACING_MT_more"
    bl_label = "More Ways to Trace"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the operators."""
        self.layout.operator("world_tracing.seed_sweep", icon="PRESET")
        self.layout.operator("world_tracing.trace_folder", icon="FILE_FOLDER")
        self.layout.separator()
        self.layout.operator("world_tracing.trace_ground_truth", icon="SCENE_DATA")


def _draw_import(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator("world_tracing.import_stack", text="World Tracing Stack (.wts)")


def attach() -> None:
    """Add the entry to File > Import."""
    bpy.types.TOPBAR_MT_file_import.append(_draw_import)


def detach() -> None:
    """Take it away."""
    bpy.types.TOPBAR_MT_file_import.remove(_draw_import)
