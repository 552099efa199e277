"""Sports gear held in the hands: rackets, weights, bats and clubs."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.families.home.vessels import outline
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def banded(mesh: Mesh, along: np.ndarray, edges: list[float], slots: list[int]) -> Mesh:
    """Slots by bands of a coordinate given at every vertex: a slot below, between and above the edges."""
    mesh.slot[:] = np.array(slots)[np.searchsorted(edges, along[mesh.faces].mean(1))]
    return mesh


def racket(rng: Rng) -> Mesh:
    """Tennis, squash or badminton racket with strings, table tennis bat, or padel bat with holes."""
    a, b, e = rng.uniform(0.3, 0.42), rng.uniform(0.24, 0.32), rng.uniform(1.9, 2.6)
    t, grip, thick = np.linspace(0, 2 * np.pi, 64, endpoint=False), rng.uniform(0.03, 0.045), 0.02
    c, s = np.cos(t), np.sin(t)
    loop = np.stack([a * np.sign(c) * np.abs(c) ** (2 / e), b * np.sign(s) * np.abs(s) ** (2 / e)], 1)
    kind = rng.random()
    if kind < 0.35:
        return placed(rng, _solid_bat(rng, a, b, loop, kind < 0.2))
    rim = p.tube(np.pad(loop, ((0, 0), (0, 1))), rng.uniform(0.016, 0.028), 8, closed=True)
    parts, shaft = [rim], rng.uniform(0.1, 0.5)
    for turn, wide, far in ((0, b, a), (1, a, b)):
        bars = []
        for y in np.linspace(-0.86, 0.86, int(rng.integers(7, 15))) * wide:
            end = far * (1 - np.abs(y / wide) ** e) ** (1 / e)
            bar = np.array([(-end, y - 0.005), (end, y - 0.005), (end, y + 0.005), (-end, y + 0.005)])
            bars.append(bar[:, ::-1] if turn else bar)
        parts.append(p.extrude(bars, 0.012).shifted(0, 0, 0.004 * (2 * turn - 1)).with_slot(1))
    end = -a - shaft
    if rng.random() < 0.6:  # an open throat
        knots = [(-0.72 * a, 0.7 * b, 0), (-a - 0.3 * shaft, 0.3 * b, 0), (end, 0.5 * grip, 0)]
        knots.append((end - 0.1, 0.5 * grip, 0))
        parts += p.pair(p.tube(p.spline(knots, 18), thick, 8))
    else:
        parts.append(p.rod((-a, 0, 0), (end - 0.05, 0, 0), (thick, 0.8 * thick), 10))
    low = end - rng.uniform(0.25, 0.45)
    parts.append(p.rod((low, 0, 0), (end, 0, 0), (grip * 1.1, grip), 8).with_slot(2))
    parts.append(p.rod((low - 0.02, 0, 0), (low + 0.02, 0, 0), grip * 1.35, 8).with_slot(2))
    return placed(rng, joined(rng, parts))


def _solid_bat(rng: Rng, a: float, b: float, loop: np.ndarray, table: bool) -> Mesh:
    """Table tennis bat with a rubber on each face, or a thick bat with a throat and drilled holes."""
    deep = 0.035 if table else rng.uniform(0.07, 0.11)
    neck, low = rng.uniform(0.035, 0.05), -a - rng.uniform(0.25, 0.4)
    if table:
        cut = loop.copy()
        cut[:, 0] = np.maximum(cut[:, 0], -rng.uniform(0.65, 0.85) * a)
        wing = np.array([(-0.7 * a, -0.6 * b), (-0.7 * a, 0.6 * b), (-a - 0.06, neck), (-a - 0.06, -neck)])
        parts = [p.extrude([loop], deep), p.extrude([wing], deep * 0.7)]
        parts += [
            p.extrude([0.985 * cut], 0.02).shifted(0, 0, s * (deep / 2 + 0.008)).with_slot(2 + (s > 0))
            for s in (-1, 1)
        ]
        x = np.linspace(low, -0.85 * a, 12)
        grip = p.tube(
            p.broadcast(x, 0.0, 0.0),
            neck * np.interp(x, [low, low + 0.12, x[-1]], [1.4, 1, 1.1]),
            12,
            flat=0.85,
        )
        return joined(rng, [*parts, grip.with_slot(1)])
    spots = [
        (x, y)
        for x in np.linspace(-0.4, 0.6, 5) * a
        for y in np.linspace(-0.55, 0.55, 5) * b
        if abs(x / a) + abs(y / b) < 0.95
    ]
    holes = [p.regular_polygon(10, 0.022) + np.array(s) for s in spots]
    parts = [p.extrude([loop, *holes], deep)]
    parts += p.pair(p.rod((-0.75 * a, 0.6 * b, 0), (-a - 0.15, 0.02, 0), deep * 0.45, 10))
    return joined(
        rng, [*parts, p.rod((low - 0.15, 0, 0), (-a - 0.1, 0, 0), (neck, 0.85 * neck), 10).with_slot(1)]
    )


def _plate(r: float, t: float, hole: float = 0.0) -> Mesh:
    """Disc of iron about Y with a rim and a boss, perhaps with a hole."""
    half = np.array([(0.28, 1), (0.34, 0.45), (0.8, 0.45), (0.86, 1), (0.98, 1), (1, 0.85)]) * [r, t / 2]
    ends = [[(hole, t / 2)], [(hole, -t / 2)]]
    profile = np.concatenate([ends[0], half, half[::-1] * [1, -1], ends[1]])
    return p.lathe(profile, 40, closed=hole > 0).rotated(p.ALONG_Y)


def dumbbell(rng: Rng) -> Mesh:
    """Dumbbell (six-sided, round or ball-ended), barbell with discs, perhaps on stands, or piled discs."""
    kind, r = rng.integers(5), rng.uniform(0.16, 0.3)
    if kind == 4:
        pile, z = [], 0.0
        for _ in range(int(rng.integers(1, 5))):
            t = rng.uniform(0.07, 0.16)
            disc = _plate(r * 1.4, t, 0.06).rotated(p.ALONG_Y).shifted(*rng.normal(0, 0.02, 2), z + t / 2)
            pile.append(disc.with_slot(int(rng.integers(2))))
            z, r = z + t + 0.003, r * rng.uniform(0.8, 1.0)
        return union(pile).grounded()
    thin, long = rng.uniform(0.025, 0.045), rng.uniform(0.2, 0.32)
    if kind == 3:
        thin, long = 0.02, rng.uniform(0.5, 0.75)
    parts, y, end = [], long, long
    for _ in range(int(rng.integers(1, 4)) if kind >= 2 else 1):
        t = rng.uniform(0.04, 0.1) if kind >= 2 else r * rng.uniform(0.9, 1.6)
        if kind == 0:
            head = p.extrude([p.regular_polygon(6, r, np.pi / 6)], t).rotated(p.ALONG_Y)
        elif kind == 1:
            head = p.superquadric((r, t / 2, r), rng.uniform(0.3, 1.0), rng.uniform(0.3, 1.0))
        else:
            head = _plate(r, t)
        parts += p.pair(head.shifted(0, y + t / 2, 0).with_slot(1 + (kind >= 2 and rng.random() < 0.3)))
        y, r, end = y + t + 0.004, r * rng.uniform(0.7, 1.0), y + t
    tail = end + (0.0 if kind < 2 else rng.uniform(0.06, 0.25))
    tail = max(tail, long + 0.05) if kind >= 2 else long + 0.05
    bar = [p.rod((0, -tail, 0), (0, tail, 0), thin, 12)]
    bar += p.pair(p.cylinder(thin * 2, 0.04, segments=16).rotated(p.ALONG_Y).shifted(0, long - 0.005, 0))
    bar += (
        p.pair(p.cylinder(thin * 1.8, 0.05, segments=16).rotated(p.ALONG_Y).shifted(0, end + 0.03, 0))
        if kind >= 2
        else []
    )
    if kind == 3 and rng.random() < 0.5:
        rise, gap = rng.uniform(0.5, 1.1), 0.6 * long
        for s in (-gap, gap):
            parts += [
                block((-0.04, s - 0.03, -rise), (0.04, s + 0.03, 0), 3),
                block((-0.3, s - 0.04, -rise - 0.04), (0.3, s + 0.04, -rise + 0.03), 3),
            ]
            parts.append(p.rod((0.05, s, -0.05), (0.08, s, 0.07), 0.025, 8).with_slot(3))
    return joined(rng, [*bar, *parts]).grounded()


def bat(rng: Rng) -> Mesh:
    """Baseball or cricket bat, golf club, ice or field hockey stick: shaft along X, then laid or stood up."""
    kind, long, thin = int(rng.integers(5)), rng.uniform(0.8, 1.2), rng.uniform(0.022, 0.032)
    if kind == 0:
        fat = rng.uniform(0.06, 0.09)
        knots = [(0.8 * thin, 0), (thin, 0.3 * long), (fat * 0.85, 0.65 * long), (fat, 0.9 * long)]
        curve = outline([*knots, (0.6 * fat, long)], 30)
        knob = [(0, -0.05), (1.5 * thin, -0.05), (2 * thin, -0.03), (1.3 * thin, 0)]
        mesh = p.lathe(np.concatenate([knob, curve, [[0, long + 0.3 * fat]]]), 24)
        banded(mesh, mesh.vertices[:, 2], [-0.01, rng.uniform(0.25, 0.4) * long], [0, 1, 0])
        return placed(rng, mesh.rotated(p.ALONG_X))
    if kind == 1:  # cricket: a blade with a spine behind
        wide, deep, blade = rng.uniform(0.08, 0.12), rng.uniform(0.05, 0.09), rng.uniform(0.55, 0.7) * long
        ring = np.array([(-wide, 0), (wide, 0), (wide, 0.3 * deep), (0, deep), (-wide, 0.3 * deep)])
        body = p.extrude([ring], blade, steps=8, taper=0.98)
        v = body.vertices.copy()
        v[:, 1] *= np.interp(v[:, 2] / blade, [-0.5, -0.38, 0, 0.4, 0.5], [0.45, 0.8, 1, 0.7, 0.45])
        v[:, 0] *= np.interp(v[:, 2] / blade, [-0.5, -0.38, 0.5], [0.55, 1, 1])
        shaft = p.rod((0, 0.2 * deep, -blade / 2 - 0.35 * long), (0, 0.3 * deep, 0.05 - blade / 2), thin, 12)
        return placed(rng, joined(rng, [body.moved(v), shaft.with_slot(1)]).rotated(p.ALONG_X))
    held = -long + rng.uniform(0.18, 0.35)
    grip = p.rod((-long - 0.01, 0, 0), (held, 0, 0), (1.5 * thin, 1.2 * thin), 12).with_slot(1)
    if kind == 2:
        shaft = p.rod((-long, 0, 0), (0, 0, 0), (0.8 * thin, 0.5 * thin), 10)
        return placed(rng, joined(rng, [shaft, grip, _club_head(rng).shifted(-0.02, 0, 0).with_slot(2)]))
    out = rng.uniform(0.25, 0.4)
    bend = (
        [(0, 0), (0.12, 0.05), (0.2, out)] if kind == 3 else [(0, 0), (0.12, 0.06), (0.1, 0.2), (0.02, 0.24)]
    )
    path = p.spline(np.array([(-long, 0, 0), (-0.5 * long, 0, 0), *[(x, 0, z) for x, z in bend]]), 40)
    tall = np.interp(
        np.linspace(0, 1, 40), [0, 0.5, 0.8, 1], [thin, thin, 1.1 * thin, rng.uniform(1.1, 1.8) * thin]
    )
    stick = p.tube(
        path, tall * 1.3, 8 if kind == 3 else 12, flat=rng.uniform(0.35, 0.6) if kind == 3 else 0.75
    )
    end = banded(stick, stick.vertices[:, 2], [0.12], [0, 2 if rng.random() < 0.6 else 0])
    return placed(rng, joined(rng, [end, grip.scaled((1, 0.8, 1.1))]).rotated(p.ALONG_Y))


def _club_head(rng: Rng) -> Mesh:
    """Head of a golf club at the origin, its shaft at −X: wood, iron or putter."""
    kind, size = rng.integers(3), rng.uniform(0.5, 0.8)
    if kind == 0:
        head = p.superquadric((0.07, 0.12, 0.1), 0.8, 0.9, 10).shifted(0.03, 0.08, 0.03)
        return difference(head, [block((-1, -1, -1), (1, 1, -0.03))]).scaled(size)
    if kind == 1:  # an iron's blade, leaning back, with grooves in its face
        edge = np.array(
            [(0.05, -0.03), (0.06, 0.19), (0.02, 0.22), (-0.09, 0.2), (-0.01, 0.0), (-0.03, -0.03)]
        )
        cuts = [block((x, 0.03, 0.013), (x + 0.006, 0.17, 1)) for x in (-0.02, 0.0, 0.02, 0.04)]
        face = difference(p.extrude([edge], 0.035), cuts).rotated(
            p.rotation((0, 1, 0), rng.uniform(0.2, 0.7))
        )
        return union([face, p.rod((-0.12, 0, 0), (0.01, 0, 0), 0.024, 10)]).scaled(size)
    head = p.rounded_box((0.09, 0.3, rng.uniform(0.05, 0.16)), 0.02)
    return difference(head, [block((-0.08, -0.03, 0), (0, 0.03, 1))]).shifted(0.02, 0.06, 0).scaled(size)
