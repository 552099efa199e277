"""How long a projected texture takes: 200,000 triangles, one photo, 2048 × 2048 texels.

    python build.py bench projection        (options: --size 2048 --triangles 200000)

The mesh is a ball with UVs of its own whose front the photo shows; its back is guessed. Wall time depends on
what else the machine does, so the processor time of this process is printed beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.projection import METHODS
from wt_backend.stack import LayerStack, StackInfo

DISTANCE, RADIUS = 3.0, 0.9
GRID, PHOTO = 256, 2048
LIMIT = 10.0  # seconds


def main() -> int:
    """Bake once; exit status 1 if it takes longer than the limit, in processor time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--triangles", type=int, default=200_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = write_ball(folder / "ball.npz", arguments.triangles)
        camera = write_photo(folder)
        params: dict[str, Any] = {
            "mesh": str(folder / "ball.npz"),
            "cameras": [camera],
            "output": str(folder / "baked"),
            "size": arguments.size,
        }
        METHODS["projection/bake"]({**params, "size": 64}, ignore, lambda: None)  # imports, the first time
        wall, processor = time.perf_counter(), time.process_time()
        result = METHODS["projection/bake"](params, ignore, lambda: None)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"{count} triangles, {arguments.size}² texels, {result['seen']:.0%} seen: {wall:.1f} s, "
        f"of that {processor:.1f} s of processor time"
    )
    return int(processor > LIMIT)


def ignore(stage: str, step: int, total: int) -> None:
    """Progress that nobody looks at."""


def write_ball(path: Path, triangles: int) -> int:
    """A ball of about so many triangles with UVs by longitude and latitude; return how many."""
    side = int(np.sqrt(triangles / 2))
    down, around = np.meshgrid(
        np.linspace(0.02, np.pi - 0.02, side + 1), np.linspace(0, 2 * np.pi, side + 1), indexing="ij"
    )
    ball = [np.sin(down) * np.cos(around), np.cos(down), -np.sin(down) * np.sin(around)]
    vertices = RADIUS * np.stack(ball, -1).reshape(-1, 3) - (0, 0, DISTANCE)
    index = np.arange((side + 1) ** 2).reshape(side + 1, -1)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack(face, -1).reshape(-1, 3) for face in ((a, b, c), (a, c, d))])
    uv = np.stack([around / (2 * np.pi), 1 - down / np.pi], -1).reshape(-1, 2)[faces]
    np.savez(path, vertices=vertices, triangles=faces, uv=uv)
    return len(faces)


def write_photo(folder: Path) -> dict[str, Any]:
    """A photo of the ball and its stack of two layers."""
    picture = np.random.default_rng(0).integers(0, 255, (PHOTO, PHOTO, 3)).astype(np.uint8)
    cv2.imwrite(str(folder / "photo.png"), cv2.GaussianBlur(picture, (0, 0), 8))
    camera = np.array([[1.2 * GRID, 0, GRID / 2], [0, 1.2 * GRID, GRID / 2], [0, 0, 1]])
    rays = _rays(camera)
    square, half = (rays**2).sum(-1), rays[..., 2] * DISTANCE
    inside = half**2 - square * (DISTANCE**2 - RADIUS**2)
    root = np.sqrt(np.maximum(inside, 0))
    depth = np.stack([(half - root) / square, (half + root) / square])
    mask = np.broadcast_to(inside > 0, depth.shape)
    xyz = np.where(mask[..., None], depth[..., None] * rays, 0).astype(np.float32)
    rgba = np.full((GRID, GRID, 4), 128, np.uint8)
    info = StackInfo("relative", "bench", "", {}, 0, 0, "", "", (PHOTO, PHOTO), "object")
    affine = np.array([[PHOTO / GRID, 0, 0], [0, PHOTO / GRID, 0]])
    LayerStack(xyz, mask.copy(), rgba, camera, affine, info).save(folder / "ball.wts")
    return {
        "stack": str(folder / "ball.wts"),
        "to_local": np.eye(4).tolist(),
        "photo": str(folder / "photo.png"),
    }


def _rays(camera: NDArray[np.float64]) -> NDArray[np.float64]:
    row, column = np.mgrid[:GRID, :GRID] + 0.5
    return np.stack([column, row, np.ones_like(row)], -1) @ np.linalg.inv(camera).T


if __name__ == "__main__":
    raise SystemExit(main())
