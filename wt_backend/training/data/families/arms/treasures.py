"""Of ships and hoards: anchors, casks, treasure chests."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import chain
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def anchor(rng: Rng) -> Mesh:
    """Ship's anchor with its stock, stockless one, grapnel of four arms; ring, perhaps a chain; any pose."""
    tall, thick, kind = rng.uniform(0.9, 1.2), rng.uniform(0.035, 0.06), rng.integers(4)
    wide, rise, flat = rng.uniform(0.35, 0.55), rng.uniform(0.2, 0.4), rng.uniform(0.8, 1.4)
    sweep = [
        (0, -wide, rise),
        (0, -0.6 * wide, 0.25 * rise),
        (0, 0, 0),
        (0, 0.6 * wide, 0.25 * rise),
        (0, wide, rise),
    ]
    arms = p.tube(p.spline(sweep, 32), thick * (1.15 - 0.5 * np.abs(np.linspace(-1, 1, 32))), 12, flat=flat)
    size = rng.uniform(0.1, 0.17)
    fluke = p.facing(
        [np.array([(-0.5 * size, -0.9 * size), (0.5 * size, -0.9 * size), (0, 1.5 * size)])], 0.05
    )
    palm = (
        p.superquadric((0.8 * size, 0.03, 1.3 * size), 1.0, 1.0, 10)
        if rng.random() < 0.5
        else fluke.rotated(p.rotation((0, 0, 1), np.pi / 2)).scaled((1.5, 1, 1))
    )
    tips = p.pair(palm.rotated(p.rotation((1, 0, 0), -0.5)).shifted(0, 0.9 * wide, 0.8 * rise))
    parts = [p.rod((0, 0, -0.02), (0, 0, tall), (1.2 * thick, 0.8 * thick), 14), arms, *tips]
    if kind == 1:  # stockless: both arms on a crown
        arm = p.facing(
            [
                np.array([(0.08, 0), (0.3, -0.02), (0.36, 0.2), (0.27, 0.5), (0.2, 0.15)])
                * [1, 1.2 * rise + 0.5]
            ],
            0.1,
        )
        parts = [
            block((-0.06, -0.06, 0), (0.06, 0.06, tall)),
            block((-0.09, -0.22, -0.1), (0.09, 0.22, 0.1), 0, 0.04),
            *p.pair(arm.rotated(p.rotation((0, 1, 0), rng.uniform(0, 0.6)))),
        ]
    elif kind == 2:  # grapnel
        parts += [m.rotated(p.rotation((0, 0, 1), np.pi / 2)) for m in (arms, *tips)]
    else:
        bar, high = rng.uniform(0.25, 0.42), tall * rng.uniform(0.82, 0.92)
        stock = (
            p.rod((0, -bar, high), (0, bar, high), 0.75 * thick)
            if rng.random() < 0.5
            else p.rounded_box((1.8 * thick, 2 * bar, 2 * thick), 0.02).shifted(0, 0, high).with_slot(1)
        )
        balls = p.pair(p.sphere(1.1 * thick, 6).shifted(0, bar, high))
        across = p.rotation((0, 0, 1), np.pi / 2 if kind == 3 else 0)
        parts += [m.rotated(across) for m in (stock, *balls)]
    ring = p.torus(rng.uniform(0.07, 0.12), 0.02, 28, 8).rotated(
        p.ALONG_X if rng.random() < 0.5 else p.ALONG_Y
    )
    parts.append(ring.shifted(0, 0, tall + 0.05).with_slot(2))
    if rng.random() < 0.45:
        drift = rng.uniform(-0.4, 0.4, 4)
        path = [
            (0, 0, tall + 0.12),
            (0.12, 0.1, tall - 0.1),
            (0.2, drift[0], 0.5 * tall),
            (0.18, drift[1], 0.15),
            (0.5, drift[2], 0.03),
            (0.9, drift[3], 0.03),
        ]
        parts += chain(p.spline(path, 60), rng.uniform(0.016, 0.024), 3)
    turn = [
        np.eye(3),
        p.rotation((0, 1, 0), np.pi / 2),
        p.rotation((1, 0, 0), rng.uniform(0.3, 0.6)),
        p.rotation((1, 0, 0), np.pi),
    ]
    return joined(rng, parts).rotated(turn[rng.choice(4, p=[0.5, 0.2, 0.2, 0.1])]).grounded()


