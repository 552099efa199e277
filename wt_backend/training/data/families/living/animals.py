"""Animals of other plans than in `creatures`: shelled, long-tailed, upright, legless."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import SMOOTH, Mesh, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def eyes(f: Field, place: np.ndarray, apart: float, radius: float) -> None:
    """A ball on each side of a head, in slot 2."""
    for side in (-1, 1):
        f.add(f.ball(place + [0, side * apart, 0], radius), 0.0, slot=2)


def turtle(rng: Rng) -> Mesh:
    """Tortoise, pond turtle or sea turtle: domed shell with a rim, legs or flippers."""
    f = Field((-1.2, -1.05, -0.65), (1.55, 1.05, 0.95), 58)
    kind = rng.integers(3)
    dome = rng.uniform(0.45, 0.8) if kind == 0 else rng.uniform(0.2, 0.42)
    a, b = rng.uniform(0.68, 0.9), rng.uniform(0.45, 0.75)
    f.add(f.ball((0, 0, 0), (a, b, dome)), slot=1)
    if rng.random() < 0.4:  # knobs of the shell's plates
        u, v = np.meshgrid([-0.5, 0, 0.5], [-0.76, -0.38, 0, 0.38, 0.76])
        for x, y in zip(v.ravel(), u.ravel(), strict=True):
            place = np.array([a * x, b * y, dome * np.sqrt(1 - x * x - y * y) - 0.06])
            f.add(f.ball(place, rng.uniform(0.1, 0.15)), 0.08, slot=1)
    f.cut(-f.half_space((0, 0, 1), 0))
    f.add(f.ball((0, 0, 0), (a * 1.07, b * 1.07, 0.08)), 0.05, slot=1)
    f.add(f.ball((0, 0, -0.02), (a * 0.93, b * 0.93, rng.uniform(0.12, 0.25))), 0.03)
    skull = np.array([a + rng.uniform(0.12, 0.42), 0, rng.uniform(-0.05, 0.45)])
    size = rng.uniform(0.8, 1.3)
    f.add(f.limb((0.7 * a, 0, 0), skull, 0.15, 0.1 * size), 0.06)
    f.add(f.ball(skull, np.array([0.19, 0.14, 0.13]) * size), 0.05)
    eyes(f, skull + np.array([0.08, 0, 0.06]) * size, 0.11 * size, 0.055)
    f.add(f.limb((-0.9 * a, 0, 0), (-a - rng.uniform(0.05, 0.25), 0, -0.1), 0.09, 0.05), 0.04)
    flippers = []
    foot, thick = -rng.uniform(0.25, 0.45), rng.uniform(0.1, 0.17)
    for x in (-1, 1):
        if kind == 2:
            reach, sweep = rng.uniform(0.5, 0.9) * (1 if x > 0 else 0.5), rng.uniform(0.1, 0.6)
            path = [(0.6 * a * x, 0.5 * b, -0.02), (0.7 * a * x, b + 0.3 * reach, 0)]
            path.append((0.7 * a * x - sweep, b + reach, rng.uniform(-0.3, 0.3)))
            width = np.array([0.05, 0.055, 0.065, 0.065, 0.06, 0.055, 0.045, 0.035, 0.02])
            fin = p.tube(p.spline(path, 9), width, 12, flat=3.0).with_crease(SMOOTH)
            flippers += [fin, fin.scaled((1, -1, 1))]
            continue
        for side in (-1, 1):
            hip = np.array([0.6 * a * x, side * 0.6 * b, -0.02])
            spread = 0.75 if kind == 0 else 1.1
            knee = np.array([0.72 * a * x, side * spread * b, -0.1 + 0.5 * foot * (kind == 0)])
            toe = knee * [1, 1, 0] + [rng.normal(0.03, 0.06), side * 0.04, foot]
            f.add(f.chain([hip, knee, toe], [thick, thick, thick * 0.85]), 0.05)
            f.add(f.ball(toe + [0.05, 0, 0.02], (thick * 1.3, thick, 0.07)), 0.04)
    return joined(rng, [f.mesh(), *flippers])


def lizard(rng: Rng) -> Mesh:
    """Lizard, newt or crocodile: sprawling legs, winding tail, jaws, perhaps a crest."""
    f = Field((-1.75, -0.8, -0.3), (1.7, 0.8, 0.75), 78)
    girth, bend, phase = rng.uniform(0.11, 0.24), rng.uniform(0, 0.34), rng.uniform(0, 6)
    x = np.linspace(-rng.uniform(1.1, 1.6), 0.55, 12)
    y = bend * (np.sin(2.2 * x + phase) - np.sin(phase)) * np.clip(0.75 - x, 0, 1.3)
    y *= min(1.0, 0.6 / max(np.abs(y).max(), 1e-6))  # a tail that leaves the field is cut in two
    radius = girth * np.clip((x - x[0]) / rng.uniform(0.9, 1.5), 0, 1) ** rng.uniform(0.7, 1.4)
    radius = np.maximum(radius * (1 - 0.35 * np.clip(x - 0.2, 0, 1) / 0.35), 0.035)
    lift = rng.choice([0.0, rng.uniform(0.1, 0.5)]) * np.clip(-0.5 - x, 0, 1) ** 2
    spine = np.stack([x, y, lift + 0 * x], 1)
    f.add(f.chain(spine, radius))
    neck = spine[-1]
    size, snout = girth * rng.uniform(0.75, 1.05), rng.uniform(0.12, 0.5)
    skull = neck + [size, 0, rng.uniform(0, 0.2)]
    f.add(f.limb(neck, skull, radius[-1], size * 0.8), 0.05)
    f.add(f.ball(skull, (size * 1.3, size, size * 0.75)), 0.05)
    gape, jaw = rng.choice([0.0, rng.uniform(0.1, 0.22)]), max(0.45 * size, 0.045)
    for open_ in (-1, 1) if gape else (0,):
        tip = skull + [size + snout, 0, open_ * gape - 0.3 * size]
        f.add(f.limb(skull - [0, 0, 0.2 * size], tip, size * 0.7, jaw), 0.04)
    eyes(f, skull + [0.3 * size, 0, 0.6 * size], 0.55 * size, rng.uniform(0.045, 0.07))
    height, out = girth * 0.5 + rng.uniform(0.05, 0.12), girth + rng.uniform(0.15, 0.3)
    for place in (0.36, -0.3):
        i = int(np.argmin(np.abs(x - place)))
        for side in (-1, 1):
            ahead = rng.normal(0.02, 0.1)
            knee = spine[i] + [ahead, side * (girth + 0.6 * (out - girth)), rng.uniform(-0.02, 0.1)]
            foot = spine[i] * [1, 1, 0] + [ahead + rng.uniform(-0.1, 0.15), side * out, -height]
            toes = foot + [0.1, side * 0.06, 0]
            f.add(f.chain([spine[i], knee, foot, toes], [0.09, 0.065, 0.05, 0.05]), 0.04)
    if rng.random() < 0.45:  # crest of spikes
        tall = rng.uniform(0.06, 0.22)
        for i in range(2, 12, int(rng.integers(1, 3))):
            root = spine[i] + [0, 0, radius[i] * 0.8]
            f.add(f.limb(root, root + [-0.05, 0, tall], 0.06, 0.035), 0.02, slot=1)
    return f.mesh().scaled((1, rng.uniform(1, 1.5), 1))


def upright_animal(rng: Rng) -> Mesh:
    """Kangaroo, meerkat, standing bear or hare, penguin: upright body on two feet."""
    f = Field((-1.15, -0.75, -1.02), (0.95, 0.75, 1.5), 62)
    belly, tall, lean = rng.uniform(0.2, 0.42), rng.uniform(0.5, 0.85), rng.uniform(0, 0.3)
    seat = np.array([0, 0, -0.45])
    shoulder = seat + [lean, 0, tall]
    f.add(f.ball(seat, belly * rng.uniform(0.9, 1.15, 3)))
    f.add(f.limb(seat, shoulder, belly * 0.9, belly * rng.uniform(0.45, 0.8)), 0.1)
    size = rng.uniform(0.16, 0.3)
    skull = shoulder + [rng.uniform(0.0, 0.15), 0, rng.uniform(0.75, 1.2) * size + 0.1]
    f.add(f.limb(shoulder, skull, belly * 0.5, size * 0.7), 0.1)
    f.add(f.ball(skull, size * rng.uniform(0.85, 1.1, 3)), 0.06)
    snout = skull + [size * rng.uniform(0.8, 1.9), 0, -size * rng.uniform(0.1, 0.4)]
    bird = rng.random() < 0.25
    f.add(f.limb(skull, snout, size * 0.5, 0.045 if bird else size * 0.35), 0.04, slot=1 if bird else 0)
    eyes(f, skull + [0.7 * size, 0, 0.3 * size], 0.5 * size, rng.uniform(0.04, 0.07))
    ear, round_ear = rng.uniform(0.1, 0.55), rng.random() < 0.4
    swing, reach = rng.uniform(-0.3, 1.3), rng.uniform(0.25, 0.55)
    hop, sole = rng.uniform(0.08, 0.3), rng.uniform(0.12, 0.45)
    for side in (-1, 1):
        if not bird:
            root = skull + [-0.1 * size, side * 0.55 * size, 0.7 * size]
            if round_ear:
                f.add(f.ball(root + [0, side * 0.05, 0.03], (0.06, 0.12 + 0.2 * ear, 0.12 + 0.2 * ear)), 0.03)
            else:
                tip = root + [rng.normal(-0.05, 0.12), side * rng.uniform(0, 0.2), ear]
                f.add(f.limb(root, tip, 0.075, 0.05), 0.04)
        top = shoulder + [0, side * belly * 0.6, -0.05]
        hand = top + reach * np.array([np.sin(swing), side * 0.3, -np.cos(swing)])
        if bird:
            turn = p.towards(hand - top)
            f.add(f.ball((top + hand) / 2, (0.12, 0.05, 0.6 * reach), turn), 0.03)
        else:
            elbow = (top + hand) / 2 + [-0.05, side * 0.08, -0.03]
            f.add(f.chain([top, elbow, hand], [0.09, 0.07, 0.06]), 0.06)
        thigh = seat + [0.05, side * belly * 0.7, -0.05]
        f.add(f.ball(thigh, (hop + 0.1, 0.15, hop + 0.1)), 0.06)
        heel = np.array([seat[0] - 0.3 * hop, side * (belly * 0.75 + 0.02), -0.92])
        f.add(f.limb(thigh, heel, 0.11, 0.08), 0.05)
        f.add(f.limb(heel, heel + [sole, side * 0.05, -0.01], 0.08, 0.07), 0.03, slot=1 if bird else 0)
    if rng.random() < 0.75:
        long_ = rng.uniform(0.1, 0.75)
        end = np.array([max(-belly - long_, -0.98), rng.normal(0, 0.07), -0.85])
        path = [seat, seat + [-belly - 0.4 * long_, 0, -0.3], end]
        f.add(f.chain(p.spline(path, 6), np.linspace(0.6 * belly, 0.06, 6)), 0.06)
    f.cut(-f.half_space((0, 0, 1), -0.985))
    return f.mesh()


def frog(rng: Rng) -> Mesh:
    """Frog or toad: squat body, folded hind legs, eyes on top."""
    f = Field((-1.05, -1.1, -0.5), (1.0, 1.1, 0.85), 58)
    wide, high, rear = rng.uniform(0.35, 0.55), rng.uniform(0.25, 0.45), rng.uniform(0.0, 0.35)
    f.add(f.limb((-0.45, 0, -0.1), (0.25, 0, rear), wide * 0.7, wide * 0.85))
    jaw = np.array([0.45, 0, rear])
    f.add(f.ball(jaw, (rng.uniform(0.32, 0.45), wide, high * 0.75)), 0.1)
    if rng.random() < 0.6:
        f.cut(f.ball(jaw + [0.22, 0, -0.02], (0.4, wide * 1.3, 0.03)), 0.02)
    bulge, splay = rng.uniform(0.1, 0.19), rng.uniform(0.1, 0.3)
    knee_up, ahead = rng.uniform(0.0, 0.35), rng.uniform(-0.1, 0.25)
    for side in (-1, 1):
        eye = jaw + [rng.uniform(-0.05, 0.0), side * wide * 0.6, high * 0.6]
        f.add(f.ball(eye, bulge), 0.05)
        f.add(f.ball(eye + [0.4 * bulge, side * 0.4 * bulge, 0.02], bulge * 0.75), 0.0, slot=2)
        knee = np.array([ahead, side * (wide + splay + 0.1), knee_up])
        heel = np.array([-0.55, side * (wide + splay), -0.38])
        joints = [np.array([-0.55, side * wide * 0.5, -0.05]), knee, heel, heel + [0.5, side * 0.12, 0]]
        f.add(f.chain(joints, [0.2, 0.13, 0.07, 0.06]), 0.06)
        elbow = np.array([0.3, side * (wide + 0.1), rear * 0.3 - 0.1])
        paw = np.array([0.45, side * wide, -0.38])
        top = np.array([0.25, side * wide * 0.6, rear * 0.7])
        joints = [top, elbow, paw, paw + [0.17, side * 0.05, -0.02]]
        f.add(f.chain(joints, [0.12, 0.09, 0.07, 0.07]), 0.05)
    return f.mesh()


def snake(rng: Rng) -> Mesh:
    """Snake, worm or eel: coiled up, winding over the ground, or reared with a hood."""
    kind, r = rng.integers(3), rng.uniform(0.055, 0.12)
    if kind == 0:  # coils that climb on each other
        turns, n = rng.uniform(1.6, 3.2), 72
        angle = np.linspace(0, 2 * np.pi * turns, n)
        away = np.linspace(rng.uniform(0.45, 0.6), rng.uniform(0.22, 0.4), n)
        rise = 2.05 * r * np.maximum(angle / (2 * np.pi) - 0.35, 0)
        path = np.stack([away * np.cos(angle), away * np.sin(angle), rise + r], 1)
    else:
        n = 48
        x = np.linspace(-1, 0.5, n)
        waves = rng.uniform(1.0, 2.6) if kind == 1 else rng.uniform(0.6, 1.5)
        sway = rng.uniform(0.2, 0.45) * np.clip(0.9 - 0.5 * x, 0, 1)
        path = np.stack([x, sway * np.sin(2 * np.pi * waves * x), r + 0 * x], 1)
    end, way = path[-1], path[-1] - path[-4]
    way = way / np.linalg.norm(way) * [1, 1, 0]
    up = rng.uniform(0.35, 0.9) if kind == 2 else rng.uniform(0.0, 0.35)
    knots = [end, end + 0.2 * way + [0, 0, 0.15 * up], end + (0.15 + 0.1 * up) * way + [0, 0, 0.65 * up]]
    knots.append(knots[2] + 0.22 * way + [0, 0, 0.3 * up])
    path = np.concatenate([path, p.spline(knots, 14)[1:]])
    u = np.linspace(0, 1, len(path))
    radius = r * np.minimum(1, 0.22 + u / rng.uniform(0.2, 0.7)) * (1 - 0.25 * np.clip((u - 0.8) / 0.2, 0, 1))
    parts = [p.tube(path, radius, 14).with_crease(SMOOTH)]
    head, look = path[-1], (path[-1] - path[-3]) / np.linalg.norm(path[-1] - path[-3])
    look = look * [1, 1, 0.3]
    turn = p.towards(look)
    size = r * rng.uniform(0.95, 1.4)
    skull = p.sphere(1).scaled((size * 0.75, size * 1.1, size * 1.8)).rotated(turn)
    parts.append(skull.shifted(*(head + 0.8 * size * look)))
    if kind == 2 and rng.random() < 0.6:  # hood
        hood = p.sphere(1).scaled((0.055, rng.uniform(0.16, 0.28), rng.uniform(0.22, 0.32)))
        heading = p.rotation((0, 0, 1), np.arctan2(way[1], way[0]))
        parts.append(hood.rotated(heading).shifted(*(knots[2] - [0, 0, 0.05])))
    side = np.cross([0, 0, 1], look)
    for s in (-1, 1):
        eye = head + 1.3 * size * look + s * 0.75 * size * side + [0, 0, 0.45 * size]
        parts.append(p.sphere(0.3 * size, 6).shifted(*eye).with_slot(2))
    if rng.random() < 0.3:
        tongue = p.tube([head + size * look, head + 4.2 * size * look], 0.022, 6)
        parts.append(tongue.with_slot(1))
    return joined(rng, parts)
