"""What stands and hangs about the house: bird houses, lanterns, taps."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.garden import bow
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def bird_house(rng: Rng) -> Mesh:
    """Nesting box or dovecote with round doors and perches; hung, on a post, or a table under a roof."""
    x, y, z = rng.uniform(0.16, 0.26), rng.uniform(0.18, 0.3), rng.uniform(0.3, 0.55)
    roof, over, thick = rng.uniform(0.12, 0.32), rng.uniform(0.04, 0.1), rng.uniform(0.025, 0.045)
    kind, parts = rng.integers(3), []
    lean = kind > 0 and rng.random() < 0.3  # under a shed roof
    if kind == 0:  # table
        parts.append(
            difference(
                block((-1.3 * x, -1.2 * y, 0), (1.3 * x, 1.2 * y, 0.08)),
                [block((-1.2 * x, -1.1 * y, 0.04), (1.2 * x, 1.1 * y, 1), 2)],
            )
        )
        parts += [
            p.rod((a * 1.1 * x, b * y, 0.02), (a * 1.1 * x, b * y, z + 0.1), 0.025, 8)
            for a in (-1, 1)
            for b in (-1, 1)
        ]
        x = 1.2 * x
        parts.append(p.facing([np.array([(-y, z), (y, z), (0, z + roof)])], 2 * x).with_slot(2))
    else:
        eaves = [(y, z + 0.4 * roof), (-y, z)] if lean else [(y, z), (0, z + roof), (-y, z)]
        body = p.facing([np.array([(-y, 0), (y, 0), *eaves])], 2 * x)
        floors = int(rng.choice([1, 1, 2]))
        spots = (
            [(0.0, 0.6 * z)] if floors == 1 else [(s * 0.45 * y, t * z) for s in (-1, 1) for t in (0.3, 0.78)]
        )
        hole = rng.uniform(0.25, 0.4) * y if floors == 1 else 0.2 * y
        doors = [
            p.cylinder(hole, 0.2, segments=24).rotated(p.ALONG_X).shifted(x, v, w).with_slot(4)
            for v, w in spots
        ]
        parts.append(difference(body, doors))
        if rng.random() < 0.85:
            parts += [
                p.rod((x - 0.03, v, w - 1.5 * hole), (x + 0.14, v, w - 1.5 * hole), 0.02, 8).with_slot(3)
                for v, w in spots
            ]
        if lean:
            slope = np.array([(-y, z), (y, z + 0.4 * roof)]) - np.array([0, 0.02])
            slope = slope + np.array([(-1, -0.2 * roof / y), (1, 0.2 * roof / y)]) * over
            slab = np.concatenate([slope, slope[::-1] + np.array([0, thick + 0.02])])
            parts.append(p.facing([slab], 2 * x + 2 * over).with_slot(1))
        parts.append(block((-x - 0.02, -y - 0.02, -0.03), (x + rng.uniform(0.02, 0.15), y + 0.02, 0.012), 1))
    if not lean:
        ridge = np.array([(0, z + roof), (y + over, z - over * roof / y)])
        leaf = np.concatenate([ridge, ridge[::-1] + np.array([0, 1.3 * thick])]) - np.array([0.003, 0])
        parts += [m.with_slot(1) for m in p.pair(p.facing([leaf], 2 * x + 2 * over))]
    support = rng.random()
    if support < 0.45:
        parts.append(
            p.rod((0, 0, -rng.uniform(0.4, 1.0)), (0, 0, 0.01), rng.uniform(0.03, 0.05), 12).with_slot(3)
        )
    elif support < 0.65 and kind:
        parts.append(
            p.torus(0.05, 0.016, 18, 8)
            .rotated(p.ALONG_X)
            .shifted(0, 0.1 * y, z + 0.9 * roof * (0.6 if lean else 1) + 0.05)
            .with_slot(3)
        )
    return joined(rng, parts).grounded()


def lantern(rng: Rng) -> Mesh:
    """Lantern: panes between posts under a roof with a ring, a storm lamp's bulb, or a paper ball."""
    kind, r, z = rng.integers(3), rng.uniform(0.2, 0.3), rng.uniform(0.35, 0.6)
    if kind == 0:  # paper
        ribs, flat = int(rng.integers(6, 14)), rng.uniform(0.6, 1.5)
        u = np.linspace(-0.93, 0.93, 6 * ribs + 1)
        radius = (
            r
            * 1.3
            * (1 - np.abs(u) ** rng.uniform(2, 4)) ** 0.5
            * (1 + rng.uniform(0.02, 0.06) * np.abs(np.sin(np.pi * ribs * (u + 0.93) / 1.86)))
        )
        skin = np.concatenate([[(0, u[0])], np.stack([radius, u], 1), [(0, u[-1])]]) * [1, 1.3 * r * flat]
        parts, end = [p.lathe(skin, 36)], 1.2 * r * flat
        parts += [p.cylinder(radius[0] + 0.02, 0.06).shifted(0, 0, s * end).with_slot(1) for s in (-1, 1)]
        parts.append(p.rod((0, 0, end), (0, 0, end + 0.25), 0.014, 8).with_slot(2))
        parts.append(p.rod((0, 0, -end - 0.25), (0, 0, -end), (0.05, 0.02), 10).with_slot(2))
        return joined(rng, parts).grounded()
    thick = rng.uniform(0.016, 0.03)
    if kind == 1:  # panes
        sides = int(rng.choice([4, 4, 6, 8]))
        ring = p.regular_polygon(sides, 1.0, np.pi / sides)
        flare, peak = rng.uniform(0.75, 1.3), rng.uniform(0.12, 0.35)
        parts = [p.extrude([ring * r * 1.15], 0.07).shifted(0, 0, 0.035)]
        parts.append(
            p.extrude([ring * (r - 0.6 * thick)], z, taper=flare).shifted(0, 0, 0.06 + z / 2).with_slot(1)
        )
        for a, b in ring:
            low, high = np.array([a * r, b * r, 0.05]), np.array([a * r * flare, b * r * flare, z + 0.08])
            parts.append(p.rod(low, high, thick, 6))
            if rng.random() < 0.5 and sides == 4:
                parts.append(
                    p.rod(
                        low * [1, 1, 0] + [0, 0, 0.06 + z / 2],
                        np.array([-b * r, a * r, 0.06 + z / 2]),
                        0.7 * thick,
                        6,
                    )
                )
        wide = r * flare * rng.uniform(1.15, 1.4)
        parts.append(
            p.extrude([ring * wide], peak, taper=rng.uniform(0.12, 0.4)).shifted(0, 0, z + 0.06 + peak / 2)
        )
        top = z + 0.06 + peak
        parts.append(p.cylinder(0.06, 0.08, 0.04, 18).shifted(0, 0, top + 0.02))
    else:  # storm lamp
        knots = [
            (0.45 * r, 0.26),
            (0.8 * r, 0.26 + 0.35 * z),
            (0.6 * r, 0.26 + 0.75 * z),
            (0.42 * r, 0.26 + z),
        ]
        bulb = p.spline(np.array(knots), 18)
        glass = p.lathe(np.concatenate([[(0, 0.26)], bulb, [(0, bulb[-1, 1])]]), 30).with_slot(1)
        tank = p.lathe(
            [(0, 0), (r, 0), (r * 1.05, 0.03), (r, 0.15), (0.5 * r, 0.22), (0.5 * r, 0.28), (0, 0.28)], 32
        )
        top = 0.26 + z + 0.22
        cap = p.lathe(
            [
                (0, 0),
                (0.6 * r, 0),
                (0.6 * r, 0.06),
                (0.35 * r, 0.09),
                (0.35 * r, 0.17),
                (0.55 * r, 0.19),
                (0, 0.26),
            ],
            30,
        )
        parts = [tank, glass, cap.shifted(0, 0, 0.25 + z)]
        side = [
            (0.9 * r, 0.12),
            (1.25 * r, 0.3),
            (1.25 * r, 0.2 + z),
            (0.95 * r, 0.38 + z),
            (0.3 * r, 0.38 + z),
        ]
        arm = bow(side, 0.03, rng.uniform(0.6, 1.2))
        parts += [arm, arm.scaled((-1, 1, 1))]
        parts.append(p.torus(0.85 * r, 0.016, 30, 6).shifted(0, 0, 0.26 + 0.35 * z).with_slot(2))
    if rng.random() < 0.6:
        parts.append(p.torus(0.09, 0.018, 24, 8).rotated(p.ALONG_X).shifted(0, 0, top + 0.12).with_slot(2))
    else:
        swing = bow(
            [
                (-0.9 * r, top - 0.2),
                (-0.7 * r, top + 0.15),
                (0, top + 0.3),
                (0.7 * r, top + 0.15),
                (0.9 * r, top - 0.2),
            ],
            0.016,
        )
        parts += [swing.with_slot(2)]
        parts.append(p.rod((-0.92 * r, 0, top - 0.2), (0.92 * r, 0, top - 0.2), 0.03, 8).with_slot(2))
    return joined(rng, parts).grounded()


