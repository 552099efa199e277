"""Headphones, loudspeakers and microphones."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import bell
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def headphones(rng: Rng) -> Mesh:
    """Headphones: band over two cups, padded or bare, perhaps with a microphone; cups turned or level."""
    y, z, r = rng.uniform(0.38, 0.5), rng.uniform(0.45, 0.75), rng.uniform(0.18, 0.3)
    angle = np.linspace(0, np.pi, 25)
    n = rng.uniform(0.7, 1.0)
    c, s = np.cos(angle), np.sin(angle)
    arch = np.stack([0 * angle, y * np.sign(c) * np.abs(c) ** n, r + z * s**n], 1)
    flat, thick = rng.uniform(1.0, 3.0), rng.uniform(0.022, 0.04)
    parts = [_strap(arch, thick, flat * thick)]
    if rng.random() < 0.6:
        cushion = arch[6:19] - [0, 0, 0.02]
        parts.append(_strap(cushion, 1.7 * thick, 1.2 * flat * thick + 0.02).with_slot(1))
    deep, square = rng.uniform(0.06, 0.12), rng.choice([1.0, rng.uniform(0.4, 1.0)])
    oval = rng.uniform(1.0, 1.35)
    cup = [
        p.superquadric((r, deep, r * oval), 0.5 if square == 1 else square, square, 10)
        .shifted(0, 0.02, 0)
        .with_slot(2)
    ]
    pad = p.torus(0.72 * r, 0.28 * r, 30, 12).scaled((1, oval, 0.75)).rotated(p.ALONG_Y)
    cup.append(pad.shifted(0, -deep - 0.02, 0).with_slot(3))
    cup.append(p.cylinder(0.6 * r, 0.06, 0.5 * r).rotated(p.ALONG_Y).shifted(0, deep + 0.02, 0))
    hang = p.rotation((0, 0, 1), rng.choice([0.0, rng.uniform(-0.6, 0.6)])) @ p.rotation(
        (1, 0, 0), rng.uniform(-0.1, 0.25)
    )
    for m in cup:
        parts += p.pair(m.rotated(hang).shifted(0, y, r - 0.02))
    parts += p.pair(p.rod((0, y, r + 0.1 * z), (0, y + 0.03, 0.7 * r), 0.03, 8).with_slot(0))
    if rng.random() < 0.35:
        boom = p.spline(
            np.array([(0.1, y + 0.02, r - 0.05), (0.35, y, r - 0.25), (0.5, 0.5 * y, r - 0.35)]), 14
        )
        parts += [
            p.tube(boom, 0.02, 8).with_slot(1),
            p.capsule(0.04, 0.06).rotated(p.ALONG_Y).shifted(*boom[-1]).with_slot(3),
        ]
    if rng.random() < 0.4:
        path = np.array(
            [(0, y, 0.3 * r), (0.1, y + 0.1, -0.2), (0.4, 0.2, -0.3), (0.2, -0.3, -0.32), (0.6, -0.5, -0.32)]
        )
        parts.append(p.tube(p.spline(path, 40), 0.018, 6).with_slot(1))
    mesh = joined(rng, parts)
    return mesh.rotated(p.rotation((0, 1, 0), np.pi / 2)) if rng.random() < 0.25 else mesh


def _strap(path: np.ndarray, thick: float, wide: float) -> Mesh:
    """Band along a path in the plane x = 0: `wide` half across X, `thick` half within the plane."""
    step = np.gradient(path[:, 1:], axis=0)
    normal = thick * np.stack([-step[:, 1], step[:, 0]], 1) / np.linalg.norm(step, axis=1, keepdims=True)
    return p.facing([np.concatenate([path[:, 1:] + normal, (path[:, 1:] - normal)[::-1]])], 2 * wide)


def loudspeaker(rng: Rng) -> Mesh:
    """Loudspeaker box with sunken cones, megaphone, or gramophone with a horn."""
    kind = rng.random()
    if kind < 0.25:
        return joined(rng, _megaphone(rng))
    if kind < 0.45:
        return joined(rng, _gramophone(rng))
    y, z, x = rng.uniform(0.2, 0.45), rng.uniform(0.3, 0.75), rng.uniform(0.15, 0.35)
    lying = rng.random() < 0.2
    if lying:
        y, z = max(y, z), min(y, z)
    box = p.rounded_box((2 * x, 2 * y, 2 * z), rng.uniform(0.01, 0.08))
    count, wide, tall = int(rng.integers(1, 4)), min(y, z), max(y, z)
    spots = np.linspace(-1, 1, count + 2)[1:-1] * (1.15 * tall if count > 1 else 0)
    cuts, cones = [], []
    for spot in spots:
        r = min(0.8 * wide, 0.85 * tall / count) * rng.uniform(0.5, 1.0)
        place = (x, spot, 0.0) if lying else (x, 0.0, -spot)
        pit = p.lathe([(0, -0.6 * r), (0.35 * r, -0.6 * r), (0.92 * r, -0.05), (r, 0.1), (0, 0.1)], 32)
        cuts.append(pit.rotated(p.ALONG_X).shifted(*place).with_slot(1))
        dome = p.sphere(0.36 * r, 6).rotated(p.ALONG_X).shifted(place[0] - 0.6 * r, *place[1:])
        rim = p.torus(1.02 * r, 0.06 * r + 0.012, 32, 8).rotated(p.ALONG_X).shifted(*place)
        cones += [dome.with_slot(2), rim.with_slot(3)]
    parts = [difference(box, cuts), *cones]
    if rng.random() < 0.3:
        lift = rng.uniform(0.3, 0.8)
        parts += [
            p.rod((0, 0, -z - lift), (0, 0, -z + 0.02), 0.05).with_slot(3),
            block((-x, -0.8 * y, -z - lift - 0.05), (x, 0.8 * y, -z - lift + 0.01), 3),
        ]
    elif rng.random() < 0.4:
        bow = np.array(
            [(0, -0.7 * y, z - 0.03), (0, -0.6 * y, z + 0.15), (0, 0.6 * y, z + 0.15), (0, 0.7 * y, z - 0.03)]
        )
        parts.append(p.tube(p.spline(bow, 20), 0.03, 8).with_slot(3))
    else:
        parts += [
            p.cylinder(0.04, 0.08, 0.05, 12).shifted(u * 0.7 * x, s * 0.75 * y, -z - 0.02).with_slot(3)
            for u in (-1, 1)
            for s in (-1, 1)
        ]
    return joined(rng, parts)


def _megaphone(rng: Rng) -> list[Mesh]:
    length, mouth = rng.uniform(0.6, 1.0), rng.uniform(0.22, 0.4)
    neck = rng.uniform(0.06, 0.12)
    parts = [
        bell(mouth, neck, length, rng.uniform(0.9, 2.5)).rotated(p.ALONG_X),
        p.torus(mouth, 0.025, 32, 8).rotated(p.ALONG_X).shifted(length, 0, 0).with_slot(2),
    ]
    parts.append(p.cylinder(1.15 * neck, 0.3).rotated(p.ALONG_X).shifted(-0.1, 0, 0).with_slot(1))
    parts.append(
        p.lathe([(0, 0), (neck, 0), (0.8 * neck, 0.1), (1.2 * neck, 0.18), (0, 0.18)], 20)
        .rotated(p.rotation((0, 1, 0), -np.pi / 2))
        .shifted(-0.2, 0, 0)
        .with_slot(2)
    )
    if rng.random() < 0.7:
        lean = rng.uniform(-0.1, 0.1)
        parts.append(p.tube(np.array([(0, 0, 0), (lean, 0, -0.35)]), 0.05, 12, flat=0.7).with_slot(1))
    if rng.random() < 0.4:
        bow = np.array(
            [(-0.15, 0, 0.8 * neck), (-0.1, 0, neck + 0.15), (0.25, 0, neck + 0.15), (0.3, 0, 0.8 * neck)]
        )
        parts.append(p.tube(p.spline(bow, 18), 0.025, 8).with_slot(2))
    return parts


def _gramophone(rng: Rng) -> list[Mesh]:
    x, high = rng.uniform(0.25, 0.36), rng.uniform(0.15, 0.3)
    parts = [
        block((-x, -x, 0), (x, x, high), 0, 0.02),
        block((-1.12 * x, -1.12 * x, -0.01), (1.12 * x, 1.12 * x, 0.05)),
    ]
    parts += [
        p.cylinder(0.85 * x, 0.03, segments=36).shifted(0, 0, high + 0.02).with_slot(1),
        p.cylinder(0.03, 0.05).shifted(0, 0, high + 0.06).with_slot(2),
    ]
    mouth, long, lean = rng.uniform(0.3, 0.5), rng.uniform(0.5, 0.8), rng.uniform(0.3, 0.9)
    start = np.array([-0.9 * x, 0, high + rng.uniform(0.35, 0.5)])
    pipe = p.spline(
        np.array(
            [
                (0.3 * x, 0.3 * x, high + 0.07),
                (-0.3 * x, 0.1 * x, high + 0.12),
                (-1.25 * x, 0, high + 0.15),
                tuple(start),
            ]
        ),
        20,
    )
    horn = (
        bell(mouth, 0.055, long, rng.uniform(1.5, 3.5))
        .rotated(p.ALONG_X)
        .rotated(p.rotation((0, 1, 0), -lean))
    )
    parts += [
        p.tube(pipe, np.linspace(0.025, 0.05, 20), 10).with_slot(2),
        horn.shifted(*(start - np.array([0.02, 0, 0.02]))).with_slot(3),
    ]
    parts.append(p.rod((-0.95 * x, 0, high - 0.05), (-1.15 * x, 0, high + 0.17), 0.03, 8).with_slot(2))
    if rng.random() < 0.6:
        parts += [
            p.rod((0, x - 0.02, 0.6 * high), (0, x + 0.12, 0.6 * high), 0.022, 8),
            p.rod((0, x + 0.11, 0.6 * high), (0.1, x + 0.11, 0.75 * high), 0.022, 8),
        ]
    return parts


def _head(rng: Rng) -> list[Mesh]:
    """Microphone along Z: a ball on a grip, a slotted case, or a long one in a spider's mount."""
    r, long = rng.uniform(0.08, 0.15), rng.uniform(0.35, 0.6)
    kind = int(rng.integers(3))
    if kind == 0:
        mic = [
            p.lathe([(0, 0), (0.45 * r, 0), (0.7 * r, long), (0.9 * r, long + 0.06), (0, long + 0.06)], 24),
            p.sphere(r, 10).shifted(0, 0, long + 0.12).with_slot(1),
        ]
        mic.append(p.torus(0.95 * r, 0.02, 24, 8).shifted(0, 0, long + 0.1).with_slot(2))
    elif kind == 1:
        body = p.superquadric((0.8 * r, r, 1.6 * r), 0.7, rng.uniform(0.5, 1), 10).shifted(0, 0, 1.4 * r)
        slots = [block((-1, s * r - 0.02, 0.8 * r), (1, s * r + 0.02, 2.3 * r), 1) for s in (-0.5, 0.0, 0.5)]
        mic = [difference(body, slots), block((-0.7 * r, -0.1, -0.08), (0.7 * r, 0.1, 0.1), 2)]
        mic += [p.superquadric((0.5 * r, 0.75 * r, 1.3 * r), 0.7, 0.8, 6).shifted(0, 0, 1.4 * r).with_slot(2)]
    else:
        mic = [
            p.cylinder(r, long).shifted(0, 0, long / 2),
            p.capsule(r * 1.05, 0.5 * long).shifted(0, 0, 0.9 * long).with_slot(1),
        ]
        mic += [p.torus(1.5 * r, 0.022, 28, 8).shifted(0, 0, z * long).with_slot(2) for z in (0.2, 0.5)]
        mic += [
            m.with_slot(2)
            for m in p.around(p.rod((r - 0.02, 0, 0.2 * long), (1.5 * r, 0, 0.35 * long), 0.018, 6), 4)
        ]
        mic += [
            m.with_slot(2)
            for m in p.around(p.rod((1.5 * r, 0, 0.2 * long), (1.5 * r, 0, 0.5 * long), 0.018, 6), 4)
        ]
    return mic


