"""Primitives alone and put together."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import Mesh, joined


def primitive(rng: np.random.Generator) -> Mesh:
    """One closed primitive of about unit size."""
    s = rng.uniform(0.35, 1.0, 3)
    match rng.integers(9):
        case 0:
            return p.box(s)
        case 1:
            return p.rounded_box(s, rng.uniform(0.04, 0.3) * s.min())
        case 2:
            return p.sphere(0.5).scaled(s if rng.random() < 0.5 else float(s[0]))
        case 3:
            return p.cylinder(0.5 * s[0], s[1], rng.choice([0.5 * s[0], 0.5 * s[2], 0.0]))
        case 4:
            return p.capsule(0.3 * s[0], 0.7 * s[1])
        case 5:
            return p.torus(0.4 * s[0] + 0.12, rng.uniform(0.06, 0.13))
        case 6:
            return p.superquadric(0.5 * s, rng.uniform(0.25, 2.0), rng.uniform(0.25, 2.0))
        case 7:
            sides = int(rng.integers(3, 9))
            return p.extrude(
                [p.regular_polygon(sides, 0.5 * s[0])], s[1], taper=rng.choice([1.0, rng.uniform(0.3, 1)])
            )
        case _:
            return p.lathe(_solid_profile(rng), 28)


def _solid_profile(rng: np.random.Generator) -> np.ndarray:
    knots = rng.uniform(0.08, 0.45, int(rng.integers(3, 7)))
    radius = p.spline(knots[:, None], 18)[:, 0].clip(0.04)
    z = np.linspace(-0.5, 0.5, 18)
    return np.concatenate([[[0, -0.5]], np.stack([radius, z], axis=1), [[0, 0.5]]])


def single_primitive(rng: np.random.Generator) -> Mesh:
    """One primitive."""
    return primitive(rng)


def composition(rng: np.random.Generator) -> Mesh:
    """Two to seven primitives grown onto each other, united into one solid."""
    parts = [primitive(rng)]
    for slot in range(1, int(rng.integers(2, 8))):
        part = primitive(rng).scaled(rng.uniform(0.35, 0.95))
        if rng.random() < 0.6:
            part = part.rotated(p.rotation(rng.normal(size=3), rng.uniform(0, 3)))
        host = parts[rng.integers(len(parts))]
        anchor = host.vertices[rng.integers(len(host.vertices))]
        parts.append(
            part.shifted(*(anchor - part.vertices.mean(0) * 0 + rng.normal(0, 0.05, 3))).with_slot(slot)
        )
    return joined(rng, parts)
