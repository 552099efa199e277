"""An image and its mirror image, traced together: a small model errs differently on them, less on average.

What it costs is twice the time; what it brings stands in docs/default_model.md.
"""

from __future__ import annotations

import torch
from torch import Tensor


def with_mirror_image(images: Tensor) -> Tensor:
    """(1, ..., W) → (2, ..., W): as it is, and with left and right exchanged."""
    return torch.cat([images, images.flip(-1)])


def mean_of_views(points: Tensor) -> Tensor:
    """Points of an image, or of it and its mirror image, as one.

    Parameters
    ----------
    points : (V, L, H, W, 3)
        V is 1, or 2 in the order of `with_mirror_image`; +X right.

    Returns
    -------
    (L, H, W, 3), in the image's own order of pixels.
    """
    if len(points) == 1:
        return points[0]
    back = points[1].flip(-2) * points.new_tensor([-1.0, 1.0, 1.0])
    return (points[0] + back) / 2
