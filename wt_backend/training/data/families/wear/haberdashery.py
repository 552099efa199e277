"""Small things to wear: gloves, socks, ties, belts."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.living.anatomy import digits
from wt_backend.training.data.families.wear.garments import paint
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def strap(path: ArrayLike, thick: ArrayLike, wide: float, closed: bool = False) -> Mesh:
    """A flat band standing on edge along a curve (N, 2) of the ground's plane, `wide` high, from z = 0."""
    path = np.asarray(path, float)
    step = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    aside = np.stack([-step[:, 1], step[:, 0]], 1) / np.linalg.norm(step, axis=1, keepdims=True)
    aside *= np.broadcast_to(np.asarray(thick, float) / 2, len(path))[:, None]
    left, right = path + aside, path - aside
    outline = [left, right] if closed else [np.concatenate([left, right[::-1]])]
    return p.extrude(outline, wide).shifted(0, 0, wide / 2)


def glove(rng: Rng) -> Mesh:
    """Glove, mitten, gauntlet or boxing glove, open at the wrist, fingers up or lying."""
    f = Field((-0.42, -0.6, -0.55), (0.62, 0.8, 1.15), 72)
    kind, k, wrist = rng.integers(4), rng.uniform(0.04, 0.09), -rng.uniform(0.12, 0.42)
    wide, slim = rng.uniform(0.16, 0.22) * (1.35 if kind == 2 else 1.0), rng.uniform(0.14, 0.18)
    f.add(f.block((0, 0, 0.24), (0.27, 0.48, 0.46), 0.12))
    curl, spread, thumb = rng.uniform(0, 0.35), rng.uniform(0.05, 0.25), rng.uniform(-0.1, 0.5)
    chains = digits(
        rng, curl + rng.uniform(-0.1, 0.1, 4).clip(-curl), spread, rng.uniform(0.07, 0.085), thumb
    )
    if kind == 1:  # mitten
        tip = rng.uniform(0.62, 0.8)
        f.add(f.block((0.03, -0.01, tip - 0.2), (0.28, rng.uniform(0.4, 0.48), 0.56), 0.135), 0.08)
        chains = chains[4:]
    elif kind == 3:  # for boxing
        f.add(f.ball((0.1, -0.03, 0.5), (0.28, 0.31, 0.36)), 0.12)
        chains = [(chains[4][0] + [0.08, 0.06, 0.08], chains[4][1] * 1.6)]
    for points, radii in chains:
        f.add(f.chain(points, radii * (1.25 if kind == 1 else 1)), k)
    f.add(f.chain([(0, 0, wrist - 0.1), (0, 0, 0.1)], (wide, slim)), 0.08)
    shell = np.abs(f.value + np.float32(0.035)) - np.float32(0.035)
    f.value = np.where(f.z < 0.25, shell, f.value)
    f.cut(f.half_space((0, 0, -1), -wrist))
    paint(f, f.z < wrist + rng.uniform(0.08, 0.3), int(rng.random() < 0.8))
    parts = [f.mesh()]
    if rng.random() < 0.4:
        ring = p.torus(slim * 1.02, 0.04, 32, 10).shifted(0, 0, min(wrist + 0.3, 0.02)).with_slot(2)
        parts.append(ring)
    mesh = joined(rng, parts).scaled((1, rng.choice([-1, 1]), 1))
    lying = rng.random()
    if lying < 0.45:
        mesh = mesh.rotated(p.rotation((0, 1, 0), rng.choice([-1, 1]) * np.pi / 2))
    return mesh.grounded()


