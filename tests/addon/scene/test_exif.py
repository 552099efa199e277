"""Focal lengths out of real EXIF blocks, and nothing out of anything else."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from blender_addon.scene.exif import focal_in_pixels


def exif_block(order: str, focal_35: int | None) -> bytes:
    """A TIFF header with an EXIF directory that holds FocalLength and, if given, FocalLengthIn35mmFilm."""
    mark = b"II" if order == "<" else b"MM"
    entries = [struct.pack(order + "HHII", 0x920A, 5, 1, 80)]
    if focal_35 is not None:
        entries.append(struct.pack(order + "HHIHH", 0xA405, 3, 1, focal_35, 0))
    main = struct.pack(order + "H", 1) + struct.pack(order + "HHII", 0x8769, 4, 1, 26) + bytes(4)
    sub = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    data = mark + struct.pack(order + "HI", 42, 8) + main
    return (data + sub).ljust(80, b"\0") + struct.pack(order + "II", 43, 10)


def jpeg(path: Path, block: bytes) -> Path:
    """A real JPEG with an APP1 segment."""
    plain = cv2.imencode(".jpg", np.zeros((8, 12, 3), np.uint8))[1].tobytes()
    segment = b"Exif\0\0" + block
    path.write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + plain[2:])
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_equivalent_focal_length_counts_by_the_diagonal(tmp_path: Path, order: str) -> None:
    path = jpeg(tmp_path / "photo.jpg", exif_block(order, 28))
    assert cv2.imread(str(path)) is not None
    focal = focal_in_pixels(path, 3000, 2000)
    assert focal == pytest.approx(28 / 36 * 3000, rel=1e-6)  # a 3:2 frame like film
    assert focal_in_pixels(path, 3000, 3000) == pytest.approx(
        28 / math.hypot(36, 24) * math.hypot(3000, 3000)
    )


def test_a_tiff_file_may_have_its_directories_behind_the_pixels(tmp_path: Path) -> None:
    """As LibTIFF writes them."""
    path = tmp_path / "photo.tif"
    spec = oiio.ImageSpec(600, 400, 3, "uint8")
    spec.attribute("Exif:FocalLengthIn35mmFilm", 28)
    file = oiio.ImageOutput.create(str(path))
    assert file.open(str(path), spec)
    assert file.write_image(np.zeros((400, 600, 3), np.uint8)) and file.close()
    assert focal_in_pixels(path, 600, 400) == pytest.approx(28 / 36 * 600, rel=1e-6)


def test_without_the_equivalent_nothing_is_guessed(tmp_path: Path) -> None:
    assert focal_in_pixels(jpeg(tmp_path / "photo.jpg", exif_block("<", None)), 30, 20) is None
    assert focal_in_pixels(jpeg(tmp_path / "zero.jpg", exif_block("<", 0)), 30, 20) is None


def test_other_files_tell_nothing(tmp_path: Path) -> None:
    block = exif_block("<", 28)
    for name, data in (
        ("empty.jpg", b""),
        ("text.jpg", b"hello"),
        ("cut.jpg", b"\xff\xd8\xff\xe1\0\x10Exif\0\0II"),
        ("torn.jpg", b"\xff\xd8Exif\0\0" + block[:30]),
        ("picture.png", cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()),
    ):
        (tmp_path / name).write_bytes(data)
        assert focal_in_pixels(tmp_path / name, 30, 20) is None
    assert focal_in_pixels(tmp_path / "missing.jpg", 30, 20) is None
