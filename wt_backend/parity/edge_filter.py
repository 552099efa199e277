"""The filter against edge flyers: points between a near and a far surface. It answers with masks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

NEIGHBOURS = 8
MAD_TO_SIGMA = 1.4826  # of a normal distribution
FINE_WINDOW = 5  # OpenCV's median filter takes float32 up to this size, 8 bit beyond


@dataclass(frozen=True)
class EdgeFilter:
    """Settings of `edge_filter`; the defaults are those of the World Tracing release.

    Attributes
    ----------
    window : int
        Side of the median filter in pixels, odd.
    relative, absolute : float
        A pixel goes if its depth is farther from the median than max(relative · median, absolute).
    sigmas : float
        A point goes if its neighbours are farther than median + sigmas · 1.4826 · MAD.
    border : int
        Width in pixels of the rim that must have support; 0 leaves that step out.
    support : int
        Points, itself included, that a rim point needs …
    radius : float
        … within this share of the diagonal of the layer's bounding box.
    """

    window: int = 5
    relative: float = 0.02
    absolute: float = 0.0
    sigmas: float = 2.5
    border: int = 0
    support: int = 6
    radius: float = 0.012


def edge_filter(
    xyz: NDArray[np.floating], mask: NDArray[np.bool_], settings: EdgeFilter | tuple[EdgeFilter, EdgeFilter]
) -> NDArray[np.bool_]:
    """Drop points that float between a near and a far surface, layer by layer.

    World Tracing release, post-processing: a median filter on depth, then 3D outliers among what remains,
    then (optional) rim points without support. The result is not nested again; see `existence.cumulative`.

    Parameters
    ----------
    xyz : (L, H, W, 3)
    mask : (L, H, W) bool
    settings : EdgeFilter or two
        For all layers, or for layer 0 and the deeper ones.

    Returns
    -------
    (L, H, W) bool
    """
    first, deeper = settings if isinstance(settings, tuple) else (settings, settings)
    layers = (_filter_layer(xyz[i], mask[i], deeper if i else first) for i in range(len(mask)))
    return np.stack(list(layers))


def _filter_layer(
    xyz: NDArray[np.floating], mask: NDArray[np.bool_], settings: EdgeFilter
) -> NDArray[np.bool_]:
    keep = mask.copy()
    if not keep.any():
        return keep
    smooth = _median_depth(xyz[..., 2], mask, settings.window)
    limit = np.maximum(settings.relative * np.maximum(smooth, 1e-3), settings.absolute)
    keep &= ~(np.abs(xyz[..., 2] - smooth) > limit)
    keep[keep] = ~_outliers(xyz[keep], settings.sigmas)
    if settings.border:
        keep &= ~_rim(mask, settings.border) | _supported(xyz, keep, settings)
    return keep


def _median_depth(depth: NDArray[np.floating], mask: NDArray[np.bool_], window: int) -> NDArray[np.float32]:
    """Median-filtered depth (H, W); pixels outside the mask count as the mean of those inside."""
    valid = depth[mask]
    filled = np.where(mask, depth, valid.mean()).astype(np.float32)
    if window <= FINE_WINDOW:
        return np.asarray(cv2.medianBlur(filled, window), np.float32)
    low, high = float(valid.min()), float(valid.max())
    span = max(high - low, 1e-12)
    coarse = np.clip((filled - low) / span * 255.0, 0, 255).astype(np.uint8)
    return cv2.medianBlur(coarse, window).astype(np.float32) / 255.0 * span + low


def _outliers(points: NDArray[np.floating], sigmas: float) -> NDArray[np.bool_]:
    """Points (N, 3) whose 8 nearest neighbours are unusually far: (N,) bool."""
    none = np.zeros(len(points), bool)
    if len(points) <= NEIGHBOURS:
        return none
    distance, _ = cKDTree(points).query(points, k=NEIGHBOURS + 1)
    mean = distance[:, 1:].mean(axis=1)
    median = np.median(mean)
    mad = np.median(np.abs(mean - median))
    return mean > median + sigmas * MAD_TO_SIGMA * mad if mad > 0 else none


def _rim(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Pixels of a mask within `width` of its border, measured in squares; the frame's edge is no border."""
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    return mask & ~cv2.erode(mask.astype(np.uint8), kernel).astype(bool)


def _supported(xyz: NDArray[np.floating], keep: NDArray[np.bool_], settings: EdgeFilter) -> NDArray[np.bool_]:
    """Kept pixels that have enough kept points around them."""
    result = keep.copy()
    if keep.any():
        points = xyz[keep].astype(np.float64)
        diagonal = np.linalg.norm(points.max(axis=0) - points.min(axis=0))
        counts = cKDTree(points).query_ball_point(points, settings.radius * diagonal, return_length=True)
        result[keep] = counts >= settings.support
    return result
