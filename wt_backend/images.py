"""Read any photograph: upright, sRGB, 8 bit, straight alpha, and know where its pixels are in the file.

Blender shows a file without its EXIF rotation, the network must see it upright: `Photo.to_file` is the exact
map between the two. One reader, OpenImageIO, takes all formats.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from wt_backend.protocol import BackendError

MIN_SIDE = 16
MAX_SIDE = 12_000
FORMATS = ("png", "jpeg", "webp", "tiff", "openexr", "hdr", "bmp", "targa", "pnm", "dpx")
FORMAT_HINT = "Choose a PNG, JPEG, WebP, TIFF or OpenEXR image."
COLOURS = {"R": "R", "RED": "R", "G": "G", "GREEN": "G", "B": "B", "BLUE": "B", "A": "A", "ALPHA": "A"}
CONVERT_ROWS = 256  # float images become 8 bit in strips: 12,000² in float64 would not fit in memory


@dataclass(frozen=True, eq=False)
class Photo:
    """An image as a person sees it.

    Attributes
    ----------
    rgba : (H, W, 4) uint8
        Upright, sRGB, straight alpha (255 where the file has none).
    orientation : int
        EXIF orientation, 1 to 8, that took the image from its file to upright.
    file_size : (int, int)
        (width, height) as stored.
    path : Path
    """

    rgba: NDArray[np.uint8]
    orientation: int
    file_size: tuple[int, int]
    path: Path

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), upright."""
        return self.rgba.shape[1], self.rgba.shape[0]

    @property
    def to_file(self) -> NDArray[np.float64]:
        """Continuous upright coordinates → those of the image as stored, as Blender loads it: (2, 3)."""
        return orientation_affine(self.orientation, *self.file_size)


def read_image(path: str | os.PathLike[str], role: str = "image", may_be_clear: bool = False) -> Photo:
    """Read an image file of 16 to 12,000 pixels a side.

    Float images are taken as linear light and shown at exposure 0 (clipped), float masks as they are; 16 bits
    are rounded to 8; grey, palette and CMYK become RGB. Sizes are checked before any pixel is decoded.

    Parameters
    ----------
    path
    role : {"image", "mask"}
        Whether its numbers are light, or shares of the subject.
    may_be_clear
        Whether a picture that is transparent all over will do: a frame of footage may show nothing.

    Raises
    ------
    BackendError
        kind "bad_image" or "bad_mask".
    """
    path = Path(path)
    _check_file(path, role)
    source = _open(path, role)
    try:
        spec = source.spec()
        _check_size(spec, path, role)
        orientation = _orientation(source, path)
        pixels = _read(source, path, role)
    finally:
        source.close()
    rgba = upright(pixels, orientation)
    if not may_be_clear and not (rgba[..., 3] > 127).any():
        raise _bad(
            role, path, "is fully transparent", "Choose an image that shows something, or remove its alpha."
        )
    return Photo(rgba, orientation, (spec.width, spec.height), path)


def upright(image: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn a stored image (H, W, ...) the way its EXIF orientation (1 to 8) says it should be seen."""
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    flip_x = orientation in (2, 3, 6, 7)
    flip_y = orientation in (3, 4, 7, 8)
    return np.ascontiguousarray(image[:: -1 if flip_y else 1, :: -1 if flip_x else 1])


def orientation_affine(orientation: int, width: int, height: int) -> NDArray[np.float64]:
    """Continuous coordinates, upright image → stored image, which is `width` × `height`: (2, 3)."""
    x, y = (0.0, 1.0) if orientation >= 5 else (1.0, 0.0)
    affine = np.array([[x, y, 0.0], [y, x, 0.0]])
    if orientation in (2, 3, 7, 8):  # stored x runs against the upright axis that it lies on
        affine[0] = [-x, -y, width]
    if orientation in (3, 4, 6, 7):
        affine[1] = [-y, -x, height]
    return affine


def srgb_from_linear(linear: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Linear light to 8-bit sRGB (IEC 61966-2-1), clipped to [0, 1]; NaN is black."""
    value = np.nan_to_num(np.clip(np.asarray(linear, np.float32), 0.0, 1.0), nan=0.0)
    encoded = np.where(value <= 0.0031308, value * 12.92, 1.055 * np.power(value, 1 / 2.4) - 0.055)
    return (encoded * 255.0 + 0.5).astype(np.uint8)


def _bad(role: str, path: Path, what: str, hint: str) -> BackendError:
    return BackendError(f"bad_{role}", f"The {role} {path} {what}.", hint)


def _check_file(path: Path, role: str) -> None:
    try:
        if path.is_dir():
            raise _bad(role, path, "is a folder", "Choose an image file.")
        if path.exists() and not path.is_file():  # nobody may ever write into a pipe
            raise _bad(role, path, "is no ordinary file", "Save it as an image file first.")
        with path.open("rb") as file:
            if not file.read(1):
                raise _bad(role, path, "is empty (0 bytes)", "Choose another file, or copy it again.")
    except FileNotFoundError:
        raise _bad(role, path, "does not exist", "Check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _bad(
            role, path, f"cannot be opened ({reason})", "Check the path and its permissions."
        ) from None


def _open(path: Path, role: str) -> Any:
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)  # straight alpha, if the file has it: is_associated
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        raise _bad(role, path, "has a name that is not valid text", "Rename the file.") from None
    source = oiio.ImageInput.open(os.fspath(path), config)
    if source is None or source.format_name() not in FORMATS:
        oiio.geterror()
        raise _bad(role, path, "is damaged or not an image that can be read", FORMAT_HINT)
    if (
        source.spec().get_string_attribute("tiff:ColorSpace") == "color separated"
        and source.spec().nchannels > 4
    ):
        raise _bad(role, path, "has inks beside cyan, magenta, yellow and black", "Save it as RGB.")
    try:
        seek_colour(source)
    except UnicodeDecodeError:  # of the layers of an EXR file
        raise _bad(role, path, "has layers whose names are not valid text", "Save it as PNG.") from None
    return source


