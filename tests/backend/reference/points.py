"""Edge filter (section 14) and voxels (section 15) once more, pixel by pixel and cell by cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PRESETS = {"default": ((0.02, 2.5), (0.02, 2.5)), "dynamic": ((0.04, 3.5), (0.025, 2.7))}
Cell = tuple[int, int, int]


def point_tensors(out: dict[str, Tensor], g: torch.Generator) -> dict[str, Any]:
    """A wide stack with flyers, what the filter keeps of it, and its cells; returns what to say of them."""
    xyz, mask = _surfaces(g)
    out["post.xyz"], out["post.mask"] = torch.from_numpy(xyz), torch.from_numpy(mask)
    for name, (first, deeper) in PRESETS.items():
        kept = np.stack([keep(xyz[i], mask[i], *(deeper if i else first)) for i in range(len(xyz))])
        out[f"post.{name}.mask"] = torch.from_numpy(kept)
        out[f"post.{name}.xyz"] = torch.from_numpy(xyz * kept[..., None])
    points = turned(xyz[mask])
    centre = points.mean(axis=0)
    scale = 0.4 / np.abs(points - centre).max()
    dense = filled(xyz, mask, steps=3)
    out["mesh.centroid"] = torch.from_numpy(centre)
    out["mesh.scale"] = torch.tensor([scale])
    out["mesh.dense_cloud_count"] = torch.tensor([len(dense)])
    for resolution in (12, 25):
        cells = solid((turned(dense) - centre) * scale, resolution)
        out[f"mesh.voxels.{resolution}"] = torch.tensor(sorted(cells), dtype=torch.int32)
    return {"mesh": {"half_target": 0.4, "ray_steps": 3, "close_iters": 1}}


def _surfaces(g: torch.Generator) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    layers, rows, columns = 4, 24, 37
    v, u = np.mgrid[:rows, :columns] / 30.0 - 0.5
    noise = torch.randn(layers, rows, columns, generator=g).numpy()
    depth = np.stack([1.5 + 0.3 * i + 0.2 * np.sin(5 * u + i) * np.cos(4 * v) for i in range(layers)])
    depth = depth + 0.002 * noise + 0.2 * (noise > 2)
    xyz = np.stack([u * depth, v * depth, depth], -1).astype(np.float32)
    disc = (u * 0.8) ** 2 + v**2 < 0.16
    return xyz, np.stack([disc & (noise[i] > -1.8) for i in range(layers)])


def keep(
    xyz: NDArray[np.float32], mask: NDArray[np.bool_], relative: float, sigmas: float
) -> NDArray[np.bool_]:
    """One layer: pixels near the median of their 5×5 window, then points whose neighbours are near."""
    depth = np.where(mask, xyz[..., 2], xyz[..., 2][mask].mean())
    padded = np.pad(depth, 2, mode="edge")
    kept = np.zeros_like(mask)
    for r, c in np.argwhere(mask):
        median = np.median(padded[r : r + 5, c : c + 5])
        kept[r, c] = abs(depth[r, c] - median) <= relative * max(median, 1e-3)
    points = xyz[kept].astype(np.float64)
    distances = np.sort(np.linalg.norm(points[:, None] - points, axis=-1), axis=1)[:, 1:9].mean(axis=1)
    median = np.median(distances)
    spread = np.median(np.abs(distances - median))
    if spread > 0:
        kept[kept] = distances <= median + sigmas * 1.4826 * spread
    return kept


def turned(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(x, y, z) → (x, z, −y)."""
    x, y, z = points.astype(np.float64).T
    return np.stack([x, z, -y], -1)


def filled(xyz: NDArray[np.float32], mask: NDArray[np.bool_], steps: int) -> NDArray[np.float64]:
    """All points, and ``steps`` between each two of neighbouring layers."""
    points = list(xyz[mask].astype(np.float64))
    for layer in range(len(xyz) - 1):
        for r, c in np.argwhere(mask[layer] & mask[layer + 1]):
            a, b = xyz[layer, r, c].astype(np.float64), xyz[layer + 1, r, c]
            points += [a + (b - a) * i / (steps + 1) for i in range(1, steps + 1)]
    return np.array(points)


def solid(points: NDArray[np.float64], resolution: int) -> set[Cell]:
    """Cells of the points, closed once, holes filled."""
    inside = points[(np.abs(points) <= 0.5 - 1e-6).all(axis=1)]
    cells: set[Cell] = {tuple(math.floor(v) for v in (p + 0.5) * resolution) for p in inside}  # type: ignore[misc]
    every = [(x, y, z) for x in range(resolution) for y in range(resolution) for z in range(resolution)]
    whole = set(every)
    grown = cells | {n for cell in cells for n in beside(cell) if n in whole}
    closed = {cell for cell in grown if all(n in grown for n in beside(cell))}
    outside: set[Cell] = set()
    edge = [c for c in every if c not in closed and any(v in (0, resolution - 1) for v in c)]
    while edge:
        cell = edge.pop()
        if cell not in outside:
            outside.add(cell)
            edge += [n for n in beside(cell) if n in whole and n not in closed and n not in outside]
    return whole - outside


def beside(cell: Cell) -> list[Cell]:
    x, y, z = cell
    return [(x - 1, y, z), (x + 1, y, z), (x, y - 1, z), (x, y + 1, z), (x, y, z - 1), (x, y, z + 1)]
