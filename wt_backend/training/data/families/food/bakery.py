"""From the baker: cakes, bread, doughnuts."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.food.meals import patty, slice_outline, sprinkled
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator


def _piece(r: float, start: float, end: float, square: bool) -> np.ndarray:
    """Outline of the part of a round or square cake between two angles."""
    whole = end - start > 6.28
    angle = np.linspace(start, end, 44)[: -1 if whole else None]
    edge = r * np.stack([np.cos(angle), np.sin(angle)], 1)
    if square:
        edge /= np.abs(np.stack([np.cos(angle), np.sin(angle)], 1)).max(1, keepdims=True) * 1.1
    return edge if whole else np.concatenate([edge, [[0, 0]]])


def cake(rng: Rng) -> Mesh:
    """Cake of layers: whole, tiered, less a slice, or a slice; icing, drips, candles, cherries, a plate."""
    r, square = rng.uniform(0.35, 0.5), rng.random() < 0.2
    start, kind = rng.uniform(-0.5, 0.5), rng.choice(["whole", "cut", "slice"], p=[0.4, 0.35, 0.25])
    span = {"whole": 6.2832, "cut": rng.uniform(3.5, 5.6), "slice": rng.uniform(0.5, 0.9)}[str(kind)]
    z, parts = 0.03, []
    tiers = int(rng.integers(1, 4)) if kind == "whole" else 1
    for tier in range(tiers):
        layers, size = int(rng.integers(1, 5 if tiers == 1 else 3)), r * (1 - 0.27 * tier)
        sponge, cream = rng.uniform(0.2, 0.42) / layers, rng.uniform(0.02, 0.05)
        for layer in range(layers):
            outer = _piece(size * (1.0 if layer else rng.uniform(1.0, 1.04)), start, start + span, square)
            parts.append(p.extrude([outer], sponge + 0.01).shifted(0, 0, z + sponge / 2))
            z += sponge
            ring = _piece(size * rng.uniform(0.97, 1.03), start, start + span, square)
            parts.append(p.extrude([ring], cream + 0.01).shifted(0, 0, z + cream / 2).with_slot(1))
            z += cream
        parts.append(
            p.extrude([_piece(size + 0.015, start, start + span, square)], 0.04).shifted(0, 0, z).with_slot(2)
        )
        z += 0.018
        topped = 0.75 if tier == tiers - 1 else 0.87  # round the next tier
        parts += _on_top(rng, size * (0.88 if square else 1), z, start, span, topped)
    if rng.random() < 0.5:
        wide, lip = r * rng.uniform(1.2, 1.5), rng.uniform(0.02, 0.07)
        plate = p.lathe(
            [(0, 0.005), (0.7 * wide, 0), (wide, lip), (wide, lip + 0.02), (0.7 * wide, 0.035), (0, 0.036)],
            48,
        )
        parts.append(plate.with_slot(7))
    return joined(rng, parts).grounded()


def _on_top(rng: Rng, r: float, z: float, start: float, span: float, out: float) -> list[Mesh]:
    """What adorns a tier whose top is at z: drips over its edge, dollops, cherries or candles round it."""
    parts: list[Mesh] = []
    if rng.random() < 0.4:
        for a in np.arange(start + 0.1, start + span - 0.1, rng.uniform(0.3, 0.5)):
            low, edge = rng.uniform(0.05, 0.16), (r * np.cos(a), r * np.sin(a))
            parts.append(p.capsule(rng.uniform(0.02, 0.035), low, 8).shifted(*edge, z - low / 2).with_slot(2))
    kind, size = rng.integers(4), rng.uniform(0.035, 0.06)
    count = max(1, int(span / 6.28 * rng.integers(5, 13)))
    for a in start + span * (np.arange(count) + 0.5) / count:
        place = out * r * np.array([np.cos(a), np.sin(a)])
        if kind == 0:
            tall = rng.uniform(0.15, 0.2)
            candle = [p.cylinder(0.018, tall, segments=10).shifted(0, 0, tall / 2 - 0.01).with_slot(3)]
            candle.append(
                p.lathe([(0, -0.03), (0.018, -0.01), (0, 0.04)], 8).shifted(0, 0, tall + 0.015).with_slot(4)
            )
        elif kind == 1:
            candle = [
                p.capsule(size, 0.1 * size, 12).shifted(0, 0, 0.6 * size).with_slot(5),
                p.rod((0, 0, size), (0.02, 0, 2.6 * size), 0.008, 6).with_slot(6),
            ]
        elif kind == 2:
            star = p.regular_polygon(10, 1.0) * np.where(np.arange(10) % 2, 0.75, 1.0)[:, None]
            candle = [p.extrude([star * size * 1.3], 0.1, 1.5, 0.05, 4).shifted(0, 0, 0.04).with_slot(1)]
        else:
            break
        parts += [m.shifted(*place, z) for m in candle]
    return parts


def bread(rng: Rng) -> Mesh:
    """Bread: tin loaf with slices cut off, scored round loaf or baguette, croissant, pretzel or plait."""
    kind = rng.integers(6)
    if kind == 0:
        return _tin_loaf(rng)
    if kind == 1:  # croissant
        return _croissant(rng)
    if kind == 2:  # pretzel
        cross, lift = rng.uniform(0.2, 0.35), rng.uniform(0.05, 0.09)
        knots = [
            (-0.3, -0.3, 0),
            (-0.05, -0.02, 0),
            (0.1, cross, 0),
            (0.35, 0.5, 0),
            (0.0, 0.62, 0),
            (-0.35, 0.3, 0),
        ]
        left = np.array(knots) + [0, 0, 0.1]
        left[0, 2] += 1.6 * lift
        left[1, 2] += 0.8 * lift
        mirrored = left[::-1] * [1, -1, 1]
        mirrored[-2, 2] -= 1.2 * lift
        path = p.spline(np.concatenate([left, [[-0.42, 0, 0.1]], mirrored]), 80)
        thick = rng.uniform(0.05, 0.09) * (0.55 + 0.6 * np.sin(np.linspace(0.15, np.pi - 0.15, 80)))
        rope = p.tube(path, thick, 12).with_crease(SMOOTH)
        salt = sprinkled(rng, rope, int(rng.integers(0, 30)), 0.014, 1.0, 0.1)
        mesh = joined(rng, [rope, *[m.with_slot(1) for m in salt]])
        return (mesh.rotated(p.rotation((0, 1, 0), np.pi / 2)) if rng.random() < 0.3 else mesh).grounded()
    if kind == 3:  # plait
        parts, u = [], np.linspace(0, 1, 60)
        turns, wide = rng.uniform(2, 3), rng.uniform(0.15, 0.2)
        for phase in np.arange(3) * 2.094:
            a, swell = 2 * np.pi * turns * u + phase, np.sin(np.pi * u.clip(0.04, 0.96)) ** 0.5
            strand = np.stack(
                [1.3 * (u - 0.5), wide * swell * np.sin(a), 0.5 * wide * swell * np.sin(2 * a)], 1
            )
            parts.append(p.tube(strand, 0.58 * wide * swell, 12).with_crease(SMOOTH))
        return joined(rng, parts).grounded()
    long = rng.uniform(0.35, 0.5) * (rng.uniform(1.4, 2.0) if kind == 4 else rng.uniform(0.9, 1.2))
    wide, tall = rng.uniform(0.16, 0.2) if kind == 4 else rng.uniform(0.35, 0.45), rng.uniform(0.12, 0.3)
    loaf = p.superquadric((long, wide, min(tall, wide)), 0.9, rng.uniform(0.75, 1.0)).with_crease(SMOOTH)
    cuts, across = int(rng.integers(2, 6)), rng.uniform(0.0, 0.9)
    scores = []
    for v in np.linspace(-0.65, 0.65, cuts):
        lens = p.superquadric((0.04, wide * rng.uniform(0.6, 0.8), 0.09), 1, 1, 6).rotated(
            p.rotation((0, 0, 1), across)
        )
        scores.append(lens.shifted(v * long, 0, min(tall, wide) * (1 - 0.5 * v * v) - 0.015).with_slot(1))
    loaf = difference(loaf, [*scores, p.box((3, 3, 1)).shifted(0, 0, -0.5 - 0.7 * min(tall, wide))])
    return loaf.grounded()


def _tin_loaf(rng: Rng) -> Mesh:
    """Loaf of the shape of its slices; some of them cut off, leaning or lying before it."""
    wide, tall, long = rng.uniform(0.4, 0.55), rng.uniform(0.4, 0.6), rng.uniform(0.4, 1.0)
    shape, inner = slice_outline(wide, tall), slice_outline(wide - 0.05, tall - 0.05) + [0, 0.025]
    loaf = p.facing([shape], long).shifted(-long / 2, 0, 0)
    parts, x = [union([loaf, p.facing([inner], 0.06).shifted(-0.02, 0, 0).with_slot(1)])], 0.06
    for _ in range(int(rng.integers(0, 5))):
        thick, lean = rng.uniform(0.06, 0.09), rng.uniform(0.0, 0.35)
        crumb = p.facing([inner], thick + 0.02).with_slot(1)
        leaf = union([p.facing([shape], thick), crumb]).rotated(p.rotation((0, 1, 0), lean))
        parts.append(leaf.shifted(x + 0.04, rng.normal(0, 0.02), 0.03))
        x += thick + 0.04 + 0.2 * lean
    if rng.random() < 0.25:
        flat = p.extrude([shape - [0, tall / 2]], 0.07).rotated(p.rotation((0, 0, 1), rng.uniform(0, 6)))
        parts.append(flat.shifted(x + 0.4, 0, 0.035))
    return joined(rng, parts).grounded()


def _croissant(rng: Rng) -> Mesh:
    """Crescent of rolled dough, stepped from turn to turn."""
    u, bend, steps = np.linspace(-1, 1, 72), rng.uniform(0.8, 2.0), rng.integers(3, 5)
    angle = bend * u
    path = p.broadcast(0.5 / bend * (np.cos(angle) - 1), 0.55 / bend * np.sin(angle) * 1.2, 0.0)
    stair = np.abs(u) * (steps + 0.5)
    within = stair % 1
    level = stair - within + within**6
    thick = rng.uniform(0.16, 0.22) * (1.05 - level / (steps + 0.5)) ** 0.8
    thick *= 1 - 0.12 * (within - 0.5) ** 2
    roll = p.tube(path, thick.clip(0.03), 18, flat=rng.uniform(0.75, 1.0)).with_crease(float(np.cos(0.9)))
    return roll.grounded()


def _ring(rng: Rng, r: float, thin: float) -> list[Mesh]:
    """One doughnut on z = 0: dough, icing with a wavy edge, sprinkles or stripes."""
    dough = p.torus(r, thin, 32, 12).shifted(0, 0, thin)
    parts = [dough]
    if rng.random() < 0.8:
        icing = p.torus(r, thin * 1.07, 40, 14)
        v = icing.vertices.copy()
        angle = np.arctan2(v[:, 1], v[:, 0])
        waves = np.sin(angle[:, None] * rng.integers(3, 11, 3) + rng.uniform(0, 6.3, 3)).mean(1)
        edge = thin * (rng.uniform(-0.2, 0.35) + rng.uniform(0.1, 0.35) * waves)
        inward = np.where(v[:, 2] < edge, 0.85, 1.0)  # below its edge the icing hides in the dough
        away = np.hypot(v[:, 0], v[:, 1])[:, None]
        core = np.concatenate([v[:, :2] / away * r, np.zeros_like(away)], 1)
        icing = icing.moved(core + (v - core) * inward[:, None]).shifted(0, 0, thin)
        parts.append(icing.with_slot(1))
        decor = rng.integers(3)
        if decor == 0:
            grains = sprinkled(
                rng, icing, int(rng.integers(10, 22)), 0.014, rng.choice([1.2, 3.0]), 1.5 * thin
            )
            parts += [m.with_slot(2 + i % 3) for i, m in enumerate(grains)]
        elif decor == 1:
            t = np.linspace(0, 2 * np.pi, 100, endpoint=False)
            swing = 0.75 * thin * np.sin(t * rng.integers(9, 17))
            line = np.stack(
                [
                    (r + swing) * np.cos(t),
                    (r + swing) * np.sin(t),
                    thin + np.sqrt((1.07 * thin) ** 2 - swing**2),
                ],
                1,
            )
            parts.append(p.tube(line, 0.02, 6, closed=True).with_slot(2))
    return parts


def doughnut(rng: Rng) -> Mesh:
    """Doughnuts: iced rings with sprinkles, bitten, alone, in a pile or leaning; or filled ones, no hole."""
    r, thin = rng.uniform(0.3, 0.38), rng.uniform(0.13, 0.2)
    if rng.random() < 0.15:  # filled
        ball = p.superquadric((0.42, 0.42, rng.uniform(0.22, 0.3)), 0.8, 1).with_crease(SMOOTH)
        top = patty(rng, 0.3, 0.2, 0.2).shifted(0, 0, 0.1).with_slot(1)
        hole = p.sphere(0.07, 6).shifted(0.4, 0, 0).with_slot(2)
        return joined(rng, [ball, top, hole] if rng.random() < 0.5 else [ball, hole]).grounded()
    parts = []
    for i in range(int(rng.choice([1, 1, 1, 2]))):
        ring = _ring(rng, r, thin)
        if rng.random() < 0.3:
            a = rng.uniform(0, 6.28)
            bites = [(r + 0.1) * np.array([np.cos(a + d), np.sin(a + d)]) for d in (-0.25, 0.25)]
            teeth = [p.sphere(0.17, 6).shifted(*b, thin).with_slot(5) for b in bites]
            ring = [difference(union(ring), teeth)]
        turn, off = p.rotation((0, 0, 1), rng.uniform(0, 6)), rng.normal(0, 0.05, 2)
        parts += [m.rotated(turn).shifted(*off, i * (2 * thin + 0.012)) for m in ring]
    if rng.random() < 0.3:
        turn = p.rotation((0, 1, 0), rng.uniform(1.1, 1.5))
        leaning = [m.rotated(turn).shifted(r + 2 * thin, 0, 0) for m in _ring(rng, r, thin)]
        parts += [m.shifted(0, 0, -leaning[0].bounds[0][2]) for m in leaning]
    return joined(rng, parts).grounded()
