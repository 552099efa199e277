"""Instruments with strings: guitars, violins, harps, pianos."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def _waisted(rng: Rng, wide: float, tall: float) -> NDArray:
    """Outline (y, z) of a soundbox with a waist, round, or with horns; z from 0 to `tall`."""
    kind = rng.random()
    if kind < 0.15:
        return p.regular_polygon(40) * [wide, tall / 2] + np.array([0, tall / 2])
    waist, upper = wide * rng.uniform(0.5, 0.85), wide * rng.uniform(0.65, 0.95)
    right = [
        (0.6 * wide, 0.02),
        (wide, 0.25 * tall),
        (waist, rng.uniform(0.5, 0.6) * tall),
        (upper, 0.8 * tall),
    ]
    left = [(-y, z) for y, z in right[::-1]]
    if kind < 0.45:  # electric: two horns
        right.append((0.75 * upper, rng.uniform(0.98, 1.15) * tall))
        left.insert(0, (-0.75 * upper, rng.uniform(0.9, 1.05) * tall))
        top = [(0.25 * upper, 0.82 * tall), (-0.25 * upper, 0.82 * tall)]
    else:
        top = [(0.5 * upper, 0.98 * tall), (-0.5 * upper, 0.98 * tall)]
    return p.spline(np.array([*right, *top, *left, (0, rng.uniform(-0.02, 0.03))]), 64, closed=True)


def guitar(rng: Rng) -> Mesh:
    """Guitar, lute, banjo, violin or cello, standing, its strings to +X."""
    tall, long = rng.uniform(0.45, 0.75), rng.uniform(0.4, 0.9)
    wide, deep = tall * rng.uniform(0.3, 0.45), rng.uniform(0.06, 0.2)
    outline = _waisted(rng, wide, tall)
    body, front = p.facing([outline], deep), deep / 2
    place = rng.uniform(0.5, 0.7) * tall
    hole = rng.uniform(0.2, 0.4) * wide
    if rng.random() < 0.6 and deep > 0.1:  # a real soundbox
        middle = np.array([0, tall / 2])
        inside = p.facing([(outline - middle) * 0.88 + middle], deep - 0.05)
        mouth = p.cylinder(hole, deep).rotated(p.ALONG_X).shifted(front, 0, place)
        body = difference(body, [inside.with_slot(2), mouth.with_slot(2)])
    else:
        body = difference(
            body, [p.cylinder(hole, 0.04).rotated(p.ALONG_X).shifted(front, 0, place).with_slot(2)]
        )
    nut, thin = tall + long, rng.uniform(0.026, 0.045)
    neck = np.array([(-1.3 * thin, 0.75 * tall), (1.3 * thin, 0.75 * tall), (thin, nut), (-thin, nut)])
    parts = [body, p.facing([neck], 0.05).shifted(front, 0, 0).with_slot(1)]
    tip, side = rng.uniform(0.12, 0.25), rng.uniform(1.2, 2.6) * thin
    lean = p.rotation((0, 1, 0), -rng.uniform(0, 0.4))
    head = p.facing(
        [np.array([(-thin, -0.02), (thin, -0.02), (side, 0.06), (side, tip), (-side, tip), (-side, 0.06)])],
        0.04,
    )
    parts.append(head.rotated(lean).shifted(front, 0, nut).with_slot(1))
    for z in np.linspace(0.08, tip - 0.03, int(rng.integers(2, 4))):
        peg = p.rod((0, -side - 0.06, z), (0, side + 0.06, z), 0.019, 6)
        parts.append(peg.rotated(lean).shifted(front, 0, nut).with_slot(3))
    low = rng.uniform(0.15, 0.4) * tall
    parts.append(
        block(
            (front - 0.01, -0.35 * wide, low), (front + rng.uniform(0.03, 0.08), 0.35 * wide, low + 0.03), 1
        )
    )
    if rng.random() < 0.3:
        parts.append(
            p.facing(
                [np.array([(-0.02, 0.05), (0.02, 0.05), (0.04, 0.35 * tall), (-0.04, 0.35 * tall)])], 0.03
            )
            .shifted(front + 0.03, 0, 0)
            .with_slot(1)
        )
    if rng.random() < 0.25:
        parts.append(p.rod((0, 0, -rng.uniform(0.1, 0.25)), (0, 0, 0.05), 0.02, 8).with_slot(3))
    return joined(rng, parts)


def _keys(y: float, x: float, count: int) -> list[Mesh]:
    """White keys as one slab (slot 1) and a comb of black keys (slot 2), towards +X, on z = 0."""
    step = 2 * y / count
    spots = [i for i in range(count - 1) if i % 7 not in (2, 6)]
    key = np.array([(-0.3, 0), (0.3, 0), (0.3, 1), (-0.3, 1)]) * [step, 0.6 * x]
    black = p.extrude([(key + np.array([-y + (i + 1) * step, 0]))[:, ::-1] for i in spots], 0.04)
    return [block((-0.01, -y, -0.02), (x, y, 0.025), 1), black.shifted(0, 0, 0.03).with_slot(2)]


def piano(rng: Rng) -> Mesh:
    """Grand piano with its lid up or down, upright piano, or a keyboard on a stand; perhaps with a stool."""
    kind, y, h = int(rng.choice(3, p=[0.45, 0.35, 0.2])), rng.uniform(0.45, 0.65), rng.uniform(0.42, 0.55)
    count = int(rng.integers(8, 18))
    if kind == 0:
        parts = _grand(rng, y, h, count)
    elif kind == 1:
        parts = _upright(rng, y, h, count)
    else:
        parts = _stage_piano(rng, y, h, count)
    if rng.random() < 0.5:
        seat, wide = rng.uniform(0.25, 0.33), rng.uniform(0.12, 0.3)
        parts.append(block((0.45, -wide, seat), (0.7, wide, seat + 0.08), 3, 0.03))
        parts += [
            p.rod((u, s * 0.8 * wide, 0), (u, s * 0.8 * wide, seat + 0.02), 0.022, 8)
            for u in (0.5, 0.65)
            for s in (-1, 1)
        ]
    return joined(rng, parts)


def _stage_piano(rng: Rng, y: float, h: float, count: int) -> list[Mesh]:
    """Flat keyboard on crossed or straight legs."""
    slab = p.rounded_box((0.3, 2 * y + 0.06, 0.09), rng.uniform(0.01, 0.04)).shifted(0, 0, h + 0.1)
    parts = [slab, *(m.shifted(-0.03, 0, h + 0.145) for m in _keys(0.92 * y, 0.16, count))]
    if rng.random() < 0.5:  # crossed legs
        for s in (-1, 1):
            parts.append(
                p.rod((0.05 * s, -0.6 * y * s, 0.02), (0.05 * s, 0.6 * y * s, h + 0.08), 0.028, 8).with_slot(
                    3
                )
            )
        parts += [
            side
            for s in (-0.6, 0.6)
            for side in [p.rod((-0.2, s * y, 0.03), (0.2, s * y, 0.03), 0.028, 8).with_slot(3)]
        ]
    else:
        parts += [
            p.rod((u, s * 0.8 * y, 0), (u, s * 0.8 * y, h + 0.08), 0.028, 8).with_slot(3)
            for u in (-0.1, 0.1)
            for s in (-1, 1)
        ]
    return parts


def _upright(rng: Rng, y: float, h: float, count: int) -> list[Mesh]:
    """Tall case with a shelf of keys."""
    high, deep = rng.uniform(0.8, 1.2), rng.uniform(0.2, 0.35)
    parts = [
        block((-deep, -y, 0.02), (0, y, high)),
        block((-deep - 0.02, -y - 0.02, high - 0.02), (0.03, y + 0.02, high + 0.03)),
    ]
    parts.append(block((-0.03, -0.99 * y, h), (0.25, 0.99 * y, h + 0.06)))
    parts += p.pair(block((-0.02, 0.9 * y, h - 0.01), (0.26, 1.01 * y, h + 0.14)))
    parts += p.pair(block((0.17, 0.88 * y, 0), (0.23, 0.98 * y, h + 0.03)))
    parts += [m.shifted(0.05, 0, h + 0.075) for m in _keys(0.91 * y, 0.17, count)]
    stand = block((-0.01, -0.5 * y, h + 0.15), (0.03, 0.5 * y, h + 0.32), 3).rotated(
        p.rotation((0, 1, 0), -0.15)
    )
    parts += [stand.shifted(0.1, 0, 0.02)] if rng.random() < 0.5 else []
    return parts


def _grand(rng: Rng, y: float, h: float, count: int) -> list[Mesh]:
    """Case of a wing's shape on three legs, its lid up or down."""
    parts: list[Mesh]
    length, thick = rng.uniform(0.7, 1.4), rng.uniform(0.12, 0.2)
    bend, end = rng.uniform(0.35, 0.6), rng.uniform(0.2, 0.45)
    curve = p.spline(
        np.array(
            [
                (-0.25, y),
                (-bend * length, 0.75 * y),
                (-0.85 * length, -0.1 * y + end * y),
                (-length, -0.45 * y),
                (-0.97 * length, -0.95 * y),
            ]
        ),
        24,
    )
    plan = np.concatenate([[(0.0, -y), (0.0, y)], curve, [(-0.9 * length, -y)]])
    case = p.extrude([plan], thick).shifted(0, 0, h + thick / 2)
    up = rng.choice([0.0, rng.uniform(0.4, 0.8)])
    if up:
        pit = p.extrude([plan * 0.9 - np.array([0.04, 0])], thick).shifted(0, 0, h + thick * 0.75 + 0.05)
        case = difference(case, [pit.with_slot(3)])
        parts = [
            p.rod(
                (-0.4 * length, 0.6 * y, h + thick - 0.02),
                (-0.4 * length, 0.55 * y * np.cos(up) - 0.2 * y, h + thick + 1.5 * y * np.sin(up)),
                0.02,
                6,
            )
        ]
    else:
        parts = []
    lid = (
        p.extrude([1.01 * plan], 0.035)
        .shifted(0, y, 0)
        .rotated(p.rotation((1, 0, 0), up))
        .shifted(0, -y, h + thick + 0.012)
    )
    parts += [case, lid, block((-0.05, -0.99 * y, h + 0.01), (0.22, 0.99 * y, h + 0.3 * thick))]
    parts += p.pair(block((-0.06, 0.92 * y, h - 0.01), (0.23, 1.01 * y, h + 0.7 * thick)))
    parts += [m.shifted(0.02, 0, h + 0.3 * thick + 0.015) for m in _keys(0.93 * y, 0.17, count)]
    for u, v in ((0.02, 0.85 * y), (0.02, -0.85 * y), (-0.8 * length, -0.6 * y)):
        parts.append(p.rod((u, v, 0), (u, v, h + 0.02), (0.03, 0.055), 10))
    parts.append(p.rod((0.02, 0, 0.03), (0.02, 0, h), 0.04, 8))
    return parts


