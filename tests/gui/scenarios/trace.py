"""Trace World with mouse and keys: progress, layers, undo, camera, Cancel on the way, the worker killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import bpy
import hands
from stage import TRACE_SECONDS, Watch, busy, check, layers, need, press_button, session, settings, view

CHECKS = (
    "trace_button",
    "started",
    "key_handled_while_tracing",
    "ended",
    "viewport_answers",
    "progress_moves",
    "layers",
    "camera_button",
    "looks_through_trace_camera",
    "orbits_away",
    "undo",
    "redo",
    "trace_button_again",
    "begins_at_once",
    "cancel_button",
    "cancelled",
    "trace_button_before_kill",
    "worker_runs",
    "killed_is_said",
    "trace_button_after_kill",
    "traced_after_kill",
)
ENDLESS = 1000  # denoising steps: a trace that will not end by itself before it is cancelled or killed


def scenario() -> hands.Wait:
    """Everything in order."""
    for part in (first_trace, undo, look, cancel, kill):
        yield from part()


def first_trace() -> hands.Wait:
    """Trace World by mouse; the viewport answers while it runs; layers arrive; undo takes them away again."""
    settings().filepath = os.environ["WT_GUI_IMAGE"]
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


def look() -> hands.Wait:
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


def undo() -> hands.Wait:
    """The import is one undo step of its own."""
    count = len(layers())
    place = hands.middle(hands.region("WINDOW"))
    yield from hands.press("Z", *place, ctrl=True)
    yield 0.5
    check("undo", not layers(), f"{count} → {len(layers())} layers")
    yield from hands.press("Z", *place, ctrl=True, shift=True)
    yield 0.5
    check("redo", len(layers()) == count, f"{len(layers())} layers")


def endless_trace(name: str) -> hands.Wait:
    """Start a trace that will not end by itself, and wait until its model is at work."""
    settings().steps = ENDLESS
    yield from press_button("world_tracing.trace_world", name)
    start = time.monotonic()
    yield from hands.wait_for(lambda: any(job.stage for job in session().jobs()), 60, step=0.05)
    if name == "trace_button_again":  # the worker of the first trace rests
        check("begins_at_once", time.monotonic() - start < 1.0, f"{time.monotonic() - start:.2f} s")
    yield from hands.wait_for(lambda: any(job.total == ENDLESS and job.step for job in session().jobs()), 60)


def cancel() -> hands.Wait:
    """Cancel in the middle of a run."""
    yield from endless_trace("trace_button_again")
    yield from press_button("world_tracing.cancel", "cancel_button")
    start = time.monotonic()
    yield from hands.wait_for(lambda: not busy(), 10, step=0.05)
    elapsed = time.monotonic() - start
    check("cancelled", not busy() and elapsed < 3.5, f"{elapsed:.2f} s, {session().notice}")
    yield from hands.screenshot("cancelled")


def kill() -> hands.Wait:
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
    settings().steps = 0
    yield from press_button("world_tracing.trace_world", "trace_button_after_kill")
    yield from hands.wait_for(busy, 2)
    yield from hands.wait_for(lambda: not busy(), TRACE_SECONDS)
    yield 0.5
    check(
        "traced_after_kill", len(layers()) > before, f"{before} → {len(layers())} layers, {session().notice}"
    )


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