def sock(rng: Rng) -> Mesh:
    """Sock or Christmas stocking, toe at +X, open above; its cuff, heel and toe or stripes set off."""
    f = Field((-0.52, -0.36, -0.25), (0.95, 0.36, 1.4), 72)
    tall, long, leg = rng.uniform(0.3, 1.1), rng.uniform(0.4, 0.65), rng.uniform(0.13, 0.2)
    wall, lift = rng.uniform(0.055, 0.07), rng.uniform(-0.05, 0.2)
    toe = np.array([long, 0, rng.uniform(-0.02, 0.06) + lift])
    top = np.array([rng.normal(0, 0.06), 0, tall])
    f.add(
        f.chain(
            np.array([(0, 0, 0), (0.02, 0, 0.45 * tall), top, top + [0, 0, 0.1]]),
            (0.15, leg * 0.85, leg, leg * 1.02),
        )
    )
    f.add(f.chain(np.array([(0, 0, 0), (long * 0.55, 0, 0.4 * lift), toe]), (0.16, 0.14, 0.135)), 0.1)
    if rng.random() < 0.6:
        paint(f, (f.x > long - 0.02) | (f.x + 1.2 * f.z < -0.04), 1)
    if rng.random() < 0.35:
        stripe = rng.uniform(0.12, 0.25)
        paint(f, ((np.maximum(f.z, 0) + np.maximum(f.x, 0)) / np.float32(stripe)) % 1 < 0.5, 2)
    f.ripple(rng, rng.uniform(0.0, 0.01), rng.uniform(6, 12))
    fold = rng.uniform(0.1, 0.25) if rng.random() < 0.6 else 0.0
    outer = f.value.copy()
    f.hollow(wall)
    if fold:  # the cuff turned down
        cuff = np.maximum(
            outer - np.float32(0.06), np.abs(f.z - np.float32(tall - fold / 2)) - np.float32(fold / 2)
        )
        f.add(np.maximum(cuff, -outer), 0.02, slot=3)
    f.cut(f.half_space((rng.uniform(-0.3, 0.3), 0, 1), tall))
    mesh = f.mesh().scaled((1, rng.choice([1.0, rng.uniform(0.3, 0.7)]), 1))
    if rng.random() < 0.35:
        loop = (
            p.torus(0.06, 0.015, 20, 8).rotated(p.ALONG_Y).shifted(top[0] - leg, 0, tall + 0.03).with_slot(3)
        )
        mesh = joined(rng, [mesh, loop])
    return mesh.rotated(p.ALONG_Y).grounded() if rng.random() < 0.35 else mesh.grounded()


def necktie(rng: Rng) -> Mesh:
    """Tie, knotted, hanging or laid down, or a bow tie with straight or drooping wings; front at +X."""
    neck, slim = rng.uniform(0.16, 0.22), rng.uniform(0.022, 0.035)
    u = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    loop = strap(
        np.stack([neck * 0.85 * np.cos(u) - neck * 0.8, neck * np.sin(u)], 1),
        slim,
        rng.uniform(0.06, 0.1),
        True,
    )
    tilt = p.rotation((0, 1, 0), rng.uniform(0, 0.35))
    parts = [loop.rotated(tilt).shifted(0, 0, -0.02)] if rng.random() < 0.6 else []
    if rng.random() < 0.4:  # bow tie
        wing, tall, deep = rng.uniform(0.18, 0.4), rng.uniform(0.08, 0.2), rng.uniform(0.04, 0.09)
        y, v = np.linspace(0.0, wing, 14), np.linspace(-1, 1, 11)
        half = tall * np.interp(y / wing, [0, 0.6, 1], [rng.uniform(0.3, 0.5), 0.95, rng.uniform(0.8, 1.15)])
        z = half[:, None] * v - rng.choice([0, rng.uniform(0, 0.8)]) * y[:, None] ** 2
        pleat = (
            deep
            * (0.55 + 0.3 * np.cos(v * np.pi * rng.choice([1, 2, 3])))[None]
            * (0.4 + 0.6 * y[:, None] / wing)
        )
        sheet = np.stack([pleat, y[:, None] + 0.06 * np.abs(v) * (y[:, None] / wing), z], -1)
        half_bow = p.slab(sheet, sheet * [-1, 1, 1]).shifted(0.02, 0, 0)
        parts += p.pair(half_bow.with_crease(SMOOTH))
        parts.append(
            p.superquadric((deep * 0.9, 0.055, 0.42 * tall + 0.02), 0.5, 0.7, 10)
            .shifted(0.02, 0, 0)
            .with_slot(int(rng.random() < 0.3))
        )
        return joined(rng, parts).grounded()
    long, wide, thick = rng.uniform(0.7, 1.2), rng.uniform(0.07, 0.16), rng.uniform(0.025, 0.04)
    square = rng.random() < 0.2
    knot = p.extrude(
        [np.array([(-0.05, -0.05), (0.05, -0.05), (0.05, 0.05), (-0.05, 0.05)])],
        0.12,
        taper=rng.uniform(1.2, 1.7),
        steps=4,
    )
    parts.append(knot.scaled((0.75, 1, rng.uniform(0.8, 1.2))))
    sway, out = rng.normal(0, 0.05), rng.uniform(0.0, 0.12)
    for length, w, x in ((long, wide, 0.015), (long * rng.uniform(0.6, 0.95), 0.6 * wide, -0.025)):
        s = np.linspace(0, 1, 22)
        half = np.interp(s, [0, 0.75, 0.92, 1], [0.03, w, w * 1.05, w if square else 0.004])
        v = np.linspace(-1, 1, 7)
        front = x + out * np.sin(np.pi * s) + 0.012 * np.sin(2 * np.pi * s)
        sheet = p.broadcast(
            front[:, None] - 0.02 * v**2,
            half[:, None] * v + (sway * s**2)[:, None],
            (-0.04 - length * s)[:, None],
        )
        parts.append(p.slab(sheet + [thick / 2, 0, 0], sheet - [thick / 2, 0, 0]).with_slot(0))
    if rng.random() < 0.3:
        parts.append(
            block((-0.03, -wide * 0.9, -0.5 * long), (0.06 + out, wide * 0.9, -0.5 * long + 0.025), 2)
        )
    mesh = joined(rng, parts)
    return (
        mesh.grounded() if rng.random() < 0.7 else mesh.rotated(p.rotation((0, 1, 0), -np.pi / 2)).grounded()
    )


