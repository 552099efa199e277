"""Jewels: rings, crowns and tiaras, necklaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import FLAT, SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator


def bead(radius: float, segments: int = 12) -> Mesh:
    """Ball of few faces, its poles along Z, for things that take many."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 8)
    profile = radius * np.stack([np.cos(angle), np.sin(angle)], 1)
    profile[[0, -1], 0] = 0
    return p.lathe(profile, segments).with_crease(SMOOTH)


def _gem(rng: Rng, r: float) -> Mesh:
    """Cut stone: brilliant, step cut, or a smooth dome; its girdle at z = 0."""
    kind = rng.integers(4)
    if kind == 3:
        return p.sphere(r, 6).scaled((1, rng.uniform(1, 1.4), 0.7))
    sides, top = int(rng.choice([4, 8, 10])), rng.uniform(0.45, 0.7)
    profile = [(0, -0.75 * r), (r, -0.03 * r), (r, 0.03 * r), (top * r, 0.35 * r), (0, 0.35 * r)]
    stone = p.lathe(profile, sides).with_crease(FLAT).rotated(p.rotation((0, 0, 1), np.pi / sides))
    return stone.scaled((1, rng.choice([1, rng.uniform(1, 1.5)]), 1))


def ring(rng: Rng) -> Mesh:
    """Finger ring: plain or twisted band, one stone in claws, a row of stones, or a signet."""
    r, thick, wide = 0.42, rng.uniform(0.04, 0.08), rng.uniform(0.05, 0.16)
    u = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    bow = p.broadcast(0.0, r * np.sin(u), r * np.cos(u))  # in the YZ plane, its top at +Z
    kind = rng.integers(5)
    broad = rng.uniform(0, 1.2) * (kind != 0)  # wider towards its top
    if rng.random() < 0.2:
        turn = int(rng.integers(8, 16)) * u
        twist = np.stack(
            [0.6 * thick * np.cos(turn), *(bow * (1 + thick * np.sin(turn) / r)[:, None])[:, 1:].T], 1
        )
        other = np.stack(
            [-0.6 * thick * np.cos(turn), *(bow * (1 - thick * np.sin(turn) / r)[:, None])[:, 1:].T], 1
        )
        parts = [p.tube(w, 0.7 * thick, 8, closed=True) for w in (twist, other)]
    else:
        angle = p.regular_polygon(16, 1.0)
        square = rng.choice([1.0, 0.5])
        section = np.sign(angle) * np.abs(angle) ** square * [thick, wide] + [r, 0]
        band = (
            p.lathe(section, 64, closed=True).with_crease(SMOOTH if square == 1 else 0.8).rotated(p.ALONG_X)
        )
        v = band.vertices.copy()
        up = np.clip(v[:, 2] / r, 0, 1) ** 3
        v[:, 0] *= 1 + broad * up
        parts = [band.moved(v)]
    top, size = r + 0.5 * thick, rng.uniform(0.12, 0.24)
    if kind in (1, 2):  # one stone
        stone = _gem(rng, size).shifted(0, 0, top + 0.75 * size + 0.02)
        parts.append(stone.with_slot(1))
        cup = rng.uniform(0.018, 0.03)
        claw = p.tube(
            p.spline(
                [
                    (0.03, 0, top - 0.03),
                    (0.7 * size, 0, top + 0.35 * size),
                    (0.95 * size, 0, top + 0.95 * size),
                ],
                8,
            ),
            cup,
            8,
        )
        parts += p.around(claw, int(rng.choice([4, 6])), 0.39)
        if rng.random() < 0.5:
            parts.append(p.torus(0.7 * size, cup, 24, 8).shifted(0, 0, top + 0.35 * size))
    elif kind == 3:
        count, small = int(rng.integers(3, 8)), rng.uniform(0.06, 0.11)
        stone = _gem(rng, 1.0)
        for i in range(count):
            turn = p.rotation((1, 0, 0), (i - (count - 1) / 2) * 2.1 * small / r)
            big = small * (1.5 if 2 * i == count - 1 else 1.0)
            set_ = union(
                [
                    stone.scaled(big).with_slot(1),
                    p.cylinder(0.8 * big, big, 0.9 * big, 12).shifted(0, 0, -0.4 * big),
                ]
            )
            parts.append(set_.shifted(0, 0, top + 0.3 * big).rotated(turn))
    elif kind == 4:
        face = p.superquadric((size * 0.9, size * rng.uniform(0.8, 1.2), 0.06), 0.2, rng.uniform(0.3, 1), 10)
        parts.append(face.shifted(0, 0, top + 0.02))
        parts.append(
            p.superquadric((size * 0.6, size * 0.65, 0.05), 0.4, 1, 6).shifted(0, 0, top + 0.06).with_slot(1)
        )
    mesh = joined(rng, parts)
    if rng.random() < 0.45:
        return mesh.rotated(p.rotation((0, 1, 0), rng.choice([np.pi / 2, rng.uniform(1.2, 1.6)]))).grounded()
    return mesh.grounded()


