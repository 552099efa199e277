"""Towers, castles and windmills."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _prism(sides: int, radius: float, height: float, top: float | None = None) -> Mesh:
    """Round (sides ≥ 16) or polygonal shaft on z = 0, flat sides to the axes."""
    shaft = p.cylinder(radius, height, top, sides).rotated(p.rotation((0, 0, 1), np.pi / sides))
    return shaft.shifted(0, 0, height / 2)


def _battlements(x: float, y: float, z: float, size: float) -> list[Mesh]:
    """Two combs that cut battlements into the top z of a box of half sides x, y."""
    cuts = []
    for half in (x, y):
        gap = np.array([(0, -size), (size, -size), (size, 1), (0, 1)])
        starts = np.arange(-half + size, half - size, 2 * size)
        gaps = list(gap + np.stack([starts, 0 * starts], 1)[:, None])
        cuts.append(p.upright(gaps, 4).shifted(0, 0, z))
    return [cuts[0], cuts[1].rotated(p.rotation((0, 0, 1), np.pi / 2))]


def tower(rng: Rng) -> Mesh:
    """Lighthouse, pagoda, skyscraper, water tower or bell tower."""
    kinds = (_lighthouse, _pagoda, _skyscraper, _water_tower, _bell_tower)
    return joined(rng, kinds[rng.integers(5)](rng, int(rng.choice([4, 6, 8, 28]))))


def _lighthouse(rng: Rng, sides: int) -> list[Mesh]:
    r, tall, bands = rng.uniform(0.16, 0.32), rng.uniform(0.9, 1.8), int(rng.integers(1, 6))
    top, parts = r * rng.uniform(0.5, 0.95), []
    levels = np.linspace(0, tall, bands + 1)
    radii = np.interp(levels, [0, tall], [r, top])
    for i in range(bands):
        band = _prism(sides, radii[i], levels[1] + 0.004, radii[i + 1])
        parts.append(band.shifted(0, 0, levels[i]).with_slot(i % 2))
    wide, glass = top * rng.uniform(1.2, 1.7), rng.uniform(0.15, 0.3)
    parts.append(_prism(sides, wide, 0.06).shifted(0, 0, tall - 0.01))
    parts.append(_prism(sides, 0.7 * top, glass).shifted(0, 0, tall).with_slot(2))
    post = p.rod((0.9 * wide, 0, tall), (0.9 * wide, 0, tall + 0.14), 0.018, 6)
    parts += [m.with_slot(3) for m in p.around(post, 8)]
    parts.append(p.torus(0.9 * wide, 0.018, 28, 6).shifted(0, 0, tall + 0.14).with_slot(3))
    pointed = rng.random() < 0.6
    cap = _prism(sides, 0.95 * top, rng.uniform(0.1, 0.35), 0.03) if pointed else p.sphere(0.85 * top, 10)
    return [*parts, cap.shifted(0, 0, tall + glass - 0.02).with_slot(3)]


def _pagoda(rng: Rng, sides: int) -> list[Mesh]:
    r, z, parts = rng.uniform(0.2, 0.35), 0.0, []
    shrink, over, storeys = rng.uniform(0.04, 0.14), rng.uniform(1.4, 1.9), int(rng.integers(2, 6))
    for i in range(storeys):
        s, h, eave = r * (1 - shrink * i), rng.uniform(0.15, 0.32), rng.uniform(0.1, 0.2)
        parts.append(_prism(sides, s, h + 0.02).shifted(0, 0, z))
        parts.append(_prism(sides, over * s, 0.04).shifted(0, 0, z + h).with_slot(1))
        peak = 0.02 if i == storeys - 1 else 0.8 * s
        parts.append(_prism(sides, over * s, eave, peak).shifted(0, 0, z + h + 0.03).with_slot(1))
        z += h + eave
    if rng.random() < 0.5:
        parts.append(_prism(sides, 1.5 * r, 0.08).shifted(0, 0, -0.07).with_slot(2))
    return [*parts, p.rod((0, 0, z - 0.06), (0, 0, z + 0.25), (0.04, 0.02)).with_slot(2)]


def _skyscraper(rng: Rng, sides: int) -> list[Mesh]:
    x, y, z, parts = *rng.uniform(0.25, 0.5, 2), 0.0, []
    shrink, ribbed = rng.uniform(0.65, 0.95), rng.random() < 0.5
    for i in range(int(rng.integers(1, 5))):
        h = rng.uniform(0.3, 0.9)
        shape = _prism(sides, 0.5, h + 0.01).scaled((2 * x * shrink**i, 2 * y * shrink**i, 1))
        parts.append(shape.shifted(0, 0, z).with_slot(i % 2))
        for u in np.linspace(z + 0.1, z + h - 0.06, 4) if ribbed else []:
            parts.append(shape.scaled((1.08, 1.08, 0.05 / h)).shifted(0, 0, u).with_slot(2))
        z += h
    if rng.random() < 0.6:
        parts.append(p.rod((0, 0, z - 0.02), (0, 0, z + rng.uniform(0.2, 0.7)), (0.03, 0.018)).with_slot(3))
    return parts


def _water_tower(rng: Rng, sides: int) -> list[Mesh]:
    wide, deep, tall = rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.6), rng.uniform(0.7, 1.5)
    tank = p.sphere(wide, 10).scaled((1, 1, deep / wide)) if rng.random() < 0.4 else p.cylinder(wide, deep)
    parts = [tank.shifted(0, 0, tall)]
    if rng.random() < 0.6:
        parts.append(p.cylinder(1.08 * wide, 0.25, 0.02).shifted(0, 0, tall + 0.6 * deep).with_slot(1))
    splay = rng.uniform(1.0, 1.5)
    leg = p.rod((0.7 * wide * splay, 0, 0), (0.7 * wide, 0, tall - 0.1), 0.03, 8)
    parts += [m.with_slot(2) for m in p.around(leg, min(sides, 8) - 1)]
    ring = p.torus(0.7 * wide * (1 + splay) / 2, 0.022, 24, 6)
    parts.append(ring.shifted(0, 0, 0.5 * tall).with_slot(2))
    return [*parts, p.cylinder(0.05, tall, segments=14).shifted(0, 0, tall / 2).with_slot(2)]


def _bell_tower(rng: Rng, sides: int) -> list[Mesh]:
    r, tall = rng.uniform(0.16, 0.3), rng.uniform(1.0, 1.8)
    shaft = _prism(sides, r, tall, r * rng.uniform(0.85, 1.0))
    gap, sill = rng.uniform(0.25, 0.4) * r, tall - rng.uniform(0.35, 0.5)
    gate = p.upright([np.array([(-gap, 0), (gap, 0), (gap, 0.18), (0, 0.26), (-gap, 0.18)])], 4).shifted(
        0, 0, sill
    )
    cuts = [
        gate,
        gate.rotated(p.rotation((0, 0, 1), np.pi / 2)),
        p.cylinder(0.6 * r, 0.2).shifted(0, 0, sill + 0.12),
    ]
    parts = [
        difference(shaft, [m.with_slot(2) for m in cuts]),
        _prism(sides, 1.15 * r, 0.05).shifted(0, 0, tall - 0.02),
    ]
    roof = _prism(sides, rng.uniform(1.0, 1.3) * r, rng.uniform(0.1, 0.9), 0.02)
    parts.append(roof.shifted(0, 0, tall + 0.02).with_slot(1))
    if rng.random() < 0.5:  # a church's nave behind it
        nave, high = rng.uniform(0.5, 1.0), rng.uniform(0.3, 0.5) * tall
        parts.append(block((-r - nave, -1.1 * r, 0), (0, 1.1 * r, high)))
        gable = p.upright([np.array([(-1.25 * r, 0), (1.25 * r, 0), (0, 0.9 * r)])], nave + r)
        gable = gable.rotated(p.rotation((0, 0, 1), np.pi / 2))
        parts.append(gable.shifted(-(nave + r) / 2, 0, high - 0.01).with_slot(1))
    return parts


def castle(rng: Rng) -> Mesh:
    """Castle: keep or walled court with corner towers, battlements, pointed roofs and a gate."""
    x, y, wall = rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.8), rng.uniform(0.25, 0.6)
    size = rng.uniform(0.09, 0.13)
    floor = 0.04 if rng.random() < 0.6 else wall - size - 0.02
    court = block((0.1 - x, 0.1 - y, floor), (x - 0.1, y - 0.1, 9), 1)
    angle = np.linspace(0, np.pi, 9)
    arch = np.concatenate(
        [[(-0.1, -1), (0.1, -1)], np.stack([0.1 * np.cos(angle), 0.15 + 0.1 * np.sin(angle)], 1)]
    )
    gate = p.facing([arch], 0.5).shifted(x, 0, 0.03).with_slot(2)
    parts = [difference(block((-x, -y, 0), (x, y, wall)), [court, gate, *_battlements(x, y, wall, size)])]
    r, tall, sides = rng.uniform(0.13, 0.25), wall * rng.uniform(1.2, 2.6), int(rng.choice([4, 8, 20]))
    pointed = rng.random() < 0.5
    spots = [(-x, -y), (x, -y), (x, y), (-x, y)][: int(rng.choice([2, 3, 4], p=[0.2, 0.2, 0.6]))]
    towers = [(*spot, r, tall * rng.uniform(0.85, 1.15)) for spot in spots]
    if rng.random() < 0.6:
        middle = rng.uniform([-0.4, -0.3], [0.1, 0.3]) * [x, y]
        towers.append((*middle, rng.uniform(0.22, 0.35), tall * rng.uniform(1.2, 1.7)))
    for k, (u, v, wide, high) in enumerate(towers):
        shaft = _prism(sides, wide, high + 0.01 * k).shifted(0, 0, -0.01 - 0.01 * k)  # no two feet level
        head = _prism(sides, 1.18 * wide, 0.22).shifted(0, 0, high - 0.1)
        if pointed:
            roof = (
                _prism(sides, 1.3 * wide, rng.uniform(0.3, 0.7), 0.01).shifted(0, 0, high + 0.1).with_slot(1)
            )
            parts += [m.shifted(u, v, 0) for m in (shaft, head, roof)]
            continue
        notch = block((-1, -0.045, high + 0.05), (1, 0.045, 9))
        pit = p.cylinder(0.8 * wide, 0.4, segments=max(sides, 8)).shifted(0, 0, high + 0.26)
        cut = difference(head, [pit, *(notch.rotated(p.rotation((0, 0, 1), a)) for a in (0.5, 1.5, 2.6))])
        parts += [m.shifted(u, v, 0) for m in (shaft, cut)]
    return joined(rng, parts)


def windmill(rng: Rng) -> Mesh:
    """Windmill with lattice or cloth sails, wind turbine, or a farm's wind pump on a lattice tower."""
    tall, reach = rng.uniform(0.9, 1.5), rng.uniform(0.45, 0.85)
    build = (_mill, _turbine, _wind_pump)[rng.choice(3, p=[0.5, 0.25, 0.25])]
    parts, blade, count, hub = build(rng, tall, reach)
    turn = p.rotation((0, 1, 0), -rng.uniform(0, 0.15)) @ p.rotation((1, 0, 0), rng.uniform(0, 2))
    for i in range(count):
        turned = blade.rotated(turn @ p.rotation((1, 0, 0), 2 * np.pi * i / count))
        parts.append(turned.shifted(hub, 0, tall))
    return joined(rng, [*parts, p.rod((hub - 0.25, 0, tall), (hub + 0.05, 0, tall), 0.05).with_slot(2)])


