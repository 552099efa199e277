"""The look of a trace: one node group for all traces, one small material for each layer."""

from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np

from wt_backend.stack import LayerStack

from .files import load_image
from .picture import picture_like_original

GROUP = "WT Layer"
UV_MAP = "WT Pixel"
COLOUR = "WT Colour"  # point attribute, for layers shown as points
LAYER = "wt_layer"  # on a material: the layer that it was made for
SEEN = (1.0, 1.0, 1.0, 1.0)
HIDDEN = ((1.0, 0.45, 0.1, 1.0), (0.2, 0.55, 1.0, 1.0), (0.35, 0.85, 0.3, 1.0), (0.85, 0.35, 0.9, 1.0))
HINT_STRENGTH = 0.35  # how much of the hint colour a hidden layer shows


def layer_colour(layer: int) -> tuple[float, float, float, float]:
    """Hint colour of a layer: white for the seen one, a hue in turn for each hidden one."""
    return SEEN if layer == 0 else HIDDEN[(layer - 1) % len(HIDDEN)]


def layer_material(name: str, layer: int, image: bpy.types.Image) -> bpy.types.Material:
    """Material of one layer: the photo through the pixel UVs, tinted where the layer is a guess."""
    material = _material(name, layer)
    tree = material.node_tree
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image, texture.extension, texture.location = image, "EXTEND", (-300, 0)
    uv = tree.nodes.new("ShaderNodeUVMap")
    uv.uv_map, uv.location = UV_MAP, (-500, 0)
    tree.links.new(uv.outputs["UV"], texture.inputs["Vector"])
    show_texture(tree, texture)
    return material


def layer_of(material: bpy.types.Material, member: bpy.types.Object) -> int:
    """The layer that a material of a trace's object shows: of layers that were joined, each keeps its own."""
    return int(material.get(LAYER, member.world_tracing.layer))


def worn_by(member: bpy.types.Object) -> set[bpy.types.Material]:
    """All materials of an object, those that are linked to it instead of its mesh too."""
    slots = (slot.material for slot in member.material_slots)
    return {material for material in (*getattr(member.data, "materials", ()), *slots) if material}


def wear_only(target: bpy.types.Object, materials: Iterable[bpy.types.Material]) -> None:
    """Let a mesh have these materials alone; what it wore of the artist's stays in the file."""
    before = worn_by(target)
    for slot in target.material_slots:  # `clear` would leave what is linked to the object counted
        slot.material = None
    target.data.materials.clear()
    for material in materials:
        target.data.materials.append(material)
    keep_own(before)


def keep_own(materials: Iterable[bpy.types.Material]) -> None:
    """Give the artist's own materials a fake user where nothing else uses them."""
    for own in materials:
        if own.users == 0 and own.library is None and not is_of_a_trace(own):
            own.use_fake_user = True


def is_of_a_trace(material: bpy.types.Material) -> bool:
    """Whether a trace or a projection made this material: it can be made again."""
    node = material.node_tree.nodes.get("Layer") if material.node_tree else None
    group = node.node_tree if node is not None and node.type == "GROUP" else None
    return group is not None and group.name.startswith(GROUP)


def show_texture(tree: bpy.types.NodeTree, texture: bpy.types.ShaderNodeTexImage) -> None:
    """Let a layer's material wear this one of its textures."""
    inputs = tree.nodes["Layer"].inputs
    tree.links.new(texture.outputs["Color"], inputs["Color"])
    if "Alpha" in inputs:  # not in files that are older than it
        tree.links.new(texture.outputs["Alpha"], inputs["Alpha"])
    tree.nodes.active = texture  # what solid shading shows


def point_material(name: str, layer: int) -> bpy.types.Material:
    """Material of a layer shown as points: their colour attribute."""
    material = _material(name, layer)
    tree = material.node_tree
    attribute = tree.nodes.new("ShaderNodeAttribute")
    attribute.attribute_name, attribute.location = COLOUR, (-300, 0)
    tree.links.new(attribute.outputs["Color"], tree.nodes["Layer"].inputs["Color"])
    return material


def source_image(stack: LayerStack, name: str) -> bpy.types.Image:
    """The original image, or the model's own small picture where the original cannot be found."""
    source, size = stack.info.source, tuple(stack.info.image_size)
    if not source:
        return _small_image(stack, name)
    try:
        image = load_image(source, check_existing=True)
        if image.source != "FILE":  # the sequence of a shot, which begins with this picture
            image = load_image(source)
        elif Path(source).is_file() and not image.is_dirty and image.packed_file is None:
            image.reload()  # another program may have changed the file
        elif tuple(image.size) != size:  # painted on, packed or lost since: it stays what it is
            image = load_image(source)
    except RuntimeError:
        return _small_image(stack, name)  # moved or deleted since: the stack carries a picture of its own
    return image if tuple(image.size) == size else _small_image(stack, name)


