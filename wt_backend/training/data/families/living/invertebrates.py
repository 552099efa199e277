"""Snails, insects, spiders, crabs, butterflies, octopuses, starfish."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import SMOOTH, Mesh, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def _ball(centre: tuple[float, float, float], radii: tuple[float, float, float], slot: int = 0) -> Mesh:
    return p.sphere(1.0).scaled(radii).shifted(*centre).with_slot(slot)


def _walking(rng: Rng, pairs: int, out: float, height: float, knee: float) -> list[Mesh]:
    """Pairs of jointed legs from the body's middle at `height` up by `knee` and down to the ground."""
    reach, thick = rng.uniform(0.3, 0.6) + knee, rng.uniform(0.035, 0.06)
    fan, spread = rng.uniform(0.5, 1.0), rng.uniform(0.15, 0.3)
    parts = []
    for i in range(pairs):
        u = 1 - 2 * i / (pairs - 1)
        way = np.array([np.sin(fan * u), np.cos(fan * u), 0.0])
        root = np.array([spread * u, 0.3 * out, height])
        knots = [root, root + (0.7 * out) * way, root + (out + 0.45 * reach) * way + [0, 0, knee]]
        knots.append(root * [1, 1, 0] + (out + reach) * way + [0, 0, 0.02])
        leg = p.tube(p.spline(knots, 12), np.linspace(thick * 1.2, thick * 0.7, 12), 7)
        parts += p.pair(leg.with_slot(1))
    return parts


def snail(rng: Rng) -> Mesh:
    """Snail on its foot, or an empty shell: a helical spiral, flat to spired."""
    f = Field((-1.0, -0.75, -0.75), (1.15, 0.75, 1.15), 58)
    bare, turns, k = rng.random() < 0.35, rng.uniform(1.6, 3.2), rng.uniform(0.1, 0.22)
    spire, first = rng.choice([rng.uniform(0.0, 0.5), rng.uniform(0.6, 1.2)]), rng.uniform(0, 2 * np.pi)
    angle = np.linspace(0, 2 * np.pi * turns, int(14 * turns))
    away = 0.42 * np.exp(-k * angle)
    tilt = p.rotation((1, 0, 0), rng.uniform(-0.5, 0.5)) @ p.rotation((0, 0, 1), rng.normal(0, 0.3))
    path = np.stack([away * np.cos(angle + first), spire * (0.42 - away), away * np.sin(angle + first)], 1)
    path = (path - [0, np.ptp(path[:, 1]) / 2, 0]) @ tilt.T
    radius = np.maximum(away * np.tanh(np.pi * k) * 1.3 + 0.02, 0.045)
    centre = np.array([-0.1, 0, rng.uniform(0.2, 0.35)])
    f.add(f.chain(path + centre, radius), 0.0, slot=1)
    if bare:
        mouth, way = path[0] + centre, path[0] - path[1]
        f.cut(f.limb(mouth, mouth + 0.3 * way / np.linalg.norm(way), radius[0] * 0.65, radius[0] * 0.7), 0.02)
        return f.mesh()
    ground = centre[2] - 0.42 - 0.5 * radius[0]
    foot, head = rng.uniform(0.12, 0.2), np.array([rng.uniform(0.5, 0.8), 0, ground + rng.uniform(0.1, 0.4)])
    sole = np.array([(-0.85, 0, ground), (-0.1, 0, ground + 0.08), (0.4, 0, ground + 0.05), head])
    f.add(f.chain(sole, [0.05, foot * 1.2, foot, foot * 0.8]), 0.06)
    f.cut(-f.half_space((0, 0, 1), ground - 0.06))
    horn, lean = rng.uniform(0.12, 0.35), rng.uniform(0.0, 0.2)
    stalks = []
    for part in (0.4, 1.0) if rng.random() < 0.5 else (1.0,):
        root = head + [0.25 * foot * (2 - part), 0.4 * foot, 0.2 * foot]
        tip = root + [lean + 0.1 * (1 - part), 0.1, horn * part]
        stalks += p.pair(p.tube([root, tip], [0.035, 0.028], 8))
        stalks += p.pair(p.sphere(0.045, 6).shifted(*tip).with_slot(2))
    return joined(rng, [f.mesh(), *stalks])


