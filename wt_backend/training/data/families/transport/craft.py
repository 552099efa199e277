"""Craft that dive, fly, roll, hang and glide: submarines, saucers, tanks, drones, sleighs, all facing +X."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.transport.vehicles import wheel
from wt_backend.training.data.mesh import Mesh, joined, union

Rng = np.random.Generator


def loft(
    x: np.ndarray, half: np.ndarray, low: np.ndarray, high: np.ndarray, square: float = 1.0, sides: int = 24
) -> Mesh:
    """Closed body along X from height `low` to `high` at every x (N,); sections round or, below 1, boxy."""
    body = p.tube(p.broadcast(x, 0.0, 0.0), 1.0, sides)
    v = body.vertices
    across = np.sign(v[:, 1:]) * np.abs(v[:, 1:]) ** square
    at = [np.interp(v[:, 0], x, values) for values in (half, (high + low) / 2, (high - low) / 2)]
    return Mesh.build(np.stack([v[:, 0], across[:, 0] * at[0], at[1] + across[:, 1] * at[2]], 1), body.faces)


def _propeller(count: int, reach: float, chord: float, pitch: float = 0.4) -> Mesh:
    """Blades of slot 2 about Z round a hub of slot 3."""
    outline = p.regular_polygon(14) * [reach / 2, chord / 2] + [reach / 2, 0]
    blade = p.extrude([outline], 0.026).rotated(p.rotation((1, 0, 0), pitch)).with_slot(2)
    hub = p.cylinder(0.25 * chord + 0.012, 0.09, segments=14).with_slot(3)
    return union([*p.around(blade, count), hub])


def _drawn_round(circles: list[tuple[float, float, float]]) -> np.ndarray:
    """(N, 2) outline of a band drawn tight round circles of (x, z, radius)."""
    points = np.concatenate([p.regular_polygon(20, r) + np.array([x, z]) for x, z, r in circles])
    return points[ConvexHull(points).vertices]


def submarine(rng: Rng) -> Mesh:
    """Submarine: plump with portholes and a dome, or long with a tower, planes and a tail cross."""
    plump = rng.random() < 0.4
    x, r = (rng.uniform(0.5, 0.8), rng.uniform(0.26, 0.38)) if plump else (1.0, rng.uniform(0.1, 0.18))
    u, bow, tail = -np.cos(np.linspace(0, np.pi, 34)), rng.uniform(0.25, 0.6), rng.uniform(0.4, 0.9)
    front = np.sqrt(np.clip(1 - np.clip((u - 1 + bow) / bow, 0, 1) ** 2, 0, 1))
    back = 1 - rng.uniform(0.75, 0.88) * np.clip((-u - 1 + tail) / tail, 0, 1) ** rng.uniform(1.3, 2.5)
    half = np.maximum(r * front * back, 0.005)
    hull = loft(u * x, half, -half, half, rng.choice([1.0, 1.0, 0.8]), 32)
    if rng.random() < 0.5:
        hull.slot[hull.vertices[hull.faces].mean(1)[:, 2] < 0] = 1
    at, long, high = rng.uniform(-0.1, 0.4) * x, rng.uniform(0.12, 0.24), rng.uniform(0.1, 0.26)
    plan = p.regular_polygon(24) * [long, rng.uniform(0.25, 0.5) * long]
    tower = p.extrude([plan], 0.6 * r + high, taper=rng.uniform(0.75, 1.0))
    parts = [hull, tower.shifted(at, 0, 0.4 * r + (0.6 * r + high) / 2)]
    for u0 in rng.uniform(-0.6, 0.6, int(rng.integers(0, 4))) * long:  # periscopes, masts
        top = r + high + rng.uniform(0.08, 0.3)
        parts.append(p.rod((at + u0, 0, r), (at + u0, 0, top), 0.018, 8).with_slot(3))
        if rng.random() < 0.5:
            parts.append(p.rod((at + u0 - 0.01, 0, top), (at + u0 + 0.07, 0, top), 0.025, 8).with_slot(3))
    span, chord = r * rng.uniform(1.2, 1.9), rng.uniform(0.07, 0.14)
    fin = np.array([(0, -0.3 * r), (0, 0.3 * r), (-0.1, span), (-0.1 - chord, span), (-0.22, -0.3 * r)])
    crossed = rng.choice([0.0, 0.0, np.pi / 4])
    for i in range(4):
        turned = p.upright([fin], 0.035).rotated(p.rotation((1, 0, 0), crossed + i * np.pi / 2))
        parts.append(turned.shifted(-0.7 * x, 0, 0).with_slot(1))
    parts.append(_propeller(int(rng.integers(3, 6)), 0.75 * r, 0.35 * r).rotated(p.ALONG_X).shifted(-x, 0, 0))
    if rng.random() < 0.7:  # planes on the tower or the bow
        place = (at, 0.0, r + 0.5 * high) if rng.random() < 0.5 else (0.6 * x, 0.0, 0.0)
        parts.append(p.box((0.12, 2 * long + 2 * r * (place[2] == 0), 0.03)).shifted(*place).with_slot(1))
    if plump:
        ring = p.torus(0.26 * r, 0.08 * r, 20, 8).rotated(p.ALONG_Y).with_slot(3)
        pane = p.cylinder(0.26 * r, 0.06, segments=20).rotated(p.ALONG_Y).with_slot(4)
        for u0 in np.linspace(-0.25, 0.55, int(rng.integers(2, 4))):
            side = float(np.interp(u0 * x, u * x, half)) * 0.97
            parts += [port for m in (ring, pane) for port in p.pair(m.shifted(u0 * x, side, 0.08 * r))]
        if rng.random() < 0.5:
            parts.append(p.sphere(0.6 * r, 10).shifted(x - 0.5 * r, 0, 0).with_slot(4))
    return joined(rng, parts).grounded()


def saucer(rng: Rng) -> Mesh:
    """Flying saucer: a lens or a hat, a dome, lights round it, hovering aslant or on three legs."""
    r, q = rng.uniform(0.6, 0.9), np.linspace(0, 1, 14)
    high, low, rim = rng.uniform(0.1, 0.32), rng.uniform(0.06, 0.25), rng.uniform(0.02, 0.09)
    bend, belly = rng.uniform(0.6, 2.6), rng.uniform(0.7, 3.0)
    top = np.stack([r * q, rim + high * (1 - q**bend)], 1)
    disc = p.lathe(np.concatenate([np.stack([r * q, -low * (1 - q**belly)], 1), top[::-1]]), 48)
    disc.slot[(disc.vertices[disc.faces].mean(1)[:, 2] < 0) & (rng.random() < 0.4)] = 2
    parts, glass = [disc], r * rng.uniform(0.22, 0.5)
    seat = rim + high * (1 - (glass / r) ** bend)
    dome = p.superquadric((glass, glass, glass * rng.uniform(0.6, 1.2)), rng.uniform(0.6, 1.1), 1.0)
    parts.append(dome.shifted(0, 0, seat).with_slot(1))
    if rng.random() < 0.5:
        parts.append(p.torus(glass, 0.03, 36, 8).shifted(0, 0, seat + 0.005).with_slot(3))
    if rng.random() < 0.75:  # lights
        out, count, size = rng.choice([0.72, 0.99]), int(rng.integers(6, 19)), rng.uniform(0.03, 0.06)
        level = rim / 2 if out > 0.9 else rim + high * (1 - out**bend)
        parts += p.around(p.sphere(size, 6).shifted(out * r, 0, level).with_slot(4), count)
    if rng.random() < 0.4:
        parts.append(p.torus(r * rng.uniform(0.8, 1.02), rim / 2 + 0.03, 48, 10).with_slot(3))
    base = p.cylinder(0.3 * r, 0.12, 0.42 * r, 32).shifted(0, 0, -low - rng.uniform(0.0, 0.05))
    parts.append(base.with_slot(3))
    if rng.random() < 0.4:
        tip = seat + 1.2 * glass + 0.15
        parts += [
            p.rod((0, 0, seat), (0, 0, tip), 0.018, 8).with_slot(3),
            p.sphere(0.04, 6).shifted(0, 0, tip),
        ]
    if rng.random() < 0.5:
        return joined(rng, parts).rotated(p.rotation(rng.normal(size=3), rng.uniform(0, 0.4))).grounded()
    foot, count = -low - rng.uniform(0.2, 0.45), int(rng.integers(3, 5))
    legs = [p.rod((0.45 * r, 0, -0.3 * low), (0.75 * r, 0, foot), 0.03, 8)]
    legs.append(p.cylinder(0.09, 0.04, segments=16).shifted(0.75 * r, 0, foot))
    parts += [m.with_slot(3) for leg in legs for m in p.around(leg, count)]
    if rng.random() < 0.4:
        ramp = np.array([(0.1, -low), (0.2, -low), (0.62 * r + 0.1, foot), (0.62 * r, foot)])
        parts.append(p.upright([ramp], 0.2).rotated(p.rotation((0, 0, 1), np.pi / 3)).with_slot(2))
    return joined(rng, parts).grounded()


def tank(rng: Rng) -> Mesh:
    """Tank: hull between tracks over road wheels, a turret turned anywhere, its gun raised."""
    x, y, r = rng.uniform(0.65, 0.9), rng.uniform(0.2, 0.32), rng.uniform(0.09, 0.16)
    broad, lift, end = rng.uniform(0.13, 0.2), rng.uniform(0.0, 0.12), r * rng.uniform(0.55, 0.9)
    spots = np.linspace(-x + 2 * r, x - 2 * r, int(rng.integers(3, 7)))
    r = min(r, 0.48 * float(spots[1] - spots[0]))
    circles = [(u, r + 0.03, r) for u in spots] + [(s * (x - end), r + 0.05 + lift, end) for s in (-1.0, 1.0)]
    band = [_drawn_round([(u, z, radius + grow) for u, z, radius in circles]) for grow in (0.03, -0.01)]
    track = [p.upright(band, broad).with_slot(2)]
    track += [wheel(radius, 0.8 * broad).with_slot(3).shifted(u, 0, z) for u, z, radius in circles]
    parts = [side for m in track for side in p.pair(m.shifted(0, y + broad / 2 + 0.01, 0))]
    low, deck = 0.6 * r, 2 * r + lift + rng.uniform(0.05, 0.16)
    nose, slope = rng.uniform(0.85, 1.05) * x, rng.uniform(0.35, 0.75) * x
    side = np.array(
        [(-0.95 * x, 1.4 * r), (-0.8 * x, low), (0.7 * x, low), (nose, 1.6 * r), (slope, deck), (-x, deck)]
    )
    parts.append(p.upright([side], 2 * y + 0.04))
    if rng.random() < 0.7:  # mudguards
        top = 2 * r + lift + 0.07
        guard = block((-x, y - 0.02, top), (0.92 * x, y + broad + 0.03, top + 0.03))
        parts += p.pair(guard)
    wide, tall, z = rng.uniform(0.9, 1.3) * y, rng.uniform(0.13, 0.24), deck - 0.01
    shape = [p.regular_polygon(28), p.regular_polygon(6), p.regular_polygon(4, 1.35, np.pi / 4)][
        rng.integers(3)
    ]
    house = p.extrude([shape * [wide * rng.uniform(1.1, 1.6), wide]], tall, taper=rng.uniform(0.6, 0.95))
    if rng.random() < 0.3:
        house = p.superquadric((1.3 * wide, wide, tall), 0.8, 0.9, 10).shifted(0, 0, -0.4 * tall)
    thick, reach = rng.uniform(0.028, 0.05), rng.uniform(0.5, 1.1)
    gun = [p.rod((0, 0, 0), (reach + wide, 0, 0), (1.15 * thick, 0.85 * thick), 14)]
    gun.append(p.rod((0.7 * wide, 0, 0), (wide + 0.2, 0, 0), (2.2 * thick, 1.4 * thick), 14))
    if rng.random() < 0.6:  # muzzle brake
        gun.append(p.rod((reach + wide - 0.1, 0, 0), (reach + wide + 0.02, 0, 0), 1.5 * thick, 12))
    raised = p.rotation((0, 1, 0), -rng.uniform(0, 0.35))
    turret = [house, *(m.rotated(raised).shifted(0, 0, -0.05 * tall).with_slot(1) for m in gun)]
    hatch = p.cylinder(0.3 * wide, 0.09, segments=20).shifted(-0.2 * wide, 0.3 * wide, tall / 2)
    turret.append(hatch.with_slot(1))
    if rng.random() < 0.5:
        turret.append(
            p.rod((-0.5 * wide, -0.4 * wide, 0), (-0.6 * wide, -0.4 * wide, 0.6), 0.012, 6).with_slot(3)
        )
    turn = p.rotation((0, 0, 1), rng.choice([0.0, rng.normal(0, 0.6)]))
    back = rng.uniform(-0.25, 0.1) * x
    parts += [m.rotated(turn).shifted(back, 0, z + tall / 2) for m in turret]
    return joined(rng, parts).grounded()


def drone(rng: Rng) -> Mesh:
    """Drone of four to eight rotors, bare or in ducts, with a camera, on skids or feet."""
    count, span = int(rng.choice([4, 4, 4, 6, 8])), rng.uniform(0.5, 0.75)
    rotor, rise = span * np.sin(np.pi / count) * rng.uniform(0.6, 0.93), rng.uniform(-0.05, 0.12)
    x, y, z = rng.uniform(0.16, 0.3), rng.uniform(0.12, 0.18), rng.uniform(0.05, 0.1)
    boxy = p.rounded_box((2 * x, 2 * y, 2 * z), 0.03)
    parts = [
        boxy if rng.random() < 0.4 else p.superquadric((x, y, z), rng.uniform(0.4, 1), rng.uniform(0.4, 1))
    ]
    ducted, blades, feet = rng.random() < 0.35, int(rng.choice([2, 2, 3, 4])), rng.random() < 0.5
    low, arm, flat = -z - rng.uniform(0.1, 0.3), rng.uniform(0.022, 0.045), rng.uniform(0.6, 1.8)
    path = p.spline(np.array([(-0.03, 0, 0), (0.6 * span, 0, 0.3 * rise), (span, 0, rise)]), 8)
    limb = [p.tube(path, np.linspace(1.5, 1, 8) * arm, 10, flat=flat).with_slot(1)]
    limb.append(p.cylinder(0.055, 0.13, 0.045, 18).shifted(span, 0, rise + 0.02).with_slot(3))
    if ducted:
        ring = [p.regular_polygon(32, rotor + w) for w in (0.035, 0.0)]
        limb.append(p.extrude(ring, rng.uniform(0.05, 0.14)).shifted(span, 0, rise + 0.07).with_slot(0))
        limb.append(p.rod((span, -rotor - 0.01, rise), (span, rotor + 0.01, rise), 0.018, 6).with_slot(1))
    if feet:
        limb.append(p.rod((0.97 * span, 0, rise), (0.97 * span, 0, low), (0.025, 0.018), 8).with_slot(1))
    lift, screw = union(limb), _propeller(blades, 0.97 * rotor, 0.2 * rotor, 0.2)
    for turn in np.pi / count + 2 * np.pi * np.arange(count) / count:
        spun = screw.rotated(p.rotation((0, 0, 1), rng.uniform(0, 3))).shifted(span, 0, rise + 0.09)
        parts += [m.rotated(p.rotation((0, 0, 1), turn)) for m in (lift, spun)]
    if not feet:
        bar = np.array([(-1.1 * x, 1.3 * y, low), (x, 1.3 * y, low), (1.3 * x, 1.3 * y, low + 0.05)])
        skid = [p.tube(p.spline(bar, 10), 0.02, 8)]
        skid += [p.rod((s * x, 0.5 * y, 0), (s * x, 1.3 * y, low), 0.018, 8) for s in (-0.6, 0.6)]
        parts += [side.with_slot(1) for m in skid for side in p.pair(m)]
    if rng.random() < 0.75:
        eye, front = rng.uniform(0.05, 0.08), rng.uniform(0.3, 0.95) * x
        parts.append(p.sphere(eye, 6).shifted(front, 0, -z - 0.4 * eye).with_slot(3))
        parts.append(
            p.rod(
                (front, 0, -z - 0.4 * eye), (front + 1.3 * eye, 0, -z - 0.5 * eye), 0.6 * eye, 14
            ).with_slot(4)
        )
    return joined(rng, parts).grounded()
