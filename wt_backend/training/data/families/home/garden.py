"""Tools of the garden: buckets, ladders, lawn mowers."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import solid_and_cavity
from wt_backend.training.data.families.transport.vehicles import wheel
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def bow(knots: list[tuple[float, float]], radius: float, flat: float = 1.0, samples: int = 24) -> Mesh:
    """Bent bar through knots of (x, z) in the plane y = 0."""
    return p.tube(p.spline(np.array([(x, 0, z) for x, z in knots]), samples), radius, 10, flat=flat)


def bucket(rng: Rng) -> Mesh:
    """Bucket or wooden pail, its bail up or down; empty or filled."""
    r, tall, foot = rng.uniform(0.3, 0.42), rng.uniform(0.5, 0.8), rng.uniform(0.65, 0.95)
    wood = rng.random() < 0.35
    outer = np.stack([r * np.linspace(foot, 1, 6), np.linspace(0, tall, 6)], 1)
    solid, cavity = solid_and_cavity(outer, 0.04 if wood else 0.022, 0.05, 40)

    def at(z: float) -> float:
        return float(np.interp(z, outer[:, 1], outer[:, 0]))

    parts = [solid]
    if wood:
        ring = p.regular_polygon(40)
        for z in (0.2 * tall, 0.75 * tall):
            parts.append(p.extrude([ring * (at(z) + 0.016)], 0.07).shifted(0, 0, z).with_slot(1))
        groove = p.rod((r * foot, 0, -0.1), (r, 0, tall + 0.1), 0.016, 5)
        cavity = union([cavity, *p.around(groove, int(rng.integers(10, 17)))])
        parts += [
            m.with_slot(0)
            for m in p.pair(block((-0.07, r - 0.045, tall - 0.1), (0.07, r, tall + 0.12), 0, 0.01))
        ]
    else:
        parts.append(p.torus(r, rng.uniform(0.016, 0.03), 40, 8).shifted(0, 0, tall - 0.01))
        for z in rng.uniform(0.2, 0.8, int(rng.integers(0, 3))) * tall:
            parts.append(p.torus(at(z) - 0.005, 0.016, 40, 8).shifted(0, 0, z))
        parts.append(p.cylinder(0.92 * r * foot, 0.03, segments=36).shifted(0, 0, -0.01))
    pail = difference(union(parts), [cavity.with_slot(2 * int(rng.random() < 0.2))])
    z = tall + (0.05 if wood else -0.07)
    knobs = [
        m.with_slot(1)
        for m in p.pair(p.cylinder(0.045, 0.09, segments=16).rotated(p.ALONG_Y).shifted(0, r - 0.01, z))
    ]
    u = np.linspace(0, np.pi, 26)
    arch = p.broadcast(0.0, (r + 0.025) * np.cos(u), (r + rng.uniform(0.02, 0.12)) * np.sin(u))
    swing = p.rotation((0, 1, 0), rng.choice([0.0, rng.uniform(-1, 1), 1.75]))
    bail = [p.tube(arch, 0.018, 8).with_slot(1)]
    if rng.random() < 0.6:
        bail.append(p.rod(arch[10], arch[15], 0.035, 10).with_slot(3))
    parts = [pail, *knobs, *(m.rotated(swing).shifted(0, 0, z) for m in bail)]
    if rng.random() < 0.3:
        level = tall * rng.uniform(0.4, 0.9)
        parts.append(p.cylinder(at(level) - 0.02, 0.05, segments=40).shifted(0, 0, level).with_slot(4))
    return joined(rng, parts).grounded()


def _flight(
    foot: np.ndarray, top: np.ndarray, wide: float, narrow: float, rungs: int, thick: float, treads: bool
) -> list[Mesh]:
    """Two rails from `foot` to `top` in the plane y = 0, with rungs or treads between them."""
    low, high = foot + np.array([0, wide, 0]), top + np.array([0, narrow, 0])
    parts = p.pair(p.rod(low, high, 1.25 * thick, 8 if treads else 12))
    for t in (np.arange(rungs) + 0.7) / (rungs + 0.4):
        x, y, z = low + t * (high - low)
        step = (
            block((x - 0.06, -y, z - 0.018), (x + 0.06, y, z + 0.018))
            if treads
            else p.rod((x, -y, z), (x, y, z), thick, 10)
        )
        parts.append(step.with_slot(1))
    return parts


def ladder(rng: Rng) -> Mesh:
    """Straight ladder, leaning or lying, or steps that stand on two pairs of legs; perhaps a platform."""
    tall, wide, thick = rng.uniform(1.0, 1.7), rng.uniform(0.16, 0.3), rng.uniform(0.02, 0.032)
    narrow, rungs, treads = wide * rng.uniform(0.55, 1.0), int(rng.integers(4, 11)), rng.random() < 0.4
    if rng.random() < 0.5:
        lean = np.array([rng.choice([0.0, rng.uniform(0.1, 0.9)]), 0, tall])
        mesh = joined(rng, _flight(np.zeros(3), lean, wide, narrow, rungs, thick, treads))
        return mesh if rng.random() < 0.75 else mesh.rotated(p.ALONG_X).grounded()
    tall, rungs, spread = 0.75 * tall, max(3, rungs - 3), rng.uniform(0.2, 0.4)
    top = np.array([0, 0, tall])
    parts = _flight(np.array([spread, 0, 0]), top, wide, narrow, rungs, thick, rng.random() < 0.7)
    back = _flight(
        np.array([-spread, 0, 0]), top, wide, narrow, rungs if rng.random() < 0.4 else 2, thick, False
    )
    parts += [m.with_slot(2 * int(rng.random() < 0.2)) for m in back]
    parts.append(block((-0.1, -narrow - 0.05, tall - 0.02), (0.1, narrow + 0.05, tall + 0.03), 1, 0.01))
    if rng.random() < 0.5:
        stay, z = 0.55 * spread, 0.45 * tall
        y = wide + 0.45 * (narrow - wide)
        parts += p.pair(p.rod((-stay, y, z), (stay, y, z), 0.014, 6).with_slot(3))
    return joined(rng, parts).grounded()


def lawnmower(rng: Rng) -> Mesh:
    """Lawn mower: motor on a deck, often with a grass bag, or a reel of blades pushed between two wheels."""
    y, r = rng.uniform(0.24, 0.36), rng.uniform(0.09, 0.15)
    back, up, thick = rng.uniform(0.7, 1.1), rng.uniform(0.6, 0.9), rng.uniform(0.018, 0.028)
    if rng.random() < 0.35:  # reel
        r = rng.uniform(0.15, 0.24)
        parts = p.pair(wheel(r, 0.07, rng.uniform(0.5, 0.8)).shifted(0, y, r))
        turn, blades = np.linspace(0, rng.uniform(0.8, 1.6), 12), int(rng.integers(4, 7))
        path = np.stack(
            [0.7 * r * np.cos(turn), 0.7 * r * np.sin(turn), np.linspace(-0.9 * y, 0.9 * y, 12)], 1
        )
        reel = [*p.around(p.tube(path, 0.03, 8, flat=0.55), blades), p.cylinder(0.022, 2 * y, segments=10)]
        reel += [p.cylinder(0.75 * r, 0.03, segments=20).shifted(0, 0, s * 0.88 * y) for s in (-1, 1)]
        parts += [m.rotated(p.ALONG_Y).shifted(0, 0, r).with_slot(1) for m in reel]
        parts.append(
            p.rod((-r - 0.03, -0.95 * y, 0.7 * r), (-r - 0.03, 0.95 * y, 0.7 * r), 0.05, 14).with_slot(4)
        )
        parts += p.pair(block((-r - 0.06, 0.86 * y, 0.5 * r), (0.4 * r, 0.92 * y, 1.3 * r)))
        root, fork = (
            (-0.4 * back, 0.5 * up),
            p.rod((-0.1, 0.86 * y, r), (-0.4 * back, 0.02, 0.5 * up), thick, 8),
        )
        parts += [m.with_slot(3) for m in p.pair(fork)]
        parts.append(p.rod((root[0] + 0.03, 0, root[1] - 0.03), (-back, 0, up), 1.2 * thick, 10).with_slot(3))
        parts.append(p.rod((-back, -0.8 * y, up), (-back, 0.8 * y, up), 1.4 * thick, 10).with_slot(2))
        return joined(rng, parts).grounded()
    x, tall, n = rng.uniform(0.32, 0.48), rng.uniform(0.1, 0.16), rng.uniform(0.4, 0.8)
    deck = p.extrude([_squircle(x, y, n)], tall, taper=0.88)
    parts = [deck.shifted(0, 0, 0.6 * r + tall / 2)]
    rear = r * rng.uniform(1.0, 1.6)
    parts += p.pair(wheel(r, 0.07).shifted(0.8 * x, y + 0.02, r)) + p.pair(
        wheel(rear, 0.07).shifted(-0.8 * x, y + 0.02, rear)
    )
    parts += [p.rod((u, -y, z), (u, y, z), 0.02, 8).with_slot(3) for u, z in ((0.8 * x, r), (-0.8 * x, rear))]
    top, size = 0.6 * r + tall, rng.uniform(0.13, 0.2)
    hood = rng.integers(3)
    if hood == 0:
        parts.append(p.cylinder(size, 0.2, 0.85 * size, 32).shifted(0.05, 0, top + 0.09).with_slot(1))
        parts.append(p.cylinder(0.6 * size, 0.06, segments=24).shifted(0.05, 0, top + 0.21).with_slot(3))
    elif hood == 1:
        parts.append(
            p.superquadric((0.75 * x, 0.8 * y, 0.22), rng.uniform(0.5, 1), 0.7)
            .shifted(0, 0, top - 0.02)
            .with_slot(1)
        )
    else:
        parts.append(block((-0.18, -size, top - 0.02), (0.2, size, top + 0.18), 1, 0.05))
        parts.append(p.cylinder(0.09, 0.1, segments=20).shifted(0, 0, top + 0.21).with_slot(3))
    bend = np.array(
        [
            (-0.5 * x, 0.8 * y, top - 0.04),
            (-0.75 * x - 0.25 * back, 0.8 * y, 0.6 * up),
            (-0.6 * x - 0.75 * back, 0.75 * y, up),
            (-0.6 * x - 0.8 * back, 0, up + 0.02),
        ]
    )
    bars = p.tube(p.spline(np.concatenate([bend, bend[-2::-1] * [1, -1, 1]]), 44), thick, 8)
    parts.append(bars.with_slot(3))
    if rng.random() < 0.5:
        long = rng.uniform(0.3, 0.5)
        bag = p.superquadric((long, 0.7 * y, 0.2), 0.5, 0.5, 10).rotated(p.rotation((0, 1, 0), 0.3))
        parts.append(bag.shifted(-x - 0.7 * long, 0, top + 0.18).with_slot(4))
    return joined(rng, parts).grounded()


def _squircle(x: float, y: float, n: float) -> np.ndarray:
    """(32, 2) superellipse of half axes x, y; boxy for a small n."""
    ring = p.regular_polygon(32)
    return np.sign(ring) * np.abs(ring) ** n * [x, y]
