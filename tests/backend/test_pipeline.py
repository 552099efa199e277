"""From a file of pixels to a file of surfaces, with every way in which that can go wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from numpy.typing import NDArray
from PIL import Image

from wt_backend import methods, pipeline
from wt_backend.camera import apply_affine, ray_residual
from wt_backend.checkpoints import registry
from wt_backend.checkpoints.load import LoadedModel, find_entry, load_model
from wt_backend.checkpoints.registry import OFFICIAL, Source, find
from wt_backend.jobs import Cancellation
from wt_backend.output import save
from wt_backend.protocol import BackendError, TraceRequest
from wt_backend.stack import LayerStack

STAGES = ["load", "model", "encode", "denoise", "decode", "clean", "save"]


class Recorder:
    """Keeps what a job reports; may do something at a step."""

    def __init__(self, act: Callable[[str, int], None] = lambda stage, step: None) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self._act = act

    def __call__(self, stage: str, step: int, total: int) -> None:
        self.seen.append((stage, step, total))
        self._act(stage, step)

    @property
    def stages(self) -> list[str]:
        return list(dict.fromkeys(stage for stage, _, _ in self.seen))


@pytest.fixture
def ball(
    disc_image: NDArray[np.uint8], write_png: Callable[..., Path], tmp_path: Path, tiny_model: Path
) -> TraceRequest:
    """A request for the ball on white, with the tiny model."""
    return TraceRequest(str(write_png(disc_image)), str(tmp_path / "out" / "ball.wts"), model=str(tiny_model))


def traced(request: TraceRequest) -> LayerStack:
    stack = pipeline.trace(request, Recorder(), Cancellation())
    stack.validate()
    return stack


def failure(
    request: TraceRequest, act: Callable[[str, int], None] = lambda stage, step: None
) -> BackendError:
    with pytest.raises(BackendError) as caught:
        pipeline.trace_to_file(request, Recorder(act), Cancellation())
    assert caught.value.message.endswith(".")
    return caught.value


def test_every_stage_is_reported_and_the_file_is_whole(ball: TraceRequest) -> None:
    recorder = Recorder()
    result = pipeline.trace_to_file(replace(ball, steps=3), recorder, Cancellation())
    assert recorder.stages == STAGES
    assert [(step, total) for stage, step, total in recorder.seen if stage == "denoise"] == [
        (0, 3),
        (1, 3),
        (2, 3),
        (3, 3),
    ]
    stack = LayerStack.load(result.stack)
    stack.validate()
    assert (result.mode, result.points) == ("object", stack.points)
    assert 1 <= result.layers <= stack.layers == 3
    assert stack.info.image_size == (120, 90) and stack.info.source == ball.image
    assert (stack.info.seed, stack.info.steps, stack.info.unit) == (42, 3, "relative")
    assert len(stack.info.model_sha256) == 64


def test_the_stack_shows_the_subject_where_it_is_in_the_image(ball: TraceRequest) -> None:
    stack = traced(ball)
    rows, columns = np.nonzero(stack.mask[0])
    place = apply_affine(stack.grid_to_image, np.stack([columns, rows], -1) + 0.5)
    distance = np.linalg.norm(place - [60.5, 45.5], axis=1)
    assert distance.max() < 32 and abs(place.mean(axis=0) - [60.5, 45.5]).max() < 1
    assert (stack.rgba[~stack.mask[0]][:, 3] == 0).all() and (stack.xyz[:, ~stack.mask[0]] == 0).all()


def test_a_turned_or_mirrored_file_gives_the_same_stack(
    ball: TraceRequest, disc_image: NDArray[np.uint8], tmp_path: Path
) -> None:
    from wt_backend.images import orientation_affine, upright

    plain = traced(ball)
    for orientation, inverse in ((2, 2), (6, 8), (7, 7)):  # all eight: test_images, test_fitting
        stored = upright(disc_image, inverse)
        exif = Image.Exif()
        exif[0x112] = orientation
        path = tmp_path / f"{orientation}.png"
        Image.fromarray(stored).save(path, exif=exif)
        stack = traced(replace(ball, image=str(path)))
        assert np.array_equal(stack.xyz, plain.xyz) and np.array_equal(stack.rgba, plain.rgba)
        height, width = stored.shape[:2]
        assert stack.info.image_size == (width, height)
        corners = np.array([[0, 0], [28, 0], [9.3, 17.1]])
        expected = apply_affine(
            orientation_affine(orientation, width, height), apply_affine(plain.grid_to_image, corners)
        )
        assert np.allclose(apply_affine(stack.grid_to_image, corners), expected)


@pytest.mark.parametrize("mode", ["object", "scene"])
def test_hidden_surfaces_count_from_the_tolerance_of_the_mode(ball: TraceRequest, mode: str) -> None:
    card = Path(ball.model).with_suffix(".json")
    values = json.loads(card.read_text())
    weights = Path(ball.output).parent.parent / "other.safetensors"
    shutil.copyfile(ball.model, weights)
    values["existence_tolerance"] |= {mode: 1e6}  # nothing clears that
    weights.with_suffix(".json").write_text(json.dumps(values))
    hidden = {
        used: bool(traced(replace(ball, model=str(weights), mode=used)).mask[1:].any())
        for used in ("object", "scene")
    }
    assert hidden.pop(mode) is False
    assert list(hidden.values()) == [True]


def test_what_a_model_must_be_known_for_comes_with_its_results(
    ball: TraceRequest,
) -> None:
    prepared = pipeline.prepare(ball, find("object"))
    assert [warning for warning in prepared.warnings if "guess" in warning]
    assert pipeline.prepare(ball, find("wt-mini")).warnings == []


def test_released_models_see_what_the_release_shows_them(
    components: dict[str, NDArray], write_png: Callable[..., Path]
) -> None:
    entry = find("object")
    network = replace(entry.config.network, image_size=56)
    entry = replace(entry, config=replace(entry.config, network=network))
    image = write_png(components["pre.image.small"])
    fitted = pipeline.prepare(TraceRequest(str(image), "out"), entry).fitted
    shown = components["pre.0.rgb"][0].transpose(1, 2, 0)
    assert np.array_equal(fitted.rgb / np.float32(255), shown)
    assert np.array_equal(fitted.mask, components["pre.0.mask"][0, 0])


def test_a_seed_repeats_and_another_differs(ball: TraceRequest) -> None:
    first, again, other = traced(ball), traced(ball), traced(replace(ball, seed=7))
    assert np.array_equal(first.xyz, again.xyz)
    assert not np.array_equal(first.xyz, other.xyz)


@pytest.mark.parametrize(
    ("fit", "affine"),
    [
        (None, [[600 / 28, 0, 0], [0, 400 / 28, 0]]),
        ("crop", [[400 / 28, 0, 100], [0, 400 / 28, 0]]),
        ("pad", [[600 / 28, 0, 0], [0, 600 / 28, -100]]),
    ],
)
def test_scenes_are_fitted_as_asked(fit: str | None, affine: list, ball: TraceRequest, samples: Path) -> None:
    stack = traced(replace(ball, image=str(samples / "cup.jpg"), fit=fit))
    assert stack.info.mode == "scene" and stack.info.image_size == (600, 400)
    assert np.allclose(stack.grid_to_image, affine)
    assert stack.mask[0].all() == (fit != "pad")


def test_a_mask_file_makes_an_object_of_a_scene(
    ball: TraceRequest, samples: Path, write_png: Callable[..., Path]
) -> None:
    mask = np.zeros((40, 60, 3), np.uint8)
    mask[10:30, 20:40] = 255
    request = replace(ball, image=str(samples / "cup.jpg"), mask=str(write_png(mask, "mask.png")))
    stack = traced(request)
    assert stack.info.mode == "object"
    scale = 300 / 28  # the subject is 200 px wide and fills two thirds
    assert np.allclose(stack.grid_to_image, [[scale, 0, 150], [0, scale, 50]])


def test_a_scene_is_the_whole_frame_though_a_subject_stands_out(
    ball: TraceRequest, disc_image: NDArray[np.uint8], write_png: Callable[..., Path]
) -> None:
    assert traced(replace(ball, mode="scene")).mask[0].all()
    mask = write_png(np.where(disc_image.min(-1, keepdims=True) < 250, disc_image * 0 + 255, 0), "mask.png")
    assert not traced(replace(ball, mode="scene", mask=str(mask))).mask[0].all()


def test_the_bundled_model_traces_the_bundled_photographs(ball: TraceRequest, samples: Path) -> None:
    for name, mode in (("mixer.png", "object"), ("cup.jpg", "scene")):
        request = replace(ball, image=str(samples / name), model="wt-mini")
        result = pipeline.trace_to_file(request, Recorder(), Cancellation())
        stack = LayerStack.load(result.stack)
        stack.validate()
        assert stack.info.mode == result.mode == mode
        assert result.layers >= 2, "a hidden surface is the point of it all"
        depth = stack.xyz[0][stack.mask[0]][:, 2]
        assert depth.std() / depth.mean() > 0.01, "a flat card is no shape"


def test_the_bundled_model_lays_points_on_the_rays_of_the_photograph(
    ball: TraceRequest, samples: Path
) -> None:
    for image in (samples / "mixer.png", samples / "cup.jpg"):
        stack = traced(replace(ball, image=str(image), model="wt-mini", steps=1))
        axis = apply_affine(stack.grid_to_image, stack.intrinsics[:2, 2])
        np.testing.assert_allclose(axis, np.array(stack.info.image_size) / 2, atol=1e-6)
        for layer in range(stack.layers):
            assert max(ray_residual(stack.xyz[layer], stack.mask[layer], stack.intrinsics)) < 1e-3


def test_more_steps_move_what_is_hidden_in_an_object_and_not_what_is_seen(
    ball: TraceRequest, samples: Path
) -> None:
    one, two = (
        traced(replace(ball, image=str(samples / "mixer.png"), model="wt-mini", steps=steps))
        for steps in (1, 2)
    )
    visible = one.mask[0]
    depth, after = one.xyz[..., 2], two.xyz[..., 2]
    np.testing.assert_allclose(after[0][visible], depth[0][visible], rtol=1e-4)
    hidden = one.mask[1] & two.mask[1]
    assert np.abs(after[1][hidden] / depth[1][hidden] - 1).mean() > 1e-3


def test_with_the_mirror_image_neither_side_is_preferred(ball: TraceRequest, samples: Path) -> None:
    """What an object and its mirror image disagree about gets less; not nothing, as the noise differs."""
    request = replace(ball, image=str(samples / "mixer.png"), model="wt-mini")
    bundled = load_model("wt-mini", device="cpu")
    steps = bundled.entry.steps["object"]
    there = pipeline.prepare(request, bundled.entry).fitted
    back = replace(there, rgb=there.rgb[:, ::-1].copy(), mask=there.mask[:, ::-1].copy())

    def disagreement(mirrored: tuple[str, ...]) -> float:
        loaded = replace(bundled, entry=replace(bundled.entry, mirrored=mirrored))
        one, other = (
            pipeline.denoise(fitted, loaded, "object", request.seed, steps, Recorder(), Cancellation())
            for fitted in (there, back)
        )
        return float(np.abs(one - other[:, :, ::-1] * [-1, 1, 1])[:, there.mask].mean())

    assert disagreement(("object",)) < 0.8 * disagreement(())


def test_a_download_that_is_not_the_one_in_memory_is_loaded(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source("somebody/tiny", "tiny.safetensors")
    entry = replace(registry.read_card(tiny_model.with_suffix(".json")), weights=source)
    monkeypatch.setattr(registry, "OFFICIAL", (entry,))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("WT_CACHE_DIR", str(tmp_path / "cache"))
    folder = registry.repository_folder(source)

    def load() -> LoadedModel:
        return pipeline.loaded_model("tiny", entry, torch.device("cpu"))

    def download(revision: str) -> None:
        snapshot = folder / "snapshots" / revision
        snapshot.mkdir(parents=True)
        shutil.copyfile(tiny_model, snapshot / source.filename)
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(revision)

    download("1")
    first = load()
    assert load() is first
    download("2")
    assert load() is not first
    methods.call("models/delete", {"model": "tiny"}, Recorder(), Cancellation())
    assert pipeline._cached is None
    with pytest.raises(BackendError) as caught:
        load()
    assert caught.value.kind == "model_missing"


def test_a_card_that_was_changed_counts_at_the_next_trace(tiny_model: Path, tmp_path: Path) -> None:
    """The loaded model went on with the old one, as if `calibrate`'s number had not been put in."""
    weights = tmp_path / "mine.safetensors"
    shutil.copyfile(tiny_model, weights)
    card = json.loads(tiny_model.with_suffix(".json").read_text())

    def load(tolerance: float) -> LoadedModel:
        values = card | {"existence_tolerance": dict.fromkeys(card["existence_tolerance"], tolerance)}
        weights.with_suffix(".json").write_text(json.dumps(values))
        return pipeline.loaded_model(str(weights), find_entry(str(weights)), torch.device("cpu"))

    first = load(0.01)
    assert load(0.01) is first
    assert set(load(0.02).entry.existence_tolerance.values()) == {0.02}


