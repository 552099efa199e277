"""Which neighbouring pixels of a layer lie on one surface, and which pieces of surface that leaves.

Numpy only. An edge joins two pixels side by side or one above the other; faces span joined pixels.
Thresholds were calibrated on ray-traced scenes: `bench/tearing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Limits = tuple[NDArray[np.float32], NDArray[np.float32]]  # to the right (W − 1,), downwards (H − 1,)
Edges = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # to the right (H, W − 1), downwards (H − 1, W)

SAME_SLOPE = 0.3  # steps in 1/z that agree this well belong to one slope
ELSEWHERE = 0.3  # a surface goes on in another layer if that is nearer than this share of the jump
FLOOR = 0.004, 0.15  # smallest jump that other layers can cut: relative to depth, and to the limit
PATCH = 14  # pixels; World Tracing models answer in squares of this side, each for itself
SEAM = 1.5, 4.0  # steps between squares so many times those within: what counts, and the most that does
ENOUGH = 500  # pairs of pixels across seams that a median needs


@dataclass(frozen=True)
class Tear:
    """Where a surface is cut.

    Attributes
    ----------
    depth : float
        Relative jump in depth, |z₁ − z₂| / min(z₁, z₂), up to which neighbours are always joined.
    grazing : float
        Angle between ray and surface, in radians, above which neighbours are joined whatever their jump:
        on a coarse grid a steep flank jumps far from pixel to pixel.
    """

    depth: float = 0.04
    grazing: float = 0.12  # 7°

    def limit(self, focal: float) -> float:
        """Relative jump that cuts, for a focal length in pixels of the grid."""
        return max(self.depth, 1.0 / (focal * np.tan(self.grazing)))


def seam_limits(depth: NDArray[np.float32], valid: NDArray[np.bool_], limit: float) -> Limits:
    """The limit for each line between two columns, and between two rows, of a layer's whole grid.

    A network's squares do not quite fit: steps across their borders are larger than steps within, by a factor
    that the layer itself tells. There the limit is larger by as much; elsewhere, and for anything that was
    not made of squares, it is ``limit``.

    Parameters
    ----------
    depth : (H, W) float32, anything where ``valid`` is false.
    """
    factors = [_seam_factor(values, known) for values, known in ((depth, valid), (depth.T, valid.T))]
    lines = [np.full(size - 1, limit, np.float32) for size in (depth.shape[1], depth.shape[0])]
    for line, factor in zip(lines, factors, strict=True):
        line[PATCH - 1 :: PATCH] *= np.float32(factor)
    return lines[0], lines[1]


def _seam_factor(depth: NDArray[np.float32], valid: NDArray[np.bool_]) -> float:
    """How many times larger steps between columns are at the borders of squares; 1 where they are not."""
    middle = PATCH // 2 - 1
    medians = []
    for first in (PATCH - 1, middle):
        left, right = depth[:, first:-1:PATCH], depth[:, first + 1 :: PATCH]
        both = valid[:, first:-1:PATCH] & valid[:, first + 1 :: PATCH]
        if np.count_nonzero(both) < ENOUGH:
            return 1.0
        near, far = left[both], right[both]
        medians.append(float(np.median(np.abs(far - near) / np.minimum(near, far))))
    across, within = medians
    return min(across / within, SEAM[1]) if across > SEAM[0] * within > 0 else 1.0


def joined_edges(depths: NDArray[np.float32], masks: NDArray[np.bool_], layer: int, limits: Limits) -> Edges:
    """Join neighbours of one layer that lie on one surface.

    They do if their depth differs by no more than their line's limit (relative) or continues one slope; and
    they do not if one pixel has more layers than the other and the surface rather goes on in another layer
    there.

    Parameters
    ----------
    depths : (L, H, W) float32, anything where the mask is false.
    masks : (L, H, W) bool, where each layer exists.
    limits : relative jumps, see :meth:`Tear.limit` and :func:`seam_limits`.
    """
    hits = masks.sum(0, dtype=np.int8)
    depth = np.ascontiguousarray(depths[layer])
    with np.errstate(invalid="ignore", over="ignore"):  # depth outside the mask may be anything
        right = _joined_rows(depth, masks[layer], limits[0])
        _cut_swaps(right, depths, masks, hits, layer, limits[0])
        down = _joined_rows(depth.T, masks[layer].T, limits[1])
        _cut_swaps(down, depths.transpose(0, 2, 1), masks.transpose(0, 2, 1), hits.T, layer, limits[1])
    return right, down.T


def _joined_rows(
    depth: NDArray[np.float32], valid: NDArray[np.bool_], limit: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Edges along the second axis, (H, W − 1)."""
    left, right = depth[:, :-1], depth[:, 1:]
    jump = right - left
    np.abs(jump, out=jump)
    near = np.minimum(left, right)
    near *= limit
    joined = jump <= near
    both = valid[:, :-1] & valid[:, 1:]
    joined &= both
    rows, columns = np.nonzero(both & ~joined)
    if len(rows):
        joined[rows, columns] = _continues(depth, valid, rows, columns)
    return joined


