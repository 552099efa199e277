"""Little things on plates and sticks: sweets, sushi, eggs."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.food.meals import patty
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator


def _wrapped(rng: Rng, long: float, r: float) -> Mesh:
    """Sweet along Y in paper twisted at both ends."""
    fan, neck = rng.uniform(0.8, 1.4) * r, rng.uniform(0.15, 0.25) * r
    half = [(neck, long * 0.62), (fan, long), (fan * 0.9, long * 1.02), (0, long * 0.9)]
    body = p.spline(
        [(neck, -0.6 * long), (r * 0.9, -0.35 * long), (r, 0), (r * 0.9, 0.35 * long), (neck, 0.6 * long)], 18
    )
    lower = [(a, -z) for a, z in half[::-1]]
    mesh = p.lathe(np.concatenate([lower, body, half]), 40)
    v = mesh.vertices.copy()
    angle, away = np.arctan2(v[:, 1], v[:, 0]), np.clip((np.abs(v[:, 2]) / long - 0.6) / 0.3, 0, 1)
    wave = 1 + 0.22 * away * np.cos(angle * 7 + v[:, 2] * 3)
    return mesh.moved(v * np.stack([wave, wave, np.ones_like(wave)], 1)).rotated(p.ALONG_Y)


def sweets(rng: Rng) -> Mesh:
    """Sweets: lollipop (ball, spiral disc, heart, flower), candy cane, wrapped sweets or candyfloss."""
    kind, long = rng.integers(6), rng.uniform(0.5, 0.95)
    r = rng.uniform(0.2, 0.34)
    stick = p.rod((0, 0, -long), (0, 0, 0.1), rng.uniform(0.02, 0.035)).with_slot(3)
    if kind == 0:  # cane
        hook, thin = rng.uniform(0.14, 0.24), rng.uniform(0.045, 0.08)
        a = np.linspace(0, rng.uniform(2.6, 3.6), 40)
        bow = p.broadcast(0.0, hook - hook * np.cos(a), hook * np.sin(a))
        path = np.concatenate([p.broadcast(0.0, 0.0, np.linspace(-1, -0.05, 40)), bow])
        mesh = p.tube(path, thin, 16)
        ring, side = np.divmod(mesh.faces[:, 0], 16)
        mesh.slot[:] = ((ring * rng.uniform(0.12, 0.3) + side / 16 * 2) % 2).astype(int)
        return (mesh.rotated(p.ALONG_X) if rng.random() < 0.4 else mesh).grounded()
    if kind == 1:  # wrapped
        parts = []
        for i in range(int(rng.integers(1, 5))):
            one = _wrapped(rng, rng.uniform(0.35, 0.5), rng.uniform(0.15, 0.22)).grounded()
            parts.append(
                one.rotated(p.rotation((0, 0, 1), rng.uniform(-0.6, 0.6)))
                .shifted(0.52 * i, rng.normal(0, 0.1), 0)
                .with_slot(i)
            )
        return joined(rng, parts)
    if kind == 2:  # candyfloss
        cloud = []
        for place in rng.normal(0, 0.4, (6, 3)) * r + [0, 0, 0.7 * r]:
            cloud.append(p.superquadric(r * rng.uniform(0.6, 1.0, 3), 1, 1, 10).shifted(*place))
        cone = p.cylinder(0.02, long, 0.09).shifted(0, 0, 0.1 - long / 2)
        return joined(rng, [*cloud, cone.with_slot(3)]).grounded()
    if kind == 3:  # spiral disc
        turns, thin = rng.uniform(2.5, 4), r * rng.uniform(0.1, 0.16)
        t = np.linspace(0.25, 1, 110)
        coil = p.broadcast(
            0.0, r * t * np.cos(2 * np.pi * turns * t), r * t * np.sin(2 * np.pi * turns * t) + r
        )
        parts = [p.tube(coil, 0.62 * r / turns, 10), _plate(r * 0.95, thin).shifted(0, 0, r).with_slot(1)]
    elif kind == 4:  # a ball, perhaps with a seam
        parts = [p.sphere(r, 14).shifted(0, 0, 0.9 * r)]
        if rng.random() < 0.5:
            parts.append(p.cylinder(r * 1.06, 0.25 * r, segments=40).shifted(0, 0, 0.9 * r).with_slot(1))
    else:  # flat figure: heart, star or round
        u = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        heart = np.stack(
            [np.sin(u) ** 3, (13 * np.cos(u) - 5 * np.cos(2 * u) - 2 * np.cos(3 * u) - np.cos(4 * u)) / 16], 1
        )
        bloom = (1 + rng.uniform(0.1, 0.3) * np.cos(rng.integers(5, 8) * u))[:, None] * p.regular_polygon(
            60, 0.8
        )
        shape = r * (heart if rng.random() < 0.5 else bloom)
        parts = [p.facing([shape + [0, r]], 0.12), p.facing([0.75 * shape + [0, r]], 0.18).with_slot(1)]
    if rng.random() < 0.25:  # bow
        loop = p.spline([(0, 0, 0), (0, 0.16, 0.08), (0, 0.2, 0), (0, 0.12, -0.06)], 24, closed=True)
        parts += [
            m.shifted(0, 0, -0.08).with_slot(2) for m in p.pair(p.tube(loop, 0.02, 8, closed=True, flat=1.6))
        ]
    mesh = joined(rng, [*parts, stick])
    return (mesh.rotated(p.rotation((0, 1, 0), 1.5)) if rng.random() < 0.25 else mesh).grounded()


def _plate(r: float, thick: float) -> Mesh:
    """Disc that faces ±X, its rim rounded."""
    return p.superquadric((thick, r, r), 1, 0.5, 10).with_crease(SMOOTH)


def _nigiri(rng: Rng) -> list[Mesh]:
    """Rice with a slice of fish over it, perhaps tied with seaweed."""
    long, wide = rng.uniform(0.22, 0.3), rng.uniform(0.1, 0.13)
    rice = p.superquadric((long, wide, 0.1), 0.6, 0.7, 6).shifted(0, 0, 0.1)
    u, v = np.linspace(-1, 1, 14)[:, None], np.linspace(-1, 1, 8)[None]
    over, arch = rng.uniform(1.0, 1.25), rng.uniform(0.05, 0.11)
    top = p.broadcast(over * long * u, wide * v + 0.03 * u, 0.25 - arch * u**2 - 0.07 * v**2)
    parts = [rice, p.slab(top, top - [0, 0, rng.uniform(0.06, 0.1)]).with_slot(2)]
    if rng.random() < 0.4:
        band = p.superquadric((0.05, wide * 1.16, 0.135), 0.6, 0.2, 6).shifted(0, 0, 0.13)
        parts.append(band.with_slot(1))
    return parts


def _maki(rng: Rng, r: float, h: float) -> list[Mesh]:
    """Roll: a ring of seaweed, rice and a few cores of filling; some heaped with roe."""
    parts = [p.cylinder(r, h, segments=32).shifted(0, 0, h / 2).with_slot(1)]
    parts.append(patty(rng, r * 0.92, h + 0.025, 0.03).with_slot(0))
    cores = int(rng.integers(1, 4))
    for i in range(cores):
        a, off = 2.1 * i, (0.0 if cores == 1 else 0.35 * r)
        core = block((-0.2 * r, -0.22 * r, 0.02), (0.2 * r, 0.2 * r, h + 0.045), 3 + i)
        parts.append(
            core.rotated(p.rotation((0, 0, 1), a + 0.4)).shifted(off * np.cos(a), off * np.sin(a), 0)
        )
    return parts


def sushi(rng: Rng) -> Mesh:
    """Sushi: one piece big, or rows of nigiri and maki on a board, perhaps with sticks to eat it."""
    rows, columns = [(1, 1), (1, 2), (2, 2), (2, 3), (1, 4)][int(rng.integers(5))]
    kinds, parts = rng.random(rows) < 0.5, []
    r, h = rng.uniform(0.14, 0.19), rng.uniform(0.15, 0.28)
    for i in range(rows):
        for j in range(columns):
            piece = _nigiri(rng) if kinds[i] else _maki(rng, r, h)
            turn = p.rotation((0, 0, 1), rng.normal(0, 0.08))
            if not kinds[i] and rng.random() < 0.15:
                turn = turn @ p.ALONG_Y
            place = (0.68 * (i - (rows - 1) / 2), 0.4 * (j - (columns - 1) / 2))
            whole = union([m.rotated(turn) for m in piece]).grounded()
            parts.append(whole.shifted(*place, 0.01))
    x, y = 0.38 * rows + 0.05, 0.22 * columns + 0.06
    if rows * columns > 1 and rng.random() < 0.75:
        parts.append(block((-x, -y, -0.06), (x, y, 0.02), 6, rng.choice([0, 0.02])))
        if rng.random() < 0.6:
            parts += [
                block((-x + 0.1, s * 0.6 * y - 0.06, -0.14), (x - 0.1, s * 0.6 * y + 0.06, -0.05), 6)
                for s in (-1, 1)
            ]
        if rng.random() < 0.5:
            parts += [
                p.rod(
                    (x - 0.06 + d, -y - 0.1, 0.035), (x - 0.02 + 2 * d, y + 0.15, 0.035), (0.012, 0.022)
                ).with_slot(7)
                for d in (0, 0.05)
            ]
    return joined(rng, parts).grounded()


def _egg(r: float, tall: float, segments: int = 32) -> Mesh:
    """Egg on its blunt end, centred."""
    a = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 + 4)
    profile = np.stack([r * np.cos(a) * (1 - 0.16 * np.sin(a)), 0.5 * tall * np.sin(a)], 1)
    profile[[0, -1], 0] = 0
    return p.lathe(profile, segments).with_crease(SMOOTH)


def egg(rng: Rng) -> Mesh:
    """Egg in a cup, whole or opened with its yolk, a box of eggs, or a fried egg on a plate."""
    r, tall, kind = rng.uniform(0.2, 0.25), rng.uniform(0.52, 0.66), rng.integers(4)
    if kind == 0:
        return _egg_box(rng)
    if kind == 1:  # fried
        white = patty(rng, 0.4, 0.05, rng.uniform(0.08, 0.22), 0.01).with_slot(1)
        yolk = p.superquadric((0.15, 0.15, rng.uniform(0.08, 0.14)), 1, 1, 10).shifted(
            *rng.normal(0, 0.06, 2), 0.045
        )
        rim = rng.uniform(0.5, 0.65)
        plate = p.lathe([(0, 0), (0.6 * rim, 0), (rim, 0.08), (rim, 0.1), (0.6 * rim, 0.03), (0, 0.03)], 48)
        return joined(
            rng,
            [white.shifted(0, 0, 0.028), yolk.shifted(0, 0, 0.028).with_slot(2), plate][
                : int(rng.integers(2, 4))
            ],
        ).grounded()
    body, base = _egg(r, tall), rng.uniform(0.1, 0.4)
    if kind == 2:  # opened: a spoon has been at it
        level, deep = rng.uniform(0.1, 0.25) * tall, rng.uniform(0.02, 0.1)
        body = difference(body, [p.box((1, 1, 1)).shifted(0, 0, level + 0.5).with_slot(1)])
        dip = p.superquadric((0.72 * r, 0.72 * r, deep), 1, 1, 10).shifted(0, 0, level).with_slot(1)
        left = p.superquadric((0.45 * r, 0.45 * r, 0.06), 1, 1, 10).shifted(0, 0, level - deep).with_slot(2)
        body = union([difference(body, [dip]), left])
    foot, waist = rng.uniform(0.14, 0.24), rng.uniform(0.05, 0.15)
    knots = [
        (foot, 0),
        (waist, 0.5 * base),
        (waist, base),
        (r * 0.9, base + 0.12),
        (r * 1.12, base + rng.uniform(0.22, 0.34)),
    ]
    outer = outline(knots, 24)
    solid, cavity = solid_and_cavity(outer, 0.03, base + 0.02, 40)
    parts = [
        difference(solid, [cavity.with_slot(4)]).with_slot(3),
        body.shifted(0, 0, base + 0.06 + tall / 2),
    ]
    if rng.random() < 0.3:
        wide = rng.uniform(0.4, 0.55)
        saucer = p.lathe(
            [(0, 0.01), (0.6 * wide, 0.01), (wide, 0.06), (wide, 0.085), (0.6 * wide, 0.045), (0, 0.045)], 44
        )
        parts.append(saucer.shifted(0, 0, -0.035).with_slot(3))
    return joined(rng, parts).grounded()


def _egg_box(rng: Rng) -> Mesh:
    """Tray with hollows, some with eggs in them, under an open lid or none."""
    rows, columns, pitch = 2, int(rng.integers(2, 6)), 0.3
    x, y = rows * pitch / 2 + 0.03, columns * pitch / 2 + 0.03
    tray, eggs = block((-x, -y, 0), (x, y, 0.2), 0, 0.03), []
    spots = [
        ((i + 0.5) * pitch + 0.03 - x, (j + 0.5) * pitch + 0.03 - y)
        for i in range(rows)
        for j in range(columns)
    ]
    hollows = [p.sphere(0.135, 6).scaled((1, 1, 1.25)).shifted(*s, 0.21) for s in spots]
    for s in spots:
        if rng.random() < 0.75:
            eggs.append(_egg(0.125, 0.33, 18).shifted(*s, 0.215).with_slot(1 + int(rng.random() < 0.3)))
    parts = [difference(tray, hollows), *eggs]
    if rng.random() < 0.6:
        lid = difference(
            block((0, -y, 0), (2 * x, y, 0.16), 0, 0.03),
            [block((0.04, -y + 0.04, -1), (2 * x - 0.04, y - 0.04, 0.12))],
        )
        parts.append(lid.rotated(p.rotation((0, 1, 0), -rng.uniform(0.7, 2.2))).shifted(-x - 0.01, 0, 0.19))
    return joined(rng, parts).grounded()
