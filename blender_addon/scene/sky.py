"""The sky of a trace: an image, white where the photo shows sky, that leaves it out of the layers.

The image lies in the .blend and in the photo's frame, so it can be painted on like any other.
"""

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import apply_affine
from wt_backend.stack import LayerStack

from . import build, strokes, traces
from .picture import lay_like_original
from .selection import under_image

FINER = 2  # pixels of the image for one of the grid: then each grid pixel finds its own again


def mask_of(root: bpy.types.Object, stack: LayerStack) -> NDArray[np.bool_]:
    """Grid pixels (H, W) whose centre lies on white of the trace's sky image; none without an image."""
    image = root.world_tracing.sky
    if image is None or not image.size[0]:
        return np.zeros_like(stack.mask[0])
    width, height = stack.size
    rows, columns = np.mgrid[:height, :width] + 0.5
    places = apply_affine(stack.grid_to_image, np.stack([columns, rows], -1).reshape(-1, 2))  # (H·W, 2)
    uv = places / np.array(stack.info.image_size)
    uv[:, 1] = 1 - uv[:, 1]
    return under_image(uv.astype(np.float32), image).reshape(height, width)


def set_mask(root: bpy.types.Object, stack: LayerStack, mask: NDArray[np.bool_]) -> None:
    """Store grid pixels (H, W) as the trace's sky image, which rebuilds its layers if they leave the sky out.

    An image of the user's own stays what it is.
    """
    picture = lay_like_original(stack, np.where(mask, 255, 0).astype(np.uint8)[..., None], FINER)
    height, width = picture.shape[:2]
    image = bpy.data.images.new(f"{build.trace_name(root)} Sky", width, height)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture[::-1] / np.float32(255.0)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    strokes.pack(image)
    old = root.world_tracing.sky
    if old is not None and old.library is None and strokes.is_ours(old):
        others = (other for other in bpy.data.objects if traces.is_root(other) and other != root)
        if all(other.world_tracing.sky != old for other in others):  # a duplicate keeps the mask that it has
            _take_place(image, old)
    root.world_tracing.sky = image


def _take_place(image: bpy.types.Image, old: bpy.types.Image) -> None:
    """Let an image be seen wherever another was.

    Undo brings images back, but leaves the pixels of one that is still there as they are. What somebody has
    painted is in no undo step of ours, so such an image stays in the file: packed, and though nobody uses it.
    """
    name = old.name
    old.user_remap(image)
    if strokes.are_on(old):
        old.name, old.use_fake_user = f"{name} (painted)", True
        if old.is_dirty:
            old.pack()
    else:
        bpy.data.images.remove(old)
    image.name = name