def test_a_cancelled_job_stops_within_a_step_and_writes_nothing(ball: TraceRequest) -> None:
    cancellation = Cancellation()

    def at_step_two(stage: str, step: int) -> None:
        if (stage, step) == ("denoise", 2):
            cancellation.request()

    recorder = Recorder(at_step_two)
    with pytest.raises(BackendError) as caught:
        pipeline.trace_to_file(replace(ball, steps=50), recorder, cancellation)
    assert caught.value.kind == "cancelled"
    assert recorder.seen[-1] == ("denoise", 2, 50)
    assert not Path(ball.output).parent.exists()


# -- what can go wrong ------------------------------------------------------------------------------------


def test_what_another_program_has_written_meanwhile_stays_where_a_new_file_is_wanted(
    ball: TraceRequest,
) -> None:
    output = Path(ball.output)

    def write(stage: str, _step: int) -> None:
        if stage == "save":
            output.write_text("another's")

    result = pipeline.trace_to_file(replace(ball, fresh=True), Recorder(write), Cancellation())
    assert result.stack == str(output.with_name("ball-2.wts"))
    LayerStack.load(result.stack).validate()
    assert {path.name for path in output.parent.iterdir()} == {"ball.wts", "ball-2.wts"}
    assert output.read_text() == "another's"


