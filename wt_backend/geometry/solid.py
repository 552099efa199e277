"""Closed meshes from entry/exit pairs of layers.

A ray through a closed thing enters and leaves in turn, so the layers 0–1, 2–3, … of a pixel bound the matter
on its ray. Between neighbouring rays matter may begin, end, split or merge (the rim of a mug, its handle); a
level set handles all of it. In the space (row, column, 1/z) pixel rays are parallel and planes stay planes,
so the distance along the ray to the nearest end of matter is a function whose zero set marching cubes
(Lorensen & Cline 1987, in Lewiner's variant) turns into a surface that is exact on planes and closed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from skimage.measure import marching_cubes

from wt_backend.geometry.job import REQUIRED, load_stack, read_params, whole_file
from wt_backend.geometry.layer_mesh import existing
from wt_backend.jobs import Cancel, Progress
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack

RESOLUTION = 320  # largest side of the grid of rays; finer stacks are thinned out
MOST_CELLS = 512  # along a ray
THINNEST = 1.25  # cells; thinner matter is thickened to this, or no sample would lie in it …
STEEPEST = 8.0  # … plus its step from ray to ray, or a slanted sheet would fall apart; in pixel widths
FEWEST_FACES = 64  # smaller pieces are crumbs


@dataclass(frozen=True)
class Solid:
    """A closed triangle mesh in Blender camera-local space, and where its vertices come from."""

    vertices: NDArray[np.float32]  # (N, 3)
    triangles: NDArray[np.int32]  # (T, 3), counter-clockwise seen from outside
    uv: NDArray[np.float32]  # (N, 2) original image, y up
    pixel: NDArray[np.int32]  # (N,) row · W + column of the nearest grid pixel with matter
    layer: NDArray[np.int32]  # (N,) layer of that pixel whose point is nearest
    piece: NDArray[np.int32]  # (T,) connected piece, largest first
    ray_volume: float  # what the rays themselves enclose: the check on the mesh's volume

    def pieces(self) -> list[dict[str, Any]]:
        """Of each connected piece ``faces``, ``volume``, and ``watertight``: each edge joins two faces."""
        count = int(self.piece.max(initial=-1)) + 1
        volume = np.bincount(self.piece, _volumes(self.vertices.astype(np.float64), self.triangles), count)
        ends = np.sort(self.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).astype(np.int64), axis=1)
        keys = ends[:, 0] * len(self.vertices) + ends[:, 1]
        _, first, times = np.unique(keys, return_index=True, return_counts=True)
        leaking = np.bincount(self.piece[first[times != 2] // 3], minlength=count)
        faces = np.bincount(self.piece, minlength=count)
        return [
            {"faces": int(number), "volume": float(inside), "watertight": not holes}
            for number, inside, holes in zip(faces, volume, leaking, strict=True)
        ]


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Worker method ``geometry/solid``: write the solid of a stack as NPZ.

    Parameters
    ----------
    params : ``stack`` (path of a `.wts`), ``output`` (path of the NPZ to write), ``resolution`` (int).

    Returns
    -------
    dict
        ``mesh`` (path), ``watertight`` (all pieces), ``volume`` and ``ray_volume`` in the stack's unit cubed,
        ``volume_error`` (difference of the two, relative to the larger), ``unit``, ``mode``, ``pieces``: list
        of ``{faces, volume, watertight}``, ``seconds``.

    Raises
    ------
    BackendError
        kind "bad_stack": no layer of the stack has any point; "bad_request": no ray is to be used.
    """
    begun = time.monotonic()
    values = read_params(params, stack=REQUIRED, output=REQUIRED, resolution=RESOLUTION)
    if values["resolution"] < 1:
        raise BackendError(
            "bad_request", f"The resolution is {values['resolution']}.", "Choose at least 1 ray a side."
        )
    stack = load_stack(values["stack"])
    progress("make solid", 0, 3)
    solid = make_solid(stack, values["resolution"])
    if not len(solid.triangles):
        raise BackendError(
            "bad_stack",
            f"{values['stack']} holds no matter to make solid.",
            "Choose a stack with surfaces; in a scene, things whose backs were traced.",
        )
    cancel()
    progress("check solid", 1, 3)
    pieces = solid.pieces()
    cancel()
    progress("write solid", 2, 3)
    arrays = {name: value for name, value in vars(solid).items() if isinstance(value, np.ndarray)}
    with whole_file(values["output"]) as part, part.open("wb") as file:
        np.savez(file, **arrays, seen=solid.layer == 0)
    progress("write solid", 3, 3)
    volume = sum(piece["volume"] for piece in pieces)
    return {
        "mesh": values["output"],
        "watertight": all(piece["watertight"] for piece in pieces),
        "volume": volume,
        "ray_volume": solid.ray_volume,
        "volume_error": abs(volume - solid.ray_volume) / max(solid.ray_volume, volume, 1e-30),
        "unit": stack.info.unit,
        "mode": stack.info.mode,
        "pieces": pieces,
        "seconds": time.monotonic() - begun,
    }


