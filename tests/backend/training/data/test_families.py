"""Every family makes usable meshes."""

from collections.abc import Callable

import numpy as np
import pytest

from wt_backend.training.data import families
from wt_backend.training.data.cameras import frame_object
from wt_backend.training.data.checks import odd_share
from wt_backend.training.data.families import compositions, heldout
from wt_backend.training.data.families.devices import drums_and_horns, handhelds
from wt_backend.training.data.families.home import furnishings, kitchen, vessels
from wt_backend.training.data.families.living import animals, creatures, invertebrates, large_animals, nature
from wt_backend.training.data.families.outside import buildings, structures
from wt_backend.training.data.families.transport import bicycles, vehicles, work_vehicles
from wt_backend.training.data.families.wear import apparel, worn
from wt_backend.training.data.families.works import machines, tools
from wt_backend.training.data.mesh import Mesh
from wt_backend.training.data.sdf import Field
from wt_backend.training.data.tracing import LAYERS, Tracer

EVERY = [*families.TRAIN, *families.VALIDATION]


@pytest.mark.parametrize("family", families.ANIMALS)
def test_no_limb_leaves_the_grid_of_its_field(
    family: families.Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trunks and tails were cut off flat there, or in two."""
    mesh = Field.mesh

    def watched(field: Field) -> Mesh:
        inside = field.value < 0
        faces = [inside.take(end, axis) for axis in range(3) for end in (0, -1)]
        assert not any(face.any() for face in faces), f"seed {seed}"
        return mesh(field)

    monkeypatch.setattr(Field, "mesh", watched)
    for seed in range(14):
        family(np.random.default_rng(seed))


def test_laces_lie_on_their_shoe() -> None:
    """They hung above shoes that are cut low or stand on high heels."""
    laced = 0
    for seed in range(24):
        mesh = apparel.shoe(np.random.default_rng(seed))
        laces = np.flatnonzero(mesh.slot == 2)
        upper = mesh.vertices[np.unique(mesh.faces[mesh.slot == 0])]
        for corner in mesh.vertices[np.unique(mesh.faces[laces])] if len(laces) else ():
            assert np.linalg.norm(upper - corner, axis=1).min() < 0.08, f"seed {seed}"
        laced += len(laces) > 0
    assert laced >= 3


def test_validation_families_are_not_trained_on() -> None:
    assert not set(families.TRAIN) & set(families.VALIDATION)
    assert {f.__module__ for f in families.VALIDATION} == {heldout.__name__}


@pytest.mark.parametrize("family", EVERY, ids=lambda f: f.__name__)
def test_family(family: Callable[[np.random.Generator], Mesh]) -> None:
    sizes = []
    for seed in range(3):
        mesh = family(np.random.default_rng(seed))
        assert np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() >= 0
        assert mesh.faces.max() < len(mesh.vertices)
        assert len(mesh.texture) == len(mesh.vertices)
        assert len(mesh.slot) == len(mesh.crease) == len(mesh.faces) < 40_000
        assert mesh.slot.min() >= 0
        assert mesh.slot.max() < 12
        sizes.append(np.ptp(mesh.bounds, axis=0).sum())
    assert len({round(float(s), 6) for s in sizes}) > 1, "every draw is the same"
    again = family(np.random.default_rng(2))
    np.testing.assert_allclose(mesh.vertices, again.vertices, atol=1e-12)


WATERTIGHT = [
    creatures.quadruped, creatures.sitting_animal, creatures.person, creatures.blob, creatures.helmet,
    vessels.mug, machines.frame, machines.pipe, nature.fruit, compositions.single_primitive,
    vehicles.lorry, work_vehicles.cart, bicycles.two_wheeler, buildings.castle, structures.temple,
    drums_and_horns.horn, handhelds.telephone, kitchen.pan, kitchen.cutlery, tools.padlock,
    furnishings.bathtub, apparel.shoe, apparel.bag,
    animals.turtle, large_animals.elephant, invertebrates.octopus, compositions.symmetric_assembly,
    compositions.sculpted,
    *families.APPLIANCES, *families.FOOD, *families.SPORTS, *families.TOYS, *families.ARMS, *families.SCIENCE,
    *families.STREET, *families.PARTS, *families.CRAFT, *families.DESK, *families.GARDEN, *families.BODY,
    *(family for family in families.WORN if family is not worn.glasses),
]  # fmt: skip


@pytest.mark.parametrize("family", WATERTIGHT, ids=lambda f: f.__name__)
def test_rays_leave_what_they_enter(family: Callable[[np.random.Generator], Mesh]) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        mesh = family(rng)
        camera = frame_object(rng, mesh.vertices, 96)
        rows, columns = np.mgrid[:96, :96]
        distances, _ = Tracer(mesh).layers(camera.position, camera.rays(rows.ravel(), columns.ravel()))
        assert odd_share(distances.reshape(LAYERS, 96, 96)) < 0.01
