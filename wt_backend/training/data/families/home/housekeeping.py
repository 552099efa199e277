"""Things to keep a house clean with: vacuum cleaners, irons, toilets."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.appliances import axle
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def vacuum_cleaner(rng: Rng) -> Mesh:
    """Vacuum cleaner: canister, ball or tub on wheels with hose and wand, or an upright with its bag."""
    if rng.random() < 0.35:
        return _upright_cleaner(rng)
    x, y, z, kind = rng.uniform(0.3, 0.45), rng.uniform(0.18, 0.28), rng.uniform(0.16, 0.26), rng.integers(3)
    wheel = rng.uniform(0.5, 1.1) * z
    if kind == 2:  # tub
        x = y = rng.uniform(0.22, 0.32)
        tall = rng.uniform(0.35, 0.6)
        body = p.lathe(
            [
                (0, 0.1),
                (x, 0.1),
                (x, tall),
                (1.06 * x, tall),
                (1.06 * x, tall + 0.05),
                (0.8 * x, tall + 0.2),
                (0, tall + 0.24),
            ],
            40,
        )
        parts, top = [body], tall * 0.85
        parts += [axle(0.07, 0.05, u * x, v * y, 0.07, 2) for u in (-0.7, 0.7) for v in (-0.75, 0.75)]
    else:
        long = (
            p.superquadric((x, y, z), rng.uniform(0.4, 1), rng.uniform(0.4, 1))
            if kind
            else p.capsule(y, 2 * x - 2 * y).rotated(p.ALONG_X)
        )
        middle = (z if kind else y) + 0.05
        parts, top = [long.shifted(0, 0, middle)], middle
        parts += [axle(wheel, 0.08, -0.55 * x, s * y, wheel, 2) for s in (-1, 1)] + [
            axle(0.06, 0.06, 0.7 * x, 0, 0.06, 2)
        ]
        handle = [
            (-0.5 * x, 0, 1.6 * middle),
            (-0.3 * x, 0, 2.2 * middle + 0.02),
            (0.3 * x, 0, 2.2 * middle + 0.02),
            (0.45 * x, 0, 1.6 * middle),
        ]
        parts.append(p.tube(p.spline(handle, 20), 0.03, 8, flat=1.5).with_slot(1))
    turn, lift = rng.uniform(-0.5, 0.5), rng.uniform(0.75, 1.1)
    hand = np.array([x + rng.uniform(0.2, 0.5), turn, lift])
    tip = hand + [rng.uniform(0.35, 0.7), rng.uniform(-0.2, 0.2), 0.07 - lift]
    back = (hand - tip) / np.linalg.norm(hand - tip)
    sag = [
        (0.9 * x, 0, top),
        (x + 0.15, 0, top + 0.03),
        (x + 0.3, -0.6 * turn, 0.4 * lift),
        (x + 0.05, 0.5 * turn, lift),
    ]
    path = p.spline([*sag, hand + 0.12 * back, hand], 90)
    rings = rng.uniform(0.035, 0.05) * (1 + rng.uniform(0, 0.12) * (-1) ** np.arange(90))
    parts += [p.tube(path, rings, 10).with_slot(3), p.rod(hand + 0.1 * back, tip, 0.035, 12).with_slot(4)]
    parts.append(
        block(
            (tip[0] - 0.08, tip[1] - rng.uniform(0.12, 0.25), 0), (tip[0] + 0.1, tip[1] + 0.2, 0.1), 2, 0.03
        )
    )
    return joined(rng, parts).grounded()


def _upright_cleaner(rng: Rng) -> Mesh:
    """Nozzle on the floor, a body or bag that leans back from it, a bow or a bar to hold it by."""
    wide, deep, tall = rng.uniform(0.2, 0.32), rng.uniform(0.18, 0.28), rng.uniform(0.9, 1.25)
    shoe = p.superquadric((deep, wide, 0.09), rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7), 10).shifted(
        0, 0, 0.1
    )
    r, swell = rng.uniform(0.1, 0.17), rng.uniform(0.9, 1.4)
    profile = outline(
        [(r * 0.7, 0), (r * swell, 0.25 * tall), (r, 0.5 * tall), (r * rng.uniform(0.4, 1), 0.66 * tall)], 18
    )
    bag = p.lathe(np.concatenate([[(0, 0)], profile, [(0, 0.66 * tall + 0.03)]]), 28).scaled(
        (rng.uniform(0.7, 1.1), 1.2, 1)
    )
    stem = [p.rod((-0.02, 0, 0), (-0.02, 0, tall), 0.028, 10).with_slot(2)]
    grip = [
        (-0.02, 0, tall - 0.02),
        (0.02, 0, tall + 0.08),
        (-0.12, 0, tall + 0.16),
        (-0.2, 0, tall + 0.02),
        (-0.02, 0, tall - 0.12),
    ]
    stem.append(p.tube(p.spline(grip[: int(rng.choice([3, 5]))], 22), 0.03, 10).with_slot(2))
    lean = p.rotation((0, 1, 0), -rng.uniform(0.15, 0.8))
    parts = [m.rotated(lean).shifted(-0.4 * deep, 0, 0.13) for m in [bag.with_slot(1), *stem]]
    parts += [axle(0.09, 0.06, -0.6 * deep, s * 0.85 * wide, 0.09, 3) for s in (-1, 1)]
    return joined(rng, [shoe, *parts]).grounded()


def toilet(rng: Rng) -> Mesh:
    """Toilet: pedestal or wall-hung bowl, seat, lid up, down or none, cistern on it or high up on a pipe."""
    h, r, long = rng.uniform(0.36, 0.46), rng.uniform(0.18, 0.22), rng.uniform(1.15, 1.4)
    foot = rng.uniform(0.5, 0.85) * r
    hung = rng.random() < 0.2
    knots = [(foot, 0), (foot * rng.uniform(0.75, 1), 0.2 * h), (0.85 * r, 0.65 * h), (r, h)]
    if hung:
        knots = [(0.3 * r, 0.35 * h), (0.75 * r, 0.5 * h), (0.97 * r, 0.8 * h), (r, h)]
    solid, cavity = solid_and_cavity(outline(knots, 18), 0.035, 0.16 * h, 44)
    rear = -long * r
    neck = block(
        (rear - 0.12, -0.6 * r, h * (0.45 if hung else 0.25)), (rear + 0.14, 0.6 * r, h - 0.015), 0, 0.03
    )
    parts = [difference(union([solid.scaled((long, 1, 1)), neck]), [cavity.scaled((long, 1, 1))])]
    ring = p.lathe([(0.62 * r, 0), (1.06 * r, 0), (1.06 * r, 0.022), (0.7 * r, 0.028)], 44, closed=True)
    lid = p.lathe([(0, 0), (1.05 * r, 0), (1.07 * r, 0.015), (0.9 * r, 0.03), (0, 0.034)], 44)
    angles = np.sort(rng.uniform(1.5, 1.9, 2)) * [rng.random() < 0.25, rng.random() < 0.6]
    for mesh, angle, lift in ((ring, angles[0], 0.004), (lid, max(angles), 0.034)):
        flap = mesh.scaled((long, 1, 1)).shifted(-rear, 0, lift)  # its hinge at the rear of the rim
        flap = flap.rotated(p.rotation((0, 1, 0), -angle)).shifted(rear + 0.03, 0, h)
        if mesh is ring or rng.random() < 0.85:
            parts.append(flap.with_slot(1))
    parts.append(axle(0.02, 1.2 * r, rear + 0.03, 0, h + 0.02, 1))
    wide, tall, high = rng.uniform(0.17, 0.26), rng.uniform(0.22, 0.38), rng.random() < 0.2
    low = h + (rng.uniform(0.7, 1.1) if high else -0.03)
    if not hung or high:
        x = rear - 0.03
        parts.append(block((x - 0.17, -wide, low), (x, wide, low + tall), 0, rng.uniform(0.01, 0.05)))
        parts.append(
            block(
                (x - 0.185, -wide - 0.012, low + tall - 0.03),
                (x + 0.012, wide + 0.012, low + tall + 0.02),
                0,
                0.01,
            )
        )
        if high:
            parts.append(p.rod((x - 0.07, 0, low + 0.03), (x - 0.07, 0, 0.6 * h), 0.03, 14).with_slot(2))
            parts.append(
                p.rod(
                    (x - 0.05, wide + 0.05, low + tall), (x - 0.05, wide + 0.05, low - 0.4), 0.01, 6
                ).with_slot(2)
            )
            parts.append(
                block((x - 0.06, 0, low + tall - 0.01), (x - 0.04, wide + 0.07, low + tall + 0.03), 2)
            )
            parts.append(p.capsule(0.025, 0.08, 10).shifted(x - 0.05, wide + 0.05, low - 0.42).with_slot(3))
        elif rng.random() < 0.5:
            parts.append(p.cylinder(0.035, 0.03).shifted(x - 0.09, 0, low + tall + 0.03).with_slot(2))
        else:
            parts.append(
                p.rod(
                    (x - 0.02, 0.7 * wide, low + 0.8 * tall), (x + 0.05, 0.7 * wide, low + 0.8 * tall), 0.015
                ).with_slot(2)
            )
            parts.append(
                p.rod(
                    (x + 0.04, 0.75 * wide, low + 0.8 * tall),
                    (x + 0.04, 0.3 * wide, low + 0.77 * tall),
                    0.014,
                ).with_slot(2)
            )
    else:
        parts.append(
            block((rear - 0.2, -wide - 0.1, 0), (rear - 0.1, wide + 0.1, h + rng.uniform(0.2, 0.6)), 2)
        )
    return joined(rng, parts).grounded()


def _pointed(x: float, y: float, power: float) -> np.ndarray:
    """Outline of an iron's sole, its tip at +x."""
    u = np.concatenate([[0, 0.01, 0.03, 0.07], np.linspace(0.12, 1, 18)])
    half = y * (1 - u**power) ** 0.85 * np.minimum(1, 0.6 + 0.4 * (u / 0.1) ** 0.5) + 0.004
    edge = np.stack([x * (2 * u - 1), half], 1)
    return np.concatenate([edge * [1, -1], edge[::-1]])


