"""Materials: solid procedural textures evaluated at rest-pose coordinates, and how a surface reflects."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from wt_backend.training.data.primitives import random_rotation

PATTERNS = (
    "plain", "stripes", "checks", "noise", "wood", "marble", "brick", "dots", "gradient", "patches", "grain",
)  # fmt: skip
_WEIGHTS = np.array([0.42, 0.05, 0.05, 0.11, 0.07, 0.05, 0.03, 0.03, 0.05, 0.06, 0.08])
_DETAIL = {"noise": 2.5, "wood": 3.0, "marble": 3.0, "grain": 1.6, "patches": 1.6}
"""Cycles a unit of the finest detail that matters, where it isn't one."""
_LATTICE = np.random.default_rng(20).random((24, 24, 24)).astype(np.float32)


@dataclass(frozen=True)
class Material:
    """A surface. Colours are linear RGB (K, 3); `frame` turns rest-pose into texture coordinates."""

    colours: NDArray[np.float32]
    pattern: str
    frame: NDArray[np.float64]  # (3, 3)
    offset: NDArray[np.float64]  # (3,)
    roughness: float
    specular: float  # reflectance at normal incidence
    metallic: bool
    bump: float

    @property
    def mean_colour(self) -> NDArray[np.float32]:
        """(3,) average of the colours."""
        return self.colours.mean(0)


def value_noise(points: NDArray, octaves: int = 1) -> NDArray[np.float32]:
    """(N,) smooth noise in about [0, 1] at points (N, 3), trilinear on a periodic lattice."""
    total = np.zeros(len(points), np.float32)
    amplitude, norm = 1.0, 0.0
    coordinates = np.asarray(points, np.float32).T
    for octave in range(octaves):
        scaled = coordinates * 2.0**octave + 7.3 * octave
        total += amplitude * map_coordinates(_LATTICE, scaled, order=1, mode="grid-wrap", prefilter=False)
        norm += amplitude
        amplitude *= 0.55
    return total / norm


def random_colour(rng: np.random.Generator) -> NDArray[np.float32]:
    """(3,) linear albedo: greys and whites often, muted mostly, saturated sometimes."""
    kind = rng.random()
    if kind < 0.27:
        value = rng.choice([0.8, rng.uniform(0.03, 0.8), rng.uniform(0.4, 0.75)])
        return np.clip(value * (1 + rng.normal(0, 0.03, 3)), 0.02, 0.85).astype(np.float32)
    saturation = rng.uniform(0.1, 0.5) if kind < 0.65 else rng.uniform(0.5, 1.0)
    hue = rng.uniform(0.02, 0.13) if rng.random() < 0.35 else rng.random()  # browns and skins are common
    rgb = colorsys.hsv_to_rgb(float(hue), float(saturation), float(rng.uniform(0.1, 0.95)))
    return np.clip(np.array(rgb, np.float32) ** 1.6, 0.015, 0.85)


def random_material(rng: np.random.Generator, extent: float, plain: bool = False) -> Material:
    """A material for something of size `extent`; `plain` forbids patterns."""
    pattern = "plain" if plain else str(rng.choice(PATTERNS, p=_WEIGHTS / _WEIGHTS.sum()))
    base = random_colour(rng)
    other = random_colour(rng)
    if rng.random() < 0.6:  # kin: the same paint, darker or lighter
        other = np.clip(base * rng.uniform(0.25, 1.7) + rng.normal(0, 0.03, 3), 0.015, 0.85).astype(
            np.float32
        )
    if pattern == "wood" and rng.random() < 0.7:
        base = np.array([0.35, 0.18, 0.08], np.float32) * rng.uniform(0.3, 1.6)
        other = base * rng.uniform(0.3, 0.75)
    period = extent / rng.uniform(1.2, 9)
    turn = random_rotation(rng)
    if pattern in ("stripes", "checks", "brick", "wood") and rng.random() < 0.7:
        turn = np.eye(3)[rng.permutation(3)]
    if pattern == "grain":
        period = extent / rng.uniform(15, 50)
    metallic = rng.random() < (0.06 if extent < 3 else 0.0)
    glossy = rng.random() < (0.45 if extent < 3 else 0.12)  # floors and walls are dull
    return Material(
        np.stack([base, other]).astype(np.float32),
        pattern,
        turn / period,
        rng.uniform(-20, 20, 3),
        float(rng.uniform(0.08, 0.4) if glossy or metallic else rng.uniform(0.45, 1.0)),
        float(rng.uniform(0.03, 0.08)),
        bool(metallic),
        float(rng.uniform(0.05, 0.4) if pattern != "plain" and rng.random() < 0.3 else 0.0),
    )


def blend_factor(material: Material, points: NDArray) -> NDArray[np.float32]:
    """(N,) share of the second colour at rest-pose points (N, 3)."""
    p = np.asarray(points, np.float32) @ material.frame.T.astype(np.float32) + material.offset.astype(
        np.float32
    )
    x, y, z = p.T
    match material.pattern:
        case "plain":
            return np.zeros(len(p), np.float32)
        case "stripes":
            return (x % 1.0 < 0.5).astype(np.float32)
        case "checks":
            return ((np.floor(x) + np.floor(y) + np.floor(z)) % 2).astype(np.float32)
        case "noise":
            return np.clip(value_noise(p, 3) * 2.2 - 0.6, 0, 1)
        case "wood":
            radius = np.hypot(x * 0.9, y * 0.9) * 3 + 1.6 * value_noise(
                p * np.array([0.8, 0.8, 0.25], np.float32)
            )
            return (radius % 1.0) ** 2
        case "marble":
            return np.abs(np.sin(2 * x + 6 * value_noise(p, 2))) ** 0.6
        case "brick":
            row = np.floor(z * 2)
            u = x + y + 0.5 * (row % 2)
            return ((u % 1.0 < 0.07) | (z * 2 % 1.0 < 0.12)).astype(np.float32)
        case "dots":
            return (np.linalg.norm(p % 1.0 - 0.5, axis=1) < 0.33).astype(np.float32)
        case "gradient":
            return np.asarray(0.5 + 0.5 * np.sin(1.3 * z), np.float32)
        case "patches":
            return np.clip((value_noise(p * 0.8, 2) - 0.5) * 12 + 0.5, 0, 1)
        case "grain":
            return value_noise(p, 2)
        case other:
            raise ValueError(f"No texture pattern is called “{other}”; choose one of {', '.join(PATTERNS)}.")


def albedo(
    material: Material, points: NDArray, footprint: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """(N, 3) linear albedo at rest-pose points (N, 3).

    `footprint` (N,), the size of a pixel on the surface, fades detail finer than a pixel to its average, as
    area sampling would.
    """
    factor = blend_factor(material, points)
    if footprint is not None and material.pattern != "plain":
        detail = _DETAIL.get(material.pattern, 1.0) * np.linalg.norm(material.frame[0])
        lost = np.clip(footprint * np.float32(1.5 * detail) - 0.4, 0, 1)
        factor = factor + (factor.mean() - factor) * lost
    factor = factor[:, None]
    return material.colours[0] * (1 - factor) + material.colours[1] * factor
