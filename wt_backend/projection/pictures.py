"""An 8-bit texture as a file, written whole or not at all."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.job import whole_file


def write_png(picture: NDArray[np.uint8], path: str) -> None:
    """Write sRGB (H, W, 3) or grey (H, W)."""
    swapped = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    with whole_file(path) as part:
        part.write_bytes(bytes(cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1]))
