#!/usr/bin/env python3
"""The main job inside Blender: install the extension, press its Trace World, save the scene and pictures.

    python scripts/trace_in_blender.py --zip EXTENSION.zip --image PHOTO --out FOLDER [--mode auto]
                                       [--mask FILE] [--fit crop] [--seed N] [--steps N]
                                       [--model NAME] [--python PYTHON]

Needs the bpy wheel and the worker's packages in one environment (`python build.py setup`). It touches
nobody's Blender settings.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

RESOURCES = Path(tempfile.mkdtemp(prefix="world-tracing-"))
os.environ["BLENDER_USER_RESOURCES"] = str(RESOURCES)  # before bpy is imported

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from mathutils import Matrix, Vector  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

REPOSITORY = "user_default"
PICTURE_SIDE = 720  # pixels, the longer side of a picture
SAMPLES = 4
SIDE_DEGREES = 35.0
ABOVE_DEGREES = 55.0
GOOD_CORRELATION = 0.9


def main() -> int:
    """Run the job; an operator's error is printed as the sentence it is."""
    arguments = read_arguments()
    start = time.monotonic()
    try:
        _job(arguments, start)
    except RuntimeError as error:  # what an operator reports, what Blender cannot write
        say_why(error)
        return 1
    return 0


def say_why(error: RuntimeError) -> None:
    """Print an error, unless it is an operator's: Blender has printed that already."""
    sys.stdout.flush()
    if not str(error).startswith("Error: "):
        print(error, file=sys.stderr)


def _job(arguments: argparse.Namespace, start: float) -> None:
    name, out = arguments.image.stem, arguments.out
    out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("WT_BACKEND_PYTHON", arguments.python)
    install(arguments.zip)
    import trace_pictures  # needs wt_backend, which came with the extension

    bpy.ops.wm.read_homefile(use_empty=True)
    ready = say("Blender with the extension", start)

    stack_path = out / f"{name}.wts"
    bpy.ops.world_tracing.trace_world(
        filepath=str(arguments.image),
        stack=str(stack_path),
        **settings(arguments),
    )
    traced = say("Trace and import", ready)
    _print_objects()

    scene = bpy.context.scene
    bpy.ops.world_tracing.use_trace_camera()
    prepare_render(scene)
    scene.world = None
    bpy.ops.file.pack_all()
    bpy.ops.wm.save_as_mainfile(filepath=str(out / f"{name}.blend"), compress=True)
    saved = say(f"Saved {out / name}.blend", traced)

    pictures = _render_views(scene, out, name)
    sheet = out / f"{name}_layers.png"
    trace_pictures.depth_sheet(stack_path, sheet)
    rendered = say(f"Pictures {', '.join(path.name for path in [*pictures, sheet])}", saved)
    match = trace_pictures.compare(pictures[0], arguments.image, stack_path)
    verdict = "as it should be" if match.correlation > GOOD_CORRELATION else "LOW: something is wrong"
    print(
        f"Through the trace camera: correlation with the photo {match.correlation:.4f} inside the mask "
        f"({verdict}), mean difference {match.difference:.1f} of 255, {match.covered:.1%} of the mask covered"
    )
    print(f"Done in {rendered - start:.1f} s")


def read_arguments() -> argparse.Namespace:
    """The command line; paths are made absolute."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, required=True, help="extension to install")
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--mode", choices=("auto", "object", "scene"), default="auto")
    parser.add_argument("--mask", type=Path)
    parser.add_argument("--fit", choices=("crop", "pad", "stretch"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--model")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs the backend")
    arguments = parser.parse_args()
    for key in ("zip", "image", "out", "mask"):
        if (path := getattr(arguments, key)) is not None:
            setattr(arguments, key, path.absolute())
    return arguments


def settings(arguments: argparse.Namespace) -> dict[str, object]:
    """The operator's properties that the command line names."""
    words = {"mode": arguments.mode.upper(), "fit": arguments.fit and arguments.fit.upper()}
    numbers = {key: getattr(arguments, key) for key in ("seed", "steps", "model")}
    given = words | numbers | {"mask": arguments.mask and str(arguments.mask)}
    return {key: value for key, value in given.items() if value is not None}


def install(archive: Path) -> None:
    """Install and enable the extension."""
    bpy.ops.extensions.package_install_files(
        filepath=str(archive), repo=REPOSITORY, enable_on_install=True, overwrite=True
    )
    if f"bl_ext.{REPOSITORY}.world_tracing" not in bpy.context.preferences.addons:
        raise RuntimeError(
            f"{archive} was not enabled by Blender {bpy.app.version_string}; see the lines above."
        )


def say(what: str, since: float) -> float:
    """Print how long something took; return the time."""
    now = time.monotonic()
    print(f"{what}: {now - since:.1f} s", flush=True)
    return now


