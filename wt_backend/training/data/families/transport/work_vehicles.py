"""Tractors, excavators and things pushed or pulled by hand: wheelbarrows, prams, carts."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.transport.vehicles import glazed, spoked_wheel, wheel
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def tractor(rng: Rng) -> Mesh:
    """Tractor or steamroller: great wheels behind, small ones before, bonnet, cab or bare seat."""
    big, small, y = rng.uniform(0.3, 0.5), rng.uniform(0.14, 0.28), rng.uniform(0.12, 0.2)
    base, wide = rng.uniform(0.7, 1.0), rng.uniform(0.12, 0.26)
    deck = 0.9 * big
    bonnet = block(
        (0.05, -y, 0.8 * deck), (base + 0.2, y, deck + rng.uniform(0.2, 0.35)), 0, rng.uniform(0.02, 0.1)
    )
    parts = [bonnet, block((-0.15, -0.6 * y, 0.5 * deck), (base, 0.6 * y, deck), 2)]
    if rng.random() < 0.2:  # steamroller: one broad drum before
        parts.append(
            p.cylinder(1.2 * small, 3.4 * y, segments=30).rotated(p.ALONG_Y).shifted(base, 0, 1.2 * small)
        )
    else:
        parts += p.pair(wheel(small, 0.7 * wide).shifted(base, y + 0.4 * wide, small))
    parts.append(p.rod((base, -y, small), (base, y, small), 0.03).with_slot(2))
    parts += p.pair(wheel(big, wide, rng.uniform(0.4, 0.7)).shifted(0, 1.1 * y + wide / 2, big))
    parts.append(p.rod((0, -1.5 * y, big), (0, 1.5 * y, big), 0.06).with_slot(2))
    roof = deck + rng.uniform(0.55, 0.8)
    parts += _cab(rng, y, deck, roof) if rng.random() < 0.6 else _seat(y, deck)
    if rng.random() < 0.6:
        x = rng.uniform(0.4, 0.8) * base
        parts.append(
            p.rod((x, 0.4 * y, deck), (x, 0.4 * y, deck + rng.uniform(0.35, 0.6)), 0.03).with_slot(2)
        )
    if rng.random() < 0.5:  # mudguards
        angle = np.linspace(0.3, 2.6, 12)
        arc = np.stack([np.cos(angle), np.sin(angle)], 1)
        guard = p.upright([np.concatenate([arc * (big + 0.08), arc[::-1] * (big + 0.03)])], wide)
        parts += p.pair(guard.shifted(0, 1.1 * y + wide / 2 - 0.03, big))
    return joined(rng, parts)


def _cab(rng: Rng, y: float, deck: float, roof: float) -> list[Mesh]:
    """Roof over glass, or over posts with a seat between."""
    top = block((-0.32, -1.25 * y, roof - 0.02), (0.28, 1.25 * y, roof + 0.05), 0, 0.03)
    if rng.random() < 0.4:
        return [block((-0.25, -1.1 * y, deck - 0.1), (0.18, 1.1 * y, roof), 1), top]
    feet = [(u, s * 1.1 * y) for u in (-0.25, 0.2) for s in (-1, 1)]
    posts = [p.rod((u, v, deck - 0.1), (0.85 * u, v / 1.1, roof), 0.025) for u, v in feet]
    return [*posts, block((-0.25, -y, deck - 0.1), (-0.05, y, deck + 0.12), 1), top]


def _seat(y: float, deck: float) -> list[Mesh]:
    """Bare seat behind a steering wheel."""
    parts = [block((-0.2, -0.8 * y, deck - 0.1), (0.02, 0.8 * y, deck + 0.08), 1, 0.03)]
    parts.append(block((-0.24, -0.8 * y, deck), (-0.16, 0.8 * y, deck + 0.3), 1, 0.03))
    parts.append(
        p.torus(0.09, 0.022, 20, 8)
        .rotated(p.rotation((0, 1, 0), -0.9))
        .shifted(0.16, 0, deck + 0.35)
        .with_slot(2)
    )
    parts.append(p.rod((0.16, 0, deck + 0.35), (0.3, 0, deck + 0.1), 0.022).with_slot(2))
    return parts


def _track(length: float, radius: float, width: float) -> Mesh:
    """Caterpillar track: a stadium on its edge with wheels showing at its side."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 10)
    half = np.stack([length / 2 - radius + radius * np.cos(angle), radius * np.sin(angle)], 1)
    band = p.upright([np.concatenate([half, -half])], width).with_slot(2)
    holes = [p.cylinder(0.75 * radius, 0.2 * width, segments=16).rotated(p.ALONG_Y).with_slot(3)]
    spots = np.linspace(-1, 1, 4) * (length / 2 - radius)
    return difference(
        band, [m.shifted(u, s * width / 2, 0) for m in holes for u in spots for s in (-1, 1)]
    ).shifted(0, 0, radius)


