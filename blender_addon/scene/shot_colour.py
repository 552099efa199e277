"""Filled colour on the hidden layers of a shot: an image sequence a layer, numbered like the frames."""

from typing import Any

import bpy
import numpy as np

from . import hidden_colour, traces
from .files import load_image
from .shot import in_step


def wear(root: bpy.types.Object, result: dict[str, Any]) -> int:
    """Put the pictures of a `fill_shot` result on a shot's layers; return on how many."""
    if result["static"]:  # of Merge Static: the background is a trace of its own
        hidden_colour.wear(root, result["static"])
    transform, first = np.array(result["uv_transform"]), result["frames"][0]
    surfaces = [member for member in traces.shot_layers_of(root) if member.world_tracing.role != "POINTS"]
    of_layer = {member.world_tracing.layer: member for member in surfaces}  # its frames share one material
    count = 0
    for layer, member in sorted(of_layer.items()):
        path = result["textures"][layer]
        if path:
            image = load_image(path)
            image.source = "SEQUENCE"
            for texture in hidden_colour.dress(member.data.materials, image, transform):
                in_step(texture.image_user, (first, result["frames"][1]))
            count += 1
    root.world_tracing.hidden_colour = "FILLED"
    return count
