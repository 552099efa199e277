"""Instruments of the laboratory: microscopes, scales, hourglasses."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import turned
from wt_backend.training.data.families.devices.astronomy import optic
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, concatenate, difference, joined

Rng = np.random.Generator


def microscope(rng: Rng) -> Mesh:
    """Microscope: foot, bowed or square arm, stage, turret of lenses, one or two eyepieces, knobs."""
    tall, tilt, reach = (
        rng.uniform(0.75, 1.0),
        rng.choice([0.0, rng.uniform(0.1, 0.5)]),
        rng.uniform(0.2, 0.3),
    )
    foot, thick = rng.uniform(0.18, 0.28), rng.uniform(0.045, 0.07)
    if rng.random() < 0.4:  # horseshoe
        u = np.linspace(0.6, 2 * np.pi - 0.6, 24)
        base = p.tube(
            p.broadcast(1.3 * foot * np.cos(u) + 0.05, foot * np.sin(u), thick),
            thick,
            10,
        )
    else:
        base = block(
            (-foot - 0.1, -0.8 * foot, 0), (foot + 0.12, 0.8 * foot, rng.uniform(0.06, 0.13)), 0, 0.03
        )
    back = -reach + 0.02
    knots = [
        (back, 0.03),
        (back - 0.02, 0.25 * tall),
        (back - rng.uniform(0.0, 0.12), 0.5 * tall),
        (back + 0.06, 0.76 * tall),
        (0.03, 0.8 * tall),
    ]
    if rng.random() < 0.4:
        knots = [
            (back, 0.03),
            (back, 0.3 * tall),
            (back, 0.55 * tall),
            (back, 0.8 * tall),
            (0.03, 0.8 * tall),
        ]
    path = p.spline(np.array([(x, 0, z) for x, z in knots]), 28)
    arm = p.tube(path, rng.uniform(0.045, 0.07), 12, flat=rng.uniform(0.7, 1.4))
    stage = block((-0.14, -0.16, 0.36 * tall), (0.17, 0.16, 0.36 * tall + 0.035), 1, 0.006)
    slide = block((-0.03, -0.12, 0.36 * tall + 0.03), (0.04, 0.12, 0.36 * tall + 0.045), 3)
    parts = [
        arm,
        stage,
        slide,
        block((back - 0.02, -0.04, 0.36 * tall - 0.04), (0, 0.04, 0.36 * tall + 0.02), 0),
    ]
    lamp = turned([(0.06, 0.03), (0.07, 0.14), (0.045, 0.19)]).shifted(0.02, 0, 0)
    parts.append(
        (
            lamp
            if rng.random() < 0.6
            else turned([(0.09, -0.012), (0.09, 0.012)])
            .rotated(p.rotation((0, 1, 0), 0.6))
            .shifted(0.02, 0, 0.2)
        ).with_slot(2)
    )
    turret = (
        turned([(0.04, -0.05), (0.1, -0.02), (0.09, 0.05)])
        .rotated(p.rotation((0, 1, 0), -0.3))
        .shifted(0, 0, 0.7 * tall)
    )
    lens = turned([(0.018, -0.16), (0.034, -0.13), (0.034, 0)], 0, 16)
    lenses = [
        m.rotated(p.rotation((0, 1, 0), -0.3))
        for m in p.around(
            lens.rotated(p.rotation((0, 1, 0), -0.35)).shifted(-0.05, 0, 0), int(rng.integers(2, 5)), np.pi
        )
    ]
    parts += [turret.with_slot(2), *(m.shifted(0, 0, 0.69 * tall).with_slot(2) for m in lenses)]
    lean = p.rotation((0, 1, 0), -np.pi / 2 - rng.choice([0.0, rng.uniform(0.4, 0.9)]))
    eye = optic(
        [(0.05, -0.02), (0.05, 0.2), (0.042, 0.21), (0.042, 0.3), (0.055, 0.31), (0.055, 0.36)], 4, 0
    ).rotated(lean)
    head = 0.8 * tall
    if rng.random() < 0.45:
        parts += [
            m.shifted(0, 0, head + 0.02)
            for m in p.pair(eye.rotated(p.rotation((1, 0, 0), -0.12)).shifted(0, 0.065, 0))
        ]
        parts.append(block((-0.09, -0.13, head - 0.08), (0.1, 0.13, head + 0.06), 0, 0.04))
    else:
        parts += [eye.shifted(0, 0, head), p.cylinder(0.075, 0.2).shifted(0, 0, head - 0.02)]
    for z, r in ((0.26, rng.uniform(0.05, 0.08)), (0.5, rng.uniform(0.03, 0.06))):
        x = float(np.interp(z * tall, path[:20, 2], path[:20, 0]))
        parts.append(p.rod((x, -0.12, z * tall), (x, 0.12, z * tall), r, 20).with_slot(2))
    return joined(rng, [base, *(m.rotated(p.rotation((0, 1, 0), -tilt * 0.5)) for m in parts)]).grounded()


def scales(rng: Rng) -> Mesh:
    """Balance with two pans on chains or stalks, level or not, or a kitchen scale with dial and bowl."""
    r, tall = rng.uniform(0.15, 0.24), rng.uniform(0.6, 1.1)
    u, deep = np.linspace(0, 1, 8), rng.uniform(0.02, 0.12)
    bowl = np.stack([r * u, deep * u**2], 1)
    pan = p.lathe(np.concatenate([bowl, (bowl - [0, 0.02])[::-1]]), 32).with_slot(1)
    if rng.random() < 0.35:  # kitchen scale
        wide, deep, high = rng.uniform(0.2, 0.3), rng.uniform(0.15, 0.25), rng.uniform(0.35, 0.6)
        flare = rng.uniform(0.6, 1.0)
        body = p.facing(
            [np.array([(-wide, 0), (wide, 0), (flare * wide, high), (-flare * wide, high)])], 2 * deep
        )
        face = (
            p.cylinder(0.75 * flare * wide, 0.05, segments=36).rotated(p.ALONG_X).shifted(deep, 0, 0.5 * high)
        )
        hand = (
            block((-0.02, -0.012, -0.03), (0.035, 0.012, 0.6 * flare * wide), 3)
            .rotated(p.rotation((1, 0, 0), rng.uniform(0, 6.28)))
            .shifted(deep, 0, 0.5 * high)
        )
        parts = [
            body,
            face.with_slot(2),
            hand,
            p.cylinder(0.05, 0.16).shifted(0, 0, high + 0.03).with_slot(1),
        ]
        dish = (
            pan.scaled((1.5, 1.5, rng.uniform(1, 3)))
            if rng.random() < 0.6
            else p.rounded_box((0.55, 0.6, 0.04), 0.015)
        )
        return joined(
            rng,
            [
                *parts,
                dish.shifted(0, 0, high + 0.1).with_slot(1),
                block((-deep - 0.04, -wide - 0.04, -0.04), (deep + 0.04, wide + 0.04, 0.02), 0, 0.01),
            ],
        ).grounded()
    span, tilt, hung = (
        rng.uniform(0.35, 0.55),
        rng.choice([0.0, rng.uniform(-0.25, 0.25)]),
        rng.random() < 0.75,
    )
    foot = rng.uniform(0.16, 0.3)
    parts = [
        turned(
            [
                (foot, 0),
                (0.9 * foot, 0.05),
                (0.045, 0.1),
                (0.03, 0.6 * tall),
                (0.035, tall),
                (0.05, tall + 0.02),
                (0.012, tall + 0.12),
            ]
        )
    ]
    if rng.random() < 0.4:
        parts.append(block((-foot, -0.9 * span, -0.06), (foot, 0.9 * span, 0.01), 3, 0.015))
    ends = [np.array([0, s * span * np.cos(tilt), tall + s * span * np.sin(tilt)]) for s in (-1, 1)]
    sag = rng.uniform(-0.02, 0.1)
    parts.append(
        p.tube(
            p.spline(np.array([ends[0], [0, 0, tall + sag], ends[1]]), 20),
            0.022 + 0.012 * np.sin(np.linspace(0, np.pi, 20)),
            10,
        ).with_slot(2)
    )
    drop, fill = rng.uniform(0.45, 0.8) * tall, rng.random() < 0.5
    for end in ends:
        low = end - [0, 0, drop] if hung else end - [0, 0, -0.1]
        parts.append(pan.shifted(*low))
        if hung:
            for a in (0.3, 2.4, 4.5):
                rim = low - np.array([r * np.cos(a), r * np.sin(a), -deep]) * [0.97, 0.97, 1]
                parts.append(p.rod(end, rim, 0.009, 6).with_slot(2))
            parts.append(p.sphere(0.03, 6).shifted(*end).with_slot(2))
        else:
            parts.append(p.rod(end, low, 0.03).with_slot(2))
        if fill:
            parts.append(
                turned([(0.06, -0.01), (0.06, rng.uniform(0.05, 0.14)), (0.02, 0.15), (0.03, 0.19)])
                .shifted(*low)
                .with_slot(4)
            )
    return joined(rng, parts).grounded()


def hourglass(rng: Rng) -> Mesh:
    """Hourglass between two plates with posts: two bulbs of glass, sand in them; upright or fallen over."""
    r, tall, waist = rng.uniform(0.14, 0.32), rng.uniform(0.6, 1.1), rng.uniform(0.02, 0.04)
    n, sides, out, t = (
        int(rng.integers(3, 6)),
        int(rng.choice([4, 6, 8, 40])),
        rng.uniform(0.05, 0.12),
        rng.uniform(0.0, 0.06),
    )
    belly, full = rng.uniform(0.5, 1.15), rng.uniform(0.3, 0.95)
    half = [(r * belly * 0.7, 0.03), (r, 0.25 * tall), (full * r, 0.38 * tall), (waist + 0.012, 0.5 * tall)]
    glass = turned([*half, *((x, tall - z) for x, z in half[-2::-1])], 32, 28).with_slot(1)
    parts: list[Mesh] = []
    if rng.random() < 0.7:  # hollow, with sand
        inner = [(x - 0.02, z) for x, z in half]
        inner[0] = (inner[0][0], 0.05)
        glass = difference(
            glass, [turned([*inner, *((x, tall - z) for x, z in inner[-2::-1])], 32, 28).with_slot(1)]
        )
        level = rng.uniform(0.1, 0.3) * tall
        heap = turned(
            [(0.6 * r * belly - 0.03, 0.056), (0.9 * r - 0.035, level * 0.8), (0.02, level + 0.08)], 0, 24
        )
        parts = [
            heap.with_slot(3),
            turned(
                [(waist - 0.025, 0.52 * tall), (0.5 * r, 0.63 * tall), (0.8 * r, 0.72 * tall)], 0, 24
            ).with_slot(3),
        ]
    plate = turned([(r + out, -t), (r + out * rng.uniform(0.8, 1.1), 0.035)], 0, sides)
    post = [
        (0.02, 0),
        (0.02, 0.15),
        (rng.uniform(0.02, 0.045), 0.3),
        (0.018, 0.42),
        (rng.uniform(0.02, 0.04), 0.5),
    ]
    knots = [*post, *((x, 1 - z) for x, z in post[-2::-1])]
    column = turned([(x, z * tall) for x, z in knots], 30, 14).shifted(r + 0.35 * out, 0, 0)
    frame = [
        plate,
        plate.scaled((1, 1, -1)).shifted(0, 0, tall),
        *(m.with_slot(2) for m in p.around(column, n, np.pi / n)),
    ]
    whole = concatenate([joined(rng, [*frame, glass]), *parts]) if parts else joined(rng, [*frame, glass])
    return whole.rotated(p.ALONG_X).grounded() if rng.random() < 0.15 else whole.grounded()
