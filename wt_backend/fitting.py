"""From a photograph of any shape to the network's square, and the exact way back.

The steps `crop_window`, `crop`, `paint`, `resize`, `erode` and their order are those of the World Tracing
release (numerically checked against its pre-processing); `pad` and the area filter are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import scale_offset

FOREGROUND = 127  # alpha above this is subject
STRIP_ROWS = 256  # rows painted at a time: 144 million pixels in float32 would take gigabytes

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]  # (y_min, x_min, y_max, x_max) in pixels, inclusive


@dataclass(frozen=True)
class Window:
    """A rectangle of image pixels that may leave the image: corner (y, x), height and width."""

    y: int
    x: int
    height: int
    width: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """What the network gets.

    Attributes
    ----------
    rgb : (S, S, 3) uint8
    mask : (S, S) bool
        The subject, or the part of the square that shows the image.
    grid_to_image : (2, 3) float64
        Continuous coordinates of the square → of the image that was fitted.
    image_size : (int, int)
        Width and height of that image.
    """

    rgb: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    grid_to_image: NDArray[np.float64]
    image_size: tuple[int, int]


def foreground_box(alpha: NDArray[np.uint8]) -> Box | None:
    """The box of alpha > 127; None where there is none."""
    rows = np.flatnonzero((alpha > FOREGROUND).any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero((alpha > FOREGROUND).any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])


def crop_window(alpha: NDArray[np.uint8], ratio: float = 2 / 3) -> Window:
    """Square window around the subject, in which its longer side fills `ratio` of the side.

    Without a subject: the centred square of the shorter image side.

    Parameters
    ----------
    alpha : (H, W) uint8
    ratio : float
        2/3 in the released models.
    """
    box = foreground_box(alpha)
    if box is None:
        return centred_square(*alpha.shape)
    return _square_around(box, ratio)


def clip_window(boxes: Sequence[Box], ratio: float = 2 / 3) -> Window:
    """One window for all frames of a clip: as `crop_window`, around the subject's boxes in all frames.

    There must be one box at least; without a subject in any frame, `clip_square` gives the window.
    """
    low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return _square_around((int(low[0]), int(low[1]), int(high[2]), int(high[3])), ratio)


def clip_square(sizes: Sequence[tuple[int, ...]]) -> Window:
    """The middle square of the part that all frames (height, width) share."""
    return centred_square(min(size[0] for size in sizes), min(size[1] for size in sizes))


def centred_square(height: int, width: int) -> Window:
    """The largest square in the middle of an image."""
    side = min(height, width)
    return Window((height - side) // 2, (width - side) // 2, side, side)


def padded_square(height: int, width: int) -> Window:
    """The smallest square around an image, image in the middle."""
    side = max(height, width)
    return Window(-((side - height) // 2), -((side - width) // 2), side, side)


def crop(image: NDArray[np.uint8], window: Window) -> NDArray[np.uint8]:
    """Cut a window out of (H, W, C); outside of the image everything is 0, alpha too."""
    height, width = image.shape[:2]
    y0, y1 = max(window.y, 0), min(window.y + window.height, height)
    x0, x1 = max(window.x, 0), min(window.x + window.width, width)
    if (y0, x0, y1, x1) == (window.y, window.x, window.y + window.height, window.x + window.width):
        return image[y0:y1, x0:x1]
    result = np.zeros((window.height, window.width, *image.shape[2:]), image.dtype)
    if y0 < y1 and x0 < x1:
        result[y0 - window.y : y1 - window.y, x0 - window.x : x1 - window.x] = image[y0:y1, x0:x1]
    return result


def paint(rgba: NDArray[np.uint8], background: Colour | None) -> NDArray[np.uint8]:
    """RGB (H, W, 3) over a background colour: blend by alpha in float32, truncate to uint8; None: as is."""
    if background is None:
        return np.ascontiguousarray(rgba[..., :3])
    result = np.empty((*rgba.shape[:2], 3), np.uint8)
    for start in range(0, len(rgba), STRIP_ROWS):
        strip = rgba[start : start + STRIP_ROWS]
        if (strip[..., 3] == 255).all():  # most photos: a third of the time to load a large one
            result[start : start + STRIP_ROWS] = strip[..., :3]
            continue
        strip = strip.astype(np.float32)
        alpha = strip[..., 3:] / 255.0
        blended = strip[..., :3] * alpha + np.array(background, np.float32) * (1.0 - alpha)
        result[start : start + STRIP_ROWS] = np.clip(blended, 0, 255)
    return result


def resize(rgb: NDArray[np.uint8], size: int, area: bool = False) -> NDArray[np.uint8]:
    """To (size, size, 3), aspect not kept.

    Bilinear (OpenCV, 8 bit, not antialiased) as in the release. With `area`, pixels are averaged where the
    image shrinks: the better filter for models that were trained on such images.
    """
    if area:
        rgb = _averaged(rgb, size)
    resized = cv2.resize(np.ascontiguousarray(rgb), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _averaged(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Sides longer than `size` shrunk to it, each new pixel the mean of those it covers."""
    height, width = (min(side, size) for side in image.shape[:2])
    if (height, width) == image.shape[:2]:
        return image
    shrunk = cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def resize_alpha(alpha: NDArray[np.uint8], size: int, area: bool = False) -> NDArray[np.uint8]:
    """(H, W) to (size, size).

    Nearest neighbour as in the release: source index floor(i / (size / source)), capped, in double precision.
    With `area`, the average where the image shrinks, so that a coarse mask does not shift by half a pixel.
    """
    if area:
        alpha = _averaged(alpha, size)
    rows, columns = (_nearest(side, size) for side in alpha.shape)
    return alpha[rows[:, None], columns[None, :]]