def _check_size(spec: Any, path: Path, role: str) -> None:
    size = f"{spec.width} × {spec.height} pixels"
    if min(spec.width, spec.height) < MIN_SIDE:
        raise _bad(role, path, f"has only {size}", f"Choose an image of at least {MIN_SIDE} pixels a side.")
    if max(spec.width, spec.height) > MAX_SIDE:
        raise _bad(role, path, f"has {size}", f"Scale it down to at most {MAX_SIDE:,} pixels a side.")


def _read(source: Any, path: Path, role: str) -> NDArray[np.uint8]:
    """All pixels as stored, (H, W, 4) uint8."""
    spec = source.spec()
    linear = str(spec.format) in ("half", "float", "double")
    try:
        found = read_colour(source, oiio.HALF if linear else oiio.UINT8)
    except MemoryError:
        raise BackendError(
            "out_of_memory", f"There is not enough memory to read {path}.", "Scale the image down."
        ) from None
    if found is None:
        raise _bad(role, path, "is damaged or truncated", "Copy or export it again.")
    pixels, channels = found
    if linear:
        encode = _from_shares if role == "mask" else srgb_from_linear
        pixels = _eight_bit(pixels[..., channels], is_associated(source), encode)
        channels = list(range(len(channels)))
    elif len(channels) == 4 and is_associated(source):
        pixels = _straight(pixels[..., channels])
        channels = list(range(len(channels)))
    result = np.full((spec.height, spec.width, 4), 255, np.uint8)
    for place, channel in enumerate(channels):  # a list for an index takes four times as long
        result[..., place] = pixels[..., channel]
    if _is_filler(source, result[..., 3]):
        result[..., 3] = 255
    return result


def read_colour(source: Any, kind: Any) -> tuple[NDArray[Any], list[int]] | None:
    """Pixels as stored (H, W, C), and where among their channels those of `colour_channels` are.

    The other passes of a render may take gigabytes: what lies before the first channel of its picture, or
    after the last, is not read. None where the file is damaged.

    Parameters
    ----------
    source
        At the part of the file that has the picture, see `seek_colour`.
    kind
        What the numbers become, as OpenImageIO names it.
    """
    spec = source.spec()
    channels = colour_channels(spec.channelnames, spec.alpha_channel)
    first, end = min(channels), max(channels) + 1
    pixels = source.read_image(source.current_subimage(), 0, first, end, kind)
    if pixels is None or source.has_error:
        source.geterror()
        return None
    pixels = np.asarray(pixels).reshape(spec.height, spec.width, end - first)
    return pixels, [channel - first for channel in channels]


def colour_channels(names: Sequence[str], alpha: int) -> list[int]:
    """Indices of red, green, blue and, if there is one, alpha; grey counts three times.

    Names may carry the prefix of an OpenEXR layer ("ViewLayer.Combined.R"). Colour without a prefix goes
    first, then a layer "Combined" (what a camera sees, in Blender's files), then whatever layer has colour.
    """
    coloured = _coloured(names)
    if coloured:
        best = coloured[min(coloured, key=_rank)]
        return [best[colour] for colour in "RGBA" if colour in best]
    if len(names) >= 3 and alpha not in (0, 1, 2):
        return [0, 1, 2, *([alpha] if alpha >= 0 else [])]
    grey = 1 if alpha == 0 and len(names) > 1 else 0
    return [grey, grey, grey, *([alpha] if alpha >= 0 else [])]


