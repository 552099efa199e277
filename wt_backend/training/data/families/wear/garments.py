"""Clothes on nobody, hollow where a body goes: shirts, trousers, dresses."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.living.anatomy import loft
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def paint(f: Field, where: NDArray[np.bool_], slot: int) -> None:
    """Another material wherever a condition on the field's axes holds."""
    f.owner[np.broadcast_to(where, f.owner.shape)] = slot


def _open(f: Field, end: np.ndarray, way: np.ndarray, radius: float) -> None:
    """Cut a hollow limb open at its end."""
    way = way / np.linalg.norm(way)
    f.cut(np.maximum(f.half_space(way, float(way @ end)), f.ball(end + 0.4 * radius * way, radius)))


def _band(f: Field, end: np.ndarray, way: np.ndarray, radius: float, long: float, slot: int) -> None:
    """Another material on the last bit of a limb."""
    way = way / np.linalg.norm(way)
    paint(f, np.maximum(f.half_space(way, float(way @ end) - long), f.ball(end, radius)) < 0, slot)


def _hung_or_laid(rng: Rng, mesh: Mesh, share: float = 0.35) -> Mesh:
    """A garment as if worn, or flat on its back or front on the ground."""
    if rng.random() > share:
        return mesh.grounded()
    flat = mesh.scaled((rng.uniform(0.3, 0.6), 1, 1))
    return flat.rotated(p.rotation((0, 1, 0), rng.choice([-1, 1]) * np.pi / 2)).grounded()


def shirt(rng: Rng) -> Mesh:
    """T-shirt, jumper, polo shirt, vest, hoodie or open jacket with its front at +X, arms down to wide."""
    f = Field((-0.5, -1.35, -0.95), (0.65, 1.35, 0.8), 84)
    fit, low, arms = rng.uniform(0.85, 1.2), -rng.uniform(0.45, 0.75), rng.uniform(0.5, 1.45)
    hem, chest, wall = 0.38 * fit * rng.uniform(0.85, 1.2), 0.38 * fit, rng.uniform(0.055, 0.07)
    f.add(loft(f, [(low, 0.22 * fit, hem), (-0.25, 0.2 * fit, 0.36 * fit), (0.1, 0.22 * fit, chest),
                   (0.34, 0.16, 0.36), (0.44, 0.14, 0.2), (0.5, 0.13, 0.15)]))  # fmt: skip
    kind, rib = rng.integers(5), int(rng.choice([0, 1]))  # vest, T-shirt, jumper, hoodie, jacket
    long = [0.0, rng.uniform(0.25, 0.4), 0.75, 0.75, rng.uniform(0.6, 0.8)][kind]
    thick = rng.uniform(0.11, 0.16)
    shoulder = np.array([0, 0.29, 0.26])
    sleeves = []
    for side in (-1, 1):
        way = np.array([rng.uniform(0, 0.3), side * np.sin(arms), -np.cos(arms)])
        bend = way + [rng.uniform(0, 0.9), 0, rng.normal(0, 0.15)] if long > 0.38 else way
        bend /= np.linalg.norm(bend)
        root = shoulder * [1, side, 1]
        elbow = root + way * min(long, 0.38)
        end = elbow + bend * max(long - 0.38, 0.0)
        if long:
            f.add(f.chain([root, elbow, end + 0.06 * bend], (thick * 1.25, thick, thick * 0.85)), 0.07)
        sleeves.append((end, bend))
    if kind == 3 and rng.random() < 0.8:
        f.add(f.ball((-0.14, 0, 0.56), (0.2, 0.22, 0.18)), 0.06)
    f.ripple(rng, rng.uniform(0.0, 0.012), rng.uniform(5, 11))
    f.hollow(wall)
    f.cut(f.half_space((0, 0, -1), -low - 0.03))
    deep = rng.choice([0.0, rng.uniform(0.1, 0.3)])
    f.cut(np.maximum(f.ball((0.06, 0, 0.54), (0.2, rng.uniform(0.14, 0.2), 0.15)), np.float32(0.36) - f.z))
    f.cut(f.half_space((-0.2, 0, 1), 0.47) if kind != 3 else f.ball((0.12, 0, 0.58), (0.26, 0.16, 0.2)))
    if deep:  # a V
        f.cut(np.maximum(np.abs(f.y) * np.float32(1.6) + np.float32(0.46 - deep) - f.z, -f.x))
    if kind == 4:  # open before
        gap = rng.uniform(0.03, 0.14)
        f.cut(
            np.maximum(
                np.abs(f.y) - np.float32(gap) - (np.float32(0.2) - f.z) * np.float32(rng.uniform(0, 0.3)),
                -f.x,
            )
        )
    for end, way in sleeves:
        if long:
            _open(f, end, way, 0.26)
            _band(f, end, way, 0.26, 0.09, rib)
        else:
            f.cut(f.ball((0, np.sign(end[1]) * 0.4, 0.2), (0.3, 0.13, 0.22)))
    paint(f, (f.z < low + 0.13), rib)
    if rng.random() < 0.25:  # stripes
        wide = rng.uniform(0.12, 0.3)
        paint(f, (f.z / wide) % 1 < 0.5, 2)
    mesh = f.mesh()
    if kind in (1, 4) and rng.random() < 0.7:
        aside = 0.16 * (kind == 4)
        front = mesh.vertices[np.abs(mesh.vertices[:, 1] - aside) < 0.04]
        buttons = []
        for z in np.linspace(low + 0.15, 0.3 - deep, int(rng.integers(3, 6))):
            near = front[np.abs(front[:, 2] - z) < 0.04]
            if len(near):
                button = p.sphere(0.026, 6).shifted(near[:, 0].max() - 0.005, aside, z)
                buttons.append(button.with_slot(3))
        mesh = union([mesh, *buttons])
    return _hung_or_laid(rng, mesh)


