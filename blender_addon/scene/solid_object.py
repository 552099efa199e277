"""Meshes that the worker made (solids, decimated layers) as Blender data."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import LayerMesh, LayerPoints

from . import build, files
from .frame import frame_in, in_root, transformed
from .layer_looks import wear_layers, wear_own
from .mesh_object import LAYER, SEEN, THICKNESS, fill_mesh, read_attribute
from .origin import remember_stack, stack_path
from .selection import has_pixel_uv, pixel_uv

Arrays = dict[str, NDArray[Any]]


def take_arrays(path: str) -> Arrays:
    """The arrays of an NPZ that the worker got or gave; it goes, readable or not.

    Undo keeps meshes itself, and no redo panel reads the file again.

    Raises
    ------
    OSError, ValueError, BadZipFile
        The file is gone, or damaged.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    finally:
        files.forget(path)


def write_arrays(path: Path, mesh: bpy.types.Mesh) -> None:
    """Write a mesh as it is now, edits included, for `geometry/decimate`.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    count = len(mesh.vertices)
    layer, thickness = (read_attribute(mesh, name) for name in (LAYER, THICKNESS))
    known: Arrays = {
        "layer": np.zeros(count, np.int32) if layer is None else layer,
        "thickness": np.zeros(count, np.float32) if thickness is None else thickness,
    }
    if has_pixel_uv(mesh):
        known["uv"] = pixel_uv(mesh)
    np.savez(path, **_shape(mesh), **known)


def is_still(mesh: bpy.types.Mesh, written: Arrays) -> bool:
    """Whether a mesh has the vertices and triangles that `write_arrays` wrote."""
    return all(np.array_equal(values, written[name]) for name, values in _shape(mesh).items())


def _shape(mesh: bpy.types.Mesh) -> Arrays:
    vertices = np.zeros((len(mesh.vertices), 3), np.float32)
    triangles = np.zeros((len(mesh.loop_triangles), 3), np.int32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    mesh.loop_triangles.foreach_get("vertices", triangles.ravel())
    return {"vertices": vertices, "triangles": triangles}


def fill_triangles(mesh: bpy.types.Mesh, arrays: Arrays) -> None:
    """Replace what a mesh holds by triangles with pixel UVs and where-from attributes."""
    thickness = arrays.get("thickness", np.zeros(len(arrays["vertices"]), np.float32))
    points = LayerPoints(arrays["vertices"], arrays["uv"], arrays["pixel"], thickness, seen=False)
    fill_mesh(mesh, 0, LayerMesh(points, np.zeros((0, 4), np.int32), arrays["triangles"]))
    mesh.attributes[LAYER].data.foreach_set("value", arrays["layer"])
    mesh.attributes[SEEN].data.foreach_set("value", arrays["layer"] == 0)


def put_solid(root: bpy.types.Object, solid: bpy.types.Object | None, arrays: Arrays) -> bpy.types.Object:
    """A solid of a trace, made or, in Object Mode, replaced in place.

    Raises
    ------
    StackError
        The stack, asked where the solid's origin was set, is gone.
    """
    if solid is None:
        name = f"{build.trace_name(root)} Solid"
        solid = bpy.data.objects.new(name, bpy.data.meshes.new(name))
        build.adopt(root, solid)
        solid.world_tracing.role = "SOLID"
        solid.matrix_local = in_root(root)
        frame = Matrix()
    else:
        frame = frame_in(solid)
    triangles = arrays["triangles"][:, ::-1] if frame.is_negative else arrays["triangles"]
    arrays = arrays | {"vertices": transformed(frame, arrays["vertices"]), "triangles": triangles}
    solid.shape_key_clear()
    wear_solid(root, solid, arrays)
    remember_stack(solid, stack_path(root))
    return solid


def wear_solid(root: bpy.types.Object, solid: bpy.types.Object, arrays: Arrays) -> None:
    """Fill the mesh of a solid, each face with the material of its layer."""
    fill_triangles(solid.data, arrays)
    wear_layers(root, solid, _layer_of_faces(arrays))


def wear_reduced(layer: bpy.types.Object, arrays: Arrays) -> None:
    """Fill the mesh of a layer, of several that were joined, or of a solid; it wears what it wore."""
    fill_triangles(layer.data, arrays)
    wear_own(layer, _layer_of_faces(arrays))


def _layer_of_faces(arrays: Arrays) -> NDArray[np.integer]:
    """The layer of each face (F,): the middle one of its corners."""
    layers: NDArray[np.integer] = np.sort(arrays["layer"][arrays["triangles"]], axis=1)[:, 1]
    return layers
