"""What a person does in the window, and what must then be true; runs inside Blender.

Every check is written to /share/result.json as soon as it is known, so that a Blender that dies half-way
leaves what it had.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import hands

MODULE = "bl_ext.user_default.world_tracing"
SHARE = Path("/share")
TRACE_SECONDS = 150.0  # a first trace also imports torch, on a busy machine of two cores
ENDLESS = 1000  # denoising steps: a trace that will not end by itself before it is cancelled or killed

checks: dict[str, dict[str, object]] = {}


class ScenarioError(Exception):
    """Without this there is nothing more to see."""


def check(name: str, holds: bool, detail: object = "") -> None:
    """Record whether something is true."""
    checks[name] = {"holds": bool(holds), "detail": str(detail)}
    print(f"CHECK {name}: {holds} {detail}", flush=True)
    (SHARE / "result.json").write_text(json.dumps(checks, indent=1))


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


def need(name: str, holds: bool, detail: object = "") -> None:
    """A check without which the scenario cannot go on."""
    check(name, holds, detail)
    if not holds:
        raise ScenarioError(f"{name}: {detail}")


def session() -> object:
    """The add-on's session module: what it would show in its panel."""
    return sys.modules[f"{MODULE}.backend.session"]


def busy() -> bool:
    """Whether a trace is under way."""
    return bool(session().jobs())


def layers() -> list[bpy.types.Object]:
    """Mesh layers in the file that have vertices."""
    return [o for o in bpy.data.objects if o.world_tracing.role == "LAYER" and len(o.data.vertices)]


def worker_pids() -> list[int]:
    """Processes that run the backend."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if b"wt_backend.worker" in words:
                found.append(int(entry.name))
    return found


def view() -> list[float]:
    """The viewport's orientation and place, as numbers."""
    return [value for row in hands.viewport().spaces[0].region_3d.view_matrix for value in row]


def installed() -> Iterator[float]:
    """The extension is on, and its backend package is the zip's, not the checkout's."""
    import wt_backend

    for thing in list(bpy.data.objects):  # Blender's start-up cube would stand in the pictures
        bpy.data.objects.remove(thing)
    bpy.ops.ed.undo_push(message="Empty scene")

    need("installed", MODULE in bpy.context.preferences.addons, bpy.app.version_string)
    check("package_from_zip", "extensions" in wt_backend.__file__, wt_backend.__file__)
    yield 0.5


def press_button(operator: str, name: str) -> Iterator[float]:
    """Find an operator's button in the sidebar and click it."""
    found: list[tuple[int, int]] = []
    yield from hands.find_button(operator, found)
    need(name, bool(found), found)
    yield from hands.click(*found[0])


def first_trace() -> Iterator[float]:
    """Trace World by mouse; the viewport answers while it runs; layers arrive; undo takes them away again."""
    bpy.context.scene.world_tracing.filepath = os.environ["WT_GUI_IMAGE"]
    yield from hands.open_tab("World Tracing")
    yield from hands.screenshot("panel")
    watch = Watch()
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from hands.wait_for(busy, 2)
    need("started", busy(), session().notice)
    before = view()
    yield from hands.press("NUMPAD_1", *hands.middle(hands.region("WINDOW")))
    yield from hands.wait_for(lambda: view() != before, 2)
    check("key_handled_while_tracing", busy() and view() != before, f"busy: {busy()}")
    yield from hands.screenshot("tracing")
    start = time.monotonic()
    yield from hands.wait_for(lambda: not busy(), TRACE_SECONDS)
    watch.stop()
    check("ended", not busy(), f"{time.monotonic() - start:.1f} s")
    pulse = f"{watch.ticks} ticks, {watch.draws} draws, longest pause {watch.longest:.2f} s"
    check("viewport_answers", watch.ticks > 20 and watch.draws > 10 and watch.longest < 2.0, pulse)
    check("progress_moves", len(watch.progress) >= 3, sorted(watch.progress))
    yield 0.5
    need("layers", len(layers()) >= 1, [(o.name, len(o.data.vertices)) for o in layers()] or session().notice)


