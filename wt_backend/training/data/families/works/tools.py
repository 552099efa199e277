"""Tools and hardware: hammers, axes, screwdrivers, spanners, spades and brooms, keys, bolts, padlocks."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import blade, placed
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def _haft(rng: Rng, length: float) -> Mesh:
    """Handle along X from −length to a little beyond 0, swelling towards its end, straight or curved."""
    thick, u = rng.uniform(0.028, 0.055), np.linspace(0, 1, 20)
    swell = p.spline(np.array([[rng.uniform(0.9, 1.5)], [rng.uniform(0.9, 1.3)], [0.8], [0.9]]), 20)[:, 0]
    bow = rng.choice([0.0, rng.uniform(-0.08, 0.08)]) * np.sin(2 * np.pi * u)
    path = np.stack([-length + (length + 0.05) * u, bow, 0 * u], 1)
    return p.tube(path, thick * swell, 12, flat=rng.uniform(0.7, 1.4)).with_slot(1)


def hammer(rng: Rng) -> Mesh:
    """Claw, ball or sledge hammer, or a mallet: a haft with a head across it."""
    haft, size = _haft(rng, rng.uniform(0.6, 1.2)), rng.uniform(0.05, 0.11)
    reach, kind = rng.uniform(0.12, 0.3), rng.integers(4)
    parts = [haft, p.rounded_box((2.4 * size, 2.2 * size, 1.8 * size), 0.4 * size)]
    if kind == 3:  # mallet
        shape = rng.uniform(1.2, 2.0) * size
        body = p.cylinder(shape, 2 * reach + size, segments=26).rotated(p.ALONG_Y)
        if rng.random() < 0.5:
            body = p.rounded_box((2 * shape, 2 * reach + size, 1.6 * shape), 0.2 * size)
        return placed(rng, joined(rng, [haft, body]))
    neck = p.rod((0, 0, 0), (0, -reach, 0), size * 0.75, 16)
    parts += [neck, p.cylinder(size * rng.uniform(0.9, 1.4), 0.08).rotated(p.ALONG_Y).shifted(0, -reach, 0)]
    if kind == 0:  # claw
        for side in (-1, 1):
            knots = [(0, 0, side * 0.3), (-0.2, 0.9, side * 0.45), (-rng.uniform(0.7, 2.2), 2.4, side * 0.8)]
            path = p.spline(np.array(knots) * size, 12)
            parts.append(p.tube(path, size * np.linspace(0.7, 0.3, 12), 10))
    elif kind == 1:  # ball or peen
        parts.append(p.rod((0, 0, 0), (0, reach * 0.7, 0), size * 0.7, 14))
        parts.append(p.sphere(size * rng.uniform(0.8, 1.1), 6).shifted(0, reach * 0.7, 0))
    else:  # the same on both sides, or a wedge
        wedge = p.cylinder(size * 1.1, reach, size * rng.uniform(0.3, 1.3), 4).rotated(
            p.rotation((0, 0, 1), np.pi / 4)
        )
        parts.append(wedge.rotated(p.rotation((1, 0, 0), -np.pi / 2)).shifted(0, reach / 2, 0))
    return placed(rng, joined(rng, parts))


def axe(rng: Rng) -> Mesh:
    """Hatchet, felling axe, double axe or pickaxe."""
    haft, eye = _haft(rng, rng.uniform(0.6, 1.3)), rng.uniform(0.05, 0.09)
    parts = [haft, p.rounded_box((3 * eye, 2.6 * eye, 2.2 * eye), 0.3 * eye)]
    if rng.random() < 0.25:  # pickaxe
        span, drop = rng.uniform(0.35, 0.65), rng.uniform(0.05, 0.25)
        path = p.spline(np.array([(-drop, -span, 0), (0.02, 0, 0), (-drop, span, 0)]), 24)
        taper = eye * np.interp(np.abs(np.linspace(-1, 1, 24)), [0, 1], [0.9, 0.3])
        return placed(rng, joined(rng, [*parts, p.tube(path, taper, 10)]))
    reach, front, rear = rng.uniform(0.2, 0.4), rng.uniform(0.06, 0.2), rng.uniform(0.06, 0.35)
    arc, u = rng.uniform(0.0, 0.08), np.linspace(0, 1, 9)
    cut = np.stack([front - (front + rear) * u, -reach - arc * np.sin(np.pi * u)], 1)
    head = p.extrude([np.concatenate([[(1.2 * eye, 0.5 * eye)], cut, [(-1.2 * eye, 0.5 * eye)]])], 1.6 * eye)
    v = head.vertices.copy()
    v[:, 2] *= 1 - 0.85 * np.clip(-v[:, 1] / reach, 0, 1)  # towards the edge it is thin
    head = head.moved(v)
    parts += p.pair(head) if rng.random() < 0.25 else [head]
    return placed(rng, joined(rng, parts))


def screwdriver(rng: Rng) -> Mesh:
    """Screwdriver, chisel or awl: a turned handle, often fluted, with a thin shaft."""
    grip, wide, shaft = rng.uniform(0.25, 0.5), rng.uniform(0.06, 0.14), rng.uniform(0.2, 0.9)
    knots = wide * np.array([rng.uniform(0.5, 0.9), 1, rng.uniform(0.75, 1.1), rng.uniform(0.4, 0.9)])
    radius, z = p.spline(knots[:, None], 16)[:, 0], np.linspace(-grip, 0, 16)
    handle = p.lathe(np.concatenate([[[0, -grip]], np.stack([radius, z], 1), [[0, 0]]]), 48)
    flutes = int(rng.choice([0, 4, 6, 8]))
    if flutes:
        v = handle.vertices.copy()
        wave = 1 + rng.uniform(0.04, 0.12) * np.cos(flutes * np.arctan2(v[:, 1], v[:, 0]))
        handle = handle.moved(v * np.stack([wave, wave, np.ones_like(wave)], 1))
    thin = rng.uniform(0.018, 0.035)
    parts = [handle.with_slot(1), p.cylinder(thin, shaft + 0.1, segments=14).shifted(0, 0, shaft / 2 - 0.05)]
    if rng.random() < 0.7:
        half, tip = thin * rng.uniform(1.0, 3.0), rng.uniform(0.08, 0.3)
        flat = p.extrude([np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [half, thin]], tip, taper=0.9)
        v = flat.vertices.copy()
        v[:, 1] *= 1 - 0.6 * (v[:, 2] / tip + 0.5)
        parts.append(flat.moved(v).shifted(0, 0, shaft + tip / 2 - 0.02))
    else:
        parts.append(p.cylinder(thin, 3 * thin, 0.0, 14).shifted(0, 0, shaft + 1.5 * thin - 0.002))
    return placed(rng, joined(rng, parts).rotated(p.ALONG_X))


def _jaw(rng: Rng, size: float, thick: float) -> Mesh:
    """End of a spanner at the origin, open or a ring, its stem going to −X."""
    if rng.random() < 0.4:
        sides = int(rng.choice([6, 12]))
        return p.extrude([p.regular_polygon(30, size), p.regular_polygon(sides, 0.65 * size)], thick)
    head = p.cylinder(size, thick, segments=32).scaled((1, rng.uniform(0.95, 1.25), 1))
    tilt = p.rotation((0, 0, 1), rng.choice([0, 0.26, -0.26]))
    gap = rng.uniform(0.8, 1.1) * size
    return difference(head, [block((-0.25 * size, -gap / 2, -1), (3 * size, gap / 2, 1)).rotated(tilt)])


def spanner(rng: Rng) -> Mesh:
    """Spanner with open or ring ends, alike or not, or an adjustable one's thick jaw."""
    length, size, thick = rng.uniform(0.7, 1.3), rng.uniform(0.1, 0.2), rng.uniform(0.04, 0.08)
    other, slim = size * rng.uniform(0.6, 1.0), rng.uniform(0.035, 0.07)
    x = np.linspace(-length + 0.85 * other, -0.85 * size, 12)
    stem = blade(
        x, slim * p.spline(np.array([[1.3], [0.9], [0.9], [1.3]]), 12)[:, 0], 0 * x, 0.0, 0.8 * thick
    )
    parts = [stem.shifted(0, 0, 0.4 * thick), _jaw(rng, size, thick)]
    kind = rng.random()
    if kind < 0.6:
        parts.append(_jaw(rng, other, thick).rotated(p.rotation((0, 0, 1), np.pi)).shifted(-length, 0, 0))
    else:
        hole = [p.regular_polygon(16, 0.4 * slim)] if kind < 0.8 else []
        parts.append(
            p.extrude([p.regular_polygon(20, 1.3 * slim), *hole], thick).shifted(-length + other, 0, 0)
        )
    return placed(rng, joined(rng, parts))


