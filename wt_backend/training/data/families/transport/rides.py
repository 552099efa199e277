"""What people ride: kayaks, racing cars and sleighs, facing +X."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.transport.craft import loft
from wt_backend.training.data.families.transport.vehicles import spoked_wheel, wheel
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _paddle(rng: Rng) -> Mesh:
    """Paddle along Y with one blade or two."""
    reach, long, wide = rng.uniform(0.35, 0.6), rng.uniform(0.18, 0.3), rng.uniform(0.06, 0.1)
    blade = p.extrude([p.regular_polygon(20) * [wide, long / 2] + [0, reach + 0.4 * long]], 0.028)
    ends = (
        p.pair(blade)
        if rng.random() < 0.6
        else [blade, p.rod((-0.06, -reach, 0), (0.06, -reach, 0), 0.024, 8)]
    )
    return union([p.rod((0, -reach, 0), (0, reach, 0), 0.02, 10), *(m.with_slot(4) for m in ends)])


def kayak(rng: Rng) -> Mesh:
    """Decked kayak with its cockpits, or an open canoe with thwarts; perhaps a paddle."""
    u, full, sharp = np.linspace(-1, 1, 34), rng.uniform(1.6, 3.0), rng.uniform(0.6, 1.1)
    half = rng.uniform(0.13, 0.24) * (1 - np.abs(u) ** full) ** sharp + 0.012
    depth, rocker = rng.uniform(0.1, 0.2), rng.uniform(0.0, 0.12)
    keel, parts = rocker * np.abs(u) ** 3, []
    if rng.random() < 0.5:  # kayak
        deck = keel + depth * (0.9 - 0.35 * np.abs(u)) + 0.02
        hull = loft(u, half, keel, deck, rng.uniform(0.75, 1.0))
        hull.slot[hull.vertices[hull.faces].mean(1)[:, 2] > 0.6 * depth] = rng.integers(2)
        holes = [(-0.1, rng.uniform(0.18, 0.28))] if rng.random() < 0.7 else [(-0.35, 0.17), (0.25, 0.17)]
        cutters = []
        for at, long in holes:
            wide, top = 0.72 * float(np.interp(at, u, half)), float(np.interp(at, u, deck))
            cutters.append(
                p.superquadric((long, wide, 0.8 * depth), 0.5, 0.9, 10).shifted(at, 0, top).with_slot(2)
            )
            collar = p.torus(1.0, 0.09, 32, 8).scaled((long, wide, 0.25)).shifted(at, 0, top - 0.01)
            parts += [
                collar.with_slot(3),
                block(
                    (at - 0.8 * long, -0.6 * wide, 0.3 * depth),
                    (at - 0.6 * long, 0.6 * wide, top + 0.04),
                    3,
                    0.01,
                ),
            ]
        hull, crown = difference(hull, cutters), depth + 0.03
    else:
        sheer = keel + depth + rng.uniform(0.02, 0.16) * np.abs(u) ** rng.uniform(2, 5)
        outer = loft(u, half, keel, 2 * sheer - keel, 0.8)
        inner = loft(0.97 * u, np.maximum(half - 0.022, 0.004), keel + 0.03, 2 * sheer - keel, 0.8)
        above = np.concatenate([np.stack([1.1 * u, sheer], 1), [(1.1, 3), (-1.1, 3)]])
        hull, crown = difference(outer, [inner.with_slot(1), p.upright([above], 2)]), depth
        for at in rng.choice([-0.6, -0.3, 0.0, 0.3, 0.6], int(rng.integers(2, 5)), replace=False):
            wide = float(np.interp(at, u, half)) - 0.012
            parts.append(block((at - 0.04, -wide, 0.7 * depth), (at + 0.04, wide, 0.7 * depth + 0.03), 3))
        rail = np.stack([u, half - 0.01, sheer], 1)
        parts += [m.with_slot(3) for m in p.pair(p.tube(rail, 0.016, 6))]
    if rng.random() < 0.65:
        turn = p.rotation((0, 0, 1), rng.normal(0, 0.6))
        parts.append(_paddle(rng).rotated(turn).shifted(rng.uniform(0, 0.35), 0, crown + 0.02).with_slot(4))
    return joined(rng, [hull, *parts])


def _axle(rng: Rng, x: float, y: float, r: float, wide: float, body: float, spoked: bool) -> list[Mesh]:
    """Two wheels at (x, ±y), carried by wishbones from half a body's width."""
    one = [m.scaled((1, 1.4, 1)) for m in spoked_wheel(r, 0.035, 10)] if spoked else [wheel(r, wide)]
    arms = [p.rod((x + s, 0.5 * body, r + 0.04), (x, y, r), 0.017, 6) for s in (-0.14, 0.1)]
    return [side for m in one for side in p.pair(m.shifted(x, y, r))] + [
        side.with_slot(3) for m in arms for side in p.pair(m)
    ]