def look() -> Iterator[float]:
    """Look at the result, textured: through the trace's own camera, then from the side."""
    space = hands.viewport().spaces[0]
    space.shading.color_type = "TEXTURE"
    yield from press_button("world_tracing.use_trace_camera", "camera_button")
    camera = bpy.context.scene.camera
    through = space.region_3d.view_perspective == "CAMERA" and camera.world_tracing.role == "CAMERA"
    check("looks_through_trace_camera", through, camera.name)
    yield from hands.screenshot("camera")
    for member in bpy.context.view_layer.objects:
        member.select_set(member in layers())
    place = hands.middle(hands.region("WINDOW"))
    yield from hands.press(
        "NUMPAD_PERIOD", *place
    )  # frame them; Blender orbits from there, not from a camera
    before = view()
    for key in ("NUMPAD_4", "NUMPAD_4", "NUMPAD_4", "NUMPAD_8"):
        yield from hands.press(key, *place)
    for layer in layers():
        layer.select_set(False)
    check("orbits_away", view() != before and space.region_3d.view_perspective != "CAMERA")
    yield from hands.screenshot("side")


def undo() -> Iterator[float]:
    """The import is one undo step of its own."""
    count = len(layers())
    place = hands.middle(hands.region("WINDOW"))
    yield from hands.press("Z", *place, ctrl=True)
    yield 0.5
    check("undo", not layers(), f"{count} → {len(layers())} layers")
    yield from hands.press("Z", *place, ctrl=True, shift=True)
    yield 0.5
    check("redo", len(layers()) == count, f"{len(layers())} layers")


def endless_trace(name: str) -> Iterator[float]:
    """Start a trace that will not end by itself, and wait until its model is at work."""
    bpy.context.scene.world_tracing.steps = ENDLESS
    yield from press_button("world_tracing.trace_world", name)
    yield from hands.wait_for(lambda: any(job.total == ENDLESS and job.step for job in session().jobs()), 60)


def cancel() -> Iterator[float]:
    """Cancel in the middle of a run."""
    yield from endless_trace("trace_button_again")
    yield from press_button("world_tracing.cancel", "cancel_button")
    start = time.monotonic()
    yield from hands.wait_for(lambda: not busy(), 10, step=0.05)
    elapsed = time.monotonic() - start
    check("cancelled", not busy() and elapsed < 3.5, f"{elapsed:.2f} s, {session().notice}")
    yield from hands.screenshot("cancelled")


def kill() -> Iterator[float]:
    """Kill the worker; Blender stays usable and says why, and the next trace works."""
    yield from endless_trace("trace_button_before_kill")
    pids = worker_pids()
    check("worker_runs", len(pids) == 1, pids)
    start = time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    yield from hands.wait_for(lambda: not busy(), 10, step=0.05)
    elapsed = time.monotonic() - start
    notice = session().notice
    check(
        "killed_is_said",
        not busy() and elapsed < 2.0 and bool(notice and notice.error),
        f"{elapsed:.2f} s, {notice}",
    )
    yield from hands.screenshot("killed")
    before = len(layers())
    bpy.context.scene.world_tracing.steps = 0
    yield from press_button("world_tracing.trace_world", "trace_button_after_kill")
    yield from hands.wait_for(busy, 2)
    yield from hands.wait_for(lambda: not busy(), TRACE_SECONDS)
    yield 0.5
    check(
        "traced_after_kill", len(layers()) > before, f"{before} → {len(layers())} layers, {session().notice}"
    )


def scenario() -> Iterator[float]:
    """Everything in order."""
    yield 1.0
    for part in (installed, first_trace, undo, look, cancel, kill):
        yield from part()


def step() -> float | None:
    """One step of the scenario, as a timer; a mistake in the scenario is a failed check too."""
    try:
        return next(running)
    except StopIteration:
        check("scenario", True, "ran to its end")
    except Exception:  # noqa: BLE001 - whatever it was, it must reach the report instead of a silent timer's end
        check("scenario", False, traceback.format_exc())
    (SHARE / "done").touch()
    return None


bpy.context.preferences.view.show_splash = False
bpy.context.preferences.view.smooth_view = 0
running = scenario()
bpy.app.timers.register(step, first_interval=0.5, persistent=True)