def insect(rng: Rng) -> Mesh:
    """Beetle, ant or ladybird, or a spider: segments on three or four pairs of legs."""
    spider = rng.random() < 0.4
    height, girth = rng.uniform(0.2, 0.4), rng.uniform(0.18, 0.5)
    rear, waist = rng.uniform(0.3, 0.65), rng.uniform(0.1, 0.25)
    flat = rng.uniform(0.5, 1.0)
    parts = [_ball((-rear * 0.9, 0, height + rng.uniform(0, 0.12)), (rear, girth, girth * flat))]
    parts.append(_ball((0.12, 0, height), (waist + 0.12, min(waist, girth), waist * 0.9), 1))
    if not spider or rng.random() < 0.3:
        size = rng.uniform(0.1, 0.24)
        face = 0.15 + waist + 0.8 * size
        parts.append(_ball((face, 0, height), (size, size * rng.uniform(0.8, 1.3), size * 0.85), 1))
    else:
        size, face = 0.08, 0.1 + waist
    parts += p.pair(
        p.sphere(0.3 * size + 0.02, 6)
        .shifted(face + 0.5 * size, 0.6 * size, height + 0.5 * size)
        .with_slot(2)
    )
    knee = rng.uniform(0.1, 0.5) if spider else rng.uniform(-0.05, 0.2)
    parts += _walking(rng, 4 if spider else 3, 0.22, height, knee)
    kind = rng.integers(4)
    if kind in (0, 1):  # feelers, or jaws
        long_ = rng.uniform(0.25, 0.7) if kind == 0 else rng.uniform(0.15, 0.4)
        knots = np.array(
            [
                (face, 0.03, height),
                (face + 0.6 * long_, 0.35 * long_ + 0.05, height + 0.25 * long_ * (kind == 0)),
            ]
        )
        knots = np.concatenate([knots, [(face + long_, 0.35 * long_ if kind == 0 else 0.05, height + 0.05)]])
        parts += p.pair(p.tube(p.spline(knots, 9), 0.028 if kind == 0 else np.linspace(0.07, 0.025, 9), 7))
    elif kind == 2:  # horn
        tip = (face + 0.45, 0, height + rng.uniform(0.25, 0.5))
        knots = np.array([(face, 0, height), (face + 0.35, 0, height + 0.1), tip])
        parts.append(p.tube(p.spline(knots, 9), np.linspace(0.08, 0.03, 9), 8).with_slot(1))
    return joined(rng, [part.with_crease(SMOOTH) for part in parts])


def crab(rng: Rng) -> Mesh:
    """Crab, lobster or scorpion: claws in front, legs at the sides, a tail or none."""
    tailed, height = rng.random() < 0.5, rng.uniform(0.15, 0.35)
    wide = rng.uniform(0.2, 0.3) if tailed else rng.uniform(0.45, 0.7)
    long_ = rng.uniform(0.4, 0.6) if tailed else rng.uniform(0.3, 0.45)
    shell = p.superquadric(
        (long_, wide, rng.uniform(0.12, 0.25)), rng.uniform(0.5, 1.1), rng.uniform(0.6, 1.2)
    )
    parts = [shell.shifted(0, 0, height)]
    parts += _walking(rng, int(rng.integers(3, 5)), 0.8 * wide, height, rng.uniform(-0.02, 0.25))
    if tailed:
        curl, links = rng.choice([-0.06, rng.uniform(0.15, 0.5)]), int(rng.integers(5, 8))
        place, angle = np.array([-long_ * 0.9, 0, height]), 0.0
        for i in range(links):
            size = 0.85 * wide * (1 - 0.5 * i / links)
            parts.append(_ball((place[0], 0, place[2]), (0.15, size, 0.55 * size + 0.03), 2 + i % 2))
            place, angle = place + 0.13 * np.array([-np.cos(angle), 0, np.sin(angle)]), angle + curl
        if curl < 0:
            parts.append(_ball((place[0], 0, place[2] + 0.03), (0.16, 0.3, 0.04), 2))
        else:
            sting = place + 0.2 * np.array([-np.cos(angle + 0.8), 0, np.sin(angle + 0.8)])
            parts.append(p.tube([place, sting], [0.09, 0.025], 8).with_slot(2))
    grip, arm, hinge = rng.uniform(0.14, 0.26), rng.uniform(0.15, 0.5), rng.uniform(0.1, 0.4)
    lift = rng.uniform(0, 0.35)
    elbow = np.array([long_ + 0.3 * arm, wide * 0.7 + 0.5 * arm, height + 0.4 * lift])
    palm = elbow + [arm, -0.3 * arm, 0.5 * lift]
    claw = [p.tube(p.spline([np.array([0.6 * long_, 0.5 * wide, height]), elbow, palm], 10), 0.065, 9)]
    claw.append(_ball(tuple(palm), (grip, 0.6 * grip, 0.45 * grip)))
    for s in (-1, 1):
        bow = [
            palm,
            palm + grip * np.array([1.1, s * (0.5 + hinge), 0]),
            palm + grip * np.array([2.0, s * hinge, 0]),
        ]
        claw.append(p.tube(p.spline(bow, 8), np.linspace(0.4 * grip, 0.03, 8), 8))
    for part in claw:
        parts += p.pair(part.with_slot(1))
    stalk = p.tube([(0.8 * long_, 0.12, height + 0.05), (0.9 * long_, 0.16, height + 0.28)], 0.03, 7)
    parts += [
        *p.pair(stalk),
        *p.pair(p.sphere(0.06, 6).shifted(0.9 * long_, 0.16, height + 0.3).with_slot(4)),
    ]
    return joined(rng, [part.with_crease(SMOOTH) for part in parts])


