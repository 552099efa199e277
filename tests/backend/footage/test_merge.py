"""Merge Static on shots whose wall and moving block are known exactly."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from wt_backend.cli import main
from wt_backend.footage.merge import lasting_colour, merge_static
from wt_backend.jobs import Cancellation
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, Shot, StackInfo

SIDE = 40
WALL, BLOCK = 4.0, 2.0
INTRINSICS = np.array([[50.0, 0, SIDE / 2], [0, 50.0, SIDE / 2], [0, 0, 1]])


def block_columns(number: int) -> slice:
    return slice(4 * number, 4 * number + 6)


def write_frame(folder: Path, number: int, shift: int = 0) -> None:
    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    tiles = np.random.default_rng(99).integers(40, 220, (SIDE // 5, 2 * SIDE // 5))
    texture = np.kron(tiles, np.ones((5, 5)))[:, shift : shift + SIDE, None]
    rgb = np.repeat(texture, 3, axis=-1).astype(np.uint8)
    place = (slice(12, 26), block_columns(number))
    rgb[place] = (250, 20, 20)
    depth = np.full((2, SIDE, SIDE), WALL) * (1 + 0.01 * rng.standard_normal((2, SIDE, SIDE)))
    depth[1] = depth[0] + 1
    depth[0][place] = BLOCK
    rays = np.stack([columns, rows, np.ones_like(rows)], -1) @ np.linalg.inv(INTRINSICS).T
    source = folder / f"frame.{number:05}.png"
    source.write_bytes(cv2.imencode(".png", rgb[..., ::-1])[1].tobytes())
    LayerStack(
        (rays * depth[..., None]).astype(np.float32),
        np.ones((2, SIDE, SIDE), bool),
        np.dstack([rgb, np.full((SIDE, SIDE), 255, np.uint8)]),
        INTRINSICS,
        np.array([[1.0, 0, 0], [0, 1.0, 0]]),
        StackInfo("relative", "test", "", {}, 1, 2, "", str(source), (SIDE, SIDE), "scene"),
    ).save(folder / f"frame.{number:05}.wts")


def make_shot(folder: Path, frames: int = 8, pan: int = 0) -> Path:
    folder.mkdir()
    numbers = range(1, frames + 1)
    Shot(folder, {n: f"frame.{n:05}.wts" for n in numbers}, 24.0, INTRINSICS.tolist(), {}, "done").save()
    for number in numbers:
        write_frame(folder, number, shift=pan * number)
    return folder


def merge(folder: Path, output: Path) -> dict:
    return merge_static(folder, output, lambda *_: None, Cancellation())


def test_the_wall_becomes_one_clean_stack(tmp_path: Path) -> None:
    result = merge(make_shot(tmp_path / "shot"), tmp_path / "merged")
    static = LayerStack.load(result["static"])
    static.validate()
    assert static.mask.all()
    depth = static.xyz[0, ..., 2]
    assert np.abs(depth / WALL - 1).max() < 0.02  # behind the block too, and no block anywhere
    assert np.std(depth / WALL) < 0.006  # each frame has 0.01
    picture = cv2.imread(static.info.source)
    assert picture.shape == (SIDE, SIDE, 3) and not ((picture[..., 2] > 230) & (picture[..., 0] < 60)).any()


def test_a_block_that_hides_a_place_most_of_the_time_leaves_no_ghost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.block_columns", lambda number: slice(8 + 2 * number, 24 + 2 * number))
    result = merge(make_shot(tmp_path / "shot", frames=12), tmp_path / "merged")
    static = LayerStack.load(result["static"])
    hidden_most = static.xyz[0, 15:22, 22:30, 2]  # seen in 3 to 5 frames of 12
    assert np.abs(hidden_most / WALL - 1).max() < 0.03
    picture = cv2.imread(static.info.source)
    assert not ((picture[..., 2] > 230) & (picture[..., 0] < 60)).any()


def test_a_frame_that_is_transparent_all_over_is_merged_too(tmp_path: Path) -> None:
    """Movies with alpha and masked footage have such frames, in scene mode."""
    shot = make_shot(tmp_path / "shot")
    path = shot / "frame.00001.png"
    picture = cv2.imread(str(path))
    clear = np.dstack([picture, np.zeros((SIDE, SIDE), np.uint8)])
    path.write_bytes(cv2.imencode(".png", clear)[1].tobytes())
    static = LayerStack.load(merge(shot, tmp_path / "merged")["static"])
    whole = cv2.imread(static.info.source, cv2.IMREAD_UNCHANGED)
    assert whole.shape[2] == 3 or (whole[..., 3] == 255).all()


def test_what_moves_stays_animated(tmp_path: Path) -> None:
    merge(make_shot(tmp_path / "shot"), tmp_path / "merged")
    shot = Shot.load(tmp_path / "merged")
    assert shot.finished() == list(range(1, 9)) and shot.state == "done"
    for number in shot.finished():
        stack = shot.load_frame(number)
        stack.validate()
        block = np.zeros((SIDE, SIDE), bool)
        block[12:26, block_columns(number)] = True
        assert stack.mask[0][block].all()
        assert stack.mask[0].sum() < 3 * block.sum()
        assert Path(stack.info.source).is_file() and Path(stack.info.source).parent == shot.folder


def test_what_changes_goes_though_it_is_hardly_nearer_and_there_most_of_the_time() -> None:
    """A shaded ball that passes: its colour differs from frame to frame, the wall's is always 100."""
    ball = np.arange(20, 260, 40)
    grey = np.array([100, 100, 100, *ball], np.int16)
    colours = np.tile(grey[:, None, None, None], (1, 2, 2, 3))  # (9, 2, 2, 3)
    depths = np.where(grey == 100, np.float32(1.02), np.float32(1.0))
    depths = np.tile(depths[:, None, None], (1, 2, 2))
    assert (lasting_colour(colours, depths) == 100).all()


