"""One layer as points: a real point cloud where this Blender can make one, else vertices shown as points."""

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import LayerPoints
from wt_backend.stack import LayerStack

from .materials import COLOUR
from .mesh_object import write_attributes

POINTS_GROUP = "WT Points"


def layer_point_object(
    name: str, layer: int, points: LayerPoints, stack: LayerStack, material: bpy.types.Material
) -> bpy.types.Object:
    """A point object in no collection yet; the radius follows depth so that the surface reads closed."""
    radius = point_radius(points, stack)
    colour = point_colour(points, stack)
    if hasattr(bpy.types.PointCloud, "resize"):
        data = bpy.data.pointclouds.new(name)
        data.resize(len(points.positions))
        data.attributes["position"].data.foreach_set("vector", points.positions.ravel())
        (data.attributes.get("radius") or data.attributes.new("radius", "FLOAT", "POINT")).data.foreach_set(
            "value", radius
        )
        _write_colour(data, colour)
        write_attributes(data, layer, points)
        data.materials.append(material)
        return bpy.data.objects.new(name, data)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(points.positions))
    mesh.attributes["position"].data.foreach_set("vector", points.positions.ravel())
    mesh.attributes.new("radius", "FLOAT", "POINT").data.foreach_set("value", radius)
    _write_colour(mesh, colour)
    write_attributes(mesh, layer, points)
    mesh.materials.append(material)
    mesh.update()
    shown = bpy.data.objects.new(name, mesh)
    modifier = shown.modifiers.new("Points", "NODES")
    modifier.node_group = _points_group()
    modifier[_material_input(modifier.node_group)] = material
    return shown


def point_radius(points: LayerPoints, stack: LayerStack) -> NDArray[np.float32]:
    """Half a pixel's diagonal at the point's depth, (N,)."""
    focal = min(stack.intrinsics[0, 0], stack.intrinsics[1, 1])
    return (-points.positions[:, 2] * np.float32(np.sqrt(0.5) / focal)).astype(np.float32)


def point_colour(points: LayerPoints, stack: LayerStack) -> NDArray[np.uint8]:
    """The image's colour at each point's pixel, (N, 4) sRGB, opaque."""
    colour = np.ascontiguousarray(stack.rgba.reshape(-1, 4)[points.pixel])
    colour[:, 3] = 255
    return colour


def _write_colour(data: bpy.types.ID, colour: NDArray[np.uint8]) -> None:
    attribute = data.attributes.new(COLOUR, "BYTE_COLOR", "POINT")
    attribute.data.foreach_set("color_srgb", (colour.astype(np.float32) / np.float32(255.0)).ravel())


def _points_group() -> bpy.types.NodeTree:
    """Geometry nodes: vertices to points with their radius, the layer's material on them. One in a file."""
    group = bpy.data.node_groups.get(POINTS_GROUP)
    if group is not None:
        return group
    group = bpy.data.node_groups.new(POINTS_GROUP, "GeometryNodeTree")
    group.is_modifier = True
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Material", in_out="INPUT", socket_type="NodeSocketMaterial")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    nodes = group.nodes
    start, end = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    radius = nodes.new("GeometryNodeInputNamedAttribute")
    radius.data_type = "FLOAT"
    radius.inputs["Name"].default_value = "radius"
    convert, material = nodes.new("GeometryNodeMeshToPoints"), nodes.new("GeometryNodeSetMaterial")
    for column, node in enumerate((start, radius, convert, material, end)):
        node.location = (200 * column, 0)
    group.links.new(start.outputs["Geometry"], convert.inputs["Mesh"])
    group.links.new(radius.outputs["Attribute"], convert.inputs["Radius"])
    group.links.new(convert.outputs["Points"], material.inputs["Geometry"])
    group.links.new(start.outputs["Material"], material.inputs["Material"])
    group.links.new(material.outputs["Geometry"], end.inputs["Geometry"])
    return group


def _material_input(group: bpy.types.NodeTree) -> str:
    return next(item.identifier for item in group.interface.items_tree if item.name == "Material")
