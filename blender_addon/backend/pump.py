"""A timer on Blender's main thread that moves the jobs on, lives through file loads and rests when idle."""

from __future__ import annotations

from collections.abc import Callable

import bpy

_LOCKED_INTERVAL = 0.5

_step: Callable[[], float | None] | None = None


def start(step: Callable[[], float | None]) -> None:
    """Call `step` soon and then again after as many seconds as it returns, until it returns None."""
    global _step
    _step = step
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)


def stop() -> None:
    """Forget the step."""
    global _step
    _step = None
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _tick() -> float | None:
    if _step is None:
        return None
    if any(manager.is_interface_locked for manager in bpy.data.window_managers):
        return _LOCKED_INTERVAL  # a render is reading the scene
    return _step()
