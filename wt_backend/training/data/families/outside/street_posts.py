"""What stands on posts along streets: traffic lights, road signs, lamps."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.outside.street import rounded, turn, turned
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _signal(rng: Rng, lamps: int, size: float) -> list[Mesh]:
    """Traffic light's head facing +X round the origin: case, lenses, hoods, perhaps a board behind."""
    deep, r = rng.uniform(0.5, 0.9) * size, rng.uniform(0.34, 0.4) * size
    parts = [p.rounded_box((deep, size, lamps * size), rng.uniform(0.02, 0.2) * size)]
    hood, long = (
        p.lathe([(1.1 * r, -0.02), (1.1 * r, 1), (r, 1), (r, -0.02)], 22, closed=True),
        rng.uniform(0.4, 1.0) * size,
    )
    hood = hood.scaled((1, 1, long)).rotated(p.ALONG_X)
    if rng.random() < 0.75:
        low = np.array([(-0.1, -2 * r), (2 * long, -2 * r), (2 * long, r), (-0.01, -r * rng.uniform(0, 0.9))])
        hood = difference(hood, [p.upright([low], 3 * r)])
    for i in range(lamps):
        z = ((lamps - 1) / 2 - i) * size
        lens = turned(np.array([(1.03, -0.1), (1.03, 0), (0.8, 0.25), (0.4, 0.38)]) * r, 2 + i, 18).rotated(
            p.ALONG_X
        )
        parts += [m.shifted(deep / 2, 0, z) for m in (lens, hood)]
    if rng.random() < 0.4:
        parts.append(
            block(
                (-0.02, -0.75 * size, -size * (lamps / 2 + 0.25)),
                (0.012, 0.75 * size, size * (lamps / 2 + 0.25)),
                6,
            )
        )
    return [m.shifted(deep / 2, 0, 0) for m in parts]


def traffic_light(rng: Rng) -> Mesh:
    """Traffic light on a post or a mast's arm: two to four lamps, further heads, or a level crossing's."""
    size, tall, pole = rng.uniform(0.22, 0.36), rng.uniform(0.9, 1.6), rng.uniform(0.035, 0.06)
    lamps, kind = int(rng.choice([2, 3, 3, 3, 4])), rng.random()
    head, high = _signal(rng, lamps, size), tall - rng.uniform(0.3, 0.5) * lamps * size
    foot = pole * rng.uniform(1.6, 3.0)
    parts = [turned([(foot, 0), (foot, 0.08), (1.2 * pole, 0.12), (pole, 0.14), (pole, tall)], 1, 16)]
    if kind < 0.3:
        reach = rng.uniform(0.6, 1.1)
        arm = p.spline(
            [(0, 0, tall - 0.06), (0, 0.3 * reach, tall + 0.12), (0, reach + 0.1, tall + 0.14)], 14
        )
        parts.append(p.tube(arm, 0.8 * pole, 10).with_slot(1))
        parts += [m.shifted(0.2 * pole, reach - 0.1, tall + 0.13) for m in head]
        if rng.random() < 0.6:
            parts += [m.shifted(0.6 * pole, 0, 0.6 * tall) for m in head]
    elif kind < 0.45:  # level crossing
        pair = [m.rotated(p.rotation((1, 0, 0), np.pi / 2)) for m in _signal(rng, 2, size)]
        parts += [m.shifted(0.6 * pole, 0, 0.65 * tall) for m in pair]
        board = block((0, -0.45, -0.06), (0.03, 0.45, 0.06), 4)
        for i, angle in enumerate((0.75, -0.75)):
            cross = board.rotated(p.rotation((1, 0, 0), angle))
            parts.append(cross.shifted(0.7 * pole + 0.02 * i, 0, tall - 0.1))
    else:
        count = int(rng.choice([1, 2, 4], p=[0.65, 0.2, 0.15]))
        out = 0.6 * pole if count == 1 else 0.6 * size + 0.02  # heads side by side don't meet
        stays = [p.rod((-out, 0, z), (0.05, 0, z), 0.5 * pole, 8).with_slot(1) for z in (-0.1, 0.1)]
        for angle in [0, np.pi / 2, np.pi, -np.pi / 2][:count]:
            parts += [m.shifted(out, 0, high).rotated(turn(angle)) for m in (*head, *stays)]
    if rng.random() < 0.3:  # a button to push
        parts.append(block((0, -0.06, 0.42), (pole + 0.05, 0.06, 0.58), 7, 0.015))
    return joined(rng, parts)