def _beam(path: list[tuple[float, float]], width: float, ends: tuple[float, float], y: float = 0.0) -> Mesh:
    """Boom along a path of (x, z), its height changing from one end to the other."""
    knots = p.spline(np.array(path), 12)
    step = np.gradient(knots, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], 1) / np.linalg.norm(step, axis=1, keepdims=True)
    half = normal * np.linspace(*ends, 12)[:, None] / 2
    return p.upright([np.concatenate([knots + half, (knots - half)[::-1]])], width).shifted(0, y, 0)


def excavator(rng: Rng) -> Mesh:
    """Excavator, crane or bulldozer on tracks or wheels; the arm in any pose."""
    length, y, r = rng.uniform(0.7, 1.0), rng.uniform(0.28, 0.42), rng.uniform(0.1, 0.17)
    parts: list[Mesh] = []
    if rng.random() < 0.65:
        parts += p.pair(_track(length, r, 0.35 * y + 0.05).shifted(0, 0.8 * y, 0))
    else:
        for x in (-0.32 * length, 0.32 * length):
            parts += p.pair(wheel(1.2 * r, 0.14).shifted(x, 0.8 * y, 1.2 * r))
    deck = 2.2 * r
    parts.append(block((-0.4 * length, -0.75 * y, 0.6 * r), (0.4 * length, 0.75 * y, deck - 0.03), 2))
    parts.append(p.cylinder(0.7 * y, 0.12).shifted(0, 0, deck).with_slot(2))
    up = deck + 0.04
    house = [
        block(
            (-0.55 * length, -y, up),
            (0.35 * length, y, up + rng.uniform(0.15, 0.3)),
            0,
            rng.uniform(0.02, 0.07),
        )
    ]
    high = up + rng.uniform(0.4, 0.6)
    cab = np.array(
        [(-0.1, up), (0.38 * length, up), (0.38 * length, up + 0.2), (0.25 * length, high), (-0.1, high)]
    )
    house.append(
        glazed(
            p.upright([cab], 0.8 * y).shifted(0, 0.5 * y, 0),
            0.9 * y,
            [(-0.04, 0.22 * length)],
            up + 0.2,
            high - 0.05,
        )
    )
    root, crane = (0.2 * length, up + 0.1), rng.random() < 0.3
    house += _jib(rng, root, -0.3 * y, up) if crane else _arm(rng, root, -0.25 * y)
    turn = p.rotation((0, 0, 1), rng.choice([0.0, rng.uniform(-1.2, 1.2)]))
    parts += [part.rotated(turn) for part in house]
    if rng.random() < 0.3:
        parts.append(block((0.55 * length, -y, 0.02), (0.55 * length + 0.05, y, 1.6 * r), 3))
        parts += p.pair(p.rod((0.3 * length, 0.4 * y, r), (0.57 * length, 0.4 * y, r), 0.04).with_slot(3))
    return joined(rng, parts)


def _jib(rng: Rng, root: tuple[float, float], y: float, low: float) -> list[Mesh]:
    """A crane's long straight beam from (x, z) in the plane y, a hook on its rope not below `low`."""
    tip = (root[0] + rng.uniform(0.3, 1.0), root[1] + rng.uniform(0.7, 1.2))
    beam = _beam([root, tip], 0.1, (0.14, 0.05), y).with_slot(1)
    hook = max(low, tip[1] - rng.uniform(0.3, 0.9))
    rope = p.rod((tip[0], y, tip[1]), (tip[0], y, hook), 0.018).with_slot(2)
    return [beam, rope, p.sphere(0.07, 6).shifted(tip[0], y, hook).with_slot(2)]


