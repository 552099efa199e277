"""A box around a subject becomes a picture to paint on; nothing found is a sentence."""

from __future__ import annotations

import errno
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from wt_backend import methods
from wt_backend.cut_out import FAINT
from wt_backend.protocol import BackendError

BOX = [0.2, 0.1, 0.6, 0.7]


def cut_out(image: Path, output: Path, box: list[float] | None = None) -> NDArray[np.uint8]:
    """What the worker writes, (H, W, 4) BGRA."""
    params = {"image": str(image), "output": str(output)} | ({"box": box} if box else {})
    result = methods.call("subject/cut_out", params, lambda *values: None, lambda: None)
    assert result["picture"] == str(output) and not list(output.parent.glob("*.part"))
    picture = cv2.imread(str(output), cv2.IMREAD_UNCHANGED)
    assert result["share"] == pytest.approx((picture[..., 3] > 165).mean(), abs=0.01)
    return picture


@pytest.fixture
def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A red blob before a busy green wall, (300, 400, 3), and where it is: inside `BOX`."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:300, :400]
    wall = np.dstack([40 + 30 * np.sin(x / 5), 120 + 40 * np.cos(y / 7), 60 + 0 * x])
    blob = (x - 155) ** 2 / 55**2 + (y - 120) ** 2 / 70**2 < 1
    image = np.where(blob[..., None], np.array([190, 60, 50]), wall) + rng.normal(0, 12, (300, 400, 3))
    return np.clip(image, 0, 255).astype(np.uint8), blob


def share_found(alpha: NDArray[np.uint8], truth: NDArray[np.bool_]) -> float:
    found = alpha > 165
    return np.count_nonzero(found & truth) / np.count_nonzero(found | truth)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_subject_in_a_box_is_found_however_the_file_is_turned(
    scene, tmp_path: Path, orientation: int
) -> None:
    image, blob = scene
    exif = Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / "phöto.png"
    Image.fromarray(image).save(path, exif=exif)
    picture = cut_out(path, tmp_path / "out.png", BOX)
    assert picture.shape == (300, 400, 4)  # as stored, as Blender shows the file
    assert share_found(picture[..., 3], blob) > 0.97
    assert picture[..., 3].min() == FAINT
    np.testing.assert_array_equal(picture[..., 2::-1], image)


def test_the_same_box_gives_the_same_picture(scene, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(scene[0]).save(path)
    first, second = (cut_out(path, tmp_path / f"{name}.png", BOX) for name in "ab")
    np.testing.assert_array_equal(first, second)


def test_without_a_box_the_subject_is_found_as_a_trace_would(tmp_path: Path) -> None:
    y, x = np.mgrid[:200, :200]
    disc = (x - 100) ** 2 + (y - 90) ** 2 < 50**2
    Image.fromarray(np.where(disc[..., None], [20, 60, 160], 255).astype(np.uint8)).save(
        tmp_path / "plain.png"
    )
    assert share_found(cut_out(tmp_path / "plain.png", tmp_path / "out.png")[..., 3], disc) > 0.98


def test_where_there_is_no_subject_all_is_faint(scene, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(scene[0]).save(path)
    assert (cut_out(path, tmp_path / "out.png")[..., 3] == FAINT).all()


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([0.0, 0.0, 1.0, 1.0], "whole image"),
        ([0.5, 0.5, 0.5, 0.5], "too small"),
        ([0.1, 0.2], "no box"),
        ([0.1, 0.2, float("nan"), 0.9], "no box"),
    ],
)
def test_a_box_that_cannot_be_used_is_a_sentence(scene, tmp_path: Path, box: list[float], words: str) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(scene[0]).save(path)
    with pytest.raises(BackendError, match=words) as error:
        cut_out(path, tmp_path / "out.png", box)
    assert error.value.hint and not (tmp_path / "out.png").exists()


def test_a_narrow_box_in_a_huge_picture_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.fromarray(np.full((40, 9000, 3), 128, np.uint8)).save(path)
    with pytest.raises(BackendError, match="stands out"):
        cut_out(path, tmp_path / "out.png", [0.5, 0.2, 0.5 + 5 / 9000, 0.8])


def test_a_box_around_nothing_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((200, 200, 3), 128, np.uint8)).save(path)
    with pytest.raises(BackendError, match="stands out"):
        cut_out(path, tmp_path / "out.png", [0.2, 0.2, 0.8, 0.8])


def test_a_full_disk_is_left_as_it_was(scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, output = tmp_path / "photo.png", tmp_path / "out" / "mask.png"
    Image.fromarray(scene[0]).save(path)

    def fill_up(part: Path, data: bytes) -> int:
        with part.open("wb") as file:
            file.write(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(BackendError) as error:
        cut_out(path, output, BOX)
    assert error.value.kind == "disk_full" and not list(output.parent.iterdir())


@pytest.mark.parametrize("name", ["photo.png", "link.png", "sub/../photo.png"])
def test_a_cut_out_never_takes_the_place_of_its_photo(scene, tmp_path: Path, name: str) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(scene[0]).save(path)
    (tmp_path / "link.png").hardlink_to(path)
    (tmp_path / "sub").mkdir()
    before = path.read_bytes()
    with pytest.raises(BackendError, match="is the source itself") as error:
        cut_out(path, tmp_path / name, BOX)
    assert error.value.kind == "bad_output" and path.read_bytes() == before
