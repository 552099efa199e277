"""Things on the desk: pencils, pots of pens, staplers, tape, calculators."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.families.home.vessels import solid_and_cavity
from wt_backend.training.data.mesh import Mesh, concatenate, difference, joined, union

Rng = np.random.Generator


def _pen(rng: Rng) -> list[Mesh]:
    """Pencil, pen, marker or brush along Z, its point up at z ≈ 1."""
    kind, r, long = rng.integers(4), rng.uniform(0.03, 0.05), rng.uniform(0.6, 1.0)
    if kind == 0:  # pencil
        sides, tip = int(rng.choice([6, 6, 24, 3])), r * rng.uniform(3, 5)
        body = p.lathe([(0, 0), (r, 0), (r, long), (0.32 * r, long + 0.7 * tip), (0, long + tip)], sides)
        z = body.vertices[body.faces][:, :, 2].max(1)
        body.slot[:] = np.select([z > long + 0.8 * tip, z > long + 0.01], [2, 1], 0)
        parts = [body]
        if rng.random() < 0.6:
            parts.append(p.cylinder(1.04 * r, 0.1, segments=18).with_slot(3))
            parts.append(p.cylinder(0.95 * r, 0.12, segments=18).shifted(0, 0, -0.09).with_slot(4))
        return parts
    if kind == 1:  # pen
        neck = long * rng.uniform(0.7, 0.85)
        profile = [
            (0, 0),
            (0.7 * r, 0),
            (r, 0.06),
            (r * rng.uniform(1, 1.2), neck),
            (0.35 * r, long),
            (0.12 * r, long + 0.05),
            (0, long + 0.05),
        ]
        clip = block((0.5 * r, -0.3 * r, 0.03), (r + 0.035, 0.3 * r, 0.07), 2)
        tongue = block((r + 0.015, -0.3 * r, 0.03), (r + 0.035, 0.3 * r, rng.uniform(0.25, 0.4)), 2)
        button = p.cylinder(0.45 * r, rng.uniform(0.06, 0.14), segments=14).with_slot(3)
        band = p.cylinder(1.22 * r, 0.04, segments=18).shifted(0, 0, rng.uniform(0.4, 0.6)).with_slot(3)
        return [p.lathe(profile, 18), clip, tongue, button, band]
    if kind == 2:  # marker, its cap off or on
        fat = 1.5 * r
        body = p.lathe(
            [(0, 0), (fat, 0), (fat, 0.85 * long), (0.6 * fat, 0.9 * long), (0.5 * fat, long), (0, long)], 18
        )
        nib = p.lathe(
            [(0, long - 0.02), (0.3 * fat, long - 0.02), (0.25 * fat, long + 0.06), (0, long + 0.09)], 14
        )
        cap = p.cylinder(1.1 * fat, 0.36 * long, 0.95 * fat, 18).shifted(0, 0, 0.9 * long)
        return [body, cap.with_slot(1) if rng.random() < 0.5 else nib.with_slot(1)]
    swell, hair = r * rng.uniform(0.7, 1.2), r * rng.uniform(0.8, 2.2)
    grip = p.spline(
        np.array([(0.3 * r, 0), (swell, 0.65 * long), (0.6 * r, 0.85 * long), (0.7 * r, long)]), 16
    )
    tuft = p.spline(
        np.array([(0.7 * r, long), (hair, long + 0.1), (0.6 * hair, long + 0.2), (0.01, long + 0.32)]), 12
    )
    tuft = np.concatenate([[(0, long - 0.01)], tuft - np.array([0, 0.01]), [(0, tuft[-1, 1] - 0.01)]])
    ferrule = p.lathe(
        [(0, 0.82 * long), (0.75 * r, 0.82 * long), (0.85 * r, long + 0.02), (0, long + 0.02)], 16
    )
    flat = (1.0, rng.choice([1.0, 0.5]), 1.0)
    handle = p.lathe(np.concatenate([[(0, 0)], grip, [(0, long)]]), 16)
    return [handle, ferrule.scaled(flat).with_slot(1), p.lathe(tuft, 16).scaled(flat).with_slot(2)]


def pencil(rng: Rng) -> Mesh:
    """Pencil, ball-point, marker or brush lying, standing, or a few side by side."""
    count = 1 if rng.random() < 0.7 else int(rng.integers(2, 6))
    pens = [joined(rng, _pen(rng)).rotated(p.ALONG_X) for _ in range(count)]
    if count == 1:
        return placed(rng, pens[0])
    turned = [m.rotated(p.rotation((0, 0, 1), rng.normal(0, 0.02))).grounded() for m in pens]
    return concatenate([m.shifted(0, 0.17 * i, 0) for i, m in enumerate(turned)])


def pen_pot(rng: Rng) -> Mesh:
    """Pot, round or with sides, with pens leaning out of it every way."""
    r, tall, sides = rng.uniform(0.2, 0.34), rng.uniform(0.45, 0.7), int(rng.choice([32, 32, 4, 6]))
    foot = r * rng.uniform(0.75, 1.05)
    outer = np.stack([np.linspace(foot, r, 6), np.linspace(0, tall, 6)], 1)
    solid, cavity = solid_and_cavity(outer, 0.03, 0.04, sides)
    pot = difference(solid, [cavity.with_slot(int(rng.random() < 0.4))])
    parts = [pot.rotated(p.rotation((0, 0, 1), rng.uniform(0, 1)))]
    room, scale = 0.62 * min(foot, r) * (0.8 if sides == 4 else 1.0), rng.uniform(0.85, 1.2)
    for i in range(int(rng.integers(2, 7))):
        turn = 2 * np.pi * rng.random()
        low, high = room * rng.uniform(0.0, 0.5), room * rng.uniform(0.6, 1.0)
        start = low * np.array([np.cos(turn + np.pi), np.sin(turn + np.pi), 0]) + [0, 0, 0.17]
        out = np.array([high * np.cos(turn), high * np.sin(turn), tall]) - start
        pen = [m.scaled(scale).rotated(p.towards(out)).shifted(*start) for m in _pen(rng)]
        parts += [replace(m, slot=m.slot + 2 + 5 * (i % 2)) for m in pen]
    return joined(rng, parts)


def stapler(rng: Rng) -> Mesh:
    """Stapler: a long foot, the arm hinged behind it shut or raised, rounded or angular."""
    x, y, thick = rng.uniform(0.5, 0.75), rng.uniform(0.08, 0.14), rng.uniform(0.05, 0.09)
    foot = p.rounded_box((2 * x, 2 * y, thick), 0.02).shifted(0, 0, thick / 2)
    anvil = block((0.7 * x, -0.6 * y, thick - 0.01), (0.9 * x, 0.6 * y, thick + 0.02), 2)
    deep, bow = rng.uniform(0.08, 0.15), rng.uniform(0.0, 0.1)
    knots = [
        (-0.95 * x, 0.0),
        (0.96 * x, 0.0),
        (x, 0.5 * deep),
        (0.9 * x, deep),
        (0, deep + bow),
        (-0.8 * x, deep * 1.25),
        (-x, 0.6 * deep),
    ]
    side = np.array(knots)
    arm = p.upright([p.spline(side, 48, closed=True) if rng.random() < 0.6 else side], 1.7 * y)
    rail = block((-0.9 * x, -0.55 * y, -0.06), (0.97 * x, 0.55 * y, 0.03), 1)
    gape = rng.uniform(0.06, 0.4)
    pivot = np.array([-0.85 * x, 0, thick + 0.13])
    top = [
        m.shifted(0.85 * x, 0, 0).rotated(p.rotation((0, 1, 0), -gape + 0.06)).shifted(*pivot)
        for m in (arm, rail)
    ]
    cheeks = block((-0.98 * x, -0.95 * y, 0.5 * thick), (-0.62 * x, 0.95 * y, thick + 0.17), 1, 0.03)
    pin = p.cylinder(0.035, 2.15 * y, segments=14).rotated(p.ALONG_Y).shifted(*pivot).with_slot(2)
    parts = [foot.with_slot(int(rng.random() < 0.5)), anvil, *top, cheeks, pin]
    if rng.random() < 0.35:  # pad under the hand
        pad = p.superquadric((0.3 * x, 0.9 * y, 0.04), 0.6, 0.6, 6).shifted(1.5 * x, 0, deep + 0.6 * bow)
        parts.append(pad.rotated(p.rotation((0, 1, 0), -gape + 0.06)).shifted(*pivot).with_slot(3))
    return placed(rng, joined(rng, parts)) if rng.random() < 0.3 else joined(rng, parts)


def _tape(rng: Rng, r: float, wide: float) -> list[Mesh]:
    """Roll of tape about Y on a core of slot 2."""
    hole = r * rng.uniform(0.5, 0.75)
    rings = [(r, hole + 0.02, wide, 1), (hole + 0.025, hole - 0.02, wide + 0.015, 2)]
    return [
        p.upright([p.regular_polygon(40, a), p.regular_polygon(40, b)], w).with_slot(s)
        for a, b, w, s in rings
    ]


def tape_dispenser(rng: Rng) -> Mesh:
    """Roll of tape in a heavy desk dispenser with a toothed lip, or bare rolls, their ends hanging loose."""
    r, wide = rng.uniform(0.22, 0.32), rng.uniform(0.1, 0.2)
    if rng.random() < 0.25:  # rolls
        rolls, z = [], 0.0
        for _ in range(int(rng.integers(1, 4))):
            roll = (
                union(_tape(rng, r, wide))
                .rotated(p.ALONG_Y)
                .shifted(*rng.normal(0, 0.03, 2), z + wide / 2 + 0.008)
            )
            rolls.append(roll)
            z, r, wide = z + wide + 0.02, r * rng.uniform(0.8, 1.1), rng.uniform(0.08, 0.24)
        mesh = joined(rng, rolls)
        return mesh.rotated(p.ALONG_Y).grounded() if len(rolls) == 1 and rng.random() < 0.6 else mesh
    y, x, hub = wide / 2 + 0.05, rng.uniform(0.55, 0.75), r + rng.uniform(0.06, 0.1)
    lip = rng.uniform(0.2, 0.4)
    knots = [
        (-x, 0),
        (x, 0),
        (x + 0.04, 0.6 * lip),
        (x, lip),
        (x - 0.1, lip - 0.04),
        (0.3 * x, 0.14),
        (-0.1 * x, 0.7 * hub),
        (-0.5 * x, 1.1 * hub),
        (-0.95 * x, 0.6 * hub),
    ]
    corners = np.array(knots)
    body = p.upright([p.spline(corners, 60, closed=True) if rng.random() < 0.6 else corners], 2 * y).shifted(
        0, 0, 0.02
    )
    at = (-0.42 * x, hub + 0.02)
    well = p.cylinder(r + 0.035, wide + 0.03, segments=40).rotated(p.ALONG_Y).shifted(at[0], 0, at[1])
    run = block((at[0], -wide / 2 - 0.015, 0.17), (x - 0.06, wide / 2 + 0.015, 2))
    base = block((-x - 0.02, -y - 0.01, 0), (x, y + 0.01, 0.05), 3, 0.015)
    axle = (
        p.cylinder(0.55 * r, 2 * y - 0.02, segments=24)
        .rotated(p.ALONG_Y)
        .shifted(at[0], 0, at[1])
        .with_slot(2)
    )
    reel = [m.shifted(at[0], 0, at[1]) for m in _tape(rng, r, wide)]
    end = (x + 0.01, lip + 0.02)
    strip = np.array([(at[0], at[1] + r - 0.012), end, (end[0], end[1] + 0.016), (at[0], at[1] + r + 0.004)])
    knife = block((x - 0.05, -wide / 2 - 0.02, lip - 0.05), (x + 0.03, wide / 2 + 0.02, lip + 0.02), 4)
    parts = [
        difference(body, [well, run]),
        base,
        axle,
        *reel,
        p.upright([strip], 0.95 * wide).with_slot(1),
        knife,
    ]
    return joined(rng, parts)


def calculator(rng: Rng) -> Mesh:
    """Pocket calculator, remote control or keypad: a wedge with a sunk display and rows of keys."""
    x, y = rng.uniform(0.4, 0.7), rng.uniform(0.18, 0.42)
    front, back = rng.uniform(0.05, 0.12), rng.uniform(0.06, 0.3)
    body = p.rounded_box((2 * x, 2 * y, 2), rng.uniform(0.02, 0.06)).scaled((1, 1, 0.5))
    cut, shown = rng.uniform(0.35, 0.7) * x, rng.random() < 0.8
    display = block((-0.9 * x, -0.85 * y, 0.5 - 0.02), (-cut, 0.85 * y, 1), 1)
    mesh = difference(body, [display]) if shown else body
    rows, columns = int(rng.integers(3, 8)), int(rng.integers(3, 7))
    low = -cut + 0.06 if shown else -0.9 * x
    a, b = (0.92 * x - low) / rows, 1.75 * y / columns
    round_, wide = rng.random() < 0.3, rng.integers(rows)
    keys = []
    for i in range(rows):
        for j in range(columns):
            if i == wide and j == 0:
                continue
            key = (
                p.regular_polygon(16, 0.4 * min(a, b))
                if round_
                else p.regular_polygon(4, 0.55, np.pi / 4) * [a, b]
            )
            if i == wide and j == 1 and not round_:
                key = key * [1, 2.2] - [0, 0.5 * b]
            place = [low + (i + 0.5) * a, -0.875 * y + (j + 0.5) * b]
            keys.append(
                p.extrude(
                    [key + place],
                    0.08,
                )
                .shifted(0, 0, 0.51)
                .with_slot(2 + int(j == columns - 1))
            )
    mesh = joined(rng, [mesh, *keys])
    v = mesh.vertices.copy()
    tall = front + (back - front) * (0.5 - v[:, 0] / (2 * x))
    v[:, 2] = np.where(v[:, 2] <= 0.5, (v[:, 2] + 0.5) * tall, tall + (v[:, 2] - 0.5))
    mesh = mesh.moved(v)
    return mesh if rng.random() < 0.6 else placed(rng, mesh)
