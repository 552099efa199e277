"""Things of thin glass: flasks and beakers, racks of test tubes, light bulbs."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import Knots, turned
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, shell_profile
from wt_backend.training.data.mesh import Mesh, concatenate, difference, joined, union

Rng = np.random.Generator


def flask(rng: Rng) -> Mesh:
    """Beaker, conical or round flask, measuring cylinder, several, or one on a stand over a burner."""
    if rng.random() < 0.4:
        return _distilling(rng)
    parts, x = [], 0.0
    for i in range(int(rng.choice([1, 1, 2, 3]))):
        vessel = concatenate(_glass(rng, int(rng.integers(4))))
        size = rng.uniform(0.7, 1.1) * (1 if i == 0 else rng.uniform(0.6, 1.0))
        vessel = vessel.scaled(size).grounded()
        half = np.abs(vessel.bounds[:, 0]).max()
        parts.append(vessel.shifted(rng.uniform(-0.1, 0.1), x + half, 0))
        x += 2 * half + rng.uniform(0.03, 0.15)
    return concatenate(parts)


def _glass(rng: Rng, kind: int) -> list[Mesh]:
    """Beaker, conical or round flask or cylinder, thin-walled; perhaps with liquid or a stopper."""
    r, tall, neck = rng.uniform(0.2, 0.34), rng.uniform(0.5, 0.9), rng.uniform(0.06, 0.1)
    u = np.linspace(-1.1, 1.25, 18)
    shapes: list[Knots] = [
        [(r, 0), (r, 0.4 * tall), (r, 0.9 * tall), (1.08 * r, 0.92 * tall)],
        [(r, 0), (1.02 * r, 0.06), (neck, 0.65 * tall), (neck, 0.9 * tall), (1.25 * neck, 0.93 * tall)],
        [
            *((r * np.cos(a), r * (np.sin(a) + np.sin(1.1))) for a in u),
            (neck, 2 * r + 0.05),
            (neck, 2 * r + tall * 0.4),
            (1.25 * neck, 2 * r + tall * 0.42),
        ],
        [(0.4 * r, 0), (0.4 * r, tall), (0.4 * r, 1.3 * tall), (0.46 * r, 1.32 * tall)],
    ]
    outer = np.array(shapes[kind]) if kind == 2 else outline(shapes[kind], 30)
    outer[:, 0] = np.maximum(outer[:, 0], 0.05)
    parts = [p.lathe(shell_profile(outer, 0.022, 0.03), 36)]
    if kind == 3:
        parts[0] = union(
            [parts[0], turned([(0.75 * r, -0.03), (0.75 * r, 0.012)], 0, int(rng.choice([6, 32])))]
        )
    if rng.random() < 0.7:  # liquid, a hair's breadth off the glass
        level = outer[-1, 1] * rng.uniform(0.2, 0.6)
        inner = outer[(outer[:, 1] > 0.05) & (outer[:, 1] < level)] - [0.028, 0]
        if len(inner) > 2:
            parts.append(turned([(x, z) for x, z in inner]).with_slot(2))
    mouth = outer[-1, 1]
    if kind in (1, 2) and rng.random() < 0.5:
        parts.append(
            turned(
                [
                    (0.7 * neck, mouth - 0.07),
                    (0.75 * neck, mouth + 0.02),
                    (1.2 * neck, mouth + 0.03),
                    (1.3 * neck, mouth + 0.1),
                ]
            ).with_slot(3)
        )
    return parts


def _distilling(rng: Rng) -> Mesh:
    """Round flask held by a ring on a rod over a burner or a tripod."""
    vessel = concatenate(_glass(rng, int(rng.integers(1, 3)))).grounded()
    wide, up = np.abs(vessel.bounds[:, 0]).max(), rng.uniform(0.4, 0.55)
    tall, back = up + vessel.bounds[1, 2] * rng.uniform(0.8, 1.3), -wide - rng.uniform(0.08, 0.2)
    foot = block((back - 0.15, -0.3, 0), (back + 0.5, 0.3, 0.05), 4, 0.012)
    stand = [foot, p.rod((back, 0, 0.02), (back, 0, tall), 0.022).with_slot(4)]
    ring = p.torus(0.62 * wide, 0.018, 32, 8).shifted(0, 0, up - 0.022)
    stand += [
        ring.with_slot(5),
        p.rod((back, 0, up - 0.022), (-0.6 * wide, 0, up - 0.022), 0.018).with_slot(5),
        p.sphere(0.04, 6).shifted(back, 0, up - 0.022).with_slot(5),
    ]
    burner = turned([(0.13, 0.035), (0.12, 0.08), (0.035, 0.1), (0.035, up - 0.16), (0.045, up - 0.12)])
    lamp = turned([(0.1, 0.035), (0.13, 0.1), (0.1, 0.17), (0.04, 0.2), (0.04, 0.23)], 24)
    stand += [(burner if rng.random() < 0.5 else lamp).with_slot(6)]
    return concatenate([joined(rng, stand), vessel.shifted(0, 0, up)])


def tube_rack(rng: Rng) -> Mesh:
    """Rack of wood or wire with test tubes full, half full or missing."""
    n, rows, r = int(rng.integers(3, 8)), int(rng.choice([1, 1, 2])), rng.uniform(0.05, 0.075)
    tall, step, rise = rng.uniform(0.45, 0.8), 2 * r + rng.uniform(0.03, 0.08), rng.uniform(0.5, 0.7)
    y, x = (n - 1) / 2 * step, (rows - 1) / 2 * step
    spots = [(x - i * step, -y + j * step) for i in range(rows) for j in range(n)]
    holes = [p.cylinder(r + 0.012, 1, segments=20).shifted(u, v, 0) for u, v in spots]
    deep, side, t = x + r + rng.uniform(0.03, 0.08), y + r + 0.05, rng.uniform(0.03, 0.05)
    shelf = difference(block((-deep, -side, -t / 2), (deep, side, t / 2)), holes)
    parts = [shelf.shifted(0, 0, z * tall) for z in ([rise] if rng.random() < 0.5 else [rise, 0.3])]
    parts.append(block((-deep * 1.05, -side, 0), (deep * 1.05, side, t), 0))
    post = block(
        (-0.9 * deep, side - 0.03, -0.002), (0.9 * deep, side + t, rise * tall + rng.uniform(0.03, 0.4))
    )
    if rng.random() < 0.4:
        post = union(
            [
                p.rod((u, side - 0.02, 0.01), (u, side - 0.02, rise * tall + 0.03), 0.022)
                for u in (-0.7 * deep, 0.7 * deep)
            ]
        )
    rack, tubes = joined(rng, [*parts, *p.pair(post.with_slot(1))]), []
    bend = np.linspace(-1.5, 0, 8)
    outer = np.array([*((r * np.cos(a), r + r * np.sin(a)) for a in bend), (r, 0.5 * tall), (r, tall)])
    glass = p.lathe(
        [
            (0, 0),
            *outer,
            (1.2 * r, tall + 0.005),
            (1.2 * r, tall + 0.02),
            (0.8 * r, tall + 0.02),
            *((outer - [0.2 * r, 0]) * [1, 0.97] + [0, 0.02])[:0:-1],
            (0, 0.03),
        ],
        20,
    )
    for i, (u, v) in enumerate(spots):
        if rng.random() < 0.2:
            continue
        level = rng.uniform(0.15, 0.85) * tall
        fill = turned(
            [
                (0.3 * r, 0.05),
                (0.6 * r, 0.05 + 0.3 * r),
                (0.72 * r, 0.05 + 0.8 * r),
                (0.72 * r, max(level, r + 0.08)),
            ],
            0,
            16,
        )
        tubes += [m.shifted(u, v, t + 0.005) for m in (glass.with_slot(2), fill.with_slot(3 + i % 4))]
    return concatenate([rack, *tubes]).grounded()


def light_bulb(rng: Rng) -> Mesh:
    """Light bulb: pear, ball, candle, reflector or coiled saving lamp, with its screw; any way up."""
    r, cap, kind = rng.uniform(0.22, 0.36), rng.uniform(0.1, 0.14), rng.integers(5)
    z = np.arange(0, 0.26, 0.026)
    screw = turned(
        [
            (0.35 * cap, -0.1),
            (0.7 * cap, -0.05),
            *((cap * (1 if i % 2 else 0.88), h) for i, h in enumerate(z)),
            (1.05 * cap, 0.27),
            (cap, 0.3),
        ],
        0,
        30,
    )
    tip = turned([(0.3 * cap, -0.13), (0.32 * cap, -0.08)]).with_slot(2)
    neck = 0.92 * cap
    tall = rng.uniform(2.0, 3.0) * r
    shapes: list[Knots] = [
        [
            (neck, 0.28),
            (1.1 * neck, 0.38),
            (0.85 * r, 0.3 + 0.5 * tall),
            (r, 0.3 + 0.72 * tall),
            (0.75 * r, 0.3 + 0.92 * tall),
            (0.4 * r, 0.3 + 0.985 * tall),
            (0.0, 0.3 + tall),
        ],
        [(neck, 0.28), *((r * np.cos(a), 0.25 + r * (1 + np.sin(a))) for a in np.linspace(-0.9, 1.57, 12))],
        [(neck, 0.28), (0.6 * r, 0.34), (0.7 * r, 0.55), (0.35 * r, 0.3 + 0.7 * tall), (0, 0.35 + tall)],
        [
            (neck, 0.28),
            (neck, 0.4),
            (1.2 * r, 0.35 + 0.6 * tall),
            (1.25 * r, 0.35 + 0.7 * tall),
            (0.9 * r, 0.35 + 0.77 * tall),
            (0.4 * r, 0.35 + 0.8 * tall),
            (0, 0.35 + 0.805 * tall),
        ],
    ]
    if kind == 4:  # coil
        turns, w = rng.uniform(2.5, 4.0), rng.uniform(0.035, 0.05)
        u = np.linspace(0, 1, int(20 * turns))
        coil = 0.8 * r * np.minimum(1, 4 * np.minimum(u, 1.03 - u) + 0.2)
        path = np.stack(
            [
                coil * np.cos(2 * np.pi * turns * u),
                coil * np.sin(2 * np.pi * turns * u),
                0.4 + u * turns * 3.0 * w,
            ],
            1,
        )
        ballast = turned([(cap, 0.28), (0.95 * r, 0.34), (0.95 * r, 0.43)]).with_slot(3)
        glass = [ballast, p.tube(path, w, 10).with_slot(1)]
    else:
        bulb = turned(shapes[kind], 36, 36).with_slot(1)
        glass = [bulb]
        if rng.random() < 0.5:
            glass = [difference(bulb, [bulb.shifted(0, 0, -0.6).scaled(0.93).shifted(0, 0, 0.6)])]
    lie = [np.eye(3), p.rotation((1, 0, 0), np.pi), p.rotation((0, 1, 0), 1.75)][rng.integers(3)]
    return joined(rng, [screw, tip, *glass]).rotated(lie).grounded()
