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

_KEY = b"World Tracing\0"  # of a PNG's text chunk; a program that saves the picture anew may keep it
_HEADER = 33  # bytes of signature and IHDR, which come first


def encode(rgb: NDArray[np.uint8]) -> bytes:
    """A PNG of a picture (H, W, 3) with a fingerprint of its pixels."""
    png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    text = b"tEXt" + _KEY + _fingerprint(rgb)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return png[:_HEADER] + chunk + png[_HEADER:]


def keep_painted(path: Path) -> Path | None:
    """Give a file that has other pixels than we gave it another name, so that its place is free; return that.

    Raises
    ------
    OSError
    """
    if not path.is_file() or _is_as_made(path.read_bytes()):
        return None
    names = (f"{path.stem} (painted{number}){path.suffix}" for number in ("", *range(2, 1000)))
    kept = next(place for place in map(path.with_name, names) if not place.exists())
    return path.rename(kept)


def _is_as_made(data: bytes) -> bool:
    told = re.search(re.escape(_KEY) + rb"([0-9a-f]{64})", data)
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if told else None
    return (
        told is not None and bgr is not None and told[1] == _fingerprint(np.asarray(bgr, np.uint8)[..., ::-1])
    )


def _fingerprint(rgb: NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(str(rgb.shape).encode() + np.ascontiguousarray(rgb).tobytes()).hexdigest().encode()