def _print_objects() -> None:
    for member in bpy.context.object.children_recursive:
        if member.type == "MESH":
            print(f"  {member.name}: {len(member.data.vertices)} vertices, {len(member.data.polygons)} faces")
        elif member.type == "POINTCLOUD":
            print(f"  {member.name}: {len(member.data.points)} points")


def prepare_render(scene: bpy.types.Scene) -> None:
    """Plain emission, no denoiser, straight sRGB: fast on two cores, and the same colours as the photo."""
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_denoising = "CPU", SAMPLES, False
    cycles.use_adaptive_sampling = False
    cycles.max_bounces = cycles.transparent_max_bounces = 0
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.0
    scene.render.film_transparent = True
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"


def _render_views(scene: bpy.types.Scene, out: Path, name: str) -> list[Path]:
    """Through the photo's camera, from the side, from above."""
    camera = scene.camera
    longer = max(scene.render.resolution_x, scene.render.resolution_y)
    if longer > PICTURE_SIDE:
        scene.render.resolution_x = max(1, round(scene.render.resolution_x * PICTURE_SIDE / longer))
        scene.render.resolution_y = max(1, round(scene.render.resolution_y * PICTURE_SIDE / longer))
    pictures = [render(scene, out / f"{name}_camera.png")]
    points = _points(camera.parent)
    if not len(points):
        return pictures
    for view, azimuth, elevation in (("side", SIDE_DEGREES, 10.0), ("above", 0.0, ABOVE_DEGREES)):
        scene.camera = _orbit_camera(scene, camera, points, math.radians(azimuth), math.radians(elevation))
        pictures.append(render(scene, out / f"{name}_{view}.png"))
    return pictures


def _points(root: bpy.types.Object) -> NDArray[np.float64]:
    """World positions (N, 3) of all mesh layers."""
    parts = [np.empty((0, 3))]
    for layer in root.children:
        if layer.type != "MESH":
            continue
        local = np.empty(len(layer.data.vertices) * 3, np.float32)
        layer.data.attributes["position"].data.foreach_get("vector", local)
        matrix = np.array(layer.matrix_world)
        parts.append(local.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3])
    return np.concatenate(parts)


def _orbit_camera(
    scene: bpy.types.Scene,
    camera: bpy.types.Object,
    points: NDArray[np.float64],
    azimuth: float,
    elevation: float,
) -> bpy.types.Object:
    """A camera turned about the middle of the points, far enough away to see nearly all of them."""
    low, high = np.percentile(points, (2, 98), axis=0)
    middle = Vector((low + high) / 2)
    data = bpy.data.cameras.new("View")
    data.lens, data.sensor_width, data.clip_end = 50.0, 36.0, 1e5
    data.sensor_fit = "AUTO"
    view = bpy.data.objects.new("View", data)
    scene.collection.objects.link(view)
    away = (camera.matrix_world.translation - middle).normalized()
    up = Vector((0.0, 0.0, 1.0))
    direction = Matrix.Rotation(azimuth, 3, up) @ away
    direction = Matrix.Rotation(elevation, 3, direction.cross(up).normalized()) @ direction
    rotation = direction.to_track_quat("Z", "Y")
    local = (points - np.array(middle)) @ np.array(rotation.to_matrix())  # (N, 3) in the new camera's axes
    render = scene.render
    longer = max(render.resolution_x, render.resolution_y)
    half = np.array([render.resolution_x, render.resolution_y]) / longer * (data.sensor_width / data.lens / 2)
    needed = (np.abs(local[:, :2]) / half).max(axis=1) + local[:, 2]
    distance = float(np.percentile(needed, 98)) * 1.08
    view.matrix_world = Matrix.Translation(middle + direction * distance) @ rotation.to_matrix().to_4x4()
    data.clip_start = distance * 1e-3
    return view


def render(scene: bpy.types.Scene, path: Path) -> Path:
    """Render the scene as it is."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    if not path.is_file():
        raise RuntimeError(f"Blender could not write {path}.")
    return path


def run(job: Callable[[], int]) -> None:
    """Run a job and leave with its status, also where it breaks; then its traceback is what helps."""
    status = 1
    try:
        status = job()
    except SystemExit as end:  # of the command line's parser, which has said why
        status = int(end.code or 0)
    except Exception:  # noqa: BLE001  (the process ends in any case)
        traceback.print_exc()
    finally:
        leave(status)


def leave(status: int) -> None:
    """End the process and the worker; some bpy versions hang in their static destructors."""
    sys.stdout.flush()
    sys.stderr.flush()
    if f"bl_ext.{REPOSITORY}.world_tracing" in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_disable(module=f"bl_ext.{REPOSITORY}.world_tracing")  # ends the worker
    shutil.rmtree(RESOURCES, ignore_errors=True)
    os._exit(status)


if __name__ == "__main__":
    run(main)
