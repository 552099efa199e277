"""Things about the kitchen: jugs, pans, cutlery, scissors."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, joined, union

Rng = np.random.Generator


def placed(rng: Rng, mesh: Mesh) -> Mesh:
    """A flat thing drawn along X in the ground's plane, now lying, on its edge, or upright on either end."""
    turn = [
        np.eye(3),
        np.eye(3),
        p.rotation((1, 0, 0), np.pi / 2),
        p.rotation((0, 1, 0), np.pi / 2),
        p.rotation((0, 1, 0), -np.pi / 2),
    ][rng.integers(5)]
    mesh = mesh.rotated(turn)
    return mesh.grounded()


def blade(x: np.ndarray, half: np.ndarray, z: np.ndarray, dish: np.ndarray | float, thick: float) -> Mesh:
    """A strip along X of half width, height and rise towards its edges given at every x (N,)."""
    v = np.linspace(-1, 1, 9)
    half, dish = np.broadcast_to(half, len(x)), np.broadcast_to(dish, len(x))
    top = np.stack([x[:, None] + 0 * v, half[:, None] * v, z[:, None] + dish[:, None] * v**2], -1)
    return p.slab(top, top - [0, 0, thick])


def _ear(rng: Rng, outer: np.ndarray, low: float, high: float) -> Mesh:
    """Handle at +X from height `low` to `high` of an outline: a bow or a square one."""
    near = [float(np.interp(z, outer[:, 1], outer[:, 0])) - 0.015 for z in (low, high)]
    out = max(near) + rng.uniform(0.3, 0.6) * (high - low)
    if rng.random() < 0.35:
        knots = [(near[0], low), (out - 0.05, low), (out, low + 0.05), (out, high - 0.05)]
        knots += [(out - 0.05, high), (near[1], high)]
    else:
        knots = [(near[0], low), (out, low + rng.uniform(0.2, 0.7) * (high - low)), (near[1], high)]
    path = p.spline(np.array([[x, 0, z] for x, z in knots]), 26)
    return p.tube(path, rng.uniform(0.03, 0.055), 10, flat=rng.uniform(0.7, 1.8))


def jug(rng: Rng) -> Mesh:
    """Jug, pitcher or carafe: belly, neck and a mouth drawn out to a lip at −X, a handle at +X."""
    height, mouth = rng.uniform(0.6, 1.3), rng.uniform(0.12, 0.32)
    belly, neck = rng.uniform(0.2, 0.42), mouth * rng.uniform(0.6, 1.0)
    at = rng.uniform(0.2, 0.45) * height
    knots = [(belly * rng.uniform(0.55, 1), 0), (belly, at), (neck, height * rng.uniform(0.68, 0.85))]
    if rng.random() < 0.3:  # straight
        knots = [(belly, 0), (belly * 0.85 + mouth * 0.15, height * 0.5)]
    outer = outline([*knots, (mouth, height)], 22)
    solid, cavity = solid_and_cavity(outer, rng.uniform(0.02, 0.045), 0.05, 48)
    ear = _ear(rng, outer, height * rng.uniform(0.15, 0.4), height * rng.uniform(0.72, 0.92))
    reach, start, rise = rng.uniform(0.05, 0.25), rng.uniform(0.6, 0.85) * height, rng.uniform(0, 0.15)

    def poured(mesh: Mesh) -> Mesh:
        v = mesh.vertices.copy()
        up = np.clip((v[:, 2] - start) / (height - start), 0, 1.2) ** 2
        lip = up * np.clip(-v[:, 0] / np.maximum(np.hypot(v[:, 0], v[:, 1]), 1e-6), 0, 1) ** 4
        return mesh.moved(v + np.stack([-reach * lip, 0 * lip, rise * lip], 1))

    parts = [poured(solid)] + ([ear.with_slot(int(rng.random() < 0.4))] if rng.random() < 0.85 else [])
    return difference(union(parts), [poured(cavity).with_slot(2 * int(rng.random() < 0.3))])


