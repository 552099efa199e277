"""Whole scenes: still lifes, rooms, outdoors; single-sheet grounds and walls, things standing about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import families, primitives
from wt_backend.training.data.cameras import direction
from wt_backend.training.data.families import heldout
from wt_backend.training.data.families.home import furniture
from wt_backend.training.data.families.living import nature
from wt_backend.training.data.families.works import machines
from wt_backend.training.data.mesh import Mesh, concatenate, difference

Rng = np.random.Generator
Vector = NDArray[np.float64]
GAP = 0.002
"""Things hover this far above what they stand on, so that no two surfaces coincide."""


@dataclass(frozen=True)
class Stage:
    """A scene, where a photographer stands and looks, and where the lamp may hang."""

    mesh: Mesh
    viewpoint: Callable[[Rng], tuple[Vector, Vector]]  # position and target
    centre: Vector
    radius: float
    lamp: tuple[Vector, Vector] | None  # corners of the box that holds the key light; None: like an object's


def sheet(width: float, depth: float) -> Mesh:
    """A single rectangle facing up, centred at the origin."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [width / 2, depth / 2, 0]
    return Mesh.build(corners, np.array([[0, 1, 2], [0, 2, 3]]))


def grounded(mesh: Mesh, rng: Rng, extent: float | None, turn: float | None = None) -> Mesh:
    """Turned about Z, scaled so that its longest side is `extent`, standing on the origin."""
    angle = rng.uniform(0, 2 * np.pi) if turn is None else turn
    mesh = mesh.rotated(primitives.rotation((0, 0, 1), angle))
    if extent is not None:
        mesh = mesh.scaled(extent / float(np.ptp(mesh.bounds, axis=0).max()))
    low, high = mesh.bounds
    return mesh.shifted(-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2])


class Floor:
    """Where things stand on one level; keeps their footprints apart."""

    def __init__(self, low: tuple[float, float], high: tuple[float, float], height: float = 0.0) -> None:
        self.low, self.high, self.height = np.array(low), np.array(high), height
        self.footprints: list[NDArray] = []

    def place(self, thing: Mesh, rng: Rng, at: Vector | None = None, margin: float = 0.01) -> Mesh | None:
        """Thing (standing on the origin) moved to a free place, or `at` one; None where there's no room."""
        low, high = thing.bounds[:, :2]
        for _ in range(15 if at is None else 1):
            free = np.maximum(self.high - high - (self.low - low), 0)
            spot = self.low - low + rng.random(2) * free if at is None else at
            print_ = np.array([low + spot - margin, high + spot + margin])
            if all((print_[0] > f[1]).any() or (print_[1] < f[0]).any() for f in self.footprints):
                self.footprints.append(print_)
                return thing.shifted(*spot, self.height + GAP)
        return None


def _assembled(surfaces: list[Mesh], things: list[Mesh | None]) -> Mesh:
    """One mesh; every surface and thing gets material slots of its own, copies of one thing share them."""
    parts, slot = [], 0
    known: dict[int, int] = {}
    for part in [*surfaces, *[t for t in things if t is not None]]:
        same = id(part.slot)
        if same not in known:
            known[same] = slot
            slot += int(part.slot.max()) + 1
        parts.append(replace(part, slot=part.slot + known[same]))
    return concatenate(parts)


