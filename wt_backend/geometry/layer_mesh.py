"""LayerStack → one mesh a layer: points on pixel rays, quads torn where neighbours jump, no stray islands.

Numpy only, for Blender and the worker alike; whole arrays, float32 and int32 as `foreach_set` takes them.
A point is the centre of a grid pixel, moved along z = const onto that pixel's ray, so that it projects
exactly onto the pixel it came from. Camera space (x, y, z) becomes Blender camera-local (x, −y, −z).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wt_backend.stack import LayerStack

from .tearing import Edges, Tear, joined_edges, piece_sizes, seam_limits


@dataclass(frozen=True)
class MeshSettings:
    """How points become surfaces; everything an artist may change after import.

    Attributes
    ----------
    tear : Tear
        Where surfaces are cut.
    island : int
        Pieces of fewer pixels are left out.
    """

    tear: Tear = field(default_factory=Tear)
    island: int = 16


@dataclass(frozen=True)
class LayerPoints:
    """Pixels of one layer as points; N of them, in row-major order of the grid."""

    positions: NDArray[np.float32]  # (N, 3) Blender camera-local
    uv: NDArray[np.float32]  # (N, 2) original image, y UP, [0, 1] inside the image
    pixel: NDArray[np.int32]  # (N,) row · W + column of the grid
    thickness: NDArray[np.float32]  # (N,) distance to the next layer at the same pixel, 0 where there is none
    seen: bool  # True for the layer that the photo shows


@dataclass(frozen=True)
class LayerMesh:
    """Points and the polygons between them: quads first, then triangles; each point is used by a face."""

    points: LayerPoints
    quads: NDArray[np.int32]  # (Q, 4) point numbers, counter-clockwise seen from the face's outside
    triangles: NDArray[np.int32]  # (T, 3)

    @property
    def corners(self) -> NDArray[np.int32]:
        """(4Q + 3T,) point number of every face corner, as Blender stores them."""
        if not len(self.triangles):
            return self.quads.reshape(-1)
        return np.concatenate([self.quads.reshape(-1), self.triangles.reshape(-1)])

    @property
    def all_triangles(self) -> NDArray[np.int32]:
        """(2Q + T, 3): the quads cut in two, then the triangles."""
        quads = self.quads
        return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]], self.triangles])

    @property
    def starts(self) -> NDArray[np.int32]:
        """(Q + T,) first corner of every face."""
        quads, triangles = len(self.quads), len(self.triangles)
        starts = np.empty(quads + triangles, np.int32)
        starts[:quads] = np.arange(0, 4 * quads, 4, dtype=np.int32)
        starts[quads:] = np.arange(4 * quads, 4 * quads + 3 * triangles, 3, dtype=np.int32)
        return starts


def existing(stack: LayerStack, layer: int) -> NDArray[np.bool_]:
    """Pixels (H, W) where ``layer`` exists in front of the camera; anything else has no place on a ray."""
    depth = stack.xyz[layer, ..., 2]
    with np.errstate(invalid="ignore"):
        return stack.mask[layer] & (depth > 0) & (depth < np.inf)


def layer_points(stack: LayerStack, layer: int) -> LayerPoints:
    """All points of one layer (counted from 0), each exactly on its pixel's ray."""
    return _points(stack, layer, np.flatnonzero(existing(stack, layer)))


def layer_mesh(
    stack: LayerStack, layer: int, settings: MeshSettings | None = None, away: bool = False
) -> LayerMesh:
    """The surface of one layer (counted from 0).

    Quads join 2×2 pixels; where one corner of a cell is missing or torn off, the other three make a triangle.

    Parameters
    ----------
    away : bool
        Faces look away from the camera, as back faces do (see :func:`.pairing.back_layers`).
    """
    settings = settings or MeshSettings()
    whole = existing(stack, layer)
    rows, columns = _window(whole)
    width = whole.shape[1]
    masks = stack.mask[:, rows, columns].copy()
    masks[layer] = valid = whole[rows, columns]
    focal = float(np.sqrt(stack.intrinsics[0, 0] * stack.intrinsics[1, 1]))
    limits = seam_limits(stack.xyz[layer, ..., 2], whole, settings.tear.limit(focal))
    limits = limits[0][_between(columns)], limits[1][_between(rows)]
    edges = joined_edges(stack.xyz[:, rows, columns, 2], masks, layer, limits)
    if settings.island > 1:
        large = piece_sizes(valid, edges) >= settings.island
        edges = edges[0] & large[:, 1:], edges[1] & large[1:]
    cells = _cells(edges)
    used = _used(valid.shape, cells)
    local = np.flatnonzero(used)
    index = np.empty(used.size, np.int32)
    index[local] = np.arange(len(local), dtype=np.int32)
    faces = _faces(index, cells, used.shape[1], away)
    down, across = np.divmod(local, used.shape[1]) if len(local) else (local, local)
    pixel = (down + rows.start) * width + (across + columns.start)
    return LayerMesh(_points(stack, layer, pixel), *faces)


