# mypy: disable-error-code="valid-type"
"""Import a shot, or what is finished of it, as animated layers."""

import json
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from wt_backend.stack import Shot, StackError

from ..backend import session
from ..properties import CACHES, OUTPUTS
from ..scene import shot as shot_scene
from ..scene import viewport
from ..scene.camera_match import CameraMatchError
from ..scene.shot_cache import ShotCacheError
from .scene_settings import SKIP
from .surface_settings import SurfaceSettings


class WORLD_TRACING_OT_import_shot(bpy.types.Operator, ImportHelper, SurfaceSettings):
    """Build the animated layers of a shot (shot.json); frames that are not traced yet are left out"""

    bl_idname = "world_tracing.import_shot"
    bl_label = "Import Shot"
    bl_options = {"UNDO"}  # noqa: RUF012  (no REGISTER: each change in the redo panel would bake again)

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})
    name: StringProperty(name="Name", options={"SKIP_SAVE"}, description="Empty: the folder's name")
    output: EnumProperty(name="Output", items=OUTPUTS, options=SKIP, description="What a layer becomes")
    cache: EnumProperty(
        name="Bake to Cache", items=CACHES, options=SKIP, description="Where the meshes of all frames lie"
    )
    use_range: BoolProperty(
        name="Set Frame Range",
        default=True,
        options=SKIP,
        description="Let the scene play the frames of the shot",
    )
    result: StringProperty(options={"SKIP_SAVE", "HIDDEN"}, description="A trace_shot result as JSON")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load, build, set the range of frames."""
        result = json.loads(self.result) if self.result else {}
        try:
            shot = Shot.load(Path(bpy.path.abspath(result.get("shot") or self.filepath)))
            if not shot.finished():
                raise StackError(f"{shot.folder}: no frame is finished yet; wait, or trace the footage again")
            name = self.name or shot.folder.name
            settings = self.mesh_settings()
            built = shot_scene.build_shot(context, shot, name, self.output, self.cache, settings)
        except (StackError, CameraMatchError, ShotCacheError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        scene = context.scene
        if self.use_range:
            scene.frame_start, scene.frame_end = built.frames[0], built.frames[-1]
            scene.frame_set(built.frames[0])
        context.view_layer.update()  # what is visible now can be selected
        viewport.select(context, built.root)
        viewport.show(context, built.root)
        message = f"{name}: {len(built.frames)} of {len(shot.frames)} frames, {built.objects} objects."
        self._tell(message, [*result.get("warnings", []), *_rate_hint(shot, scene)])
        return {"FINISHED"}

    def _tell(self, message: str, warnings: list[str]) -> None:
        """Say it in the panel too: of an operator that the pump calls nobody sees the reports."""
        for warning in warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, message)
        session.notice = session.Notice(message, " ".join(warnings))


def _rate_hint(shot: Shot, scene: bpy.types.Scene) -> list[str]:
    """A sentence where the scene plays the shot at another speed."""
    rate = scene.render.fps / scene.render.fps_base
    if abs(rate - shot.fps) <= 0.01:
        return []
    return [f"The shot has {shot.fps:g} frames a second, the scene plays {rate:g}."]