def shovel(rng: Rng) -> Mesh:
    """Spade, shovel, rake, garden fork or broom."""
    length, thin, u = rng.uniform(0.5, 1.4), rng.uniform(0.02, 0.035), np.linspace(0, 1, 16)
    parts = [p.rod((-length, 0, 0), (0.06, 0, 0), thin, 14).with_slot(1)]
    grip = rng.integers(3)
    if grip == 1:  # T
        parts.append(p.rod((-length, -0.12, 0), (-length, 0.12, 0), 1.2 * thin, 12).with_slot(1))
    elif grip == 2:  # D
        knots = [(-length + 0.02, 0, 0), (-length - 0.12, -0.1, 0), (-length - 0.12, 0.1, 0)]
        parts.append(p.tube(p.spline(knots, 30, closed=True), thin, 10, closed=True).with_slot(1))
    wide, big, kind = rng.uniform(0.12, 0.26), rng.uniform(0.25, 0.55), rng.integers(4)
    if kind < 2:  # spade, shovel
        point, thick = rng.uniform(0.0, 0.9), rng.uniform(0.02, 0.035)
        half = wide * np.minimum(1, 0.75 + 2 * u) * (1 - point * np.clip(2 * u - 1, 0, 1) ** 2)
        bend, dish = rng.uniform(-0.15, 0.05) * u**2, rng.uniform(0, 0.09) * np.ones(16)
        parts.append(blade(big * u, half, bend - 0.5 * dish + 0.02, dish, thick))
    elif kind == 2:  # rake, fork
        down = rng.random() < 0.5
        tines, long = int(rng.integers(4, 10) if down else rng.integers(3, 6)), rng.uniform(0.15, 0.45)
        parts.append(p.rod((0.04, -wide, 0), (0.04, wide, 0), 0.026, 10))
        for y in np.linspace(-0.95, 0.95, tines) * wide:
            end = (0.1, y, -0.6 * long) if down else (0.04 + long, y, 0.1 * long)
            parts.append(p.rod((0.04, y, 0), end, (0.02, 0.012), 8))
    else:  # broom
        head = block((0, -wide * 1.3, -0.05), (rng.uniform(0.06, 0.12), wide * 1.3, 0.05), 0, 0.015)
        flare = rng.uniform(0.9, 1.7)
        hair = p.extrude(
            [np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [0.04, wide * 1.2]], big, taper=flare
        )
        parts += [head, hair.rotated(p.ALONG_X).shifted(big / 2 + 0.04, 0, 0).with_slot(2)]
    return placed(rng, joined(rng, parts))