def belt(rng: Rng) -> Mesh:
    """Belt rolled up, buckled to a ring or loosely wound, on edge, with a buckle and holes."""
    wide, thick, kind = rng.uniform(0.1, 0.24), rng.uniform(0.018, 0.035), rng.integers(3)
    if kind == 0:  # a tight coil
        turns, pitch = rng.uniform(2.5, 5.0), thick * rng.uniform(1.35, 2.2)
        u = np.linspace(0, turns * 2 * np.pi, int(36 * turns))
        radius = rng.uniform(0.05, 0.12) + pitch * u / (2 * np.pi)
    elif kind == 1:  # buckled
        u = np.linspace(0.06, 2 * np.pi + rng.uniform(0.15, 0.9), 80)
        radius = 0.5 + (thick * 1.25) * np.clip((u - 5.6) / 0.6, 0, 1)
    else:
        u = np.linspace(0, rng.uniform(5, 10), 90)
        radius = rng.uniform(0.3, 0.45) + 0.04 * u + 0.03 * np.sin(1.7 * u)
    squash = rng.uniform(0.6, 1.0) if kind != 0 else 1.0
    path = np.stack([radius * np.cos(u), squash * radius * np.sin(u)], 1)
    band = strap(path, thick, wide)
    end, way = path[-1], path[-1] - path[-2]
    way /= np.linalg.norm(way)
    holes = []
    for i in range(int(rng.integers(3, 7))):
        at = np.argmin(
            np.abs(np.linalg.norm(path - path[0], axis=1) - (0.08 + 0.07 * i))
            + 9 * (np.arange(len(path)) > 40)
        )
        normal = np.array([(path[at + 1] - path[at])[1], -(path[at + 1] - path[at])[0], 0])
        normal /= np.linalg.norm(normal)
        centre = np.array([*path[at], wide / 2])
        holes.append(p.rod(centre - normal * 0.9 * thick, centre + normal * 0.9 * thick, 0.02, 10))
    if kind != 0:
        band = difference(band, holes)
    long = wide * rng.uniform(0.6, 1.3)
    frame = [np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [long / 2, wide * 0.65]]
    if rng.random() < 0.45:
        frame = [p.regular_polygon(28, 1.0) * [long * 0.6, wide * 0.7]]
    plate = rng.random() < 0.3
    buckle = p.extrude(frame if plate else [frame[0], frame[0] * 0.74], thick * 1.3)
    turn = np.array([[way[0], 0, way[1]], [way[1], 0, -way[0]], [0, 1, 0]])
    parts = [
        buckle,
        *([] if plate else [p.rod((-long / 2, 0, thick * 0.3), (long / 2, 0, thick * 0.3), 0.016, 8)]),
    ]
    metal = union(parts).rotated(turn).shifted(*(end + way * long * 0.42), wide / 2).with_slot(1)
    mesh = joined(rng, [band, metal])
    if rng.random() < 0.25:
        mesh = mesh.rotated(p.ALONG_X)
    return mesh.grounded()