def racing_car(rng: Rng) -> Mesh:
    """Open-wheeled racing car: winged with side pods and a hoop, or a cigar of old on wire wheels."""
    old, r, y = rng.random() < 0.35, rng.uniform(0.15, 0.21), rng.uniform(0.34, 0.42)
    x = np.array([-0.95, -0.7, -0.4, -0.15, 0.1, 0.35, 0.65, 0.95])
    fat = rng.uniform(0.85, 1.2)
    if old:
        half = np.array([0.02, 0.1, 0.16, 0.17, 0.17, 0.16, 0.14, 0.1]) * fat
        high = np.array([0.2, 0.34, 0.42, 0.42, 0.4, 0.39, 0.36, 0.3])
        low = 0.12 + 0.03 * np.abs(x)
    else:
        half = np.array([0.06, 0.09, 0.12, 0.15, 0.16, 0.13, 0.08, 0.045]) * fat
        high = np.array([0.22, 0.3, 0.42, rng.uniform(0.42, 0.56), 0.36, 0.33, 0.27, rng.uniform(0.14, 0.24)])
        low = np.array([0.12, 0.08, 0.06, 0.06, 0.06, 0.07, 0.1, 0.1])
    u = np.linspace(-0.95, 0.95, 40)
    half, low, high = (np.interp(u, *p.spline(np.stack([x, v], 1), 200).T) for v in (half, low, high))
    body = loft(u, half, low, high, rng.uniform(0.6, 1.0))
    seat = 0.12
    top = float(np.interp(seat, u, high))
    parts = [
        difference(
            body, [p.superquadric((0.15, 0.1 * fat, 0.12), 0.6, 0.8, 10).shifted(seat, 0, top).with_slot(1)]
        )
    ]
    if rng.random() < 0.75:
        parts.append(p.sphere(0.075, 10).shifted(seat - 0.05, 0, top + 0.03).with_slot(4))
    front, rear = rng.uniform(0.55, 0.68), -rng.uniform(0.55, 0.68)
    big = r * rng.uniform(1.0, 1.2)
    parts += _axle(rng, front, y, r, rng.uniform(0.13, 0.18), 0.12, old) + _axle(
        rng, rear, y, big, rng.uniform(0.16, 0.24), 0.12, old
    )
    if old:
        parts.append(block((0.27, -0.1, top - 0.05), (0.29, 0.1, top + 0.08), 4))
        pipe = p.spline(
            np.array([(0.5, 0.1, 0.3), (0.45, 0.2, 0.3), (0.2, 0.21, 0.28), (-0.8, 0.2, 0.24)]), 20
        )
        parts += [m.with_slot(3) for m in p.pair(p.tube(pipe, 0.025, 8))[: int(rng.integers(1, 3))]]
        return joined(rng, parts).grounded()
    tall, deep = rng.uniform(0.14, 0.28), rng.uniform(0.12, 0.2)
    pod = loft(
        np.linspace(-0.6, 0.15, 14),
        deep * (1 - np.linspace(-1, 0.75, 14) ** 4) + 0.02,
        np.full(14, 0.06),
        0.06 + tall * np.linspace(0.7, 1, 14),
        0.6,
    )
    parts += p.pair(pod.shifted(0, 0.2, 0))
    span, chord = rng.uniform(0.32, 0.45), rng.uniform(0.1, 0.18)
    for at, z, wide, flaps in (
        (1.0, 0.08, span, 1),
        (-0.92, rng.uniform(0.42, 0.58), 0.3, int(rng.integers(1, 3))),
    ):
        for i in range(flaps):
            slope = p.rotation((0, 1, 0), 0.15 + 0.25 * i)
            plane = p.box((chord, 2 * wide, 0.024)).rotated(slope)
            parts.append(plane.shifted(at - 0.8 * chord * i, 0, z + 0.06 * i).with_slot(1))
        plate = block(
            (at - 0.8 * chord, wide - 0.01, z - 0.05), (at + 0.6 * chord, wide + 0.015, z + 0.08), 1
        )
        parts += p.pair(plate)
        parts += p.pair(p.rod((at + 0.03, 0.04, z), (0.85 * at, 0.04, 0.2), 0.02, 8).with_slot(3))
    if rng.random() < 0.5:  # hoop round the cockpit
        hoop = [(-0.06, 0.13, 0), (0.1, 0.12, 0.08), (0.2, 0, 0.09), (0.1, -0.12, 0.08), (-0.06, -0.13, 0)]
        path = p.spline(np.array(hoop), 20) + np.array([seat, 0, top])
        parts += [
            p.tube(path, 0.018, 8).with_slot(3),
            p.rod((seat + 0.2, 0, top + 0.09), (seat + 0.25, 0, top - 0.05), 0.018, 6).with_slot(3),
        ]
    return joined(rng, parts).grounded()


