"""Snacks: burgers, sandwiches, hot dogs, ice cream."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator


def slice_outline(wide: float, tall: float) -> np.ndarray:
    """(x, z) outline of a slice of tin loaf that stands on z = 0: a square with a swelling top."""
    half, neck = wide / 2, tall - 0.3 * wide
    right = [
        (half * 0.95, 0),
        (half * 0.95, neck * 0.7),
        (half * 0.97, neck),
        (half * 1.12, neck + 0.12 * wide),
    ]
    right += [(half * 0.85, neck + 0.26 * wide), (half * 0.4, neck + 0.3 * wide)]
    curve = np.array(right)
    return p.spline(np.concatenate([curve, curve[::-1] * [-1, 1]]), 40)


def patty(
    rng: Rng, r: float, height: float, rough: float = 0.0, frill: float = 0.0, square: float = 1.0
) -> Mesh:
    """Round flat thing on z = 0, its rim uneven by `rough`, waving up and down by `frill`."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 7)
    rim = np.stack([r - min(0.5 * height, 0.4 * r) * (1 - np.cos(t)), height * (0.5 + 0.5 * np.sin(t))], 1)
    mesh = p.lathe([(0, 0), (0.5 * r, 0), *rim, (0.5 * r, height), (0, height)], 42)
    x, y, z = mesh.vertices.T
    angle, away = np.arctan2(y, x), np.hypot(x, y) / r
    waves, phase = rng.integers(3, 14, 3), rng.uniform(0, 6.28, 3)
    wave = np.sin(angle[:, None] * waves + phase).mean(1)
    corner = (np.abs(np.cos(angle)) ** (2 / square) + np.abs(np.sin(angle)) ** (2 / square)) ** (-square / 2)
    size = corner * (1 + rough * wave * away)
    return mesh.moved(
        np.stack([x * size, y * size, z + frill * away**3 * np.sin(angle * waves[0] * 2 + phase[0])], 1)
    )