def cask(rng: Rng) -> Mesh:
    """Wooden barrel of staves and hoops, standing, open or on its cradle with a tap; ribbed steel drum."""
    r, tall, kind = rng.uniform(0.28, 0.42), rng.uniform(0.7, 1.1), rng.integers(4)
    bulge = rng.uniform(0.75, 0.92) if kind else 1.0
    z, n = np.linspace(0, 1, 17), int(rng.integers(12, 24))
    radius = r * (bulge + (1 - bulge) * np.sin(np.pi * z))
    dip, wall = rng.uniform(0.02, 0.05), 0.03
    floor = 0.08 if kind < 3 and rng.random() < 0.3 else tall - dip  # open or headed
    inner = [
        (float(np.interp(h / tall, z, radius)) - wall, h)
        for h in (np.linspace(tall, floor, 8) if floor < 0.5 else (tall, floor))
    ]
    profile = [
        (0, dip),
        (radius[0] - wall, dip),
        (radius[0] - wall, 0),
        *np.stack([radius, z * tall], 1),
        *inner,
        (0, floor),
    ]
    body = p.lathe(profile, 3 * n if kind else 36)
    if kind:  # staves: a groove at every third line
        v = body.vertices.copy()
        rim, spin = np.hypot(v[:, 0], v[:, 1]), np.arctan2(v[:, 1], v[:, 0])
        groove = np.rint(spin / (2 * np.pi / (3 * n))) % 3 == 0
        outer = rim > np.interp(v[:, 2] / tall, z, radius) - 0.01
        v[:, :2] *= (1 - 0.035 * (groove & outer))[:, None]
        body = body.moved(v)
    parts = [body]
    places = (
        np.array([0.07, 0.3, 0.7, 0.93])
        if rng.random() < 0.6
        else np.array([0.06, 0.18, 0.36, 0.64, 0.82, 0.94])
    )
    for at in places if kind else (0.015, 0.33, 0.66, 0.985):
        edge, wide = float(np.interp(at, z, radius)), rng.uniform(0.03, 0.05)
        hoop = [(edge - 0.02, -wide), (edge + 0.012, -wide), (edge + 0.012, wide), (edge - 0.02, wide)]
        ring = p.lathe(hoop, 36, closed=True) if kind else p.torus(edge, 0.022, 36, 8)
        parts.append(ring.shifted(0, 0, at * tall).with_slot(1 if kind else int(rng.random() < 0.2)))
    if kind == 3:  # lying on its cradle, with a tap
        lie = p.ALONG_X
        y = 0.75 * r
        saddle = p.facing(
            [np.array([(-y, -1.25 * r), (y, -1.25 * r), (y, -0.4 * r), (-y, -0.4 * r)])], 0.07
        ).with_slot(2)
        core = p.cylinder(0.97 * r * bulge, 3, segments=36).rotated(lie)
        saddle = difference(saddle, [core.with_slot(2)])
        tap = [
            p.rod((tall - 0.1, 0, -0.6 * r), (tall + 0.14, 0, -0.6 * r), 0.026),
            p.rod((tall + 0.11, 0, -0.52 * r), (tall + 0.11, 0, -0.6 * r - 0.1), 0.022),
            p.rod((tall + 0.11, -0.06, -0.5 * r), (tall + 0.11, 0.06, -0.5 * r), 0.022),
        ]
        bung = p.cylinder(0.05, 0.06).shifted(tall / 2, 0, r + 0.01)
        return joined(
            rng,
            [
                *(m.rotated(lie) for m in parts),
                saddle.shifted(0.2 * tall, 0, 0),
                saddle.shifted(0.8 * tall, 0, 0),
                *(m.with_slot(3) for m in (*tap, bung)),
            ],
        ).grounded()
    if kind == 0 and floor > 0.5:
        parts.append(p.cylinder(0.05, 0.05).shifted(0.6 * r, 0, floor + 0.005).with_slot(3))
    return joined(rng, parts).rotated(p.ALONG_X if rng.random() < 0.2 else np.eye(3)).grounded()


def _lid_outline(x: float, dome: float) -> np.ndarray:
    """(x, z) of a lid from −x to x, a little flat where `dome` is small."""
    u = np.linspace(0, np.pi, 20)
    arch = np.stack([x * np.cos(u), 0.04 + dome * np.sin(u) ** 0.8], 1)
    return np.concatenate([[(x, 0)], arch, [(-x, 0)]])


