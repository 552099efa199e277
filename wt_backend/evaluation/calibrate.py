"""Choose the existence tolerances of a model: `python -m wt_backend calibrate DIR --model NAME`.

A depth-filled stack repeats its last surface in the layers behind it, up to the network's noise. A deeper
layer is said to exist where it clears the one before it by a share of its depth; this tool finds the share
with the best F1 on VALIDATION pairs (never on the final set), by trying many on the same predictions:
one for objects and one for scenes, as a model's noise differs between them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wt_backend.evaluation.baselines import Baseline, WorldTracing
from wt_backend.evaluation.evaluate import DEFAULT_MODEL, is_of_sample, look_at
from wt_backend.evaluation.samples import load_sample
from wt_backend.evaluation.score import on_grid_of
from wt_backend.existence import existing_layers
from wt_backend.protocol import BackendError

TOLERANCES = tuple(float(t) for t in np.geomspace(0.001, 0.2, 47))  # relative depth, 12 % apart


@dataclass(frozen=True)
class Existence:
    """How well layers ≥ 1 are told to exist at one tolerance, pooled over all pixels of all samples."""

    tolerance: float
    precision: float
    recall: float
    f1: float


@dataclass
class Counts:
    """Pixels of layers ≥ 1 in the common silhouette."""

    hits: int = 0
    found: int = 0
    real: int = 0

    def add(self, predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> None:
        """Count masks of shape (L, H, W), the same L in both."""
        inside = predicted[0] & truth[0]
        found, real = predicted[1:, inside], truth[1:, inside]
        self.hits += int((found & real).sum())
        self.found += int(found.sum())
        self.real += int(real.sum())

    def rate(self, tolerance: float) -> Existence:
        """Precision, recall and F1; 0 where nothing is found or real."""
        return Existence(
            tolerance,
            self.hits / self.found if self.found else 0.0,
            self.hits / self.real if self.real else 0.0,
            2 * self.hits / (self.found + self.real) if self.found + self.real else 0.0,
        )


def calibrate(
    folder: Path, predictor: Baseline, seed: int = 0, tolerances: Sequence[float] = TOLERANCES
) -> dict[str, list[Existence]]:
    """Rate tolerances on a folder of validation pairs; one prediction a pair.

    Pairs that cannot be traced are named and left out; Ctrl-C rates what has been traced so far.

    Parameters
    ----------
    folder : Path
        Pairs `X.png` + `X.wts`.
    predictor : Baseline
        Its stacks must hold raw, depth-filled points.
    tolerances : sequence of float
        Shares of the depth to try.

    Returns
    -------
    dict
        Mode ("object", "scene", those that the folder has and the model takes) → ratings, one a tolerance, in
        the order given.

    Raises
    ------
    FileNotFoundError
        If the folder holds no pair, or none that this model takes and can trace.
    ValueError
        If a sample is damaged, which is said before the first prediction; if a prediction has another number
        of layers than its truth.
    """
    counts: dict[str, list[Counts]] = {}
    images = look_at(folder, [predictor])
    for index, image in enumerate(images):
        try:
            _count(image, predictor, seed, tolerances, counts)
        except KeyboardInterrupt:
            if not counts:
                raise
            print(f"Stopped: rated on the first {index} of {len(images)} pairs.", file=sys.stderr)
            break
        except BackendError as error:
            if not is_of_sample(error):
                raise
            print(f"{image.name} is left out: {error}", file=sys.stderr)
    if not counts:
        wanted = " or ".join(predictor.modes)
        raise FileNotFoundError(f"{folder} has no {wanted} that this model can trace.")
    return {
        mode: [count.rate(tolerance) for tolerance, count in zip(tolerances, of_mode, strict=True)]
        for mode, of_mode in counts.items()
    }


def _count(
    image: Path,
    predictor: Baseline,
    seed: int,
    tolerances: Sequence[float],
    counts: dict[str, list[Counts]],
) -> None:
    """Add one pair to the counts of its mode, one a tolerance."""
    sample = load_sample(image)
    if sample.mode not in predictor.modes:
        return
    found = on_grid_of(predictor.predict(sample, seed), sample.truth)
    if len(found.mask) != sample.truth.layers:
        raise ValueError(
            f"{image}: the truth has {sample.truth.layers} layers, the model predicts {len(found.mask)}; "
            "calibrate on pairs that were traced with as many layers"
        )
    exists = [existing_layers(found.xyz, found.mask[0], tolerance) for tolerance in tolerances]
    for layers, count in zip(exists, counts.setdefault(sample.mode, [Counts() for _ in exists]), strict=True):
        count.add(layers, np.asarray(sample.truth.mask))


def best_of(ratings: Sequence[Existence]) -> Existence:
    """The rating with the highest F1."""
    return max(ratings, key=lambda rating: rating.f1)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m wt_backend calibrate", description=__doc__)
    parser.add_argument("folder", type=Path, help="validation pairs NAME.png + NAME.wts")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or file (default: %(default)s)")
    parser.add_argument("--steps", type=int, help="sampler steps (default: the model's own)")
    parser.add_argument("--device", help="cpu, cuda … (default: the best there is)")
    options = parser.parse_args(argv)
    try:
        ratings = calibrate(options.folder, WorldTracing(options.model, options.steps, options.device))
    except (BackendError, FileNotFoundError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for mode, rated in ratings.items():
        best = best_of(rated)
        print(f"{mode}s:")
        for rating in rated:
            mark = "  ← best F1" if rating is best else ""
            print(
                f"tolerance {rating.tolerance:.4f}  precision {rating.precision:.3f}  "
                f"recall {rating.recall:.3f}  F1 {rating.f1:.3f}{mark}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
