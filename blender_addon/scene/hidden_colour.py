"""What hidden layers wear: the photo (a smear of what is in front), a texture of their own, a flat hint."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from . import made_images, named_files, traces
from .files import load_image
from .materials import HINT_STRENGTH, LAYER, UV_MAP, layer_colour, layer_of, show_texture
from .origin import stack_path

FILLED, TRANSFORM = "Filled", "Filled UV"  # node names


def dress(
    materials: Iterable[bpy.types.Material | None], image: bpy.types.Image, uv_transform: NDArray[np.float64]
) -> list[bpy.types.ShaderNodeTexImage]:
    """Give the materials of a hidden layer its filled texture; `show` decides whether it is seen.

    Parameters
    ----------
    uv_transform : (2, 3) from `WT Pixel` UVs to UVs of the texture.

    Returns
    -------
    The nodes that show the image.
    """
    textures = []
    for material in materials:
        tree = material.node_tree if material else None
        if tree is None or "Layer" not in tree.nodes:
            continue  # a material of the user's own
        texture = tree.nodes.get(FILLED) or tree.nodes.new("ShaderNodeTexImage")
        texture.name = texture.label = FILLED
        texture.image, texture.extension, texture.location = image, "EXTEND", (-300, -300)
        mapping = tree.nodes.get(TRANSFORM) or tree.nodes.new("ShaderNodeMapping")
        mapping.name = mapping.label = TRANSFORM
        mapping.location = (-500, -300)
        _set_affine(mapping, uv_transform)
        source = next((node for node in tree.nodes if node.type == "UVMAP"), None)
        if source is None:  # the artist took it away
            source = tree.nodes.new("ShaderNodeUVMap")
            source.uv_map, source.location = UV_MAP, (-700, -300)
        tree.links.new(source.outputs["UV"], mapping.inputs["Vector"])
        tree.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
        textures.append(texture)
    return textures


def wear(root: bpy.types.Object, result: dict[str, Any]) -> int:
    """Put the textures of a `geometry/fill_colour` result on a trace's layers; return on how many."""
    surfaces = [layer for layer in traces.layers_of(root) if layer.world_tracing.role == "LAYER"]
    worn = {(layer_of(each, layer), each) for layer in surfaces for each in layer.data.materials if each}
    transform, count = np.array(result["uv_transform"]), 0
    for number, path in enumerate(result["textures"]):
        materials = [material for layer, material in worn if layer == number]
        if path and materials:
            dress(materials, _made(Path(path)), transform)
            count += 1
    root.world_tracing.hidden_colour = "FILLED"
    return count


def _made(path: Path) -> bpy.types.Image:
    """The image of a texture that was just written: an earlier one may lie under the same name.

    What somebody painted while it was made is in no file. It stays what is shown; reloading lets it go.
    """
    images = named_files.images_of(path) or [load_image(path)]
    for image in images:
        if image.packed_file is None:  # else it goes on to show what is packed
            made_images.mark(image, path)
            if not image.is_dirty:
                image.reload()
    return max(images, key=lambda image: image.is_dirty)


def painted(root: bpy.types.Object) -> list[str]:
    """Names of files with an artist's painting, which filling the layers of a trace again would replace.

    Those of its stack, whichever trace wears them, since several may have been built from one; and what it
    wears itself, which after *Use Known Camera* is still named after the stack from before.
    """
    stack = named_files.normal(stack_path(root))
    worn = {tree.nodes[FILLED].image for tree in _trees(root) if FILLED in tree.nodes}
    names = []
    for image in bpy.data.images:
        path = named_files.path_of(image, "filepath")
        of_stack = path.stem.rpartition(" layer ")[0]
        written_over = path.parent == stack.parent and of_stack == stack.stem
        named_before = of_stack != "" and stack.stem.startswith(of_stack)
        from_before = image in worn and named_before and not made_images.is_elsewhere(image)
        unsaved = image.is_dirty and (written_over or image in worn)
        if unsaved or ((written_over or from_before) and made_images.is_changed(image)):
            names.append(path.name)
    return sorted(names)


