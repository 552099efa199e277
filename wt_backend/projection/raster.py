"""Triangles to the pixels whose centres they cover, in numpy, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BATCH = 400_000  # fragments at a time: some 100 MB with all that is computed from them


class Fragments(NamedTuple):
    """Pixels and the triangles that cover them; a pixel on a common edge belongs to one of the two."""

    triangle: NDArray[np.intp]  # (F,)
    column: NDArray[np.intp]  # (F,)
    row: NDArray[np.intp]  # (F,)


def fragments(
    corners: NDArray[np.floating], width: int, height: int, batch: int = BATCH
) -> Iterator[tuple[Fragments, float]]:
    """Fragments of triangles in a picture, and the share of all fragments done after each batch.

    Parameters
    ----------
    corners : (T, 3, 2) continuous pixel coordinates; pixel i spans [i, i + 1).
    width, height : of the picture; what lies outside is left out.
    batch : about how many fragments come at a time.
    """
    triangle, row, first, count = _rows(np.asarray(corners, np.float64), width, height)
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(batch, total, batch))
    for start, stop in zip([0, *cuts], [*cuts, len(ends)], strict=True):
        if start < stop:
            part = count[start:stop]
            offset = np.arange(part.sum()) - np.repeat(np.cumsum(part) - part, part)
            yield (
                Fragments(
                    np.repeat(triangle[start:stop], part),
                    np.repeat(first[start:stop], part) + offset,
                    np.repeat(row[start:stop], part),
                ),
                float(ends[stop - 1]) / total,
            )


def barycentric(corners: NDArray[np.float64], which: Fragments) -> NDArray[np.float32]:
    """Barycentric coordinates (F, 3) of fragments' pixel centres in their triangles."""
    origin = corners[:, 0]
    a, b = corners[:, 1] - origin, corners[:, 2] - origin
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    scale = np.divide(1.0, area, out=np.zeros_like(area), where=area != 0)
    table = np.stack([b[:, 1], -b[:, 0], -a[:, 1], a[:, 0]], 1) * scale[:, None]  # (T, 4)
    table = np.concatenate([origin, table], 1)[which.triangle]  # (F, 6)
    x, y = which.column + 0.5 - table[:, 0], which.row + 0.5 - table[:, 1]
    result = np.empty((len(x), 3), np.float32)
    result[:, 1] = table[:, 2] * x + table[:, 3] * y
    result[:, 2] = table[:, 4] * x + table[:, 5] * y
    result[:, 0] = 1 - result[:, 1] - result[:, 2]
    return result


def _rows(corners: NDArray[np.float64], width: int, height: int) -> tuple[NDArray[np.intp], ...]:
    """Of each row of each triangle: triangle, row, first column, number of columns; empty ones left out."""
    y = corners[..., 1]
    top = np.ceil(y.min(1) - 0.5).clip(0, height).astype(np.intp)
    bottom = (np.ceil(y.max(1) - 0.5) - 1).clip(-1, height - 1).astype(np.intp)
    count = np.maximum(bottom - top + 1, 0)
    triangle = np.repeat(np.arange(len(corners)), count)
    row = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count) + top[triangle]
    left, right = np.full(len(row), -np.inf), np.full(len(row), np.inf)
    side = np.sign(_area(corners))
    for one, other in ((0, 1), (1, 2), (2, 0)):
        begin, step = corners[:, one], corners[:, other] - corners[:, one]
        a = (-step[:, 1] * side)[triangle]  # inside: a·x + b·y + c ≥ 0
        b, c = step[:, 0] * side, (step[:, 1] * begin[:, 0] - step[:, 0] * begin[:, 1]) * side
        rest = b[triangle] * (row + 0.5) + c[triangle]
        bound = np.divide(-rest, a, out=np.zeros_like(rest), where=a != 0)
        left = np.where(a > 0, np.maximum(left, bound), left)
        right = np.where(a < 0, np.minimum(right, bound), right)
    first = np.ceil(left - 0.5).clip(0, width)
    last = (np.ceil(right - 0.5) - 1).clip(-1, width - 1)
    columns = np.maximum(last - first + 1, 0)
    keep = np.flatnonzero((columns > 0) & (side[triangle] != 0))
    return triangle[keep], row[keep], first[keep].astype(np.intp), columns[keep].astype(np.intp)


def _area(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area (T,)."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
