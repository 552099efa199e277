"""The stream of training samples: what a resumed run sees is what an uninterrupted one would have seen."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from wt_backend.training.config import DataConfig
from wt_backend.training.data import generate
from wt_backend.training.data.validation import write_pair
from wt_backend.training.stream import SampleStream, canonical_view, sample_loader, training_item

CONFIG = DataConfig(seed=5, scene_share=0.3, reuse=1, buffer_scenes=2)


def first_batches(workers: int, start: int, count: int) -> list[dict[str, torch.Tensor]]:
    stream = SampleStream(CONFIG, size=28, batch=3, first_batch=start)
    return list(itertools.islice(iter(sample_loader(stream, workers)), count))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resumed_stream_goes_on_as_if_never_stopped(workers: int) -> None:
    whole = first_batches(workers, 0, 7)
    resumed = first_batches(workers, 3, 4)
    for expected, got in zip(whole[3:], resumed, strict=True):
        assert expected.keys() == got.keys()
        for key in expected:
            assert torch.equal(expected[key], got[key]), key


def test_items_are_relative_to_the_median_and_painted_outside_the_mask() -> None:
    view = next(v for i in range(9) for v in generate(3, i, 56, kind="object") if (v.alpha > 127).sum() > 50)
    item = training_item(view, np.random.default_rng(0))
    depth, mask, rgb = item["depth"], item["mask"], item["rgb"]
    assert isinstance(depth, np.ndarray) and isinstance(mask, np.ndarray) and isinstance(rgb, np.ndarray)
    assert abs(float(np.median(depth[0][depth[0] > 0])) - 1) < 0.01
    far = ~mask & (depth[0] == 0)
    assert far.any() and np.abs(rgb[far].astype(int) - 128).max() <= 64


def test_a_flip_moves_the_principal_point_with_the_image() -> None:
    view = generate(3, 1, 28, kind="scene")[0]
    view.intrinsics[0, 2] = 10.0
    items = [training_item(view, np.random.default_rng(seed)) for seed in range(12)]
    straight = [i for i in items if np.isclose(i["intrinsics"][0, 2], view.intrinsics[0, 2])]  # type: ignore[index]
    flipped = [i for i in items if np.isclose(i["intrinsics"][0, 2], 28 - view.intrinsics[0, 2])]  # type: ignore[index]
    assert straight and flipped
    assert np.array_equal(straight[0]["depth"], np.asarray(flipped[0]["depth"])[:, :, ::-1])


@given(
    focal=st.floats(0.8, 6),
    axis=st.tuples(st.floats(-40, 100), st.floats(-40, 100)),
    radius=st.floats(0.05, 0.15),
)
def test_an_object_keeps_its_proportions_in_the_canonical_camera(
    focal: float, axis: tuple[float, float], radius: float
) -> None:
    """A disc that faces any camera, and a point above its middle by its radius: the same cone again."""
    size = 64
    intrinsics = np.array([[focal * size, 0, axis[0]], [0, focal * size, axis[1]], [0, 0, 1]])
    rows, columns = np.mgrid[:size, :size] + 0.5
    on_disc = np.hypot(rows - size / 2, columns - size / 2) < radius * size * focal
    depth = np.where(on_disc, 1, 0).astype(np.float32)
    depth[size // 2, size // 2] = 1 - radius  # as high as the disc is wide
    scaled, camera = canonical_view(depth[None], intrinsics)
    assert_allclose(camera[:2, 2], size / 2)
    width = radius * size * focal / camera[0, 0]  # of the disc, seen by the canonical camera
    assert_allclose(1 - scaled[0, size // 2, size // 2], width, rtol=1e-3)
    assert_array_equal(scaled[0] > 0, depth > 0)


def test_objects_are_learned_without_what_a_crop_does_not_tell() -> None:
    sample = generate(3, 2, 28, kind="object")[0]
    item = training_item(sample, np.random.default_rng(0))
    assert_allclose(item["intrinsics"], [[50.4, 0, 14], [0, 50.4, 14], [0, 0, 1]], rtol=1e-6)
    in_metres = training_item(sample, np.random.default_rng(1), metric=True)
    assert_allclose(np.asarray(in_metres["intrinsics"])[1], sample.intrinsics[1])
    assert_allclose(np.asarray(in_metres["depth"]).max(), sample.depth.max(), rtol=1e-3)


def test_models_that_think_in_metres_see_procedural_things_where_theirs_stand() -> None:
    config = replace(CONFIG, scene_share=0.0)
    (first, *_), (far, *_) = (
        SampleStream(config, size=28, batch=1, distance=d).views(0, 1, 0) for d in (None, 1.9)
    )
    assert np.median(far.depth[0][far.depth[0] > 0]) == pytest.approx(1.9, rel=1e-4)
    there = first.depth > 0
    ratio = far.depth[there] / first.depth[there]
    assert np.ptp(ratio) < 1e-4 * ratio.mean()


def test_a_share_of_the_subjects_comes_from_a_folder_of_stacks(tmp_path: Path) -> None:
    """Half of the subjects are the stacks of a folder, the rest are generated; the same on every run."""
    for index in range(3):
        write_pair(generate(9, index, 28, kind="object")[0], tmp_path, f"s{index}")
    config = replace(CONFIG, stacks=str(tmp_path), stacks_share=0.5)
    stream = SampleStream(config, size=28, batch=1)
    chosen = [stream.from_stacks(index) for index in range(400)]
    assert 150 < sum(chosen) < 250
    assert chosen == [SampleStream(config, size=28, batch=1).from_stacks(index) for index in range(400)]
    taken, made = chosen.index(True), chosen.index(False)
    (view,) = stream.views(0, 1, taken)
    assert np.array_equal(view.depth, generate(9, taken % 3, 28, kind="object")[0].depth)
    assert len(stream.views(0, 1, made)) > 1


def test_a_share_of_stacks_has_limits() -> None:
    with pytest.raises(ValueError, match="stacks_share"):
        DataConfig(stacks_share=0.0)
