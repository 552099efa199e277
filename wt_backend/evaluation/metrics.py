"""Numbers that say how far a predicted layer stack is from the truth.

Pure functions on arrays. Point sets are in units of the object's bounding radius unless said otherwise; depth
maps are in the truth's unit. Definitions follow the evaluation protocol in ``docs/evaluation.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.spatial import cKDTree

FSCORE_THRESHOLDS = (0.1, 0.05, 0.02, 0.01)
FAR_SAMPLE = 10_000
EDGE_RATIOS = (1.05, 1.10, 1.15, 1.20, 1.25)  # the range of Depth Pro's boundary measure
MONOTONIC_SLACK = 1e-3  # of the depth: depth-filled layers repeat a surface up to the network's noise

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PointScore:
    """Distances between two point sets, in bounding radii.

    Attributes
    ----------
    chamfer : float
        ½(mean‖p→g‖ + mean‖g→p‖), Euclidean.
    chamfer_squared : float
        The same with squared distances.
    fscore : dict of float
        Threshold → 2PR / (P + R).
    """

    chamfer: float
    chamfer_squared: float
    fscore: dict[float, float]


def score_points(predicted: Floats, truth: Floats) -> PointScore:
    """Compare two point sets, shapes (N, 3) and (M, 3).

    An empty prediction has F-score 0 and no Chamfer distance (NaN); an empty truth has neither.
    """
    if len(truth) == 0 or len(predicted) == 0:
        missing = float("nan") if len(truth) == 0 else 0.0
        return PointScore(float("nan"), float("nan"), dict.fromkeys(FSCORE_THRESHOLDS, missing))
    to_truth, to_predicted = _distances(predicted, truth), _distances(truth, predicted)  # (N,), (M,)
    fscore = {}
    for threshold in FSCORE_THRESHOLDS:
        precision, recall = (to_truth < threshold).mean(), (to_predicted < threshold).mean()
        fscore[threshold] = float(_harmonic(precision, recall))
    return PointScore(
        chamfer=float((to_truth.mean() + to_predicted.mean()) / 2),
        chamfer_squared=float(((to_truth**2).mean() + (to_predicted**2).mean()) / 2),
        fscore=fscore,
    )


def _distances(points: Floats, others: Floats) -> Floats:
    """Distance of each point, shape (N, 3), to the nearest of the others, shape (M, 3).

    A tree is slow for points far from everything (minutes for a bad prediction of a scene), so among more
    than `FAR_SAMPLE` points beyond the largest threshold only so many, evenly spread, are measured and stand
    for the rest. Objects (10,000 points) are always exact, and so is every F-score.
    """
    tree = cKDTree(others)
    distance = tree.query(points, distance_upper_bound=FSCORE_THRESHOLDS[0])[0]
    far = np.flatnonzero(np.isinf(distance))
    measured = np.unique(np.linspace(0, len(far) - 1, min(len(far), FAR_SAMPLE)).astype(int))
    known = tree.query(points[far[measured]])[0]
    stands_for = np.searchsorted(measured, np.arange(len(far)), side="right") - 1
    distance[far] = known[stands_for]
    return distance


def bounding_radius(points: Floats) -> float:
    """Radius of the sphere around the bounding box's centre that holds all points, shape (N, 3)."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    return float(np.linalg.norm(points - centre, axis=1).max())


def depth_errors(predicted: Floats, truth: Floats) -> dict[str, float]:
    """MAE, RMSE (truth's unit), AbsRel and δ<1.25 of aligned depths, shape (N,)."""
    if len(truth) == 0:
        return dict.fromkeys(("mae", "rmse", "abs_rel", "delta_1.25"), float("nan"))
    error = np.abs(predicted - truth)
    positive = np.maximum(predicted, 1e-9)
    ratio = np.maximum(positive / truth, truth / positive)
    return {
        "mae": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "abs_rel": float((error / truth).mean()),
        "delta_1.25": float((ratio < 1.25).mean()),
    }


