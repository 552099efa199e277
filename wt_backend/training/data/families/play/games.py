"""Games on a board or a table: chess pieces, dice, dominoes."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline
from wt_backend.training.data.mesh import FLAT, Mesh, difference, joined, union

Rng = np.random.Generator


def chess_piece(rng: Rng) -> Mesh:
    """Pawn, rook, knight, bishop, queen or king, plain or turned richly; one, or a few on squares."""
    foot, style = rng.uniform(0.24, 0.34), rng.uniform(0.6, 1.4, 4)
    if rng.random() < 0.7:
        return _piece(rng, int(rng.integers(6)), foot, style).grounded()
    n, parts = int(rng.integers(2, 4)), []
    side = 2.3 * foot
    for i in range(n * n):
        x, y = side * (i // n), side * (i % n)
        parts.append(
            block(
                (x - side / 2, y - side / 2, -0.06),
                (x + side / 2, y + side / 2, 0.0),
                2 + (i // n + i) % 2 if n % 2 == 0 else 2 + i % 2,
            )
        )
        if rng.random() < 0.9 / n or i == 0:
            parts.append(
                _piece(rng, int(rng.integers(6)), foot, style)
                .shifted(x, y, -0.003)
                .with_slot(int(rng.integers(2)))
            )
    return joined(rng, parts).grounded()


def _piece(rng: Rng, kind: int, foot: float, style: np.ndarray) -> Mesh:
    """A turned stem with what crowns it; style sets its waist, collar, height and rings."""
    tall = [0.45, 0.55, 0.5, 0.75, 0.9, 1.0][kind] * (0.75 + 0.3 * style[2])
    waist, collar = foot * (0.3 + 0.12 * style[0]), foot * (0.5 + 0.15 * style[1])
    base = [(0, 0), (foot, 0), (foot, 0.06), (0.92 * foot, 0.09), (0.95 * foot, 0.13), (0.75 * foot, 0.17)]
    if kind == 2:
        return _knight(rng, base, foot, tall + 0.2)
    if kind == 1:
        waist, collar = 1.6 * waist, 0.85 * foot
    stem = outline([(0.7 * foot, 0.17), (waist * 1.15, 0.17 + 0.35 * tall), (waist, tall)], 14)
    top = float(stem[-1, 1])
    rings = [(collar, top + 0.01), (collar, top + 0.035), (waist * 1.1, top + 0.05)] * (1 + (style[3] > 1))
    rings = [(r, z + 0.045 * (i // 3)) for i, (r, z) in enumerate(rings)]
    neck = rings[-1][1]
    if kind == 1:
        high = neck + 0.25
        body = p.lathe([*base, *stem, *rings, (0.72 * foot, neck + 0.05), (0.8 * foot, high), (0, high)], 36)
        cuts = [p.cylinder(0.52 * foot, 0.24, segments=28).shifted(0, 0, high)]
        cuts += [
            block((-1, -0.04, high - 0.08), (1, 0.04, high + 1)).rotated(p.rotation((0, 0, 1), a))
            for a in (0, np.pi / 3, 2 * np.pi / 3)
        ]
        return difference(body, cuts)
    t = np.linspace(-1.1, np.pi / 2, 12)
    if kind == 0:
        r = foot * rng.uniform(0.5, 0.62)
        knob = np.stack([r * np.cos(t), neck + r * (np.sin(t) + 0.85)], 1)
        return p.lathe([*base, *stem, *rings, *knob[:-1], (0, knob[-1, 1])], 36)
    if kind == 3:
        r = foot * 0.55
        drop = np.stack(
            [r * np.cos(t) * (1 - 0.25 * (np.sin(t) > 0) * np.sin(t)), neck + r * (1.45 * np.sin(t) + 1.25)],
            1,
        )
        body = p.lathe([*base, *stem, *rings, *drop[:-1], (0, drop[-1, 1])], 36)
        mitre = (
            block((-0.02, -1, 0), (0.02, 1, 1))
            .rotated(p.rotation((0, 1, 0), 0.6))
            .shifted(0.05, 0, neck + 1.3 * r)
        )
        ball = p.sphere(0.055, 6).shifted(0, 0, drop[-1, 1] + 0.03)
        return union([difference(body, [mitre]), ball])
    flare, high = 0.68 * foot, neck + rng.uniform(0.2, 0.3)
    body = p.lathe(
        [
            *base,
            *stem,
            *rings,
            (0.75 * flare, neck + 0.12),
            (flare, high),
            (0.85 * flare, high + 0.02),
            (0.5 * flare, high + 0.05),
            (0, high + 0.09),
        ],
        36,
    )
    if kind == 4:
        count = int(rng.integers(6, 10))
        notch = p.rod((0.6 * flare, 0, high + 0.05), (2 * flare, 0, high + 0.05), 0.065, 10)
        return union([difference(body, p.around(notch, count)), p.sphere(0.07, 6).shifted(0, 0, high + 0.11)])
    arm = rng.uniform(0.08, 0.12)
    cross = [
        block((-0.03, -0.03, high), (0.03, 0.03, high + 0.12 + 2 * arm)),
        block((-0.029, -arm, high + 0.05 + arm), (0.029, arm, high + 0.11 + arm)),
    ]
    return union([body, *cross])


def _knight(rng: Rng, base: list[tuple[float, float]], foot: float, tall: float) -> Mesh:
    """A horse's head, facing +X, thinner towards its muzzle, on a turned foot."""
    side = np.array(
        [
            (-0.75, 0),
            (0.7, 0),
            (0.5, 0.2),
            (0.3, 0.42),
            (0.5, 0.55),
            (0.95, 0.42),
            (1.1, 0.5),
            (1.08, 0.6),
            (0.6, 0.85),
            (0.3, 0.95),
            (0.2, 1.08),
            (0.02, 0.96),
            (-0.35, 0.85),
            (-0.75, 0.5),
            (-0.85, 0.2),
        ]
    )
    head = p.upright([p.spline(side, 60, closed=True) * [0.8 * foot, tall]], 0.9 * foot)
    v = head.vertices.copy()
    v[:, 1] *= np.interp(v[:, 0] / foot, [-0.7, 0.1, 0.9], [0.75, 1.0, 0.5]) * np.interp(
        v[:, 2] / tall, [0, 0.5, 1], [1.2, 0.9, 0.55]
    )
    eye = [p.sphere(0.045, 6).shifted(0.3 * foot, s * 0.33 * foot, 0.78 * tall) for s in (-1, 1)]
    head = difference(head.moved(v), eye).shifted(0, 0, 0.155)
    return union([p.lathe([*base, (0, 0.17)], 36), head])


