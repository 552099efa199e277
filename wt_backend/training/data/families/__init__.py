"""Families of procedural objects. A family is a function (rng) → Mesh of about unit size, Z up, front +X."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wt_backend.training.data.deform import deformed
from wt_backend.training.data.families import compositions, heldout
from wt_backend.training.data.families.arms import (
    artillery,
    blades,
    firearms,
    regalia,
    shields_and_bows,
    treasures,
)
from wt_backend.training.data.families.devices import (
    astronomy,
    drums_and_horns,
    electronics,
    fans,
    glassware,
    handhelds,
    laboratory,
    satellites,
    sound,
    strings,
)
from wt_backend.training.data.families.food import bakery, fruits, meals, treats, vegetables
from wt_backend.training.data.families.home import (
    appliances,
    books_and_cases,
    countertop,
    desk,
    furnishings,
    furniture,
    garden,
    housekeeping,
    kitchen,
    vessels,
    writing_and_sewing,
    yard,
)
from wt_backend.training.data.families.living import (
    anatomy,
    animals,
    bones,
    busts,
    creatures,
    invertebrates,
    large_animals,
    nature,
    plants,
)
from wt_backend.training.data.families.outside import (
    buildings,
    grounds,
    outdoors,
    roadside,
    stairs,
    street,
    street_posts,
    structures,
    tents,
)
from wt_backend.training.data.families.play import (
    balls,
    contests,
    games,
    gliding,
    learning,
    skates,
    soft_toys,
    sports,
    toys,
)
from wt_backend.training.data.families.transport import (
    air_and_sea,
    aloft,
    bicycles,
    craft,
    rides,
    vehicles,
    work_vehicles,
)
from wt_backend.training.data.families.wear import apparel, disguises, garments, haberdashery, jewellery, worn
from wt_backend.training.data.families.works import (
    hinges_and_clamps,
    machine_parts,
    machines,
    minerals,
    rigging,
    tools,
    turning_parts,
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
APPLIANCES: Pool = {
    appliances.cooker: 0.6, appliances.washing_machine: 0.5, appliances.fridge: 0.5,
    housekeeping.vacuum_cleaner: 0.7, housekeeping.toilet: 0.6, housekeeping.iron: 0.5,
    countertop.toaster: 0.5, countertop.mixer: 0.6, countertop.coffee_mill: 0.5,
    writing_and_sewing.sewing_machine: 0.7, writing_and_sewing.typewriter: 0.6,
}  # fmt: skip
FOOD: Pool = {
    meals.burger: 0.7, meals.ice_cream: 0.6, bakery.cake: 0.7, bakery.bread: 0.6, bakery.doughnut: 0.5,
    treats.sweets: 0.5, treats.sushi: 0.5, treats.egg: 0.5, vegetables.vegetable: 0.7,
    vegetables.pumpkin: 0.6, fruits.bunch: 0.7, fruits.pineapple: 0.4,
}  # fmt: skip
SPORTS: Pool = {
    balls.ball: 0.8, sports.racket: 0.6, sports.dumbbell: 0.5, sports.bat: 0.6, contests.trophy: 0.6,
    contests.target: 0.4, contests.hoop: 0.5, gliding.board: 0.6, gliding.sledge: 0.5,
    skates.skateboard: 0.5, skates.skate: 0.6,
}  # fmt: skip
TOYS: Pool = {
    toys.kite: 0.5, toys.spinning_top: 0.5, toys.pinwheel: 0.4, soft_toys.rubber_duck: 0.7,
    soft_toys.teddy: 0.8, soft_toys.piggy_bank: 0.6, games.chess_piece: 0.8, games.dice: 0.5,
    learning.puzzle: 0.6, learning.abacus: 0.4, learning.molecule: 0.5,
}  # fmt: skip
ARMS: Pool = {
    blades.sword: 0.7, blades.mace: 0.5, blades.polearm: 0.4, shields_and_bows.shield: 0.6,
    shields_and_bows.bow: 0.6, firearms.gun: 0.8, artillery.cannon: 0.6, treasures.anchor: 0.5,
    treasures.cask: 0.6, treasures.chest: 0.7, regalia.throne: 0.5, regalia.banner: 0.5,
}  # fmt: skip
SCIENCE: Pool = {
    astronomy.telescope: 0.6, astronomy.binoculars: 0.5, astronomy.globe: 0.6, satellites.dish: 0.5,
    satellites.satellite: 0.6, laboratory.microscope: 0.6, laboratory.scales: 0.6,
    laboratory.hourglass: 0.4, glassware.flask: 0.7, glassware.tube_rack: 0.5, glassware.light_bulb: 0.5,
    minerals.magnet: 0.3, minerals.crystal: 0.6,
}  # fmt: skip
STREET: Pool = {
    street.hydrant: 0.6, street.letter_box: 0.6, street.telephone_box: 0.5, street_posts.traffic_light: 0.7,
    street_posts.road_sign: 0.5, street_posts.street_lamp: 0.6, roadside.traffic_cone: 0.7,
    roadside.dustbin: 0.7, grounds.playground: 0.8, grounds.gravestone: 0.5, tents.tent: 0.8,
    tents.market_stall: 0.6, tents.igloo: 0.4,
}  # fmt: skip
PARTS: Pool = {
    machine_parts.bearing: 0.5, machine_parts.valve: 0.6, machine_parts.coil_spring: 0.5,
    machine_parts.heat_sink: 0.5, turning_parts.crankshaft: 0.5, turning_parts.piston: 0.5,
    turning_parts.propeller: 0.7, turning_parts.pulley: 0.4, rigging.chain: 0.6, rigging.hook: 0.6,
    rigging.cable_drum: 0.5, hinges_and_clamps.hinge: 0.4, hinges_and_clamps.clamp: 0.6,
}  # fmt: skip
CRAFT: Pool = {
    craft.submarine: 0.6, craft.saucer: 0.5, craft.tank: 0.7, craft.drone: 0.5, rides.kayak: 0.5,
    rides.racing_car: 0.6, rides.sleigh: 0.3, aloft.cable_car: 0.5, aloft.parachute: 0.5,
}  # fmt: skip
DESK: Pool = {
    desk.pencil: 0.5, desk.pen_pot: 0.5, desk.stapler: 0.5, desk.tape_dispenser: 0.4, desk.calculator: 0.4,
    books_and_cases.books: 0.8, books_and_cases.scroll: 0.5, books_and_cases.suitcase: 0.7,
}  # fmt: skip
GARDEN: Pool = {
    garden.bucket: 0.6, garden.ladder: 0.5, garden.lawnmower: 0.5, yard.bird_house: 0.5, yard.lantern: 0.6,
    yard.tap: 0.6, plants.cactus: 0.5, plants.flower: 0.6, plants.cone: 0.5, plants.sea_shell: 0.7,
}  # fmt: skip
WORN: Pool = {
    garments.shirt: 0.6, garments.trousers: 0.6, garments.dress: 0.6, haberdashery.glove: 0.6,
    haberdashery.sock: 0.5, haberdashery.necktie: 0.4, haberdashery.belt: 0.4, worn.glasses: 0.6,
    worn.wristwatch: 0.6, jewellery.ring: 0.5, jewellery.crown: 0.5, jewellery.necklace: 0.5,
    disguises.mask: 0.6, disguises.wig: 0.4,
}  # fmt: skip
BODY: Pool = {
    anatomy.hand: 0.8, anatomy.foot: 0.6, anatomy.ear: 0.4, anatomy.heart_organ: 0.4, bones.skull: 0.8,
    bones.bone: 0.5, bones.tooth: 0.4, bones.denture: 0.4, busts.bust: 0.8, busts.mannequin: 0.6,
}  # fmt: skip
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
    **APPLIANCES,
    **FOOD,
    **SPORTS,
    **TOYS,
    **ARMS,
    **SCIENCE,
    **STREET,
    **PARTS,
    **CRAFT,
    **DESK,
    **GARDEN,
    **WORN,
    **BODY,
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
