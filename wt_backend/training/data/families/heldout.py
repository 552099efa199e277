"""Families kept for validation; nothing is trained on them."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.vessels import handle
from wt_backend.training.data.mesh import SMOOTH, Mesh, concatenate, difference, joined, union

Rng = np.random.Generator


def gear(rng: Rng) -> Mesh:
    """Toothed wheel with hub and holes."""
    teeth = int(rng.integers(8, 22))
    angle = np.arange(4 * teeth) * (2 * np.pi / (4 * teeth))
    radius = np.tile([1.0, 1.0, 0.82, 0.82], teeth) * 0.6
    outline = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    thick = rng.uniform(0.15, 0.4)
    holes = [p.regular_polygon(20, 0.1)]
    count = int(rng.integers(3, 7))
    holes += [
        p.regular_polygon(18, 0.09) + 0.3 * np.array([np.cos(a), np.sin(a)])
        for a in np.arange(count) * 2 * np.pi / count
    ]
    body = p.extrude([outline, *holes], thick)
    hub = difference(p.cylinder(0.18, thick * 1.8), [p.cylinder(0.1, 3)])
    return union([body, hub.with_slot(1)]).rotated(p.rotation((1, 0, 0), rng.choice([0, np.pi / 2])))


def teapot(rng: Rng) -> Mesh:
    """Hollow pot with spout, ear, lid and knob."""
    u = np.linspace(-1, 1, 18) * rng.uniform(1.1, 1.35)
    wide, tall, wall = rng.uniform(0.45, 0.65), rng.uniform(0.35, 0.55), 0.04
    outer = np.stack([wide * np.cos(u * 0.9), tall * np.sin(u) + 0.5], 1)
    solid = p.lathe(np.concatenate([[[0, outer[0, 1]]], outer, [[0, outer[-1, 1]]]]), 40)
    inner = outer - [wall, 0]
    inner = inner[(inner[:, 1] > outer[0, 1] + wall) & (inner[:, 0] > 0)]
    cavity = p.lathe(np.concatenate([[[0, inner[0, 1]]], inner, [[inner[-1, 0], 2]], [[0, 2]]]), 40)
    low, high = outer[0, 1] + 0.2, outer[-1, 1] - 0.12
    ear = handle(rng, wide * 0.8, low, high).rotated(p.rotation((0, 0, 1), np.pi))
    spout = p.spline(
        np.array(
            [(wide * 0.7, 0, 0.3), (wide + 0.15, 0, 0.45), (wide + 0.3, 0, 0.85), (wide + 0.42, 0, 0.95)]
        ),
        20,
    )
    pipe = p.tube(spout, np.linspace(0.14, 0.05, 20), 16)
    bore = p.tube(spout, np.linspace(0.10, 0.025, 20), 16)
    pot = difference(union([solid, ear, pipe]), [cavity, bore.moved(bore.vertices + [0.004, 0, 0.004])])
    mouth = outer[-1, 0]
    lid = p.lathe(
        [
            (0, 0),
            (mouth * 1.03, 0),
            (mouth * 0.7, 0.08),
            (0.05, 0.13),
            (0.04, 0.17),
            (0.08, 0.22),
            (0.05, 0.28),
            (0, 0.29),
        ],
        36,
    )
    return concatenate([pot, lid.shifted(0, 0, outer[-1, 1] + 0.006).with_slot(int(rng.random() < 0.3))])


def tree(rng: Rng) -> Mesh:
    """Trunk with branches and crowns of balls or cones."""
    h = rng.uniform(0.5, 0.9)
    trunk = p.tube(
        p.spline(np.array([(0, 0, 0), rng.normal(0, 0.05, 3) + [0, 0, h / 2], (0, 0, h * 1.1)]), 14),
        np.linspace(0.11, 0.05, 14),
        10,
    )
    parts = [trunk]
    if rng.random() < 0.4:
        for i in range(int(rng.integers(2, 5))):
            parts.append(
                p.cylinder(0.5 - 0.09 * i, 0.5, 0.02).shifted(0, 0, h * 0.6 + 0.28 * i + 0.25).with_slot(1)
            )
        return joined(rng, parts)
    for _ in range(int(rng.integers(3, 8))):
        tip = np.array([*rng.normal(0, 0.28, 2), h + rng.uniform(0.1, 0.7)])
        parts.append(
            p.tube(
                p.spline(np.array([(0, 0, h * 0.6), tip * [0.5, 0.5, 0.8], tip]), 8),
                np.linspace(0.05, 0.03, 8),
                8,
            )
        )
        crown = p.sphere(1.0, 10)
        bumps = 1 + 0.08 * np.sin(crown.vertices @ rng.normal(0, 5, (3, 3))).sum(1)
        crown = crown.moved(crown.vertices * bumps[:, None] * rng.uniform(0.15, 0.38, 3)).with_crease(SMOOTH)
        parts.append(crown.shifted(*tip).with_slot(1))
    return joined(rng, parts)


def robot(rng: Rng) -> Mesh:
    """Boxy figure of rounded boxes and capsules with a face."""
    w, d, h = rng.uniform(0.35, 0.6), rng.uniform(0.25, 0.4), rng.uniform(0.4, 0.6)
    parts = [p.rounded_box((d, w, h), 0.06).shifted(0, 0, 0.75)]
    size = rng.uniform(0.2, 0.4)
    top = 0.75 + h / 2
    parts.append(p.cylinder(0.07, 0.2).shifted(0, 0, top + 0.02).with_slot(2))
    parts.append(
        p.rounded_box((size, size * 1.2, size), 0.05).shifted(0, 0, top + 0.08 + size / 2).with_slot(1)
    )
    for s in (-1, 1):
        parts.append(
            p.sphere(size * 0.14, 6).shifted(size / 2, s * size * 0.28, top + 0.12 + size / 2).with_slot(3)
        )
        arm = p.capsule(0.07, 0.4).rotated(p.rotation((0, 1, 0), rng.uniform(-1.2, 1.2)))
        parts.append(arm.shifted(0, s * (w / 2 + 0.05), 0.72).with_slot(2))
        parts.append(p.rounded_box((0.14, 0.14, 0.6), 0.03).shifted(0, s * w * 0.28, 0.3).with_slot(2))
        parts.append(p.rounded_box((0.28, 0.17, 0.1), 0.03).shifted(0.05, s * w * 0.28, 0.05).with_slot(1))
    if rng.random() < 0.5:
        parts.append(p.cylinder(0.015, 0.2).shifted(0, 0, top + 0.1 + size).with_slot(2))
    return joined(rng, parts)


def rocking_horse(rng: Rng) -> Mesh:
    """Toy animal of turned wood on curved runners."""
    body = p.capsule(0.2, 0.6).rotated(p.rotation((0, 1, 0), np.pi / 2)).shifted(0, 0, 0.7)
    parts = [
        body,
        p.tube(p.spline(np.array([(0.3, 0, 0.7), (0.45, 0, 0.95), (0.52, 0, 1.15)]), 10), 0.11, 14),
    ]
    parts.append(
        p.tube(
            p.spline(np.array([(0.48, 0, 1.15), (0.62, 0, 1.12), (0.78, 0, 1.05)]), 8),
            np.linspace(0.13, 0.09, 8),
            14,
        )
    )
    reach = rng.uniform(0.05, 0.2)
    for s in (-1, 1):
        parts.append(p.cylinder(0.06, 0.2, 0.01).shifted(0.46, s * 0.08, 1.33))
        for x in (-0.32, 0.32):
            leg = p.spline(
                np.array(
                    [(x, s * 0.12, 0.65), (x * 1.1, s * 0.16, 0.4), (x + np.sign(x) * reach, s * 0.2, 0.09)]
                ),
                8,
            )
            parts.append(p.tube(leg, np.linspace(0.08, 0.05, 8), 10))
        u = np.linspace(-0.8, 0.8, 24)
        runner = np.stack([u, np.full(24, s * 0.2), 0.05 + 0.25 * u**2], 1)
        parts.append(p.tube(runner, 0.045, 8).with_slot(1))
    return joined(rng, parts)