def _mill(rng: Rng, tall: float, reach: float) -> tuple[list[Mesh], Mesh, int, float]:
    """Tower with a cap and four sails: parts, a sail along Z, how many, the hub's x."""
    sides, r = int(rng.choice([6, 8, 28])), rng.uniform(0.25, 0.4)
    top = r * rng.uniform(0.55, 0.85)
    cap = p.sphere(top * 1.1, 10) if rng.random() < 0.5 else _prism(sides, 1.15 * top, 0.35, 0.03)
    parts = [_prism(sides, r, tall - 0.05, top), cap.shifted(0, 0, tall - 0.07).with_slot(1)]
    parts.append(block((r - 0.12, -0.09, 0), (r + 0.02, 0.09, 0.28), 2))
    if rng.random() < 0.4:
        parts.append(_prism(sides, 1.35 * r, 0.04).shifted(0, 0, 0.35 * tall).with_slot(2))
    wide, arm = rng.uniform(0.12, 0.2), [p.rod((0, 0, 0), (0, 0, reach), 0.024, 8)]
    if rng.random() < 0.5:
        arm.append(block((-0.015, 0.02, 0.25 * reach), (0.015, wide, reach), 3))
    else:
        for z in np.linspace(0.3, 0.97, 5) * reach:
            arm.append(block((-0.014, -wide / 2, z), (0.014, wide / 2, z + 0.03)))
        arm += p.pair(p.rod((0, wide / 2, 0.3 * reach), (0, wide / 2, reach), 0.018, 6))
    return parts, union(arm), 4, top + 0.15


