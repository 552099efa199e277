"""Instruments to look far with, and globes."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import Knots, turned
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def optic(knots: Knots, glass: int = 1, slot: int = 0) -> Mesh:
    """Tube along +X through knots of (radius, x), a glass of its own slot sunk into either end."""
    (r, start), (s, end) = knots[0], knots[-1]
    dip = 0.25 * min(r, s)
    rear = [(0, start + dip), (0.8 * r, start + dip), (0.85 * r, start)]
    front = [(0.85 * s, end), (0.8 * s, end - dip), (0.4 * s, end - 0.6 * dip), (0, end - 0.5 * dip)]
    mesh = p.lathe([*rear, *knots, *front], 32)
    radius, z = np.hypot(*mesh.vertices[mesh.faces].mean(1).T[:2]), mesh.vertices[mesh.faces].mean(1)[:, 2]
    ends = ((z < start + 1.1 * dip) & (radius < 0.75 * r)) | ((z > end - 1.1 * dip) & (radius < 0.75 * s))
    mesh.slot[:] = np.where(ends, glass, slot)
    return mesh.rotated(p.ALONG_X)


def tripod(rng: Rng, top: float, slot: int) -> list[Mesh]:
    """Three legs from a hub at height `top` down to the ground, perhaps braced."""
    spread, thick = rng.uniform(0.3, 0.6) * top, rng.uniform(0.02, 0.035)
    legs = p.around(p.rod((0.03, 0, top), (spread, 0, 0), (1.2 * thick, thick), 10), 3, rng.uniform(0, 2))
    if rng.random() < 0.5:
        legs.append(p.torus(0.6 * spread, 0.016, 30, 6).shifted(0, 0, 0.41 * top))
    return [m.with_slot(slot) for m in (*legs, p.cylinder(0.07, 0.12).shifted(0, 0, top))]


def telescope(rng: Rng) -> Mesh:
    """Refractor on a tripod, large reflector in its rocking box, or a spyglass of several draws."""
    kind, r, long = rng.integers(4), rng.uniform(0.06, 0.12), rng.uniform(0.8, 1.4)
    up = p.rotation((0, 1, 0), -rng.uniform(0.0, 1.1))
    if kind == 0:  # spyglass
        count, knots, x = int(rng.integers(2, 5)), [(0.55 * r, 0.0), (0.55 * r, 0.04)], 0.04
        for i in range(count):
            s, step = r * (0.5 + 0.5 * i / (count - 1)), rng.uniform(0.2, 0.35)
            knots += [
                (s, x + 0.001),
                (s, x + step),
                (1.12 * s, x + step + 0.005),
                (1.12 * s, x + step + 0.05),
            ]
            x += step + 0.055
        body, rings = optic(knots), [k for k in knots if k[0] > 1.05 * r]
        parts = [
            body,
            turned([(1.2 * r, rings[0][1] - 0.15), (1.2 * r, x - 0.16)]).rotated(p.ALONG_X).with_slot(2),
        ]
        return joined(rng, parts).rotated(up if rng.random() < 0.4 else np.eye(3)).grounded()
    if kind == 1:  # reflector in a box on a turntable
        r, long = rng.uniform(0.18, 0.28), rng.uniform(0.8, 1.2)
        tube = p.lathe(
            [(0, -0.4), (r, -0.4), (r, long - 0.4), (0.92 * r, long - 0.4), (0.9 * r, -0.35), (0, -0.37)], 36
        )
        eye = turned([(0.05, r - 0.03), (0.05, r + 0.05), (0.035, r + 0.06), (0.035, r + 0.13)], 0, 16)
        tilt = p.rotation((0, 1, 0), rng.uniform(0.1, 1.2))
        pins = p.rod((0, -r - 0.08, 0), (0, r + 0.08, 0), 0.1, 24).with_slot(2)
        tube = difference(
            joined(rng, [tube, eye.rotated(p.ALONG_Y).shifted(0, 0, long - 0.55).with_slot(2)], 0),
            [p.cylinder(0.9 * r, 0.1).shifted(0, 0, long - 0.4)],
        )
        low = -0.45
        sides = p.pair(block((-0.6 * r - 0.05, r + 0.02, low), (0.6 * r + 0.05, r + 0.06, 0.06), 3))
        base = [
            block((-r, -r - 0.07, low - 0.03), (r, r + 0.07, low + 0.01), 3),
            p.cylinder(1.5 * r, 0.05, segments=40).shifted(0, 0, low - 0.07).with_slot(3),
        ]
        return joined(rng, [tube.rotated(tilt), pins, *sides, *base]).grounded()
    shade = 1.2 if kind == 2 else rng.uniform(1.0, 1.6)
    knots = [
        (0.3 * r, -0.2 * long),
        (0.3 * r, -0.08 * long),
        (0.6 * r, -0.07 * long),
        (0.6 * r, 0),
        (r, 0.02),
        (r, 0.75 * long),
    ]
    body = optic([*knots, (shade * r, 0.76 * long), (shade * r, long)])
    finder = optic([(0.02, 0.05), (0.025, 0.2), (0.035, 0.22), (0.035, 0.35)], 1, 2).shifted(
        0, 0.4 * r, 1.35 * r
    )
    parts = [body, finder, p.rod((0.2, 0.4 * r, 0), (0.2, 0.4 * r, 1.4 * r), 0.015).with_slot(2)]
    if rng.random() < 0.6:  # the eyepiece looks up
        parts.append(
            turned([(0.03, 0), (0.03, 0.13), (0.045, 0.14), (0.045, 0.2)], 0, 16)
            .shifted(-0.17 * long, 0, 0)
            .with_slot(2)
        )
    parts.append(p.torus(1.08 * r, 0.02, 32, 8).rotated(p.ALONG_X).shifted(0.33 * long, 0, 0).with_slot(2))
    top = rng.uniform(0.6, 1.1)
    held = [m.shifted(-0.33 * long, 0, 0).rotated(up).shifted(0, 0, top + r + 0.05) for m in parts]
    fork = block((-0.05, -0.05, top), (0.05, 0.05, top + 0.6 * r + 0.05), 2, 0.01)
    if rng.random() < 0.4:  # counterweight
        end = np.array([-0.1, 0.35, top - 0.2])
        held += [
            p.rod((0, 0, top), end, 0.02).with_slot(2),
            p.cylinder(0.07, 0.1).rotated(p.towards(end - [0, 0, top])).shifted(*end).with_slot(2),
        ]
    return joined(rng, [*held, fork, *tripod(rng, top, 3)]).grounded()


def binoculars(rng: Rng) -> Mesh:
    """Field glasses with prisms, straight ones, or opera glasses with a handle; lenses to +X."""
    kind, r, long = rng.integers(3), rng.uniform(0.1, 0.19), rng.uniform(0.35, 0.7)
    gap, small, off = rng.uniform(0.13, 0.17), rng.uniform(0.06, 0.09), 0.0
    eye = [(1.1 * small, -0.28), (1.1 * small, -0.2), (0.8 * small, -0.19), (0.8 * small, -0.05)]
    parts: list[Mesh] = []
    if kind == 0:  # prisms
        off = rng.uniform(0.08, 0.16)
        front = optic(
            [
                (0.75 * r, -0.05),
                (0.75 * r, 0.15),
                (r, 0.25 + 0.3 * long),
                (1.06 * r, 0.26 + 0.3 * long),
                (1.06 * r, 0.3 + 0.4 * long),
            ]
        )
        case = block((-0.09, gap - 1.25 * small, -0.11), (0.12, gap + off + 0.9 * r, 0.11), 2, 0.06)
        parts = [
            m
            for part in (optic([*eye, (small, 0)]).shifted(0, gap, 0), front.shifted(0, gap + off, 0), case)
            for m in p.pair(part)
        ]
    else:
        tube = [*eye, (small, 0), (r, rng.uniform(0.1, 0.8) * long), (r, long)]
        gap = max(gap, r + 0.015)
        parts = p.pair(optic(tube).shifted(0, gap, 0))
        grip = turned([(1.08 * small, 0.02), (1.04 * r, 0.48 * long)], 0, 28).rotated(p.ALONG_X)
        parts += p.pair(grip.shifted(0, gap, 0).with_slot(2)) if kind == 1 else []
    for x in (-0.03, 0.5 * long) if kind else (-0.06, 0.08):
        parts.append(block((x, -gap, -0.02), (x + 0.06, gap, 0.035), 3, 0.01))
    wheel = p.cylinder(0.045, rng.uniform(0.08, 0.15), segments=24).rotated(p.ALONG_X)
    parts += [
        p.rod((-0.12, 0, 0.01), (0.5 * long, 0, 0.01), 0.025).with_slot(3),
        wheel.shifted(-0.1, 0, 0.01).with_slot(3),
    ]
    if kind == 2:
        parts.append(
            p.rod((0.1, gap, 0), (0.1, gap + 0.1, -rng.uniform(0.4, 0.8)), (0.025, 0.04)).with_slot(3)
        )
    elif rng.random() < 0.4:
        wide = gap + off + 0.7 * r
        strap = p.spline(
            [
                (0, wide, 0),
                (-0.3, wide + 0.15, -0.08),
                (-0.6, 0.1, -0.1),
                (-0.3, -wide - 0.15, -0.08),
                (0, -wide, 0),
            ],
            36,
        )
        parts.append(p.tube(strap, 0.018, 8).with_slot(4))
    turn = p.rotation((0, 1, 0), np.pi / 2) if rng.random() < 0.25 else np.eye(3)  # standing on its lenses
    return joined(rng, parts).rotated(turn).grounded()


def _planet(rng: Rng, r: float) -> Mesh:
    """Ball with land and sea, or bands."""
    ball = p.sphere(r, 14)
    at = ball.vertices[ball.faces].mean(1) / r
    waves = sum(np.sin(at @ rng.normal(0, 2.6, 3) + rng.uniform(0, 6.3)) for _ in range(5))
    ball.slot[:] = (waves > rng.uniform(0, 1.0)) if rng.random() < 0.8 else np.floor(6 * at[:, 2]) % 2
    return ball


def globe(rng: Rng) -> Mesh:
    """Globe on a desk stand, in a standing frame with its horizon, or an armillary sphere of rings."""
    r, kind, axis = rng.uniform(0.3, 0.42), rng.integers(3), p.rotation((0, 1, 0), rng.uniform(0.0, 0.6))
    band, out = rng.uniform(0.018, 0.03), r + rng.uniform(0.05, 0.08)
    if kind == 2:  # armillary sphere
        ring = p.torus(out, band, 48, 8)
        parts = [
            ring.rotated(p.ALONG_Y),
            ring,
            p.torus(0.9 * out, band, 48, 8).rotated(p.rotation((1, 0, 0), 0.41)),
        ]
        parts += [
            p.torus(0.9 * out, band, 48, 8).rotated(p.ALONG_X),
            p.sphere(rng.uniform(0.08, 0.2) * r + 0.02).with_slot(1),
        ]
        parts += (
            [p.torus(0.62 * out, band, 36, 8).shifted(0, 0, s * 0.62 * out) for s in (-1, 1)]
            if rng.random() < 0.6
            else []
        )
        parts = [m.rotated(axis) for m in parts]
    else:
        u = np.linspace(-1.66, 1.66, 40) if rng.random() < 0.5 or kind else np.linspace(0, 2 * np.pi, 61)[:-1]
        arc = p.tube(
            out * p.broadcast(-np.cos(u), 0.0, np.sin(u)),
            band,
            8,
            closed=len(u) == 60,
            flat=0.6,
        )
        parts = [
            _planet(rng, r),
            arc.with_slot(2),
            p.rod((0, 0, -out - 0.02), (0, 0, out + 0.03), 0.018).with_slot(2),
        ]
        parts = [m.rotated(axis) for m in parts]
    rod = p.rod((0, 0, -out * np.cos(0.6) if kind == 0 else -out), (0, 0, -out - 0.1), 0.03).with_slot(2)
    if kind == 1:  # legs under the horizon ring
        legs, tall, n = rng.uniform(0.025, 0.04), rng.uniform(0.35, 0.9), int(rng.integers(3, 5))
        hoop = p.extrude(
            [p.regular_polygon(48, out + 0.11), p.regular_polygon(48, out + 0.035)], 0.045
        ).with_slot(3)
        leg = turned(
            [(0.7 * legs, -out - tall), (1.2 * legs, -out - 0.5 * tall), (0.8 * legs, -0.5 * out), (legs, 0)],
            20,
            14,
        )
        parts += [hoop, *(m.with_slot(3) for m in p.around(leg.shifted(out + 0.075, 0, 0), n))]
        cross = -out - 0.35 * tall
        parts += [m.with_slot(3) for m in p.around(p.rod((0, 0, cross), (out + 0.07, 0, cross), 0.022), n)]
        parts.append(p.rod((0, 0, cross), (0, 0, -0.98 * out), 0.03).with_slot(3))
        return joined(rng, parts).grounded()
    foot, stem = rng.uniform(0.2, 0.34), rng.uniform(0.05, 0.4)
    knots = [
        (foot, -stem),
        (0.9 * foot, 0.035 - stem),
        (0.25 * foot, 0.1 - stem),
        (0.04, 0.14),
        (0.045, 0.17),
    ]
    return joined(rng, [*parts, rod, turned(knots).shifted(0, 0, -out - 0.15).with_slot(3)]).grounded()
