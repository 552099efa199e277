"""Every kind of photograph becomes the same pixels, and bad files are told as a sentence."""

from __future__ import annotations

import errno
import os
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests import analytic_stacks as shapes
from wt_backend.camera import apply_affine
from wt_backend.images import (
    MAX_SIDE,
    MIN_SIDE,
    colour_channels,
    orientation_affine,
    read_image,
    srgb_from_linear,
    upright,
)
from wt_backend.projection.view import load_view
from wt_backend.protocol import BackendError

H, W = 40, 60
OPEN = oiio.ImageInput.open


@pytest.fixture
def rgb() -> NDArray[np.uint8]:
    y, x = np.mgrid[:H, :W]
    return np.stack([x * 4, y * 6, (x + y) * 2], -1).astype(np.uint8)


@pytest.fixture
def alpha() -> NDArray[np.uint8]:
    y, x = np.mgrid[:H, :W]
    return np.where((x - 30) ** 2 + (y - 20) ** 2 < 200, 255, 0).astype(np.uint8)


def linear(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    value = rgb / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def write_exr(path: Path, pixels: NDArray[np.float32], names: tuple[str, ...], kind: str = "float") -> None:
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], kind)
    spec.channelnames = names
    buffer = oiio.ImageBuf(spec)
    buffer.set_pixels(oiio.ROI(), pixels)
    assert buffer.write(str(path))


class Counted:
    """An image file that tells how many of its channels were read."""

    def __init__(self, read: list[int], *given: Any) -> None:
        self._read, self._source = read, OPEN(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read_image(self, part: int, level: int, first: int, end: int, kind: Any) -> Any:
        self._read.append(end - first)
        return self._source.read_image(part, level, first, end, kind)


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.png", {}, 0),
        ("a.jpg", {"quality": 98, "subsampling": 0}, 6),
        ("a.webp", {"lossless": True}, 0),
        ("a.tif", {}, 0),
        ("a.tiff", {"compression": "tiff_lzw"}, 0),
        ("a.bmp", {}, 0),
        ("a.tga", {}, 0),
    ],
)
def test_formats(name: str, options: dict, tolerance: int, rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    Image.fromarray(rgb).save(tmp_path / name, **options)
    photo = read_image(tmp_path / name)
    assert photo.size == photo.file_size == (W, H)
    assert np.abs(photo.rgba[..., :3].astype(int) - rgb).max() <= tolerance
    assert (photo.rgba[..., 3] == 255).all()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "CMYK", "PA"])
def test_colour_modes(mode: str, rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], tmp_path: Path) -> None:
    image = Image.fromarray(np.dstack([rgb, alpha]))
    if mode == "PA":  # palette with a transparent entry
        image = image.quantize(64)
        path = tmp_path / "a.png"
        image.save(path)
    else:
        image = image.convert("RGB").convert(mode) if mode in ("1", "CMYK", "P") else image.convert(mode)
        path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
        image.save(path)
    expected = np.asarray(Image.open(path).convert("RGBA"))
    found = read_image(path).rgba
    shown = expected[..., 3] > 0
    assert np.abs(found.astype(int) - expected)[shown].max() <= 1
    assert np.array_equal(found[..., 3] > 127, expected[..., 3] > 127)
    if mode in ("LA", "RGBA"):
        assert np.array_equal(found[..., 3], alpha)


