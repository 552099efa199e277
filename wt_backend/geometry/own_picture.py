"""Pictures that say what they were made as, so that one which somebody painted on is not written over."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.protocol import BackendError

_KEY = b"World Tracing\0"  # of a PNG's text chunk; a program that saves the picture anew may keep it
_HEADER = 33  # bytes of signature and IHDR, which come first


def encode(rgb: NDArray[np.uint8]) -> bytes:
    """A PNG of a picture (H, W, 3) with a fingerprint of its pixels."""
    png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    text = b"tEXt" + _KEY + _fingerprint(rgb)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return png[:_HEADER] + chunk + png[_HEADER:]


def check_as_made(path: Path) -> None:
    """Whether a file may be written over: there is none, or it is a picture with the pixels that we gave it.

    Raises
    ------
    BackendError
        kind "bad_output": somebody has changed it.
    """
    if not path.is_file():
        return
    data = path.read_bytes()
    told = re.search(re.escape(_KEY) + rb"([0-9a-f]{64})", data)
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if told else None
    if told is None or bgr is None or told[1] != _fingerprint(np.asarray(bgr, np.uint8)[..., ::-1]):
        raise BackendError(
            "bad_output",
            f"{path} was painted on, or not made by Fill Hidden Colour; that would replace it.",
            "Rename or delete that file, then press Fill Hidden Colour again.",
        )


def _fingerprint(rgb: NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(str(rgb.shape).encode() + np.ascontiguousarray(rgb).tobytes()).hexdigest().encode()
