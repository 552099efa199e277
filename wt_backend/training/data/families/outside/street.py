"""Boxes of the street: fire hydrants, letter boxes, telephone boxes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def turned(points: ArrayLike, slot: int = 0, segments: int = 28) -> Mesh:
    """Solid of revolution of (radius, z) from the ground up, closed on the axis below and above."""
    outer = np.asarray(points, np.float64)
    ends = outer[[0, -1]] * [0, 1]
    return p.lathe(np.concatenate([ends[:1], outer, ends[1:]]), segments).with_slot(slot)


def banded(points: ArrayLike, count: int, segments: int = 28) -> Mesh:
    """A turned solid of rising z in `count` bands, in turn of slots 0 and 1."""
    radius, height = np.asarray(points, np.float64).T
    levels = np.linspace(height[0], height[-1], count + 1)
    z = np.unique(np.concatenate([height, levels]).round(6))
    mesh = turned(np.stack([np.interp(z, height, radius), z], 1), 0, segments)
    mesh.slot[:] = np.searchsorted(levels[1:-1], mesh.vertices[mesh.faces].mean(1)[:, 2]) % 2
    return mesh


def arch(half: float, spring: float, rise: float) -> np.ndarray:
    """(17, 2) outline on z = 0: straight up to `spring`, then half an ellipse of a height `rise`."""
    u = np.linspace(0, np.pi, 15)
    top = np.stack([half * np.cos(u), spring + rise * np.sin(u)], 1)
    return np.concatenate([[(-half, 0), (half, 0)], top])


def turn(angle: float) -> np.ndarray:
    """Rotation about Z."""
    return p.rotation((0, 0, 1), angle)


def rounded(sides: int, radius: float, corner: float, phase: float = 0.0) -> np.ndarray:
    """Regular polygon with rounded corners."""
    at = p.regular_polygon(sides, radius - corner / np.cos(np.pi / sides), phase)
    angle = phase + 2 * np.pi / sides * (np.arange(sides)[:, None] + np.linspace(-0.5, 0.5, 5))
    arcs = at[:, None] + corner * np.stack([np.cos(angle), np.sin(angle)], -1)
    return arcs.reshape(-1, 2)


def hydrant(rng: Rng) -> Mesh:
    """Fire hydrant: barrel on a bolted foot, domed or flat bonnet with a nut, two or three capped outlets."""
    r, tall, sides = rng.uniform(0.12, 0.22), rng.uniform(0.5, 0.95), int(rng.choice([6, 8, 30, 30]))
    foot, lip = r * rng.uniform(1.25, 1.7), r * rng.uniform(1.08, 1.35)
    rise, waist = r * rng.choice([0.3, rng.uniform(0.6, 1.2)]), rng.uniform(0.85, 1.0)
    u = np.linspace(0.05, 1.4, 8)
    dome = np.stack([0.95 * lip * np.cos(u), tall + 0.05 + rise * np.sin(u)], 1)
    barrel = [(foot, 0), (foot, 0.05), (1.1 * r, 0.055), (r, 0.12), (waist * r, tall)]
    cap = int(rng.random() < 0.6)
    parts = [turned(barrel, 0, sides), turned([(lip, tall - 0.02), (lip, tall + 0.04), *dome], cap)]
    parts.append(p.cylinder(0.28 * r, 0.14, 0.22 * r, 5).shifted(0, 0, tall + 0.06 + rise).with_slot(2))
    bolt = p.cylinder(0.13 * r, 0.05, segments=6).with_slot(2)
    parts += p.around(bolt.shifted((foot + r) / 2, 0, 0.06), int(rng.integers(5, 9)))
    if rng.random() < 0.6:
        z = tall * rng.uniform(0.25, 0.45)
        parts.append(turned([(1.25 * r, z), (1.25 * r, z + 0.05)], 0, sides))
    height, many = rng.uniform(0.55, 0.78) * tall, rng.random()
    angles = [np.pi / 2, -np.pi / 2, 0.0] if many < 0.65 else [0.7, -0.7] if many < 0.85 else [0.0]
    for angle in angles:
        wide, out = r * (rng.uniform(0.6, 0.75) if angle == 0 else rng.uniform(0.4, 0.55)), r * 1.35
        outlet = [
            p.rod((0, 0, 0), (out, 0, 0), wide, 20),
            p.rod((0.93 * out, 0, 0), (1.3 * out, 0, 0), 1.2 * wide, 20),
        ]
        outlet.append(p.rod((0.97 * out, 0, 0), (1.5 * out, 0, 0), 0.4 * wide, 5).with_slot(2))
        outlet[1] = outlet[1].with_slot(cap)
        drop = 0.18 * tall if angle == 0 and rng.random() < 0.4 else 0
        parts += [m.rotated(turn(angle)).shifted(0, 0, height - drop) for m in outlet]
    return joined(rng, parts)


def letter_box(rng: Rng) -> Mesh:
    """Letter box: round pillar with a cap, arched box on a post with a flag, or a collection box on legs."""
    kind, y = rng.integers(3), rng.uniform(0.2, 0.3)
    if kind == 0:
        tall, eave, rise = rng.uniform(1.0, 1.4), y * rng.uniform(1.08, 1.25), rng.uniform(0.05, 0.2)
        shaft = [
            (1.1 * y, 0),
            (1.1 * y, 0.12),
            (y, 0.14),
            (y, tall),
            (eave, tall + 0.02),
            (eave, tall + 0.09),
        ]
        u, sides = np.linspace(0.1, 1.45, 7), int(rng.choice([6, 32, 32]))
        dome = np.stack([0.95 * eave * np.cos(u), tall + 0.09 + rise * np.sin(u)], 1)
        foot = turned([(1.13 * y, -0.01), (1.13 * y, 0.1)], 1, sides)
        slit = block((0.5 * y, -0.6 * y, tall - 0.16), (2, 0.6 * y, tall - 0.11), 2)
        door = turned([(1.04 * y, 0.25), (1.04 * y, 0.6 * tall)], 0, sides)
        door = difference(door, [block((-1, -1, 0), (0.6 * y, 1, 2))])
        notice = block((0.5 * y, -0.3 * y, 0.66 * tall), (1.03 * y, 0.3 * y, 0.8 * tall), 3)
        return difference(union([turned([*shaft, *dome], 0, sides), foot, door, notice]), [slit])
    if kind == 1:
        x, spring, up = rng.uniform(0.35, 0.5), rng.uniform(0.1, 0.25), rng.uniform(0.5, 1.1)
        outer = arch(y, spring, y)
        case = p.facing([outer], 2 * x)
        ajar = rng.random() < 0.4
        if ajar:
            case = difference(
                case, [p.facing([outer * 0.9 + [0, 0.02]], 2 * x).shifted(0.06, 0, 0).with_slot(2)]
            )
        lid = p.facing([outer * 1.04 - [0, 0.01]], 0.04).rotated(p.rotation((0, 1, 0), 1.4 * ajar))
        flag = [block((-0.02, y - 0.02, 0.6 * spring), (0.03, y + 0.025, spring + 0.3), 3)]
        flag.append(block((-0.03, y - 0.01, spring + 0.2), (0.14, y + 0.035, spring + 0.31), 3))
        swing = p.rotation((0, 1, 0), rng.choice([0, np.pi / 2]))
        pivot = np.array([0, 0, 0.7 * spring])
        flag = [m.shifted(*-pivot).rotated(swing).shifted(*pivot) for m in flag]
        parts = [case, lid.shifted(x + 0.015, 0, 0), *flag]
        post = rng.uniform(0.04, 0.09)
        parts = [m.shifted(0, 0, up) for m in parts] + [block((-post, -post, 0), (post, post, up + 0.03), 1)]
        if rng.random() < 0.5:
            parts.append(p.rod((0, 0, 0.4 * up), (0.6 * x, 0, up + 0.01), 0.6 * post, 8).with_slot(1))
        return joined(rng, parts)
    x, tall, up = y * rng.uniform(0.8, 1.1), rng.uniform(0.5, 0.8), rng.uniform(0.1, 0.3)
    body = p.upright([arch(x, tall, x * rng.uniform(0.5, 1.0))], 2.2 * y)
    hatch = block((0.3 * x, -0.8 * y, tall - 0.02), (1.05 * x, 0.8 * y, tall + 0.25 * x), 2)
    panel = block((0, -0.85 * y, 0.08), (x + 0.015, 0.85 * y, 0.6 * tall), 0)
    grip = p.rod((1.1 * x, -0.5 * y, tall + 0.1 * x), (1.1 * x, 0.5 * y, tall + 0.1 * x), 0.03, 8).with_slot(
        1
    )
    legs = [
        block((u - 0.04, v - 0.04, -up), (u + 0.04, v + 0.04, 0.05), 1)
        for u in (-0.8 * x, 0.8 * x)
        for v in (-y, y)
    ]
    return joined(rng, [body, hatch, panel, grip, *legs]).grounded()


def telephone_box(rng: Rng) -> Mesh:
    """Telephone box with glazed sides and a domed or stepped roof, or a hooded telephone on a post."""
    if rng.random() < 0.25:
        return _hooded_telephone(rng)
    half, tall, wall = rng.uniform(0.3, 0.38), rng.uniform(1.4, 1.9), 0.04
    low, high = rng.uniform(0.08, 0.5) * tall, tall - 0.22
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 8))
    y, z = np.linspace(-half + 0.07, half - 0.05, columns + 1), np.linspace(low, high, rows + 1)
    panes = [
        np.array([(a, c), (b - 0.02, c), (b - 0.02, d - 0.02), (a, d - 0.02)])
        for a, b in pairwise(y)
        for c, d in pairwise(z)
    ]
    front, sides = p.facing(panes, 1).shifted(0.5, 0, 0), p.upright(panes, 2)
    body = block((-half, -half, 0), (half, half, tall))
    room = block((wall - half, wall - half, 0.06), (half - wall, half - wall, high), 3)
    parts = [difference(body, [room, front, sides])]
    parts.append(block((-half - 0.03, -half - 0.03, -0.04), (half + 0.03, half + 0.03, 0.05), 1))
    parts.append(block((-half - 0.02, -half - 0.02, high + 0.02), (half + 0.02, half + 0.02, tall - 0.03)))
    parts.append(block((-0.1, -0.75 * half, high + 0.06), (half + 0.035, 0.75 * half, tall - 0.06), 2))
    parts.append(
        block((half - 0.02, 0.7 * half, 0.5 * tall), (half + 0.05, 0.77 * half, 0.62 * tall), 1, 0.012)
    )
    if rng.random() < 0.6:
        parts.append(
            p.superquadric((half, half, rng.uniform(0.1, 0.18)), 0.9, 0.25).shifted(0, 0, tall - 0.01)
        )
    else:
        parts += [
            block((-half * f, -half * f, tall - 0.05), (half * f, half * f, tall + h))
            for f, h in ((0.9, 0.06), (0.7, 0.11))
        ]
        parts.append(p.capsule(0.07, 0.1, 14).shifted(0, 0, tall + 0.15).with_slot(4))
    parts.append(block((0.01 - half, -0.13, 0.5 * tall), (wall - half + 0.12, 0.13, 0.72 * tall), 5, 0.02))
    if rng.random() < 0.4:  # panes of glass
        parts += p.pair(
            block(
                (0.1 - half, half - 0.7 * wall, low - 0.01), (half - 0.08, half - 0.4 * wall, high - 0.01), 6
            )
        )
    return joined(rng, parts).grounded()


def _hooded_telephone(rng: Rng) -> Mesh:
    """A telephone under an arched hood on a post or two."""
    half, deep, up = rng.uniform(0.25, 0.4), rng.uniform(0.15, 0.3), rng.uniform(0.6, 1.0)
    outer = arch(half, rng.uniform(0.3, 0.5), half * rng.uniform(0.05, 1.0))
    hood = [
        p.facing([outer, outer * [0.9, 0.92]], 2 * deep),
        p.facing([outer * 0.95 + [0, 0.005]], 0.05).shifted(-deep + 0.03, 0, 0),
    ]
    phone = [block((0.01 - deep, -0.13, 0.08), (0.1 - deep + 0.08, 0.13, 0.42), 2, 0.02)]
    phone.append(p.capsule(0.035, 0.18, 12).shifted(0.21 - deep, 0.07, 0.26).with_slot(3))
    phone.append(block((0.02 - deep, -0.09, 0.14), (0.2 - deep, 0.0, 0.26), 4))
    shelf = block((0.005 - deep, -0.93 * half, -0.04), (0.5 * deep, 0.93 * half, 0.02), 1)
    post = block((-deep - 0.03, -0.06, -up), (0.09 - deep, 0.06, 0.3), 1)
    posts = [post] if rng.random() < 0.6 else p.pair(post.shifted(0, 0.5 * half, 0))
    foot = block((-deep - 0.15, -0.6 * half, -up - 0.01), (deep, 0.6 * half, 0.04 - up), 1)
    return joined(rng, [*hood, *phone, shelf, *posts, foot]).grounded()
