"""The Blender camera that took the photo: intrinsics of the original → focal length, shift, pixel aspect.

Pure numpy. Image coordinates are continuous: pixel i spans [i, i + 1), x to the right, y DOWN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SENSOR_WIDTH = 36.0  # mm; a full frame, so that the focal length reads like a photographer's


class CameraMatchError(ValueError):
    """The stack's camera cannot be expressed as a Blender camera; the message says why and what to do."""


@dataclass(frozen=True)
class CameraMatch:
    """Settings of a Blender perspective camera (sensor fit HORIZONTAL) and of its render."""

    focal_length: float  # mm, for SENSOR_WIDTH
    shift_x: float
    shift_y: float
    pixel_aspect_x: float
    pixel_aspect_y: float
    resolution: tuple[int, int]  # (width, height) of the original image
    roll: float  # radians about the camera's local z axis; not 0 only where the image is stored rotated
    mirrored: bool  # the image is stored mirrored: the camera's local x axis runs the other way


def image_intrinsics(
    intrinsics: NDArray[np.float64], grid_to_image: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Carry the grid's (3, 3) intrinsics over to pixels of the original image through the (2, 3) affine."""
    affine = np.vstack([grid_to_image, [0.0, 0.0, 1.0]])
    return np.asarray(affine @ intrinsics, np.float64)


def match_camera(
    intrinsics: NDArray[np.float64], grid_to_image: NDArray[np.float64], image_size: tuple[int, int]
) -> CameraMatch:
    """Find the Blender camera whose render of `image_size` covers the original image pixel for pixel.

    Parameters
    ----------
    intrinsics : (3, 3) array, pixels of the grid.
    grid_to_image : (2, 3) array, affine from grid to original image, both continuous and y down.
    image_size : (width, height) of the original image in pixels.

    Raises
    ------
    CameraMatchError
        If the map shears, which no Blender camera can do, or the focal length is not positive.
    """
    mirrored, k = _split_mirror(image_intrinsics(intrinsics, grid_to_image))
    roll, k = _split_roll(k)
    fx, fy, cx, cy = k[0, 0], k[1, 1], k[0, 2], k[1, 2]
    width, height = image_size
    aspect = fy / fx  # a pixel's width over its height, seen from the camera
    pixel_aspect_x, pixel_aspect_y = (aspect, 1.0) if aspect >= 1.0 else (1.0, 1.0 / aspect)
    return CameraMatch(
        focal_length=fx / width * SENSOR_WIDTH,
        shift_x=0.5 - cx / width,
        shift_y=(cy - height / 2.0) / (width * aspect),
        pixel_aspect_x=pixel_aspect_x,
        pixel_aspect_y=pixel_aspect_y,
        resolution=(int(width), int(height)),
        roll=roll,
        mirrored=mirrored,
    )


def _split_mirror(k: NDArray[np.float64]) -> tuple[bool, NDArray[np.float64]]:
    """Write K as K' @ M with K' unmirrored and M the mirroring of camera x; return (whether it is, K')."""
    linear = k[:2, :2]
    if not np.isfinite(k).all() or abs(np.linalg.det(linear)) < 1e-12:
        raise CameraMatchError(
            "The stack's camera is not usable: its focal length is not a positive number. Trace again."
        )
    mirrored = bool(np.linalg.det(linear) < 0.0)
    return mirrored, k @ np.diag([-1.0, 1.0, 1.0]) if mirrored else k


def _split_roll(k: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Write K as K' @ R with K' upright and R a quarter-turn roll; return (roll about Blender's +z, K')."""
    linear = k[:2, :2]
    turns = round(math.atan2(linear[1, 0], linear[0, 0]) / (math.pi / 2)) % 4
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[turns]
    rotation = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])  # y down: grid → image turn
    upright = k @ rotation.T
    if max(abs(upright[0, 1]), abs(upright[1, 0])) > 1e-4 * upright[0, 0]:
        raise CameraMatchError("The map from the stack's grid to the image shears, which no camera can do.")
    return turns * math.pi / 2, upright
