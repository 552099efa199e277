"""LayerStack → a collection: root empty, the camera that took the photo, an object for each layer."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import bpy
import numpy as np

from wt_backend.camera import ray_residual
from wt_backend.geometry.layer_mesh import MeshSettings
from wt_backend.geometry.pairing import back_layers
from wt_backend.stack import LayerStack

from . import anchor, placement, viewport
from .camera_match import match_camera
from .layer_object import DEFAULTS, new_mesh_layer, new_point_layer
from .materials import source_image
from .origin import remember_stack, stack_path
from .trace_camera import new_camera

PREFIX = "Trace: "


@dataclass(frozen=True)
class Trace:
    """What an import made."""

    root: bpy.types.Object
    camera: bpy.types.Object
    layers: list[bpy.types.Object]  # meshes and points
    points: int
    residual: float  # median grid pixels that the raw points of the seen layer were off their rays

    @property
    def summary(self) -> str:
        """One sentence for the user."""
        return (
            f"{self.root.name}: {len(self.layers)} objects, {self.points} points; "
            f"points moved {self.residual:.2f} pixels onto their rays (median)"
        )


def build_trace(
    context: bpy.types.Context,
    stack: LayerStack,
    path: Path,
    name: str,
    output: str = "MESH",
    settings: MeshSettings = DEFAULTS,
    image: bpy.types.Image | None = None,
) -> Trace:
    """Build a stack in the context's scene, and select its root.

    Parameters
    ----------
    stack, path : the stack and the file that it came from, which the objects remember.
    name : what the objects are called after.
    output : "MESH", "POINTS" or "BOTH".
    settings : where surfaces are cut, which pieces are too small.
    image : the texture; None loads the stack's source.

    Raises
    ------
    CameraMatchError
        No Blender camera can show this stack.
    """
    match = match_camera(stack.intrinsics, stack.grid_to_image, stack.info.image_size)
    image = image or source_image(stack, name)
    layers: list[bpy.types.Object] = []
    for layer, away in enumerate(back_layers(stack)):
        mesh = new_mesh_layer(name, stack, layer, settings, away, image) if output != "POINTS" else None
        points = new_point_layer(name, stack, layer) if output != "MESH" else None
        layers += [made for made in (mesh, points) if made is not None]
    root = new_root(name, stack, path)
    camera = new_camera(f"{name} Camera", match, image, stack)
    collection = bpy.data.collections.new(PREFIX + name)
    context.scene.collection.children.link(collection)
    collection.objects.link(root)
    for member in (camera, *layers):
        adopt(root, member)
        if output == "BOTH" and member.world_tracing.role == "POINTS":
            viewport.hide(context.scene, member)
    anchor.scale_to_scene(root, context.scene)
    placement.place_beside(context, root)
    viewport.select(context, root)
    return Trace(root, camera, layers, stack.points, _residual(stack))


def adopt(root: bpy.types.Object, member: bpy.types.Object) -> None:
    """Make an object part of a trace: in its collection, moved with its root, knowing its stack."""
    collections = root.users_collection or (bpy.context.scene.collection,)  # it may have been unlinked
    collections[0].objects.link(member)
    member.parent = root
    remember_stack(member, stack_path(root))


def trace_name(root: bpy.types.Object) -> str:
    """The name that the parts of a trace are called after."""
    return root.name.removeprefix(PREFIX)


def trace_names(roots: Iterable[bpy.types.Object]) -> list[str]:
    """The names of traces, each another: "cup" and "Trace: cup", or one that is linked, would be the same."""
    names: list[str] = []
    for name in map(trace_name, roots):
        numbered = chain([name], (f"{name} {number}" for number in count(2)))
        names.append(next(free for free in numbered if free not in names))
    return names


def _residual(stack: LayerStack) -> float:
    """Median residual of some 128 × 128 pixels of the seen layer; all of them would take long."""
    step = max(1, min(stack.size) // 128)
    some = np.zeros_like(stack.mask[0])
    some[::step, ::step] = stack.mask[0][::step, ::step]
    return ray_residual(stack.xyz[0], some, stack.intrinsics)[0]


def new_root(name: str, stack: LayerStack, path: Path) -> bpy.types.Object:
    """The parent of all: turns the camera's frame upright, so that it looks along +Y with +Z up."""
    root = bpy.data.objects.new(PREFIX + name, None)
    root.empty_display_type = "PLAIN_AXES"
    depth = stack.xyz[0, ..., 2][stack.mask[0]]
    root.empty_display_size = 0.15 * float(depth.min()) if depth.size else 1.0
    root.rotation_euler = (math.pi / 2, 0.0, 0.0)
    values = root.world_tracing
    remember_stack(root, path)
    values.layers = stack.layers
    values.metric, values.seed, values.model = (
        stack.info.unit == "metre",
        str(stack.info.seed),
        stack.info.model,
    )
    values.role = "ROOT"
    return root