def _plate(rng: Rng, r: float) -> list[Mesh]:
    """A sign facing +X from x = 0: triangle, disc, octagon, diamond, square or board, with rim and symbol."""
    sides, phase = [(3, np.pi / 2), (3, -np.pi / 2), (40, 0), (8, np.pi / 8), (4, 0), (4, np.pi / 4)][
        rng.integers(6)
    ]
    outline = rounded(sides, r, rng.uniform(0.05, 0.15) * r, phase)
    if phase == np.pi / 4:
        outline = outline * [rng.uniform(0.6, 1.5), rng.uniform(0.7, 1.2)]
    rim, t, low = rng.uniform(0.75, 0.92), rng.uniform(0.025, 0.05), 0.7 if sides == 3 else 1.0
    parts = [
        p.facing([outline], t).shifted(t / 2, 0, 0),
        p.facing([1.02 * outline, outline * rim], t).shifted(0.8 * t, 0, 0).with_slot(2),
    ]
    s = 0.5 * r * low * rng.uniform(0.7, 1.0)
    arrow = np.array([(-0.2, -1), (0.2, -1), (0.2, 0.2), (0.6, 0.2), (0, 1), (-0.6, 0.2), (-0.2, 0.2)])
    bar = np.array([(-1, -0.25), (1, -0.25), (1, 0.25), (-1, 0.25)])
    mark = [arrow, bar, bar[:, ::-1], arrow[:, ::-1], p.regular_polygon(24, 0.7)][rng.integers(5)]
    if rng.random() < 0.75:
        parts.append(p.facing([s * mark], t).shifted(0.7 * t, 0, 0).with_slot(3))
    return parts


def road_sign(rng: Rng) -> Mesh:
    """Road sign: one to three plates on a post or a wide board on two, or a finger post."""
    tall, pole, r = rng.uniform(0.8, 1.4), rng.uniform(0.03, 0.055), rng.uniform(0.24, 0.4)
    kind = rng.random()
    stem = p.rod((0, 0, 0), (0, 0, tall), pole, int(rng.choice([4, 16])))
    parts = [stem.with_slot(1)]
    if rng.random() < 0.3:
        parts.append(p.cylinder(0.2, 0.08, 0.16).shifted(0, 0, 0.045).with_slot(4))
    if kind < 0.25:  # finger post
        z = tall - 0.1
        for _ in range(int(rng.integers(2, 6))):
            long, half = rng.uniform(0.4, 0.7), rng.uniform(0.05, 0.09)
            shape = np.array([(-0.1, -half), (long, -half), (long + half, 0), (long, half), (-0.1, half)])
            parts.append(p.upright([shape], 0.045).rotated(turn(rng.uniform(0, 2 * np.pi))).shifted(0, 0, z))
            z -= 2 * half + 0.02
        parts.append(p.sphere(1.8 * pole, 6).shifted(0, 0, tall).with_slot(1))
    elif kind < 0.4:  # board on two posts
        y, z = rng.uniform(0.5, 0.9), rng.uniform(0.2, 0.4)
        parts = p.pair(parts[0].shifted(0, 0.7 * y, 0))
        parts.append(block((0.5 * pole, -y, tall - 2 * z), (pole + 0.04, y, tall - 0.02), 0, 0.02))
        parts += [
            block(
                (pole, -0.85 * y, tall - u * z),
                (pole + 0.055, rng.uniform(0, 0.85) * y, tall - u * z + 0.08),
                2,
            )
            for u in (1.7, 1.1, 0.5)
        ]
    else:
        for i in range(int(rng.choice([1, 2, 3], p=[0.65, 0.25, 0.1]))):
            plate = [m.shifted(0.7 * pole, 0, tall - r * (0.9 + 1.75 * i)) for m in _plate(rng, r)]
            parts += plate
    return joined(rng, parts)


def _lantern(rng: Rng, size: float) -> list[Mesh]:
    """Glazed lantern standing on z = 0, four- or more-sided, wider above."""
    sides, h = int(rng.choice([4, 4, 6, 8])), size * rng.uniform(1.6, 2.4)
    low, high = size * rng.uniform(0.5, 0.9), size
    parts = [p.cylinder(0.95 * low, h, 0.95 * high, sides).shifted(0, 0, h / 2).with_slot(2)]
    parts += p.around(p.rod((low, 0, 0), (high, 0, h), 0.1 * size, 6), sides)
    parts += [
        p.cylinder(w, 0.12 * size, segments=sides).shifted(0, 0, z)
        for w, z in ((1.15 * low, 0), (1.15 * high, h))
    ]
    cap = [
        (1.25 * high, h - 0.015),
        (0.4 * high, h + rng.uniform(0.4, 1.0) * size),
        (0.25 * high, h + 1.15 * size),
    ]
    return [*parts, turned(cap, 0, sides), p.sphere(0.25 * size, 6).shifted(0, 0, h + 1.2 * size)]


