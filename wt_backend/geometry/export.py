"""A stack as files that other programs read: PLY, EXR, NPZ.

PLY and position EXR hold camera-local points with +X right, +Y up and −Z forward, as Blender's and OpenGL's
cameras have it, each on its pixel's ray; NPZ holds the stack's own arrays (OpenCV axes, raw points).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.exr import write_exr
from wt_backend.geometry.job import REQUIRED, choose, load_stack, read_params, whole_file
from wt_backend.geometry.layer_mesh import existing, layer_mesh, layer_points
from wt_backend.geometry.pairing import back_layers
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import output_place
from wt_backend.stack import LayerStack


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Worker method ``geometry/export``.

    Parameters
    ----------
    params : ``stack`` (path of a `.wts`), ``output`` (path), ``kind`` (a key of ``KINDS``).

    Returns
    -------
    dict
        ``files``: what was written; one file a layer for "layers-ply", named after ``output``.
    """
    values = read_params(params, stack=REQUIRED, output=REQUIRED, kind=REQUIRED)
    write = KINDS[choose("kind", values["kind"], list(KINDS))]
    stack = load_stack(values["stack"])
    output = Path(values["output"])
    with output_place(output, values["stack"]):
        progress("export", 0, 1)
        files = write(stack, output)
    progress("export", 1, 1)
    return {"files": [str(file) for file in files]}


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m wt_backend export X.wts --to KIND --out PATH``."""
    parser = argparse.ArgumentParser(
        prog="python -m wt_backend export",
        description="Write a stack for other programs. GLB, USD: import it, use Blender's exporters.",
    )
    parser.add_argument("stack", help="a .wts file")
    parser.add_argument("--to", required=True, choices=KINDS, dest="kind")
    parser.add_argument("--out", required=True, dest="output", help="file to write (layers-ply: one a layer)")
    files = run(vars(parser.parse_args(argv)), lambda stage, step, total: None, lambda: None)["files"]
    for file in files:
        print(file)
    return 0


def write_points(stack: LayerStack, path: Path) -> list[Path]:
    """All points of all layers with the colour in front of them, as one binary PLY."""
    layers = [layer_points(stack, layer) for layer in range(stack.layers)]
    vertices = np.concatenate([_ply_vertices(stack, points, layer) for layer, points in enumerate(layers)])
    _write_ply(path, vertices)
    return [path]


def write_layers(stack: LayerStack, path: Path) -> list[Path]:
    """Each layer that has faces as a binary PLY mesh with UVs (s, t) in the original image.

    Triangles only: many readers refuse a file that mixes them with quads.
    """
    written = []
    for layer, away in enumerate(back_layers(stack)):
        surface = layer_mesh(stack, layer, away=away)
        if len(surface.starts):
            part = path.with_name(f"{path.stem} layer {layer + 1}{path.suffix}")
            _write_ply(part, _ply_vertices(stack, surface.points, layer), surface.all_triangles)
            written.append(part)
    return written


def write_depth(stack: LayerStack, path: Path) -> list[Path]:
    """Depth along the camera's axis, a channel a layer (``Layer 1.Depth.Z`` …), 0 where there is nothing."""
    depths = [np.where(existing(stack, n), stack.xyz[n, ..., 2], 0) for n in range(stack.layers)]
    names = [f"Layer {number + 1}.Depth.Z" for number in range(stack.layers)]
    write_exr(np.stack(depths, -1), path, names)
    return [path]


def write_positions(stack: LayerStack, path: Path) -> list[Path]:
    """Points, three channels a layer (``Layer 1.Position.X`` …), 0 where there is nothing."""
    width, height = stack.size
    picture = np.zeros((height * width, 3 * stack.layers), np.float32)
    for layer in range(stack.layers):
        points = layer_points(stack, layer)
        picture[points.pixel, 3 * layer : 3 * layer + 3] = points.positions
    names = [f"Layer {number + 1}.Position.{axis}" for number in range(stack.layers) for axis in "XYZ"]
    write_exr(picture.reshape(height, width, -1), path, names)
    return [path]


def write_arrays(stack: LayerStack, path: Path) -> list[Path]:
    """The stack's arrays and its information (JSON in ``info``) as NPZ."""
    arrays = {name: getattr(stack, name) for name in ("xyz", "mask", "rgba", "intrinsics", "grid_to_image")}
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays, info=np.array(json.dumps(asdict(stack.info))))
    return [path]


KINDS: dict[str, Callable[[LayerStack, Path], list[Path]]] = {
    "ply": write_points,
    "layers-ply": write_layers,
    "depth-exr": write_depth,
    "position-exr": write_positions,
    "npz": write_arrays,
}

_VERTEX = np.dtype(
    [("place", "<f4", 3), ("uv", "<f4", 2), ("colour", "u1", 3), ("layer", "u1"), ("pixel", "<i4")]
)
_VERTEX_HEADER = [
    *(f"property float {name}" for name in ("x", "y", "z", "s", "t")),
    *(f"property uchar {name}" for name in ("red", "green", "blue", "layer")),
    "property int pixel",
]


def _ply_vertices(stack: LayerStack, points: Any, layer: int) -> NDArray[np.void]:
    vertices = np.empty(len(points.pixel), _VERTEX)
    vertices["place"], vertices["uv"], vertices["pixel"] = points.positions, points.uv, points.pixel
    vertices["colour"] = stack.rgba.reshape(-1, 4)[points.pixel, :3]
    vertices["layer"] = layer
    return vertices


def _write_ply(path: Path, vertices: NDArray[np.void], triangles: NDArray[np.int32] | None = None) -> None:
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}", *_VERTEX_HEADER]
    if triangles is not None:
        header += [f"element face {len(triangles)}", "property list uchar int vertex_indices"]
    with whole_file(path) as part, part.open("wb") as file:
        file.write("\n".join([*header, "end_header", ""]).encode("ascii"))
        file.write(vertices.tobytes())
        if triangles is not None:
            rows = np.empty(len(triangles), [("sides", "u1"), ("corners", "<i4", 3)])
            rows["sides"], rows["corners"] = 3, triangles
            file.write(rows.tobytes())
