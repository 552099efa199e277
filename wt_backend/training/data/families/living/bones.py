"""Bones and teeth: skulls of men and beasts, long bones, vertebrae, single teeth, dentures."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.mesh import SMOOTH, Mesh, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


_TOOTH = p.lathe([(0, -1), (0.8, -0.85), (1, -0.3), (0.8, 0.6), (0, 0.9)], 8).with_crease(SMOOTH)


def _row_of_teeth(count: int, x: float, y: float, size: float, tall: float, fangs: float) -> list[Mesh]:
    """Teeth hanging from z = 0 along a parabola that opens towards −X, as wide as ±y and as deep as x."""
    v = np.sin(1.1 * np.linspace(-1, 1, count)) / np.sin(1.1)  # as dense at the sides as before
    teeth = []
    for s in v:
        long = tall * (fangs if 0.3 < abs(s) < 0.5 else 1.0)
        tooth = _TOOTH.scaled((size * 0.75, size, long))
        teeth.append(
            tooth.rotated(p.rotation((0, 0, 1), np.arctan2(2 * x * s, y))).shifted(
                -x * s * s, y * s, -0.5 * long
            )
        )
    return teeth


def skull(rng: Rng) -> Mesh:
    """Human skull with or without its jaw, shut or gaping, or a beast's with a muzzle, fangs or horns."""
    return _beast_skull(rng) if rng.random() < 0.35 else _human_skull(rng)


def _human_skull(rng: Rng) -> Mesh:
    f = Field((-0.65, -0.5, -0.85), (0.62, 0.5, 0.6), 54)
    wide, long = rng.uniform(0.32, 0.42), rng.uniform(0.42, 0.5)
    f.add(f.ball((-0.08, 0, 0.16), (long, wide, 0.38)))
    f.add(f.ball((0.24, 0, -0.08), (0.2, 0.24, 0.28)), 0.08)
    f.add(f.limb((0.3, 0, -0.28), (0.22, 0, -0.28), 0.14, 0.16), 0.06)
    eye = rng.uniform(0.1, 0.14)
    for side in (-1, 1):
        f.add(f.limb((0.34, side * 0.06, 0.12), (0.26, side * 0.24, 0.1), 0.05, 0.05), 0.05)
        cheek = [(0.3, side * 0.17, -0.14), (0.16, side * 0.3, -0.12), (-0.05, side * (wide - 0.02), -0.08)]
        f.add(f.chain(cheek, (0.06, 0.05, 0.04)), 0.05)
        f.cut(f.ball((0.4, side * 0.145, 0.0), (0.17, eye, eye * rng.uniform(0.85, 1.15))), 0.03)
        f.cut(
            f.ball((0.42, side * 0.035, -0.17), (0.14, 0.045, 0.085), p.rotation((1, 0, 0), side * 0.35)),
            0.02,
        )
        f.cut(f.ball((0.06, side * 0.4, -0.02), (0.14, 0.08, 0.12)), 0.06)
    f.cut(f.ball((-0.05, 0, -0.42), (0.2, 0.17, 0.24)), 0.04)
    parts = []
    size = rng.uniform(0.028, 0.036)
    teeth = _row_of_teeth(int(rng.integers(8, 13)), 0.17, 0.15, size, 0.065, 1.0)
    parts += [t.shifted(0.39, 0, -0.355).with_slot(1) for t in teeth]
    gape = rng.choice([0.0, rng.uniform(0.1, 0.45)])
    if rng.random() < 0.75:
        hinge = np.array([-0.02, 0, -0.16])
        turn = p.rotation((0, 1, 0), gape)

        def at(*place: float) -> np.ndarray:
            return hinge + turn @ (np.array(place) - hinge)

        for side in (-1, 1):
            bow = [at(-0.02, side * 0.3, -0.16), at(0.0, side * 0.27, -0.48), at(0.22, side * 0.18, -0.6)]
            f.add(f.chain([*bow, at(0.36, 0, -0.6)], (0.04, 0.07, 0.075, 0.085)), 0.03)
        jaw = [t.scaled((1, 1, -1)).shifted(0.37, 0, -0.55) for t in teeth]
        parts += [t.shifted(*-hinge).rotated(turn).shifted(*hinge).with_slot(1) for t in jaw]
    return joined(rng, [f.mesh(), *parts]).grounded()


