"""Files dropped on the 3D viewport."""

import bpy

from wt_backend.footage.numbering import SUFFIXES


class _OnViewport:
    """Files that are dropped on the 3D viewport."""

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """On the 3D viewport only."""
        return context.area is not None and context.area.type == "VIEW_3D"


class WORLD_TRACING_FH_image(bpy.types.FileHandler, _OnViewport):
    """Images are traced, after a question"""

    bl_idname = "WORLD_TRACING_FH_image"
    bl_label = "Trace World"
    bl_import_operator = "world_tracing.trace_world"
    bl_file_extensions = ";".join(sorted(SUFFIXES))


class WORLD_TRACING_FH_movie(bpy.types.FileHandler, _OnViewport):
    """Movies are traced, after a question"""

    bl_idname = "WORLD_TRACING_FH_movie"
    bl_label = "Trace Footage"
    bl_import_operator = "world_tracing.trace_footage"
    bl_file_extensions = ";".join(sorted(bpy.path.extensions_movie - SUFFIXES))


class WORLD_TRACING_FH_stack(bpy.types.FileHandler, _OnViewport):
    """Stacks are imported"""

    bl_idname = "WORLD_TRACING_FH_stack"
    bl_label = "Layer Stack"
    bl_import_operator = "world_tracing.import_stack"
    bl_file_extensions = ".wts"