def iron(rng: Rng) -> Mesh:
    """Clothes iron: steam iron with a closed or open handle, or an old flat one with a grip on posts."""
    x, y, h = rng.uniform(0.42, 0.6), rng.uniform(0.2, 0.32), rng.uniform(0.14, 0.34)
    sole = _pointed(x, y, rng.uniform(1.6, 3.2))
    parts = [p.extrude([sole], 0.05).shifted(0, 0, 0.025)]
    lean, roof = rng.uniform(0.3, 0.75), rng.uniform(0.1, 0.6)
    old = rng.random() < 0.3
    shell = p.extrude([sole * 0.94], h, steps=9)
    t = shell.vertices[:, 2:] / h + 0.5
    size = 1 - (0.15 * t if old else lean * t**2)
    v = shell.vertices * np.concatenate([size, size, np.ones_like(t)], 1)
    v[:, 0] -= (1 - size[:, 0]) * x * roof
    parts.append(shell.moved(v).shifted(0, 0, h / 2 + 0.04).with_slot(0 if old else 1))
    top, up = h + 0.02, h + rng.uniform(0.2, 0.36)
    thick = rng.uniform(0.035, 0.06)
    if old:
        for u in (-0.42 * x, 0.3 * x):
            parts.append(
                p.tube(p.spline([(u, 0, top - 0.03), (0.8 * u, 0, (top + up) / 2), (u, 0, up)], 9), 0.025, 8)
            )
        parts.append(p.capsule(thick * 1.2, x).rotated(p.ALONG_X).shifted(-0.05, 0, up).with_slot(2))
    else:
        bow = [
            (-0.75 * x, 0, top - 0.12),
            (-0.85 * x, 0, up - 0.06),
            (-0.4 * x, 0, up),
            (0.1 * x, 0, up - 0.01),
        ]
        bow += (
            [(0.3 * x, 0, up - 0.08)]
            if rng.random() < 0.4
            else [(0.4 * x, 0, up - 0.12), (0.35 * x, 0, top - 0.3 * h)]
        )
        parts.append(
            p.tube(p.spline(bow, 26), thick, 12, flat=rng.uniform(0.8, 1.4)).with_slot(
                1 + int(rng.random() < 0.4)
            )
        )
        knob = p.cylinder(rng.uniform(0.05, 0.1), 0.08, segments=24).shifted(-0.15 * x, 0, top - 0.01)
        parts.append(knob.with_slot(3))
        if rng.random() < 0.5:
            cord = [
                (-0.8 * x, 0, up - 0.05),
                (-1.2 * x, 0.05, up - 0.1),
                (-1.5 * x, 0.2, 0.03),
                (-1.2 * x, 0.6, 0.03),
            ]
            parts.append(p.tube(p.spline([*cord, (-0.4 * x, 0.75, 0.03)], 40), 0.02, 8).with_slot(4))
    mesh = joined(rng, parts)
    heel = len({*mesh.slot.tolist()}) < 5 and rng.random() < 0.35
    return (mesh.rotated(p.rotation((0, 1, 0), -1.4)) if heel else mesh).grounded()
