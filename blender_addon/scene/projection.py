"""What a projection works on: meshes and traces of the scene as arrays and paths, checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import project as to_grid
from wt_backend.geometry.mesh_frame import photo_camera
from wt_backend.stack import LayerStack

from . import files, image_source, shown_stack, traces
from .frame import frame_of
from .materials import UV_MAP
from .origin import stack_path

FLIP = np.array([1.0, -1.0, -1.0])  # Blender camera-local ↔ camera space
MOST_UV_MAPS = 8  # that a mesh can have
LOCAL = "Make it local (Object > Relations > Make Local), or open that file."
SINGLE_USER = "Make it single-user first (Object > Relations > Make Single User > Object & Data)."
LARGEST_UNWRAP = 100_000  # triangles that xatlas unwraps in a reasonable time


class ProjectionError(ValueError):
    """What is in the way, and what to do; a sentence or two."""


@dataclass(frozen=True, eq=False)
class WorldMesh:
    """Triangles of an object as it is shown, modifiers included, in world space.

    Attributes
    ----------
    vertices : (V, 3) float64
    triangles : (T, 3) int32, counter-clockwise from outside even where the object is mirrored.
    loops : (T, 3) int32, corners of the shown mesh that the triangles stand on.
    uv : (T, 3, 2) float32 of a UV map, None where there is none.
    uv_map : str
        Its name.
    as_edited : bool
        Vertices and corners are those of the object's own mesh: modifiers, if any, only moved them.
    only_triangles : bool
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    loops: NDArray[np.int32]
    uv: NDArray[np.float32] | None
    uv_map: str
    as_edited: bool
    only_triangles: bool


