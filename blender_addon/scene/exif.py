"""The focal length that a camera wrote into a JPEG or TIFF file (EXIF 2.32, TIFF 6.0). No library needed."""

from __future__ import annotations

import math
import mmap
import struct
from pathlib import Path

_EXIF, _FOCAL, _FOCAL_35 = 0x8769, 0x920A, 0xA405
_DIAGONAL_35 = math.hypot(36.0, 24.0)  # mm; the standard compares diagonals
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 13: 4}  # bytes of a value by TIFF type
_HEAD = 1 << 18  # of a JPEG, where EXIF lies; of a TIFF file it may lie behind the pixels

Bytes = bytes | mmap.mmap


def focal_in_pixels(path: Path, width: int, height: int) -> float | None:
    """Focal length in pixels of an image of ``width`` × ``height``, None where the file does not tell.

    Only the equivalent for 35 mm film says how large the sensor is; a bare focal length in mm does not.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            tags = _tags(data)
    except (OSError, ValueError, struct.error, KeyError):  # an empty file cannot be mapped
        return None
    equivalent = tags.get(_FOCAL_35, 0.0)
    return equivalent / _DIAGONAL_35 * math.hypot(width, height) if equivalent > 0 else None


def _tags(data: Bytes) -> dict[int, float]:
    """Numbers of the EXIF directory."""
    if data[:2] == b"\xff\xd8":
        start = data.find(b"Exif\0\0", 0, _HEAD)
        if start < 0:
            return {}
        data = data[start + 6 : start + _HEAD]
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    first = struct.unpack_from(order + "I", data, 4)[0]
    pointer = _directory(data, first, order).get(_EXIF)
    return _directory(data, int(pointer), order) if pointer else {}


def _directory(data: Bytes, offset: int, order: str) -> dict[int, float]:
    """First number of each tag of a TIFF directory."""
    values: dict[int, float] = {}
    for entry in range(struct.unpack_from(order + "H", data, offset)[0]):
        place = offset + 2 + 12 * entry
        tag, kind, count = struct.unpack_from(order + "HHI", data, place)
        size = _SIZES.get(kind, 0) * count
        at = place + 8 if size <= 4 else struct.unpack_from(order + "I", data, place + 8)[0]
        if kind in (3, 4, 13) and count:
            values[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at)[0]
        elif kind == 5 and count:
            above, below = struct.unpack_from(order + "II", data, at)
            values[tag] = above / below if below else 0.0
    return values
