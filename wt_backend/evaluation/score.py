"""One prediction against one truth: every number of the evaluation protocol, as a flat dictionary.

The truth's pixel grid is the reference. A prediction usually lives on another grid (the network's crop), so
its layers are looked up, nearest pixel, through both grids' maps to the original image; nothing is
interpolated across depth edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wt_backend.evaluation import metrics
from wt_backend.evaluation.alignment import fit_alignment, fit_depth_scale
from wt_backend.stack import LayerStack

SEED = 777
OBJECT_POINTS = 10_000
SCENE_POINTS = 100_000
SPLITS = ("all", "visible", "unseen")

Scores = dict[str, float]


@dataclass(frozen=True)
class Surfaces:
    """Points per pixel and layer.

    Attributes
    ----------
    xyz : ndarray, shape (L, H, W, 3)
        Camera-space points, depth-filled inside the silhouette.
    mask : ndarray of bool, shape (L, H, W)
        Where each layer exists; `mask[0]` is the silhouette.
    """

    xyz: NDArray[np.float64]
    mask: NDArray[np.bool_]

    def points(self, layers: slice = slice(None)) -> NDArray[np.float64]:
        """Existing points of some layers, shape (N, 3)."""
        return self.xyz[layers][self.mask[layers]]


def score_stack(predicted: LayerStack, truth: LayerStack, points: int | None = None) -> Scores:
    """All metrics of one prediction.

    Parameters
    ----------
    predicted, truth : LayerStack
        Of the same original image.
    points : int, optional
        Points sampled per split; 10,000 for objects and 100,000 for scenes where left out.

    Returns
    -------
    dict
        Name → number; names and units are listed in ``docs/evaluation.md``. NaN where a metric has no
        meaning.

    Raises
    ------
    ValueError
        If the two stacks are of images of different size, or share no visible pixel.
    """
    if tuple(predicted.info.image_size) != tuple(truth.info.image_size):
        raise ValueError(
            f"the prediction is of an image of {predicted.info.image_size} pixels, "
            f"the truth of {truth.info.image_size}; evaluate the image that belongs to the truth"
        )
    count = points or (OBJECT_POINTS if truth.info.mode == "object" else SCENE_POINTS)
    own = Surfaces(predicted.xyz.astype(np.float64), np.asarray(predicted.mask))
    real = Surfaces(truth.xyz.astype(np.float64), np.asarray(truth.mask))
    scores = score_surfaces(on_grid_of(predicted, truth), real, own, count)
    views = [
        metrics.field_of_view(s.intrinsics, s.grid_to_image, s.info.image_size) for s in (predicted, truth)
    ]
    scores["fov_error_deg"] = abs(views[0][0] - views[1][0])
    return scores


def score_surfaces(predicted: Surfaces, truth: Surfaces, own: Surfaces, points: int) -> Scores:
    """Metrics of a prediction that is already on the truth's grid.

    Parameters
    ----------
    predicted, truth : Surfaces
        On the same H×W grid; the numbers of layers may differ.
    own : Surfaces
        The prediction on its own grid, for point sets with the predicted mask.
    points : int
        Points sampled per split.

    Raises
    ------
    ValueError
        If no pixel of layer 0 is in both, or the prediction has no scale.
    """
    if truth.mask[-1].any():  # rays fill it: what is behind nobody has traced
        predicted, own = _first_layers(predicted, truth), _first_layers(own, truth)
    common = predicted.mask[0] & truth.mask[0]  # (H, W)
    if not common.any():
        raise ValueError("the prediction has no visible surface in any pixel where the truth has one")
    visible, real = predicted.xyz[0][common], truth.xyz[0][common]  # (N, 3)
    alignment = fit_alignment(visible, real)
    aligned = alignment.apply(predicted.xyz)
    radius = metrics.bounding_radius(truth.points())

    scores = metrics.depth_errors(aligned[0][common][:, 2], real[:, 2])
    scale = fit_depth_scale(visible[:, 2], real[:, 2])
    scores["abs_rel_scale_only"] = metrics.depth_errors(scale * visible[:, 2], real[:, 2])["abs_rel"]
    scores["boundary_f"] = metrics.boundary_fscore(aligned[0, ..., 2], truth.xyz[0, ..., 2], common)
    scores["silhouette_iou"] = metrics.silhouette_iou(predicted.mask[0], truth.mask[0])
    scores["monotonic"] = metrics.monotonic_fraction(own.xyz, own.mask[0])
    scores["thickness_error"] = _thickness_error(Surfaces(aligned, predicted.mask), truth, common) / radius
    layers = max(len(predicted.mask), len(truth.mask))
    existence = metrics.layer_existence(
        _with_empty_layers(predicted.mask, layers), _with_empty_layers(truth.mask, layers)
    )
    scores |= {f"existence_{name}": value for name, value in existence.items()}

    with_truth_mask = Surfaces(_with_layers(aligned, len(truth.mask)), truth.mask & common)
    with_own_mask = Surfaces(alignment.apply(own.xyz), own.mask)
    scores |= _split_scores(with_own_mask, truth, radius, points, "")
    scores |= _split_scores(with_truth_mask, truth, radius, points, "gt_mask/")
    return scores


def failed_scores() -> Scores:
    """What a sample without a usable prediction scores: F-scores of 0; nothing else is known."""
    thresholds = metrics.FSCORE_THRESHOLDS
    scores = {
        f"{prefix}{split}/f@{t:g}": 0.0 for prefix in ("", "gt_mask/") for split in SPLITS for t in thresholds
    }
    return scores | {f"{prefix}all/chamfer": float("nan") for prefix in ("", "gt_mask/")}


def mean_scores(rows: list[Scores]) -> Scores:
    """Mean of each metric over the rows in which it is a number; NaN where it is in none."""
    means = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = np.array([row.get(name, np.nan) for row in rows])
        known = values[np.isfinite(values)]
        means[name] = float(known.mean()) if len(known) else float("nan")
    return means


def on_grid_of(stack: LayerStack, reference: LayerStack) -> Surfaces:
    """Look up a stack's layers on another stack's pixel grid, nearest pixel; nothing outside its own grid.

    Returns
    -------
    Surfaces
        xyz (L, H, W, 3) and mask (L, H, W) with the reference's H and W.
    """
    width, height = reference.size
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    grid = np.stack([u, v, np.ones_like(u)]).reshape(3, -1)  # (3, H·W)
    image = reference.grid_to_image @ grid  # (2, H·W)
    linear, offset = stack.grid_to_image[:, :2], stack.grid_to_image[:, 2:]
    column, row = np.floor(np.linalg.solve(linear, image - offset)).astype(int)
    inside = (column >= 0) & (column < stack.size[0]) & (row >= 0) & (row < stack.size[1])

    xyz = np.zeros((stack.layers, height * width, 3))
    mask = np.zeros((stack.layers, height * width), dtype=bool)
    xyz[:, inside] = stack.xyz[:, row[inside], column[inside]]
    mask[:, inside] = stack.mask[:, row[inside], column[inside]]
    return Surfaces(xyz.reshape(stack.layers, height, width, 3), mask.reshape(stack.layers, height, width))


def _split_scores(predicted: Surfaces, truth: Surfaces, radius: float, count: int, prefix: str) -> Scores:
    """Chamfer and F-scores of the whole, of layer 0 and of the layers behind it."""
    scores: Scores = {}
    layers = {"all": slice(None), "visible": slice(0, 1), "unseen": slice(1, None)}
    for split in SPLITS:
        rng = np.random.default_rng(SEED)
        clouds = [
            metrics.sample_points(s.points(layers[split]), count, rng) / radius for s in (predicted, truth)
        ]
        result = metrics.score_points(*clouds)
        scores[f"{prefix}{split}/chamfer"] = result.chamfer
        scores[f"{prefix}{split}/chamfer_squared"] = result.chamfer_squared
        for threshold, value in result.fscore.items():
            scores[f"{prefix}{split}/f@{threshold:g}"] = value
    return scores


def _thickness_error(predicted: Surfaces, truth: Surfaces, common: NDArray[np.bool_]) -> float:
    """Mean |(last − first) − true (last − first)| over common pixels, in the truth's unit."""
    difference = metrics.thickness(predicted.xyz, predicted.mask) - metrics.thickness(truth.xyz, truth.mask)
    return float(np.abs(difference[common]).mean())


def _with_layers(xyz: NDArray[np.float64], layers: int) -> NDArray[np.float64]:
    """The first `layers` layers; the last one stands for those that are missing (depth filling)."""
    index = np.minimum(np.arange(layers), len(xyz) - 1)
    return xyz[index]


def _first_layers(surfaces: Surfaces, truth: Surfaces) -> Surfaces:
    """Of the surfaces as many layers as the truth has."""
    return Surfaces(surfaces.xyz[: len(truth.mask)], surfaces.mask[: len(truth.mask)])


def _with_empty_layers(mask: NDArray[np.bool_], layers: int) -> NDArray[np.bool_]:
    """The masks followed by as many empty ones as it takes to have `layers` of them."""
    return np.concatenate([mask, np.zeros((layers - len(mask), *mask.shape[1:]), dtype=bool)])
