# mypy: disable-error-code="valid-type"
"""Look through the camera of a trace, with the image's resolution and pixel aspect."""

import bpy
from bpy.props import BoolProperty

from ..scene import trace_camera, traces, viewport
from .scene_settings import SKIP, SceneSettings


class WORLD_TRACING_OT_use_trace_camera(bpy.types.Operator, SceneSettings):
    """Make the camera of the active trace the scene's camera, and render at the image's resolution"""

    bl_idname = "world_tracing.use_trace_camera"
    bl_label = "Use Trace Camera"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    match_colours: BoolProperty(
        name="Match Colours",
        options=SKIP,
        description="Show colours as they are, without look or exposure: the render has the photo's own",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace that still has its camera."""
        cls.poll_message_set("Select something that belongs to a trace")
        root = traces.active_root(context)
        camera = traces.camera_of(root)
        if root is not None and camera is None:
            cls.poll_message_set(_why_no_camera(root))
        return camera is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set camera, resolution and pixel aspect; look through the camera."""
        camera = traces.camera_of(traces.active_root(context))
        assert camera is not None, "poll saw to it"
        context.view_layer.update()  # the redo panel undoes first, and matrices wait to be computed
        trace_camera.use_camera(context.scene, camera)
        self.match_colours = self.value(context, "match_colours")  # the redo panel shows what was done
        if self.match_colours and not trace_camera.show_plain_colours(context.scene):
            self.report(
                {"WARNING"},
                "This colour configuration (OCIO) has no view Standard. Choose one without a look of its own "
                "in Render Properties > Color Management.",
            )
        for area in context.screen.areas if context.screen else ():
            if area.type == "VIEW_3D":
                area.spaces.active.use_local_camera = False  # it shows the scene's
                area.spaces.active.region_3d.view_perspective = "CAMERA"
        viewport.undo_whole(context)
        return {"FINISHED"}


def _why_no_camera(root: bpy.types.Object) -> str:
    """What to do about the camera of a trace that was deleted."""
    if linked := traces.linked_part(root):
        return traces.why_linked(linked)
    of_frames = traces.is_shot(root) and not traces.layers_of(root)
    again = "Import its shot anew" if of_frames else "Rebuild from Stack makes it anew"
    return f"The camera of this trace was deleted. {again}"
