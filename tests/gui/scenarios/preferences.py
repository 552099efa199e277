"""From nothing to a trace: the backend installed from a folder of wheels, in the preferences, by mouse.

The installation is cancelled once on its way and goes on; what it made then traces, is unloaded and removed.
"""

from __future__ import annotations

import os

import bpy
import hands
from stage import (
    MODULE,
    addon,
    busy,
    check,
    layers,
    need,
    press_button,
    session,
    settings,
    until_idle,
)

SCREEN = (1600, 1200)
SECONDS = 560
BACKEND = False
CHECKS = (
    "panel_says_what_to_do",
    "open_preferences",
    "not_installed",
    "install_button",
    "progress_shown",
    "cancel_button",
    "incomplete_said",
    "install_again_button",
    "installed_backend",
    "ready_said",
    "check_button",
    "devices_shown",
    "verify_button",
    "model_verified",
    "trace_button",
    "traced",
    "unload_button",
    "unloaded",
    "remove_button",
    "removed",
)


def scenario() -> hands.Wait:
    """Everything in order."""
    yield from hands.open_tab("World Tracing")
    yield from hands.screenshot("panel")
    check("panel_says_what_to_do", session().obstacle() is not None, session().obstacle())
    yield from press_button("preferences.addon_show", "open_preferences")
    yield 1.5
    check("not_installed", state() == "NOT_INSTALLED", state())
    chosen = bpy.context.preferences.addons[MODULE].preferences
    yield from hands.screenshot("preferences")
    chosen.wheels, chosen.base_python = os.environ["WT_GUI_WHEELS"], os.environ["WT_GUI_PYTHON"]
    for part in (cancelled, installed, checked):
        yield from part()
    settings().filepath, settings().steps = os.environ["WT_GUI_IMAGE"], 4
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from until_idle()
    check("traced", not busy() and len(layers()) > 0, session().notice)
    yield from removed()


def page() -> bpy.types.Region:
    """What the preferences show."""
    return hands.region("WINDOW", hands.area("PREFERENCES"))


def state() -> str:
    """How the managed environment stands."""
    return addon("backend.setup").state().name


def status() -> object:
    """Of the installation under way."""
    return addon("backend.setup").installation().status


def cancelled() -> hands.Wait:
    """Install, watch, cancel."""
    yield from press_button("world_tracing.install_backend", "install_button", page())
    yield from hands.wait_for(lambda: status().stage.name == "PACKAGES", 60)
    yield 2.0
    yield from hands.screenshot("installing")
    check("progress_shown", status().running and status().fraction > 0, status().text)
    yield from press_button("world_tracing.cancel_install", "cancel_button", page())
    yield from hands.wait_for(lambda: not status().running, 5)
    check("incomplete_said", state() == "INCOMPLETE" and status().error.kind == "cancelled", status().error)
    yield from hands.screenshot("incomplete")


def installed() -> hands.Wait:
    """Install again, to the end."""
    yield from press_button("world_tracing.install_backend", "install_again_button", page())
    yield from hands.wait_for(lambda: not status().running, 300)
    need("installed_backend", status().error is None, status().error or status().text)
    check("ready_said", state() == "READY", state())
    yield from hands.screenshot("installed")


def checked() -> hands.Wait:
    """Ask the backend what it is, and whether its model is whole."""
    yield from press_button("world_tracing.check_backend", "check_button", page())
    yield from hands.wait_for(lambda: session().info() is not None, 60)
    info = session().info() or {}
    check("devices_shown", bool(info.get("devices")), info)
    yield from press_button("world_tracing.verify_model", "verify_button", page())
    yield from until_idle(60)
    notice = session().notice
    check("model_verified", notice is not None and not notice.error, notice)
    yield from hands.screenshot("checked")


def removed() -> hands.Wait:
    """Free the memory, then take everything away."""
    yield from press_button("world_tracing.unload_model", "unload_button", page())
    yield 0.5
    check("unloaded", not session().is_running(), session().worker_state())
    yield from press_button("world_tracing.remove_backend", "remove_button", page())
    yield 0.3
    yield from hands.screenshot("remove")
    on = hands.place_of(page())[0]
    for value in ("PRESS", "RELEASE"):  # the question's default answer
        on.event_simulate(type="RET", value=value, x=page().x, y=page().y)
        yield 0.1
    yield from hands.wait_for(lambda: state() == "NOT_INSTALLED", 20)
    check("removed", state() == "NOT_INSTALLED", state())