def trousers(rng: Rng) -> Mesh:
    """Trousers, flared or tapering, shorts, or dungarees with a bib, standing astride, walking or lying."""
    f = Field((-0.75, -0.6, -1.3), (0.75, 0.6, 0.32), 62)
    waist, hip, depth = rng.uniform(0.19, 0.26), rng.uniform(0.24, 0.31), rng.uniform(0.13, 0.18)
    long = rng.choice([rng.uniform(0.25, 0.45), rng.uniform(0.85, 1.0)], p=[0.35, 0.65])
    apart, wall = rng.uniform(0.02, 0.12), rng.uniform(0.05, 0.06)
    f.add(
        loft(
            f,
            [
                (-0.22, depth, hip),
                (-0.05, depth, hip),
                (0.12, 0.9 * depth, waist * 1.05),
                (0.3, 0.85 * depth, waist),
            ],
        )
    )
    thigh, foot = hip * 0.52, rng.uniform(0.085, 0.17)
    ends = []
    for side in (-1, 1):
        root = np.array([0, side * hip * 0.5, -0.1])
        stride = rng.normal(0, 0.12)
        knee = root + [stride + 0.04, side * apart * 0.6, -0.45]
        ankle = root + [rng.normal(0, 0.04) + 1.2 * stride, side * apart, -0.9]
        if long < 0.5:  # shorts
            end, way = root + (knee - root) * long / 0.45, knee - root
            f.add(f.limb(root, end + 0.3 * way, thigh, thigh), 0.05)
        else:
            end, way = knee + (ankle - knee) * (long / 0.45 - 1), ankle - knee
            path = [root, (root + knee) / 2, knee, end, end + 0.3 * way]
            f.add(f.chain(path, (thigh, thigh, (thigh + min(foot, 0.14)) / 2, foot, foot)), 0.05)
        ends.append((end, way))
    f.ripple(rng, rng.uniform(0.0, 0.01), rng.uniform(6, 12))
    f.hollow(wall)
    f.cut(f.half_space((0, 0, 1), 0.24))
    cuff = int(rng.choice([0, 2]))
    for end, way in ends:
        _open(f, end, way, 0.34)
        _band(f, end, way, 0.32, 0.1, cuff)
    paint(f, f.z > 0.14, int(rng.random() < 0.7))
    parts = [f.mesh()]
    bib = rng.random() < 0.3
    x = 0.83 * depth
    if bib:
        tall, wide = rng.uniform(0.25, 0.4), waist * 0.62
        parts.append(block((x - 0.05, -wide, 0.1), (x, wide, 0.2 + tall), 0, 0.015))
        parts.append(block((x - 0.02, -wide * 0.5, 0.25), (x + 0.025, wide * 0.5, 0.1 + tall), 2, 0.01))
        over = [
            (x - 0.03, wide * 0.8, 0.08 + tall),
            (0.3 * x, wide * 0.9, 0.24 + tall),
            (-0.6 * x, wide * 0.7, 0.12 + tall),
            (-x, 0.05, 0.16),
        ]
        parts += p.pair(p.tube(p.spline(over, 18), 0.02, 8, flat=2.0))
    elif rng.random() < 0.6:
        parts.append(p.rounded_box((0.05, 0.09, 0.07), 0.02).shifted(0.86 * depth, 0, 0.19).with_slot(3))
    return _hung_or_laid(rng, joined(rng, parts))