def _cut_swaps(
    joined: NDArray[np.bool_],
    depths: NDArray[np.float32],
    masks: NDArray[np.bool_],
    hits: NDArray[np.int8],
    layer: int,
    limit: NDArray[np.float32],
) -> None:
    """Cut row edges (H, W − 1), in place, over which the surface changes its layer.

    Where something begins or ends in front, what was layer l is layer l ± 1 on the other side. That shows
    even a small gap, which no threshold on the jump could tell from a steep slope.
    """
    rows, columns = np.nonzero(joined & (hits[:, 1:] != hits[:, :-1]))
    left, right = depths[layer, rows, columns], depths[layer, rows, columns + 1]
    jump = np.abs(right - left)
    large = jump > np.maximum(FLOOR[0], FLOOR[1] * limit)[columns] * np.minimum(left, right)
    rows, columns, left, right, jump = (values[large] for values in (rows, columns, left, right, jump))
    gap = np.full(len(rows), np.inf, np.float32)
    for other in range(len(depths)):
        if other != layer:
            for side, here in ((columns + 1, left), (columns, right)):
                away = np.abs(depths[other, rows, side] - here)
                gap = np.where(masks[other, rows, side] & (away < gap), away, gap)
    cut = gap < ELSEWHERE * jump
    joined[rows[cut], columns[cut]] = False


def _continues(
    depth: NDArray[np.float32], valid: NDArray[np.bool_], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Whether the step from (row, column) to (row, column + 1) goes on as the two steps beside it do.

    A plane is linear in 1/z over the image, however steep: a floor is not cut below its horizon.
    """
    width = depth.shape[1]

    def inverse(offset: int) -> NDArray[np.float64]:
        place = np.clip(columns + offset, 0, width - 1)
        inside = (columns + offset == place) & valid[rows, place]
        return np.where(inside, 1.0 / depth[rows, place].astype(np.float64), np.nan)

    with np.errstate(divide="ignore"):
        steps = np.diff(np.stack([inverse(offset) for offset in range(-2, 4)]), axis=0)  # (5, N)
    size = SAME_SLOPE * np.abs(steps[2])
    alike = np.abs(steps - steps[2]) <= size  # NaN compares false
    return (alike[0] & alike[1]) | (alike[3] & alike[4])


def piece_sizes(valid: NDArray[np.bool_], edges: Edges) -> NDArray[np.int32]:
    """Number of pixels of the connected piece that each valid pixel belongs to, 0 elsewhere. (H, W)."""
    labels, count = label_pieces(valid, edges)
    sizes = np.bincount(labels[valid], minlength=count).astype(np.int32)
    return np.where(valid, sizes[labels], 0) if count else np.zeros(valid.shape, np.int32)


def label_pieces(valid: NDArray[np.bool_], edges: Edges) -> tuple[NDArray[np.int32], int]:
    """Number the pieces that joined edges hold together.

    Runs of joined pixels within a row are found first; only runs are then merged, which keeps the merging
    small. Roots hook onto smaller roots and paths are halved until nothing changes
    (Shiloach & Vishkin 1982), a handful of whole-array rounds.

    Returns
    -------
    labels : (H, W) int32, from 0; meaningless where not valid.
    count : number of pieces.
    """
    right, down = edges
    first = valid.copy()
    first[:, 1:] &= ~right
    runs = np.cumsum(first.ravel(), dtype=np.int32).reshape(valid.shape) - 1
    upper, lower = runs[:-1][down], runs[1:][down]
    fresh = np.ones(len(upper), bool)
    fresh[1:] = (upper[1:] != upper[:-1]) | (lower[1:] != lower[:-1])
    roots = _merge(int(runs[-1, -1]) + 1 if runs.size else 0, upper[fresh], lower[fresh])
    heads, numbers = np.unique(roots, return_inverse=True)
    return numbers.astype(np.int32)[runs] if len(heads) else runs, len(heads)


def _merge(count: int, one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int32]:
    """Root of each of ``count`` nodes in the graph of the given edges."""
    parent = np.arange(count, dtype=np.int32)
    while len(one):
        parent[np.maximum(one, other)] = np.minimum(one, other)  # of several hooks any one will do
        while True:
            above = parent[parent]
            if np.array_equal(above, parent):
                break
            parent = above
        one, other = parent[one], parent[other]
        apart = one != other
        one, other = one[apart], other[apart]
    return parent
