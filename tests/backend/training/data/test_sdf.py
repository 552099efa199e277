"""Distance fields become meshes of the right size."""

import numpy as np
import pytest

from wt_backend.training.data.mesh import signed_volume
from wt_backend.training.data.sdf import Field


def volume(field: Field) -> float:
    mesh = field.mesh()
    return signed_volume(mesh.vertices, mesh.faces)


def field() -> Field:
    return Field((-1, -1, -1), (1, 1, 1), 50)


def test_ball_and_limb_and_block() -> None:
    f = field()
    f.add(f.ball((0.1, 0, 0), 0.6))
    assert volume(f) == pytest.approx(4 / 3 * np.pi * 0.216, rel=0.01)
    f = field()
    f.add(f.limb((0, 0, -0.5), (0, 0, 0.5), 0.3, 0.3))
    assert volume(f) == pytest.approx(np.pi * 0.09 + 4 / 3 * np.pi * 0.027, rel=0.02)
    f = field()
    f.add(f.block((0, 0, 0), (1, 0.8, 1.2), 0.02))
    assert volume(f) == pytest.approx(0.96, rel=0.02)


def test_cut_and_hollow() -> None:
    f = field()
    f.add(f.ball((0, 0, 0), 0.8))
    whole = volume(f)
    f.cut(f.half_space((0, 0, 1), 0.0))
    half = f.mesh()
    assert half.bounds[1][2] == pytest.approx(0.0, abs=0.02)
    assert signed_volume(half.vertices, half.faces) == pytest.approx(whole / 2, rel=0.03)
    f = field()
    f.add(f.ball((0, 0, 0), 0.7))
    f.hollow(0.2)
    assert volume(f) == pytest.approx(4 / 3 * np.pi * (0.8**3 - 0.6**3), rel=0.02)


def test_blending_adds_volume_only_where_surfaces_meet() -> None:
    sharp, soft = field(), field()
    for f, k in ((sharp, 0.0), (soft, 0.2)):
        f.add(f.ball((-0.3, 0, 0), 0.4))
        f.add(f.ball((0.3, 0, 0), 0.4), k)
    assert volume(soft) > volume(sharp) * 1.01
    assert soft.mesh().bounds[0][0] == pytest.approx(-0.7, abs=0.01)


def test_slots_follow_the_nearest_primitive() -> None:
    f = field()
    f.add(f.ball((-0.4, 0, 0), 0.3))
    f.add(f.ball((0.4, 0, 0), 0.3), slot=2)
    mesh = f.mesh()
    x = mesh.vertices[mesh.faces].mean(1)[:, 0]
    assert (mesh.slot[x > 0.1] == 2).all()
    assert (mesh.slot[x < -0.1] == 0).all()


def test_a_shape_beyond_the_border_is_closed_there() -> None:
    f = field()
    f.add(f.ball((0, 0, 0), 3.0))
    assert volume(f) == pytest.approx(8.0, rel=0.1)