def _beast_skull(rng: Rng) -> Mesh:
    f = Field((-0.5, -0.45, -0.42), (1.1, 0.45, 0.45), 60)
    long, r = rng.uniform(0.4, 0.9), rng.uniform(0.22, 0.28)
    fangs, nose = rng.uniform(1.0, 3.0), rng.uniform(0.1, 0.14)
    drop = rng.uniform(0.05, 0.15)
    f.add(f.ball((-0.1, 0, 0.06), (0.33, r, r)))
    f.add(f.limb((0.05, 0, 0), (long, 0, -drop), 0.21, nose), 0.08)
    for side in (-1, 1):
        cheek = [(0.25, side * 0.16, -0.08), (0.02, side * 0.34, -0.1), (-0.25, side * 0.22, -0.05)]
        f.add(f.chain(p.spline(cheek, 7), 0.05), 0.04)
        f.add(f.limb((0.2, side * 0.16, 0.14), (0.04, side * 0.24, 0.16), 0.05, 0.04), 0.05)
        f.cut(f.ball((0.12, side * 0.25, 0.03), (0.13, 0.11, 0.1)), 0.03)
        f.cut(f.ball((long + nose * 0.5, side * 0.045, 0.06 - drop), (0.13, 0.035, 0.06)), 0.02)
    f.cut(f.ball((0.1, 0, -0.3), (0.4, 0.08, 0.12)), 0.05)
    parts = []
    gape = rng.uniform(0.05, 0.5)
    row = _row_of_teeth(int(rng.integers(10, 17)), long * 0.75, 0.12, 0.033, 0.07, fangs)
    parts += [t.shifted(long + 0.04, 0, -drop - nose * 0.6).with_slot(1) for t in row]
    if rng.random() < 0.7:
        turn = p.rotation((0, 1, 0), gape)
        tip = turn @ np.array([long + 0.15, 0, 0]) + [-0.1, 0, -0.14]
        knots = [(-0.12, 0.24, -0.06), (-0.05, 0.22, -0.2), tip * 0.6 + [0, 0.13, -0.06], tip + [0, 0.03, 0]]
        bow = p.tube(p.spline(knots, 16), np.linspace(0.06, 0.05, 16), 10, flat=1.3).with_crease(SMOOTH)
        parts += p.pair(bow)
        for tooth in row[len(row) // 2 - 2 : len(row) // 2 + 2]:
            parts.append(tooth.scaled((0.7, 0.7, -1)).shifted(*(tip + [-0.02, 0, 0.03])).with_slot(1))
    if rng.random() < 0.55:
        spread, rise, back = rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.7), rng.uniform(-0.3, 0.4)
        path = [(-0.1, 0.15, 0.2), (-0.14, 0.2 + spread, 0.3), (-0.14 - back, 0.24 + spread, 0.3 + rise)]
        horn = p.tube(p.spline(path, 18), np.linspace(rng.uniform(0.06, 0.1), 0.015, 18), 12).with_slot(2)
        parts += p.pair(horn)
    return joined(rng, [f.mesh(), *parts]).grounded()


def bone(rng: Rng) -> Mesh:
    """Dog's bone, thigh bone, crossed bones, ribs, or a vertebra alone or in a column."""
    kind = rng.integers(5)
    if kind == 4:
        return _ribs(rng)
    if kind == 3:
        count, bend = int(rng.choice([1, 4, 6, 8])), rng.uniform(0.0, 0.1)
        one = _vertebra(rng)
        column = []
        for i in range(count):
            turned = one.scaled(1 - 0.03 * i).rotated(p.rotation((0, 1, 0), bend * (i - count / 2)))
            column.append(
                turned.shifted(1.5 * bend * (i - count / 2) ** 2 * 0.15, 0, 0.29 * i - 0.004 * i * i)
            )
        discs = [
            p.cylinder(0.19, 0.14, segments=20).shifted(0, 0, 0.29 * i + 0.145) for i in range(count - 1)
        ]
        mesh = joined(rng, [*column, *[d.with_slot(1) for d in discs]] if bend < 0.02 else column)
        return mesh.grounded() if rng.random() < 0.5 else mesh.rotated(p.ALONG_X).grounded()
    shaft = _long_bone(rng, ball=kind == 1)
    if kind == 2:
        turn = p.rotation((0, 0, 1), rng.uniform(0.5, 1.2))
        thick = float(shaft.bounds[1, 2]) * rng.uniform(0.6, 1.2)
        return placed(rng, joined(rng, [shaft.rotated(turn), shaft.rotated(turn.T).shifted(0, 0, thick)]))
    return placed(rng, shaft)