def harp(rng: Rng) -> Mesh:
    """Harp with a curved neck or lyre with two arms."""
    tall, deep, count = rng.uniform(0.8, 1.3), rng.uniform(0.35, 0.6), int(rng.integers(6, 13))
    thick = rng.uniform(0.035, 0.06)
    if rng.random() < 0.55:
        sound = np.array([(-0.1, 0, 0.1), (-deep, 0, rng.uniform(0.75, 0.95) * tall)])
        neck = p.spline(
            np.array(
                [sound[1], (-0.6 * deep, 0, 0.8 * tall), (-0.25 * deep, 0, 0.92 * tall), (0.05, 0, tall)]
            ),
            20,
        )
        parts = [p.tube(sound, (rng.uniform(0.1, 0.16), 0.06), 10), p.tube(neck, thick, 10)]
        pillar = p.spline(
            np.array([(0.02, 0, 0), (rng.uniform(0, 0.15), 0, 0.5 * tall), (0.05, 0, tall)]), 16
        )
        parts += [
            p.tube(pillar, 0.9 * thick, 12).with_slot(1),
            p.rod((-0.2, 0, 0.06), (0.1, 0, 0.06), 0.11, 12),
        ]
        for u in np.linspace(0.12, 0.9, count):
            foot = sound[0] + u * (sound[1] - sound[0])
            top = float(np.interp(foot[0], neck[:, 0], neck[:, 2]))
            parts.append(p.rod(foot, [foot[0], 0, top], 0.014, 5).with_slot(2))
        return joined(rng, [*parts, p.sphere(1.3 * thick, 6).shifted(0.05, 0, tall).with_slot(1)])
    wide = deep * rng.uniform(0.6, 1.0)
    arm = p.spline(
        np.array(
            [
                (0, 0.3 * wide, 0.15),
                (0, wide, 0.35 * tall),
                (0, 0.7 * wide, 0.7 * tall),
                (0, rng.uniform(0.7, 1.1) * wide, tall),
            ]
        ),
        20,
    )
    bowl = p.superquadric((0.12, 0.8 * wide, 0.25), 0.8, 1.0, 10).shifted(0, 0, 0.22)
    parts = [bowl, *(m.with_slot(1) for m in p.pair(p.tube(arm, np.linspace(1.3, 0.8, 20) * thick, 10)))]
    parts.append(p.rod((0, -wide, 0.85 * tall), (0, wide, 0.85 * tall), 0.03, 8).with_slot(1))
    for y in np.linspace(-0.4, 0.4, count // 2) * wide:
        parts.append(p.rod((0.1, 0.7 * y, 0.22), (0, y, 0.85 * tall), 0.014, 5).with_slot(2))
    return joined(rng, parts)
