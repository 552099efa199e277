"""Shields, bows, crossbows and quivers."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.arms.blades import turned
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def _heater(rng: Rng) -> np.ndarray:
    """Outline of a shield in (y, z): a heater or a kite, pointed below."""
    low, wide, u = rng.uniform(0.55, 1.0), rng.uniform(0.32, 0.48), np.linspace(0, 1, 20)
    side = np.stack([wide * (1 - u ** rng.uniform(1.8, 3.5)), 0.3 - (0.3 + low) * u], 1)
    crown = rng.choice([0.0, rng.uniform(-0.08, 0.4)])
    top = np.stack([wide * np.linspace(-1, 1, 12), 0.3 + crown * np.cos(np.linspace(-1.57, 1.57, 12))], 1)
    return np.concatenate([side, (side * [-1, 1])[-2:0:-1], top])


def shield(rng: Rng) -> Mesh:
    """Round, heater, kite or long shield, bulging; rim, boss, bars, rivets; standing or on its back."""
    kind, turn = rng.integers(4), np.linspace(0, 2 * np.pi, 65)[:-1]
    if kind == 0:
        edge = p.regular_polygon(64, 0.5)
    elif kind == 1:  # oval or squarish
        power = rng.choice([1.0, 0.35])
        edge = np.stack([np.sign(t) * np.abs(t) ** power for t in (np.cos(turn), np.sin(turn))], 1)
        edge = edge * [rng.uniform(0.3, 0.4), rng.uniform(0.5, 0.75)]
    else:
        edge = _heater(rng)
    order = np.argsort(np.arctan2(edge[:, 1], edge[:, 0]))
    at, out = np.arctan2(*edge[order].T[::-1]), np.hypot(*edge[order].T)
    dome, curve, thick = rng.uniform(0.0, 0.2), rng.uniform(0, 0.9), rng.uniform(0.025, 0.05)

    def laid(rho: np.ndarray, angle: np.ndarray, lift: np.ndarray | float) -> np.ndarray:
        r = rho * np.interp(angle, at, out, period=2 * np.pi)
        y, z = r * np.cos(angle), r * np.sin(angle)
        return np.stack([dome * (1 - rho**2) - curve * y**2 + lift, y, z], -1)

    rings = np.linspace(0, 1, 10)
    disc = p.lathe([*((r, thick) for r in rings), *((r, 0) for r in rings[::-1])], 64)
    x, y, z = disc.vertices.T
    board = disc.moved(laid(np.hypot(x, y), np.arctan2(y, x), z))
    if rng.random() < 0.4:  # quartered or ringed
        mid = disc.vertices[disc.faces].mean(1)
        field = mid[:, 0] * mid[:, 1] > 0 if rng.random() < 0.5 else np.hypot(mid[:, 0], mid[:, 1]) > 0.55
        board.slot[:] = np.where(field & (mid[:, 2] > 0.9 * thick), 3, 0)
    parts = [board]
    if rng.random() < 0.75:
        parts.append(p.tube(laid(np.ones(64), turn, thick / 2), 0.65 * thick, 8, closed=True).with_slot(1))
    if rng.random() < 0.6:
        boss = p.superquadric((rng.uniform(0.06, 0.16), *2 * [rng.uniform(0.07, 0.15)]), 1, 1, 10)
        parts.append(boss.shifted(dome + thick, 0, 0).with_slot(2))
    if rng.random() < 0.45:  # bars across
        for way in rng.permutation([0.0, np.pi / 2])[: rng.integers(1, 3)]:
            s = np.linspace(-0.96, 0.96, 24)
            parts.append(
                p.tube(
                    laid(np.abs(s), np.where(s < 0, way + np.pi, way), thick), 0.035, 8, flat=0.6
                ).with_slot(1)
            )
    if rng.random() < 0.5:
        studs = laid(np.full(64, 0.85), turn, thick)[:: int(rng.choice([4, 8]))]
        parts += [p.sphere(0.022, 6).shifted(*stud).with_slot(2) for stud in studs]
    parts.append(
        p.tube(
            p.spline(
                [(dome + 0.3 * thick, 0, -0.12), (dome - 0.09, 0, 0), (dome + 0.3 * thick, 0, 0.12)], 12
            ),
            0.022,
            8,
        ).with_slot(4)
    )
    lean = rng.choice([0.0, -0.35, -np.pi / 2], p=[0.5, 0.3, 0.2])
    return joined(rng, parts).rotated(p.rotation((0, 1, 0), lean)).grounded()


def _arrow(length: float) -> list[Mesh]:
    """Arrow along +X from the origin, with its head and three feathers."""
    feather = p.upright([np.array([(0.02, 0), (0, 0.06), (0.1, 0.06), (0.15, 0)])], 0.012).with_slot(4)
    ways = [p.rotation((1, 0, 0), 2 * np.pi * i / 3) for i in range(3)]
    tip = (
        p.cylinder(0.032, 0.1, 0, 8).scaled((1, 0.6, 1)).rotated(p.ALONG_X).shifted(length, 0, 0).with_slot(2)
    )
    return [p.rod((0, 0, 0), (length, 0, 0), 0.012, 8).with_slot(3), tip, *(feather.rotated(w) for w in ways)]


def _limbs(rng: Rng, reach: float, thick: float, draw: float) -> list[Mesh]:
    """Strung bow in the plane of X and Z, its belly at the origin; `draw` is how far the string is pulled."""
    t, deep = np.linspace(-1, 1, 41), reach * rng.uniform(0.25, 0.5)
    recurve = rng.choice([0.0, rng.uniform(1.0, 3.0)]) * np.clip(np.abs(t) - 0.7, 0, 1) ** 2
    path = p.broadcast(deep * (recurve - np.abs(t) ** 1.8), 0.0, reach * t)
    wood = p.tube(path, thick * (1 - 0.55 * np.abs(t)), 10, flat=rng.uniform(0.7, 1.6))
    nock = path[0] * [1, 0, 0] - [draw, 0, 0]
    return [wood, *(p.rod(path[i], nock, 0.009, 6).with_slot(2) for i in (1, -2))]


def bow(rng: Rng) -> Mesh:
    """Longbow or recurve, drawn with its arrow or at rest; crossbow; quiver full of arrows."""
    kind = rng.integers(4)
    if kind == 3:  # quiver
        r, tall = rng.uniform(0.08, 0.15), rng.uniform(0.45, 0.7)
        pouch = difference(
            turned([(0.75 * r, 0), (r, tall)]), [turned([(0.7 * r, 0.05), (0.88 * r, tall + 0.01)])]
        )
        parts = [
            pouch,
            *(
                p.torus((0.78 + 0.22 * z) * r, 0.02, 28, 8).shifted(0, 0, z * tall).with_slot(1)
                for z in (0.15, 0.97)
            ),
        ]
        for i in range(int(rng.integers(3, 9))):
            up = p.towards((*rng.normal(0, 0.03, 2), -1)) @ p.rotation((0, 1, 0), -np.pi / 2)
            spot = 0.35 * r * np.array([np.cos(2.4 * i), np.sin(2.4 * i)])
            parts += [
                m.rotated(up).shifted(*spot, tall + rng.uniform(0.15, 0.3))
                for m in _arrow(tall)[::2] + _arrow(tall)[3:]
            ]
        return (
            placed(rng, joined(rng, parts).rotated(p.ALONG_X)) if rng.random() < 0.4 else joined(rng, parts)
        )
    if kind < 2:
        draw = rng.choice([0.0, rng.uniform(0.1, 0.4)])
        reach, thick = rng.uniform(0.6, 0.9), rng.uniform(0.025, 0.045)
        parts = [
            *_limbs(rng, reach, thick, draw),
            p.rod((0, 0, -0.09), (0, 0, 0.09), 1.25 * thick, 12).with_slot(1),
        ]
        nock = parts[1].bounds[0][0]
        if draw or rng.random() < 0.3:
            parts += [m.shifted(nock, thick, 0) for m in _arrow(0.15 - nock)]
        return (
            placed(rng, joined(rng, parts).rotated(p.rotation((1, 0, 0), -np.pi / 2)))
            if kind
            else joined(rng, parts).grounded()
        )
    long, y = rng.uniform(0.7, 1.0), rng.uniform(0.028, 0.045)
    stock = [
        (0.05, -0.05),
        (0.05, 0.03),
        (-0.6 * long, 0.04),
        (-long, -0.02),
        (-long, -rng.uniform(0.12, 0.25)),
        (-0.6 * long, -0.05),
    ]
    span = [
        m.rotated(p.rotation((1, 0, 0), np.pi / 2)).shifted(0, 0, 0.045)
        for m in _limbs(rng, rng.uniform(0.35, 0.6), 0.035, rng.uniform(0.1, 0.3))
    ]
    parts = [p.upright([np.array(stock)], 2 * y).with_slot(1), span[0].with_slot(0), *span[1:]]
    stirrup = (
        p.torus(0.08, 0.014, 24, 8)
        .rotated(p.ALONG_Y)
        .scaled((1, 1, 0.8))
        .rotated(p.rotation((1, 0, 0), np.pi / 2))
    )
    trigger = p.tube(
        p.spline([(-0.5 * long, 0, -0.03), (-0.55 * long, 0, -0.12), (-0.75 * long, 0, -0.16)], 12), 0.013, 8
    )
    parts += [m.with_slot(0) for m in (stirrup.shifted(0.11, 0, 0), trigger)]
    parts += [m.shifted(-0.25, 0, 0.055) for m in _arrow(0.45)] if rng.random() < 0.5 else []
    return placed(rng, joined(rng, parts)) if rng.random() < 0.5 else joined(rng, parts).grounded()
