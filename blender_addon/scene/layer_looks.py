"""A mesh made from several layers wears what they wear, each face the material of its layer."""

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.stack import LayerStack

from . import build, projected_look, shading, traces
from .layer_object import layer_title
from .materials import LAYER, layer_material, layer_of, source_image, wear_only
from .origin import stack_path
from .projection import photo_image


def wear_layers(root: bpy.types.Object, target: bpy.types.Object, of_face: NDArray[np.integer]) -> None:
    """Give faces the materials of their layers (F,); those of layers that are gone stay as the mesh has them.

    The artist's own leave the mesh and stay in the file.

    Raises
    ------
    StackError
        The photo is asked of the stack, which is gone.
    """
    mesh, left, projected = target.data, _materials(root), projected_look.is_worn(target.data)
    if not left and not projected:
        wear_own(target, of_face)
        return
    worn = {int(own[LAYER]): own for own in mesh.materials if own and LAYER in own and not projected} | left
    if projected:  # the layers that are gone have left it nothing to wear
        worn |= _photo_materials(root, set(np.unique(of_face).tolist()) - set(worn))
    numbers = sorted(worn)
    wear_only(target, [worn[number] for number in numbers])
    slot = np.searchsorted(numbers, of_face).clip(0, len(numbers) - 1)
    mesh.polygons.foreach_set("material_index", slot.astype(np.int32))
    shading.show(root, root.world_tracing.lit)


def wear_own(layer: bpy.types.Object, of_face: NDArray[np.integer]) -> None:
    """Let the faces of an object have its own materials, each that of its layer (F,), if it has several."""
    own = reversed(list(enumerate(layer.data.materials)))  # the first one of a layer counts
    slots = {layer_of(material, layer): slot for slot, material in own if material}
    if len(slots) > 1:
        index = np.zeros(1 + max(*slots, int(of_face.max(initial=0))), np.int32)
        index[list(slots)] = list(slots.values())
        layer.data.polygons.foreach_set("material_index", index[of_face])


def _materials(root: bpy.types.Object) -> dict[int, bpy.types.Material]:
    """Materials of the layers by number; the photo for those without a mesh that wears one.

    Points show a colour attribute, which no other mesh has.
    """
    members = traces.layers_of(root)
    worn = {
        layer_of(material, layer): material
        for layer in members
        if layer.world_tracing.role == "LAYER"
        for slot, material in enumerate(layer.data.materials)
        if material and (slot == 0 or LAYER in material)  # others are the artist's
    }
    return worn | _photo_materials(root, {layer.world_tracing.layer for layer in members} - set(worn))


def _photo_materials(root: bpy.types.Object, numbers: set[int]) -> dict[int, bpy.types.Material]:
    """New materials of layers that show the photo."""
    if not numbers:
        return {}
    name = build.trace_name(root)
    image = photo_image(root) or source_image(LayerStack.load(stack_path(root)), name)
    return {number: layer_material(layer_title(name, number), number, image) for number in numbers}
