"""Bring a predicted point map into the truth's scale before anything is measured.

A single image fixes geometry only up to a scale, and affine-invariant models also leave the depth offset
open, so predictions are compared after *one* similarity fitted on the visible surface (layer 0) and applied
to every layer: p → s·p + (0, 0, t). Nothing else (no rotation, no lateral shift, no per-layer fit) is
allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROBUST_STEPS = 50
_FIT_POINTS = 10_000  # two unknowns need no more; evenly spread over the image
_CONVERGED = 1e-7  # relative change of the scale: far below what any metric shows


@dataclass(frozen=True)
class Alignment:
    """Scale and depth shift that bring predicted points to the truth.

    Attributes
    ----------
    scale : float
        Multiplies all three coordinates.
    shift : float
        Added to z afterwards, in the truth's unit.
    """

    scale: float
    shift: float

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return aligned points, shape (..., 3) like the input."""
        moved = points * self.scale
        moved[..., 2] += self.shift
        return moved


def fit_alignment(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> Alignment:
    """Fit one scale and one z shift between corresponding points.

    Minimises ``Σ ‖s·p + (0, 0, t) − g‖ / z_g``: relative errors, and their absolute value rather than their
    square, because a torn pixel at a silhouette must not move the whole object. Solved by iteratively
    reweighted least squares.

    Parameters
    ----------
    predicted, truth : ndarray, shape (N, 3)
        The same N pixels' points in both; camera space, truth z > 0.

    Raises
    ------
    ValueError
        If there are no points, or the predicted points do not determine a positive scale.
    """
    if len(predicted) == 0 or predicted.shape != truth.shape:
        raise ValueError("alignment needs the same, non-zero number of predicted and true points")
    stride = -(-len(predicted) // _FIT_POINTS)
    predicted, truth = predicted[::stride], truth[::stride]
    relative = 1.0 / np.maximum(truth[:, 2], 1e-9)  # (N,)
    weight = relative**2
    alignment = _least_squares(predicted, truth, weight)
    for _ in range(_ROBUST_STEPS):
        residual = np.linalg.norm(alignment.apply(predicted) - truth, axis=1) * relative  # (N,)
        weight = relative**2 / np.maximum(residual, 1e-5)
        before, alignment = alignment, _least_squares(predicted, truth, weight)
        if abs(alignment.scale - before.scale) <= _CONVERGED * abs(alignment.scale):
            break
    if not alignment.scale > 0:
        raise ValueError("the predicted layer 0 does not determine a positive scale")
    return alignment


def fit_depth_scale(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Scale s that minimises ``Σ |s·z − g| / g`` over depths, shape (N,): a weighted median, exact.

    Raises
    ------
    ValueError
        If there are no depths.
    """
    if len(predicted) == 0:
        raise ValueError("a depth scale needs at least one pixel that both stacks have")
    ratio, weight = truth / predicted, np.abs(predicted) / truth
    order = np.argsort(ratio)
    cumulative = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


def _least_squares(
    predicted: NDArray[np.float64], truth: NDArray[np.float64], weight: NDArray[np.float64]
) -> Alignment:
    """Closed form of ``min Σ w ‖s·p + (0, 0, t) − g‖²``."""
    total = weight.sum()
    centre_p = float(weight @ predicted[:, 2] / total)
    centre_g = float(weight @ truth[:, 2] / total)
    p, g = predicted.copy(), truth.copy()
    p[:, 2] -= centre_p
    g[:, 2] -= centre_g
    spread = float(weight @ (p * p).sum(axis=1))
    scale = float(weight @ (p * g).sum(axis=1)) / max(spread, 1e-30)
    return Alignment(scale, centre_g - scale * centre_p)
