"""What covers a face or a head: masks of all sorts, wigs."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.wear.jewellery import bead
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def mask(rng: Rng) -> Mesh:
    """Face mask hollow behind, facing +X: laughing, crying, Venetian half, horned, hockey, surgical."""
    kind = rng.integers(5)
    if kind == 4:
        return _surgical(rng)
    f = Field((-0.4, -0.75, -1.0), (1.05, 0.75, 0.95), 60)
    wide, tall, deep = rng.uniform(0.46, 0.6), rng.uniform(0.6, 0.85), rng.uniform(0.35, 0.5)
    f.add(f.ball((0, 0, 0), (deep, wide, tall)))
    f.add(f.ball((0.1, 0, -0.45 * tall), (0.28, wide * 0.6, 0.35 * tall)), 0.1)
    nose, brow = rng.uniform(0.05, 0.1), rng.uniform(0.0, 0.1)
    beak = rng.uniform(0.05, 0.32) if kind in (1, 2) else 0.06
    root, low = np.array([deep * 0.95, 0, 0.12]), -rng.uniform(0.08, 0.25)
    if kind != 3:
        f.add(f.limb(root, (deep + beak, 0, low), nose * 0.7, nose), 0.06)
    for side in (-1, 1):
        if brow > 0.03:
            f.add(
                f.limb(
                    (deep * 0.92, side * 0.06, 0.2),
                    (deep * 0.75, side * wide * 0.6, 0.24 + rng.normal(0, 0.01)),
                    brow,
                    brow * 0.6,
                ),
                0.05,
            )
        if kind != 1:
            f.add(f.ball((deep * 0.7, side * wide * 0.5, -0.16), (0.15, 0.14, 0.12)), 0.08)
    solid = f.value
    f.value = np.maximum(solid, -(solid + np.float32(rng.uniform(0.065, 0.08))))
    edge = rng.uniform(-0.02, 0.12)
    f.cut(f.half_space((-1, 0, 0), -edge), 0.02)
    eye, slant = np.array([rng.uniform(0.1, 0.15), rng.uniform(0.05, 0.1)]), rng.uniform(-0.4, 0.4)
    for side in (-1, 1):
        f.cut(
            f.ball((deep * 0.8, side * wide * 0.42, 0.08), (0.4, *eye), p.rotation((1, 0, 0), side * slant)),
            0.02,
        )
    if kind == 1:  # half
        f.cut(
            f.z + np.float32(0.12) - np.float32(0.25) * np.maximum(0.25 - np.abs(f.y), -0.3),
            0.02,
        )
    elif kind == 3:
        for y, z in (
            (0, 0.42),
            (0, -0.1),
            (0.18, -0.28),
            (-0.18, -0.28),
            (0.12, 0.32),
            (-0.12, 0.32),
            (0, -0.42),
            (0.1, -0.5),
            (-0.1, -0.5),
        ):
            f.cut(f.limb((0, y, z * tall / 0.7), (1, y, z * tall / 0.7), 0.035, 0.035))
    else:
        bend, gape = rng.choice([-1, 1]) * rng.uniform(0.2, 0.5), rng.uniform(0.035, 0.08)
        s = np.linspace(-1, 1, 7)
        lips = p.broadcast(0.45, s * 0.5 * wide, -0.45 * tall + bend * 0.4 * (s**2 - 0.4))

        def mouth(r: float) -> np.ndarray:
            """Distance from the lips' curve, swept along X."""
            return np.minimum.reduce([f.chain(lips + [dx, 0, 0], r) for dx in (-0.2, -0.05, 0.1)])

        if rng.random() < 0.6:
            f.owner[mouth(gape + 0.05) < 0] = 1
        f.cut(mouth(gape), 0.01)
    parts = [f.mesh()]
    u = np.linspace(0, 1, 14)
    if kind == 2 and rng.random() < 0.7:
        horn = [
            (0.15, 0.5 * wide, 0.7 * tall),
            (0.2, 0.9 * wide, tall),
            (0.15, rng.uniform(0.3, 1.1) * wide, 1.2 * tall + rng.uniform(0, 0.3)),
        ]
        parts += [m.with_slot(2) for m in p.pair(p.tube(p.spline(horn, 14), 0.09 * (1 - 0.85 * u), 12))]
    if kind < 2 and rng.random() < 0.35:
        parts.append(
            p.rod(
                (edge + 0.05, wide * 0.92, 0.1), (edge, wide * 0.95, -rng.uniform(1.0, 1.6)), 0.03
            ).with_slot(2)
        )
    elif kind == 1 and rng.random() < 0.6:  # feathers
        for a in np.linspace(-0.9, 0.9, int(rng.integers(3, 8))):
            tip = np.array([0.1, np.sin(a) * 0.9, 0.35 + np.cos(a) * rng.uniform(0.5, 0.8)])
            quill = p.spline(
                [(0.25, 0.3 * np.sin(a), 0.45 * tall), tip * [1, 0.8, 0.8], tip + [-0.1, 0.1 * a, 0.0]], 14
            )
            parts.append(p.tube(quill, 0.03 + 0.05 * np.sin(np.pi * u**0.8), 8, flat=0.4).with_slot(3))
    return (
        joined(rng, parts).grounded()
        if rng.random() < 0.75
        else joined(rng, parts).rotated(p.rotation((0, 1, 0), -np.pi / 2)).grounded()
    )