def erode(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Erode (H, W) by a square of side 2·radius + 1; the outside of the image counts as inside."""
    if radius <= 0:
        return mask
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return cv2.erode(mask.astype(np.uint8), kernel).astype(bool)


def fit(
    rgba: NDArray[np.uint8],
    window: Window | None,
    size: int,
    background: Colour | None = None,
    erosion: int = 0,
    area: bool = False,
) -> Fitted:
    """Crop, paint, resize and threshold, in the release's order.

    Parameters
    ----------
    rgba : (H, W, 4) uint8
        Upright sRGB image, straight alpha; alpha is the subject mask.
    window : Window or None
        What becomes the square; None stretches the whole image.
    size : int
        Side S of the square in pixels.
    background : (r, g, b) or None
        Colour behind transparent pixels; None leaves their colours.
    erosion : int
        Pixels of the square by which the mask shrinks.
    area : bool
        Average pixels where the image shrinks.
    """
    window = window or Window(0, 0, *rgba.shape[:2])
    square = crop(rgba, window)
    rgb = resize(paint(square, background), size, area)
    mask = erode(resize_alpha(square[..., 3], size, area) > FOREGROUND, erosion)
    to_image = scale_offset((window.width / size, window.height / size), (window.x, window.y))
    return Fitted(rgb, mask, to_image, (rgba.shape[1], rgba.shape[0]))


def fit_clip_frame(
    rgba: NDArray[np.uint8], window: Window, size: int, background: Colour | None = None, erosion: int = 0
) -> Fitted:
    """One frame of a clip in the release's order: crop, resize, threshold, then paint hard, without blending.

    Parameters as in `fit`; the window is the same for all frames.
    """
    square = crop(rgba, window)
    rgb = resize(square[..., :3], size)
    mask = erode(resize_alpha(square[..., 3], size) > FOREGROUND, erosion)
    if background is not None:
        rgb = np.where(mask[..., None], rgb, np.array(background, np.uint8))
    to_image = scale_offset((window.width / size, window.height / size), (window.x, window.y))
    return Fitted(rgb, mask, to_image, (rgba.shape[1], rgba.shape[0]))


def frame_window(fit_name: str, height: int, width: int) -> Window | None:
    """Window of a whole-frame fit: "crop" the middle, "pad" the shorter side, or "stretch" (None)."""
    if fit_name == "crop":
        return centred_square(height, width)
    if fit_name == "pad":
        return padded_square(height, width)
    return None


def _square_around(box: Box, ratio: float) -> Window:
    y_min, x_min, y_max, x_max = box
    side = math.ceil(max(y_max - y_min + 1, x_max - x_min + 1) / ratio)
    # round() is half to even, as in the release.
    return Window(round((y_min + y_max) / 2 - side / 2), round((x_min + x_max) / 2 - side / 2), side, side)


def _nearest(source: int, target: int) -> NDArray[np.intp]:
    step = 1.0 / (target / source)
    return np.minimum(np.floor(np.arange(target) * step).astype(np.intp), source - 1)
