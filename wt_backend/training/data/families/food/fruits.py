"""Fruits with leaves and stems: bunches of grapes, bananas and cherries, pineapples."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.food.vegetables import leaves
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined

Rng = np.random.Generator


def bunch(rng: Rng) -> Mesh:
    """Bunch of grapes, hand of bananas, or cherries on their stalks."""
    kind = rng.integers(3)
    if kind == 0:
        return _grapes(rng)
    if kind == 1:
        return _bananas(rng)
    parts, knot = [], np.array([0, 0, rng.uniform(0.6, 0.9)])
    count, r = int(rng.integers(2, 4)), rng.uniform(0.15, 0.22)
    for i in range(count):
        a = 2 * np.pi * i / count + rng.normal(0, 0.2)
        place = np.array([np.cos(a), np.sin(a), 0]) * r * rng.uniform(1.1, 1.6) + [0, 0, r]
        ball = p.sphere(r, 10)
        v = ball.vertices * [1, 1, 0.93]
        v[:, 2] -= 0.35 * r * np.exp(-((np.hypot(v[:, 0], v[:, 1]) / (0.35 * r)) ** 2)) * (v[:, 2] > 0)
        path = p.spline([place + [0, 0, 0.5 * r], place * [0.9, 0.9, 1] + [0, 0, 0.3], knot], 20)
        parts += [ball.moved(v).shifted(*place), p.tube(path, 0.018, 8).with_slot(1)]
    parts.append(p.sphere(0.035, 6).shifted(*knot).with_slot(1))
    if rng.random() < 0.6:
        parts += [
            m.rotated(p.rotation((0, 1, 0), 1.2)).shifted(*knot).with_slot(2)
            for m in leaves(rng, 1, 0.45, 0.14, 0.3, 0.3)
        ]
    return joined(rng, parts).grounded()


def _grapes(rng: Rng) -> Mesh:
    """Berries packed ring by ring to a cone round a stem, lying or hanging, perhaps with a leaf."""
    r, oval = rng.uniform(0.075, 0.11), rng.uniform(1.0, 1.35)
    berry = p.capsule(r, 0.05 * r, 12).scaled((1, 1, oval))
    rings, parts = int(rng.integers(4, 7)), []
    for level in range(rings):
        out = (
            r
            * 2.3
            * np.sin(np.pi * (0.2 + 0.75 * (1 - (level + 0.5) / rings))) ** 0.8
            * (1 - 0.6 * level / rings)
        )
        count = max(1, int(2 * np.pi * out / (1.75 * r)))
        for a in np.arange(count) * 2 * np.pi / count + level:
            jitter = rng.normal(0, 0.1 * r, 3)
            parts.append(
                berry.shifted(
                    *(np.array([out * np.cos(a), out * np.sin(a), -1.5 * r * oval * level]) + jitter)
                )
            )
    if rng.random() < 0.7:
        parts += [m.with_slot(2) for m in leaves(rng, int(rng.integers(1, 3)), 0.4, 0.2, 1.5, 0.2)]
    stem = p.spline(
        [(0, 0, -1.5 * r * oval * rings * 0.8), (0.01, 0, 0), (0.03, 0.02, 0.2), (0.1, 0, 0.32)], 14
    )
    parts.append(p.tube(stem, 0.022, 8).with_slot(1))
    return joined(rng, parts).rotated(p.rotation((0, 1, 0), rng.choice([0.0, 1.4]))).grounded()


def _bananas(rng: Rng) -> Mesh:
    """Bananas side by side from one crown, or one alone."""
    count, long, bend = int(rng.choice([1, 2, 3, 4, 5, 6])), rng.uniform(0.75, 1.0), rng.uniform(0.8, 1.6)
    u, thick, parts = np.linspace(0, 1, 28), rng.uniform(0.075, 0.11), []
    radius = thick * np.interp(u, [0, 0.1, 0.2, 0.5, 0.85, 0.95, 1], [0.35, 0.35, 0.8, 1.0, 0.85, 0.4, 0.3])
    arc = bend * (u - 0.15)
    path = long / bend * p.broadcast(np.sin(arc), 0.0, 1 - np.cos(arc))
    for i in range(count):
        one = p.tube(path, radius, int(rng.choice([5, 6, 14])) if count == 1 else 6).with_crease(
            float(np.cos(0.7))
        )
        tip = p.sphere(0.38 * thick, 6).shifted(*path[-1]).with_slot(1)
        turn = p.rotation((0, 0, 1), (i - (count - 1) / 2) * rng.uniform(0.2, 0.28))
        turn = turn @ p.rotation((1, 0, 0), (i - (count - 1) / 2) * 0.12)
        parts += [m.shifted(0.12, 0, 0).rotated(turn) for m in (one, tip)]
    parts.append(
        p.superquadric((0.09, 0.05 + 0.018 * count, 0.045), 0.7, 0.7, 6)
        .shifted(0.02, 0, path[0, 2])
        .with_slot(1)
    )
    mesh = joined(rng, parts)
    return (
        mesh.rotated(p.rotation((0, 1, 0), rng.choice([0.0, 0.0, 1.3])))
        .rotated(p.rotation((1, 0, 0), rng.choice([0, np.pi])))
        .grounded()
    )


def pineapple(rng: Rng) -> Mesh:
    """Pineapple: a barrel of spiralling scales under a tuft of stiff leaves, whole or cut across."""
    r, tall, spirals = rng.uniform(0.24, 0.33), rng.uniform(0.6, 0.9), int(rng.integers(7, 11))
    t = np.linspace(0, 1, 40)
    shape = r * np.sin(np.pi * (0.1 + 0.82 * t)) ** rng.uniform(0.35, 0.6)
    body = p.lathe(np.concatenate([[(0, 0)], np.stack([shape, tall * t], 1), [(0, tall)]]), 5 * spirals)
    x, y, z = body.vertices.T
    angle, climb = spirals * np.arctan2(y, x), spirals * z / (rng.uniform(0.8, 1.1) * r)
    scale = np.abs(np.sin((angle + climb) / 2) * np.sin((angle - climb) / 2)) ** 0.6
    size = 1 + rng.uniform(0.12, 0.2) * (scale - 0.5)
    body = body.moved(np.stack([x * size, y * size, z], 1)).with_crease(SMOOTH)
    if rng.random() < 0.2:
        level = rng.uniform(0.25, 0.5) * tall
        body = difference(body, [p.box((2, 2, 1)).shifted(0, 0, level - 0.5).with_slot(2)])
    long, wide, spread = rng.uniform(0.3, 0.65), rng.uniform(0.035, 0.06), rng.uniform(0.4, 1.0)
    tuft = leaves(rng, int(rng.integers(10, 19)), long, wide, spread, rng.uniform(-0.3, 0.3))
    crown = [p.cylinder(0.09, 0.15), *tuft]
    parts = [body, *[m.shifted(0, 0, tall - 0.02).with_slot(1) for m in crown]]
    return joined(rng, parts).rotated(p.rotation((0, 1, 0), rng.choice([0.0, 0.0, 1.4]))).grounded()
