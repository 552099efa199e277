"""Tables, chairs, shelves, sofas."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import Mesh, union


def table(rng: np.random.Generator) -> Mesh:
    """Table with legs or a pedestal, rectangular or round."""
    w, d, h, t = rng.uniform(0.8, 1.6), rng.uniform(0.5, 1.0), rng.uniform(0.4, 0.8), rng.uniform(0.03, 0.08)
    leg, inset = rng.uniform(0.025, 0.06), rng.uniform(0.02, 0.12)
    if rng.random() < 0.35:
        top = p.cylinder(d / 2 + 0.1, t, segments=40).shifted(0, 0, h - t / 2)
        w = d
    else:
        top = p.rounded_box((w, d, t), rng.uniform(0.1, 0.45) * t).shifted(0, 0, h - t / 2)
    parts = [top]
    if rng.random() < 0.2:
        parts.append(p.cylinder(leg * 1.6, h - t / 2).shifted(0, 0, (h - t / 2) / 2).with_slot(1))
        parts.append(p.cylinder(d * 0.3, 0.05, d * 0.2).shifted(0, 0, 0.025).with_slot(1))
        return union(parts)
    scale = 0.68 if w == d else 1.0
    for x in (-1, 1):
        for y in (-1, 1):
            post = (
                p.box((2 * leg, 2 * leg, h - t / 2))
                if rng.random() < 0.7
                else p.cylinder(leg * 0.7, h - t / 2, leg)
            )
            parts.append(
                post.shifted(
                    x * scale * (w / 2 - leg - inset), y * scale * (d / 2 - leg - inset), (h - t / 2) / 2
                ).with_slot(1)
            )
    return union(parts)