def key(rng: Rng) -> Mesh:
    """Key: a bow of one or three rings or a plate with a hole, a shaft, a bit at its end."""
    length, size, thick = rng.uniform(0.4, 0.9), rng.uniform(0.14, 0.26), rng.uniform(0.03, 0.07)
    slim, old = rng.uniform(0.025, 0.055), rng.random() < 0.5
    parts = []
    if old:
        wire = rng.uniform(0.025, 0.05)
        places = [(0.0, 0.0)] if rng.random() < 0.5 else [(0, 0.6), (0, -0.6), (-0.8, 0)]
        for x, y in places:
            ring = p.torus(size * (1 if len(places) == 1 else 0.6), wire, 30, 10)
            parts.append(ring.shifted(size * x - size * 0.9, size * y, 0))
        parts.append(p.rod((-0.3 * size, 0, 0), (length, 0, 0), slim, 14))
        parts.append(p.torus(slim, 0.02, 18, 8).rotated(p.ALONG_X).shifted(0.05, 0, 0))
    else:
        bow = p.regular_polygon(int(rng.choice([4, 6, 8, 32])), size, np.pi / 4) * [rng.uniform(0.7, 1.1), 1]
        hole = p.regular_polygon(20, size * rng.uniform(0.15, 0.6)) * [0.7, 1] - [0.15 * size, 0]
        parts.append(p.extrude([bow, hole], thick * 1.3).shifted(-0.75 * size, 0, 0).with_slot(1))
        parts.append(block((-0.3 * size, -slim, -thick / 2), (length, slim, thick / 2)))
    count = int(rng.integers(2, 6))
    edges = np.linspace(length * rng.uniform(0.3, 0.75), length - 0.01, count + 1)
    for a, b in zip(edges[:-1], edges[1:] - 0.015, strict=True):
        parts.append(block((a, -slim - rng.uniform(0.02, 0.15), -thick / 2), (b, 0, thick / 2)))
    return placed(rng, joined(rng, parts))


