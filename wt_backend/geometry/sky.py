"""Which pixels of a scene show sky: a plain rule, to be corrected by hand. Numpy only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import apply_affine, invert
from wt_backend.geometry.layer_mesh import existing
from wt_backend.geometry.tearing import label_pieces
from wt_backend.stack import LayerStack

FAR = 0.75  # quantile of depth beyond which sky may lie
SMOOTH = 14.0  # largest step of colour (0 to 255) between neighbouring sky pixels
BRIGHT = 90.0  # least mean of red, green and blue
LEAST = 0.005  # share of the frame; a smaller piece is no sky


def sky_mask(stack: LayerStack) -> NDArray[np.bool_]:
    """Pixels (H, W) of smooth, bright, far, not reddish colour that hang together with the upper border."""
    seen = existing(stack, 0)
    if not seen.any():
        return seen
    depth = stack.xyz[0, ..., 2]
    colour = stack.rgba[..., :3].astype(np.float32)
    bluish = colour[..., 2] >= colour[..., 0] - 12
    far = seen & (depth >= np.quantile(depth[seen], FAR))
    candidate = far & (colour.mean(-1) >= BRIGHT) & bluish
    right = np.abs(np.diff(colour, axis=1)).max(-1) <= SMOOTH
    down = np.abs(np.diff(colour, axis=0)).max(-1) <= SMOOTH
    edges = right & candidate[:, 1:] & candidate[:, :-1], down & candidate[1:] & candidate[:-1]
    labels, _ = label_pieces(candidate, edges)
    border = _upper_border(stack)
    touching = np.unique(labels[border][candidate[border]])
    large = np.flatnonzero(np.bincount(labels[candidate]) >= LEAST * candidate.size)
    return candidate & np.isin(labels, np.intersect1d(touching, large))


def _upper_border(stack: LayerStack) -> slice:
    """Rows of the grid at the photo's upper border: the first, or two below the margin of a padded photo,
    whose colour has run into the upper one.
    """
    width, height = stack.info.image_size
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)], float)
    top = round(float(apply_affine(invert(stack.grid_to_image), corners)[:, 1].min()))
    return slice(top, top + 2) if top > 0 else slice(0, 1)


def without(stack: LayerStack, sky: NDArray[np.bool_]) -> LayerStack:
    """A stack in memory without any layer where ``sky`` (H, W) is true: behind sky there is nothing."""
    return replace(stack, mask=stack.mask & ~sky)
