"""Families of procedural objects. A family is a function (rng) → Mesh of about unit size, Z up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wt_backend.training.data.families.compositions import composition, single_primitive
from wt_backend.training.data.families.creatures import (
    bird,
    blob,
    fish,
    head,
    helmet,
    person,
    quadruped,
    rock,
    sitting_animal,
)
from wt_backend.training.data.families.furniture import table
from wt_backend.training.data.families.vessels import bottle, bowl, mug, vase
from wt_backend.training.data.mesh import Mesh

Family = Callable[[np.random.Generator], Mesh]

TRAIN: dict[Family, float] = {
    composition: 4, single_primitive: 1, mug: 1, vase: 1, bottle: 1, bowl: 1, table: 1,
    quadruped: 2, sitting_animal: 2, person: 1, head: 2, bird: 1, fish: 0.5, blob: 1.5, rock: 0.5, helmet: 1,
}  # fmt: skip
VALIDATION: dict[Family, float] = {composition: 1}


def draw(rng: np.random.Generator, families: dict[Family, float]) -> Mesh:
    """A mesh of a family drawn by weight."""
    weights = np.array(list(families.values()), np.float64)
    return list(families)[rng.choice(len(weights), p=weights / weights.sum())](rng)