def _window(valid: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Smallest rows and columns that hold every valid pixel: most layers fill little of the frame."""
    bounds = []
    for axis in (1, 0):
        filled = np.flatnonzero(valid.any(axis))
        bounds.append(slice(int(filled[0]), int(filled[-1]) + 1) if len(filled) else slice(0, 0))
    return bounds[0], bounds[1]


def _between(lines: slice) -> slice:
    """The gaps between neighbouring columns, or rows."""
    return slice(lines.start, max(lines.start, lines.stop - 1))


# A cell is the square between four pixel centres, named by the flat number of a:  a b
#                                                                                  d c
# Its faces as offsets (rows, columns) from a, counter-clockwise as the camera sees them.
_A, _B, _C, _D = (0, 0), (0, 1), (1, 1), (1, 0)
_SHAPES = ((_A, _D, _C, _B), (_A, _D, _B), (_B, _A, _C), (_D, _C, _A), (_C, _B, _D))


def _cells(edges: Edges) -> list[NDArray[np.bool_]]:
    """Cells (H − 1, W − 1) that hold a quad, then a triangle around corner a, b, d, c."""
    top, bottom = edges[0][:-1], edges[0][1:]
    left, right = edges[1][:, :-1], edges[1][:, 1:]
    quad = top & bottom & left & right
    free = ~quad
    cells = [quad]
    for one, other in ((top, left), (top, right), (bottom, left), (bottom, right)):
        here = one & other
        here &= free
        free ^= here
        cells.append(here)
    return cells


def _used(shape: tuple[int, ...], cells: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Pixels that are a corner of some face."""
    used = np.zeros(shape, bool)
    height, width = shape
    for corners, here in zip(_SHAPES, cells, strict=True):
        for row, column in corners:
            used[row : row + height - 1, column : column + width - 1] |= here
    return used


def _faces(
    index: NDArray[np.int32], cells: list[NDArray[np.bool_]], width: int, away: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Point numbers of the quads (Q, 4) and of the triangles (T, 3)."""
    groups = []
    for corners, here in zip(_SHAPES, cells, strict=True):
        padded = np.zeros((here.shape[0], width), bool)  # so that flat numbers count whole rows
        padded[:, : here.shape[1]] = here
        first = np.flatnonzero(padded)
        faces = np.empty((len(first), len(corners)), np.int32)
        order = corners[::-1] if away else corners
        for place, (row, column) in enumerate(order):
            faces[:, place] = index[first + (row * width + column)]
        groups.append(faces)
    return groups[0], np.concatenate(groups[1:])


def _points(stack: LayerStack, layer: int, pixel: NDArray[np.intp]) -> LayerPoints:
    """The given pixels (flat numbers) as points."""
    layers, height, width = stack.mask.shape
    row, column = np.divmod(pixel, width)
    depth = stack.xyz[layer, ..., 2].ravel()[pixel]
    positions = np.empty((len(pixel), 3), np.float32)
    ray_length = np.ones(len(pixel), np.float32)
    inverse = np.linalg.inv(stack.intrinsics)
    for axis in (0, 1):  # the last row of K is (0, 0, 1): rays have z = 1 as they come
        by_row, by_column = _axis_tables(inverse[axis], height, width)
        slope = by_row[row] + by_column[column]
        ray_length += slope * slope
        np.multiply(slope, depth if axis == 0 else -depth, out=positions[:, axis])
    np.negative(depth, out=positions[:, 2])
    uv = np.empty((len(pixel), 2), np.float32)
    for axis in (0, 1):
        by_row, by_column = _axis_tables(
            stack.grid_to_image[axis] / stack.info.image_size[axis], height, width
        )
        uv[:, axis] = by_row[row] + by_column[column]
    np.subtract(1, uv[:, 1], out=uv[:, 1])
    thickness = np.zeros(len(pixel), np.float32)
    if layer + 1 < layers:
        behind = existing(stack, layer + 1).ravel()[pixel]
        gap = stack.xyz[layer + 1, ..., 2].ravel()[pixel] - depth
        np.multiply(np.sqrt(ray_length), np.maximum(gap, 0), out=thickness, where=behind)
    return LayerPoints(positions, uv, pixel.astype(np.int32), thickness, layer == 0)


def _axis_tables(
    affine: NDArray[np.float64], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``affine · (column + ½, row + ½, 1)`` as a sum of two tables, one a row and one a column."""
    by_row = affine[1] * (np.arange(height) + 0.5) + affine[2]
    by_column = affine[0] * (np.arange(width) + 0.5)
    return by_row.astype(np.float32), by_column.astype(np.float32)