def seek_colour(source: Any) -> int:
    """Go to the part of an OpenEXR file that has the picture, chosen as `colour_channels` chooses a layer.

    Blender 5.2 writes a part for each pass. Of other files, which may have pages, it is the first.
    """
    ranks: list[tuple[int, int]] = []
    while source.format_name() == "openexr" and source.seek_subimage(len(ranks), 0):
        ranks.append(min(map(_rank, _coloured(source.spec().channelnames)), default=(2, 2)))
    best = ranks.index(min(ranks)) if ranks else 0
    source.seek_subimage(best, 0)
    return best


def _coloured(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Layers, by their prefix, that have red, green and blue: colour → channel."""
    layers: dict[str, dict[str, int]] = {}
    for position, name in enumerate(names):
        prefix, _, last = name.rpartition(".")
        colour = COLOURS.get(last.upper())
        if colour:
            layers.setdefault(prefix, {}).setdefault(colour, position)
    return {prefix: found for prefix, found in layers.items() if {"R", "G", "B"} <= found.keys()}


def _rank(prefix: str) -> tuple[int, int]:
    return prefix != "", not prefix.endswith("Combined")


def is_associated(source: Any) -> bool:
    """Whether colours are stored multiplied by alpha: always in OpenEXR, in TIFF unless it says otherwise."""
    name = source.format_name()
    return name == "openexr" or (
        name == "tiff" and not source.spec().get_int_attribute("oiio:UnassociatedAlpha")
    )


def _is_filler(source: Any, alpha: NDArray[np.uint8]) -> bool:
    """Whether the fourth byte of BMP and Targa pixels, which OpenImageIO takes for alpha, is an unused 0."""
    said = source.spec().get_int_attribute("oiio:UnassociatedAlpha")  # by Targa; BMP never does
    return source.format_name() in ("bmp", "targa") and not said and not alpha.any()


def _straight(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) of 8 bit with colours divided by alpha."""
    result = pixels.copy()
    for start in range(0, len(pixels), CONVERT_ROWS):
        strip = pixels[start : start + CONVERT_ROWS].astype(np.float32)
        colour = strip[..., :3] * (255.0 / np.maximum(strip[..., 3:], 1.0))
        result[start : start + CONVERT_ROWS, :, :3] = np.minimum(colour + 0.5, 255.0)
    return result


def _from_shares(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """0 to 1 as 0 to 255, clipped; NaN is 0."""
    shares = np.nan_to_num(np.clip(np.asarray(values, np.float32), 0.0, 1.0), nan=0.0)
    return np.asarray(shares * 255.0 + 0.5, np.uint8)


def _eight_bit(
    linear: NDArray[np.floating], associated: bool, encode: Callable[..., NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """(H, W, 3 or 4) of float to 8 bit: colours by `encode`, alpha straight."""
    result = np.empty(linear.shape, np.uint8)
    for start in range(0, len(linear), CONVERT_ROWS):
        strip = linear[start : start + CONVERT_ROWS].astype(np.float32)
        out = result[start : start + CONVERT_ROWS]
        if strip.shape[-1] == 4:
            alpha = np.nan_to_num(np.clip(strip[..., 3:], 0.0, 1.0), nan=0.0)
            out[..., 3] = _from_shares(alpha[..., 0])
            if associated:
                strip[..., :3] /= np.where(alpha > 0, alpha, 1.0)
        out[..., :3] = encode(strip[..., :3])
    return result


def _orientation(source: Any, path: Path) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none or where it makes no sense."""
    if source.format_name() == "webp":
        value = _webp_orientation(path)
    else:
        value = source.spec().getattribute("Orientation")
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _webp_orientation(path: Path) -> int:
    """EXIF orientation of a WebP file (RIFF chunk "EXIF"), which OpenImageIO leaves out."""
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, length = head[:4], int.from_bytes(head[4:], "little")
            if name == b"EXIF":
                return _tiff_orientation(file.read(length).removeprefix(b"Exif\0\0"))
            file.seek(length + length % 2, os.SEEK_CUR)
    return 1


def _tiff_orientation(exif: bytes) -> int:
    """Tag 0x112 of the first directory of a TIFF structure."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for index in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, start + 2 + 12 * index)
            if tag == 0x112:
                return int(value)
    except struct.error:
        return 1
    return 1