def test_an_output_that_cannot_be_written_is_told_before_the_trace(
    ball: TraceRequest, tmp_path: Path
) -> None:
    reports: list[str] = []

    def act(stage: str, step: int) -> None:
        reports.append(stage)

    (tmp_path / "file").write_text("")
    for output in (tmp_path, tmp_path / "file" / "a.wts", Path("/proc/a.wts")):
        error = failure(replace(ball, output=str(output)), act)
        assert error.kind == "bad_output" and str(output) in error.message
    assert reports == []


def test_a_folder_that_vanishes_meanwhile_is_told_at_the_end(ball: TraceRequest) -> None:
    def remove(stage: str, step: int) -> None:
        if stage == "clean":
            shutil.rmtree(Path(ball.output).parent)

    assert failure(ball, remove).kind == "bad_output"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if not hasattr(os, "getuid") or os.getuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs root and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_before_the_trace_and_at_the_end(ball: TraceRequest, small_disk: Path) -> None:
    error = failure(replace(ball, output=str(small_disk / "a.wts")))
    assert error.kind == "disk_full" and "MB are free" in error.message
    stack = traced(replace(ball, model="wt-mini"))
    with pytest.raises(BackendError) as caught:
        save(stack, small_disk / "a.wts")
    assert caught.value.kind == "disk_full" and "was not written" in caught.value.message
    assert list(small_disk.iterdir()) == []


