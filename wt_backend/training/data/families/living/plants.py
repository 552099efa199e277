"""What grows low and what the sea leaves: cacti, flowers, cones, shells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.vessels import solid_and_cavity
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator
GOLDEN = np.pi * (3 - 5**0.5)


def _pot(rng: Rng, r: float) -> list[Mesh]:
    """Pot (slot 2) of rim radius r with its mouth at z = 0, filled with earth (slot 3)."""
    tall = r * rng.uniform(0.8, 1.6)
    outer = np.stack([r * np.linspace(rng.uniform(0.55, 0.95), 1, 5), np.linspace(-tall, 0, 5)], 1)
    solid, cavity = solid_and_cavity(outer, 0.035, 0.04, 36)
    pot = difference(solid, [cavity])
    if rng.random() < 0.5:
        rim = p.extrude([p.regular_polygon(36, r + 0.03), p.regular_polygon(36, r - 0.03)], 0.25 * tall)
        pot = union([pot, rim.shifted(0, 0, -0.1 * tall)])
    return [pot.with_slot(2), p.cylinder(r - 0.02, 0.08, segments=36).shifted(0, 0, -0.08).with_slot(3)]


def _ribbed(radius: np.ndarray, path: np.ndarray, ribs: int, deep: float) -> Mesh:
    """Column along a path with ribs all round."""
    column = p.tube(path, radius, 4 * ribs)
    v = column.vertices
    ring = np.arange(len(path) * 4 * ribs)
    line = np.concatenate([path[ring // (4 * ribs)], path[[0, -1]]])
    wave = np.concatenate([1 + deep * np.cos(np.pi / 2 * (ring % 4)), [1, 1]])
    return column.moved(line + (v - line) * wave[:, None])


def _rounded(length: float, r: float, samples: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """(samples,) share of the way and radius of a column with a round top."""
    u = np.sin(np.linspace(0, np.pi / 2, samples))
    return u, r * np.sqrt(np.clip(1 - np.clip((u * length - length + r) / r, 0, 0.999) ** 2, 0, 1))


def cactus(rng: Rng) -> Mesh:
    """Cactus, mostly in a pot: a ribbed ball, a column with an elbow or two, or pads upon pads; in flower."""
    kind, parts, deep = rng.integers(3), [], rng.uniform(0.06, 0.14)
    ribs = int(rng.integers(7, 15))
    if kind == 0:  # balls
        places = [(0.0, 0.0, rng.uniform(0.26, 0.4))]
        places += [
            (rng.uniform(0.2, 0.3), a, rng.uniform(0.1, 0.18))
            for a in rng.uniform(0, 6.3, int(rng.choice([0, 0, 2, 3])))
        ]
        for out, a, r in places:
            angle = np.linspace(-0.48 * np.pi, 0.48 * np.pi, 18)
            z = r * rng.uniform(0.75, 1.4) * np.sin(angle)
            ball = _ribbed(r * np.cos(angle), p.broadcast(0.0, 0.0, z - z[0] * 0.8), ribs, deep)
            parts.append(ball.shifted(out * np.cos(a), out * np.sin(a), -0.02))
        top = float(parts[0].bounds[1][2])
    elif kind == 1:  # column
        tall, r = rng.uniform(0.7, 1.2), rng.uniform(0.11, 0.17)
        u, radius = _rounded(tall, r)
        parts.append(_ribbed(radius, p.broadcast(0.0, 0.0, tall * u - 0.03), ribs, deep))
        turn = rng.uniform(0, 6)
        for i in range(int(rng.integers(0, 3))):
            low, out, rise = (
                rng.uniform(0.25, 0.5) * tall,
                r + rng.uniform(0.15, 0.22),
                rng.uniform(0.25, 0.45),
            )
            knots = [
                (0.3 * r, 0, low),
                (0.8 * out, 0, low + 0.01),
                (out, 0, low + 0.12),
                (out, 0, low + rise),
            ]
            u, radius = _rounded(rise + out, 0.62 * r)
            line = p.spline(np.array(knots), 200)[np.rint(u * 199).astype(int)]
            elbow = _ribbed(radius, line, max(6, ribs - 3), deep)
            parts.append(elbow.rotated(p.rotation((0, 0, 1), turn + np.pi * i)))
        top = tall
    else:  # pads
        grown = [(np.zeros(3), 0.0, rng.uniform(0.2, 0.28))]
        for i in range(int(rng.integers(2, 7))):
            root, lean, size = grown[rng.integers(max(0, i - 2), len(grown))]
            side = rng.uniform(0.15, 1.0) * (-1) ** i + 0.3 * lean
            tip = root + 2.0 * size * np.array([0, np.sin(lean), np.cos(lean)]) * rng.uniform(0.8, 0.95)
            grown.append((tip + np.array([rng.normal(0, 0.02), 0, 0]), side, size * rng.uniform(0.65, 0.95)))
        for root, lean, size in grown:
            pad = p.superquadric((0.06, 0.75 * size, 1.05 * size), 1.0, 1.0, 10).shifted(0, 0, 0.95 * size)
            pad = pad.rotated(p.rotation((0, 0, 1), rng.normal(0, 0.3))).rotated(p.rotation((1, 0, 0), -lean))
            parts.append(pad.shifted(*root))
        top = max(float(m.bounds[1][2]) for m in parts)
        tips = parts[-2:]
    for i in range(int(rng.choice([0, 0, 1, 3]))):
        at = (
            tips[i % 2].vertices[tips[i % 2].vertices[:, 2].argmax()]
            if kind == 2
            else np.array([0, 0, top - 0.02])
        )
        size = rng.uniform(0.04, 0.08)
        bloom = p.lathe(
            [(0, -0.03), (0.3 * size, -0.03), (size, 1.2 * size), (0.4 * size, 0.7 * size), (0, size)], 12
        )
        parts.append(bloom.shifted(*(at + rng.normal(0, 0.03, 3) * [1, 1, 0])).with_slot(1))
    if rng.random() < 0.75:
        parts += _pot(rng, rng.uniform(0.24, 0.36))
    return joined(rng, parts).grounded()


def _petal(
    length: float, half: float, rise: np.ndarray, dish: float, point: float, thick: float = 0.022
) -> Mesh:
    """Petal or leaf along +X from the origin: its height at places along it, its edges raised by `dish`."""
    u, v = np.linspace(0, 1, len(rise)), np.linspace(-1, 1, 5)
    wide = half * np.sin(np.pi * (0.06 + 0.92 * u**0.8)) ** point
    grid = p.broadcast(
        length * u[:, None],
        wide[:, None] * v,
        rise[:, None] + dish * (wide / half)[:, None] * v**2,
    )
    return p.slab(grid, grid - [0, 0, thick])


def flower(rng: Rng) -> Mesh:
    """One great blossom: daisy, sunflower, rose, tulip or lily, bare or on a leafy stalk, facing anywhere."""
    kind, u, rows = rng.integers(3), np.linspace(0, 1, 7), int(rng.integers(1, 4))
    count, core = int(rng.integers(5, 9)), rng.uniform(0.08, 0.25)
    parts = []
    if kind == 0:  # daisy
        count = int(rng.integers(7, 21))
        parts.append(p.superquadric((core, core, core * rng.uniform(0.25, 0.8)), 1, 1, 10).with_slot(1))
    elif kind == 1:  # lily: stamens
        core = 0.05
        parts += [
            m.with_slot(1)
            for m in p.around(p.rod((0.01, 0, -0.05), (0.09, 0, 0.3), 0.016, 6), int(rng.integers(3, 7)))
        ]
        parts += (
            [m.with_slot(4) for m in p.around(p.sphere(0.03, 6).shifted(0.09, 0, 0.3), 3)]
            if rng.random() < 0.5
            else []
        )
        parts.append(p.sphere(0.07, 6).shifted(0, 0, -0.03))
    else:  # rose, peony: closing rows
        core, rows = 0.02, int(rng.integers(2, 5))
        parts.append(p.superquadric((0.08, 0.08, 0.16), 1, 1, 10).shifted(0, 0, 0.03))
    long, bend, lift = rng.uniform(0.28, 0.5), rng.uniform(-0.25, 0.2), rng.uniform(-0.1, 0.9)
    half, point, dish = long * rng.uniform(0.18, 0.45), rng.uniform(0.4, 1.2), rng.uniform(-0.03, 0.12)
    half = max(half, 0.06) if kind == 0 else max(half, 2.2 * long / count)
    for row in range(min(rows, max(1, 20 // count))):
        size = 1 - 0.16 * row
        steep = lift + (0.45 if kind == 2 else 0.15) * row
        leaf = _petal(long * size, half * size, bend * u**2, dish if kind else 0.3 * dish, point)
        leaf = leaf.rotated(p.rotation((0, 1, 0), -min(steep, 1.4))).shifted(0.75 * core, 0, 0.015 * row)
        parts += [
            m.with_slot(0 if row % 2 else int(rng.integers(2)) * 5)
            for m in p.around(leaf, count, np.pi / count * row)
        ]
    if rng.random() < 0.6:
        parts.append(
            p.lathe([(0, -0.16), (0.03, -0.16), (0.07 + 0.5 * core, -0.01), (0, 0)], 18).with_slot(2)
        )
    bloom = (
        [m.rotated(p.rotation((0, 1, 0), turn)) for m in parts] if (turn := rng.uniform(0, 1.2)) else parts
    )
    if rng.random() < 0.4:
        return joined(rng, bloom, 0.3).grounded()
    tall, lean = rng.uniform(0.6, 1.2), rng.normal(0, 0.12, 2)
    back = np.array([-0.2 * np.sin(turn), 0, -0.2 * np.cos(turn)])
    line = p.spline(
        np.array([[*lean, -tall], 0.4 * back + [0.3 * lean[0], lean[1], -0.5 * tall], back, 0.2 * back]), 18
    )
    stalk = [p.tube(line, rng.uniform(0.02, 0.035), 8)]
    for i in range(int(rng.integers(0, 4))):
        at, span = line[int(rng.integers(2, 11))], rng.uniform(0.25, 0.5)
        blade = _petal(
            span,
            rng.uniform(0.05, 0.13),
            rng.uniform(0, 0.3) * u - rng.uniform(0, 0.3) * u**2,
            rng.uniform(0, 0.06),
            1.0,
            0.02,
        )
        blade = blade.rotated(p.rotation((0, 1, 0), -rng.uniform(0.1, 1.0))).rotated(
            p.rotation((0, 0, 1), 2.4 * i + rng.normal())
        )
        stalk.append(blade.shifted(*at))
    return joined(rng, bloom + [m.with_slot(2) for m in stalk], 0.3).grounded()


def cone(rng: Rng) -> Mesh:
    """Cone of a pine or fir, an artichoke or a hop: scales in spirals, shut or spread, lying or standing."""
    count, r, long = int(rng.integers(36, 80)), rng.uniform(0.22, 0.34), rng.uniform(0.4, 1.0)
    spread, size, point = rng.uniform(-0.1, 0.9), rng.uniform(0.9, 1.4), rng.uniform(0.0, 0.5)

    def egg(t: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return r * np.sin(np.pi * (0.1 + 0.85 * t)) ** 0.7 * (1 - 0.25 * t)

    t = np.linspace(0, 1, 14)
    body = p.lathe(np.concatenate([[(0, 0)], np.stack([0.75 * egg(t), long * t], 1), [(0, long)]]), 20)
    parts = [body.with_slot(1)]
    span = size * np.sqrt(4 * r * long / count)
    plate = np.array(
        [(-0.3, -0.3), (0.35, -0.62), (0.8, -0.5), (1.0 + point, 0), (0.8, 0.5), (0.35, 0.62), (-0.3, 0.3)]
    )
    scale = p.extrude([plate], 0.16)
    v = scale.vertices.copy()
    v[:, 2] += 0.22 * v[:, 0] ** 2 - 0.25 * v[:, 1] ** 2
    scale = scale.moved(v)
    for i in range(count):
        s = (i + 0.5) / count
        tilt = np.pi / 2 - (spread * (1 - 0.5 * s) if s < 0.9 else 0.3 * spread) - 0.25
        leaf = scale.scaled(span * (1 - 0.45 * s**2)).rotated(p.rotation((0, 1, 0), -tilt))
        leaf = leaf.shifted(float(0.72 * egg(s)), 0, long * s - 0.3 * span * (1 - s))
        parts.append(leaf.rotated(p.rotation((0, 0, 1), GOLDEN * i)))
    if rng.random() < 0.4:
        parts.append(p.rod((0, 0, -0.14), (0, 0, 0.05), 0.04, 8).with_slot(1))
    mesh = joined(rng, parts)
    turn = rng.choice([np.pi / 2, np.pi / 2, 0.0, np.pi])
    return mesh.rotated(p.rotation((0, 1, 0), turn)).grounded()


def _scallop(rng: Rng) -> Mesh:
    """Half of a scallop or cockle lying on its rim, its hinge at −X."""
    wide, ribs = rng.uniform(0.9, 1.15), int(rng.choice([0, *range(6, 14)]))
    a, q = np.linspace(-1, 1, 81), np.linspace(0.04, 1, 16)
    turn = a * np.radians(rng.uniform(58, 80))
    wave = np.cos(np.pi * ribs * a) if ribs else np.zeros_like(a)
    edge = 0.85 * (np.cos(a * np.pi / 2) ** 0.25 * 0.35 + 0.65) * (1 + 0.02 * wave)
    x, y = edge * np.cos(turn), wide * edge * np.sin(turn)
    dome = rng.uniform(0.2, 0.5) * np.sin(np.pi * q**0.75)[:, None] * (1 - a**4)
    rings = rng.choice([0.0, 0.008]) * np.sin(q * 40)[:, None]
    z = dome + rng.uniform(0.015, 0.03) * wave * q[:, None] + rings
    top = np.stack([q[:, None] * x, q[:, None] * y, z], -1)
    ears = p.extrude([np.array([(-0.02, -0.26), (0.2, -0.2), (0.2, 0.2), (-0.02, 0.26)])], 0.035)
    shell = p.slab(top, top - [0, 0, 0.04])
    return union([shell, ears]) if rng.random() < 0.6 else shell


def _whelk(rng: Rng) -> Mesh:
    """Turret, conch or top shell along Z: whorls wound about a cone, a mouth at its foot."""
    long, fat, turns = rng.uniform(0.9, 1.4), rng.uniform(0.24, 0.5), rng.uniform(4, 8)
    grow, deep, ribs = rng.uniform(1.0, 1.8), rng.uniform(0.08, 0.2), int(rng.choice([0, 0, 8, 11]))
    t = np.linspace(0, 1, 90)
    profile = np.stack([fat * np.minimum(1, 6 * (1 - t)) ** 0.5 * t**0.9 + 0.008, long * (1 - t)], 1)
    body = p.lathe(np.concatenate([[(0, long)], profile, [(0, 0.0)]])[::-1], 48)
    v = body.vertices.copy()
    share, angle = 1 - v[:, 2] / long, np.arctan2(v[:, 1], v[:, 0])
    phase = turns * share ** (1 / grow) - angle / (2 * np.pi)
    whorl = np.sqrt(np.abs(np.sin(np.pi * phase)) + 0.01)
    swell = 1 - deep + 1.6 * deep * whorl + (0.05 * np.cos(ribs * angle) * whorl if ribs else 0)
    v[:, :2] *= swell[:, None]
    mouth = p.superquadric((0.35 * fat, 0.5 * fat, 0.26 * long), 1, 1, 10).rotated(p.rotation((1, 0, 0), 0.3))
    flare = p.superquadric((0.55 * fat, 0.3 * fat, 0.3 * long), 1, 1, 10).shifted(
        0.72 * fat, 0.2 * fat, 0.22 * long
    )
    return difference(
        union([body.moved(v), flare]), [mouth.shifted(0.95 * fat, -0.05, 0.22 * long).with_slot(1)]
    )


def _ammonite(rng: Rng) -> Mesh:
    """Coil in one plane, ribbed or smooth, its mouth hollow."""
    turns, grow, wide = rng.uniform(2.2, 3.6), rng.uniform(0.1, 0.17), rng.uniform(0.85, 1.15)
    a = np.linspace(0, 2 * np.pi * turns, int(70 * turns))
    r = 0.6 * np.exp(grow * (a - a[-1]))
    gap = (1 - np.exp(-2 * np.pi * grow)) / (1 + np.exp(-2 * np.pi * grow))
    radius = r * gap * 0.985
    ribs = int(rng.choice([0, 14, 20]))
    radius = radius * (1 + (0.05 * np.cos(ribs * a) - 0.05 if ribs else 0))
    line = p.broadcast(r * np.cos(a), r * np.sin(a), 0.0)
    coil = p.tube(line, radius, 18)
    v = coil.vertices * [1, 1, wide]
    web = p.extrude([line[-70:, :2] * 0.98], 0.05)
    step = line[-1] - line[-2]
    hollow = p.sphere(0.8 * radius[-1], 10).scaled((1, 1, wide)).rotated(p.towards(step))
    return difference(union([coil.moved(v), web]), [hollow.shifted(*line[-1]).with_slot(1)])


def sea_shell(rng: Rng) -> Mesh:
    """Scallop or open clam, turret shell or conch, ammonite or nautilus, lying any way."""
    kind = rng.integers(3)
    if kind == 0:
        half = _scallop(rng)
        if rng.random() < 0.35:
            other = half.scaled((1, 1, -1)).rotated(p.rotation((0, 1, 0), rng.uniform(0.1, 0.7)))
            return joined(rng, [half, other.shifted(0, 0, -0.02).with_slot(1)]).grounded()
        return half.rotated(p.rotation((1, 0, 0), np.pi * rng.integers(2))).grounded()
    mesh = _whelk(rng) if kind == 1 else _ammonite(rng)
    if rng.random() < 0.7:
        mesh = mesh.rotated(p.rotation((rng.normal(), 1, 0), np.pi / 2))
    return mesh.with_crease(SMOOTH if kind == 2 else 0.6).grounded()
