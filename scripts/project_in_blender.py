#!/usr/bin/env python3
"""A mesh file, fitted to a traced photo's layers and textured from it, inside headless Blender.

    python scripts/project_in_blender.py --zip EXTENSION.zip --stack PHOTO.wts --mesh FILE --out FOLDER
                                         [--no-fit] [--python PYTHON]

Writes NAME_projected.blend and a picture of the mesh, before and after, from the camera and from the side.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path

import trace_in_blender as job  # first: it isolates Blender's settings before bpy is imported

# isort: split
import bpy
import numpy as np
from mathutils import Matrix, Vector

SIDE = 360  # pixels of a picture
ANGLES = (0.0, 35.0, 75.0)  # degrees about the vertical axis
IMPORTERS = {
    ".obj": lambda path: bpy.ops.wm.obj_import(filepath=path),
    ".ply": lambda path: bpy.ops.wm.ply_import(filepath=path),
    ".stl": lambda path: bpy.ops.wm.stl_import(filepath=path),
    ".glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".gltf": lambda path: bpy.ops.import_scene.gltf(filepath=path),
}


def main() -> int:
    """Run the job; an operator's error is printed as the sentence it is."""
    arguments = _arguments()
    start = time.monotonic()
    try:
        _project(arguments)
    except RuntimeError as error:
        sys.stdout.flush()
        print(str(error).removeprefix("Error: ").strip(), file=sys.stderr)
        return 1
    print(f"Done in {time.monotonic() - start:.1f} s")
    return 0


def _project(arguments: argparse.Namespace) -> None:
    os.environ.setdefault("WT_BACKEND_PYTHON", arguments.python)
    job.install(arguments.zip)
    bpy.ops.wm.read_homefile(use_empty=True)
    scene, name = bpy.context.scene, arguments.stack.stem
    bpy.ops.world_tracing.import_stack(filepath=str(arguments.stack))
    root = bpy.context.object
    bpy.ops.world_tracing.use_trace_camera()
    meshes = _import(arguments.mesh)
    _select(meshes)
    if not arguments.no_fit:
        bpy.ops.world_tracing.fit_to_layers()
    for layer in root.children:
        layer.hide_render = layer.type == "MESH"
    scene.world = None
    before = _pictures(scene, root, meshes, arguments.out / "before")
    bpy.ops.world_tracing.project_texture()
    after = _pictures(scene, root, meshes, arguments.out / "after")
    _sheet([before, after], arguments.out / f"{name}_projected.png")
    bpy.ops.file.pack_all()
    bpy.ops.wm.save_as_mainfile(filepath=str(arguments.out / f"{name}_projected.blend"), compress=True)
    print(f"Saved {name}_projected.blend and {name}_projected.png in {arguments.out}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for key in ("zip", "stack", "mesh", "out"):
        parser.add_argument(f"--{key}", type=lambda text: Path(text).absolute(), required=True)
    parser.add_argument("--no-fit", action="store_true", help="the mesh lies where the layers are already")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs the backend")
    return parser.parse_args()


def _import(path: Path) -> list[bpy.types.Object]:
    """The meshes of a file, joined: they are fitted as one."""
    importer = IMPORTERS.get(path.suffix.lower())
    if importer is None:
        raise RuntimeError(f"{path} is no mesh that can be read; export it as {', '.join(IMPORTERS)}.")
    known = set(bpy.data.objects)
    importer(str(path))
    meshes = [member for member in bpy.data.objects if member not in known and member.type == "MESH"]
    if not meshes:
        raise RuntimeError(f"{path} holds no mesh.")
    _select(meshes)
    if len(meshes) > 1:
        bpy.ops.object.join()
    return [bpy.context.object]


def _select(meshes: list[bpy.types.Object]) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for member in meshes:
        member.select_set(True)
    bpy.context.view_layer.objects.active = meshes[0]


def _pictures(
    scene: bpy.types.Scene, root: bpy.types.Object, meshes: list[bpy.types.Object], stem: Path
) -> list[Path]:
    """The meshes from several sides; grey where they wear nothing yet."""
    plain = [member for member in meshes if not member.data.materials]
    for member in plain:
        member.data.materials.append(_clay())
    job.prepare_render(scene)
    scene.cycles.samples = 16
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1
    corners = [member.matrix_world @ Vector(corner) for member in meshes for corner in member.bound_box]
    camera = next(child for child in root.children if child.type == "CAMERA")
    pictures = []
    for number, angle in enumerate(ANGLES):
        scene.camera = _orbit(scene, camera, corners, math.radians(angle))
        pictures.append(job.render(scene, stem.with_name(f"{stem.name}_{number}.png")))
    scene.camera = camera
    for member in plain:
        member.data.materials.clear()
    return pictures


def _clay() -> bpy.types.Material:
    """Grey that shows its shape by the angle to the eye, without a light."""
    material = bpy.data.materials.new("Clay")
    if not material.node_tree:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    facing, light = tree.nodes.new("ShaderNodeLayerWeight"), tree.nodes.new("ShaderNodeEmission")
    ramp, output = tree.nodes.new("ShaderNodeMapRange"), tree.nodes.new("ShaderNodeOutputMaterial")
    ramp.inputs["To Min"].default_value, ramp.inputs["To Max"].default_value = 0.6, 0.1
    tree.links.new(facing.outputs["Facing"], ramp.inputs["Value"])
    tree.links.new(ramp.outputs["Result"], light.inputs["Color"])
    tree.links.new(light.outputs[0], output.inputs["Surface"])
    return material


def _orbit(
    scene: bpy.types.Scene, camera: bpy.types.Object, corners: list[Vector], angle: float
) -> bpy.types.Object:
    """A camera at the photo's distance, walked about the middle of the mesh by an angle."""
    middle = sum(corners, Vector()) / len(corners)
    reach = max((corner - middle).length for corner in corners)
    away = (camera.matrix_world.translation - middle).normalized()
    direction = Matrix.Rotation(angle, 3, "Z") @ away
    data = bpy.data.cameras.new("View")
    data.sensor_width, data.lens = 36.0, 50.0
    distance = reach * 0.85 / math.sin(data.angle / 2)
    data.clip_start, data.clip_end = distance * 1e-3, distance * 10
    view = bpy.data.objects.new("View", data)
    scene.collection.objects.link(view)
    turn = direction.to_track_quat("Z", "Y").to_matrix().to_4x4()
    view.matrix_world = Matrix.Translation(middle + direction * distance) @ turn
    return view


def _sheet(rows: list[list[Path]], out: Path) -> None:
    """The pictures side by side on grey, the parts deleted."""
    import cv2

    lines = []
    for row in rows:
        tiles = []
        for path in row:
            tile = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED).astype(np.float32)
            alpha = tile[..., 3:] / 255
            tiles.append(tile[..., :3] * alpha + 40 * (1 - alpha))
            path.unlink()
        lines.append(np.concatenate(tiles, axis=1))
    out.write_bytes(cv2.imencode(".png", np.concatenate(lines).astype(np.uint8))[1].tobytes())


if __name__ == "__main__":
    job.run(main)
