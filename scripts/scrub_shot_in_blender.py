#!/usr/bin/env python3
"""How fast Blender goes from frame to frame of a shot, a layer, for every way in which its meshes can lie.

    python scripts/scrub_shot_in_blender.py EXTENSION.zip [--sides 224 504] [--frames 24]

The shot is made here: one layer that fills the picture and tears anew in every frame. Nothing is drawn:
to draw a new mesh costs the same whatever it came from.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import trace_in_blender as still  # sets Blender's folders before bpy is imported

import bpy  # isort: skip
import numpy as np

ROUNDS = 3  # of which the quickest counts: the machine may be busy


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zip", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[224, 504])
    parser.add_argument("--frames", type=int, default=24)
    options = parser.parse_args()
    still.install(options.zip)
    print(f"Blender {bpy.app.version_string}, {options.frames} frames, 1 layer")
    print(f"{'side':>5} {'cache':8} {'frames/s':>9} {'import s':>9} {'.blend MB':>10} {'cache MB':>9}")
    with tempfile.TemporaryDirectory(prefix="scrub-") as folder:
        for side in options.sides:
            shot = make_shot(Path(folder) / str(side), side, options.frames)
            for cache in ("NONE", "USD", "ALEMBIC"):
                measure(shot, side, cache)
    return 0


def make_shot(folder: Path, side: int, frames: int) -> Path:
    """A wavy wall with moving jumps of depth."""
    from wt_backend.stack import LayerStack, Shot, StackInfo

    folder.mkdir()
    camera = np.array([[side, 0, side / 2], [0, side, side / 2], [0, 0, 1.0]])
    y, x = np.mgrid[:side, :side] + 0.5
    rays = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(camera).T  # (S, S, 3)
    image = bpy.data.images.new("grey", 64, 64)
    image.file_format = "PNG"
    for number in range(1, frames + 1):
        depth = 4 + 0.3 * np.sin(x / 9 + number) + ((x + 5 * number) // 40 % 2) + (y // 60 % 2)
        picture = folder / f"frame.{number:05}.png"
        image.filepath_raw = str(picture)
        image.save()
        info = StackInfo("relative", "made", "", {}, 1, 1, "", str(picture), (64, 64), "scene")
        LayerStack(
            (rays * depth[..., None])[None].astype(np.float32),
            np.ones((1, side, side), bool),
            np.full((side, side, 4), 200, np.uint8),
            camera,
            np.array([[64 / side, 0, 0], [0, 64 / side, 0]]),
            info,
        ).save(folder / f"frame.{number:05}.wts")
    names = {number: f"frame.{number:05}.wts" for number in range(1, frames + 1)}
    Shot(folder, names, 24.0, camera.tolist(), {}, "done").save()
    return folder


def measure(shot: Path, side: int, cache: str) -> None:
    """Import, scrub, save."""
    bpy.ops.wm.read_homefile(use_empty=True)
    begin = time.perf_counter()
    bpy.ops.world_tracing.import_shot(filepath=str(shot / "shot.json"), cache=cache)
    imported = time.perf_counter() - begin
    best = min(scrub(bpy.context.scene) for _ in range(ROUNDS))
    blend = shot / f"{cache}.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    files = [bpy.path.abspath(file.filepath) for file in bpy.data.cache_files]
    size = sum(Path(file).stat().st_size for file in files)
    rate = f"{1 / best:9.0f} {imported:9.1f} {blend.stat().st_size / 1e6:10.1f} {size / 1e6:9.1f}"
    print(f"{side:5} {cache:8} {rate}", flush=True)


def scrub(scene: bpy.types.Scene) -> float:
    """Seconds that a change of frame takes, until the mesh that is shown can be read."""
    frames = range(scene.frame_start, scene.frame_end + 1)
    begin = time.perf_counter()
    for frame in frames:
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        shown = [m for m in scene.objects if m.type == "MESH" and not m.evaluated_get(graph).hide_viewport]
        if len(shown) != 1 or not len(shown[0].evaluated_get(graph).data.polygons):
            raise RuntimeError(f"frame {frame} shows {[member.name for member in shown]}")
    return (time.perf_counter() - begin) / len(frames)


if __name__ == "__main__":
    still.run(main)