def bolt(rng: Rng) -> Mesh:
    """Bolt or screw with a thread, its head up or down, perhaps with a nut and a washer."""
    r, length, head = rng.uniform(0.08, 0.2), rng.uniform(0.4, 1.2), rng.uniform(0.1, 0.25)
    pitch, deep, plain = rng.uniform(0.05, 0.09), rng.uniform(0.15, 0.3), rng.uniform(0.0, 0.5) * length
    z = np.arange(0, length - plain, pitch / 2)
    radius = r * np.where(np.arange(len(z)) % 2, 1.0, 1 - deep)
    if rng.random() < 0.3:  # pointed
        radius = radius * np.clip((z + 0.02) / (3 * r), 0.05, 1)
    profile = [
        [0, z[0]],
        *np.stack([radius, z], 1),
        [r, length - plain],
        [r, length + 0.01],
        [0, length + 0.01],
    ]
    parts, wide, kind = [p.lathe(profile, 28)], r * rng.uniform(1.5, 2.3), rng.integers(4)
    if kind == 0:
        top = p.extrude([p.regular_polygon(int(rng.choice([4, 6])), wide)], head)
    elif kind == 1:
        top = difference(
            p.cylinder(wide, head),
            [p.extrude([p.regular_polygon(6, 0.5 * wide)], head).shifted(0, 0, 0.5 * head)],
        )
    else:
        dome = p.sphere(wide, 10).scaled((1, 1, head / wide)) if kind == 2 else p.cylinder(r, head, wide)
        slot = block((-0.12 * wide, -3, 0.4 * head), (0.12 * wide, 3, 3 * head), 0)
        top = difference(dome, [slot] if kind == 2 else [slot.shifted(0, 0, -0.25 * head)])
    parts.append(
        top.shifted(0, 0, length + head * (0.5 if kind != 2 else 0.0)).with_slot(int(rng.random() < 0.2))
    )
    if rng.random() < 0.5:
        nut = p.extrude([p.regular_polygon(6, 1.9 * r, rng.uniform(0, 1))], rng.uniform(0.1, 0.2))
        parts.append(nut.shifted(0, 0, rng.uniform(0.15, 0.85) * length).with_slot(1))
    if rng.random() < 0.4:
        parts.append(p.cylinder(2.4 * r, 0.04).shifted(0, 0, length - 0.015).with_slot(2))
    mesh = joined(rng, parts)
    if rng.random() < 0.5:
        return mesh.rotated(p.rotation((1, 0, 0), np.pi)).shifted(0, 0, length + head)
    return placed(rng, mesh.rotated(p.ALONG_X))


def padlock(rng: Rng) -> Mesh:
    """Padlock facing +X, its shackle shut, open or turned aside."""
    wide, tall, deep = rng.uniform(0.4, 0.8), rng.uniform(0.35, 0.8), rng.uniform(0.15, 0.35)
    kind = rng.integers(3)
    if kind == 0:
        body = p.rounded_box((deep, wide, tall), rng.uniform(0.02, 0.12))
    elif kind == 1:  # round
        tall = wide
        body = p.cylinder(wide / 2, deep, segments=40).rotated(p.ALONG_X)
    else:
        body = p.superquadric((deep / 2, wide / 2, tall / 2), rng.uniform(0.15, 0.9), rng.uniform(0.3, 0.9))
    thick, half = rng.uniform(0.035, 0.075), wide * rng.uniform(0.2, 0.34)
    rise, lift = rng.uniform(0.12, 0.6), rng.choice([0.0, rng.uniform(0.1, 0.2)], p=[0.6, 0.4])
    u = np.linspace(0, np.pi, 20)
    arch = np.stack([0 * u, half * np.cos(u), tall / 2 + rise + half * np.sin(u)], 1)
    foot = np.array([[0, half, tall * 0.1]])
    path = np.concatenate([foot, arch, [[0, -half, tall * 0.1 if lift == 0 else tall / 2 + 0.04]]])
    shackle = p.tube(path, thick, 12).shifted(0, 0, lift).with_slot(1)
    if lift and rng.random() < 0.7:
        swing = p.rotation((0, 0, 1), rng.uniform(0.3, 2.8))
        shackle = shackle.shifted(0, -half, 0).rotated(swing).shifted(0, half, 0)
    front = p.cylinder(rng.uniform(0.05, 0.12), deep + 0.03, segments=20).rotated(p.ALONG_X).with_slot(2)
    hole = block((0.1 * deep, -0.02, -0.1), (deep, 0.02, 0.02)).with_slot(2)
    place = rng.uniform(-0.25, 0.1) * tall
    mesh = difference(union([body, shackle, front.shifted(0, 0, place)]), [hole.shifted(0, 0, place)])
    return mesh.shifted(0, 0, tall / 2)
