"""Tents, market stalls and igloos."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.outside.street import arch, turn, turned
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def tent(rng: Rng) -> Mesh:
    """Ridge tent, dome on crossed poles, tipi, round marquee with a pointed roof, or open pavilion."""
    return joined(rng, (_ridge_tent, _dome_tent, _tipi, _marquee, _pavilion)[rng.integers(5)](rng))


def _ridge_tent(rng: Rng) -> list[Mesh]:
    """Two slopes, perhaps walls, closed behind, open in front between two flaps, with guy ropes."""
    x, y, h = rng.uniform(0.6, 1.1), rng.uniform(0.4, 0.65), rng.uniform(0.55, 0.9)
    wall = rng.choice([0.01, rng.uniform(0.1, 0.35) * h])
    outer = np.array([(-y, 0), (y, 0), (0.97 * y, wall), (0, h), (-0.97 * y, wall)])
    inner = np.array(
        [
            (-y + 0.04, -0.1),
            (y - 0.04, -0.1),
            (0.97 * y - 0.035, wall),
            (0, h - 0.045),
            (-0.97 * y + 0.035, wall),
        ]
    )
    shell = difference(p.facing([outer], 2 * x), [p.facing([inner], 2 * x).shifted(0.05, 0, 0).with_slot(1)])
    parts = [shell, p.rod((x + 0.01, 0, 0), (x + 0.01, 0, h + 0.05), 0.022, 8).with_slot(2)]
    flap = p.facing(
        [
            np.array(
                [(0.15 * y, 0.012), (0.98 * y, 0.012), (0.94 * y, wall), (0.02, h - 0.03), (0.015, 0.75 * h)]
            )
        ],
        0.025,
    )
    swing = turn(-rng.choice([0.0, rng.uniform(0.4, 1.6)]))
    parts += p.pair(flap.shifted(0, -0.98 * y, 0).rotated(swing).shifted(x - 0.03, 0.98 * y, 0))
    for s in (-1, 1):
        parts.append(p.rod((s * x, 0, h - 0.02), (s * (x + 0.45), 0, 0.02), 0.016, 6).with_slot(3))
        parts += p.pair(
            p.rod((s * 0.9 * x, 0.7 * y, 0.35 * h), (s * 0.9 * x, 1.5 * y, 0.02), 0.016, 6).with_slot(3)
        )
    if rng.random() < 0.4:
        parts.append(block((-x + 0.03, -y + 0.03, 0.0), (x - 0.05, y - 0.03, 0.025), 4))
    return parts


def _dome_tent(rng: Rng) -> list[Mesh]:
    """Hollow dome or tunnel on poles, its door a hole or an arch."""
    x, y, h = rng.uniform(0.5, 1.0), rng.uniform(0.45, 0.65), rng.uniform(0.45, 0.7)
    square = rng.uniform(0.35, 1.0)
    outer = p.superquadric((x, y, h), rng.uniform(0.8, 1.2), square)
    floor = block((-3, -3, -3), (3, 3, 0), 1)
    door = p.facing([arch(rng.uniform(0.3, 0.5) * y, 0.15 * h, rng.uniform(0.35, 0.55) * h)], 2 * x)
    shell = difference(outer, [floor, outer.scaled(0.94).with_slot(1), door.shifted(x, 0, 0.02)])
    parts, u = [shell], np.linspace(0, np.pi, 22)
    for angle in rng.permutation([0.6, -0.6, 0.0, np.pi / 2])[: int(rng.integers(2, 4))]:
        c, s = np.cos(angle), np.sin(angle)
        reach = 1.0 / ((abs(c) / x) ** (2 / square) + (abs(s) / y) ** (2 / square)) ** (square / 2)
        pole = np.stack([reach * c * np.cos(u), reach * s * np.cos(u), 1.015 * h * np.sin(u)], 1)
        parts.append(p.tube(pole, 0.02, 8).with_slot(2))
    return parts


def _tipi(rng: Rng) -> list[Mesh]:
    """Cone of cloth with poles that cross above it, a slit of a door, perhaps bands."""
    r, h, sides = rng.uniform(0.4, 0.65), rng.uniform(0.9, 1.4), int(rng.integers(6, 14))
    cloth = turned([(r, 0), (0.5 * r, 0.5 * h), (0.12 * r, 0.88 * h)], 0, sides)
    inner = turned([(0.94 * r, -0.05), (0.06 * r, 0.87 * h), (0.06 * r, 0.95 * h)], 1, sides)
    gap, top = rng.uniform(0.12, 0.3) * r, rng.uniform(0.4, 0.7) * h
    door = p.facing(
        [np.array([(-gap, -1), (gap, -1), (0.7 * gap, 0.8 * top), (0, top), (-0.7 * gap, 0.8 * top)])], 2
    )
    parts = [difference(cloth, [inner, door.shifted(1.02, 0, 0)])]
    out = rng.uniform(1.08, 1.25)
    pole = p.rod((r, 0.0, 0), (r * (1 - out), 0.03, out * h), (0.028, 0.02), 6).with_slot(2)
    return parts + p.around(pole, sides, rng.uniform(0, 1))


def _marquee(rng: Rng) -> list[Mesh]:
    """Circus or knight's tent: round wall, pointed roof that hangs in a curve, a valance, a pennant."""
    r, wall, h = rng.uniform(0.45, 0.7), rng.uniform(0.3, 0.55), rng.uniform(0.4, 0.9)
    sides, sag, u = int(rng.choice([8, 12, 16])), rng.uniform(0.9, 1.9), np.linspace(0, 0.96, 9)
    roof = np.stack([1.08 * r * (1 - u) ** sag, wall + h * u], 1)
    cloth = turned(roof, 0, 2 * sides)
    drum = turned([(r, 0), (0.98 * r, wall + 0.02)], 1, 2 * sides)
    middle = cloth.vertices[cloth.faces].mean(1)
    striped = np.floor(np.arctan2(middle[:, 1], middle[:, 0]) / (np.pi / sides)).astype(int) % 2
    cloth.slot[:] = striped * 2
    gap = rng.uniform(0.15, 0.3) * r
    cuts = [turned([(0.94 * r, -0.1), (0.92 * r, wall - 0.05)], 3, 2 * sides)]
    cuts.append(
        p.facing(
            [np.array([(-gap, -1), (gap, -1), (0.4 * gap, 0.85 * wall), (-0.4 * gap, 0.85 * wall)])], 2
        ).shifted(1, 0, 0)
    )
    hem = block((1.045 * r - 0.015, -0.17 * r, wall - 0.1), (1.06 * r, 0.17 * r, wall + 0.01), 2)
    parts = [difference(drum, cuts), cloth, *p.around(hem, sides, np.pi / sides)]
    parts.append(p.rod((0, 0, wall + 0.8 * h), (0, 0, wall + h + 0.2), 0.02, 8).with_slot(4))
    if rng.random() < 0.7:
        flag = np.array([(0, 0), (rng.uniform(0.15, 0.3), 0.05), (0, 0.11)])
        parts.append(
            p.upright([flag], 0.02)
            .rotated(turn(rng.uniform(0, 6)))
            .shifted(0, 0, wall + h + 0.08)
            .with_slot(5)
        )
    return parts


