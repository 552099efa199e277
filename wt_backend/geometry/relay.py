"""The same depths seen by another camera: points moved onto the rays of known intrinsics. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import points_on_rays
from wt_backend.stack import LayerStack


def with_intrinsics(stack: LayerStack, intrinsics: NDArray[np.float64]) -> LayerStack:
    """A stack in memory whose points keep their z, on the rays of ``intrinsics`` (3, 3) in grid pixels."""
    xyz = np.where(stack.mask[0][..., None], points_on_rays(stack.xyz, intrinsics), 0)
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
