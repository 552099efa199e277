"""Vehicles, buildings, letters, pipes, frames and other made things."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _wheel(rng: Rng, radius: float, width: float) -> Mesh:
    tyre = p.cylinder(radius, width, segments=26)
    hub = p.cylinder(radius * rng.uniform(0.4, 0.7), width * 1.15, segments=18).with_slot(3)
    return union([tyre.with_slot(2), hub]).rotated(p.rotation((1, 0, 0), np.pi / 2))


def car(rng: Rng) -> Mesh:
    """Car, van, truck or tractor facing +X: a side outline extruded, narrowed at the roof, on wheels."""
    length, width, height = 2.0, rng.uniform(0.7, 1.0), rng.uniform(0.5, 0.9)
    sill, bonnet = 0.15, rng.uniform(0.35, 0.6) * height
    front, rear = rng.uniform(0.15, 0.6), rng.uniform(-0.9, -0.3)
    outline = np.array(
        [
            (-1, sill), (1, sill), (1, bonnet * 0.9), (front + rng.uniform(0.1, 0.3), bonnet),
            (front - rng.uniform(0.0, 0.3), height), (rear, height),
            (max(-1, rear - rng.uniform(0, 0.35)), bonnet), (-1, bonnet),
        ]
    )  # fmt: skip
    if rng.random() < 0.6:
        outline = p.spline(outline, 48, closed=True)
    body = p.extrude([outline], width).rotated(p.rotation((1, 0, 0), np.pi / 2))
    v = body.vertices.copy()
    v[:, 1] *= 1 - rng.uniform(0.1, 0.35) * np.clip((v[:, 2] - bonnet) / (height - bonnet), 0, 1)
    parts = [body.moved(v)]
    radius = rng.uniform(0.17, 0.27)
    axles = [-0.62, 0.62] if rng.random() < 0.8 else [-0.7, -0.2, 0.65]
    for x in axles:
        for s in (-1, 1):
            parts.append(_wheel(rng, radius, 0.16).shifted(x, s * (width / 2 - 0.03), radius))
    if rng.random() < 0.5:
        glass = block(
            (rear + 0.08, -width * 0.46, bonnet + 0.05), (front - 0.05, width * 0.46, height - 0.07), 1
        )
        w = glass.vertices.copy()
        w[:, 1] *= 1.02
        parts.append(glass.moved(w))
    if rng.random() < 0.3:
        parts.append(
            block((-1, -width / 2, bonnet * 0.9), (rear, width / 2, height * rng.uniform(1, 1.3)), 1, 0.03)
        )
    parts += [p.sphere(0.07, 6).shifted(0.98, s * width * 0.35, bonnet * 0.75).with_slot(3) for s in (-1, 1)]
    return joined(rng, parts).shifted(-length / 2 + 1, 0, 0)


def plane(rng: Rng) -> Mesh:
    """Aeroplane or rocket facing +X."""
    r = rng.uniform(0.09, 0.18)
    x = np.linspace(-1, 1, 20)
    shape = np.minimum(1, (1.02 - x) * rng.uniform(2, 5)) ** 0.6 * np.minimum(
        1, (x + 1.3) * rng.uniform(0.8, 2)
    )
    hull = p.tube(np.stack([x, 0 * x, 0.04 * x**2], 1), np.maximum(r * shape, 0.02), 20)
    wing = np.array(
        [(0.25, 0), (0.05 - rng.uniform(0, 0.3), 1), (-0.15 - rng.uniform(0, 0.3), 1), (-0.25, 0)]
    )
    span = rng.uniform(0.7, 1.2)
    both = np.concatenate([wing * [1, span], (wing * [1, -span])[-2:0:-1]])
    z = rng.uniform(-0.08, 0.1)
    parts = [hull, p.extrude([both], 0.045).shifted(0.1, 0, z).with_slot(1)]
    parts.append(p.extrude([both * 0.4], 0.03).shifted(-0.88, 0, 0.06).with_slot(1))
    fin = p.extrude([np.array([(0.2, 0), (-0.05, 0.35), (-0.2, 0.35), (-0.15, 0)])], 0.04)
    parts.append(fin.rotated(p.rotation((1, 0, 0), np.pi / 2)).shifted(-0.8, 0, 0.06).with_slot(1))
    if rng.random() < 0.6:
        for s in (-1, 1):
            pod = p.capsule(0.07, 0.22).rotated(p.rotation((0, 1, 0), np.pi / 2))
            parts.append(pod.shifted(0.12, s * 0.4 * span, z - 0.05).with_slot(2))
    return joined(rng, parts)


def boat(rng: Rng) -> Mesh:
    """Open hull with benches, perhaps a mast and sail."""
    beam, depth = rng.uniform(0.25, 0.45), rng.uniform(0.2, 0.35)
    x = np.linspace(-1, 1, 30)
    half = beam * np.sqrt(np.clip(1 - x**2 * np.where(x > 0, 1.0, rng.uniform(0.3, 1)), 0.0, 1)) + 0.01
    outline = np.concatenate([np.stack([x, half], 1), np.stack([x, -half], 1)[::-1]])
    hull = p.extrude([outline], depth, taper=1.45, steps=4)
    hollow = p.extrude([outline * [0.9, 0.86]], depth, taper=1.45, steps=4).shifted(0, 0, 0.05).with_slot(1)
    parts = [difference(hull, [hollow])]
    for u in rng.uniform(-0.6, 0.6, 2):
        parts.append(block((u - 0.07, -beam, depth * 0.1), (u + 0.07, beam, depth * 0.1 + 0.03), 1))
    if rng.random() < 0.5:
        parts.append(p.cylinder(0.025, 1.4).shifted(0.1, 0, 0.6).with_slot(1))
        sail = p.extrude([np.array([(0.08, 0.05), (-0.75, 0.1), (0.08, 1.0)])], 0.02)
        parts.append(sail.rotated(p.rotation((1, 0, 0), np.pi / 2)).shifted(0.05, 0, 0.2).with_slot(2))
    return joined(rng, parts)


def house(rng: Rng) -> Mesh:
    """House, barn, church or tower: volumes with roofs, windows cut in, chimney."""
    parts, cutters = [], []
    for i in range(int(rng.integers(1, 4))):
        w, d, h = rng.uniform(0.4, 1.0), rng.uniform(0.4, 0.9), rng.uniform(0.4, 1.3) * (0.8 if i else 1)
        x, y = (rng.normal(0, 0.45, 2)) if i else (0.0, 0.0)
        parts.append(block((x - w / 2, y - d / 2, 0), (x + w / 2, y + d / 2, h)))
        roof, over = rng.uniform(0.15, 0.6), rng.uniform(0, 0.08)
        kind = rng.integers(4)
        if kind == 0:
            gable = p.extrude([np.array([(-w / 2 - over, 0), (w / 2 + over, 0), (0, roof)])], d + 2 * over)
            parts.append(gable.rotated(p.rotation((1, 0, 0), np.pi / 2)).shifted(x, y, h - 0.01).with_slot(1))
        elif kind == 1:
            hip = p.extrude(
                [np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])], roof, taper=rng.uniform(0, 0.5) + 0.01
            )
            parts.append(
                hip.moved(hip.vertices * [w / 2 + over, d / 2 + over, 1])
                .shifted(x, y, h + roof / 2 - 0.01)
                .with_slot(1)
            )
        elif kind == 2:
            parts.append(
                block(
                    (x - w / 2 - over, y - d / 2 - over, h - 0.02),
                    (x + w / 2 + over, y + d / 2 + over, h + 0.05),
                    1,
                )
            )
        for z in np.arange(0.15, h - 0.2, rng.uniform(0.28, 0.4)):
            for u in np.arange(-w / 2 + 0.12, w / 2 - 0.15, rng.uniform(0.22, 0.35)):
                cutters.append(
                    block((x + u, y - d / 2 - 0.03, z), (x + u + 0.1, y - d / 2 + 0.05, z + 0.14), 2)
                )
            for u in np.arange(-d / 2 + 0.12, d / 2 - 0.15, rng.uniform(0.22, 0.35)):
                cutters.append(
                    block((x + w / 2 - 0.05, y + u, z), (x + w / 2 + 0.03, y + u + 0.1, z + 0.14), 2)
                )
    if rng.random() < 0.4:
        top = max(m.bounds[1][2] for m in parts)
        parts.append(block((0.1, 0.05, 0.2), (0.2, 0.15, top + 0.08)))
    if rng.random() < 0.25:
        tower = p.cylinder(0.2, 1.8).shifted(-0.45, 0.1, 0.9)
        parts += [tower, p.cylinder(0.25, 0.45, 0.0).shifted(-0.45, 0.1, 2.0).with_slot(1)]
    return difference(union(parts), cutters[:40]) if cutters else union(parts)


def _letter(rng: Rng) -> list[np.ndarray]:
    """Outline of a letter-like sign of strokes on a 3×5 grid or with round holes."""
    square = lambda x, y, w, h: np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])  # noqa: E731
    kind = rng.integers(5)
    if kind == 0:  # O, D, 0
        return [
            p.regular_polygon(28) * [0.5, 0.7],
            p.regular_polygon(28) * [0.5, 0.7] * rng.uniform(0.4, 0.7),
        ]
    if kind == 1:  # star
        corners = p.regular_polygon(2 * int(rng.integers(4, 9)), 0.7, np.pi / 2)
        corners[1::2] *= rng.uniform(0.35, 0.7)
        return [corners]
    if kind == 2:  # heart, drop and other smooth closed curves
        return [p.spline(p.regular_polygon(7) * rng.uniform(0.3, 0.8, (7, 1)), 60, closed=True)]
    if kind == 3:  # frame with a bar
        return [square(-0.5, -0.7, 1, 1.4), square(-0.3, -0.5, 0.6, 0.45), square(-0.3, 0.1, 0.6, 0.4)]
    outline: list[np.ndarray] = [square(-0.5, -0.7, 0.25, 1.4)]
    for y in rng.choice([-0.7, -0.1, 0.45], size=int(rng.integers(1, 4)), replace=False):
        outline.append(square(-0.25, y, rng.uniform(0.4, 0.75), 0.25))
    if rng.random() < 0.4:
        outline.append(square(0.5, -0.7, 0.25, rng.uniform(0.5, 1.4)))
    return outline


def letter(rng: Rng) -> Mesh:
    """One to four letter-like extrusions beside each other, standing or lying."""
    parts = []
    for i in range(int(rng.integers(1, 5))):
        parts.append(p.extrude(_letter(rng), rng.uniform(0.1, 0.6)).shifted(1.35 * i, 0, 0).with_slot(i % 3))
    mesh = union(parts)
    return mesh.rotated(p.rotation((1, 0, 0), np.pi / 2)) if rng.random() < 0.75 else mesh


def pipe(rng: Rng) -> Mesh:
    """Tube along a wandering or coiled path: hose, spring, knot, pretzel, root."""
    kind = rng.integers(4)
    if kind == 0:
        path = p.spline(np.cumsum(rng.normal(0, 0.45, (int(rng.integers(3, 7)), 3)), axis=0), 60)
        radius = rng.uniform(0.05, 0.13) * (1 - rng.uniform(0, 0.7) * np.linspace(0, 1, 60))
        return p.tube(path, radius, 14)
    if kind == 1:
        turns, u = rng.uniform(2, 5), np.linspace(0, 1, 90)
        r = 0.4 * (1 - rng.uniform(0, 0.8) * u)
        a = 2 * np.pi * turns * u
        path = np.stack([r * np.cos(a), r * np.sin(a), u * rng.uniform(0.6, 1.4)], 1)
        return p.tube(path, rng.uniform(0.035, 0.06), 10)
    u = np.arange(110) * (2 * np.pi / 110)
    if kind == 2:
        p_turns, q_turns = [(2, 3), (3, 2), (2, 5)][rng.integers(3)]
        r = 0.5 + 0.22 * np.cos(q_turns * u)
        path = np.stack([r * np.cos(p_turns * u), r * np.sin(p_turns * u), 0.25 * np.sin(q_turns * u)], 1)
        return p.tube(path, rng.uniform(0.06, 0.1), 12, closed=True)
    knots = p.regular_polygon(int(rng.integers(4, 8)), 0.5) * rng.uniform(0.6, 1.3)
    ring = np.concatenate([knots, rng.normal(0, 0.12, (len(knots), 1))], axis=1)
    return p.tube(
        p.spline(ring, 90, closed=True), rng.uniform(0.04, 0.14), 14, closed=True, flat=rng.uniform(0.5, 1.5)
    )


def device(rng: Rng) -> Mesh:
    """Camera, radio, phone, telly: a rounded body with knobs, screen, lens, antenna, handle."""
    w, d, h = rng.uniform(0.5, 1.2), rng.uniform(0.08, 0.5), rng.uniform(0.4, 1.0)
    parts = [p.rounded_box((d, w, h), rng.uniform(0.02, 0.2) * d).shifted(0, 0, h / 2)]
    cutters = []
    if rng.random() < 0.6:
        cutters.append(
            block(
                (d / 2 - 0.02, -w * 0.38, h * rng.uniform(0.2, 0.5)),
                (d, w * rng.uniform(0.1, 0.4), h * 0.9),
                1,
            )
        )
    for _ in range(rng.integers(1, 6)):
        knob = p.cylinder(rng.uniform(0.03, 0.12), rng.uniform(0.06, 0.2)).rotated(
            p.rotation((0, 1, 0), np.pi / 2)
        )
        parts.append(
            knob.shifted(d / 2, rng.uniform(-0.4, 0.4) * w, rng.uniform(0.15, 0.85) * h).with_slot(2)
        )
    if rng.random() < 0.4:
        lens = p.cylinder(min(w, h) * 0.25, d * rng.uniform(0.3, 1.2), segments=36).rotated(
            p.rotation((0, 1, 0), np.pi / 2)
        )
        parts.append(lens.shifted(d * 0.7, rng.uniform(-0.1, 0.1) * w, h * 0.5).with_slot(2))
    if rng.random() < 0.3:
        arch = p.spline(
            np.array(
                [
                    (0, -0.35 * w, h * 0.97),
                    (0, -0.3 * w, h + 0.15),
                    (0, 0.3 * w, h + 0.15),
                    (0, 0.35 * w, h * 0.97),
                ]
            ),
            24,
        )
        parts.append(p.tube(arch, 0.03, 10).with_slot(2))
    body = union(parts)
    return difference(body, cutters) if cutters else body


def frame(rng: Rng) -> Mesh:
    """Plate or block with holes: brackets, grids, picture frames, wheels, cheese."""
    size = rng.uniform(0.5, 1.0, 3) * [1, 1, rng.choice([0.12, 0.3, 1.0])]
    body = p.rounded_box(size, 0.1 * size.min()) if rng.random() < 0.5 else p.box(size)
    if rng.random() < 0.3:
        body = p.cylinder(0.5, size[2], segments=44)
    cutters = []
    for _ in range(rng.integers(1, 7)):
        hole = (
            p.cylinder(rng.uniform(0.04, 0.16), 3)
            if rng.random() < 0.6
            else p.box((*rng.uniform(0.08, 0.3, 2), 3))
        )
        if rng.random() < 0.3:
            hole = hole.rotated(p.rotation((1, 0, 0) if rng.random() < 0.5 else (0, 1, 0), np.pi / 2))
        cutters.append(hole.shifted(*(rng.uniform(-0.36, 0.36, 3) * size)).with_slot(int(rng.random() < 0.3)))
    return difference(body, cutters)


def figure(rng: Rng) -> Mesh:
    """Toy, chess piece or totem: primitives stacked on one axis with side parts in mirror pairs."""
    z, parts = 0.0, []
    for slot in range(int(rng.integers(2, 6))):
        r, h = rng.uniform(0.15, 0.45), rng.uniform(0.1, 0.5)
        kind = rng.integers(5)
        if kind == 0:
            part = p.cylinder(r, h, r * rng.uniform(0.4, 1.2))
        elif kind == 1:
            part, h = p.sphere(r).scaled((1, 1, h / r / 1.6)), h * 1.25
        elif kind == 2:
            part = p.rounded_box((2 * r, 2 * r * rng.uniform(0.6, 1), h), 0.15 * h)
        elif kind == 3:
            part = p.torus(r, min(h, r) * 0.4)
            h *= 0.7
        else:
            part = p.superquadric((r, r, h / 2), rng.uniform(0.3, 1.4), rng.uniform(0.3, 1.4))
        parts.append(part.shifted(0, 0, z + h / 2).with_slot(slot % 4))
        if rng.random() < 0.4:
            limb = p.capsule(rng.uniform(0.04, 0.09), rng.uniform(0.1, 0.5))
            limb = limb.rotated(p.rotation((1, 0, 0), rng.uniform(0.3, 2.5)))
            for s in (-1, 1):
                side = limb if s > 0 else limb.scaled((1, -1, 1))
                parts.append(side.shifted(0, s * (r + 0.05), z + h / 2).with_slot(3))
        z += h * 0.93
    return joined(rng, parts)
