# mypy: disable-error-code="valid-type"
"""Use Known Camera: a focal length or a camera that is known replaces the fitted one."""

import bpy
import numpy as np
from bpy.props import EnumProperty, FloatProperty
from numpy.typing import NDArray

from wt_backend.geometry.relay import scaled_focal
from wt_backend.stack import LayerStack, StackError

from ..scene import exif, known_camera, projection, traces
from ..scene.camera_match import CameraMatchError
from ..scene.origin import stack_path
from ..scene.viewport import leave_edit_mode
from .bases import OnTrace

SOURCES = (
    ("FOCAL", "Focal Length", "A focal length that you know"),
    ("EXIF", "Image File", "The focal length that the camera wrote into the file (EXIF)"),
    ("SCENE", "Scene Camera", "The scene's camera, which frames the image"),
)


class WORLD_TRACING_OT_use_known_camera(bpy.types.Operator, OnTrace):
    """Lay the points anew on the rays of a camera that you know; depths stay, and so does the stack file"""

    bl_idname = "world_tracing.use_known_camera"
    bl_label = "Use Known Camera"
    bl_options = {"UNDO"}  # noqa: RUF012  (no REGISTER: each change in the redo panel would write a stack)

    source: EnumProperty(name="From", items=SOURCES, default="FOCAL", description="How the camera is known")
    focal_length: FloatProperty(
        name="Focal Length",
        default=50.0,
        min=1.0,
        max=5000.0,
        unit="CAMERA",
        description="On full frame (36 × 24 mm): 36 mm are the longer side of the image",
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask, beginning with what the file says, or with the lens that the trace has."""
        root = self.trace(context)
        camera = traces.camera_of(root)
        width, height = camera.world_tracing.resolution if camera is not None else (0, 0)
        if camera is not None and width and height:
            self.focal_length = camera.data.lens * width / max(width, height)
        self.source = "EXIF" if _told_focal(root) is not None else "FOCAL"
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the new stack, rebuild."""
        root = self.trace(context)
        if traces.is_shot(root):
            return self.fail("Only a single image can get another camera.", "Import This Frame makes one.")
        try:
            stack = LayerStack.load(stack_path(root))
            intrinsics = self._intrinsics(context, stack)
            leave_edit_mode(context)
            path = known_camera.use_intrinsics(root, stack, intrinsics)
        except (StackError, CameraMatchError) as error:
            return self.fail(str(error))
        except OSError as error:
            return self.fail(f"The new stack cannot be written ({error}).", "Save the .blend elsewhere.")
        self.report({"INFO"}, f"{root.name} lies on the rays of the known camera; stack {path}")
        return {"FINISHED"}

    def _intrinsics(self, context: bpy.types.Context, stack: LayerStack) -> NDArray[np.float64]:
        """Intrinsics (3, 3) of the known camera in grid pixels."""
        width, height = stack.info.image_size
        if self.source == "SCENE":
            if context.scene.camera is None:
                raise CameraMatchError("The scene has no camera. Add one and make it active.")
            return known_camera.intrinsics_of_camera(context.scene.camera, context.scene, stack)
        if self.source == "FOCAL":
            return scaled_focal(stack, known_camera.focal_of_millimetres(self.focal_length, (width, height)))
        focal = _told_focal(self.trace(context))
        if focal is None:
            raise CameraMatchError("The image file does not tell its focal length. Type one instead.")
        return scaled_focal(stack, focal)


def _told_focal(root: bpy.types.Object) -> float | None:
    """Focal length in pixels of the photo, as its file tells it; None where it does not, or is gone."""
    try:
        info = LayerStack.load(stack_path(root)).info
    except StackError:
        return None
    photo = projection.photo_file(root, info.source)
    return exif.focal_in_pixels(photo, *info.image_size) if photo is not None else None
