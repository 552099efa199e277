"""A model that takes clips: windows of frames, each frame influenced by its neighbours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.backend.footage.conftest import MakeMovie
from wt_backend.checkpoints.registry import read_card
from wt_backend.flow.windows import windows
from wt_backend.footage.clip_model import ReadOnce
from wt_backend.footage.decode import Movie
from wt_backend.footage.messages import ShotRequest
from wt_backend.footage.shot import trace_shot
from wt_backend.jobs import Cancellation
from wt_backend.model.wt_dit import WTDiT
from wt_backend.protocol import BackendError
from wt_backend.stack import Shot


@pytest.fixture(scope="module")
def dynamic_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network with temporal blocks, a file and its card, as a dynamic checkpoint would be given."""
    still = read_card(tiny_model.with_suffix(".json"))
    network = replace(still.config.network, temporal_blocks=True, temporal_layer_scale_init=0.5)
    config = replace(still.config, network=network, prior_correlation=0.5)
    entry = replace(still, name="tiny-dynamic", config=config, clip=True, area=False, fits={"object": "crop"})
    path = tmp_path_factory.mktemp("dynamic") / "dynamic.safetensors"
    torch.manual_seed(1)
    save_file({name: value.contiguous() for name, value in WTDiT(network).state_dict().items()}, path)
    path.with_suffix(".json").write_text(json.dumps(entry.to_dict()))
    return path


def silent(_stage: str, _step: int, _total: int) -> None:
    pass


def disc(number: int, grey: int = 80) -> np.ndarray:
    """Picture of frame n: a disc that moves to the right."""
    y, x = np.mgrid[:64, :128]
    dark = (x - 24 - 4 * number) ** 2 + (y - 32) ** 2 < 256
    return np.where(dark[..., None], np.uint8(grey), np.uint8(250)).repeat(3, -1)


@pytest.fixture
def request_(movie: MakeMovie, tmp_path: Path, dynamic_model: Path) -> ShotRequest:
    clip = movie("clip.mkv", "ffv1", frames=18, picture=disc)
    return ShotRequest(str(clip), str(tmp_path / "shot"), model=str(dynamic_model))


def trace(request: ShotRequest) -> Shot:
    trace_shot(request, silent, Cancellation())
    return Shot.load(request.output)


def test_the_prior_of_older_weights_can_be_asked_for(request_: ShotRequest, tmp_path: Path) -> None:
    """Frame noise without a common part gives another shot; the card's own value gives the same."""
    made = [
        trace(replace(request_, output=str(tmp_path / str(rho)), last=3, prior_correlation=rho))
        for rho in (None, 0.5, 0.0)
    ]
    own, same, without = (np.array(shot.load_frame(1).xyz) for shot in made)
    assert np.array_equal(own, same) and not np.array_equal(own, without)
    with pytest.raises(BackendError, match="prior correlation"):
        replace(request_, prior_correlation=1.5)
    with pytest.raises(BackendError, match="frames one by one"):
        trace(replace(request_, model="wt-mini", prior_correlation=0.5))


def test_a_clip_longer_than_a_window_gives_every_frame_once(request_: ShotRequest) -> None:
    shot = trace(request_)
    assert shot.state == "done" and shot.finished() == list(range(1, 19))
    for number in (1, 12, 16, 18):  # both windows, their overlap
        stack = shot.load_frame(number)
        stack.validate()
        assert stack.mask[0].any() and np.array_equal(stack.intrinsics, shot.intrinsics)


def test_frames_know_of_each_other(request_: ShotRequest, movie: MakeMovie) -> None:
    """Frame 1 is the same picture, in the same crop, with the same noise; only frame 2 is darker."""
    other = movie("other.mkv", "ffv1", frames=2, picture=lambda n: disc(n, 80 if n == 1 else 20))
    one = trace(replace(request_, last=2)).load_frame(1)
    two = trace(replace(request_, clip=str(other), last=2, output=request_.output + "2")).load_frame(1)
    assert np.array_equal(one.rgba, two.rgba) and np.array_equal(one.grid_to_image, two.grid_to_image)
    assert np.abs(one.xyz - two.xyz).max() > 1e-5


def test_cancelled_in_a_window_and_gone_on_with(request_: ShotRequest) -> None:
    cancellation = Cancellation()

    def stop(stage: str, step: int, _total: int) -> None:
        if stage == "trace" and step == 3:  # the second window's first step
            cancellation.request()

    with pytest.raises(BackendError, match="cancelled"):
        trace_shot(request_, stop, cancellation)
    assert Shot.load(request_.output).state == "cancelled"
    assert trace(request_).finished() == list(range(1, 19))


def test_scenes_are_not_what_it_is_made_for(request_: ShotRequest) -> None:
    with pytest.raises(BackendError, match="does not trace in scene mode"):
        trace_shot(replace(request_, mode="scene"), silent, Cancellation())


def test_windows_take_each_frame_from_the_clip_once_and_when_they_need_it() -> None:
    taken: list[int] = []

    def frames() -> Iterator[int]:
        for number in range(45):
            taken.append(number)
            yield number

    read = ReadOnce(frames())  # type: ignore[arg-type]
    for start, stop in windows(45):
        assert read.window(start, stop) == list(range(start, stop))
        assert taken == list(range(stop))


def test_no_window_begins_the_movie_anew(
    request_: ShotRequest, movie: MakeMovie, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long movie was decoded from its first frame on for each window."""
    whole, decoded = Movie._decoded, Counter[int]()

    def counted(clip: Movie, container: Any) -> Iterator[tuple[float, Any]]:
        for time, frame in whole(clip, container):
            decoded[round(24 * time)] += 1
            yield time, frame

    monkeypatch.setattr(Movie, "_decoded", counted)
    path = movie("long.mkv", "ffv1", frames=29, picture=lambda number: disc(number % 20))
    assert len(windows(29)) == 3
    assert len(trace(replace(request_, clip=str(path))).finished()) == 29
    assert decoded[0] == 4  # to look, for the windows, for the camera, for the pictures


def test_a_movie_can_be_left_on_the_way_to_the_first_frame_that_is_wanted(request_: ShotRequest) -> None:
    """It is decoded from its start, and nothing was asked until frame 18 was there."""
    asked: list[str] = []

    def cancel() -> None:
        asked.append("")
        if len(asked) == 5:
            raise BackendError("cancelled", "The job was cancelled.")

    with pytest.raises(BackendError, match="cancelled"):
        trace_shot(replace(request_, first=18), silent, cancel)
    assert not Path(request_.output).exists()  # the first look had not ended
