"""How long Blender takes to hold a traced scene, against the floor: the bare arrays of the same size.

    python build.py bench scene        (or: python -m bench.scene)

The floor adds vertices, quads and one UV map to a mesh and calls `update(calc_edges=True)`, from arrays that
lie ready. Ours starts from the stack's file: read, put points on their rays, tear, drop islands, fill the
meshes with UVs and attributes, make camera, materials and objects. Each is measured in a process of its own,
in turns, because memory that one run freed would flatter the next; the best time of the runs counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
RUNS = 3
SHARES = (1.0, 0.6, 0.3, 0.15, 0.08, 0.04)  # of pixels that a layer fills in a realistic scene
TIME_LIMIT, MEMORY_LIMIT = 1.7, 1.6  # times the floor


def waves(size: int, seed: int) -> NDArray[np.float32]:
    """Smooth random hills (size, size) between about −1 and 1."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size].astype(np.float32) / np.float32(size)
    hills = np.zeros((size, size), np.float32)
    for _ in range(6):
        along, across, phase = random.uniform((2, 2, 0), (20, 20, 6))
        hills += np.sin(np.float32(along) * x + np.float32(across) * y + np.float32(phase)) / 6
    return hills


def make_stack(path: Path, size: int, shares: Sequence[float], mode: str) -> None:
    """Write a stack of noisy hills whose layers fill the given shares of the frame."""
    from wt_backend.stack import LayerStack, StackInfo

    random = np.random.default_rng(0)
    cover, depth = waves(size, 1), np.full((size, size), 3, np.float32)
    y, x = (np.mgrid[:size, :size].astype(np.float32) + 0.5 - size / 2) / np.float32(size)
    rays = np.stack([x, y, np.ones_like(x)], -1)
    xyz = np.empty((len(shares), size, size, 3), np.float32)
    mask = np.zeros((len(shares), size, size), bool)
    for layer, share in enumerate(shares):
        mask[layer] = cover >= np.quantile(cover, 1 - share) if share < 1 else True
        depth = depth + np.float32(0.4) + np.float32(0.05) * waves(size, 2 + layer)
        noise = 1 + np.float32(0.0005) * random.standard_normal((size, size), np.float32)
        xyz[layer] = rays * (depth * noise)[..., None]
    rgba = np.full((size, size, 4), 255, np.uint8)
    rgba[..., :3] = random.integers(0, 255, (size, size, 3))
    info = StackInfo("relative", "bench", "", {}, 0, 0, "", "", (size, size), mode)
    camera = np.array([[size, 0, size / 2], [0, size, size / 2], [0, 0, 1]], np.float64)
    LayerStack(xyz, mask, rgba, camera, np.eye(2, 3), info).save(path)


def floor(path: Path) -> Callable[[], None]:
    """Meshes as large as the stack's layers, from arrays that lie ready."""
    import bpy

    from wt_backend.stack import LayerStack

    counts = [int(layer.sum()) for layer in LayerStack.load(path).mask]
    grids = [_grid(count) for count in counts if count > 4]

    def build() -> None:
        for number, (positions, corners, uv) in enumerate(grids):
            mesh = bpy.data.meshes.new(f"floor {number}")
            mesh.vertices.add(len(positions))
            mesh.vertices.foreach_set("co", positions.ravel())
            mesh.loops.add(len(corners))
            mesh.loops.foreach_set("vertex_index", corners)
            mesh.polygons.add(len(corners) // 4)
            mesh.polygons.foreach_set("loop_start", np.arange(0, len(corners), 4, dtype=np.int32))
            layer = mesh.uv_layers.new(name="UV", do_init=False)
            layer.uv.foreach_set("vector", uv.ravel())
            mesh.update(calc_edges=True)

    return build


def _grid(count: int) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Positions (N, 3), corners (4Q,) and corner UVs (4Q, 2) of a square grid of about ``count`` vertices."""
    side = int(np.sqrt(count))
    index = np.arange(side * side, dtype=np.int32).reshape(side, side)
    y, x = np.mgrid[:side, :side].astype(np.float32) / np.float32(side)
    corners = np.stack([index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]], -1).ravel()
    flat = np.stack([x, y], -1).reshape(-1, 2)
    return np.stack([x, y, waves(side, 0)], -1).reshape(-1, 3), corners, flat[corners]


def ours(path: Path, output: str) -> Callable[[], None]:
    """The add-on's own import of the stack, from its file to objects in the scene."""
    import bpy

    import blender_addon
    from wt_backend.stack import LayerStack

    blender_addon.register()
    from blender_addon.scene.build import build_trace

    def build() -> None:
        build_trace(bpy.context, LayerStack.load(path), path, "bench", output)

    return build


BUILDERS: dict[str, Callable[[Path], Callable[[], None]]] = {
    "floor": floor,
    "mesh": lambda path: ours(path, "MESH"),
    "points": lambda path: ours(path, "POINTS"),
}


def measure(kind: str, path: Path) -> dict[str, float]:
    """Seconds and mebibytes of one build, in a fresh process."""
    command = [sys.executable, "-m", "bench.scene", "--child", kind, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"the {kind} build failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def child(kind: str, path: Path) -> None:
    """Build once and print the cost. What lies ready before the build counts as memory of the floor too."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    build = BUILDERS[kind](path)
    start = time.perf_counter()
    build()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "mib": (peak - before) / 1024}), flush=True)


def compare(path: Path, runs: int, kinds: Sequence[str]) -> dict[str, dict[str, float]]:
    """Best time and least memory of each kind, measured in turns."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(runs):
        for kind in kinds:
            cost = measure(kind, path)
            known = best.setdefault(kind, cost)
            best[kind] = {name: min(known[name], cost[name]) for name in cost}
    return best


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table; status 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each build; the best counts (default: 3)")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.child:
        child(arguments.child[0], Path(arguments.child[1]))
        return 0
    good = True
    with tempfile.TemporaryDirectory(prefix="wt bench ") as folder:
        path = Path(folder) / "scene.wts"
        for title, size, shares, mode in (
            ("840², realistic", 840, SHARES, "scene"),
            ("840², every pixel of six layers", 840, (1.0,) * 6, "scene"),
        ):
            make_stack(path, size, shares, mode)
            costs = compare(path, arguments.runs, ("floor", "mesh"))
            slower = costs["mesh"]["seconds"] / costs["floor"]["seconds"]
            larger = costs["mesh"]["mib"] / costs["floor"]["mib"]
            good &= slower <= TIME_LIMIT and larger <= MEMORY_LIMIT
            print(
                f"{title}: floor {costs['floor']['seconds']:.2f} s, {costs['floor']['mib']:.0f} MiB; "
                f"import {costs['mesh']['seconds']:.2f} s, {costs['mesh']['mib']:.0f} MiB; "
                f"{slower:.2f} times the time (limit {TIME_LIMIT}), "
                f"{larger:.2f} times the memory (limit {MEMORY_LIMIT})",
                flush=True,
            )
        for title, size, shares, kind, limit in (
            ("504² object as meshes", 504, (0.35, 0.35, 0.1, 0.1, 0.03, 0.03), "mesh", 0.5),
            ("840² scene as points", 840, SHARES, "points", 1.5),
        ):
            make_stack(path, size, shares, "object" if size == 504 else "scene")
            seconds = compare(path, arguments.runs, (kind,))[kind]["seconds"]
            good &= seconds <= limit
            print(f"{title}: {seconds:.2f} s (limit {limit} s)", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # run as a script by build.py
    raise SystemExit(main())
