"""Jitter of static points in a traced shot, with and without what steadies it.

    python -m bench.footage [--model NAME] [--frames 12] [--size 96] [--out FOLDER]

Two synthetic shots with exact depth: a camera that moves past a still scene, and a still camera before which
a ball moves. A static point is followed through the frames by its true projection. Its jitter is the change
of log(traced depth / true depth) from one frame to the next: 0 where the traced world keeps shape and size.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from wt_backend.footage.messages import ShotRequest
from wt_backend.footage.shot import trace_shot
from wt_backend.jobs import Cancellation
from wt_backend.stack import LayerStack, Shot

FOV = 50.0
POINTS = 400
VARIANTS = ("own noise", "shared noise", "+ scale", "+ average")


@dataclass(frozen=True, eq=False)
class View:
    """One frame: picture, depth, which pixels stand still in the world, where the camera is."""

    rgb: NDArray[np.uint8]  # (S, S, 3)
    depth: NDArray[np.float64]  # (S, S)
    static: NDArray[np.bool_]  # (S, S)
    camera_x: float


def view(size: int, camera_x: float, ball_x: float, ball_is_static: bool) -> View:
    """A ball before a chequered wall on a striped floor, seen along +Z from (camera_x, 0, 0)."""
    focal = size / 2 / np.tan(np.radians(FOV / 2))
    v, u = (np.mgrid[:size, :size] + 0.5 - size / 2) / focal
    rays = np.stack([u, v, np.ones_like(u)], -1)
    wall = np.full((size, size), 6.0)
    floor = np.where(v > 0, 1.2 / np.maximum(v, 1e-9), np.inf)
    centre = np.array([ball_x - camera_x, 0.4, 4.0])
    square, half = (rays**2).sum(-1), rays @ centre
    root = half**2 - square * (centre @ centre - 0.8**2)
    ball = np.where(root > 0, (half - np.sqrt(np.maximum(root, 0))) / square, np.inf)
    depth = np.minimum(np.minimum(wall, floor), ball)
    points = rays * depth[..., None] + [camera_x, 0, 0]
    tile = np.floor(points * 1.5).astype(int)
    checks = (tile[..., 0] + np.where(depth == floor, tile[..., 2], tile[..., 1])) % 2
    grey = np.where(depth == floor, 90 + 60 * checks, 150 + 50 * checks)
    normal = (rays * depth[..., None] - centre) / 0.8
    light = np.clip(normal @ np.array([-0.5, -0.7, -0.5]), 0.1, 1)
    colour = np.stack([grey, grey * 0.95, grey * 0.85], -1)
    colour = np.where((depth == ball)[..., None], np.stack([230 * light, 80 * light, 60 * light], -1), colour)
    return View(colour.astype(np.uint8), depth, (depth != ball) | ball_is_static, camera_x)


def shots(frames: int, size: int) -> dict[str, list[View]]:
    """The two shots."""
    way = np.linspace(-0.6, 0.6, frames)
    return {
        "moving camera": [view(size, x, 0.3, True) for x in way],
        "moving object": [view(size, 0.0, 1.5 * x, False) for x in way],
    }


def write(views: list[View], path: Path) -> None:
    """As FFV1, which loses nothing but chroma detail."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.height, stream.width = views[0].rgb.shape[:2]
        stream.pix_fmt = "yuv444p"
        for one in views:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(one.rgb, format="rgb24")))
        container.mux(stream.encode())


def trace(clip: Path, out: Path, model: str, frames: int, variant: str) -> list[LayerStack]:
    """The stacks of a shot, traced one way."""

    def run(folder: Path, **options: object) -> Shot:
        request = ShotRequest(str(clip), str(folder), mode="scene", model=model, **options)  # type: ignore
        trace_shot(request, lambda *_: None, Cancellation())
        return Shot.load(folder)

    if variant == "own noise":
        alone = {"steady": False, "smooth": False}
        runs = [run(out / f"{n}", first=n, last=n, seed=n, **alone) for n in range(1, frames + 1)]
        return [shot.load_frame(n) for n, shot in enumerate(runs, start=1)]
    shot = run(out, steady=variant != "shared noise", smooth=variant == "+ average")
    return [shot.load_frame(n) for n in shot.finished()]


def jitter(views: list[View], stacks: list[LayerStack]) -> tuple[float, float]:
    """Median and 95th percentile of |change of log(traced / true depth)| of static points, in percent."""
    changes = []
    rng = np.random.default_rng(0)
    for (one, first), (two, second) in zip(
        zip(views, stacks, strict=True), list(zip(views, stacks, strict=True))[1:], strict=False
    ):
        size = len(one.depth)
        focal = size / 2 / np.tan(np.radians(FOV / 2))
        rows, columns = np.nonzero(one.static)
        chosen = rng.choice(len(rows), min(POINTS, len(rows)), replace=False)
        rows, columns = rows[chosen], columns[chosen]
        depth = one.depth[rows, columns]
        moved = columns + 0.5 + focal * (one.camera_x - two.camera_x) / depth
        to = np.floor(moved).astype(int)
        inside = (to >= 0) & (to < size)
        rows, columns, depth, to = rows[inside], columns[inside], depth[inside], to[inside]
        seen = two.static[rows, to] & (np.abs(two.depth[rows, to] - depth) < 0.03 * depth)
        rows, columns, to = rows[seen], columns[seen], to[seen]
        before = np.log(sampled(first, rows, columns, size) / one.depth[rows, columns])
        after = np.log(sampled(second, rows, to, size) / two.depth[rows, to])
        changes.append(np.abs(after - before))
    every = 100 * np.concatenate(changes)
    return float(np.median(every)), float(np.percentile(every, 95))


def sampled(
    stack: LayerStack, rows: NDArray[np.intp], columns: NDArray[np.intp], size: int
) -> NDArray[np.float64]:
    """Depth of the seen layer at pixels of the footage, bilinear."""
    import cv2

    scale = stack.size[0] / size
    x, y = (columns + 0.5) * scale - 0.5, (rows + 0.5) * scale - 0.5
    depth = np.ascontiguousarray(stack.xyz[0, ..., 2])
    picked = cv2.remap(
        depth,
        x.astype(np.float32)[None],
        y.astype(np.float32)[None],
        cv2.INTER_LINEAR,
        None,
        cv2.BORDER_REPLICATE,
    )
    return picked[0].astype(np.float64)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=ShotRequest.model)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--out", type=Path, help="keep clips and shots here")
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="footage-"))
    print(f"{'shot':15} {'':14} {'median':>8} {'95 %':>8}   (percent of depth a frame)")
    for name, views in shots(options.frames, options.size).items():
        clip = out / f"{name}.mkv"
        out.mkdir(parents=True, exist_ok=True)
        write(views, clip)
        for variant in VARIANTS:
            stacks = trace(clip, out / name / variant, options.model, options.frames, variant)
            median, most = jitter(views, stacks)
            print(f"{name:15} {variant:14} {median:8.2f} {most:8.2f}", flush=True)


if __name__ == "__main__":
    main()
