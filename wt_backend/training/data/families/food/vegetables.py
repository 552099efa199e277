"""From the kitchen garden: roots, pods, cobs, pumpkins."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined

Rng = np.random.Generator


def leaves(rng: Rng, count: int, long: float, wide: float, spread: float, droop: float) -> list[Mesh]:
    """Tuft of leaves that rise from the origin, leaning out by `spread` and curling over by `droop`."""
    parts, u, v = [], np.linspace(0, 1, 8)[:, None], np.array([-1, 0, 1])
    half = wide * (np.sin(np.pi * (0.25 + 0.75 * u)) ** 0.8).clip(0.06)
    for i in range(count):
        size, lean = long * rng.uniform(0.75, 1.1), spread * rng.uniform(0.4, 1.1)
        fold = 0.3 * half * np.abs(v) - droop * size * u**2
        top = p.broadcast(size * u - 0.03, half * v, fold)
        leaf = p.slab(top, top - [0, 0, 0.018])
        parts.append(leaf.rotated(p.rotation((0, 0, 1), 2.4 * i) @ p.rotation((0, 1, 0), lean - np.pi / 2)))
    return parts


def vegetable(rng: Rng) -> Mesh:
    """Vegetable: carrot, radish, beet or turnip with its leaves; chilli, aubergine; cob of maize."""
    kind = rng.integers(4)
    if kind == 3:
        return _cob(rng)
    if kind == 2:
        return _hanging(rng)
    r, long = (
        (rng.uniform(0.1, 0.17), rng.uniform(0.7, 1.1))
        if kind
        else (rng.uniform(0.25, 0.38), rng.uniform(0.5, 0.7))
    )
    u = np.linspace(0, 1, 40)
    shape = p.spline(
        np.array([[0.3], [1], [0.85], [0.55], [0.1]])
        if kind
        else np.array([[0.35], [1], [0.9], [0.2], [0.05]]),
        40,
    )[:, 0]
    path = np.stack([rng.normal(0, 0.08) * u**2, rng.normal(0, 0.08) * np.sin(4 * u) * u, -long * u], 1)
    ridges = 1 + rng.uniform(0, 0.05) * np.sin(rng.uniform(30, 70) * u + 3 * np.sin(9 * u))
    root = p.tube(path, (r * shape * ridges).clip(0.008), 24).with_crease(SMOOTH)
    style = rng.integers(3)
    if style == 0:  # stalks with bushy ends
        tuft = []
        for i in range(int(rng.integers(3, 7))):
            tip = np.array([0.12 * np.cos(2.4 * i), 0.12 * np.sin(2.4 * i), 0]) * rng.uniform(1, 2) + [
                0,
                0,
                rng.uniform(0.3, 0.5),
            ]
            tuft.append(
                p.tube(p.spline(np.array([(0, 0, -0.04), 0.5 * tip * [0.5, 0.5, 1], tip]), 10), 0.02, 6)
            )
            tuft += [
                p.superquadric(rng.uniform(0.04, 0.09, 3), 1, 1, 6).shifted(*(tip * [t, t, t]))
                for t in (0.7, 0.85, 1.0)
            ]
    elif style == 1:
        tuft = leaves(
            rng,
            int(rng.integers(4, 9)),
            rng.uniform(0.35, 0.7),
            rng.uniform(0.05, 0.13),
            0.6,
            rng.uniform(0, 0.5),
        )
    else:  # cut off short
        tuft = [
            p.rod((0, 0, -0.05), (0.04 * np.cos(a), 0.04 * np.sin(a), rng.uniform(0.05, 0.15)), 0.025, 8)
            for a in np.arange(5) * 1.257
        ]
    mesh = joined(rng, [root, *[m.with_slot(1) for m in tuft]])
    lies = (
        rng.random() < 0.65 or style == 0
    )  # upright, stalks with bushes look like a tree, which is held out
    return mesh.rotated(p.rotation((0, 1, 0), np.pi / 2 if lies else 0.0)).grounded()


def _hanging(rng: Rng) -> Mesh:
    """Chilli, aubergine, cucumber or onion: one swelling body with a cap and a stalk, lying or standing."""
    long, fat = rng.uniform(0.6, 1.0), rng.choice([rng.uniform(0.06, 0.1), rng.uniform(0.15, 0.3)])
    knots = [[0.35], [0.8], [rng.uniform(0.7, 1.1)], [rng.uniform(0.6, 1.2)], [rng.uniform(0.05, 0.5)]]
    u, bend = np.linspace(0, 1, 30), rng.uniform(-0.25, 0.25)
    shape = fat * p.spline(np.array(knots), 30)[:, 0] * (1 - u**14).clip(0.02) ** 0.5
    path = p.broadcast(bend * u**2, 0.0, -long * u)
    body = p.tube(path, shape.clip(0.006), 28).with_crease(SMOOTH)
    lobes = int(rng.choice([0, 0, 3, 4]))
    if lobes:
        angle = np.arctan2(
            body.vertices[:, 1], body.vertices[:, 0] - np.interp(-body.vertices[:, 2], long * u, path[:, 0])
        )
        size = 1 + 0.1 * np.cos(lobes * angle)
        body = body.moved(body.vertices * np.stack([size, size, np.ones_like(size)], 1))
    stalk = p.spline(
        [(0, 0, -0.04), (0.01, 0, 0.08), (rng.uniform(-0.1, 0.1), 0, rng.uniform(0.12, 0.25))], 10
    )
    parts = [body, p.tube(stalk, np.linspace(0.03, 0.022, 10) + 0.06 * fat, 8).with_slot(1)]
    cap = p.lathe(
        [
            (0, 0.03),
            (0.4 * fat, 0.02),
            (0.75 * fat, -0.04),
            (0.95 * fat, -0.13),
            (0.5 * fat, -0.1),
            (0, -0.06),
        ],
        30,
    )
    v = cap.vertices.copy()
    v[:, 2] -= (
        0.05
        * np.clip(np.hypot(v[:, 0], v[:, 1]) / fat - 0.5, 0, 1)
        * np.cos(5 * np.arctan2(v[:, 1], v[:, 0]))
    )
    parts.append(cap.moved(v).with_slot(1))
    return joined(rng, parts).rotated(p.rotation((0, 1, 0), rng.choice([0.0, 1.57, 1.4]))).grounded()


def _cob(rng: Rng) -> Mesh:
    """Cob of maize with rows of kernels, in its husk leaves or bare."""
    r, long, rows = rng.uniform(0.11, 0.16), rng.uniform(0.7, 0.95), int(rng.integers(10, 15))
    count = int(rng.integers(16, 24))
    u, sides = np.linspace(0, 1, 4 * count + 1), 5 * rows
    shape = r * (1 - 0.25 * u) * (1 - u**8).clip(0.04) ** 0.5
    cob = p.tube(p.broadcast(0.0, 0.0, long * u), shape, sides)
    v = cob.vertices.copy()
    angle, along = np.arctan2(v[:, 1], v[:, 0]), v[:, 2] / long * count
    row = np.floor(angle / (2 * np.pi) * rows)
    bump = (
        np.abs(np.sin(0.5 * rows * angle)) ** 0.5 * np.abs(np.sin(np.pi * (along + 0.5 * (row % 2)))) ** 0.5
    )
    grow = 0.86 + 0.14 * bump
    v[:-2] *= np.stack([grow, grow, np.ones_like(grow)], 1)[:-2]
    parts, open_ = [cob.moved(v).with_crease(SMOOTH)], rng.uniform(0.12, 0.9)
    parts.append(p.rod((0, 0, -rng.uniform(0.1, 0.3)), (0, 0, 0.05), 0.05).with_slot(1))
    if rng.random() < 0.75:
        husk = leaves(
            rng,
            int(rng.integers(3, 7)),
            long * rng.uniform(0.8, 1.1),
            r * rng.uniform(0.7, 1.0),
            open_,
            rng.uniform(-0.1, 0.5),
        )
        spread = [p.rotation((0, 0, 1), 2.4 * i) @ np.array([0.8 * r, 0, 0]) for i in range(len(husk))]
        parts += [m.shifted(*s).with_slot(1) for m, s in zip(husk, spread, strict=True)]
    return joined(rng, parts).rotated(p.rotation((0, 1, 0), rng.choice([0.0, 1.57]))).grounded()


def pumpkin(rng: Rng) -> Mesh:
    """Pumpkin: ribbed, squat to tall, with a stalk; whole, a hollow lantern with a face, or cut into."""
    r, tall, ribs = rng.uniform(0.42, 0.55), rng.uniform(0.5, 1.05), int(rng.integers(7, 13))
    a, depth, dent = np.linspace(-np.pi / 2, np.pi / 2, 26), rng.uniform(0.06, 0.16), rng.uniform(0.08, 0.2)

    def shell(inset: float, slot: int) -> Mesh:
        away = np.cos(a)
        away[[0, -1]] = 0
        z = (tall / 2 - inset) * np.sin(a) - dent * np.exp(-((away / 0.35) ** 2)) * np.sign(a)
        mesh = p.lathe(np.stack([(r - inset) * away, z], 1), 8 * ribs)
        x, y, z = mesh.vertices.T
        size = 1 - depth * (1 - np.abs(np.sin(ribs / 2 * np.arctan2(y, x))) ** 0.6)
        return mesh.moved(np.stack([x * size, y * size, z], 1)).with_crease(SMOOTH).with_slot(slot)

    body, kind, top = shell(0, 0), rng.integers(3), tall / 2 - dent
    if kind == 0:
        body = difference(
            difference(body, [shell(rng.uniform(0.06, 0.1), 1)]),
            [m.shifted(0.5 * r + 0.3, 0, 0).with_slot(1) for m in _face(rng, r, tall)],
        )
    elif kind == 1 and rng.random() < 0.7:
        slit = rng.uniform(0.3, 0.8)
        wedge = p.extrude([np.array([(0, 0), (2, -slit), (2, slit)])], 3)
        body = difference(difference(body, [shell(0.1, 1)]), [wedge.shifted(0.05, 0, 0).with_slot(2)])
    bend, thick = rng.normal(0, 0.1, 2), rng.uniform(0.04, 0.07)
    path = p.spline([(0, 0, top - 0.03), (0.01, 0, top + 0.12), (*bend, top + rng.uniform(0.2, 0.35))], 12)
    stalk = p.tube(
        path,
        thick * np.interp(np.linspace(0, 1, 12), [0, 0.3, 1], [1.9, 1, 0.85]),
        5 + 2 * int(rng.integers(3)),
    )
    parts = [body, stalk.with_slot(3)]
    if rng.random() < 0.3:
        parts += [m.shifted(0, 0, top + 0.02).with_slot(4) for m in leaves(rng, 2, 0.45, 0.16, 1.3, 0.2)]
    return joined(rng, parts).grounded()


def _face(rng: Rng, r: float, tall: float) -> list[Mesh]:
    """Cutters for eyes, nose and a jagged or smiling mouth."""
    size, high, apart = rng.uniform(0.12, 0.18) * r / 0.5, rng.uniform(0.08, 0.16) * tall, 0.38 * r
    eye = p.facing(
        [p.regular_polygon(int(rng.choice([3, 3, 4, 20])), size * 0.8, rng.uniform(0, 1.5))], r
    ).shifted(0, apart, high)
    u, wide, smile = (
        np.linspace(-1, 1, 2 * int(rng.integers(3, 7)) + 1),
        0.55 * r,
        rng.uniform(0.0, 0.25) * tall,
    )
    teeth = rng.uniform(0.0, 0.06) * (-1) ** np.arange(len(u))
    upper = np.stack([wide * u, -0.2 * tall + smile * u**2 + teeth], 1)
    lower = np.stack(
        [wide * 0.9 * u, -0.2 * tall - 0.13 * tall * (1 - u**2) - 0.01 + smile * u**2 + teeth], 1
    )
    cutters = [*p.pair(eye), p.facing([np.concatenate([lower, upper[::-1]])], r)]
    if rng.random() < 0.7:
        cutters.append(p.facing([p.regular_polygon(3, 0.5 * size, np.pi / 2)], r).shifted(0, 0, -0.05 * tall))
    return cutters
