"""Which layers are back faces. Numpy only.

A ray that meets only closed things enters and leaves in turn: every second hit is a back. It then has an even
number of hits around an object, an odd one in a scene, where the last is the wall or floor behind everything.
"""

from __future__ import annotations

import numpy as np

from wt_backend.stack import LayerStack


def back_layers(stack: LayerStack) -> list[bool]:
    """For each layer, whether its surfaces look away from the camera.

    Every second layer does where most of its pixels have paired hits. An object's ray that fills the
    stack counts as paired: what the stack cut off is unknown. Elsewhere layers face the camera.
    """
    hits = stack.mask.sum(0, dtype=np.int32)  # (H, W)
    paired = hits % 2 == 1 if stack.info.mode == "scene" else (hits % 2 == 0) | (hits == stack.layers)
    away = []
    for layer in range(stack.layers):
        here = stack.mask[layer]
        count = np.count_nonzero(here)
        away.append(layer % 2 == 1 and count > 0 and 2 * np.count_nonzero(paired & here) > count)
    return away
