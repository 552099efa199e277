"""Signed distance fields on a grid, blended smoothly and turned into meshes by marching cubes."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.measure import marching_cubes

from wt_backend.training.data.mesh import SMOOTH, Mesh

Grid = NDArray[np.float32]


class Field:
    """A distance field over a box; primitives join it one by one. Axes may be broadcast views."""

    def __init__(self, low: ArrayLike, high: ArrayLike, resolution: int = 52) -> None:
        self.low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
        self.step = float((high - self.low).max() / (resolution - 1))
        counts = np.ceil((high - self.low) / self.step).astype(int) + 1
        axes = [self.low[i] + self.step * np.arange(counts[i], dtype=np.float32) for i in range(3)]
        self.x, self.y, self.z = axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :]
        self.value: Grid = np.full(counts, 1e3, np.float32)
        self.owner = np.zeros(counts, np.int8)

    def add(self, distance: Grid, blend: float = 0.0, slot: int = 0) -> None:
        """Join a primitive; `blend` is the width over which surfaces flow together."""
        if slot:
            self.owner[distance < self.value] = slot
        self.value = smooth_minimum(self.value, distance, blend)

    def cut(self, distance: Grid, blend: float = 0.0) -> None:
        """Take a primitive away."""
        self.value = -smooth_minimum(-self.value, distance, blend)

    def hollow(self, thickness: float) -> None:
        """Keep a shell of a thickness, half to each side of the surface."""
        self.value = np.abs(self.value) - np.float32(thickness / 2)

    def ball(self, centre: ArrayLike, radii: ArrayLike, turn: ArrayLike | None = None) -> Grid:
        """Ellipsoid with axes along the grid or the columns of a rotation (Quilez's first-order distance)."""
        c = np.asarray(centre, np.float32)
        r = np.broadcast_to(np.asarray(radii, np.float32), 3)
        x, y, z = self.x - c[0], self.y - c[1], self.z - c[2]
        if turn is not None:
            t = np.asarray(turn, np.float32)
            x, y, z = (x * t[0, i] + y * t[1, i] + z * t[2, i] for i in range(3))
        x2, y2, z2 = x**2, y**2, z**2
        k0 = np.sqrt(x2 / r[0] ** 2 + y2 / r[1] ** 2 + z2 / r[2] ** 2)
        k1 = np.sqrt(x2 / r[0] ** 4 + y2 / r[1] ** 4 + z2 / r[2] ** 4)
        return k0 * (k0 - 1) / np.maximum(k1, np.float32(1e-6))

    def limb(self, start: ArrayLike, end: ArrayLike, start_radius: float, end_radius: float) -> Grid:
        """Capsule whose radius changes linearly from start to end."""
        a, b = np.asarray(start, np.float32), np.asarray(end, np.float32)
        d = b - a
        squared = max(float(d @ d), 1e-9)
        x, y, z = self.x - a[0], self.y - a[1], self.z - a[2]
        along = x * d[0] + y * d[1] + z * d[2]
        h = np.clip(along / np.float32(squared), 0, 1)
        away = x * x + y * y + z * z - h * (2 * along - h * np.float32(squared))
        return np.sqrt(np.maximum(away, 0)) - (
            np.float32(start_radius) + h * np.float32(end_radius - start_radius)
        )

    def chain(self, points: ArrayLike, radii: ArrayLike) -> Grid:
        """Limbs from point to point of a path (N, 3), a radius each: necks, tails, trunks, arms."""
        path = np.asarray(points, np.float32)
        r = np.broadcast_to(np.asarray(radii, np.float32), len(path))
        links = (self.limb(path[i], path[i + 1], r[i], r[i + 1]) for i in range(len(path) - 1))
        return functools.reduce(np.minimum, links)

    def block(self, centre: ArrayLike, size: ArrayLike, radius: float) -> Grid:
        """Box with full sides `size`, edges rounded by `radius`."""
        c, half = np.asarray(centre, np.float32), np.asarray(size, np.float32) / 2 - np.float32(radius)
        qx, qy, qz = (
            np.abs(self.x - c[0]) - half[0],
            np.abs(self.y - c[1]) - half[1],
            np.abs(self.z - c[2]) - half[2],
        )
        outside = np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2 + np.maximum(qz, 0) ** 2
        inside = np.minimum(np.maximum(np.maximum(qx, qy), qz), 0)
        return np.sqrt(outside) + inside - np.float32(radius)

    def half_space(self, normal: ArrayLike, offset: float) -> Grid:
        """Everything with normal · p > offset."""
        n = np.asarray(normal, np.float32)
        return np.float32(offset) - (self.x * n[0] + self.y * n[1] + self.z * n[2])

    def ripple(self, rng: np.random.Generator, amplitude: float, frequency: float, waves: int = 5) -> None:
        """Displace the surface by a sum of random plane waves."""
        total = np.zeros_like(self.value)
        for _ in range(waves):
            k = rng.normal(0, frequency, 3).astype(np.float32)
            total += np.sin(self.x * k[0] + self.y * k[1] + self.z * k[2] + np.float32(rng.uniform(0, 6.3)))
        self.value = self.value + total * np.float32(amplitude / np.sqrt(waves))

    def mesh(self, crease: float = SMOOTH) -> Mesh:
        """The zero surface as a closed mesh; slots as given to `add`.

        Raises
        ------
        ValueError
            if the field has no surface
        """
        value = self.value
        for axis in range(3):  # closed even where the shape reaches the border
            edge = np.moveaxis(value, axis, 0)
            edge[[0, -1]] = np.maximum(edge[[0, -1]], np.float32(0.5 * self.step))
        vertices, faces, _, _ = marching_cubes(value, 0.0, allow_degenerate=False)
        mesh = Mesh.build(self.low + self.step * vertices.astype(np.float64), faces, crease=crease)
        if self.owner.any():
            nearest = np.rint(vertices[faces[:, 0]]).astype(int)
            mesh.slot[:] = self.owner[tuple(nearest.T)]
        return mesh


def smooth_minimum(a: Grid, b: Grid, blend: float) -> Grid:
    """Quadratic smooth minimum (Quilez); exactly the minimum where a and b differ by more than `blend`."""
    if blend <= 0:
        return np.minimum(a, b)
    k = np.float32(blend)
    h = np.maximum(k - np.abs(a - b), 0)
    return np.minimum(a, b) - h * h * np.float32(0.25 / blend)
