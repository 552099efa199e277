"""What stands by the kerb: traffic cones, bollards, barriers, dustbins."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import shell_profile
from wt_backend.training.data.families.outside.street import banded, rounded, turn, turned
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def traffic_cone(rng: Rng) -> Mesh:
    """Traffic cones, striped and hollow, standing, stacked or fallen; a bollard, a drum or a barrier."""
    kind, bands = rng.random(), int(rng.integers(2, 7))
    tall, r = rng.uniform(0.7, 1.2), rng.uniform(0.16, 0.28)
    if kind < 0.4:
        tip, rim = r * rng.uniform(0.1, 0.25), r * rng.uniform(1.3, 1.7)
        cone = banded([(r, 0.03), (0.92 * r, 0.1), (tip, tall)], bands, 24)
        base = p.extrude(
            [rounded(int(rng.choice([4, 8])), 1.2 * rim, 0.15 * rim, np.pi / 4)], 0.06
        ).with_slot(2)
        inner = turned([(0.9 * r, -0.1), (0.85 * r, 0.08), (0.6 * tip, tall + 0.01)], 0, 24)
        solid = difference(union([cone, base.shifted(0, 0, 0.03)]), [inner])
        step = rng.uniform(0.09, 0.16)
        if rng.random() < 0.3:
            return joined(rng, [solid.shifted(0, 0, i * step) for i in range(int(rng.integers(2, 5)))])
        return (
            solid.rotated(p.ALONG_X).rotated(turn(rng.uniform(0, 6))).grounded()
            if rng.random() < 0.25
            else solid
        )
    if kind < 0.65:
        return _bollards(rng, bands, tall, 0.6 * r)
    if kind < 0.8:  # drum
        body = banded([(1.3 * r, 0), (1.25 * r, 0.1), (1.1 * r, 0.8 * tall)], bands)
        parts = [body, turned([(1.6 * r, -0.01), (1.5 * r, 0.07)], 2)]
        parts += [p.torus(1.2 * r, 0.03, 28, 8).shifted(0, 0, z * tall) for z in (0.25, 0.5)]
        return joined(rng, [*parts, block((-0.03, -0.1, 0.7 * tall), (0.03, 0.1, 0.87 * tall), 3, 0.02)])
    y, stripes, wide = rng.uniform(0.5, 0.8), [], rng.uniform(0.08, 0.12)
    for v in np.arange(-y, y - 0.24, 0.24):
        stripes.append(np.array([(v + 0.01, -wide), (v + 0.13, -wide), (v + 0.23, wide), (v + 0.11, wide)]))
    parts = []
    for z in np.linspace(0.85, 0.35, int(rng.integers(1, 4))) * tall:
        parts += [
            block((-0.02, -y, z - wide), (0.02, y, z + wide)),
            p.facing(stripes, 0.06).scaled((1, 1, 0.97)).shifted(0, 0, z).with_slot(1),
        ]
    lean = rng.uniform(0.15, 0.3)
    parts += [
        m
        for s in (-1, 1)
        for m in p.pair(p.rod((s * lean, 0.8 * y, 0), (0, 0.8 * y, tall), 0.03, 4).with_slot(2))
    ]
    lamp = [
        turned([(0.07, tall), (0.07, tall + 0.06)], 2),
        p.sphere(0.08, 6).shifted(0, 0, tall + 0.1).with_slot(3),
    ]
    return joined(rng, parts + [m for part in lamp for m in p.pair(part.shifted(0, 0.8 * y, 0))])


def _bollards(rng: Rng, bands: int, tall: float, r: float) -> Mesh:
    """A bollard with rings and a ball, dome or slanted top; or two with a chain between them."""
    top, ring = rng.integers(3), rng.uniform(1.05, 1.3) * r
    shaft = [banded([(r, 0), (r * rng.uniform(0.75, 1.0), tall)], bands)]
    shaft.append(turned([(1.4 * r, -0.01), (1.4 * r, 0.1), (1.1 * r, 0.16)], 2))
    shaft += [turned([(ring, z), (ring, z + 0.04)], 2) for z in np.array([0.3, 0.8]) * tall]
    if top == 0:
        shaft.append(p.sphere(1.2 * r).shifted(0, 0, tall + 0.6 * r).with_slot(2))
    elif top == 1:
        shaft.append(p.sphere(0.99 * r).scaled((1, 1, 0.7)).shifted(0, 0, tall))
    post = union(shaft)
    if top == 2:
        slant = block((-2, -2, 0), (2, 2, 2)).rotated(p.rotation((0, 1, 0), rng.uniform(0.3, 0.8)))
        post = difference(post, [slant.shifted(0, 0, tall - 0.6 * r)])
    if rng.random() < 0.6:
        return post
    y = rng.uniform(0.45, 0.7)
    rope = p.spline([(0, -y, 0.85 * tall), (0, 0, tall * rng.uniform(0.35, 0.7)), (0, y, 0.85 * tall)], 20)
    return joined(rng, [*p.pair(post.shifted(0, y, 0)), p.tube(rope, 0.025, 8).with_slot(3)])


def dustbin(rng: Rng) -> Mesh:
    """Ribbed dustbin with lid and ears, wheeled bin, park bin of slats on a post, or a skip."""
    kind, tall, r = rng.integers(4), rng.uniform(0.7, 1.1), rng.uniform(0.26, 0.36)
    if kind == 0:
        z, wave = np.linspace(0, tall, 40), 0.012 * (np.arange(40) % 4 < 2)
        outer = np.stack([r * np.linspace(0.82, 1, 40) + wave, z], 1)
        parts = [p.lathe(shell_profile(outer, 0.03, 0.04), 32)]
        ear = p.torus(0.1, 0.022, 20, 8).rotated(p.ALONG_X).shifted(0, r, 0.7 * tall)
        parts += p.pair(ear.with_slot(1))
        u, rise = np.linspace(0, 1.45, 7), rng.uniform(0.06, 0.16)
        lid = [
            (1.08 * r, -0.06),
            (1.08 * r, 0.0),
            *np.stack([1.04 * r * np.cos(u), 0.02 + rise * np.sin(u)], 1),
        ]
        grip = p.torus(0.07, 0.02, 18, 8).rotated(p.ALONG_Y).shifted(0, 0, rise + 0.02)
        cover = union([turned(lid), grip.with_slot(1)])
        place = rng.random()
        if place < 0.5:
            parts.append(cover.shifted(0, 0, tall + 0.015))
        elif place < 0.8:
            leant = cover.rotated(p.rotation((0, 1, 0), rng.uniform(1.1, 1.4))).grounded()
            parts.append(leant.shifted(r + 0.15, 0.1, 0))
        return joined(rng, parts)
    if kind == 1:
        return _wheeled_bin(rng, tall, r)
    if kind == 2:
        up, slats = rng.uniform(0.0, 0.5), int(rng.integers(10, 22))
        pot = p.lathe(shell_profile(np.array([(0.9 * r, 0), (r, 0.3), (r, 0.8 * tall)]), 0.03, 0.04), 28)
        slat = block((0.9 * r, -0.03, -0.03), (r + 0.03, 0.03, 0.8 * tall + 0.03), 1)
        parts = [pot, *(p.around(slat, slats))]
        if up > 0.15:
            parts += [
                block((-0.04, -0.04, -up), (0.04, 0.04, 0.03), 2),
                p.cylinder(0.8 * r, 0.04).shifted(0, 0, -up),
            ]
        if rng.random() < 0.5:
            parts += p.around(
                p.rod((0.93 * r, 0, 0.7 * tall), (0.93 * r, 0, tall + 0.1), 0.022, 6).with_slot(2), 3
            )
            parts.append(turned([(1.1 * r, tall + 0.08), (0.1, tall + 0.08 + rng.uniform(0.06, 0.2))], 2))
        return joined(rng, parts).grounded()
    x, y, floor = rng.uniform(0.6, 0.9), rng.uniform(0.3, 0.5), rng.uniform(0.5, 0.8)
    side = np.array(
        [
            (-floor * x, 0),
            (floor * x, 0),
            (x, 0.55 * tall),
            (x, 0.7 * tall),
            (-x, 0.7 * tall),
            (-x, 0.55 * tall),
        ]
    )
    hollow = p.upright([side * [0.94, 1] + [0, 0.04]], 2 * y - 0.08).with_slot(1)
    parts = [difference(p.upright([side], 2 * y), [hollow])]
    parts += [
        m
        for u in np.linspace(-0.6, 0.6, 4) * x
        for m in p.pair(block((u - 0.03, y - 0.02, 0.1), (u + 0.03, y + 0.04, 0.66 * tall)))
    ]
    parts += [
        m
        for u in (-0.5, 0.5)
        for m in p.pair(
            p.rod((u * x, y - 0.02, 0.4 * tall), (u * x, y + 0.12, 0.4 * tall), 0.035, 10).with_slot(2)
        )
    ]
    return joined(rng, parts)


def _wheeled_bin(rng: Rng, tall: float, r: float) -> Mesh:
    """Tapering box on two wheels at −X, its lid shut or thrown open."""
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 0.78 * r
    body = p.extrude([square], tall, taper=1.25).shifted(0, 0, tall / 2 + 0.04)
    hollow = p.extrude([square * 0.93], tall, taper=1.25).shifted(0, 0, tall / 2 + 0.1).with_slot(3)
    wide, open_ = 0.975 * r, rng.choice([0, rng.uniform(0.3, 1.9)])
    lid = union(
        [
            block((0, -1.06 * wide, 0), (2.15 * wide, 1.06 * wide, 0.05), 1, 0.02),
            p.superquadric((0.9 * wide, 0.9 * wide, 0.1), 0.6, 0.4).shifted(wide, 0, 0.03).with_slot(1),
        ]
    )
    lid = lid.rotated(p.rotation((0, 1, 0), -open_)).shifted(-wide - 0.04, 0, tall + 0.045)
    wheel = (
        p.cylinder(0.11, 0.07, segments=24).rotated(p.ALONG_Y).shifted(-0.85 * r, 0.6 * r, 0.11).with_slot(2)
    )
    axle = p.rod((-0.85 * r, -0.7 * r, 0.11), (-0.85 * r, 0.7 * r, 0.11), 0.03, 10).with_slot(2)
    bar = p.rod((-wide - 0.07, -0.8 * wide, tall - 0.03), (-wide - 0.07, 0.8 * wide, tall - 0.03), 0.025, 8)
    arms = p.pair(block((-wide - 0.08, 0.6 * wide, tall - 0.06), (-0.8 * wide, 0.7 * wide, tall)))
    return joined(rng, [difference(body, [hollow]), lid, *p.pair(wheel), axle, bar, *arms])
