"""What one lies, stands or sits on to glide: surfboards, snowboards, skis, sledges."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import blade
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator


def stations(long: float) -> np.ndarray:
    """x from −long to long, closer together towards both ends."""
    return -long * np.cos(np.linspace(0, np.pi, 33))


def stood(rng: Rng, mesh: Mesh, upright: float) -> Mesh:
    """A board along X lying flat, or on its tail leaning back with its deck to +X."""
    if rng.random() < upright:
        mesh = mesh.rotated(p.rotation((0, 1, 0), -np.pi / 2 - rng.uniform(-0.3, 0.0))).rotated(
            p.rotation((0, 0, 1), np.pi)
        )
    elif rng.random() < 0.2:
        mesh = mesh.rotated(p.rotation((1, 0, 0), np.pi))
    return mesh.grounded()


def _foil(x: np.ndarray, half: np.ndarray, z: np.ndarray, thick: np.ndarray | float) -> Mesh:
    """Strip along X, thick in its middle and thin at its edges."""
    v = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 13))
    rise = np.broadcast_to(thick, len(x))[:, None] * (0.06 + 0.44 * np.sqrt(1 - v**2 + 1e-12))
    top = p.broadcast(x[:, None], half[:, None] * v, z[:, None] + rise)
    return p.slab(top, np.stack([top[..., 0], top[..., 1], z[:, None] - 0.8 * rise], -1)).with_crease(SMOOTH)


def board(rng: Rng) -> Mesh:
    """Surfboard with fins, snowboard with bindings, or a pair of skis with poles; lying or stood up."""
    kind = rng.integers(3)
    if kind == 0:
        return _surfboard(rng)
    return stood(rng, _snowboard(rng), 0.5) if kind == 1 else _skis(rng)


def _surfboard(rng: Rng) -> Mesh:
    """Longboard, shortboard or fish, with a stringer and one to four fins."""
    long, wide = rng.uniform(0.6, 0.9), rng.uniform(0.15, 0.24)
    x, tail, nose = stations(long), rng.uniform(0.25, 0.8), rng.uniform(0.15, 0.75)
    half = wide * p.spline(np.array([[tail], [0.85], [1.0], [0.9], [nose]]), 65)[:, 0]
    half = np.interp(x, np.linspace(-long, long, 65), half)
    half = np.maximum(half * (1 - np.abs(x / long) ** rng.uniform(8, 30)) ** 0.5, 0.01)
    z = rng.uniform(0.02, 0.1) * np.clip(x / long, 0, 1) ** 2.5 + 0.03 * np.clip(-x / long, 0, 1) ** 3
    thick = rng.uniform(0.06, 0.1) * (1 - 0.6 * (x / long) ** 4)
    body = _striped(_foil(x, half, z, thick), rng.uniform(0.0, 0.3) * wide)
    if rng.random() < 0.3:  # a swallow tail
        notch = np.array([(-long - 1, -0.6 * wide), (-long + 0.1, 0), (-long - 1, 0.6 * wide)])
        body = difference(body, [p.extrude([notch * [1, 0.9]], 1)])
    fin = np.array([(0, 0.03), (0.13, 0.03), (0.06, -0.06), (-0.03, -0.15), (-0.01, -0.06)]) * rng.uniform(
        0.7, 1.2
    )
    fins, at = p.upright([fin], 0.014).with_slot(2), -long * rng.uniform(0.75, 0.85)
    parts = [fins.shifted(at, 0, 0)]
    if rng.random() < 0.6:
        parts = [] if rng.random() < 0.3 else parts
        parts += p.pair(fins.rotated(p.rotation((1, 0, 0), 0.12)).shifted(at + 0.12, 0.5 * wide, 0))
    return stood(rng, joined(rng, [body, *parts]), 0.5)


def _striped(mesh: Mesh, half: float) -> Mesh:
    """Slot 1 where |y| < half: a stripe along a board."""
    mesh.slot[:] = np.abs(mesh.vertices[mesh.faces, 1].mean(1)) < half
    return mesh


def _snowboard(rng: Rng) -> Mesh:
    """Waisted board, both ends turned up, two bindings with high backs and straps."""
    long, wide, turn = rng.uniform(0.6, 0.8), rng.uniform(0.13, 0.17), rng.uniform(0.15, 0.3)
    x = stations(long)
    half = wide * (1 - rng.uniform(0.05, 0.2) * np.cos(x / long * np.pi / 2))
    half = np.maximum(half * (1 - np.abs(x / long) ** rng.uniform(8, 20)) ** 0.5, 0.01)
    parts = [blade(x, half, turn * 2.5 * np.clip(np.abs(x / long) - 0.72, 0, 1) ** 1.6, 0.0, 0.025)]
    if rng.random() < 0.15:
        return parts[0]
    back, foot = rng.uniform(0.15, 0.28), rng.uniform(0.8, 0.95) * wide
    for at in (-0.38 * long, 0.38 * long):
        bed = [block((-0.06, -foot, -0.01), (0.06, foot, 0.03), 1, 0.012)]
        u = np.linspace(-1.4, 1.4, 11)
        curl = np.stack([0.075 * np.sin(u), -foot - 0.02 + 0.06 * (1 - np.cos(u))], 1)
        shell = np.concatenate([curl, curl[::-1] * [0.72, 1] + np.array([0, 0.022])])
        bed.append(p.extrude([shell], back, taper=0.85).shifted(0, 0, back / 2).with_slot(2))
        a = np.linspace(0, np.pi, 12)
        arch = p.broadcast(0.065 * np.cos(a), 0.0, 0.01 + 0.1 * np.sin(a))
        bed += [p.tube(arch, 0.02, 8, flat=0.5).shifted(0, s * foot, 0).with_slot(3) for s in (-0.35, 0.35)]
        yaw = p.rotation((0, 0, 1), rng.uniform(-0.35, 0.35))
        parts += [m.rotated(yaw).shifted(at, 0, 0) for m in bed]
    return joined(rng, parts)


def _skis(rng: Rng) -> Mesh:
    """Two skis with bindings side by side, flat or stood up in a V, perhaps with poles."""
    long, wide, curl = rng.uniform(0.7, 0.95), rng.uniform(0.035, 0.06), rng.uniform(0.06, 0.15)
    x = stations(long)
    half = wide * (1 - 0.25 * np.cos(x / long * np.pi / 2) * (x < 0.9 * long))
    half = np.maximum(half * (1 - np.clip(x / long, 0, 1) ** 12) ** 0.5, 0.008)
    ski = [blade(x, half, curl * np.clip((x / long - 0.75) / 0.25, 0, 1) ** 1.8, 0.0, 0.025)]
    for at, size in ((0.08, 0.05), (-0.16, 0.07)):
        toe = p.superquadric((size * 0.6, 0.7 * wide, 0.05), 0.6, 0.6, 6).shifted(at, 0, 0.04).with_slot(2)
        ski += [block((at - size, -0.8 * wide, -0.01), (at + size, 0.8 * wide, 0.02), 1), toe]
    one, gap = union(ski), rng.uniform(0.07, 0.18)
    tall = rng.uniform(0.9, 1.2)
    pole = [
        p.rod((0, 0, 0), (0, 0, tall), 0.012, 8),
        p.rod((0, 0, tall - 0.15), (0, 0, tall + 0.01), 0.024, 10).with_slot(3),
    ]
    pole.append(p.cylinder(0.05, 0.015, 0.04, 16).shifted(0, 0, 0.09).with_slot(3))
    stick, poles = union(pole), rng.random() < 0.6
    if rng.random() < 0.5:
        yaw, slide = p.rotation((0, 0, 1), rng.uniform(0, 0.12)), rng.uniform(-0.2, 0.2)
        skis = p.pair(one.rotated(yaw).shifted(slide / 2, gap, 0))
        skis[1] = skis[1].shifted(-slide, 0, 0)
        flat = stick.rotated(p.rotation((0, 1, 0), 1.45)).shifted(-0.5 * tall, 2 * gap + 0.12, 0.06)
        return joined(rng, skis + (p.pair(flat) if poles else [])).grounded()
    up = (
        one.rotated(p.rotation((0, 1, 0), -np.pi / 2))
        .rotated(p.rotation((0, 0, 1), np.pi))
        .shifted(0, 0, long)
    )
    skis = p.pair(
        up.rotated(p.rotation((1, 0, 0), rng.uniform(-0.12, 0.4 * (gap - wide) / long))).shifted(0, gap, 0)
    )
    lean = stick.rotated(p.rotation((1, 0, 0), 0.12)).shifted(0.06, gap + 0.28, 0)
    return joined(rng, skis + (p.pair(lean) if poles else [])).grounded()


def sledge(rng: Rng) -> Mesh:
    """Wooden sledge on runners, curled toboggan, plastic tub or saucer, perhaps with a rope."""
    kind, wide, long = rng.random(), rng.uniform(0.2, 0.3), rng.uniform(0.5, 0.75)
    if kind < 0.15:
        r, deep = rng.uniform(0.4, 0.5), rng.uniform(0.1, 0.2)
        u = np.linspace(0, 1, 14)
        dish = np.stack([r * u, deep * u**2.2], 1)
        bowl = p.lathe(np.concatenate([dish, dish[::-1] + np.array([0, 0.035])]), 48)
        ears = p.pair(
            p.tube(
                p.spline(
                    [
                        (-0.1, r - 0.04, deep),
                        (-0.05, r + 0.08, deep + 0.03),
                        (0.05, r + 0.08, deep + 0.03),
                        (0.1, r - 0.04, deep),
                    ],
                    14,
                ),
                0.022,
                8,
            ).with_slot(1)
        )
        return joined(rng, [bowl, *ears]).grounded()
    if kind < 0.35:
        x = np.linspace(-long, long, 30)
        half = wide * (1 - 0.35 * np.clip(x / long, 0, 1) ** 3)
        hull = block((-long, -wide, 0), (long, wide, rng.uniform(0.16, 0.26)), 0, 0.08)
        v = hull.vertices.copy()
        v[:, 1] *= np.interp(v[:, 0], x, half / wide)
        v[:, 2] += rng.uniform(0.1, 0.25) * np.clip((v[:, 0] - 0.3 * long) / long, 0, 1) ** 1.5
        hull = hull.moved(v)
        cave = hull.scaled((0.9, 0.86, 1.1)).shifted(0, 0, 0.05)
        seat = block((-0.7 * long, -0.6 * wide, 0.02), (-0.1 * long, 0.6 * wide, 0.08), 1, 0.02)
        return joined(rng, [difference(hull, [cave]), seat]).grounded()
    if kind < 0.55:  # toboggan
        curl, turn = rng.uniform(0.12, 0.2), rng.uniform(2.0, 3.6)
        a = np.linspace(0, turn, 16)
        side = np.concatenate(
            [
                np.stack([np.linspace(-long, long * 0.7, 8)[:-1], np.zeros(7)], 1),
                np.stack([0.7 * long + curl * np.sin(a), curl * (1 - np.cos(a))], 1),
            ]
        )
        count = int(rng.integers(3, 6))
        slope = np.gradient(side, axis=0)
        normal = np.stack([-slope[:, 1], slope[:, 0]], 1) / np.linalg.norm(slope, axis=1, keepdims=True)
        plank = p.upright([np.concatenate([side, (side + 0.028 * normal)[::-1]])], 2 * wide / count * 0.94)
        parts = [plank.shifted(0, y, 0) for y in (np.arange(count) + 0.5) / count * 2 * wide - wide]
        parts += [
            block((at - 0.03, -wide, 0.02), (at + 0.03, wide, 0.06), 1)
            for at in np.linspace(-0.85, 0.6, 4) * long
        ]
        parts += p.pair(
            p.rod((-0.85 * long, wide * 0.9, 0.09), (0.6 * long, wide * 0.9, 0.09), 0.018, 6).with_slot(2)
        )
        parts += p.pair(block((-0.87 * long, 0.86 * wide, 0.03), (-0.83 * long, 0.94 * wide, 0.1), 2))
        return joined(rng, parts).grounded()
    up, curl = rng.uniform(0.14, 0.28), rng.uniform(0.1, 0.35)
    knots = np.array(
        [
            (-long, 0, 0.01),
            (0, 0, 0),
            (0.8 * long, 0, 0.01),
            (long + 0.1, 0, 0.5 * up),
            (long + 0.06, 0, up + curl * 0.6),
            (long - curl, 0, up + curl * 0.5),
        ]
    )
    steel = rng.random() < 0.4
    run = p.tube(
        p.spline(knots[: int(rng.integers(5, 7))], 36),
        0.022 if steel else 0.03,
        8,
        flat=1.0 if steel else 0.7,
    ).with_slot(1)
    parts = p.pair(run.shifted(0, 0.85 * wide, 0))
    for at in np.linspace(-0.75, 0.7, int(rng.integers(2, 4))) * long:
        parts += p.pair(p.rod((at, 0.85 * wide, 0), (at, 0.8 * wide, up), 0.024, 8).with_slot(1))
        parts.append(block((at - 0.035, -wide, up - 0.04), (at + 0.035, wide, up + 0.005), 1))
    count = int(rng.integers(3, 7))
    if rng.random() < 0.75:
        slat = 2 * wide / count
        parts += [
            block((-long, y - 0.4 * slat, up), (0.85 * long, y + 0.4 * slat, up + 0.03), 0, 0.008)
            for y in (np.arange(count) + 0.5) * slat - wide
        ]
    else:
        parts += [
            block((at - 0.06, -wide, up), (at + 0.06, wide, up + 0.03), 0, 0.01)
            for at in np.linspace(-0.9, 0.8, count + 3) * long
        ]
    if rng.random() < 0.3:
        parts += [
            p.tube(
                p.spline(
                    [
                        (-0.95 * long, -wide, up),
                        (-0.98 * long, -wide, up + 0.25),
                        (-0.98 * long, wide, up + 0.25),
                        (-0.95 * long, wide, up),
                    ],
                    20,
                ),
                0.02,
                8,
            ).with_slot(2)
        ]
    if rng.random() < 0.5:
        rope = [
            (long + 0.04, 0.8 * wide, 0.7 * up),
            (long + 0.35, 0.3 * wide, 0.03),
            (long + 0.5, 0, 0.03),
            (long + 0.35, -0.3 * wide, 0.03),
            (long + 0.04, -0.8 * wide, 0.7 * up),
        ]
        parts.append(p.tube(p.spline(rope, 30), 0.013, 6).with_slot(3))
    return joined(rng, parts).grounded()
