"""Photos to one texture on a mesh's own UVs: seen texels from the photos, the others guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend.images import srgb_from_linear
from wt_backend.jobs import Cancel
from wt_backend.projection.guess import MEND, HiddenLayers, Spread
from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.padding import pad
from wt_backend.projection.raster import barycentric, fragments
from wt_backend.projection.visibility import Sight, Visibility

SEEN = 0.5  # trust from which a point counts as seen
LOOKED_AT = 200_000  # triangles at a time: a scan of millions would take gigabytes, and no Cancel meanwhile
INWARD = 0.05  # how far a corner is moved to its triangle's middle to ask whether it is seen


@dataclass(frozen=True, eq=False)
class Baked:
    """A texture and what it rests on.

    Attributes
    ----------
    texture : (S, S, 3)
        Row 0 on top; uint8 sRGB, or float16 linear light if any photo is float.
    seen : (S, S) bool
        Texels that a photo shows.
    covered : (S, S) bool
        Texels that belong to a triangle; the others repeat the nearest of these.
    vertex_seen : (V,) bool
        Vertices that a photo shows.
    overlap : float
        Share of covered texels on which several triangles lie: they cannot all be right.
    """

    texture: NDArray[Any]
    seen: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    vertex_seen: NDArray[np.bool_]
    overlap: float


def bake(
    mesh: TriangleMesh,
    sights: list[Visibility],
    hidden: HiddenLayers,
    size: int,
    report: Callable[[float], None],
    cancel: Cancel,
) -> Baked:
    """Bake the photos of some views onto a mesh.

    Several photos are blended by angle, resolution and distance from what hides the surface; where none sees
    it (`Sight.trust` low), the colour of the nearest hidden layer fades in, and away from those a smooth fill
    over the mesh's vertices.

    Parameters
    ----------
    mesh : with ``uv`` inside the unit square.
    sights : one for each photo, of this mesh.
    hidden : colours of hidden layers.
    size : S, side of the texture in pixels.
    report : takes the share done, 0 to 1; may raise to stop.
    cancel : asked before that, while there is no share to tell.
    """
    assert mesh.uv is not None, "the caller saw to it"
    base, mend, vertex_seen = vertex_colours(mesh, sights, hidden, cancel)
    is_float = any(sight.view.is_float for sight in sights)
    texture = np.zeros((size * size, 3), np.float16 if is_float else np.uint8)
    seen, covered = np.zeros(size * size, bool), np.zeros(size * size, bool)
    corners = np.stack([mesh.uv[..., 0], 1 - mesh.uv[..., 1]], -1) * size
    drawn = 0
    for which, share in fragments(corners, size, size):
        weights = barycentric(corners, which)
        points = np.einsum("nk,nkc->nc", weights, mesh.corners[which.triangle])
        colours, trust = _look(sights, points, which.triangle)
        doubt = np.flatnonzero(trust < 1)
        if len(doubt):
            ids = mesh.triangles[which.triangle[doubt]]
            smooth, added = (np.einsum("nk,nkc->nc", weights[doubt], of[ids]) for of in (base, mend))
            guess = np.maximum(_guess(hidden, points[doubt], smooth) + added, 0)
            colours[doubt] += (1 - trust[doubt, None]) * (guess - colours[doubt])
        place = which.row * size + which.column
        texture[place] = colours if is_float else srgb_from_linear(colours)
        seen[place] = trust >= SEEN
        covered[place] = True
        drawn += len(place)
        report(share)
    count = int(covered.sum())
    shape = (size, size)
    texture = pad(texture.reshape(*shape, 3), covered.reshape(shape))
    overlap = max(drawn / count - 1, 0.0) if count else 0.0
    return Baked(texture, seen.reshape(shape), covered.reshape(shape), vertex_seen, overlap)


def vertex_colours(
    mesh: TriangleMesh, sights: list[Visibility], hidden: HiddenLayers, cancel: Cancel
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """What vertices would be without photos (V, 3), and what is to be added to that (V, 3), so that it goes
    on where a photo ends: together the photo's colour where a vertex is seen. Which vertices are seen (V,).
    """
    count = len(mesh.vertices)
    total, sums, seen = np.zeros(count), np.zeros((count, 3)), np.zeros(count, bool)
    for start in range(0, len(mesh.triangles), LOOKED_AT):
        cancel()
        part = slice(start, start + LOOKED_AT)
        corners, ids = mesh.corners[part], mesh.triangles[part].ravel()
        inner = corners + INWARD * (corners.mean(1, keepdims=True) - corners)
        triangle = np.repeat(np.arange(start, start + len(corners)), 3)
        colours, trust = _look(sights, inner.reshape(-1, 3), triangle)
        total += np.bincount(ids, trust, count)
        sums += np.stack([np.bincount(ids, trust * colours[:, channel], count) for channel in range(3)], 1)
        seen[ids[trust >= SEEN]] = True
    result = (sums / np.maximum(total, 1e-6)[:, None]).astype(np.float32)
    shown = total > SEEN
    cancel()
    guess, belief = hidden.around(mesh.vertices)
    step = belief[:, None] * (result - guess)
    extent = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    mend = Spread(mesh, shown, cancel).fade(
        np.where(shown[:, None], step, 0).astype(np.float32), MEND * extent
    )
    believed = ~shown & (belief > SEEN)
    result = np.where(believed[:, None], guess, result - step)
    return Spread(mesh, shown | believed, cancel).smooth(result), mend, seen


def _look(
    sights: list[Visibility], points: NDArray[np.floating], triangle: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Blended linear colours (N, 3) of points and how far (N,) they are to be trusted."""
    colours, total = np.zeros((len(points), 3), np.float32), np.zeros(len(points), np.float32)
    trust = np.zeros(len(points), np.float32)
    for visibility in sights:
        sight: Sight = visibility.see(points, triangle)
        weight = np.maximum(sight.weight, 1e-20)
        colours[sight.index] += weight[:, None] * visibility.view.colours(sight.pixels)
        total[sight.index] += weight
        trust[sight.index] = np.maximum(trust[sight.index], sight.trust)
    colours /= np.maximum(total, 1e-30)[:, None]
    return colours, trust


def _guess(
    hidden: HiddenLayers, points: NDArray[np.floating], smooth: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Colours (N, 3) of points that no photo shows."""
    colours, belief = hidden.upon(points)
    return (smooth + belief[:, None] * (colours - smooth)).astype(np.float32)