def still_life(rng: Rng, pool: families.Pool) -> Stage:
    """A few things close together on a surface, sometimes a table in a room, photographed from near."""
    count = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.22, 0.22, 0.2, 0.16, 0.1, 0.1]))
    prototypes = [families.draw(rng, pool) for _ in range(min(count, 3))]
    spread = 0.18 + 0.2 * count
    level = Floor((-spread - 0.3, -spread - 0.3), (spread + 0.3, spread + 0.3))
    things = [grounded(prototypes[i % len(prototypes)], rng, rng.uniform(0.4, 1.1)) for i in range(count)]
    placed = [level.place(t, rng, at=np.zeros(2) if i == 0 else None) for i, t in enumerate(things)]
    surfaces = []
    drop = rng.uniform(1.2, 2.5)
    if rng.random() < 0.45:  # a board with an edge, a floor below
        size = 2 * spread + rng.uniform(0.9, 2.0)
        depth = size * rng.uniform(0.6, 1.0) if rng.random() < 0.7 else size
        board = furniture.block((-size / 2, -depth / 2, -0.1), (size / 2, depth / 2, 0))
        if rng.random() < 0.3:
            board = primitives.cylinder(size / 2, 0.1, segments=48).shifted(0, 0, -0.05)
        legs = furniture.legs(rng, size / 2 - 0.15, depth / 2 - 0.15, drop - 0.1 - GAP, 0)
        surfaces += [board, concatenate(legs).shifted(0, 0, -drop), sheet(14, 14).shifted(0, 0, -drop - GAP)]
        below = -drop
    else:
        surfaces.append(sheet(rng.uniform(3, 20), rng.uniform(3, 20)))
        below = 0.0
    surfaces += _backdrop(rng, rng.uniform(1.3, 5), below)
    far = rng.uniform(1.0, 1.5) + 0.3 * count

    def viewpoint(rng: Rng) -> tuple[Vector, Vector]:
        elevation = np.radians(np.clip(rng.normal(25, 14), 3, 75))
        target = np.array([*rng.normal(0, 0.12 * count**0.5, 2), rng.uniform(0.1, 0.45)])
        back = direction(rng.normal(-np.pi / 2, 0.6), elevation)
        return target + rng.uniform(0.75, 1.35) * far * back, target

    return Stage(_assembled(surfaces, placed), viewpoint, np.array([0, 0, 0.3]), 1.5, None)


def _backdrop(rng: Rng, distance: float, height: float) -> list[Mesh]:
    """Nothing, one wall, or a corner of two walls, at +Y."""
    wall = sheet(24, 9).rotated(primitives.rotation((1, 0, 0), np.pi / 2)).shifted(0, 0, 4.5 + height)
    kind = rng.random()
    if kind < 0.35:
        return []
    first = wall.shifted(0, distance, 0).rotated(primitives.rotation((0, 0, 1), rng.normal(0, 0.35)))
    if kind < 0.75:
        return [first]
    side = rng.choice([-1, 1])
    second = wall.rotated(primitives.rotation((0, 0, 1), np.pi / 2)).shifted(side * rng.uniform(1.5, 4), 0, 0)
    return [first, second]


def room(rng: Rng, pool: families.Pool) -> Stage:
    """Furnished room seen from inside: furniture by the walls, a table with chairs, things on tops."""
    width, depth, height = rng.uniform(2.8, 6.0), rng.uniform(2.8, 6.0), rng.uniform(2.3, 3.2)
    half = np.array([width, depth]) / 2
    surfaces = [sheet(width, depth), _walls(rng, width, depth, height)]
    if rng.random() < 0.6:
        surfaces.append(sheet(width, depth).shifted(0, 0, height))
    level = Floor((-half[0] + 0.05, -half[1] + 0.05), (half[0] - 0.05, half[1] - 0.05))
    things: list[Mesh | None] = []
    if rng.random() < 0.6:
        things += _dining(rng, level, pool)
    for _ in range(int(rng.integers(2, 7))):
        piece = families.draw(rng, families.FURNITURE)
        side = int(rng.integers(4))
        piece = grounded(piece, rng, None, side * np.pi / 2)  # +X, its front, looks away from its wall
        extent = np.ptp(piece.bounds, axis=0)
        out = direction(side * np.pi / 2, 0)[:2]
        along = np.array([-out[1], out[0]]) * rng.uniform(-0.8, 0.8) * half
        spot = -out * (half - extent[:2] / 2 - 0.02) * np.abs(out) + along
        placed = level.place(
            piece, rng, at=np.clip(spot, -half + extent[:2] / 2, half - extent[:2] / 2), margin=0.0
        )
        things.append(placed)
        if placed is not None and rng.random() < 0.35:
            things.append(_on_top(rng, placed, families.draw(rng, pool)))
    for _ in range(int(rng.integers(0, 4))):
        things.append(level.place(grounded(families.draw(rng, pool), rng, rng.uniform(0.25, 0.9)), rng))

    def viewpoint(rng: Rng) -> tuple[Vector, Vector]:
        corner = rng.choice([-1, 1], 2) * half * rng.uniform(0.6, 0.95, 2)
        position = np.array([*corner, rng.uniform(0.7, 2.0)])
        target = np.array([*(-0.35 * corner + rng.normal(0, 0.5, 2)), rng.uniform(0.2, 1.2)])
        return position, target

    lamp = np.array([*-half * 0.7, height * 0.7]), np.array([*half * 0.7, height - 0.1])
    return Stage(_assembled(surfaces, things), viewpoint, np.array([0, 0, 1.0]), 2.0, lamp)


