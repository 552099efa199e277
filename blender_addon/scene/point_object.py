"""One layer as points: a real point cloud where this Blender can make one, else vertices shown as points."""

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import LayerPoints
from wt_backend.stack import LayerStack

from .frame import transformed
from .materials import COLOUR
from .mesh_object import write_attributes

POINTS_GROUP = "WT Points"


def makes_clouds() -> bool:
    """Whether this Blender can fill a point cloud from Python."""
    return bool(bpy.app.version >= (4, 4))


def layer_point_object(
    name: str,
    layer: int,
    points: LayerPoints,
    stack: LayerStack,
    material: bpy.types.Material,
    only_vertices: bool = False,
    frame: Matrix | None = None,
) -> bpy.types.Object:
    """A point object in no collection yet; the radius follows depth so that the surface reads closed.

    With ``only_vertices`` a mesh: what shows them is on the object that they are for. ``frame`` is the camera
    space of the trace in what they count from, if that is something else.
    """
    frame = frame or Matrix()
    if not only_vertices and "resize" in bpy.types.PointCloud.bl_rna.functions:  # Blender 5.1
        data = bpy.data.pointclouds.new(name)
        data.resize(len(points.positions))
    else:
        data = bpy.data.meshes.new(name)
        data.vertices.add(len(points.positions))
    data.attributes["position"].data.foreach_set("vector", transformed(frame, points.positions).ravel())
    radius = data.attributes.get("radius") or data.attributes.new("radius", "FLOAT", "POINT")
    larger = np.float32(abs(frame.determinant()) ** (1 / 3))
    radius.data.foreach_set("value", point_radius(points, stack) * larger)
    _write_colour(data, point_colour(points, stack))
    write_attributes(data, layer, points)
    data.materials.append(material)
    shown = bpy.data.objects.new(name, data)
    if shown.type == "MESH":
        data.update()
    if shown.type == "MESH" and not only_vertices:
        if makes_clouds():
            _convert(shown)
        else:
            _show_as_points(shown, material)
    return shown


def _convert(shown: bpy.types.Object) -> None:
    """Make a mesh of vertices a point cloud; attributes carry over.

    The operator wants it active in a scene in Object Mode. It gets one of its own: the user may be editing.
    """
    mesh, scene = shown.data, bpy.data.scenes.new(shown.name)
    view = scene.view_layers[0]
    try:
        scene.collection.objects.link(shown)
        view.objects.active = shown
        with bpy.context.temp_override(
            scene=scene,
            view_layer=view,
            object=shown,
            active_object=shown,
            selected_objects=[shown],
            selected_editable_objects=[shown],
        ):
            bpy.ops.object.convert(target="POINTCLOUD")
    finally:
        bpy.data.scenes.remove(scene)
    if mesh.users == 0:
        bpy.data.meshes.remove(mesh)


def _show_as_points(shown: bpy.types.Object, material: bpy.types.Material) -> None:
    """Blender before 4.4 cannot fill a point cloud from Python: geometry nodes show the vertices."""
    modifier = shown.modifiers.new("Points", "NODES")
    modifier.node_group = _points_group()
    modifier[_material_input(modifier.node_group)] = material


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
    group = bpy.data.node_groups.get((POINTS_GROUP, None))
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