def chest(rng: Rng) -> Mesh:
    """Treasure chest with a vaulted or flat lid, open or shut, banded with iron, coins and jewels within."""
    x, y, h = rng.uniform(0.22, 0.35), rng.uniform(0.35, 0.6), rng.uniform(0.25, 0.45)
    dome, wall = rng.choice([0.03, rng.uniform(0.1, 0.3)], p=[0.25, 0.75]), rng.uniform(0.03, 0.05)
    flare = rng.choice([1.0, rng.uniform(0.8, 0.95)])
    rim = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    box = p.extrude([rim * flare], h, taper=1 / flare).shifted(0, 0, h / 2)
    well = block((wall - x * flare, wall - y * flare, wall), (x * flare - wall, y * flare - wall, 2), 4)
    outer = _lid_outline(x, dome)
    inner = p.upright([outer * [1 - wall / x, 1] - [0, wall]], 2 * y - 2 * wall).with_slot(4)
    lid = difference(p.upright([outer], 2 * y), [inner])
    parts, top = [difference(box, [well])], [lid]
    bands = rng.choice([0.0, 0.55, 0.9], int(rng.integers(1, 3)), replace=False)
    half = rng.uniform(0.025, 0.05)
    for at in sorted({s * b for b in bands for s in (-1, 1)}):
        strap = difference(
            p.upright([outer * [1 + 0.015 / x, 1] + [0, 0.012]], 2 * half),
            [p.upright([outer * [1 - 0.02 / x, 1] - [0, 0.02]], 1)],
        )
        front = p.upright(
            [
                np.array(
                    [
                        (x * flare - 0.02, 0.01),
                        (x * flare + 0.015, 0.01),
                        (x + 0.015, h - 0.005),
                        (x - 0.02, h - 0.005),
                    ]
                )
            ],
            2 * half,
        )
        top.append(strap.shifted(0, at * (y - half), 0).with_slot(1))
        parts += [m.shifted(0, at * (y - half), 0).with_slot(1) for m in (front, front.scaled((-1, 1, 1)))]
    top.append(p.rounded_box((0.05, 0.13, 0.16), 0.02).shifted(x + 0.01, 0, -0.01).with_slot(2))
    ear = [(0, y * 0.98, 0.6 * h), (0.0, y + 0.07, 0.5 * h), (0.0, y * 0.97, 0.4 * h)]
    if rng.random() < 0.6:
        ear = [
            (-0.1, y * 0.97, 0.6 * h),
            (-0.07, y + 0.06, 0.45 * h),
            (0.07, y + 0.06, 0.45 * h),
            (0.1, y * 0.97, 0.6 * h),
        ]
    parts += p.pair(p.tube(p.spline(ear, 18), 0.02, 8).with_slot(2))
    angle = rng.choice([0.0, rng.uniform(0.3, 2.0)], p=[0.3, 0.7])
    swung = [
        m.shifted(x, 0, 0)
        .rotated(p.rotation((0, 1, 0), -angle))
        .shifted(-x, 0, h + 0.003)  # not on the rim: two faces in one plane are odd to rays
        for m in top
    ]
    parts += p.pair(p.rod((-x, 0.4 * y, h), (-x, 0.6 * y, h), 0.024).with_slot(2))
    if rng.random() < 0.4:
        parts += [
            m.shifted(u * flare * 0.85 * x, 0, 0).with_slot(3)
            for u in (-1, 1)
            for m in p.pair(p.cylinder(0.05, 0.14, 0.06, 12).shifted(0, 0.88 * y * flare, 0))
        ]
    if angle and rng.random() < 0.7:  # treasure
        heap = p.superquadric(
            (0.88 * x * flare, 0.9 * y * flare, rng.uniform(0.1, 0.25)), 1.0, 0.5, 10
        ).shifted(0, 0, 0.72 * h)
        parts.append(heap.with_slot(5))
        for _ in range(int(rng.integers(6, 20))):
            at = rng.uniform(-0.6, 0.6, 2) * [x, y]
            coin = p.cylinder(0.05, 0.016, segments=14) if rng.random() < 0.8 else p.sphere(0.045, 6)
            z = 0.72 * h + 0.12 * (1 - np.hypot(at[0] / x, at[1] / y))
            parts.append(
                coin.rotated(p.random_rotation(rng))
                .shifted(*at, z + 0.06)
                .with_slot(5 + int(rng.integers(2)))
            )
    return joined(rng, [*parts, *swung]).grounded()
