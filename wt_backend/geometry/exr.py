"""OpenEXR files, written whole or not at all."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from wt_backend.geometry.job import whole_file
from wt_backend.output import output_error


def write_exr(picture: NDArray[Any], path: str | Path, names: Sequence[str] = ()) -> None:
    """Write channels losslessly compressed: float16 as half, float32 as float.

    Parameters
    ----------
    picture : (H, W, C), or (H, W) for one value a pixel
    path
    names : of the channels, where they are not those of grey or colour

    Raises
    ------
    BackendError
        kind "bad_output" or "disk_full"; an older file at `path` is untouched.
    """
    path = Path(path)
    picture = np.ascontiguousarray(np.atleast_3d(picture))  # OpenImageIO takes two axes for something else
    height, width, channels = picture.shape
    spec = oiio.ImageSpec(width, height, channels, "half" if picture.dtype == np.float16 else "float")
    if names:
        spec.channelnames = tuple(names)
    spec.attribute("compression", "zip")
    with whole_file(path) as part:
        file = oiio.ImageOutput.create("exr")
        written = file.open(str(part), spec) and file.write_image(picture) and file.close()
        if not written or not _ends_whole(part, height):
            full = shutil.disk_usage(path.parent).free < picture.nbytes  # nobody tells errors apart
            reason = file.geterror() or "it could not be read again"
            raise output_error(path, OSError(errno.ENOSPC if full else 0, reason))


def _ends_whole(path: Path, height: int) -> bool:
    """Whether the last row, which is written last, is there: nobody says so if its bytes find no room."""
    source = oiio.ImageInput.open(str(path))
    if source is None:
        return False
    whole = source.read_scanlines(height - 1, height, 0, 0, source.spec().nchannels) is not None
    source.close()
    return whole
