"""LayerStack → a collection: root empty, the camera that took the photo, an object for each layer."""

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Matrix

from wt_backend.camera import ray_residual
from wt_backend.geometry.layer_mesh import MeshSettings, layer_mesh, layer_points
from wt_backend.geometry.pairing import back_layers
from wt_backend.stack import LayerStack

from .camera_match import SENSOR_WIDTH, CameraMatch, match_camera
from .files import stored_path
from .materials import layer_colour, layer_material, point_material, source_image
from .mesh_object import new_mesh
from .point_object import layer_point_object

PREFIX = "Trace: "
DEFAULTS = MeshSettings()


@dataclass(frozen=True)
class Trace:
    """What an import made."""

    root: bpy.types.Object
    camera: bpy.types.Object
    layers: list[bpy.types.Object]  # meshes and points
    points: int
    residual: float  # median pixels that the raw points were off their rays

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
    stored = stored_path(path)
    collection = bpy.data.collections.new(PREFIX + name)
    context.scene.collection.children.link(collection)

    root = _root(PREFIX + name)
    camera = _camera(f"{name} Camera", match, image, stack)
    objects: list[bpy.types.Object] = []
    for layer, away in enumerate(back_layers(stack)):
        title = f"{name} Layer {layer + 1}"
        if output != "POINTS":
            objects += _mesh_object(title, stack, layer, settings, away, image)
        if output != "MESH":
            objects += _point_object(f"{title} Points", stack, layer)
    for member in (root, camera, *objects):
        collection.objects.link(member)
        member.world_tracing.stack = stored
        if member is not root:
            member.parent = root
        if output == "BOTH" and member.world_tracing.role == "POINTS":
            member.hide_set(True)
            member.hide_render = True
    root.world_tracing.metric = stack.info.unit == "metre"
    _select_only(context, root)
    residual, _ = ray_residual(stack.xyz[0], stack.mask[0], stack.intrinsics)
    return Trace(root, camera, objects, stack.points, residual)


def trace_root(member: bpy.types.Object | None) -> bpy.types.Object | None:
    """The root of the trace that an object belongs to."""
    while member is not None and member.world_tracing.role != "ROOT":
        member = member.parent
    return member


def trace_camera(context: bpy.types.Context) -> bpy.types.Object | None:
    """The camera of the active object's trace, or of the only trace in the scene."""
    root = trace_root(context.object)
    if root is None:
        roots = [member for member in context.scene.objects if member.world_tracing.role == "ROOT"]
        root = roots[0] if len(roots) == 1 else None
    if root is None:
        return None
    return next((child for child in root.children if child.world_tracing.role == "CAMERA"), None)


def use_camera(scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Render through a trace's camera at the size and pixel shape of its image."""
    settings = camera.world_tracing
    scene.camera = camera
    render = scene.render
    render.resolution_x, render.resolution_y = settings.resolution
    render.resolution_percentage = 100
    render.pixel_aspect_x, render.pixel_aspect_y = settings.pixel_aspect
    for background in camera.data.background_images:
        background.frame_method = "STRETCH"  # the frame now has the image's shape


def _root(name: str) -> bpy.types.Object:
    """The parent of all: turns the camera's frame upright, so that it looks along +Y with +Z up."""
    root = bpy.data.objects.new(name, None)
    root.empty_display_type = "PLAIN_AXES"
    root.rotation_euler = (math.pi / 2, 0.0, 0.0)
    root.world_tracing.role = "ROOT"
    return root


def _camera(name: str, match: CameraMatch, image: bpy.types.Image, stack: LayerStack) -> bpy.types.Object:
    data = bpy.data.cameras.new(name)
    data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR_WIDTH
    data.lens = match.focal_length
    data.shift_x, data.shift_y = match.shift_x, match.shift_y
    depth = stack.xyz[..., 2][stack.mask]
    near, far = (float(depth.min()), float(depth.max())) if depth.size else (1.0, 100.0)
    data.clip_start, data.clip_end = near * 0.05, max(far * 10.0, 100.0)
    data.display_size = near * 0.2
    data.show_background_images = True
    background = data.background_images.new()
    background.image, background.alpha, background.frame_method = image, 0.5, "FIT"
    camera = bpy.data.objects.new(name, data)
    camera.matrix_local = Matrix.Rotation(match.roll, 4, "Z")
    camera.world_tracing.role = "CAMERA"
    camera.world_tracing.resolution = match.resolution
    camera.world_tracing.pixel_aspect = (match.pixel_aspect_x, match.pixel_aspect_y)
    return camera


def _mesh_object(
    title: str, stack: LayerStack, layer: int, settings: MeshSettings, away: bool, image: bpy.types.Image
) -> list[bpy.types.Object]:
    """The layer's mesh object, none where the layer has no surface."""
    surface = layer_mesh(stack, layer, settings, away)
    if not len(surface.starts):
        return []
    mesh = new_mesh(title, layer, surface)
    mesh.materials.append(layer_material(title, layer, image))
    member = bpy.data.objects.new(title, mesh)
    member.world_tracing.tear = settings.tear.depth
    member.world_tracing.island = settings.island
    return [_of_layer(member, "LAYER", layer)]


def _point_object(title: str, stack: LayerStack, layer: int) -> list[bpy.types.Object]:
    """The layer's points, none where it has none."""
    points = layer_points(stack, layer)
    if not len(points.pixel):
        return []
    return [
        _of_layer(
            layer_point_object(title, layer, points, stack, point_material(title, layer)), "POINTS", layer
        )
    ]


def _of_layer(member: bpy.types.Object, role: str, layer: int) -> bpy.types.Object:
    member.color = layer_colour(layer)
    member.world_tracing.role = role
    member.world_tracing.layer = layer
    return member


def _select_only(context: bpy.types.Context, chosen: bpy.types.Object) -> None:
    for member in context.view_layer.objects.selected:
        member.select_set(False)
    chosen.select_set(True)
    context.view_layer.objects.active = chosen
