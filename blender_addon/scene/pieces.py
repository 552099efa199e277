"""Pieces that an artist separated from a layer: rebuilt, each is its part of the surface, not all of it.

A piece knows its pixels by its vertices. What is torn off, or deleted, has none; so a piece remembers which
pixels are its own from the first time on that it was rebuilt.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import LayerMesh, LayerPoints

from .mesh_object import LAYER, PIXEL, read_attribute

MEMORY = "wt_piece"  # on a piece: a bit for each pixel of the grid
COPY = 0.9  # of the pixels of an object that another has too: it is no piece beside that, but a copy of it
MOST = 4  # pieces that meet in a pixel, as many as there are faces around it
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Piece:
    """One of the pieces of a layer.

    Attributes
    ----------
    number : its own
    holders : (4, pixels) numbers of the pieces that hold a pixel
    nearest : (pixels,) number of the piece that holds it, or holds the pixel that is nearest in its row
    """

    number: int
    holders: NDArray[np.int32]
    nearest: NDArray[np.int32]

    def cut(self, surface: LayerMesh) -> LayerMesh:
        """The piece's part of the surface of its layer."""
        points, pixel = surface.points, surface.points.pixel
        quads = surface.quads[self._holds(pixel[surface.quads])]
        triangles = surface.triangles[self._holds(pixel[surface.triangles])]
        used = np.unique(np.concatenate([quads.ravel(), triangles.ravel()]))
        index = np.zeros(len(pixel), np.int32)
        index[used] = np.arange(len(used), dtype=np.int32)
        kept = LayerPoints(
            points.positions[used], points.uv[used], pixel[used], points.thickness[used], points.seen
        )
        return LayerMesh(kept, index[quads], index[triangles])

    def remember(self, layer: bpy.types.Object) -> None:
        """Let a piece know what is its own."""
        own = (self.holders == self.number).any(0) | (self.nearest == self.number)
        layer[MEMORY] = np.packbits(own).tobytes()

    def _holds(self, corners: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether faces, by the pixels (F, K) of their corners, are the piece's: all of them, or nobody's."""
        found = (self.holders == self.number).any(0)[corners].all(1)
        near = np.flatnonzero(~found & (self.nearest[corners[:, 0]] == self.number))
        holders = self.holders[:, corners[near]]  # (4, F, K)
        somebodys = np.zeros(len(near), bool)
        for first in holders[:, :, 0]:
            somebodys |= (first != NOBODY) & (holders == first[:, None]).any(0).all(1)
        found[near[~somebodys]] = True
        return found


def pieces_of(layers: list[bpy.types.Object], shape: tuple[int, int]) -> dict[bpy.types.Object, Piece]:
    """The pieces among mesh objects of a layer on a grid of ``shape`` (H, W); nothing where it is whole."""
    count = shape[0] * shape[1]
    memories = Counter(layer.get(MEMORY) for layer in layers)  # of a piece that was separated: no longer true
    owned = {layer: _own(layer, count, memories[layer.get(MEMORY)] == 1) for layer in layers}
    holders = np.full((MOST, count), NOBODY, np.int32)
    numbers: dict[bpy.types.Object, int] = {}
    for layer in sorted(layers, key=lambda layer: (-len(owned[layer]), layer.name)):
        own = owned[layer]
        there = holders[:, own]
        counts = np.bincount(there[there != NOBODY], minlength=1)
        is_copy = counts.max() >= COPY * max(len(own), 1)
        number = numbers[layer] = int(counts.argmax()) if is_copy else len(set(numbers.values()))
        _hold(holders, own[~(there == number).any(0)], number)
    if len(set(numbers.values())) < 2:
        return {}
    nearest = _nearest(holders[0], shape[1])
    return {layer: Piece(number, holders, nearest) for layer, number in numbers.items()}


def _own(layer: bpy.types.Object, count: int, is_remembered: bool) -> NDArray[np.intp]:
    """Pixels of an object, each once: those of its vertices, and those that it remembers."""
    held, mesh = np.zeros(count, bool), layer.data
    pixel, number = (read_attribute(mesh, name) for name in (PIXEL, LAYER))
    if pixel is not None and number is not None:
        pixel = pixel[number == layer.world_tracing.layer]
        held[pixel[(pixel >= 0) & (pixel < count)]] = True
    bits = np.frombuffer(layer.get(MEMORY, b""), np.uint8)
    if is_remembered and len(bits) == (count + 7) // 8:
        held |= np.unpackbits(bits, count=count).astype(bool)
    return np.flatnonzero(held)


def _hold(holders: NDArray[np.int32], own: NDArray[np.intp], number: int) -> None:
    """Write a number into the first free row at some pixels; where all are taken there is none to spare."""
    for row in holders:
        free = row[own] == NOBODY
        row[own[free]] = number
        own = own[~free]


def _nearest(holder: NDArray[np.int32], width: int) -> NDArray[np.int32]:
    """The holder of each pixel, or of the nearest in its row that has one; else of the nearest row's end."""
    held, every = np.flatnonzero(holder != NOBODY), np.arange(len(holder))
    place = np.searchsorted(held, every)
    before, after = held[(place - 1).clip(0)], held[place.clip(max=len(held) - 1)]
    away = [
        np.abs(every - other) + len(holder) * (every // width != other // width) for other in (before, after)
    ]
    return holder[np.where(away[0] < away[1], before, after)]
