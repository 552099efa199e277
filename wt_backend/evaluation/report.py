"""The report of an evaluation: JSON for programs, Markdown for people."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from wt_backend.evaluation.score import SEED, Scores, mean_scores
from wt_backend.stack import part_beside

# Column title → metric; the first table is the visible surface, the second the complete geometry.
VISIBLE_COLUMNS = {
    "AbsRel ↓": "abs_rel",
    "AbsRel, scale only ↓": "abs_rel_scale_only",
    "MAE ↓": "mae",
    "RMSE ↓": "rmse",
    "δ<1.25 ↑": "delta_1.25",
    "FoV error ° ↓": "fov_error_deg",
    "boundary F ↑": "boundary_f",
    "silhouette IoU ↑": "silhouette_iou",
}
GEOMETRY_COLUMNS = {
    "CD ↓": "all/chamfer",
    "CD² ↓": "all/chamfer_squared",
    "F@.1 ↑": "all/f@0.1",
    "F@.05 ↑": "all/f@0.05",
    "F@.02 ↑": "all/f@0.02",
    "F@.01 ↑": "all/f@0.01",
    "visible F@.05 ↑": "visible/f@0.05",
    "unseen F@.05 ↑": "unseen/f@0.05",
}
TRUE_MASK_COLUMNS = {title: f"gt_mask/{metric}" for title, metric in GEOMETRY_COLUMNS.items()}
LAYER_COLUMNS = {
    "existence P ↑": "existence_precision",
    "R ↑": "existence_recall",
    "F1 ↑": "existence_f1",
    "monotonic ↑": "monotonic",
    "thickness error ↓": "thickness_error",
}
PARTIAL = "Its numbers are of other samples than those of the others: do not compare them."
FLOOR_FSCORE_GAIN = 0.10  # over inflation
FLOOR_ABS_REL_RATIO = 0.7  # of the mean plane


@dataclass(frozen=True)
class Row:
    """Scores of one prediction."""

    sample: str
    mode: str
    seed: int
    seconds: float
    scores: Scores


@dataclass
class Result:
    """Everything one predictor scored.

    Attributes
    ----------
    name : str
    rows : list of Row
        One a sample and seed.
    failures : list of str
        What went wrong, a sentence each; a failed sample counts with F-scores of 0.
    stopped : bool
        It was ended before its last sample.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    stopped: bool = False

    def of_mode(self, mode: str) -> Result:
        """The part of one mode."""
        return replace(self, rows=[row for row in self.rows if row.mode == mode])

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.name} (stopped after {len(self._by_sample())})" if self.stopped else self.name

    @property
    def seeds(self) -> int:
        """Number of different seeds."""
        return len({row.seed for row in self.rows})

    def mean(self) -> Scores:
        """Mean over seeds, then over samples."""
        return mean_scores([mean_scores([row.scores for row in rows]) for rows in self._by_sample()])

    def best(self) -> Scores:
        """Mean over samples of each one's best seed: that with the smallest Chamfer distance, all layers."""
        return mean_scores([min(rows, key=_chamfer).scores for rows in self._by_sample()])

    def seconds(self) -> float:
        """Median time of a prediction: the first one also loads the model."""
        known = [row.seconds for row in self.rows if math.isfinite(row.seconds)]
        return median(known) if known else math.nan

    def _by_sample(self) -> list[list[Row]]:
        names = dict.fromkeys(row.sample for row in self.rows)
        return [[row for row in self.rows if row.sample == name] for name in names]


def write_report(out: Path, folder: Path, results: Sequence[Result]) -> None:
    """Write `report.json` and `report.md` into `out`, which is made where missing."""
    out.mkdir(parents=True, exist_ok=True)
    _write_whole(out / "report.json", json.dumps(_as_json(folder, results), indent=1) + "\n")
    _write_whole(out / "report.md", as_markdown(folder, results))