def _long_bone(rng: Rng, ball: bool) -> Mesh:
    """Bone along X with two knobs at each end, or one end a ball on a neck."""
    f = Field((-1.0, -0.42, -0.26), (1.0, 0.42, 0.26), 80)
    thick, knob = rng.uniform(0.07, 0.14), rng.uniform(0.12, 0.19)
    apart, bend = knob * rng.uniform(0.65, 0.9), rng.uniform(-0.08, 0.08)
    far = rng.uniform(0.5, 0.74)
    f.add(f.chain([(-far, 0, 0), (0, bend, bend), (far, 0, 0)], (thick * 1.3, thick, thick * 1.3)))
    for side in (-1, 1):
        f.add(f.ball((far + 0.05, side * apart, 0), (knob * 1.1, knob, knob * 0.9)), 0.06)
        if not ball:
            f.add(f.ball((-far - 0.05, side * apart, 0), (knob, knob, knob * 0.9)), 0.06)
    if ball:
        f.add(f.limb((-far, 0, 0), (-far - 0.1, 0.2, 0.02), thick, thick * 0.8), 0.08)
        f.add(f.ball((-far - 0.12, 0.24, 0.02), knob * 0.85), 0.03)
        f.add(f.ball((-far - 0.05, -0.1, 0), (knob, knob * 0.7, knob * 0.7)), 0.1)
    return f.mesh()


def _vertebra(rng: Rng) -> Mesh:
    f = Field((-0.8, -0.6, -0.26), (0.35, 0.6, 0.3), 30)
    f.add(f.block((0, 0, 0), (0.38, 0.46, 0.24), 0.1))
    f.cut(f.limb((0.33, 0, 0), (0.331, 0, 0), 0.1, 0.1), 0.1)
    spine = rng.uniform(0.2, 0.36)
    for side in (-1, 1):
        f.add(f.chain([(-0.12, side * 0.17, 0.02), (-0.3, side * 0.15, 0.03), (-0.4, 0, 0.03)], 0.06), 0.04)
        wing = (-0.32, side * rng.uniform(0.4, 0.5), 0.05)
        f.add(f.limb((-0.24, side * 0.16, 0.03), wing, 0.06, 0.05), 0.04)
        f.add(f.ball((-0.3, side * 0.15, 0.11), (0.06, 0.06, 0.1)), 0.04)
    f.add(f.limb((-0.4, 0, 0.02), (-0.4 - spine * 0.7, 0, -0.08), 0.055, 0.07), 0.05)
    return f.mesh()


def _ribs(rng: Rng) -> Mesh:
    """Rib cage facing +X: ribs from a column of vertebrae to a breastbone."""
    count, tall, thin = int(rng.integers(6, 11)), rng.uniform(0.9, 1.3), rng.uniform(0.022, 0.035)
    wide, deep = rng.uniform(0.34, 0.45), rng.uniform(0.24, 0.34)
    parts = []
    for i in range(count):
        u = (i + 0.5) / count
        z, girth = -tall * u, np.sin(np.pi * (0.22 + 0.55 * u)) ** 0.8
        w, d = wide * girth, deep * (0.75 + 0.25 * girth)
        end = (d, 0.03, max(z - 0.1 + 0.25 * max(u - 0.5, 0), -0.75 * tall))
        knots = [
            (-d, 0.04, z),
            (-d * 0.8, 0.65 * w, z - 0.01),
            (0, w, z - 0.1),
            (0.75 * d, 0.7 * w, z - 0.16),
            end,
        ]
        parts += p.pair(p.tube(p.spline(knots, 18), thin, 8, flat=rng.uniform(1.2, 1.6)))
    bumps = 2 * count + 1
    level = np.linspace(0.12, -tall - 0.15, 2 * bumps)
    knobs = np.where(np.arange(2 * bumps) % 2, 0.085, 0.06)
    spine = p.lathe([(0, level[-1]), *np.stack([knobs, level], 1)[::-1], (0, level[0])], 14).shifted(
        -deep, 0, 0
    )
    breast = p.tube(
        [(0.9 * deep, 0, 0.02), (deep, 0, -0.3 * tall), (deep, 0, -0.8 * tall)], (0.05, 0.06, 0.03), 10
    )
    return joined(rng, [*parts, spine, breast]).grounded()


