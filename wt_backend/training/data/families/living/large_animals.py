"""Dinosaurs, elephants, whales and their like."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.living.animals import eyes
from wt_backend.training.data.mesh import Mesh
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def dinosaur(rng: Rng) -> Mesh:
    """Dinosaur facing +X: two-legged hunter, long-necked giant, plated or horned quadruped."""
    f = Field((-1.75, -0.55, -1.0), (1.6, 0.55, 1.3), 66)
    kind = rng.choice(["hunter", "giant", "plated", "horned"])
    girth, k = rng.uniform(0.2, 0.36), 0.12
    lean = rng.uniform(-0.1, 0.45) if kind == "hunter" else rng.uniform(-0.12, 0.1)
    hip, chest = np.array([-0.1, 0, 0.0]), np.array([rng.uniform(0.35, 0.6), 0, lean])
    tail = [hip, np.array([-0.6, 0, -0.02])]
    tail.append(np.array([-1.1, rng.normal(0, 0.12), rng.uniform(-0.2, 0.15)]))
    tail.append(np.array([-1.6, rng.normal(0, 0.2), rng.uniform(-0.3, 0.35)]))
    f.add(f.chain(tail, [girth, girth * 0.6, girth * 0.3, 0.05]))
    f.add(f.limb(hip, chest, girth, girth * rng.uniform(0.6, 0.9)), k)
    up = {"hunter": rng.uniform(0.25, 0.5), "giant": rng.uniform(0.3, 1.0)}.get(kind, -0.05)
    out = {"hunter": rng.uniform(0.1, 0.35), "giant": rng.uniform(0.25, 0.8)}.get(kind, girth + 0.15)
    skull = chest + [out, 0, up]
    size = 0.09 if kind == "giant" else rng.uniform(0.12, 0.2)
    curve = p.spline([chest, chest + [0.6 * out, 0, 0.35 * up], skull], 6)
    f.add(f.chain(curve, np.linspace(girth * 0.65, size * 0.8, 6)), 0.1)
    f.add(f.ball(skull, (size * 1.3, size, size)), 0.05)
    gape, snout = rng.choice([0.0, 0.1, 0.18]), size * rng.uniform(1.2, 2.4)
    for jaw in (gape, -0.5 * gape - 0.05):
        f.add(f.limb(skull, skull + [snout, 0, jaw - 0.03], size * 0.75, size * 0.45), 0.03)
    eyes(f, skull + [0.4 * size, 0, 0.5 * size], 0.75 * size, 0.05)
    foot, thick = -girth - rng.uniform(0.25, 0.5), rng.uniform(0.075, 0.12)
    for side in (-1, 1):
        wide = side * girth * 0.7
        for root in (hip,) if kind == "hunter" else (hip, chest * [0.85, 1, 0.5]):
            stride, bend = rng.normal(0, 0.07), 0.16 if kind == "hunter" else 0.03
            knee = np.array([root[0] + bend + stride, wide, root[2] + 0.45 * foot])
            toe = np.array([root[0] + stride, wide, foot])
            joints = [root + [0, 0.7 * wide, -0.1], knee, toe + [-0.7 * bend, 0, 0.15], toe]
            f.add(f.chain(joints, [thick * 2, thick * 1.4, thick, thick]), 0.06)
            f.add(f.ball(toe + [0.07, 0, 0], (thick * 1.8, thick * 1.2, 0.07)), 0.03)
        if kind == "hunter":
            shoulder = chest + [0.1, side * girth * 0.5, -0.05]
            hand = shoulder + [0.2, side * 0.05, -rng.uniform(0.05, 0.25)]
            f.add(f.chain([shoulder, shoulder + [0.02, side * 0.1, -0.17], hand], 0.055), 0.03)
        if kind == "horned":
            horn = skull + [rng.uniform(0.2, 0.4), side * 0.15, rng.uniform(0.2, 0.4)]
            f.add(f.limb(skull + [0, side * 0.1, 0.1], horn, 0.07, 0.035), 0.02, slot=1)
    if kind == "horned":
        turn = p.rotation((0, 1, 0), -rng.uniform(0.2, 0.7))
        f.add(f.ball(skull + [-0.18, 0, 0.15], (0.06, rng.uniform(0.28, 0.42), 0.34), turn), 0.05, slot=1)
        f.add(f.limb(skull + [snout, 0, 0], skull + [snout + 0.05, 0, 0.22], 0.07, 0.04), 0.02, slot=1)
    if kind == "plated" or rng.random() < 0.25:
        tall, plates = rng.uniform(0.1, 0.28), p.spline([tail[2], tail[1], hip, chest], 9)
        for i, place in enumerate(plates):
            rise = girth * (0.3 + 0.65 * np.sin(np.pi * (i + 1.5) / 10))
            shape = np.array([0.45, 0.0, 1.0]) * tall * (0.5 + 0.5 * np.sin(np.pi * (i + 1) / 10))
            f.add(f.ball(place + [0, 0, rise + 0.3 * shape[2]], shape + [0.03, 0.05, 0.03]), 0.02, slot=1)
    return f.mesh()


def elephant(rng: Rng) -> Mesh:
    """Elephant, mammoth or rhinoceros: column legs, trunk and tusks or horns."""
    f = Field((-1.15, -0.95, -1.05), (2.2, 0.95, 1.3), 70)
    girth, length = rng.uniform(0.34, 0.46), rng.uniform(0.35, 0.55)
    horned = rng.random() < 0.22
    hump = rng.uniform(0, 0.18)
    f.add(f.limb((-length, 0, 0), (length, 0, hump), girth, girth * rng.uniform(0.9, 1.05)))
    size = girth * rng.uniform(0.62, 0.85)
    skull = np.array([length + girth + rng.uniform(0, 0.12), 0, rng.uniform(-0.1, 0.3)])
    f.add(f.limb((length, 0, 0.05), skull, girth * 0.7, size * 0.85), 0.15)
    f.add(f.ball(skull, size * rng.uniform(0.9, 1.15, 3)), 0.1)
    eyes(f, skull + [0.65 * size, 0, 0.2 * size], 0.65 * size, 0.055)
    mouth = skull + [0.7 * size, 0, -0.3 * size]
    if horned:
        nose = skull + [size + rng.uniform(0.1, 0.3), 0, -0.25]
        f.add(f.limb(skull, nose, size * 0.8, size * 0.6), 0.08)
        for back, tall in ((0, rng.uniform(0.3, 0.5)), (0.28, rng.uniform(0.1, 0.3))):
            root = nose + [0.05 - back, 0, 0.4 * size + 0.3 * back]
            bow = [root, root + [0.05, 0, tall * 0.6], root + [0, 0, tall]]
            f.add(f.chain(bow, [0.1, 0.07, 0.035]), 0.03, slot=1)
    else:
        lift = rng.uniform(-0.7, 0.9)
        mid = mouth + [rng.uniform(0.15, 0.35), rng.normal(0, 0.06), -0.3 + 0.25 * lift]
        trunk = [mouth, mid, mid + [rng.uniform(-0.1, 0.2), rng.normal(0, 0.1), 0.35 * lift - 0.1]]
        trunk.append(trunk[2] + [rng.uniform(-0.15, 0.25), 0, rng.uniform(0, 0.3)])
        f.add(f.chain(p.spline(trunk, 9), np.linspace(size * 0.5, rng.uniform(0.055, 0.09), 9)), 0.06)
    tusk, ear = rng.choice([0.0, rng.uniform(0.2, 0.55)]), rng.uniform(0.15, 0.45) * (0.4 if horned else 1)
    flap = rng.uniform(0.2, 1.2)
    foot, thick = -girth - rng.uniform(0.15, 0.45), rng.uniform(0.12, 0.18)
    for side in (-1, 1):
        if tusk and not horned:
            root = mouth + [0.02, side * 0.5 * size, 0]
            tip = root + [tusk, side * 0.08, rng.uniform(-0.1, 0.3)]
            bow = [root, root + [0.6 * tusk, side * 0.08, -0.3 * tusk], tip]
            f.add(f.chain(p.spline(bow, 6), np.linspace(0.07, 0.04, 6)), 0.01, slot=1)
        place = skull + [-0.1, side * (0.75 * size + 0.7 * ear * np.sin(flap)), 0.15]
        turn = p.rotation((0, 0, 1), side * (np.pi / 2 - flap))
        f.add(f.ball(place, (0.055, ear, ear * rng.uniform(1.1, 1.5)), turn), 0.04)
        for x in (-length, length):
            toe = np.array([x + rng.normal(0, 0.07), side * girth * 0.6, foot])
            f.add(f.limb((x, side * girth * 0.55, -0.1), toe, thick * 1.3, thick), 0.08)
            f.add(f.ball(toe, (thick * 1.25, thick * 1.2, 0.09)), 0.03)
    f.add(f.limb((-length - 0.8 * girth, 0, 0.1), (-length - girth - 0.1, 0, -0.4), 0.06, 0.045), 0.06)
    f.cut(-f.half_space((0, 0, 1), foot - 0.04))
    return f.mesh()


def whale(rng: Rng) -> Mesh:
    """Whale, dolphin, shark or ray: streamlined body, flukes or a tail fin, flippers, dorsal fin."""
    f = Field((-1.55, -1.05, -0.62), (1.2, 1.05, 0.8), 64)
    kind = rng.choice(["whale", "dolphin", "shark", "ray"])
    tall, wide = rng.uniform(0.2, 0.38), rng.uniform(0.8, 1.2)
    if kind == "ray":
        tall = rng.uniform(0.09, 0.16)
        f.add(f.ball((0.1, 0, 0), (rng.uniform(0.5, 0.75), rng.uniform(0.35, 0.5), tall * 1.3)))
    arch = rng.uniform(-0.25, 0.3)
    x = np.linspace(-1.15, 0.75, 9)
    girth = tall * np.clip((x + 1.35) / rng.uniform(0.9, 1.4), 0, 1) ** rng.uniform(0.6, 1.0)
    girth *= 1 - np.clip(x - 0.15, 0, 1) ** 2 * rng.uniform(0.6, 2.2)
    spine = np.stack([x, 0 * x, arch * x**2], 1)
    f.add(f.chain(spine, np.maximum(girth, 0.055)), 0.05)
    nose = spine[-1]
    if kind == "dolphin":
        f.add(f.limb(nose, nose + [rng.uniform(0.15, 0.35), 0, -0.05], 0.09, 0.055), 0.08)
    elif kind == "whale" and rng.random() < 0.6:
        f.add(f.block((0.55, 0, nose[2]), (0.8, tall * 1.3, tall * rng.uniform(1.2, 1.9)), 0.1), 0.15)
    elif kind == "shark" and rng.random() < 0.3:
        f.add(f.ball(nose, (0.12, rng.uniform(0.3, 0.45), 0.06)), 0.05)
    eyes(f, nose + [-0.1, 0, 0.04], 0.75 * girth[-2], 0.05)
    tail, fluke, swept = spine[0], rng.uniform(0.25, 0.5), rng.uniform(0.1, 0.3)
    for side in (-1, 1):
        tip = np.array([-swept, side * fluke, 0.02])
        if kind in ("shark", "ray"):
            tip = np.array([-swept, 0, side * fluke * (1.0 if side > 0 else rng.uniform(0.3, 0.9))])
        if kind != "ray" or rng.random() < 0.3:
            turn = p.towards(tip) if kind != "shark" else p.rotation((0, 1, 0), np.arctan2(tip[0], tip[2]))
            thin = (0.13, 0.045, 0.6 * fluke) if kind in ("shark", "ray") else (0.05, 0.14, 0.6 * fluke)
            f.add(f.ball(tail + tip / 2, thin, turn), 0.05)
        reach = rng.uniform(0.55, 0.8) if kind == "ray" else rng.uniform(0.25, 0.5)
        droop, back = rng.uniform(-0.2, 0.1) - 0.1 * (kind != "ray"), rng.uniform(0.0, 0.3)
        flipper = np.array([-back, side * reach, droop])
        root = np.array([0.25, side * 0.6 * tall * (kind != "ray"), -0.3 * tall * (kind != "ray")])
        chord = 0.34 if kind == "ray" else rng.uniform(0.1, 0.17)
        f.add(f.ball(root + flipper / 2, (0.05, chord, 0.62 * reach), p.towards(flipper)), 0.06)
    if kind == "ray":
        whip = tail + [-0.35, rng.normal(0, 0.1), rng.uniform(-0.1, 0.2)]
        f.add(f.limb(tail, whip, 0.06, 0.045), 0.04)
    elif rng.random() < 0.8:
        place, high = np.array([rng.uniform(-0.4, 0.1), 0, 0.0]), rng.uniform(0.2, 0.5)
        place[2] = arch * place[0] ** 2 + 0.7 * tall + 0.3 * high
        f.add(f.ball(place, (rng.uniform(0.1, 0.16), 0.05, 0.6 * high), p.rotation((0, 1, 0), -0.5)), 0.06)
    if rng.random() < 0.5:  # pale belly
        f.owner[np.broadcast_to(f.z < -0.25 * tall + arch * f.x**2, f.owner.shape) & (f.owner == 0)] = 1
    return f.mesh().scaled((1, wide, 1))
