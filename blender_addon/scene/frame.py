"""Where the camera space of a trace lies: in the world, and in what the data of its parts count from.

It lies in the trace's root, and meshes count from there, until an artist applies what root and layers were
moved, turned and scaled by (Object > Apply), or sets an origin. Then the layers' points, whose pixels are
known, tell where it has gone to.
"""

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.geometry.mesh_frame import origin_of
from wt_backend.stack import LayerStack, StackError

from . import traces
from .camera_match import CameraMatchError, match_camera
from .mesh_object import LAYER, PIXEL, read_attribute
from .origin import stack_path
from .selection import has_pixel_uv, pixel_uv
from .trace_camera import camera_place

NEAR = 0.02  # of its distance from the camera a point may be away from where the trace made it
EXACT = 1e-4  # the same, where nothing but arithmetic is in between
SOME = 4000  # points that are looked at

Points = NDArray[np.float64]  # (N, 3)


def frame_of(root: bpy.types.Object) -> Matrix:
    """A trace's camera space (Blender's camera-local axes) → world."""
    return traces.world_of(root) @ in_root(root)


def in_root(root: bpy.types.Object, before: LayerStack | None = None) -> Matrix:
    """A trace's camera space → the space of its root: nothing, unless the root's transform was applied.

    Then the trace's camera still stands where it took the photo; unless it was moved, which the layers tell.
    ``before`` is the stack that they were made from, if that is not the trace's.
    """
    camera = traces.camera_of(root)
    if camera is None:
        return Matrix()
    try:
        stack = before or LayerStack.load(stack_path(root))
        match = match_camera(stack.intrinsics, stack.grid_to_image, stack.info.image_size)
        moved = _place_in(root, camera) @ camera_place(match).inverted()
        if _alike(moved, Matrix()):
            return Matrix()
        layers = [*traces.layers_of(root), *traces.shot_layers_of(root)[:1]] or traces.solids_of(root)
        if layers and layers[0].world_tracing.role == "CACHE":  # its points are the file's, wherever it goes
            return moved if _alike(moved, _place_in(root, layers[0])) else Matrix()
        stacks = [before or LayerStack.load(stack_path(layer)) for layer in layers]
    except (StackError, CameraMatchError):
        return Matrix()
    known = [
        (_transformed(_place_in(root, layer), places), expected)
        for layer, stack in zip(layers, stacks, strict=True)
        for places, expected in _known_points(layer, stack)
    ]
    applied, kept = (
        min((_misfit(frame, *points) for points in known), default=np.inf) for frame in (moved, Matrix())
    )
    return moved if applied < NEAR and applied < kept / 2 else Matrix()


def frame_in(
    member: bpy.types.Object, stack: LayerStack | None = None, inside: Matrix | None = None
) -> Matrix:
    """A trace's camera space → what the data of a layer or solid count from.

    ``stack`` is what the data were made from, ``inside`` what `in_root` says, if that is known. Who sets an
    origin or applies a transform leaves the points where they were in the world; an object that was moved
    takes them along; data that were moved are an edit.

    Raises
    ------
    StackError
    """
    root, nothing = traces.root_of(member), Matrix()
    applied = nothing
    if root is not None:
        applied = _place_in(root, member).inverted_safe() @ (inside or in_root(root))
    if member.matrix_basis == nothing and _alike(applied, nothing):
        return nothing
    stack = stack or LayerStack.load(stack_path(member))
    known = next(iter(_known_points(member, stack)), None)
    if known is None:
        return nothing
    candidates = [nothing, applied]
    if member.type == "MESH" and has_pixel_uv(member.data):
        origin = origin_of(_places(member.data), pixel_uv(member.data), stack)
        candidates.append(Matrix.Translation(Vector(-origin)))
    misfits = [_misfit(candidate, *known) for candidate in candidates]
    best = int(np.argmin(misfits))
    return candidates[best] if misfits[best] < min(NEAR, misfits[0] - EXACT) else nothing


def transformed(frame: Matrix, places: NDArray[np.floating]) -> NDArray[np.float32]:
    """Places (N, 3) by a matrix; the same array where that changes nothing."""
    return places if frame == Matrix() else _transformed(frame, places).astype(np.float32)


def _place_in(root: bpy.types.Object, member: bpy.types.Object) -> Matrix:
    """How an object lies in the space of its root; Blender keeps no world matrices of what is hidden."""
    place = Matrix()
    while member != root:
        place = traces.in_parent(member) @ place
        member = member.parent
    return place


def _alike(one: Matrix, other: Matrix) -> bool:
    return bool(np.allclose(one, other, atol=1e-6 * max(1.0, np.abs(one).max())))


def _known_points(member: bpy.types.Object, stack: LayerStack) -> list[tuple[Points, Points]]:
    """Points of a mesh or point cloud as it has them, and as its trace made them; none if unknown."""
    pixel, layer = (read_attribute(member.data, name) for name in (PIXEL, LAYER))
    if pixel is None or layer is None:
        return []
    places = _places(member.data)
    found = []
    for number in np.unique(layer[(layer >= 0) & (layer < stack.layers)]):
        made = layer_points(stack, int(number))
        here = np.flatnonzero((layer == number) & np.isin(pixel, made.pixel))
        here = here[:: max(1, len(here) // SOME)]
        expected = made.positions[np.searchsorted(made.pixel, pixel[here])]
        found.append((places[here], expected.astype(np.float64)))
    if not any(len(here) for here, _ in found):
        return []
    return [(np.concatenate([here for here, _ in found]), np.concatenate([made for _, made in found]))]


def _places(data: bpy.types.ID) -> Points:
    values = np.empty(3 * len(data.attributes["position"].data), np.float32)
    data.attributes["position"].data.foreach_get("vector", values)
    return values.reshape(-1, 3).astype(np.float64)


def _misfit(frame: Matrix, places: Points, expected: Points) -> float:
    """How far places are from the expected ones in a frame, of their distance from its origin (median)."""
    away = np.linalg.norm(places - _transformed(frame, expected), axis=1)
    far = np.linalg.norm(_transformed(frame, expected) - np.array(frame.translation), axis=1)
    return float(np.median(away / np.maximum(far, 1e-12)))


def _transformed(frame: Matrix, places: NDArray[np.floating]) -> Points:
    matrix = np.array(frame)
    return np.asarray(places @ matrix[:3, :3].T + matrix[:3, 3])
