"""Cannon and mortars."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.firearms import bored, side
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.transport.vehicles import spoked_wheel, wheel
from wt_backend.training.data.mesh import Mesh, concatenate, joined, union

Rng = np.random.Generator


def _gun_tube(rng: Rng, r: float, long: float) -> list[Mesh]:
    """Cannon's barrel along +X about its trunnions at the origin, with rings, muzzle and knob."""
    rear, front, slim = -0.4 * long, 0.6 * long, rng.uniform(0.55, 0.85)
    knots = [(0.6 * r, rear - 0.06), (r, rear), (r, rear + 0.15 * long)]
    knots += [
        (slim * r, front - 0.15 * long),
        (slim * r * rng.uniform(1.0, 1.5), front - 0.03),
        (slim * r, front),
    ]
    parts = [
        bored(knots, 0.5 * slim * r, 0.35 * long),
        p.rod((0, -1.5 * r, 0), (0, 1.5 * r, 0), 0.3 * r, 14),
    ]
    parts.append(p.rod((rear - 0.1, 0, 0), (rear, 0, 0), 0.25 * r))
    parts.append(p.sphere(0.35 * r, 6).shifted(rear - 0.06 - 0.35 * r, 0, 0))
    for x in np.linspace(rear + 0.03, front - 0.2 * long, int(rng.integers(2, 6))):
        parts.append(
            p.torus(float(np.interp(x, [k[1] for k in knots], [k[0] for k in knots])), 0.12 * r, 32, 8)
            .rotated(p.ALONG_X)
            .shifted(x, 0, 0)
            .with_slot(int(rng.integers(2)))
        )
    return parts


def cannon(rng: Rng) -> Mesh:
    """Field gun on spoked wheels, ship's gun on its truck, mortar on a bed; perhaps with a heap of balls."""
    r, kind = rng.uniform(0.1, 0.17), rng.integers(3)
    long = rng.uniform(0.35, 0.5) if kind == 2 else rng.uniform(0.8, 1.4)
    rise = rng.uniform(0.5, 1.0) if kind == 2 else rng.uniform(-0.02, 0.35)
    barrel = [m.rotated(p.rotation((0, 1, 0), -rise)) for m in _gun_tube(rng, r, long)]
    cheek, reach = 1.3 * r, 0.5 * long
    if kind == 0:  # field gun
        size, tail = rng.uniform(0.3, 0.48), rng.uniform(0.7, 1.1) * long + 0.1
        sides = [(0.2, 0.02), (0.2, -0.12), (-tail, -size - 0.02), (-tail, 0.1 - size), (-0.15, 0.04)]
        hubs = spoked_wheel(size, 0.035, int(rng.integers(8, 13)))
        parts = [side(sides, 0.07, 2).shifted(0, y, 0) for y in (-cheek, cheek)]
        parts += [m.shifted(0, 2.1 * r + 0.05, -0.06) for m in hubs] + [
            m.shifted(0, -2.1 * r - 0.05, -0.06) for m in hubs
        ]
        parts.append(p.rod((0, -2.1 * r - 0.1, -0.06), (0, 2.1 * r + 0.1, -0.06), 0.035).with_slot(3))
        parts += [
            block((x - 0.05, -cheek, z - 0.04), (x, cheek, z + 0.04), 2)
            for x, z in ((0.15, -0.06), (0.1 - tail, 0.03 - size))
        ]
    elif kind == 1:  # ship's gun
        low, small = 1.5 * r + rng.uniform(0.05, 0.15), rng.uniform(0.09, 0.14)
        steps = [
            (0.3, -low),
            (0.3, -0.05),
            (0.1, 0.03),
            (-0.1, 0.03),
            (-0.1, -0.3 * low),
            (-0.65 * reach, -0.3 * low),
            (-0.65 * reach, -0.6 * low),
            (-reach, -0.6 * low),
            (-reach, -low),
        ]
        parts = [side(steps, 0.08, 2).shifted(0, y, 0) for y in (-cheek, cheek)]
        parts.append(block((-0.95 * reach, -cheek, -low - 0.02), (0.27, cheek, -0.75 * low), 2))
        parts += [
            m.shifted(x, 0, -low - 0.2 * small)
            for x in (0.2, -0.75 * reach)
            for m in p.pair(wheel(small, 0.08, 0.3).shifted(0, cheek + 0.09, 0))
        ]
        parts += [
            p.rod(
                (x, -cheek - 0.08, -low - 0.2 * small), (x, cheek + 0.08, -low - 0.2 * small), 0.03
            ).with_slot(3)
            for x in (0.2, -0.75 * reach)
        ]
    else:
        bed = [
            (0.3, -1.9 * r),
            (0.3, -1.2 * r),
            (0.08, 0.05),
            (-0.08, 0.05),
            (-0.3, -1.2 * r),
            (-0.3, -1.9 * r),
        ]
        parts = [side(bed, 0.08, 2).shifted(0, y, 0) for y in (-cheek, cheek)]
        parts.append(block((-0.36, -cheek - 0.1, -2.2 * r), (0.36, cheek + 0.1, -1.8 * r), 2, 0.01))
    mesh = joined(rng, [*barrel, *parts]).grounded()
    if rng.random() < 0.3:  # balls: three and one on top
        ball, at = p.sphere(0.08, 6).with_slot(4), np.array([0.55 * long + 0.2, 0.3 + r, 0.08])
        heap = [ball.shifted(*(at - 0.085 * np.array([np.cos(a), np.sin(a), 0]))) for a in (0, 2.09, 4.19)]
        mesh = concatenate([mesh, union([*heap, ball.shifted(*(at - [0, 0, -0.12]))])])
    return mesh
