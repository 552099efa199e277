"""The stack's own small picture, laid out like the original image that is gone. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import invert
from wt_backend.stack import LayerStack

MAX_SIDE = 4096


def picture_like_original(stack: LayerStack) -> NDArray[np.uint8]:
    """What the model saw, at its place in the original image's frame; transparent where it saw nothing.

    Returns
    -------
    (h, w, 4) uint8 sRGB, top row first, with the original's aspect and about the grid's resolution: the pixel
    UVs of the layers fit it as they fit the original.
    """
    return lay_like_original(stack, stack.rgba)


def lay_like_original(stack: LayerStack, values: NDArray[np.uint8], finer: int = 1) -> NDArray[np.uint8]:
    """Values of the grid's pixels (H, W, C) in the original image's frame, (h, w, C), 0 outside the grid.

    ``finer`` pixels of the result lie on a pixel of the grid, along either side; of a panorama that was
    squeezed into the square more along one, and at least one along the other.
    """
    width, height = stack.info.image_size
    across, down = np.linalg.norm(stack.grid_to_image[:, :2], axis=0)  # image pixels of one of the grid
    scale = max(finer / np.sqrt(across * down), 1.0 / min(across, down))  # pixels for an image pixel
    scale = min(scale, MAX_SIDE / max(width, height))
    out_width, out_height = max(1, round(width * scale)), max(1, round(height * scale))
    x = (np.arange(out_width) + 0.5) * (width / out_width)
    y = (np.arange(out_height) + 0.5) * (height / out_height)
    inverse = invert(stack.grid_to_image)
    columns, rows = (
        np.floor(inverse[axis, 0] * x[None, :] + inverse[axis, 1] * y[:, None] + inverse[axis, 2]).astype(int)
        for axis in (0, 1)
    )
    grid_width, grid_height = stack.size
    inside = (columns >= 0) & (columns < grid_width) & (rows >= 0) & (rows < grid_height)
    picture = np.zeros((out_height, out_width, values.shape[2]), np.uint8)
    picture[inside] = values[rows[inside], columns[inside]]
    return picture