def _small_image(stack: LayerStack, name: str) -> bpy.types.Image:
    picture = picture_like_original(stack)
    height, width = picture.shape[:2]
    image = bpy.data.images.new(f"{name} (as traced)", width, height, alpha=True)
    image.pixels.foreach_set(np.ascontiguousarray(picture[::-1], np.float32).ravel() / np.float32(255.0))
    image.pack()
    return image


def _material(name: str, layer: int) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    if not material.node_tree:
        material.use_nodes = True
    material.diffuse_color, material[LAYER] = layer_colour(layer), layer
    tree = material.node_tree
    tree.nodes.clear()
    group = tree.nodes.new("ShaderNodeGroup")
    group.name, group.node_tree = "Layer", layer_group()
    group.inputs["Hint"].default_value = layer_colour(layer)
    group.inputs["Hint Strength"].default_value = HINT_STRENGTH if layer else 0.0
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    output.location = (250, 0)
    tree.links.new(group.outputs["Shader"], output.inputs["Surface"])
    return material


def layer_group() -> bpy.types.NodeTree:
    """The shared group, made once in a file: colour, tinted by the hint, as light of its own."""
    group = bpy.data.node_groups.get((GROUP, None))  # not a linked one: its file may go
    if group is None:
        return _new_group()
    put_colour_first(group)
    return group


def put_colour_first(group: bpy.types.NodeTree) -> None:
    """Let a group of an older file ask for the colour before the hint's strength, as `_tinted` does."""
    mixes = (node for node in group.nodes if node.type == "MIX_RGB" and node.blend_type == "MIX")
    old = next((node for node in mixes if all(socket.is_linked for socket in node.inputs)), None)
    if old is None:
        return
    strength, colour, hint = (socket.links[0].from_socket for socket in old.inputs)
    tinted = _tinted(group, colour, hint, strength)
    for link in list(old.outputs[0].links):
        group.links.new(tinted, link.to_socket)
    group.nodes.remove(old)


def _new_group() -> bpy.types.NodeTree:
    """Make the group.

    Blender multiplies a texture's colour by its alpha where nothing asks for that, so that soft rims of a
    cut-out would be dark. Alpha limits the hint's strength to 1, which it never exceeds.
    """
    group = bpy.data.node_groups.new(GROUP, "ShaderNodeTree")
    sockets = group.interface
    sockets.new_socket("Color", in_out="INPUT", socket_type="NodeSocketColor")
    sockets.new_socket("Hint", in_out="INPUT", socket_type="NodeSocketColor")
    strength = sockets.new_socket("Hint Strength", in_out="INPUT", socket_type="NodeSocketFloat")
    strength.min_value, strength.max_value, strength.subtype = 0.0, 1.0, "FACTOR"
    sockets.new_socket("Alpha", in_out="INPUT", socket_type="NodeSocketFloat").default_value = 1.0
    sockets.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    inputs, output = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    emission = group.nodes.new("ShaderNodeEmission")
    inputs.location, output.location = (-700, 0), (250, 0)
    limit, least = (group.nodes.new("ShaderNodeMath") for _ in range(2))
    limit.operation, least.operation = "MAXIMUM", "MINIMUM"
    limit.location, least.location = (-620, 200), (-440, 200)
    group.links.new(inputs.outputs["Alpha"], limit.inputs[0])
    limit.inputs[1].default_value = 1.0
    group.links.new(inputs.outputs["Hint Strength"], least.inputs[0])
    group.links.new(limit.outputs[0], least.inputs[1])
    tinted = _tinted(group, inputs.outputs["Color"], inputs.outputs["Hint"], least.outputs[0])
    group.links.new(tinted, emission.inputs["Color"])
    group.links.new(emission.outputs["Emission"], output.inputs["Shader"])
    return group


def _tinted(
    group: bpy.types.NodeTree,
    colour: bpy.types.NodeSocket,
    hint: bpy.types.NodeSocket,
    strength: bpy.types.NodeSocket,
) -> bpy.types.NodeSocket:
    """A mix, as (hint - colour) · strength + colour: Blender's glTF exporter takes the first texture that it
    finds upstream, and a Mix node asks for its strength, which may be a mask, before its colours.
    """
    towards, mix = (group.nodes.new("ShaderNodeVectorMath") for _ in range(2))
    towards.operation, mix.operation = "SUBTRACT", "MULTIPLY_ADD"
    towards.location, mix.location = (-440, 0), (-200, 0)
    for node, sources in ((towards, (hint, colour)), (mix, (towards.outputs[0], strength, colour))):
        for source, socket in zip(sources, node.inputs, strict=False):
            group.links.new(source, socket)
    return mix.outputs[0]
