"""Panels and menus."""

from .panel import WORLD_TRACING_PT_trace

CLASSES = (WORLD_TRACING_PT_trace,)
