"""Families of procedural objects. A family is a function (rng) → Mesh of about unit size, Z up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wt_backend.training.data.families.compositions import composition, single_primitive
from wt_backend.training.data.families.furniture import table
from wt_backend.training.data.families.vessels import bottle, bowl, mug, vase
from wt_backend.training.data.mesh import Mesh

Family = Callable[[np.random.Generator], Mesh]

TRAIN: dict[Family, float] = {composition: 3, single_primitive: 1, mug: 1, vase: 1, bottle: 1, bowl: 1, table: 1}
VALIDATION: dict[Family, float] = {composition: 1}


def draw(rng: np.random.Generator, families: dict[Family, float]) -> Mesh:
    """A mesh of a family drawn by weight."""
    weights = np.array(list(families.values()), np.float64)
    return list(families)[rng.choice(len(weights), p=weights / weights.sum())](rng)