def _walls(rng: Rng, width: float, depth: float, height: float) -> Mesh:
    """Four walls, as sheets or as thick ones with windows and doors."""
    if rng.random() < 0.4:
        sides = []
        for k in range(4):
            span, away = (width, depth / 2) if k % 2 else (depth, width / 2)
            wall = sheet(height, span).rotated(primitives.rotation((0, 1, 0), -np.pi / 2))
            sides.append(
                wall.shifted(away, 0, height / 2).rotated(primitives.rotation((0, 0, 1), k * np.pi / 2))
            )
        return concatenate(sides)
    w, d, t = width / 2 - 0.004, depth / 2 - 0.004, rng.uniform(0.08, 0.25)  # no chink by floor and ceiling
    outer = furniture.block((-w - t, -d - t, -0.05), (w + t, d + t, height + 0.05))
    openings = [furniture.block((-w, -d, -1), (w, d, height + 1))]
    for k in range(4):
        if rng.random() < 0.55:
            door = rng.random() < 0.35
            along, wide = rng.uniform(-0.5, 0.5), rng.uniform(0.35, 0.8)
            low, high = (-0.5, 2.0) if door else (rng.uniform(0.6, 1.0), rng.uniform(1.7, 2.1))
            hole = furniture.block(
                (0, along - wide / 2, low), (max(w, d) + 1, along + wide * 0.5 + 0.4, high), 1
            )
            openings.append(hole.rotated(primitives.rotation((0, 0, 1), k * np.pi / 2)))
    return difference(outer, openings)


def _dining(rng: Rng, level: Floor, pool: families.Pool) -> list[Mesh | None]:
    """A table with chairs round it and things on it."""
    desk = grounded(furniture.table(rng), rng, None, rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05))
    spot = rng.normal(0, 0.4, 2)
    placed = level.place(desk, rng, at=spot)
    if placed is None:
        return []
    result: list[Mesh | None] = [placed]
    for _ in range(int(rng.integers(1, 4))):
        result.append(_on_top(rng, placed, families.draw(rng, pool)))
    seat = furniture.chair(rng)
    half = np.ptp(desk.bounds, axis=0)[:2] / 2
    for turn in rng.permutation(4)[: int(rng.integers(0, 5))]:
        one = grounded(seat, rng, None, turn * np.pi / 2 + rng.normal(0, 0.15))
        back = direction(turn * np.pi / 2, 0)[:2]
        away = half + np.ptp(one.bounds, axis=0)[:2] / 2 + rng.uniform(0.02, 0.25)
        result.append(level.place(one, rng, at=spot - back * away))
    return result


def _on_top(rng: Rng, host: Mesh, thing: Mesh) -> Mesh:
    """A small thing on the top of another, near its middle."""
    low, high = host.bounds
    thing = grounded(thing, rng, rng.uniform(0.12, 0.4))
    free = (high - low)[:2] * 0.28
    spot = (low + high)[:2] / 2 + rng.uniform(-1, 1, 2) * free
    near = (
        np.abs(host.vertices[host.faces].mean(1)[:, :2] - spot).max(1) < 0.4
    )  # a chair's seat, not its back
    top = host.vertices[host.faces[near], 2].max() if near.any() else high[2]
    return thing.shifted(*spot, top + GAP)


