"""One layer as a mesh datablock: arrays in, no Python loop."""

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import LayerMesh, LayerPoints

from .materials import UV_MAP

SELECTIONS = (".select_vert", ".select_edge", ".select_poly")
# Attributes that say where a point came from: its pixel of the grid, its layer, how far the next layer is,
# and whether a photo shows it, or it is a guess.
PIXEL, LAYER, THICKNESS, SEEN = "wt_pixel", "wt_layer", "wt_thickness", "wt_seen"
WHERE_FROM: dict[str, tuple[str, type[np.generic]]] = {
    PIXEL: ("INT", np.int32),
    LAYER: ("INT", np.int32),
    THICKNESS: ("FLOAT", np.float32),
    SEEN: ("BOOLEAN", np.bool_),
}


def new_mesh(name: str, layer: int, surface: LayerMesh) -> bpy.types.Mesh:
    """A mesh with its pixel UVs and where-from attributes (see docs/architecture.md, "In Blender")."""
    mesh = bpy.data.meshes.new(name)
    fill_mesh(mesh, layer, surface)
    return mesh


def fill_mesh(
    mesh: bpy.types.Mesh, layer: int, surface: LayerMesh, places: NDArray[np.float32] | None = None
) -> None:
    """Put geometry into an empty mesh, or replace what it holds; materials stay.

    ``places`` (N, 3) are where its points lie, if the mesh does not count from the camera.
    """
    points, corners, starts = surface.points, surface.corners, surface.starts
    mesh.clear_geometry()
    mesh.vertices.add(len(points.positions))
    places = points.positions if places is None else places
    mesh.attributes["position"].data.foreach_set("vector", places.ravel())
    mesh.loops.add(len(corners))
    mesh.attributes[".corner_vert"].data.foreach_set("value", corners)  # a copy; by `loops` each is checked
    mesh.polygons.add(len(starts))
    mesh.polygons.foreach_set("loop_start", starts)
    mesh.uv_layers.new(name=UV_MAP, do_init=False)
    mesh.attributes[UV_MAP].data.foreach_set("vector", points.uv.take(corners, axis=0).ravel())
    write_attributes(mesh, layer, points)
    mesh.update(calc_edges=True)
    for name in SELECTIONS:  # everything new is selected, which would be every pixel to *Select Same Pixel*
        if name in mesh.attributes:
            mesh.attributes.remove(mesh.attributes[name])


def write_attributes(data: bpy.types.ID, layer: int, points: LayerPoints) -> None:
    """The point attributes that say where a point came from."""
    count = len(points.pixel)
    for name, values in (
        (PIXEL, points.pixel),
        (LAYER, np.full(count, layer, np.int32)),
        (THICKNESS, points.thickness),
        (SEEN, np.full(count, points.seen, np.bool_)),
    ):
        attribute = data.attributes.get(name) or data.attributes.new(name, WHERE_FROM[name][0], "POINT")
        attribute.data.foreach_set("value", values)


def has_attribute(data: bpy.types.ID, name: str) -> bool:
    """Whether `read_attribute` would find something."""
    return _attribute(data, name) is not None


def read_attribute(data: bpy.types.ID, name: str) -> NDArray[Any] | None:
    """What one of these attributes says of each point (N,); None where there is none, or another by its name.

    Artists convert attributes (Object Data > Attributes): to another type, or to faces.
    """
    attribute = _attribute(data, name)
    if attribute is None:
        return None
    values = np.empty(len(attribute.data), WHERE_FROM[name][1])
    attribute.data.foreach_get("value", values)
    return values


def _attribute(data: bpy.types.ID, name: str) -> bpy.types.Attribute | None:
    attribute = data.attributes.get(name)
    if attribute is None or (attribute.data_type, attribute.domain) != (WHERE_FROM[name][0], "POINT"):
        return None
    return attribute
