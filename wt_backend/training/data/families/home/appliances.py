"""Kitchen and laundry appliances as big as furniture: cookers, washing machines, fridges."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def dial(r: float, depth: float, x: float, y: float, z: float, slot: int = 0) -> Mesh:
    """Round thing that faces +X, centred at a place: a knob, a button, a door."""
    return p.cylinder(r, depth, segments=28).rotated(p.ALONG_X).shifted(x, y, z).with_slot(slot)


def axle(r: float, width: float, x: float, y: float, z: float, slot: int = 0) -> Mesh:
    """Round thing whose axis is along Y: a wheel, a roller."""
    return p.cylinder(r, width, segments=28).rotated(p.ALONG_Y).shifted(x, y, z).with_slot(slot)


def swung(mesh: Mesh, angle: float, hinge: float) -> Mesh:
    """A door that stands on Y, its hinge at y = 0, opened towards +X by an angle, the hinge moved to ±y."""
    mesh = mesh.rotated(p.rotation((0, 0, 1), -angle))
    return (mesh.scaled((1, -1, 1)) if hinge > 0 else mesh).shifted(0, hinge, 0)


def _grip(x: float, y: float, low: float, high: float, out: float, thick: float, slot: int) -> list[Mesh]:
    """Upright bar handle before a door whose face is at x."""
    path = [(x - 0.02, y, low), (x + out, y, low + 0.03), (x + out, y, high - 0.03), (x - 0.02, y, high)]
    return [p.tube(p.spline(path, 18), thick, 8).with_slot(slot)]


def cooker(rng: Rng) -> Mesh:
    """Cooker: knobs, hob with plates, coils or grates, oven shut or open; or a stove with a pipe."""
    x, y, h, old = rng.uniform(0.3, 0.42), rng.uniform(0.28, 0.55), rng.uniform(0.7, 0.95), rng.random() < 0.3
    body, low, high = block((-x, -y, 0.08), (x, y, h)), 0.2 * h, rng.uniform(0.68, 0.76) * h
    angle = rng.uniform(0.9, 1.57) if rng.random() < 0.35 else 0.0
    if angle:
        body = difference(body, [block((-0.85 * x, -0.82 * y, low + 0.03), (2, 0.82 * y, high - 0.03), 2)])
        body = union(
            [
                body,
                block(
                    (-0.86 * x, -0.83 * y, (low + high) / 2), (0.9 * x, 0.83 * y, (low + high) / 2 + 0.02), 3
                ),
            ]
        )
    door = block((-0.01, -0.94 * y, 0), (0.05, 0.94 * y, high - low), 1)
    if rng.random() < 0.75:
        door = difference(door, [block((0.03, -0.65 * y, 0.12 * h), (1, 0.65 * y, high - low - 0.14 * h), 2)])
    bar = [(0.03, -0.8 * y, 0), (0.1, -0.75 * y, 0), (0.1, 0.75 * y, 0), (0.03, 0.8 * y, 0)]
    bar_mesh = p.tube(bar, 0.02, 8).shifted(0, 0, high - low - 0.06).with_slot(3)
    parts = [body, union([door, bar_mesh]).rotated(p.rotation((0, 1, 0), angle)).shifted(x, 0, low)]
    parts.append(block((-x - 0.02, -y - 0.02, h - 0.03), (x + 0.03, y + 0.02, h + 0.02), 4))
    count = int(rng.integers(4, 7))
    parts += [dial(0.045, 0.1, x + 0.03, v, 0.87 * h, 3) for v in np.linspace(-0.8, 0.8, count) * y]
    kind, pots = rng.integers(3), rng.random(4) < 0.25
    for i, (u, v) in enumerate([(-0.48, -0.5), (-0.48, 0.5), (0.45, -0.5), (0.45, 0.5)]):
        r, place = min(x, y) * rng.uniform(0.28, 0.4), (u * x, v * y, h + 0.02)
        if kind == 0:
            parts.append(p.cylinder(r, 0.05).shifted(*place).with_slot(2))
        elif kind == 1:
            parts += [p.torus(r * s, 0.018, 24, 8).shifted(*place).with_slot(2) for s in (0.35, 0.7, 1.05)]
        else:
            parts += [
                m.shifted(*place).with_slot(2)
                for m in (
                    p.box((2.5 * r, 0.025, 0.07)),
                    p.box((0.024, 2.5 * r, 0.072)),
                    p.cylinder(0.5 * r, 0.04),
                )
            ]
        if pots[i]:
            solid, cavity = solid_and_cavity(
                outline([(r * 1.1, 0), (r * 1.15, 0.1), (r * 1.15, rng.uniform(0.14, 0.35))], 8),
                0.02,
                0.02,
                32,
            )
            parts.append(difference(solid, [cavity]).shifted(u * x, v * y, h + 0.035).with_slot(5))
    if old:
        parts += [
            p.rod((s * 0.8 * x, t * 0.85 * y, 0.1), (s * 0.95 * x, t * y, -0.2), (0.05, 0.03))
            for s in (-1, 1)
            for t in (-1, 1)
        ]
        parts.append(p.rod((-0.75 * x, 0, h), (-0.75 * x, 0, h + rng.uniform(0.5, 1.0)), 0.08, 20))
    else:
        parts.append(block((-x + 0.03, -y + 0.03, 0), (x - 0.05, y - 0.03, 0.1), 5))
        if rng.random() < 0.5:
            parts.append(
                block((-x - 0.015, -y - 0.01, h), (-x + 0.05, y + 0.01, h + rng.uniform(0.06, 0.25)))
            )
    return joined(rng, parts).grounded()


def washing_machine(rng: Rng) -> Mesh:
    """Washing machine: front loader, its door shut or open, top loader, or an old tub with a wringer."""
    x, y, h, kind = rng.uniform(0.28, 0.42), rng.uniform(0.3, 0.42), rng.uniform(0.7, 1.0), rng.integers(5)
    r = y * rng.uniform(0.5, 0.7)
    if kind == 4:
        return _wringer(rng, y, h)
    body = block((-x, -y, 0.03), (x, y, h), 0, rng.choice([0.0, 0.03]))
    parts = [
        p.cylinder(0.05, 0.08, segments=12).shifted(u * x, v * y, 0.03).with_slot(3)
        for u in (-0.7, 0.7)
        for v in (-0.7, 0.7)
    ]
    if kind == 3:  # top loader
        drum = p.cylinder(r, 0.75 * h, segments=36).shifted(0.1 * x, 0, 0.65 * h)
        post = p.cylinder(0.3 * r, 0.5 * h, 0.15 * r).shifted(0.1 * x, 0, 0.5 * h)
        lid = block((0, -0.85 * y, 0), (1.6 * x, 0.85 * y, 0.035), 1).rotated(
            p.rotation((0, 1, 0), -rng.uniform(0.6, 1.7))
        )
        console = p.upright(
            [np.array([(-0.5 * x, 0), (0, 0), (-0.3 * x, 0.22), (-0.5 * x, 0.22)])], 2 * y - 0.02
        ).shifted(-0.48 * x, 0, h - 0.02)
        parts += [
            difference(body, [drum.with_slot(2)]),
            post.with_slot(3),
            lid.shifted(-0.72 * x, 0, h - 0.01),
            console.with_slot(1),
        ]
        parts += [p.sphere(0.04, 6).shifted(-0.6 * x, v * y, h + 0.1).with_slot(3) for v in (-0.7, -0.4, 0.5)]
        return joined(rng, parts).grounded()
    z, angle = rng.uniform(0.42, 0.5) * h, rng.choice([0.0, rng.uniform(0.8, 2.2)])
    ring = difference(dial(r * 1.15, 0.07, 0.02, 0, 0, 1), [dial(r * 0.82, 1, 0, 0, 0, 1)])
    glass = p.superquadric((rng.uniform(0.05, 0.12), r * 0.85, r * 0.85), 1, 1, 10).with_slot(2)
    door = union([ring, glass.shifted(0.01, 0, 0), block((0.04, 0.95 * r, -0.06), (0.09, 1.08 * r, 0.06), 3)])
    body = difference(
        body,
        [dial(r * 0.92, 2 * x - 0.1, 0.09, 0, z, 4)]
        if angle
        else [block((x - 0.01, -y + 0.03, 0.84 * h), (1, -0.3 * y, 0.96 * h), 1)],
    )
    parts += [body, swung(door.shifted(0, 1.2 * r, 0), angle, -1.2 * r).shifted(x + 0.01, 0, z)]
    parts.append(dial(0.07, 0.1, x + 0.03, rng.uniform(-0.1, 0.2) * y, 0.9 * h, 3))
    parts += [
        dial(0.025, 0.05, x, v * y, 0.9 * h, 3) for v in np.linspace(0.45, 0.85, int(rng.integers(2, 5)))
    ]
    return joined(rng, parts).grounded()


def _wringer(rng: Rng, r: float, h: float) -> Mesh:
    """Round tub on legs, two rollers in a frame above it."""
    solid, cavity = solid_and_cavity(
        outline([(r * 0.8, 0), (r, 0.3 * h), (r * 0.98, 0.65 * h)], 14), 0.03, 0.04, 40
    )
    foot, wide, top = rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.3), 0.65 * h
    parts = [difference(solid, [cavity])]
    parts += p.around(p.rod((0.75 * r, 0, 0.1 * h), (1.05 * r, 0, -foot), 0.04).with_slot(1), 4, 0.8)
    parts += [
        block((-r - 0.01, s * wide - 0.03, top * 0.8), (-r + 0.07, s * wide + 0.03, top + 0.34), 1)
        for s in (-1, 1)
    ]
    parts += [axle(0.07, 2 * wide, -r + 0.03, 0, top + z, 2) for z in (0.1, 0.25)]
    crank = np.array([(0, wide - 0.02, 0.25), (0, wide + 0.12, 0.25), (0, wide + 0.13, 0.5)])
    parts.append(p.tube(crank + [0.03 - r, 0, top], 0.022, 8).with_slot(1))
    return joined(rng, parts).grounded()


def fridge(rng: Rng) -> Mesh:
    """Fridge: one door, two above each other or side by side, square or rounded as in the fifties."""
    x, y, h = rng.uniform(0.28, 0.4), rng.uniform(0.28, 0.45), rng.uniform(0.8, 1.7)
    kind, soft = int(rng.integers(3)), float(rng.choice([0.0, 0.02, rng.uniform(0.08, 0.14)]))
    split = rng.uniform(0.25, 0.7) * h
    if kind == 0:
        doors = [(-y, y, 0.06, h)]
    elif kind == 1:
        doors = [(-y, y, 0.06, split - 0.012), (-y, y, split + 0.012, h)]
    else:
        doors = [(-y, -0.012, 0.06, h), (y, 0.012, 0.06, h)]
    opened = [rng.random() < 0.35 for _ in doors]
    body, thick, inner = block((-x, -y, 0.05), (x, y, h), 0, soft), rng.uniform(0.06, 0.1), []
    parts = [
        p.cylinder(0.04, 0.1, segments=12).shifted(u * x, v * y, 0.05).with_slot(2)
        for u in (-0.75, 0.75)
        for v in (-0.75, 0.75)
    ]
    long, thin = rng.uniform(0.15, 0.45), rng.uniform(0.015, 0.03)
    for (a, b, low, high), is_open in zip(doors, opened, strict=True):
        width = abs(b - a)
        door = block((0, 0, low), (thick, width, high), 1, min(soft, thick * 0.45))
        mid = (
            (low + high) / 2
            if high - low > 0.9 * h
            else (low + 0.3 * (high - low) if low > 0.1 else high - 0.3 * (high - low))
        )
        reach = min(long, 0.35 * (high - low))
        door = union([door, *_grip(thick, width - 0.06, mid - reach, mid + reach, 0.05, thin, 2)])
        if not is_open:
            parts.append(swung(door, 0.0, a).shifted(x + 0.005, 0, 0))
        else:  # its hinge meets the body though that be rounded
            hinge = a - np.sign(a) * 0.6 * soft
            parts.append(swung(door, rng.uniform(0.6, 1.9), hinge).shifted(x - 0.3 * soft, 0, 0))
            left, right = min(a, b), max(a, b)
            inner.append(block((-x + 0.05, left + 0.05, low + 0.05), (x + 1, right - 0.05, high - 0.05), 3))
            for z in np.linspace(low, high, int(rng.integers(3, 6)))[1:-1]:
                parts.append(block((-x + 0.04, left + 0.04, z), (x - 0.04, right - 0.04, z + 0.02), 4))
                for v in rng.uniform(left + 0.12, right - 0.12, int(rng.integers(0, 4))):
                    tall = rng.uniform(0.06, 0.13)
                    parts.append(
                        p.cylinder(rng.uniform(0.04, 0.06), tall, segments=16)
                        .shifted(rng.uniform(-0.1, 0.4) * x, v, z + 0.015 + tall / 2)
                        .with_slot(5)
                    )
    return joined(rng, [difference(body, inner) if inner else body, *parts]).grounded()
