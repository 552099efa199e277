"""Parts of the body as models show them: hands, feet, ears, hearts."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, joined
from wt_backend.training.data.sdf import Field, Grid

Rng = np.random.Generator
Chain = tuple[np.ndarray, np.ndarray]


def loft(f: Field, levels: ArrayLike) -> Grid:
    """Upright solid through ellipses: rows of (z, half depth along X, half width along Y), z rising."""
    curve = p.spline(levels, 60)
    height = np.maximum.accumulate(curve[:, 0])
    depth, width = (np.interp(f.z, height, curve[:, i]).astype(np.float32) for i in (1, 2))
    k0 = np.sqrt((f.x / depth) ** 2 + (f.y / width) ** 2)
    k1 = np.sqrt((f.x / depth**2) ** 2 + (f.y / width**2) ** 2)
    round_ = k0 * (k0 - 1) / np.maximum(k1, np.float32(1e-4))
    return np.maximum(round_, np.maximum(f.z - np.float32(height[-1]), np.float32(height[0]) - f.z))


def digits(rng: Rng, curl: ArrayLike, spread: float, thick: float, thumb: float) -> list[Chain]:
    """Points (4, 3) and radii of four fingers and a thumb, pointing up from a palm that looks towards +X.

    `curl` is 0 (straight) to 1 (a fist) for index to little finger, `thumb` 0 (out) to 1 (across the palm).
    """
    chains = []
    lengths = np.array([0.41, 0.46, 0.42, 0.33]) * rng.uniform(0.85, 1.2)
    joints = np.broadcast_to(np.asarray(curl, float), 4)[:, None] * [1.35, 1.6, 1.0]
    for i in range(4):
        lean = np.cumsum(joints[i])
        aside = spread * (1.5 - i) / 1.5
        along = np.stack([np.sin(lean), np.cos(lean) * np.sin(aside), np.cos(lean) * np.cos(aside)], 1)
        root = np.array([0.0, 0.115 * (1.5 - i), 0.44 - 0.02 * (i - 1) ** 2])
        steps = lengths[i] * along * np.array([0.44, 0.31, 0.25])[:, None]
        points = np.concatenate([[root], root + np.cumsum(steps, 0)])
        chains.append((points, thick * np.array([1.1, 1.0, 0.92, 0.8]) * (0.85 if i == 3 else 1)))
    out = np.array([(0.03, 0.13, 0.1), (0.1, 0.27, 0.22), (0.12, 0.37, 0.38), (0.12, 0.41, 0.53)])
    across = np.array([(0.03, 0.13, 0.1), (0.15, 0.25, 0.2), (0.25, 0.2, 0.33), (0.29, 0.05, 0.37)])
    chains.append((out + thumb * (across - out), thick * np.array([1.7, 1.3, 1.1, 0.85])))
    return chains


_POSES = [
    ((0, 0, 0, 0), 0.0), ((0.05, 0, 0, 0.08), 0.0), ((1, 1, 1, 1), 1.0), ((0, 1, 1, 1), 1.0),
    ((0, 0, 1, 1), 1.0), ((1, 1, 1, 1), -0.1), ((0, 1, 1, 0), 0.9), ((0.35, 0.35, 0.4, 0.45), 0.2),
    ((0.5, 0, 0, 0), 0.75), ((0.15, 0.25, 0.35, 0.45), 0.3),
]  # fmt: skip


def hand(rng: Rng) -> Mesh:
    """Hand, open, pointing, a fist, thumb up, V, claw; on its wrist, on a plinth or lying; bony or fat."""
    f = Field((-0.3, -0.5, -0.65), (0.62, 0.75, 1.12), 76)
    curl, thumb = _POSES[rng.integers(len(_POSES))]
    thick, k = rng.uniform(0.048, 0.072), rng.uniform(0.03, 0.06)
    wrist, slim = -rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.16)
    tilt = rng.normal(0, 0.06)
    f.add(f.block((0.0, 0, 0.26), (0.19, 0.44, 0.42), 0.085))
    f.add(f.ball((0.05, 0.13, 0.15), (0.11, 0.12, 0.17)), 0.08)
    forearm = [(tilt, 0, wrist), (0, 0, 0.08)]
    f.add(f.chain(forearm, (slim * rng.uniform(0.9, 1.25), slim)), 0.12)
    bent = np.clip(np.array(curl) + rng.uniform(0, 0.08, 4), 0, 1)
    for points, radii in digits(rng, bent, rng.uniform(0, 0.28) * (1 - max(curl)), thick, thumb):
        f.add(f.chain(points, radii), k)
    cuff = rng.random() < 0.35
    if cuff:
        f.add(f.chain([(tilt, 0, wrist), (0.3 * tilt, 0, wrist + 0.12)], slim * 1.35), 0.02, slot=1)
    f.cut(f.half_space((0, 0, -1), -wrist))
    mesh = f.mesh()
    if rng.random() < 0.5:
        mesh = mesh.scaled((1, -1, 1))
    pick = rng.random()
    if pick < 0.25:
        base = p.cylinder(0.35, rng.uniform(0.08, 0.3), rng.uniform(0.28, 0.35), int(rng.choice([4, 8, 36])))
        return joined(rng, [mesh, base.shifted(0, 0, wrist - 0.02).with_slot(2)]).grounded()
    if pick < 0.6:  # on its back, on its side, palm down
        turn = [p.rotation((0, 1, 0), -1.5708), p.ALONG_X, p.ALONG_Y][rng.integers(3)]
        mesh = mesh.rotated(turn)
    return mesh.grounded()


def foot(rng: Rng) -> Mesh:
    """Bare foot with its toes at +X, flat, on tiptoe or raised, cut above the ankle or below the knee."""
    f = Field((-0.7, -0.45, -0.16), (0.85, 0.45, 1.2), 62)
    k, wide, raised = (
        rng.uniform(0.06, 0.12),
        rng.uniform(0.14, 0.2),
        rng.choice([0.0, rng.uniform(0.1, 0.45)]),
    )
    heel, ball = np.array([-0.42, 0, 0.1 + raised]), np.array([0.28, 0, 0.06])
    ankle = np.array([-0.33 + 0.25 * raised, 0, 0.36 + raised])
    shin = ankle + [rng.uniform(-0.05, 0.1), 0, rng.uniform(0.15, 0.35)]
    f.add(f.ball(heel, (0.15, 0.125, 0.12)))
    for side, inward in ((1, 1.0), (-1, 0.85)):  # towards the great and the little toe
        front = ball + [0.06 * inward, side * wide * 0.55, 0]
        f.add(f.chain([heel, front], (0.1, 0.085 * inward)), k)
        f.add(f.chain([ankle - [0, 0, 0.02], front + [-0.12, 0, 0.05]], (0.12, 0.075)), k)
    f.add(f.chain([heel + [0.05, 0, 0.02], ankle, shin], (0.11, 0.115, rng.uniform(0.11, 0.16))), k)
    for side in (-1, 1):
        f.add(f.ball(ankle + [0, side * 0.105, -0.02], 0.05), 0.04)
    toe, bend = rng.uniform(0.8, 1.15), rng.uniform(-0.03, 0.08)
    for i in range(5):
        r = (0.07, 0.052, 0.048, 0.044, 0.04)[i] * toe
        root = ball + [0.08 - 0.028 * i, wide * (0.78 - 0.4 * i), -0.06 + r]
        tip = root + np.array([(0.2, 0.2, 0.17, 0.14, 0.11)[i] * toe, 0.01 - 0.012 * i, 0])
        f.add(f.chain([root, (root + tip) / 2 + [0, 0, max(bend, 0)], tip], (r * 0.85, r * 0.85, r)), 0.025)
        if rng.random() < 0.9:
            f.add(f.ball(tip + [r * 0.45, 0, r * 0.6], (r * 0.6, r * 0.6, r * 0.35)), slot=1)
    f.cut(f.half_space((0, 0, -1), 0.0))
    f.cut(f.half_space(p.rotation((0, 1, 0), rng.normal(0, 0.15)) @ [0, 0, 1], float(shin[2])))
    mesh = f.mesh()
    if rng.random() < 0.5:
        mesh = mesh.scaled((1, -1, 1))
    return mesh.rotated(
        p.rotation((0, 1, 0), -rng.choice([0.0, rng.uniform(0, 1.5)], p=[0.75, 0.25]))
    ).grounded()


def ear(rng: Rng) -> Mesh:
    """Outer ear with rim, fold, hollow and lobe, facing +X; round or pointed, on a plate, with a ring."""
    f = Field((-0.4, -0.62, -0.95), (0.5, 0.75, 1.2), 68)
    thick, wide, point = (
        rng.uniform(0.055, 0.085),
        rng.uniform(0.38, 0.5),
        rng.choice([0, rng.uniform(0.1, 0.3)]),
    )
    f.add(f.ball((0, 0.02, 0.12), (0.13, wide, 0.66)))
    f.add(f.ball((0.02, -0.12, -0.6), (0.11, rng.uniform(0.14, 0.22), rng.uniform(0.16, 0.28))), 0.1)
    f.cut(f.ball((0.17, 0.0, 0.15), (0.16, wide * 0.82, 0.55)), 0.04)
    rim = np.array([
        (0.1, -0.2, 0.05), (0.12, -0.34, 0.22), (0.11, -0.3, 0.5), (0.1, -0.08, 0.72),
        (0.08, 0.22, 0.68 + point), (0.05, 0.42, 0.4), (0.04, 0.4, 0.05), (0.05, 0.22, -0.35),
        (0.05, 0, -0.62),
    ]) * [1, wide / 0.42, 1]  # fmt: skip
    f.add(f.chain(p.spline(rim, 22), np.linspace(1.0, 0.9, 22) * thick), 0.04)
    fold = np.array([(0.07, 0.02, 0.5), (0.08, 0.19, 0.25), (0.09, 0.15, -0.1), (0.1, -0.02, -0.38)])
    f.add(f.chain(p.spline(fold, 9), thick * rng.uniform(0.75, 1.1)), 0.06)
    f.add(f.chain([(0.1, -0.3, 0.0), (0.16, -0.2, -0.12)], (0.08, 0.06)), 0.08)
    f.cut(f.ball((0.16, -0.07, -0.03), (0.22, 0.09, 0.16)), 0.03)
    parts = [f.mesh()]
    pick = rng.random()
    if pick < 0.35:
        plate = block((-0.3, -0.62, -0.95), (-0.03, 0.62, 1.0), 1, 0.05)
        parts.append(plate)
    elif pick < 0.6:
        parts.append(p.rod((-0.4, -0.18, 0.05), (0, -0.1, 0.05), (0.45, 0.3), 24))
    if rng.random() < 0.35:
        ring = rng.uniform(0.1, 0.22)
        hoop = p.torus(ring, 0.025, 28, 8).rotated(p.ALONG_Y).shifted(0.05, -0.12, -0.72 - ring)
        parts.append(hoop.with_slot(2))
    mesh = joined(rng, parts)
    return mesh.scaled((1, rng.choice([-1, 1]), 1)).grounded()


def heart_organ(rng: Rng) -> Mesh:
    """Anatomical heart with its great vessels cut off short, perhaps cut open, hanging free or on a stand."""
    f = Field((-0.6, -0.7, -0.95), (0.6, 0.7, 1.05), 58)
    k, plump = rng.uniform(0.08, 0.16), rng.uniform(0.85, 1.15)
    apex = np.array([0.08, 0.26, -0.68])
    f.add(f.ball((0, 0.05, -0.05), np.array([0.36, 0.43, 0.42]) * plump))
    f.add(f.limb((0.02, 0.1, -0.2), apex, 0.33 * plump, rng.uniform(0.13, 0.2)), k)
    f.add(f.limb((0.16, -0.2, 0.05), (0.14, 0.08, -0.5), 0.25 * plump, 0.13), 0.07)
    f.add(f.ball((-0.02, -0.33, 0.24), (0.24, 0.2, 0.26)), 0.08, slot=int(rng.random() < 0.5))
    f.add(f.ball((-0.1, 0.28, 0.28), (0.24, 0.19, 0.2)), 0.08)
    r = rng.uniform(0.09, 0.13)
    top, far = rng.uniform(0.62, 0.78), rng.uniform(0.2, 0.36)
    arch = [
        (0.05, -0.02, 0.2),
        (0.04, -0.06, 0.5),
        (-0.05, 0.06, top),
        (-0.18, far, top - 0.1),
        (-0.22, far, 0.3),
    ]
    f.add(f.chain(p.spline(arch, 12), r), 0.04, slot=2)
    for i, y in enumerate((-0.04, 0.08, 0.19)):
        root = np.array([-0.05 - 0.04 * i, y, top])
        f.add(f.limb(root, root + [0, 0.04 * (i - 1), 0.2], 0.055, 0.05), 0.03, slot=2)
    trunk = [(0.2, 0.02, 0.2), (0.2, 0.1, 0.42), (0.05, 0.3, 0.5), (0.0, 0.52, 0.5)]
    f.add(f.chain(p.spline(trunk, 8), r * 0.9), 0.04, slot=3)
    f.add(f.chain([(-0.05, -0.36, 0.1), (-0.08, -0.34, rng.uniform(0.6, 0.8))], r * 0.85), 0.04, slot=3)
    for side in (-1, 1):
        f.add(
            f.limb((-0.2, 0, 0.3), (-0.3, side * 0.55, 0.3 + rng.uniform(-0.1, 0.1)), 0.09, 0.06),
            0.05,
            slot=3,
        )
    for _ in range(int(rng.integers(0, 4))):  # coronary vessels
        y = rng.uniform(-0.2, 0.25)
        path = [
            (0.42 * plump, y, 0.1),
            (0.4 * plump, y + rng.normal(0.05, 0.05), -0.2),
            (0.24, y * 0.4 + 0.15, -0.5),
        ]
        f.add(f.chain(p.spline(path, 5), 0.035), 0.03, slot=2)
    for place in ((0, 0.08, 1.0), (0, 0.55, 0.5)):
        f.cut(f.ball(place, 0.1), 0.0)
    parts = [f.mesh()]
    if rng.random() < 0.25:  # of plaster
        parts = [parts[0].with_slot(0)]
    if rng.random() < 0.35:
        parts.append(p.rod((0, 0.2, -1.0), (0.05, 0.2, -0.5), 0.03).with_slot(4))
        parts.append(p.cylinder(0.35, 0.08, 0.3, 32).shifted(0, 0.15, -1.0).with_slot(4))
    mesh = joined(rng, parts).rotated(p.rotation((0, 0, 1), rng.normal(0, 0.3)))
    return mesh.grounded()
