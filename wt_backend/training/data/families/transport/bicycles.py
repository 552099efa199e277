"""Two-wheelers: bicycles, motorbikes, scooters."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.transport.vehicles import spoked_wheel, wheel
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def two_wheeler(rng: Rng) -> Mesh:
    """Bicycle, penny-farthing, tricycle, motorbike, moped or kick scooter."""
    kind = rng.random()
    if kind < 0.5:
        return joined(rng, _bicycle(rng))
    return joined(rng, _motorbike(rng) if kind < 0.8 else _scooter(rng))


def _bar_ends(rng: Rng, top: np.ndarray, width: float, thick: float) -> list[Mesh]:
    """Handlebar across `top`: straight, swept back, raised or dropped; with grips."""
    back, rise = rng.uniform(-0.05, 0.25), rng.uniform(-0.2, 0.2)
    ends = [
        (-back, -1.0, rise),
        (-0.2 * back, -0.7, rise * 0.9),
        (0, 0, 0),
        (-0.2 * back, 0.7, rise * 0.9),
        (-back, 1.0, rise),
    ]
    path = top + np.array(ends) * [1, width, 1]
    return [p.tube(p.spline(path, 18), thick, 8).with_slot(3)]


def _bicycle(rng: Rng) -> list[Mesh]:
    r, base, t = rng.uniform(0.27, 0.37), rng.uniform(0.85, 1.1), rng.uniform(0.018, 0.032)
    front = rng.uniform(1.3, 1.9) * r if (penny := rng.random() < 0.12) else r * rng.uniform(0.9, 1.0)
    rear = 0.45 * r if penny else r
    a, f = np.array([-base / 2, 0, rear]), np.array([base / 2, 0, front])
    bracket = np.array([-0.06 * base, 0, 0.85 * rear])
    seat = bracket + [-rng.uniform(0.1, 0.2), 0, rng.uniform(0.4, 0.6)]
    head = f + [-rng.uniform(0.1, 0.25), 0, rng.uniform(0.36, 0.5) if not penny else front + 0.12]
    low = head + 0.25 * (f - head)
    step = rng.random() < 0.3  # a low frame to step through
    frame = [(a, bracket), (a, seat), (bracket, seat), (bracket, low), (head, f)]
    if not penny:
        frame.append(
            ((bracket + 2 * seat) / 3 if not step else (2 * bracket + seat) / 3, low if step else head)
        )
    else:
        seat = head + [-0.25, 0, 0.02]
        frame = [(a, head + [-0.1, 0, 0]), (head, f), (seat, head), (head + [-0.1, 0, 0], head)]
    parts = [p.rod(u, v, t, 8) for u, v in frame]
    top = head + [-0.03, 0, rng.uniform(0.06, 0.16)]
    parts += [p.rod(head, top, t, 8), *_bar_ends(rng, top, rng.uniform(0.2, 0.3), 0.9 * t)]
    post = seat + [-0.02, 0, rng.uniform(0.03, 0.15)]
    parts += [p.rod(seat, post, t, 8), p.sphere(1, 6).scaled((0.14, 0.07, 0.04)).shifted(*post).with_slot(2)]
    spokes, fat = int(rng.choice([5, 6, 8])), rng.uniform(0.02, 0.04)
    parts += [m.shifted(*f) for m in spoked_wheel(front, fat, spokes)]
    across = (-0.22, 0.22) if (trike := rng.random() < 0.15) else (0.0,)
    parts += [m.shifted(*a).shifted(0, y, 0) for y in across for m in spoked_wheel(rear, fat, spokes)]
    if trike:
        parts.append(p.rod(a - [0, 0.25, 0], a + [0, 0.25, 0], t, 8))
    pedals = f if penny else bracket
    for s in (-1, 1):
        foot = pedals + [s * 0.13, s * 0.06, s * 0.06]
        parts += [
            p.rod(pedals, foot, 0.9 * t, 8).with_slot(3),
            block(tuple(foot - 0.035), tuple(foot + [0.035, 0.035, 0]), 2),
        ]
    if not penny and rng.random() < 0.3:
        parts.append(
            difference(p.cylinder(0.12, 0.2, 0.16), [p.cylinder(0.1, 0.2, 0.14).shifted(0, 0, 0.03)])
            .shifted(*(top + [0.17, 0, -0.06]))
            .with_slot(1)
        )
    if not penny and rng.random() < 0.3:
        parts.append(
            block(
                (-base / 2 - 0.2, -0.07, rear + r * 0.25 + 0.12),
                (seat[0] + 0.02, 0.07, rear + r * 0.25 + 0.16),
                1,
            )
        )
    return parts


def _motorbike(rng: Rng) -> list[Mesh]:
    r, base, fat = rng.uniform(0.24, 0.33), rng.uniform(0.9, 1.35), rng.uniform(0.1, 0.2)
    a, f, hub = np.array([-base / 2, 0, r]), np.array([base / 2, 0, r]), rng.uniform(0.5, 0.75)
    head = f + [-rng.uniform(0.15, 0.4), 0, rng.uniform(0.35, 0.5)]
    parts = [wheel(r, fat, hub).shifted(*a), wheel(r * rng.uniform(0.9, 1.1), 0.8 * fat, hub).shifted(*f)]
    parts += p.pair(p.rod(f + [0, 0.6 * fat, 0], head + [0, 0.06, 0], 0.03, 8).with_slot(3))
    parts += p.pair(p.rod(a + [0, 0.6 * fat, 0], (-0.1, 0.08, r), 0.035, 8).with_slot(3))
    parts.append(
        p.superquadric((0.24, 0.14, 0.19), 0.7, 0.8, 6).shifted(0, 0, r + 0.02).with_slot(3)
    )  # engine
    tank = p.superquadric(
        (rng.uniform(0.2, 0.3), rng.uniform(0.1, 0.15), rng.uniform(0.1, 0.16)), 0.8, 1.1, 10
    )
    parts += [tank.shifted(head[0] - 0.28, 0, head[2] - 0.1), p.rod(head, (-0.1, 0, r + 0.1), 0.05, 8)]
    low = head[2] - rng.uniform(0.15, 0.3)
    tail = np.array(
        [(head[0] - 0.3, low), (-0.45 * base, low + 0.02), (-0.65 * base, low + rng.uniform(0.05, 0.25))]
    )
    parts.append(
        p.tube(p.spline(np.insert(tail, 1, 0, 1), 12), np.linspace(0.1, 0.06, 12), 12, flat=1.5).with_slot(2)
    )
    parts += [*_bar_ends(rng, head + [-0.05, 0, 0.06], rng.uniform(0.28, 0.4), 0.025)]
    parts.append(p.sphere(0.1, 6).scaled((0.8, 1, 1)).shifted(*(head + [0.08, 0, -0.03])).with_slot(1))
    exhaust = np.array(
        [(0.15, 0.12, r), (0.05, 0.16, 0.6 * r), (-0.3, 0.17, 0.7 * r), (-0.7 * base, 0.18, 0.9 * r)]
    )
    parts += [p.tube(p.spline(exhaust, 16), np.linspace(0.03, 0.06, 16), 10).with_slot(3)]
    if rng.random() < 0.4:  # fairing with a screen
        nose = p.superquadric((0.26, 0.17, 0.24), 1.0, 1.0, 10).rotated(p.rotation((0, 1, 0), 0.5))
        parts.append(nose.shifted(*(head + [0.02, 0, -0.02])))
    parts += [p.rod(a, (-0.25 * base, 0, low), 0.03, 8)]
    return parts


def _scooter(rng: Rng) -> list[Mesh]:
    """Moped with a leg shield or kick scooter with a bare deck."""
    moped = rng.random() < 0.5
    r, base = (rng.uniform(0.16, 0.22) if moped else rng.uniform(0.08, 0.16)), rng.uniform(0.75, 1.0)
    x, high = base / 2, rng.uniform(0.75, 1.0)
    top, fat = np.array([x - rng.uniform(0.1, 0.22), 0, high]), rng.uniform(0.06, 0.1)
    parts = [wheel(r, fat).shifted(u, 0, r) for u in (-x, x)]
    parts += [p.rod((x, 0, r), top, 0.03, 8).with_slot(3), p.rod((x, -0.06, r), (x, 0.06, r), 0.03, 8)]
    parts += _bar_ends(rng, top, rng.uniform(0.18, 0.3), 0.025)
    deck, wide = (r + 0.02 if moped else max(0.6 * r, 0.05)), rng.uniform(0.07, 0.12) * (1.4 if moped else 1)
    parts.append(block((-x, -0.6 * wide, deck), (0.75 * x, wide * 0.6, deck + 0.045), 0, 0.02))
    parts.append(p.rod((0.7 * x, 0, deck + 0.02), top + 0.6 * (np.array([x, 0, r]) - top), 0.035, 8))
    if moped:
        shield = p.upright(
            [
                np.array(
                    [(0.6 * x, deck), (0.7 * x, deck), (top[0] + 0.06, 0.9 * high), (top[0], 0.92 * high)]
                )
            ],
            3 * wide,
        )
        body = p.superquadric((0.36, 1.5 * wide, 0.17), 0.8, 0.9, 10).shifted(-0.75 * x, 0, deck + 0.24)
        seat = p.rounded_box((0.5, 2 * wide, 0.09), 0.04).shifted(-0.7 * x, 0, deck + 0.42)
        lamp = p.sphere(0.08, 6).shifted(*(top + [0.07, 0, 0])).with_slot(3)
        guard = p.sphere(1, 6).scaled((r * 1.15, 0.08, r * 0.9)).shifted(x, 0, 1.25 * r)
        parts += [
            shield,
            body,
            seat.with_slot(1),
            p.rod((-0.7 * x, 0, deck), (-0.7 * x, 0, deck + 0.42), 0.08),
            lamp,
            guard,
        ]
    return parts
