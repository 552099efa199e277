"""Dishes on the ground, and satellites."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import turned
from wt_backend.training.data.families.devices.astronomy import tripod
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import SMOOTH, Mesh, joined

Rng = np.random.Generator


def parabola(rng: Rng, r: float, thick: float = 0.025) -> list[Mesh]:
    """Dish opening to +Z about the origin, with a feed on struts before it."""
    u, deep = np.linspace(0, 1, 12), rng.uniform(0.15, 0.4) * r
    bowl = np.stack([r * u, deep * u**2], 1)
    dish = p.lathe(np.concatenate([bowl, (bowl - [0, thick])[::-1]]), 40).with_crease(
        SMOOTH if rng.random() < 0.3 else 0.79
    )
    out, count = rng.uniform(0.6, 1.1) * r, int(rng.choice([1, 3, 4]))
    start = rng.uniform(0.6, 0.95)
    struts = p.around(
        p.rod((start * r, 0, deep * start**2 - 0.4 * thick), (0.02, 0, out), 0.013, 8), count, 0.4
    )
    feed = p.cylinder(rng.uniform(0.03, 0.08), rng.uniform(0.05, 0.14), rng.uniform(0.02, 0.08), 20)
    return [dish, *(m.with_slot(1) for m in struts), feed.shifted(0, 0, out).with_slot(2)]


def dish(rng: Rng) -> Mesh:
    """Satellite dish on a mast, great radio telescope on a turning frame, or one on a tripod."""
    r, kind = rng.uniform(0.35, 0.6), rng.integers(3)
    way = p.towards((np.cos(a := rng.uniform(0.1, 1.3)), 0, np.sin(a)))
    parts = [m.shifted(0, 0, 0.05).rotated(way) for m in parabola(rng, r)]
    hub = turned([(0.25 * r, 0.045), (0.18 * r, -0.06), (0.06, -0.12)]).rotated(way).with_slot(1)
    tall = r * rng.uniform(1.05, 1.6)
    parts += [hub, p.sphere(0.07, 6).rotated(way).shifted(*(way @ [0, 0, -0.1])).with_slot(1)]
    pivot = way @ np.array([0, 0, -0.1])
    parts = [m.shifted(*(np.array([0, 0, tall]) - pivot)) for m in parts]
    if kind == 0:
        mast = p.rod((0, 0, 0.02), (0, 0, tall), rng.uniform(0.025, 0.04)).with_slot(3)
        foot = (
            block((-0.2, -0.2, 0), (0.2, 0.2, 0.05), 3, 0.01)
            if rng.random() < 0.5
            else p.cylinder(0.2, 0.05).shifted(0, 0, 0.025).with_slot(3)
        )
        return joined(rng, [*parts, mast, foot]).grounded()
    if kind == 1:
        return joined(rng, [*parts, *tripod(rng, tall - 0.04, 3)]).grounded()
    yoke, wide = rng.uniform(0.12, 0.25), rng.uniform(0.25, 0.45)
    tower = turned(
        [
            (wide, 0),
            (wide * rng.uniform(0.5, 0.9), 0.55 * tall),
            (yoke + 0.06, 0.6 * tall),
            (yoke + 0.06, 0.68 * tall),
        ],
        0,
        int(rng.choice([6, 8, 32])),
    )
    arms = p.pair(
        p.upright(
            [
                np.array(
                    [(-0.12, 0.66 * tall), (0.12, 0.66 * tall), (0.05, tall + 0.06), (-0.05, tall + 0.06)]
                )
            ],
            0.05,
        ).shifted(0, yoke, 0)
    )
    axle = p.rod((0, -yoke - 0.05, tall), (0, yoke + 0.05, tall), 0.035)
    return joined(rng, [*parts, *(m.with_slot(3) for m in (tower, *arms, axle))]).grounded()


def _wing(rng: Rng, y: float) -> list[Mesh]:
    """Solar wing of panels along +Y from y, on its spar."""
    count, wide, high = int(rng.integers(1, 5)), rng.uniform(0.2, 0.4), rng.uniform(0.12, 0.28)
    parts, start = [], y + rng.uniform(0.05, 0.2)
    for i in range(count):
        at = start + i * (wide + 0.03)
        cells = [
            block(
                (x, at + 0.02 + j * (wide - 0.04) / 3, 0.0),
                (x + 0.62 * high, at + 0.005 + (j + 1) * (wide - 0.04) / 3, 0.022),
                3,
            )
            for x in (-0.7 * high, 0.06 * high)
            for j in range(3)
        ]
        parts += [block((-0.8 * high, at, -0.015), (0.8 * high, at + wide, 0.015), 2), *cells]
    return [*parts, p.rod((0, y - 0.05, 0), (0, at + wide - 0.02, 0), 0.02, 8).with_slot(1)]


def satellite(rng: Rng) -> Mesh:
    """Satellite with a boxy or round body, solar wings, dish and aerials; or a ball with long whiskers."""
    size, kind = rng.uniform(0.15, 0.28), rng.integers(4)
    if kind == 3:  # ball with whiskers
        back = p.towards((-1, rng.uniform(-0.1, 0.1), 0.3))
        whisker = p.rod(
            (0.6 * size, 0, 0.6 * size), (rng.uniform(0.3, 0.7), 0, rng.uniform(0.8, 1.3)), (0.018, 0.01), 8
        )
        ball = [p.sphere(size, 14), p.torus(size, 0.015, 40, 6).with_slot(2)]
        return joined(
            rng, [*ball, *(m.rotated(back).with_slot(1) for m in p.around(whisker, 4, 0.78))]
        ).grounded()
    tall = size * rng.uniform(0.8, 1.8)
    shape = [
        p.box((2 * size, 2 * size, 2 * tall)),
        p.cylinder(size, 2 * tall, segments=int(rng.choice([6, 8, 32]))),
        turned([(0.5 * size, -tall), (size, -0.5 * tall), (size, 0.6 * tall), (0.6 * size, tall)], 0, 32),
    ]
    parts, spin = [shape[kind]], p.rotation((0, 1, 0), rng.uniform(-1, 1.2))
    parts += [m.rotated(spin) for part in _wing(rng, 0.8 * size) for m in p.pair(part)]
    if rng.random() < 0.8:
        parts += [
            m.scaled(0.8).shifted(0, 0, tall + 0.05).with_slot(4)
            for m in parabola(rng, rng.uniform(0.15, 0.3))
        ]
        parts.append(p.rod((0, 0, tall - 0.03), (0, 0, tall + 0.06), 0.04).with_slot(1))
    if rng.random() < 0.7:
        parts.append(
            turned(
                [(0.04, -tall - 0.03), (0.35 * size, -tall - 0.15)]
                if rng.random() < 0.5
                else [(0.05, -tall - 0.2), (0.05, 0.05 - tall)]
            ).with_slot(5)
        )
    for _ in range(int(rng.integers(0, 4))):
        way = rng.normal(size=3)
        way /= np.abs(way).max()
        parts.append(p.rod(0.5 * size * way, way * [size, size, tall] * 1.9, 0.012, 8).with_slot(1))
    return (
        joined(rng, parts)
        .rotated(p.rotation((1, 0, 0), rng.choice([0.0, rng.uniform(-0.5, 0.5)])))
        .grounded()
    )
