"""Render the final test set with Cycles and trace its truth.

Writes pairs NAME.png + NAME.wts: single objects with alpha and small scenes without. The meshes come from
Blender and from packages (`scripts/final_set/meshes.json`; `scripts/fetch_final_meshes.py` unpacks them) and
are used for nothing but the final numbers: never for training, tuning or choosing between versions.

Runs in a Python that has bpy. Everything is drawn from a generator seeded with the sample's name, so one
sample can be made again alone (`--only NAME`) and comes out the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from pathlib import Path

import bpy
import cv2
import numpy as np
from final_set.samples import build_object, build_scene
from final_set.shapes import FROM_BLENDER

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from blender_addon.scene.ray_trace import (  # noqa: E402
    camera_intrinsics,
    collect_triangles,
    depth_filled,
    trace_layers,
)
from wt_backend.camera import rays  # noqa: E402
from wt_backend.stack import LayerStack, StackInfo  # noqa: E402

LAYERS = 6
SAMPLES = 48
SCENES = 8
IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def settings(size: tuple[int, int], transparent: bool) -> None:
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = *size, 100
    render.film_transparent = transparent
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGBA" if transparent else "RGB"
    render.threads_mode, render.threads = "FIXED", 2
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", SAMPLES, 777
    scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = True, False
    scene.view_settings.view_transform = "Standard"


def write_sample(out: Path, name: str, mode: str) -> None:
    """Trace and render the current scene; the pair appears whole."""
    scene = bpy.context.scene
    width, height = scene.render.resolution_x, scene.render.resolution_y
    bpy.context.view_layer.update()
    intrinsics = camera_intrinsics(scene, width, height)
    directions = rays(intrinsics, height, width)
    vertices, triangles = collect_triangles(
        bpy.context.evaluated_depsgraph_get(), scene.camera, scene.render.engine
    )
    depths = trace_layers(vertices, triangles, directions.reshape(-1, 3), LAYERS)
    xyz, mask = depth_filled(depths.reshape(LAYERS, height, width), directions)

    picture = out / f"{name}.png"
    temporary = out / f".{name}.part.png"
    scene.render.filepath = str(temporary)
    bpy.ops.render.render(write_still=True)
    pixels = cv2.imread(str(temporary), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(temporary), pixels)  # without Blender's dates and times: the same bytes every time
    rgba = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGBA)
    info = StackInfo(
        unit="relative", model="ground-truth", model_sha256="", normalisation={}, seed=0, steps=0, solver="",
        source=picture.name, image_size=(width, height), mode=mode,
    )  # fmt: skip
    stack = LayerStack(xyz, mask, rgba, intrinsics, IDENTITY, info)
    stack.validate()
    stack.save(out / f"{name}.wts")
    temporary.replace(picture)
    counts = " ".join(str(int(layer.sum())) for layer in mask)
    print(f"{name}: {width}×{height}, {len(triangles)} triangles, pixels a layer {counts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--meshes", type=Path, required=True, help="what fetch_final_meshes.py unpacked")
    parser.add_argument("--only", nargs="*", help="names of the samples to make")
    options = parser.parse_args()
    entries = json.loads((ROOT / "scripts" / "final_set" / "meshes.json").read_text())["meshes"]
    objects = dict.fromkeys(FROM_BLENDER) | {entry["name"]: entry for entry in entries}
    sizes = [(256, 256), (320, 320), (384, 384), (384, 288), (288, 384)]
    jobs = [(name, "object") for name in objects] + [(f"scene-{index}", "scene") for index in range(SCENES)]
    unknown = set(options.only or ()) - {name for name, _ in jobs}
    if unknown:
        parser.error(f"there is no sample {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name, mode in jobs:
        if options.only and name not in options.only:
            continue
        if (options.out / f"{name}.png").exists():
            continue
        bpy.ops.wm.read_factory_settings(use_empty=True)
        rng = random.Random(f"final size {name}")
        if mode == "object":
            build_object(name, options.meshes, objects[name])
        else:
            build_scene(int(name.split("-")[1]), options.meshes, entries)
        settings(rng.choice(sizes), transparent=mode == "object")
        write_sample(options.out, name, mode)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # bpy as a module may hang in its own destructors
