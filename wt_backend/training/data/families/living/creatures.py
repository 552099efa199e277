"""Soft closed shapes from blended distance fields: animals, people, heads, birds, fish, blobs, shells."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data.mesh import Mesh, concatenate
from wt_backend.training.data.primitives import sphere
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def quadruped(rng: Rng) -> Mesh:
    """Four-legged animal facing +X: from dachshund to giraffe, sometimes horned."""
    f = Field((-1.15, -0.5, -0.8), (1.35, 0.5, 1.3), 56)
    k = rng.uniform(0.05, 0.18)
    length, girth = rng.uniform(0.35, 0.65), rng.uniform(0.14, 0.32)
    arch = rng.uniform(-0.06, 0.08)
    rump = np.array([-length, 0, rng.uniform(-0.03, 0.05)])
    chest = np.array([length, 0, rng.uniform(-0.03, 0.06)])
    belly = np.array([0, 0, arch])
    f.add(f.limb(rump, belly, girth * rng.uniform(0.75, 1.1), girth * rng.uniform(0.75, 1.05)))
    f.add(f.limb(belly, chest, girth * 0.9, girth * rng.uniform(0.8, 1.15)), k)
    neck = np.array([rng.uniform(0.1, 0.4), 0, rng.uniform(0.1, 0.6)])
    skull = chest + neck
    size = rng.uniform(0.11, 0.24)
    f.add(f.limb(chest, skull, girth * rng.uniform(0.45, 0.8), size * rng.uniform(0.45, 0.8)), k)
    _head(f, rng, skull, size, k)
    foot = -girth - rng.uniform(0.12, 0.4)
    thick = rng.uniform(0.05, 0.11)
    apart = girth * rng.uniform(0.4, 0.8)
    for root, bend in ((rump, rng.uniform(-0.1, 0.1)), (chest, rng.uniform(-0.1, 0.1))):
        for side in (-1, 1):
            stride = rng.normal(0, 0.08)
            hip = root + [0, side * apart, -0.3 * girth]
            knee = np.array([root[0] + bend + stride * 0.5, side * apart, (hip[2] + foot) / 2])
            toe = np.array([root[0] + stride, side * apart, foot])
            f.add(f.limb(hip, knee, thick * 1.6, thick), k)
            f.add(f.limb(knee, toe, thick, thick * rng.uniform(0.75, 1.0)), 0.04)
            f.add(f.ball(toe + [0.04, 0, 0], (thick * 1.4, thick * 1.05, thick * 0.8)), 0.04)
    if rng.random() < 0.8:
        end = rump + [-rng.uniform(0.05, 0.35), rng.normal(0, 0.08), rng.uniform(-0.25, 0.4)]
        f.add(f.limb(rump + [-0.8 * girth, 0, 0.3 * girth], end, 0.06, rng.uniform(0.03, 0.09)), 0.08)
    if rng.random() < 0.3:
        f.ripple(rng, rng.uniform(0.004, 0.02), rng.uniform(6, 25))
    return f.mesh()


def _head(f: Field, rng: Rng, centre: np.ndarray, size: float, blend: float) -> None:
    """Skull, muzzle towards +X, ears, eyes."""
    f.add(f.ball(centre, size * rng.uniform(0.8, 1.15, 3)), blend)
    muzzle = centre + [size * rng.uniform(0.7, 1.7), 0, -size * rng.uniform(0.1, 0.6)]
    f.add(
        f.limb(centre + [0.3 * size, 0, -0.1 * size], muzzle, size * 0.7, size * rng.uniform(0.25, 0.6)), 0.06
    )
    if rng.random() < 0.4:
        f.add(f.ball(muzzle + [size * 0.35, 0, size * 0.15], size * 0.2), 0.02, slot=1)
    long_ears = rng.random() < 0.35
    tilt = rng.normal(0, 0.4)
    for side in (-1, 1):
        root = centre + [-0.1 * size, side * size * 0.55, size * 0.6]
        tip = root + size * np.array(
            [
                tilt,
                side * rng.uniform(0.1, 0.7),
                rng.uniform(1.2, 2.4) if long_ears else rng.uniform(0.2, 0.8),
            ]
        )
        f.add(f.limb(root, tip, size * 0.3, max(size * rng.uniform(0.15, 0.3), 0.035)), 0.05)
        eye = centre + size * np.array([0.72, side * 0.5, 0.3])
        if rng.random() < 0.5:
            f.add(f.ball(eye, size * 0.24), 0.0, slot=2)
        else:
            f.cut(f.ball(eye + [0.1 * size, side * 0.15 * size, 0], size * 0.22), 0.03)


def sitting_animal(rng: Rng) -> Mesh:
    """Animal on its haunches: rabbit, cat, squirrel, bear; head up or tucked in."""
    f = Field((-1.2, -0.7, -0.85), (1.2, 0.7, 1.45), 60)
    k = rng.uniform(0.08, 0.2)
    body = rng.uniform(0.32, 0.45)
    lean = rng.uniform(0.0, 0.45)
    shoulder = np.array([lean, 0, rng.uniform(0.0, 0.45)])
    rump = np.array([-0.25, 0, -0.3])
    f.add(f.ball(rump, body * rng.uniform(0.85, 1.2, 3)))
    f.add(f.limb(rump, shoulder, body * 0.9, body * rng.uniform(0.55, 0.8)), k)
    size = rng.uniform(0.18, 0.32)
    head = shoulder + [rng.uniform(0.05, 0.3), rng.normal(0, 0.04), rng.uniform(0.15, 0.4)]
    _head(f, rng, head, size, k * 0.7)
    base = -0.3 - body * 0.95
    for side in (-1, 1):
        spread = body * rng.uniform(0.5, 0.9)
        f.add(f.ball((rump[0] + 0.12, side * spread, base + 0.25), (0.27, 0.16, 0.26)), 0.08)
        f.add(
            f.limb(
                (rump[0], side * spread, base + 0.08), (rump[0] + 0.4, side * spread, base + 0.07), 0.1, 0.08
            ),
            0.06,
        )
        paw = [lean + rng.uniform(0.1, 0.3), side * 0.15, base + 0.06]
        f.add(f.limb(shoulder + [0.1, side * 0.18, -0.1], paw, 0.11, 0.075), 0.08)
    if rng.random() < 0.7:
        tail = rump + [-body * 1.1, rng.normal(0, 0.1), -0.1]
        f.add(f.limb(rump, tail + [0, 0, rng.uniform(-0.05, 0.7)], 0.12, rng.uniform(0.06, 0.16)), 0.08)
    f.cut(-f.half_space((0, 0, 1), base), 0.0)
    if rng.random() < 0.5:
        f.ripple(rng, rng.uniform(0.004, 0.02), rng.uniform(6, 25))
    return f.mesh()


def person(rng: Rng) -> Mesh:
    """Standing, walking or sitting figure."""
    f = Field((-0.8, -0.95, -1.15), (0.8, 0.95, 1.2), 62)
    k = rng.uniform(0.04, 0.12)
    stout = rng.uniform(0.7, 1.6)
    hip, chest = np.array([0, 0, 0.0]), np.array([rng.normal(0, 0.05), 0, rng.uniform(0.35, 0.5)])
    for side in (-0.5, 0.5):
        f.add(f.limb(hip + [0, side * 0.16, 0], chest + [0, side * 0.24, 0], 0.13 * stout, 0.12 * stout), 0.1)
    head = chest + [rng.uniform(0, 0.06), 0, rng.uniform(0.28, 0.38)]
    skull = rng.uniform(0.13, 0.26)
    f.add(f.limb(chest, head, 0.07 * stout, 0.07), k)
    f.add(
        f.ball(head + [0, 0, 0.3 * skull], skull * np.array([0.95, 0.85, 1.1]) * rng.uniform(0.85, 1.15, 3)),
        0.05,
        slot=1,
    )
    sits = rng.random() < 0.2
    for side in (-1, 1):
        leg = 0.09 * stout
        knee = (
            np.array([0.45, side * 0.16, 0.02])
            if sits
            else np.array([rng.normal(0.04, 0.1), side * 0.14, -0.42])
        )
        foot = knee + [rng.normal(0, 0.1) - 0.03, side * rng.uniform(-0.02, 0.08), -0.42]
        f.add(f.limb(hip + [0, side * 0.11, -0.02], knee, leg * 1.2, leg * 0.85), k, slot=2)
        f.add(f.limb(knee, foot, leg * 0.85, leg * 0.65), 0.04, slot=2)
        f.add(f.limb(foot, foot + [0.16, side * 0.02, -0.02], 0.065, 0.055), 0.04, slot=3)
        swing, raise_ = (
            rng.normal(0, 0.5),
            rng.uniform(0.1, 1.4) if rng.random() < 0.4 else rng.uniform(0.05, 0.3),
        )
        shoulder = chest + [0, side * 0.2 * stout**0.5, 0.05]
        elbow = shoulder + 0.3 * _polar(swing, raise_, side)
        hand = elbow + 0.28 * _polar(swing + abs(rng.normal(0, 0.6)), raise_ * rng.uniform(0.3, 1.6), side)
        f.add(f.limb(shoulder, elbow, 0.08 * stout**0.6, 0.06), k)
        f.add(f.limb(elbow, hand, 0.06, 0.05), 0.03)
        f.add(f.ball(hand, 0.07), 0.04, slot=1)
    return f.mesh()


def _polar(swing: float, lift: float, side: int) -> np.ndarray:
    """Direction of a limb hanging down, swung forward and lifted sideways by angles."""
    return np.array([np.sin(swing) * np.cos(lift), side * np.sin(lift), -np.cos(swing) * np.cos(lift)])


def head(rng: Rng) -> Mesh:
    """Face of man, ape or cartoon animal facing +X, with or without neck and shoulders."""
    f = Field((-1.1, -1.6, -1.35), (1.25, 1.6, 1.3), 56)
    k = rng.uniform(0.06, 0.2)
    wide, tall = rng.uniform(0.6, 0.95), rng.uniform(0.65, 1.0)
    f.add(f.ball((-0.1, 0, 0.15), (rng.uniform(0.65, 0.9), wide, tall * 0.9)))
    muzzle = rng.uniform(0.25, 0.6)
    f.add(
        f.ball(
            (rng.uniform(0.2, 0.55), 0, -rng.uniform(0.3, 0.6)),
            (muzzle, muzzle * rng.uniform(0.7, 1.3), muzzle * rng.uniform(0.5, 1.0)),
        ),
        k,
    )
    if rng.random() < 0.7:  # brow
        for side in (-1, 1):
            f.add(f.limb((0.62, side * 0.05, 0.32), (0.4, side * 0.5 * wide / 0.75, 0.38), 0.1, 0.08), k)
    eye_y, eye_z, eye_r = (
        rng.uniform(0.2, 0.36) * wide / 0.75,
        rng.uniform(0.02, 0.2),
        rng.uniform(0.12, 0.22),
    )
    eye_x = rng.uniform(0.5, 0.66)
    for side in (-1, 1):
        f.cut(f.ball((eye_x + 0.08, side * eye_y, eye_z), eye_r * 1.15), 0.08)
    eyes = []
    kind = rng.random()
    for side in (-1, 1):
        place = (eye_x - 0.02, side * eye_y, eye_z)
        if kind < 0.45:
            f.add(f.ball(place, eye_r), 0.0, slot=1)
        elif kind < 0.8:  # balls of their own, as character modellers do it
            eyes.append(sphere(eye_r, 10).shifted(*place).with_slot(1))
    nose = rng.uniform(0.06, 0.18)
    f.add(
        f.limb((0.62, 0, eye_z), (rng.uniform(0.72, 1.0), 0, -rng.uniform(0.1, 0.35)), nose * 0.6, nose), 0.08
    )
    if rng.random() < 0.5:  # mouth
        f.cut(f.limb((0.85, -0.22, -0.62), (0.85, 0.22, -0.62), 0.07, 0.07), 0.05)
    ear = rng.uniform(0.18, 0.48)
    ear_z = rng.uniform(-0.1, 0.6)
    for side in (-1, 1):
        lobe = np.array([-0.1, side * (wide * 0.92 + ear * 0.55), ear_z])
        shape = (rng.uniform(0.08, 0.14), ear, ear * rng.uniform(0.8, 1.4))
        f.add(f.ball(lobe, shape), 0.08)
        if rng.random() < 0.8:
            f.cut(f.ball(lobe + [0.13, side * 0.03, 0], (0.12, ear * 0.7, ear * 0.75)), 0.04)
    if rng.random() < 0.35:
        f.add(f.limb((-0.2, 0, -0.4), (-0.25, 0, -1.0), 0.4, 0.42), 0.15)
        f.add(f.ball((-0.25, 0, -1.25), (0.45, 1.1, 0.4)), 0.2, slot=2)
        f.cut(-f.half_space((0, 0, 1), -1.28), 0.0)
    return concatenate([f.mesh(), *eyes])


def bird(rng: Rng) -> Mesh:
    """Bird or duck, wings folded or spread."""
    f = Field((-1.2, -1.2, -0.85), (1.15, 1.2, 1.0), 56)
    body = rng.uniform(0.25, 0.4)
    f.add(f.ball((0, 0, 0), (body * rng.uniform(1.3, 1.9), body, body * rng.uniform(0.8, 1.1))))
    top = np.array([body * 1.3 + rng.uniform(0, 0.15), 0, rng.uniform(0.2, 0.6)])
    size = rng.uniform(0.14, 0.24)
    f.add(f.limb((body * 0.8, 0, 0.1), top, body * 0.6, size * 0.7), 0.12)
    f.add(f.ball(top, size), 0.06)
    f.add(f.limb(top, top + [size + rng.uniform(0.08, 0.3), 0, -0.06], size * 0.5, 0.04), 0.02, slot=1)
    f.add(
        f.limb((-body, 0, 0), (-body - rng.uniform(0.25, 0.55), 0, rng.uniform(-0.1, 0.25)), 0.14, 0.07), 0.1
    )
    spread = rng.random() < 0.4
    for side in (-1, 1):
        if spread:
            f.add(f.ball((0, side * 0.65, 0.12), (0.28, 0.55, 0.06)), 0.08)
        else:
            f.add(f.ball((-0.1, side * body * 0.95, 0.02), (body * 1.3, 0.09, body * 0.6)), 0.05)
        if rng.random() < 0.7:
            f.add(
                f.limb((0.05, side * 0.13, -body * 0.7), (0.05, side * 0.15, -body - 0.3), 0.06, 0.045),
                0.03,
                slot=1,
            )
    return f.mesh()


def fish(rng: Rng) -> Mesh:
    """Fish or whale with fins."""
    f = Field((-1.2, -0.6, -0.75), (1.0, 0.6, 0.75), 56)
    tall, wide = rng.uniform(0.2, 0.5), rng.uniform(0.12, 0.35)
    f.add(f.ball((0.15, 0, 0), (rng.uniform(0.6, 0.8), wide, tall)))
    f.add(f.limb((-0.2, 0, 0), (-0.75, 0, 0), wide * 0.6, 0.06), 0.15)
    for z in (-1, 1):
        f.add(f.limb((-0.75, 0, 0), (-1.05, 0, z * rng.uniform(0.2, 0.5)), 0.06, 0.05), 0.06)
        f.add(f.limb((0.1, 0, z * tall * 0.8), (-0.2, 0, z * (tall + rng.uniform(0, 0.2))), 0.06, 0.045), 0.1)
        f.add(f.ball((0.25, z * (wide + 0.08), -0.1), (0.14, 0.16, 0.05)), 0.06)
        f.add(f.ball((0.62, z * wide * 0.6, 0.08), 0.07), 0.0, slot=1)
    return f.mesh()


def blob(rng: Rng) -> Mesh:
    """A few balls and limbs flown together anyhow, perhaps rippled: stones, dough, sculptures."""
    f = Field((-1.1, -1.1, -1.1), (1.1, 1.1, 1.1), 50)
    k = rng.uniform(0.05, 0.4)
    previous = np.zeros(3)
    for slot in range(int(rng.integers(1, 8))):
        place = np.clip(previous + rng.normal(0, 0.35, 3), -0.65, 0.65)
        if rng.random() < 0.5:
            f.add(f.ball(place, rng.uniform(0.12, 0.45, 3)), k, slot=slot % 3)
        elif rng.random() < 0.6:
            f.add(f.limb(previous, place, rng.uniform(0.08, 0.3), rng.uniform(0.08, 0.3)), k, slot=slot % 3)
        else:
            f.add(f.block(place, rng.uniform(0.3, 0.7, 3), 0.06), k * 0.5, slot=slot % 3)
        previous = place
    for _ in range(rng.integers(0, 3)):
        f.cut(f.ball(rng.normal(0, 0.45, 3), rng.uniform(0.15, 0.4, 3)), k * 0.3)
    if rng.random() < 0.55:
        f.ripple(rng, rng.uniform(0.01, 0.06), rng.uniform(2, 10))
    return f.mesh() if (f.value < 0).any() else blob(rng)


def rock(rng: Rng) -> Mesh:
    """Stone, potato, asteroid: a ball displaced at several scales."""
    f = Field((-1.1, -1.1, -1.1), (1.1, 1.1, 1.1), 46)
    f.add(f.ball((0, 0, 0), rng.uniform(0.4, 0.8, 3)))
    f.ripple(rng, rng.uniform(0.03, 0.12), rng.uniform(2, 4))
    f.ripple(rng, rng.uniform(0.01, 0.04), rng.uniform(6, 12))
    return f.mesh()


def helmet(rng: Rng) -> Mesh:
    """Open shell: helmet, mask, egg cup, broken pot."""
    f = Field((-1, -1, -1), (1, 1, 1), 46)
    radii = rng.uniform(0.6, 0.85, 3)
    f.add(f.ball((0, 0, 0), radii))
    if rng.random() < 0.4:
        f.add(f.ball((rng.uniform(0.2, 0.5), 0, -0.2), rng.uniform(0.3, 0.5, 3)), 0.2)
    f.hollow(rng.uniform(0.09, 0.16))
    f.cut(-f.half_space((rng.normal(0, 0.15), 0, 1), rng.uniform(-0.55, 0.1)), 0.02)
    if rng.random() < 0.6:
        f.cut(
            f.block(
                (0.8, 0, rng.uniform(-0.2, 0.1)), (0.9, rng.uniform(0.5, 1.0), rng.uniform(0.2, 0.5)), 0.05
            ),
            0.03,
        )
    for _ in range(rng.integers(0, 3)):
        f.cut(f.ball(rng.normal(0, 1, 3) * radii * 0.7, rng.uniform(0.1, 0.3)), 0.03)
    if rng.random() < 0.3:
        f.add(f.limb((-0.6, 0, 0.6 * radii[2]), (0.5, 0, radii[2]), 0.08, 0.07), 0.05, slot=1)
    return f.mesh()