def make_solid(stack: LayerStack, resolution: int = RESOLUTION) -> Solid:
    """Join the entry and exit layers of a stack.

    An entry without an exit (the model saw no thickness, or the stack ended) becomes a thin slab; in a scene
    it is no matter but the wall, floor or sky on which rays end.

    Parameters
    ----------
    resolution : largest side of the grid of rays that is used.
    """
    valid = np.stack([existing(stack, layer) for layer in range(stack.layers)])  # (L, H, W)
    if stack.info.mode == "scene":
        valid = _with_exit(valid)
    rows, columns = (_thinned(valid[0].any(axis), resolution) for axis in (1, 0))
    valid = valid[:, rows][:, :, columns]
    if not valid.any():  # nothing at all, or what is thinner than the rays left over
        return _empty()
    depth = stack.xyz[..., 2][:, rows][:, :, columns].astype(np.float64)
    grid = _Grid.of(depth, valid, stack, rows, columns)
    enter, leave = _matter(depth, valid)
    field = _field(grid.cells_at(enter), grid.cells_at(leave), grid.count, grid.pixel)
    places, faces, _, _ = marching_cubes(field, 0.0)  # (N, 3): row, column, cell along the ray
    places = places.astype(np.float64) - (1, 1, 0)  # the border of empty rays
    faces = faces.astype(np.int32)
    vertices = grid.camera_points(places)
    if _volumes(vertices, faces).sum() < 0:
        faces = faces[:, ::-1]
    vertices, faces, places, piece = _pieces(vertices, faces, places)
    pixel, layer = _origin(places, depth, valid, grid, rows, columns, stack.size[0])
    return Solid(
        vertices=vertices.astype(np.float32),
        triangles=np.ascontiguousarray(faces),
        uv=_photo_uv(places, pixel, valid[0], grid, stack),
        pixel=pixel,
        layer=layer,
        piece=piece,
        ray_volume=grid.ray_volume(enter, leave),
    )