def _pavilion(rng: Rng) -> list[Mesh]:
    """Four or six posts under a pyramid of cloth with a valance; perhaps walls."""
    r, wall, h, sides = (
        rng.uniform(0.6, 0.9),
        rng.uniform(0.6, 0.9),
        rng.uniform(0.25, 0.5),
        int(rng.choice([4, 4, 6])),
    )
    outer = [(r, 0), (r, 0.1), (0.5 * r, 0.1 + 0.42 * h), (0.02, 0.1 + h)]
    inner = [(0.95 * r, -0.1), (0.95 * r, 0.07), (0.02, 0.02 + h)]
    roof = difference(turned(outer, 0, sides), [turned(inner, 1, sides)])
    parts = [
        roof.shifted(0, 0, wall),
        *p.around(p.rod((0.93 * r, 0, 0), (0.93 * r, 0, wall + 0.1), 0.03, 8).with_slot(2), sides),
    ]
    edge = 0.97 * r * np.cos(np.pi / sides)
    half = 0.9 * r * np.sin(np.pi / sides)
    sheet = block((edge - 0.03, -half, 0.01), (edge, half, wall + 0.03), 3)
    return parts + [m for m in p.around(sheet, sides, np.pi / sides) if rng.random() < 0.3]


def market_stall(rng: Rng) -> Mesh:
    """Market stall or barrow: crates of fruit under a striped awning, gabled, sloping or an umbrella."""
    x, y, h, top = (
        rng.uniform(0.28, 0.4),
        rng.uniform(0.55, 0.85),
        rng.uniform(0.4, 0.55),
        rng.uniform(1.0, 1.3),
    )
    parts = [block((-x, -y, h - 0.05), (x, y, h), 1)]
    if rng.random() < 0.5:
        parts.append(block((-0.9 * x, -0.95 * y, 0), (0.92 * x, 0.95 * y, h - 0.03), 2))
    else:
        parts += [
            block((u - 0.03, v - 0.03, 0), (u + 0.03, v + 0.03, h - 0.02), 1)
            for u in (-0.85 * x, 0.85 * x)
            for v in (-0.9 * y, 0.9 * y)
        ]
        parts.append(block((-0.9 * x, -0.92 * y, 0.12), (0.9 * x, 0.92 * y, 0.15), 1))
    if rng.random() < 0.3:
        wheel = p.torus(0.22, 0.03, 28, 8).rotated(p.ALONG_Y).shifted(0, y + 0.05, 0.25)
        spokes = [
            p.rod((0, 0, -0.2), (0, 0, 0.2), 0.02, 6)
            .rotated(p.rotation((0, 1, 0), a))
            .shifted(0, y + 0.05, 0.25)
            for a in np.arange(4) * np.pi / 4
        ]
        parts += [m.with_slot(3) for part in (wheel, *spokes) for m in p.pair(part)]
        parts.append(p.rod((0, -y - 0.09, 0.25), (0, y + 0.09, 0.25), 0.035, 8).with_slot(3))
    over, rise, kind = x + rng.uniform(0.1, 0.25), rng.uniform(0.12, 0.35), rng.integers(3)
    if kind == 2:
        r = y + 0.1
        shade = difference(
            turned([(r, 0), (0.02, rise + 0.1)], 4, 8),
            [turned([(r - 0.02, -0.03), (0.01, rise + 0.06)], 4, 8)],
        )
        middle = shade.vertices[shade.faces].mean(1)
        shade.slot[:] = 4 + np.floor(np.arctan2(middle[:, 1], middle[:, 0]) / (np.pi / 4)).astype(int) % 2
        parts += [
            shade.shifted(0, 0, top),
            p.rod((0, 0, 0), (0, 0, top + rise + 0.07), 0.03, 10).with_slot(3),
        ]
    else:
        slope = (
            [(-over, 0), (0, rise), (over, 0)] if kind == 0 else [(-over, rise), (0, 0.6 * rise), (over, 0)]
        )
        lower = np.array(slope)
        sheet = np.concatenate([lower, lower[::-1] + np.array([0, 0.035])])
        count = int(rng.integers(5, 12))
        wide = 2 * (y + 0.1) / count
        scallop = arch(wide / 2 - 0.002, 0.03, 0.5 * wide) * [1, -1] + [0, 0.02]
        cloth: list[Mesh] = []
        for i in range(count):
            v = -y - 0.1 + wide * (i + 0.5)
            cloth.append(p.upright([sheet], wide + 0.002).shifted(0, v, top).with_slot(4 + i % 2))
            parts.append(p.facing([scallop], 0.025).shifted(over - 0.01, v, top).with_slot(4 + i % 2))
        parts.append(union(cloth))
        heights = np.interp([-0.9 * x, 0.9 * x], lower[:, 0], lower[:, 1])
        for u, z in zip((-0.9 * x, 0.9 * x), heights, strict=True):
            parts += p.pair(p.rod((u, 0.95 * y, 0), (u, 0.95 * y, top + z + 0.02), 0.025, 8).with_slot(3))
    for v in np.linspace(-0.7, 0.7, int(rng.integers(2, 4))) * y:
        half, r = 0.16 * y, rng.uniform(0.05, 0.08)
        crate = block((-0.6 * x, v - half, h - 0.01), (0.7 * x, v + half, h + 0.12), 6)
        parts.append(
            difference(
                crate,
                [
                    block(
                        (0.03 - 0.6 * x, v - half + 0.025, h + 0.03), (0.7 * x - 0.03, v + half - 0.025, 1), 6
                    )
                ],
            )
        )
        spots = rng.uniform(-1, 1, (int(rng.integers(3, 6)), 2)) * [0.5 * x, half - r]
        parts += [
            p.sphere(r, 6).shifted(a, v + b, h + 0.1 + rng.uniform(0, 0.04)).with_slot(7 + int(v > 0))
            for a, b in spots
        ]
    return joined(rng, parts)


