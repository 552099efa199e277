"""Tables, chairs, shelves, sofas, beds, lamps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def block(
    low: tuple[float, float, float], high: tuple[float, float, float], slot: int = 0, radius: float = 0.0
) -> Mesh:
    """Box between two corners, with rounded edges where a radius is given."""
    a, b = np.asarray(low, float), np.asarray(high, float)
    mesh = p.rounded_box(b - a, radius) if radius > 0 else p.box(b - a)
    return mesh.shifted(*((a + b) / 2)).with_slot(slot)


def legs(rng: Rng, x: float, y: float, height: float, slot: int) -> list[Mesh]:
    """Four legs at (±x, ±y) from the ground up to `height`: square, round, tapered or splayed."""
    thick = rng.uniform(0.02, 0.05)
    kind, splay = rng.integers(3), rng.choice([0.0, rng.uniform(0.0, 0.15)])
    result = []
    for i in (-1, 1):
        for j in (-1, 1):
            top = np.array([i * x, j * y, height])
            foot = np.array([i * (x + splay), j * (y + splay), 0.0])
            if kind == 0:
                leg = p.box((2 * thick, 2 * thick, height))
                shift = (foot - top)[:2] * (0.5 - (leg.vertices[:, 2:] / height + 0.5))  # shear, level feet
                leg = leg.moved(leg.vertices + np.pad(shift, ((0, 0), (0, 1)))).shifted(*((top + foot) / 2))
            else:
                lower = thick * (1.0 if kind == 1 else 0.5)
                leg = p.cylinder(lower, height, thick, 14)
                shift = (foot - top)[:2] * (0.5 - (leg.vertices[:, 2:] / height + 0.5))
                leg = leg.moved(leg.vertices + np.pad(shift, ((0, 0), (0, 1)))).shifted(*((top + foot) / 2))
            result.append(leg.with_slot(slot))
    return result


def table(rng: Rng) -> Mesh:
    """Table with legs or a pedestal, rectangular or round, perhaps with a lower board."""
    w, d, h, t = rng.uniform(0.7, 1.8), rng.uniform(0.5, 1.0), rng.uniform(0.35, 0.9), rng.uniform(0.03, 0.09)
    round_top = rng.random() < 0.35
    if round_top:
        w = d = rng.uniform(0.7, 1.2)
        parts = [p.cylinder(d / 2, t, d / 2 * rng.uniform(0.95, 1.05), 44).shifted(0, 0, h - t / 2)]
    else:
        parts = [block((-w / 2, -d / 2, h - t), (w / 2, d / 2, h), radius=rng.choice([0, 0.3 * t]))]
    if rng.random() < 0.25:
        stem = rng.uniform(0.03, 0.1)
        parts.append(
            p.cylinder(stem, h - t / 2, stem * rng.uniform(0.6, 1.2))
            .shifted(0, 0, (h - t / 2) / 2)
            .with_slot(1)
        )
        parts.append(p.cylinder(d * 0.32, 0.05, d * 0.2).shifted(0, 0, 0.025).with_slot(1))
        return joined(rng, parts)
    inset = rng.uniform(0.03, 0.15)
    scale = 0.68 if round_top else 1.0
    x, y = scale * (w / 2) - inset, scale * (d / 2) - inset
    parts += legs(rng, x, y, h - t / 2, 1)
    if rng.random() < 0.3:
        z = rng.uniform(0.15, 0.5) * h
        parts.append(block((-x, -y, z), (x, y, z + 0.03), 1))
    if rng.random() < 0.4:
        parts.append(block((-x, -y, h - t - 0.1), (x, y, h - t / 2), 1))
    return joined(rng, parts)


def chair(rng: Rng) -> Mesh:
    """Chair or stool facing +X: seat, legs, back of slats, board or bars, sometimes arms."""
    w, d, h, t = (
        rng.uniform(0.4, 0.6),
        rng.uniform(0.38, 0.55),
        rng.uniform(0.38, 0.55),
        rng.uniform(0.03, 0.1),
    )
    if rng.random() < 0.25:
        seat = p.cylinder(w / 2, t, segments=36).shifted(0, 0, h - t / 2)
        x = y = 0.3 * w
    else:
        seat = block((-d / 2, -w / 2, h - t), (d / 2, w / 2, h), radius=rng.choice([0, 0.4 * t]))
        x, y = d / 2 - 0.05, w / 2 - 0.05
    parts = [seat, *legs(rng, x, y, h - t / 2, 1)]
    if rng.random() < 0.25:
        z = h * rng.uniform(0.25, 0.5)
        parts += [block((-x, s * y - 0.015, z), (x, s * y + 0.015, z + 0.03), 1) for s in (-1, 1)]
    if rng.random() < 0.2:
        return joined(rng, parts)
    back, lean = rng.uniform(0.3, 0.65), rng.uniform(0, 0.25)
    post = 0.022
    uprights = []
    kind = rng.integers(3)
    left = -x
    if kind == 0:
        uprights.append(block((left - 0.02, -w / 2, h - t / 2), (left + 0.025, w / 2, h + back), 2, 0.015))
    else:
        for s in (-1, 1):
            uprights.append(
                block((left - post, s * y - post, h - t / 2), (left + post, s * y + post, h + back), 1)
            )
        uprights.append(block((left - post, -y, h + back - 0.1), (left + post * 0.8, y, h + back - 0.02), 1))
        count = int(rng.integers(2, 6))
        for u in np.linspace(0, 1, count + 2)[1:-1]:
            if kind == 1:
                c = -y + 2 * y * u
                uprights.append(
                    block((left - 0.01, c - 0.02, h - t / 2), (left + 0.01, c + 0.02, h + back - 0.05), 1)
                )
            else:
                c = h + back * u
                uprights.append(block((left - 0.01, -y, c - 0.025), (left + 0.01, y, c + 0.025), 1))
    for part in uprights:  # the back leans: shear above the seat
        v = part.vertices.copy()
        v[:, 0] -= lean * np.maximum(v[:, 2] - h, 0)
        parts.append(part.moved(v))
    if rng.random() < 0.25:
        z = h + 0.2
        for s in (-1, 1):
            parts.append(block((-x - 0.05, s * y - 0.03, z), (x * 0.8, s * y + 0.03, z + 0.04), 1))
            parts.append(block((x * 0.6, s * y - 0.02, h - t / 2), (x * 0.75, s * y + 0.02, z + 0.02), 1))
    return joined(rng, parts)


def sofa(rng: Rng) -> Mesh:
    """Sofa or armchair facing +X with cushions."""
    w, d, h = rng.uniform(0.8, 2.2), rng.uniform(0.7, 0.95), rng.uniform(0.35, 0.45)
    arm, back, r = rng.uniform(0.1, 0.22), rng.uniform(0.35, 0.55), rng.uniform(0.03, 0.08)
    foot = rng.uniform(0.0, 0.15)
    parts = [block((-d / 2, -w / 2, foot), (d / 2, w / 2, h * 0.7), 0, r)]
    parts.append(block((-d / 2, -w / 2, foot + 0.02), (-d / 2 + arm * 1.2, w / 2, h + back), 0, r))
    for s in (-1, 1):
        y = s * (w / 2 - arm / 2)
        parts.append(
            block(
                (-d / 2 + 0.02, y - arm / 2, foot + 0.01),
                (d / 2 - 0.02, y + arm / 2, h + back * rng.uniform(0.35, 0.6)),
                0,
                r,
            )
        )
    seats = max(1, round((w - 2 * arm) / rng.uniform(0.5, 0.8)))
    edges = np.linspace(-w / 2 + arm, w / 2 - arm, seats + 1)
    for a, b in pairwise(edges):
        parts.append(block((-d / 2 + arm, a + 0.004, h * 0.6), (d / 2 + 0.02, b - 0.004, h + 0.06), 1, 0.06))
        if rng.random() < 0.8:
            parts.append(
                block(
                    (-d / 2 + arm * 0.9, a + 0.01, h),
                    (-d / 2 + arm + 0.2, b - 0.01, h + back * 0.85),
                    1,
                    0.07,
                )
            )
    if foot > 0.03:
        parts += [
            block((x - 0.03, y - 0.03, 0), (x + 0.03, y + 0.03, foot + 0.05), 2)
            for x in (-d / 2 + 0.08, d / 2 - 0.08)
            for y in (-w / 2 + 0.08, w / 2 - 0.08)
        ]
    return joined(rng, parts)


def shelf(rng: Rng) -> Mesh:
    """Shelf, cupboard or chest of drawers facing +X, perhaps with books."""
    w, d, h, t = rng.uniform(0.5, 1.4), rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.8), rng.uniform(0.02, 0.05)
    rows = int(rng.integers(1, 6))
    levels = np.linspace(t / 2, h - t / 2, rows + 1)
    parts = [block((-d / 2, y - t / 2, 0), (d / 2, y + t / 2, h)) for y in (-w / 2, w / 2)]
    parts += [block((-d / 2, -w / 2, z - t / 2), (d / 2 - 0.003, w / 2, z + t / 2)) for z in levels]
    if rng.random() < 0.7:
        parts.append(block((-d / 2, -w / 2, t / 4), (-d / 2 + 0.02, w / 2, h - t / 4)))
    drawers = rng.random() < 0.35
    for a, b in pairwise(levels):
        if drawers:
            parts.append(
                block(
                    (-d / 2 + 0.01, -w / 2 + t / 2 + 0.004, a + t / 2 + 0.004),
                    (d / 2 + 0.012, w / 2 - t / 2 - 0.004, b - t / 2 - 0.004),
                    1,
                )
            )
            parts.append(p.sphere(0.025, 6).shifted(d / 2 + 0.025, 0, (a + b) / 2).with_slot(2))
        elif rng.random() < 0.5:
            y = -w / 2 + t
            while y < w / 2 - t - 0.08 and rng.random() < 0.9:
                thick, tall = rng.uniform(0.03, 0.08), (b - a - t) * rng.uniform(0.5, 0.9)
                parts.append(
                    block(
                        (-d / 2 + 0.03, y, a),
                        (d / 2 - rng.uniform(0.03, 0.1), y + thick, a + t / 2 + tall),
                        int(rng.integers(1, 4)),
                    )
                )
                y += thick + rng.uniform(0.002, 0.03)
    return joined(rng, parts)


def bed(rng: Rng) -> Mesh:
    """Bed facing +X with mattress, cushions and a headboard."""
    length, w, h = rng.uniform(1.8, 2.1), rng.uniform(0.8, 1.8), rng.uniform(0.25, 0.45)
    parts = [block((-length / 2, -w / 2, h * 0.4), (length / 2, w / 2, h * 0.75), 0)]
    parts += legs(rng, length / 2 - 0.06, w / 2 - 0.06, h * 0.6, 0)
    parts.append(
        block(
            (-length / 2 + 0.03, -w / 2 + 0.03, h * 0.7), (length / 2 - 0.03, w / 2 - 0.03, h + 0.12), 1, 0.06
        )
    )
    parts.append(
        block((-length / 2 - 0.05, -w / 2, 0), (-length / 2, w / 2, h + rng.uniform(0.2, 0.7)), 0, 0.02)
    )
    for y in np.linspace(-w / 2, w / 2, 3 if w > 1.2 else 2)[:-1]:
        span = w / (2 if w > 1.2 else 1)
        parts.append(
            block(
                (-length / 2 + 0.05, y + 0.08, h + 0.08),
                (-length / 2 + 0.45, y + span - 0.08, h + 0.24),
                2,
                0.075,
            )
        )
    return joined(rng, parts)


def lamp(rng: Rng) -> Mesh:
    """Table or floor lamp: foot, stem, open shade."""
    h, r = rng.uniform(0.5, 1.5), rng.uniform(0.15, 0.35)
    shade_h, top = rng.uniform(0.2, 0.4), r * rng.uniform(0.3, 1.0)
    wall = 0.02
    profile = [(r, 0), (top, shade_h), (top - wall, shade_h), (r - wall, 0)]
    shade = p.lathe(profile, 36, closed=True).shifted(0, 0, h - shade_h * 0.6).with_slot(1)
    if rng.random() < 0.5:
        stem = p.cylinder(rng.uniform(0.012, 0.03), h).shifted(0, 0, h / 2)
    else:
        knots = rng.uniform(0.03, 0.14, 6)
        radius = p.spline(knots[:, None], 22)[:, 0].clip(0.02)
        z = np.linspace(0.01, h * 0.75, 22)
        body = p.lathe(np.concatenate([[[0, 0.01]], np.stack([radius, z], 1), [[0, h * 0.75]]]), 28)
        stem = union([body, p.cylinder(0.015, h * 0.5).shifted(0, 0, h * 0.75)])
    foot = p.cylinder(rng.uniform(0.1, 0.2), 0.04, 0.08).shifted(0, 0, 0.02)
    bars = [block((-top + wall / 2, -0.008, h - 0.02), (top - wall / 2, 0.008, h - 0.004))]
    return union([stem, foot, shade, *bars])


def basket(rng: Rng) -> Mesh:
    """Open box: crate, drawer, bin, frame or tray."""
    size = rng.uniform(0.3, 1.0, 3)
    wall = rng.uniform(0.03, 0.08)
    outer = p.rounded_box(size, rng.uniform(0.02, 0.3) * size.min()) if rng.random() < 0.5 else p.box(size)
    through = rng.random() < 0.25
    depth = size[2] * 3 if through else size[2]
    inner = (
        p.box((size[0] - 2 * wall, size[1] - 2 * wall, depth))
        .shifted(0, 0, 0 if through else wall * rng.uniform(1, 2))
        .with_slot(int(rng.random() < 0.4))
    )
    cutters = [inner]
    if rng.random() < 0.3:
        cutters += [p.box((0.3 * size[0], 3 * size[1], 0.15 * size[2])).shifted(0, 0, 0.25 * size[2])]
    return difference(outer, cutters)
