# mypy: disable-error-code="valid-type"
"""Trace the current Blender scene itself into a layer stack: exact, no model."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from mathutils import Matrix

from wt_backend.stack import StackError

from ..properties import RELATIVE
from ..scene import build
from ..scene.camera_match import CameraMatchError
from ..scene.files import new_stack_path
from ..scene.ground_truth import Settings, trace_scene
from ..scene.ray_trace import RayTraceError

MODES = (
    ("AUTO", "Auto", "Object if the film is transparent, else scene"),
    ("OBJECT", "Object", "Render with a transparent background"),
    ("SCENE", "Scene", "Render the whole frame"),
)


class WORLD_TRACING_OT_trace_ground_truth(bpy.types.Operator):
    """Trace this scene through its camera, all surfaces along every ray, and render its image beside it"""

    bl_idname = "world_tracing.trace_ground_truth"
    bl_label = "Trace Ground Truth"
    bl_options = {"UNDO"}  # noqa: RUF012  (no REGISTER: a change in the redo panel would render again)

    filepath: StringProperty(
        name="Stack",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"} | RELATIVE,
        description="NAME.wts to write; the render goes to NAME.png. Empty: a new file beside the .blend",
    )
    longest: IntProperty(
        name="Longest Side", default=512, min=16, max=4096, description="Of the pixel grid that is traced"
    )
    layers: IntProperty(name="Layers", default=6, min=1, max=32, description="Surfaces kept along a ray")
    mode: EnumProperty(name="Mode", items=MODES, default="AUTO", description="What the scene shows")
    build_layers: BoolProperty(
        name="Build Layers",
        default=True,
        description="Import the stack at once. Its layers do not render, so that the scene stays what it was",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a camera."""
        cls.poll_message_set("The scene has no camera")
        return context.scene.camera is not None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the settings first: tracing and rendering take a while."""
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Trace, render, save, build."""
        path = self._path(context)
        manager = context.window_manager
        manager.progress_begin(0, 1)
        try:
            stack = trace_scene(
                context, path.with_suffix(".png"), self._settings(context), manager.progress_update
            )
            stack.validate()
            stack.save(path)
            if self.build_layers:
                trace = build.build_trace(context, stack, path, name=path.stem)
                _lay_over(trace, context.scene.camera)
        except (RayTraceError, StackError, CameraMatchError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            manager.progress_end()
        self.report({"INFO"}, f"Ground truth: {stack.points} points in {path}")
        return {"FINISHED"}

    def _path(self, context: bpy.types.Context) -> Path:
        if self.filepath:
            path = Path(bpy.path.abspath(self.filepath))
            return path.with_name(f"{path.name.removesuffix('.png').removesuffix('.wts')}.wts")
        return new_stack_path(f"{context.scene.name} ground truth")

    def _settings(self, context: bpy.types.Context) -> Settings:
        mode = self.mode
        if mode == "AUTO":
            mode = "OBJECT" if context.scene.render.film_transparent else "SCENE"
        return Settings(self.longest, self.layers, mode.lower())


def _lay_over(trace: build.Trace, camera: bpy.types.Object) -> None:
    """Put a trace where its surfaces were found, and keep it out of renders."""
    placed = camera.matrix_world.normalized() @ trace.camera.matrix_local.inverted()
    trace.root.matrix_world = placed @ Matrix.Diagonal(trace.root.scale).to_4x4()
    for item in trace.layers:
        item.hide_render = True
