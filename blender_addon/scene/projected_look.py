"""What a textured mesh wears: one baked texture, or the photo itself projected in the shader."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from .materials import layer_material

UV_MAP = "WT Projected"  # of an automatic unwrap
SEEN = "wt_seen"  # point attribute: a photo shows this vertex, the others are guesses


def uv_name(trace: str) -> str:
    """Name of the UV map that holds a trace's pixels."""
    return f"WT Pixel {trace}"[:60]


def projection_name(trace: str) -> str:
    """Name of the attribute from which a shader projects a trace's photo."""
    return f"wt_projection {trace}"[:60]


def wear_texture(target: bpy.types.Object, image: bpy.types.Image, uv_map: str) -> None:
    """Show a baked texture on all faces; materials that were there leave the mesh, not the file."""
    material = layer_material(f"{target.name} Projected", 0, image)
    next(node for node in material.node_tree.nodes if node.type == "UVMAP").uv_map = uv_map
    _only_material(target.data, material)


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
    attribute = mesh.attributes.get(SEEN)
    if attribute is not None and (attribute.data_type, attribute.domain) != ("BOOLEAN", "POINT"):
        mesh.attributes.remove(attribute)
        attribute = None
    attribute = attribute or mesh.attributes.new(SEEN, "BOOLEAN", "POINT")
    attribute.data.foreach_set("value", seen.astype(bool))


def write_projection(mesh: bpy.types.Mesh, trace: str, homogeneous: NDArray[np.floating]) -> None:
    """Keep (u·w, v·w, w) (V, 3) of the vertices for the shader, and a trace's UV map for everything else.

    Between vertices only the shader is exact: u and v alone do not change linearly over a face.
    """
    name = projection_name(trace)
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "FLOAT_VECTOR", "POINT")
    attribute.data.foreach_set("vector", homogeneous.astype(np.float32).ravel())
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corner)
    write_uv(mesh, uv_name(trace), np.arange(len(corner), dtype=np.int32), uv_of(homogeneous)[corner])


def uv_of(homogeneous: NDArray[np.float64]) -> NDArray[np.float64]:
    """UVs (N, 2) of (u·w, v·w, w); (−1, −1) behind the camera, where there is no photo."""
    uv = np.full((len(homogeneous), 2), -1.0)
    np.divide(homogeneous[:, :2], homogeneous[:, 2:], out=uv, where=homogeneous[:, 2:] > 1e-9)
    return uv


def wear_photos(target: bpy.types.Object, photos: list[tuple[str, bpy.types.Image]]) -> None:
    """Project photos in the shader: the first that has a place for a point gives its colour, else black."""
    material = layer_material(f"{target.name} Photos", 0, photos[0][1])
    tree = material.node_tree
    for node in [node for node in tree.nodes if node.type in {"TEX_IMAGE", "UVMAP"}]:
        tree.nodes.remove(node)
    colour: bpy.types.NodeSocket | None = None
    for number, (trace, image) in reversed(list(enumerate(photos))):
        shown, inside = _projector(tree, trace, image, -420 * number)
        mix = tree.nodes.new("ShaderNodeMixRGB")
        mix.location = (-120, -420 * number)
        mix.inputs["Color1"].default_value = (0.0, 0.0, 0.0, 1.0)
        if colour is not None:
            tree.links.new(colour, mix.inputs["Color1"])
        tree.links.new(inside, mix.inputs["Fac"])
        tree.links.new(shown, mix.inputs["Color2"])
        colour = mix.outputs["Color"]
    tree.links.new(colour, tree.nodes["Layer"].inputs["Color"])
    _only_material(target.data, material)


def _projector(
    tree: bpy.types.NodeTree, trace: str, image: bpy.types.Image, y: float
) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """Nodes that divide (u·w, v·w, w) by w at every point: the photo's colour, and 1 where it has a place."""

    def math(operation: str, x: float, *inputs: bpy.types.NodeSocket | float) -> bpy.types.NodeSocket:
        node = tree.nodes.new("ShaderNodeMath")
        node.operation, node.location = operation, (x, y)
        for socket, value in zip(node.inputs, inputs, strict=False):
            if isinstance(value, float):
                socket.default_value = value
            else:
                tree.links.new(value, socket)
        return node.outputs[0]

    attribute, split = tree.nodes.new("ShaderNodeAttribute"), tree.nodes.new("ShaderNodeSeparateXYZ")
    attribute.attribute_name = projection_name(trace)
    attribute.location, split.location = (-1300, y), (-1120, y)
    tree.links.new(attribute.outputs["Vector"], split.inputs[0])
    depth = split.outputs["Z"]
    u, v = (math("DIVIDE", -940, split.outputs[axis], depth) for axis in "XY")
    join, texture = tree.nodes.new("ShaderNodeCombineXYZ"), tree.nodes.new("ShaderNodeTexImage")
    join.location, texture.location = (-760, y), (-580, y)
    texture.image, texture.extension = image, "EXTEND"
    tree.nodes.active = texture
    for number, value in enumerate((u, v)):
        tree.links.new(value, join.inputs[number])
    tree.links.new(join.outputs[0], texture.inputs["Vector"])
    inside = math("GREATER_THAN", -400, depth, 0.0)
    for value in (u, v):  # |value − ½| < ½
        inside = math("MULTIPLY", -300, inside, math("COMPARE", -400, value, 0.5, 0.5))
    return texture.outputs["Color"], inside


def _only_material(mesh: bpy.types.Mesh, material: bpy.types.Material) -> None:
    mesh.materials.clear()
    mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", np.zeros(len(mesh.polygons), np.int32))
    mesh.update()