def butterfly(rng: Rng) -> Mesh:
    """Butterfly, moth, bee or dragonfly: two pairs of wings, flat to folded up, on a jointed body."""
    slim, r = rng.random() < 0.35, rng.uniform(0.04, 0.1)
    tail = rng.uniform(0.7, 1.1) if slim else rng.uniform(0.35, 0.6)
    x = np.linspace(-tail, 0.25, 12)
    girth = r * (0.55 + 0.45 * np.cos(np.clip((x - 0.05) / tail, -1, 1) * 2.5) + 0.25 * rng.random())
    body = p.tube(np.stack([x, 0 * x, rng.uniform(-0.2, 0.1) * x**2], 1), np.maximum(girth, 0.035), 12)
    parts = [body, _ball((0.3, 0, 0), (r * 1.1, r * 1.2, r), 1)]
    parts += p.pair(p.sphere(0.5 * r, 6).shifted(0.32, 0.8 * r, 0.3 * r).with_slot(2))
    fold, sweep = rng.choice([rng.uniform(-0.1, 0.4), rng.uniform(0.4, 1.35)]), rng.uniform(-0.3, 0.6)
    for slot, root, span in ((3, 0.1, rng.uniform(0.6, 1.1)), (4, -0.08, rng.uniform(0.45, 0.95))):
        chord = span * (rng.uniform(0.1, 0.17) if slim else rng.uniform(0.3, 0.6))
        ahead = sweep if slot == 3 else sweep - rng.uniform(0.5, 1.0) * (0.4 if slim else 1)
        outline = np.array(
            [
                (0.05, 0),
                (0.6 * chord, 0.5 * span),
                (chord * rng.uniform(0.3, 1.0), 0.95 * span),
                (0, span * rng.uniform(0.85, 1.1)),
                (-chord * rng.uniform(0.4, 1.0), 0.7 * span),
                (-0.6 * chord, 0.35 * span),
                (-0.05, 0),
            ]
        )
        wing = p.extrude([p.spline(outline, 40, closed=True)], 0.026).rotated(p.rotation((0, 0, 1), -ahead))
        tilt = p.rotation((1, 0, 0), fold - 0.12 * (slot == 4))
        parts += p.pair(wing.rotated(tilt).shifted(root, 0, 0.01 * slot).with_slot(slot))
    if rng.random() < 0.7:
        tip = (0.3 + rng.uniform(0.15, 0.4), rng.uniform(0.1, 0.3), rng.uniform(0.05, 0.25))
        parts += p.pair(p.tube([(0.3, 0.02, 0), tip], 0.022, 6).with_slot(1))
        parts += p.pair(p.sphere(0.035, 6).shifted(*tip).with_slot(1))
    return joined(rng, parts)