def test_cmyk_jpeg(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    Image.fromarray(rgb).convert("CMYK").save(tmp_path / "a.jpg", quality=98)
    assert np.abs(read_image(tmp_path / "a.jpg").rgba[..., :3].astype(int) - rgb).mean() < 3


def test_inks_with_alpha_are_refused(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    """Cyan, magenta and yellow were taken for red, green and blue: a negative."""
    height, width = rgb.shape[:2]
    pixels = np.dstack([rgb, rgb[..., :2]]).tobytes()
    tags = [(256, width), (257, height), (259, 1), (262, 5), (273, 8), (277, 5), (278, height)]
    tags += [(279, len(pixels)), (338, 2)]  # the fifth is alpha, not multiplied in
    bits = 8 + len(pixels)
    fields = [struct.pack("<HHII", 258, 3, 5, bits), *(struct.pack("<HHII", tag, 4, 1, v) for tag, v in tags)]
    fields.sort(key=lambda field: struct.unpack("<H", field[:2]))
    directory = struct.pack("<H", len(fields)) + b"".join(fields) + bytes(4)
    start = struct.pack("<2sHI", b"II", 42, bits + 10)
    (tmp_path / "a.tif").write_bytes(start + pixels + struct.pack("<5H", *[8] * 5) + directory)
    with pytest.raises(BackendError, match="has inks beside"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_rounded(name: str, rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / name), rgb[..., ::-1].astype(np.uint16) * 257)
    assert np.array_equal(read_image(tmp_path / name).rgba[..., :3], rgb)


@pytest.mark.parametrize("kind", ["float", "half"])
def test_float_is_linear_light(kind: str, rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", linear(rgb), ("R", "G", "B"), kind)
    assert np.abs(read_image(tmp_path / "a.exr").rgba[..., :3].astype(int) - rgb).max() <= 1


def test_exr_alpha_is_taken_apart(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    alpha = np.full((H, W, 1), 0.6, np.float32)
    write_exr(tmp_path / "a.exr", np.dstack([linear(rgb) * alpha, alpha]), ("R", "G", "B", "A"))
    found = read_image(tmp_path / "a.exr").rgba
    assert np.abs(found[..., :3].astype(int) - rgb).max() <= 1
    assert (found[..., 3] == 153).all()


def test_a_layer_of_an_exr_render(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    names = ("ViewLayer.Depth.Z", *(f"ViewLayer.Combined.{c}" for c in "BGR"))
    pixels = np.dstack([np.full((H, W, 1), 7, np.float32), linear(rgb)[..., ::-1]])
    write_exr(tmp_path / "a.exr", pixels, names)
    assert np.abs(read_image(tmp_path / "a.exr").rgba[..., :3].astype(int) - rgb).max() <= 1


def test_a_render_with_a_part_for_each_pass(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    """As Blender 5.2 writes layers; what a File Output node or a renderer puts first may be anything."""
    path = tmp_path / "parts.exr"
    parts = []
    for name, channels in (("Depth", "Z"), ("AO", "RGB"), ("Combined", "RGB")):
        spec = oiio.ImageSpec(W, H, len(channels), "float")
        spec.channelnames = tuple(f"ViewLayer.{name}.{channel}" for channel in channels)
        spec.attribute("oiio:subimagename", f"ViewLayer.{name}")
        parts.append(spec)
    file = oiio.ImageOutput.create(str(path))
    assert file.open(str(path), tuple(parts))
    for number, pixels in enumerate((np.ones((H, W, 1), np.float32), 1 - linear(rgb), linear(rgb))):
        assert number == 0 or file.open(str(path), parts[number], "AppendSubimage")
        assert file.write_image(np.ascontiguousarray(pixels))
    assert file.close()
    assert np.abs(read_image(path).rgba[..., :3].astype(int) - rgb).max() <= 1
    intrinsics = np.array([[50.0, 0, W / 2], [0, 50.0, H / 2], [0, 0, 1]])
    stack = shapes.make_stack(np.full((1, H, W), 2.0), intrinsics, mode="scene")
    stack = replace(stack, info=replace(stack.info, image_size=(W, H)), grid_to_image=np.eye(2, 3))
    np.testing.assert_allclose(load_view(stack, np.eye(4), str(path)).pixels, linear(rgb), atol=1e-6)


def test_of_a_render_s_passes_only_the_picture_is_read(
    rgb: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All passes of a large render, read at once, took gigabytes."""
    passes = ("AO", "Combined", "Mist", "Normal")
    pixels = np.random.default_rng(0).random((H, W, 4 * len(passes)), np.float32)
    pixels[..., 4:7], pixels[..., 7] = linear(rgb), 1
    names = tuple(f"ViewLayer.{name}.{channel}" for name in passes for channel in "RGBA")
    write_exr(tmp_path / "a.exr", pixels, names)
    stack = shapes.make_stack(
        np.full((1, H, W), 2.0), np.array([[50.0, 0, W / 2], [0, 50.0, H / 2], [0, 0, 1]]), mode="scene"
    )
    stack = replace(stack, info=replace(stack.info, image_size=(W, H)), grid_to_image=np.eye(2, 3))
    read: list[int] = []
    monkeypatch.setattr(oiio, "ImageInput", SimpleNamespace(open=lambda *given: Counted(read, *given)))
    assert np.abs(read_image(tmp_path / "a.exr").rgba[..., :3].astype(int) - rgb).max() <= 1
    seen = load_view(stack, np.eye(4), str(tmp_path / "a.exr")).pixels
    np.testing.assert_allclose(seen, linear(rgb), atol=1e-6)
    assert read == [4, 4, 4]  # the view reads the image, too, and then its light


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (tuple(f"ViewLayer.{p}.{c}" for p in ("AO", "Combined", "Mist") for c in "RGBA"), [4, 5, 6, 7]),
        (tuple(f"{p}.{c}" for p in ("Light", "Beauty") for c in "RGB"), [0, 1, 2]),
        (("Combined.R", "Combined.G", "Combined.B", "R", "G", "B"), [3, 4, 5]),
        (("R", "G", "B", "A", "AO", "GI", "Beauty", "Z"), [0, 1, 2, 3]),
        (("red", "green", "blue"), [0, 1, 2]),
        (("Z", "Y"), [0, 0, 0]),
    ],
)
def test_which_channels_are_the_picture(names: tuple[str, ...], wanted: list[int]) -> None:
    assert colour_channels(names, -1) == wanted


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float"])
@pytest.mark.parametrize("straight", [False, True])
def test_alpha_of_tiff_is_taken_apart_if_it_must(kind: str, straight: bool, tmp_path: Path) -> None:
    alpha = 0.5
    colour = np.float32([200, 100, 50]) / 255
    colour = linear(colour * 255) if kind == "float" else colour
    pixels = np.ones((H, W, 4), np.float32) * [*(colour if straight else colour * alpha), alpha]
    spec = oiio.ImageSpec(W, H, 4, kind)
    if straight:
        spec.attribute("oiio:UnassociatedAlpha", 1)
    out = oiio.ImageOutput.create(str(tmp_path / "a.tif"))
    assert out.open(str(tmp_path / "a.tif"), spec) and out.write_image(pixels.astype(np.float32))
    out.close()
    found = read_image(tmp_path / "a.tif").rgba
    assert np.abs(found.astype(int) - [200, 100, 50, 128]).max() <= 2


def test_float_values_out_of_range(tmp_path: Path) -> None:
    pixels = np.zeros((H, W, 3), np.float32)
    pixels[0, :4] = np.array([5.0, np.inf, -1.0, np.nan])[:, None]
    write_exr(tmp_path / "a.exr", pixels, ("R", "G", "B"))
    assert read_image(tmp_path / "a.exr").rgba[0, :4, 0].tolist() == [255, 255, 0, 0]


@given(value=st.floats(0, 1))
def test_srgb_curve(value: float) -> None:
    encoded = value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    assert abs(int(srgb_from_linear(np.array([value]))[0]) - encoded * 255) <= 0.51


# -- EXIF orientation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_orientation_is_applied_and_mapped(
    orientation: int, suffix: str, rgb: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = tmp_path / f"a.{suffix}"
    options = {"jpg": {"quality": 98, "subsampling": 0}, "webp": {"lossless": True}}.get(suffix, {})
    exif = Image.Exif()
    exif[0x112] = orientation
    if suffix == "tif":
        Image.fromarray(rgb).save(path, tiffinfo={0x112: orientation})
    else:
        Image.fromarray(rgb).save(path, exif=exif, **options)
    photo = read_image(path)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    assert np.array_equal(photo.rgba[..., :3], expected)
    assert photo.file_size == (W, H)
    assert photo.size == ((H, W) if orientation >= 5 else (W, H))
    assert photo.orientation == orientation
    assert np.array_equal(photo.to_file, orientation_affine(orientation, W, H))


@given(
    orientation=st.integers(1, 8),
    width=st.integers(1, 9),
    height=st.integers(1, 9),
)
def test_the_map_leads_each_upright_pixel_to_its_stored_one(
    orientation: int, width: int, height: int
) -> None:
    stored = np.arange(width * height).reshape(height, width)
    seen = upright(stored, orientation)
    y, x = np.mgrid[: seen.shape[0], : seen.shape[1]]
    place = apply_affine(orientation_affine(orientation, width, height), np.stack([x, y], -1) + 0.5)
    column, row = np.moveaxis(np.floor(place).astype(int), -1, 0)
    assert np.array_equal(stored[row, column], seen)
    assert np.array_equal(place - np.floor(place), np.full_like(place, 0.5))


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_damaged_webp_exif_is_no_orientation(exif: bytes, rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    Image.fromarray(rgb).save(path, lossless=True)
    data = path.read_bytes() + b"EXIF" + len(exif).to_bytes(4, "little") + exif + b"\0" * (len(exif) % 2)
    path.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])
    assert np.array_equal(read_image(path).rgba[..., :3], rgb)


# -- bad input ----------------------------------------------------------------------------------------


def refused(path: Path, role: str = "image") -> BackendError:
    with pytest.raises(BackendError) as caught:
        read_image(path, role)
    assert caught.value.kind == f"bad_{role}"
    assert str(path) in caught.value.message and caught.value.hint
    return caught.value


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises pixels and holds none."""
    data = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    chunk = b"IHDR" + data
    pixels = b"\0\0\1\0IDAT" + b"\0" * 16
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0d" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + pixels


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "no.png").message
    assert "is a folder" in refused(tmp_path).message
    (tmp_path / "empty.png").write_bytes(b"")
    assert "is empty" in refused(tmp_path / "empty.png").message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_that_nobody_writes_into_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert "is no ordinary file" in refused(tmp_path / "a.png").message


def test_text_renamed_png(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("this is no picture\n" * 30)
    assert "not an image" in refused(tmp_path / "a.png").message
    assert "PNG, JPEG" in refused(tmp_path / "a.png").hint


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated(name: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    assert "damaged" in refused(tmp_path / name).message


def test_truncated_exr(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", linear(rgb), ("R", "G", "B"))
    data = (tmp_path / "a.exr").read_bytes()
    (tmp_path / "a.exr").write_bytes(data[: len(data) // 2])
    assert "damaged" in refused(tmp_path / "a.exr").message


def test_layers_with_names_in_an_old_encoding(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "render.exr"
    write_exr(path, linear(rgb), ("Gruen.R", "Gruen.G", "Gruen.B"))
    path.write_bytes(path.read_bytes().replace(b"Gruen", "Grün_".encode("latin-1")))
    assert "not valid text" in refused(path).message


def test_too_small_and_too_large(tmp_path: Path, write_png: Callable[..., Path]) -> None:
    for side in (1, MIN_SIDE - 1):
        path = write_png(np.zeros((side, side, 3), np.uint8), f"{side}.png")
        assert f"{side} × {side} pixels" in refused(path).message
    assert read_image(write_png(np.zeros((MIN_SIDE, MIN_SIDE, 3), np.uint8))).size == (MIN_SIDE, MIN_SIDE)
    (tmp_path / "huge.png").write_bytes(png_header(40_000, 40_000))
    assert (
        "40000 × 40000 pixels" in refused(tmp_path / "huge.png").message
    )  # said without decoding: no pixels
    (tmp_path / "wide.png").write_bytes(png_header(MAX_SIDE, 100))
    assert "damaged" in refused(tmp_path / "wide.png").message  # the size is fine, the pixels are missing


def test_fully_transparent(rgb: NDArray[np.uint8], write_png: Callable[..., Path]) -> None:
    path = write_png(np.dstack([rgb, np.zeros((H, W), np.uint8)]))
    assert "fully transparent" in refused(path).message


def write_bmp(path: Path, bgra: NDArray[np.uint8], header: int) -> None:
    """32 bits a pixel, without compression (40 bytes of header) or by masks of which alpha's is 0 (124)."""
    pixels = bgra[::-1].tobytes()
    masks = struct.pack("<IIII4s", 0xFF0000, 0xFF00, 0xFF, 0, b"BGRs")
    rest, kind = (masks.ljust(84, b"\0"), 3) if header == 124 else (b"", 0)
    start = struct.pack("<2sIHHI", b"BM", 14 + header + len(pixels), 0, 0, 14 + header)
    info = struct.pack("<IiiHHIIiiII", header, W, H, 1, 32, kind, len(pixels), 2835, 2835, 0, 0)
    path.write_bytes(start + info + rest + pixels)


def write_targa(path: Path, bgra: NDArray[np.uint8], alpha_bits: int) -> None:
    start = struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, W, H, 32, alpha_bits)
    path.write_bytes(start + bgra[::-1].tobytes())


@pytest.mark.parametrize(("name", "variant"), [("a.bmp", 40), ("a.bmp", 124), ("a.tga", 0)])
def test_a_fourth_byte_that_is_not_used_is_no_alpha(
    name: str, variant: int, rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], tmp_path: Path
) -> None:
    path, write = tmp_path / name, write_bmp if name == "a.bmp" else write_targa
    write(path, np.dstack([rgb[..., ::-1], np.zeros_like(alpha)]), variant)
    found = read_image(path).rgba
    assert np.array_equal(found[..., :3], rgb) and (found[..., 3] == 255).all()
    write(path, np.dstack([rgb[..., ::-1], alpha]), variant)  # there are programs that use it unannounced
    assert np.array_equal(read_image(path).rgba[..., 3], alpha)


def test_announced_alpha_may_be_0_all_over(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    write_targa(tmp_path / "a.tga", np.dstack([rgb, np.zeros((H, W), np.uint8)]), 8)
    assert "fully transparent" in refused(tmp_path / "a.tga").message


def test_a_mask_is_named_as_such(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.png", "mask").message.startswith("The mask")


def test_names_with_spaces_and_letters(rgb: NDArray[np.uint8], write_png: Callable[..., Path]) -> None:
    path = write_png(rgb, "Früh Stück – 早餐 🍳.png")
    assert np.array_equal(read_image(path).rgba[..., :3], rgb)


def test_a_name_that_is_no_text(
    rgb: NDArray[np.uint8], write_png: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.png")
    try:
        write_png(rgb).rename(path)
    except OSError as error:
        assert error.errno == errno.EILSEQ  # this file system has no such names
        return
    assert "not valid text" in refused(path).message


def test_a_jpeg_named_png_is_read(rgb: NDArray[np.uint8], tmp_path: Path) -> None:
    Image.fromarray(rgb).save(tmp_path / "a.jpg", quality=98)
    (tmp_path / "a.jpg").rename(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").size == (W, H)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_byte_never_escapes(position: int, value: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    y, x = np.mgrid[:20, :20]
    Image.fromarray(np.stack([x, y, x * y], -1).astype(np.uint8)).save(path)
    data = bytearray(path.read_bytes())
    data[position % len(data)] = value
    path.write_bytes(data)
    try:
        read_image(path)
    except BackendError as error:
        assert error.kind == "bad_image"