def street_lamp(rng: Rng) -> Mesh:
    """Street lamp: lantern, globes, one or two long arms, or a crook with a hanging bell."""
    tall, r, kind = rng.uniform(0.9, 1.6), rng.uniform(0.03, 0.055), rng.integers(4)
    foot, sides = r * rng.uniform(2, 4), int(rng.choice([8, 20]))
    knots = [
        (foot, 0),
        (foot, 0.08),
        (0.7 * foot, 0.1),
        (1.5 * r, 0.25),
        (1.9 * r, 0.26),
        (1.9 * r, 0.29),
        (r, 0.3),
    ]
    ring = [(1.7 * r, tall - 0.12), (1.7 * r, tall - 0.09), (0.8 * r, tall - 0.08)] if kind < 2 else []
    parts = [turned([*knots, *[(r, z - 0.01) for _, z in ring[:1]], *ring, (0.8 * r, tall)], 0, sides)]
    count, reach = int(rng.integers(2, 5)), rng.uniform(0.2, 0.45)
    if kind == 0:
        lantern = _lantern(rng, rng.uniform(0.11, 0.2))
        bar = p.rod((0, -0.18, tall - 0.2), (0, 0.18, tall - 0.2), 0.02, 8)
        if rng.random() < 0.35:
            arm = p.tube(
                p.spline([(0, 0, tall - 0.3), (0.6 * reach, 0, tall - 0.25), (reach, 0, tall)], 12), 0.022, 8
            )
            parts += p.around(union([arm, *[m.shifted(reach, 0, tall - 0.02) for m in lantern]]), count)
        return joined(rng, [*parts, bar, *[m.shifted(0, 0, tall - 0.01) for m in lantern]])
    if kind == 1:
        size = rng.uniform(0.11, 0.2)
        globe = [
            p.sphere(size).shifted(0, 0, size + 0.02).with_slot(2),
            p.cylinder(0.5 * size, 0.08, 0.7 * size, 20),
        ]
        bow = [(0, 0, tall - 0.3), (0.6 * reach, 0, tall - 0.4), (reach, 0, tall - 0.22)]
        if rng.random() < 0.7:
            branch = [
                p.tube(p.spline(bow, 14), 0.022, 8),
                *[m.shifted(reach, 0, tall - 0.22) for m in globe],
            ]
            parts += [m for part in branch for m in p.around(part, count)]
        return joined(rng, [*parts, *[m.shifted(0, 0, tall) for m in globe]])
    rise = rng.uniform(0.05, 0.35)
    if kind == 2:
        path = p.spline(
            [(0, 0, tall - 0.05), (0.35 * reach, 0, tall + 0.8 * rise), (1.4 * reach, 0, tall + rise)], 16
        )
        head = p.superquadric((0.22, 0.09, 0.05), 0.7, 0.7, 10).shifted(1.4 * reach + 0.12, 0, tall + rise)
        glass = p.superquadric((0.14, 0.065, 0.045), 0.9, 0.9, 6).shifted(
            1.4 * reach + 0.14, 0, tall + rise - 0.02
        )
        lamp = [p.tube(path, 0.8 * r, 10), head.with_slot(1), glass.with_slot(2)]
    else:
        loop = [
            (0, 0, tall - 0.05),
            (0.3 * reach, 0, tall + rise),
            (0.9 * reach, 0, tall + rise),
            (1.1 * reach, 0, tall),
        ]
        size, bell = rng.uniform(0.13, 0.22), np.linspace(0, 1.45, 9)
        hood = np.stack([size * np.cos(bell), size * np.sin(bell)], 1)
        drop = tall - 0.8 * size
        lamp = [p.tube(p.spline(loop, 20), 0.8 * r, 10), turned(hood, 1).shifted(1.1 * reach, 0, drop)]
        lamp.append(p.sphere(0.7 * size).shifted(1.1 * reach, 0, drop).with_slot(2))
    sides_used = 2 if rng.random() < 0.35 else 1
    return joined(rng, parts + [m for part in lamp for m in p.around(part, 2)[:sides_used]])