def test_of_two_that_stand_equally_often_the_farther_is_the_background() -> None:
    grey = np.array([60, 60, 60, 200, 200, 200], np.int16)
    colours = np.tile(grey[:, None, None, None], (1, 1, 1, 3))  # (6, 1, 1, 3)
    for far in (60, 200):
        depths = np.where(grey == far, np.float32(1.1), np.float32(1.0))[:, None, None]
        assert (lasting_colour(colours, depths) == far).all()


def test_strips_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_shot(tmp_path / "shot")
    whole = LayerStack.load(merge(folder, tmp_path / "one")["static"])
    monkeypatch.setattr("wt_backend.footage.merge.STRIP_BYTES", 1)
    monkeypatch.setattr("wt_backend.footage.merge.PICTURE_ROWS", 7)
    strips = LayerStack.load(merge(folder, tmp_path / "two")["static"])
    assert np.array_equal(whole.xyz, strips.xyz) and np.array_equal(whole.mask, strips.mask)
    one, two = ((tmp_path / name / "static.png").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_moving_camera_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="moves") as caught:
        merge(make_shot(tmp_path / "shot", pan=4), tmp_path / "merged")
    assert "tripod" in caught.value.hint
    assert not (tmp_path / "merged").exists()


def test_too_few_frames_no_shot_and_the_shot_itself_are_refused(tmp_path: Path) -> None:
    folder = make_shot(tmp_path / "shot", frames=3)
    with pytest.raises(BackendError, match="is the shot itself"):
        merge(folder, folder)
    (folder / "frame.00002.wts").unlink()
    with pytest.raises(BackendError, match="Only 2 frames"):
        merge(folder, tmp_path / "merged")
    with pytest.raises(BackendError, match=r"choose a shot folder\.$"):
        merge(tmp_path / "gone", tmp_path / "merged")


def test_neither_another_shot_nor_the_footage_is_written_over(tmp_path: Path) -> None:
    """Their frames have the same names; a merge of before may be made anew."""
    folder, other, footage = make_shot(tmp_path / "a"), make_shot(tmp_path / "b", 3), tmp_path / "renders"
    footage.mkdir()
    (footage / "frame.00001.png").write_bytes(b"hours of rendering")
    request = {"clip": str(footage / "frame.00001.png"), "mask": None}
    replace(Shot.load(folder), settings={"request": request}).save()
    before = {path: path.read_bytes() for place in (other, footage) for path in place.iterdir()}
    with pytest.raises(BackendError, match="holds another shot"):
        merge(folder, other)
    with pytest.raises(BackendError, match="holds the footage itself"):
        merge(folder, footage)
    assert before == {path: path.read_bytes() for place in (other, footage) for path in place.iterdir()}
    for _ in range(2):
        merge(folder, tmp_path / "merged")


@pytest.mark.parametrize("last", ["static.wts", "shot.json"])
def test_a_full_disk_at_the_end_leaves_a_folder_that_can_be_merged_into(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With shot.json and without the background, it passed for another shot and was refused for good."""
    folder, output = make_shot(tmp_path / "shot", frames=4), tmp_path / "merged"
    write, write_shot = LayerStack.save, Shot.save

    def full(stack: LayerStack, path: Path) -> None:
        if path.name == last:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(stack, path)

    def full_shot(shot: Shot) -> None:
        if last == Shot.FILE:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_shot(shot)

    monkeypatch.setattr(LayerStack, "save", full)
    monkeypatch.setattr(Shot, "save", full_shot)
    with pytest.raises(BackendError, match="disk is full"):
        merge(folder, output)
    assert not (output / Shot.FILE).exists()
    monkeypatch.undo()
    merge(folder, output)
    assert Shot.load(output).finished() == [1, 2, 3, 4] and (output / "static.wts").is_file()


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_shot(tmp_path / "shot", frames=4)
    assert main(["merge-static", str(folder), "--out", str(tmp_path / "merged")]) == 0
    assert (tmp_path / "merged" / "static.wts").is_file()
    assert "the background of 4 frames" in capsys.readouterr().out
    assert main(["merge-static", str(tmp_path / "gone"), "--out", str(tmp_path / "merged")]) == 2
    assert "shot.json" in capsys.readouterr().err


def test_files_that_are_no_shot_are_not_written_over(tmp_path: Path) -> None:
    folder, output = make_shot(tmp_path / "shot", frames=4), tmp_path / "renders"
    output.mkdir()
    for name in ("frame.00001.png", "static.png"):
        (output / name).write_bytes(b"mine")
        with pytest.raises(BackendError, match=f"{name} is of no shot, and would be replaced"):
            merge(folder, output)
        assert (output / name).read_bytes() == b"mine"
        (output / name).unlink()
    merge(folder, output)


def test_a_merge_that_was_begun_anew_does_not_pass_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was finished, by its shot.json, with the frames of two shots in it."""
    first, second = make_shot(tmp_path / "a", frames=4), make_shot(tmp_path / "b", frames=4)
    output, save = tmp_path / "merged", LayerStack.save
    merge(first, output)

    def killed(stack: LayerStack, path: Path) -> None:
        if path.name == "frame.00003.wts":
            raise KeyboardInterrupt
        save(stack, path)

    monkeypatch.setattr(LayerStack, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        merge(second, output)
    assert not (output / Shot.FILE).exists()
    monkeypatch.undo()
    merge(second, output)
    assert Shot.load(output).finished() == [1, 2, 3, 4]
