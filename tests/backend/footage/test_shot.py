"""Footage to a folder of stacks: shared camera, resumption, every way in which it can end early."""

from __future__ import annotations

import errno
import gc
import json
import shutil
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.backend.footage.conftest import SIZE, CutOff, MakeMovie, MakeSequence, ball, place
from wt_backend import methods, pipeline
from wt_backend.checkpoints.files import sha256_of
from wt_backend.cli import main
from wt_backend.footage import shot as shot_module
from wt_backend.footage.decode import Movie
from wt_backend.footage.merge import merge_static
from wt_backend.footage.messages import ShotRequest
from wt_backend.footage.shot import trace_shot, write_picture
from wt_backend.jobs import Cancellation
from wt_backend.protocol import BackendError, to_params
from wt_backend.stack import LayerStack, Shot


def silent(_stage: str, _step: int, _total: int) -> None:
    pass


@pytest.fixture
def request_(movie: MakeMovie, tmp_path: Path, tiny_model: Path) -> ShotRequest:
    return ShotRequest(str(movie(frames=4)), str(tmp_path / "shot"), model=str(tiny_model))


def trace(request: ShotRequest) -> Shot:
    trace_shot(request, silent, Cancellation())
    return Shot.load(request.output)


def test_a_shot_is_a_folder_of_valid_stacks_with_one_camera_and_one_crop(request_: ShotRequest) -> None:
    result = trace_shot(replace(request_, start=101), silent, Cancellation())
    shot = Shot.load(result.shot)
    assert (result.frames, result.wanted, result.mode, result.rate) == (4, 4, "object", 24.0)
    assert shot.state == "done" and shot.finished() == [101, 102, 103, 104] and shot.fps == 24
    stacks = [shot.load_frame(number) for number in shot.finished()]
    for stack in stacks:
        stack.validate()
        assert np.array_equal(stack.intrinsics, shot.intrinsics)
        assert np.array_equal(stack.grid_to_image, stacks[0].grid_to_image)
        assert stack.info.image_size == SIZE
    for frame, stack in enumerate(stacks, start=1):
        picture = cv2.imread(stack.info.source)
        assert round(place(picture)) == frame


def test_a_scene_uses_the_whole_frame(request_: ShotRequest) -> None:
    shot = trace(replace(request_, mode="scene", last=2))
    stack = shot.load_frame(1)
    assert stack.mask[0].all() and stack.info.mode == "scene"
    width, height = stack.size
    corner = stack.grid_to_image @ [width, height, 1]
    assert np.allclose(corner, SIZE)


def test_frames_between_steps_hold_the_picture_before(request_: ShotRequest) -> None:
    shot = trace(replace(request_, step=2, last=4))
    assert shot.finished() == [1, 3]
    held = [round(place(cv2.imread(str(shot.folder / f"frame.{n:05}.png")))) for n in (1, 2, 3)]
    assert held == [1, 1, 3]


def test_missing_frames_are_left_out_and_told(
    sequence: MakeSequence, tmp_path: Path, tiny_model: Path
) -> None:
    first = sequence([1, 2, 5, 6])
    (first.parent / "shot_0002.png").write_bytes(b"\x89PNG no more")
    result = trace_shot(
        ShotRequest(str(first), str(tmp_path / "shot"), model=str(tiny_model)), silent, Cancellation()
    )
    assert Shot.load(result.shot).finished() == [1, 5, 6]
    assert list(result.skipped) == ["2", "3", "4"] and "damaged" in result.skipped["2"]
    assert any("1 frame is left out (2): " in warning for warning in result.warnings)
    assert any("2 frames are left out (3, 4): " in warning for warning in result.warnings)


def test_an_object_may_come_in_later(movie: MakeMovie, tmp_path: Path, tiny_model: Path) -> None:
    footage = movie(frames=4, picture=lambda number: ball(number if number > 2 else -20))
    request = ShotRequest(str(footage), str(tmp_path / "shot"), model=str(tiny_model), mode="object")
    result = trace_shot(request, silent, Cancellation())
    assert Shot.load(result.shot).finished() == [3, 4] and list(result.skipped) == ["1", "2"]
    with pytest.raises(BackendError, match=r"None of the wanted frames .* nothing tells the subject"):
        trace_shot(replace(request, last=2, output=str(tmp_path / "other")), silent, Cancellation())


