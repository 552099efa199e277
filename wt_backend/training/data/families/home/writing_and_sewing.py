"""Machines of the work table: sewing machines and typewriters."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.appliances import axle, dial
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def sewing_machine(rng: Rng) -> Mesh:
    """Sewing machine along Y, curved and old or boxy, with hand wheel and needle; also on a treadle table."""
    y, h, thick, old = (
        rng.uniform(0.4, 0.55),
        rng.uniform(0.5, 0.68),
        rng.uniform(0.1, 0.15),
        rng.random() < 0.55,
    )
    arm, head = rng.uniform(0.14, 0.2), rng.uniform(0.13, 0.2)
    post = y - rng.uniform(0.18, 0.26)
    jaw = rng.uniform(0.24, 0.32)
    shape = [
        (y, 0),
        (y - 0.01, 0.5 * h),
        (y, h),
        (0, h - rng.uniform(0, 0.05)),
        (-y, h),
        (-y, jaw),
        (head - y, jaw),
    ]
    shape += [(head - y + 0.01, h - arm), (post - 0.03, h - arm), (post, 0.15), (post - 0.02, 0)]
    if old:
        shape = [
            (y - 0.02, 0),
            (y - 0.06, 0.4 * h),
            (y, 0.8 * h),
            (y - 0.12, h),
            (0, 0.93 * h),
            (0.1 - y, h),
            (-y, 0.93 * h),
            (-y, jaw),
        ]
        shape += [
            (head - y, jaw),
            (head - y + 0.04, h - arm),
            (0, h - arm - 0.04),
            (post, 0.5 * h),
            (post - 0.03, 0),
        ]
        knots = np.array(shape)
        shape = list(np.concatenate([p.spline(knots[:8], 40), p.spline(knots[8:], 30)]))
    body = p.facing([np.array(shape)], 2 * thick)
    if old:  # slender in the middle of the arm
        v = body.vertices.copy()
        v[:, 0] *= 1 - 0.45 * np.exp(-(((v[:, 1] - 0.05) / 0.3) ** 2))
        body = body.moved(v)
    parts = [
        body.with_slot(0),
        block((-thick - 0.06, -y - 0.03, -0.07), (thick + 0.06, y + 0.03, 0.03), int(rng.integers(2))),
    ]
    r, at, needle = rng.uniform(0.1, 0.17), 0.74 * h, head / 2 - y
    wheel = p.torus(r, 0.025, 28, 8) if old else p.cylinder(r, 0.07)
    parts.append(wheel.rotated(p.ALONG_Y).shifted(0, y + 0.05, at).with_slot(2))
    spokes = [
        p.rod((0, 0, 0), (r, 0, 0), 0.016, 6).rotated(p.rotation((0, 0, 1), a)) for a in np.arange(5) * 1.257
    ]
    parts += [m.rotated(p.ALONG_Y).shifted(0, y + 0.05, at).with_slot(2) for m in spokes if old]
    parts.append(axle(0.035, 0.2, 0, y + 0.02, at, 2))
    parts += [
        p.rod((0, needle, jaw + 0.03), (0, needle, 0.1), 0.022, 10).with_slot(3),
        p.rod((0, needle, 0.12), (0, needle, 0.02), 0.009, 6).with_slot(3),
    ]
    parts += [
        p.rod((0, needle + 0.05, jaw + 0.03), (0, needle + 0.05, 0.06), 0.014, 8).with_slot(3),
        block((-0.02, needle - 0.03, 0.045), (0.07, needle + 0.07, 0.065), 3),
    ]
    for v in rng.uniform(0.0, 0.7, int(rng.integers(1, 3))) * y:
        parts += [
            p.rod((0, v, h - 0.1), (0, v, h + 0.14), 0.01, 6).with_slot(3),
            p.cylinder(0.04, 0.1, 0.03, 16).shifted(0, v, h + 0.06).with_slot(4),
        ]
    parts.append(dial(0.04, 0.06, 0.01 + thick, -y + 0.5 * head, h - 0.1, 3))
    if rng.random() < 0.5:
        parts += [
            dial(rng.uniform(0.03, 0.06), 0.1, 0.8 * thick, v * y, h - 0.1 if v < 0.5 else 0.5 * h, 3)
            for v in (0.3, 0.75)
        ]
    if rng.random() < 0.3:
        parts += _treadle(rng, y, rng.uniform(0.7, 0.95))
    return joined(rng, parts).grounded()


def _treadle(rng: Rng, y: float, tall: float) -> list[Mesh]:
    """Table top under z = −0.06, two iron side frames, a fly wheel and a foot plate."""
    wide, low = y + rng.uniform(0.12, 0.3), -0.1 - tall
    parts = [block((-0.3, -wide, -0.12), (0.3, wide, -0.05), 1)]
    for s in (-0.8, 0.8):
        legs = [
            [(u * 0.24, s * wide, -0.1), (u * 0.06, s * wide, low / 2), (u * 0.28, s * wide, low)]
            for u in (-1, 1)
        ]
        parts += [p.tube(p.spline(leg, 16), 0.03, 8).with_slot(5) for leg in legs]
        parts.append(p.rod((-0.09, s * wide, low / 2), (0.09, s * wide, low / 2), 0.025, 8).with_slot(5))
    parts.append(p.rod((0, -0.8 * wide, low / 2), (0, 0.8 * wide, low / 2), 0.02, 8).with_slot(5))
    parts.append(block((-0.15, -0.5 * wide, low + 0.12), (0.15, 0.4 * wide, low + 0.15), 5))
    parts.append(p.rod((0, -0.82 * wide, low + 0.135), (0, 0.82 * wide, low + 0.135), 0.02, 8).with_slot(5))
    wheel = [p.torus(0.22, 0.025, 32, 8), *p.around(p.rod((0, 0, 0), (0.22, 0, 0), 0.014, 6), 6)]
    return parts + [m.rotated(p.ALONG_Y).shifted(0, 0.6 * wide, low / 2).with_slot(5) for m in wheel]


def typewriter(rng: Rng) -> Mesh:
    """Typewriter: stepped rows of round or square keys, type bars in a bowl, roller with paper."""
    y, x, h = rng.uniform(0.4, 0.55), rng.uniform(0.42, 0.55), rng.uniform(0.26, 0.45)
    round_back, low = rng.uniform(0.6, 1.0), rng.uniform(0.06, 0.12)
    side = [
        (-x, 0),
        (x, 0),
        (x, low),
        (0.1 * x, low + 0.03),
        (0, round_back * h),
        (-0.3 * x, h),
        (-x, h),
        (-x, 0.2),
    ]
    body = p.upright([np.array(side)], 2 * y)
    walls = [
        (-x, 0),
        (x + 0.02, 0),
        (x + 0.02, low + 0.06),
        (0.1 * x, round_back * h),
        (0, h + 0.02),
        (-x, h + 0.02),
    ]
    parts = []
    if rng.random() < 0.7:
        parts += [p.upright([np.array(walls)], 0.05).shifted(0, s * y, 0).with_slot(1) for s in (-1, 1)]
    r = 0.45 * y
    pit = p.cylinder(r, 1, segments=40).shifted(0, 0, h - 0.1 + 0.5).with_slot(2)
    parts.append(difference(body, [pit.shifted(-0.05 * x, 0, 0)]))
    for a in np.linspace(-1.2, 1.2, 11):
        foot = (r * 0.95 * np.cos(a) - 0.05 * x, r * 0.95 * np.sin(a), h - 0.08)
        parts.append(p.rod(foot, (-0.3 * x, 0.1 * r * np.sin(a), h - 0.09), 0.012, 5).with_slot(3))
    rows, count = int(rng.integers(3, 5)), int(rng.integers(7, 11))
    pitch, key = 1.7 * y / count, p.regular_polygon(int(rng.choice([4, 12])), 1, np.pi / 4)
    for i in range(rows):
        near = 0.93 * x - (0.75 * x) * i / (rows - 0.5)
        z = low + 0.08 + 0.05 * i
        across = (np.arange(count) - (count - 1) / 2 + 0.3 * (i % 2) - 0.15) * pitch
        spots = [np.array([near, v]) for v in across]
        caps = p.extrude([key * min(0.4 * pitch, 0.05) + s for s in spots], 0.03)
        stems = p.extrude([p.regular_polygon(6, 0.01) + s for s in spots], z - low + 0.05)
        parts += [caps.shifted(0, 0, z).with_slot(4), stems.shifted(0, 0, (z + low - 0.05) / 2).with_slot(3)]
    parts.append(block((0.95 * x - 0.025, -0.4 * y, low - 0.01), (x - 0.01, 0.4 * y, low + 0.06), 4, 0.01))
    slide, roll = rng.uniform(-0.3, 0.3) * y, rng.uniform(0.055, 0.09)
    at = (-0.6 * x, slide, h + roll + 0.03)
    parts.append(block((-x + 0.02, slide - 1.05 * y, h - 0.01), (-0.35 * x, slide + 1.05 * y, h + 0.07), 1))
    parts += [axle(roll, 2.1 * y, *at, 2), axle(0.02, 2.4 * y, *at, 3)]
    parts += [axle(0.8 * roll, 0.06, at[0], slide + s * 1.2 * y, at[2], 5) for s in (-1, 1)]
    if rng.random() < 0.6:
        parts.append(
            p.rod(
                (at[0], slide - 1.1 * y, at[2]), (at[0] + 0.3, slide - 1.25 * y, at[2] + 0.08), 0.018, 8
            ).with_slot(3)
        )
    if rng.random() < 0.7:
        wide, tall, curl = rng.uniform(0.5, 0.85) * y, rng.uniform(0.25, 0.7), rng.uniform(0, 0.3)
        u, v = np.linspace(0, 1, 12)[:, None], np.linspace(-1, 1, 3)[None]
        front = p.broadcast(
            at[0] - 0.9 * roll - 0.1 * u - curl * u**2,
            slide + wide * v,
            at[2] - 0.02 + tall * u,
        )
        parts.append(p.slab(front, front - [0.012, 0, 0]).with_slot(6))
    return joined(rng, parts).grounded()
