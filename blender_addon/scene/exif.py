"""The focal length that a camera wrote into a JPEG or TIFF file (EXIF 2.32, TIFF 6.0). No library needed."""

from __future__ import annotations

import math
import struct
from pathlib import Path

_EXIF, _FOCAL, _FOCAL_35 = 0x8769, 0x920A, 0xA405
_DIAGONAL_35 = math.hypot(36.0, 24.0)  # mm; the standard compares diagonals
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}  # bytes of a value by TIFF type
_HEAD = 1 << 18  # EXIF lies at the start of a file


def focal_in_pixels(path: Path, width: int, height: int) -> float | None:
    """Focal length in pixels of an image of ``width`` × ``height``, None where the file does not tell.

    Only the equivalent for 35 mm film says how large the sensor is; a bare focal length in mm does not.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        tags = _tags(head)
    except (OSError, struct.error, KeyError):
        return None
    equivalent = tags.get(_FOCAL_35, 0.0)
    return equivalent / _DIAGONAL_35 * math.hypot(width, height) if equivalent > 0 else None


def _tags(head: bytes) -> dict[int, float]:
    """Numbers of the EXIF directory."""
    if head[:2] == b"\xff\xd8":
        start = head.find(b"Exif\0\0")
        if start < 0:
            return {}
        head = head[start + 6 :]
    order = {b"II": "<", b"MM": ">"}[head[:2]]
    first = struct.unpack_from(order + "I", head, 4)[0]
    pointer = _directory(head, first, order).get(_EXIF)
    return _directory(head, int(pointer), order) if pointer else {}


def _directory(data: bytes, offset: int, order: str) -> dict[int, float]:
    """First number of each tag of a TIFF directory."""
    values: dict[int, float] = {}
    for entry in range(struct.unpack_from(order + "H", data, offset)[0]):
        place = offset + 2 + 12 * entry
        tag, kind, count = struct.unpack_from(order + "HHI", data, place)
        size = _SIZES.get(kind, 0) * count
        at = place + 8 if size <= 4 else struct.unpack_from(order + "I", data, place + 8)[0]
        if kind in (3, 4) and count:
            values[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at)[0]
        elif kind == 5 and count:
            above, below = struct.unpack_from(order + "II", data, at)
            values[tag] = above / below if below else 0.0
    return values