def _vane(outline: list[tuple[float, float]]) -> Mesh:
    """Blade of an outline (across, z), turned a little out of the rotor's plane."""
    return p.facing([np.array(outline)], 0.028).rotated(p.rotation((0, 0, 1), -0.3))


def _turbine(rng: Rng, tall: float, reach: float) -> tuple[list[Mesh], Mesh, int, float]:
    parts = [p.rod((0, 0, 0), (0, 0, tall), (rng.uniform(0.05, 0.09), 0.035), 16)]
    parts.append(p.capsule(0.06, 0.22).rotated(p.rotation((0, 1, 0), np.pi / 2)).shifted(0.02, 0, tall))
    root, bulge = 0.03, 0.25 * reach
    blade = [(-root, 0), (root, 0), (0.09, bulge), (0.02, reach), (-0.02, reach), (-root, bulge)]
    return parts, _vane(blade), 3, 0.14


def _wind_pump(rng: Rng, tall: float, reach: float) -> tuple[list[Mesh], Mesh, int, float]:
    foot = rng.uniform(0.2, 0.35)
    parts = p.around(p.rod((foot, 0, 0), (0.04, 0, tall), 0.022, 6), 4)
    for z in (0.25, 0.5, 0.75):
        parts.append(p.torus(foot * (1 - z) + 0.03 * z, 0.018, 4, 6).shifted(0, 0, z * tall))
    half = np.array([(-0.05, 0.02), (-0.35, 0.15), (-0.5, 0.15)])
    tail = np.concatenate([half, half[::-1] * [1, -1]])
    parts.append(p.upright([tail], 0.03).shifted(0, 0, tall).with_slot(2))
    # Few and slender: a full wheel of vanes looks like a gear, which validation keeps for itself.
    blade = [(-0.02, 0), (0.02, 0), (0.05, 0.8 * reach), (-0.05, 0.8 * reach)]
    return parts, _vane(blade), int(rng.integers(4, 7)), 0.14
