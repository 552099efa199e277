"""Which pixels of a photograph are its subject: from alpha, from a plain background, or from a mask file.

There is no learned matting here: a photograph of an object in front of anything needs a mask file.
"""

from __future__ import annotations

import os

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.images import Photo, read_image, upright
from wt_backend.protocol import BackendError

WHITE = 245  # a pixel is white if all channels reach this
WHITE_BORDER = 0.95  # share of white border pixels that a white background needs
BACKGROUND_SHARE = (0.10, 0.95)  # of white pixels in the image

PLAIN_BORDER = 0.85  # a subject may touch the border
PLAIN_NOISE = 8.0  # distance in 8-bit RGB up to which a border pixel agrees with the background
PLAIN_DISTANCE = 20.0  # distance from which a pixel is subject
PLAIN_SHARE = (0.10, 0.997)  # of background; a subject may be thin or far away
# Shadow limits: measured on 42 cut-outs over white and grey with synthetic contact shadows (docs/images.md).
SHADOW_DARKEST = 0.4  # of the background's brightness
SHADOW_HUE = 10.0  # distance in 8-bit RGB from the background's colour made darker
SHADOW_SLOPE = 2.5  # grey levels a pixel of a 1000-pixel image; edges of things are steeper
SHADOW_KEEPS = 0.65  # if less of the subject is left, it was no shadow but a thing of the background's colour
WORKING_SIDE = 1536  # larger images are searched at this size; the network sees less

CLEAR_ALPHA = 0.02  # share of transparent pixels from which alpha means a cut-out, not round corners
SHADES = (32, 223)  # grey levels from black to white, both left out
DRAWN = 0.9  # share of black and white from which a picture is a drawn mask; the rest are soft edges
SPECK = 0.01  # parts smaller than this share of the largest are no subject
HIGHLIGHT = 0.005  # holes smaller than this share of the subject are not background


def find_subject(rgba: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Alpha (H, W) of the subject of an image (H, W, 4): its own, else from its plain background.

    None if neither tells.
    """
    if is_cut_out(rgba):
        return rgba[..., 3]
    return plain_background_alpha(rgba[..., :3])


def read_mask(path: str | os.PathLike[str], photo: Photo, as_stored: bool = False) -> NDArray[np.uint8]:
    """Alpha (H, W) for a photo from a mask file of any size, by `mask_alpha`.

    Parameters
    ----------
    as_stored : bool
        Where its proportions do not tell whether it was made for the photo as stored or upright, and it has
        no orientation of its own, it is as stored.

    Raises
    ------
    BackendError
        kind "bad_mask".
    """
    mask_photo = read_image(path, role="mask")
    values = mask_photo.rgba
    if _is_as_stored(mask_photo, photo, as_stored):
        values = upright(values, photo.orientation)
    alpha = _resize(mask_alpha(values), photo.size)
    if not (alpha > 127).any():
        raise BackendError(
            "bad_mask", f"The mask {path} is empty.", "Paint the subject white, everything else black."
        )
    return alpha


def mask_alpha(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a mask picture (H, W, 4) says, (H, W): its alpha where that leaves anything out, else its grey.

    Where hardly anything is transparent, such as a seam left by resampling, black and white are what counts.
    """
    alpha = rgba[..., 3]
    if is_cut_out(rgba):
        return alpha
    grey = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2GRAY), np.uint8)
    return alpha if (alpha <= 127).any() and not _is_black_and_white(grey) else grey


def _is_black_and_white(grey: NDArray[np.uint8]) -> bool:
    """Whether both are there and nearly nothing between, which no photograph is."""
    black, white = (grey < SHADES[0]).mean(), (grey > SHADES[1]).mean()
    return bool(black > 0 and white > 0 and black + white > DRAWN)


def _is_as_stored(mask: Photo, photo: Photo, unless_told: bool) -> bool:
    """Whether a mask shows the photo as stored: its proportions tell, else an orientation of its own."""
    stored, seen = (_has_proportions(mask.size, size) for size in (photo.file_size, photo.size))
    if stored != seen:
        return stored
    return unless_told and mask.orientation == 1


