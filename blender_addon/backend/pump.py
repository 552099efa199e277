"""Timers on Blender's main thread that move things on, live through file loads and rest when idle."""

from __future__ import annotations

import functools
from collections.abc import Callable

import bpy

_LOCKED_INTERVAL = 0.5
_FAILED_INTERVAL = 5.0

Step = Callable[[], float | None]

_ticking: Step | None = None
_timers: dict[Step, Step] = {}  # step → what Blender calls


def start(step: Step) -> None:
    """Call `step` at once and then again after as many seconds as it returns, until it returns None."""
    if step is _ticking:
        return  # what it returns counts
    timer = _timers.setdefault(step, functools.partial(_tick, step))
    if bpy.app.timers.is_registered(timer):
        bpy.app.timers.unregister(timer)  # its next look may be seconds away
    bpy.app.timers.register(timer, first_interval=0.0, persistent=True)


def stop(step: Step) -> None:
    """Forget a step."""
    timer = _timers.pop(step, None)
    if timer is not None and bpy.app.timers.is_registered(timer):
        bpy.app.timers.unregister(timer)


def _tick(step: Step) -> float | None:
    global _ticking
    if any(manager.is_interface_locked for manager in bpy.data.window_managers):
        return _LOCKED_INTERVAL  # a render is reading the scene
    _ticking = step
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - Blender forgets a timer that raises: nothing would go on
        from . import session  # which imports this module

        session.say_unforeseen(error, "World Tracing was interrupted")
        return _FAILED_INTERVAL
    finally:
        _ticking = None