def targets(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Selected meshes that are no layers of a trace, the active one first."""
    chosen = [
        member
        for member in context.selected_objects
        if member.type == "MESH" and member.world_tracing.role in {"NONE", "SOLID"}
    ]
    return sorted(chosen, key=lambda member: (member != context.object, member.name))


def cameras(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Roots of the traces whose root or camera is selected, else the active object's trace or the only one.

    Never simply all of a scene: a neighbour's camera sees the mesh as well, and shows something else.
    """
    chosen = {
        root
        for member in context.selected_objects
        if member.type in {"EMPTY", "CAMERA"} and member.world_tracing.role in {"ROOT", "CAMERA"}
        if (root := traces.root_of(member)) is not None
    }
    active = traces.active_root(context)
    return sorted(chosen or {active} - {None}, key=lambda root: root.name)


def check_target(target: bpy.types.Object) -> None:
    """Whether a texture can be put onto an object.

    Raises
    ------
    ProjectionError
        It is linked, shares its mesh, is being edited, has no faces or no thickness.
    """
    name, mesh = target.name, target.data
    check_place(target)
    if mesh.library is not None:
        raise ProjectionError(f"The mesh of {name} is linked from another file. {LOCAL}")
    if mesh.users - mesh.use_fake_user > 1:
        raise ProjectionError(
            f"{name} shares its mesh with other objects, which would all change. {SINGLE_USER}"
        )
    if target.mode != "OBJECT":
        raise ProjectionError(f"{name} is being edited. Leave its mode first.")


def check_uv_room(target: bpy.types.Object, *names: str) -> None:
    """Whether an object can have UV maps of these names.

    Raises
    ------
    ProjectionError
        It has others, and no room for as many more.
    """
    layers = target.data.uv_layers.keys()
    surplus = len({*layers, *names}) - MOST_UV_MAPS
    if surplus > 0:
        raise ProjectionError(
            f"{target.name} has {len(layers)} UV maps already, and can have eight. Remove {surplus}."
        )


def check_place(target: bpy.types.Object) -> None:
    """Whether an object has faces and a place that can be changed.

    Raises
    ------
    ProjectionError
    """
    if target.library is not None:
        raise ProjectionError(f"{target.name} is linked from another file. {LOCAL}")
    if not len(target.data.polygons):
        raise ProjectionError(f"{target.name} has no faces. Fill or remesh it first.")
    if min(abs(value) for value in target.matrix_world.to_scale()) < 1e-9:
        raise ProjectionError(f"{target.name} is flat: one of its scales is 0. Give it a thickness.")


def world_mesh(target: bpy.types.Object, context: bpy.types.Context, own_uv: bool = False) -> WorldMesh:
    """The triangles of an object as it is shown, with its active UV map.

    With ``own_uv`` one that is its own: fronts and backs share their place in the maps of a trace's pixels.
    """
    if target.modifiers or target.data.shape_keys:
        shown = target.evaluated_get(context.evaluated_depsgraph_get())
        try:
            return _read(shown.to_mesh(), target, own_uv)
        finally:
            shown.to_mesh_clear()
    return _read(target.data, target, own_uv)


def _read(mesh: bpy.types.Mesh, target: bpy.types.Object, own_uv: bool) -> WorldMesh:
    mesh.calc_loop_triangles()
    vertices = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", vertices)
    count = len(mesh.loop_triangles)
    triangles, loops = np.empty(3 * count, np.int32), np.empty(3 * count, np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    mesh.loop_triangles.foreach_get("loops", loops)
    layer = mesh.uv_layers.active
    if own_uv and layer is not None and layer.name.startswith(UV_MAP):
        layer = next((other for other in mesh.uv_layers if not other.name.startswith(UV_MAP)), None)
    name = layer.name if layer is not None else ""
    uv: NDArray[np.float32] | None = None
    if layer is not None:
        flat = np.empty(2 * len(mesh.loops), np.float32)
        layer.data.foreach_get("uv", flat)
        uv = flat.reshape(-1, 2)
    own = target.data
    as_edited = (len(own.vertices), len(own.loops), len(own.polygons)) == (
        len(mesh.vertices), len(mesh.loops), len(mesh.polygons)
    )  # fmt: skip
    only_triangles = count == len(mesh.polygons)
    matrix = np.array(target.matrix_world)
    triangles, loops = triangles.reshape(-1, 3), loops.reshape(-1, 3)
    if np.linalg.det(matrix[:3, :3]) < 0:  # a mirror turns faces inside out
        triangles, loops = triangles[:, ::-1], loops[:, ::-1]
    places = vertices.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    of_corners = None if uv is None else uv[loops]
    return WorldMesh(places, triangles, loops, of_corners, name, as_edited, only_triangles)


def send(output: Path, mesh: WorldMesh, others: list[WorldMesh]) -> str:
    """Write what the worker needs of a mesh, and of those that may hide it, as NPZ; return the path."""
    path = output.with_name(f"{output.name} mesh.npz")
    arrays: dict[str, NDArray] = {"vertices": mesh.vertices, "triangles": mesh.triangles}
    if mesh.uv is not None:
        arrays["uv"] = mesh.uv
    if others:
        starts = np.cumsum([0, *(len(other.vertices) for other in others[:-1])])
        arrays["occluder_vertices"] = np.concatenate([other.vertices for other in others])
        arrays["occluder_triangles"] = np.concatenate(
            [other.triangles + start for other, start in zip(others, starts, strict=True)]
        )
    try:
        np.savez(path, **arrays)
    except OSError:
        files.forget(str(path))  # half of it
        raise
    return str(path)


def camera_entry(root: bpy.types.Object) -> dict[str, object]:
    """A trace as a camera of the worker; what it leaves out gives no colour.

    Raises
    ------
    ProjectionError
        The photo is missing.
    StackError
        The stack is missing or damaged.
    """
    photo, stack = _photo(root, stack_path(root)), shown_stack.stack_file(root)
    return {"stack": str(stack), "to_local": to_local(root).tolist(), "photo": str(photo)}


def to_local(root: bpy.types.Object) -> NDArray[np.float64]:
    """World → the frame of a trace (4, 4)."""
    return np.array(frame_of(root).inverted_safe(), np.float64)


def homogeneous(
    points: NDArray[np.float64], root: bpy.types.Object, stack: LayerStack
) -> NDArray[np.float64]:
    """(u·w, v·w, w) of world points (N, 3): u, v are UVs in the photo, y up, w is the depth.

    They change linearly over a face, u and v do not: a shader that divides after interpolating is exact.
    """
    camera = photo_camera(stack) @ to_local(root)  # (3, 4)
    return np.asarray(points @ camera[:, :3].T + camera[:, 3])


def nearest_layer(
    points: NDArray[np.float64], root: bpy.types.Object, stack: LayerStack
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pixel (N,) of the grid and layer (N,) that is nearest in depth there, for world points (N, 3)."""
    matrix = to_local(root)
    local = (points @ matrix[:3, :3].T + matrix[:3, 3]) * FLIP
    width, height = stack.size
    grid = np.nan_to_num(to_grid(local, stack.intrinsics), nan=0.0, posinf=0.0, neginf=0.0)
    column, row = np.floor(grid[:, 0]).clip(0, width - 1), np.floor(grid[:, 1]).clip(0, height - 1)
    pixel = (row * width + column).astype(np.int32)
    depth = stack.xyz[..., 2].reshape(stack.layers, -1)[:, pixel]
    there = stack.mask.reshape(stack.layers, -1)[:, pixel]
    away = np.where(there, np.abs(depth - local[:, 2]), np.inf)
    return pixel, away.argmin(0).astype(np.int32)


def _photo(root: bpy.types.Object, path: Path) -> Path:
    """The photo of a trace as a file; one that is in Blender only is written beside the projections.

    Raises
    ------
    ProjectionError
    """
    info, image = LayerStack.load(path).info, photo_image(root)
    source = info.source
    if image is not None and tuple(image.size) != tuple(info.image_size):
        image = None  # but the small picture of the stack
    shown = _file_of(image) if image is not None and image.source == "FILE" else None
    file = shown or photo_file(root, source)  # the file may have been replaced, or a painting been saved as
    if file is not None and (image is None or not _is_painted(image, file)):
        return file
    if image is not None and image.has_data and _is_inside(image):
        return _save_copy(image)
    raise ProjectionError(
        f"The photo of {root.name} is missing: {source or 'it was never a file'}. Put it back, or find it "
        "(File > External Data > Find Missing Files)."
    )


def _is_inside(image: bpy.types.Image) -> bool:
    """Whether what an image shows lies in Blender, not in a file only."""
    return bool(image.packed_file or image.source == "GENERATED" or image.is_dirty)


def _is_painted(image: bpy.types.Image, file: Path) -> bool:
    """Whether an image shows something else than its file: it is being painted on, or was packed then."""
    packed = image.packed_file
    return bool(image.is_dirty) or (packed is not None and packed.data != file.read_bytes())


def photo_file(root: bpy.types.Object, source: str) -> Path | None:
    """The file of a trace's photo: where it was traced, else where Blender has it since it was moved."""
    if source and Path(source).is_file():
        return Path(source)
    image = photo_image(root)
    return _file_of(image) if image is not None else None


def _file_of(image: bpy.types.Image) -> Path | None:
    """The file that an image shows, if it is there; of one that is packed, none."""
    if not image.filepath or image.packed_file is not None:
        return None
    stored = Path(bpy.path.abspath(image.filepath, library=image.library))
    return stored if stored.is_file() else None


def photo_image(root: bpy.types.Object) -> bpy.types.Image | None:
    """The photo as the trace's camera shows it."""
    camera = traces.camera_of(root)
    backgrounds = camera.data.background_images if camera is not None else ()
    return next((background.image for background in backgrounds if background.image), None)


def still_image(root: bpy.types.Object) -> bpy.types.Image:
    """The photo of a trace for a shader; that of its stack where the camera of a shot shows all frames, or
    a camera shows none.

    Raises
    ------
    ProjectionError, StackError
    """
    image = photo_image(root)
    if image is not None and image.source != "SEQUENCE":
        return image
    path = _photo(root, stack_path(root))
    stills = (other for other in bpy.data.images if other.source == "FILE" and other.library is None)
    same = (other for other in stills if Path(bpy.path.abspath(other.filepath)) == path)
    return next(same, None) or files.load_image(path)


def _save_copy(image: bpy.types.Image) -> Path:
    name = f"{bpy.path.clean_name(image.name)}{image_source.suffix_of(image)}"
    try:
        return image_source.save_pixels(image, files.folder("projection") / name)
    except RuntimeError as error:
        raise ProjectionError(f"The photo {image.name} cannot be written: {error}") from error