def tooth(rng: Rng) -> Mesh:
    """Molar with two to four roots, incisor or fang, standing on its roots, lying or crown down."""
    kind = rng.integers(3)
    f = Field((-0.5, -0.5, -0.95), (0.5, 0.5, 0.6), 50)
    k, a, b = rng.uniform(0.08, 0.16), rng.uniform(0.26, 0.36), rng.uniform(0.26, 0.36)
    deep, flare = rng.uniform(0.5, 0.8), rng.uniform(-0.06, 0.1)
    if kind < 2:  # molar
        f.add(f.block((0, 0, 0.12), (2 * a, 2 * b, rng.uniform(0.42, 0.6)), 0.2))
        for x, y in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            f.add(f.ball((x * a * 0.55, y * b * 0.55, 0.34), rng.uniform(0.13, 0.17)), 0.05)
        if rng.random() < 0.6:
            f.cut(f.limb((-a, 0, 0.47), (a, 0, 0.47), 0.06, 0.06), 0.08)
        count = int(rng.integers(2, 5))
        for i in range(count):
            turn = 2 * np.pi * (i + 0.5) / count + (np.pi / 2 if count == 2 else 0)
            way = np.array([a * np.cos(turn), b * np.sin(turn), 0])
            path = [
                0.5 * way,
                0.62 * way + [0, 0, -0.4 * deep],
                way * (0.6 + 2 * flare) + [0, 0, -deep],
            ]
            f.add(f.chain(p.spline(path, 6), np.linspace(0.17, 0.05, 6)), k)
    else:
        thin, sharp = rng.uniform(0.1, 0.16), rng.uniform(0, 1)
        tip = np.array([rng.uniform(-0.15, 0.2), 0, 0.45])
        f.add(
            f.chain(
                np.array([(0, 0, 0), (0.03, 0, 0.25), tip]),
                (a * 0.75, 0.2 - 0.05 * sharp, 0.1 - 0.06 * sharp),
            )
        )
        if sharp < 0.6:
            f.add(f.block(tip - [0, 0, 0.18], (thin * 1.6, 2 * b, 0.36), 0.07), 0.25)
        root = [(0, 0, 0), (-0.02, 0, -0.4), (rng.uniform(-0.15, 0.05), 0, -deep)]
        f.add(f.chain(p.spline(root, 6), np.linspace(a * 0.75, 0.06, 6)), k)
    wavy = 0.04 * np.cos(2 * np.arctan2(f.y, f.x + np.float32(1e-6)))
    f.owner[:] = f.z + wavy < -rng.uniform(0.0, 0.1)
    mesh = f.mesh().rotated(p.rotation((0, 0, 1), rng.uniform(0, 6.3)))
    if rng.random() < 0.35:
        mesh = mesh.rotated([p.ALONG_X, p.rotation((1, 0, 0), np.pi)][rng.integers(2)])
    return mesh.grounded()


def denture(rng: Rng) -> Mesh:
    """Set of teeth in its gums facing +X: upper and lower jaw, open at an angle, or one of them."""
    x, y, count = rng.uniform(0.45, 0.7), rng.uniform(0.33, 0.48), int(rng.integers(9, 15))
    size, tall = 1.02 * np.hypot(2 * y, 1.2 * x) / count * 0.62, rng.uniform(0.1, 0.16)
    fat, v = rng.uniform(0.09, 0.13), np.linspace(-1.06, 1.06, 24)
    bow = p.broadcast(-x * v**2, y * v, fat * 0.5)
    row = [t.with_slot(1) for t in _row_of_teeth(count, x, y, size, tall, rng.uniform(1, 1.4))]
    gum = p.tube(bow, fat, 12, flat=rng.uniform(0.75, 1.2)).with_crease(SMOOTH)
    parts = [gum, *row]
    if rng.random() < 0.5:  # a palate
        u, across = np.linspace(0.02, 1.0, 24)[:, None], np.linspace(-1, 1, 24)
        sheet = p.broadcast(-x * u, y * np.sqrt(u) * across, fat * 0.6 + 0.1 * (1 - across**2))
        parts.append(p.slab(sheet + [0, 0, 0.03], sheet - [0, 0, 0.03]))
    upper = joined(rng, parts)
    if rng.random() < 0.3:
        return upper.rotated(p.rotation((1, 0, 0), rng.choice([0, np.pi]))).grounded()
    lower = joined(rng, [gum, *row]).scaled((0.95, 0.95, -1)).shifted(-0.02, 0, -1.75 * tall)
    gape, hinge = rng.uniform(0, 0.7), np.array([x * 1.1, 0, 0])
    upper = upper.shifted(*hinge).rotated(p.rotation((0, 1, 0), -gape)).shifted(*-hinge)
    return joined(rng, [lower, upper]).grounded()
