"""The command end to end on a folder of pairs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from spheres import sphere_stack

from wt_backend.evaluation import evaluate
from wt_backend.evaluation.baselines import TRIVIAL, MeanPlane, WorldTracing
from wt_backend.evaluation.report import Result, Row, as_markdown, write_report
from wt_backend.evaluation.samples import Sample
from wt_backend.protocol import BackendError
from wt_backend.stack import MODES, LayerStack


def write_pair(folder: Path, name: str, stack: LayerStack) -> None:
    cv2.imwrite(str(folder / f"{name}.png"), cv2.cvtColor(stack.rgba, cv2.COLOR_RGBA2BGRA))
    stack.save(folder / f"{name}.wts")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    write_pair(tmp_path, "ball", sphere_stack(48))
    write_pair(tmp_path, "shell", sphere_stack(64, radii=(1.0, 0.5)))
    (tmp_path / "alone.png").write_bytes((tmp_path / "ball.png").read_bytes())
    return tmp_path


class Guess:
    """A predictor that depends on its seed: the truth with noise that grows with it."""

    name = "guess"
    random = True
    modes = MODES

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        truth = sample.truth
        noise = np.random.default_rng(seed).normal(1, 0.01 * seed, truth.mask.shape)
        noisy = truth.xyz * noise[..., None].astype(np.float32)
        return replace(truth, xyz=noisy, info=replace(truth.info, model="guess"))


def test_baselines_run_over_a_folder_and_write_report_and_sheets(pairs: Path) -> None:
    out = pairs / "out"
    results = evaluate.evaluate(pairs, [baseline() for baseline in TRIVIAL], sheets=out / "sheets")
    write_report(out, pairs, results)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    by_name = {result["name"]: result for result in report["results"]}
    assert len(by_name["truth"]["samples"]) == 2  # alone.png has no truth
    assert by_name["truth"]["modes"]["object"]["mean"]["all/f@0.05"] == pytest.approx(1)
    assert by_name["mean-plane"]["modes"]["object"]["mean"]["unseen/chamfer"] is None
    markdown = (out / "report.md").read_text(encoding="utf-8")
    assert "## 2 objects" in markdown and "| inflation |" in markdown
    sheet = cv2.imread(str(out / "sheets" / "shell.inflation.png"))
    assert sheet.shape[1] > sheet.shape[0] > 300
    assert sheet.std() > 10


def test_the_best_seed_is_the_one_with_the_smallest_chamfer(pairs: Path) -> None:
    result = evaluate.evaluate(pairs, [Guess()], seeds=[1, 0, 3])[0]
    assert result.seeds == 3 and len(result.rows) == 6
    assert result.best()["all/chamfer"] < result.mean()["all/chamfer"]
    assert result.best()["abs_rel"] == pytest.approx(0, abs=1e-6)  # seed 0 has no noise
    assert "guess, best of 3" in as_markdown(pairs, [result])


def test_a_prediction_that_cannot_be_aligned_counts_as_zero(pairs: Path) -> None:
    class Mirrored(Guess):
        name = "mirrored"

        def predict(self, sample: Sample, seed: int) -> LayerStack:
            return replace(sample.truth, xyz=-sample.truth.xyz)

    result = evaluate.evaluate(pairs, [Mirrored()])[0]
    assert len(result.failures) == 2 and "ball" in result.failures[0]
    assert result.mean()["all/f@0.05"] == 0
    assert "Failed" in as_markdown(pairs, [result])


def test_numbers_that_are_not_finite_are_a_failure_of_their_sample(pairs: Path, tiny_model: Path) -> None:
    """The first of them ended the evaluation."""
    model = pairs / "nan.safetensors"
    state = load_file(tiny_model)
    state["net.latents_projection.geo_proj.bias"][:] = float("nan")
    save_file(state, model)
    shutil.copy(tiny_model.with_suffix(".json"), model.with_suffix(".json"))
    result = evaluate.evaluate(pairs, [WorldTracing(str(model), device="cpu")])[0]
    assert [failure.split(",")[0] for failure in result.failures] == ["ball", "shell"]
    assert all("not finite" in failure for failure in result.failures)
    assert result.mean()["all/f@0.05"] == 0


def test_floors_are_judged_against_the_baselines(pairs: Path) -> None:
    def row(fscore: float, abs_rel: float) -> list[Row]:
        scores = {"all/f@0.05": fscore, "abs_rel": abs_rel, "all/chamfer": 1.0}
        return [Row("x", "object", 0, 0.1, scores)]

    results = [
        Result("good", row(0.31, 0.05)),
        Result("weak", row(0.25, 0.08)),
        Result("inflation", row(0.2, 0.08)),
        Result("mean-plane", row(0.1, 0.1)),
    ]
    text = as_markdown(pairs, results)
    assert "* good: F@.05 0.310 passes" in text and "AbsRel 0.0500 passes" in text
    assert "* weak: F@.05 0.250 fails" in text and "AbsRel 0.0800 fails" in text


def write_room(folder: Path, clear_pixels: int = 0) -> None:
    stack = sphere_stack(32)
    rgba = np.full_like(stack.rgba, 255)
    rgba.reshape(-1, 4)[:clear_pixels, 3] = 0
    write_pair(folder, "room", replace(stack, rgba=rgba, info=replace(stack.info, mode="scene")))


@pytest.mark.parametrize("clear_pixels", [0, 10])
def test_scenes_are_told_from_objects_by_the_image(tmp_path: Path, clear_pixels: int) -> None:
    """As the pipeline tells them, which takes 10 clear pixels of 1,024 for no cut-out."""
    write_room(tmp_path, clear_pixels)
    result = evaluate.evaluate(tmp_path, [MeanPlane()])[0]
    assert [row.mode for row in result.rows] == ["scene"]


def model_of_objects(folder: Path, tiny_model: Path) -> Path:
    """A model that takes no scenes, as the released object model."""
    weights = folder / "objects.safetensors"
    weights.write_bytes(tiny_model.read_bytes())
    card = json.loads(tiny_model.with_suffix(".json").read_text(encoding="utf-8"))
    weights.with_suffix(".json").write_text(json.dumps(card | {"fits": {"object": "crop"}}), encoding="utf-8")
    return weights


def test_a_model_is_scored_on_what_it_is_made_for(
    pairs: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_room(pairs)
    model = model_of_objects(pairs, tiny_model)
    out = pairs / "out"
    evaluate.main([str(pairs), "--model", str(model), "--points", "100", "--out", str(out)])
    assert "objects takes objects only: 1 of 3 samples are left out." in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    samples = {result["name"]: [s["sample"] for s in result["samples"]] for result in report["results"]}
    assert samples["objects"] == ["ball", "shell"]
    assert samples["mean-plane"] == ["ball", "room", "shell"]


def test_one_model_after_the_other_and_what_is_measured_stays(pairs: Path, tiny_model: Path) -> None:
    """Two in turn would be loaded anew for every sample. The second one here cannot be loaded at all."""
    damaged = model_of_objects(pairs, tiny_model)
    damaged.write_bytes(tiny_model.read_bytes()[:1000])
    out = pairs / "out"
    with pytest.raises(BackendError, match="cannot be read"):
        evaluate.main([str(pairs), "--model", str(tiny_model), "--model", str(damaged), "--out", str(out)])
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [result["name"] for result in report["results"]] == [tiny_model.stem]
    assert [row["sample"] for row in report["results"][0]["samples"]] == ["ball", "shell"]


def test_what_ctrl_c_leaves_is_in_the_report_and_said_to_be_partial(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(Guess):
        def predict(self, sample: Sample, seed: int) -> LayerStack:
            if sample.name == "shell":
                raise KeyboardInterrupt
            return super().predict(sample, seed)

    monkeypatch.setattr(evaluate, "_models", lambda options: [Interrupted()])
    out = pairs / "out"
    with pytest.raises(KeyboardInterrupt):
        evaluate.main([str(pairs), "--out", str(out)])
    assert f"what was scored so far is in {out / 'report.md'}" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [(r["name"], r["stopped"]) for r in report["results"]] == [("guess", True)]
    assert [row["sample"] for row in report["results"][0]["samples"]] == ["ball"]
    markdown = (out / "report.md").read_text(encoding="utf-8")
    assert (
        "guess was stopped before its last sample" in markdown and "| guess (stopped after 1) |" in markdown
    )


def test_a_report_that_cannot_be_written_is_printed(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "_models", lambda options: [Guess()])
    (pairs / "out" / "report.json").mkdir(parents=True)  # takes no file's place
    assert evaluate.main([str(pairs), "--out", str(pairs / "out")]) == 1
    printed = capsys.readouterr()
    assert "| guess |" in printed.out and "report.json" in printed.err


def test_the_report_says_that_a_model_takes_none_of_the_samples(pairs: Path) -> None:
    class Rooms(Guess):
        name = "rooms"
        modes = ("scene",)

    assert "the kind that rooms takes" in as_markdown(pairs, evaluate.evaluate(pairs, [Rooms()]))


def test_a_folder_without_pairs_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main([str(tmp_path), "--models-only", "--out", str(tmp_path / "out")]) == 1
    assert "no pair of NAME.png and NAME.wts" in capsys.readouterr().err


def test_an_image_of_the_wrong_size_is_refused(pairs: Path) -> None:
    cv2.imwrite(str(pairs / "ball.png"), np.full((20, 20, 4), 255, np.uint8))
    with pytest.raises(ValueError, match="put the image back"):
        evaluate.evaluate(pairs, [MeanPlane()])


def keep(stack: LayerStack, rows: slice, columns: slice) -> LayerStack:
    """One layer of a part of a stack, at the same size."""
    mask = np.zeros_like(stack.mask[:1])
    mask[:, rows, columns] = stack.mask[:1, rows, columns]
    return replace(stack, xyz=stack.xyz[:1], mask=mask)


@pytest.mark.parametrize("last", [24, 25])
def test_a_truth_that_shows_nothing_is_no_failure_of_the_models(pairs: Path, last: int) -> None:
    """Of a single point the radius is 0, by which all is measured."""
    keep(sphere_stack(48), slice(24, last), slice(24, 25)).save(pairs / "ball.wts")
    with pytest.raises(ValueError, match=r"ball\.wts: it shows no surface"):
        evaluate.evaluate(pairs, [Impossible()])


def test_a_report_of_failures_alone_is_written(tmp_path: Path) -> None:
    """An image that does not belong to its truth: nothing is where both are."""
    stack = keep(sphere_stack(48), slice(20, 28), slice(20, 28))
    stack.rgba[..., 3] = 0
    stack.rgba[:, :10, 3] = 255
    write_pair(tmp_path, "other", stack)
    results = evaluate.evaluate(tmp_path, [Guess(), *(baseline() for baseline in TRIVIAL[:2])])
    assert "* guess: F@.05" in as_markdown(tmp_path, results)
    assert "no visible surface in any pixel where the truth has one" in results[1].failures[0]


class Impossible(MeanPlane):
    """Stands for hours of work: it must not begin."""

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        raise AssertionError(f"{sample.name} was predicted before all samples were looked at")


def test_a_damaged_sample_is_said_before_the_first_prediction(pairs: Path) -> None:
    whole = (pairs / "shell.wts").read_bytes()
    (pairs / "shell.wts").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"shell\.wts.*truncated"):
        evaluate.evaluate(pairs, [Impossible()])


def test_a_truth_of_infinite_numbers_is_no_failure_of_the_models(pairs: Path) -> None:
    truth = sphere_stack(64, radii=(1.0, 0.5))
    truth.xyz[0, 32, 32] = np.nan
    truth.save(pairs / "shell.wts")
    with pytest.raises(ValueError, match=r"shell\.wts.*not finite"):
        evaluate.evaluate(pairs, [Impossible()])


def test_a_model_that_is_not_there_is_said_before_the_first_prediction(pairs: Path) -> None:
    with pytest.raises(BackendError, match="no-such-model"):
        evaluate.evaluate(pairs, [Impossible(), WorldTracing("no-such-model")])


def test_what_a_mac_leaves_beside_images_is_no_sample(pairs: Path) -> None:
    for name in ("._ball.png", "._ball.wts", "._alone.png"):
        (pairs / name).write_bytes(b"\0\5\26\7")
    result = evaluate.evaluate(pairs, [MeanPlane()])[0]
    assert [row.sample for row in result.rows] == ["ball", "shell"]


def test_a_sheet_that_finds_no_place_costs_no_numbers(
    pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pairs / "sheets").write_text("in the way", encoding="utf-8")
    result = evaluate.evaluate(pairs, [MeanPlane()], sheets=pairs / "sheets")[0]
    assert [row.sample for row in result.rows] == ["ball", "shell"]
    assert "The sheet was not written" in capsys.readouterr().err


def test_the_command_names_what_it_leaves_out_and_where_it_cannot_write(
    pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    occupied = pairs / "ball.png"
    assert evaluate.main([str(pairs), "--model", "wt-mini", "--out", str(occupied)]) == 1
    assert f"error: [Errno 17] File exists: '{occupied}'" in capsys.readouterr().err
    for name in ("ball", "shell"):
        (pairs / f"{name}.wts").unlink()
    write_pair(pairs, "тест 写真", sphere_stack(32))
    assert evaluate.main([str(pairs), "--out", str(pairs / "out")]) == 0
    assert "alone.png has no truth beside it" in capsys.readouterr().err
    assert (pairs / "out" / "sheets" / "тест 写真.mean-plane.png").stat().st_size > 1000


@pytest.mark.parametrize("option", [["--seeds", ""], ["--seeds", "1,x"], ["--steps-curve", "1,0"]])
def test_numbers_that_are_none_are_said_before_anything_is_done(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        evaluate._parser().parse_args(["pairs", *option])
    assert "is no list of whole numbers from" in capsys.readouterr().err
    assert evaluate._parser().parse_args(["pairs", "--seeds", "2, 0,2"]).seeds == [2, 0]


def test_stored_stacks_are_scored_without_a_model(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of any program; one that is missing is a failure."""
    stacks = pairs / "stacks"
    stacks.mkdir()
    sphere_stack(48).save(stacks / "ball.wts")
    asked = [str(pairs), "--predictions", str(stacks), "--models-only", "--out", str(pairs / "out")]
    assert evaluate.main(asked) == 1
    (result,) = json.loads((pairs / "out" / "report.json").read_text(encoding="utf-8"))["results"]
    assert result["name"] == str(stacks)
    scores = {sample["sample"]: sample["scores"]["all/f@0.05"] for sample in result["samples"]}
    assert scores == {"ball": pytest.approx(1), "shell": 0}
    with pytest.raises(SystemExit):
        evaluate.main([str(pairs), "--predictions", str(pairs / "none")])
    assert "is no folder" in capsys.readouterr().err


def test_two_models_with_files_of_one_name_are_told_apart() -> None:
    options = evaluate._parser().parse_args(
        ["pairs", "--model", "a/wt-mini.safetensors", "--model", "b/wt-mini.safetensors", "--model", "object"]
    )
    names = [model.name for model in evaluate._models(options)]
    assert names == ["a/wt-mini.safetensors", "b/wt-mini.safetensors", "object"]
