"""A folder of stacks as training data: framing, alignment of picture and depth, damaged files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, StackInfo
from wt_backend.training.config import DataConfig
from wt_backend.training.data import generate
from wt_backend.training.data.validation import write_pair
from wt_backend.training.stacks import stack_sample
from wt_backend.training.stream import SampleStream


def disc(folder: Path, name: str = "disc", height: int = 180, width: int = 320, layers: int = 8) -> Path:
    """A round plate off the middle of a wide picture, `layers` deep, in metres."""
    focal, centre, radius = 300.0, (210.0, 80.0), 50.0
    y, x = np.mgrid[:height, :width] + 0.5
    mask = np.broadcast_to(np.hypot(x - centre[0], y - centre[1]) < radius, (layers, height, width)).copy()
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    rays = np.stack([(x - width / 2) / focal, (y - height / 2) / focal, np.ones_like(x)], axis=-1)
    depth = np.where(mask, 2 + 0.1 * np.arange(layers)[:, None, None], 0)
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[mask[0]] = (200, 100, 50, 255)
    info = StackInfo("metre", "ground-truth", "", {}, 0, 0, "", "", (width, height), "object")
    xyz = (depth[..., None] * rays).astype(np.float32)
    stack = LayerStack(xyz, mask, rgba, intrinsics, np.eye(2, 3), info)
    stack.save(folder / f"{name}.wts")
    return folder / f"{name}.wts"


def test_an_object_keeps_its_shape_and_is_framed_like_a_photograph(tmp_path: Path) -> None:
    sample = stack_sample(disc(tmp_path), 56)
    hit = sample.depth[0] > 0
    rows, columns = np.flatnonzero(hit.any(axis=1)), np.flatnonzero(hit.any(axis=0))
    assert len(rows) == len(columns) == pytest.approx(56 * 2 / 3, abs=2)
    assert abs(rows.mean() - 27.5) <= 1 and abs(columns.mean() - 27.5) <= 1
    assert sample.depth.shape == (6, 56, 56)
    assert np.allclose(sample.depth[:, 28, 28], 2 + 0.1 * np.arange(6))
    fx, fy, cx, cy = (sample.intrinsics[i] for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    middle = np.array([28 - cx, 28 - cy]) / (fx, fy) * 300 + (160, 90)  # pixel of the wide picture
    assert fx == pytest.approx(fy)
    assert np.allclose(middle, (210, 80), atol=2)


@pytest.mark.parametrize("size", [14, 56, 112])
def test_depth_lies_where_the_picture_shows_it(tmp_path: Path, size: int) -> None:
    """Both are centred alike at any size, and edges have the colour of the thing, not of what is behind."""
    sample = stack_sample(disc(tmp_path, height=240, width=240), size)
    hit, shown = sample.depth[0] > 0, sample.alpha / 255
    place = np.mgrid[:size, :size] + 0.5
    for axis in place:
        assert (axis * hit).sum() / hit.sum() == pytest.approx((axis * shown).sum() / shown.sum(), abs=0.2)
    assert (np.abs(sample.rgb[sample.alpha > 0].astype(int) - (200, 100, 50)) <= 1).all()


def test_damaged_stacks_are_named_and_passed_over(tmp_path: Path) -> None:
    good = disc(tmp_path, "a good one")
    (tmp_path / "broken.wts").write_bytes(good.read_bytes()[:2000])
    whole = LayerStack.load(good)
    replace(whole, xyz=np.full_like(whole.xyz, np.nan)).save(tmp_path / "not finite.wts")
    with pytest.warns(UserWarning, match="broken.wts"):
        stream = SampleStream(DataConfig(stacks=str(tmp_path)), size=28, batch=1)
    with pytest.warns(UserWarning, match="not finite.wts"):
        views = [stream.views(0, 1, scene)[0] for scene in range(4)]
    assert all((view.depth[0] > 0).any() for view in views)


def test_a_stack_of_few_layers_does_not_tell_what_is_behind_its_last(tmp_path: Path) -> None:
    """Where a ray has fewer hits than the stack has layers, it does."""
    stack = LayerStack.load(disc(tmp_path, "two"))
    mask = np.broadcast_to(stack.mask[:1], (2, *stack.mask.shape[1:])).copy()
    half = mask.shape[1] // 2
    mask[1, :half] = False
    xyz = np.concatenate([stack.xyz[:1], stack.xyz[:1] * np.float32(1.5)])
    replace(stack, xyz=xyz, mask=mask).save(tmp_path / "two.wts")
    depth = stack_sample(tmp_path / "two.wts", 28).depth
    seen, behind = depth[0] > 0, depth[1] > 0
    assert behind.any() and (seen & ~behind).any()
    assert np.array_equal(np.isnan(depth[2:]), np.broadcast_to(behind, (4, *behind.shape)))


def test_what_cannot_be_trained_on_is_said_before_it_begins(tmp_path: Path) -> None:
    config = DataConfig(stacks=str(tmp_path))
    with pytest.raises(BackendError, match=tmp_path.name):
        SampleStream(config, size=28, batch=1)
    write_pair(generate(9, 0, 28, kind="object")[0], tmp_path, "relative")
    assert SampleStream(config, size=28, batch=1).paths
    with pytest.raises(BackendError, match=r"relative\.wts.*metres"):
        SampleStream(config, size=28, batch=1, distance=1.9)
