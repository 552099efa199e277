"""Trace Footage from the panel on a Movie Clip of the file; then scrub with the keyboard, and play."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import bpy
import hands
from stage import addon, busy, check, need, press_button, session, show_panels, until_idle

from wt_backend.stack import Shot

CHECKS = (
    "clip_is_listed",
    "started",
    "ended",
    "three_frames",
    "camera_button",
    "each_frame_shows_its_own",
    "plays",
    "cache_or_sentence",
)
SCREEN = (1280, 1000)
FRAMES = 5
SECONDS = 480
CLIP = Path("/tmp/cup moves.mp4")
MAKE = """
import sys, av, cv2, numpy as np
picture = cv2.resize(cv2.imread(sys.argv[1])[..., ::-1], (192, 144), interpolation=cv2.INTER_AREA)
with av.open(sys.argv[2], "w") as container:
    stream = container.add_stream("libx264", rate=24)
    stream.width, stream.height, stream.pix_fmt = 192, 144, "yuv420p"
    for number in range(int(sys.argv[3])):
        move = np.float32([[1, 0, 8 * number - 16], [0, 1, 0]])
        moved = cv2.warpAffine(picture, move, (192, 144), borderMode=cv2.BORDER_REPLICATE)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), format="rgb24")))
    container.mux(stream.encode())
"""


def scenario() -> hands.Wait:
    """Everything in order."""
    for part in (trace, scrub, play, bake):
        yield from part()


def trace() -> hands.Wait:
    """The clip's own button opens the settings; Enter starts the trace."""
    subprocess.run(
        [os.environ["WT_BACKEND_PYTHON"], "-c", MAKE, os.environ["WT_GUI_IMAGE"], CLIP, str(FRAMES)],
        check=True,
    )
    bpy.data.movieclips.load(str(CLIP))
    show_panels(opened=("WORLD_TRACING_PT_footage",), closed=("WORLD_TRACING_PT_trace",))
    yield from hands.open_tab("World Tracing")
    place: list[tuple[int, int]] = []
    yield from hands.find_button("world_tracing.trace_footage", place)
    x, y = place[0] if place else (0, 0)
    for _ in range(8):
        if CLIP.name in hands.under_mouse(hands.region("UI")):
            break
        y -= hands.SCAN_STEP
        yield from hands.move(x, y)
    need("clip_is_listed", CLIP.name in hands.under_mouse(hands.region("UI")))
    yield from hands.screenshot("panel")
    yield from hands.click(x, y)
    yield 0.5
    yield from hands.screenshot("settings")
    yield from hands.press("RET", x, y)
    yield from hands.wait_for(busy, 3)
    need("started", busy(), session().notice)
    yield from hands.wait_for(lambda: any("/" in session().progress_text(j) for j in session().jobs()), 60)
    yield from hands.screenshot("tracing")
    yield from until_idle(300)
    check("ended", not busy(), session().notice)
    scene = bpy.context.scene
    kept = (scene.frame_start, scene.frame_end, scene.frame_current) == (1, 250, 1)  # a clip's timeline
    need("three_frames", kept and bool(visible()), visible())


def visible() -> dict[int, list[str]]:
    """Layer → the objects that show it now."""
    found: dict[int, list[str]] = {}
    for member in bpy.context.scene.objects:
        if member.world_tracing.role == "LAYER" and member.visible_get():
            found.setdefault(member.world_tracing.layer, []).append(member.name)
    return found


def scrub() -> hands.Wait:
    """Arrow keys over the viewport; each frame shows its own mesh of every layer, and only that."""
    space = hands.viewport().spaces[0]
    space.shading.color_type = "TEXTURE"
    yield from press_button("world_tracing.use_trace_camera", "camera_button")
    place = hands.middle(hands.region("WINDOW"))
    scene = bpy.context.scene
    wrong = []
    for frame in range(1, FRAMES + 1):
        shown = visible()
        if (
            scene.frame_current != frame
            or any(not name.endswith(f" {frame:05}") for names in shown.values() for name in names)
            or any(len(names) != 1 for names in shown.values())
        ):
            wrong.append((frame, scene.frame_current, shown))
        if frame % 2:
            yield from hands.screenshot(f"frame{frame}")
        if frame < FRAMES:
            yield from hands.press("RIGHT_ARROW", *place)
    check("each_frame_shows_its_own", not wrong, wrong or visible())
    for member in bpy.context.view_layer.objects:
        member.select_set(member.world_tracing.role == "LAYER" and member.visible_get())
    for key in ("NUMPAD_PERIOD", "NUMPAD_4", "NUMPAD_4", "NUMPAD_4", "NUMPAD_8"):  # first: leave the camera
        yield from hands.press(key, *place)
    for member in bpy.context.view_layer.objects:
        member.select_set(False)
    yield from hands.screenshot("side")


def play() -> hands.Wait:
    """The space bar plays the shot."""
    place = hands.middle(hands.region("WINDOW"))
    seen: set[int] = set()
    yield from hands.press("SPACE", *place)
    for _ in range(30):
        seen.add(bpy.context.scene.frame_current)
        yield 0.1
    yield from hands.press("SPACE", *place)
    check("plays", len(seen) >= 3, sorted(seen))


def bake() -> hands.Wait:
    """Debian's Blender writes neither USD nor Alembic and says so; any other makes the cache."""
    root = next(thing for thing in bpy.data.objects if thing.world_tracing.role == "ROOT")
    shot = Shot.load(Path(bpy.path.abspath(root.world_tracing.stack)).parent)
    shot_cache = addon("scene.shot_cache")
    try:
        players = shot_cache.bake(bpy.context, shot, "USD", addon("scene.layer_object").DEFAULTS)
        check("cache_or_sentence", bpy.app.build_options.usd and bool(players), players)
    except shot_cache.ShotCacheError as problem:
        said = "was built without USD" in str(problem)
        check("cache_or_sentence", said and not bpy.app.build_options.usd, problem)
    yield 0.1