class Stop(Cancellation):
    """Cancels when so many stacks are there."""

    def __init__(self, folder: Path, stacks: int) -> None:
        super().__init__()
        self.folder, self.stacks = folder, stacks

    def __call__(self) -> None:
        if len(list(self.folder.glob("*.wts"))) >= self.stacks:
            self.request()
        super().__call__()


def test_cancelled_and_gone_on_with_it_is_the_same_shot(request_: ShotRequest, tmp_path: Path) -> None:
    whole = trace(replace(request_, output=str(tmp_path / "whole")))
    with pytest.raises(BackendError, match="cancelled"):
        trace_shot(request_, silent, Stop(Path(request_.output), 2))
    half = Shot.load(request_.output)
    assert half.state == "cancelled" and half.finished() == [1, 2]
    before = half.path(1).stat().st_mtime_ns
    full = trace(request_)
    assert full.state == "done" and full.finished() == [1, 2, 3, 4]
    assert full.path(1).stat().st_mtime_ns == before
    for number in full.finished():
        assert np.array_equal(full.load_frame(number).xyz, whole.load_frame(number).xyz)


def test_killed_in_the_middle_and_gone_on_with(request_: ShotRequest) -> None:
    words = ["trace-footage", request_.clip, "--out", request_.output, "--model", request_.model]
    process = subprocess.Popen([sys.executable, "-m", "wt_backend", *words], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not list(Path(request_.output).glob("*.wts")) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    left = Shot.load(request_.output)
    assert left.finished()
    for number in left.finished():
        left.load_frame(number).validate()
    shot = trace(request_)
    assert shot.state == "done" and shot.finished() == [1, 2, 3, 4]


def test_a_full_disk_keeps_what_is_there_and_space_lets_it_go_on(
    request_: ShotRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = LayerStack.save

    def full(stack: LayerStack, path: Path) -> None:
        if path.name == "frame.00003.wts":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(stack, path)

    monkeypatch.setattr(LayerStack, "save", full)
    with pytest.raises(BackendError, match="disk is full") as caught:
        trace_shot(request_, silent, Cancellation())
    assert caught.value.kind == "disk_full"
    assert Shot.load(request_.output).finished() == [1, 2]
    monkeypatch.undo()
    assert trace(request_).finished() == [1, 2, 3, 4]


def test_where_memory_runs_out_the_rest_is_traced_in_the_smaller_mode(
    request_: ShotRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WT_CACHE_DIR", str(tmp_path / "cache"))
    pipeline.unload_models()
    denoise, tried = pipeline.denoise, []

    def scarce(fitted: Any, loaded: Any, *rest: Any) -> Any:
        tried.append(loaded.precision)
        if len(tried) == 5:  # three for the camera, then the second frame
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
        return denoise(fitted, loaded, *rest)

    monkeypatch.setattr(pipeline, "denoise", scarce)
    result = trace_shot(replace(request_, device="cpu"), silent, Cancellation())
    assert tried == ["fp32"] * 5 + ["small"] * 3
    assert result.warnings.count(pipeline.LESS_MEMORY) == 1
    shot = Shot.load(result.shot)
    assert shot.state == "done" and shot.finished() == [1, 2, 3, 4]
    for number in shot.finished():
        assert np.array_equal(shot.load_frame(number).intrinsics, shot.intrinsics)


@pytest.mark.parametrize("opening", [3, 4])  # after the survey
def test_what_cannot_be_read_any_more_does_not_count_as_done(
    request_: ShotRequest, monkeypatch: pytest.MonkeyPatch, opening: int
) -> None:
    """A network drive failed while frames were traced: the rest of them was left out without a word."""
    whole, opened = Movie._open, []

    def failing(movie: Movie) -> Any:
        opened.append(movie)
        container = whole(movie)
        return container if len(opened) < opening else CutOff(container, 2)

    monkeypatch.setattr(Movie, "_open", failing)
    with pytest.raises(BackendError, match="could be read before and cannot be now"):
        trace(request_)
    assert Shot.load(request_.output).state == "failed"
    monkeypatch.setattr(Movie, "_open", whole)
    assert trace(request_).finished() == [1, 2, 3, 4]


def test_two_do_not_trace_into_one_folder(request_: ShotRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Blender goes on with a shot that was cut off, and one that is being traced looks the same."""
    monkeypatch.setattr(shot_module, "LET_GO", 0)
    told: list[BackendError] = []

    def meanwhile(stage: str, step: int, _total: int) -> None:
        if (stage, step) == ("trace", 1):
            with pytest.raises(BackendError, match="is being traced by another Blender") as caught:
                trace(request_)
            told.append(caught.value)

    trace_shot(request_, meanwhile, Cancellation())
    assert [error.kind for error in told] == ["bad_output"] and told[0].hint
    shot = Shot.load(request_.output)
    assert shot.state == "done" and shot.finished() == [1, 2, 3, 4]
    assert not (shot.folder / shot_module.LOCK).exists()


def test_what_a_killed_process_leaves_of_its_lock_is_in_nobody_s_way(request_: ShotRequest) -> None:
    folder = Path(request_.output)
    folder.mkdir()
    (folder / shot_module.LOCK).touch()
    assert trace(replace(request_, last=1)).finished() == [1]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    limits = pytest.importorskip("resource")  # a file may not grow beyond 1000 bytes: like a full disk
    picture = np.random.default_rng(1).integers(0, 256, (32, 32, 4), np.uint8)
    old = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with pytest.raises(OSError):
            write_picture(tmp_path / "frame.png", picture)
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, old)
    assert not list(tmp_path.iterdir())
    write_picture(tmp_path / "frame.png", picture)
    assert [file.name for file in tmp_path.iterdir()] == ["frame.png"]


def test_a_folder_with_another_shot_is_not_touched(request_: ShotRequest) -> None:
    trace(replace(request_, last=1))
    with pytest.raises(BackendError, match="other settings"):
        trace_shot(replace(request_, last=1, seed=7), silent, Cancellation())


@pytest.mark.parametrize("first", [True, False])
def test_a_cut_out_that_fills_a_frame_is_its_subject(
    movie: MakeMovie, tmp_path: Path, tiny_model: Path, first: bool
) -> None:
    """A close-up left nothing out and was left out itself."""

    def cut_out(number: int) -> np.ndarray:
        alpha = np.full((SIZE[1], SIZE[0]), 0, np.uint8)
        alpha[8:56, 16:64] = 255
        if number == (1 if first else 3):
            alpha[:] = 255
            alpha[0, 0] = 0
        noise = np.random.default_rng(number).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
        return np.dstack([noise, alpha])

    clip = movie("clip.mkv", "ffv1", "bgra", 4, picture=cut_out)
    request = ShotRequest(str(clip), str(tmp_path / "shot"), mode="object", model=str(tiny_model))
    shot = trace(request)
    assert shot.finished() == [1, 2, 3, 4] and shot.settings["skipped"] == {}
    full = shot.load_frame(1 if first else 3)
    assert full.mask[0].sum() > 2 * shot.load_frame(2).mask[0].sum()


def test_files_of_no_shot_are_not_written_over(request_: ShotRequest) -> None:
    """A movie that was made of frame.00001.png … was traced into the folder of both."""
    output = Path(request_.output)
    output.mkdir(parents=True)
    (output / "frame.00001.png").write_bytes(b"a render")
    with pytest.raises(BackendError, match=r"frame\.00001\.png is of no shot, and would be replaced"):
        trace(request_)
    assert [path.name for path in output.iterdir()] == ["frame.00001.png"]
    assert (output / "frame.00001.png").read_bytes() == b"a render"


def test_a_folder_whose_shot_is_damaged_is_told_in_a_whole_sentence(request_: ShotRequest) -> None:
    output = Path(request_.output)
    output.mkdir(parents=True)
    (output / Shot.FILE).write_text("{}")
    with pytest.raises(BackendError, match=r"written by World Tracing\.$") as caught:
        trace(request_)
    assert caught.value.kind == "bad_output" and (output / Shot.FILE).read_text() == "{}"


def test_a_merged_shot_is_not_taken_for_the_one_it_was_made_from(
    request_: ShotRequest, tmp_path: Path
) -> None:
    """Its settings are the same."""
    trace(request_)
    merged = tmp_path / "merged"
    merge_static(Path(request_.output), merged, silent, Cancellation())
    before = {file: file.stat().st_mtime_ns for file in merged.iterdir()}
    with pytest.raises(BackendError, match="holds a merged shot") as caught:
        trace_shot(replace(request_, output=str(merged)), silent, Cancellation())
    assert caught.value.hint
    assert {file: file.stat().st_mtime_ns for file in merged.iterdir()} == before


def test_a_shot_does_not_go_on_by_another_version_of_its_model(
    request_: ShotRequest, tiny_model: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copy(tiny_model, tmp_path / "mine.safetensors"))
    card = model.with_suffix(".json")
    values = json.loads(tiny_model.with_suffix(".json").read_text())
    card.write_text(json.dumps(values))
    request = replace(request_, model=str(model), last=1)
    trace(request)
    trace(request)  # finished, and known again
    card.write_text(json.dumps(values | {"visible_first": ["object"]}))
    with pytest.raises(BackendError, match="another version of its model"):
        trace(request)


def test_a_shot_does_not_go_on_by_other_weights_under_the_same_card(
    request_: ShotRequest, tiny_model: Path, tmp_path: Path
) -> None:
    """The card is all that the settings tell of, its hash that of the file which was there before."""
    model = Path(shutil.copy(tiny_model, tmp_path / "mine.safetensors"))
    card = json.loads(tiny_model.with_suffix(".json").read_text()) | {"sha256": sha256_of(model)}
    model.with_suffix(".json").write_text(json.dumps(card))
    request = replace(request_, model=str(model), device="cpu")
    with pytest.raises(BackendError, match="cancelled"):
        trace_shot(request, silent, Stop(Path(request.output), 2))
    save_file({name: value * 1.1 for name, value in load_file(tiny_model).items()}, model)
    with pytest.raises(BackendError, match="that other weights of tiny have traced") as caught:
        trace(request)
    assert caught.value.kind == "bad_output" and caught.value.hint
    assert Shot.load(request.output).finished() == [1, 2]
    shutil.copy(tiny_model, model)
    assert trace(request).finished() == [1, 2, 3, 4]


@pytest.mark.parametrize("which", ["clip", "mask"])
def test_footage_is_never_written_over(request_: ShotRequest, sequence: MakeSequence, which: str) -> None:
    """Files of a sequence may be called like a shot's own pictures."""
    images = sequence(range(3, 7), "frame.{:05}.png")
    before = {path: path.read_bytes() for path in images.parent.iterdir()}
    for path in (images, images.parent):
        request = replace(request_, **{which: str(path), "output": str(images.parent / ".")})
        with pytest.raises(BackendError, match="holds the footage itself"):
            trace_shot(request, silent, Cancellation())
    assert {path: path.read_bytes() for path in images.parent.iterdir()} == before


@pytest.mark.parametrize("which", ["clip", "mask"])
def test_footage_written_anew_is_not_gone_on_with(
    request_: ShotRequest, movie: MakeMovie, sequence: MakeSequence, which: str
) -> None:
    """Frames of the old footage and of the new one made one shot; the state is what tells Blender, too."""
    request = replace(request_, mask=str(sequence(range(1, 5))))
    with pytest.raises(BackendError, match="cancelled"):
        trace_shot(request, silent, Stop(Path(request.output), 2))
    begun = request.identity
    assert Shot.load(request.output).settings["request"] == begun
    if which == "clip":
        movie(frames=4, picture=lambda number: ball(9 - number))
    else:
        sequence(range(1, 6))  # one more has been rendered
    assert request.identity != begun
    with pytest.raises(BackendError, match="other footage"):
        trace_shot(request, silent, Cancellation())
    assert Shot.load(request.output).finished() == [1, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"first": 50}, "has 4 frames"),
        ({"last": 0}, "are none"),
        ({"step": 0}, "are none"),
        ({"clip": "/no/such.mov"}, "does not exist"),
        ({"model": "/no/such.pt"}, "no model"),
        ({"rate": 0.0}, "rate"),
        ({"steps": 0}, "steps is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**63}, "seed is 9223372036854775808"),
    ],
)
def test_bad_requests_are_sentences(request_: ShotRequest, change: dict, words: str) -> None:
    with pytest.raises(BackendError, match=words) as caught:
        trace_shot(replace(request_, **change), silent, Cancellation())
    assert caught.value.hint
    assert not (Path(request_.output) / Shot.FILE).exists()  # it would refuse the next request


def test_footage_that_cannot_be_traced_leaves_no_folder(request_: ShotRequest) -> None:
    with pytest.raises(BackendError, match="lies outside"):
        trace(replace(request_, first=50))
    assert not Path(request_.output).exists()


def test_a_range_that_ends_after_the_clip_is_noted(request_: ShotRequest) -> None:
    result = trace_shot(replace(request_, first=3, last=9), silent, Cancellation())
    assert result.frames == 2
    assert any("ends before frame 9" in warning for warning in result.warnings)


def test_frames_of_different_size_are_refused(
    sequence: MakeSequence, tmp_path: Path, tiny_model: Path
) -> None:
    first = sequence(range(1, 4), sizes={1: (128, 80)})
    with pytest.raises(BackendError, match="Frame 2 has 128 × 80 pixels, the first 96 × 64"):
        trace_shot(
            ShotRequest(str(first), str(tmp_path / "shot"), model=str(tiny_model)), silent, Cancellation()
        )


def test_a_mask_says_what_the_subject_is(request_: ShotRequest, movie: MakeMovie) -> None:
    def mask(number: int) -> np.ndarray:
        return ((ball(number) < 225).any(-1, keepdims=True) * np.uint8([255, 255, 255])).astype(np.uint8)

    footage = movie("mask.mkv", "ffv1", "gray", frames=4, picture=mask)
    shot = trace(replace(request_, mask=str(footage), mode="object"))
    plain = trace(replace(request_, output=request_.output + "2"))
    for number in (1, 4):
        one, other = shot.load_frame(number).mask[0], plain.load_frame(number).mask[0]
        assert np.mean(one ^ other) < 0.05


def test_masks_of_files_go_with_frames_of_the_same_number(
    sequence: MakeSequence, tmp_path: Path, tiny_model: Path
) -> None:
    footage = sequence(range(1001, 1007))
    masks = tmp_path / "masks"
    masks.mkdir()
    for number in range(1002, 1007):
        alpha = np.zeros((64, 96), np.uint8)
        if number != 1005:  # a frame without a subject: transparent all over, which is no mask
            alpha[:, 8 * (number - 1001) : 8 * (number - 1001) + 30] = 255
        Image.fromarray(np.dstack([np.zeros((64, 96, 3), np.uint8), alpha])).save(masks / f"m_{number}.png")
    request = ShotRequest(
        str(footage), str(tmp_path / "shot"), model=str(tiny_model), mask=str(masks), mode="object"
    )
    result = trace_shot(request, silent, Cancellation())
    assert "m_1005.png is fully transparent" in result.skipped["5"] and "1001" in result.skipped["1"]
    shot = Shot.load(result.shot)
    assert shot.finished() == [2, 3, 4, 6]
    middle = [np.argwhere(shot.load_frame(number).mask[0])[:, 1].mean() for number in (2, 3, 4, 6)]
    assert np.diff(middle) == pytest.approx(np.diff([2, 3, 4, 6]) * (middle[1] - middle[0]), abs=0.6)
    assert middle[1] > middle[0]


def test_the_worker_offers_it(request_: ShotRequest) -> None:
    params = {**to_params(request_), "last": 1}
    result = methods.call("trace_shot", params, silent, Cancellation())
    assert result["frames"] == 1 and Path(result["shot"], "shot.json").is_file()


def test_from_the_command_line(request_: ShotRequest, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["trace-footage", request_.clip, "--out", request_.output, "--model", request_.model]
    assert main([*words, "--last", "2"]) == 0
    assert "2 of 2 frames at 24 a second (object mode)" in capsys.readouterr().out
    assert main([*words, "--first", "9"]) == 2
    assert "other settings" in capsys.readouterr().err


def test_memory_does_not_grow_with_the_shot(
    movie: MakeMovie, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture has 24 kB here: keeping one a frame would show."""
    alive: list[int] = []
    write = shot_module._write

    def measured(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        gc.collect()
        alive.append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr(shot_module, "_write", measured)
    request = ShotRequest(str(movie(frames=8)), str(tmp_path / "shot"), model=str(tiny_model))
    tracemalloc.start(1)
    try:
        trace(request)
    finally:
        tracemalloc.stop()
    assert alive[-1] - alive[2] < 60_000
