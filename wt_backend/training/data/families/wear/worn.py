"""Things put on the body: glasses, watches."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.wear.haberdashery import strap
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _lens_outline(rng: Rng, y: float, z: float) -> NDArray[np.float64]:
    """(36, 2) outline of an eyeglass of half sizes y, z: round, square, cat's eye or a drop."""
    u = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    square = rng.choice([1.0, rng.uniform(0.4, 0.9)])
    c, s = np.cos(u), np.sin(u)
    points = np.stack([y * np.sign(c) * np.abs(c) ** square, z * np.sign(s) * np.abs(s) ** square], 1)
    wing, drop = rng.choice([0.0, rng.uniform(0.1, 0.4)]), rng.choice([0.0, rng.uniform(0.1, 0.35)])
    points[:, 1] += wing * points[:, 0] * (points[:, 1] > 0)
    points[:, 0] *= 1 - drop * np.clip(-points[:, 1] / z, 0, 1)
    return points


def _pane(outline: NDArray[np.float64], thick: float) -> Mesh:
    """Flat glass within an outline (N, 2) of (y, z), in rings, so that it may be bent."""
    count, h = len(outline), thick / 2
    disc = p.lathe([(0, -h), (0.35, -h), (0.7, -h), (1, -h), (1, h), (0.7, h), (0.35, h), (0, h)], count)
    x, y, z = disc.vertices.T
    corner = np.rint(np.arctan2(y, x) / (2 * np.pi) * count).astype(int) % count
    flat = np.concatenate([z[:, None], outline[corner] * np.hypot(x, y)[:, None]], 1)
    return Mesh.build(flat, disc.faces)


def glasses(rng: Rng) -> Mesh:
    """Spectacles or sunglasses, thick or wire, temples open or folded; or goggles with a strap."""
    if rng.random() < 0.25:
        return _goggles(rng)
    y, z, gap = rng.uniform(0.2, 0.27), rng.uniform(0.12, 0.24), rng.uniform(0.05, 0.1)
    outline, wire = _lens_outline(rng, y, z), rng.uniform(0.014, 0.04)
    middle, deep = y + gap, rng.uniform(1.0, 1.8) * wire
    half: list[Mesh] = []
    if rng.random() < 0.5:  # plates
        outer = outline * (1 + 2.2 * wire / np.array([y, z]))
        half.append(p.facing([outer, outline * 0.97], deep))
    else:
        path = p.broadcast(0.0, *outline.T)
        half.append(p.tube(path, wire, 8, closed=True))
    if rng.random() < 0.8:
        half.append(_pane(outline * 1.02, 0.4 * wire + 0.006).with_slot(1))
    half = [m.shifted(0, middle, 0) for m in half]
    side, high = middle + y, rng.uniform(0.1, 0.6) * z
    half.append(block((-0.05, side - 0.03, high - 0.03), (deep / 2, side + 0.04, high + 0.03), 0, 0.01))
    wrap = p.rotation((0, 0, 1), rng.uniform(0, 0.2))
    half = [m.rotated(wrap) for m in half]
    hinge = wrap @ [-0.03, side + 0.015, high]
    long, drop = rng.uniform(0.8, 1.05), rng.uniform(0.08, 0.2)
    hook = [(0, 0, 0), (-0.5 * long, 0, 0.0), (-0.8 * long, 0, -0.02), (-long, 0, -drop)]
    temple = p.tube(
        p.spline(hook, 18), np.linspace(wire, wire * rng.uniform(0.8, 1.5), 18), 8, flat=rng.uniform(1, 1.7)
    )
    arms, folded = [], rng.random() < 0.3
    for s in (-1, 1):
        swing = s * rng.uniform(1.45, 1.6) if folded else -s * rng.uniform(-0.05, 0.12)
        arm = temple.rotated(p.rotation((0, 0, 1), swing))
        behind = 0.05 * folded * (s + 1)
        arms.append(arm.shifted(hinge[0] - behind, s * hinge[1], high).with_slot(2))
    bow = [(0, -gap - 0.02, 0.1 * z), (0.02, 0, rng.uniform(0.15, 0.5) * z), (0, gap + 0.02, 0.1 * z)]
    parts = [
        *half,
        *[m.scaled((1, -1, 1)) for m in half],
        p.tube(p.spline(bow, 12), max(wire, 0.022), 8),
        *arms,
    ]
    if rng.random() < 0.4:
        parts.append(p.tube(p.spline(np.array(bow) + [0, 0, 0.35 * z], 12), wire, 8))
    mesh = joined(rng, parts)
    return mesh.rotated(p.rotation((1, 0, 0), np.pi)).grounded() if rng.random() < 0.2 else mesh.grounded()


