"""Colour of hidden layers for every frame of a shot."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.backend.footage.test_merge import SIDE, make_shot, merge
from wt_backend import methods
from wt_backend.footage.fill import fill_shot
from wt_backend.jobs import Cancellation
from wt_backend.protocol import BackendError


def silent(_stage: str, _step: int, _total: int) -> None:
    pass


def test_every_frame_has_a_colour_of_the_hidden_layer(tmp_path: Path) -> None:
    folder = make_shot(tmp_path / "shot", frames=4)
    (folder / "frame.00003.wts").unlink()  # not traced: its number holds the picture before
    result = methods.call("fill_shot", {"shot": str(folder)}, silent, Cancellation())
    assert result["textures"] == [None, str(folder / "hidden2.00001.png")]
    assert result["frames"] == [1, 4] and result["static"] is None
    pictures = [cv2.imread(str(folder / f"hidden2.{number:05}.png")) for number in range(1, 5)]
    assert all(picture.shape == (SIDE, SIDE, 3) for picture in pictures)
    assert np.array_equal(pictures[1], pictures[2]) and not np.array_equal(pictures[1], pictures[3])


def test_what_is_there_stays_and_the_rest_follows(tmp_path: Path) -> None:
    folder = make_shot(tmp_path / "shot", frames=3)
    fill_shot(folder, silent, Cancellation())
    first, second = (folder / f"hidden2.{number:05}.png" for number in (1, 2))
    before = first.stat().st_mtime_ns
    second.unlink()
    fill_shot(folder, silent, Cancellation())
    assert first.stat().st_mtime_ns == before and second.is_file()


def test_a_frame_that_was_traced_again_gets_its_colour_again(tmp_path: Path) -> None:
    folder = make_shot(tmp_path / "shot", frames=2)
    fill_shot(folder, silent, Cancellation())
    first, second = (folder / f"hidden2.{number:05}.png" for number in (1, 2))
    old = np.full((SIDE, SIDE, 3), 7, np.uint8)
    for path in (first, second):
        cv2.imwrite(str(path), old)
    later = first.stat().st_mtime_ns + 1_000_000_000
    os.utime(folder / "frame.00001.wts", ns=(later, later))
    fill_shot(folder, silent, Cancellation())
    assert not np.array_equal(cv2.imread(str(first)), old) and np.array_equal(cv2.imread(str(second)), old)


def test_the_background_of_a_merged_shot_is_coloured_too(tmp_path: Path) -> None:
    merge(make_shot(tmp_path / "shot"), tmp_path / "merged")
    result = fill_shot(tmp_path / "merged", silent, Cancellation())
    assert Path(result["static"]["textures"][1]).is_file()


def test_a_shot_without_frames_is_a_sentence(tmp_path: Path) -> None:
    folder = make_shot(tmp_path / "shot", frames=1)
    (folder / "frame.00001.wts").unlink()
    with pytest.raises(BackendError, match="No frame of"):
        fill_shot(folder, silent, Cancellation())
