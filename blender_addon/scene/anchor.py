"""Scale and place of a trace in the world, through its root: the camera stays matched whatever happens."""

import math
from collections.abc import Iterable

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from wt_backend.geometry.ground import Plane, fit_plane, plane_through, upright
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.stack import LayerStack

from . import traces
from .frame import frame_of, in_root
from .origin import stack_path


class FloorError(ValueError):
    """There is no floor to be had; the message says what to do."""


def selected_points(context: bpy.types.Context) -> list[Vector]:
    """World places that the user has picked: selected vertices in Edit Mode, else selected objects."""
    if context.mode != "EDIT_MESH":
        return [member.matrix_world.translation.copy() for member in context.selected_objects]
    return _picked(context.objects_in_mode)


def metres(scene: bpy.types.Scene) -> float:
    """How long a Blender unit is by the scene's settings."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else float(settings.scale_length)


def scale_to_scene(root: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Give a new trace that is in metres its size in a scene whose unit is another."""
    if root.world_tracing.metric and metres(scene) != 1.0:
        scale_by(root, 1 / metres(scene))


def scale_by(root: bpy.types.Object, factor: float) -> None:
    """Scale a trace; from now on its unit is the metre.

    Its height scales too, so that a floor that lies at z = 0 stays there. So does what its camera can see:
    Blender counts the clipping distances in the world's units.
    """
    world = traces.world_of(root)
    lift = Vector((0.0, 0.0, world.translation.z * (factor - 1)))
    if root.parent is not None:  # its location counts in the space of what the artist hung it on
        lift = (world @ root.matrix_basis.inverted()).to_3x3().inverted() @ lift
    root.scale = root.scale * factor
    root.location += lift
    root.world_tracing.metric = True
    camera = traces.camera_of(root)
    if camera is not None:
        camera.data.clip_start *= factor
        camera.data.clip_end *= factor


def find_floor(context: bpy.types.Context, root: bpy.types.Object) -> Plane:
    """The floor in the space of the root's camera: through its vertices selected in Edit Mode, else a guess.

    Raises
    ------
    FloorError
    StackError
        The stack's file is gone or damaged.
    """
    places = _picked_of_trace(context, root)
    if not places:
        floor = fit_plane(layer_points(LayerStack.load(stack_path(root)), 0).positions)
        if floor is None:
            raise FloorError("No floor was found. Select three or more of its vertices in Edit Mode.")
        return floor
    if len(places) < 3:
        raise FloorError(
            f"A floor needs three vertices, {len(places)} selected. Select more, or none for a guess."
        )
    inverse = np.array(frame_of(root).inverted())
    floor = plane_through(np.array(places) @ inverse[:3, :3].T + inverse[:3, 3])
    if floor is None:
        raise FloorError("The selected vertices span no floor under the camera. Select others.")
    return floor


def stand_on(root: bpy.types.Object, floor: Plane) -> None:
    """Turn and lift a trace so that its floor is the world's z = 0; its camera keeps its heading."""
    inside = in_root(root)
    frame = traces.world_of(root) @ inside
    scale = _scale(frame)
    level = _stretched(floor, scale)
    turn = Matrix.Rotation(_heading(frame), 3, "Z") @ Matrix(upright(level).tolist())
    place = frame.translation.copy()
    place.z = level.offset
    root.matrix_world = Matrix.LocRotScale(place, turn.to_quaternion(), scale) @ inside.inverted()


def _scale(frame: Matrix) -> Vector:
    """How a trace is scaled along the axes of its camera; of one that is mirrored, right is left."""
    scale = Vector(abs(factor) for factor in frame.to_scale())
    scale.x *= -1 if frame.is_negative else 1
    return scale


def _stretched(floor: Plane, scale: Vector) -> Plane:
    """The plane of the floor once the camera's axes are scaled."""
    normal = floor.normal / np.array(scale)
    length = float(np.linalg.norm(normal))
    return Plane(normal / length, floor.offset / length, floor.share)


def _heading(frame: Matrix) -> float:
    """Angle from +Y, radians, of where a trace's camera looks; if straight down, of its image's top."""
    turn = frame.to_3x3().normalized()
    ahead, top = turn @ Vector((0.0, 0.0, -1.0)), turn @ Vector((0.0, 1.0, 0.0))
    level = ahead if ahead.xy.length > 1e-6 else top
    return math.atan2(-level.x, level.y)


def camera_height(root: bpy.types.Object, floor: Plane) -> float:
    """World distance of a trace's camera from its floor."""
    return _stretched(floor, _scale(frame_of(root))).offset


def _picked_of_trace(context: bpy.types.Context, root: bpy.types.Object) -> list[Vector]:
    """World places of the vertices selected in Edit Mode on what a trace shows: layers, frames, solids."""
    if context.mode != "EDIT_MESH":
        return []
    shown = {*traces.layers_of(root), *traces.shot_layers_of(root), *traces.solids_of(root)}
    return _picked(member for member in context.objects_in_mode if member in shown)


def _picked(members: Iterable[bpy.types.Object]) -> list[Vector]:
    """World places of the vertices that are selected on meshes in Edit Mode."""
    places = []
    for member in members:
        member.update_from_editmode()
        chosen, local = _vertices(member.data)
        places += [member.matrix_world @ Vector(place) for place in local[chosen]]
    return places


def _vertices(mesh: bpy.types.Mesh) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Selection (N,) and local places (N, 3)."""
    chosen, local = np.zeros(len(mesh.vertices), bool), np.zeros(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("select", chosen)
    mesh.vertices.foreach_get("co", local)
    return chosen, local.reshape(-1, 3)
