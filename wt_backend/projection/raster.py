"""Triangles to the pixels whose centres they cover, in numpy, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BATCH = 400_000  # fragments, or rows, at a time: some 100 MB with all that is computed from them


class Fragments(NamedTuple):
    """Pixels and the triangles that cover them; a pixel on a common edge belongs to one of the two."""

    triangle: NDArray[np.intp]  # (F,)
    column: NDArray[np.intp]  # (F,)
    row: NDArray[np.intp]  # (F,)


def fragments(
    corners: NDArray[np.floating], width: int, height: int, batch: int = BATCH
) -> Iterator[tuple[Fragments, float]]:
    """Fragments of triangles in a picture, and the share of all rows done after each batch.

    Parameters
    ----------
    corners : (T, 3, 2) continuous pixel coordinates; pixel i spans [i, i + 1).
    width, height : of the picture; what lies outside is left out.
    batch : about how many fragments come at a time.
    """
    corners = np.asarray(corners, np.float64)
    top, bottom = _span(corners[..., 1], height)
    ends = np.cumsum(bottom - top + 1)  # in rows; a triangle without one takes memory too
    for part in _slices(ends, batch):
        triangle, row, first, count = _rows(corners[part], top[part], bottom[part], width)
        triangle += part.start
        for some in _slices(np.cumsum(count), batch):
            length, last = count[some], triangle[some][-1]
            offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
            yield (
                Fragments(
                    np.repeat(triangle[some], length),
                    np.repeat(first[some], length) + offset,
                    np.repeat(row[some], length),
                ),
                float(ends[last] - bottom[last] + row[some][-1] + 1) / float(ends[-1]),
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


def _span(y: NDArray[np.float64], height: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each triangle (T,) and the one after its last; y is (T, 3)."""
    top = np.ceil(y.min(1) - 0.5).clip(0, height).astype(np.intp)
    bottom = np.ceil(y.max(1) - 0.5).clip(0, height).astype(np.intp)
    return top, bottom


def _slices(ends: NDArray[np.intp], batch: int) -> Iterator[slice]:
    """Slices of things whose numbers have the running sum ``ends`` (N,), about ``batch`` in each."""
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(batch, total, batch))
    for start, stop in zip([0, *cuts], [*cuts, len(ends)], strict=True):
        if start < stop:
            yield slice(start, stop)


def _rows(
    corners: NDArray[np.float64], top: NDArray[np.intp], bottom: NDArray[np.intp], width: int
) -> tuple[NDArray[np.intp], ...]:
    """Of each row of each triangle: triangle, row, first column, number of columns; empty ones left out."""
    count = bottom - top
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
