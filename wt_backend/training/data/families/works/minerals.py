"""Magnets and crystals."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import turned
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.families.living.creatures import rock
from wt_backend.training.data.mesh import FLAT, Mesh, joined

Rng = np.random.Generator


def magnet(rng: Rng) -> Mesh:
    """Horseshoe magnet, flat or of a round bar, with painted poles, or a bar magnet; lying or on its end."""
    r, wide, thick = rng.uniform(0.25, 0.4), rng.uniform(0.1, 0.2), rng.uniform(0.1, 0.2)
    leg, kind, other = rng.uniform(0.1, 0.8), rng.integers(4), int(rng.integers(1, 3))
    if kind == 0:  # bar
        halves = [block((-2 * r, -0.8 * wide, 0), (0.002, 0.8 * wide, thick), 0, 0.01)]
        halves.append(block((0, -0.8 * wide, 0), (2 * r, 0.8 * wide, thick), other, 0.01))
        return placed(rng, joined(rng, halves))
    u, tip = np.linspace(np.pi / 2, 3 * np.pi / 2, 30), (leg + 0.1) * rng.uniform(0.3, 0.9)
    arc = np.stack([np.cos(u), np.sin(u)], 1)
    if kind == 1:
        path = np.concatenate([[(leg, r)], r * arc, [(leg, -r)]])
        parts = [p.tube(np.pad(path, ((0, 0), (0, 1))), wide / 2, 20)]
        tips = [p.rod((leg - tip, s * r, 0), (leg + 0.02, s * r, 0), 0.52 * wide, 20) for s in (1, -1)]
    else:
        ends = leg * np.array([1, 0])
        sides = [(r + s * wide / 2) * arc for s in (1, -1)]
        parts = [
            p.extrude(
                [
                    np.concatenate(
                        [
                            sides[0][:1] + ends,
                            sides[0],
                            sides[0][-1:] + ends,
                            sides[1][-1:] + ends,
                            sides[1][::-1],
                            sides[1][:1] + ends,
                        ]
                    )
                ],
                thick,
            )
        ]
        tips = [
            p.box((tip, 1.04 * wide, 1.04 * thick)).shifted(leg + 0.02 - tip / 2, s * r, 0) for s in (1, -1)
        ]
    return placed(rng, joined(rng, [*parts, tips[0].with_slot(1), tips[1].with_slot(other)]))


def crystal(rng: Rng) -> Mesh:
    """Cluster of six-sided points on a rock, a heap of cubes or octahedra, or one cut gem."""
    kind = rng.integers(4)
    if kind == 0:  # cut gem
        n, table, girdle = int(rng.choice([6, 8, 10, 12])), rng.uniform(0.45, 0.65), rng.uniform(0.02, 0.05)
        stone = turned(
            [
                (0.01, -rng.uniform(0.45, 0.7)),
                (0.5, 0),
                (0.5, girdle),
                (0.5 * table, girdle + rng.uniform(0.12, 0.22)),
            ],
            0,
            n,
        )
        lie = p.rotation((0, 1, 0), rng.choice([0.0, np.pi, 0.75]))
        return stone.with_crease(FLAT).scaled((1, rng.uniform(0.7, 1.0), 1)).rotated(lie).grounded()
    parts, many = [], int(rng.integers(4, 16))
    for i in range(many):
        size, way = rng.uniform(0.05, 0.14), np.append(rng.normal(0, 0.5, 2), 1.0)
        if kind == 3:
            one = (
                p.box(2 * size)
                if many % 2
                else p.lathe([(0, -1.6 * size), (1.4 * size, 0), (0, 1.6 * size)], 4)
            )
            one = one.rotated(p.random_rotation(rng)).shifted(*rng.normal(0, 0.16, 2), rng.uniform(0.02, 0.2))
        else:
            long, tip = rng.uniform(0.3, 0.9) / (1 + 0.8 * np.hypot(*way[:2])), rng.uniform(1.0, 2.5) * size
            one = turned([(0.8 * size, -0.1), (size, long), (0.001, long + tip)], 0, 6).rotated(
                p.rotation((0, 0, 1), rng.uniform(0, 1))
            )
            one = one.rotated(p.towards(way)).shifted(*(0.18 * way[:2]), 0.05)
        parts.append(one.with_crease(FLAT).with_slot(int(i % 5 == 4)))
    if rng.random() < 0.7:
        base = rock(rng)
        low, high = base.bounds
        base = base.shifted(*(-(low + high) / 2)).scaled(np.array([0.9, 0.9, 0.35]) / (high - low))
        parts.append(base.shifted(0, 0, -0.02).with_slot(2))
    return joined(rng, parts).grounded()
