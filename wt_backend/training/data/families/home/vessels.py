"""Hollow lathes with wall thickness: mugs, bowls, vases, bottles, bells."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import SMOOTH, Mesh, difference, union


def shell_profile(outer: np.ndarray, wall: float, floor: float) -> np.ndarray:
    """Closed-bottom vessel from an outer profile (P, 2) of (radius, z) from foot to rim."""
    slope = np.gradient(outer, axis=0)
    normal = np.stack([slope[:, 1], -slope[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    inner = outer - wall * normal
    inner = inner[(inner[:, 1] > outer[0, 1] + floor) & (inner[:, 0] > 0.015)][::-1]
    rim = (outer[-1] + inner[0]) / 2 + [0, 0.35 * wall]
    bottom = [0, max(outer[0, 1] + floor, inner[-1, 1] - 0.3 * wall)]
    return np.concatenate([[[0, outer[0, 1]]], outer, [rim], inner, [bottom]])


def outline(knots: list[tuple[float, float]], samples: int = 16) -> np.ndarray:
    """(samples, 2) smooth outer profile of (radius, z) through knots from foot to rim."""
    curve = p.spline(np.array(knots), samples)
    curve[:, 0] = curve[:, 0].clip(0.03)
    curve[:, 1] = np.maximum.accumulate(curve[:, 1] + 1e-4 * np.arange(samples))
    return curve


def solid_and_cavity(outer: np.ndarray, wall: float, floor: float, segments: int) -> tuple[Mesh, Mesh]:
    """What an outline encloses, and the hollow to take from it once handles have grown on."""
    inner, top = shell_profile(outer, wall, floor)[len(outer) + 2 :], outer[-1, 1]
    solid = p.lathe(np.concatenate([[[0, outer[0, 1]]], outer, [[0, top]]]), segments)
    cavity = np.concatenate([[[0, top + 0.05], [inner[0, 0], top + 0.05]], inner])
    return solid, p.lathe(cavity, segments)


def _turned(rng: np.random.Generator, outer: np.ndarray, wall: float, segments: int) -> Mesh:
    """A vessel with walls or, one in five, a single sheet without thickness, as modellers leave it."""
    if rng.random() < 0.2:
        return p.lathe(np.concatenate([[[0, outer[0, 1]]], outer]), segments)
    return p.lathe(shell_profile(outer, wall, 0.05), segments)


def handle(rng: np.random.Generator, radius: float, low: float, high: float) -> Mesh:
    """Ear of a mug at +X, ends reaching in to `radius`."""
    reach = rng.uniform(0.5, 0.95) * (high - low)
    bow = [
        (radius, low),
        (radius + 0.7 * reach, low + rng.uniform(-0.1, 0.1)),
        (radius + reach, (low + high) / 2),
    ]
    bow += [(radius + 0.75 * reach, high + rng.uniform(-0.03, 0.08)), (radius, high)]
    path = p.spline(np.array([[x, 0, z] for x, z in bow]), 22)
    return p.tube(path, rng.uniform(0.035, 0.07), 10, flat=rng.uniform(0.7, 1.8))


def mug(rng: np.random.Generator) -> Mesh:
    """Mug or cup, with an ear most of the time."""
    height, foot, mouth = rng.uniform(0.6, 1.2), rng.uniform(0.25, 0.45), rng.uniform(0.35, 0.55)
    belly = rng.uniform(0.9, 1.15) * (foot + mouth) / 2
    if rng.random() < 0.5:
        foot = mouth = belly = rng.uniform(0.33, 0.5)
    outer = outline([(foot, 0), (belly, height / 2), (mouth, height)], 14)
    wall = rng.uniform(0.025, 0.06)
    if rng.random() < 0.15:
        return p.lathe(shell_profile(outer, wall, 0.06), 40)
    solid, cavity = solid_and_cavity(outer, wall, 0.06, 40)
    ear = handle(
        rng, min(foot, mouth, belly) * 0.85, height * rng.uniform(0.12, 0.3), height * rng.uniform(0.7, 0.88)
    )
    return difference(
        union([solid, ear.with_slot(int(rng.random() < 0.2))]),
        [cavity.with_slot(2 * int(rng.random() < 0.3))],
    )


def bowl(rng: np.random.Generator) -> Mesh:
    """Bowl, dish or plate."""
    height, mouth = rng.uniform(0.1, 0.6), rng.uniform(0.4, 0.7)
    foot = rng.uniform(0.3, 0.8) * mouth
    outer = outline(
        [(foot, 0), (foot + (mouth - foot) * rng.uniform(0.6, 0.95), height * 0.45), (mouth, height)]
    )
    return _turned(rng, outer, rng.uniform(0.02, 0.05), 44)


def vase(rng: np.random.Generator) -> Mesh:
    """Vase with a curved outline."""
    knots = [
        (rng.uniform(0.12, 0.4), z) for z in np.linspace(0, rng.uniform(0.8, 1.5), int(rng.integers(4, 7)))
    ]
    return _turned(rng, outline(knots, 26), rng.uniform(0.02, 0.05), 36)


def bottle(rng: np.random.Generator) -> Mesh:
    """Bottle or jar, sometimes with a cap."""
    body, neck, height = rng.uniform(0.18, 0.35), rng.uniform(0.05, 0.14), rng.uniform(0.9, 1.4)
    shoulder = height * rng.uniform(0.5, 0.75)
    knots = [(body, 0), (body, shoulder * 0.5), (body, shoulder), (neck, shoulder + 0.2), (neck, height)]
    outer = outline(knots, 26)
    glass = p.lathe(shell_profile(outer, min(0.03, neck * 0.4), 0.04), 32)
    if rng.random() < 0.5:
        return glass
    cap = p.cylinder(neck * 1.3, 0.12).shifted(0, 0, height).with_slot(1)
    return union([glass, cap])


def bell(mouth: float, neck: float, length: float, flare: float, wall: float = 0.022) -> Mesh:
    """Hollow horn along +Z from a closed neck at the origin to its mouth; `flare` 1 is a straight cone."""
    u = np.linspace(0, 1, 16)
    outer = np.stack([neck + (mouth - neck) * u**flare, length * u], 1)
    inner = (outer - np.array([wall, 0]))[::-1]
    inner = inner[(inner[:, 0] > 0.01) & (inner[:, 1] > wall)]
    profile = np.concatenate([[(0, 0)], outer, inner, [(0, inner[-1, 1])]])
    return p.lathe(profile, 30).with_crease(SMOOTH)
