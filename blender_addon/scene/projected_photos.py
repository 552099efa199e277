"""What a mesh wears without a texture of its own: photos, projected and masked in the shader.

A vertex knows (u·w, v·w, w) of each photo, which change linearly over a face, so that dividing after
interpolation is exact on the coarsest mesh. Whether the camera sees the point is asked of a picture of
1/depth of what hides things, as shadow maps do (Williams 1978).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import bpy
import numpy as np
from bpy.types import NodeSocket as Socket
from numpy.typing import NDArray

from .materials import UV_MAP, layer_material
from .projected_look import attribute_of, only_material, tint, uv_of, write_uv

GUESS = "wt_guess"  # point attribute: colour where no photo shows the mesh
LONGEST = 60  # bytes of an attribute's name; Blender before 5.2 makes none that is longer than 67
GRAZING, CLEAR = 0.06, 0.2  # cosines between which a photo fades in, as the bake has it


@dataclass(frozen=True)
class Photo:
    """A photo in the shader, as the worker's ``projection/shader`` describes it.

    Attributes
    ----------
    trace : name
    image
    hides : 1/depth of what hides things
    tolerance : of comparing with it
    ray : scale and offset (2, 2) that make a direction (x, y, 1) of (u, v)
    """

    trace: str
    image: bpy.types.Image
    hides: bpy.types.Image
    tolerance: float
    ray: list[list[float]]


def projection_name(trace: str) -> str:
    """Name of the point attribute (u·w, v·w, w) of a trace's photo."""
    return _name("wt_projection", trace)


def sight_name(trace: str) -> str:
    """Name of the corner attribute (distance of the face's plane from the camera, tolerance, 0)."""
    return _name("wt_sight", trace)


def uv_name(trace: str) -> str:
    """Name of the UV map of a trace's photo."""
    return _name(UV_MAP, trace)


def _name(what: str, trace: str) -> str:
    """The name of a trace's attribute: where that is too long, its start and a checksum of the trace."""
    name = f"{what} {trace}".encode()
    if len(name) <= LONGEST:
        return name.decode()
    return f"{name[: LONGEST - 9].decode(errors='ignore')} {zlib.crc32(trace.encode()):08x}"


def write_projection(
    mesh: bpy.types.Mesh,
    trace: str,
    projection: NDArray[np.floating],
    loops: NDArray[np.int32],
    sight: NDArray[np.floating],
) -> None:
    """Keep what the shader needs of a trace, and a UV map, exact at vertices, for everything else.

    ``projection`` (V, 3), ``loops`` (N,) corners of faces, ``sight`` (N, 2) there.
    """
    attribute = attribute_of(mesh, projection_name(trace), "FLOAT_VECTOR", "POINT")
    attribute.data.foreach_set("vector", projection.astype(np.float32).ravel())
    values = np.zeros((len(mesh.loops), 3), np.float32)
    values[loops, :2] = sight
    attribute = attribute_of(mesh, sight_name(trace), "FLOAT_VECTOR", "CORNER")
    attribute.data.foreach_set("vector", values.ravel())
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corner)
    every = np.arange(len(corner), dtype=np.int32)
    write_uv(mesh, uv_name(trace), every, uv_of(projection.astype(np.float64))[corner])


def write_guess(mesh: bpy.types.Mesh, colours: NDArray[np.floating]) -> None:
    """Linear colours (V, 3) for what no photo shows."""
    values = np.ones((len(colours), 4), np.float32)
    values[:, :3] = colours
    attribute_of(mesh, GUESS, "FLOAT_COLOR", "POINT").data.foreach_set("color", values.ravel())


def wear_photos(target: bpy.types.Object, photos: list[Photo]) -> None:
    """Project photos in the shader: the first whose camera sees a point gives its colour, else the guess."""
    material = layer_material(f"{target.name} Photos", 0, photos[0].image)
    tree = material.node_tree
    for node in [node for node in tree.nodes if node.type in {"TEX_IMAGE", "UVMAP"}]:
        tree.nodes.remove(node)
    attribute = tree.nodes.new("ShaderNodeAttribute")
    attribute.attribute_name, attribute.location = GUESS, (-320, 200)
    colour, guessed = attribute.outputs["Color"], None
    for number, photo in reversed(list(enumerate(photos))):
        nodes = _Nodes(tree, -520 * number)
        shown, seen = _projector(nodes, photo)
        mix = nodes.new("ShaderNodeMixRGB", -140)
        nodes.feed(mix, seen, colour, shown)
        colour = mix.outputs["Color"]
        unseen = nodes.math("SUBTRACT", -140, 1.0, seen)
        guessed = unseen if guessed is None else nodes.math("MULTIPLY", -60, guessed, unseen)
    tree.links.new(colour, tree.nodes["Layer"].inputs["Color"])
    tint(tree, guessed)
    only_material(target, material)