def _has_proportions(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one (width, height) may be the other one scaled, its sides rounded to whole pixels."""
    return abs(size[0] * other[1] - size[1] * other[0]) <= max(other)


def near_white_alpha(rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Alpha of a subject on a white background, as the World Tracing release makes it (pre-processing).

    255 where not white, if at least 95 % of the one-pixel border is white and the white share of the image
    lies strictly between 0.10 and 0.95; else None.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
    """
    white = (rgb >= WHITE).all(axis=-1)
    low, high = BACKGROUND_SHARE
    if _border(white).mean() < WHITE_BORDER or not low < white.mean() < high:
        return None
    return np.where(white, np.uint8(0), np.uint8(255))


def plain_background_alpha(rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Alpha (H, W) of a subject on a white or otherwise plain background, None where it is not plain.

    Plain means: all along the border the colour varies no more than a quadratic polynomial of the position
    (uneven light, vignetting) plus a little noise. Soft shadows on the background belong to it.
    """
    small = _shrink(rgb)
    colour = _background_colour(small)
    if colour is None:
        return None
    white = (small >= WHITE).all(axis=-1)
    if _border(white).mean() >= WHITE_BORDER:
        background = white
    else:
        background = np.linalg.norm(small - colour, axis=-1) < PLAIN_DISTANCE
    unshadowed = background | _shadow(small, colour, background)
    if np.count_nonzero(~unshadowed) >= SHADOW_KEEPS * np.count_nonzero(~background):
        background = unshadowed
    if not PLAIN_SHARE[0] < background.mean() < PLAIN_SHARE[1]:
        return None
    return _resize(_tidy(~background) * np.uint8(255), (rgb.shape[1], rgb.shape[0]))


def _background_colour(rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Colour (H, W, 3) of the background everywhere, from a fit to the border; None where it is not plain."""
    height, width = rgb.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)  # (H, W, 6)
    edge_basis, edge_colour = _border(basis), _border(rgb.astype(np.float32))
    agrees = np.linalg.norm(edge_colour - np.median(edge_colour, axis=0), axis=-1) < 4 * PLAIN_NOISE
    for _ in range(3):
        if agrees.mean() < PLAIN_BORDER:
            return None
        model, *_ = np.linalg.lstsq(edge_basis[agrees], edge_colour[agrees], rcond=None)
        agrees = np.linalg.norm(edge_colour - edge_basis @ model, axis=-1) < PLAIN_NOISE
    if agrees.mean() < PLAIN_BORDER:
        return None
    # The polynomial is known at the border only: inside it must not leave the range of the border's colours.
    return np.clip(basis @ model, edge_colour[agrees].min(axis=0), edge_colour[agrees].max(axis=0))


def _shadow(
    rgb: NDArray[np.uint8], colour: NDArray[np.float32], background: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Pixels that are the background's colour, only darker, and reached from the border without an edge."""
    smooth = cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), 1.5)
    brightness = (smooth * colour).sum(axis=-1) / np.maximum(np.square(colour).sum(axis=-1), 1.0)
    off_hue = np.linalg.norm(smooth - brightness[..., None] * colour, axis=-1)
    grey = smooth.mean(axis=-1)
    slope = np.hypot(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)) / 8  # levels a pixel
    soft = slope < SHADOW_SLOPE * max(1.0, 1000 / max(rgb.shape[:2]))
    darker = (brightness > SHADOW_DARKEST) & (brightness < 1.02) & (off_hue < SHADOW_HUE)
    _, labels = cv2.connectedComponents((background | (darker & soft)).astype(np.uint8), connectivity=4)
    reached = np.setdiff1d(np.unique(_border(labels)), [0])
    return np.isin(labels, reached)


def _border(image: NDArray) -> NDArray:
    """The one-pixel border of (H, W, ...) as a list (N, ...)."""
    return np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])


def is_cut_out(rgba: NDArray[np.uint8]) -> bool:
    """Whether the alpha of an image (H, W, 4) tells its subject."""
    return bool((rgba[..., 3] <= 127).mean() >= CLEAR_ALPHA)


def _tidy(subject: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without specks of dust, and without holes as small as highlights."""
    parts = _drop_small(subject, SPECK)
    holes = ~parts
    count, labels, stats, _ = cv2.connectedComponentsWithStats(holes.astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    areas[np.unique(_border(labels))] = 0  # what reaches the border is background, however small
    fill = (areas > 0) & (areas < HIGHLIGHT * max(int(parts.sum()), 1))
    return parts | fill[labels] if count > 1 else parts


def _drop_small(mask: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return (areas >= share * areas.max())[labels] & mask


def _shrink(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = WORKING_SIDE / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = tuple(max(round(side * scale), 1) for side in (rgb.shape[1], rgb.shape[0]))
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA), np.uint8)


def _resize(alpha: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """To (width, height)."""
    return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR), np.uint8)