def igloo(rng: Rng) -> Mesh:
    """Igloo of coursed blocks, hollow, with an arched tunnel towards +X; sometimes its crown still open."""
    r, courses, per = rng.uniform(0.6, 0.8), int(rng.integers(4, 8)), int(rng.integers(9, 15))
    h, deep, open_top = (
        r * rng.uniform(0.75, 1.15),
        rng.choice([0.0, rng.uniform(0.015, 0.035)], p=[0.2, 0.8]),
        rng.random() < 0.25,
    )
    level = np.linspace(0, np.pi / 2 * (0.6 if open_top else 0.93), courses + 1)
    gap = 0.12 * level[1]
    angle = np.concatenate([[a, a + gap, b - gap] for a, b in pairwise(level)] + [level[-1:]])
    dome = turned(np.stack([r * np.cos(angle), h * np.sin(angle)], 1), 0, 6 * per)
    v, row = dome.vertices.copy(), np.arange(len(dome.vertices) - 2) // (6 * per)
    column = np.arange(len(row)) % (6 * per) + 3 * (row // 3 % 2)
    joint = (row % 3 == 0) | (column % 6 == 0)
    v[1:-1] *= 1 - deep * joint[:, None] / r
    inner = p.sphere(1.0, 14).scaled((0.87 * r, 0.87 * r, 0.87 * h)).with_slot(1)
    cuts = [inner] + ([p.cylinder(0.87 * r * np.cos(level[-1]), 1).shifted(0, 0, h)] if open_top else [])
    half, spring, long = rng.uniform(0.26, 0.36) * r, rng.uniform(0.05, 0.2) * r, rng.uniform(1.15, 1.75) * r
    outer = arch(1.35 * half, spring, 1.35 * half)
    tunnel = [p.facing([outer], long - 0.5 * r).shifted((long + 0.5 * r) / 2, 0, 0)]
    for x in np.arange(0.95 * r, long, 0.24 * r):
        tunnel.append(p.facing([outer * (1 + 1.5 * deep)], 0.19 * r).shifted(x + 0.1 * r, 0, 0))
    cuts.append(p.facing([arch(half, spring, half) - [0, 0.01]], 4 * r).shifted(2 * r, 0, 0).with_slot(1))
    mesh = difference(union([dome.moved(v), *tunnel]), cuts)
    snow = p.cylinder(1.2 * r, 0.05, 1.1 * r, 30).shifted(0, 0, -0.02).with_slot(2)
    return joined(rng, [mesh, snow]).grounded() if rng.random() < 0.3 else mesh
