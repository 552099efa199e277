"""Neighbouring frames brought to one scale and averaged, on surfaces that are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from wt_backend.footage.steady import KEEP, Before, align_scale, smooth

SIDE = 64
rng = np.random.default_rng(3)
PICTURE = rng.integers(0, 255, (SIDE // 8, SIDE // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
SILHOUETTE = np.ones((1, SIDE, SIDE), bool)


def wall(depth: float, noise: float = 0.0) -> NDArray[np.float32]:
    """Points (1, S, S, 3) of a wall straight ahead, whose depth is off by up to a part `noise`."""
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE - 0.5
    z = depth * (1 + noise * np.random.default_rng(round(1000 * depth)).uniform(-1, 1, (SIDE, SIDE)))
    return np.stack([x * z, y * z, z], -1)[None].astype(np.float32)


def before(xyz: NDArray[np.float32], log_scale: float = 0.0) -> Before:
    return Before(xyz, SILHOUETTE, PICTURE, log_scale)


def steps(xyz: NDArray[np.float32]) -> float:
    """Largest relative step of depth between neighbours."""
    logs = np.log(xyz[0, ..., 2])
    return float(max(np.abs(np.diff(logs, axis=axis)).max() for axis in (0, 1)))


def test_a_frame_takes_the_scale_of_the_one_before_up_to_a_leak() -> None:
    found = align_scale(wall(2.2), SILHOUETTE[0], PICTURE, before(wall(2.0)))
    assert found == pytest.approx(KEEP * np.log(2.0 / 2.2), abs=1e-5)


def test_what_moves_does_not_pull_the_scale() -> None:
    now, picture = wall(2.2), PICTURE.copy()
    now[:, :24], picture[:24] = now[:, :24] / 2, 255 - picture[:24]
    found = align_scale(now, SILHOUETTE[0], picture, before(wall(2.0)))
    assert found == pytest.approx(KEEP * np.log(2.0 / 2.2), abs=1e-5)


def test_a_cut_keeps_its_own_scale() -> None:
    assert align_scale(wall(4.0), SILHOUETTE[0], PICTURE, before(wall(2.0))) == 0.0


def test_averaging_lessens_noise_where_nothing_changes() -> None:
    now = wall(2.001, noise=0.02)
    averaged, _ = smooth(now, SILHOUETTE, PICTURE, before(wall(2.0)), 0.015)
    off = [np.abs(xyz[0, 8:-8, 8:-8, 2] / 2.0 - 1).mean() for xyz in (averaged, now)]
    assert off[0] < 0.4 * off[1]


def test_averaging_does_not_tear_the_surface_where_the_picture_changes() -> None:
    picture = PICTURE.copy()
    picture[:, 32:] = 255 - picture[:, 32:]
    averaged, _ = smooth(wall(2.16), SILHOUETTE, picture, before(wall(2.0)), 0.015)
    assert averaged[0, 30, 4, 2] < 2.06  # the left half is averaged, the right is not
    assert averaged[0, 30, 50, 2] == pytest.approx(2.16)
    assert steps(averaged) < 0.02  # 0.05 without fading in


def test_averaging_brings_no_hidden_surface() -> None:
    """What was filled behind a surface stayed where it was when that was averaged with a nearer one."""
    two = np.repeat(SILHOUETTE, 2, axis=0)
    filled = two & [[[True]], [[False]]]
    past = np.concatenate([wall(2.0), wall(2.01)])
    now = np.concatenate([wall(2.06), wall(2.07)])
    xyz, mask = smooth(now, filled, PICTURE, Before(past, filled, PICTURE, 0.0), 0.015)
    assert (xyz[0, 8:-8, 8:-8, 2] < 2.03).all() and np.array_equal(mask, filled)
    thick = np.concatenate([wall(2.0), wall(2.2)])
    xyz, mask = smooth(thick * np.float32(1.01), two, PICTURE, Before(thick, two, PICTURE, 0.0), 0.015)
    assert mask.all()
