"""The floor of a traced scene: the plane that holds most of what is seen, nothing below. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRIALS = 400
SAMPLE = 20_000  # points looked at
NEAR = 0.01  # distance from the plane, relative to a point's depth, that still belongs to it
MOST_BELOW = 0.02  # share of points that may lie under a floor: noise
LEAST_SHARE = 0.05  # of all points; a smaller plane is no floor
MOST_TILT = np.radians(60.0)  # between the floor's normal and the camera's up


@dataclass(frozen=True)
class Plane:
    """``normal · p + offset = 0`` in Blender camera-local space; the normal (3,) points up, to the camera."""

    normal: NDArray[np.float64]
    offset: float  # distance of the camera from the plane, positive
    share: float  # of the points, that lie on it


def fit_plane(points: NDArray[np.floating], seed: int = 0) -> Plane | None:
    """The floor under points (N, 3) of Blender camera-local space, None where there is none.

    Random sample consensus (Fischler & Bolles 1981) among planes that face up and have nothing below, then
    least squares on what lies on the best.
    """
    random = np.random.default_rng(seed)
    if len(points) < 3:
        return None
    chosen = random.choice(len(points), min(SAMPLE, len(points)), replace=False)
    sample = np.asarray(points, np.float64)[chosen]
    tolerance = NEAR * np.abs(sample[:, 2])
    best: tuple[int, NDArray[np.bool_]] | None = None
    for corners in random.integers(0, len(sample), (TRIALS, 3)):
        plane = _through(sample[corners])
        if plane is None:
            continue
        height = sample @ plane[0] + plane[1]
        on = np.abs(height) < tolerance
        count = int(on.sum())
        if best is not None and count <= best[0]:
            continue
        if (height < -3 * tolerance).mean() <= MOST_BELOW:
            best = count, on
    if best is None or best[0] < LEAST_SHARE * len(sample):
        return None
    normal, offset = _least_squares(sample[best[1]])
    return Plane(normal, offset, best[0] / len(sample))


def plane_through(points: NDArray[np.floating]) -> Plane | None:
    """The plane through points that someone says are floor; None if they do not span one under the camera."""
    if len(points) < 3:
        return None
    normal, offset = _least_squares(np.asarray(points, np.float64))
    spread = np.linalg.svd(points - points.mean(0), compute_uv=False)
    if spread[1] < 1e-6 * max(spread[0], 1e-30) or offset <= 0:
        return None
    return Plane(normal, offset, 1.0)


def upright(plane: Plane) -> NDArray[np.float64]:
    """Rotation (3, 3) from camera-local space to the world: the floor level, the camera looking along +Y."""
    forward = np.array([0.0, 0.0, -1.0])
    ahead = forward - (forward @ plane.normal) * plane.normal
    if np.linalg.norm(ahead) < 1e-6:  # the camera looks straight down: what is up in the photo lies ahead
        ahead = np.array([0.0, 1.0, 0.0]) - plane.normal[1] * plane.normal
    ahead /= np.linalg.norm(ahead)
    return np.stack([np.cross(ahead, plane.normal), ahead, plane.normal])


def _through(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], float] | None:
    """Normal and offset of the plane through three points, if it can be a floor."""
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    length = np.linalg.norm(normal)
    if length < 1e-12:
        return None
    normal = normal / length
    offset = float(-normal @ corners[0])
    if offset < 0:
        normal, offset = -normal, -offset
    return (normal, offset) if normal[1] > np.cos(MOST_TILT) else None


def _least_squares(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    centre = points.mean(0)
    normal = np.linalg.eigh(np.cov((points - centre).T))[1][:, 0]
    offset = float(-normal @ centre)
    return (normal, offset) if offset >= 0 else (-normal, -offset)
