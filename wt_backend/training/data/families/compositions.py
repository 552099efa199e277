"""Primitives alone, grown together anyhow, assembled by symmetry; outlines extruded, swept and turned."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined


def primitive(rng: np.random.Generator) -> Mesh:
    """One closed primitive of about unit size."""
    s = rng.uniform(0.35, 1.0, 3)
    match rng.integers(9):
        case 0:
            return p.box(s)
        case 1:
            return p.rounded_box(s, rng.uniform(0.04, 0.3) * s.min())
        case 2:
            return p.sphere(0.5).scaled(s if rng.random() < 0.5 else float(s[0]))
        case 3:
            return p.cylinder(0.5 * s[0], s[1], rng.choice([0.5 * s[0], 0.5 * s[2], 0.0]))
        case 4:
            return p.capsule(0.3 * s[0], 0.7 * s[1])
        case 5:
            return p.torus(0.4 * s[0] + 0.12, rng.uniform(0.06, 0.13))
        case 6:
            return p.superquadric(0.5 * s, rng.uniform(0.25, 2.0), rng.uniform(0.25, 2.0))
        case 7:
            sides = int(rng.integers(3, 9))
            return p.extrude(
                [p.regular_polygon(sides, 0.5 * s[0])], s[1], taper=rng.choice([1.0, rng.uniform(0.3, 1)])
            )
        case _:
            return p.lathe(_solid_profile(rng), 28)


def _solid_profile(rng: np.random.Generator) -> np.ndarray:
    knots = rng.uniform(0.08, 0.45, int(rng.integers(3, 7)))
    radius = p.spline(knots[:, None], 18)[:, 0].clip(0.04)
    z = np.linspace(-0.5, 0.5, 18)
    return np.concatenate([[[0, -0.5]], np.stack([radius, z], axis=1), [[0, 0.5]]])


def single_primitive(rng: np.random.Generator) -> Mesh:
    """One primitive."""
    return primitive(rng)


def composition(rng: np.random.Generator) -> Mesh:
    """Two to seven primitives grown onto each other, united into one solid."""
    parts = [primitive(rng)]
    for slot in range(1, int(rng.integers(2, 8))):
        part = primitive(rng).scaled(rng.uniform(0.35, 0.95))
        if rng.random() < 0.6:
            part = part.rotated(p.rotation(rng.normal(size=3), rng.uniform(0, 3)))
        host = parts[rng.integers(len(parts))]
        anchor = host.vertices[rng.integers(len(host.vertices))]
        parts.append(
            part.shifted(*(anchor - part.vertices.mean(0) * 0 + rng.normal(0, 0.05, 3))).with_slot(slot)
        )
    return joined(rng, parts)


def symmetric_assembly(rng: np.random.Generator) -> Mesh:
    """A designed thing: primitives along axes, stacked or in a row, mirrored in the XZ plane."""
    core = _standing(rng, rng.uniform(0.4, 1.2, 3) * [1, 0.8, 1])
    parts, host = [core], core
    for slot in range(1, int(rng.integers(1, 5))):  # on top of, in front of or under the last one
        size = np.ptp(host.bounds, axis=0) * rng.uniform(0.3, 1.1, 3)
        part, (low, high) = _standing(rng, size), host.bounds
        if rng.random() < 0.65:
            part = part.shifted(
                rng.choice([0.0, rng.uniform(-0.3, 0.3) * (high - low)[0]]), 0, high[2] - 0.04
            )
        else:
            part = part.shifted(
                rng.choice([high[0], low[0]]), 0, low[2] + rng.uniform(0, 0.5) * (high - low)[2]
            )
        parts.append(part.with_slot(slot))
        host = part if rng.random() < 0.7 else core
    middle = list(parts)
    for slot in range(5, 5 + int(rng.integers(0, 4))):  # at both sides: arms, wings, feet, lamps
        beside = middle[rng.integers(len(middle))]
        low, high = beside.bounds
        size = (high - low) * rng.uniform(0.15, 0.7, 3)
        part = _standing(rng, np.maximum(size, 0.06), mirrored=False)
        if rng.random() < 0.3:
            part = part.rotated(p.rotation((1, 0, 0), rng.uniform(-1.0, 1.0)))
        flank = beside.vertices[beside.vertices[:, 1] > 0.6 * beside.vertices[:, 1].max()]
        place = flank[rng.integers(len(flank))] - [0, 0, rng.uniform(0, 1) * size[2]]
        part = part.shifted(*place).with_slot(slot)
        parts += p.pair(part)
    if rng.random() < 0.35:
        parts += _ring(rng, core)
    if rng.random() < 0.4:
        parts += _feet(rng, core)
    return joined(rng, parts)


def _standing(rng: np.random.Generator, size: np.ndarray, mirrored: bool = True) -> Mesh:
    """A primitive with full sides `size`, upright or lying along an axis, its foot at z = 0."""
    upright = primitive(rng)
    part = upright.rotated(p.rotation((1, 1, 1), rng.integers(3) * 2 * np.pi / 3))  # swaps the axes
    y = part.vertices[:, 1] - part.bounds.mean(0)[1]
    if mirrored and not np.allclose(np.sort(y), np.sort(-y), atol=1e-6):
        part = upright  # every primitive's own mirror plane is XZ
    low, high = part.bounds
    part = part.shifted(*(-(low + high) / 2)).scaled(size / (high - low))
    if rng.random() < 0.3:  # narrowed, or widened, upwards
        z = part.vertices[:, 2:] / size[2] + 0.5
        part = part.moved(part.vertices * (1 - rng.uniform(-0.5, 0.8) * z * [1, 1, 0]))
    return part.shifted(0, 0, size[2] / 2)


def _ring(rng: np.random.Generator, core: Mesh) -> list[Mesh]:
    """Three to five equal rounded parts against the core, one of them in the mirror plane."""
    count, (low, high) = int(rng.integers(3, 6)), core.bounds
    size = np.maximum((high - low) * rng.uniform(0.2, 0.6, 3), 0.1)
    part = p.superquadric(size / 2, rng.uniform(0.4, 1.2), rng.uniform(0.4, 1.2), 10)
    centre, away = (low + high) / 2, 0.5 * (high - low)[:2].max() * rng.uniform(0.7, 1.0)
    place = centre * [1, 1, 0] + [0, 0, rng.uniform(low[2], high[2])]
    parts = []
    for angle in np.arange(count) * 2 * np.pi / count:
        parts.append(
            part.shifted(away, 0, 0).rotated(p.rotation((0, 0, 1), angle)).shifted(*place).with_slot(9)
        )
    return parts


def _feet(rng: np.random.Generator, core: Mesh) -> list[Mesh]:
    """A plinth, or four feet or wheels, under the core."""
    (low, high), tall = core.bounds, rng.uniform(0.05, 0.4)
    size, kind = high - low, rng.integers(3)
    if kind == 0:
        plate = p.rounded_box((size[0] * 1.15, size[1] * 1.15, tall * 0.5), 0.02)
        return [plate.shifted(*((low + high) / 2)[:2], 0.02 - 0.25 * tall).with_slot(10)]
    width = rng.uniform(0.05, 0.12)
    foot = p.cylinder(width * rng.uniform(0.5, 1.0), tall + 0.3 * size[2], width, 14)
    foot = foot.shifted(0, 0, 0.15 * size[2] - tall / 2)
    if kind == 2:
        foot = p.cylinder(tall, 2 * width).rotated(p.rotation((1, 0, 0), np.pi / 2))
    corner = 0.5 * size[:2] * rng.uniform(0.5, 0.9, 2)
    middle = (low + high)[:2] / 2
    return [
        foot.shifted(middle[0] + i * corner[0], middle[1] + j * corner[1], 0).with_slot(10)
        for i in (-1, 1)
        for j in (-1, 1)
    ]


def sculpted(rng: np.random.Generator) -> Mesh:
    """One to four extruded outlines, swept tubes or turned bodies with cut-outs, one upon another."""
    parts: list[Mesh] = []
    for slot in range(int(rng.choice([1, 1, 2, 3, 4]))):
        part = (_extrusion, _sweep, _turning)[rng.integers(3)](rng).with_slot(slot)
        if rng.random() < 0.5:
            part = part.rotated(p.rotation(np.eye(3)[rng.integers(3)], np.pi / 2))
        if parts:
            anchors = parts[rng.integers(len(parts))].vertices
            part = part.scaled(rng.uniform(0.4, 0.9)).shifted(*anchors[rng.integers(len(anchors))])
        parts.append(part)
    return joined(rng, parts)


def _outline(rng: np.random.Generator) -> np.ndarray:
    """A star-shaped outline (N, 2): smooth or with corners, often its own mirror image."""
    count = int(rng.integers(4, 10))
    angle = (np.arange(count) + 0.5 + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    radius = rng.uniform(0.22, 0.6, count)
    if rng.random() < 0.6:  # the second half mirrors the first
        half = (count + 1) // 2
        angle = np.pi * (np.arange(half) + 0.5 + rng.uniform(-0.3, 0.3, half)) / half
        angle = np.concatenate([angle, 2 * np.pi - angle[::-1]])
        radius = np.concatenate([radius[:half], radius[:half][::-1]])
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1) * rng.uniform(0.6, 1.1, 2)
    return p.spline(points, 8 * len(points), closed=True) if rng.random() < 0.6 else points


def _extrusion(rng: np.random.Generator) -> Mesh:
    outline, loops = _outline(rng), []
    if rng.random() < 0.45:
        loops.append(outline * rng.uniform(0.35, 0.8))  # a frame
    elif rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 4))):
            loops.append(p.regular_polygon(int(rng.choice([3, 4, 6, 20])), rng.uniform(0.05, 0.12)))
            loops[-1] = loops[-1] + rng.uniform(-0.16, 0.16, 2)
    height, twist = rng.choice([rng.uniform(0.06, 0.2), rng.uniform(0.3, 1.2)]), 0.0
    if rng.random() < 0.3:
        twist = rng.uniform(-1.5, 1.5)
    return p.extrude([outline, *loops], height, twist, rng.choice([1.0, rng.uniform(0.4, 1.1)]), 12)


def _sweep(rng: np.random.Generator) -> Mesh:
    knots = np.cumsum(rng.normal([0.3, 0, 0], [0.08, 0.15, 0.3], (int(rng.integers(3, 6)), 3)), axis=0)
    if rng.random() < 0.4:  # a hook or an arch
        knots[-1] += [-0.35, 0.0, 0.25]
    knots[:, rng.integers(1, 3)] *= rng.choice([0.0, 1.0])
    closed = len(knots) > 3 and rng.random() < 0.3
    if closed:  # round the middle, so that it does not cross itself
        angle = np.arange(len(knots)) * 2 * np.pi / len(knots)
        away = rng.uniform(0.3, 0.55, len(knots))
        knots = np.stack([away * np.cos(angle), 0.4 * knots[:, 1], away * np.sin(angle)], 1)
    path = p.spline(knots - knots.mean(0), 30, closed)
    radius = p.spline(rng.uniform(0.05, 0.16, 4)[:, None], 30, closed)[:, 0].clip(0.04)
    sides = int(rng.choice([4, 6, 16]))
    tube = p.tube(path, radius, sides, closed, rng.choice([1.0, rng.uniform(0.4, 1.8)]))
    return tube.with_crease(SMOOTH) if sides == 16 else tube


def _turning(rng: np.random.Generator) -> Mesh:
    """A turned body, hollow or not, with slots, windows or a slice cut out."""
    body = p.lathe(_solid_profile(rng), 36)
    cutters = []
    if rng.random() < 0.4:
        cutters.append(p.cylinder(rng.uniform(0.05, 0.15), 2.0, segments=24))
    kind = rng.integers(4)
    if kind == 0:
        cutters.append(p.box((1, 1, 2)).shifted(*(rng.choice([0.5, rng.uniform(0.5, 0.7)], 2)), 0))
    elif kind == 1:
        window = p.box((rng.uniform(0.08, 0.2), 2, rng.uniform(0.1, 0.5))).shifted(
            0, 0, rng.uniform(-0.2, 0.2)
        )
        turns = range(int(rng.integers(1, 4)))
        cutters += [window.rotated(p.rotation((0, 0, 1), i * np.pi / len(turns))) for i in turns]
    elif kind == 2:
        normal = rng.normal(size=3)
        slab = p.box((3, 3, 1)).shifted(0, 0, 0.5 + rng.uniform(0.1, 0.35))
        cutters.append(slab.rotated(p.towards(normal)))
    return difference(body, [c.with_slot(1) for c in cutters]) if cutters else body