PIPS = {
    1: [(0, 0)],
    2: [(-1, -1), (1, 1)],
    4: [(-1, -1), (1, 1), (-1, 1), (1, -1)],
    6: [(a, b) for a in (-1, 0, 1) for b in (-1, 1)],
}
PIPS |= {3: PIPS[1] + PIPS[2], 5: PIPS[1] + PIPS[4]}


def convex(points: np.ndarray) -> Mesh:
    """Convex solid with flat faces."""
    hull = ConvexHull(points)
    flip = (
        np.einsum(
            "ij,ij->i",
            np.cross(*(points[hull.simplices[:, i]] - points[hull.simplices[:, 0]] for i in (1, 2))),
            hull.equations[:, :3],
        )
        < 0
    )
    faces = np.where(flip[:, None], hull.simplices[:, ::-1], hull.simplices)
    return Mesh.build(points, faces, crease=FLAT)


def dice(rng: Rng) -> Mesh:
    """One to four dice with pips, lying or piled, many-sided dice, or dominoes in a row, perhaps falling."""
    kind = rng.random()
    if kind < 0.35:
        return _dominoes(rng)
    if kind < 0.5:
        g, axes = (1 + 5**0.5) / 2, np.eye(3)
        around = p.broadcast(np.cos(a := np.arange(5) * 2 * np.pi / 5), np.sin(a), 0.0)
        shapes = [
            np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], float),
            np.concatenate([axes, -axes]) * 1.3,
            np.concatenate(
                [np.roll([[0, i, j * g]], k, axis=1) for i in (-1, 1) for j in (-1, 1) for k in range(3)]
            )
            * 0.65,
            np.concatenate(
                [
                    around - np.array([0, 0, -0.2]),
                    around @ p.rotation((0, 0, 1), np.pi / 5) - [0, 0, 0.2],
                    [[0, 0, 1.1], [0, 0, -1.1]],
                ]
            ),
        ]
        many = [
            convex(shapes[rng.integers(4)])
            .rotated(p.random_rotation(rng))
            .grounded()
            .shifted(0.4 * i, 2.4 * i, 0)
            .with_slot(i)
            for i in range(int(rng.integers(1, 4)))
        ]
        return union(many).scaled(0.4)
    half, round_, pip = 0.25, rng.choice([0.02, rng.uniform(0.03, 0.12)]), rng.uniform(0.035, 0.055)
    cuts = []
    for number, axis in zip((1, 6, 2, 5, 3, 4), (0, 0, 1, 1, 2, 2), strict=True):
        side = 1 if number in (1, 2, 3) else -1
        for u, v in PIPS[number]:
            place = np.roll([side * (half + 0.3 * pip), 0.13 * u, 0.13 * v], axis)
            cuts.append(p.capsule(pip * (1.6 if number == 1 else 1), 0.01, 10).shifted(*place).with_slot(4))
    die, parts, spot = difference(p.rounded_box((2 * half,) * 3, round_), cuts), [], np.zeros(3)
    for i in range(int(rng.choice([1, 1, 2, 3, 4]))):
        turn = p.rotation((0, 0, 1), rng.uniform(0, 6)) @ p.rotation(
            np.eye(3)[rng.integers(3)], rng.integers(4) * np.pi / 2
        )
        one = die.rotated(turn).shifted(*spot)
        one.slot[:] = np.where(one.slot == 4, 4 + i % 2, i % 2)
        parts.append(one)
        spot = spot + (
            [*rng.uniform(-0.08, 0.08, 2), 2 * half + 0.002]
            if rng.random() < 0.4 and i < 2
            else [rng.uniform(-0.3, 0.3), 0.85, -spot[2]]
        )
    return union(parts).grounded()


