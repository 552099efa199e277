"""Parts of machines that turn or go to and fro: crankshafts, pistons, propellers, pulleys."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.outside.street import arch, turn, turned
from wt_backend.training.data.families.works.machine_parts import flange, lying, ring
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def crankshaft(rng: Rng) -> Mesh:
    """Crankshaft of one to six throws, or camshaft of egg-shaped cams, along Y; perhaps with a flywheel."""
    throws, shaft, w = int(rng.integers(1, 7)), rng.uniform(0.07, 0.12), rng.uniform(0.05, 0.08)
    cams, step = rng.random() < 0.35, rng.uniform(0.3, 0.4)
    parts, z = [], 0.0
    arm, pattern = rng.uniform(0.14, 0.22), rng.choice([np.pi, 2 * np.pi / 3, np.pi / 2])
    for i in range(throws):
        angle = pattern * i if i < (throws + 1) // 2 or cams else pattern * (throws - 1 - i)
        if cams:
            lobe, v = rng.uniform(0.06, 0.1), np.linspace(0, 2 * np.pi, 29)[:-1]
            reach = 1.5 * shaft + (lobe + shaft) * np.clip(np.cos(v), 0, 1) ** 3
            egg = p.extrude([np.stack([reach * np.cos(v), reach * np.sin(v)], 1)], 1.4 * w)
            parts += [
                egg.shifted(0, 0, z + s).rotated(turn(angle + 0.9 * (s > 0))).with_slot(1)
                for s in (-0.08, 0.08)
            ]
            parts.append(p.cylinder(1.35 * shaft, 0.07).shifted(0, 0, z + step / 2))
        else:
            heavy = rng.uniform(1.6, 2.6) * shaft
            v = np.linspace(np.pi / 2, 3 * np.pi / 2, 14)
            web = np.concatenate(
                [
                    np.stack([heavy * 1.1 * np.cos(v) - 0.6 * shaft, heavy * np.sin(v)], 1),
                    p.regular_polygon(40, 1.25 * shaft)[[31, 34, 37, 0, 3, 6, 9]] + [arm, 0],
                ]
            )
            cheek = p.extrude([web], w).rotated(turn(angle))
            pin = p.cylinder(0.85 * shaft, 0.24, segments=24).shifted(arm, 0, z).rotated(turn(angle))
            parts += [cheek.shifted(0, 0, z - 0.11), cheek.shifted(0, 0, z + 0.11), pin.with_slot(1)]
            parts.append(p.cylinder(shaft, step - 0.2, segments=24).shifted(0, 0, z + step / 2).with_slot(1))
            if i == 0:
                parts.append(p.cylinder(shaft, 0.3, segments=24).shifted(0, 0, z - 0.25).with_slot(1))
        z += step
    if cams:
        parts.append(p.cylinder(shaft, z + 0.2, segments=24).shifted(0, 0, (z - step) / 2))
    last = z - step + 0.3
    parts.append(p.cylinder(shaft * 0.8, 0.3, segments=24).shifted(0, 0, last))
    if rng.random() < 0.6:
        r = rng.uniform(0.25, 0.4)
        wheel = (
            flange(r, 0.7 * shaft, 0.08, int(rng.integers(4, 9)))
            if rng.random() < 0.5
            else ring(r, 0.7 * r, 0.12)
        )
        parts.append(wheel.shifted(0, 0, last).with_slot(2))
        parts.append(p.cylinder(0.75 * r, 0.03).shifted(0, 0, last + 0.02).with_slot(2))
    mesh = joined(rng, [m.shifted(0, 0, -(z - step) / 2) for m in parts])
    return mesh.rotated(turn(rng.uniform(0, 6.3))).rotated(p.ALONG_Y).grounded()


def piston(rng: Rng) -> Mesh:
    """Piston with ring grooves and a connecting rod, upright or lying, hollow below; sometimes a pair."""
    r, h = rng.uniform(0.24, 0.36), rng.uniform(0.4, 0.65)
    profile, z = [(r, 0.0)], h * rng.uniform(0.5, 0.65)
    for _ in range(int(rng.integers(2, 5))):
        profile += [(r, z), (0.92 * r, z + 0.002), (0.92 * r, z + 0.03), (r, z + 0.032)]
        z += rng.uniform(0.06, 0.075)
    h = max(h, z + 0.03)
    crown = rng.choice([0.0, rng.uniform(-0.06, 0.1)])
    body = turned([*profile, (r, h), (0.8 * r, h), (0.5 * r, h + 0.8 * crown), (0.2 * r, h + crown)], 0, 40)
    cuts = [
        turned([(0.82 * r, -0.1), (0.82 * r, 0.45 * h)], 1),
        p.cylinder(0.25 * r, 3 * r, segments=20).rotated(p.ALONG_Y).shifted(0, 0, 0.25 * h),
    ]
    if rng.random() < 0.6:  # skirt cut away at the sides
        cuts.append(p.upright([arch(0.6 * r, 0.1 * h, 0.25 * h)], 4 * r).shifted(0, 0, -0.05))
    parts = [
        difference(body, cuts),
        p.cylinder(0.24 * r, 1.85 * r, segments=20).rotated(p.ALONG_Y).shifted(0, 0, 0.25 * h).with_slot(2),
    ]
    long, big, thick = rng.uniform(0.6, 1.1), rng.uniform(0.17, 0.24), rng.uniform(0.1, 0.16)
    lower, upper = 0.25 * h - long, 0.25 * h
    ends = [
        ring(big, 0.68 * big, 1.2 * thick).rotated(p.ALONG_Y).shifted(0, 0, lower),
        ring(0.42 * r, 0.23 * r, thick).rotated(p.ALONG_Y).shifted(0, 0, upper),
    ]
    beam = np.array(
        [
            (-0.5 * big, lower + 0.8 * big),
            (0.5 * big, lower + 0.8 * big),
            (0.22 * r, upper - 0.3 * r),
            (-0.22 * r, upper - 0.3 * r),
        ]
    )
    groove = [
        p.upright([(beam - beam.mean(0)) * [0.5, 0.7] + beam.mean(0)], thick).shifted(0, s * 0.75 * thick, 0)
        for s in (-1, 1)
    ]
    rod = union([difference(p.upright([beam], 0.8 * thick), groove), *ends])
    if rng.random() < 0.7:  # cap, bolted
        rod = union(
            [
                rod,
                *[
                    block(
                        (s * big - 0.05, -0.4 * thick, lower - 0.14),
                        (s * big + 0.05, 0.4 * thick, lower + 0.12),
                    )
                    for s in (-1, 1)
                ],
            ]
        )
        parts += [p.cylinder(0.03, 0.36, segments=6).shifted(s * big, 0, lower).with_slot(2) for s in (-1, 1)]
    swing = p.rotation((0, 1, 0), rng.uniform(-0.3, 0.3))
    parts = [
        parts[0],
        *[
            m.shifted(0, 0, -upper).rotated(swing).shifted(0, 0, upper)
            for m in (*parts[1:], rod.with_slot(3))
        ],
    ]
    return lying(rng, joined(rng, parts))


def propeller(rng: Rng) -> Mesh:
    """Ship's or aeroplane's propeller, impeller on a disc, or turbine wheel within a ring."""
    count, hub, kind = int(rng.integers(2, 8)), rng.uniform(0.1, 0.2), rng.integers(4)
    r, pitch = rng.uniform(0.55, 0.75), rng.uniform(0.4, 1.0) * rng.choice([-1, 1])
    v = np.linspace(-1, 1, 9)
    if kind == 1:  # aeroplane
        count, hub = int(rng.integers(2, 5)), rng.uniform(0.08, 0.13)
    if kind == 3:
        count = int(rng.integers(8, 16))
    if kind == 2:  # impeller: curved vanes that stand on a disc
        out, u = rng.uniform(0.9, 1.8), np.linspace(0, 1, 14)
        line = np.stack([(hub + (r - hub) * u) * np.cos(out * u), (hub + (r - hub) * u) * np.sin(out * u)], 1)
        high = rng.uniform(0.2, 0.35) * (1 - rng.uniform(0.2, 0.7) * u)
        low = np.stack([line, line], 1)
        side = np.concatenate([low, p.broadcast(-0.02, high)[..., None]], -1)
        normal = np.gradient(line, axis=0)[:, ::-1] * [1, -1]
        shift = 0.022 * normal / np.linalg.norm(normal, axis=1, keepdims=True)
        offset = np.concatenate([np.stack([shift, shift], 1), np.zeros((14, 2, 1))], -1)
        vane = p.slab(side + offset, side - offset)
        cone = [(1.5 * hub, -0.01), (hub, 0.15), (0.6 * hub, 0.38), (0.3 * hub, 0.4)]
        parts = [
            p.cylinder(1.02 * r, 0.05, segments=44),
            turned(cone, 1),
            *p.around(vane, int(rng.integers(5, 11))),
        ]
        return lying(rng, joined(rng, parts))
    u = np.linspace(0, 1, 12)
    chord = [
        0.55 * np.sin(np.pi * (0.12 + 0.85 * u)) ** 0.8 * rng.uniform(0.5, 0.95),
        0.14 * (1 - 0.6 * u**2) * rng.uniform(0.8, 1.4),
        None,
        0.13 + 0.05 * u,
    ][kind]
    twist = np.arctan2(pitch * 0.35, hub + (r - hub) * u)
    sweep = rng.uniform(-0.1, 0.35) * u**2 if kind == 0 else np.zeros_like(u)
    along, across = (0.7 * hub + (r - 0.7 * hub) * u)[:, None], 0.5 * chord[:, None] * v
    middle = p.broadcast(
        along, across * np.cos(twist)[:, None] + sweep[:, None], across * np.sin(twist)[:, None]
    )
    normal = p.broadcast(0.0, -np.sin(twist), np.cos(twist))[:, None]
    thick = ((0.045 - 0.02 * u)[:, None] * np.sqrt(1 - 0.85 * v**2))[..., None]
    wing = p.slab(middle + 0.7 * thick * normal, middle - 0.7 * thick * normal)
    parts = p.around(wing, count)
    depth = max(0.12, float(np.ptp(middle[0, :, 2])) * rng.uniform(0.9, 1.2))
    nose = np.linspace(0, 1.45, 7)
    tip = np.stack([hub * np.cos(nose), depth / 2 + rng.uniform(0.4, 2.0) * hub * np.sin(nose)], 1)
    parts.append(turned([(hub * rng.uniform(0.8, 1.1), -depth / 2 - 0.02), *tip], 1))
    if kind == 3 or rng.random() < 0.2:
        wall = ring(r + 0.05, r - 0.02, depth + 0.1, 48)
        parts.append(wall.with_slot(2))
    elif rng.random() < 0.35:
        parts.append(p.cylinder(0.4 * hub, 1.0, segments=16).shifted(0, 0, -0.5).with_slot(2))
    return lying(rng, joined(rng, parts))


def pulley(rng: Rng) -> Mesh:
    """Belt pulley: grooved or flat rim on spokes, a pierced or a solid web, perhaps on a stand."""
    r, grooves, spoked = rng.uniform(0.4, 0.6), int(rng.integers(1, 6)), rng.random() < 0.5
    step, hub = rng.uniform(0.1, 0.16), rng.uniform(0.1, 0.17)
    width, inner = step * grooves + 0.03, 0.72 * r
    edge = [(r, -width / 2)]
    for i in range(grooves):
        z = -width / 2 + 0.015 + step * i
        edge += [(r, z + 0.02), (0.85 * r, z + 0.4 * step), (0.85 * r, z + 0.6 * step), (r, z + step - 0.02)]
    if rng.random() < 0.25:  # a crowned flat one
        edge = [(r, -width / 2), (1.03 * r, 0)]
    rim = p.lathe([*edge, (r, width / 2), (inner, width / 2), (inner, -width / 2)], 44, closed=True)
    bore = p.cylinder(0.5 * hub, 3)
    centre = [p.cylinder(hub, width * rng.uniform(0.9, 1.4))]
    if spoked:
        bend = rng.choice([0.0, rng.uniform(0.1, 0.25)])
        arm = p.tube(
            p.spline([(0, 0, 0), (0.45 * r, bend * r, 0), (0.78 * r, 0, 0)], 12),
            np.linspace(0.07, 0.05, 12),
            10,
            flat=0.6,
        )
        centre += p.around(arm, int(rng.integers(3, 7)))
    else:
        web = p.cylinder(0.78 * r, 0.4 * width, segments=40)
        count = int(rng.integers(0, 7))
        centre.append(
            difference(
                web, p.around(p.cylinder(0.1 * r + 0.02, 1, segments=20).shifted(0.5 * r, 0, 0), count)
            )
            if count > 2
            else web
        )
    wheel = difference(union([rim, *centre]), [bore])
    if rng.random() < 0.6:
        return lying(rng, wheel)
    parts = [
        wheel.rotated(p.ALONG_Y),
        p.rod((0, -width - 0.1, 0), (0, width + 0.1, 0), 0.52 * hub, 16).with_slot(1),
    ]
    foot, high = width + 0.05, r * rng.uniform(1.15, 1.5)
    stand = np.array([(-0.6 * r, -high), (0.6 * r, -high), (0.2 * r, 0.12), (0, 0.17), (-0.2 * r, 0.12)])
    parts += p.pair(p.upright([stand], 0.06).shifted(0, foot, 0).with_slot(2))
    parts.append(block((-0.75 * r, -foot - 0.1, -high - 0.05), (0.75 * r, foot + 0.1, 0.01 - high), 2))
    return joined(rng, parts).grounded()
