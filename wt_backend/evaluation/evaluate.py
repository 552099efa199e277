"""`python -m wt_backend evaluate DIR`: score predictors on a folder of pairs `X.png` + `X.wts`."""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wt_backend.evaluation.baselines import TRIVIAL, Baseline, Stored, WorldTracing
from wt_backend.evaluation.report import Result, Row, as_markdown, write_report
from wt_backend.evaluation.samples import Sample, find_images, find_samples, load_sample
from wt_backend.evaluation.score import Scores, failed_scores, score_stack
from wt_backend.evaluation.sheet import draw_sheet
from wt_backend.projection.pictures import write_png
from wt_backend.protocol import BackendError, NotFiniteError
from wt_backend.stack import LayerStack
from wt_backend.terminal import at_least

DEFAULT_MODEL = "wt-mini"
SAMPLE_ERRORS = ("bad_image", "bad_mask")


def evaluate(
    folder: Path,
    predictors: Sequence[Baseline],
    seeds: Sequence[int] = (0,),
    points: int | None = None,
    sheets: Path | None = None,
) -> list[Result]:
    """Score predictors on the samples of a folder, one after the other: a large model is loaded once.

    Parameters
    ----------
    folder : Path
        Holds the pairs.
    predictors : sequence of Baseline
    seeds : sequence of int
        For predictors whose answer depends on one; the others run once.
    points : int, optional
        Points sampled per split; the protocol's numbers where left out.
    sheets : Path, optional
        Folder for one picture a sample and predictor (first seed), made where missing.

    Raises
    ------
    FileNotFoundError
        If the folder holds no pair.
    ValueError
        If a sample is damaged; all are looked at before the first prediction.
    BackendError
        If a model is not there, or cannot run at all.
    """
    return list(results_of(folder, predictors, seeds, points, sheets))


def results_of(
    folder: Path,
    predictors: Sequence[Baseline],
    seeds: Sequence[int] = (0,),
    points: int | None = None,
    sheets: Path | None = None,
) -> Iterator[Result]:
    """What `evaluate` returns, each result as soon as there is one.

    Where Ctrl-C or an error ends it, what has been scored so far comes first, as a result that is `stopped`.
    """
    images = look_at(folder, predictors)
    for predictor in predictors:
        result = Result(predictor.name, stopped=True)
        try:
            _run(predictor, images, seeds, points, sheets, result)
            result.stopped = False
        finally:
            if result.rows or not result.stopped:
                yield result  # what ended it goes on after this


def look_at(folder: Path, predictors: Sequence[Baseline]) -> list[Path]:
    """The samples of a folder: what cannot work is said now, not after an hour.

    Raises
    ------
    FileNotFoundError, ValueError, BackendError
        See `evaluate`.
    """
    images = find_samples(folder)
    modes = [load_sample(image).mode for image in images]
    for predictor in predictors:
        left_out = [mode for mode in modes if mode not in predictor.modes]
        if left_out:
            _say(
                f"{predictor.name} takes {' and '.join(predictor.modes)}s only: "
                f"{len(left_out)} of {len(modes)} samples are left out."
            )
    for image in find_images(folder):
        if image not in images:
            _say(f"{image.name} has no truth beside it and is left out.")
    return images


def _run(
    predictor: Baseline,
    images: Sequence[Path],
    seeds: Sequence[int],
    points: int | None,
    sheets: Path | None,
    result: Result,
) -> None:
    """Score one predictor on the samples that it is made for."""
    for index, image in enumerate(images, 1):
        sample = load_sample(image)
        if sample.mode not in predictor.modes:
            continue
        for seed in seeds if predictor.random else seeds[:1]:
            _score(predictor, sample, seed, points, sheets if seed == seeds[0] else None, result)
        fscore = result.rows[-1].scores["all/f@0.05"]
        _say(f"{result.name} [{index}/{len(images)}] {sample.name}: F@.05 {fscore:.3f}")


