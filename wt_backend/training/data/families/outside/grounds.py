"""Playgrounds and gravestones."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import blade
from wt_backend.training.data.families.outside.street import arch, turn, turned
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def playground(rng: Rng) -> Mesh:
    """Slide with a ladder, seesaw, swings in a frame, or roundabout."""
    return joined(rng, (_slide, _seesaw, _swings, _roundabout)[rng.choice(4, p=[0.4, 0.2, 0.25, 0.15])](rng))


def _slide(rng: Rng) -> list[Mesh]:
    """Chute towards +X, straight or wavy, from a platform with a ladder behind; perhaps a roof."""
    h, y, long = rng.uniform(0.6, 1.0), rng.uniform(0.13, 0.22), rng.uniform(0.9, 1.5)
    u, wave = np.linspace(0, 1, 24), rng.choice([0.0, rng.uniform(0.03, 0.07)])
    drop = (
        h * p.spline([[1.0], [0.93], [0.55], [0.18], [0.08]], 24)[:, 0]
        + wave * np.sin(12 * u) * u * (1 - u) * 4
    )
    chute = blade(long * u, y * np.ones(24), drop, rng.uniform(0.06, 0.14), 0.03)
    parts = [chute, block((-0.3, -y, h - 0.04), (0.05, y, h + 0.01), 1)]
    parts += p.pair(p.tube(p.broadcast(long * u, y, drop + 0.1), 0.025, 8).with_slot(2))
    top, lean = h + rng.uniform(0.2, 0.4), rng.uniform(0.0, 0.4)
    parts += p.pair(p.tube([(-0.3 - lean, y, 0), (-0.3, y, h), (-0.3, y, top)], 0.026, 8).with_slot(2))
    parts += p.pair(p.tube([(0.03, y, 0), (0.03, y, top)], 0.026, 8).with_slot(2))
    parts += p.pair(p.rod((-0.3, y, top), (0.03, y, top), 0.026, 8).with_slot(2))
    for v in np.linspace(0.15, 0.85, int(rng.integers(3, 7))):
        parts.append(p.rod((-0.3 - lean * (1 - v), -y, v * h), (-0.3 - lean * (1 - v), y, v * h), 0.022, 8))
    if rng.random() < 0.35:
        roof = np.array([(-1.3 * y, 0), (1.3 * y, 0), (0, rng.uniform(0.15, 0.3))])
        parts.append(p.facing([roof], 0.45).shifted(-0.13, 0, top - 0.01).with_slot(3))
    return [*parts, p.rod((0.6 * long, 0, 0), (0.6 * long, 0, float(drop[14])), 0.03, 8).with_slot(2)]


def _seesaw(rng: Rng) -> list[Mesh]:
    """Plank over a pivot with one end down, with seats and handles."""
    x, h, y = rng.uniform(0.7, 1.0), rng.uniform(0.2, 0.4), rng.uniform(0.07, 0.12)
    plank = [block((-x, -y, -0.025), (x, y, 0.025), 0, rng.choice([0, 0.02]))]
    for s in (-1, 1):
        grip = [
            (s * (x - 0.25), -y, 0.01),
            (s * (x - 0.25), -y, 0.2),
            (s * (x - 0.25), y, 0.2),
            (s * (x - 0.25), y, 0.01),
        ]
        bow = p.spline(grip, 18) if rng.random() < 0.5 else np.array(grip)
        plank.append(p.tube(bow, 0.02, 8).with_slot(2))
        plank.append(
            p.superquadric((0.12, 1.3 * y, 0.035), 0.6, 0.5, 6).shifted(s * (x - 0.1), 0, 0.03).with_slot(3)
        )
    tilt = p.rotation((0, 1, 0), np.arcsin(0.9 * h / x) * rng.choice([-1, 1, 0.1]))
    parts = [m.rotated(tilt).shifted(0, 0, h) for m in plank]
    parts.append(p.rod((0, -1.7 * y, h - 0.02), (0, 1.7 * y, h - 0.02), 0.035, 10).with_slot(1))
    kind = rng.integers(3)
    if kind == 0:
        parts += [
            m
            for s in (-1, 1)
            for m in p.pair(p.rod((s * 0.2, 1.6 * y, 0), (0, 1.6 * y, h), 0.03, 8).with_slot(1))
        ]
    elif kind == 1:
        parts += p.pair(
            p.upright([np.array([(-0.2, 0), (0.2, 0), (0.05, h + 0.03), (-0.05, h + 0.03)])], 0.04)
            .shifted(0, 1.5 * y, 0)
            .with_slot(1)
        )
    else:
        parts.append(p.cylinder(0.15, h, 0.06).shifted(0, 0, h / 2 - 0.005).with_slot(1))
    return parts


def _swings(rng: Rng) -> list[Mesh]:
    """One to three swings, some in motion, under a bar between two pairs of posts; flat or bucket seats."""
    count, tall, spread = int(rng.integers(1, 4)), rng.uniform(0.9, 1.2), rng.uniform(0.25, 0.45)
    y, thick = 0.28 * count + 0.1, rng.uniform(0.03, 0.045)
    parts = [p.rod((0, -y - 0.06, tall), (0, y + 0.06, tall), thick, 10)]
    parts += [m for s in (-1, 1) for m in p.pair(p.rod((s * spread, y + 0.08, 0), (0, y, tall), thick, 10))]
    if rng.random() < 0.5:
        parts += p.pair(
            p.rod((-0.5 * spread, y + 0.04, 0.5 * tall), (0.5 * spread, y + 0.04, 0.5 * tall), 0.8 * thick, 8)
        )
    long, tyre = rng.uniform(0.6, 0.78) * tall, rng.random() < 0.25
    for i in range(count):
        swing = p.pair(p.rod((0, 0.13, -long), (0, 0.13, 0), 0.02, 6).with_slot(1))
        seat = (
            p.torus(0.15, 0.05, 28, 10)
            if tyre
            else block((-0.09, -0.17, -0.02), (0.09, 0.17, 0.02), 0, 0.012)
        )
        swing.append(seat.shifted(0, 0, -long).with_slot(2))
        angle = rng.choice([0.0, rng.uniform(-0.6, 0.6)])
        turned_by = p.rotation((0, 1, 0), angle)
        parts += [m.rotated(turned_by).shifted(0, 0.56 * (i - (count - 1) / 2), tall) for m in swing]
    return parts


def _roundabout(rng: Rng) -> list[Mesh]:
    """A disc that turns, with bars to hold on to."""
    r, count, high = rng.uniform(0.5, 0.75), int(rng.integers(3, 7)), rng.uniform(0.3, 0.5)
    parts = [
        p.cylinder(r, 0.06, segments=40).shifted(0, 0, 0.13),
        p.cylinder(0.3 * r, 0.13).shifted(0, 0, 0.065).with_slot(1),
    ]
    bow = p.spline([(0.9 * r, 0, 0.12), (0.9 * r, 0, high), (0.5 * r, 0, high + 0.1), (0.05, 0, high)], 20)
    parts += [m.with_slot(2) for m in p.around(p.tube(bow, 0.024, 8), count)]
    parts.append(p.rod((0, 0, 0.1), (0, 0, high + 0.06), 0.05, 12).with_slot(1))
    return parts


def gravestone(rng: Rng) -> Mesh:
    """Gravestone: arched or pointed slab, cross, ringed cross, obelisk or book; on steps, or with a bed."""
    kind, y, t = rng.integers(5), rng.uniform(0.24, 0.4), rng.uniform(0.1, 0.2)
    tall, lines = rng.uniform(0.6, 1.1), int(rng.integers(0, 5))
    text = [
        block((t / 2 - 0.012, -w * y, z * tall), (t, w * y, z * tall + 0.03), 2)
        for z, w in zip(np.linspace(0.7, 0.4, 5), rng.uniform(0.3, 0.75, 5), strict=True)
    ][:lines]
    if kind < 2:
        shape = arch(y, tall, y * rng.uniform(0.15, 1.0))
        top = rng.integers(4)
        if top == 1:  # pointed
            shape = np.array(
                [
                    (-y, 0),
                    (y, 0),
                    (y, tall),
                    (0.6 * y, tall + 0.5 * y),
                    (0, tall + y),
                    (-0.6 * y, tall + 0.5 * y),
                    (-y, tall),
                ]
            )
        elif top == 2:  # shoulders
            shape = np.concatenate(
                [[(-y, 0), (y, 0), (y, tall)], arch(0.7 * y, tall, 0.7 * y)[2:], [(-y, tall)]]
            )
        elif top == 3:
            shape = np.concatenate(
                [
                    [(-y, 0), (y, 0)],
                    np.stack(
                        [
                            y * np.linspace(1, -1, 15),
                            tall + 0.25 * y * np.cos(np.linspace(-1.5, 1.5, 15) * np.pi) ** 2,
                        ],
                        1,
                    ),
                ]
            )
        stone = difference(
            p.facing([shape], t),
            [
                p.facing([(shape - [0, 0.3 * tall]) * [0.8, 0.65] + [0, 0.45 * tall]], t)
                .shifted(0.9 * t, 0, 0)
                .with_slot(1)
            ]
            if rng.random() < 0.5
            else text,
        )
    elif kind == 2:
        w, arm, at = rng.uniform(0.06, 0.11), rng.uniform(0.25, 0.38), rng.uniform(0.68, 0.78) * (tall + 0.3)
        flare = rng.uniform(1.0, 1.8)
        stem = np.array(
            [
                (-w * flare, 0),
                (w * flare, 0),
                (w, at),
                (w * flare, tall + 0.3),
                (-w * flare, tall + 0.3),
                (-w, at),
            ]
        )
        beam = np.array(
            [(-arm, -w * flare), (0, -w), (arm, -w * flare), (arm, w * flare), (0, w), (-arm, w * flare)]
        )
        cross = [p.facing([stem], t), p.facing([beam], 0.97 * t).shifted(0, 0, at)]
        if rng.random() < 0.5:
            cross.append(
                p.facing(
                    [p.regular_polygon(32, 0.75 * arm), p.regular_polygon(32, 0.53 * arm)], 0.7 * t
                ).shifted(0, 0, at)
            )
        stone = union(cross)
    elif kind == 3:
        w = rng.uniform(0.13, 0.2)
        shaft = [
            (1.414 * w, 0),
            (1.414 * w * rng.uniform(0.55, 0.85), tall + 0.2),
            (0.01, tall + 0.2 + 1.2 * w),
        ]
        stone = turned(shaft, 0, 4).rotated(turn(np.pi / 4))
        stone = union(
            [
                stone,
                block((-1.3 * w, -1.3 * w, -0.02), (1.3 * w, 1.3 * w, 0.25)),
                block((0, -0.8 * w, 0.05), (1.36 * w, 0.8 * w, 0.2), 2),
            ]
        )
    else:  # open book on a slope
        page = np.array([(0, 0), (y, 0), (y, 0.12), (0.9 * y, 0.16), (0.4 * y, 0.17), (0, 0.1)])
        book = union([p.facing([page], 0.5), p.facing([page * [-1, 1]], 0.5)])
        stone = union(
            [
                book.rotated(p.rotation((0, 1, 0), 0.7)).shifted(0, 0, 0.35),
                block((-0.2, -0.8 * y, 0), (0.12, 0.8 * y, 0.32), 1),
            ]
        )
    wide, deep, z = (y if kind != 3 else 0.27), (max(t, 0.2) if kind != 3 else 0.5), 0.0
    parts = [stone.rotated(p.rotation((0, 1, 0), rng.choice([0, 0, rng.uniform(-0.12, 0.12)])))]
    for i in range(int(rng.integers(1, 4))):
        z += (step := rng.uniform(0.07, 0.14))
        grow = 0.08 * (i + 1)
        parts.append(
            block(
                (-deep / 2 - grow, -wide - grow, -z),
                (deep / 2 + grow, wide + grow, 0.03 - z + step),
                1,
                rng.choice([0, 0.02]),
            )
        )
    if rng.random() < 0.35:  # kerb and bed
        long = rng.uniform(0.9, 1.4)
        frame = p.extrude(
            [
                np.array([(0, -y - 0.1), (long, -y - 0.1), (long, y + 0.1), (0, y + 0.1)]),
                np.array([(0.08, -y), (long - 0.08, -y), (long - 0.08, y), (0.08, y)]),
            ],
            0.12,
        )
        parts += [
            frame.shifted(0.1, 0, 0.06 - z).with_slot(1),
            block((0.15, -y - 0.05, -z), (long, y + 0.05, 0.06 - z), 3),
        ]
    return joined(rng, parts).grounded()