def _with_exit(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Layers (L, H, W) without the last one of rays that enter more often than they leave."""
    paired = valid.copy()
    paired[0::2][: len(valid) // 2] &= valid[1::2]
    if len(valid) % 2:
        paired[-1] = False
    return paired


def _thinned(filled: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """Rows (or columns) to use: those from the first to the last that hold anything, at most so many."""
    places = np.flatnonzero(filled)
    if not len(places):
        return places
    step = -(-(places[-1] - places[0] + 1) // most)
    return np.arange(places[0] + (step - 1) // 2, places[-1] + 1, step)


def _empty() -> Solid:
    whole, real = np.zeros(0, np.int32), np.zeros((0, 3), np.float32)
    return Solid(real, whole.reshape(0, 3), real[:, :2], whole, whole, whole, 0.0)


@dataclass(frozen=True)
class _Grid:
    """The sampled space (row, column, 1/z): evenly spaced rays and cells along them, near to far."""

    near: float  # 1/z of cell 0
    step: float  # of 1/z from cell to cell, positive
    count: int  # cells
    origin: tuple[int, int]  # first row and column in the stack's grid
    stride: tuple[int, int]
    pixel: float  # cells that are as deep as a pixel is wide
    least: float  # 1/z beyond all surfaces: the last cells must not lie behind the camera
    inverse: NDArray[np.float64]  # (3, 3) of the intrinsics

    @classmethod
    def of(
        cls,
        depth: NDArray[np.float64],
        valid: NDArray[np.bool_],
        stack: LayerStack,
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
    ) -> _Grid:
        """Cells about as deep as pixels are wide, finer where matter is thin."""
        stride = (
            int(rows[1] - rows[0]) if len(rows) > 1 else 1,
            (int(columns[1] - columns[0]) if len(columns) > 1 else 1),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            near, far = 1 / depth[valid].min(), 1 / depth[valid].max()
            enter, leave = _matter(depth, valid)
            thickness = (1 / enter - 1 / leave)[np.isfinite(enter) & (leave > enter)]
        focal = float(np.sqrt(stack.intrinsics[0, 0] * stack.intrinsics[1, 1])) / max(stride)
        step = (
            near / focal
        )  # a step of one pixel's width at depth z is z / focal, in 1/z it is 1 / (z · focal)
        if len(thickness):
            step = min(step, float(np.quantile(thickness, 0.1)) / 3)
        count = int(np.clip(np.ceil((near - far) / step) + 4, 8, MOST_CELLS))
        step = max((near - far) / (count - 4), 1e-9 * near)
        if near == far:
            step = near / focal
        # Cell 0 lies a cell and a half in front of everything.
        return cls(
            near + 1.5 * step, step, count, (int(rows[0]), int(columns[0])), stride, near / focal / step,
            far / 2, np.linalg.inv(stack.intrinsics),
        )  # fmt: skip

    def cells_at(self, depth: NDArray[np.float64]) -> NDArray[np.float32]:
        """Fractional cell of a depth."""
        return ((self.near - 1 / depth) / self.step).astype(np.float32)

    def depth_at(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Depth of a fractional cell."""
        return 1.0 / np.maximum(self.near - cells * self.step, self.least)

    def pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Continuous (x, y) in the stack's grid, (N, 2), of places (row, column, cell)."""
        x = places[:, 1] * self.stride[1] + self.origin[1] + 0.5
        y = places[:, 0] * self.stride[0] + self.origin[0] + 0.5
        return np.stack([x, y], -1)

    def camera_points(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Blender camera-local points (N, 3)."""
        homogeneous = np.concatenate([self.pixels(places), np.ones((len(places), 1))], -1)
        points = homogeneous @ self.inverse.T * self.depth_at(places[:, 2])[:, None]
        return points * np.array([1.0, -1.0, -1.0])

    def ray_volume(self, enter: NDArray[np.float64], leave: NDArray[np.float64]) -> float:
        """Volume of the matter when each ray stands for its pixel: frusta of (z₂³ − z₁³)/3 a unit of area."""
        area = abs(self.inverse[0, 0] * self.inverse[1, 1]) * self.stride[0] * self.stride[1]
        return float(np.nansum(leave**3 - enter**3)) / 3 * area


def _matter(
    depth: NDArray[np.float64], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Depths (K, H, W) at which rays enter and leave matter, NaN where they meet none."""
    if len(depth) % 2:
        depth, valid = np.pad(depth, ((0, 1), (0, 0), (0, 0))), np.pad(valid, ((0, 1), (0, 0), (0, 0)))
    enter = np.where(valid[0::2], depth[0::2], np.nan)
    leave = np.where(valid[1::2], depth[1::2], enter)
    return enter, np.maximum(enter, leave)


def _steps(middle: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far (K, H, W) the middle of matter moves from ray to ray: the smaller step of two, no jump."""
    steps = np.zeros_like(middle)
    for axis in (1, 2):
        step = np.abs(np.diff(middle, axis=axis))
        edge = [(0, 0)] * 3
        edge[axis] = (1, 1)
        padded = np.pad(step, edge, constant_values=np.nan)
        one, other = np.delete(padded, -1, axis), np.delete(padded, 0, axis)
        steps = np.fmax(steps, np.fmin(one, other))
    return steps


def _field(
    enter: NDArray[np.float32], leave: NDArray[np.float32], count: int, pixel: float
) -> NDArray[np.float32]:
    """Distance in cells to the nearest end of matter, positive within.

    Parameters
    ----------
    enter, leave : (K, H, W) fractional cells, NaN for none.
    pixel : cells that are as deep as a pixel is wide.

    Returns
    -------
    (H + 2, W + 2, count), a border of empty rays around.
    """
    middle = (enter + leave) / 2
    half = np.maximum(leave - enter, THINNEST + _steps(middle).clip(0, STEEPEST * pixel)) / 2
    height, width = enter.shape[1:]
    field = np.full((height + 2, width + 2, count), -np.float32(count), np.float32)
    inner = field[1:-1, 1:-1]
    cells = np.arange(count, dtype=np.float32)
    filled = np.isfinite(enter[0])
    rows, columns = np.nonzero(filled)
    values = np.full((len(rows), count), -np.inf, np.float32)
    for number in range(len(enter)):
        centre, reach = middle[number][rows, columns, None], half[number][rows, columns, None]
        np.fmax(values, reach - np.abs(cells - centre), out=values)
    inner[rows, columns] = values
    _surround(field, np.pad(filled, 1))
    field[np.abs(field) < 1e-3] = 1e-3  # a zero at a sample would make faces without area
    field[..., 0] = field[..., -1] = -1  # closed at both ends, whatever rounding did
    return field


def _surround(field: NDArray[np.float32], filled: NDArray[np.bool_]) -> None:
    """Give empty rays beside filled ones the opposite of what is there: the wall then stands half-way."""
    height, width = filled.shape
    around = np.zeros((height, width), np.int32)
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    padded = np.pad(filled, 1)
    for y, x in shifts:
        around += padded[1 + y : 1 + y + height, 1 + x : 1 + x + width]
    rows, columns = np.nonzero((around > 0) & ~filled)
    total = np.zeros((len(rows), field.shape[2]), np.float32)
    for y, x in shifts:
        there = padded[rows + 1 + y, columns + 1 + x]
        total[there] += np.abs(field[rows[there] + y, columns[there] + x])
    field[rows, columns] = -np.maximum(total / around[rows, columns, None], 1e-3)


def _volumes(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    """Signed volume (T,) between each face and the camera; their sum is what a closed mesh holds."""
    one, two, three = (vertices[faces[:, corner]] for corner in range(3))
    return np.asarray(np.einsum("ij,ij->i", one, np.cross(two, three)) / 6)


def _pieces(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
    """Number the connected pieces, largest first, and drop crumbs. Vertices in use only."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=[len(vertices)] * 2)
    count, label = connected_components(graph, directed=False)
    sizes = np.bincount(label[faces[:, 0]], minlength=count)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count)
    kept = np.count_nonzero(sizes >= min(FEWEST_FACES, sizes.max(initial=0)))
    piece = rank[label[faces[:, 0]]]
    faces, piece = faces[piece < kept], piece[piece < kept]
    used, faces_flat = np.unique(faces, return_inverse=True)
    return vertices[used], faces_flat.reshape(-1, 3).astype(np.int32), places[used], piece


def _photo_uv(
    places: NDArray[np.float64],
    pixel: NDArray[np.int32],
    filled: NDArray[np.bool_],
    grid: _Grid,
    stack: LayerStack,
) -> NDArray[np.float32]:
    """UV (N, 2) in the original image, y up: by projection, at the rim that of the last pixel inside.

    Beyond the silhouette, if only by half a pixel, the photo shows the background.
    """
    row, column = places[:, 0], places[:, 1]
    inside = np.ones(len(places), bool)
    for round_row, round_column in ((np.floor, np.floor), (np.floor, np.ceil), (np.ceil, np.floor)):
        y, x = round_row(row).astype(int), round_column(column).astype(int)
        within = (y >= 0) & (x >= 0) & (y < filled.shape[0]) & (x < filled.shape[1])
        inside &= within & filled[y.clip(0, filled.shape[0] - 1), x.clip(0, filled.shape[1] - 1)]
    centre = np.stack(np.divmod(pixel, stack.size[0])[::-1], -1) + 0.5
    pixels = np.where(inside[:, None], grid.pixels(places), centre)
    uv = pixels @ stack.grid_to_image[:, :2].T + stack.grid_to_image[:, 2]
    uv /= np.array(stack.info.image_size)
    uv[:, 1] = 1 - uv[:, 1]
    return uv.astype(np.float32)


def _origin(
    places: NDArray[np.float64],
    depth: NDArray[np.float64],
    valid: NDArray[np.bool_],
    grid: _Grid,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    width: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pixel and layer (N,), (N,) that each place came from.

    A vertex lies on a line between two samples; of the rays at its ends the filled one is its pixel.
    """
    height_grid, width_grid = valid.shape[1:]
    best = np.full(len(places), np.inf)
    pixel, layer = np.zeros(len(places), np.int32), np.zeros(len(places), np.int32)
    for round_row in (np.floor, np.ceil):
        for round_column in (np.floor, np.ceil):
            row = np.clip(round_row(places[:, 0]).astype(int), 0, height_grid - 1)
            column = np.clip(round_column(places[:, 1]).astype(int), 0, width_grid - 1)
            for number in range(len(depth)):
                here = valid[number, row, column]
                with np.errstate(divide="ignore", invalid="ignore"):
                    away = np.abs(grid.cells_at(depth[number, row, column]) - places[:, 2])
                away = np.where(here, away, np.inf)
                closer = away < best
                best[closer] = away[closer]
                pixel[closer] = (rows[row] * width + columns[column])[closer]
                layer[closer] = number
    return pixel, layer
