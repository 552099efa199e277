"""Game controllers, remote controls and telephones."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import bell
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def controller(rng: Rng) -> Mesh:
    """Game pad with grips, sticks and buttons, flat pad, joystick on a base, or remote control."""
    y, kind = rng.uniform(0.4, 0.55), rng.random()
    if kind < 0.2:
        return joined(rng, _joystick(rng))
    if kind < 0.32:  # remote control
        return _remote_control(rng)
    thick, deep = rng.uniform(0.1, 0.18), rng.uniform(0.2, 0.28)
    if kind < 0.5:
        parts = [p.rounded_box((2 * deep, 2 * y, thick), rng.uniform(0.02, 0.05)).shifted(0, 0, thick / 2)]
        top = thick
    else:
        grip, turn = rng.uniform(0.3, 0.55), rng.uniform(0.1, 0.5)
        parts = [p.superquadric((deep, 0.8 * y, 0.6 * thick), 0.6, 0.6, 10)]
        end = (deep * 0.2 - grip * np.cos(turn), 0.75 * y + grip * np.sin(turn), -rng.uniform(0.02, 0.15))
        path = p.spline(np.array([(0.5 * deep, 0.6 * y, 0), (0.1 * deep, 0.75 * y, 0), end]), 14)
        wide = rng.uniform(0.13, 0.19)
        radius = wide * np.concatenate([[0.5, 0.8], np.linspace(1, 0.85, 10), [0.7, 0.35]])
        parts += p.pair(p.tube(path, radius, 16).scaled((1, 1, 0.8)))
        top = 0.55 * thick
    spot = 0.66 * y
    corner = np.array([(0.2, 0.07), (0.07, 0.07), (0.07, 0.2)]) * y
    quarter = np.array([(0, 1), (-1, 0)])
    cross = np.concatenate([corner @ np.linalg.matrix_power(quarter, i) for i in range(4)])
    parts.append(p.extrude([cross], 0.1).shifted(0.2 * deep, spot, top).with_slot(1))
    buttons = p.around(
        p.cylinder(0.07 * y, 0.12, segments=14).shifted(0.15 * y, 0, 0), int(rng.choice([2, 4]))
    )
    parts += [m.shifted(0.2 * deep, -spot, top).with_slot(2) for m in buttons]
    if rng.random() < 0.65:
        stem = [p.cylinder(0.05, 0.12).shifted(0, 0, 0.03), p.cylinder(0.1, 0.045, 0.09).shifted(0, 0, 0.09)]
        stem = [m.rotated(p.rotation((1, 0.3, 0), rng.normal(0, 0.2))) for m in stem]
        parts += [side.with_slot(1) for m in stem for side in p.pair(m.shifted(-0.45 * deep, 0.33 * y, top))]
    if rng.random() < 0.5:
        parts += p.pair(
            p.rounded_box((0.12, 0.36 * y, 0.09), 0.03)
            .shifted(0.88 * deep, 0.8 * spot, 0.3 * top)
            .with_slot(1)
        )
    if rng.random() < 0.4:
        parts.append(block((-0.1, -0.22 * y, top - 0.1), (0.7 * deep, 0.22 * y, top + 0.02), 3, 0.01))
    return joined(rng, parts)


def _remote_control(rng: Rng) -> Mesh:
    """Long slab with a grid of buttons and a round pad."""
    long, wide, t = rng.uniform(0.5, 0.9), rng.uniform(0.1, 0.2), rng.uniform(0.06, 0.12)
    parts = [p.rounded_box((2 * long, 2 * wide, t), rng.uniform(0.015, 0.05)).shifted(0, 0, t / 2)]
    rows, columns, r = int(rng.integers(4, 9)), int(rng.integers(2, 4)), 0.22 * wide
    knob = p.regular_polygon(int(rng.choice([4, 12])), r, np.pi / 4)
    grid = [
        knob + np.array([a, b])
        for a in np.linspace(-0.85, 0.3, rows) * long
        for b in np.linspace(-0.6, 0.6, columns) * wide
    ]
    parts += [
        p.extrude(grid, 0.05).shifted(0, 0, t).with_slot(1),
        p.cylinder(0.7 * wide, 0.05, segments=28).shifted(0.65 * long, 0, t).with_slot(2),
    ]
    return joined(rng, parts)


def _joystick(rng: Rng) -> list[Mesh]:
    x, y, h = rng.uniform(0.25, 0.4), rng.uniform(0.25, 0.45), rng.uniform(0.1, 0.25)
    base = p.extrude(
        [np.array([(-x, -y), (x, -y), (x, y), (-x, y)])], h, taper=rng.uniform(0.7, 1.0)
    ).shifted(0, 0, h / 2)
    lean = p.rotation(np.array([*rng.normal(size=2), 0.01]), rng.uniform(0, 0.4))
    tall = rng.uniform(0.35, 0.7)
    stick = [p.rod((0, 0, -0.03), (0, 0, tall), 0.03, 10), p.cylinder(0.14, 0.1, 0.05).shifted(0, 0, 0.03)]
    if rng.random() < 0.5:
        stick.append(p.sphere(rng.uniform(0.08, 0.13), 10).shifted(0, 0, tall))
    else:
        radius = p.spline(rng.uniform(0.06, 0.1, (5, 1)), 12)[:, 0]
        grip = p.tube(
            np.stack([0.04 * np.linspace(0, 1, 12), 0 * radius, np.linspace(0.35, 1.1, 12) * tall], 1),
            radius,
            14,
        )
        stick += [grip, p.cylinder(0.035, 0.05).shifted(0.04, 0, 1.1 * tall).with_slot(3)]
    parts = [base, *(m.rotated(lean).shifted(0, 0, h - 0.01).with_slot(1) for m in stick)]
    for s in (-1, 1):
        parts.append(p.cylinder(0.05, 0.1).shifted(0.6 * x, s * 0.5 * y, h).with_slot(2))
    return parts


def telephone(rng: Rng) -> Mesh:
    """Desk telephone with dial or keys and its receiver on or off, candlestick, mobile or cordless."""
    kind = rng.random()
    if kind < 0.3:
        return _mobile(rng)
    size, receiver = rng.uniform(0.28, 0.36), _receiver(rng)
    if kind < 0.42:
        return _candlestick_telephone(rng, receiver)
    return _desk_telephone(rng, size, receiver)


def _receiver(rng: Rng) -> list[Mesh]:
    """Bowed grip along Y with a cup at either end."""
    grip, bow = rng.uniform(0.3, 0.42), rng.uniform(0.08, 0.2)
    path = p.spline(
        np.array(
            [
                (0, -grip, 0),
                (0, -0.6 * grip, 0.8 * bow),
                (0, 0, bow),
                (0, 0.6 * grip, 0.8 * bow),
                (0, grip, 0),
            ]
        ),
        22,
    )
    middle = p.tube(path, rng.uniform(0.04, 0.06), 12)
    ear = p.cylinder(rng.uniform(0.09, 0.12), 0.1, 0.07, 20).shifted(0, grip, -0.03)
    return [middle, *p.pair(ear)]


def _candlestick_telephone(rng: Rng, receiver: list[Mesh]) -> Mesh:
    """Mouthpiece on a post, the receiver hung up at its side."""
    tall = rng.uniform(0.6, 0.9)
    parts = [
        p.cylinder(0.26, 0.07, 0.2, 30).shifted(0, 0, 0.035),
        p.rod((0, 0, 0.03), (0, 0, tall), 0.045, 14),
    ]
    parts.append(bell(0.14, 0.05, 0.2, 1.5).rotated(p.ALONG_X).shifted(0.02, 0, tall).with_slot(1))
    hung = [m.rotated(p.ALONG_Y).scaled(0.75).shifted(0, 0.22, 0.6 * tall) for m in receiver]
    hook = p.rod((0, 0, 0.75 * tall), (0, 0.2, 0.75 * tall), 0.022, 8)
    return joined(rng, [*parts, *(m.with_slot(1) for m in hung), hook])


def _desk_telephone(rng: Rng, size: float, receiver: list[Mesh]) -> Mesh:
    """Wedge with a dial or keys, its receiver on the cradle or beside it, perhaps with a coiled cord."""
    x, back, front = size, rng.uniform(0.2, 0.35), rng.uniform(0.06, 0.14)
    side = np.array(
        [
            (-x, 0),
            (x, 0),
            (x, front),
            (0.75 * x, front + 0.03),
            (-0.3 * x, back),
            (-0.9 * x, back),
            (-x, 0.7 * back),
        ]
    )
    body = p.upright([side], 1.9 * size)
    v = body.vertices.copy()
    v[:, 1] *= 1 - rng.uniform(0, 0.35) * np.clip(v[:, 2] / back, 0, 1)
    parts = [body.moved(v)]
    slope = np.arctan2(back - front - 0.03, 1.05 * x)
    at = (0.25 * x, 0.0, (back + front) / 2 + 0.015)
    face = p.rotation((0, 1, 0), slope)
    parts += [m.rotated(face).shifted(*at) for m in _dial(rng, size)]
    cradle = -0.6 * x
    parts += p.pair(block((cradle - 0.1, 0.15, back - 0.05), (cradle + 0.1, 0.2, back + 0.06)))
    off = rng.random() < 0.2
    place = (0, 1.3 * size + 0.2, 0.09) if off else (cradle, 0, back + 0.09)
    turn = p.rotation((0, 0, 1), rng.uniform(-1, 1) if off else 0.0)
    parts += [m.rotated(turn).shifted(*place).with_slot(3) for m in receiver]
    if rng.random() < 0.5:
        parts += _cord(size)
    return joined(rng, parts)


def _cord(size: float) -> list[Mesh]:
    """Coil on the ground beside a body, and its end in it."""
    u = np.linspace(0, 1, 60)
    x, z = -0.4 + 0.5 * u + 0.03 * np.cos(80 * u), 0.06 + 0.03 * np.sin(80 * u)
    coil = p.tube(np.stack([x, -1.2 * size - 0.1 * np.sin(3 * u), z], 1), 0.018, 6)
    end = p.rod((-0.4, -1.2 * size, 0.06), (-0.4, -0.8 * size, 0.06), 0.018, 6)
    return [coil.with_slot(3), end.with_slot(3)]


def _dial(rng: Rng, size: float) -> list[Mesh]:
    """Disc with ten finger holes, or twelve keys, on z = 0."""
    if rng.random() < 0.55:
        disc = p.cylinder(0.52 * size, 0.06, segments=32).with_slot(1)
        knob = p.cylinder(0.2 * size, 0.09, segments=20).with_slot(2)
        hole = p.cylinder(0.08 * size, 0.05, segments=10).shifted(0.37 * size, 0, 0.035).with_slot(2)
        holes = [hole.rotated(p.rotation((0, 0, 1), a)) for a in np.arange(10) * 0.52]
        return [difference(disc, holes), knob]
    key = p.regular_polygon(4, 0.1 * size, np.pi / 4)
    columns, rows = np.linspace(-0.36, 0.36, 4) * size, np.linspace(-0.3, 0.3, 3) * size
    return [p.extrude([key + np.array([a, b]) for a in columns for b in rows], 0.08).with_slot(1)]


def _mobile(rng: Rng) -> Mesh:
    """Smartphone, folding telephone or cordless handset with an aerial, standing or lying."""
    y, z, t = rng.uniform(0.2, 0.34), rng.uniform(0.45, 0.65), rng.uniform(0.05, 0.14)
    slab = p.rounded_box((t, 2 * y, 2 * z), rng.uniform(0.02, 0.06))
    parts: list[Mesh]
    if rng.random() < 0.4:  # bare glass, lenses on the back
        parts = [difference(slab, [block((t / 2 - 0.012, 0.03 - y, 0.03 - z), (1, y - 0.03, z - 0.03), 1)])]
        spots = [(-0.5, 0.85), (-0.5, 0.6), (-0.05, 0.72)][: int(rng.integers(1, 4))]
        parts += [
            p.cylinder(0.2 * y, 0.06).rotated(p.ALONG_X).shifted(-t / 2, a * y, b * z).with_slot(2)
            for a, b in spots
        ]
    else:
        low, fold = rng.uniform(-0.2, 0.2) * z, rng.random() < 0.4
        square = p.regular_polygon(int(rng.choice([4, 10])), 0.16 * y, np.pi / 4)
        grid = [
            square + np.array([a, b])
            for a in np.linspace(-0.6, 0.6, 3) * y
            for b in np.linspace(0.1 - z, low - 0.12, 4)
        ]
        keys = p.facing(grid, 0.05).shifted(t / 2, 0, 0).with_slot(2)
        pane = block((t / 2 - 0.015, -0.8 * y, low), (1, 0.8 * y, 0.9 * z), 1)
        if fold:
            lid = difference(
                p.rounded_box((t, 2 * y, 1.6 * z), 0.03),
                [block((t / 2 - 0.015, -0.8 * y, -0.6 * z), (1, 0.8 * y, 0.6 * z), 1)],
            )
            lid = (
                lid.shifted(0, 0, 0.8 * z)
                .rotated(p.rotation((0, 1, 0), rng.uniform(0.2, 1.3)))
                .shifted(0, 0, low)
            )
            slab = p.rounded_box((t, 2 * y, z + low), 0.03).shifted(0, 0, (low - z) / 2)
            parts = [slab, keys, lid, p.rod((0, -0.9 * y, low), (0, 0.9 * y, low), 0.6 * t)]
        else:
            parts = [difference(slab, [pane]), keys]
            parts += [
                p.rod((0, 0.75 * y, z - 0.03), (0, 0.75 * y, z + rng.uniform(0.1, 0.5)), 0.035, 10).with_slot(
                    3
                )
            ] * int(rng.integers(2))
    return joined(rng, parts).rotated(p.rotation((0, 1, 0), rng.choice([0.0, -0.3, -np.pi / 2])))