def _dominoes(rng: Rng) -> Mesh:
    """Tiles with a groove and pips on their faces to +X, in a straight or bent row, standing or falling."""
    deep, count, gap = rng.uniform(0.07, 0.13), int(rng.integers(1, 9)), rng.uniform(0.22, 0.4)
    parts, fallen, bow = [], rng.random() < 0.5, rng.choice([0.0, rng.uniform(-0.25, 0.25)])
    for i in range(count):
        tile, cuts = (
            p.rounded_box((deep, 0.4, 0.8), 0.02),
            [block((deep / 2 - 0.012, -0.17, -0.008), (1, 0.17, 0.008), 1)],
        )
        for z in (-0.2, 0.2):
            for a, b in PIPS.get(int(rng.integers(0, 7)), []):
                cuts.append(
                    p.cylinder(0.03, 0.03, segments=10)
                    .rotated(p.ALONG_X)
                    .shifted(deep / 2, 0.11 * b, z + 0.11 * a)
                    .with_slot(2)
                )
        lean = (
            0.0
            if not fallen
            else max(0.0, np.arccos(np.clip((deep + 0.01) / gap, 0, 1)) * (0.8 - 0.15 * i)) * 0.9
        )
        tile = (
            difference(tile, cuts)
            .shifted(-deep / 2, 0, 0.4)
            .rotated(p.rotation((0, 1, 0), lean if i < 5 else 0.0))
        )
        angle = bow * i
        place = (gap * i * np.cos(angle / 2), gap * i * np.sin(angle / 2), 0)
        parts.append(tile.rotated(p.rotation((0, 0, 1), angle)).shifted(*place))
    mesh = union(parts)
    return (
        mesh.rotated(p.rotation((0, 1, 0), -np.pi / 2)).grounded()
        if count == 1 and rng.random() < 0.5
        else mesh.grounded()
    )
