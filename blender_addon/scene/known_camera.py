"""A trace seen by a camera that is known, instead of the one fitted to the points."""

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.relay import with_intrinsics
from wt_backend.stack import LayerStack

from . import files, rebuild, traces
from .camera_match import SENSOR_WIDTH, CameraMatchError, match_camera
from .frame import in_root
from .origin import remember_stack, stack_path
from .trace_camera import set_view

OTHER = " other camera"  # after the name of the stack that a re-laid one comes from


def focal_of_millimetres(millimetres: float, size: tuple[int, int]) -> float:
    """Focal length in pixels of an image of ``size`` from millimetres on full frame, held as the image is."""
    return millimetres / SENSOR_WIDTH * max(size)


def intrinsics_of_camera(
    camera: bpy.types.Object, scene: bpy.types.Scene, stack: LayerStack
) -> NDArray[np.float64]:
    """Intrinsics (3, 3) in grid pixels of a Blender camera that frames the original image.

    Raises
    ------
    CameraMatchError
        It is no perspective camera.
    """
    if camera.type != "CAMERA" or camera.data.type != "PERSP":  # any object can be a scene's camera
        raise CameraMatchError(
            f"{camera.name} is not a perspective camera. Choose one, or set its type to Perspective."
        )
    width, height = stack.info.image_size
    aspect_x, aspect_y = scene.render.pixel_aspect_x, scene.render.pixel_aspect_y
    window = camera.calc_matrix_camera(
        bpy.context.evaluated_depsgraph_get(), x=width, y=height, scale_x=aspect_x, scale_y=aspect_y
    )
    # Clip space spans −1 … 1 over the frame, y up; camera-local −Z is the camera space's +Z.
    image = np.array(
        [
            [window[0][0] * width / 2, 0, (1 - window[0][2]) * width / 2],
            [0, window[1][1] * height / 2, (1 + window[1][2]) * height / 2],
            [0, 0, 1],
        ]
    )
    affine = np.vstack([stack.grid_to_image, [0, 0, 1]])
    grid = np.linalg.inv(affine) @ image
    if abs(grid[0, 1]) + abs(grid[1, 0]) > 1e-6 * grid[0, 0] or min(grid[0, 0], grid[1, 1]) <= 0:
        raise CameraMatchError("The image is stored rotated. Save an upright copy of it and trace that.")
    return grid


def use_intrinsics(root: bpy.types.Object, stack: LayerStack, intrinsics: NDArray[np.float64]) -> Path:
    """Re-lay a trace: a new stack file beside the old one, layers and camera rebuilt from it.

    Raises
    ------
    CameraMatchError, StackError, OSError
        Nothing has been written then.
    """
    rebuild.check_layers(root)
    match = match_camera(intrinsics, stack.grid_to_image, stack.info.image_size)
    frame = in_root(root)
    first = stack_path(root).stem.partition(OTHER)[0]  # also the second time
    path = files.new_stack_path(f"{first}{OTHER}")
    with_intrinsics(stack, intrinsics).save(path)
    for member in (root, *traces.parts_of(root)):  # another trace may hang on it
        if member.world_tracing.stack and member.world_tracing.role != "SOLID":  # made from the old one still
            remember_stack(member, path)
    camera = traces.camera_of(root)
    if camera is not None:
        set_view(camera, match, frame)
    rebuild.rebuild_trace(root, before=stack)
    return path
