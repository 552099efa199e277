"""Wheels and blades below one's feet: skateboards, ice skates and roller skates."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import blade
from wt_backend.training.data.families.play.gliding import stations, stood
from wt_backend.training.data.mesh import Mesh, concatenate, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def _wheel(r: float, width: float) -> Mesh:
    """Wheel with rounded shoulders and a hub, its axle along Y."""
    profile = [(0, -0.42), (0.4, -0.42), (0.45, -0.5), (0.8, -0.5), (1, -0.3)]
    ring = np.array([*profile, *[(a, -b) for a, b in profile[::-1]]]) * [r, width]
    return p.lathe(ring, 24).rotated(p.ALONG_Y)


def skateboard(rng: Rng) -> Mesh:
    """Skateboard, cruiser or longboard: deck with one or two kicks, trucks, four wheels; any side up."""
    long, wide, square = rng.uniform(0.4, 0.6), rng.uniform(0.11, 0.16), rng.uniform(2.2, 6)
    x = stations(long)
    half = np.maximum(wide * (1 - np.abs(x / long) ** square) ** (1 / square), 0.012)
    half *= 1 - rng.choice([0.0, rng.uniform(0.1, 0.4)]) * np.clip(x / long, 0, 1) ** 2
    kick, nose = rng.uniform(0.2, 0.45), rng.choice([0.0, 1.0, 1.0])
    z = kick * np.clip(np.abs(x) - 0.66 * long, 0, 1) * np.where(x > 0, nose, 1)
    z = np.convolve(np.pad(z, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    dish = rng.uniform(0.0, 0.03)
    parts = [blade(x, half, z, dish, rng.uniform(0.02, 0.032))]
    if rng.random() < 0.6:  # grip tape
        parts.append(blade(0.985 * x, 0.97 * half, z + 0.006, dish, 0.012).with_slot(3))
    r, gap, drop = rng.uniform(0.04, 0.07), rng.uniform(0.5, 0.62) * long, rng.uniform(0.07, 0.1)
    for at in (-gap, gap):
        parts.append(block((at - 0.06, -0.05, -0.05), (at + 0.06, 0.05, -0.005), 1))
        hanger = p.superquadric((0.035, 0.8 * wide, 0.03), 0.8, 0.8, 6).shifted(at, 0, -drop)
        pivot = p.rod((at, 0, -0.03), (at - 0.03 * np.sign(at), 0, -drop), 0.035, 10)
        axle = p.rod((at, -wide - 0.01, -drop), (at, wide + 0.01, -drop), 0.012, 8)
        wheels = p.pair(_wheel(r, rng.uniform(0.05, 0.07)).shifted(at, 0.85 * wide, -drop).with_slot(2))
        parts += [*[m.with_slot(1) for m in (hanger, pivot, axle)], *wheels]
    return stood(rng, joined(rng, parts), 0.2)


def skate(rng: Rng) -> Mesh:
    """Boot with a figure or hockey blade, wheels in a line or two pairs of wheels; one boot or two."""
    f, high = Field((-0.45, -0.25, -0.1), (0.6, 0.25, 0.75), 50), rng.uniform(0.35, 0.6)
    slim = rng.uniform(0.09, 0.13)
    toe = rng.uniform(0.28, 0.4)
    f.add(f.limb((-0.2, 0, slim * 0.9), (toe, 0, 0.75 * slim), slim, slim * 0.85))
    f.add(f.limb((-0.2, 0, 0.15), (-0.22, 0, high + 0.2), slim * 1.1, slim * 1.15), 0.1)
    f.add(f.limb((toe * 0.8, 0, 0.1), (-0.08, 0, 0.32), slim * 0.7, slim * 0.7), 0.08)
    f.cut(f.half_space((rng.uniform(-0.3, 0.1), 0, 1), high))
    f.cut(f.half_space((0, 0, -1), -0.01))
    f.cut(f.limb((-0.22, 0, 0.2), (-0.22, 0, high + 0.3), slim * 0.75, slim * 0.85))
    if rng.random() < 0.6:  # a stiff cuff
        shin, top = (-0.2, 0, 0.1), (-0.22, 0, high)
        outer = f.limb(shin, top, slim * 1.2, slim * 1.25)
        inner = f.limb(shin, top, slim * 0.9, slim * 0.9)
        f.add(np.maximum(np.maximum(outer, -inner), np.abs(f.z - 0.75 * high) - 0.06), slot=1)
    sole = p.rounded_box((toe + 0.4, 1.7 * slim, 0.05), 0.02).shifted(toe / 2 - 0.12, 0, 0)
    parts, low, top = [f.mesh(), sole.with_slot(2)], (toe * 0.75, 0, 0.1), (-0.08, 0, 0.33)
    for t in np.linspace(0.15, 0.85, int(rng.integers(3, 6))):
        place = (1 - t) * np.array(low) + t * np.array(top) + np.array([0, 0, slim * 0.7])
        parts.append(p.rod((0, -0.5 * slim, 0), (0, 0.5 * slim, 0), 0.016, 6).shifted(*place).with_slot(3))
    kind, r = rng.integers(4), rng.uniform(0.05, 0.085)
    if kind < 2:
        parts += _runner(rng, toe, kind == 0)
    elif kind == 2:
        count = int(rng.integers(3, 6))
        span = np.linspace(-0.27, toe + 0.02, count)
        r = min(r, 0.48 * (span[1] - span[0]))
        rail = np.array([(-0.3, 0), (toe, 0), (toe + 0.02, -0.6 * r - 0.04), (-0.28, -0.6 * r - 0.04)])
        parts.append(p.upright([rail], 0.05).shifted(0, 0, -0.02).with_slot(2))
        fork = p.upright([np.array([(-0.025, 0), (0.025, 0), (0.02, -0.08 - r), (-0.02, -0.08 - r)])], 0.07)
        wheel = _wheel(r, 0.045).shifted(0, 0, -0.06 - r)
        parts += [m.shifted(at, 0, 0) for at in span for m in (wheel.with_slot(4), fork.with_slot(2))]
    else:
        for at in (-0.2, toe - 0.06):
            parts += [
                p.rod((at, 0, 0), (at, 0, -0.1), (0.06, 0.03), 10).with_slot(2),
                p.rod((at, -0.13, -0.1), (at, 0.13, -0.1), 0.014, 8).with_slot(2),
            ]
            parts += p.pair(_wheel(r * 0.95, 0.07).shifted(at, 0.1, -0.1).with_slot(4))
        stop = p.cylinder(0.05, 0.1, 0.03).rotated(p.rotation((0, 1, 0), 0.6))
        parts.append(stop.shifted(toe + 0.06, 0, -0.05).with_slot(5))
    one = joined(rng, parts)
    if rng.random() < 0.7:
        return one.grounded()
    turn = p.rotation((0, 0, 1), rng.uniform(-0.2, 0.2))
    return concatenate(p.pair(one.rotated(turn).shifted(0, 0.27, 0))).grounded()


def _runner(rng: Rng, toe: float, figure: bool) -> list[Mesh]:
    """Steel blade below a boot on two posts (figure) or in a holder (hockey)."""
    deep, front, rear = rng.uniform(0.12, 0.16), toe + rng.uniform(0.06, 0.12), rng.uniform(0.36, 0.42)
    x = np.linspace(-rear, front, 16)
    low = -deep - 0.05 + 0.08 * np.abs((x - x.mean()) / (front + rear) * 2) ** (6 if figure else 3)
    edge = np.concatenate([np.stack([x, low], 1), [(front - 0.01, -deep + 0.04), (-rear, -deep + 0.04)]])
    steel = p.upright([edge], 0.022).with_slot(4)
    if figure:
        posts = [(-0.28, -0.1), (toe - 0.16, toe + 0.02)]
        outlines = [
            np.array([(a, 0), (b, 0), (0.7 * b + 0.3 * a, -deep + 0.02), (0.7 * a + 0.3 * b, -deep + 0.02)])
            for a, b in posts
        ]
        return [steel, *[p.upright([o], 0.06).with_slot(4) for o in outlines]]
    gap = np.array([(-0.12, -0.02), (toe - 0.16, -0.02), (toe - 0.2, -deep + 0.03), (-0.08, -deep + 0.03)])
    hull = np.array([(-0.3, 0), (toe + 0.02, 0), (front - 0.04, -deep), (-rear + 0.04, -deep)])
    return [steel, p.upright([hull, gap], 0.07).with_slot(5)]
