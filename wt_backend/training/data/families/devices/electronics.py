"""Cameras, computers and television sets."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def _barrel(rng: Rng, r: float, length: float) -> Mesh:
    """Lens along +X from x = 0: stepped rings round a sunken glass (slot 1)."""
    steps = np.sort(rng.uniform(0.15, 0.9, int(rng.integers(0, 3)))) * length
    profile, now = [(0, -0.05), (r, -0.05)], r
    for z in steps:
        wider = r * rng.uniform(0.8, 1.1)
        profile += [(now, z), (wider, z + 0.015)]
        now = wider
    dip = rng.uniform(0.3, 0.8) * min(length, 0.12)
    profile += [
        (now, length),
        (0.85 * now, length),
        (0.7 * now, length - dip),
        (0.35 * now, length - 0.8 * dip),
    ]
    mesh = p.lathe([*profile, (0, length - 0.7 * dip)], 30)
    middle = mesh.vertices[mesh.faces].mean(1)
    mesh.slot[:] = np.where((np.linalg.norm(middle[:, :2], axis=1) < 0.7 * now) & (middle[:, 2] > 0), 1, 2)
    return mesh.rotated(p.ALONG_X)


def camera(rng: Rng) -> Mesh:
    """Photo camera with lens, finder and grip; bellows camera, camcorder; perhaps on a tripod."""
    y, z, x, kind = rng.uniform(0.3, 0.5), rng.uniform(0.18, 0.34), rng.uniform(0.07, 0.16), rng.random()
    if kind < 0.2:  # camcorder, cine or watching camera: long along X
        x, y, z = rng.uniform(0.3, 0.5), rng.uniform(0.1, 0.18), rng.uniform(0.12, 0.24)
    parts = [p.rounded_box((2 * x, 2 * y, 2 * z), rng.uniform(0.01, 0.06))]
    r = min(y, z) * rng.uniform(0.5, 0.9)
    off = rng.uniform(-0.2, 0.2) * y
    lens = _barrel(rng, r, rng.uniform(0.08, 0.5))
    if kind < 0.2:
        parts += _camcorder(rng, lens, x, y, z)
    elif kind < 0.35:  # bellows on a rail
        parts += _bellows(rng, lens, x, y, z)
    else:
        parts += [lens.shifted(x, off, -0.1 * z), *_finder_and_grip(rng, x, y, z, off)]
    if rng.random() < 0.25:
        spread, low = rng.uniform(0.3, 0.5), rng.uniform(0.8, 1.3)
        parts += [
            m.shifted(0, 0, -z).with_slot(2)
            for m in p.around(p.rod((0.03, 0, -0.05), (spread, 0, -low), (0.035, 0.025), 8), 3)
        ]
        parts.append(p.cylinder(0.07, 0.14).shifted(0, 0, -z - 0.05).with_slot(2))
    return joined(rng, [m.shifted(0, 0, z) for m in parts])


def _camcorder(rng: Rng, lens: Mesh, x: float, y: float, z: float) -> list[Mesh]:
    """Lens, reels or a handle, and a screen for a body that is long along X."""
    parts = [lens.shifted(x, 0, 0)]
    if rng.random() < 0.5:
        parts += [
            p.cylinder(0.7 * z, 0.08).rotated(p.ALONG_Y).shifted(u * x, 0, 1.55 * z).with_slot(2)
            for u in (-0.55, 0.45)
        ]
    else:
        bow = np.array(
            [
                (-0.8 * x, 0, z - 0.02),
                (-0.6 * x, 0, z + 0.15),
                (0.6 * x, 0, z + 0.15),
                (0.8 * x, 0, z - 0.02),
            ]
        )
        parts.append(p.tube(p.spline(bow, 18), 0.03, 8).with_slot(2))
    if rng.random() < 0.5:
        screen = block((-0.4 * x, 0, -0.6 * z), (0.3 * x, 0.03, 0.6 * z), 3)
        parts.append(screen.rotated(p.rotation((0, 0, 1), -rng.uniform(0, 1))).shifted(0.1 * x, y + 0.005, 0))
    return parts


def _finder_and_grip(rng: Rng, x: float, y: float, z: float, off: float) -> list[Mesh]:
    """What a photo camera has around its lens: prism, grip, buttons, flash, strap."""
    parts: list[Mesh] = []
    if rng.random() < 0.6:  # prism
        hump = np.array([(-0.45 * y, 0), (0.45 * y, 0), (0.25 * y, 0.4 * z), (-0.25 * y, 0.4 * z)])
        parts.append(p.facing([hump], 1.8 * x).shifted(0, off, z - 0.01))
    if rng.random() < 0.6:
        grip = p.superquadric((0.9 * x, 0.16 * y, 0.95 * z), 0.5, 0.9, 10)
        parts.append(grip.shifted(0.6 * x, -0.85 * y, -0.02).with_slot(3))
    for v in rng.uniform(-0.9, 0.9, int(rng.integers(1, 4))) * y:
        parts.append(
            p.cylinder(rng.uniform(0.03, 0.07), 0.08, segments=16).shifted(0, v, z + 0.02).with_slot(2)
        )
    if rng.random() < 0.3:
        parts.append(
            block((-0.5 * x, -0.2 * y, z - 0.04), (0.7 * x, 0.2 * y, z + rng.uniform(0.15, 0.35)), 2, 0.02)
        )
    if rng.random() < 0.35:
        strap = np.array(
            [
                (0, -y, 0.7 * z),
                (-0.2, -y - 0.1, -0.4),
                (-0.3, 0.2, -z),
                (-0.2, y + 0.1, -0.4),
                (0, y, 0.7 * z),
            ]
        )
        parts.append(p.tube(p.spline(strap, 30), 0.022, 8, flat=1.6).with_slot(3))
    return parts


def _bellows(rng: Rng, lens: Mesh, x: float, y: float, z: float) -> list[Mesh]:
    """Bellows on a rail between a body and its lens."""
    parts: list[Mesh] = []
    out, count = rng.uniform(0.3, 0.6), 6
    for i in range(count):
        size = 0.85 * (1 - 0.07 * i)
        parts.append(
            p.cylinder(0.9 * size, out / count + 0.004, 1.15 * size, 4)
            .rotated(p.rotation((0, 0, 1), np.pi / 4))
            .rotated(p.ALONG_X)
            .scaled((1, y, z))
            .shifted(x + (i + 0.45) * out / count, 0, 0)
            .with_slot(3)
        )
    parts += [
        block((x + out - 0.02, -0.7 * y, -0.7 * z), (x + out + 0.03, 0.7 * y, 0.7 * z)),
        lens.scaled(0.7).shifted(x + out, 0, 0),
    ]
    parts.append(block((0, -0.4 * y, -z - 0.02), (x + out + 0.05, 0.4 * y, -z + 0.04), 2))
    return parts


def computer(rng: Rng) -> Mesh:
    """Laptop, flat screen on a foot, tube television, screen with keyboard and tower, tablet."""
    y, kind = rng.uniform(0.4, 0.75), int(rng.integers(4))
    z = y * rng.uniform(0.55, 0.8)
    if kind == 0:
        return _laptop(rng, y, z)
    if kind == 1:  # tube television
        return _television(rng, y, z)
    t, rim, up = rng.uniform(0.035, 0.1), rng.uniform(0.02, 0.07), rng.uniform(0.1, 0.4)
    panel = p.rounded_box((t, 2 * y, 2 * z), 0.015)
    screen = block((t / 2 - 0.012, rim - y, rim - z), (1, y - rim, z - rim), 1)
    tilt = p.rotation((0, 1, 0), -rng.uniform(-0.05, 0.35))
    parts = [difference(panel, [screen]).rotated(tilt).shifted(0, 0, up + z)]
    foot, wide = rng.uniform(0.15, 0.3), rng.uniform(0.2, 0.6) * y
    rear = -t / 2 - 0.02
    if rng.random() < 0.7:
        neck = rng.uniform(0.03, 0.09)
        parts.append(block((rear - 0.04, -neck, 0.01), (rear + 0.03, neck, up + z), 2))
        plate = (
            p.rounded_box((2 * foot, 2 * wide, 0.04), 0.015)
            if rng.random() < 0.6
            else p.cylinder(foot, 0.04, segments=36)
        )
        parts.append(plate.shifted(rear + 0.05, 0, 0.02).with_slot(2))
    else:
        for s in (-0.6, 0.6):
            parts += [
                p.rod((v, s * y, 0), (rear + 0.03, s * y, up + 0.1), 0.025, 8).with_slot(2)
                for v in (-foot, foot)
            ]
    if kind == 3:
        keys = block((0.3, -0.75 * y, 0), (0.3 + 0.45 * z, 0.75 * y, 0.04), 3, 0.01)
        parts += [keys, *_keyboard(rng, 0.33, 0.27 + 0.45 * z, 0.7 * y, 0.03)]
        if rng.random() < 0.6:
            parts.append(
                p.superquadric((0.1, 0.06, 0.05), 0.9, 0.9, 6).shifted(0.4, -0.95 * y, 0.02).with_slot(3)
            )
        if rng.random() < 0.6:
            tall = rng.uniform(0.6, 1.0)
            case = block((-0.5, y + 0.08, 0), (0.2, y + rng.uniform(0.25, 0.4), tall))
            parts.append(difference(case, [block((0.18, y + 0.1, 0.6 * tall), (1, y + 0.22, 0.9 * tall), 2)]))
    return joined(rng, parts)


def _television(rng: Rng, y: float, z: float) -> Mesh:
    """Tube television: bulging screen, tapering back, legs, aerials."""
    x, bulge = rng.uniform(0.3, 0.6), rng.uniform(0.05, 0.15)
    back = p.extrude([np.array([(-z, -y), (z, -y), (z, y), (-z, y)])], 2 * x, taper=rng.uniform(0.4, 0.9))
    body = back.rotated(p.rotation((0, 1, 0), -np.pi / 2)).shifted(-x, 0, z)
    front = difference(
        block((-0.05, -1.05 * y, -0.05), (0.12, 1.05 * y, 2 * z + 0.05), 0, 0.03),
        [block((0.06, -0.85 * y, 0.12 * z), (1, rng.uniform(0.5, 0.85) * y, 1.9 * z), 2)],
    )
    tube = p.superquadric((bulge, 0.86 * y, 0.9 * z), 0.4, 0.4, 10).shifted(0.05, -0.05 * y, z).with_slot(1)
    parts = [body, front, tube]
    parts += [
        p.cylinder(0.05, 0.1, segments=14).rotated(p.ALONG_X).shifted(0.12, 0.93 * y, h * z).with_slot(3)
        for h in (1.2, 1.6)
    ]
    if rng.random() < 0.5:
        parts += p.pair(
            p.rod(
                (-0.1, 0.1, 2 * z), (-0.1, rng.uniform(0.2, 0.5), 2 * z + rng.uniform(0.3, 0.6)), 0.02, 8
            ).with_slot(3)
        )
    legs = rng.uniform(0.05, 0.4)
    parts += [
        p.rod((u, s * 0.8 * y, 0.02), (u * 1.15, s * 0.9 * y, -legs), 0.035, 8).with_slot(3)
        for u in (-0.4 * x, 0.0)
        for s in (-1, 1)
    ]
    return joined(rng, [m.shifted(0, 0, legs) for m in parts])


def _laptop(rng: Rng, y: float, z: float) -> Mesh:
    """Two slabs, open at any angle; the lid wears the screen."""
    thick, t = rng.uniform(0.035, 0.09), rng.uniform(0.035, 0.06)
    deep = 2 * z
    base = p.rounded_box((deep, 2 * y, thick), 0.015).shifted(deep / 2, 0, thick / 2)
    well = block((0.1 * deep, -0.9 * y, thick - 0.015), (0.6 * deep, 0.9 * y, 1), 1)
    pad = block((0.68 * deep, -0.25 * y, thick - 0.008), (0.95 * deep, 0.25 * y, 1), 2)
    lid = difference(
        p.rounded_box((t, 2 * y, deep), 0.015),
        [block((t / 2 - 0.012, -0.92 * y, -0.45 * deep), (1, 0.92 * y, 0.45 * deep), 3)],
    )
    lean = rng.uniform(-0.5, 1.2)
    lid = lid.shifted(0, 0, deep / 2).rotated(p.rotation((0, 1, 0), -lean if lean < 0.8 else lean - 0.8))
    return joined(
        rng,
        [
            difference(base, [well, pad]),
            *_keyboard(rng, 0.12 * deep, 0.58 * deep, 0.88 * y, thick - 0.02),
            lid.shifted(0.02, 0, thick * 0.7),
        ],
    )


def _keyboard(rng: Rng, low: float, high: float, y: float, z: float) -> list[Mesh]:
    """Rows of keys between two x, one extrusion of many squares standing on z."""
    rows, columns = int(rng.integers(3, 6)), int(rng.integers(7, 13))
    a, b = (high - low) / rows, 2 * y / columns
    key = np.array([(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]) * [a, b]
    keys = p.extrude(
        [key + np.array([low + i * a, -y + j * b]) for i in range(rows) for j in range(columns)], 0.035
    )
    return [keys.shifted(0, 0, z + 0.0175).with_slot(4)]
