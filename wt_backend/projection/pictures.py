"""Textures as files, each written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from wt_backend.geometry.job import whole_file
from wt_backend.output import output_error


def write_png(picture: NDArray[np.uint8], path: str) -> None:
    """Write sRGB (H, W, 3) or grey (H, W)."""
    swapped = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    with whole_file(path) as part:
        part.write_bytes(bytes(cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1]))


def write_exr(picture: NDArray[Any], path: str) -> None:
    """Write linear light (H, W, 3) or one value a pixel (H, W): float16 as half, float32 as float."""
    picture = np.ascontiguousarray(np.atleast_3d(picture))  # OpenImageIO takes two axes for something else
    height, width, channels = picture.shape
    spec = oiio.ImageSpec(width, height, channels, "half" if picture.dtype == np.float16 else "float")
    spec.attribute("compression", "zip")
    with whole_file(path) as part:
        out = oiio.ImageOutput.create(str(part))
        if out is None or not out.open(str(part), spec) or not out.write_image(picture):
            raise output_error(Path(path), OSError(oiio.geterror() or "cannot be written"))
        out.close()
