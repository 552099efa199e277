"""Trace the current scene through its camera: every surface along every pixel's ray, exactly.

Geometry is brought into camera space (OpenCV axes) first: the rays then start at the origin, where single
precision is finest. Hits are found in Blender's own ray-triangle tree (watertight, single precision) and
their depths are computed again in double precision from the triangle's plane.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import bpy

# Relative to depth, 30 times the rounding of single precision. A hit is passed by this much before the next
# is looked for: surfaces that lie closer together count as one.
CLEARANCE = 4e-6
TRACEABLE = frozenset({"MESH", "CURVE", "SURFACE", "META", "FONT"})
_BLENDER_TO_CAMERA = np.diag([1.0, -1.0, -1.0])  # Blender looks along −Z with +Y up


class RayTraceError(ValueError):
    """The scene cannot be traced; the message says why and what to do."""


def camera_intrinsics(scene: bpy.types.Scene, width: int, height: int) -> NDArray[np.float64]:
    """Pinhole matrix (3, 3) of the scene's camera for a width × height pixel grid over its frame.

    Taken from the camera's view frame, so sensor fit, lens shift and pixel aspect count as they do in a
    render.

    Raises
    ------
    RayTraceError
        If there is no camera, or it is not a perspective camera.
    """
    camera = scene.camera
    if camera is None:
        raise RayTraceError("The scene has no camera; add one and aim it at what you want to trace.")
    if camera.type != "CAMERA":  # any object can be a scene's camera
        raise RayTraceError(f"The scene's camera {camera.name!r} is no camera; make a camera the active one.")
    if camera.data.type != "PERSP":
        raise RayTraceError(
            f"The camera {camera.name!r} is not a perspective camera; rays of a layer stack meet in one "
            "point, so set its type to Perspective."
        )
    corners = np.array([tuple(corner) for corner in camera.data.view_frame(scene=scene)])  # (4, 3)
    depth = -corners[:, 2].mean()
    left, right = corners[:, 0].min(), corners[:, 0].max()
    bottom, top = corners[:, 1].min(), corners[:, 1].max()
    return np.array(
        [
            [width * depth / (right - left), 0, -left / (right - left) * width],
            [0, height * depth / (top - bottom), top / (top - bottom) * height],
            [0, 0, 1],
        ]
    )


def collect_triangles(
    depsgraph: bpy.types.Depsgraph, camera: bpy.types.Object, engine: str
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """All evaluated geometry that the camera sees, instances included, as triangles in camera space.

    Parameters
    ----------
    depsgraph
        Evaluated; a render's dependency graph gives what the render shows.
    camera
        The camera object; its scale does not count, as in a render.
    engine
        What renders the scene: not all know what is hidden from the camera only.

    Returns
    -------
    vertices : ndarray, shape (V, 3)
        OpenCV camera space: +X right, +Y down, +Z forward.
    triangles : ndarray of int32, shape (T, 3)

    Raises
    ------
    RayTraceError
        If there is no surface at all.
    """
    world_to_camera = np.array(camera.matrix_world.normalized().inverted())
    to_camera = _BLENDER_TO_CAMERA @ world_to_camera[:3]  # (3, 4)
    vertices, triangles, offset = [], [], 0
    for instance in depsgraph.object_instances:
        if instance.object.type not in TRACEABLE or not instance.show_self:
            continue
        if not _camera_sees(instance, depsgraph.view_layer, engine):
            continue
        mesh = instance.object.to_mesh()
        if mesh is not None and len(mesh.vertices):
            points, corners = _mesh_arrays(mesh)
            transform = to_camera @ np.array(
                instance.matrix_world
            )  # (3, 4): the camera matrix has no last row
            vertices.append(points @ transform[:, :3].T + transform[:, 3])
            triangles.append(corners + offset)
            offset += len(points)
        instance.object.to_mesh_clear()
    if not triangles or not sum(map(len, triangles)):
        raise RayTraceError("The scene has no surface that a render would show; add a mesh or unhide one.")
    return np.concatenate(vertices), np.concatenate(triangles)


def _camera_sees(
    instance: bpy.types.DepsgraphObjectInstance, view_layer: bpy.types.ViewLayer, engine: str
) -> bool:
    """Whether the camera's own rays meet what may be there for light and shadows only."""
    if engine == "BLENDER_WORKBENCH":
        return True
    owner = instance.parent if instance.is_instance else instance.object
    if not (instance.object.visible_camera and owner.visible_camera):
        return False
    return engine != "CYCLES" or not owner.original.indirect_only_get(view_layer=view_layer)


