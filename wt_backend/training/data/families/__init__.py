"""Families of procedural objects. A family is a function (rng) → Mesh of about unit size, Z up, front +X."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wt_backend.training.data.deform import deformed
from wt_backend.training.data.families import (
    air_and_sea,
    animals,
    apparel,
    bicycles,
    buildings,
    compositions,
    creatures,
    drums_and_horns,
    electronics,
    fans,
    furnishings,
    furniture,
    handhelds,
    heldout,
    invertebrates,
    kitchen,
    large_animals,
    machines,
    nature,
    outdoors,
    sound,
    stairs,
    strings,
    structures,
    tools,
    vehicles,
    vessels,
    work_vehicles,
)
from wt_backend.training.data.mesh import Mesh

Family = Callable[[np.random.Generator], Mesh]
Pool = dict[Family, float]

FURNITURE: Pool = {
    furniture.table: 1.0, furniture.chair: 1.3, furniture.sofa: 0.7, furniture.shelf: 0.9, furniture.bed: 0.4,
    furniture.lamp: 0.7,
}  # fmt: skip
VESSELS: Pool = {
    vessels.mug: 1.3,
    vessels.bowl: 0.8,
    vessels.vase: 1.0,
    vessels.bottle: 0.7,
    furniture.basket: 0.7,
}
SOFT: Pool = {
    creatures.quadruped: 2.0, creatures.sitting_animal: 1.8, creatures.person: 1.2, creatures.head: 2.0,
    creatures.bird: 0.8, creatures.fish: 0.5, creatures.blob: 1.5, creatures.rock: 0.4, creatures.helmet: 0.8,
}  # fmt: skip
ANIMALS: Pool = {
    animals.turtle: 0.8, animals.lizard: 0.7, animals.upright_animal: 1.0, animals.frog: 0.6,
    animals.snake: 0.5, large_animals.dinosaur: 1.0, large_animals.elephant: 0.8, large_animals.whale: 0.8,
    invertebrates.snail: 0.6, invertebrates.insect: 0.7, invertebrates.crab: 0.7,
    invertebrates.butterfly: 0.7, invertebrates.octopus: 0.6, invertebrates.starfish: 0.4,
}  # fmt: skip
MADE: Pool = {
    machines.car: 1.0, machines.plane: 0.5, machines.boat: 0.4, machines.house: 0.8, machines.letter: 0.6,
    machines.pipe: 0.8, machines.device: 0.7, machines.frame: 0.7, machines.figure: 0.9,
}  # fmt: skip
VEHICLES: Pool = {
    vehicles.train: 0.6, vehicles.lorry: 0.6, vehicles.bus: 0.4, work_vehicles.tractor: 0.5,
    work_vehicles.excavator: 0.5, work_vehicles.cart: 0.6, bicycles.two_wheeler: 0.7,
    air_and_sea.helicopter: 0.5, air_and_sea.ship: 0.6, air_and_sea.rocket: 0.4, air_and_sea.balloon: 0.4,
}  # fmt: skip
BUILDINGS: Pool = {
    buildings.tower: 0.8, buildings.castle: 0.5, buildings.windmill: 0.5, structures.bridge: 0.6,
    structures.temple: 0.6, stairs.stairs: 0.6, outdoors.fountain: 0.5, outdoors.fence: 0.5,
    outdoors.bench: 0.5,
}  # fmt: skip
INSTRUMENTS: Pool = {
    strings.guitar: 0.7, strings.harp: 0.4, strings.piano: 0.5,
    drums_and_horns.drum: 0.6, drums_and_horns.horn: 0.7,
}  # fmt: skip
HOUSEHOLD: Pool = {
    kitchen.jug: 0.7, kitchen.pan: 0.7, kitchen.cutlery: 0.6, kitchen.scissors: 0.4,
    tools.hammer: 0.6, tools.axe: 0.5, tools.screwdriver: 0.4, tools.spanner: 0.4, tools.shovel: 0.6,
    tools.key: 0.5, tools.bolt: 0.5, tools.padlock: 0.6,
    furnishings.clock: 0.7, furnishings.bathtub: 0.6, furnishings.candlestick: 0.5, furnishings.cushion: 0.6,
    furnishings.gift_box: 0.6,
    apparel.umbrella: 0.6, apparel.hat: 0.8, apparel.shoe: 0.9, apparel.bag: 0.9,
}  # fmt: skip
ELECTRONICS: Pool = {
    electronics.camera: 0.7, electronics.computer: 0.6, fans.fan: 0.4, sound.headphones: 0.5,
    sound.loudspeaker: 0.5, sound.microphone: 0.4, handhelds.controller: 0.6, handhelds.telephone: 0.6,
}  # fmt: skip
NATURE: Pool = {nature.fruit: 0.6, nature.mushroom: 0.4, nature.potted_plant: 0.6, nature.cloth: 0.5}
PLAIN: Pool = {
    compositions.composition: 2.5, compositions.single_primitive: 0.8, compositions.symmetric_assembly: 1.5,
    compositions.sculpted: 1.5,
}  # fmt: skip

TRAIN: Pool = {
    **FURNITURE,
    **VESSELS,
    **SOFT,
    **ANIMALS,
    **MADE,
    **VEHICLES,
    **ELECTRONICS,
    **INSTRUMENTS,
    **BUILDINGS,
    **HOUSEHOLD,
    **NATURE,
    **PLAIN,
}
VALIDATION: Pool = {
    heldout.gear: 1.0, heldout.teapot: 1.0, heldout.tree: 1.0, heldout.robot: 1.0, heldout.rocking_horse: 1.0,
}  # fmt: skip
DEFORMED_SHARE = 0.12


def draw(rng: np.random.Generator, families: Pool) -> Mesh:
    """A mesh of a family drawn by weight; some are twisted, bent or otherwise deformed."""
    weights = np.array(list(families.values()), np.float64)
    mesh = list(families)[rng.choice(len(weights), p=weights / weights.sum())](rng)
    if rng.random() < DEFORMED_SHARE:
        mesh = deformed(mesh, rng)
    if rng.random() < 0.2:  # stretched: squat or slender, never a mirror image
        mesh = mesh.scaled(np.exp(rng.normal(0, 0.2, 3)))
    return mesh
