"""Heads and bodies without limbs: busts on a plinth, dummies of shops and tailors."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.living.anatomy import loft
from wt_backend.training.data.mesh import Mesh, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def _human_head(f: Field, rng: Rng, up: float, hair: int) -> None:
    """Head of 0.9 high whose chin is near z = `up`, facing +X, with hair in a slot of its own."""
    c = np.array([0.0, 0, up + 0.5])
    wide, jaw = rng.uniform(0.29, 0.34), rng.uniform(0.14, 0.22)
    f.add(f.ball(c + [-0.03, 0, 0.1], (0.38, wide, 0.34)), 0.08)
    f.add(f.limb(c + [0.08, 0, -0.05], c + [0.18, 0, -0.36], 0.24, jaw), 0.1)
    for side in (-1, 1):
        f.cut(f.ball(c + [0.36, side * 0.13, 0.0], (0.09, 0.09, 0.06)), 0.08)
        f.add(f.ball(c + [0.25, side * 0.125, 0.0], 0.06), 0.01)
        f.add(f.limb(c + [0.31, side * 0.05, 0.1], c + [0.25, side * 0.2, 0.1], 0.04, 0.03), 0.06)
        f.add(f.ball(c + [0.22, side * 0.16, -0.12], (0.1, 0.1, 0.08)), 0.08)
        f.add(f.ball(c + [-0.02, side * wide, -0.04], (0.06, 0.04, 0.1)), 0.02)
    f.add(f.limb(c + [0.32, 0, 0.07], c + [0.38 + rng.uniform(0, 0.06), 0, -0.11], 0.035, 0.05), 0.07)
    for z in (-0.2, -0.25):
        f.add(f.limb(c + [0.34, -0.05, z], c + [0.34, 0.05, z], 0.035, 0.035), 0.035)
    kind = rng.integers(5)
    if kind == 0:
        return
    cap = f.ball(c + [-0.06, 0, 0.14], (0.4, wide + 0.05, 0.36))
    brow = f.x - np.float32(0.16) - (f.z - np.float32(c[2] + 0.12)) * np.float32(rng.uniform(0.4, 0.9))
    f.add(np.maximum(cap, brow), 0.02, slot=hair)
    if kind == 2:
        f.add(f.ball(c + [-0.42, 0, rng.uniform(0.0, 0.4)], rng.uniform(0.12, 0.18)), 0.03, slot=hair)
    elif kind == 3:
        for side in (-1, 1):
            path = [
                c + [-0.1, side * wide, 0.1],
                c + [-0.12, side * (wide + 0.05), -0.3],
                c + [-0.05, side * 0.3, -0.6],
            ]
            f.add(f.chain(path, (0.12, 0.12, 0.08)), 0.06, slot=hair)
        f.add(f.limb(c + [-0.28, 0, 0.1], c + [-0.26, 0, -0.55], 0.18, 0.14), 0.06, slot=hair)
    elif kind == 4:
        f.add(f.ball(c + [0.24, 0, -0.42], (0.16, 0.17, rng.uniform(0.14, 0.25))), 0.05, slot=hair)


def bust(rng: Rng) -> Mesh:
    """Bust facing +X: head, neck and shoulders or a chest, cut off, on a turned or square plinth."""
    f = Field((-0.65, -0.95, -0.62), (0.7, 0.95, 1.05), 66)
    neck, wide = rng.uniform(0.13, 0.18), rng.uniform(0.45, 0.85)
    _human_head(f, rng, 0.0, int(rng.choice([0, 1])))
    f.add(f.chain([(-0.08, 0, -0.2), (0, 0, 0.25)], (neck * 1.15, neck)), 0.08)
    robe = int(rng.choice([0, 2]))
    if wide > 0.55:
        f.add(f.ball((-0.08, 0, -0.45), (0.27, wide, rng.uniform(0.22, 0.32))), 0.16, slot=robe)
        f.add(f.ball((0.02, 0, -0.6), (0.27, 0.42, 0.3)), 0.1, slot=robe)
        egg = f.ball((0, 0, -0.1), (0.7, wide * 0.92, 0.52))
        f.cut(np.maximum(-egg, f.z + np.float32(0.15)), 0.02)  # below the chin only
        low = -0.56
    else:
        f.add(f.ball((-0.05, 0, -0.25), (0.2, 0.34, 0.17)), 0.14, slot=robe)
        low = -0.36
    f.cut(f.half_space((0, 0, -1), -low))
    r, tall = rng.uniform(0.16, 0.24), rng.uniform(0.15, 0.5)
    if rng.random() < 0.55:
        knots = [
            (r * 1.6, 0),
            (r * 1.6, 0.06),
            (r * 0.8, 0.35 * tall),
            (r * 0.7, 0.7 * tall),
            (r * 1.2, tall),
        ]
        curve = p.spline(knots, 18).clip(0.02)
        curve[0, 1] = 0
        plinth = p.lathe([(0, 0), *curve, (0, curve[-1, 1])], int(rng.choice([8, 40])))
    else:
        w = r * rng.uniform(1.0, 1.6)
        plinth = block((-w, -w, 0), (w, w, tall), 0, 0.01)
        plinth = joined(rng, [plinth, block((-w - 0.05, -w - 0.05, 0), (w + 0.05, w + 0.05, 0.07))], 0)
    return joined(rng, [f.mesh(), plinth.shifted(-0.03, 0, low + 0.03 - tall).with_slot(3)]).grounded()


def mannequin(rng: Rng) -> Mesh:
    """Torso of a shop window or tailor's dummy, woman or man, on a stand, a tripod or none."""
    f = Field((-0.45, -0.7, -0.95), (0.5, 0.7, 0.95), 70)
    woman = rng.random() < 0.55
    chest, waist, hip = rng.uniform(0.3, 0.36), rng.uniform(0.2, 0.27), rng.uniform(0.31, 0.38)
    if not woman:
        chest, waist, hip = chest + 0.06, waist + 0.07, hip - 0.04
    low, neck = -rng.uniform(0.45, 0.75), rng.uniform(0.09, 0.12)
    f.add(loft(f, [
        (low, 0.2, hip * 0.85), (-0.4, 0.23, hip), (-0.1, 0.17, waist), (0.2, 0.2, chest),
        (0.42, 0.15, chest * 1.12), (0.52, 0.1, chest * 0.6), (0.6, neck, neck * 1.1),
        (0.74, neck * 0.9, neck),
    ]))  # fmt: skip
    for side in (-1, 1):
        if woman:
            f.add(f.ball((0.15, side * 0.145, 0.22), rng.uniform(0.11, 0.14)), 0.08)
            f.add(f.ball((-0.12, side * 0.15, -0.42), 0.16), 0.12)
        else:
            f.add(f.ball((0.12, side * 0.16, 0.28), (0.1, 0.17, 0.12)), 0.08)
        f.add(f.ball((0, side * chest, 0.38), (0.12, 0.11, 0.13)), 0.08)
    arms, thighs = rng.random(), rng.random() < 0.4
    for side in (-1, 1):
        if arms < 0.4:
            f.add(f.limb((0, side * chest, 0.36), (0, side * (chest + 0.12), 0.1), 0.1, 0.08), 0.06)
        if thighs:
            f.add(f.limb((0, side * 0.17, -0.5), (0.03, side * 0.19, -0.85), 0.18, 0.15), 0.06)
    if arms < 0.4:
        f.cut(np.maximum(f.half_space((0, 0, -1), -0.12), np.float32(chest + 0.02) - np.abs(f.y)))
    f.cut(f.half_space((0, 0, -1), 0.8 if thighs else -low - 0.02))
    parts, base = [f.mesh()], -0.8 if thighs else low
    if arms >= 0.4:
        disc = p.cylinder(0.1, 0.03, segments=24).rotated(p.ALONG_Y)
        parts += [m.with_slot(2) for m in p.pair(disc.shifted(0, chest + 0.1, 0.37))]
    if rng.random() < 0.7:
        knob = p.lathe(
            [(0, 0.7), (neck * 1.05, 0.72), (neck * 1.05, 0.77), (0.03, 0.8), (0.05, 0.86), (0, 0.9)], 24
        )
        parts.append(knob.with_slot(2))
    if rng.random() < 0.8:
        tall = rng.uniform(0.3, 1.0)
        parts.append(p.rod((0, 0, base - tall), (0, 0, base + 0.25), 0.035, 14).with_slot(2))
        if rng.random() < 0.5:
            leg = p.tube(
                p.spline([(0, 0, 0.25), (0.12, 0, 0.22), (0.3, 0, 0.05), (0.4, 0, 0.02)], 12), 0.03, 8
            )
            parts += [
                m.shifted(0, 0, base - tall).with_slot(2) for m in p.around(leg, int(rng.integers(3, 5)))
            ]
        else:
            parts.append(p.cylinder(0.32, 0.05, 0.3, 36).shifted(0, 0, base - tall).with_slot(2))
    return joined(rng, parts).grounded()
