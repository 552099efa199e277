"""Toys that fly and spin: kites, spinning tops and yo-yos, pinwheels."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.vessels import outline
from wt_backend.training.data.mesh import SMOOTH, Mesh, joined, union

Rng = np.random.Generator


def kite(rng: Rng) -> Mesh:
    """Diamond, delta, six-cornered or box kite with spars and a tail of bows."""
    kind, wide, tall = rng.integers(4), rng.uniform(0.35, 0.55), rng.uniform(0.5, 0.75)
    tilt, low = p.rotation((0, 1, 0), rng.uniform(-0.9, 0.5)), -tall
    if kind == 3:
        parts, low = _box_kite(rng, 0.5 * wide, tall), -0.9 * tall
    elif kind == 1:
        top, tip, low = np.array([0, 0.6 * tall]), np.array([1.7 * wide, -0.3 * tall]), -0.4 * tall
        half, middle = np.array([top, tip, (0.3 * wide, -0.2 * tall), (0, low)]), (top + tip) / 2
        parts = _sail(rng, half, [(top, half[3]), (top, tip), (middle * [-0.05, 1], middle)])
    elif kind == 2:
        half = np.array([(0, 1), (0.87, 0.5), (0.87, -0.5), (0, -1)]) * tall
        parts = _sail(rng, half, [(half[0], half[3])] + [(q * [-0.05, 1], q) for q in half[1:3]])
    else:
        half = np.array([(0, tall), (wide, rng.uniform(0.1, 0.5) * tall), (0, -tall)])
        parts = _sail(rng, half, [(half[0], half[2]), (half[1] * [-0.05, 1], half[1])])
    parts = [m.rotated(tilt) for m in parts]
    if rng.random() < 0.85:
        foot, long = tilt @ [0, 0, low + 0.01], rng.uniform(0.5, 1.3)
        t = np.linspace(0, 1, 40)
        swing = rng.uniform(0.05, 0.2) * np.sin(t * rng.uniform(4, 11)) * t**0.5
        tail = foot + np.stack([-0.3 * long * t, swing, -long * t], 1)
        parts.append(p.tube(tail, 0.011, 6).with_slot(3))
        bow = np.array(
            [(0, 0), (0.07, 0.05), (0.07, -0.05), (0, 0), (-0.07, -0.05), (-0.07, 0.05)]
        ) * rng.uniform(0.7, 1.4)
        bow[[0, 3]] = [(0, 0.014), (0, -0.014)]
        for i in np.linspace(5, 39, int(rng.integers(3, 8))).astype(int):
            turned = p.facing([bow], 0.016).rotated(
                p.rotation((*rng.normal(0, 1, 2), 1), rng.uniform(0, 0.8))
            )
            parts.append(turned.shifted(*tail[i]).with_slot(4 + i % 2))
    return joined(rng, parts).grounded()


def _sail(rng: Rng, half: np.ndarray, spars: list[tuple[np.ndarray, np.ndarray]]) -> list[Mesh]:
    """Sail of two halves bent back from its keel at y = 0, and spars, mirrored where they leave the keel."""
    sag = rng.uniform(0, 0.2)

    def bent(mesh: Mesh) -> Mesh:
        return mesh.moved(mesh.vertices - np.abs(mesh.vertices[:, 1:2]) * [sag, 0, 0])

    parts = [union([bent(p.facing([half * [s, 1]], 0.02)).with_slot(int(s > 0)) for s in (-1, 1)])]
    for a, b in spars:
        stick = bent(p.rod((-0.012, *a), (-0.012, *b), 0.015, 6)).with_slot(2)
        parts += p.pair(stick) if b[0] > 0 else [stick]
    return parts


def _box_kite(rng: Rng, half: float, tall: float) -> list[Mesh]:
    """Two square tubes of sail on four sticks, with struts across."""
    ring, deep = p.regular_polygon(4, half * 1.4), rng.uniform(0.2, 0.35) * tall
    cell = p.extrude([ring, 0.96 * ring], 2 * deep)
    parts = [cell.shifted(0, 0, s * (tall - deep)).with_slot(int(s > 0)) for s in (-1, 1)]
    parts += [
        p.rod((*(0.98 * q), -1.05 * tall), (*(0.98 * q), 1.05 * tall), 0.016, 6).with_slot(2) for q in ring
    ]
    return parts + [
        p.rod((*ring[i], z), (*ring[i + 2], z), 0.012, 6).with_slot(2)
        for i in (0, 1)
        for z in (-0.9 * tall, 0.9 * tall - 0.03 * i)
    ]


def spinning_top(rng: Rng) -> Mesh:
    """Turned top, humming top, thin disc on a pin, or a yo-yo with its string; leaning as it spins."""
    kind, r = rng.random(), rng.uniform(0.3, 0.5)
    if kind < 0.3:
        return _yoyo(rng, r)
    pin, tall, stem = rng.uniform(0.03, 0.07), r * rng.uniform(0.6, 1.7), rng.uniform(0.03, 0.06)
    if kind < 0.5:  # disc on a pin
        tall, at = rng.uniform(0.05, 0.14), rng.uniform(0.15, 0.3)
        knots = [
            (0, 0),
            (0.6 * stem, 0.1 * at),
            (stem, at),
            (0.8 * r, at),
            (r, at + 0.3 * tall),
            (r, at + 0.7 * tall),
            (0.8 * r, at + tall),
            (stem, at + tall + 0.02),
        ]
        profile, top = np.array(knots), at + tall
    else:
        belly = rng.uniform(0.45, 0.7)
        curve = outline(
            [
                (pin, 0.08),
                (0.6 * r, 0.08 + 0.25 * tall),
                (r, 0.08 + belly * tall),
                (0.6 * r, 0.08 + 0.9 * tall),
                (stem, 0.08 + tall),
            ],
            30,
        )
        profile, top = np.concatenate([[[0, 0], [0.5 * pin, 0.01]], curve]), 0.08 + tall
    handle = top + rng.uniform(0.12, 0.4)
    knob = stem * rng.uniform(0.8, 2.6)
    head = [
        (stem, top + 0.03),
        (0.8 * stem, handle - 0.05),
        (knob, handle - 0.02),
        (knob, handle + 0.03),
        (0.5 * knob, handle + 0.06),
        (0, handle + 0.065),
    ]
    mesh = p.lathe(np.concatenate([profile, head]), 44)
    height = mesh.vertices[mesh.faces].mean(1)[:, 2]
    bands = np.sort(rng.uniform(0.1, top, int(rng.integers(1, 5))))
    mesh.slot[:] = np.where(height < 0.05, 5, np.where(height > top, 4, np.searchsorted(bands, height) % 3))
    ribs = int(rng.choice([0, 0, 6, 8, 12]))
    if ribs:
        v = mesh.vertices.copy()
        out = np.hypot(v[:, 0], v[:, 1])
        wave = 1 + 0.04 * np.cos(ribs * np.arctan2(v[:, 1], v[:, 0])) * (out > 0.5 * r)
        mesh = mesh.moved(v * np.stack([wave, wave, np.ones_like(wave)], 1))
    return mesh.rotated(
        p.rotation((*rng.normal(0, 1, 2), 0), rng.choice([0.1, rng.uniform(0.1, 0.6)]))
    ).grounded()


def _yoyo(rng: Rng, r: float) -> Mesh:
    """Two domed halves on an axle, the string wound between them and hanging out with a loop."""
    gap, deep, lip = rng.uniform(0.02, 0.05), r * rng.uniform(0.3, 0.55), rng.uniform(0.5, 0.9)
    half = p.spline(
        [
            (0.25 * r, gap),
            (lip * r, gap + 0.1 * deep),
            (r, gap + 0.45 * deep),
            (0.8 * r, gap + 0.9 * deep),
            (0.4 * r, gap + deep),
        ],
        18,
    )
    cap = [(0.4 * r, gap + deep * rng.uniform(0.8, 1.1)), (0, gap + deep * rng.uniform(0.8, 1.15))]
    side = p.lathe(np.concatenate([[[0, gap]], half, cap]), 44)
    middle = side.vertices[side.faces].mean(1)
    side.slot[:] = np.hypot(middle[:, 0], middle[:, 1]) < 0.4 * r
    axle = p.cylinder(0.5 * r, 2 * gap + 0.01, segments=24).with_slot(2)
    parts = [m.rotated(p.ALONG_Y) for m in (side, side.scaled((1, 1, -1)), axle)]
    if rng.random() < 0.75:
        up = rng.uniform(0.6, 1.2)
        path = p.spline(
            [
                (0.45 * r, 0, 0),
                (0.47 * r, 0, r),
                (0.45 * r + rng.normal(0, 0.1), 0, r + 0.6 * up),
                (0.4 * r, 0, r + up),
            ],
            24,
        )
        loop = p.torus(0.07, 0.014, 20, 8).rotated(p.ALONG_Y).shifted(0.4 * r, 0, r + up + 0.07)
        parts += [p.tube(path, 0.013, 6).with_slot(2), loop.with_slot(2)]
    mesh = joined(rng, parts)
    return mesh.rotated(p.ALONG_Y).grounded() if len(parts) == 3 and rng.random() < 0.5 else mesh.grounded()


def pinwheel(rng: Rng) -> Mesh:
    """Paper windmill on a stick, facing +X: four to eight sails folded to its hub; perhaps two wheels."""
    long, thin = rng.uniform(0.7, 1.3), rng.uniform(0.014, 0.024)
    parts, count = [p.rod((0, 0, 0), (0, 0, long), thin, 10).with_slot(3)], int(rng.choice([4, 4, 5, 6, 8]))
    wheels = [(rng.uniform(0.3, 0.5), long - 0.05)]
    if rng.random() < 0.25:
        wheels.append((0.7 * wheels[0][0], long - 0.15 - 1.6 * wheels[0][0]))
    u, v = np.meshgrid(np.linspace(0, 1, 10), np.linspace(0, 1, 9), indexing="ij")
    puff, twist, lift = (
        rng.uniform(0.5, 1.0),
        rng.uniform(0.7, 1.2) * 2 * np.pi / count,
        rng.uniform(0.18, 0.35),
    )
    for r, z in wheels:
        back = p.broadcast(0.0, 0.0, r * (0.03 + 0.97 * v))
        out = np.stack(
            [puff * 0.5 * r * v, r * (0.02 + v) * np.sin(twist), r * v * np.cos(twist) + 0.05 * r], -1
        )
        front = p.broadcast(lift * r, 0.05 * r * (1 - v), 0.12 * r * v)
        w = u[..., None]
        sheet = (1 - w) ** 2 * back + 2 * w * (1 - w) * out + w**2 * front
        normal = np.cross(np.gradient(sheet, axis=0), np.gradient(sheet, axis=1))
        normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
        sail = p.slab(sheet + 0.007 * normal, sheet - 0.007 * normal).with_crease(SMOOTH)
        colours = int(rng.integers(1, 4))
        for i in range(count):
            turned = sail.rotated(p.rotation((1, 0, 0), 2 * np.pi * i / count + 0.3))
            parts.append(turned.shifted(thin + 0.03, 0, z).with_slot(i % colours))
        pin = p.rod((-thin - 0.02, 0, z), (thin + 0.05 + lift * r, 0, z), 0.016, 8)
        hub = p.sphere(rng.uniform(0.03, 0.06), 6).shifted(thin + 0.04 + lift * r, 0, z)
        parts += [pin.with_slot(4), hub.with_slot(4)]
    if rng.random() < 0.3:
        parts.append(p.cylinder(0.2, 0.06, 0.15, 32).shifted(0, 0, 0.03).with_slot(5))
    return joined(rng, parts).grounded()
