"""The camera object of a trace, and rendering through it."""

import bpy
from mathutils import Matrix, Vector

from wt_backend.stack import LayerStack

from . import traces
from .camera_match import SENSOR_WIDTH, CameraMatch

CLOSER, FARTHER = 0.05, 10.0  # than what the layers hold, a camera sees


def new_camera(name: str, match: CameraMatch, image: bpy.types.Image, stack: LayerStack) -> bpy.types.Object:
    """The camera that took the image, with the image as its background; in no collection yet."""
    data = bpy.data.cameras.new(name)
    depth = stack.xyz[..., 2][stack.mask]
    near, far = (float(depth.min()), float(depth.max())) if depth.size else (1.0, 100.0)
    data.clip_start, data.clip_end = near * CLOSER, max(far * FARTHER, 100.0)
    data.display_size = near * 0.2
    data.show_background_images = True
    background = data.background_images.new()
    background.image, background.alpha, background.frame_method = image, 0.5, "FIT"
    camera = bpy.data.objects.new(name, data)
    camera.world_tracing.role = "CAMERA"
    set_view(camera, match)
    return camera


def set_view(camera: bpy.types.Object, match: CameraMatch, frame: Matrix | None = None) -> None:
    """Give a trace's camera, at its place in the trace, the view of the image.

    ``frame`` is the trace's camera space in its root, if that is not the root's own.
    """
    data, settings = camera.data, camera.world_tracing
    data.type = "PERSP"
    data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR_WIDTH
    data.lens = match.focal_length
    data.shift_x, data.shift_y = match.shift_x, match.shift_y
    camera.matrix_local = (frame or Matrix()) @ camera_place(match)
    settings.resolution = match.resolution
    settings.pixel_aspect = (match.pixel_aspect_x, match.pixel_aspect_y)


def camera_place(match: CameraMatch) -> Matrix:
    """How the camera object stands in a trace's camera space: upright as the image is stored."""
    # Blender views along a camera's axes as they run, also where one is turned around.
    mirror = Matrix.Diagonal((-1.0 if match.mirrored else 1.0, 1.0, 1.0, 1.0))
    return mirror @ Matrix.Rotation(match.roll, 4, "Z")


def use_camera(scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Render through a trace's camera at the size and pixel shape of its image."""
    settings = camera.world_tracing
    scene.camera = camera
    _reach_layers(camera)
    render = scene.render
    render.resolution_x, render.resolution_y = settings.resolution
    render.resolution_percentage = 100
    render.pixel_aspect_x, render.pixel_aspect_y = settings.pixel_aspect
    for background in camera.data.background_images:
        background.frame_method = "STRETCH"  # the frame now has the image's shape


def show_plain_colours(scene: bpy.types.Scene) -> bool:
    """Let renders have the colours of textures; a view transform alone leaves look, exposure and curves.

    Returns whether there is such a view transform: a studio's OCIO configuration has others than Blender's.
    """
    scene.render.image_settings.color_management = "FOLLOW_SCENE"  # files may have a view of their own
    view, there = scene.view_settings, True
    try:
        view.view_transform = "Standard"
    except TypeError:  # what a configuration offers cannot be asked for
        there = False
    view.look = "None"
    view.exposure, view.gamma, view.use_curve_mapping = 0.0, 1.0, False
    if hasattr(view, "use_white_balance"):  # Blender 4.3
        view.use_white_balance = False
    return there


def _reach_layers(camera: bpy.types.Object) -> None:
    """Let a camera see all layers of its trace: Blender's clipping distances do not scale with the trace."""
    root, view = traces.root_of(camera), camera.matrix_world.normalized().inverted_safe()
    every = (*traces.layers_of(root), *traces.shot_layers_of(root)) if root is not None else ()
    layers = [layer for layer in every if layer.dimensions.length > 0]  # one may be empty
    corners = [layer.matrix_world @ Vector(corner) for layer in layers for corner in layer.bound_box]
    depths = [depth for corner in corners if (depth := -(view @ corner).z) > 0]
    data = camera.data
    if depths and min(depths) < data.clip_start:
        data.clip_start = min(depths) * CLOSER
    if depths and max(depths) > data.clip_end:
        data.clip_end = max(depths) * FARTHER