def crown(rng: Rng) -> Mesh:
    """Crown with points, arches or lilies, with jewels, a cap or a fur band; or a tiara or a laurel band."""
    r, low, flare = rng.uniform(0.4, 0.5), rng.uniform(0.1, 0.2), rng.uniform(-0.05, 0.25)
    high, count, sharp = rng.uniform(0.12, 0.5), int(rng.integers(5, 13)), rng.uniform(0.6, 2.2)
    tiara, wall, kind = rng.random() < 0.3, rng.uniform(0.03, 0.05), rng.integers(3)
    z = np.linspace(0, 1, 6)
    wallside = p.broadcast(r, z)
    band = p.lathe(np.concatenate([wallside, wallside[::-1] - [wall, 0]]), 16 * count, closed=True)
    v = band.vertices.copy()
    turn = np.arctan2(v[:, 1], v[:, 0])

    def rim(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """Height of the edge: points, waves or battlements, in a tiara less and less towards its ends."""
        wave = 0.5 + 0.5 * np.cos(count * angle)
        shape = [wave**sharp, np.abs(1 - (count * angle / np.pi) % 2), np.clip(3 * wave - 1, 0, 1)][kind]
        front = np.clip(np.cos(angle * 0.62), 0, 1) ** 2 if tiara else 1.0
        return low * (0.5 + 0.5 * front) + high * shape * front

    v[:, 2] *= rim(turn)
    band = band.moved(v)
    parts, peaks = [band], 2 * np.pi * np.arange(count) / count
    peaks = (peaks + np.pi) % (2 * np.pi) - np.pi
    top, dot = rim(peaks), rng.uniform(0.03, 0.05)
    tips = rng.random() < 0.65
    for a, h in zip(peaks, top, strict=True):
        c, s = np.cos(a), np.sin(a)
        if tips and not (tiara and abs(a) > 1.6):
            parts.append(
                bead(dot).shifted(c * (r - wall / 2), s * (r - wall / 2), h + 0.5 * dot).with_slot(1)
            )
    jewels = int(rng.choice([0, count, 2 * count]))
    for a in np.linspace(-np.pi, np.pi, jewels, endpoint=False):
        jewel = bead(0.035, 8).scaled((0.8, 1, 1.25)).shifted(r, 0, 0.5 * low)
        parts.append(jewel.rotated(p.rotation((0, 0, 1), a)).with_slot(2))
    mesh = union(parts)
    v = mesh.vertices.copy()
    v[:, :2] *= 1 + flare * np.clip(v[:, 2:], 0, 1) / (low + high)
    mesh = mesh.moved(v * [1, rng.uniform(0.85, 1.0), 1])
    if tiara:
        return difference(mesh, [block((-2, -2, -1), (rng.uniform(-0.15, 0.1), 2, 2))]).grounded()
    more = []
    if rng.random() < 0.4:
        fur = p.torus(r, rng.uniform(0.05, 0.09), 48, 12).shifted(0, 0, 0.02).with_slot(3)
        more.append(fur)
    if rng.random() < 0.45:
        cap = p.sphere(r - wall / 2, 10).scaled((0.97, 0.9, rng.uniform(0.8, 1.2))).shifted(0, 0, 0.05)
        more.append(
            difference(
                cap,
                [block((-2, -2, -2), (2, 2, 0.02)), p.sphere(r - 2.5 * wall, 10).scaled((0.95, 0.88, 0.8))],
            ).with_slot(4)
        )
    if rng.random() < 0.4:
        peak = low + high + rng.uniform(0.15, 0.4)
        arch = p.spline(
            [
                (0.96 * r, 0, 0.6 * low),
                (1.02 * r, 0, low + 0.6 * high),
                (0.5 * r, 0, peak),
                (0, 0, peak - 0.05),
            ],
            16,
        )
        more += p.around(p.tube(arch, 0.03, 8, flat=1.5), int(rng.choice([4, 6, 8])))
        more += [bead(0.07, 16).shifted(0, 0, peak + 0.02).with_slot(1)]
        more += [
            block((-0.018, -0.06, peak + 0.13), (0.018, 0.06, peak + 0.165)),
            block((-0.017, -0.02, peak + 0.05), (0.017, 0.02, peak + 0.23)),
        ]
    return joined(rng, [mesh, *more]).grounded()


def necklace(rng: Rng) -> Mesh:
    """String of beads or pearls, or a chain of links, lying in a loop or hanging, often with a pendant."""
    n = int(rng.integers(22, 44))
    u = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    a, point, hang = rng.uniform(0.35, 0.5), rng.uniform(0.0, 0.5), rng.random() < 0.5
    x = 0.5 * (1 + point * np.clip(np.cos(u), 0, 1) ** 2) * np.cos(u) + (
        0 if hang else 0.06 * np.sin(3 * u + rng.uniform(0, 6))
    )
    y = a * np.sin(u) * (1 - 0.5 * point * np.clip(np.cos(u), 0, 1))
    loop = p.broadcast(x, y, 0.0)
    far = np.cumsum(np.linalg.norm(np.diff(loop, axis=0, append=loop[:1]), axis=1))
    at = np.searchsorted(far, (np.arange(n) + 0.5) / n * far[-1] - 1e-9)
    gap, step = far[-1] / n, np.roll(loop, -1, 0) - np.roll(loop, 1, 0)
    chain, fancy = rng.random() < 0.4, rng.random() < 0.4
    parts = []
    grow = rng.choice([0, rng.uniform(0.2, 0.5)])
    for k, i in enumerate(at):
        way = p.rotation((0, 0, 1), np.arctan2(step[i, 1], step[i, 0]))
        if chain:
            link = p.torus(1.0, 0.26, 16, 7).scaled((0.72 * gap, 0.46 * gap, 0.5 * gap))
            piece = link.rotated(p.rotation((1, 0, 0), np.pi / 4 + (k % 2) * np.pi / 2))
        else:
            size = 0.47 * gap * (1 - grow * (0.5 - 0.5 * np.cos(u[i]))) * (0.6 if fancy and k % 2 else 1.0)
            piece = bead(size).rotated(p.ALONG_X)
        parts.append(piece.rotated(way).shifted(*loop[i]).with_slot(1 if fancy and k % 2 else 0))
    if not chain:
        parts.append(p.tube(loop[::4], 0.1 * gap + 0.004, 6, closed=True).with_slot(2))
    if rng.random() < 0.65:
        parts += _pendant(rng, float(loop[0, 0]), gap)
    mesh = joined(rng, parts)
    return mesh.rotated(p.rotation((0, 1, 0), rng.uniform(0.8, 1.5))).grounded() if hang else mesh.grounded()


def _pendant(rng: Rng, x: float, gap: float) -> list[Mesh]:
    """Heart, cross, disc or drop lying beyond (x, 0, 0) along +X, on a small ring."""
    size, kind, t = rng.uniform(0.1, 0.2), rng.integers(4), np.linspace(0, 2 * np.pi, 40, endpoint=False)
    hoop = p.torus(0.05, 0.016, 18, 8).rotated(p.ALONG_Y).shifted(x + 0.5 * gap + 0.02, 0, 0)
    start = x + 0.5 * gap + 0.05
    if kind == 0:
        heart = np.stack(
            [-(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)), 16 * np.sin(t) ** 3],
            1,
        )
        thing = p.extrude([heart * size / 16], 0.35 * size).shifted(start + 0.45 * size, 0, 0)
    elif kind == 1:
        thing = union(
            [
                block((0, -0.22 * size, -0.03), (2.4 * size, 0.22 * size, 0.03)),
                block((0.5 * size, -0.8 * size, -0.029), (0.95 * size, 0.8 * size, 0.029)),
            ]
        ).shifted(start - 0.01, 0, 0)
    elif kind == 2:
        thing = union([p.cylinder(size, 0.05, segments=36), p.torus(size, 0.03, 36, 8)]).shifted(
            start + size, 0, 0
        )
    else:
        thing = p.superquadric((1.3 * size, size * 0.75, 0.5 * size), 0.9, 1.2, 10).shifted(
            start + 1.2 * size, 0, 0
        )
    return [hoop.with_slot(3), thing.with_slot(4)]
