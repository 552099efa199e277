"""Balls of all games, with the panels, seams, stitches or dimples that tell them apart."""

from __future__ import annotations

import numpy as np
from scipy.spatial import SphericalVoronoi

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import Mesh, difference, union

Rng = np.random.Generator
GOLDEN = (1 + 5**0.5) / 2


def _inflated(panels: list[np.ndarray], rows: np.ndarray, radius: np.ndarray, slots: np.ndarray) -> Mesh:
    """Ball of panels, polygons of directions; its radius at `rows` from 0, a middle, to 1, the seams."""
    corners = [
        np.stack([np.broadcast_to(q.mean(0), q.shape), q, np.roll(q, -1, 0)], 1)
        for q in (panel / np.linalg.norm(panel, axis=1, keepdims=True) for panel in panels)
    ]
    count = np.array([len(c) for c in corners])
    row = np.repeat(np.arange(len(rows)), np.arange(len(rows)) + 1)
    column = np.concatenate([np.arange(k + 1) for k in range(len(rows))])
    share = column / np.maximum(row, 1)
    weight = np.stack([1 - rows[row], rows[row] * (1 - share), rows[row] * share], 1)
    points = np.einsum("pk,tkc->tpc", weight, np.concatenate(corners))
    points *= radius[row][:, None] / np.linalg.norm(points, axis=2, keepdims=True)
    start = np.cumsum(np.arange(len(rows)))  # of every row; row k has k + 1 points
    down = [
        (start[k] + m, start[k + 1] + m, start[k + 1] + m + 1)
        for k in range(len(rows) - 1)
        for m in range(k + 1)
    ]
    up = [
        (start[k] + m, start[k + 1] + m + 1, start[k] + m + 1) for k in range(len(rows) - 1) for m in range(k)
    ]
    faces = np.arange(count.sum())[:, None, None] * len(row) + np.array(down + up)
    _, index, weld = np.unique(
        points.reshape(-1, 3).round(6) + 0.0, axis=0, return_index=True, return_inverse=True
    )
    mesh = Mesh.build(points.reshape(-1, 3)[index], weld.reshape(-1)[faces.reshape(-1, 3)])
    mesh.slot[:] = np.repeat(slots, count * len(down + up))
    return mesh


def _cells(points: np.ndarray) -> list[np.ndarray]:
    """The polygons of directions nearest to each of some directions, all turning the same way."""
    cells = SphericalVoronoi(points / np.linalg.norm(points, axis=1, keepdims=True))
    cells.sort_vertices_of_regions()
    polygons = [cells.vertices[region] for region in cells.regions]
    return [
        q if np.cross(q[0] - c, q[1] - c) @ c > 0 else q[::-1] for q, c in zip(polygons, points, strict=True)
    ]


