"""What ties and lifts: chains, hooks with their blocks, cable drums."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.outside.street import turn, turned
from wt_backend.training.data.families.works.machine_parts import lying, ring
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _link(long: float, wide: float, wire: float, stud: bool) -> Mesh:
    """Link along X round the origin in the plane z = 0: two straights and two half circles."""
    u = np.linspace(-np.pi / 2, np.pi / 2, 9)
    half = p.broadcast(long / 2 - wide + wide * np.cos(u), wide * np.sin(u), 0.0)
    loop = p.tube(np.concatenate([half, half * [-1, -1, 1]]), wire, 10, closed=True)
    return union([loop, p.rod((0, -wide, 0), (0, wide, 0), 0.8 * wire, 8)]) if stud else loop


def chain(rng: Rng) -> Mesh:
    """Chain of links, each turned a quarter to the next: straight, hanging, winding, closed or on a ring."""
    count, long, kind = int(rng.integers(4, 16)), 0.3, rng.integers(4)
    wide, wire = rng.uniform(0.08, 0.13), rng.uniform(0.028, 0.042)
    if kind == 3:
        count = 2 * max(count // 2, 5)
    link, pitch = _link(long, wide, wire, rng.random() < 0.25), long - 2.2 * wire
    u = np.linspace(0, 1, 60)
    size = count * pitch
    if kind == 0:
        path = p.broadcast(size * (u - 0.5), 0.0, 0.0)
    elif kind == 1:  # hanging between two ends
        sag = rng.uniform(0.4, 1.6)
        path = p.broadcast(0.0, u - 0.5, sag * (2 * u - 1) ** 2)
    elif kind == 2:  # winding on the ground
        path = p.broadcast(u, rng.uniform(0.1, 0.2) * np.sin(2 * np.pi * rng.uniform(0.8, 1.6) * u), 0.0)
    else:
        path = p.broadcast(np.cos(2 * np.pi * u), rng.uniform(0.6, 1) * np.sin(2 * np.pi * u), 0.0)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    path, along = path * size / along[-1], along * size / along[-1]
    at = pitch * (np.arange(count) + 0.5)
    spots = np.stack([np.interp(at, along, path[:, i]) for i in range(3)], 1)
    ahead = np.stack(
        [np.interp(at + 0.05, along, path[:, i]) - np.interp(at - 0.05, along, path[:, i]) for i in range(3)],
        1,
    )
    parts = []
    for i, (spot, tangent) in enumerate(zip(spots, ahead, strict=True)):
        x = tangent / np.linalg.norm(tangent)
        side = np.cross((0, 0, 1), x) if abs(x[2]) < 0.9 else np.cross((1, 0, 0), x)
        side /= np.linalg.norm(side)
        frame = np.stack([x, side, np.cross(x, side)], 1) @ p.rotation((1, 0, 0), 0.8 + np.pi / 2 * (i % 2))
        parts.append(link.rotated(frame).shifted(*spot).with_slot(i % 2 if kind == 3 else 0))
    if kind == 0 and rng.random() < 0.6:
        reach = size / 2 + 0.16
        parts.append(
            p.torus(0.2, 1.2 * wire, 32, 10)
            .shifted(reach, 0, 0)
            .rotated(p.rotation((1, 0, 0), 0.8))
            .with_slot(1)
        )
    return joined(rng, parts, 0.0).grounded()


def _hook(rng: Rng, size: float, tip: float) -> list[Mesh]:
    """Crane hook that hangs from the origin, its bend 2 · size wide."""
    knots = np.array(
        [
            (0, 0.2),
            (0, -0.5),
            (0.25, -1.1),
            (0.85, -1.8),
            (0.45, -2.75),
            (-0.45, -2.85),
            (-1.05, -2.1),
            (-1.0, -1.7 + tip),
        ]
    )
    path = p.spline(p.broadcast(knots[:, 0], 0.0, knots[:, 1]) * size, 44)
    thick = size * np.interp(np.linspace(0, 1, 44), [0, 0.25, 0.6, 0.85, 1], [0.26, 0.28, 0.42, 0.26, 0.1])
    parts = [
        p.tube(path, thick, 14, flat=rng.uniform(0.7, 1.1)),
        turned([(0.5 * size, -0.1 * size), (0.5 * size, 0.25 * size)], 1),
    ]
    if rng.random() < 0.4:  # safety latch
        parts.append(
            p.rod((0.1 * size, 0, -0.9 * size), (-0.95 * size, 0, -1.75 * size), 0.09 * size, 8).with_slot(2)
        )
    return parts


def _sheaves(r: float, gap: float, count: int) -> list[Mesh]:
    """Grooved wheels on an axle along Y round the origin."""
    w = 0.42 * gap
    groove = [(r, -w), (r, -0.7 * w), (0.82 * r, -0.3 * w), (0.82 * r, 0.3 * w), (r, 0.7 * w), (r, w)]
    sheave = turned(groove, 1, 36).rotated(p.ALONG_Y)
    parts = [sheave.shifted(0, gap * (i - (count - 1) / 2), 0) for i in range(count)]
    half = gap * count / 2 + 0.1
    return [*parts, p.rod((0, -half, 0), (0, half, 0), 0.2 * r, 14).with_slot(2)]


def hook(rng: Rng) -> Mesh:
    """Hook under a block of pulleys, an eye or a chain; or coat hooks on a plate."""
    size, kind = rng.uniform(0.2, 0.3), rng.random()
    if kind < 0.25:  # on a plate against a wall
        plate = p.facing(
            [p.regular_polygon(int(rng.choice([4, 8, 30])), 0.3, np.pi / 4) * [rng.uniform(0.4, 1), 1.2]],
            0.05,
        )
        parts, count = [plate], int(rng.integers(1, 4))
        for y in np.linspace(-0.15, 0.15, count) if count > 1 else [0]:
            out = rng.uniform(0.25, 0.45)
            bend = p.spline([(0, y, -0.1), (0.5 * out, y, -0.3), (out, y, -0.15), (1.05 * out, y, 0.1)], 18)
            parts += [
                p.tube(bend, np.linspace(0.05, 0.035, 18), 10),
                p.sphere(0.06, 6).shifted(1.05 * out, y, 0.12),
            ]
            if rng.random() < 0.6:
                upper = p.spline([(0, y, 0.1), (0.6 * out, y, 0.15), (out, y, 0.45)], 14)
                parts += [p.tube(upper, 0.04, 10), p.sphere(0.06, 6).shifted(out, y, 0.46)]
        return joined(rng, parts).grounded()
    parts = _hook(rng, size, rng.uniform(0, 0.6))
    if kind < 0.55:
        eye = p.torus(0.55 * size, 0.2 * size, 30, 12).rotated(p.ALONG_X if rng.random() < 0.5 else p.ALONG_Y)
        parts.append(eye.shifted(0, 0, 0.75 * size).with_slot(1))
        if rng.random() < 0.5:
            for i in range(int(rng.integers(2, 5))):
                link = (
                    _link(0.9 * size, 0.28 * size, 0.09 * size, False)
                    .rotated(p.rotation((0, 1, 0), np.pi / 2))
                    .rotated(turn(np.pi / 2 * i))
                )
                parts.append(link.shifted(0, 0, size * (1.45 + 0.7 * i)).with_slot(2))
    else:
        r, gap, sheaves = size * rng.uniform(1.2, 1.7), 0.12, int(rng.integers(1, 4))
        high = r + 0.35 * size
        parts += [m.shifted(0, 0, high) for m in _sheaves(r, gap, sheaves)]
        y = gap * sheaves / 2
        cheek = np.concatenate(
            [[(-0.5 * size, -high - 0.02), (0.5 * size, -high - 0.02)], p.regular_polygon(40, 0.85 * r)[:21]]
        )
        parts += p.pair(p.upright([cheek], 0.04).shifted(0, y + 0.035, high).with_slot(3))
        parts.append(block((-0.5 * size, -y - 0.03, 0.05 * size), (0.5 * size, y + 0.03, 0.3 * size), 3))
        for i in range(sheaves):
            v = gap * (i - (sheaves - 1) / 2)
            parts += [
                p.rod(
                    (s * 0.88 * r, v, high), (s * 0.88 * r, v, high + rng.uniform(1.3, 1.4) * r), 0.022, 8
                ).with_slot(4)
                for s in (-1, 1)
            ]
    return joined(rng, parts).grounded()


def cable_drum(rng: Rng) -> Mesh:
    """Cable drum or reel with round end boards, wound or bare, on end or rolling."""
    r, half, core = rng.uniform(0.4, 0.65), rng.uniform(0.15, 0.5), rng.uniform(0.3, 0.55)
    thick, wound = rng.uniform(0.05, 0.1), rng.uniform(0.5, 0.92) * r
    board = turned([(r, 0), (r, thick)], 0, int(rng.choice([12, 40, 40])))
    cuts = [p.cylinder(0.12 * r, 1)]
    if rng.random() < 0.4:
        cuts += p.around(p.cylinder(0.13 * r, 1, segments=20).shifted(0.6 * r, 0, 0), int(rng.integers(3, 7)))
    elif rng.random() < 0.6:  # boards
        cuts += [
            block((-2, y - 0.01, thick - 0.02), (2, y + 0.01, 1)) for y in np.linspace(-0.75, 0.75, 6) * r
        ]
    board = difference(board, cuts)
    parts = [board.shifted(0, 0, half), board.scaled((1, 1, -1)).shifted(0, 0, -half)]
    axle = ring(core * r, 0.13 * r, 2 * half + thick, 28)
    parts.append(axle.with_slot(1))
    if rng.random() < 0.75:
        turns = int(np.clip(2 * half / rng.uniform(0.05, 0.09), 3, 16))
        z = np.linspace(-half, half, 4 * turns + 1)
        bulge = wound - 0.6 * half / turns * (1 - np.abs(np.sin(np.pi * turns * (z + half) / (2 * half))))
        coil = np.stack([bulge, z * (1 + 0.01 / half)], 1)
        inner = 0.9 * core * r
        parts.append(
            p.lathe([(inner, -half - 0.01), *coil, (inner, half + 0.01)], 30, closed=True).with_slot(2)
        )
        if rng.random() < 0.7:  # an end of it hangs out
            loose = p.spline(
                [
                    (wound * 0.98, -0.3, 0.1 * half),
                    (wound, 0.0, 0),
                    (0.95 * wound, 0.5, 0.0),
                    (1.1 * wound, 0.9, 0),
                ],
                20,
            )
            parts.append(p.tube(loose, 0.8 * half / turns, 8).with_slot(2))
    bolt = p.cylinder(0.03, 2 * half + 2.5 * thick, segments=6).shifted(0.3 * r, 0, 0).with_slot(3)
    parts += p.around(bolt, 4) if rng.random() < 0.5 else []
    return lying(rng, joined(rng, parts))
