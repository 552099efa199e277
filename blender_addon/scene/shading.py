"""How the layers of a trace take light: none (as the photo shows them), or all of it (Principled)."""

import bpy

from . import traces
from .materials import GROUP, layer_group, put_colour_first

LIT_GROUP = f"{GROUP} Lit"


def show(root: bpy.types.Object, lit: bool) -> None:
    """Switch all layer materials of a trace, the solid's included."""
    show_on([*traces.layers_of(root), *traces.shot_layers_of(root), *traces.solids_of(root)], lit)


def show_on(members: list[bpy.types.Object], lit: bool) -> None:
    """Switch the layer materials of some objects."""
    group = _lit_group() if lit else layer_group()
    for node in _layer_nodes(members):
        if node.node_tree != group:
            _exchange(node, group)


def _layer_nodes(members: list[bpy.types.Object]) -> list[bpy.types.ShaderNodeGroup]:
    materials = {material for member in members for material in member.data.materials if material}
    trees = [material.node_tree for material in materials if material.node_tree]
    return [tree.nodes["Layer"] for tree in trees if "Layer" in tree.nodes]


def _exchange(node: bpy.types.ShaderNodeGroup, group: bpy.types.NodeTree) -> None:
    """Put another group into a node; links and values stay with the sockets of the same name."""
    tree = node.id_data
    values = {socket.name: socket.default_value for socket in node.inputs}
    colours = {name: tuple(value) for name, value in values.items() if not isinstance(value, float)}
    sources = {socket.name: socket.links[0].from_socket for socket in node.inputs if socket.links}
    targets = [link.to_socket for link in node.outputs["Shader"].links]
    strengths = {name: value for name, value in values.items() if isinstance(value, float)}
    node.node_tree = group
    for name, value in (colours | strengths).items():
        if name in node.inputs:  # that of an older file has fewer
            node.inputs[name].default_value = value
    for name, source in sources.items():
        if name in node.inputs:
            tree.links.new(source, node.inputs[name])
    for target in targets:
        tree.links.new(node.outputs["Shader"], target)


def _lit_group() -> bpy.types.NodeTree:
    """The shared group with a Principled shader in the place of the emission, made once in a file."""
    group = bpy.data.node_groups.get((LIT_GROUP, None))
    if group is not None:
        put_colour_first(group)
        return group
    group = layer_group().copy()
    group.name = LIT_GROUP
    emission = next(node for node in group.nodes if node.type == "EMISSION")
    surface = group.nodes.new("ShaderNodeBsdfPrincipled")
    surface.location = emission.location
    surface.inputs["Roughness"].default_value = 0.8
    source = emission.inputs["Color"].links[0].from_socket
    target = emission.outputs["Emission"].links[0].to_socket
    group.nodes.remove(emission)
    group.links.new(source, surface.inputs["Base Color"])
    group.links.new(surface.outputs["BSDF"], target)
    return group
