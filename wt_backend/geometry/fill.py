"""Colour for hidden surfaces, taken from the visible surface near by in 3D, as one texture a hidden layer.

A photo tells nothing about what is hidden, and the colour in front of it is a bad guess for most of it. Each
hidden point takes a weighted mean of visible points that are near, look the same way and lie in the same
plane. Close to the visible surface few small samples decide, so that seams match; far away wider and wider
averages do, so that no pixel is smeared into a streak.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from wt_backend.geometry import own_picture
from wt_backend.geometry.job import REQUIRED, load_stack, read_params, whole_file
from wt_backend.geometry.layer_mesh import existing, layer_points
from wt_backend.geometry.normals import point_normals
from wt_backend.geometry.pairing import back_layers
from wt_backend.jobs import Cancel, Progress
from wt_backend.stack import LayerStack

NEIGHBOURS = 16
LEVELS = 9  # of averages, each twice as wide as the one before
REACH = 0.5  # width of the averages used, in distances to the visible surface
PLANE = 3.0  # how much more the distance from a point's plane counts than the distance along it
TURN = 0.15  # how far apart opposite normals are, in extents of what is visible


@dataclass(frozen=True)
class _Level:
    """Visible points averaged in cells of one width."""

    tree: cKDTree
    colour: NDArray[np.float32]  # (N, 3)
    width: float


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Worker method ``geometry/fill_colour``: write one PNG for each hidden layer that has any point.

    Parameters
    ----------
    params : ``stack`` (path of a `.wts`), ``output`` (folder, must exist).

    Returns
    -------
    dict
        ``textures``: path or None for each layer; ``uv_transform`` (2, 3): UV of the original photo
        (`WT Pixel`, y up) → UV of these textures; ``kept``: new paths of pictures that were there and that
        somebody had painted on; ``seconds``.
    """
    begun = time.monotonic()
    values = read_params(params, stack=REQUIRED, output=REQUIRED)
    stack = load_stack(values["stack"])
    textures: list[str | None] = [None] * stack.layers
    hidden = [layer for layer in range(1, stack.layers) if stack.mask[layer].any()]
    stem = Path(values["output"]) / Path(values["stack"]).stem
    paths = {layer: Path(f"{stem} layer {layer + 1}.png") for layer in hidden}
    kept: list[str] = []
    filler = ColourFill(stack)
    for step, (layer, path) in enumerate(paths.items()):
        cancel()
        progress("fill colour", step, len(hidden))
        png = own_picture.encode(filler.texture(layer))
        with whole_file(path) as part:
            part.write_bytes(png)
            if aside := own_picture.keep_painted(path):
                kept.append(str(aside))
        textures[layer] = str(path)
    progress("fill colour", len(hidden), len(hidden))
    return {
        "textures": textures,
        "kept": kept,
        "uv_transform": grid_uv_transform(stack).tolist(),
        "seconds": time.monotonic() - begun,
    }


def grid_uv_transform(stack: LayerStack) -> NDArray[np.float64]:
    """Affine (2, 3) from UVs of the original photo to UVs of an H×W picture of the grid, both y up."""
    width, height = stack.size
    image_width, image_height = stack.info.image_size
    uv_to_image = np.array([[image_width, 0, 0], [0, -image_height, image_height], [0, 0, 1]], np.float64)
    image_to_grid = np.linalg.inv(np.vstack([stack.grid_to_image, [0, 0, 1]]))
    grid_to_uv = np.array([[1 / width, 0, 0], [0, -1 / height, 1], [0, 0, 1]])
    return (grid_to_uv @ image_to_grid @ uv_to_image)[:2]


