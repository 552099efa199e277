"""Fans: on a desk, a pedestal, in a box, under a ceiling."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def fan(rng: Rng) -> Mesh:
    """Desk or pedestal fan in a cage, box fan, or ceiling fan."""
    count, r, kind = int(rng.integers(3, 6)), rng.uniform(0.3, 0.5), int(rng.integers(4))
    root, tip = rng.uniform(0.15, 0.4), rng.uniform(0.3, 0.65) if kind else rng.uniform(0.12, 0.25)
    reach = 0.92 * r if kind else 2 * r
    outline = np.array(
        [
            (0, -0.05),
            (0.3 * reach, -0.5 * root * r),
            (reach, -0.5 * tip * r),
            (reach, 0.6 * tip * r),
            (0.3 * reach, 0.5 * root * r),
            (0, 0.05),
        ]
    )
    if rng.random() < 0.6:
        outline = p.spline(outline, 36, closed=True)
    blade = p.extrude([outline], 0.028).rotated(p.rotation((1, 0, 0), rng.uniform(0.2, 0.6)))
    rotor = [*p.around(blade, count), p.superquadric((0.09, 0.09, 0.07), 0.7, 1.0, 6)]
    phase = p.rotation((0, 0, 1), rng.uniform(0, 2))
    rotor = [m.rotated(phase).with_slot(1) for m in rotor]
    if kind == 0:  # ceiling
        return _ceiling_fan(rng, rotor)
    deep = rng.uniform(0.08, 0.14)
    if kind == 3:  # box fan
        return joined(rng, _box_fan(rotor, r, deep))
    rings, ribs = [p.torus(1.03 * r, 0.025, 30, 6)], int(rng.integers(7, 12))
    half = np.array([(0.1 * r, 0, deep + 0.03), (0.85 * r, 0, deep), (1.03 * r, 0, 0)])
    wire = p.tube(p.spline(np.concatenate([half, half[1::-1] * [1, 1, -1]]), 11), 0.016, 5)
    rings += [p.torus(0.5 * r, 0.016, 20, 5).shifted(0, 0, s * (deep + 0.015)) for s in (-1, 1)]
    rings += p.around(wire, ribs)
    rings += [p.cylinder(0.14 * r, 0.03).shifted(0, 0, deep + 0.03)]
    motor = p.capsule(0.1, rng.uniform(0.1, 0.2)).shifted(0, 0, -deep - 0.1)
    tilt = p.rotation((0, 1, 0), -rng.uniform(-0.1, 0.4))
    height = rng.uniform(1.15, 1.4) * r if kind == 1 else rng.uniform(0.9, 1.4)
    head = [*rotor, *(m.with_slot(2) for m in rings), motor, p.rod((0, 0, -deep - 0.1), (0, 0, 0), 0.03)]
    parts = [m.rotated(p.ALONG_X).rotated(tilt).shifted(0.14 + deep, 0, height) for m in head]
    parts.append(p.rod((0, 0, 0.02), (0, 0, height), rng.uniform(0.03, 0.06), 12))
    foot = rng.uniform(0.2, 0.32)
    if rng.random() < 0.7:
        parts.append(p.cylinder(foot, 0.06, 0.7 * foot, 30).shifted(0.03, 0, 0.03).with_slot(3))
    else:
        parts += [
            block((-foot, -0.035, 0), (foot, 0.035, 0.04), 3),
            block((-0.035, -foot, 0), (0.035, foot, 0.045), 3),
        ]
    return joined(rng, parts)


def _box_fan(rotor: list[Mesh], r: float, deep: float) -> list[Mesh]:
    """Rotor in a box behind bars."""
    size = 1.15 * r
    case = difference(
        p.rounded_box((2 * size, 2 * size, 2 * deep), 0.04), [p.cylinder(1.02 * r, 1, segments=40)]
    )
    bars = [
        block((-1.1 * r, y - 0.018, z - 0.018), (1.1 * r, y + 0.018, z + 0.018), 2)
        for y in np.linspace(-0.7, 0.7, 5) * r
        for z in (-0.85 * deep, 0.85 * deep)
    ]
    head = [case, *rotor, *bars, p.rod((0, 0, -deep), (0, 0, deep), 0.04)]
    parts = [m.rotated(p.ALONG_X).shifted(0, 0, size + 0.05) for m in head]
    parts += [
        block((-deep - 0.08, s * 0.7 * size - 0.04, 0), (deep + 0.08, s * 0.7 * size + 0.04, 0.07), 3)
        for s in (-1, 1)
    ]
    return parts


def _ceiling_fan(rng: Rng, rotor: list[Mesh]) -> Mesh:
    """Rotor under a motor on a rod, perhaps with a lamp."""
    drop = rng.uniform(0.2, 0.6)
    parts = [
        *rotor,
        p.cylinder(0.16, 0.14, 0.12).shifted(0, 0, 0.06),
        p.rod((0, 0, 0), (0, 0, drop), 0.025, 8),
    ]
    parts.append(p.cylinder(0.06, 0.1, 0.12).shifted(0, 0, drop))
    if rng.random() < 0.6:
        parts.append(p.sphere(0.14, 10).scaled((1, 1, 0.7)).shifted(0, 0, -0.1).with_slot(2))
    return joined(rng, parts)