def dress(rng: Rng) -> Mesh:
    """Skirt or dress with folds, short to long, on straps, with sleeves or strapless, perhaps flounced."""
    low, hem = -rng.uniform(0.3, 1.05), rng.uniform(0.22, 0.6)
    waist, chest, flat = rng.uniform(0.15, 0.2), rng.uniform(0.2, 0.26), rng.uniform(0.65, 0.95)
    skirt, belled = rng.random() < 0.3, rng.uniform(0.5, 1.8)
    u = np.linspace(0, 1, 14)[:, None]
    outer = np.concatenate([(waist + (hem - waist) * (1 - u) ** belled), low * (1 - u)], 1)
    collar = rng.random() < 0.4 and not skirt
    top = 0.44 if collar else rng.uniform(0.26, 0.34)
    if skirt:
        outer = np.concatenate([outer, [(waist, 0.06)]])
    else:
        knots = [
            outer[-1],
            (chest, 0.24),
            *([(chest * 0.95, 0.36), (0.1, 0.44)] if collar else [(chest * 0.98, top)]),
        ]
        outer = np.concatenate([outer[:-1], p.spline(knots, 9)])
    wall = rng.uniform(0.018, 0.035)
    inner = outer[::-1] - np.array([wall, 0])
    parts = [p.lathe(np.concatenate([outer, inner]), 56, closed=True).with_crease(SMOOTH)]
    folds, amp, tiers = int(rng.integers(4, 16)), rng.uniform(0.02, 0.16), int(rng.choice([0, 0, 2, 3]))
    amp *= 0.5 if tiers else 1

    def draped(mesh: Mesh) -> Mesh:
        v = mesh.vertices.copy()
        down = np.clip(v[:, 2] / low, 0, 1)
        turn = np.arctan2(v[:, 1], v[:, 0])
        wave = 1 + amp * down**0.8 * (np.cos(folds * turn) + 0.4 * np.cos((folds // 2) * turn + 1))
        return mesh.moved(v * np.stack([wave * flat, wave, np.ones_like(wave)], 1))

    for i in range(tiers):  # flounces
        z = low * (0.98 - 0.7 * i / tiers)
        r = float(np.interp(z, outer[:, 1], outer[:, 0]))
        ring = [
            (r - 0.6 * wall, z - 0.02),
            (r + 0.07, z - 0.02),
            (r + 0.05, z + 0.04),
            (r - 0.6 * wall, z + 0.16),
        ]
        parts.append(p.lathe(ring, 56, closed=True).with_slot(2))
    if rng.random() < 0.55 or skirt:
        band = [
            (waist - wall * 0.6, -0.03),
            (waist + 0.025, -0.03),
            (waist + 0.025, 0.05),
            (waist - wall * 0.6, 0.05),
        ]
        parts.append(p.lathe(band, 56, closed=True).with_slot(1))
    cloth = draped(union(parts))
    extra = []
    if collar:  # without sleeves it were a closed bottle
        puff, long = rng.uniform(0.07, 0.12), rng.uniform(0.12, 0.6)
        path = p.spline([(0, 0.12, 0.34), (0, 0.26, 0.32), (0, 0.28 + 0.4 * long, 0.3 - long)], 12)
        swell = puff * np.interp(np.linspace(0, 1, 12), [0, 0.4, 1], [0.8, 1.1, rng.uniform(0.6, 1.4)])
        solid = p.tube(path, swell, 16)
        bore = p.tube(
            np.concatenate([path[5:], path[-1:] + 0.5 * (path[-1:] - path[-2:-1])]),
            np.append(swell[5:], swell[-1]) - 0.022,
            16,
        )
        extra = p.pair(difference(solid, [bore]))
    elif not skirt and not collar and rng.random() < 0.75:
        y, in_ = chest * rng.uniform(0.5, 0.72), chest * 0.88
        bow = [
            (flat * in_ * 0.8, y, top - 0.05),
            (0.1, y * 0.85, top + 0.1),
            (-0.08, y * 0.85, top + 0.1),
            (-flat * in_ * 0.8, y, top - 0.05),
        ]
        extra = p.pair(
            p.tube(p.spline(bow, 20), rng.uniform(0.014, 0.03), 8, flat=1.6).with_slot(
                int(rng.random() < 0.4)
            )
        )
    mesh = joined(rng, [cloth, *extra])
    return mesh.grounded() if rng.random() < 0.8 else _hung_or_laid(rng, mesh, 1.0)
