"""Selecting vertices of a trace's layers by the pixels they come from."""

import bpy
import numpy as np
from numpy.typing import NDArray

from . import cut_out, traces
from .materials import UV_MAP
from .mesh_object import PIXEL, has_attribute, read_attribute

_SELECTED_EDGES = ".select_edge"
_CLEAR = 0.02  # share of transparent pixels that makes a mask a cut-out, as wt_backend/subject.py has it


def mesh_layers(root: bpy.types.Object) -> list[bpy.types.Object]:
    """The layers of a trace that are meshes and still know their pixels."""
    layers = [layer for layer in traces.layers_of(root) if layer.world_tracing.role == "LAYER"]
    return [layer for layer in layers if has_attribute(layer.data, PIXEL)]


def picked_layers(context: bpy.types.Context, root: bpy.types.Object) -> list[bpy.types.Object]:
    """The mesh layers of a trace whose selection is in sight: those in Edit Mode, else the visible ones."""
    edited = context.objects_in_mode if context.mode == "EDIT_MESH" else None
    layers = mesh_layers(root)
    return [layer for layer in layers if (layer.visible_get() if edited is None else layer in edited)]


def pixels(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """Grid pixel (N,) of each vertex of one of `mesh_layers`."""
    values = read_attribute(mesh, PIXEL)
    assert values is not None, "mesh_layers saw to it"
    return values


def is_anything_selected(layers: list[bpy.types.Object]) -> bool:
    """Whether any vertex of some layers is selected, in any mode."""
    for layer in layers:
        layer.update_from_editmode()
        chosen = np.zeros(len(layer.data.vertices), bool)
        layer.data.vertices.foreach_get("select", chosen)
        if chosen.any():
            return True
    return False


def selected_pixels(layers: list[bpy.types.Object]) -> NDArray[np.int32]:
    """Pixels of the selected vertices, each once. Object Mode."""
    found = []
    for layer in layers:
        chosen = np.zeros(len(layer.data.vertices), bool)
        layer.data.vertices.foreach_get("select", chosen)
        found.append(pixels(layer.data)[chosen])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)


def has_pixel_uv(mesh: bpy.types.Mesh) -> bool:
    """Whether a mesh still has the UV map of its pixels."""
    return UV_MAP in mesh.uv_layers


def pixel_uv(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    """UV (N, 2) of each vertex in the original image."""
    count = len(mesh.loops)
    corners, uv = np.zeros(count, np.int32), np.zeros(2 * count, np.float32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.attributes[UV_MAP].data.foreach_get("vector", uv)
    values = np.zeros((len(mesh.vertices), 2), np.float32)
    values[corners] = uv.reshape(-1, 2)  # all corners of a vertex have its UV
    return values


def under_image(uv: NDArray[np.float32], image: bpy.types.Image) -> NDArray[np.bool_]:
    """Whether each UV (N, 2) lies on a bright and opaque pixel of an image."""
    return _look_up(uv, _is_white(_picture(image)))


def under_mask(uv: NDArray[np.float32], mask: bpy.types.Image) -> NDArray[np.bool_]:
    """Whether each UV (N, 2) lies on the subject of a mask: by alpha if it is a cut-out, else by its grey."""
    picture = _picture(mask)
    if cut_out.is_cut_out(mask):
        return _look_up(uv, cut_out.opaqueness(picture[..., 3]) > 0.5)
    if picture.shape[-1] == 4 and (picture[..., 3] < 0.5).mean() >= _CLEAR:
        return _look_up(uv, picture[..., 3] > 0.5)
    return _look_up(uv, _is_white(picture))


def _picture(image: bpy.types.Image) -> NDArray[np.float32]:
    """Pixels (H, W, channels) of an image from the bottom up, as UVs count."""
    width, height = image.size
    values = np.zeros(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(height, width, -1)


def _look_up(uv: NDArray[np.float32], white: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is said of the pixel (H, W) under each UV (N, 2); outside there is nothing."""
    height, width = white.shape
    column = (uv[:, 0] * width).astype(np.int64)
    row = (uv[:, 1] * height).astype(np.int64)
    inside = (uv >= 0).all(1) & (column < width) & (row < height)
    return inside & white[row.clip(0, height - 1), column.clip(0, width - 1)]


def _is_white(picture: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Bright and opaque pixels (H, W) of a mask (H, W, channels)."""
    bright = picture[..., :3].mean(-1) > 0.5
    return bright & (picture[..., 3] > 0.5) if picture.shape[-1] == 4 else bright


def select_vertices(mesh: bpy.types.Mesh, chosen: NDArray[np.bool_]) -> int:
    """Select exactly these vertices and what lies between them; how many. Object Mode."""
    mesh.vertices.foreach_set("select", chosen)
    edges = np.zeros(2 * len(mesh.edges), np.int32)
    mesh.edges.foreach_get("vertices", edges)
    _select_edges(mesh, chosen[edges.reshape(-1, 2)].all(1))
    if len(mesh.polygons):
        corners, starts = np.zeros(len(mesh.loops), np.int32), np.zeros(len(mesh.polygons), np.int32)
        mesh.loops.foreach_get("vertex_index", corners)
        mesh.polygons.foreach_get("loop_start", starts)
        mesh.polygons.foreach_set("select", np.logical_and.reduceat(chosen[corners], starts))
    mesh.update()
    return int(chosen.sum())


def _select_edges(mesh: bpy.types.Mesh, chosen: NDArray[np.bool_]) -> None:
    """Select edges through a new attribute: 5.0 crashes on the one that `update(calc_edges=True)` leaves."""
    old = mesh.attributes.get(_SELECTED_EDGES)
    if old is not None:
        mesh.attributes.remove(old)
    mesh.attributes.new(_SELECTED_EDGES, "BOOLEAN", "EDGE").data.foreach_set("value", chosen)
