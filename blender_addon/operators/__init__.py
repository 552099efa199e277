"""Operators, one file for each thing to do."""

from .backend_control import (
    WORLD_TRACING_OT_check_backend,
    WORLD_TRACING_OT_open_log,
    WORLD_TRACING_OT_unload_model,
)
from .cancel import WORLD_TRACING_OT_cancel
from .import_stack import WORLD_TRACING_OT_import_stack
from .seed_sweep import WORLD_TRACING_OT_keep_variant, WORLD_TRACING_OT_seed_sweep
from .trace_folder import WORLD_TRACING_OT_trace_folder
from .trace_ground_truth import WORLD_TRACING_OT_trace_ground_truth
from .trace_history import (
    WORLD_TRACING_OT_delete_trace,
    WORLD_TRACING_OT_rebuild_trace,
    WORLD_TRACING_OT_select_trace,
)
from .trace_world import WORLD_TRACING_OT_trace_world
from .use_image import WORLD_TRACING_OT_use_image
from .use_trace_camera import WORLD_TRACING_OT_use_trace_camera

CLASSES = (
    WORLD_TRACING_OT_trace_world,
    WORLD_TRACING_OT_trace_folder,
    WORLD_TRACING_OT_seed_sweep,
    WORLD_TRACING_OT_keep_variant,
    WORLD_TRACING_OT_import_stack,
    WORLD_TRACING_OT_cancel,
    WORLD_TRACING_OT_use_trace_camera,
    WORLD_TRACING_OT_use_image,
    WORLD_TRACING_OT_select_trace,
    WORLD_TRACING_OT_rebuild_trace,
    WORLD_TRACING_OT_delete_trace,
    WORLD_TRACING_OT_check_backend,
    WORLD_TRACING_OT_unload_model,
    WORLD_TRACING_OT_open_log,
    WORLD_TRACING_OT_trace_ground_truth,
)
