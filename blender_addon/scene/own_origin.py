"""An object whose origin was set: what its trace makes anew has to count from there too."""

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from wt_backend.geometry.mesh_frame import origin_of
from wt_backend.stack import LayerStack

from .origin import stack_path
from .selection import has_pixel_uv, pixel_uv


def own_origin(member: bpy.types.Object, stack: LayerStack | None = None) -> NDArray[np.float64]:
    """Where the origin of a layer or solid lies in the frame of its trace, (3,); zeros unless it was set.

    ``stack`` is what its mesh was made from. Who sets an origin also moves the object; a mesh alone that was
    moved is an edit.

    Raises
    ------
    StackError
    """
    mesh = member.data
    if not has_pixel_uv(mesh) or member.matrix_basis == Matrix():
        return np.zeros(3)
    places = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", places)
    stack = stack or LayerStack.load(stack_path(member))
    return origin_of(places.reshape(-1, 3), pixel_uv(mesh), stack)
