"""Rounded toy animals: rubber ducks, teddy bears, piggy banks."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, concatenate, difference, union
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def rubber_duck(rng: Rng) -> Mesh:
    """Bath duck with a big head, flat bill and cocked tail, or a swimming ring with its head and tail."""
    f, k = Field((-0.85, -0.65, -0.5), (0.95, 0.65, 1.25), 56), rng.uniform(0.04, 0.1)
    ring, head = rng.random() < 0.2, rng.uniform(0.24, 0.36)
    if ring:
        f.add(np.sqrt((np.hypot(f.x, f.y) - 0.42) ** 2 + f.z**2) - np.float32(rng.uniform(0.15, 0.19)))
        neck, head = np.array([0.45, 0, rng.uniform(0.35, 0.5)]), 0.75 * head
        f.add(f.limb((0.42, 0, 0.05), neck, 0.14, 0.12), 0.08)
        f.add(f.limb((-0.5, 0, 0.05), (-0.68, 0, 0.25), 0.1, 0.04), 0.06)
    else:
        long, fat = rng.uniform(0.42, 0.56), rng.uniform(0.32, 0.42)
        f.add(f.ball((0, 0, 0), (long, fat, rng.uniform(0.26, 0.34))))
        f.add(f.limb((-0.6 * long, 0, 0.05), (-long - 0.12, 0, rng.uniform(0.22, 0.4)), 0.18, 0.04), 0.12)
        neck = np.array([rng.uniform(0.12, 0.26), 0, rng.uniform(0.3, 0.42) + 0.4 * head])
        f.add(f.limb((0.15, 0, 0.1), neck, 0.2, 0.16), 0.1)
        for side in (-1, 1):
            place, turn = (
                (-0.08, side * (fat - 0.03), rng.uniform(0.0, 0.1)),
                p.rotation((0, 1, 0), rng.uniform(0, 0.5)),
            )
            f.add(f.ball(place, (0.28, 0.08, 0.16), turn), 0.03)
        f.cut(f.half_space((0, 0, -1), 0.24))
    crown = neck + [0.02, 0, 0.5 * head]
    f.add(f.ball(crown, head * rng.uniform(0.92, 1.08, 3)), k)
    bill, wide = crown + [0.85 * head, 0, -0.15 * head], rng.uniform(0.3, 0.5) * head
    lift = rng.uniform(0.05, 0.35)
    for way in (-1, 1):
        tip = bill + head * np.array([0.3, 0, 0.12 * way])
        f.add(f.ball(tip, (0.5 * head, wide, 0.11 * head), p.rotation((0, 1, 0), -way * lift)), 0.015, slot=1)
    for side in (-1, 1):
        eye = crown + head * np.array([0.78, side * 0.42, 0.32])
        f.add(f.ball(eye, head * np.array([0.14, 0.14, 0.19])), 0.0, slot=2)
    mesh, extra = f.mesh(), rng.random()
    if extra < 0.12:
        brim = p.cylinder(0.95 * head, 0.04, segments=32).shifted(*(crown + [-0.02, 0, 0.68 * head]))
        tube = p.cylinder(0.6 * head, 0.5 * head, 0.65 * head, 32).shifted(*(crown + [-0.02, 0, 0.9 * head]))
        mesh = union([mesh, brim.with_slot(3), tube.with_slot(3)])
    elif extra < 0.24:
        scarf = p.torus(0.72 * head, 0.06, 32, 10).shifted(*neck - [0, 0, 0.25 * head])
        mesh = union([mesh, scarf.with_slot(3)])
    return mesh.grounded()


def teddy(rng: Rng) -> Mesh:
    """Sitting or standing teddy bear: muzzle, round ears, pads, perhaps a bow, a shirt or button eyes."""
    f, k, fat = Field((-0.6, -0.9, -0.95), (0.95, 0.9, 1.15), 54), 0.04, rng.uniform(0.28, 0.4)
    sits, tall, size = rng.random() < 0.65, rng.uniform(0.34, 0.46), rng.uniform(0.26, 0.36)
    f.add(f.ball((0, 0, 0), (0.85 * fat, fat, tall)), slot=4 if rng.random() < 0.3 else 0)
    if rng.random() < 0.5:
        f.add(f.ball((0.3 * fat, 0, -0.05), (0.65 * fat, 0.6 * fat, 0.65 * tall)), 0.02, slot=1)
    head = np.array([0.03, 0, tall + 0.6 * size])
    f.add(f.ball(head, size * np.array([0.9, rng.uniform(1.0, 1.15), 0.95])), k)
    snout = head + size * np.array([0.8, 0, -0.25])
    f.add(f.ball(snout, size * np.array([rng.uniform(0.35, 0.6), 0.46, 0.38])), 0.03, slot=1)
    f.add(f.ball(snout + [0.45 * size, 0, 0.2 * size], size * np.array([0.14, 0.2, 0.14])), 0.0, slot=2)
    arm, leg, spread = rng.uniform(0.1, 0.14), rng.uniform(0.13, 0.17), rng.uniform(0.3, 0.7)
    ear = size * rng.uniform(0.32, 0.5)
    for side in (-1, 1):
        f.add(f.ball(head + size * np.array([-0.1, side * 0.78, 0.72]), (0.5 * ear, ear, ear)), 0.02)
        f.add(
            f.ball(head + size * np.array([0.02, side * 0.8, 0.72]), (0.45 * ear, 0.6 * ear, 0.6 * ear)),
            0.0,
            slot=1,
        )
        f.add(f.ball(head + size * np.array([0.75, side * 0.36, 0.18]), 0.11 * size + 0.006), 0.0, slot=2)
        hand = np.array(
            [rng.uniform(0.05, 0.4), side * (fat + rng.uniform(0.1, 0.3)), rng.uniform(-0.2, 0.35)]
        )
        f.add(f.limb((0, side * 0.75 * fat, 0.6 * tall), hand, arm, arm * 1.1), k)
        hip = np.array([0.05, side * 0.55 * fat, -0.7 * tall])
        foot = (
            np.array([0.55, side * (0.2 + spread * 0.5), -0.85 * tall + 0.08])
            if sits
            else np.array([0.04, side * 0.6 * fat, -tall - 0.2])
        )
        f.add(f.limb(hip, foot, leg, leg), k)
        sole = foot + ([0.1, 0, 0.05] if sits else [0.1, 0, -0.04])
        f.add(
            f.ball(sole, (0.08, 0.9 * leg, 1.25 * leg) if sits else (1.35 * leg, leg, 0.7 * leg)),
            0.03,
            slot=1 if sits else 0,
        )
    mesh = f.mesh()
    if rng.random() < 0.5:
        tie = np.array([0.75 * fat, 0, tall - 0.02])
        loops = [
            p.superquadric((0.05, 0.11, 0.08), 0.7, 1.2, 6).shifted(*tie + [0, s * 0.11, 0]) for s in (-1, 1)
        ]
        knot = p.sphere(0.05, 6).shifted(*tie)
        mesh = union([mesh, *[m.with_slot(3) for m in (*loops, knot)]])
    return mesh.grounded()


def piggy_bank(rng: Rng) -> Mesh:
    """Money pig: round body, snout with nostrils, ears, four stub legs, curly tail, a slot in its back."""
    f, fat = Field((-0.85, -0.6, -0.75), (1.0, 0.6, 0.75), 48), rng.uniform(0.38, 0.5)
    long = fat * rng.uniform(1.05, 1.35)
    f.add(f.ball((0, 0, 0), (long, fat, fat * rng.uniform(0.9, 1.02))))
    nose, r = long + rng.uniform(0.0, 0.1), rng.uniform(0.12, 0.18)
    head = rng.uniform(0.2, 0.3)
    f.add(f.ball((0.78 * long, 0, 0.1), head), 0.1)
    f.add(
        np.maximum(f.limb((0.7 * long, 0, 0.08), (nose + 0.3, 0, 0.08), r, r), f.x - np.float32(nose + 0.12)),
        0.04,
    )
    for side in (-1, 1):
        f.cut(f.ball((nose + 0.13, side * 0.4 * r, 0.08), (0.05, 0.035, 0.05)), 0.01)
        f.add(f.ball((0.78 * long + 0.72 * head, side * 0.6 * head, 0.1 + 0.5 * head), 0.045), 0.0, slot=1)
        root = np.array([0.6 * long, side * 0.45 * fat, 0.65 * fat])
        f.add(
            f.limb(root, root + [rng.uniform(-0.05, 0.15), side * 0.08, rng.uniform(0.1, 0.22)], 0.11, 0.04),
            0.04,
        )
        for x in (-0.5, 0.5):
            f.add(
                f.limb(
                    (x * long, side * 0.5 * fat, -0.4),
                    (x * long * 1.1, side * 0.55 * fat, -fat - 0.12),
                    0.12,
                    0.1,
                ),
                0.05,
            )
    f.cut(f.half_space((0, 0, -1), fat + 0.1))
    coin = block((-0.15, -0.022, 0.75 * fat), (0.15, 0.022, 2), 2)
    a = np.linspace(0, rng.uniform(7, 11), 40)
    tail = np.stack(
        [-long + 0.04 - 0.016 * a, 0.06 * np.sin(a) * np.minimum(a, 1), 0.1 + 0.06 * (1 - np.cos(a))], 1
    )
    curl = p.tube(tail, np.linspace(0.03, 0.018, 40), 8).with_slot(0)
    mesh = difference(union([f.mesh(), curl]), [coin])
    if rng.random() < 0.35:  # a coin half in
        disc = (
            p.cylinder(0.12, 0.03, segments=32).rotated(p.ALONG_Y).shifted(0, 0, fat + rng.uniform(0.04, 0.1))
        )
        mesh = concatenate([mesh, disc.with_slot(3)])
    return mesh.grounded()
