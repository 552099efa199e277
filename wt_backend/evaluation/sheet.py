"""One picture a sample: the photo, true and predicted layers as depth, and both from the side and above."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.evaluation.alignment import fit_alignment
from wt_backend.evaluation.samples import Sample
from wt_backend.evaluation.score import Scores, Surfaces, on_grid_of
from wt_backend.stack import LayerStack

CELL = 192
SHOWN_LAYERS = 4
_BACKGROUND = 24
_LAYER_COLOURS = np.array([[255, 190, 60], [70, 170, 255], [120, 220, 120], [235, 110, 200]], dtype=np.uint8)

Picture = NDArray[np.uint8]


def draw_sheet(sample: Sample, predicted: LayerStack, scores: Scores) -> Picture:
    """Compare a prediction with the truth.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB. Rows: truth, prediction (after the one alignment that the numbers use). Columns: photo or its
        layers as depth (near is bright, one range for all), side view, top view, with layers 0 … 3 in amber,
        blue, green, pink.
    """
    truth = Surfaces(sample.truth.xyz.astype(np.float64), np.asarray(sample.truth.mask))
    found = on_grid_of(predicted, sample.truth)
    common = found.mask[0] & truth.mask[0]
    alignment = fit_alignment(found.xyz[0][common], truth.xyz[0][common])
    found = Surfaces(alignment.apply(found.xyz), found.mask)

    depths = truth.points()[:, 2]
    low, high = np.percentile(depths, [1, 99])
    box = _view_box(truth.points())
    rows = []
    for label, surfaces in (("truth", truth), (predicted.info.model, found)):
        cells = [_cell(_photo(sample.rgba), f"{sample.name}" if surfaces is truth else label)]
        for layer in range(SHOWN_LAYERS):
            cells.append(_cell(_depth_picture(surfaces, layer, low, high), f"layer {layer}"))
        for name, axes in (("side", (2, 1)), ("top", (0, 2))):
            cells.append(_cell(_scatter(surfaces, axes, box), name))
        rows.append(np.concatenate(cells, axis=1))
    sheet = np.concatenate(rows, axis=0)
    summary = (
        f"F@.05 all {scores['all/f@0.05']:.3f}  visible {scores['visible/f@0.05']:.3f}  unseen "
        f"{scores['unseen/f@0.05']:.3f}   chamfer {scores['all/chamfer']:.4f}   "
        f"AbsRel {scores['abs_rel']:.4f}   existence F1 {scores['existence_f1']:.3f}"
    )
    footer = np.full((24, sheet.shape[1], 3), _BACKGROUND, dtype=np.uint8)
    cv2.putText(footer, summary, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (230, 230, 230), 1, cv2.LINE_AA)
    return np.concatenate([sheet, footer], axis=0)


def _photo(rgba: NDArray[np.uint8]) -> Picture:
    """The image over a dark ground."""
    alpha = rgba[..., 3:].astype(np.float64) / 255
    return (rgba[..., :3] * alpha + _BACKGROUND * (1 - alpha)).astype(np.uint8)


def _depth_picture(surfaces: Surfaces, layer: int, low: float, high: float) -> Picture:
    """Depth of one layer where it exists, near is bright."""
    height, width = surfaces.mask.shape[1:]
    if layer >= len(surfaces.mask):
        return np.full((height, width, 3), _BACKGROUND, dtype=np.uint8)
    nearness = np.clip((high - surfaces.xyz[layer, ..., 2]) / max(high - low, 1e-9), 0, 1)
    colour = cv2.applyColorMap((nearness * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return np.where(surfaces.mask[layer][..., None], colour, _BACKGROUND).astype(np.uint8)


def _view_box(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Centre (3,) and half side of the cube that both side views show: the truth and a margin."""
    low, high = np.percentile(points, [1, 99], axis=0)
    return (low + high) / 2, float((high - low).max()) * 0.65


def _scatter(surfaces: Surfaces, axes: tuple[int, int], box: tuple[NDArray[np.float64], float]) -> Picture:
    """Orthographic dots of all existing points; deeper layers are drawn first."""
    centre, half = box
    picture = np.full((CELL, CELL, 3), _BACKGROUND, dtype=np.uint8)
    for layer in reversed(range(len(surfaces.mask))):
        points = surfaces.xyz[layer][surfaces.mask[layer]]  # (N, 3)
        pixel = ((points[:, axes] - centre[list(axes)]) / half * 0.5 + 0.5) * CELL
        if axes == (0, 2):
            pixel[:, 1] = CELL - pixel[:, 1]  # seen from above, far is up
        column, row = np.floor(pixel).astype(int).T
        inside = (column >= 0) & (column < CELL) & (row >= 0) & (row < CELL)
        picture[row[inside], column[inside]] = _LAYER_COLOURS[min(layer, len(_LAYER_COLOURS) - 1)]
    return picture


def _cell(picture: Picture, label: str) -> Picture:
    """A picture fitted into a square cell, with a label."""
    height, width = picture.shape[:2]
    scale = CELL / max(height, width)
    shrunk = cv2.resize(
        picture, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    cell = np.full((CELL, CELL, 3), _BACKGROUND, dtype=np.uint8)
    top, left = (CELL - shrunk.shape[0]) // 2, (CELL - shrunk.shape[1]) // 2
    cell[top : top + shrunk.shape[0], left : left + shrunk.shape[1]] = shrunk
    cv2.putText(cell, label[:26], (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (235, 235, 235), 1, cv2.LINE_AA)
    return cell
