"""What keeps neighbouring frames together: one scale, and pixels that stand still stay where they are.

An image model guesses the size of the world anew in every frame. The camera of a shot is fixed elsewhere and
the noise is the same in every frame; what is left is a common factor, estimated here on the seen layer with a
median that a moving subject cannot pull, and noise, which is averaged where the picture does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.existence import existing_layers

STILL = 12.0  # grey levels of 255, blurred: a pixel that differs less shows the same thing
MIN_STILL = 64  # pixels; fewer say nothing about the scale, then all pixels of the silhouette count
KEEP = 0.9  # of the correction that a frame hands on: slow changes of size are real, fast ones are not
MAX_STEP = 0.25  # log scale; a larger jump between neighbours is a cut in the footage
BLEND = 0.3  # share of the new frame where a pixel stands still
FADE = 4.0  # pixels over which averaging sets in: a sharp edge would be a step in the surface, and tear it
SAME_DEPTH = 0.1  # relative; beyond it something else is there


@dataclass(frozen=True, eq=False)
class Before:
    """The frame before, as it was written: what the next one is aligned with.

    Attributes
    ----------
    xyz : (L, H, W, 3)
    mask : (L, H, W) bool
    rgb : (H, W, 3) uint8
    log_scale : float
        Correction that was applied to it.
    """

    xyz: NDArray[np.float32]
    mask: NDArray[np.bool_]
    rgb: NDArray[np.uint8]
    log_scale: float


def still_pixels(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels (H, W) whose surroundings look the same in two pictures (H, W, 3)."""
    difference = cv2.absdiff(cv2.GaussianBlur(one, (0, 0), 1.0), cv2.GaussianBlur(other, (0, 0), 1.0))
    return np.asarray(difference.max(axis=-1) < STILL)


def align_scale(
    xyz: NDArray[np.float32], silhouette: NDArray[np.bool_], rgb: NDArray[np.uint8], before: Before
) -> float:
    """Logarithm of the factor that brings a frame to the size of the one before.

    The median over still pixels of the seen layer (all pixels, where nothing stands still) of the logarithm
    of the depth ratio to the written frame before, handed on with a slight leak, so that real changes of
    distance come through and jumps do not. At a cut the frame's own size is taken.

    Parameters
    ----------
    xyz : (L, H, W, 3) raw points of the frame.
    silhouette : (H, W) bool
    rgb : (H, W, 3) uint8
    """
    both = silhouette & before.mask[0] & (xyz[0, ..., 2] > 0) & (before.xyz[0, ..., 2] > 0)
    still = both & still_pixels(rgb, before.rgb)
    use = still if np.count_nonzero(still) >= MIN_STILL else both
    if np.count_nonzero(use) < MIN_STILL:
        return 0.0
    wanted = float(np.median(np.log(before.xyz[0, ..., 2][use] / xyz[0, ..., 2][use])))
    if abs(wanted - before.log_scale) > MAX_STEP:
        return 0.0
    return KEEP * wanted


def smooth(
    xyz: NDArray[np.float32],
    mask: NDArray[np.bool_],
    rgb: NDArray[np.uint8],
    before: Before,
    tolerance: float,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Average a frame with the one before, where the picture stands still and the depth agrees.

    Parameters
    ----------
    xyz : (L, H, W, 3) aligned.
    mask : (L, H, W) bool
    rgb : (H, W, 3) uint8
    tolerance : of existence, relative depth (`existence.existing_layers`).

    Returns
    -------
    The points, and which of the layers are still there: what was none stays none, though it is not averaged
    and may come to lie behind what is.
    """
    still = still_pixels(rgb, before.rgb)  # (H, W)
    depth, past = xyz[..., 2], before.xyz[..., 2]
    same = still & mask & before.mask & (np.abs(depth - past) < SAME_DEPTH * depth)  # (L, H, W)
    same = np.logical_and.accumulate(same, axis=0)  # a layer behind one that differs is not averaged either
    inside = np.stack([cv2.distanceTransform(layer.astype(np.uint8), cv2.DIST_L2, 3) for layer in same])
    past_share = (1 - BLEND) * np.minimum(inside / np.float32(FADE), 1)[..., None]  # (L, H, W, 1)
    averaged = np.asarray((1 - past_share) * xyz + past_share * before.xyz, np.float32)
    return averaged, mask & existing_layers(averaged, mask[0], tolerance)