class ColourFill:
    """Colours of hidden points from the visible layer of one stack."""

    def __init__(self, stack: LayerStack) -> None:
        self._stack = stack
        self._away = back_layers(stack)
        visible = layer_points(stack, 0)
        self._points = visible.positions
        self._normals = point_normals(stack, 0, away=False)
        self._centre = _middle(stack)
        self._turn = TURN * _extent(visible.positions) / 2
        self._colours = stack.rgba.reshape(-1, 4)[visible.pixel, :3].astype(np.float32)
        self._levels = self._build() if len(self._points) else []

    def texture(self, layer: int) -> NDArray[np.uint8]:
        """RGB picture (H, W, 3) of a layer; pixels without a point repeat the nearest that has one."""
        height, width = self._stack.mask.shape[1:]
        valid = existing(self._stack, layer)
        picture = np.zeros((height, width, 3), np.uint8)
        if len(self._points) == 0 or not valid.any():
            return picture
        points = layer_points(self._stack, layer)
        away = self._away[layer]
        colours = self.colours(points.positions, point_normals(self._stack, layer, away))
        picture.reshape(-1, 3)[points.pixel] = np.clip(colours + 0.5, 0, 255).astype(np.uint8)
        nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
        return picture[nearest[0], nearest[1]]

    def colours(self, positions: NDArray[np.float32], normals: NDArray[np.float32]) -> NDArray[np.float32]:
        """Colours (N, 3), 0 to 255, at camera-local ``positions`` (N, 3) with ``normals`` (N, 3)."""
        levels = self._levels
        places = self._places(positions, normals)
        distance = _distance(levels, places)
        wanted = np.log2(np.maximum(distance * REACH / levels[0].width, 1e-6)) + 1
        wanted = np.clip(wanted, 0, len(levels) - 1)  # (N,) fractional level
        result = np.zeros((len(places), 3), np.float32)
        for number, level in enumerate(levels):
            share = np.maximum(1 - np.abs(wanted - number), 0)
            here = np.flatnonzero(share > 0)
            if len(here):
                result[here] += share[here, None] * _mean_colour(level, places[here])
        return result

    def _build(self) -> list[_Level]:
        points = self._places(self._points, self._normals)
        focal = float(np.sqrt(self._stack.intrinsics[0, 0] * self._stack.intrinsics[1, 1]))
        width = float(np.median(-self._points[:, 2])) / focal  # of a pixel at the typical depth
        levels = [_Level(cKDTree(points, balanced_tree=False, compact_nodes=False), self._colours, width)]
        for number in range(1, LEVELS):
            cells = width * 2**number
            centres, colours = _average(points, self._colours, cells)
            levels.append(_Level(cKDTree(centres), colours, cells))
        return levels

    def _places(self, positions: NDArray[np.float32], normals: NDArray[np.float32]) -> NDArray[np.float64]:
        """Places (N, 7) whose Euclidean distance says how unlikely two points are to share a colour.

        Points that look another way are farther apart: the outside of a lampshade is not like its inside. So
        are points of parallel planes: a floor goes on under a table, a wall behind a chair.
        """
        height = np.einsum("nc,nc->n", normals, positions - self._centre)
        return np.concatenate([positions, self._turn * normals, PLANE * height[:, None]], axis=1)


def _distance(levels: list[_Level], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance (N,) to the visible surface, to the accuracy that choosing a level needs.

    A far search in the dense cloud is slow: each level looks only as far as it is the one to use.
    """
    distance = np.full(len(places), np.inf)
    for level in levels:
        far = np.flatnonzero(np.isinf(distance))
        bound = np.inf if level is levels[-1] else 2 * level.width / REACH
        distance[far] = level.tree.query(places[far], distance_upper_bound=bound, workers=-1)[0]
    return distance


def _middle(stack: LayerStack) -> NDArray[np.float64]:
    """Middle (3,) of all points, hidden ones included: of a ball its centre, not its front."""
    points = np.concatenate([layer_points(stack, layer).positions for layer in range(stack.layers)])
    return points.mean(0, dtype=np.float64) if len(points) else np.zeros(3)


def _extent(points: NDArray[np.float32]) -> float:
    """Diagonal of the box that holds the middle 80 % of points along each axis."""
    if not len(points):
        return 0.0
    return float(np.linalg.norm(np.subtract(*np.quantile(points, (0.9, 0.1), axis=0))))


def _average(
    points: NDArray[np.float64], colours: NDArray[np.float32], width: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Mean place and colour of the points in each cell: cubic, and of one octant of normals."""
    cells = np.floor((points[:, :3] - points[:, :3].min(0)) / width).astype(np.int64)
    cells = np.concatenate([cells, points[:, 3:6] > 0], axis=1)
    # Ranks, not the numbers themselves: those of a far backdrop would multiply to more than an int64 holds.
    ranks = [np.unique(axis, return_inverse=True)[1] for axis in cells.T]
    key = np.ravel_multi_index(ranks, [rank.max() + 1 for rank in ranks])
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(group, values) for values in (*points.T, *colours.T)], -1)
    means = sums / count[:, None]
    return means[:, :7], means[:, 7:].astype(np.float32)


def _mean_colour(level: _Level, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Mean colour (N, 3) of the nearest neighbours.

    Weights fall with the distance beyond the nearest, on the scale of that distance, and vanish at the last
    neighbour, so that the colour does not jump where neighbours change.
    """
    count = min(NEIGHBOURS, level.tree.n)
    distance, index = level.tree.query(places, k=count, workers=-1)
    distance, index = distance.reshape(-1, count), index.reshape(-1, count)
    square, nearest = distance**2, distance[:, :1]
    spread = 0.5 * (nearest + level.width)
    weight = np.exp((nearest**2 - square) / (2 * spread**2)) * (1.001 - square / square[:, -1:].clip(1e-30))
    weight /= weight.sum(1, keepdims=True)
    return np.einsum("nk,nkc->nc", weight.astype(np.float32), level.colour[index])