def _signs(*size: float) -> np.ndarray:
    """All points (±x, ±y, ±z) and their cyclic turns, each once."""
    corners = np.array([(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) * size
    every = np.concatenate([np.roll(corners, turn, axis=1) for turn in range(3)])
    return np.unique(every + 0.0, axis=0)


def _football(rng: Rng) -> Mesh:
    """Ball of five- and six-cornered panels, of twelve alike, or of three strips a side."""
    rows, dip, kind = np.array([0, 0.35, 0.68, 0.9, 1.0]), rng.uniform(0.02, 0.06), rng.integers(4)
    radius = 1 - dip * np.array([0, 0, 0.05, 0.3, 1])
    five = _signs(0, 1, GOLDEN)
    if kind < 2:
        hexes = np.concatenate([_signs(1, 1, 1), _signs(0, 1 / GOLDEN, GOLDEN)])
        points = np.concatenate([five / np.linalg.norm(five[0]), hexes / np.linalg.norm(hexes[0])])
        return _inflated(_cells(points), rows, radius, np.repeat([1, 0], [12, 20]))
    if kind == 2:
        return _inflated(_cells(five), rows, radius, rng.integers(0, 2, 12))
    long, panels = np.array([-1, -1 / 3, 1 / 3, 1]), []
    for turn in range(3):
        for side in (-1, 1):
            for v in (-1, -1 / 3, 1 / 3):
                loop = [(u, v) for u in long] + [(u, v + 2 / 3) for u in long[::-1]]
                q = np.array([(side, a * side, b) for a, b in loop])
                panels.append(np.roll(np.tan(q * np.pi / 4), turn, axis=1))
    return _inflated(panels, rows, radius, np.tile([0, 1, 0] if rng.random() < 0.5 else [0, 1, 2], 6))


def _seamed(rng: Rng) -> Mesh:
    """Tennis ball, baseball with its stitches, basketball, or a pointed ball with laces."""
    kind, t, thin = rng.integers(4), np.linspace(0, 2 * np.pi, 80, endpoint=False), rng.uniform(0.02, 0.04)
    ball, a = p.sphere(1, 14), rng.uniform(0.68, 0.8)
    x, y = a * np.cos(t) + (1 - a) * np.cos(3 * t), a * np.sin(t) - (1 - a) * np.sin(3 * t)
    curve = np.stack([x, y, 2 * np.sqrt(a * (1 - a)) * np.sin(2 * t)], 1)
    if kind == 0:
        return difference(ball, [p.tube(curve, thin * 1.3, 8, closed=True).with_slot(1)])
    if kind == 1:
        across = np.cross(curve, np.roll(curve, -1, 0) - curve)
        across *= rng.uniform(0.08, 0.13) / np.linalg.norm(across, axis=1, keepdims=True)
        ahead = 0.5 * (np.roll(curve, -1, 0) - curve)
        ends = curve + ahead
        stitches = [
            p.tube([ends[i] - across[i], 1.012 * curve[i] - ahead[i], ends[i] + across[i]], 0.022, 5)
            for i in range(0, 80, 2)
        ]
        return union([ball, *[m.with_slot(1) for m in stitches]])
    ring = p.torus(1, thin, 72, 8).with_slot(1)
    if kind == 2:
        off = rng.uniform(0.5, 0.7)
        small = p.torus(np.sqrt(1 - off**2), thin, 60, 8).with_slot(1).rotated(p.ALONG_X)
        across = [ring, ring.rotated(p.ALONG_Y), small.shifted(off, 0, 0), small.shifted(-off, 0, 0)]
        return difference(ball, across)
    long, sharp = rng.uniform(1.3, 1.75), rng.uniform(0.0, 0.35)

    def pointed(mesh: Mesh) -> Mesh:
        thinner = 1 - sharp * mesh.vertices[:, :1] ** 2
        return mesh.moved(mesh.vertices * np.concatenate([np.full_like(thinner, long), thinner, thinner], 1))

    ball = difference(pointed(ball), [pointed(ring), pointed(ring.rotated(p.ALONG_Y))])
    if rng.random() < 0.4:
        return ball
    laces = [p.rod((x, -0.16, 0.98), (x, 0.16, 0.98), 0.035, 8) for x in np.linspace(-0.4, 0.4, 7)]
    laces.append(p.rod((-0.5, 0, 0.99), (0.5, 0, 0.99), 0.035, 8))
    return union([ball, *[m.with_slot(2) for m in laces]])


def ball(rng: Rng) -> Mesh:
    """Football, volleyball, tennis ball, baseball, basketball, rugby ball, golf ball on a tee, beach ball."""
    size, kind = rng.uniform(0.4, 0.6), rng.random()
    turn = p.random_rotation(rng)
    if kind < 0.35:
        return _football(rng).rotated(turn).scaled(size).grounded()
    if kind < 0.75:
        return _seamed(rng).rotated(turn).scaled(size).grounded()
    if kind < 0.88:  # golf: dimples in a spiral
        count = int(rng.integers(70, 150))
        z, angle = 1 - (2 * np.arange(count) + 1) / count, 2 * np.pi * np.arange(count) / GOLDEN
        points = np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], 1)
        rows, dip = np.array([0, 0.4, 0.75, 1.0]), rng.uniform(0.02, 0.05)
        golf = _inflated(_cells(points), rows, 1 - dip * np.array([1, 0.8, 0, 0]), np.zeros(count, int))
        golf = golf.rotated(turn).scaled(size)
        if rng.random() < 0.5:
            return golf.grounded()
        cup, h = size * rng.uniform(0.4, 0.6), rng.uniform(0.5, 1.2)
        tee = np.array([(0, -h), (0.05, -h + 0.1), (0.1, -0.35), (cup, -0.05), (cup, 0.02), (0, 0)])
        return union([golf, p.lathe(tee, 24).shifted(0, 0, 0.06 - size).with_slot(1)]).grounded()
    gores = int(rng.choice([4, 6, 8]))
    beach = p.lathe(np.stack([np.sin(u := np.linspace(0, np.pi, 25)).round(9), -np.cos(u)], 1), 48)
    middle = beach.vertices[beach.faces].mean(1)
    gore = np.floor((np.arctan2(middle[:, 1], middle[:, 0]) / (2 * np.pi) % 1) * gores).astype(int)
    colours = 3 if gores % 3 == 0 and rng.random() < 0.5 else 2
    beach.slot[:] = np.where(np.abs(middle[:, 2]) > 0.97, 3, gore % colours)
    valve = p.cylinder(0.06, 0.08, segments=12).shifted(0, 0, 1).with_slot(3)
    return union([beach, valve]).rotated(turn).scaled(size).grounded()