def _arm(rng: Rng, root: tuple[float, float], y: float) -> list[Mesh]:
    """Two beams with an elbow from (x, z) in the plane y, and a bucket."""
    elbow = (root[0] + rng.uniform(0.35, 0.7), root[1] + rng.uniform(0.3, 0.8))
    middle = ((root[0] + elbow[0]) / 2 - 0.1, (root[1] + elbow[1]) / 2 + 0.12)
    wrist = (elbow[0] + rng.uniform(-0.1, 0.45), elbow[1] - rng.uniform(0.35, 0.7))
    upper = _beam([root, middle, elbow], 0.12, (0.16, 0.1), y).with_slot(1)
    lower = _beam([(elbow[0] - 0.06, elbow[1] + 0.08), wrist], 0.09, (0.12, 0.08), y).with_slot(1)
    return [upper, lower, _bucket(rng).shifted(wrist[0], y, wrist[1])]


def _bucket(rng: Rng) -> Mesh:
    """Shovel hung at the origin, open towards −X."""
    outline = np.array([(0.05, 0.05), (0.12, -0.1), (0.05, -0.25), (-0.14, -0.28), (-0.05, 0.02)])
    width = rng.uniform(0.2, 0.34)
    outer = p.upright([outline], width)
    inner = p.upright([outline * 0.78 + [-0.06, -0.03]], width - 0.06)
    return difference(outer, [inner.with_slot(3)]).scaled(rng.uniform(0.8, 1.3)).with_slot(3)


def cart(rng: Rng) -> Mesh:
    """Wheelbarrow, pram, handcart, covered waggon or trolley."""
    return joined(rng, (_wheelbarrow, _pram, _waggon)[rng.integers(3)](rng))


def _trough(x: float, y: float, height: float, flare: float, wall: float) -> Mesh:
    """Open box on the ground z = 0, its mouth `flare` times its floor."""
    rim = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    inner = p.extrude([rim * [1 - wall / x, 1 - wall / y]], height, taper=flare).shifted(0, 0, wall)
    return difference(p.extrude([rim], height, taper=flare), [inner.with_slot(1)]).shifted(0, 0, height / 2)


def _wheelbarrow(rng: Rng) -> list[Mesh]:
    r, x, y = rng.uniform(0.12, 0.22), rng.uniform(0.25, 0.4), rng.uniform(0.18, 0.28)
    floor, flare = r + rng.uniform(0.05, 0.15), rng.uniform(1.1, 1.6)
    tray = _trough(x, y, rng.uniform(0.15, 0.35), flare, 0.035)
    v = tray.vertices.copy()
    v[:, 0] += rng.uniform(0, 0.6) * v[:, 2] * (v[:, 0] > 0)  # the front slopes
    parts = [tray.moved(v).shifted(0, 0, floor)]
    front = x + rng.uniform(0.05, 0.25)
    tyre = [wheel(r, 0.1)] if rng.random() < 0.6 else spoked_wheel(r, 0.025, 6)
    parts += [m.shifted(front, 0, r) for m in tyre]
    grip = (-x - rng.uniform(0.35, 0.7), 1.1 * y, floor + rng.uniform(0.0, 0.2))
    parts += p.pair(p.rod((front, 0.1, r), (-0.5 * x, 0.8 * y, floor + 0.01), 0.025, 8).with_slot(2))
    parts += p.pair(p.rod((-0.5 * x, 0.8 * y, floor + 0.01), grip, 0.025, 8).with_slot(2))
    parts += p.pair(p.rod((-0.6 * x, 0.75 * y, floor + 0.03), (-x, 0.85 * y, 0), 0.025, 8).with_slot(2))
    parts.append(p.rod((front, -0.12, r), (front, 0.12, r), 0.03, 8).with_slot(2))
    if rng.random() < 0.3:
        parts.append(p.sphere(1, 10).scaled((0.9 * x, 0.9 * y, 0.3)).shifted(0, 0, floor + 0.15).with_slot(3))
    return parts


