"""Pixels without a colour of their own repeat the nearest one that has."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def pad(picture: NDArray[Any], filled: NDArray[np.bool_]) -> NDArray[Any]:
    """Fill ``picture`` (H, W, C), in place, where ``filled`` (H, W) is false: filters take in neighbours."""
    if not filled.any() or filled.all():
        return picture
    _, labels = cv2.distanceTransformWithLabels(
        (~filled).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(int(labels.max()) + 1, np.intp)
    source[labels[filled]] = np.flatnonzero(filled)
    empty = ~filled
    picture[empty] = picture.reshape(-1, picture.shape[-1])[source[labels[empty]]]
    return picture