def sleigh(rng: Rng) -> Mesh:
    """Sleigh on curled runners with a deep curved tub, or a flat sledge of slats."""
    slats = rng.random() < 0.45
    x, y, up = rng.uniform(0.5, 0.8), rng.uniform(0.2, 0.3), rng.uniform(0.14, 0.3)
    curl, thick = rng.uniform(0.1, 0.22), rng.uniform(0.02, 0.035)
    angle = np.linspace(-np.pi / 2, rng.uniform(0.3, 1.3) * np.pi, 22)
    ring = curl * np.linspace(1, 0.55, 22)
    bow = np.stack([x + ring * np.cos(angle), curl + ring * np.sin(angle)], 1)
    path = np.concatenate([[(-1.15 * x, 0.05), (-x, 0)], bow])
    runner = p.tube(p.broadcast(path[:, 0], y, path[:, 1]), thick, 10, flat=rng.uniform(0.6, 1.4))
    parts = [runner.with_slot(1)]
    for at in np.linspace(-0.75, 0.7, int(rng.integers(2, 4))) * x:
        parts.append(p.rod((at, y, 0), (at, 0.8 * y, up + 0.03), thick * 0.8, 8).with_slot(1))
    parts = [side for m in parts for side in p.pair(m)]
    if slats:
        count = int(rng.integers(3, 8))
        gap = 2.2 * y / count
        slat = p.rounded_box((2 * x, 0.72 * gap, 0.035), 0.01)
        parts += [slat.shifted(0, (i - (count - 1) / 2) * gap, up + 0.03) for i in range(count)]
        parts += [
            block((at - 0.03, -1.1 * y, up - 0.03), (at + 0.03, 1.1 * y, up + 0.02), 1)
            for at in (-0.75 * x, 0.7 * x)
        ]
        if rng.random() < 0.6:  # rope
            rope = [
                (x, -y, 2 * curl - 0.03),
                (1.4 * x, -0.5 * y, curl),
                (1.6 * x, 0, 0.05),
                (1.4 * x, 0.5 * y, curl),
                (x, y, 2 * curl - 0.03),
            ]
            parts.append(p.tube(p.spline(np.array(rope), 24), 0.016, 8).with_slot(2))
        if rng.random() < 0.4:  # a back
            back = [(-0.95 * x, s * y, up) for s in (-1, 1)] + [(-1.1 * x, s * y, up + 0.35) for s in (1, -1)]
            parts.append(
                p.tube(p.spline(np.array([back[0], back[3], back[2], back[1]]), 20), 0.022, 8).with_slot(1)
            )
        return joined(rng, parts).grounded()
    tall, dash, wide = rng.uniform(0.35, 0.65), rng.uniform(0.2, 0.5), 1.05 * y
    dip = up + rng.uniform(0.14, 0.24)
    knots = [
        (-0.9 * x, up),
        (0.6 * x, up),
        (x, up + 0.5 * dash),
        (1.15 * x, up + dash),
        (0.95 * x, up + dash * 0.95),
        (0.6 * x, dip),
        (-0.3 * x, dip),
        (-0.75 * x, up + 0.8 * tall),
        (-1.15 * x, up + tall),
        (-1.1 * x, up + 0.4 * tall),
    ]
    tub = p.upright([p.spline(np.array(knots), 60, closed=True)], 2 * wide)
    room = [
        (-0.8 * x, up + 0.07),
        (0.55 * x, up + 0.07),
        (0.98 * x, up + dash + 0.2),
        (0.9 * x, 3),
        (-x, 3),
        (-x, up + tall),
    ]
    parts.append(difference(tub, [p.upright([np.array(room)], 2 * wide - 0.07).with_slot(2)]))
    parts.append(block((-0.85 * x, 0.03 - wide, up + 0.03), (-0.3 * x, wide - 0.03, up + 0.15), 2, 0.03))
    if rng.random() < 0.35:  # a full sack
        sack = p.superquadric((0.2, 0.8 * wide, 0.25), 0.8, 1.0, 10).shifted(-0.6 * x, 0, up + 0.35)
        parts.append(sack.with_slot(3))
    return joined(rng, parts).grounded()