def outdoors(rng: Rng, pool: families.Pool) -> Stage:
    """Ground under a sky with houses, trees, cars, people and other things."""
    extent = rng.uniform(8, 30)
    level = Floor((-extent / 2, -extent / 2), (extent / 2, extent / 2))
    ground = sheet(extent * 6, extent * 6)
    if rng.random() < 0.35:
        ground = _hills(rng, extent)
    trees = heldout.tree if pool is families.VALIDATION else _bush
    makers: list[tuple[Callable[[Rng], Mesh], float, float]] = [
        (machines.house, 3.0, 8.0), (trees, 1.5, 6.0), (machines.car, 3.0, 4.5),
        (lambda r: families.draw(r, pool), 0.8, 3.0), (lambda r: families.draw(r, pool), 0.8, 3.0),
    ]  # fmt: skip
    prototypes = []
    for _ in range(int(rng.integers(2, 5))):
        maker, low, high = makers[rng.integers(len(makers))]
        prototypes.append((maker(rng), low, high))
    things: list[Mesh | None] = []
    for _ in range(int(rng.integers(3, 16))):
        mesh, low, high = prototypes[rng.integers(len(prototypes))]
        things.append(level.place(grounded(mesh, rng, rng.uniform(low, high)), rng))

    def viewpoint(rng: Rng) -> tuple[Vector, Vector]:
        away = rng.uniform(0.3, 0.75) * extent
        height = rng.uniform(1.2, 2.2) if rng.random() < 0.6 else rng.uniform(2, 0.5 * extent)
        azimuth = rng.uniform(0, 2 * np.pi)
        position = np.array([away * np.cos(azimuth), away * np.sin(azimuth), height])
        target = np.array([*rng.normal(0, extent * 0.12, 2), rng.uniform(0.2, 1.8)])
        return position, target

    return Stage(_assembled([ground], things), viewpoint, np.zeros(3), extent / 2, None)


def _bush(rng: Rng) -> Mesh:
    """What stands for a tree in training: mushroom-shaped, potted or a cloud on a stalk."""
    return nature.mushroom(rng) if rng.random() < 0.5 else nature.topiary(rng)


def _hills(rng: Rng, extent: float) -> Mesh:
    """Uneven ground that stays below the things standing on it."""
    n = 48
    axis = np.linspace(-3 * extent, 3 * extent, n)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    wave = sum(
        np.sin(rng.normal(0, 3 / extent) * x + rng.normal(0, 3 / extent) * y + rng.uniform(0, 6))
        for _ in range(4)
    )
    z = (wave - np.max(wave)) * rng.uniform(0.0005, 0.004) * extent
    away = np.maximum(np.hypot(x, y) / extent - 0.9, 0)
    z = z + away * extent * rng.uniform(0, 0.12) * (1 + np.sin(3 * np.arctan2(y, x)))
    return Mesh.build(np.stack([x, y, z], -1).reshape(-1, 3), primitives.grid_faces(n, n), crease=-2.0)


def clutter(rng: Rng, pool: families.Pool) -> Stage:
    """Many simple things standing, leaning and stacked on a ground: boxes, toys, city blocks."""
    prototypes = [families.draw(rng, families.PLAIN) for _ in range(2)] + [families.draw(rng, pool)]
    tall = rng.random() < 0.4
    level = Floor((-2.2, -2.2), (2.2, 2.2))
    things: list[Mesh | None] = []
    for _ in range(int(rng.integers(5, 18))):
        thing = grounded(prototypes[rng.integers(len(prototypes))], rng, rng.uniform(0.3, 1.2))
        if tall:
            thing = thing.scaled((1, 1, rng.uniform(1, 2.5)))
        placed = level.place(thing, rng)
        things.append(placed)
        if placed is not None and rng.random() < 0.25:
            things.append(_on_top(rng, placed, prototypes[rng.integers(len(prototypes))]))
    surfaces = [sheet(rng.uniform(5, 30), rng.uniform(5, 30)), *_backdrop(rng, rng.uniform(2.5, 6), 0.0)]

    def viewpoint(rng: Rng) -> tuple[Vector, Vector]:
        back = direction(rng.normal(-np.pi / 2, 0.7), np.radians(np.clip(rng.normal(25, 14), 4, 80)))
        target = np.array([*rng.normal(0, 0.5, 2), rng.uniform(0.1, 0.6)])
        return target + rng.uniform(2.0, 5.0) * back, target

    return Stage(_assembled(surfaces, things), viewpoint, np.array([0, 0, 0.4]), 2.5, None)


KINDS: dict[Callable[[Rng, families.Pool], Stage], float] = {
    still_life: 0.42, room: 0.28, outdoors: 0.14, clutter: 0.16,
}  # fmt: skip


def draw_stage(rng: Rng, pool: families.Pool) -> Stage:
    """A scene of any kind."""
    return list(KINDS)[rng.choice(len(KINDS), p=list(KINDS.values()))](rng, pool)
