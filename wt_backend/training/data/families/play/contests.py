"""What contests are about: prize cups, targets, basketball hoops."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def trophy(rng: Rng) -> Mesh:
    """Prize cup with two ears and perhaps a lid, or a star, ball or column on a base with a plaque."""
    foot, z, parts = rng.uniform(0.18, 0.3), 0.0, []
    for i in range(int(rng.integers(1, 4))):
        h, wide = rng.uniform(0.08, 0.2), foot * (1 - 0.17 * i)
        square = rng.random() < 0.6
        base = (
            p.rounded_box((2 * wide, 2 * wide, h), 0.012) if square else p.cylinder(wide, h, 0.95 * wide, 40)
        )
        parts.append(base.shifted(0, 0, z + h / 2).with_slot(1))
        if i == 0 and h > 0.1 and square:
            parts.append(block((wide - 0.02, -0.6 * wide, 0.25 * h), (wide + 0.012, 0.6 * wide, 0.75 * h), 2))
        z += h - 0.004
    stem, rise, r = rng.uniform(0.03, 0.06), rng.uniform(0.12, 0.5), rng.uniform(0.2, 0.38)
    knop = rng.uniform(1.0, 2.2) * stem
    neck = outline(
        [(0.7 * foot, 0), (stem, 0.35 * rise), (knop, 0.6 * rise), (stem, 0.8 * rise), (1.6 * stem, rise)], 22
    )
    parts.append(p.lathe(np.concatenate([[[0, -0.02]], neck, [[0, rise]]]), 28).shifted(0, 0, z - 0.01))
    z, kind = z + rise - 0.02, rng.random()
    if kind < 0.2:
        points = int(rng.choice([5, 5, 6, 8]))
        ring = (
            p.regular_polygon(2 * points, r, np.pi / 2) * np.tile([1, rng.uniform(0.4, 0.6)], points)[:, None]
        )
        return joined(
            rng, [*parts, p.facing([ring], rng.uniform(0.05, 0.12)).shifted(0, 0, z + 0.85 * r).with_slot(3)]
        )
    if kind < 0.3:
        return joined(rng, [*parts, p.sphere(r * 0.8, 10).shifted(0, 0, z + 0.78 * r).with_slot(3)])
    tall, mouth = rng.uniform(0.3, 0.75), r * rng.uniform(0.85, 1.2)
    curve = outline(
        [(1.5 * stem, 0), (0.75 * r, 0.25 * tall), (r, 0.6 * tall), (0.85 * r, 0.85 * tall), (mouth, tall)],
        22,
    )
    solid, cavity = solid_and_cavity(curve, 0.025, 0.04, 44)
    cup = [solid]
    if rng.random() < 0.85:
        low, high = rng.uniform(0.15, 0.4) * tall, rng.uniform(0.75, 0.95) * tall
        near = [float(np.interp(v, curve[:, 1], curve[:, 0])) - 0.01 for v in (low, high)]
        out = r + rng.uniform(0.1, 0.3)
        bow = np.array(
            [
                (0, near[0], low),
                (0, out - 0.08, low + 0.05),
                (0, out, 0.75 * high),
                (0, out - 0.06, high + rng.uniform(0, 0.2)),
                (0, near[1], high),
            ]
        )
        cup += p.pair(p.tube(p.spline(bow, 28), rng.uniform(0.018, 0.032), 8))
    parts.append(difference(union(cup), [cavity]).shifted(0, 0, z))
    if rng.random() < 0.3:
        u, dome = np.linspace(0, 1, 10), rng.uniform(0.08, 0.25)
        lid = [
            (0, 0.0),
            *np.stack([(mouth + 0.01) * np.cos(u * 1.3), 0.01 + dome * np.sin(u * 1.5)], 1),
            (0.03, dome + 0.1),
            (0.05, dome + 0.14),
            (0, dome + 0.19),
        ]
        parts.append(p.lathe(lid, 40).shifted(0, 0, z + tall + 0.005))
    return joined(rng, parts)


def _arrow(rng: Rng, long: float, thin: float) -> Mesh:
    """Arrow or dart from its tip, at −0.1, out along +X to its three feathers."""
    shaft = p.rod((-0.1, 0, 0), (long, 0, 0), thin, 8).with_slot(6)
    wide = rng.uniform(2.5, 4.5) * thin
    vane = np.array([(0.72, 0), (0.98, 0), (0.98, wide), (0.85, wide)]) * [long, 1]
    turns = [p.rotation((1, 0, 0), a) for a in np.arange(3) * 2 * np.pi / 3]
    return union([shaft, *[p.upright([vane], 0.012).rotated(t).with_slot(7) for t in turns]])


def target(rng: Rng) -> Mesh:
    """Archery target on an easel with arrows in it, or a dartboard with its wires."""
    r, thick, rings = rng.uniform(0.4, 0.6), rng.uniform(0.08, 0.2), int(rng.integers(3, 7))
    darts = rng.random() < 0.3
    steps = np.linspace(1, 0, rings, endpoint=False)
    profile = [(r * s, thick + 0.006 * i + e) for i, s in enumerate(steps) for e in (-0.006 * (i > 0), 0)]
    face = p.lathe([(0, 0), (r, 0), *profile, (0, thick + 0.006 * rings - 0.006)], 56)
    middle = face.vertices[face.faces].mean(1)
    ring = np.floor(rings * (1 - np.linalg.norm(middle[:, :2], axis=1) / r) + 0.15).clip(0).astype(int)
    face.slot[:] = np.where(middle[:, 2] < thick - 0.01, 0, 1 + ring % int(rng.integers(2, 6)))
    parts, lean = [face.rotated(p.ALONG_X)], rng.uniform(0.0, 0.3)
    tilt = p.rotation((0, 1, 0), -lean)
    if darts:
        spoke = p.rod((0.12 * r, 0, thick), (0.85 * r, 0, thick + 0.02), 0.012, 5).rotated(p.ALONG_X)
        turns = np.arange(count := int(rng.choice([10, 12, 16, 20]))) * 2 * np.pi / count
        parts += [spoke.rotated(p.rotation((1, 0, 0), a)).with_slot(8) for a in turns]
    for _ in range(int(rng.integers(0, 5))):
        radius, angle = r * 0.85 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        arrow = (
            _arrow(rng, rng.uniform(0.2, 0.3), 0.02) if darts else _arrow(rng, rng.uniform(0.5, 0.9), 0.013)
        )
        aim = p.rotation((0, *rng.normal(0, 1, 2)), rng.uniform(0, 0.25))
        parts.append(arrow.rotated(aim).shifted(thick + 0.02, radius * np.cos(angle), radius * np.sin(angle)))
    parts = [m.rotated(tilt) for m in parts]
    if not darts or rng.random() < 0.3:
        low, top, out = -r - rng.uniform(0.1, 0.6), r * rng.uniform(0.9, 1.3), rng.uniform(0.3, 0.6)
        slope = -np.tan(lean)
        front = p.rod((-0.02 + slope * low, 0.75 * r, low), (-0.02 + slope * top, 0.12 * r, top), 0.03, 8)
        rear = p.rod((slope * top, 0, top - 0.05), (-out - 0.2, 0, low), 0.03, 8)
        ledge = (
            block((-0.05, -0.75 * r, -0.04), (thick, 0.75 * r, 0.02))
            .rotated(tilt)
            .shifted(-1.05 * r * tilt[0, 2], 0, -1.05 * r * tilt[2, 2])
        )
        parts += [m.with_slot(5) for m in (*p.pair(front), rear, ledge)]
    return joined(rng, parts).grounded()


def hoop(rng: Rng) -> Mesh:
    """Basketball hoop facing +X: board, ring and net, on a leaning or upright post, or for a wall."""
    wide, tall, t = rng.uniform(0.4, 0.6), rng.uniform(0.28, 0.42), 0.05
    r, ring, up = rng.uniform(0.14, 0.22), rng.uniform(0.014, 0.022), rng.uniform(1.2, 2.2)
    frame = block((0.02, -0.38 * wide, -0.6 * tall), (1, 0.38 * wide, 0.25 * tall), 1)
    inner = block((0, -0.38 * wide + 0.03, -0.6 * tall + 0.03), (2, 0.38 * wide - 0.03, 0.25 * tall - 0.03))
    board = p.box((t, 2 * wide, 2 * tall))
    if rng.random() < 0.3:  # fan-shaped
        half = np.array([(0.5, -1), (1, -0.4), (1, 0.3), (0.6, 1)]) * [wide, tall]
        board = p.facing([np.concatenate([half, half[::-1] * [-1, 1]])], t)
    parts = [difference(board, [difference(frame, [inner])])]
    out, z = r + t / 2 + rng.uniform(0.03, 0.08), -0.62 * tall
    parts += [
        p.torus(r, ring, 36, 8).shifted(out, 0, z).with_slot(2),
        block((0, -0.08, z - 0.05), (out - r + 0.01, 0.08, z + 0.015), 2),
    ]
    count, deep, waist = int(rng.choice([8, 10, 12])), rng.uniform(0.2, 0.4), rng.uniform(0.5, 0.75)
    u = np.linspace(0, 1, 9)
    for way in (-1, 1) if rng.random() < 0.85 else ():
        a = way * u * 2 * np.pi * 2 / count
        radius = r * (waist + (1 - waist) * (1 - u) ** 1.5)
        strand = p.tube(np.stack([radius * np.cos(a), radius * np.sin(a), -deep * u], 1), 0.009, 5)
        parts += [m.shifted(out, 0, z).with_slot(3) for m in p.around(strand, count)]
    if rng.random() < 0.75:
        back = -rng.uniform(0.2, 0.8)
        foot = back - rng.uniform(0, 0.6)
        thick = rng.uniform(0.04, 0.07)
        knots = np.array(
            [(foot, 0, -up), (foot * 0.3 + back * 0.7, 0, -0.35 * up), (back, 0, -0.3), (-t / 2, 0, 0)]
        )
        knots = (
            knots
            if rng.random() < 0.5
            else np.array([(back, 0, -up), (back, 0, -0.4), (back, 0, -0.05), (-t / 2, 0, 0)])
        )
        parts.append(p.tube(p.spline(knots, 30) if rng.random() < 0.6 else knots, thick, 12).with_slot(4))
        parts.append(p.rod((back, 0, -0.3), (-t / 2, 0, -0.6 * tall), 0.03, 8).with_slot(4))
        x, wide = knots[0][0], rng.uniform(0.2, 0.4)
        base = (
            p.rounded_box((2 * wide, 1.6 * wide, 0.16), 0.05)
            if rng.random() < 0.6
            else p.cylinder(wide, 0.05, segments=36)
        )
        parts.append(base.shifted(x, 0, -up).with_slot(5))
    else:
        parts += p.pair(block((-0.3, 0.3 * wide, -0.3 * tall), (0, 0.36 * wide, -0.2 * tall), 4))
        parts.append(block((-0.33, -0.5 * wide, -0.5 * tall), (-0.29, 0.5 * wide, 0.1 * tall), 4))
    return joined(rng, parts).grounded()