def restore(root: bpy.types.Object, layer: bpy.types.Object) -> None:
    """Dress a layer that was deleted and came back as its trace says, filled if the texture is left."""
    number, materials = layer.world_tracing.layer, layer.data.materials
    worn, path = _filled_texture(root, number)
    if number and worn is not None:
        plain, name, hint = materials[0], materials[0].name, layer_colour(number)
        materials[0] = worn.copy()
        bpy.data.materials.remove(plain)
        materials[0].name, materials[0].diffuse_color, materials[0][LAYER] = name, hint, number
        nodes = materials[0].node_tree.nodes
        nodes["Layer"].inputs["Hint"].default_value = hint
        nodes[FILLED].image = load_image(path, check_existing=True)
    if number:
        _show_on(materials[0].node_tree, root.world_tracing.hidden_colour)


def _filled_texture(root: bpy.types.Object, number: int) -> tuple[bpy.types.Material | None, Path]:
    """The filled texture of a layer, by those of the others, and a material that wears such a texture."""
    for material in {material for other in traces.layers_of(root) for material in other.data.materials}:
        filled = material.node_tree.nodes.get(FILLED) if material and material.node_tree else None
        if filled is not None and filled.image is not None and "Layer" in material.node_tree.nodes:
            other = Path(bpy.path.abspath(filled.image.filepath))  # NAME layer 3.png
            path = other.with_name(f"{other.stem.rpartition(' ')[0]} {number + 1}.png")
            if path.is_file():
                return material, path
    return None, Path()


def is_dressed(root: bpy.types.Object) -> bool:
    """Whether all hidden layers that show a picture have a filled texture."""
    pictured = [tree.nodes for tree in _trees(root) if any(node.type == "TEX_IMAGE" for node in tree.nodes)]
    return all(FILLED in nodes for nodes in pictured)


def show(root: bpy.types.Object, mode: str) -> None:
    """Switch the hidden layers of a trace to "SMEAR", "FILLED" (where there is a texture) or "FLAT"."""
    for tree in _trees(root):
        _show_on(tree, mode)


def _show_on(tree: bpy.types.NodeTree, mode: str) -> None:
    textures = [node for node in tree.nodes if node.type == "TEX_IMAGE"]
    filled = [node for node in textures if node.name == FILLED]
    photos = [node for node in textures if node.name != FILLED]
    chosen = (filled if mode == "FILLED" else photos) or photos
    inputs = tree.nodes["Layer"].inputs
    unsure = 0.0 if filled else HINT_STRENGTH  # the photo, which points carry as an attribute
    strength = {"SMEAR": HINT_STRENGTH, "FILLED": unsure, "FLAT": 1.0}[mode]
    inputs["Hint Strength"].default_value = strength
    if chosen:
        show_texture(tree, chosen[0])


def _trees(root: bpy.types.Object) -> list[bpy.types.NodeTree]:
    """Node trees of the layer materials of a trace's hidden layers."""
    every = [*traces.layers_of(root), *traces.shot_layers_of(root)]
    worn = {(layer_of(each, layer), each) for layer in every for each in layer.data.materials if each}
    trees = {material.node_tree for layer, material in worn if layer > 0}
    return [tree for tree in trees if tree and "Layer" in tree.nodes]


def _set_affine(mapping: bpy.types.ShaderNodeMapping, affine: NDArray[np.float64]) -> None:
    """Scale, rotate, move, in the node's order. The map never shears: it comes from a pixel grid."""
    (a, b, x), (c, d, y) = affine
    width = math.hypot(a, c)
    mapping.vector_type = "POINT"
    mapping.inputs["Scale"].default_value = (width, (a * d - b * c) / width, 1.0)
    mapping.inputs["Rotation"].default_value = (0.0, 0.0, math.atan2(c, a))
    mapping.inputs["Location"].default_value = (x, y, 0.0)