def boundary_fscore(predicted: Floats, truth: Floats, valid: Bools) -> float:
    """F-score of depth edges inside the object, averaged over depth ratios 1.05 … 1.25; all arrays (H, W).

    A pixel is an edge where a valid neighbour (right or below) is nearer or farther by more than the ratio. A
    predicted edge is right within one pixel of a true one, and the reverse for recall. NaN where the truth
    has no edge at any ratio.
    """
    scores = []
    for ratio in EDGE_RATIOS:
        true_edges, found = _depth_edges(truth, valid, ratio), _depth_edges(predicted, valid, ratio)
        if not true_edges.any():
            continue
        if not found.any():
            scores.append(0.0)
            continue
        precision = binary_dilation(true_edges, np.ones((3, 3)))[found].mean()
        recall = binary_dilation(found, np.ones((3, 3)))[true_edges].mean()
        scores.append(float(_harmonic(precision, recall)))
    return float(np.mean(scores)) if scores else float("nan")


def _depth_edges(depth: Floats, valid: Bools, ratio: float) -> Bools:
    """Pixels whose right or lower neighbour differs in depth by more than `ratio`, shape (H, W)."""
    log_depth = np.log(np.maximum(depth, 1e-9, where=valid, out=np.ones_like(depth)))
    edges = np.zeros_like(valid)
    jump_x = (np.abs(np.diff(log_depth, axis=1)) > np.log(ratio)) & valid[:, 1:] & valid[:, :-1]
    jump_y = (np.abs(np.diff(log_depth, axis=0)) > np.log(ratio)) & valid[1:] & valid[:-1]
    edges[:, :-1] |= jump_x
    edges[:-1] |= jump_y
    return edges


def layer_existence(predicted: Bools, truth: Bools) -> dict[str, float]:
    """Precision, recall and F1 of "there is a surface here" for layers ≥ 1, inside the common silhouette.

    Parameters
    ----------
    predicted, truth : ndarray of bool, shape (L, H, W)
    """
    inside = predicted[0] & truth[0]
    found, real = predicted[1:, inside], truth[1:, inside]
    hits = float((found & real).sum())
    precision = hits / found.sum() if found.any() else float("nan")
    recall = hits / real.sum() if real.any() else float("nan")
    f1 = 2 * hits / (found.sum() + real.sum()) if found.any() or real.any() else float("nan")
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def silhouette_iou(predicted: Bools, truth: Bools) -> float:
    """Intersection over union of two masks, shape (H, W)."""
    union = (predicted | truth).sum()
    return float((predicted & truth).sum() / union) if union else float("nan")


def monotonic_fraction(xyz: Floats, silhouette: Bools) -> float:
    """Fraction of silhouette pixels whose raw depth never decreases from layer to layer by more than 0.1 %.

    Parameters
    ----------
    xyz : ndarray, shape (L, H, W, 3)
        Raw output, depth-filled.
    silhouette : ndarray of bool, shape (H, W)
    """
    depth = xyz[:, silhouette, 2]  # (L, N)
    if depth.shape[1] == 0:
        return float("nan")
    ordered = np.diff(depth, axis=0) >= -MONOTONIC_SLACK * np.abs(depth[:-1])
    return float(ordered.all(axis=0).mean())


def thickness(xyz: Floats, mask: Bools) -> Floats:
    """Depth of the last existing layer minus the first's, shape (H, W); 0 with one layer, NaN with none."""
    depth = np.where(mask, xyz[..., 2], -np.inf)  # (L, H, W)
    farthest = depth.max(axis=0)
    extent = np.full(farthest.shape, np.nan)
    inside = mask.any(axis=0)
    nearest = np.where(mask, xyz[..., 2], np.inf).min(axis=0)
    extent[inside] = (farthest - nearest)[inside]
    return extent


def field_of_view(
    intrinsics: Floats, grid_to_image: Floats, image_size: tuple[int, int]
) -> tuple[float, float]:
    """Horizontal and vertical field of view of the whole original image, degrees.

    Measured between the rays through the image's opposite edges, at the height (width) of its centre, so an
    off-centre principal point counts as it should.
    """
    edges = []
    for axis in (0, 1):
        scale, offset = grid_to_image[axis, axis], grid_to_image[axis, 2]
        focal, centre = intrinsics[axis, axis] * scale, intrinsics[axis, 2] * scale + offset
        size = image_size[axis]
        edges.append(np.degrees(np.arctan(centre / focal) + np.arctan((size - centre) / focal)))
    return float(edges[0]), float(edges[1])


def sample_points(points: Floats, count: int, rng: np.random.Generator) -> Floats:
    """At most `count` of the points, shape (N, 3), drawn without replacement."""
    if len(points) <= count:
        return points
    return points[rng.choice(len(points), count, replace=False)]


def _harmonic(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0