def sprinkled(rng: Rng, mesh: Mesh, count: int, size: float, long: float, above: float = -1e9) -> list[Mesh]:
    """Seeds or sprinkles that lie on the upper side of a mesh, where it is above a height."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    area = np.where(((a + b + c)[:, 2] > 3 * above) & (normal[:, 2] > 0), np.linalg.norm(normal, axis=1), 0)
    seeds = []
    grain = p.lathe([(0, -1), (0.8, -0.6), (0.8, 0.6), (0, 1)], 7).with_crease(SMOOTH)
    grain = grain.scaled((size, size, size * long)).rotated(p.ALONG_X)
    for i in rng.choice(len(area), count, p=area / area.sum()):
        turn = p.towards(normal[i]) @ p.rotation((0, 0, 1), rng.uniform(0, 6.28))
        seeds.append(grain.rotated(turn).shifted(*((a + b + c)[i] / 3)))
    return seeds


def _filling(rng: Rng, outline_r: float, z: float, level: int) -> tuple[Mesh, float]:
    """One layer of a burger on z and its height."""
    kind, slot = int(rng.integers(5)), 1 + level % 5
    r = outline_r * rng.uniform(0.95, 1.1)
    if kind == 0:  # lettuce
        return patty(rng, r * 1.1, 0.035, 0.1, rng.uniform(0.03, 0.06)).shifted(0, 0, z).with_slot(slot), 0.03
    if kind == 1:  # cheese, its corners hanging
        grid = np.linspace(-1, 1, 11)
        x, y = np.meshgrid(grid * r, grid * r, indexing="ij")
        drop = z + 0.03 - 0.9 * np.maximum(np.hypot(x, y) - 0.95 * r, 0)
        top = np.stack([x, y, drop], -1)
        sheet = p.slab(top, top - [0, 0, 0.03]).rotated(p.rotation((0, 0, 1), rng.uniform(0, 1.5)))
        return sheet.with_slot(slot), 0.028
    if kind == 2:  # slices of tomato or cucumber
        rings = p.around(patty(rng, 0.5 * r, 0.05).shifted(0.5 * r, 0, z), 4, rng.uniform(0, 1.5))
        return union(rings).with_slot(slot), 0.048
    height = rng.uniform(0.08, 0.16)
    return patty(rng, r, height, rng.uniform(0, 0.12)).shifted(0, 0, z).with_slot(slot), height - 0.005


def burger(rng: Rng) -> Mesh:
    """Burger of many layers under a domed bun, a sandwich whole or cut to triangles, or a hot dog."""
    kind = rng.integers(4)
    if kind == 2:
        return _sandwich(rng)
    if kind == 3:
        return _hot_dog(rng)
    r, z = rng.uniform(0.38, 0.5), rng.uniform(0.1, 0.2)
    parts = [patty(rng, r, z + 0.005)]
    for level in range(int(rng.integers(2, 6))):
        layer, height = _filling(rng, r, z, level)
        parts.append(layer)
        z += height
    dome, u = rng.uniform(0.18, 0.38), np.linspace(0, np.pi / 2, 14)
    arc = np.stack([r * 1.03 * np.cos(u) ** rng.uniform(0.5, 0.8), dome * np.sin(u)], 1)
    arc[-1, 0] = 0
    crown = p.lathe(np.concatenate([[(0, -0.02), (r * 0.93, -0.02)], arc]), 40).shifted(0, 0, z + 0.015)
    parts.append(crown)
    if rng.random() < 0.6:
        seeds = sprinkled(rng, crown, int(rng.integers(10, 26)), 0.013, 1.8, z + 0.5 * dome)
        parts += [m.with_slot(6) for m in seeds]
    elif rng.random() < 0.4:
        parts.append(p.rod((0, 0, z), (0.02, 0, z + dome + 0.3), 0.012, 6).with_slot(7))
        parts.append(p.sphere(0.06, 6).shifted(0.02, 0, z + dome + 0.14).with_slot(8))
    return joined(rng, parts)


def _sandwich(rng: Rng) -> Mesh:
    """Slices of bread with filling between them, flat or stood up on the cut."""
    size, z, parts = rng.uniform(0.6, 0.9), 0.0, []
    base = slice_outline(size, size * rng.uniform(0.9, 1.2)) - [0, 0.5 * size]
    cut = rng.random() < 0.6
    if cut:
        base = np.array([(-size / 2, -size / 2), (size / 2, -size / 2), (size / 2, size / 2)])
    floors = int(rng.integers(1, 3))
    for floor in range(floors + 1):
        thick = rng.uniform(0.07, 0.14)
        parts.append(p.extrude([base], thick + 0.01).shifted(0, 0, z + thick / 2))
        z += thick
        for level in range(int(rng.integers(1, 5)) if floor < floors else 0):
            height = rng.uniform(0.025, 0.08)
            leaf = p.extrude(
                [base * rng.uniform(0.95, 1.06) + rng.normal(0, 0.015, 2)], height + 0.01, steps=1
            )
            parts.append(leaf.shifted(0, 0, z + height / 2).with_slot(1 + level))
            z += height
    if rng.random() < 0.3:
        parts.append(p.rod((0.1, -0.1, 0.1), (0.1, -0.1, z + 0.25), 0.015, 6).with_slot(6))
        parts.append(p.sphere(0.06, 6).shifted(0.1, -0.1, z + 0.06).with_slot(7))
    mesh = joined(rng, parts)
    return (
        mesh.rotated(p.rotation((0, 1, 0), -np.pi / 2)) if cut and rng.random() < 0.5 else mesh
    ).grounded()


def _hot_dog(rng: Rng) -> Mesh:
    """Two halves of a long bun, a sausage longer than them and a wavy line of sauce."""
    long, r, bow = rng.uniform(0.45, 0.6), rng.uniform(0.09, 0.13), rng.uniform(0, 0.08)
    u = np.linspace(-1, 1, 24)
    path = p.broadcast(u * long * rng.uniform(1.0, 1.25), 0.0, r + 0.1 + bow * u**2)
    ends = (1 - np.abs(u) ** 6).clip(0.02) ** 0.5
    half = p.superquadric((long, 0.16, 0.17), 0.8, 0.6).rotated(p.rotation((1, 0, 0), -rng.uniform(0, 0.4)))
    parts = [
        p.tube(path, r * ends, 14).with_crease(SMOOTH).with_slot(1),
        *p.pair(half.shifted(0, 0.15, 0.17)),
    ]
    t = np.linspace(-0.85, 0.85, 60)
    wave = p.broadcast(t * long, 0.5 * r * np.sin(t * rng.uniform(12, 24)), 2 * r + 0.1 + bow * t**2 - 0.01)
    if rng.random() < 0.8:
        parts.append(p.tube(wave, 0.025, 8).with_slot(2))
    if rng.random() < 0.5:
        leaf = patty(rng, 1.0, 0.05, 0.1, 0.1).scaled((long * 1.02, 0.25, 0.5)).shifted(0, 0, 0.22)
        parts.append(leaf.with_slot(3))
    return joined(rng, parts).grounded()


def ice_cream(rng: Rng) -> Mesh:
    """Ice cream: balls or a soft swirl in a cone, a wafer cup or a glass; or an ice lolly on its stick."""
    if rng.random() < 0.35:
        return _lolly(rng)
    r, kind, parts = rng.uniform(0.17, 0.24), rng.integers(3), []
    if kind == 0:
        tall = rng.uniform(0.5, 0.75)
        parts = [
            p.cylinder(0.015, tall, r * 0.95, 30).shifted(0, 0, tall / 2),
            p.torus(r * 0.93, 0.025, 32, 8).shifted(0, 0, tall - 0.02),
        ]
    elif kind == 1:  # wafer cup
        tall, low = rng.uniform(0.3, 0.45), r * rng.uniform(0.55, 0.7)
        parts = [
            p.lathe([(0, 0), (low, 0), (low, 0.55 * tall), (r, 0.62 * tall), (r * 1.05, tall), (0, tall)], 32)
        ]
    else:  # glass
        foot, tall = rng.uniform(0.1, 0.3), rng.uniform(0.3, 0.5)
        base = p.lathe(
            [(0, 0), (r * 0.8, 0), (r * 0.7, 0.03), (0.035, 0.06), (0.04, foot + 0.05), (0, foot + 0.05)], 32
        )
        solid, cavity = solid_and_cavity(
            outline([(0.08, foot), (0.7 * r, foot + 0.1), (r * 1.2, foot + tall)], 14), 0.02, 0.03, 40
        )
        parts, tall = [union([base, difference(solid, [cavity])])], foot + tall
    if rng.random() < 0.35:  # soft
        corners = (
            p.regular_polygon(24, 1.0) * (1 + 0.13 * np.cos(6 * np.arange(24) * 2 * np.pi / 24))[:, None]
        )
        rise = rng.uniform(0.4, 0.6)
        swirl = p.extrude([corners * r * 1.05], rise, rng.uniform(2, 5), 0.08, 30)
        v, t = swirl.vertices.copy(), swirl.vertices[:, 2] / rise + 0.5
        v[:, :2] *= (1 + rng.uniform(0.05, 0.15) * np.cos(t * np.pi * 2 * rng.integers(2, 4)))[:, None]
        parts.append(swirl.moved(v).with_crease(SMOOTH).shifted(0, 0, tall + rise / 2 - 0.06).with_slot(1))
        z = tall + rise - 0.1
    else:
        z, count = tall + 0.35 * r, int(rng.integers(1, 4))
        for i in range(count):
            size, skirt = r * rng.uniform(1.0, 1.12) * 0.93**i, patty(rng, r * 1.12 * 0.93**i, 0.09, 0.15)
            off = rng.normal(0, 0.02, 2)
            parts += [
                p.sphere(size, 10).shifted(*off, z).with_slot(1 + i),
                skirt.shifted(*off, z - 0.45 * size).with_slot(1 + i),
            ]
            z += 1.35 * size
        z -= 0.4 * r
    top = rng.integers(4)
    if top == 0:
        parts.append(p.sphere(0.07, 6).shifted(0, 0, z + 0.08).with_slot(5))
    elif top == 1:  # chocolate flake or a roll of wafer
        parts.append(
            p.rod((0.02, 0.02, z - 0.2), (0.16, 0.1, z + rng.uniform(0.15, 0.35)), 0.04, 10).with_slot(5)
        )
    elif top == 2:  # wafer
        fan = np.array([(0, 0), *(0.35 * np.stack([np.cos(a := np.linspace(1.1, 2.04, 8)), np.sin(a)], 1))])
        parts.append(
            p.facing([fan], 0.03).rotated(p.rotation((1, 0, 0), 0.5)).shifted(0, -0.05, z - 0.12).with_slot(5)
        )
    return joined(rng, parts)


def _lolly(rng: Rng) -> Mesh:
    """Ice on a stick: a flat or a rounded bar, bitten, grooved or dipped."""
    wide, tall, thick = rng.uniform(0.16, 0.26), rng.uniform(0.5, 0.8), rng.uniform(0.1, 0.16)
    shoulder = np.array([(wide, tall - wide), (0.7 * wide, tall - 0.3 * wide), (0, tall)])
    top = p.spline(np.concatenate([shoulder, shoulder[1::-1] * [-1, 1]]), 24)
    body = p.facing([np.concatenate([[(-wide, 0), (wide, 0)], top])], thick)
    if rng.random() < 0.5:
        body = p.superquadric((0.7 * thick, wide, tall / 2), 0.35, rng.uniform(0.4, 0.9))
        body = body.shifted(0, 0, tall / 2)
        body.slot[body.vertices[body.faces[:, 0], 2] > rng.uniform(0.3, 1.2) * tall] = 3
    if rng.random() < 0.4:
        bites = [(v, tall + rng.uniform(-0.06, 0.04), rng.uniform(0.08, 0.12)) for v in rng.uniform(-1, 1, 3)]
        body = difference(body, [p.sphere(r, 6).shifted(0, v * wide, z).with_slot(2) for v, z, r in bites])
    elif rng.random() < 0.5:
        groove = p.capsule(0.022, 0.5 * tall, 10)
        spots = [(s * 0.6 * thick, v * wide, 0.45 * tall) for s in (-1, 1) for v in (-0.45, 0.45)]
        body = difference(body, [groove.shifted(*spot) for spot in spots])
    paddle = p.spline([(-0.05, 0.1), (-0.05, -0.25), (0, -0.32), (0.05, -0.25), (0.05, 0.1)], 20)
    mesh = joined(rng, [body, p.facing([paddle], 0.035).with_slot(1)])
    return (mesh.rotated(p.rotation((0, 1, 0), 1.57)) if rng.random() < 0.3 else mesh).grounded()
