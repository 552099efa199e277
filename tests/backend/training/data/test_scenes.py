"""Scenes are built so that nothing coincides and a photographer finds a place."""

import numpy as np
import pytest

from wt_backend.training.data import families, primitives, scenes


@pytest.mark.parametrize("kind", scenes.KINDS, ids=lambda k: k.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_scene(kind: object, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stage = kind(rng, families.TRAIN)  # type: ignore[operator]
    assert np.isfinite(stage.mesh.vertices).all()
    assert len(np.unique(stage.mesh.slot)) > 1
    for _ in range(5):
        position, target = stage.viewpoint(rng)
        assert position[2] > 0, "above the ground"
        assert np.linalg.norm(position - target) > 0.3


def test_things_on_a_floor_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    floor = scenes.Floor((-2, -2), (2, 2), 0.5)
    placed = [floor.place(primitives.box((0.5, 0.7, 1)).shifted(0, 0, 0.5), rng) for _ in range(40)]
    boxes = [m.bounds for m in placed if m is not None]
    assert 5 < len(boxes) < 40, "some found room, some did not"
    for i, a in enumerate(boxes):
        assert a[0][2] == pytest.approx(0.5 + scenes.GAP)
        for b in boxes[:i]:
            assert (a[0][:2] > b[1][:2]).any() or (a[1][:2] < b[0][:2]).any()


def test_grounded_stands_on_the_origin_at_the_wanted_size() -> None:
    mesh = scenes.grounded(primitives.sphere(3.0).shifted(5, 4, 3), np.random.default_rng(0), 0.4)
    low, high = mesh.bounds
    assert low[2] == pytest.approx(0)
    assert (high - low).max() == pytest.approx(0.4)
    np.testing.assert_allclose((low + high)[:2], 0, atol=1e-9)
