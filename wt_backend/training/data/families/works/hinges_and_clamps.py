"""Hinges, clamps and vices."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.families.outside.street import turned
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def hinge(rng: Rng) -> Mesh:
    """Butt hinge, strap hinge or T-hinge, open at any angle: two leaves with screw holes, knuckles, a pin."""
    long, r, t = rng.uniform(0.5, 1.0), rng.uniform(0.05, 0.09), rng.uniform(0.03, 0.05)
    knuckles, kinds = int(rng.choice([3, 5, 5, 7])), rng.integers(3, size=2)
    angle, step = rng.choice([0, rng.uniform(0, 2.4)]), long / knuckles
    parts = []
    for side in (0, 1):
        reach = [rng.uniform(0.3, 0.5), rng.uniform(0.7, 1.2), rng.uniform(0.2, 0.35)][kinds[side]]
        if kinds[side] == 1:  # strap that tapers to a round end
            tip = p.regular_polygon(24, 0.1)[[18, 20, 22, 0, 2, 4, 6]] + [reach, 0]
            leaf = np.concatenate(
                [[(0.3 * r, -long / 2)], [(0.16, -long / 2)], tip, [(0.16, long / 2)], [(0.3 * r, long / 2)]]
            )
            spots = [(u * reach, 0.0) for u in (0.4, 0.7, 1.0)]
        else:
            leaf = np.array(
                [
                    (0.3 * r, -long / 2),
                    (reach - 0.05, -long / 2),
                    (reach, 0.05 - long / 2),
                    (reach, long / 2 - 0.05),
                    (reach - 0.05, long / 2),
                    (0.3 * r, long / 2),
                ]
            )
            spots = [
                ((0.35 + 0.35 * (i % 2)) * reach + r / 2, v)
                for i, v in enumerate(np.linspace(-0.36, 0.36, int(rng.choice([2, 3, 4]))) * long)
            ]
        plate = p.extrude([leaf], t).shifted(0, 0, r - t / 2)
        holes = [
            turned([(0.022, -0.1), (0.022, r - 0.5 * t), (0.07, r + 0.03)], 0, 10).shifted(u, v, 0)
            for u, v in spots
        ]
        gaps = [
            block((-1, v - 0.006, -1), (1.25 * r, v + step + 0.006, 1)).shifted(0, -long / 2, 0)
            for v in step * np.arange(1 - side, knuckles, 2)
        ]
        mine = [
            p.rod((0, v - long / 2 + 0.006, 0), (0, v - long / 2 + step - 0.006, 0), r, 20)
            for v in step * np.arange(side, knuckles, 2)
        ]
        screws = [
            p.sphere(0.055, 6).scaled((1, 1, 0.5)).shifted(u, v, r - 0.01).with_slot(2) for u, v in spots
        ]
        whole = union([difference(plate, [*holes, *gaps]), *mine, *(screws if rng.random() < 0.4 else [])])
        if side:
            whole = whole.scaled((-1, 1, 1)).rotated(p.rotation((0, 1, 0), angle))
        parts.append(whole)
    knob = rng.choice([0, r * 0.9])
    pin = [p.rod((0, -long / 2 - 0.03, 0), (0, long / 2 + 0.03, 0), 0.6 * r, 14)]
    pin += p.pair(p.sphere(knob, 6).shifted(0, long / 2 + 0.8 * knob, 0)) if knob else []
    return placed(rng, joined(rng, [*parts, *[m.with_slot(1) for m in pin]]))


def _screw(x: float, end: float, r: float, z: float, bar: float) -> list[Mesh]:
    """Threaded spindle along X with a sliding bar across its far end."""
    steps = np.arange(0, end - x, 0.025)
    thread = r * np.where(np.arange(len(steps)) % 2, 1.0, 0.8)
    spindle = turned(np.stack([thread, steps], 1), 2, 16).rotated(p.ALONG_X).shifted(x, 0, z)
    knob = p.rod((end - 0.06, 0, z), (end + 0.1, 0, z), 1.6 * r, 16).with_slot(2)
    slide = p.rod((end + 0.04, -bar * 0.6, z), (end + 0.04, bar * 1.4, z), 0.028, 10).with_slot(2)
    ends = [p.sphere(0.045, 6).shifted(end + 0.04, v * bar, z).with_slot(2) for v in (-0.6, 1.4)]
    return [spindle, knob, slide, *ends]


def clamp(rng: Rng) -> Mesh:
    """Bench vice on a foot, G-clamp, or bar clamp, their jaws at any width."""
    kind, open_ = rng.integers(3), rng.uniform(0.08, 0.4)
    if kind == 0:  # vice
        y, h = rng.uniform(0.2, 0.32), rng.uniform(0.45, 0.6)
        jaw = np.array([(-0.28, 0.12), (0, 0.12), (0, h), (-0.12, h), (-0.14, 0.65 * h), (-0.3, 0.5 * h)])
        parts = [p.upright([jaw], 2 * y), block((-0.02, -0.95 * y, h - 0.1), (0.02, 0.95 * y, h + 0.005), 1)]
        front = np.array([(0, 0.12), (0.16, 0.12), (0.2, 0.55 * h), (0.12, h), (0, h)])
        parts += [
            p.upright([front], 1.7 * y).shifted(open_, 0, 0),
            block((open_ - 0.02, -0.8 * y, h - 0.1), (open_ + 0.02, 0.8 * y, h + 0.005), 1),
        ]
        parts.append(block((-0.2, -0.45 * y, 0.14), (open_ + 0.1, 0.45 * y, 0.3), 0))
        parts.append(p.cylinder(1.1 * y, 0.13, y, 32).shifted(-0.12, 0, 0.065).with_slot(3))
        parts.append(block((-0.2, -1.5 * y, 0.004), (-0.04, 1.5 * y, 0.06), 3, 0.02))
        if rng.random() < 0.5:  # anvil behind
            parts.append(block((-0.5, -0.6 * y, 0.22), (-0.2, 0.6 * y, 0.5 * h), 0, 0.02))
        return joined(
            rng,
            [
                *parts,
                *_screw(open_ + 0.05, open_ + rng.uniform(0.35, 0.5), 0.05, 0.22, rng.uniform(0.15, 0.25)),
            ],
        )
    if kind == 1:  # G-clamp
        span, deep, t = rng.uniform(0.5, 0.8), rng.uniform(0.3, 0.5), rng.uniform(0.05, 0.09)
        knots = [(0, deep), (0, 0.12), (0.12, 0), (span - 0.12, 0), (span, 0.12), (span, deep)]
        path = np.array(knots) if rng.random() < 0.5 else p.spline(knots, 40)
        bow = p.tube(
            p.broadcast(path[:, 0], 0.0, path[:, 1]),
            1.3 * t,
            int(rng.choice([4, 12])),
            flat=rng.uniform(0.5, 1),
        )
        tip = rng.uniform(0.15, 0.6) * span
        parts = [
            bow,
            p.rod((-0.08, 0, deep), (0.12, 0, deep), 1.3 * t, 18),
            p.rod((span - 0.08, 0, deep), (span + 0.12, 0, deep), 1.3 * t, 16),
        ]
        parts += [
            p.rod((tip - 0.04, 0, deep), (tip + 0.03, 0, deep), 0.09, 18).with_slot(1),
            *_screw(tip, span + rng.uniform(0.3, 0.5), 0.045, deep, rng.uniform(0.1, 0.2)),
        ]
        return placed(rng, joined(rng, parts).rotated(p.ALONG_Y))
    long, deep, t = rng.uniform(1.0, 1.6), rng.uniform(0.28, 0.42), rng.uniform(0.03, 0.05)
    arm = np.array([(-0.06, -0.1), (0.06, -0.1), (0.06, 0.1), (0.08, deep), (-0.02, deep), (-0.08, 0.1)])
    at = 0.15 + open_ * 1.5
    parts = [block((-0.05, -0.6 * t, -0.055), (long, 0.6 * t, 0.055)), p.upright([arm], 0.08).with_slot(1)]
    parts.append(p.upright([arm * [-1, 1]], 0.08).shifted(at + 0.14, 0, 0).with_slot(1))
    parts.append(p.rod((0.03, 0, deep - 0.07), (0.1, 0, deep - 0.07), 0.07, 16).with_slot(3))
    grip = p.superquadric((0.16, 0.06, 0.06), 0.5, 1.0, 10).shifted(at + 0.45, 0, deep - 0.08).with_slot(3)
    parts += [grip, p.rod((at, 0, deep - 0.08), (at + 0.4, 0, deep - 0.08), 0.035, 12).with_slot(2)]
    parts.append(p.rod((at - 0.04, 0, deep - 0.08), (at + 0.02, 0, deep - 0.08), 0.07, 16).with_slot(3))
    return placed(rng, joined(rng, parts).rotated(p.ALONG_Y))
