"""What scenarios share: checks, the add-on's state, buttons by name, a watch for frozen windows, the run.

Runs inside Blender. A scenario is a module of `scenarios/` with a generator function `scenario` that yields
the seconds to wait before it goes on. Every check is written to /share/result.json as soon as it is known, so
that a Blender that dies half-way leaves what it had.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import bpy
import hands

MODULE = "bl_ext.user_default.world_tracing"
SHARE = Path("/share")
TRACE_SECONDS = 150.0  # a first trace also imports torch, on a busy machine of two cores

checks: dict[str, dict[str, object]] = {}


class ScenarioError(Exception):
    """Without this there is nothing more to see."""


def check(name: str, holds: bool, detail: object = "") -> None:
    """Record whether something is true."""
    checks[name] = {"holds": bool(holds), "detail": str(detail)}
    print(f"CHECK {name}: {holds} {detail}", flush=True)
    (SHARE / "result.json").write_text(json.dumps(checks, indent=1))


def need(name: str, holds: bool, detail: object = "") -> None:
    """A check without which the scenario cannot go on."""
    check(name, holds, detail)
    if not holds:
        raise ScenarioError(f"{name}: {detail}")


def addon(name: str) -> ModuleType:
    """A module of the installed add-on, such as "backend.session"."""
    return sys.modules[f"{MODULE}.{name}"]


def session() -> ModuleType:
    """The add-on's session module: what it would show in its panel."""
    return addon("backend.session")


def settings() -> bpy.types.PropertyGroup:
    """The settings of the next trace."""
    return bpy.context.scene.world_tracing


def busy() -> bool:
    """Whether a trace is under way."""
    return bool(session().jobs())


def layers() -> list[bpy.types.Object]:
    """Mesh layers in the file that have vertices."""
    return [o for o in bpy.data.objects if o.world_tracing.role == "LAYER" and len(o.data.vertices)]


def view() -> list[float]:
    """The viewport's orientation and place, as numbers."""
    return [value for row in hands.viewport().spaces[0].region_3d.view_matrix for value in row]


def show_panels(opened: tuple[str, ...] = (), closed: tuple[str, ...] = ()) -> None:
    """Which panels are open when the tab is drawn for the first time; call it before `hands.open_tab`."""
    for names, change in ((opened, set.discard), (closed, set.add)):
        for name in names:
            panel = getattr(bpy.types, name)
            options = set(getattr(panel, "bl_options", ()))
            change(options, "DEFAULT_CLOSED")
            bpy.utils.unregister_class(panel)
            panel.bl_options = options
            bpy.utils.register_class(panel)


def press_button(operator: str, name: str, within: bpy.types.Region | None = None) -> hands.Wait:
    """Find an operator's button in a region (the viewport's sidebar) and click it."""
    found: list[tuple[int, int]] = []
    yield from hands.find_button(operator, found, within)
    need(name, bool(found), found)
    yield from hands.click(*found[0], on=hands.place_of(within)[0] if within else None)


def until_idle(seconds: float = TRACE_SECONDS) -> hands.Wait:
    """Wait until the jobs that a click just started have ended, and their results are in the scene."""
    yield from hands.wait_for(busy, 2)
    yield from hands.wait_for(lambda: not busy(), seconds)
    yield 0.5


class Watch:
    """Counts what a frozen Blender would not do: timer ticks, viewport draws, longest pause between ticks."""

    def __init__(self) -> None:
        self.ticks = 0
        self.draws = 0
        self.longest = 0.0
        self.progress: set[str] = set()
        self._last = time.monotonic()
        self._on = True
        self._handler = bpy.types.SpaceView3D.draw_handler_add(self._drawn, (), "WINDOW", "POST_PIXEL")
        bpy.app.timers.register(self._tick, first_interval=0.05)

    def _drawn(self) -> None:
        self.draws += 1

    def _tick(self) -> float | None:
        if not self._on:
            return None
        now = time.monotonic()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        self.ticks += 1
        self.progress.update(session().progress_text(job) for job in session().jobs())
        hands.viewport().tag_redraw()
        return 0.05

    def stop(self) -> None:
        """Stop counting."""
        self._on = False
        bpy.types.SpaceView3D.draw_handler_remove(self._handler, "WINDOW")


def _installed() -> hands.Wait:
    """The extension is on, and its backend package is the zip's, not the checkout's; the scene is empty."""
    import wt_backend

    for thing in list(bpy.data.objects):  # Blender's start-up cube would stand in the pictures
        bpy.data.objects.remove(thing)
    bpy.ops.ed.undo_push(message="Empty scene")
    need("installed", MODULE in bpy.context.preferences.addons, bpy.app.version_string)
    check("package_from_zip", "extensions" in wt_backend.__file__, wt_backend.__file__)
    yield 0.5


def run(scenario: Callable[[], hands.Wait]) -> None:
    """Start the scenario as soon as Blender's window is there."""
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.view.smooth_view = 0
    running = _all(scenario)
    bpy.app.timers.register(lambda: _step(running), first_interval=0.5, persistent=True)


def _all(scenario: Callable[[], hands.Wait]) -> hands.Wait:
    yield 1.0
    yield from _installed()
    yield from scenario()


def _step(running: Iterator[float]) -> float | None:
    """One step, as a timer; a mistake in the scenario is a failed check too."""
    try:
        return next(running)
    except StopIteration:
        check("scenario", True, "ran to its end")
    except Exception:  # noqa: BLE001 - whatever it was, it must reach the report instead of a silent timer's end
        check("scenario", False, traceback.format_exc())
    (SHARE / "done").touch()
    return None
