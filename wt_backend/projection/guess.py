"""Colour where no camera looks: that of the nearest hidden layer, else a smooth fill over the mesh."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import cg
from scipy.spatial import cKDTree

from wt_backend.geometry.fill import ColourFill
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.jobs import Cancel
from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.view import LINEAR, View

CLOSE = 3.0  # of the layers' points' spacing: what lies so near is that surface
NEIGHBOURS = 6  # points that share in a colour farther off: one alone would paint cells
REACH = 0.06  # of the layers' extent: hidden layers farther away say nothing
MEND = 0.05  # of the mesh's extent, over which a guess gives up what it differs by where a photo ends
TOLERANCE, ROUNDS = 1e-3, 300  # of the smooth fill's solver


class HiddenLayers:
    """Filled colours of the hidden layers of some views, by place in the world.

    A layer's texture is taken from beside the stack, where `geometry/fill_colour` leaves it, or made anew.
    """

    def __init__(self, views: list[tuple[View, Path]], cancel: Cancel) -> None:
        places, colours = [np.zeros((0, 3))], [np.zeros((0, 3), np.float32)]
        for view, path in views:
            to_world = np.linalg.inv(view.to_local)
            fill: ColourFill | None = None
            for layer in range(1, view.stack.layers):
                cancel()
                points = layer_points(view.stack, layer)
                if not len(points.pixel):
                    continue
                texture = _texture_beside(path, layer, view.stack.size)
                if texture is None:
                    fill = fill or ColourFill(view.stack)
                    texture = fill.texture(layer)
                places.append(points.positions @ to_world[:3, :3].T + to_world[:3, 3])
                colours.append(LINEAR[texture.reshape(-1, 3)[points.pixel]])
        self._places = np.concatenate(places)
        self._colours = np.concatenate(colours)
        self._tree = cKDTree(self._places) if len(self._places) else None
        extent = np.ptp(self._places, axis=0) if len(self._places) else np.zeros(3)
        self._reach = max(REACH * float(np.linalg.norm(extent)), 1e-30)
        self._close = min(CLOSE * self._spacing(), self._reach)

    def around(self, points: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Smoothed linear colours (N, 3) at world points; how far (N,) they are to be believed, 0 to 1."""
        return self._look(points, NEIGHBOURS, self._reach)

    def upon(self, points: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The same, sharp, where a hidden layer lies right there; it is to be believed nowhere else."""
        return self._look(points, 1, self._close)

    def _look(
        self, points: NDArray[np.floating], count: int, reach: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        colours, trust = np.zeros((len(points), 3), np.float32), np.zeros(len(points), np.float32)
        if self._tree is None or not len(points):
            return colours, trust
        distance, index = self._tree.query(points, k=[*range(1, count + 1)], distance_upper_bound=reach)
        near = np.flatnonzero(np.isfinite(distance[:, 0]))
        distance, index = distance[near], index[near]
        weight = 1 / np.maximum(distance, 1e-3 * reach) ** 2  # 0 where there is no other so near
        weight /= weight.sum(1, keepdims=True)
        for neighbour in range(count):
            known = self._colours[np.minimum(index[:, neighbour], len(self._colours) - 1)]
            colours[near] += weight[:, neighbour, None] * known
        trust[near] = np.clip(2 - 2 * distance[:, 0] / reach, 0, 1)
        return colours, trust

    def _spacing(self) -> float:
        """Distance from a point to the next, for most of them."""
        if self._tree is None or len(self._places) < 2:
            return 0.0
        some = self._places[:: max(1, len(self._places) // 2000)]
        return float(np.median(self._tree.query(some, k=2)[0][:, 1]))


class Spread:
    """Carries what some vertices of a mesh know over to the others, along its edges.

    Parameters
    ----------
    mesh
    known : (V,) which vertices know.
    cancel : asked in every round of the solver.
    """

    def __init__(self, mesh: TriangleMesh, known: NDArray[np.bool_], cancel: Cancel) -> None:
        self._cancel = cancel
        self._mesh, self._known, self._unknown = mesh, known, np.flatnonzero(~known)
        count = len(known)
        one, other = mesh.triangles[:, [0, 1, 2]].ravel(), mesh.triangles[:, [1, 2, 0]].ravel()
        links = coo_matrix((np.ones(len(one)), (one, other)), (count, count)).tocsr()
        links = ((links + links.T) > 0).astype(np.float64)
        self._degree = np.asarray(links.sum(1)).ravel()[self._unknown]
        self._among = links[self._unknown][:, self._unknown]
        self._from_known = links[self._unknown][:, np.flatnonzero(known)]

    def smooth(self, colours: NDArray[np.float32]) -> NDArray[np.float32]:
        """Colours (V, 3): known ones as given, the others the mean of their neighbours'.

        Parts without a known vertex get the colour of the nearest known one elsewhere; grey if there is none
        at all.
        """
        if not self._known.any():
            return np.full(colours.shape, 0.2, np.float32)
        places = self._mesh.vertices
        nearest = cKDTree(places[self._known]).query(places[self._unknown])[1]
        return self._solve(colours, colours[self._known][nearest], 0.0)

    def fade(self, values: NDArray[np.float32], length: float) -> NDArray[np.float32]:
        """Values (V, 3): known ones as given, from there fading to 0 within about ``length``."""
        corners = self._mesh.corners
        edge = np.linalg.norm(corners - corners[:, [1, 2, 0]], axis=2).mean()
        start = np.zeros((len(self._unknown), values.shape[1]), np.float32)
        # Σ (value − neighbour's) is about −1.5 edge² times the Laplacian where six triangles meet.
        return self._solve(values, start, 1.5 * (edge / length) ** 2)

    def _solve(
        self, values: NDArray[np.float32], start: NDArray[np.float32], screen: float
    ) -> NDArray[np.float32]:
        result = values.copy()
        result[self._unknown] = start
        if not len(self._unknown):
            return result
        diagonal = np.maximum(self._degree, 1.0) + screen
        system, inverse = diags(diagonal) - self._among, diags(1 / diagonal)
        lonely = self._degree == 0  # at no edge: they keep what they start with
        given = self._from_known @ values[self._known] + np.where(lonely[:, None], start, 0)
        for channel in range(values.shape[1]):
            result[self._unknown, channel] = cg(
                system, given[:, channel], x0=start[:, channel], rtol=TOLERANCE, maxiter=ROUNDS, M=inverse,
                callback=lambda _: self._cancel(),
            )[0]  # fmt: skip
        return result


def _texture_beside(stack: Path, layer: int, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """The filled texture (H, W, 3) of a layer, if it lies beside the stack and fits."""
    path = stack.parent / f"{stack.stem} layer {layer + 1}.png"
    if not path.is_file() or path.stat().st_mtime < stack.stat().st_mtime:
        return None
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or picture.shape[:2] != size[::-1]:
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
