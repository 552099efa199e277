"""Of great halls: thrones and banners."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import turned
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, joined, union

Rng = np.random.Generator


def throne(rng: Rng) -> Mesh:
    """Throne facing +X: back pointed, arched, stepped or jagged, arms ending in balls, cushion, steps."""
    y, deep, seat, tall = (
        rng.uniform(0.3, 0.42),
        rng.uniform(0.28, 0.36),
        rng.uniform(0.4, 0.5),
        rng.uniform(1.1, 1.7),
    )
    t, arm = rng.uniform(0.06, 0.1), rng.uniform(0.2, 0.3)
    u, kind = np.linspace(0, np.pi, 21), rng.integers(5)
    crown = [
        [(y, 0.85), (0, 1.0), (-y, 0.85)],
        [(y * np.cos(a), 0.8 + 0.2 * np.sin(a)) for a in u],
        [
            (y, 0.8),
            (0.7 * y, 0.8),
            (0.7 * y, 0.9),
            (0.35 * y, 0.9),
            (0.35 * y, 1.0),
            (-0.35 * y, 1.0),
            (-0.35 * y, 0.9),
            (-0.7 * y, 0.9),
            (-0.7 * y, 0.8),
            (-y, 0.8),
        ],
        [
            (y * (1 - i / 5), 0.85 + (0.15 if i % 2 else 0.0) * np.sin(np.pi * (i + 1) / 12))
            for i in range(11)
        ],
        [(1.2 * y, 0.95), (0.8 * y, 0.88), (0, 0.86), (-0.8 * y, 0.88), (-1.2 * y, 0.95)],
    ][kind]
    back = p.facing([np.array([(-y, 0.02), (y, 0.02), *((v, z * tall) for v, z in crown)])], t).shifted(
        -deep, 0, 0
    )
    panel = p.facing(
        [
            np.array(
                [
                    (v * 0.72, seat + 0.1 + (z - 0.8) * tall * 0.8 + 0.55 * (0.8 * tall - seat))
                    for v, z in crown
                ]
                + [(-0.72 * y, seat + 0.1), (0.72 * y, seat + 0.1)]
            )
        ],
        0.06,
    )
    parts = [back, panel.shifted(t / 2 - deep, 0, 0).with_slot(1)]
    if rng.random() < 0.5:
        parts.append(block((-deep - 0.01, -0.97 * y, 0.01), (deep, 0.97 * y, seat - 0.03)))
    else:
        leg = turned([(0.035, 0), (0.06, 0.1), (0.035, 0.2), (0.055, seat - 0.05)], 16, 16)
        parts += [
            m.shifted(x, 0, 0)
            for x in (-0.8 * deep, 0.85 * deep)
            for m in p.pair(leg.shifted(0, 0.85 * y, 0))
        ]
        parts.append(block((-deep, -0.98 * y, seat - 0.12), (0.97 * deep, 0.98 * y, seat - 0.03)))
    parts.append(p.rounded_box((1.8 * deep, 1.7 * y, 0.12), 0.05).shifted(0.08 * deep, 0, seat).with_slot(1))
    rest = block((-deep, 0.85 * y, seat + arm - 0.04), (1.04 * deep, 1.08 * y, seat + arm + 0.04), 0, 0.02)
    knob = (
        p.sphere(rng.uniform(0.06, 0.09), 6).shifted(1.02 * deep, 0.965 * y, seat + arm + 0.02).with_slot(2)
    )
    front = block((0.75 * deep, 0.88 * y, seat - 0.1), (0.95 * deep, 1.03 * y, seat + arm))
    if rng.random() < 0.4:
        front = block((-0.9 * deep, 0.9 * y, 0.03), (0.92 * deep, 1.03 * y, seat + arm))
    parts += [m for part in (rest, knob, front) for m in p.pair(part)]
    high = max(z for v, z in crown if abs(v) > 0.9 * y) * tall
    if rng.random() < 0.7:  # posts with finials
        post = turned([(0.05, 0), (0.05, high), (0.065, high + 0.02), (0.03, high + 0.05)], 0, 16)
        tip = (
            p.sphere(0.06, 6)
            if rng.random() < 0.5
            else turned([(0.03, -0.06), (0.06, 0), (0.005, 0.18)], 0, 12)
        )
        parts += [
            m.shifted(-deep, 0, 0)
            for part in (post, tip.shifted(0, 0, high + 0.09).with_slot(2))
            for m in p.pair(part.shifted(0, y, 0))
        ]
    if rng.random() < 0.7:
        gem = p.superquadric((0.06, 0.09, 0.1), rng.choice([0.3, 1.0]), rng.choice([0.3, 1.0]), 10)
        parts.append(gem.shifted(-deep + 0.03, 0, 0.83 * tall).with_slot(2))
    for i in range(int(rng.choice([0, 1, 2, 3]))):
        parts.append(
            block(
                (-deep - 0.12 - 0.05 * i, -y - 0.12 - 0.16 * i, -0.1 * (i + 1)),
                (deep + 0.2 + 0.16 * i, y + 0.12 + 0.16 * i, -0.1 * i + 0.005),
                3 + i % 2,
            )
        )
    return joined(rng, parts).grounded()


def banner(rng: Rng) -> Mesh:
    """Flag, pennon or swallow-tail waving from a pole, or a banner hung from a crossbar; foot and finial."""
    tall, thin, kind = rng.uniform(0.9, 1.6), rng.uniform(0.018, 0.03), rng.integers(3)
    long, high = rng.uniform(0.55, 1.1), rng.uniform(0.4, 0.7)
    u, v = np.linspace(0, 1, 40)[:, None], np.linspace(0, 1, 17)[None]
    wave, phase = rng.uniform(0.02, 0.09), rng.uniform(0, 6.3)
    ripple = wave * np.sin(rng.uniform(5, 14) * u + rng.uniform(-2, 2) * v + phase) * np.minimum(1, 3 * u)
    taper, notch = rng.choice([0.0, rng.uniform(0.3, 0.95)]), rng.choice([0.0, rng.uniform(0.1, 0.4)])
    across = (v - 0.5) * (1 - taper * u)
    along = u * (1 - notch * (1 - np.abs(2 * v - 1)))
    if kind == 2:  # hung from a bar, facing +X
        along = along * rng.uniform(0.7, 1.3)
        cloth = p.broadcast(ripple, high * 1.2 * across, tall - 0.08 - long * along)
        bar = p.rod((0, -0.7 * high, tall - 0.07), (0, 0.7 * high, tall - 0.07), 0.022).with_slot(1)
        extra = [bar, *p.pair(p.sphere(0.035, 6).shifted(0, 0.7 * high, tall - 0.07).with_slot(2))]
        pole_x = -0.02 - thin
        extra.append(p.rod((pole_x, 0, tall - 0.07), (0.005, 0, tall - 0.07), 0.022).with_slot(1))
    else:
        sag = rng.uniform(0.0, 0.5) * u**1.5
        cloth = p.broadcast(
            0.4 * ripple + (long * along) * np.sqrt(1 - (0.5 * sag) ** 2),
            ripple,
            tall - 0.06 - high / 2 + high * across - long * sag * along,
        )
        extra, pole_x = [], 0.0
    sheet = p.slab(cloth, cloth - ([0.016, 0, 0] if kind == 2 else [0, 0.016, 0]))
    bands = int(rng.integers(0, 4))  # plain, stripes along, stripes across, a disc
    at = np.tile(p.broadcast(u, v).reshape(-1, 2), (2, 1))[sheet.faces].mean(1)
    fields = [
        np.zeros(len(at)),
        np.floor(3 * at[:, 1]) % 2,
        np.floor(3 * at[:, 0]) % 2,
        np.hypot(at[:, 0] - 0.45, 0.6 * at[:, 1] - 0.3) < 0.17,
    ]
    sheet.slot[:] = np.where(fields[bands] > 0, 3, 0)
    tip = [
        p.sphere(1.8 * thin, 6),
        turned([(thin, -0.02), (0.045, 0.05), (0.004, 0.2)], 0, 8).scaled((0.5, 1, 1)),
    ][rng.integers(2)]
    pole = p.rod((pole_x, 0, 0), (pole_x, 0, tall + 0.02), thin, 12).with_slot(1)
    parts = [sheet, *extra, pole, tip.shifted(pole_x, 0, tall + 0.03).with_slot(2)]
    if rng.random() < 0.6:
        foot = (
            turned([(0.2, 0), (0.19, 0.04), (0.06, 0.07), (0.04, 0.14)])
            if rng.random() < 0.5
            else union(
                [
                    p.rod((0, 0, 0.1), (0.26 * np.cos(a), 0.26 * np.sin(a), 0.02), 0.022)
                    for a in (0.5, 2.6, 4.7)
                ]
            )
        )
        parts.append(foot.shifted(pole_x, 0, 0).with_slot(4))
    turn = p.rotation((0, 0, 1), 0.0 if kind == 2 else rng.uniform(0, 2 * np.pi))
    return joined(rng, parts).rotated(turn).grounded()
