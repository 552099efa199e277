"""Which points of a surface a camera sees: a depth buffer with a tolerance that follows the surface's slope.

A point is compared with the buffer at the four pixel centres around it, each time at the depth that the plane
of its own triangle has there: that is exact for planes at any slope, so the tolerance may be small. A point
counts as seen only if nothing is nearer at all four: doubt at the edge of what hides it goes against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import existing
from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.raster import fragments
from wt_backend.projection.view import View

LONGEST = 2048  # side of the depth buffer
NEAR = 1e-3  # of the mesh's distance; what is nearer is behind the camera …
NEAR_LAYER = 0.1  # … and of the distance of layer 0: a landscape of kilometres may begin at the feet
RELATIVE = 2e-3  # depth tolerance …
FOOTPRINT = 2.0  # … and that in pixels, for creases between pixel centres
STRICT = 1e-5  # the same for faces that look away: the back of a thin sheet is not its front
LAYER = 0.04  # tolerance against layer 0, which is a guess and another mesh
GRAZING, CLEAR = 0.06, 0.2  # cosines between which the photo fades in (87° and 78°)
FEATHER = 12.0  # pixels of the buffer over which a photo gives way to another at its edges
JUMP = 0.02  # relative step in depth that is an edge
REACH = 1.5  # pixels from a place to the farthest that `hiding` answers for
ELSEWHERE = 1e9  # 1/depth that hides everything


@dataclass(frozen=True, eq=False)
class Sight:
    """What one camera sees of some points.

    Attributes
    ----------
    index : (K,) which points have a place in the photo and are seen at all.
    pixels : (K, 2) photo coordinates.
    trust : (K,) 0 to 1, how far the photo tells their colour.
    weight : (K,) relative to other photos: angle, resolution, distance from edges.
    """

    index: NDArray[np.intp]
    pixels: NDArray[np.float64]
    trust: NDArray[np.float32]
    weight: NDArray[np.float32]


class Visibility:
    """What one view sees of a mesh, hidden by itself, by other meshes and perhaps by layer 0.

    Parameters
    ----------
    view, mesh
    occluder : other triangles that hide the mesh.
    use_layer : whether layer 0 of the stack hides it as well.
    """

    def __init__(
        self, view: View, mesh: TriangleMesh, occluder: TriangleMesh | None = None, use_layer: bool = False
    ) -> None:
        self.view, self._mesh = view, mesh
        self._use_layer = use_layer
        self._scale = min(1.0, LONGEST / max(view.size))
        width, height = (max(1, round(side * self._scale)) for side in view.size)
        self._inverse = np.zeros((height, width), np.float32)  # 1 / depth of what is nearest, 0 for nothing
        depth = view.project(mesh.vertices)[:, 2]
        layer = view.stack.xyz[0, ..., 2][existing(view.stack, 0)]
        nearest = NEAR_LAYER * float(layer.min(initial=np.inf))
        self._near = min(NEAR * float(np.abs(depth).max(initial=0)) or 1.0, nearest)
        for part in (mesh, occluder):
            if part is not None:
                self._draw(part)
        self._set_planes(mesh)
        self._feather = self._distance_from_edges()
        self._pixel = 1 / (view.focal * self._scale)  # what a pixel covers at depth 1

    def see(self, points: NDArray[np.floating], triangle: NDArray[np.intp]) -> Sight:
        """What is seen of ``points`` (N, 3) on the mesh's triangles ``triangle`` (N,)."""
        pixels, depth = self._place(points)
        towards = points - self.view.centre
        distance = np.sqrt(np.einsum("nc,nc->n", towards, towards))
        cosine = np.abs(self._offset[triangle]) / np.maximum(distance, 1e-30)
        index = np.flatnonzero(self._is_framed(pixels, depth) & (cosine > GRAZING))
        if len(index):
            index = index[self._unhidden(pixels[index], 1 / depth[index], triangle[index])]
        if len(index):
            index = index[depth[index] <= self._farthest(pixels[index])]
        cosine, pixels, distance = cosine[index], pixels[index], distance[index]
        trust = _smooth((cosine - GRAZING) / (CLEAR - GRAZING))
        weight = trust * cosine**2 * (self.view.focal / np.maximum(distance, 1e-30)) ** 2
        weight *= self._feather[self._cell(pixels)]
        return Sight(index, pixels, trust.astype(np.float32), weight.astype(np.float32))

    @property
    def tolerance(self) -> float:
        """How many times nearer than a point something must be to hide it, where both face the camera."""
        return 1 + RELATIVE + FOOTPRINT * self._pixel

    def planes(self) -> NDArray[np.float64]:
        """Of each triangle (T, 2): its plane's distance from the camera, how much 1/depth may differ on it
        within the pixels that `hiding` answers for. The distance is 0 for backs that look hidden all over: a
        shader could not tell a thin sheet's two sides.
        """
        distance = np.abs(self._offset)
        away = np.flatnonzero(self._offset > 0)
        corners = self._mesh.corners[away]
        middle = corners.mean(1, keepdims=True)
        samples = np.concatenate([middle + 0.9 * (corners - middle), middle], axis=1).reshape(-1, 3)
        framed = self._is_framed(*self._place(samples))
        seen = np.zeros(len(samples), bool)
        seen[self.see(samples, np.repeat(away, 4)).index] = True
        distance[away[framed.reshape(-1, 4).any(1) & ~seen.reshape(-1, 4).any(1)]] = 0
        return np.stack([distance, REACH * np.abs(self._plane[:, :2]).sum(1) / self._scale], axis=1)

    def hiding(self) -> NDArray[np.float32]:
        """1/depth (H, W) of what is nearest within a pixel's neighbours; `ELSEWHERE` where the photo shows
        something else. Rows from the top.
        """
        height, width = self._inverse.shape
        result: NDArray[Any] = cv2.dilate(self._inverse, np.ones((3, 3), np.uint8))
        column = (np.arange(width) + 0.5) / self._scale
        for row in range(height):  # one by one: the whole would need much memory
            pixels = np.stack([column, np.full(width, (row + 0.5) / self._scale)], 1)
            with np.errstate(divide="ignore"):
                result[row] = np.maximum(result[row], np.minimum(1 / self._farthest(pixels), ELSEWHERE))
        return result

    def _place(self, points: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Photo coordinates (N, 2) and depth (N,) of world points (N, 3)."""
        homogeneous = self.view.project(points)
        depth = homogeneous[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            return homogeneous[:, :2] / depth[:, None], depth

    def _is_framed(self, pixels: NDArray[np.float64], depth: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether places (N,) lie before the camera and inside the frame."""
        return (depth > self._near) & (pixels >= 0).all(1) & (pixels <= self.view.size).all(1)

    def _draw(self, mesh: TriangleMesh) -> None:
        """Put a mesh into the buffer, cut at the camera's plane."""
        corners = _cut(self.view.project(mesh.vertices)[mesh.triangles], self._near)  # (T, 3, 3)
        height, width = self._inverse.shape
        screen = corners[..., :2] / corners[..., 2:] * self._scale
        inverse = 1 / corners[..., 2]
        a, b = screen[:, 1] - screen[:, 0], screen[:, 2] - screen[:, 0]
        area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        one, other = inverse[:, 1] - inverse[:, 0], inverse[:, 2] - inverse[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope_x = (one * b[:, 1] - other * a[:, 1]) / area
            slope_y = (other * a[:, 0] - one * b[:, 0]) / area
        table = np.stack(
            [
                screen[:, 0, 0],
                screen[:, 0, 1],
                inverse[:, 0],
                slope_x,
                slope_y,
                inverse.min(1),
                inverse.max(1),
            ],
            axis=1,
        )
        flat = self._inverse.reshape(-1)
        for which, _ in fragments(screen, width, height):
            x, y, value, across, down, low, high = table[which.triangle].T
            value = value + across * (which.column + 0.5 - x) + down * (which.row + 0.5 - y)
            np.maximum.at(
                flat, which.row * width + which.column, np.clip(value, low, high).astype(np.float32)
            )

    def _set_planes(self, mesh: TriangleMesh) -> None:
        """Of each triangle: 1/depth as a function of the photo's pixels, and its distance from the camera."""
        inverse = np.linalg.inv(self.view.projection[:, :3])
        self._offset = np.einsum("tc,tc->t", mesh.normals, mesh.corners[:, 0] - self.view.centre)
        safe = np.where(np.abs(self._offset) > 1e-30, self._offset, np.inf)
        self._plane = (mesh.normals @ inverse) / safe[:, None]  # (T, 3)

    def _unhidden(
        self, pixels: NDArray[np.float64], inverse: NDArray[np.float64], triangle: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Whether nothing lies in front of points (K,) at the four pixel centres around each."""
        height, width = self._inverse.shape
        place = pixels * self._scale
        corner = np.floor(place - 0.5).astype(np.intp)
        plane = self._plane[triangle, :2] / self._scale
        away = self._offset[triangle] > 0
        tolerance = np.where(away, STRICT, RELATIVE + FOOTPRINT * self._pixel)
        free = np.ones(len(pixels), bool)
        for across, down in product((0, 1), (0, 1)):
            column, row = corner[:, 0] + across, corner[:, 1] + down
            step = np.stack([column + 0.5, row + 0.5], 1) - place
            expected = np.clip(inverse + (plane * step).sum(1), 0.5 * inverse, 2 * inverse)
            nearest = self._inverse[row.clip(0, height - 1), column.clip(0, width - 1)]
            free &= nearest <= expected * (1 + tolerance)
        return free

    def _farthest(self, pixels: NDArray[np.float64]) -> NDArray[np.float32]:
        """Depth (K,) beyond which the photo shows something else: 0 outside an object's silhouette, and not
        far behind layer 0, where that counts.

        Both are asked at the four grid pixels around each place: photos blend with the background at edges.
        """
        stack = self.view.stack
        is_object = stack.info.mode == "object"
        farthest = np.full(len(pixels), np.inf, np.float32)
        if not is_object and not self._use_layer:
            return farthest
        width, height = stack.size
        corner = np.floor(self.view.to_grid(pixels) - 0.5).astype(np.intp)
        for across, down in product((0, 1), (0, 1)):
            column, row = corner[:, 0] + across, corner[:, 1] + down
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            column, row = column.clip(0, width - 1), row.clip(0, height - 1)
            there = stack.mask[0][row, column] & inside
            if is_object:
                farthest[~there] = 0
            if self._use_layer:
                front = stack.xyz[0, ..., 2][row, column] / (1 - LAYER)
                farthest = np.where(there, np.minimum(farthest, front), farthest)
        return farthest

    def _distance_from_edges(self) -> NDArray[np.float32]:
        """0 to 1 for each pixel of the buffer: how far it is from the frame and from what hides things."""
        inverse = self._inverse
        nearest = cv2.dilate(inverse, np.ones((3, 3), np.uint8))
        hidden = (inverse > 0) & (nearest > inverse * (1 + JUMP))
        free = np.pad((~hidden).astype(np.uint8), 1)
        distance = cv2.distanceTransform(free, cv2.DIST_L2, 3)[1:-1, 1:-1]
        return np.clip(distance / FEATHER, 0.02, 1.0)

    def _cell(self, pixels: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        height, width = self._inverse.shape
        place = (pixels * self._scale).astype(np.intp)
        return place[:, 1].clip(0, height - 1), place[:, 0].clip(0, width - 1)


def _cut(corners: NDArray[np.float64], near: float) -> NDArray[np.float64]:
    """Triangles (T, 3, 3) with w in the last place, cut so that all corners have w ≥ ``near``."""
    behind = corners[..., 2] < near
    count = behind.sum(1)
    whole = corners[count == 0]
    pieces = [whole]
    for number in (1, 2):  # corners behind: turned so that the odd one comes first
        some = corners[count == number]
        odd = behind[count == number] == (number == 1)
        order = (odd.argmax(1)[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(some, order[..., None], 1).transpose(1, 0, 2)
        ab, ac = _crossing(a, b, near), _crossing(a, c, near)
        if number == 1:  # a is behind: a quad b c ac ab is left
            pieces += [np.stack([ab, b, c], 1), np.stack([ab, c, ac], 1)]
        else:  # only a is in front
            pieces.append(np.stack([a, ab, ac], 1))
    return np.concatenate(pieces)


def _crossing(a: NDArray[np.float64], b: NDArray[np.float64], near: float) -> NDArray[np.float64]:
    """Where edges a–b (N, 3) cross w = ``near``."""
    share = (near - a[:, 2]) / (b[:, 2] - a[:, 2])
    point = a + share[:, None] * (b - a)
    point[:, 2] = near
    return point


def _smooth(value: NDArray[np.floating]) -> NDArray[np.floating]:
    """0 below 0, 1 above 1, a smooth step between."""
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)