def _goggles(rng: Rng) -> Mesh:
    """A wide frame bent round the face, one pane or two round ones, and a strap behind."""
    y, z, deep = rng.uniform(0.4, 0.5), rng.uniform(0.17, 0.28), rng.uniform(0.12, 0.25)
    if rng.random() < 0.5:
        pane = _lens_outline(rng, y, z)
        parts = [
            p.facing([pane * 1.1, pane * 0.86], deep),
            _pane(pane * 0.95, 0.03).shifted(0.35 * deep, 0, 0).with_slot(1),
        ]
    else:
        r = min(z * 0.95, 0.22)
        rim = p.lathe([(0.85 * r, 0), (1.15 * r, 0), (r, deep), (0.85 * r, deep)], 36, closed=True).rotated(
            p.ALONG_X
        )
        glass = p.cylinder(0.9 * r, 0.03).rotated(p.ALONG_X).shifted(0.85 * deep, 0, 0).with_slot(1)
        parts = [m.shifted(-deep / 2, s * 0.24, 0) for m in (rim, glass) for s in (-1, 1)]
        parts.append(p.rod((0, -0.1, 0), (0, 0.1, 0), 0.035))
        y = 0.24 + r
    mesh = union(parts)
    v, wrap = mesh.vertices.copy(), rng.uniform(0.3, 0.9)
    v[:, 0] -= wrap * v[:, 1] ** 2
    back, u = rng.uniform(0.7, 1.0), np.linspace(-1, 1, 30)
    way = np.stack([-wrap * y * y - back * np.cos(u * np.pi / 2) ** 0.7, y * np.sin(u * np.pi / 2) * 1.02], 1)
    wide = rng.uniform(0.1, 0.2)
    band = strap(way, 0.03, wide).shifted(0, 0, -wide / 2).with_slot(2)
    return joined(rng, [mesh.moved(v), band]).grounded()


def wristwatch(rng: Rng) -> Mesh:
    """Watch, round or square, on a strap or links, closed, on its side or laid out; on a chain."""
    r, tall, kind = rng.uniform(0.2, 0.3), rng.uniform(0.07, 0.13), rng.integers(4)
    square = kind == 3
    outline = p.regular_polygon(int(rng.choice([8, 40, 40])), r)
    if square:
        u = p.regular_polygon(40, 1.0)
        outline = np.sign(u) * np.abs(u) ** 0.35 * r * np.array([rng.uniform(0.9, 1.2), 1])
    case, inset = p.extrude([outline], tall), rng.uniform(0.02, 0.05)
    well = p.extrude([outline * rng.uniform(0.78, 0.9)], 2 * inset).shifted(0, 0, tall / 2).with_slot(1)
    parts = [difference(case, [well])]
    face = tall / 2 - inset
    if not square or rng.random() < 0.4:
        for turn, long in ((rng.uniform(0, 6.3), 0.65), (rng.uniform(0, 6.3), 0.45)):
            pointer = block((-0.04, -0.012, face - 0.01), (long * r, 0.012, face + 0.015), 2)
            parts.append(pointer.rotated(p.rotation((0, 0, 1), turn)))
        mark = block((0.62 * r, -0.01, face - 0.01), (0.75 * r, 0.01, face + 0.01), 2)
        parts += p.around(mark, int(rng.choice([4, 12])), 0.001)
    parts.append(p.rod((0, 0.9 * r, 0), (0, r + rng.uniform(0.04, 0.08), 0), rng.uniform(0.025, 0.04), 14))
    if rng.random() < 0.15:
        chain = [
            p.torus(0.05, 0.014, 14, 6)
            .rotated(p.rotation((0, 1, 0), (i % 2) * 1.57))
            .shifted(0, 1.3 * r + 0.07 * i, 0)
            for i in range(9)
        ]
        return joined(rng, [*parts, *[m.with_slot(3) for m in chain]]).grounded()
    wide, thick = r * rng.uniform(0.6, 0.8), rng.uniform(0.03, 0.05)
    link = rng.random() < 0.45
    if rng.random() < 0.65:  # closed
        a, b = rng.uniform(0.38, 0.48), rng.uniform(0.3, 0.4)
        u = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        way = np.stack([a * np.sin(u), b * np.cos(u) - b], 1)
    else:
        reach = rng.uniform(0.7, 1.0)
        u = np.linspace(-1, 1, 41)
        way = np.stack([reach * u, -0.04 - 0.25 * rng.uniform(0, 1) * u**2], 1)
    ring = len(way) == 60
    if link:
        count = 24 if ring else 21
        at = np.linspace(0, len(way) - (0 if ring else 1), count, endpoint=not ring).astype(int)
        step = np.roll(way, -1, 0) - np.roll(way, 1, 0) if ring else np.gradient(way, axis=0)
        size = 1.12 * np.linalg.norm(np.diff(way[at], axis=0), axis=1).max()
        for i in at:
            piece = p.rounded_box((size, 2 * wide * (0.9 if i % 2 else 1), thick * 1.3), 0.012)
            tilt = p.rotation((0, 1, 0), -np.arctan2(step[i, 1], step[i, 0]))
            parts.append(piece.rotated(tilt).shifted(way[i, 0], 0, way[i, 1]).with_slot(3))
    else:
        band = strap(way, thick, 2 * wide, ring).rotated(p.ALONG_Y).shifted(0, wide, 0)
        parts.append(band.with_slot(3))
        if ring:
            parts.append(
                block((-0.06, -1.15 * wide, -2 * b - 0.03), (0.06, 1.15 * wide, -2 * b + 0.01), 0, 0.01)
            )
    mesh = joined(rng, parts)
    if ring and rng.random() < 0.6:
        mesh = (
            mesh.rotated(p.ALONG_Y)
            if rng.random() < 0.4
            else mesh.rotated(p.rotation((0, 1, 0), rng.uniform(0.6, 1.4)))
        )
    return mesh.grounded()