def octopus(rng: Rng) -> Mesh:
    """Octopus, squid or jellyfish: head or bell above six to ten arms, spread or hanging."""
    kind, count, girth = rng.integers(3), int(rng.integers(6, 11)), rng.uniform(0.25, 0.42)
    tall = girth * (rng.uniform(1.6, 2.6) if kind == 1 else rng.uniform(0.8, 1.5))
    if kind == 2:  # the bell is open below
        u = np.linspace(0.0, np.pi / 2, 12)
        outer = np.stack([1.4 * girth * np.sin(u), tall * np.cos(u)], 1)
        inner = outer[::-1] - [0.05, 0.06]
        inner = np.concatenate([inner[inner[:, 0] > 0.02], [[0, tall - 0.06]]])
        parts = [p.lathe(np.concatenate([outer, inner]), 36)]
    else:
        lean = rng.normal(0, 0.25)
        body = _ball((0, 0, 0.75 * tall), (girth, girth * rng.uniform(0.85, 1.0), tall))
        parts = [body.moved(body.vertices - np.outer(body.vertices[:, 2], [lean, 0, 0]))]
        parts += p.pair(p.sphere(0.09, 6).shifted(0.85 * girth, 0.5 * girth, 0.25 * tall).with_slot(2))
        if kind == 1:
            parts.append(_ball((-lean * 1.4 * tall, 0, 1.4 * tall), (0.05, 1.7 * girth, 0.4 * girth), 1))
    reach, drop, thick = rng.uniform(0.5, 1.0), rng.uniform(0.0, 0.5), rng.uniform(0.06, 0.11)
    for i in range(count):
        angle = 2 * np.pi * (i + 0.5) / count
        out = np.array([np.cos(angle), np.sin(angle), 0.0])
        across, sway = np.array([-out[1], out[0], 0.0]), rng.normal(0, 0.2, 2)
        spread = 1.0 if kind == 0 else 0.3
        knots = [
            0.5 * girth * out + [0, 0, 0.08],
            (0.9 * girth + 0.25 * reach * spread) * out - [0, 0, 0.3 * drop],
        ]
        knots.append(
            (girth + 0.65 * reach * spread) * out + sway[0] * across - [0, 0, drop + 0.5 * (kind > 0)]
        )
        knots.append(
            knots[2]
            + 0.35 * reach * spread * out
            + sway[1] * across
            + [0, 0, rng.uniform(-0.1, 0.35) - 0.4 * (kind > 0)]
        )
        if kind == 2:
            knots[0], knots[1] = 0.7 * girth * out + [0, 0, 0.5 * tall], 0.8 * girth * out - [0, 0, 0.1]
        arm = p.tube(p.spline(knots, 16), np.linspace(thick if kind < 2 else 0.04, 0.03, 16), 9)
        parts.append(arm.with_slot(1 if kind == 2 else 0))
    return joined(rng, [part.with_crease(SMOOTH) for part in parts])


def starfish(rng: Rng) -> Mesh:
    """Starfish with four to seven arms, thick or slender, straight or bent."""
    f = Field((-1.1, -1.1, -0.2), (1.1, 1.1, 0.5), 60)
    count, disc, k = int(rng.integers(4, 8)), rng.uniform(0.12, 0.35), rng.uniform(0.05, 0.2)
    high, thick, tip = rng.uniform(0.12, 0.3), rng.uniform(0.11, 0.22), rng.uniform(0.04, 0.09)
    f.add(f.ball((0, 0, 0), (disc + 0.08, disc + 0.08, high)))
    for i in range(count):
        angle = 2 * np.pi * i / count + rng.normal(0, 0.08)
        turn, reach = rng.normal(0, 0.35), rng.uniform(0.75, 0.98)
        knots = [
            (0.0, 0.0, 0.0),
            (0.5 * reach * np.cos(angle), 0.5 * reach * np.sin(angle), rng.uniform(-0.02, 0.1)),
        ]
        knots.append((reach * np.cos(angle + turn), reach * np.sin(angle + turn), rng.uniform(-0.02, 0.25)))
        path = p.spline(knots, 6)
        f.add(f.chain(path, np.linspace(thick, tip, 6)), k)
        if rng.random() < 0.4:
            for place in path[1:]:
                f.add(
                    f.ball(place + [0, 0, 0.8 * thick * (1 - 0.6 * np.hypot(*place[:2]))], 0.06), 0.02, slot=1
                )
    f.cut(-f.half_space((0, 0, 1), -0.09))
    return f.mesh()
