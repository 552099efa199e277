# mypy: disable-error-code="valid-type"
"""Merge Static: of a shot from a still camera, one clean background and the animated rest."""

import json
from pathlib import Path

import bpy
from bpy.props import StringProperty

from wt_backend.paths import is_file
from wt_backend.stack import LayerStack, Shot, StackError

from ..backend import session
from ..scene import build, files, traces
from ..scene import shot as shot_scene
from ..scene.camera_match import CameraMatchError
from ..scene.origin import stack_path
from .geometry_job import GeometryJob, named_root


class WORLD_TRACING_OT_merge_static(bpy.types.Operator, GeometryJob):
    """Fuse what stands still in a shot into one background; what moves stays animated. For a still camera"""

    bl_idname = "world_tracing.merge_static"
    bl_label = "Merge Static"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a shot."""
        root = traces.active_root(context)
        cls.poll_message_set("Select something that belongs to a shot")
        if root is None or not is_file(stack_path(root).parent / Shot.FILE):
            return False
        return traces.is_shot(root) and cls.may_change(root)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        root = self.trace(context)
        folder = stack_path(root).parent
        name = build.trace_name(root)
        params = {"shot": str(folder), "output": str(files.new_shot_folder(f"{name} merged").absolute())}
        return self.run_job(
            context, "merge_static", params, f"Merge {name}", "wear_merged", {"root": root.name}
        )


class WORLD_TRACING_OT_wear_merged(bpy.types.Operator):
    """Bring the merged shot in; the shot that it was made from is hidden"""

    bl_idname = "world_tracing.wear_merged"
    bl_label = "Import Merged Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012

    result: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    root: StringProperty(options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the moving layers, and the background under the same root."""
        result = json.loads(self.result)
        old = named_root(self.root)
        name = f"{build.trace_name(old)} merged" if old else Path(result["shot"]).name
        try:
            stack = LayerStack.load(result["static"])  # before anything is built
            built = shot_scene.build_shot(context, Shot.load(Path(result["shot"])), name)
            count = shot_scene.add_background(built.root, stack, Path(result["static"]), f"{name} Static")
        except (StackError, CameraMatchError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if old is not None:
            _stand_like(built, old)
            _hide(old)
        message = f"{name}: {count} background layers, {built.objects} moving objects."
        self.report({"INFO"}, message)
        session.notice = session.Notice(message)  # the pump calls: nobody sees the report
        return {"FINISHED"}


def _stand_like(built: shot_scene.BuiltShot, old: bpy.types.Object) -> None:
    """Give a shot the place and the scale of another one, and its camera the other's reach."""
    built.root.matrix_world = old.matrix_world
    built.root.world_tracing.metric = old.world_tracing.metric
    camera = traces.camera_of(old)
    if camera is not None:
        built.camera.data.clip_start = camera.data.clip_start
        built.camera.data.clip_end = camera.data.clip_end


def _hide(root: bpy.types.Object) -> None:
    """Hide a trace by the collections that hold nothing else: its frames have keyed visibility."""
    members = {root, *traces.parts_of(root)}
    for collection in {collection for member in members for collection in member.users_collection}:
        if set(collection.all_objects) <= members:
            collection.hide_viewport = collection.hide_render = True