def pan(rng: Rng) -> Mesh:
    """Frying pan, saucepan or stockpot, with a long handle or two ears, perhaps a lid."""
    r, h = rng.uniform(0.3, 0.55), rng.choice([rng.uniform(0.08, 0.2), rng.uniform(0.25, 0.75)])
    outer = np.stack([np.linspace(r * rng.uniform(0.7, 1.0), r, 10), np.linspace(0, h, 10)], 1)
    if rng.random() < 0.4:  # the wall swings out like a bowl's
        outer[:, 0] = outer[0, 0] + (r - outer[0, 0]) * np.linspace(0, 1, 10) ** 0.5
    wall, thick = rng.uniform(0.02, 0.035), rng.uniform(0.025, 0.045)
    solid, cavity = solid_and_cavity(outer, wall, 0.04, 44)
    parts, z = [solid], h * rng.uniform(0.6, 0.9)
    if rng.random() < (0.85 if h < 0.22 else 0.4):
        long, lift = r + rng.uniform(0.4, 1.0), rng.uniform(0, 0.35)
        path = p.spline(np.array([(r * 0.93, 0, z), (r + 0.15, 0, z + 0.2 * lift), (long, 0, z + lift)]), 16)
        radius = thick * np.interp(
            np.linspace(0, 1, 16), [0, 0.25, 0.8, 1], [0.8, 0.7, 1.2, rng.uniform(0.6, 1.2)]
        )
        parts.append(p.tube(path, radius, 12, flat=rng.uniform(0.6, 1.8)).with_slot(1))
    else:
        out, wide = rng.uniform(0.08, 0.2), rng.uniform(0.1, 0.2)
        for s in (-1, 1):
            x = s * (np.array([0.93 * r - 0.02, r + out, r + out, 0.93 * r - 0.02]))
            ear = np.stack(
                [x, np.array([-1, -0.7, 0.7, 1]) * wide, z + np.array([0, 1, 1, 0]) * 0.3 * out], 1
            )
            parts.append(p.tube(p.spline(ear, 20), thick * 0.8, 8).with_slot(1))
    body = difference(union(parts), [cavity])
    if rng.random() < 0.55:
        return body
    u, dome = np.linspace(0, 1, 12), rng.uniform(0.02, 0.22)
    cover = np.stack([(r + 0.01) * u, dome * (1 - u**2) ** rng.uniform(0.6, 1.5)], 1)
    shell = p.lathe(np.concatenate([cover + np.array([0, 0.03]), cover[::-1]]), 44).shifted(0, 0, h + 0.002)
    knob = p.superquadric((rng.uniform(0.04, 0.1), 0.05, rng.uniform(0.02, 0.05)), 0.6, 1.0, 6)
    top = h + dome + rng.uniform(0.05, 0.09)
    stem = p.cylinder(0.025, 0.12, segments=12).shifted(0, 0, top - 0.04)
    return joined(rng, [body, shell.with_slot(2), knob.shifted(0, 0, top).with_slot(1), stem.with_slot(1)])