def as_markdown(folder: Path, results: Sequence[Result]) -> str:
    """The report as tables, one group a mode."""
    lines = [f"# Evaluation on {folder.name}", ""]
    for result in results:
        if result.stopped:
            lines += [f"**Partial:** {result.name} was stopped before its last sample. {PARTIAL}", ""]
        elif not result.rows:
            lines += [f"None of the samples is of the kind that {result.name} takes.", ""]
    for mode in ("object", "scene"):
        part = [result.of_mode(mode) for result in results]
        part = [result for result in part if result.rows]
        if not part:
            continue
        samples = max(len({row.sample for row in result.rows}) for result in part)
        lines += [
            f"## {samples} {mode}s",
            "",
            "Visible surface (layer 0), after one scale and one z shift:",
            "",
        ]
        lines += _table(part, VISIBLE_COLUMNS)
        lines += [
            "",
            "Complete geometry with the predicted mask (what a user gets), bounding radius = 1:",
            "",
        ]
        lines += _table(part, GEOMETRY_COLUMNS)
        lines += ["", "Complete geometry sampled with the true mask (LaRI's protocol, for comparison):", ""]
        lines += _table(part, TRUE_MASK_COLUMNS)
        lines += ["", "Layers behind the first:", ""]
        lines += _table(part, LAYER_COLUMNS, with_seconds=True)
        lines += ["", *_floor_lines(part)]
    failures = [f"* {result.name}: {text}" for result in results for text in result.failures]
    if failures:
        lines += ["## Failed (counted with F-scores of 0)", "", *failures, ""]
    return "\n".join(lines)


def _table(results: Sequence[Result], columns: dict[str, str], with_seconds: bool = False) -> list[str]:
    titles = ["", *columns, *(["seconds"] if with_seconds else [])]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for result in results:
        several = result.seeds > 1
        rows = [(f"{result.label}, mean of {result.seeds}" if several else result.label, result.mean())]
        if several:
            rows.append((f"{result.label}, best of {result.seeds}", result.best()))
        for label, scores in rows:
            cells = [label, *(_number(scores.get(metric, math.nan)) for metric in columns.values())]
            lines.append(
                "| " + " | ".join([*cells, *([f"{result.seconds():.2f}"] if with_seconds else [])]) + " |"
            )
    return lines


def _floor_lines(results: Sequence[Result]) -> list[str]:
    """Whether a model beats the trivial baselines by enough to be worth shipping."""
    means = {result.name: result.mean() for result in results if not result.stopped}
    if "inflation" not in means or "mean-plane" not in means:
        return []
    needed_f = means["inflation"]["all/f@0.05"] + FLOOR_FSCORE_GAIN
    allowed = means["mean-plane"].get("abs_rel", math.nan) * FLOOR_ABS_REL_RATIO
    lines = []
    for name, scores in means.items():
        if name in ("inflation", "mean-plane", "exact-visible", "truth"):
            continue
        fscore, abs_rel = scores["all/f@0.05"], scores.get("abs_rel", math.nan)
        lines.append(
            f"* {name}: F@.05 {fscore:.3f} {_verdict(fscore >= needed_f)} the floor of inflation + "
            f"{FLOOR_FSCORE_GAIN:.2f} = {needed_f:.3f}; AbsRel {abs_rel:.4f} {_verdict(abs_rel <= allowed)} "
            f"the floor of {FLOOR_ABS_REL_RATIO} × mean plane = {allowed:.4f}."
        )
    return [*lines, ""]


def _verdict(passes: bool) -> str:
    return "passes" if passes else "fails"


def _as_json(folder: Path, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "sampling_seed": SEED,
        "results": [
            {
                "name": result.name,
                "seconds": _finite(result.seconds()),
                "failures": result.failures,
                "stopped": result.stopped,
                "modes": {
                    mode: {"mean": _clean(part.mean()), "best": _clean(part.best()), "seeds": part.seeds}
                    for mode in ("object", "scene")
                    if (part := result.of_mode(mode)).rows
                },
                "samples": [
                    {
                        "sample": row.sample,
                        "mode": row.mode,
                        "seed": row.seed,
                        "seconds": _finite(row.seconds),
                    }
                    | {"scores": _clean(row.scores)}
                    for row in result.rows
                ],
            }
            for result in results
        ],
    }


def _chamfer(row: Row) -> float:
    value = row.scores["all/chamfer"]
    return value if math.isfinite(value) else math.inf


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "–"


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None


def _clean(scores: Scores) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in scores.items()}


def _write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = part_beside(path)
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
