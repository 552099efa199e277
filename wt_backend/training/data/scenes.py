"""Whole scenes: a ground, maybe walls, and things standing about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import families, primitives
from wt_backend.training.data.mesh import Mesh, concatenate

GROUND_SLOT, WALL_SLOT, FIRST_SLOT = 0, 1, 2


@dataclass(frozen=True)
class Stage:
    """A scene and where a photographer may stand: look at `target` from `distance` away."""

    mesh: Mesh
    target: NDArray[np.float64]
    distance: tuple[float, float]
    elevation: tuple[float, float]  # radians
    azimuth: tuple[float, float]  # radians
    indoor: bool


def plane(width: float, depth: float, height: float = 0.0) -> Mesh:
    """A single sheet facing up."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [width / 2, depth / 2, 0]
    return Mesh.build(corners + [0, 0, height], np.array([[0, 1, 2], [0, 2, 3]]))


def grounded(mesh: Mesh, rng: np.random.Generator, extent: float) -> Mesh:
    """Turned about Z, scaled so that its longest side is `extent`, standing on Z = 0."""
    mesh = mesh.rotated(primitives.rotation((0, 0, 1), rng.uniform(0, 2 * np.pi)))
    mesh = mesh.scaled(extent / float(np.ptp(mesh.bounds, axis=0).max()))
    low, high = mesh.bounds
    return mesh.shifted(-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2])


def scatter(rng: np.random.Generator, things: list[Mesh], spread: float, height: float) -> list[Mesh]:
    """Put things on a plane at random places where their boxes don't overlap; drops those without room."""
    placed: list[Mesh] = []
    boxes: list[NDArray] = []
    for thing in things:
        low, high = thing.bounds
        for _ in range(12):
            x, y = rng.uniform(-spread, spread, 2)
            box = np.array([low[:2] + (x, y), high[:2] + (x, y)])
            if all((box[0] > b[1]).any() or (box[1] < b[0]).any() for b in boxes):
                boxes.append(box)
                placed.append(thing.shifted(x, y, height + 0.002))
                break
    return placed


def tabletop(rng: np.random.Generator, split: dict) -> Stage:
    """Still life: a few things close together on a surface."""
    things = [
        grounded(families.draw(rng, split), rng, rng.uniform(0.4, 1.1)) for _ in range(rng.integers(1, 5))
    ]
    placed = scatter(rng, things, 0.35 + 0.25 * len(things), 0.0)
    surface = plane(rng.uniform(3, 14), rng.uniform(3, 14)).with_slot(GROUND_SLOT)
    parts = [surface]
    if rng.random() < 0.6:
        wall = (
            plane(16, 8).rotated(primitives.rotation((1, 0, 0), np.pi / 2)).shifted(0, rng.uniform(1.2, 4), 2)
        )
        parts.append(wall.with_slot(WALL_SLOT))
    parts += _slotted(placed)
    mesh = concatenate(parts)
    target = np.array([0, 0, 0.3])
    return Stage(mesh, target, (1.8, 4.5), (0.05, 1.0), (-2.4, -0.75), len(parts) > 2)


def _slotted(things: list[Mesh]) -> list[Mesh]:
    """Give every thing slots of its own after the ground's and the walls'."""
    from dataclasses import replace

    result, slot = [], FIRST_SLOT
    for thing in things:
        result.append(replace(thing, slot=thing.slot + slot))
        slot += int(thing.slot.max()) + 1
    return result


def draw_stage(rng: np.random.Generator, split: dict) -> Stage:
    """A scene of any kind."""
    return tabletop(rng, split)