def trace_layers(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    directions: NDArray[np.float64],
    layers: int,
    progress: Callable[[float], Any] | None = None,
    clip: tuple[float, float] = (0.0, math.inf),
) -> NDArray[np.float64]:
    """Depths of the first surfaces along rays from the origin, front to back.

    Parameters
    ----------
    vertices : ndarray, shape (V, 3)
        Camera space.
    triangles : ndarray of int32, shape (T, 3)
    directions : ndarray, shape (N, 3)
        With z = 1, so that a distance along the ray is a depth.
    layers : int
        Hits kept a ray.
    progress : callable, optional
        Told the finished fraction, 0 … 1, now and then.
    clip : (float, float)
        Depths between which surfaces are seen, as a camera's.

    Returns
    -------
    ndarray, shape (layers, N)
        Depth; NaN where there is no further surface.
    """
    from mathutils import Vector
    from mathutils.bvhtree import BVHTree

    tree = BVHTree.FromPolygons(vertices.tolist(), triangles.tolist(), all_triangles=True)
    cast = tree.ray_cast
    found = np.full((layers, len(directions)), -1, dtype=np.int64)  # index of the triangle
    depths = np.full((layers, len(directions)), np.nan)
    lengths = np.linalg.norm(directions, axis=1).tolist()
    for ray, direction in enumerate(directions.tolist()):
        if progress is not None and ray % 4096 == 0:
            progress(ray / len(directions))
        vector, length, depth = Vector(direction), lengths[ray], clip[0]
        for layer in range(layers):
            start = depth * (1 + CLEARANCE)
            _, _, triangle, distance = cast(vector * start, vector)
            if triangle is None:
                break
            depth = start + distance / length
            if depth > clip[1]:
                break
            depths[layer, ray], found[layer, ray] = depth, triangle
    return _refine(vertices, triangles, directions, depths, found)


def depth_filled(
    depths: NDArray[np.float64], directions: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Points and masks of a layer stack from traced depths.

    Parameters
    ----------
    depths : ndarray, shape (L, H, W)
        NaN where there is no surface.
    directions : ndarray, shape (H, W, 3)
        Ray of each pixel, z = 1.

    Returns
    -------
    xyz : ndarray of float32, shape (L, H, W, 3)
        Depth-filled: where a ray has no further surface the last one is repeated; 0 where it meets none.
    mask : ndarray of bool, shape (L, H, W)
    """
    mask = np.isfinite(depths)
    filled = depths.copy()
    filled[0][~mask[0]] = 0.0
    for layer in range(1, len(depths)):
        filled[layer] = np.where(mask[layer], depths[layer], filled[layer - 1])
    return (filled[..., None] * directions).astype(np.float32), mask


def _mesh_arrays(mesh: bpy.types.Mesh) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Local vertices (V, 3) and triangles (T, 3) of a mesh."""
    mesh.calc_loop_triangles()
    points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    corners = np.empty(3 * len(mesh.loop_triangles), dtype=np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    return points.reshape(-1, 3).astype(np.float64), corners.reshape(-1, 3)


def _refine(
    vertices: NDArray[np.float64],
    triangles: NDArray[np.int32],
    directions: NDArray[np.float64],
    depths: NDArray[np.float64],
    found: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Depths again, in double precision, from the planes of the triangles that were hit; (L, N) like
    `depths`.

    Where the ray grazes its triangle the plane says little and the first answer stays.
    """
    layer, ray = np.nonzero(found >= 0)
    corners = vertices[triangles[found[layer, ray]]]  # (M, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])  # (M, 3)
    towards = (normals * directions[ray]).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = (normals * corners[:, 0]).sum(axis=1) / towards
    rough = depths[layer, ray]
    trusted = np.isfinite(exact) & (np.abs(exact - rough) <= CLEARANCE * rough)
    refined = depths.copy()
    refined[layer, ray] = np.where(trusted, exact, rough)
    return np.sort(refined, axis=0)  # rounding may swap two hits that nearly coincide; NaN sorts last
