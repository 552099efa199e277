"""One layer of a stack as an object, in no collection yet."""

import bpy
from mathutils import Matrix

from wt_backend.geometry.layer_mesh import MeshSettings, layer_mesh, layer_points
from wt_backend.geometry.tearing import Tear
from wt_backend.stack import LayerStack

from .materials import layer_colour, layer_material, point_material
from .mesh_object import new_mesh
from .point_object import layer_point_object

DEFAULTS = MeshSettings()


def mesh_settings(values: bpy.types.bpy_struct) -> MeshSettings:
    """Mesh settings out of an object's or an operator's properties."""
    return MeshSettings(Tear(values.tear, values.grazing), values.island)


def remember_settings(member: bpy.types.Object, settings: MeshSettings) -> None:
    """Let an object that is not marked as a layer yet know how its mesh was made."""
    values = member.world_tracing
    values.tear, values.grazing = settings.tear.depth, settings.tear.grazing
    values.island = settings.island


def new_mesh_layer(
    name: str, stack: LayerStack, layer: int, settings: MeshSettings, away: bool, image: bpy.types.Image
) -> bpy.types.Object | None:
    """The layer as a textured mesh, None where it has no surface."""
    surface = layer_mesh(stack, layer, settings, away)
    if not len(surface.starts):
        return None
    title = layer_title(name, layer)
    mesh = new_mesh(title, layer, surface)
    mesh.materials.append(layer_material(title, layer, image))
    member = bpy.data.objects.new(title, mesh)
    remember_settings(member, settings)
    return mark_layer(member, "LAYER", layer)


def new_point_layer(
    name: str, stack: LayerStack, layer: int, only_vertices: bool = False, frame: Matrix | None = None
) -> bpy.types.Object | None:
    """The layer as coloured points, None where it has none."""
    points = layer_points(stack, layer)
    if not len(points.pixel):
        return None
    title = f"{layer_title(name, layer)} Points"
    material = point_material(title, layer)
    member = layer_point_object(title, layer, points, stack, material, only_vertices, frame)
    return mark_layer(member, "POINTS", layer)


def layer_title(name: str, layer: int) -> str:
    """What a layer of a trace is called: people count from 1."""
    return f"{name} Layer {layer + 1}"


def mark_layer(member: bpy.types.Object, role: str, layer: int) -> bpy.types.Object:
    """Say what an object is within a trace."""
    member.color = layer_colour(layer)
    member.world_tracing.layer = layer
    member.world_tracing.role = role  # last: from here on a changed setting rebuilds the mesh
    return member