def _surgical(rng: Rng) -> Mesh:
    """Cloth or dust mask: a pleated or domed sheet with loops for the ears."""
    wide, tall, deep, thick = rng.uniform(0.4, 0.5), rng.uniform(0.26, 0.4), rng.uniform(0.12, 0.35), 0.025
    u, v = np.meshgrid(np.linspace(-1, 1, 25), np.linspace(-1, 1, 25), indexing="ij")
    pleats, round_ = rng.choice([0.0, rng.uniform(0.01, 0.03)]), rng.uniform(0.0, 0.45)
    x = (
        deep * (1 - u**2) ** 0.8 * (1 - 0.6 * v**2)
        - 0.25 * u**2
        + pleats * np.sign(np.sin(3 * np.pi * v)) * (1 - u**2)
    )
    x += 0.1 * np.exp(-((u / 0.15) ** 2)) * np.clip(v, 0, 1)
    sheet = np.stack([x, wide * u, tall * v * (1 - round_ * u**2)], -1)
    parts = [p.slab(sheet + [thick / 2, 0, 0], sheet - [thick / 2, 0, 0]).with_crease(SMOOTH)]
    end, back = tall * (1 - round_) * 0.9, rng.uniform(0.25, 0.5)
    loop = [
        (-0.24, 0.98 * wide, end),
        (-0.25 - back, wide * 1.05, 0.6 * end),
        (-0.27 - back, wide * 1.05, -0.5 * end),
        (-0.24, 0.98 * wide, -end),
    ]
    parts += [m.with_slot(1) for m in p.pair(p.tube(p.spline(loop, 20), 0.017, 8))]
    if rng.random() < 0.3:
        parts.append(
            p.cylinder(0.09, 0.08, 0.08, 20)
            .rotated(p.ALONG_X)
            .shifted(deep * 0.85, 0.2 * wide, -0.3 * tall)
            .with_slot(2)
        )
    return joined(rng, parts).grounded()