def _pram(rng: Rng) -> list[Mesh]:
    x, y, tall = rng.uniform(0.32, 0.5), rng.uniform(0.2, 0.28), rng.uniform(0.2, 0.32)
    r, up = rng.uniform(0.1, 0.24), rng.uniform(0.1, 0.35)
    floor, n = r + up, rng.uniform(0.4, 1.0)
    tub = p.superquadric((x, y, tall), n, n, 10)
    inner = p.superquadric((x - 0.045, y - 0.045, tall - 0.045), n, n, 10).with_slot(1)
    tub = difference(tub, [inner, block((-2, -2, 0), (2, 2, 2), 1)])
    hood = difference(
        p.sphere(1.0, 10).scaled((x * rng.uniform(0.6, 0.9), y, y * rng.uniform(1.0, 1.4))),
        [
            p.sphere(1.0, 10).scaled((x * 0.55, y - 0.045, y * 0.9)),
            block((0, -2, -2), (2, 2, 2)),
            block((-2, -2, -2), (2, 2, -0.02)),
        ],
    )
    parts = [tub]
    if rng.random() < 0.85:
        parts.append(hood.shifted(-x * rng.uniform(0.0, 0.2), 0, 0).with_slot(2))
    parts = [m.shifted(0, 0, floor + tall) for m in parts]
    for u in (-0.65, 0.65):
        tyre = [wheel(r, 0.06)] if r < 0.14 else spoked_wheel(r, 0.022, 6)
        parts += [s for m in tyre for s in p.pair(m.shifted(u * x, 0.9 * y, r))]
        parts.append(p.rod((u * x, -y, r), (u * x, y, r), 0.022, 8).with_slot(3))
        parts += p.pair(
            p.rod((u * x, 0.7 * y, r), (-0.45 * u * x, 0.75 * y, floor + 0.4 * tall), 0.022, 8).with_slot(3)
        )
    end = (-x - rng.uniform(0.2, 0.4), floor + tall + rng.uniform(0.1, 0.35))
    parts += p.pair(
        p.rod((-0.6 * x, 0.9 * y, floor + tall * 0.8), (end[0], 0.9 * y, end[1]), 0.022, 8).with_slot(3)
    )
    parts.append(
        p.rod((end[0], -0.9 * y - 0.02, end[1]), (end[0], 0.9 * y + 0.02, end[1]), 0.03, 8).with_slot(3)
    )
    return parts


def _waggon(rng: Rng) -> list[Mesh]:
    x, y, r = rng.uniform(0.35, 0.7), rng.uniform(0.22, 0.35), rng.uniform(0.12, 0.36)
    floor, height = r * rng.uniform(1.0, 1.3), rng.uniform(0.08, 0.35)
    parts = [_trough(x, y, height, rng.uniform(1.0, 1.25), 0.04).shifted(0, 0, floor)]
    axles = (0.0,) if (two := rng.random() < 0.45) else (-0.7, 0.7)
    spokes = int(rng.integers(6, 11))
    for u in axles:
        tyre = [wheel(r, 0.09)] if r < 0.18 else spoked_wheel(r, 0.03, spokes)
        parts += [s for m in tyre for s in p.pair(m.shifted(u * x, y + 0.09, r))]
        parts += [p.rod((u * x, -y - 0.1, r), (u * x, y + 0.1, r), 0.035, 8).with_slot(3)]
        parts.append(block((u * x - 0.05, -0.6 * y, r), (u * x + 0.05, 0.6 * y, floor + 0.02), 3))
    reach, drop = x + rng.uniform(0.4, 0.8), rng.uniform(-0.3, 0.1)
    shafts = [0.6 * y, -0.6 * y] if two else [0.0]
    parts += [
        p.rod((0.5 * x, s, floor), (reach, s, max(floor + drop, 0.03)), 0.026, 8).with_slot(2) for s in shafts
    ]
    if not two:
        parts.append(
            p.rod(
                (reach, -0.12, max(floor + drop, 0.03)), (reach, 0.12, max(floor + drop, 0.03)), 0.026, 8
            ).with_slot(2)
        )
    load = rng.random()
    if load < 0.3:  # canvas over hoops
        bow = p.spline(np.array([(-y, 0), (-y, 0.25), (0, 0.25 + y), (y, 0.25), (y, 0)]), 24)
        tilt = p.extrude([bow, bow * [1 - 0.04 / y, 0.9]], 1.8 * x).rotated(p.rotation((1, 0, 0), np.pi / 2))
        parts.append(
            tilt.rotated(p.rotation((0, 0, 1), np.pi / 2)).shifted(0, 0, floor + 0.6 * height).with_slot(1)
        )
    elif load < 0.6:
        for _ in range(int(rng.integers(1, 5))):
            size = rng.uniform(0.12, 0.3, 3)
            spot = rng.uniform(-0.5, 0.5, 2) * [x, y]
            thing = p.rounded_box(size, 0.03) if rng.random() < 0.5 else p.sphere(0.6 * size.min() + 0.05, 6)
            parts.append(thing.shifted(*spot, floor + 0.04 + size[2] / 2).with_slot(int(rng.integers(1, 4))))
    return parts
