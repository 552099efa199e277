#!/usr/bin/env python3
"""Footage inside Blender: install the extension, Trace Footage, save the scene, frames and a contact sheet.

    python scripts/footage_in_blender.py --zip EXTENSION.zip --image CLIP --out FOLDER [--mode auto]
                                         [--mask FILE] [--fit crop] [--seed N] [--steps N]
                                         [--model NAME] [--python PYTHON]

CLIP is a movie, a folder of images or NAME_####.png. Needs what `trace_in_blender.py` needs.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import trace_in_blender as still  # sets Blender's folders before bpy is imported

import bpy  # isort: skip
import numpy as np
from mathutils import Matrix, Vector

SIDE = 240  # pixels, the longer side of a rendered frame
SHEET_COLUMNS = 6  # frames on the contact sheet, spread over the shot
ORBIT_DEGREES = 30.0


def main() -> int:
    """Run the job; an operator's error is printed as the sentence it is."""
    arguments = still.read_arguments()
    start = time.monotonic()
    name, out = arguments.image.stem.rstrip("#_. ") or "footage", arguments.out
    out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("WT_BACKEND_PYTHON", arguments.python)
    try:
        still.install(arguments.zip)
        bpy.ops.wm.read_homefile(use_empty=True)
        ready = still.say("Blender with the extension", start)
        bpy.ops.world_tracing.trace_footage(
            filepath=str(arguments.image),
            shot=str(out / name),
            **still.settings(arguments),
        )
        traced = still.say("Trace and import", ready)
        scene = bpy.context.scene
        bpy.ops.world_tracing.use_trace_camera()
        still.prepare_render(scene)
        scene.world = None
        bpy.ops.wm.save_as_mainfile(filepath=str(out / f"{name}.blend"), compress=True)
        still.say(f"Saved {out / name}.blend", traced)
        scrub(scene)
        sheet = render_sheet(scene, out, name)
    except RuntimeError as error:
        still.say_why(error)
        return 1
    still.say(f"Frames and {sheet}: done in all", start)
    return 0


def scrub(scene: bpy.types.Scene) -> None:
    """How long a change of frame takes."""
    frames = range(scene.frame_start, scene.frame_end + 1)
    begin = time.perf_counter()
    for frame in frames:
        scene.frame_set(frame)
    each = (time.perf_counter() - begin) / len(frames)
    print(f"Scrubbing: {1000 * each:.1f} ms a frame with {len(scene.objects)} objects")


def render_sheet(scene: bpy.types.Scene, out: Path, name: str) -> Path:
    """Rows: the footage, through its camera, from the side."""
    longer = max(scene.render.resolution_x, scene.render.resolution_y)
    scene.render.resolution_percentage = max(1, min(100, round(100 * SIDE / longer)))
    count = min(SHEET_COLUMNS, scene.frame_end - scene.frame_start + 1)
    frames = np.linspace(scene.frame_start, scene.frame_end, count).round().astype(int).tolist()
    camera = scene.camera
    side = side_camera(scene, camera)
    rows = [[], []]
    for frame in frames:
        for row, (label, view) in zip(rows, (("camera", camera), ("side", side)), strict=True):
            scene.frame_set(frame)
            scene.camera = view
            row.append(still.render(scene, out / f"{name}_{label}_{frame:05}.png"))
    pictures = [out / name / f"frame.{frame:05}.png" for frame in frames]
    path = out / f"{name}_sheet.png"
    write_sheet([pictures, *rows], path)
    return path


def side_camera(scene: bpy.types.Scene, camera: bpy.types.Object) -> bpy.types.Object:
    """The shot's camera turned about the middle of what is visible, by some degrees."""
    corners = [
        member.matrix_world @ Vector(corner)
        for member in scene.objects
        if member.type == "MESH" and not member.hide_render and member.world_tracing.layer == 0
        for corner in member.bound_box
    ]
    middle = sum(corners, Vector()) / len(corners)
    view = camera.copy()
    scene.collection.objects.link(view)
    turn = Matrix.Translation(middle) @ Matrix.Rotation(math.radians(ORBIT_DEGREES), 4, "Z")
    world = turn @ Matrix.Translation(-middle) @ camera.matrix_world
    view.parent = None
    view.matrix_world = world
    return view


def write_sheet(rows: list[list[Path]], path: Path) -> None:
    """Pictures side by side, all of the size of the last row's, on grey."""
    cells = [[load(picture) for picture in row] for row in rows]
    height, width = cells[-1][0].shape[:2]
    lines = [np.concatenate([resized(cell, height, width) for cell in row], axis=1) for row in cells]
    sheet = np.concatenate(lines, axis=0)
    sheet[..., :3] = sheet[..., :3] * sheet[..., 3:] + 0.25 * (1 - sheet[..., 3:])
    sheet[..., 3] = 1
    image = bpy.data.images.new("sheet", sheet.shape[1], sheet.shape[0])
    image.pixels.foreach_set(np.ascontiguousarray(sheet[::-1], np.float32).ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()


def load(path: Path) -> np.ndarray:
    """(H, W, 4) float, top row first."""
    image = bpy.data.images.load(str(path))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[::-1]


def resized(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Nearest neighbours."""
    rows = (np.arange(height) + 0.5) * picture.shape[0] / height
    columns = (np.arange(width) + 0.5) * picture.shape[1] / width
    return picture[rows.astype(int)[:, None], columns.astype(int)[None, :]]


if __name__ == "__main__":
    still.run(main)
