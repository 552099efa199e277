# mypy: disable-error-code="valid-type"
"""Merge Static: of a shot from a still camera, one clean background and the animated rest."""

import json
from pathlib import Path

import bpy
from bpy.props import StringProperty

from wt_backend.stack import LayerStack, Shot, StackError

from ..backend import session
from ..scene import build, files, traces
from ..scene import shot as shot_scene
from ..scene.camera_match import CameraMatchError
from .bases import named_root
from .geometry_job import GeometryJob
from .on_shot import OnShot


class WORLD_TRACING_OT_merge_static(bpy.types.Operator, OnShot, GeometryJob):
    """Fuse what stands still in a shot into one background; what moves stays animated. For a still camera"""

    bl_idname = "world_tracing.merge_static"
    bl_label = "Merge Static"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        root = self.trace(context)
        name = build.trace_name(root)
        output = files.new_shot_folder(f"{name} merged").absolute()
        params = {"shot": str(self.folder(root)), "output": str(output)}
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
            shot_scene.stand_like(built.root, built.camera, old)
            _hide(old)
        message = f"{name}: {count} background layers, {built.objects} moving objects."
        self.report({"INFO"}, message)
        session.notice = session.Notice(message)  # the pump calls: nobody sees the report
        return {"FINISHED"}


def _hide(root: bpy.types.Object) -> None:
    """Hide a trace by the collections that hold nothing else: its frames have keyed visibility."""
    members = {root, *traces.parts_of(root)}
    for collection in {collection for member in members for collection in member.users_collection}:
        if set(collection.all_objects) <= members:
            collection.hide_viewport = collection.hide_render = True