def _score(
    predictor: Baseline, sample: Sample, seed: int, points: int | None, sheets: Path | None, result: Result
) -> None:
    """Predict and score one sample; what cannot be traced or aligned is recorded as a failure."""
    start = time.perf_counter()
    try:
        predicted = predictor.predict(sample, seed)
        seconds = time.perf_counter() - start
        scores = score_stack(predicted, sample.truth, points)
    except (BackendError, ValueError) as error:
        if isinstance(error, BackendError) and not is_of_sample(error):
            raise
        result.failures.append(f"{sample.name}, seed {seed}: {error}")
        result.rows.append(Row(sample.name, sample.mode, seed, math.nan, failed_scores()))
        return
    result.rows.append(Row(sample.name, sample.mode, seed, seconds, scores))
    if sheets is not None:
        name = re.sub(r"[^\w.-]+", "-", predictor.name)
        _write_sheet(sheets / f"{sample.name}.{name}.png", sample, predicted, scores)


def is_of_sample(error: BackendError) -> bool:
    """Whether an error is of one sample alone, unlike a missing model or a full disk."""
    return error.kind in SAMPLE_ERRORS or isinstance(error, NotFiniteError)


def _write_sheet(path: Path, sample: Sample, predicted: LayerStack, scores: Scores) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(draw_sheet(sample, predicted, scores), str(path))
    except (OSError, BackendError) as error:  # no reason to lose hours of numbers
        _say(f"The sheet was not written: {error}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = _parser().parse_args(argv)
    predictors: list[Baseline] = [*_models(options), *map(Stored, options.predictions)]
    if not options.models_only:
        predictors += [baseline() for baseline in TRIVIAL]
    results: list[Result] = []
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for result in results_of(
            options.folder, predictors, options.seeds, options.points, options.out / "sheets"
        ):
            results.append(result)
            write_report(options.out, options.folder, results)  # stays, whatever becomes of the next
            if result.stopped:
                _say(f"Stopped; what was scored so far is in {options.out / 'report.md'}.")
    except (OSError, ValueError) as error:
        if results:  # perhaps they are on no disk
            print(as_markdown(options.folder, results))
        print(f"error: {error}", file=sys.stderr)
        return 1
    print((options.out / "report.md").read_text(encoding="utf-8"))
    return 1 if any(result.failures for result in results) else 0


def _models(options: argparse.Namespace) -> Iterator[WorldTracing]:
    """The models asked for; those whose files have one name are told apart by their whole paths."""
    asked = options.model or ([] if options.predictions else [DEFAULT_MODEL])
    models = list(dict.fromkeys(asked))
    stems = [Path(model).stem for model in models]
    for model, stem in zip(models, stems, strict=True):
        for steps in options.steps_curve or [options.steps]:
            label = stem if stems.count(stem) == 1 else model
            yield WorldTracing(model, steps, options.device, label)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wt_backend evaluate",
        description="Score models and trivial baselines on pairs NAME.png + NAME.wts (the true layer stack).",
    )
    parser.add_argument("folder", type=Path, help="folder with the pairs")
    parser.add_argument(
        "--model", action="append", help=f"by name or file, repeatable (default {DEFAULT_MODEL})"
    )
    parser.add_argument(
        "--predictions",
        type=_folder,
        action="append",
        default=[],
        help="folder of stacks NAME.wts to score, of any program; repeatable",
    )
    parser.add_argument("--seeds", type=_numbers(0), default=[0], help="e.g. 0,1,2 (default 0)")
    parser.add_argument("--steps", type=int, help="sampler steps (default: the model's own)")
    parser.add_argument(
        "--steps-curve", type=_numbers(1), help="score each of these step counts, e.g. 1,2,4,8"
    )
    parser.add_argument(
        "--points", type=at_least(1), help="points a split (default 10000 an object, 100000 a scene)"
    )
    parser.add_argument("--device", help="cpu, cuda … (default: the best there is)")
    parser.add_argument("--models-only", action="store_true", help="leave the trivial baselines out")
    parser.add_argument("--out", type=Path, default=Path("out/evaluation"), help="for report and sheets")
    return parser


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no folder")
    return Path(text)


def _numbers(least: int) -> Callable[[str], list[int]]:
    """Type of an argument: whole numbers that are not below `least`, each once."""

    def numbers(text: str) -> list[int]:
        parts = [part.strip() for part in text.split(",")]
        if not all(part.isdecimal() and int(part) >= least for part in parts):
            raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers from {least}, as 1,2,4")
        return list(dict.fromkeys(map(int, parts)))

    return numbers
