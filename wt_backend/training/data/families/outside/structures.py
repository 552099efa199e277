"""Bridges, temples, arches and columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def bridge(rng: Rng) -> Mesh:
    """Bridge along Y: stone arches, arched footbridge, beams on piers, suspension bridge or truss."""
    x, y, kind = rng.uniform(0.8, 1.5), rng.uniform(0.12, 0.3), int(rng.integers(5))
    if kind == 0:
        return _viaduct(rng, x, y).rotated(p.rotation((0, 0, 1), np.pi / 2))
    u = np.linspace(-x, x, 21)
    base, rise = rng.uniform(0.25, 0.5), rng.uniform(0.0, 0.06)
    if kind == 1:
        base, rise = 0.03, rng.uniform(0.1, 0.5)
    line, thick = np.stack([u, base + rise * (1 - (u / x) ** 2)], 1), rng.uniform(0.05, 0.09)
    parts = [p.upright([np.concatenate([line, line[::-1] + np.array([0, thick])])], 2 * y)]
    if kind <= 2:
        rail, posts = rng.uniform(0.14, 0.25), np.linspace(-0.97, 0.97, int(rng.integers(5, 12))) * x
        for a, z in zip(posts, np.interp(posts, u, line[:, 1]), strict=True):
            parts += p.pair(block((a - 0.02, y - 0.05, z + 0.02), (a + 0.02, y - 0.01, z + thick + rail), 1))
        over = np.stack([u, np.full(21, y - 0.03), line[:, 1] + thick + rail], 1)
        parts += p.pair(p.tube(over, 0.024, 8).with_slot(1))
    if kind == 2:
        for a in np.linspace(-0.8, 0.8, int(rng.integers(2, 6))) * x:
            parts += p.pair(p.rod((a, 0.6 * y, 0), (a, 0.6 * y, base + 0.03), 0.045).with_slot(2))
            parts.append(block((a - 0.06, -0.9 * y, base - 0.06), (a + 0.06, 0.9 * y, base + 0.02), 2))
    elif kind == 3:
        parts += _cables(rng, u, line[:, 1], y, base)
    elif kind == 4:
        parts += _truss(rng, x, y, base)
    return joined(rng, parts).rotated(p.rotation((0, 0, 1), np.pi / 2))


def _viaduct(rng: Rng, x: float, y: float) -> Mesh:
    """Wall with arches cut out, level or humped, parapets along its top."""
    high, count, rise = (
        rng.uniform(0.35, 0.8),
        int(rng.integers(1, 6)),
        rng.choice([0, rng.uniform(0.1, 0.4)]),
    )
    u = np.linspace(-x, x, 25)
    deck = np.stack([u, high + rise * (1 - (u / x) ** 2)], 1)
    wall = p.upright([np.concatenate([[(-x, 0), (x, 0)], deck[::-1]])], 2 * y)
    span, a = 2 * x / count, np.linspace(0, np.pi, 17)
    half, cuts = 0.5 * span * rng.uniform(0.65, 0.85), []
    for c in -x + span * (np.arange(count) + 0.5):
        top = (high + rise * (1 - (c / x) ** 2)) * 0.84
        tall = min(half, top * 0.8)
        arch = np.stack([c + half * np.cos(a), top - tall + tall * np.sin(a)], 1)
        cuts.append(p.upright([np.concatenate([arch, [(c - half, -1), (c + half, -1)]])], 4).with_slot(1))
    road = np.concatenate([deck * [1.05, 1], deck[::-1] * [1.05, 1] + np.array([0, 1])])
    return difference(wall, [*cuts, p.upright([road], 2 * y - 0.09).shifted(0, 0, -0.05).with_slot(2)])


def _cables(rng: Rng, u: NDArray, floor: NDArray, y: float, base: float) -> list[Mesh]:
    """Two gates with a cable over them and hangers down to the floor (u, floor)."""
    x, high, parts = u[-1], base + rng.uniform(0.45, 0.9), []
    at = rng.uniform(0.45, 0.65) * x
    for a in (-at, at):
        parts += p.pair(block((a - 0.04, 0.75 * y, 0), (a + 0.04, 1.15 * y, high + 0.04), 1))
        parts.append(block((a - 0.035, -y, 0.75 * high), (a + 0.035, y, 0.82 * high), 1))
    near = np.where(np.abs(u) < at, (u / at) ** 2, np.clip((x - np.abs(u)) / (x - at), 0, 1))
    cable = np.stack([u, np.full(len(u), 0.95 * y), base + 0.08 + (high - base - 0.08) * near], 1)
    parts += p.pair(p.tube(cable, 0.022, 8).with_slot(2))
    for i in range(2, len(u) - 2, 2):
        parts += p.pair(p.rod(cable[i], (u[i], 0.95 * y, floor[i] + 0.02), 0.018, 6).with_slot(2))
    return parts


def _truss(rng: Rng, x: float, y: float, base: float) -> list[Mesh]:
    """Zigzag girders on both sides, or meeting over the roadway; a pier at either end."""
    count, top, parts = int(rng.integers(3, 6)), base + rng.uniform(0.25, 0.45), []
    step, over = 2 * x / count, rng.uniform(0.6, 0.95) * y
    for i in range(count):
        a = -x + i * step
        for end in (a + 0.02, a + step - 0.02):
            parts += p.pair(
                p.rod((end, 0.95 * y, base + 0.03), (a + step / 2, over, top), 0.025, 6).with_slot(1)
            )
    parts += p.pair(p.rod((-x + step / 2, over, top), (x - step / 2, over, top), 0.03, 6).with_slot(1))
    parts += [block((s * x - 0.06, -y, 0), (s * x + 0.06, y, base + 0.02), 2) for s in (-0.9, 0.9)]
    return parts


def temple(rng: Rng) -> Mesh:
    """Temple front, round temple, triumphal arch, obelisk or a column with something on it."""
    kind = int(rng.choice(5, p=[0.35, 0.2, 0.2, 0.1, 0.15]))
    if kind >= 3:
        return joined(rng, _column_of_honour(rng, kind == 3))
    base, tall = rng.uniform(0.08, 0.25), rng.uniform(0.45, 0.9)
    steps, thick = int(rng.integers(1, 4)), rng.uniform(0.035, 0.07)
    if kind == 2:
        return _arch(rng, tall, thick)
    column = p.lathe(
        [
            (0, -0.02),
            (1.5 * thick, -0.02),
            (1.5 * thick, 0.04),
            (thick, 0.06),
            (0.85 * thick, tall - 0.06),
            (1.5 * thick, tall - 0.01),
            (1.5 * thick, tall + 0.02),
            (0, tall + 0.02),
        ],
        14,
    ).with_slot(1)
    if kind == 1:  # round, with a dome
        return _rotunda(rng, column, base, tall, steps)
    across, deep = int(rng.integers(3, 7)), int(rng.integers(2, 6))
    gap = rng.uniform(3.2, 5.0) * thick
    y, x = gap * (across - 1) / 2, gap * (deep - 1) / 2
    parts = [
        block(
            (-x - 0.1 - 0.06 * i, -y - 0.1 - 0.06 * i, -0.002 * i),
            (x + 0.1 + 0.06 * i, y + 0.1 + 0.06 * i, base * (1 - i / steps)),
        )
        for i in range(steps)
    ]
    for u in np.linspace(-x, x, deep):
        row = np.linspace(-y, y, across) if abs(u) > 0.99 * x else (-y, y)
        parts += [column.shifted(u, v, base) for v in row]
    top = base + tall
    parts.append(block((-x - 0.09, -y - 0.09, top), (x + 0.09, y + 0.09, top + rng.uniform(0.06, 0.14))))
    ridge = np.array([(-y - 0.13, 0), (y + 0.13, 0), (0, rng.uniform(0.25, 0.5) * (y + 0.1))])
    gable = p.facing([ridge], 2 * x + 0.24)
    parts.append(gable.shifted(0, 0, top + 0.055).with_slot(2))
    if rng.random() < 0.6:
        parts.append(
            block((-0.6 * x - 0.02, -0.65 * y, base - 0.01), (0.6 * x + 0.02, 0.65 * y, top + 0.01), 3)
        )
    return joined(rng, parts)


def _rotunda(rng: Rng, column: Mesh, base: float, tall: float, steps: int) -> Mesh:
    """Ring of columns under a dome or a cone."""
    r = rng.uniform(0.35, 0.6)
    parts = [
        p.cylinder(r * (1.15 + 0.12 * i), base / steps + 0.01, segments=40).shifted(
            0, 0, base * (1 - (i + 0.5) / steps)
        )
        for i in range(steps)
    ]
    parts += [m.shifted(0, 0, base) for m in p.around(column.shifted(r, 0, 0), int(rng.integers(4, 11)))]
    parts.append(p.cylinder(1.15 * r, 0.12, segments=40).shifted(0, 0, base + tall + 0.06))
    roof = (
        p.cylinder(1.2 * r, rng.uniform(0.2, 0.5), 0.02, 40)
        if rng.random() < 0.4
        else difference(p.sphere(r, 10), [block((-2, -2, -2), (2, 2, 0))])
    )
    parts.append(roof.shifted(0, 0, base + tall + 0.11 - roof.bounds[0, 2]).with_slot(2))
    if rng.random() < 0.4:
        parts.append(p.cylinder(0.6 * r, tall + 0.04).shifted(0, 0, base + tall / 2))
    return joined(rng, parts)


def _arch(rng: Rng, tall: float, thick: float) -> Mesh:
    """Triumphal arch of one or three openings, an attic above, perhaps columns before it."""
    y, x = rng.uniform(0.4, 0.7), rng.uniform(0.12, 0.3)
    parts, angle = [], np.linspace(0, np.pi, 13)
    spans = [(0, 0.35 * y, 0.55 * tall)] + (
        [(s * 0.68 * y, 0.17 * y, 0.35 * tall) for s in (-1, 1)] if rng.random() < 0.5 else []
    )
    wall, cuts = block((-x, -y, 0), (x, y, tall)), []
    for c, half, spring in spans:
        arch = np.stack([c + half * np.cos(angle), spring + half * np.sin(angle)], 1)
        arch = np.concatenate([arch, [(c - half, -1), (c + half, -1)]])
        cuts.append(p.facing([arch], 4).with_slot(1))
    parts = [
        difference(wall, cuts),
        block((-1.12 * x, -1.06 * y, tall - 0.02), (1.12 * x, 1.06 * y, tall + 0.06)),
    ]
    parts.append(block((-0.95 * x, -0.95 * y, tall), (0.95 * x, 0.95 * y, tall + rng.uniform(0.12, 0.35))))
    for s in (-0.93, -0.45, 0.45, 0.93) if rng.random() < 0.6 else ():
        parts.append(p.rod((1.08 * x, s * y, -0.015), (1.08 * x, s * y, tall), thick * 0.8, 12).with_slot(2))
    return joined(rng, parts)


def _column_of_honour(rng: Rng, obelisk: bool) -> list[Mesh]:
    foot, tall, r = rng.uniform(0.15, 0.4), rng.uniform(0.7, 1.4), rng.uniform(0.08, 0.15)
    wide = r * rng.uniform(1.4, 2.2)
    parts = [
        block((-wide, -wide, 0), (wide, wide, foot), 1),
        block((-1.2 * wide, -1.2 * wide, -0.02), (1.2 * wide, 1.2 * wide, 0.3 * foot), 1),
    ]
    if obelisk:
        top = r * rng.uniform(0.5, 0.9)
        needle = p.lathe([(0, 0), (1.4 * r, 0), (1.4 * top, tall), (0, tall + 2 * top)], 4)
        return [*parts, needle.rotated(p.rotation((0, 0, 1), np.pi / 4)).shifted(0, 0, foot - 0.01)]
    shaft = [
        (0, 0),
        (1.3 * r, 0),
        (1.3 * r, 0.05),
        (r, 0.1),
        (0.85 * r, tall - 0.1),
        (1.4 * r, tall),
        (0, tall),
    ]
    parts.append(p.lathe(shaft, 24).shifted(0, 0, foot - 0.01))
    if rng.random() < 0.5:
        parts.append(
            p.sphere(r * rng.uniform(1.0, 1.8), 10).shifted(0, 0, foot + tall + 0.7 * r).with_slot(2)
        )
    else:
        body = p.lathe(
            [(0, 0), (r, 0), (0.7 * r, 1.5 * r), (1.0 * r, 2.6 * r), (0.3 * r, 3.1 * r), (0, 3.1 * r)], 16
        )
        parts += [body.scaled((0.8, 1.1, 1)).shifted(0, 0, foot + tall - 0.02).with_slot(2)]
        parts.append(p.sphere(0.55 * r, 6).shifted(0, 0, foot + tall + 3.5 * r).with_slot(2))
    return parts
