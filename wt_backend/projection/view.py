"""A traced photo as a projector: where a point of the world lies in the photo, and which colour is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from wt_backend.camera import apply_affine, compose, invert, scale_offset
from wt_backend.images import is_associated, read_colour, read_image, seek_colour, upright
from wt_backend.projection.padding import pad
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack

FLOAT_FORMATS = (".exr", ".hdr")
FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender camera-local ↔ camera space
EMPTY: NDArray[np.float32] = np.empty(0, np.float32)  # no second map: the first holds both coordinates
BRIGHTEST = 65_504.0  # the largest half, which textures hold: a sun must not become infinite
ROW = 16_384  # OpenCV's remap takes pictures of less than 32,768 a side

_BYTES = np.arange(256) / 255.0
LINEAR: NDArray[np.float32] = np.where(
    _BYTES <= 0.04045, _BYTES / 12.92, ((_BYTES + 0.055) / 1.055) ** 2.4
).astype(np.float32)  # of 8-bit sRGB (IEC 61966-2-1)


@dataclass(frozen=True, eq=False)
class View:
    """One photo, its camera and its layers.

    Attributes
    ----------
    stack
    to_local : (4, 4)
        World → the trace's frame (Blender camera-local).
    pixels : (H, W, 3)
        Upright; uint8 sRGB, or float32 linear light.
    grid_to_photo : (2, 3)
        Affine, grid → upright photo.
    """

    stack: LayerStack
    to_local: NDArray[np.float64]
    pixels: NDArray[Any]
    grid_to_photo: NDArray[np.float64]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def is_float(self) -> bool:
        """Whether the photo holds linear light beyond [0, 1]."""
        return self.pixels.dtype != np.uint8

    @property
    def focal(self) -> float:
        """Focal length in pixels of the photo."""
        linear = self.grid_to_photo[:, :2] @ self.stack.intrinsics[:2, :2]
        return float(np.sqrt(abs(np.linalg.det(linear))))

    @cached_property
    def projection(self) -> NDArray[np.float64]:
        """(3, 4) matrix, world → (u·w, v·w, w): u, v in pixels of the photo, w the depth."""
        camera = np.vstack([self.grid_to_photo, [0.0, 0.0, 1.0]]) @ self.stack.intrinsics
        return np.asarray(camera @ (FLIP @ self.to_local)[:3])

    @cached_property
    def centre(self) -> NDArray[np.float64]:
        """Where the camera stands (3,), world."""
        return -np.linalg.solve(self.projection[:, :3], self.projection[:, 3])

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Homogeneous photo coordinates (N, 3) of world points (N, 3)."""
        return points @ self.projection[:, :3].T + self.projection[:, 3]

    def to_grid(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Grid coordinates (N, 2) of photo coordinates (N, 2)."""
        return apply_affine(invert(self.grid_to_photo), pixels)

    def colours(self, pixels: NDArray[np.float64]) -> NDArray[np.float32]:
        """Linear colours (N, 3) at photo coordinates (N, 2), bilinear as Blender's own textures are."""
        count = len(pixels)
        rows = -(-count // ROW)
        place = np.zeros((rows * ROW, 2), np.float32)
        place[:count] = pixels - 0.5
        place = place.reshape(rows, ROW, 2)
        found = np.empty((rows, ROW, 3), self.pixels.dtype)
        for row in range(rows):  # OpenCV remaps pictures of up to 32,767 rows
            found[row] = cv2.remap(
                self.pixels, place[row : row + 1], EMPTY, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        values = found.reshape(-1, 3)[:count]
        return values if self.is_float else LINEAR[values]

    def shrunk(self, factor: float) -> View:
        """The same view with a photo made smaller by area, so that a coarser texture does not flicker."""
        width, height = (max(1, round(side / factor)) for side in self.size)
        small = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_AREA)
        scale = np.array([[width / self.size[0]], [height / self.size[1]]])
        return View(self.stack, self.to_local, small, self.grid_to_photo * scale)

    def as_loaded(self) -> View:
        """The same view of the photo as Blender loads it: stored turned, it stays so. Without its colours."""
        width, height = self.stack.info.image_size
        nothing = np.broadcast_to(np.uint8(0), (height, width, 3))
        return View(self.stack, self.to_local, nothing, self.stack.grid_to_image)


def load_view(stack: LayerStack, to_local: NDArray[np.float64], photo: str) -> View:
    """A view with the photo as it lies on disk; the stack's own small picture where ``photo`` is empty.

    Raises
    ------
    BackendError
        kind "bad_image": missing, unreadable, or not of the size that was traced.
    """
    if not photo:
        return View(stack, to_local, np.ascontiguousarray(stack.rgba[..., :3]), np.eye(2, 3))
    image = read_image(photo)
    if tuple(image.file_size) != tuple(stack.info.image_size):
        width, height = stack.info.image_size
        raise BackendError(
            "bad_image",
            f"{photo} has {image.file_size[0]} × {image.file_size[1]} pixels, the traced photo had "
            f"{width} × {height}.",
            "Choose the photo that was traced.",
        )
    grid_to_photo = compose(invert(image.to_file), stack.grid_to_image)
    is_float = Path(photo).suffix.lower() in FLOAT_FORMATS
    pixels = _read_linear(photo) if is_float else np.ascontiguousarray(image.rgba[..., :3])
    if stack.info.mode == "object":
        pad(pixels, _subject(stack, grid_to_photo, image.size))
    return View(stack, to_local, pixels, grid_to_photo)


def _subject(
    stack: LayerStack, grid_to_photo: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Photo pixels (H, W) well inside the silhouette: those at its rim are mixed with the background."""
    half = scale_offset((1, 1), (0.5, 0.5))  # OpenCV counts from pixel centres
    to_centres = compose(invert(half), compose(grid_to_photo, half))
    mask = cv2.warpAffine(stack.mask[0].astype(np.float32), to_centres, size, flags=cv2.INTER_LINEAR)
    return cv2.erode((mask > 0.99).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def _read_linear(photo: str) -> NDArray[np.float32]:
    """Upright linear light (H, W, 3) of a float image."""
    source = oiio.ImageInput.open(photo)  # which has been read before
    seek_colour(source)
    orientation = source.spec().get_int_attribute("Orientation", 1)
    found, associated = read_colour(source, oiio.FLOAT), is_associated(source)
    source.close()
    if found is None:
        raise BackendError("bad_image", f"{photo} is damaged or truncated.", "Copy or export it again.")
    pixels, channels = found
    colour = np.nan_to_num(pixels[..., channels[:3]])
    if associated and len(channels) == 4:
        alpha = np.nan_to_num(pixels[..., channels[3:]]).clip(0, 1)
        colour /= np.where(alpha > 0, alpha, 1)
    pixels = colour.clip(-BRIGHTEST, BRIGHTEST)
    return upright(pixels, orientation if 1 <= orientation <= 8 else 1)
