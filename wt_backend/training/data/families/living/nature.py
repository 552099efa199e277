"""Fruit, mushrooms, plants, cloth and other thin things."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.vessels import shell_profile
from wt_backend.training.data.mesh import SMOOTH, Mesh, concatenate, joined, union

Rng = np.random.Generator


def fruit(rng: Rng) -> Mesh:
    """Apple, pear, pumpkin, lemon, egg: a lathe with ribs, dents and a stalk."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 22)
    pear, dent = rng.uniform(-0.1, 0.45), rng.choice([0.0, rng.uniform(0.1, 0.3)])
    radius = np.cos(angle) * (1 - pear * np.sin(angle)) * 0.5
    z = (
        np.sin(angle) * rng.uniform(0.4, 0.75)
        - dent * np.exp(-((np.cos(angle) / 0.3) ** 2)) * np.sign(np.sin(angle)) * 0.6
    )
    radius[[0, -1]] = 0
    body = p.lathe(np.stack([radius, z], 1), 44).with_crease(SMOOTH)
    ribs = int(rng.integers(0, 10)) if rng.random() < 0.5 else 0
    if ribs:
        v = body.vertices.copy()
        wave = 1 + rng.uniform(0.03, 0.1) * np.cos(ribs * np.arctan2(v[:, 1], v[:, 0]))
        body = body.moved(v * np.stack([wave, wave, np.ones_like(wave)], 1))
    if rng.random() < 0.3:
        return body
    top = float(body.vertices[-1, 2])
    stalk = p.tube(
        p.spline(np.array([(0, 0, top - 0.08), (0.02, 0, top + 0.1), (0.08, 0.02, top + 0.22)]), 10), 0.03, 8
    )
    return union([body, stalk.with_slot(1)])


def mushroom(rng: Rng) -> Mesh:
    """Mushroom, umbrella or bell: stalk under an open cap."""
    r, h = rng.uniform(0.3, 0.7), rng.uniform(0.15, 0.5)
    u = np.linspace(0, np.pi / 2, 14)
    outer = np.stack([r * np.sin(u), h * np.cos(u)], 1)
    inner = np.stack([(r - 0.06) * np.sin(u), (h - rng.uniform(0.05, 0.12)) * np.cos(u)], 1)[::-1]
    outer[0, 0] = inner[-1, 0] = 0
    cap = p.lathe(np.concatenate([outer, inner]), 40)
    length = rng.uniform(0.4, 1.0)
    path = p.spline(
        np.array([(rng.normal(0, 0.1), rng.normal(0, 0.1), -length), (0, 0, -length / 2), (0, 0, h * 0.8)]),
        16,
    )
    return union([cap, p.tube(path, np.linspace(rng.uniform(0.05, 0.15), 0.06, 16), 16).with_slot(1)])


def topiary(rng: Rng) -> Mesh:
    """Stalk with a clipped crown of one or two rippled balls."""
    height = rng.uniform(0.4, 1.0)
    parts = [p.cylinder(rng.uniform(0.03, 0.08), height, segments=14).shifted(0, 0, height / 2)]
    for i in range(int(rng.integers(1, 3))):
        ball = p.sphere(1.0, 14)
        wave = 1 + 0.05 * np.sin(ball.vertices @ rng.normal(0, 7, (3, 4))).sum(1)
        crown = ball.moved(ball.vertices * wave[:, None] * rng.uniform(0.2, 0.45, 3)).with_crease(SMOOTH)
        parts.append(crown.shifted(*rng.normal(0, 0.05, 2), height + 0.25 * i).with_slot(1))
    return joined(rng, parts)


def leaf(rng: Rng, length: float, width: float, droop: float) -> Mesh:
    """A single thin sheet along +X, curved down and folded along its middle."""
    rows, columns = 9, 5
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    half = width * np.sin(np.pi * np.clip(u * 0.97 + 0.03, 0, 1)) ** rng.uniform(0.6, 1.2)
    angle = droop * u
    x, z = length * np.sin(angle) / max(droop, 0.05), length * (np.cos(angle) - 1) / max(droop, 0.05)
    points = np.stack([x, v * half, z + np.abs(v) * half * rng.uniform(0, 0.6)], -1).reshape(-1, 3)
    return Mesh.build(points, p.grid_faces(rows, columns), crease=SMOOTH)


def potted_plant(rng: Rng) -> Mesh:
    """Pot of earth with leaves, blades or a cactus."""
    r, h = rng.uniform(0.18, 0.35), rng.uniform(0.2, 0.5)
    rim = r * rng.uniform(1.0, 1.4)
    pot = p.lathe(shell_profile(np.stack([np.linspace(r, rim, 8), np.linspace(0, h, 8)], 1), 0.035, 0.05), 36)
    earth = p.cylinder(r * 0.95, 0.06, r * 0.97).shifted(0, 0, h * 0.75).with_slot(1)
    parts = [union([pot, earth])]
    if rng.random() < 0.3:
        stem = p.capsule(0.13, rng.uniform(0.3, 0.7)).shifted(0, 0, h + 0.3)
        arms = [
            p.tube(
                p.spline(np.array([(0, 0, h + 0.3), (s * 0.28, 0, h + 0.35), (s * 0.3, 0, h + 0.6)]), 16),
                0.07,
                12,
            )
            for s in (-1, 1)
        ]
        parts.append(union([stem, *arms[: int(rng.integers(0, 3))]]).with_slot(2))
        return concatenate(parts)
    count, length = int(rng.integers(6, 22)), rng.uniform(0.4, 0.9)
    for i in range(count):
        blade = leaf(rng, length * rng.uniform(0.6, 1.1), rng.uniform(0.04, 0.16), rng.uniform(0.3, 2.2))
        rise = rng.uniform(0.2, 1.45)
        blade = blade.rotated(p.rotation((0, 1, 0), -rise)).rotated(
            p.rotation((0, 0, 1), 2.4 * i + rng.normal(0, 0.3))
        )
        parts.append(blade.shifted(0, 0, h * 0.78 + 0.02).with_slot(2))
    return concatenate(parts)


def cloth(rng: Rng) -> Mesh:
    """A thin sheet: flag, blanket, crumpled paper, open book, hill; sometimes closed into a thick plate."""
    n = 26
    x, y = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n) * rng.uniform(0.4, 1), indexing="ij")
    z = np.zeros_like(x)
    for _ in range(int(rng.integers(1, 5))):
        k = rng.normal(0, 2.5, 2)
        z += rng.uniform(0.03, 0.16) * np.sin(k[0] * x + k[1] * y + rng.uniform(0, 6))
    z += rng.uniform(-0.6, 0.6) * np.abs(x) + rng.uniform(-0.4, 0.4) * x**2
    top = np.stack([x, y, z], -1)
    if rng.random() < 0.5:
        return Mesh.build(top.reshape(-1, 3), p.grid_faces(n, n), crease=SMOOTH)
    bottom = top * [1, 1, 0 if rng.random() < 0.4 else 1] - [
        0,
        0,
        rng.uniform(0.06, 0.2) + (z.max() - z.min()),
    ]
    return p.slab(top, bottom)
