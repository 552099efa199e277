"""What goes wrong at first: a Python without PyTorch, a program that is no Python; then the right one.

And what is shown before a download: licence, size, where to accept and where the token goes.
"""

from __future__ import annotations

import os

import bpy
import hands
from stage import MODULE, check, need, press_button, session

SCREEN = (1600, 1200)
CHECKS = (
    "python_without_torch",
    "says_what_is_missing",
    "last_answer_goes",
    "no_python",
    "says_that_it_did_not_start",
    "right_python",
    "counts_at_once",
    "download_button",
    "dialog_has_pages",
)


def scenario() -> hands.Wait:
    """Everything in order."""
    bpy.ops.screen.userpref_show()
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "World Tracing"
    bpy.ops.preferences.addon_expand(module=MODULE)
    yield 1.5
    page = hands.region("WINDOW", hands.area("PREFERENCES"))
    chosen = bpy.context.preferences.addons[MODULE].preferences
    chosen.python = "/usr/bin/python3"
    yield from checked(page, "python_without_torch")
    notice = session().notice
    said = notice is not None and notice.code == "model_missing" and "torch" in notice.message
    check("says_what_is_missing", said, notice)
    chosen.python = "/bin/ls"
    check("last_answer_goes", session().notice is None and not session().is_running(), session().notice)
    yield from checked(page, "no_python")
    notice = session().notice
    said = notice is not None and notice.code == "model_missing" and "did not start" in notice.message
    check("says_that_it_did_not_start", said, notice)
    chosen.python = os.environ["WT_BACKEND_PYTHON"]
    yield from checked(page, "right_python")
    need("counts_at_once", bool((session().info() or {}).get("torch")), session().notice)
    yield from press_button("world_tracing.download_model", "download_button", page)
    yield 0.5
    yield from hands.screenshot("download")
    pages = session().model_pages("object")
    check("dialog_has_pages", len(pages) == 2, pages)


def checked(page: bpy.types.Region, name: str) -> hands.Wait:
    """Press Check Backend and wait for what comes of it."""
    yield from press_button("world_tracing.check_backend", name, page)
    yield from hands.wait_for(lambda: bool(session().notice or session().info()), 60)
    yield 0.3
    yield from hands.screenshot(name)