def wig(rng: Rng) -> Mesh:
    """Hair on nobody, the face open at +X: bob, long, curls, plaits, bun, pony tail, rolls, crest."""
    wide, tall, wall = rng.uniform(0.4, 0.46), rng.uniform(0.48, 0.58), 0.09
    skull = p.sphere(1.0, 10).scaled((0.52, wide, tall))
    inner = p.sphere(1.0, 6).scaled((0.52, wide, tall)).scaled(1 - wall / 0.45)
    face = p.sphere(1.0, 10).scaled((0.5, wide * rng.uniform(0.62, 0.8), 0.75)).shifted(0.55, 0, -0.4)
    cap = difference(
        skull, [inner, face, p.box((3, 3, 2)).shifted(0, 0, -1 - rng.uniform(0.1, 0.2))]
    ).with_crease(SMOOTH)
    kind, thick = rng.integers(6), rng.uniform(0.07, 0.1)
    long = [0.25, rng.uniform(0.6, 1.1), 0.3, 0.15, 0.15, 0.1][kind]
    wave, turns = rng.choice([0.0, rng.uniform(0.02, 0.06)]), rng.uniform(2, 5)
    parts, u = [cap], np.linspace(0, 1, 11)
    if kind == 2:  # curls
        golden = np.pi * (3 - 5**0.5) * np.arange(48)
        z = np.linspace(0.98, -0.45, 48)
        ring = np.stack([np.sqrt(1 - z * z) * np.cos(golden), np.sqrt(1 - z * z) * np.sin(golden), z], 1)
        places = ring * [0.52, wide, tall]
        big = rng.uniform(0.14, 0.2)
        ball = bead(1.0, 10)
        for place in places[(places[:, 0] < 0.1) | (places[:, 2] > 0.25)]:
            parts.append(ball.scaled(big * rng.uniform(0.7, 1.2)).shifted(*place))
    else:
        for a in np.linspace(0.85, 2 * np.pi - 0.85, int(rng.integers(11, 16))):
            c, s = np.cos(a), np.sin(a)
            way = np.array([c * 0.5, s * (wide - 0.02), 0])
            start = np.array([rng.uniform(0.0, 0.15), 0.04 * s, tall * 0.95])
            out = rng.uniform(1.0, 1.12)
            path = p.spline(
                [
                    start,
                    way * [0.75, 0.75, 0] + [0, 0, 0.75 * tall],
                    way * 1.02 + [0, 0, 0.2 * tall],
                    way * out + [0, 0, -long * 0.5],
                    way * out * 0.97 + [0, 0, -long],
                ],
                11,
            )
            path[:, :2] += wave * np.sin(turns * 2 * np.pi * u)[:, None] * np.array([-s, c]) * u[:, None]
            parts.append(
                p.tube(
                    path, thick * np.interp(u, [0, 0.3, 0.85, 1], [0.5, 1, 1, 0.35]), 6, flat=1.3
                ).with_crease(SMOOTH)
            )
    if kind in (0, 1) and rng.random() < 0.6:  # a fringe
        for y in np.linspace(-0.75, 0.75, 7) * wide:
            over = np.sqrt(1 - (y / wide) ** 2)
            path = p.spline(
                [
                    (0.1, y * 0.6, tall * 0.95 * over + 0.02),
                    (0.42, y, 0.6 * tall * over + 0.05),
                    (0.5 * over + 0.03, y * 1.05, rng.uniform(0.0, 0.12)),
                ],
                12,
            )
            parts.append(p.tube(path, np.linspace(0.06, 0.035, 12), 8).with_crease(SMOOTH))
    if kind == 3:  # bun or tail
        if rng.random() < 0.5:
            bun = rng.uniform(0.16, 0.24)
            parts.append(
                p.sphere(bun, 10).shifted(-0.35 - rng.uniform(0, 0.2), 0, tall * rng.uniform(0.3, 0.9))
            )
        else:
            path = p.spline(
                [(-0.4, 0, 0.3), (-0.75, 0, 0.35), (-0.85, 0, -0.2), (-0.75, 0, -rng.uniform(0.5, 1.0))], 11
            )
            parts.append(
                p.tube(path, 0.15 * np.interp(u, [0, 0.15, 0.5, 1], [0.5, 0.8, 1, 0.2]), 14).with_crease(
                    SMOOTH
                )
            )
            parts.append(p.torus(0.09, 0.04, 20, 8).rotated(p.ALONG_X).shifted(-0.55, 0, 0.33).with_slot(1))
    elif kind == 4:  # plaits at the sides
        for s in (-1, 1):
            count = int(rng.integers(5, 10))
            parts += [
                bead(0.11 - 0.004 * i)
                .scaled((1, 1, 0.9))
                .shifted(-0.1 + 0.03 * (-1) ** i, s * (wide + 0.03), -0.1 - 0.13 * i)
                for i in range(count)
            ]
            parts.append(
                p.cylinder(0.08, 0.07, segments=14)
                .shifted(-0.1, s * (wide + 0.03), -0.13 * count - 0.05)
                .with_slot(1)
            )
    elif kind == 5:  # rolls in rows, or a crest
        if rng.random() < 0.5:
            for z in np.arange(-0.45, 0.3, 0.16):
                parts += p.pair(
                    p.capsule(0.085, 0.35, 12)
                    .rotated(p.ALONG_X)
                    .shifted(-0.12, wide * np.sqrt(max(1 - (z / 0.9) ** 2, 0.3)) + 0.02, z)
                )
        else:
            for a in np.linspace(-0.3, 2.2, 11):
                root = (
                    np.array([0.5 * np.cos(a), 0, tall * np.sin(a)]) if a > -0.1 else np.array([0.5, 0, 0.05])
                )
                if a > 0.5:
                    parts.append(
                        p.rod(root * 0.9, root * rng.uniform(1.5, 1.8), (0.11, 0.02), 10).with_slot(1)
                    )
    return joined(rng, parts).grounded()
