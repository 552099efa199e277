"""What hangs aloft: cable cars and parachutes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined

Rng = np.random.Generator


def cable_car(rng: Rng) -> Mesh:
    """Gondola, great cabin or open chair hanging by its arm from wheels on a cable."""
    x, y, z = rng.uniform(0.25, 0.55), rng.uniform(0.22, 0.34), rng.uniform(0.24, 0.38)
    top = z + rng.uniform(0.35, 0.7)
    parts = []
    if rng.random() < 0.3:  # chair
        wide, z = rng.uniform(0.25, 0.5), 0.0
        seat = [(-0.2, 0.3), (-0.14, 0.3), (-0.09, 0.0), (0.2, 0.03), (0.2, -0.02), (-0.14, -0.05)]
        parts.append(p.upright([np.array(seat) + np.array([0, -0.35])], 2 * wide))
        frame = [
            (0.2, wide, -0.2),
            (-0.1, wide, -0.2),
            (-0.18, wide, 0.0),
            (-0.12, 0.3 * wide, 0.12),
            (-0.1, 0, 0.14),
        ]
        parts += [m.with_slot(2) for m in p.pair(p.tube(p.spline(np.array(frame), 24), 0.022, 8))]
        bar = [(0.22, -wide, -0.2), (0.28, 0, -0.2), (0.22, wide, -0.2)]
        parts.append(p.tube(p.spline(np.array(bar), 12), 0.02, 8).with_slot(2))
        hang, z = (-0.1, 0.12), 0.12
    else:
        n = rng.uniform(0.25, 0.7)
        cabin = (
            p.superquadric((x, y, z), n, n)
            if rng.random() < 0.55
            else p.rounded_box((2 * x, 2 * y, 2 * z), rng.uniform(0.03, 0.12))
        )
        bars = np.linspace(-0.72, 0.72, int(rng.integers(2, 5))) * x
        low, high = -rng.uniform(0.0, 0.4) * z, 0.7 * z
        panes = [block((a + 0.02, -1, low), (b - 0.02, 1, high), 1) for a, b in pairwise(bars)]
        panes.append(block((-1, -0.6 * y, low), (1, 0.6 * y, high), 1))
        room = cabin.scaled((1 - 0.04 / x, 1 - 0.04 / y, 1 - 0.04 / z)).with_slot(1)
        parts.append(difference(cabin, [room, *panes]))
        if rng.random() < 0.4:  # glazed
            parts.append(cabin.scaled((1 - 0.02 / x, 1 - 0.02 / y, 1 - 0.02 / z)).with_slot(1))
        if rng.random() < 0.6:
            parts += p.pair(block((-0.6 * x, y - 0.02, -0.75 * z), (0.6 * x, y + 0.05, -0.6 * z), 2))
        parts.append(block((-0.7 * x, -0.4 * y, 0.9 * z), (0.7 * x, 0.4 * y, z + 0.03), 2))
        hang = (0.0, 0.95 * z)
    bend = rng.choice([0.0, rng.uniform(0.1, 0.25)])
    arm = [(hang[0], 0, hang[1]), (hang[0], bend, (z + top) / 2), (0, bend, top - 0.08), (0, 0.0, top)]
    parts.append(
        p.tube(
            p.spline(np.array(arm), 20), rng.uniform(0.03, 0.05), 10, flat=rng.uniform(0.6, 1.3)
        ).with_slot(3)
    )
    half = rng.uniform(0.12, 0.4)
    parts.append(block((-half - 0.05, -0.035, top - 0.02), (half + 0.05, 0.035, top + 0.05), 3))
    roller = p.cylinder(0.055, 0.1, segments=16).rotated(p.ALONG_Y).with_slot(4)
    parts += [roller.shifted(u, 0, top + 0.06) for u in np.linspace(-half, half, int(rng.integers(2, 5)))]
    tilt, reach = rng.choice([0.0, rng.uniform(-0.25, 0.25)]), rng.uniform(0.6, 1.1)
    rope = p.rod((-reach, 0, top + 0.09 - tilt * reach), (reach, 0, top + 0.09 + tilt * reach), 0.025, 8)
    return joined(rng, [*parts, rope.with_slot(4)]).grounded()


def _jumper(rng: Rng, z: float) -> list[Mesh]:
    """What hangs from the lines at height z: a crate, a capsule or a person."""
    kind = rng.integers(3)
    if kind == 0:
        size = rng.uniform(0.12, 0.2)
        return [
            block((-size, -size, z - 2 * size), (size, size, z), 2),
            *[
                block(
                    (-size - 0.015, s * size - 0.03, z - 2 * size - 0.01),
                    (size + 0.015, s * size + 0.03, z + 0.012),
                    3,
                )
                for s in (-0.5, 0.5)
            ],
        ]
    if kind == 1:
        return [
            p.cylinder(0.15, 0.2, 0.06, 24).shifted(0, 0, z - 0.1).with_slot(2),
            p.sphere(0.15, 10).scaled((1, 1, 0.35)).shifted(0, 0, z - 0.2).with_slot(3),
        ]
    parts = [
        p.capsule(0.07, 0.14).shifted(0, 0, z - 0.15).with_slot(2),
        p.sphere(0.06, 6).shifted(0, 0, z + 0.02).with_slot(3),
    ]
    for s in (-1, 1):
        parts.append(p.rod((0, 0.06 * s, z - 0.1), (0.03, 0.13 * s, z + 0.09), (0.03, 0.022), 8).with_slot(2))
        knee = rng.uniform(0.0, 0.14)
        leg = np.array(
            [(0, 0.04 * s, z - 0.22), (knee, 0.06 * s, z - 0.34), (0.4 * knee, 0.06 * s, z - 0.48)]
        )
        parts.append(p.tube(p.spline(leg, 8), np.linspace(0.045, 0.03, 8), 8).with_slot(4))
    return parts


def parachute(rng: Rng) -> Mesh:
    """Parachute: a round canopy of gores or an arched wing of cells, on lines over its load."""
    drop, sheet = rng.uniform(0.6, 1.0), 0.035
    if rng.random() < 0.6:
        r, gores, tall = rng.uniform(0.5, 0.75), int(rng.integers(6, 15)), rng.uniform(0.25, 0.5)
        angle = np.linspace(0.0, np.pi / 2, 14)
        arc = np.stack([np.sin(angle), np.cos(angle)], 1)
        if vent := rng.random() < 0.3:
            arc[0, 0] = 0.08
        outer, inner = arc * [r, tall], arc * [r - sheet, tall - sheet]
        if vent:
            inner[0, 0] = outer[0, 0]
        canopy = p.lathe(np.concatenate([inner, outer[::-1]]), 8 * gores, closed=vent)
        v = canopy.vertices
        scallop = np.abs(np.sin(gores / 2 * np.arctan2(v[:, 1], v[:, 0]))) - 1
        edge = np.clip(1 - v[:, 2] / tall, 0, 1)
        puff = 1 + rng.uniform(0.04, 0.12) * scallop * edge**0.3
        drape = rng.uniform(0.0, 0.1) * (scallop + 1) * edge**3
        canopy = canopy.moved(np.stack([v[:, 0] * puff, v[:, 1] * puff, v[:, 2] + drape], 1))
        sector = np.floor(np.arctan2(*v[canopy.faces].mean(1)[:, 1::-1].T) * gores / (2 * np.pi)).astype(int)
        canopy.slot[:] = (sector % 2) * rng.integers(2)
        lean = r * (1 - 0.08) - 0.02
        ends = [(lean * np.cos(a), lean * np.sin(a), 0.01) for a in 2 * np.pi * np.arange(gores) / gores]
    else:
        span, arch, chord, cells = (
            rng.uniform(0.6, 0.95),
            rng.uniform(0.15, 0.4),
            rng.uniform(0.3, 0.5),
            int(rng.integers(5, 12)),
        )
        w = np.linspace(-1, 1, 8 * cells + 1)
        bulge = rng.uniform(0.01, 0.03) * np.abs(np.sin(np.pi * cells * (w + 1) / 2))
        over = np.stack([span * w, arch * (1 - w**2) + 0.05 + bulge], 1)
        under = np.stack([span * w, arch * (1 - w**2) - 0.04], 1)[::-1]
        canopy = p.facing([np.concatenate([over, under])], chord)
        v = canopy.vertices.copy()
        v[:, 2] += rng.uniform(-0.1, 0.1) * v[:, 0]
        canopy = canopy.moved(v)
        ends = [
            (s * chord, t * span, arch * (1 - t * t) - 0.02)
            for s in (-0.4, 0.35)
            for t in np.linspace(-0.95, 0.95, 6)
        ]
    thick = rng.uniform(0.01, 0.015)
    hands = [(0, 0.1 * np.sign(y) if abs(y) > 1e-6 else 0.0, -drop) for _, y, _ in ends]
    lines = [p.rod(a, b, thick, 5).with_slot(3) for a, b in zip(ends, hands, strict=True)]
    return joined(rng, [canopy.with_crease(SMOOTH), *lines, *_jumper(rng, -drop + 0.02)]).grounded()
