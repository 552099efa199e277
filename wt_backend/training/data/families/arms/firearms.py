"""Firearms: pistols, revolvers, muskets, rifles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import Knots
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.mesh import Mesh, joined

Rng = np.random.Generator


def bored(knots: Knots, bore: float, depth: float) -> Mesh:
    """Barrel along +X through knots of (radius, x), bored from its muzzle."""
    end = knots[-1][1]
    profile = [(0, knots[0][1]), *knots, (bore, end), (bore, end - depth), (0, end - depth)]
    return p.lathe(profile, 32).rotated(p.ALONG_X)


def side(outline: Knots, width: float, slot: int) -> Mesh:
    """What is seen from the side as an outline of (x, z)."""
    return p.upright([np.array(outline)], width).with_slot(slot)


def _smooth(outline: Knots, width: float, slot: int) -> Mesh:
    """`side` of the smooth closed curve through the knots."""
    return p.upright([p.spline(np.array(outline), 10 * len(outline), closed=True)], width).with_slot(slot)


def _trigger(x: float, z: float, size: float) -> list[Mesh]:
    """Trigger in its guard, hanging below (x, z)."""
    ring = [
        (x - size, 0, z + 0.01),
        (x - 0.8 * size, 0, z - size),
        (x + 0.8 * size, 0, z - size),
        (x + size, 0, z + 0.01),
    ]
    pull = p.spline([(x, 0, z + 0.01), (x + 0.2 * size, 0, z - 0.4 * size), (x, 0, z - 0.75 * size)], 8)
    return [p.tube(p.spline(ring, 18), 0.012, 8).with_slot(2), p.tube(pull, 0.012, 8).with_slot(2)]


def _automatic(rng: Rng) -> list[Mesh]:
    long, h, y, drop = (
        rng.uniform(0.6, 0.9),
        rng.uniform(0.11, 0.16),
        rng.uniform(0.05, 0.07),
        rng.uniform(0.35, 0.5),
    )
    lean, wide, back = rng.uniform(0.05, 0.2), rng.uniform(0.2, 0.27), rng.uniform(-0.02, 0.05)
    slide = block((back, -y, 0.0), (long, y, h), 0, rng.choice([0.008, 0.03]))
    frame = side([(0, 0.02), (0, -0.07), (0.9 * long, -0.06), (0.93 * long, 0.02)], 1.7 * y, 1)
    grip = side([(0.03, 0), (0.06 + wide, 0), (wide - lean, -drop), (-lean, -drop)], 1.9 * y, 1)
    plate = side(
        [(0.06, -0.08), (wide, -0.08), (wide - 0.8 * lean, -0.9 * drop), (0.03 - 0.8 * lean, -0.9 * drop)],
        2.2 * y,
        3,
    )
    parts = [slide, frame, grip, plate, *_trigger(wide + 0.1, -0.06, 0.08)]
    parts.append(
        bored([(0.4 * h, 0.5), (0.4 * h, long + rng.choice([0.02, rng.uniform(0.1, 0.35)]))], 0.25 * h, 0.1)
        .shifted(0, 0, 0.5 * h)
        .with_slot(2)
    )
    parts += [
        block((x, -0.015, h - 0.02), (x + 0.05, 0.015, h + 0.03), 2) for x in (back + 0.03, long - 0.08)
    ]
    return parts


def _revolver(rng: Rng) -> list[Mesh]:
    long, r, drum = rng.uniform(0.3, 0.8), rng.uniform(0.03, 0.045), rng.uniform(0.075, 0.1)
    bend = rng.uniform(0.1, 0.22)
    barrel = bored([(r, 0), (r, long)], 0.6 * r, 0.1).shifted(0.28, 0, 0.06)
    frame = side([(-0.02, -0.08), (0.3, -0.12), (0.32, 0.12), (0.0, 0.13)], 0.07, 0)
    grip = _smooth(
        [(0.02, 0.06), (0.07, -0.1), (-bend + 0.08, -0.37), (-bend - 0.07, -0.36), (-0.06, -0.08)], 0.09, 1
    )
    cylinder = p.cylinder(drum, 0.19, segments=30).rotated(p.ALONG_X).shifted(0.16, 0, 0.02).with_slot(2)
    hammer = p.tube(p.spline([(0, 0, 0.05), (-0.04, 0, 0.14), (-0.09, 0, 0.17)], 8), 0.02, 8).with_slot(2)
    sight = side(
        [
            (0.2 + long, 0.06),
            (0.27 + long, 0.06),
            (0.27 + long, 0.08 + 1.5 * r),
            (0.24 + long, 0.08 + 1.5 * r),
        ],
        0.02,
        0,
    )
    rib = block((0.3, -0.012, 0.06), (0.26 + long, 0.012, 0.065 + r), 0)
    under = p.rod((0.28, 0, 0.01), (0.28 + 0.7 * long, 0, 0.01), 0.022, 10)
    return [barrel, frame, grip, cylinder, hammer, sight, rib, under, *_trigger(0.16, -0.09, 0.075)]


def _musket(rng: Rng) -> list[Mesh]:
    """Flintlock pistol, or with a long barrel and a butt a musket, a blunderbuss where its muzzle flares."""
    pistol, r, flare = (
        rng.random() < 0.5,
        rng.uniform(0.025, 0.038),
        rng.choice([1.0, rng.uniform(1.6, 2.6)], p=[0.65, 0.35]),
    )
    long = rng.uniform(0.5, 0.7) if pistol else rng.uniform(1.0, 1.5)
    knots = [(1.4 * r, -0.06), (1.2 * r, 0.3 * long), (r, 0.75 * long), (r * flare, long)]
    barrel = bored(knots, 0.65 * r * flare, 0.1)
    fore = rng.uniform(0.6, 0.9) * long
    if pistol:
        drop = rng.uniform(0.25, 0.4)
        wood = [
            (fore, 0),
            (0.1, 0.02),
            (-0.12, 0.03),
            (-0.26, -drop),
            (-0.2, -drop - 0.08),
            (-0.12, -drop),
            (0, -0.1),
            (0.15, -0.075),
            (fore, -0.05),
        ]
        parts = [side(wood, 0.07, 1), p.sphere(0.06, 6).shifted(-0.2, 0, -drop - 0.04).with_slot(2)]
    else:
        butt, drop = rng.uniform(0.45, 0.6), rng.uniform(0.05, 0.16)
        wood = [
            (fore, 0),
            (-0.1, 0.02),
            (-0.2, -0.03),
            (-butt, -drop),
            (-butt - 0.02, -drop - 0.17),
            (-0.15, -0.1),
            (fore, -0.05),
        ]
        parts = [
            side(wood, 0.075, 1),
            block((-butt - 0.035, -0.045, -drop - 0.18), (-butt + 0.01, 0.045, -drop + 0.01), 2),
        ]
    cock = p.tube(
        p.spline(
            [(-0.04, -0.045, -0.02), (-0.07, -0.045, 0.06), (-0.02, -0.045, 0.11), (0.02, -0.045, 0.09)], 12
        ),
        0.016,
        8,
    )
    lock = block((-0.1, -0.05, -0.06), (0.12, 0.0, 0.0), 2, 0.01)
    bands = [
        p.torus(0.055, 0.012, 20, 6)
        .rotated(p.ALONG_X)
        .scaled((1.5, 0.8, 1))
        .shifted(x * fore, 0, -0.015)
        .with_slot(2)
        for x in (0.5, 0.9)
    ]
    return [barrel, *parts, lock, cock.with_slot(2), *bands, *_trigger(0.02, -0.07, 0.07)]


def _rifle(rng: Rng) -> list[Mesh]:
    """Rifle or machine pistol: receiver, stock, magazine, sights or a telescope on top."""
    body, h, y, long = (
        rng.uniform(0.4, 0.65),
        rng.uniform(0.1, 0.15),
        rng.uniform(0.035, 0.05),
        rng.uniform(0.3, 0.8),
    )
    low, butt, skeletal = rng.uniform(0.1, 0.2), rng.uniform(0.3, 0.5), rng.random() < 0.3
    muzzle = (
        [(0.025, 0), (0.025, 0.8 * long), (0.04, 0.8 * long + 0.01), (0.04, long)]
        if rng.random() < 0.5
        else [(0.03, 0), (0.025, long)]
    )
    parts = [
        block((0, -y, -h), (body, y, 0), 0, 0.01),
        bored(muzzle, 0.017, 0.1).shifted(body - 0.01, 0, -0.35 * h),
    ]
    stock = [(0.01, -0.05), (-butt, -0.02), (-butt, -low - 0.09), (0.01, -0.95 * h)]
    if skeletal:
        bars = [(0.01, 0, -0.04), (-butt, 0, -0.02), (-butt - 0.02, 0, -low - 0.08), (0.01, 0, -0.08)]
        parts += [p.rod(a, b, 0.018, 8).with_slot(1) for a, b in pairwise(bars)]
        parts += [p.sphere(0.019, 6).shifted(*bar).with_slot(1) for bar in bars[1:3]]
    else:
        parts.append(side(stock, 1.6 * y, 1))
    parts.append(
        side([(0.03, -0.6 * h), (0.15, -0.6 * h), (0.06, -h - 0.24), (-0.05, -h - 0.22)], 1.6 * y, 1)
    )
    bend, deep = rng.uniform(0, 0.15), rng.uniform(0.12, 0.35)
    u = np.linspace(0, 1, 8)
    front = np.stack([0.65 * body + bend * u**2, -0.6 * h - (0.4 * h + deep) * u], 1)
    if rng.random() < 0.75:  # magazine
        parts.append(side([*front, *(front - [0.12, 0.02 * bend])[::-1]], 1.3 * y, 2))
    parts.append(
        block((body - 0.02, -0.9 * y, -0.85 * h), (body + 0.55 * long, 0.9 * y, -0.06 * h), 1, 0.015)
    )
    if rng.random() < 0.6:  # telescope
        r = rng.uniform(0.035, 0.05)
        glass = [(1.1 * r, 0), (r, 0.08), (0.7 * r, 0.1), (0.7 * r, 0.24), (1.2 * r, 0.28), (1.2 * r, 0.36)]
        parts += [bored(glass, r, 0.03).shifted(0.1, 0, 1.6 * r).with_slot(2)]
        parts += [block((x, -0.018, -0.02), (x + 0.035, 0.018, 1.5 * r), 2) for x in (0.21, 0.3)]
    else:
        parts += [
            side([(x, -0.3 * h), (x + 0.06, -0.3 * h), (x + 0.04, 0.06), (x + 0.02, 0.06)], 0.022, 2)
            for x in (0.05, body + 0.7 * long)
        ]
    return [*parts, *_trigger(0.2, -h, 0.06)]


def gun(rng: Rng) -> Mesh:
    """Automatic pistol, revolver, flintlock, blunderbuss, musket or rifle, muzzle to +X, upright or lying."""
    mesh = joined(rng, (_automatic, _revolver, _musket, _rifle)[rng.integers(4)](rng))
    if rng.random() < 0.5:
        return mesh.grounded()
    return placed(rng, mesh.rotated(p.rotation((1, 0, 0), -np.pi / 2)))
