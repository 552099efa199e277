"""Panels, lists and what happens when a file is dropped."""

from .file_handlers import WORLD_TRACING_FH_image, WORLD_TRACING_FH_movie, WORLD_TRACING_FH_stack
from .footage_panel import WORLD_TRACING_PT_footage
from .geometry_panel import WORLD_TRACING_PT_geometry
from .menus import WORLD_TRACING_MT_image, WORLD_TRACING_MT_more, WORLD_TRACING_MT_viewport
from .panel import WORLD_TRACING_PT_image_editor, WORLD_TRACING_PT_trace
from .projection_panel import WORLD_TRACING_PT_projection
from .traces_panel import WORLD_TRACING_PT_layer, WORLD_TRACING_PT_traces, WORLD_TRACING_UL_traces

CLASSES = (
    WORLD_TRACING_MT_more,
    WORLD_TRACING_MT_viewport,
    WORLD_TRACING_MT_image,
    WORLD_TRACING_PT_trace,
    WORLD_TRACING_UL_traces,
    WORLD_TRACING_PT_traces,
    WORLD_TRACING_PT_layer,
    WORLD_TRACING_PT_geometry,
    WORLD_TRACING_PT_footage,
    WORLD_TRACING_PT_projection,
    WORLD_TRACING_PT_image_editor,
    WORLD_TRACING_FH_image,
    WORLD_TRACING_FH_movie,
    WORLD_TRACING_FH_stack,
)
