"""What a mesh wears after a bake: one texture, its UVs, and which parts of it are guesses."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from .materials import layer_colour, layer_material, wear_only
from .mesh_object import SEEN

UV_MAP = "WT Projected"  # of an automatic unwrap
TINT = "Tint Guessed"


def wear_texture(
    target: bpy.types.Object, image: bpy.types.Image, mask: bpy.types.Image, uv_map: str
) -> None:
    """Show a baked texture on all faces, what ``mask`` shows black ready to be tinted.

    Materials that were there leave the mesh; the artist's own stay in the file.
    """
    material = layer_material(f"{target.name} Projected", 0, image)
    tree = material.node_tree
    place = next(node for node in tree.nodes if node.type == "UVMAP")
    place.uv_map = uv_map
    seen, guessed = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeMath")
    mask.colorspace_settings.is_data = True  # names are those of the OCIO configuration
    seen.image, seen.extension, seen.location = mask, "EXTEND", (-500, -300)
    guessed.operation, guessed.location = "SUBTRACT", (-220, -300)
    guessed.inputs[0].default_value = 1.0
    tree.links.new(place.outputs["UV"], seen.inputs["Vector"])
    tree.links.new(seen.outputs["Color"], guessed.inputs[1])
    tint(tree, guessed.outputs[0])
    only_material(target, material)


def tint(tree: bpy.types.NodeTree, guessed: bpy.types.NodeSocket) -> None:
    """Let a material of the layers' kind tint what is ``guessed``, 0 to 1; not at all at first."""
    layer, strength = tree.nodes["Layer"], tree.nodes.new("ShaderNodeMixRGB")
    strength.name = strength.label = TINT
    strength.location = (-40, -200)
    strength.inputs["Fac"].default_value = 0.0  # of all inputs it alone is a slider from 0 to 1
    strength.inputs["Color1"].default_value = (0.0, 0.0, 0.0, 1.0)
    tree.links.new(guessed, strength.inputs["Color2"])
    tree.links.new(strength.outputs[0], layer.inputs["Hint Strength"])
    layer.inputs["Hint"].default_value = layer_colour(1)


def tint_of(target: bpy.types.Object | None) -> bpy.types.NodeSocket | None:
    """How much of a tint the guessed parts of an object show, as a socket to set; None if it wears none."""
    material = target.active_material if target is not None and target.type == "MESH" else None
    tree = material.node_tree if material is not None else None
    node = tree.nodes.get(TINT) if tree is not None else None
    return node.inputs["Fac"] if node is not None else None


def is_worn(mesh: bpy.types.Mesh) -> bool:
    """Whether a mesh wears a projection, baked or in the shader."""
    trees = [material.node_tree for material in mesh.materials if material is not None]
    return any(tree is not None and TINT in tree.nodes for tree in trees)


def write_uv(
    mesh: bpy.types.Mesh, name: str, loops: NDArray[np.int32], uv: NDArray[np.floating]
) -> bpy.types.MeshUVLoopLayer:
    """A UV map, made or replaced and made active: ``uv`` (N, 2) of the corners ``loops`` (N,)."""
    layer = mesh.uv_layers.get(name) or mesh.uv_layers.new(name=name, do_init=False)
    if layer is None:
        raise ValueError(f"{mesh.name} has eight UV maps already. Remove one.")
    values = np.zeros((len(mesh.loops), 2), np.float32)
    values[loops] = uv
    layer.data.foreach_set("uv", values.ravel())
    mesh.uv_layers.active = layer
    layer.active_render = True
    return layer


def write_seen(mesh: bpy.types.Mesh, seen: NDArray[np.bool_]) -> None:
    """Which vertices a photo shows."""
    attribute_of(mesh, SEEN, "BOOLEAN", "POINT").data.foreach_set("value", seen.astype(bool))


def attribute_of(mesh: bpy.types.Mesh, name: str, kind: str, domain: str) -> bpy.types.Attribute:
    """An attribute, made where there is none of this kind."""
    attribute = mesh.attributes.get(name)
    if attribute is not None and (attribute.data_type, attribute.domain) != (kind, domain):
        mesh.attributes.remove(attribute)
        attribute = None
    return attribute or mesh.attributes.new(name, kind, domain)


def uv_of(homogeneous: NDArray[np.float64]) -> NDArray[np.float64]:
    """UVs (N, 2) of (u·w, v·w, w); (−1, −1) behind the camera, where there is no photo."""
    uv = np.full((len(homogeneous), 2), -1.0)
    np.divide(homogeneous[:, :2], homogeneous[:, 2:], out=uv, where=homogeneous[:, 2:] > 1e-9)
    return uv


def only_material(target: bpy.types.Object, material: bpy.types.Material) -> None:
    """The one material of a mesh; the artist's own stay in the file."""
    mesh = target.data
    wear_only(target, [material])
    mesh.polygons.foreach_set("material_index", np.zeros(len(mesh.polygons), np.int32))
    mesh.update()
