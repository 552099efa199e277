"""A trace seen by another camera: points moved onto the rays of known intrinsics. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import MIN_DEPTH, points_on_rays
from wt_backend.stack import LayerStack


def with_intrinsics(stack: LayerStack, intrinsics: NDArray[np.float64]) -> LayerStack:
    """A stack in memory whose points lie on the rays of ``intrinsics`` (3, 3) in grid pixels.

    A longer lens sees the same thing from farther away, so its relief is a smaller share of the distance:
    depths are scaled about the median of layer 0, in logarithms, by old over new focal length. Kept as they
    are they would stretch things towards the camera by that ratio. (Validation views with their true camera,
    F@.05: objects .476, with depths kept .442; scenes .616 and .604.)
    """
    ratio = np.sqrt(stack.intrinsics[0, 0] * stack.intrinsics[1, 1] / (intrinsics[0, 0] * intrinsics[1, 1]))
    depth = stack.xyz[..., 2].astype(np.float64)
    median = np.median(depth[0][stack.mask[0]]) if stack.mask[0].any() else 1.0
    seen = depth > MIN_DEPTH  # depth-filled pixels outside of the mask too
    scaled = np.where(seen, median * (np.maximum(depth, MIN_DEPTH) / median) ** ratio, depth)
    xyz = stack.xyz.copy()
    xyz[..., 2] = scaled
    xyz = np.where(stack.mask[0][..., None], points_on_rays(xyz, intrinsics), 0)
    return replace(stack, xyz=xyz.astype(np.float32), intrinsics=np.array(intrinsics, np.float64))


def scaled_focal(stack: LayerStack, focal: float) -> NDArray[np.float64]:
    """The stack's intrinsics (3, 3) with another focal length, in pixels of the original image's width.

    The principal point stays. Pixels become square in the original image, which is what lenses make.
    """
    affine = np.vstack([stack.grid_to_image, [0, 0, 1]])
    image = affine @ stack.intrinsics
    turn = image[:2, :2] / np.linalg.norm(image[:2, :2], axis=1, keepdims=True)  # upright, or a quarter turn
    image[:2, :2] = focal * np.round(turn)
    return np.linalg.inv(affine) @ image
