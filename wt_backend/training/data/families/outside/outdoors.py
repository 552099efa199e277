"""Fountains and wells, fences and gates, benches and swings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import shell_profile
from wt_backend.training.data.mesh import Mesh, joined

Rng = np.random.Generator


def _basin(rng: Rng, r: float, height: float, sides: int) -> Mesh:
    """Open bowl on z = 0: straight-sided or curved, its wall thick."""
    foot = r * rng.choice([1.0, rng.uniform(0.3, 0.9)])
    u = np.linspace(0, 1, 8)
    outer = np.stack([foot + (r - foot) * u ** rng.uniform(0.5, 1.0), height * u], 1)
    return p.lathe(shell_profile(outer, 0.08 * r + 0.02, 0.03), sides)


def fountain(rng: Rng) -> Mesh:
    """Fountain with one to three basins on a column, a bird bath, or a well under a roof."""
    r, height, sides = rng.uniform(0.4, 0.7), rng.uniform(0.15, 0.35), int(rng.choice([6, 8, 36]))
    if rng.random() < 0.25:  # well
        return _well(rng, r, height, sides)
    tiers, z, parts = int(rng.integers(1, 4)), 0.0, []
    if rng.random() < 0.75 or tiers == 1:
        basin = _basin(rng, r, height, sides)
        parts = (
            [basin, p.cylinder(0.85 * r, 0.05, segments=36).shifted(0, 0, 0.55 * height).with_slot(2)]
            if rng.random() < 0.6
            else [basin]
        )
    else:
        parts = [p.cylinder(0.4 * r, 0.12, 0.3 * r, sides).shifted(0, 0, 0.06)]
    z = 0.02
    for _ in range(tiers):
        stem, r, step = rng.uniform(0.12, 0.25) * r, r * rng.uniform(0.5, 0.75), rng.uniform(0.25, 0.5)
        knots = stem * rng.uniform(0.6, 1.6, 5)
        radius = p.spline(knots[:, None], 14)[:, 0].clip(0.025)
        level = np.linspace(z, z + step, 14)
        parts.append(
            p.lathe(np.concatenate([[[0, z]], np.stack([radius, level], 1), [[0, z + step]]]), 20).with_slot(
                1
            )
        )
        z += step - 0.03
        parts.append(_basin(rng, r, rng.uniform(0.3, 0.5) * r, 36).shifted(0, 0, z))
        z += 0.02
    if rng.random() < 0.6:
        top = (
            p.lathe([(0, 0), (0.2 * r, 0), (0.12 * r, 0.2), (0.3 * r, 0.3), (0, 0.42)], 20)
            if rng.random() < 0.5
            else p.capsule(0.25 * r, 0.3 * r).shifted(0, 0, 0.3 * r)
        )
        parts.append(top.shifted(0, 0, z).with_slot(3))
    return joined(rng, parts)


def _well(rng: Rng, r: float, height: float, sides: int) -> Mesh:
    """Well with a bucket under a little roof."""
    ring = p.lathe([(r, 0), (r, 1.5 * height), (0.8 * r, 1.5 * height), (0.8 * r, 0)], sides, closed=True)
    water = p.cylinder(0.85 * r, 0.05).shifted(0, 0, 0.03).with_slot(2)
    roof, rise = rng.uniform(0.9, 1.3), rng.uniform(0.2, 0.45)
    posts = p.pair(block((-0.05, 0.85 * r, 0.1), (0.05, 0.85 * r + 0.09, roof + 0.05), 1))
    gable = p.upright(
        [
            np.array(
                [
                    (-0.9 * r, 0),
                    (0, rise),
                    (0.9 * r, 0),
                    (0.9 * r, 0.06),
                    (0, rise + 0.07),
                    (-0.9 * r, 0.06),
                ]
            )
        ],
        2.6 * r,
    )
    beam = p.rod((0, -r, 0.75 * roof), (0, r, 0.75 * roof), 0.05).with_slot(1)
    ends = p.pair(
        p.upright([np.array([(-0.7 * r, 0), (0.7 * r, 0), (0, rise)])], 0.05)
        .shifted(0, 0.9 * r, roof + 0.03)
        .with_slot(1)
    )
    bucket = p.lathe(shell_profile(np.array([(0.09, 0), (0.1, 0.08), (0.12, 0.18)]), 0.02, 0.03), 16)
    rope = p.rod((0, 0, 0.55 * roof), (0, 0, 0.75 * roof), 0.018, 6)
    return joined(
        rng,
        [
            ring,
            water,
            *posts,
            *ends,
            gable.shifted(0, 0, roof).with_slot(3),
            beam,
            bucket.shifted(0, 0, 0.55 * roof - 0.02).with_slot(2),
            rope,
        ],
    )


def fence(rng: Rng) -> Mesh:
    """Picket, rail, board or iron fence, or a gate between pillars, along Y."""
    length, tall, kind = rng.uniform(0.5, 1.1), rng.uniform(0.35, 0.8), int(rng.integers(5))
    if kind == 4:
        return joined(rng, _gate(rng, 0.5 * length, tall))
    post, count = rng.uniform(0.03, 0.06), int(rng.integers(2, 5))
    parts = []
    cap = rng.integers(3)
    for y in np.linspace(-length, length, count):
        parts.append(block((-post, y - post, 0), (post, y + post, 1.08 * tall), 1))
        if cap == 1:
            parts.append(p.sphere(1.3 * post, 6).shifted(0, y, 1.08 * tall + 0.8 * post).with_slot(1))
        elif cap == 2:
            tip = p.cylinder(1.414 * 1.3 * post, 1.5 * post, 0, 4).rotated(p.rotation((0, 0, 1), np.pi / 4))
            parts.append(tip.shifted(0, y, 1.08 * tall + 0.7 * post).with_slot(1))
    rails = np.linspace(0.25, 0.8, int(rng.integers(2, 5)) if kind == 0 else 2) * tall
    thick = rng.uniform(0.02, 0.04) if kind == 0 else 0.024
    thick = min(thick, 0.17 * tall / len(rails))
    for z in rails:
        if rng.random() < 0.5:
            parts.append(block((-0.02, -length, z - 1.3 * thick), (0.02, length, z + 1.3 * thick)))
        else:
            parts.append(p.rod((0, -length, z), (0, length, z), thick, 8))
    if kind == 0:
        if rng.random() < 0.4:
            bays = np.linspace(-length, length, count)
            parts += [p.rod((0, a, 0.2 * tall), (0, b, 0.8 * tall), 0.022, 6) for a, b in pairwise(bays)]
        return joined(rng, parts)
    pitch = rng.uniform(0.1, 0.2)
    wave, wide = rng.choice([0.0, rng.uniform(-0.25, 0.25)]), pitch * rng.uniform(0.35, 0.9) / 2
    for y in np.arange(-length + pitch, length - 0.4 * pitch, pitch):
        top = tall * (1 + wave * np.cos(np.pi * y / length * (count - 1)))
        if kind == 1:  # pickets with points
            outline = np.array(
                [(-wide, 0.06), (wide, 0.06), (wide, top - 0.06), (0, top), (-wide, top - 0.06)]
            )
            board = p.facing([outline], 0.03)
            parts.append(board.shifted(0.03, y, 0).with_slot(2))
        elif kind == 2:
            parts.append(block((0.015, y - wide, 0.04), (0.045, y + wide, top), 2, rng.choice([0, 0.01])))
        else:
            parts.append(p.rod((0, y, 0.05), (0, y, top), 0.018, 6).with_slot(2))
            parts.append(p.rod((0, y, top - 0.01), (0, y, top + 0.09), (0.035, 0.004), 6).with_slot(2))
    return joined(rng, parts)


def _gate(rng: Rng, y: float, tall: float) -> list[Mesh]:
    wide, high = rng.uniform(0.07, 0.14), tall * rng.uniform(1.0, 1.5)
    pillar = [block((-wide, y, 0), (wide, y + 2 * wide, high), 1)]
    pillar.append(
        block((-1.2 * wide, y - 0.2 * wide, high - 0.02), (1.2 * wide, y + 2.2 * wide, high + 0.05), 1)
    )
    pillar.append(p.sphere(0.8 * wide, 6).shifted(0, y + wide, high + 0.05 + 0.6 * wide).with_slot(1))
    parts = [side for m in pillar[: int(rng.integers(1, 4))] for side in p.pair(m)]
    swing, arch = (
        p.rotation((0, 0, 1), rng.choice([0.0, rng.uniform(0, 1.4)])),
        rng.uniform(-0.35, 0.35) * tall,
    )
    leaf = [block((-0.022, 0, z), (0.022, y - 0.02, z + 0.05)) for z in (0.06, 0.5 * tall)]
    edge = np.linspace(0.03, y - 0.04, 6)
    height = tall * 0.85 + arch * (edge / y) ** 2
    leaf += [p.rod((0, u, 0.08), (0, u, h), 0.02, 6) for u, h in zip(edge, height, strict=True)]
    leaf.append(p.tube(np.stack([0 * edge, edge, height], 1), 0.024, 8))
    for part in leaf:
        hung = part.shifted(0, -y - 0.01, 0)
        parts += p.pair(hung.shifted(0, y, 0).rotated(swing).shifted(0, -y - 0.005, 0))
    if rng.random() < 0.3:
        bow = np.array(
            [(0, -y - wide, high), (0, -0.5 * y, high + 0.25), (0, 0.5 * y, high + 0.25), (0, y + wide, high)]
        )
        parts.append(p.tube(p.spline(bow, 18), 0.03, 8).with_slot(2))
    return parts


def bench(rng: Rng) -> Mesh:
    """Park bench of slats, stone bench, picnic table with benches, or garden swing."""
    y, deep, h = rng.uniform(0.4, 0.9), rng.uniform(0.18, 0.26), rng.uniform(0.32, 0.45)
    kind = int(rng.choice(4, p=[0.45, 0.15, 0.2, 0.2]))
    if kind == 1:
        return _stone_bench(rng, y, deep, h)
    if kind == 2:
        return _picnic_table(rng, y, h)
    count, lean = int(rng.integers(2, 6)), rng.uniform(0.05, 0.3)
    step = 2 * deep / count
    parts = [
        block((x + 0.01, -y, h - 0.035), (x + step - 0.01, y, h)) for x in -deep + step * np.arange(count)
    ]
    back = rng.uniform(0.3, 0.5)
    rows = int(rng.integers(1, 4)) if rng.random() < 0.85 else 0
    for i in range(rows):
        z, tall = h + 0.1 + (back - 0.08) * i / rows, 0.7 * (back - 0.08) / rows
        slat = block((-deep - 0.03, -y, z), (-deep + 0.01, y, z + tall)).shifted(-lean * (z - h), 0, 0)
        parts.append(slat)
    frame = []
    for s in np.linspace(-0.85, 0.85, 2 + int(y > 0.75)) * y:
        frame.append(
            p.rod((-deep - lean * back - 0.02, s, h + back + 0.05), (-deep - 0.01, s, h - 0.02), 0.03, 8)
        )
        frame.append(p.rod((-deep, s, h - 0.05), (deep, s, h - 0.05), 0.03, 8))
        if kind == 0:
            frame.append(p.rod((-deep, s, h - 0.04), (-deep - 0.05, s, 0), 0.03, 8))
            frame.append(p.rod((deep - 0.03, s, h - 0.04), (deep, s, 0), 0.03, 8))
    if rng.random() < 0.6:  # arms
        bow = np.array(
            [
                (-deep - 0.03, 0, h + 0.2),
                (0, 0, h + 0.23),
                (deep - 0.02, 0, h + 0.2),
                (deep - 0.03, 0, h - 0.04),
            ]
        )
        frame += p.pair(p.tube(p.spline(bow, 14), 0.025, 8).shifted(0, 0.85 * y, 0))
    parts += [m.with_slot(1) for m in frame]
    if kind == 3:
        parts += _swing_frame(rng, y, deep, h, h + back)
    return joined(rng, parts)


def _swing_frame(rng: Rng, y: float, deep: float, h: float, z: float) -> list[Mesh]:
    """What a seat at height h with its back up to z hangs in: two pairs of posts, ropes, perhaps a roof."""
    top, out = z + rng.uniform(0.4, 0.8), y + 0.15
    bars = [p.rod((0, -out - 0.05, top), (0, out + 0.05, top), 0.04, 8)]
    for s in (-1, 1):
        bars += p.pair(p.rod((s * 0.55, out, -0.15), (0, out, top), 0.035, 8))
        bars += p.pair(p.rod((s * deep, 0.85 * y, h - 0.05), (0, 0.85 * y, top), 0.02, 6))
    parts = [bar.with_slot(1) for bar in bars]
    if rng.random() < 0.5:
        roof = np.array([(-0.5, 0), (0.5, 0), (0.4, 0.08), (-0.4, 0.08)])
        parts.append(p.upright([roof], 2 * out + 0.1).shifted(0, 0, top).with_slot(2))
    return parts


def _picnic_table(rng: Rng, y: float, h: float) -> Mesh:
    """Table and two benches on one frame."""
    top = h + rng.uniform(0.2, 0.3)
    parts = [block((x - 0.08, -y, top - 0.04), (x + 0.07, y, top)) for x in np.linspace(-0.24, 0.24, 4)]
    for s in (-1, 1):
        out = rng.uniform(0.5, 0.6)
        parts.append(block((s * out - 0.11, -y, h - 0.04), (s * out + 0.11, y, h)))
        parts += p.pair(p.rod((s * 0.5, 0.7 * y, 0), (s * 0.1, 0.7 * y, top - 0.02), 0.035, 6).with_slot(1))
    parts += p.pair(block((-0.58, 0.7 * y - 0.03, h - 0.09), (0.58, 0.7 * y + 0.03, h - 0.03), 1))
    return joined(rng, parts)


def _stone_bench(rng: Rng, y: float, deep: float, h: float) -> Mesh:
    """Slab on two blocks, perhaps with a back."""
    parts = [block((-deep, -y, h - 0.1), (deep, y, h), 0, rng.choice([0, 0.03]))]
    for s in (-0.65, 0.65):
        parts.append(block((-0.7 * deep, s * y - 0.08, 0), (0.7 * deep, s * y + 0.08, h - 0.05), 1))
    if rng.random() < 0.4:
        parts.append(
            block((-deep - 0.02, -y + 0.02, h - 0.06), (-deep + 0.1, y - 0.02, h + rng.uniform(0.2, 0.45)))
        )
    return joined(rng, parts)
