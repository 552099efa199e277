"""A trace in an unsaved file, then Ctrl S: what was made moves in beside it, still shows, survives undo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import bpy
import hands
import numpy as np
from stage import SHARE, addon, check, layers, need, press_button, session, settings, until_idle

CHECKS = (
    "trace_button",
    "traced",
    "in_the_user_folder",
    "file_browser",
    "accept_button",
    "saved",
    "all_named_beside_the_blend",
    "said",
    "pictures_stay",
    "looks_the_same",
    "undo_finds_its_files",
    "saved_again_makes_nothing_new",
    "whole_without_the_user_folder",
)
PROJECT = Path("/tmp/Erst später gespeichert")
BLEND = PROJECT / "Tasse.blend"
HALF = 200  # pixels


def scenario() -> hands.Wait:
    """Everything in order."""
    PROJECT.mkdir()
    photo = bpy.data.images.load(os.environ["WT_GUI_IMAGE"])
    photo.pack()  # it is a file in the user folder when it is traced
    settings().source, settings().image, settings().steps = "IMAGE", photo, 2
    yield from hands.open_tab("World Tracing")
    for part in (traced, saved, undone, elsewhere):
        yield from part()


def traced() -> hands.Wait:
    """Trace World in a file that was never saved; the layers shown with their pictures."""
    yield from press_button("world_tracing.trace_world", "trace_button")
    yield from until_idle()
    need("traced", len(layers()) > 1, session().notice)
    hands.viewport().spaces[0].shading.color_type = "TEXTURE"
    yield 0.5
    kept = addon("preferences").user_folder("traces").parent
    ours = [file for file in named() if kept in file.parents]
    check("in_the_user_folder", len(ours) == len(layers()), ours)  # a stack, a colour a hidden layer


def saved() -> hands.Wait:
    """Ctrl S, a name in the file browser, Accept."""
    view = hands.region("WINDOW")
    yield from hands.move(5, 5)
    before = yield from look("before_saving")
    yield from hands.press("S", *hands.middle(view), ctrl=True)
    yield from hands.wait_for(lambda: len(bpy.context.window_manager.windows) == 2, 5)
    need("file_browser", len(bpy.context.window_manager.windows) == 2)
    yield 1.0
    browser, window = hands.area("FILE_BROWSER"), bpy.context.window_manager.windows[1]
    params = browser.spaces.active.params
    params.directory, params.filename = os.fsencode(PROJECT), BLEND.name
    yield 0.5
    run = hands.region("EXECUTE", browser)
    accept = run.x + run.width - 75, run.y + run.height // 2
    yield from hands.move(*accept, window)
    yield from hands.screenshot("file_browser")
    need("accept_button", "file.execute" in hands.under_mouse(run), hands.under_mouse(run))
    yield from hands.click(*accept, window)
    yield from hands.wait_for(BLEND.is_file, 10)
    yield 1.0
    need("saved", bpy.data.filepath == str(BLEND), bpy.data.filepath)
    stored = [image.filepath for image in bpy.data.images if image.filepath and not image.packed_file]
    stored += [member.world_tracing.stack for member in layers()]
    check("all_named_beside_the_blend", all(path.startswith("//world_tracing/") for path in stored), stored)
    check("said", "now in" in session().notice.message, session().notice)
    pictures = [image for image in bpy.data.images if image.filepath]
    check("pictures_stay", len(pictures) > 1 and all(image.size[0] for image in pictures), pictures)
    yield from hands.move(5, 5)
    after = yield from look("after_saving")
    changed = float((np.abs(before - after).max(-1) > 0.1).mean())
    check("looks_the_same", changed < 0.01 and float(before.std()) > 0.05, (changed, before.std()))


def undone() -> hands.Wait:
    """The layers that undo brings back have files; another Ctrl S names those that are there."""
    there = files()
    layers()[0].location.x += 1.0
    bpy.ops.ed.undo_push(message="Move")
    yield from hands.undo()
    back = [file for file in named() if PROJECT not in file.parents]
    found = len(layers()) > 1 and all(file.is_file() for file in named())
    check("undo_finds_its_files", bool(back) and found, named())
    yield from hands.press("S", *hands.middle(hands.region("WINDOW")), ctrl=True)
    yield 1.0
    check("saved_again_makes_nothing_new", files() == there, files() ^ there)


def elsewhere() -> hands.Wait:
    """As on another machine: opened from another folder, with nothing in the user folder."""
    for kind in ("traces", "images"):
        shutil.rmtree(addon("preferences").user_folder(kind))
    moved = PROJECT.rename(PROJECT.with_name("Anderswo"))
    bpy.ops.wm.open_mainfile(filepath=str(moved / BLEND.name), load_ui=False)
    yield 1.0
    missing = [file for file in named() if not file.is_file()]
    rebuilt = bpy.ops.world_tracing.rebuild_trace()
    whole = rebuilt == {"FINISHED"} and len(layers()) > 1 and not missing
    check("whole_without_the_user_folder", whole, missing)
    yield from hands.screenshot("elsewhere")


def look(name: str) -> Generator[float, None, np.ndarray]:
    """The middle of the viewport, (H, W, 3), from a screenshot."""
    yield from hands.screenshot(name)
    image = bpy.data.images.load(str(SHARE / f"{name}.png"))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    x, y = hands.middle(hands.region("WINDOW"))
    return pixels.reshape(height, width, 4)[y - HALF : y + HALF, x - HALF : x + HALF, :3]


def named() -> list[Path]:
    """All files of ours that the open file names."""
    origin = addon("scene.origin")
    images = [image for image in bpy.data.images if image.filepath and not image.packed_file]
    found = {Path(bpy.path.abspath(image.filepath)) for image in images}
    return sorted(found | {origin.stack_path(member) for member in origin.members()})


def files() -> set[Path]:
    """What lies beside the .blend."""
    return {path for path in PROJECT.rglob("*") if not path.name.startswith(BLEND.name)}
