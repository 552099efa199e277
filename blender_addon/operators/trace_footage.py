# mypy: disable-error-code="valid-type"
"""Trace Footage: start the trace of a movie or an image sequence; the pump brings the shot."""

from dataclasses import replace
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from wt_backend.footage.messages import ShotRequest
from wt_backend.protocol import BackendError, to_params
from wt_backend.stack import Shot, StackError

from .. import preferences
from ..backend.results import FollowUp, Place
from ..properties import CACHES, RELATIVE
from ..scene import files
from ..scene.shot_cache import ShotCacheError, check_format
from ..translations import words
from .surface_settings import SurfaceSettings
from .tracing import TraceSettings
from .worker_job import WorkerJob


class WORLD_TRACING_OT_trace_footage(bpy.types.Operator, TraceSettings, SurfaceSettings, WorkerJob):
    """Trace a movie or an image sequence frame by frame into animated layers"""

    bl_idname = "world_tracing.trace_footage"
    bl_label = "Trace Footage"

    filepath: StringProperty(
        name="Footage",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"} | RELATIVE,
        description="Movie or image sequence",
    )
    filter_movie: BoolProperty(default=True, options={"HIDDEN"})
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    first: IntProperty(
        options={"SKIP_SAVE"}, name="First", default=1, min=1, description="First frame, counted from 1"
    )
    last: IntProperty(
        options={"SKIP_SAVE"},
        name="Last",
        default=0,
        min=0,
        description="Last frame; 0 is the end of the footage",
    )
    step: IntProperty(name="Step", default=1, min=1, description="Trace every so manyth frame")
    start: IntProperty(
        options={"SKIP_SAVE"},
        name="Start",
        default=1,
        description="Frame of the scene on which the first of the footage lies",
    )
    use_range: BoolProperty(
        options={"SKIP_SAVE"},
        name="Set Frame Range",
        default=True,
        description="Let the scene play the frames of the shot",
    )
    use_scene_rate: BoolProperty(
        options={"SKIP_SAVE"},
        name="Scene's Rate",
        description="Read the footage at the scene's frames a second instead of its own",
    )
    steady: BoolProperty(name="Steady Scale", default=True, description="Align the scale of neighbours")
    smooth: BoolProperty(
        name="Average Still Parts", default=True, description="Average over time what does not change"
    )
    cache: EnumProperty(name="Bake to Cache", items=CACHES, description="Where the meshes of all frames lie")
    shot: StringProperty(
        name="Shot",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"} | RELATIVE,
        description="Folder of the shot; empty: a new one, or that of the same shot where it was cut off",
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for footage, with the settings beside the files. Known footage needs the settings only."""
        self.adopt_settings(context)
        if self.filepath:
            return context.window_manager.invoke_props_dialog(self, confirm_text="Trace Footage")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the settings."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("first", "last", "step", "start", "use_range", "use_scene_rate", "steady", "smooth"):
            layout.prop(self, name)
        layout.label(text=words("Model: {name}", name=self.model))
        for name in ("mode", "fit", "mask", "seed", "steps", "output", "cache"):
            layout.prop(self, name)
        self.draw_surface(layout)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job; in background mode wait for it and import the shot."""
        output = self.value(context, "output")
        try:
            if self.cache != "NONE" and output != "POINTS":
                check_format(self.cache)  # before all is traced
            request = self._shot_request(context)
        except ShotCacheError as error:
            return self.fail(BackendError("bad_request", str(error)))
        except BackendError as error:
            return self.fail(error)
        name = Path(request.clip).stem
        settings = {"name": name, "output": output, "cache": self.cache, "use_range": self.use_range}
        settings |= {"tear": self.tear, "grazing": self.grazing, "island": self.island}
        after = FollowUp("import_shot", settings, Place.here(context))
        return self.start_job("trace_shot", to_params(request), name, after)

    def say_why_not(self, error: BackendError) -> set[str]:
        """In the panel too, as of all traces."""
        return self.fail(error)

    def _shot_request(self, context: bpy.types.Context) -> ShotRequest:
        if not self.filepath:
            raise BackendError("bad_image", "No footage is chosen.", "Choose a movie or an image.")
        clip = Path(bpy.path.abspath(self.filepath)).absolute()
        fit, render = self.value(context, "fit"), context.scene.render
        given = Path(bpy.path.abspath(self.shot)) if self.shot else None
        request = ShotRequest(
            clip=str(clip),
            output=str(given or files.folder("shots")),
            mask=self.mask_path(),
            mode=self.value(context, "mode").lower(),
            fit=None if fit == "AUTO" else fit.lower(),
            model=self.chosen_model(context),
            seed=self.value(context, "seed"),
            steps=self.value(context, "steps") or None,
            device=preferences.get().device or None,
            first=self.first,
            last=self.last or None,
            step=self.step,
            start=self.start,
            rate=render.fps / render.fps_base if self.use_scene_rate else None,
            steady=self.steady,
            smooth=self.smooth,
        )
        folder = given or _cut_off(request) or files.new_shot_folder(clip.stem)
        return replace(request, output=str(folder.absolute()))


def _cut_off(request: ShotRequest) -> Path | None:
    """The folder of a shot that the same request began and did not end: cancelled, or its worker died."""
    wanted = request.identity  # looks at the footage's files
    parents = dict.fromkeys([files.folder("shots"), preferences.user_folder("shots")])  # before it was saved
    for path in (path for parent in parents for path in sorted(parent.glob(f"*/{Shot.FILE}"))):
        try:
            shot = Shot.load(path)
        except StackError:  # of another version, or no shot: not ours to go on with
            continue
        if shot.state != "done" and shot.settings.get("request") == wanted:
            return shot.folder
    return None
