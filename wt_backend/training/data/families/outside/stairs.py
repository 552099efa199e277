"""Stairs, steps and ladders."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, joined

Rng = np.random.Generator


def stairs(rng: Rng) -> Mesh:
    """Flight of stairs, spiral staircase, ladder, stepladder or stepped pyramid."""
    count, kind = int(rng.integers(3, 12)), int(rng.integers(5))
    if kind == 0:
        return joined(rng, _flight(rng, count))
    if kind == 1:
        return joined(rng, _spiral(rng, count + 5))
    if kind == 2:  # pyramid of steps
        x, y, h, sides = (
            rng.uniform(0.5, 0.8),
            rng.uniform(0.5, 0.8),
            rng.uniform(0.08, 0.16),
            int(rng.choice([4, 4, 6, 28])),
        )
        end = rng.uniform(0.15, 0.6)
        parts = []
        for i in range(count):
            s = 1 - (1 - end) * i / count
            step = p.cylinder(0.707 if sides == 4 else 0.5, h * (i + 1), segments=sides).rotated(
                p.rotation((0, 0, 1), np.pi / sides)
            )
            parts.append(
                step.scaled((2 * x * s, 2 * y * s, 1))
                .shifted(0, 0, h * (i + 1) / 2 + 0.002 * (count - i))
                .with_slot(i % 2)
            )
        return joined(rng, parts)
    tall, wide, t = rng.uniform(0.9, 1.6), rng.uniform(0.18, 0.32), rng.uniform(0.018, 0.035)
    narrow, lean = rng.uniform(0.6, 1.0) * wide, rng.uniform(0.1, 0.35) * tall
    parts = []
    for z in np.linspace(0.1, 0.95, count):
        x, y = lean * (1 - z), wide + (narrow - wide) * z
        if kind == 3:
            parts.append(p.rod((x, -y, z * tall), (x, y, z * tall), 0.9 * t, 8).with_slot(1))
        else:
            parts.append(block((x - 0.07, -y, z * tall - 0.02), (x + 0.07, y, z * tall + 0.02), 1))
    parts += p.pair(p.rod((lean, wide, 0), (0, narrow, tall), t, 6))
    if kind == 4:  # stepladder: a pair of legs behind, a platform
        parts += p.pair(p.rod((-lean - 0.1, wide, 0), (0, narrow, 0.97 * tall), t, 6))
        parts.append(p.rod((-0.6 * lean, -wide, 0.35 * tall), (-0.6 * lean, wide, 0.35 * tall), t, 6))
        parts.append(block((-0.12, -narrow - t, 0.96 * tall), (0.12, narrow + t, tall + 0.02), 1))
    return joined(rng, parts)


def _flight(rng: Rng, count: int) -> list[Mesh]:
    run, rise, y = rng.uniform(0.14, 0.24), rng.uniform(0.09, 0.2), rng.uniform(0.2, 0.6)
    x, z = -run * np.arange(count + 1), rise * np.arange(1, count + 2)
    top, slab = z[-1], rng.random() < 0.5
    outline = [(0.0, 0.0)]
    for i in range(count):
        outline += [(x[i], z[i]), (x[i + 1], z[i])]
    landing = rng.uniform(0.2, 0.6)
    outline += [(x[-1], top), (x[-1] - landing, top)]
    if slab:  # hung: open below
        outline += [(x[-1] - landing, top - rise), (x[-1], top - 1.3 * rise), (-0.6 * run, 0.0)]
    else:
        outline.append((x[-1] - landing, 0))
    parts = [p.upright([np.array(outline)], 2 * y)]
    if rng.random() < 0.55:
        up, rail = np.array([0, 0, 1.0]), rng.uniform(0.25, 0.4)
        posts = [np.array([x[i] - 0.5 * run, y - 0.04, z[i]]) for i in range(0, count, 1 + count // 6)]
        for post in posts:
            parts += p.pair(p.rod(post - 0.04 * up, post + up * rail, 0.02, 6).with_slot(1))
        bar = p.rod(
            posts[0] + np.array([0.12, 0, rail - rise * 0.5]),
            posts[-1] + np.array([-0.05, 0, rail + 0.3 * rise]),
            0.03,
            8,
        )
        parts += p.pair(bar.with_slot(1))
    elif rng.random() < 0.4:  # cheeks of stone
        cheek = np.array(
            [(0.1, 0), (0.1, rise), (x[-1], top + rise), (x[-1] - landing, top + rise), (x[-1] - landing, 0)]
        )
        parts += p.pair(p.upright([cheek], 0.1).shifted(0, y + 0.04, 0).with_slot(1))
    return parts


def _spiral(rng: Rng, count: int) -> list[Mesh]:
    r, rise, turn = rng.uniform(0.35, 0.6), rng.uniform(0.07, 0.13), rng.uniform(0.3, 0.5)
    wedge = np.array([(0, -0.04), (r, -0.55 * turn * r), (r, 0.55 * turn * r), (0, 0.04)])
    step = p.extrude([wedge], rng.uniform(0.035, 0.06))
    parts = [
        p.rod((0, 0, 0), (0, 0, count * rise + rng.uniform(0.1, 0.4)), rng.uniform(0.05, 0.1), 14).with_slot(
            1
        )
    ]
    angles = turn * np.arange(count)
    for i, a in enumerate(angles):
        parts.append(step.rotated(p.rotation((0, 0, 1), a)).shifted(0, 0, (i + 0.5) * rise))
    if rng.random() < 0.65:
        rail, out = rng.uniform(0.25, 0.4), 0.93 * r
        path = np.stack(
            [out * np.cos(angles), out * np.sin(angles), (np.arange(count) + 0.5) * rise + rail], 1
        )
        parts.append(p.tube(p.spline(path, 4 * count), 0.022, 8).with_slot(2))
        parts += [p.rod(q - [0, 0, rail], q, 0.018, 6).with_slot(2) for q in path[::2]]
    return parts
