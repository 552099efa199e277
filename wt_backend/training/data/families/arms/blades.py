"""Arms for the hand: swords, maces, pole-arms; what is turned on a lathe, and chains."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.mesh import Mesh, joined, union

Rng = np.random.Generator
Knots = list[tuple[float, float]]


def turned(knots: Knots, samples: int = 0, segments: int = 28) -> Mesh:
    """Solid turned about Z through knots of (radius, z), its ends flat; smooth where `samples` are given."""
    curve = p.spline(np.array(knots, float), samples) if samples else np.array(knots, float)
    curve[:, 0] = curve[:, 0].clip(0.003)
    return p.lathe([(0, curve[0, 1]), *curve, (0, curve[-1, 1])], segments)


def chain(path: np.ndarray, wire: float, slot: int) -> list[Mesh]:
    """Links along a path (N, 3), each turned against the one before."""
    far = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0, far[-1], max(3, int(far[-1] / (5 * wire))))
    points = np.stack([np.interp(at, far, path[:, i]) for i in range(3)], 1)
    link = p.torus(2.2 * wire, 0.8 * wire, 14, 6).rotated(p.ALONG_X).scaled((1, 1, 1.55)).with_slot(slot)
    rolls = [p.towards(d) @ p.rotation((0, 0, 1), np.pi / 2 * (i % 2) + 0.5)
             for i, d in enumerate(np.gradient(points, axis=0))]  # fmt: skip
    return [link.rotated(r).shifted(*point) for r, point in zip(rolls, points, strict=True)]


def _steel(x: np.ndarray, half: np.ndarray, middle: np.ndarray, thick: float, ridge: float) -> Mesh:
    """Blade along X of half width and middle line given at every x; `ridge` 1 a diamond, 4 nearly flat."""
    v = np.linspace(-1, 1, 9)
    up = thick * (1 - 0.8 * np.abs(v) ** ridge) * np.linspace(1, 0.5, len(x))[:, None]
    top = p.broadcast(x[:, None], middle[:, None] + half[:, None] * v, up)
    return p.slab(top, top * [1, 1, -1])


def sword(rng: Rng) -> Mesh:
    """Sword, dagger, sabre, scimitar, katana or wavy kris: blade, guard, grip, pommel; perhaps sheathed."""
    length, wide, thick = rng.uniform(0.45, 1.4), rng.uniform(0.025, 0.075), rng.uniform(0.012, 0.028)
    u, point = np.linspace(0, 1, 36), rng.uniform(0.04, 0.7)
    swell = 1 - rng.uniform(0, 0.4) * u + rng.choice([0, rng.uniform(0.2, 0.7)]) * np.sin(np.pi * u**1.5) ** 2
    half = wide * swell * np.clip((1 - u) / point, 0.02, 1) ** rng.uniform(0.5, 1.0)
    bend = rng.choice([0.0, rng.uniform(0.06, 0.3)]) * length * u**2
    bend = bend + rng.choice([0.0, 0.025], p=[0.85, 0.15]) * np.sin(18 * u) * u
    steel = _steel(length * u, half, bend, thick, rng.choice([1.0, 2.0, 4.0]))
    parts = [steel.scaled((1.03, 1.25, 2.2)).with_slot(3) if rng.random() < 0.15 else steel]
    grip, thin = rng.uniform(0.14, 0.35), rng.uniform(0.022, 0.04)
    knots = [(thin, -grip), (thin * rng.uniform(0.8, 1.4), -0.5 * grip), (thin, 0.02)]
    handle = turned(knots, 14, 20).scaled((rng.uniform(0.7, 1.0), 1.15, 1)).rotated(p.ALONG_X)
    rings = [p.torus(1.1 * thin, 0.2 * thin, 20, 6).rotated(p.ALONG_X).shifted(-grip * t, 0, 0).with_slot(2)
             for t in np.linspace(0.15, 0.85, int(rng.choice([0, 2, 5, 8])))]  # fmt: skip
    parts += [handle.with_slot(1), *rings, *_hilt(rng, wide, grip, thin)]
    return placed(rng, joined(rng, parts))


def _hilt(rng: Rng, wide: float, grip: float, thin: float) -> list[Mesh]:
    """Guard at the origin and pommel at x = −grip."""
    span, lean = rng.uniform(1.6, 4.5) * wide, rng.choice([0.0, rng.uniform(-0.08, 0.08)])
    kind, bar = rng.integers(4), rng.uniform(0.9, 1.4) * thin
    if kind == 0:  # cross, straight or bowed
        parts = [p.tube(p.spline([(lean, -span, 0), (0, 0, 0), (lean, span, 0)], 16), 0.8 * bar, 10)]
        parts += p.pair(p.sphere(rng.uniform(0.85, 1.6) * bar, 6).shifted(lean, span, 0))
    elif kind == 1:  # disc, shell or cup
        cup = turned([(0.5 * span, -0.03), (0.6 * span, 0), (rng.uniform(0.3, 0.6) * span, 0.03)])
        parts = [cup.scaled((0.8, 1, 1)).rotated(p.ALONG_X)]
    elif kind == 2:  # a bow over the knuckles
        bow = p.spline([(0.01, 0.4 * span, 0), (0.02, -0.5 * span - 0.03, 0), (-0.5 * grip, -0.11, 0),
                        (-grip, -0.04, 0), (-grip, 0.01, 0)], 26)  # fmt: skip
        parts = [p.tube(bow, 0.55 * bar, 10, flat=1.5)]
    else:
        parts = [block((-0.02, -1.25 * wide, -1.4 * thin), (0.03, 1.25 * wide, 1.4 * thin), 0, 0.012)]
    size = rng.uniform(1.2, 2.2) * thin
    knobs = [p.sphere(size, 6), p.cylinder(1.2 * size, size), turned([(0.4 * size, size), (size, -size)])]
    knob = knobs[rng.integers(3)].rotated(p.ALONG_X if rng.random() < 0.6 else np.eye(3))
    return [m.with_slot(2) for m in (*parts, knob.shifted(-grip - 0.3 * size, 0, 0))]


def _star(rng: Rng, r: float) -> Mesh:
    """Ball with spikes all over."""
    count, out = int(rng.integers(8, 26)), rng.uniform(0.35, 0.9) * r
    z = 1 - (2 * np.arange(count) + 1) / count
    angle, flat = np.pi * (3 - np.sqrt(5)) * np.arange(count), np.sqrt(1 - z**2)
    spike = p.cylinder(rng.uniform(0.12, 0.24) * r, out + 0.1 * r, 0, 8).shifted(0, 0, 0.93 * r + out / 2)
    ways = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], 1)
    return union([p.sphere(r), *(spike.rotated(p.towards(way)).with_slot(2) for way in ways)])


def mace(rng: Rng) -> Mesh:
    """Mace with flanges or knobs, morning star, spiked club, or a flail with balls on chains."""
    length, r, thin = rng.uniform(0.5, 1.2), rng.uniform(0.09, 0.19), rng.uniform(0.022, 0.04)
    parts = [p.rod((-length, 0, 0), (0.03, 0, 0), thin, 14).with_slot(1)]
    parts.append(p.sphere(rng.uniform(1.3, 2.0) * thin, 6).shifted(-length, 0, 0).with_slot(2))
    kind = rng.integers(4)
    if kind == 0:  # flanges
        tall, lean = rng.uniform(0.9, 1.6) * r, rng.uniform(-0.5, 0.6)
        plate = p.upright(
            [np.array([(0, -tall), (r, (lean - 0.3) * r), (1.05 * r, lean * r), (0, tall)])], 0.03
        )
        core = turned(
            [(thin, -1.1 * tall), (1.7 * thin, 0), (1.4 * thin, tall), (0.3 * thin, 1.5 * tall)], 14
        )
        head = [core, *p.around(plate, int(rng.integers(4, 9)), 0.3)]
        parts += [m.rotated(p.ALONG_X) for m in head]
    elif kind == 1:
        parts.append(_star(rng, r).shifted(0.7 * r, 0, 0))
    elif kind == 2:  # club with nails
        knots = [(thin, -length), (thin, -0.5 * length), (0.8 * r, -0.1 * length), (0.7 * r, 0.05)]
        parts = [turned(knots, 20).rotated(p.ALONG_X).with_slot(1)]
        nail = p.rod((0, 0, 0), (1.3 * r, 0, 0), (0.022, 0.008), 8).with_slot(2)
        for i, x in enumerate(np.linspace(0.02, 0.3, 4) * length):
            parts += [m.rotated(p.ALONG_X).shifted(-x, 0, 0) for m in p.around(nail, 4, 0.8 * i)]
    else:  # flail
        for swing in rng.permutation([-0.7, 0.0, 0.7])[: rng.integers(1, 4)]:
            reach = rng.uniform(0.25, 0.6)
            end = reach * np.array([np.cos(swing), np.sin(swing), 0]) + [0.03, 0, 0]
            path = p.spline(
                np.array([(0.02, 0, 0), end * 0.5 + np.array([0, rng.uniform(-0.08, 0.08), 0]), end]), 20
            )
            ball = _star(rng, 0.8 * r) if rng.random() < 0.8 else p.sphere(0.8 * r)
            parts += [*chain(path, 0.016, 3), ball.shifted(*(end * (1 + 0.8 * r / reach)))]
    return placed(rng, joined(rng, parts))


def polearm(rng: Rng) -> Mesh:
    """Spear, trident, halberd, glaive or scythe: a long shaft along X with its head."""
    length, thin, size = rng.uniform(0.9, 1.8), rng.uniform(0.02, 0.032), rng.uniform(0.2, 0.45)
    parts = [p.rod((-length, 0, 0), (0.03, 0, 0), thin, 14).with_slot(1)]
    parts.append(turned([(1.3 * thin, -0.12), (1.7 * thin, 0.02)]).rotated(p.ALONG_X))
    u, kind = np.linspace(0, 1, 20), rng.integers(5)
    leaf = np.clip(np.sin(np.pi * (0.12 + 0.87 * u) ** rng.uniform(0.5, 0.9)), 0.02, 1) * rng.uniform(
        0.12, 0.28
    )
    spike = _steel(size * u, size * leaf, np.zeros_like(u), 0.02, 1)
    if kind == 0:
        parts.append(spike)
    elif kind == 1:  # trident
        wide, bow = 0.4 * size, rng.uniform(0.1, 0.5) * size
        fork = p.spline([(size, wide, 0), (bow, wide, 0), (0, 0, 0), (bow, -wide, 0), (size, -wide, 0)], 30)
        parts += [p.tube(fork, 0.022, 10), p.rod((0, 0, 0), (1.15 * size, 0, 0), 0.022)]
        tip = p.cylinder(0.05, 0.16, 0, 12).scaled((0.5, 1, 1)).rotated(p.ALONG_X).shifted(0.06, 0, 0)
        parts += [tip.shifted(x * size, y, 0) for x, y in ((1, wide), (1.15, 0), (1, -wide))]
    elif kind == 2:  # halberd
        arc, cut = rng.uniform(-0.12, 0.12), rng.uniform(0.15, 0.4)
        edge = [
            (x, -0.7 * size - arc * (1 - (x / cut / size) ** 2)) for x in np.linspace(-cut, cut, 9) * size
        ]
        hook = np.array([(-0.06, 0), (0.04, 0), (-0.05, rng.uniform(0.12, 0.3))])
        plates = [np.array([(-0.08 * size, 0), *edge, (0.08 * size, 0)]), hook]
        parts += [p.extrude([m], 0.024).shifted(-0.15 * size, 0, 0) for m in plates]
        parts.append(spike)
    else:  # glaive and, at right angles, scythe
        long, bend = size * rng.uniform(1.0, 1.8), rng.choice([-1, 1]) * rng.uniform(0.1, 0.35) * u**2
        half = 0.12 * size * np.clip(1 - u ** rng.uniform(1.5, 4), 0.03, 1)
        steel = _steel(long * u - 0.02, half, long * bend, 0.018, 2)
        parts.append(steel if kind == 3 else steel.rotated(p.rotation((0, 0, 1), rng.uniform(1.3, 1.8))))
    if rng.random() < 0.3:  # tassel
        parts.append(
            turned([(1.2 * thin, -0.03), (2 * thin, -0.1), (3.4 * thin, -0.24)])
            .rotated(p.ALONG_X)
            .with_slot(3)
        )
    return placed(rng, joined(rng, parts))
