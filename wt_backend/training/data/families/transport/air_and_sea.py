"""Helicopters, ships, rockets and balloons, facing +X."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined

Rng = np.random.Generator


def _rotor(count: int, reach: float, chord: float, phase: float) -> list[Mesh]:
    """Blades about Z, each a flat bar."""
    blade = block((0, -chord / 2, -0.016), (reach, chord / 2, 0.016), 2)
    return [*p.around(blade, count, phase), p.cylinder(0.05, 0.09, segments=12).with_slot(3)]


def helicopter(rng: Rng) -> Mesh:
    """Helicopter with a glazed nose, on skids or wheels, with one main rotor or two in tandem."""
    x, y, z = rng.uniform(0.3, 0.5), rng.uniform(0.17, 0.27), rng.uniform(0.18, 0.28)
    north, up = rng.uniform(0.6, 1.0), z + rng.uniform(0.1, 0.22)
    tandem = rng.random() < 0.2
    x *= 1.7 if tandem else 1.0
    cabin = p.superquadric((x, y, z), north, rng.uniform(0.6, 1.0))
    middle = cabin.vertices[cabin.faces].mean(1)
    cabin.slot[(middle[:, 0] > rng.uniform(0.3, 0.6) * x) & (middle[:, 2] > -0.35 * z)] = 1
    parts = [cabin.shifted(0, 0, up)]
    count, reach, chord = int(rng.integers(2, 6)), rng.uniform(0.6, 1.1), rng.uniform(0.05, 0.1)
    top, phase = up + z + rng.uniform(0.06, 0.16), rng.uniform(0, 3)
    for s in (-0.75, 0.75) if tandem else (0.0,):
        height = top + (0.12 if s < 0 else 0.0)
        blades = _rotor(count, reach * (0.85 if tandem else 1.0), chord, phase + s)
        parts += [m.shifted(s * x, 0, height) for m in blades]
        mast = p.rod((s * x, 0, up + 0.5 * z), (s * x, 0, height), (0.12, 0.04) if tandem else (0.1, 0.03))
        parts.append(mast.with_slot(3))
    if not tandem:
        tail, rise = -x - rng.uniform(0.4, 0.8), rng.uniform(0.0, 0.12)
        boom = p.spline(
            np.array([(-0.4 * x, 0, up + 0.2 * z), (-x, 0, up + 0.3 * z), (tail, 0, up + 0.4 * z + rise)]), 14
        )
        parts.append(p.tube(boom, np.linspace(0.6 * z, 0.04, 14), 14))
        end = up + 0.4 * z + rise
        fin = np.array([(-0.12, -0.05), (0.08, -0.05), (-0.06, 0.26), (-0.18, 0.26)]) * rng.uniform(0.7, 1.3)
        parts.append(p.upright([fin], 0.035).shifted(tail, 0, end).with_slot(2))
        parts.append(block((tail + 0.08, -0.2, end - 0.05), (tail + 0.2, 0.2, end - 0.018), 2))
        small = [m.scaled((1, 1, 0.8)).rotated(p.ALONG_Y) for m in _rotor(2 + count // 3, 0.17, 0.05, phase)]
        parts += [m.shifted(tail - 0.02, 0.06, end + 0.03) for m in small]
    if rng.random() < 0.7:
        reach = rng.uniform(0.8, 1.3) * x
        skid = np.array([(-0.9 * reach, y, 0.02), (0.7 * reach, y, 0.02), (reach, y, 0.09)])
        parts += p.pair(p.tube(p.spline(skid, 10), 0.022, 8).with_slot(3))
        for u in (-0.45, 0.4):
            parts += p.pair(p.rod((u * x, 0.4 * y, up - 0.6 * z), (u * x, y, 0.02), 0.02, 8).with_slot(3))
    else:
        for u, v in ((0.6, 0.0), (-0.4, y), (-0.4, -y)):
            parts.append(
                p.cylinder(0.07, 0.07, segments=16).rotated(p.ALONG_Y).shifted(u * x, v, 0.07).with_slot(3)
            )
            parts.append(p.rod((u * x, v, 0.07), (u * x, 0.5 * v, up - 0.4 * z), 0.025, 8).with_slot(3))
    return joined(rng, parts)


def _hull(rng: Rng, x: float, y: float, depth: float) -> Mesh:
    """Decked hull of half length x and half beam y, its deck rising to the ends; keel at z = 0."""
    u = np.linspace(-1, 1, 26)
    stern = rng.uniform(0.3, 0.9)
    half = np.where(u > 0, (1 - u**2) ** rng.uniform(0.5, 0.9), 1 - (1 - stern) * u**2) + 0.02
    outline = np.concatenate([np.stack([u, half], 1), np.stack([u, -half], 1)[::-1]]) * [x, y]
    hull = p.extrude([outline * [0.8, 0.6]], depth, taper=1.25, steps=5).shifted(0, 0, depth / 2)
    v = hull.vertices.copy()
    rise = v[:, 2] / depth
    v[:, 1] *= 1 + 0.33 * np.sin(np.pi * rise / 2) * (1 + 0.2 * rise)
    v[:, 2] += (
        rise
        * ((v[:, 0] / x) ** 2 * rng.uniform(0.0, 0.6) + (v[:, 0] < -0.5 * x) * rng.choice([0, 0.5]))
        * depth
    )
    return hull.moved(v)


def ship(rng: Rng) -> Mesh:
    """Sailing ship with square or triangular sails, steamer, ferry or fishing boat with a deckhouse."""
    x, y, depth = rng.uniform(0.7, 1.0), rng.uniform(0.16, 0.3), rng.uniform(0.16, 0.32)
    parts = [_hull(rng, x, y, depth)]
    keel = np.array([(-0.75 * x, 0.03), (0.7 * x, 0.03), (0.6 * x, -0.06), (-0.7 * x, -0.06)])
    parts.append(p.upright([keel], 0.05).with_slot(3))
    if rng.random() < 0.6:
        parts += _rigging(rng, x, y, depth)
        if rng.random() < 0.5:
            parts.append(block((-0.8 * x, -0.6 * y, 0.5 * depth), (-0.4 * x, 0.6 * y, depth + 0.15), 1))
        return joined(rng, parts)
    z, a, b = 0.8 * depth, -rng.uniform(0.3, 0.75) * x, rng.uniform(-0.1, 0.5) * x
    for deck in range(int(rng.integers(1, 4))):
        tall = rng.uniform(0.1, 0.2) + (0.2 * depth if deck == 0 else 0.0)
        wide = (0.75 - 0.12 * deck) * y
        parts.append(block((a, -wide, z - 0.02), (b, wide, z + tall), 1, rng.choice([0, 0.02])))
        a, b, z = a + rng.uniform(0.02, 0.15) * x, b - rng.uniform(0.02, 0.2) * x, z + tall
        if b - a < 0.2:
            break
    for u in np.linspace(0.25, 0.75, int(rng.integers(1, 4))):
        funnel = p.cylinder(0.06, rng.uniform(0.15, 0.4), 0.055, 18).rotated(p.rotation((0, 1, 0), -0.15))
        parts.append(funnel.shifted(a + u * (b - a), 0, z + 0.08).with_slot(2))
    for u in (-0.85, 0.75)[: int(rng.integers(0, 3))]:
        parts.append(
            p.rod(
                (u * x, 0, 0.5 * depth), (u * x, 0, depth + rng.uniform(0.4, 0.7)), (0.026, 0.018), 8
            ).with_slot(3)
        )
    return joined(rng, parts)


def _rigging(rng: Rng, x: float, y: float, depth: float) -> list[Mesh]:
    """One to three masts with square sails, billowed, or a fore-and-aft sail and a jib; a bowsprit."""
    square, count = rng.random() < 0.5, int(rng.integers(1, 4))
    tall, parts = rng.uniform(0.9, 1.6) * (1.15 - 0.1 * count), []
    spots = [0.1 * x] if count == 1 else list(np.linspace(-0.6, 0.55, count) * x)
    room = 1.1 * x / count
    for i, u in enumerate(spots):
        high = depth + tall * (1.0 if i == count // 2 else 0.8)
        parts.append(p.rod((u, 0, 0.4 * depth), (u, 0, high), (0.032, 0.02), 10).with_slot(3))
        if square:
            edges = np.linspace(depth + 0.12, high - 0.03, int(rng.integers(2, 5)))
            for low, top in pairwise(edges):
                wide = rng.uniform(1.1, 1.6) * y * (1.3 - 0.5 * (top - depth) / tall)
                bow, gap = rng.uniform(0.05, 0.12), 0.9 * (top - low)
                arc = p.spline(
                    np.array([(0, -wide), (bow, -0.5 * wide), (1.2 * bow, 0), (bow, 0.5 * wide), (0, wide)]),
                    14,
                )
                sail = p.extrude([np.concatenate([arc, arc[::-1] - [0.03, 0]])], gap, taper=0.85)
                parts.append(sail.shifted(u + 0.01, 0, low + gap / 2).with_slot(2))
                parts.append(p.rod((u, -wide, top - 0.03), (u, wide, top - 0.03), 0.02, 8).with_slot(3))
        else:
            peak = (u - 0.02 - rng.choice([0.0, 0.5 * room]), high - 0.03)
            sheet = [(u - 0.02, depth + 0.1), (u - room, depth + 0.08), peak, (u - 0.02, 0.7 * high)]
            parts.append(p.upright([np.array(sheet)], 0.028).with_slot(2))
    last = spots[-1]
    if not square and rng.random() < 0.7:
        jib = np.array(
            [(last + 0.04, depth + 0.12), (0.98 * x, depth * 1.2), (last + 0.04, depth + 0.7 * tall)]
        )
        parts.append(p.upright([jib], 0.025).with_slot(2))
        parts.append(p.rod((0.5 * x, 0, 0.8 * depth), (1.02 * x, 0, depth * 1.2), 0.025, 8).with_slot(3))
    elif rng.random() < 0.7:
        parts.append(
            p.rod((0.6 * x, 0, 0.9 * depth), (1.4 * x, 0, 1.8 * depth), (0.03, 0.018), 8).with_slot(3)
        )
    return parts


def _rocket_outline(rng: Rng, plump: bool, r: float, base: float, tall: float) -> np.ndarray:
    """(24, 2) radius and height of a hull from z = `base` to its tip: a belly, or stages and a nose."""
    z = np.linspace(0, 1, 24)
    if plump:
        body = rng.uniform(0.4, 0.75) + (1 - z) * 0.3 + 0.45 * np.sin(np.pi * z**0.9)
        shape = body * np.sqrt(np.clip(1 - z ** rng.uniform(2, 5), 0, 1))
    else:
        nose = rng.uniform(0.6, 0.85)
        shape = np.where(
            z < nose, 1.0, np.clip(1 - ((z - nose).clip(0) / (1 - nose)) ** rng.uniform(1, 2.2), 0, 1)
        )
        shape = shape * np.where(z > rng.uniform(0.4, 0.6), rng.uniform(0.65, 1.0), 1.0)
    outer = np.stack([np.maximum(r * shape, 0), base + tall * z], 1)
    outer[-1, 0] = 0
    return outer


def rocket(rng: Rng) -> Mesh:
    """Rocket standing on fins, boosters or a nozzle; plump as in a comic or slender with stages."""
    tall, r = rng.uniform(1.0, 1.8), rng.uniform(0.1, 0.3)
    fins, base = int(rng.integers(3, 5)), rng.uniform(0.05, 0.2)
    plump = rng.random() < 0.5
    outer = _rocket_outline(rng, plump, r, base, tall)
    hull = p.lathe(np.concatenate([[[0, base]], outer]), 32)
    middle = hull.vertices[hull.faces].mean(1)[:, 2]
    hull.slot[middle > base + rng.uniform(0.65, 0.9) * tall] = 1
    nozzle = p.lathe(
        [(0, 0.1), (0.3 * r, 0.1), (0.75 * r, -base), (0.68 * r, -base), (0.2 * r, 0.05), (0, 0.05)], 24
    )
    parts = [hull, nozzle.shifted(0, 0, base + 0.01).with_slot(3)]
    root, reach = rng.uniform(0.2, 0.45) * tall, rng.uniform(0.6, 2.0) * r
    low = rng.uniform(0.0, base)
    start = 0.4 * r
    shape2 = [
        (start, base + 0.02),
        (start, base + root),
        (r + 0.4 * reach, base + 0.6 * root),
        (r + reach, low),
        (r + 0.6 * reach, low),
    ]
    if rng.random() < 0.5:
        shape2 = [
            (start, base + 0.02),
            (start, base + root),
            (r + reach, base + 0.4 * root),
            (r + reach, low),
        ]
    parts += [m.with_slot(2) for m in p.around(p.upright([np.array(shape2)], 0.05), fins)]
    if not plump and rng.random() < 0.5:
        width, length = rng.uniform(0.35, 0.6) * r, rng.uniform(0.3, 0.6) * tall
        pod = p.lathe([(0, 0), (0.8 * width, 0), (width, 0.1), (width, length), (0, length + 2 * width)], 20)
        parts += [
            m.with_slot(1) for m in p.around(pod.shifted(r + 0.8 * width, 0, base - 0.03), fins, np.pi / fins)
        ]
    for k in range(int(rng.integers(0, 3)) if plump else 0):
        port = p.torus(0.3 * r, 0.09 * r, 20, 8).rotated(p.ALONG_X)
        level = base + (0.45 + 0.22 * k) * tall
        at = float(np.interp(level, outer[:, 1], outer[:, 0]))
        parts += [
            port.shifted(at, 0, level).with_slot(3),
            p.sphere(0.3 * r, 6).scaled((0.4, 1, 1)).shifted(at, 0, level).with_slot(4),
        ]
    return joined(rng, parts)


def balloon(rng: Rng) -> Mesh:
    """Hot-air balloon with a basket on ropes, or an airship with fins and a gondola."""
    return _airship(rng) if rng.random() < 0.4 else _hot_air_balloon(rng)


def _airship(rng: Rng) -> Mesh:
    """Long hull, four fins behind, a gondola below."""
    x, r = 1.0, rng.uniform(0.2, 0.4)
    u = np.linspace(-1, 1, 30)
    shape = r * np.sqrt(np.clip(1 - np.abs(u) ** rng.uniform(2, 3.5), 0, 1))
    shape[[0, -1]] = 0
    hull = (
        p.lathe(np.stack([shape, u * x], 1), 30)
        .with_crease(SMOOTH)
        .rotated(p.ALONG_X)
        .shifted(0, 0, r + 0.15)
    )
    fin = p.upright([np.array([(-0.95, 0), (-0.5, 0), (-0.7, 1.25 * r), (-0.98, 1.25 * r)])], 0.04)
    fins = [
        fin.rotated(p.rotation((1, 0, 0), a)).shifted(0, 0, r + 0.15).with_slot(1)
        for a in np.arange(4) * np.pi / 2 + rng.choice([0, np.pi / 4])
    ]
    long, place = rng.uniform(0.15, 0.4), rng.uniform(-0.1, 0.3)
    gondola = block((place - long, -0.09, 0), (place + long, 0.09, 0.25), 2, 0.04)
    return joined(rng, [hull, *fins, gondola])


def _hot_air_balloon(rng: Rng) -> Mesh:
    """Bag open below, smooth or of swelling gores, and a basket on ropes."""
    r, neck = rng.uniform(0.45, 0.65), rng.uniform(0.08, 0.2)
    size, gap = rng.uniform(0.1, 0.18), rng.uniform(0.15, 0.4)
    foot = 1.6 * size + gap
    knots = [
        (neck, foot),
        (0.55 * r, foot + 0.3),
        (r, foot + rng.uniform(0.65, 0.85)),
        (0.75 * r, foot + 1.15),
        (0.05, foot + 1.3),
    ]
    outer = p.spline(np.array(knots), 26)
    inner = (outer - [0.035, 0.0])[:-2].clip([0.03, 0])[::-1]
    skin = np.concatenate([[[0, inner[0, 1]]], inner, outer, [[0, outer[-1, 1]]]])
    bag = p.lathe(skin, 40).with_crease(SMOOTH)
    if rng.random() < 0.6:
        v = bag.vertices.copy()
        swell = 1 + rng.uniform(0.04, 0.12) * np.abs(
            np.sin(int(rng.integers(4, 9)) * np.arctan2(v[:, 1], v[:, 0]))
        )
        bag = bag.moved(v * np.stack([swell, swell, np.ones_like(swell)], 1))
    tub = difference(
        block((-size, -size, 0), (size, size, 1.6 * size), 1, 0.03),
        [block((0.04 - size, 0.04 - size, 0.04), (size - 0.04, size - 0.04, 1), 2)],
    )
    ropes = p.around(
        p.rod(
            (size - 0.02, size - 0.02, 1.5 * size), (0.7 * neck, 0.7 * neck, foot + 0.04), 0.018, 6
        ).with_slot(3),
        4,
    )
    return joined(rng, [bag, tub, *ropes])