def tap(rng: Rng) -> Mesh:
    """Tap: one from the wall with a cross on top, a swan neck on its rosette, or a mixer."""
    r, kind = rng.uniform(0.05, 0.09), rng.integers(3)
    reach, drop = rng.uniform(0.3, 0.6), rng.uniform(0.1, 0.3)
    handle: list[Mesh] = [p.cylinder(0.7 * r, 0.16, segments=18)]
    if (style := rng.integers(3)) == 0:  # cross
        arm = p.rod((-0.02, 0, 0.08), (rng.uniform(0.1, 0.17), 0, 0.08), (0.6 * r, 0.4 * r), 10)
        handle += [m.with_slot(1) for m in p.around(arm, int(rng.choice([2, 3, 4])), rng.uniform(0, 2))]
    elif style == 1:  # wheel or knob
        knob = p.cylinder(1.0, 0.08, segments=48)
        v = knob.vertices * [2 * r, 2 * r, 1]
        v[:, :2] *= (1 + 0.12 * np.cos(int(rng.integers(4, 9)) * np.arctan2(v[:, 1], v[:, 0])))[:, None]
        handle.append(knob.moved(v).shifted(0, 0, 0.1).with_slot(1))
    else:  # lever
        tip = (rng.uniform(0.2, 0.35), 0, rng.uniform(0.05, 0.25))
        handle.append(p.rod((0, 0, 0.06), tip, (0.7 * r, 0.4 * r), 12).with_slot(1))
        handle.append(p.sphere(1.1 * r, 10).shifted(0, 0, 0.05))
    turn = p.rotation((0, 0, 1), rng.uniform(0, 6))
    handle = [m.rotated(turn) for m in handle]
    if kind == 0:  # from the wall
        path = [(-0.35, 0), (0, 0), (0.6 * reach, 0.02), (reach, -0.08), (reach + 0.03, -drop)]
        parts = [bow(path, r, samples=30), p.cylinder(1.35 * r, 0.26, 1.1 * r, 24).shifted(0.02, 0, 0.08)]
        parts += [m.shifted(0.02, 0, 0.24) for m in handle]
        plate = p.cylinder(rng.uniform(1.8, 3) * r, 0.05, segments=32).rotated(p.ALONG_X).shifted(-0.34, 0, 0)
        nozzle = p.cylinder(1.2 * r, 0.08, segments=20).shifted(reach + 0.03, 0, -drop)
        return joined(rng, [*parts, plate.with_slot(2), nozzle.with_slot(2)]).grounded()
    tall = rng.uniform(0.4, 0.9)
    neck = [
        (0, 0),
        (0, 0.55 * tall),
        (0.12 * reach, 0.9 * tall),
        (0.5 * reach, tall),
        (0.9 * reach, 0.85 * tall),
        (reach, tall - drop - 0.15),
    ]
    if rng.random() < 0.4:  # angular, low
        neck = [
            (0, 0),
            (0, tall * 0.4),
            (0.05, tall * 0.5),
            (reach, 0.5 * tall + 0.05),
            (reach + 0.04, 0.5 * tall - 0.03),
        ]
    parts = [
        bow(neck, 0.8 * r, rng.uniform(0.8, 1.3), 36),
        p.cylinder(1.4 * r, 0.3, r, 24).shifted(0, 0, 0.14),
    ]
    parts.append(p.cylinder(rng.uniform(2, 3) * r, 0.04, 1.6 * r, 32).with_slot(2))
    if kind == 1:  # a valve on either side
        side = rng.uniform(0.2, 0.4)
        parts.append(p.rod((0, -side, 0.1), (0, side, 0.1), 0.8 * r, 16))
        for s in (-1, 1):
            parts.append(p.cylinder(1.2 * r, 0.22, r, 20).shifted(0, s * side, 0.105))
            parts += [m.shifted(0, s * side, 0.26) for m in handle]
        parts += [m.with_slot(2) for m in p.pair(p.cylinder(2 * r, 0.03, segments=28).shifted(0, side, 0))]
    else:
        parts += [m.rotated(p.ALONG_Y).shifted(0, -1.1 * r - 0.02, 0.14) for m in handle]
    return joined(rng, parts).grounded()