def _projector(nodes: _Nodes, photo: Photo) -> tuple[Socket, Socket]:
    """The photo's colour at every point, and how far, 0 to 1, its camera sees it there."""
    across, up, depth = nodes.attribute(projection_name(photo.trace), -1300)
    u, v = (nodes.math("DIVIDE", -940, value, depth) for value in (across, up))
    join = nodes.new("ShaderNodeCombineXYZ", -760)
    nodes.feed(join, u, v)
    texture, hides = (nodes.image(image, join.outputs[0]) for image in (photo.image, photo.hides))
    hides.interpolation = "Closest"
    nodes.tree.nodes.active = texture  # what solid shading shows
    seen = nodes.math("GREATER_THAN", -300, depth, 0.0)
    for value in (u, v):  # |value − ½| < ½
        seen = nodes.math("MULTIPLY", -220, seen, nodes.math("COMPARE", -300, value, 0.5, 0.5))
    distance, slope, _ = nodes.attribute(sight_name(photo.trace), -1300)
    bound = nodes.math("MULTIPLY_ADD", -300, slope, depth, photo.tolerance)
    nearness = nodes.math("MULTIPLY", -300, hides.outputs["Color"], depth)
    seen = nodes.math("MULTIPLY", -220, seen, nodes.math("LESS_THAN", -260, nearness, bound))
    ray = nodes.vector("MULTIPLY_ADD", -580, join.outputs[0], (*photo.ray[0], 0.0), (*photo.ray[1], 1.0))
    length = nodes.math(
        "MULTIPLY", -400, depth, nodes.vector("LENGTH", -500, ray.outputs[0]).outputs["Value"]
    )
    cosine = nodes.math("DIVIDE", -350, distance, length)
    fade = nodes.new("ShaderNodeMapRange", -300)
    fade.interpolation_type = "SMOOTHSTEP"
    nodes.feed(fade, cosine, GRAZING, CLEAR)
    seen = nodes.math("MULTIPLY", -180, seen, fade.outputs["Result"])
    # Where nothing asks for a texture's alpha, Blender multiplies the colour by it: soft rims would be dark.
    asked = nodes.math("MAXIMUM", -300, texture.outputs["Alpha"], 1.0)
    return texture.outputs["Color"], nodes.math("MINIMUM", -160, seen, asked)


@dataclass(frozen=True)
class _Nodes:
    """New nodes of a tree, at one height."""

    tree: bpy.types.NodeTree
    y: float

    def new(self, kind: str, x: float) -> bpy.types.Node:
        node = self.tree.nodes.new(kind)
        node.location, node.hide = (x, self.y), True
        return node

    def feed(self, node: bpy.types.Node, *values: Socket | float | tuple[float, ...]) -> None:
        """Give a node's first inputs values or links."""
        for socket, value in zip(node.inputs, values, strict=False):
            if isinstance(value, float | tuple):
                socket.default_value = value
            else:
                self.tree.links.new(value, socket)

    def math(self, operation: str, x: float, *values: Socket | float) -> Socket:
        node = self.new("ShaderNodeMath", x)
        node.operation = operation
        self.feed(node, *values)
        return node.outputs[0]

    def vector(self, operation: str, x: float, *values: Socket | tuple[float, ...]) -> bpy.types.Node:
        node = self.new("ShaderNodeVectorMath", x)
        node.operation = operation
        self.feed(node, *values)
        return node

    def attribute(self, name: str, x: float) -> list[Socket]:
        """The three parts of a vector attribute."""
        attribute, split = self.new("ShaderNodeAttribute", x), self.new("ShaderNodeSeparateXYZ", x + 180)
        attribute.attribute_name = name
        self.feed(split, attribute.outputs["Vector"])
        return list(split.outputs)

    def image(self, image: bpy.types.Image, place: Socket) -> bpy.types.Node:
        node = self.new("ShaderNodeTexImage", -580)
        node.image, node.extension = image, "EXTEND"
        self.feed(node, place)
        return node
