"""Calibration finds the tolerance that separates real layers from repeated ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from spheres import sphere_stack

from wt_backend.evaluation.calibrate import best_of, calibrate, main
from wt_backend.evaluation.samples import Sample
from wt_backend.protocol import BackendError, NotFiniteError
from wt_backend.stack import MODES, LayerStack


class NoisyTruth:
    """The depth-filled truth with depth noise: repeated surfaces are apart by the noise only."""

    name = "noisy truth"
    random = True
    modes = MODES

    def __init__(self, noise: float) -> None:
        self.noise = noise

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        truth = sample.truth
        noise = np.random.default_rng(seed).normal(1, self.noise, truth.mask.shape)
        everything = np.broadcast_to(truth.mask[:1], truth.mask.shape).copy()
        return replace(truth, xyz=truth.xyz * noise[..., None].astype(np.float32), mask=everything)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    stack = sphere_stack(64, radii=(1.0, 0.5))
    cv2.imwrite(str(tmp_path / "shell.png"), cv2.cvtColor(stack.rgba, cv2.COLOR_RGBA2BGRA))
    stack.save(tmp_path / "shell.wts")
    return tmp_path


@pytest.mark.parametrize("noise", [0.002, 0.006])
def test_the_best_tolerance_lies_between_the_noise_and_the_gaps(pairs: Path, noise: float) -> None:
    ratings = calibrate(pairs, NoisyTruth(noise))["object"]
    best = best_of(ratings)
    # Two repeated points differ by √2 times the noise; the shell's gaps are 0.5 of 4 in the middle.
    assert noise < best.tolerance < 0.12
    assert best.f1 > 0.95
    assert ratings[0].precision < best.precision and ratings[0].recall >= best.recall
    assert ratings[-1].recall < best.recall


def test_ratings_by_hand(pairs: Path) -> None:
    truth = LayerStack.load(pairs / "shell.wts")
    (everything,) = calibrate(pairs, NoisyTruth(0.0), tolerances=[0.0])["object"]
    assert everything.precision == everything.recall == everything.f1 == 1
    (nothing,) = calibrate(pairs, NoisyTruth(0.0), tolerances=[10.0])["object"]
    assert (nothing.recall, nothing.f1) == (0, 0)
    assert truth.mask[1:].any()


class NoisyScenes(NoisyTruth):
    """A model whose noise is larger in scenes, as that of trained ones."""

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        return NoisyTruth(0.002 if sample.mode == "object" else 0.02).predict(sample, seed)


def test_objects_and_scenes_have_tolerances_of_their_own(pairs: Path) -> None:
    """As `make-validation` mixes them: one number for both was too small here and too large there."""
    scene = sphere_stack(64, radii=(1.0, 0.5))
    cv2.imwrite(str(pairs / "room.png"), scene.rgba[..., :3])
    replace(scene, info=replace(scene.info, mode="scene")).save(pairs / "room.wts")
    ratings = calibrate(pairs, NoisyScenes(0.0))
    assert best_of(ratings["object"]).tolerance < 0.02 < best_of(ratings["scene"]).tolerance
    assert calibrate(pairs, NoisyTruth(0.002))["object"] == ratings["object"]


def test_another_number_of_layers_is_refused(pairs: Path) -> None:
    class Fewer(NoisyTruth):
        def predict(self, sample: Sample, seed: int) -> LayerStack:
            stack = super().predict(sample, seed)
            return replace(stack, xyz=stack.xyz[:2], mask=stack.mask[:2])

    with pytest.raises(ValueError, match="as many layers"):
        calibrate(pairs, Fewer(0.0))


def test_a_damaged_pair_is_said_before_the_first_prediction(pairs: Path) -> None:
    class Impossible(NoisyTruth):
        def predict(self, sample: Sample, seed: int) -> LayerStack:
            raise AssertionError("hours of work that would be lost")

    (pairs / "zz.png").write_bytes((pairs / "shell.png").read_bytes())
    (pairs / "zz.wts").write_bytes((pairs / "shell.wts").read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"zz\.wts.*truncated"):
        calibrate(pairs, Impossible(0.0))


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (KeyboardInterrupt(), "rated on the first 1 of 2 pairs"),
        (BackendError("bad_mask", "Nothing is left of it."), "zz.png is left out: Nothing is left of it."),
        (NotFiniteError("internal", "It is not finite."), "zz.png is left out: It is not finite."),
    ],
)
def test_what_was_rated_stays_where_a_pair_fails(
    pairs: Path, capsys: pytest.CaptureFixture[str], trouble: BaseException, said: str
) -> None:
    class Failing(NoisyTruth):
        def predict(self, sample: Sample, seed: int) -> LayerStack:
            if sample.name == "zz":
                raise trouble
            return super().predict(sample, seed)

    whole = calibrate(pairs, NoisyTruth(0.002))
    for suffix in (".png", ".wts"):
        (pairs / f"zz{suffix}").write_bytes((pairs / f"shell{suffix}").read_bytes())
    assert calibrate(pairs, Failing(0.002)) == whole
    assert said in capsys.readouterr().err


def test_a_pair_that_fails_alone_is_an_error(pairs: Path) -> None:
    class Failing(NoisyTruth):
        def predict(self, sample: Sample, seed: int) -> LayerStack:
            raise BackendError("bad_mask", "Nothing is left of it.")

    with pytest.raises(FileNotFoundError, match="that this model can trace"):
        calibrate(pairs, Failing(0.0))


def test_a_model_that_is_not_there_is_named(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(pairs), "--model", "no-such-model"]) == 1
    assert "no-such-model" in capsys.readouterr().err
