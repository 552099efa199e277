"""Operators, one file each."""

from .cancel import WORLD_TRACING_OT_cancel
from .import_stack import WORLD_TRACING_OT_import_stack
from .trace_ground_truth import WORLD_TRACING_OT_trace_ground_truth
from .trace_world import WORLD_TRACING_OT_trace_world
from .use_trace_camera import WORLD_TRACING_OT_use_trace_camera

CLASSES = (
    WORLD_TRACING_OT_trace_world,
    WORLD_TRACING_OT_import_stack,
    WORLD_TRACING_OT_cancel,
    WORLD_TRACING_OT_use_trace_camera,
    WORLD_TRACING_OT_trace_ground_truth,
)