def cutlery(rng: Rng) -> Mesh:
    """Spoon, ladle, fork, knife or turner along X, with a flat or a round handle."""
    length, thick, u = rng.uniform(0.5, 0.9), rng.uniform(0.025, 0.04), np.linspace(0, 1, 24)
    arch, neck = rng.uniform(0.0, 0.12), rng.uniform(0.025, 0.045)
    end = neck * rng.uniform(0.9, 2.4)
    width = p.spline(np.array([[end * 0.5], [end], [neck * 1.1], [neck]]), 24)[:, 0]
    z = arch * np.sin(np.pi * u)
    if rng.random() < 0.65:
        handle = blade(length * (u - 1) + 0.02, width, z, 0.0, thick)
    else:
        path = np.stack([length * (u - 1) + 0.02, 0 * u, z - thick / 2], 1)
        handle = p.tube(path, np.maximum(width * 0.8, 0.02), 12)
    parts = [handle.with_slot(int(rng.random() < 0.4))]
    big, wide, deep = rng.uniform(0.25, 0.5), rng.uniform(0.1, 0.24), rng.uniform(0.03, 0.2)
    kind = rng.integers(4)
    if kind == 0:  # spoon, ladle
        half = np.maximum(
            wide * np.sin(np.pi * u ** rng.uniform(0.7, 1.3)) ** 0.55, neck * 0.8 * (1 - u) + 0.01
        )
        hollow = deep * np.sin(np.pi * np.clip(u, 0.01, 1)) ** 0.7
        parts.append(blade(big * u, half, -hollow, hollow, thick).with_crease(SMOOTH))
    elif kind == 1:  # fork
        root, tines = rng.uniform(0.3, 0.55), int(rng.integers(2, 5))
        curve = -deep * np.sin(np.pi * u) * 0.6
        palm = u <= root + 0.06
        half = neck + (wide * 0.6 - neck) * np.clip(u / root, 0, 1) ** 0.7
        parts.append(blade(big * u[palm], half[palm], curve[palm], 0.0, thick))
        tine = blade(big * u[u >= root], 0.02 + 0 * u[u >= root], curve[u >= root], 0.0, thick)
        parts += [tine.shifted(0, y, 0) for y in np.linspace(-1, 1, tines) * (wide * 0.6 - 0.02)]
    elif kind == 2:  # knife, cleaver
        drop, point = rng.uniform(0.05, 0.28), rng.uniform(0.0, 1.0)
        edge = np.array(
            [
                (0, neck), (big * 2 * point, neck), (big * 2, neck - point * drop),
                (big * 1.8, neck - drop * 0.9), (big, neck - drop * 1.1), (0.05, neck - drop * 1.1),
                (0.02, -neck),
            ]
        )  # fmt: skip
        parts.append(p.extrude([edge], thick * 0.8).shifted(0, 0, -thick / 2))
    else:  # turner
        half = neck + (wide - neck) * np.clip(u * rng.uniform(2, 8), 0, 1)
        sheet = blade(big * u, half, -deep * np.clip(u * 3, 0, 1), 0.0, thick)
        count = int(rng.integers(2, 5)) if rng.random() < 0.6 else 0
        slots = np.linspace(-0.6, 0.6, count) * wide
        holes = [p.box((big * 0.5, wide * 0.14, 1)).shifted(big * 0.65, y, 0) for y in slots]
        parts.append(difference(sheet, holes))
    return placed(rng, joined(rng, parts))


def scissors(rng: Rng) -> Mesh:
    """Scissors, shears or tongs, closed to wide open."""
    length, wide, thick = rng.uniform(0.35, 0.9), rng.uniform(0.04, 0.1), rng.uniform(0.03, 0.05)
    shank, ring, bow = rng.uniform(0.12, 0.45), rng.uniform(0.08, 0.16), rng.uniform(0.022, 0.04)
    angle, stretch = rng.uniform(0.02, 0.55), rng.uniform(1.0, 1.8)
    tip = rng.uniform(0.0, 0.8) * wide
    edge = np.array([(-wide, -0.6 * wide), (length * 0.5, -0.2 * wide), (length, 0), (length, tip),
                     (length * 0.6, wide), (-wide, wide)])  # fmt: skip
    parts = []
    for s in (-1, 1):
        lift = s * (thick / 2 + 0.002)  # a gap: faces of two parts in one plane are odd to rays
        half = p.extrude([edge * [1, s]], thick).shifted(0, 0, lift).with_slot(0)
        far = np.array([-shank - ring * stretch, -s * (ring + 0.03), 0])
        path = p.spline(
            np.array([(0, 0.2 * s * wide, s * thick / 2), far * [0.4, 0.6, 1], far * [0.75, 0.5, 1]]), 12
        )
        arm = p.tube(path, np.linspace(0.9 * wide, bow, 12).clip(0.03, 0.07), 10, flat=0.7)
        loop = p.torus(ring, bow, 28, 10).scaled((stretch, 1, 1)).shifted(*far)
        both = union([half, arm.with_slot(1), loop.with_slot(1)])
        parts.append(both.rotated(p.rotation((0, 0, 1), s * angle)))
    parts.append(p.cylinder(wide * 0.5, 3 * thick, segments=16).with_slot(2))
    return placed(rng, joined(rng, parts))