def microphone(rng: Rng) -> Mesh:
    """Microphone in the hand, on a desk stand, a boom or a tripod; round, slotted or long head."""
    mic = _head(rng)
    lean = p.rotation((0, 1, 0), rng.uniform(-0.2, 1.2))
    if rng.random() < 0.25:
        return joined(rng, mic)
    high = rng.uniform(0.2, 0.45) if rng.random() < 0.5 else rng.uniform(0.9, 1.4)
    top, foot = np.array([0, 0, high]), rng.uniform(0.16, 0.3)
    parts = [p.rod((0, 0, 0.02), top, 0.03, 10).with_slot(2)]
    if rng.random() < 0.5:
        parts.append(p.cylinder(foot, 0.06, 0.8 * foot, 28).shifted(0, 0, 0.03).with_slot(3))
    else:
        parts += [
            m.with_slot(3)
            for m in p.around(p.rod((1.3 * foot, 0, 0.02), (0, 0, 0.12), 0.025, 8), int(rng.integers(3, 5)))
        ]
    if high > 0.8 and rng.random() < 0.6:  # boom
        end = top + np.array([rng.uniform(0.3, 0.7), 0, rng.uniform(-0.1, 0.4)])
        parts += [
            p.rod(top - 0.5 * (end - top), end, 0.024, 8).with_slot(2),
            p.sphere(0.05, 6).shifted(*top).with_slot(3),
        ]
        top = end
    parts.append(p.sphere(0.05, 6).shifted(*top).with_slot(2))
    return joined(rng, parts + [m.rotated(lean).shifted(*(top - np.array([0, 0, 0.03]))) for m in mic])
