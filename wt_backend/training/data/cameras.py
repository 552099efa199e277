"""Pinhole cameras: look at a subject, frame it the way the pipeline crops it, or frame a whole scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Camera:
    """Rotation rows are the camera axes (X right, Y down, Z forward) in the world; intrinsics in pixels."""

    position: NDArray[np.float64]  # (3,)
    rotation: NDArray[np.float64]  # (3, 3) world → camera
    intrinsics: NDArray[np.float64]  # (3, 3)

    def to_camera(self, points: NDArray) -> NDArray[np.float64]:
        """World points (N, 3) in camera space."""
        return (points - self.position) @ self.rotation.T

    def rays(self, rows: NDArray, columns: NDArray) -> NDArray[np.float32]:
        """World directions (N, 3) through pixel centres; length such that distance equals camera-space Z."""
        k = self.intrinsics
        x = (columns + 0.5 - k[0, 2]) / k[0, 0]
        y = (rows + 0.5 - k[1, 2]) / k[1, 1]
        return (np.stack([x, y, np.ones_like(x)], axis=-1) @ self.rotation).astype(np.float32)


def look_at(position: NDArray, target: NDArray, roll: float = 0.0) -> NDArray[np.float64]:
    """(3, 3) world → camera rotation; world Z is up, `roll` in radians."""
    forward = target - position
    forward = forward / np.linalg.norm(forward)
    up = np.array([0.0, 0.0, 1.0])
    right = np.cross(forward, up)
    if np.linalg.norm(right) < 1e-6:
        right = np.array([1.0, 0.0, 0.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * right + s * down, -s * right + c * down, forward])


def direction(azimuth: float, elevation: float) -> NDArray[np.float64]:
    """Unit vector at an azimuth and elevation in radians."""
    return np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
    )


def frame_object(
    rng: np.random.Generator, vertices: NDArray, size: int, elevation: float | None = None
) -> Camera:
    """A camera round a subject, cropped to a square about it as the pipeline does.

    The subject sits somewhere in a photograph of 20–75° field of view; the crop's principal point is
    therefore off centre. Its longest side fills 0.55–0.95 of the crop, mostly 0.66–0.82.
    """
    low, high = vertices.min(0), vertices.max(0)
    centre = (low + high) / 2
    radius = np.linalg.norm(vertices - centre, axis=1).max()
    fov = np.radians(np.clip(rng.normal(42, 12), 20, 75))
    if elevation is None:
        elevation = np.radians(np.clip(rng.normal(20, 17), -25, 80))
    fill = rng.uniform(0.45, 0.95)  # how much of the photograph the subject's sphere takes
    distance = radius / np.sin(fov / 2 * fill)
    azimuth = rng.normal(0, 0.9) if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)  # fronts are at +X
    position = centre + distance * direction(azimuth, elevation)
    aside = rng.normal(0, 0.25, 3) * (1 - fill) * distance * np.tan(fov / 2)
    roll = rng.normal(0, np.radians(4)) if rng.random() < 0.4 else 0.0
    rotation = look_at(position, centre + aside, roll)
    seen = (vertices - position) @ rotation.T
    plane = seen[:, :2] / seen[:, 2:]
    left_top, right_bottom = plane.min(0), plane.max(0)
    share = rng.uniform(0.66, 0.82) if rng.random() < 0.7 else rng.uniform(0.55, 0.95)
    focal = share * size / (right_bottom - left_top).max()
    slack = (1 - share) * size / 2
    shift = rng.normal(0, 0.12, 2) if rng.random() < 0.7 else rng.uniform(-0.8, 0.8, 2)
    principal = size / 2 - focal * (left_top + right_bottom) / 2 + np.clip(shift, -0.9, 0.9) * slack
    intrinsics = np.array([[focal, 0, principal[0]], [0, focal, principal[1]], [0, 0, 1.0]])
    return Camera(position, rotation, intrinsics)


def frame_scene(
    position: NDArray, target: NDArray, fov: float, size: int, roll: float, stretch: float
) -> Camera:
    """A whole-frame camera; `stretch` ≠ 1 is a wide or tall photograph squeezed into the square."""
    focal = size / 2 / np.tan(fov / 2)
    intrinsics = np.array([[focal, 0, size / 2], [0, focal * stretch, size / 2], [0, 0, 1.0]])
    return Camera(np.asarray(position, np.float64), look_at(position, target, roll), intrinsics)