def test_a_read_only_disk(ball: TraceRequest, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    error = failure(replace(ball, output=str(small_disk / "a.wts")))
    assert error.kind == "bad_output" and "Read-only" in error.message


def test_object_mode_needs_a_subject(ball: TraceRequest, samples: Path) -> None:
    error = failure(replace(ball, image=str(samples / "cup.jpg"), mode="object"))
    assert error.kind == "bad_mask" and "cup.jpg" in error.message and "mask" in error.hint


def test_a_subject_of_a_few_pixels_is_refused(ball: TraceRequest, write_png: Callable[..., Path]) -> None:
    rgba = np.full((600, 600, 4), 255, np.uint8)
    rgba[..., 3] = 0
    rgba[:3, :3, 3] = rgba[-3:, -3:, 3] = 255  # 18 pixels, far apart
    error = failure(replace(ball, image=str(write_png(rgba))))
    assert error.kind == "bad_image" and "too small" in error.message


def test_a_subject_cut_off_by_the_border_is_noted(ball: TraceRequest, disc_image, write_png) -> None:
    run = pipeline.run(replace(ball, image=str(write_png(disc_image[:60]))), Recorder(), Cancellation())
    assert any("cut off" in warning for warning in run.warnings)


def test_modes_that_a_model_was_not_made_for() -> None:
    entry = find("object")
    assert entry in OFFICIAL
    with pytest.raises(BackendError, match="does not trace in scene mode"):
        pipeline.choose_mode("scene", entry, True, "a")
    with pytest.raises(BackendError, match=r"the subject of a\.png") as caught:
        pipeline.choose_mode("auto", entry, False, "a.png")
    assert caught.value.kind == "bad_mask"
    assert pipeline.choose_mode("auto", find("scene"), True, "a") == "scene"


def test_unknown_model_and_device(ball: TraceRequest) -> None:
    assert failure(replace(ball, model="no-such-model")).kind == "model_missing"
    for device in (
        "tpu",
        "cuda:99",
        "mps:9",
        "hpu",
        "meta",
    ):  # unknown, absent, without memory, module, numbers
        assert failure(replace(ball, device=device)).kind == "bad_request"


def test_weights_written_anew_are_loaded_anew(ball: TraceRequest, tiny_model: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.safetensors"
    for suffix in (".safetensors", ".json"):
        shutil.copy(tiny_model.with_suffix(suffix), own.with_suffix(suffix))
    before = traced(replace(ball, model=str(own)))
    weights = safetensors.torch.load_file(own)
    safetensors.torch.save_file({name: value * 1.1 for name, value in weights.items()}, own)
    after = traced(replace(ball, model=str(own)))
    assert not np.array_equal(before.xyz, after.xyz)


def test_truncated_weights(ball: TraceRequest, tiny_model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(tiny_model.read_bytes()[:5000])
    shutil.copy(tiny_model.with_suffix(".json"), broken.with_suffix(".json"))
    error = failure(replace(ball, model=str(broken)))
    assert error.kind == "model_damaged" and str(broken) in error.message


def test_a_model_that_does_not_fit_in_memory_is_refused_before_it_is_read(ball: TraceRequest) -> None:
    entry = replace(find("object"), memory_gb=1e6)
    with pytest.raises(BackendError) as caught:
        pipeline._check_memory(entry, pipeline.choose_device("cpu"))
    assert caught.value.kind == "out_of_memory" and "GB" in caught.value.message


def test_weights_of_nan_are_told(ball: TraceRequest, tiny_model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(tiny_model)
    state["net.latents_projection.geo_proj.bias"][:] = float("nan")
    save_file(state, tmp_path / "nan.safetensors")
    shutil.copy(tiny_model.with_suffix(".json"), tmp_path / "nan.json")
    error = failure(replace(ball, model=str(tmp_path / "nan.safetensors")))
    assert error.kind == "internal" and "not finite" in error.message


def test_steps_at_which_the_released_sampler_stops_short_are_said(ball: TraceRequest) -> None:
    assert pipeline.too_many_steps(find("object"), 20) == []
    assert "More than 20 steps leave noise" in pipeline.too_many_steps(find("object"), 21)[0]
    assert pipeline.too_many_steps(find("wt-mini"), 100) == []


def test_the_usual_camera_is_one_of_the_whole_photograph(ball: TraceRequest) -> None:
    """Where points fit no camera, a crop off the centre was laid out beside where it is."""
    entry = find("wt-mini")
    fitted = pipeline.prepare(replace(ball, model="wt-mini"), entry).fitted
    camera = pipeline.usual_camera(fitted, entry)
    axis = apply_affine(fitted.grid_to_image, camera[:2, 2])
    np.testing.assert_allclose(axis, np.array(fitted.image_size) / 2, atol=1e-6)
