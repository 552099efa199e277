"""Machines of the kitchen table: toasters, mixers, coffee mills."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.food.meals import slice_outline
from wt_backend.training.data.families.home.appliances import axle, dial
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def arch(half: float, height: float, power: float) -> np.ndarray:
    """(31, 2) outline over the ground, from a half ellipse (`power` 1) to a rectangle (0)."""
    u = np.linspace(0, np.pi, 31)
    return np.stack(
        [half * np.sign(np.cos(u)) * np.abs(np.cos(u)) ** power, height * np.sin(u).clip(0) ** power], 1
    )


def toaster(rng: Rng) -> Mesh:
    """Toaster of one to three long slots, boxy, arched or rounded all over, with toast in it or without."""
    x, h, rows = rng.uniform(0.36, 0.65), rng.uniform(0.42, 0.7), int(rng.choice([1, 2, 2, 3]))
    pitch, power = rng.uniform(0.15, 0.21), rng.uniform(0.12, 0.5)
    y = pitch * rows / 2 + rng.uniform(0.05, 0.14)
    if rng.random() < 0.5:
        parts = [p.superquadric((x, y, h / 2), power, rng.uniform(0.15, 0.5)).shifted(0, 0, h / 2)]
    else:
        parts = [p.facing([arch(y, h, power)], 2 * x)]
        ends = p.facing([arch(y + 0.02, h + 0.02, power)], 0.12).with_slot(1)
        parts += [ends.shifted(s * x, 0, 0) for s in (-1, 1)]
    at = (np.arange(rows) - (rows - 1) / 2) * pitch
    slits = [block((-0.8 * x, v - 0.05, 0.3 * h), (0.8 * x, v + 0.05, 2 * h), 2) for v in at]
    groove = block((x - 0.03, -0.018, 0.2 * h), (x + 1, 0.018, 0.85 * h), 2)
    body = difference(union(parts), [*slits, groove])
    parts, front = [body], x + 0.02
    lever = rng.uniform(0.25, 0.75) * h
    parts.append(block((x - 0.06, -0.07, lever), (x + 0.12, 0.07, lever + 0.06), 3, 0.02))
    for v in rng.uniform(-0.65, 0.65, int(rng.integers(0, 3))) * y:
        parts.append(dial(rng.uniform(0.03, 0.06), 0.1, front, v, 0.22 * h, 3))
    loaves = 1 + int(x > 0.52)
    pop = rng.uniform(0.75, 1.35) * h
    for v in at if rng.random() < 0.7 else []:
        for u in (np.arange(loaves) - (loaves - 1) / 2) * 0.8 * x:
            toast = slice_outline(0.7 * x / loaves, pop) + [u, 0.29 * h]
            parts.append(p.upright([toast], 0.07).shifted(0, v, 0).with_slot(4))
    feet = [
        p.cylinder(0.04, 0.1, segments=12).shifted(u, v, 0)
        for u in (-0.7 * x, 0.7 * x)
        for v in (-0.6 * y, 0.6 * y)
    ]
    return joined(rng, parts + [m.with_slot(3) for m in feet]).grounded()


def mixer(rng: Rng) -> Mesh:
    """Stand mixer: foot, column and a head, level or tilted, with a whisk or hook over an open bowl."""
    r, deep = rng.uniform(0.22, 0.32), rng.uniform(0.22, 0.4)
    front, rear, wide = r + 0.12, -r - 0.22, rng.uniform(0.15, 0.24)
    foot = p.superquadric(((front - rear) / 2 + 0.05, wide + 0.06, 0.05), 0.3, rng.uniform(0.4, 1), 14)
    z = 0.08 + deep + rng.uniform(0.12, 0.2)
    lean = rng.uniform(0.0, 0.12)
    column = p.tube(
        [(rear + 0.16, 0, 0.02), (rear + 0.1 - lean, 0, z / 2), (rear + 0.12, 0, z)],
        wide * np.array([0.9, 0.7, 0.8]),
        20,
    )
    outer = outline([(r * 0.45, 0), (r * rng.uniform(0.8, 0.98), deep * 0.4), (r, deep)], 14)
    solid, cavity = solid_and_cavity(outer, 0.025, 0.03, 40)
    bowl = difference(solid, [cavity]).shifted(0, 0, 0.085).with_slot(1)
    long = (front - rear) / 2 + rng.uniform(0, 0.08)
    shape = (long, wide * rng.uniform(0.8, 1.0), wide * rng.uniform(0.7, 0.95))
    head = p.superquadric(shape, rng.uniform(0.4, 1), rng.uniform(0.4, 1)).shifted(
        (front + rear) / 2 + 0.03, 0, z + wide * 0.5
    )
    low, swell = 0.16 - z, r * rng.uniform(0.35, 0.7)
    tool: list[Mesh] = [p.rod((0, 0, 0.1), (0, 0, -0.12), 0.03).with_slot(2)]
    if rng.random() < 0.6:
        loop = p.spline(
            [(0.01, 0, -0.08), (swell, 0, 0.6 * low), (0, 0, low), (-swell, 0, 0.6 * low), (-0.01, 0, -0.08)],
            26,
        )
        tool += [
            p.tube(loop, 0.012, 6).rotated(p.rotation((0, 0, 1), a)).with_slot(2) for a in np.arange(3) * 1.05
        ]
    else:
        hook = p.spline(
            [(0, 0, -0.08), (0, swell, 0.4 * low), (0.3 * swell, -swell, 0.7 * low), (0, 0, low)], 24
        )
        tool.append(p.tube(hook, 0.028, 10).with_slot(2))
    upper = [head, *[m.shifted(0, 0, z) for m in tool]]
    upper.append(dial(wide * 0.35, 0.1, (front + rear) / 2 + long + 0.02, 0, z + wide * 0.5, 2))
    upper.append(axle(0.05, 2 * wide + 0.06, rear + 0.15, 0, z + wide * 0.4, 3))
    tilt = p.rotation((0, 1, 0), -rng.choice([0.0, 0.0, rng.uniform(0.3, 0.7)]))
    upper = [m.shifted(-rear - 0.1, 0, -z).rotated(tilt).shifted(rear + 0.1, 0, z) for m in upper]
    parts = [foot.shifted((front + rear) / 2, 0, 0.05), column, bowl, *upper]
    return joined(rng, parts).grounded()


def coffee_mill(rng: Rng) -> Mesh:
    """Coffee mill with a crank: a wooden box with a drawer, a brass cylinder or a turned mill."""
    w, h, kind = rng.uniform(0.2, 0.3), rng.uniform(0.28, 0.5), rng.integers(3)
    if kind:
        taper = rng.uniform(0.75, 1.0)
        box = p.extrude([p.regular_polygon(4, w * 2**0.5, np.pi / 4)], h, taper=taper).shifted(
            0, 0, h / 2 + 0.03
        )
        slant = w * (1 - 0.5 * (1 - taper))
        parts = [box, block((-w - 0.04, -w - 0.04, 0), (w + 0.04, w + 0.04, 0.05), 0, rng.choice([0, 0.015]))]
        parts.append(block((0, -0.7 * w, 0.09), (slant + 0.05, 0.7 * w, 0.09 + 0.38 * h), 1))
        parts.append(p.sphere(0.04, 6).shifted(slant + 0.07, 0, 0.09 + 0.19 * h).with_slot(2))
        top = w * taper + rng.uniform(0.0, 0.05)
        parts.append(block((-top, -top, h), (top, top, h + 0.05), 0))
        z, r = h + 0.045, 0.8 * w * taper
        if kind == 1:  # open cup
            solid, cavity = solid_and_cavity(
                outline([(0.5 * r, 0), (0.8 * r, 0.08), (r * 1.1, 0.2)], 10), 0.02, 0.03, 36
            )
            parts += [
                difference(solid, [cavity]).shifted(0, 0, z).with_slot(3),
                p.cylinder(0.035, 0.24).shifted(0, 0, z + 0.12).with_slot(2),
            ]
            z += 0.22
        else:  # dome
            parts.append(
                p.superquadric((r, r, 0.75 * r), rng.uniform(0.6, 1), 1).shifted(0, 0, z).with_slot(3)
            )
            z += 0.74 * r
    else:
        r, z = rng.uniform(0.11, 0.17), rng.uniform(0.7, 1.1)
        waist = [r, r * rng.uniform(0.7, 1.0), r * rng.uniform(0.9, 1.1), r * rng.uniform(0.6, 1), r * 0.8]
        if rng.random() < 0.4:
            waist = [r, r, r, r, r]
        body = outline(list(zip(waist, np.linspace(0, z, 5), strict=True)), 30)
        parts = [p.lathe(np.concatenate([[(0, 0)], body, [(0, z + 0.05)]]), 36)]
        parts += [
            p.torus(float(np.interp(t * z, body[:, 1], body[:, 0])), 0.02, 36, 8)
            .shifted(0, 0, t * z)
            .with_slot(2)
            for t in rng.uniform(0.05, 0.95, 3)
        ]
    reach, rise = rng.uniform(0.25, 0.42), rng.uniform(0.0, 0.15)
    arm = p.spline(
        [(0, 0, z + 0.07), (0.5 * reach, 0, z + 0.08 + rise), (reach, 0, z + 0.06 + 0.5 * rise)], 14
    )
    crank = [
        p.rod((0, 0, z - 0.05), (0, 0, z + 0.1), 0.03),
        p.tube(arm, 0.028, 8, flat=0.6),
        p.rod(arm[-1] - [0, 0, 0.03], arm[-1] + [0, 0, 0.1], 0.015),
    ]
    knob = p.superquadric((0.05, 0.05, rng.uniform(0.05, 0.08)), 1, 1, 6).shifted(*(arm[-1] + [0, 0, 0.1]))
    turn = p.rotation((0, 0, 1), rng.uniform(0, 6.28))
    return joined(
        rng, parts + [m.rotated(turn).with_slot(2) for m in crank] + [knob.rotated(turn).with_slot(4)]
    )
