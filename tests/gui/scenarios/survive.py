"""A trace lives through what people do meanwhile: undo, other windows, a locked render, another file.

Then the add-on is switched off in the middle of one, and on again.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import bpy
import hands
from stage import MODULE, TRACE_SECONDS, busy, check, layers, need, press_button, session, settings

SECONDS = 600
CHECKS = (
    "trace_button",
    "after_undo",
    "second_window",
    "after_second_window",
    "after_no_window",
    "after_locked_render",
    "after_another_file",
    "result_is_kept",
    "dialog",
    "two_variants",
    "keep_button",
    "one_kept",
    "trace_button_before_disable",
    "worker_runs",
    "disabled_ends_worker",
    "enabled_again",
)
LONG = 60  # denoising steps: enough for everything that happens meanwhile


def scenario() -> hands.Wait:
    """Everything in order."""
    settings().filepath = os.environ["WT_GUI_IMAGE"]
    for part in (meanwhile, another_file, variants, switched_off):
        yield from part()


def at_work() -> bool:
    """Whether the model has begun."""
    return any(job.step for job in session().jobs())


def meanwhile() -> hands.Wait:
    """Undo, a second window that comes and goes, and a render that locks the interface."""
    settings().steps = LONG
    yield from hands.open_tab("World Tracing")
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from hands.wait_for(at_work, TRACE_SECONDS)
    yield from hands.press("Z", *hands.middle(hands.region("WINDOW")), ctrl=True)
    check("after_undo", busy(), session().notice)
    bpy.ops.wm.window_new()
    yield 1.0
    check("second_window", len(bpy.context.window_manager.windows) == 2)
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[1]):
        bpy.ops.wm.window_close()
    yield 0.5
    check("after_second_window", busy() and len(bpy.context.window_manager.windows) == 1, session().notice)
    with bpy.context.temp_override(window=None):  # as timers find it for a moment when one was closed
        session()._redraw()
    check("after_no_window", busy(), session().notice)
    yield from locked_render()


def locked_render() -> hands.Wait:
    """The panel waits while a render reads the scene, and goes on afterwards."""
    render = bpy.context.scene.render
    render.engine, render.use_lock_interface = "CYCLES", True
    render.resolution_x = render.resolution_y = 64
    bpy.context.scene.cycles.samples, bpy.context.scene.cycles.use_denoising = 400, False
    bpy.context.scene.camera = bpy.data.objects.new("Eye", bpy.data.cameras.new("Eye"))
    bpy.context.collection.objects.link(bpy.context.scene.camera)
    locked, polled = [], time.monotonic()
    with bpy.context.temp_override(window=hands.window()):
        bpy.ops.render.render("INVOKE_DEFAULT")
    while time.monotonic() - polled < 30:
        locked.append(any(manager.is_interface_locked for manager in bpy.data.window_managers))
        if any(locked) and not locked[-1]:
            break
        yield 0.02
    check("after_locked_render", busy(), f"{sum(locked)} of {len(locked)} looks found a lock")
    for extra in list(bpy.context.window_manager.windows)[1:]:  # the one that shows the render
        with bpy.context.temp_override(window=extra):
            bpy.ops.wm.window_close()
    yield 0.5


def another_file() -> hands.Wait:
    """Another file is opened before the trace is done: nothing is forced into it, the stack is kept."""
    bpy.ops.wm.read_homefile(use_empty=False, app_template="")
    yield 1.0
    check("after_another_file", busy(), session().notice)
    yield from hands.wait_for(lambda: not busy(), 2 * TRACE_SECONDS)  # many steps, a machine that may be busy
    yield 0.5
    notice = session().notice
    kept = notice is not None and Path(notice.hint.partition(": ")[2]).is_file()
    check("result_is_kept", kept and not layers(), notice)
    yield from hands.open_tab("World Tracing")
    yield from hands.screenshot("closed_file")


def variants() -> hands.Wait:
    """Two seeds side by side by the dialog; one is kept."""
    settings().filepath, settings().steps = os.environ["WT_GUI_IMAGE"], 2
    with bpy.context.temp_override(
        window=hands.window(), area=hands.viewport(), region=hands.region("WINDOW")
    ):
        bpy.ops.world_tracing.seed_sweep("INVOKE_DEFAULT", count=2)
    yield 0.5
    yield from hands.screenshot("sweep_dialog")
    for value in ("PRESS", "RELEASE"):
        hands.window().event_simulate(type="RET", value=value, x=300, y=300)
        yield 0.1
    yield from hands.wait_for(busy, 5)
    check("dialog", len(session().jobs()) == 2, [job.label for job in session().jobs()])
    yield from hands.screenshot("queue")
    yield from hands.wait_for(lambda: not busy(), TRACE_SECONDS)
    yield 1.0
    roots = [o for o in bpy.data.objects if o.world_tracing.role == "ROOT"]
    need("two_variants", len(roots) == 2, session().notice)
    yield from hands.screenshot("variants")
    yield from press_button("world_tracing.keep_variant", "keep_button")
    yield 0.5
    roots = [o for o in bpy.data.objects if o.world_tracing.role == "ROOT"]
    check("one_kept", len(roots) == 1, [root.name for root in roots])


def switched_off() -> hands.Wait:
    """Disable the add-on in the middle of a trace, enable it again."""
    settings().steps = LONG
    yield from press_button("world_tracing.trace_world", "trace_button_before_disable")
    yield from hands.wait_for(at_work, 60)
    pid = session().backend()._worker.pid
    check("worker_runs", Path(f"/proc/{pid}").exists(), pid)
    bpy.ops.preferences.addon_disable(module=MODULE)
    yield 1.0
    check("disabled_ends_worker", not Path(f"/proc/{pid}").exists(), pid)
    bpy.ops.preferences.addon_enable(module=MODULE)
    yield 0.5
    yield from hands.open_tab("World Tracing")
    check("enabled_again", not busy() and session().worker_state().value == "stopped")
    yield from hands.screenshot("enabled")
