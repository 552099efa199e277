# mypy: disable-error-code="valid-type"
"""Trace World: start the trace of an image and return; the pump brings the result."""

from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from wt_backend.protocol import BackendError, TraceRequest

from .. import preferences
from ..backend import session
from ..backend.jobs import Job, JobState
from ..properties import FITS, MODES, OUTPUTS
from ..scene import files, image_source


class WORLD_TRACING_OT_trace_world(bpy.types.Operator):
    """Find the surfaces behind every pixel of an image, the hidden ones too, and build them"""

    bl_idname = "world_tracing.trace_world"
    bl_label = "Trace World"

    # Whatever is not given comes from the scene's settings.
    filepath: StringProperty(name="Image", subtype="FILE_PATH", options={"SKIP_SAVE"})
    stack: StringProperty(
        name="Stack",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
        description="Where to save the layers (.wts)",
    )
    mask: StringProperty(name="Mask", subtype="FILE_PATH", options={"SKIP_SAVE"})
    mode: EnumProperty(name="Mode", items=MODES, options={"SKIP_SAVE"})
    fit: EnumProperty(name="Fit", items=FITS, options={"SKIP_SAVE"})
    model: StringProperty(name="Model", options={"SKIP_SAVE"})
    seed: IntProperty(name="Seed", min=0, options={"SKIP_SAVE"})
    steps: IntProperty(name="Steps", min=0, max=1000, options={"SKIP_SAVE"})
    output: EnumProperty(name="Output", items=OUTPUTS, options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job; in background mode wait for it and import its result."""
        try:
            image, datablock = self._image(context)
            request = self._request(context, image)
        except BackendError as error:
            return self._fail(error)
        destination = session.Destination(
            scene=context.scene.name,
            name=image.stem if not datablock else Path(datablock).stem,
            output=self._setting(context, "output"),
            image=datablock,
            generation=session.file_generation(),
        )
        job = session.submit_trace(request, destination)
        if not bpy.app.background:
            return {"FINISHED"}
        session.wait(job, _Printer())
        if job.state is not JobState.DONE:
            return self._fail(job.error or BackendError("cancelled", "The trace was cancelled."))
        result = job.result or {}
        print(
            f"World Tracing: {result['layers']} layers, {result['points']} points, {result['seconds']:.1f} s"
        )
        for warning in result.get("warnings", []):
            self.report({"WARNING"}, warning)
        return bpy.ops.world_tracing.import_stack(
            filepath=result["stack"],
            name=destination.name,
            output=destination.output,
            image=destination.image,
        )

    def _setting(self, context: bpy.types.Context, name: str) -> Any:
        given = self if self.properties.is_property_set(name) else context.scene.world_tracing
        return getattr(given, name)

    def _image(self, context: bpy.types.Context) -> tuple[Path, str]:
        """The image file, and the name of the datablock it was written from ("" if it was a file)."""
        settings = context.scene.world_tracing
        if not self.properties.is_property_set("filepath") and settings.source == "IMAGE":
            if settings.image is None:
                raise BackendError("bad_image", "No image is chosen.", "Choose one in the panel.")
            return image_source.image_file(settings.image, files.folder("images")), settings.image.name
        path = self._setting(context, "filepath")
        if not path:
            raise BackendError("bad_image", "No image is chosen.", "Choose one in the panel.")
        image = Path(bpy.path.abspath(path))
        if not image.is_file():
            raise BackendError("bad_image", f"There is no file {image}.", "Choose another image.")
        return image.absolute(), ""

    def _request(self, context: bpy.types.Context, image: Path) -> TraceRequest:
        mask = self._setting(context, "mask")
        fit = self._setting(context, "fit")
        stack = self.stack or str(files.new_stack_path(image.stem))
        return TraceRequest(
            image=str(image),
            output=str(Path(bpy.path.abspath(stack)).absolute()),
            mask=str(Path(bpy.path.abspath(mask)).absolute()) if mask else None,
            mode=self._setting(context, "mode").lower(),
            fit=None if fit == "AUTO" else fit.lower(),
            model=self._setting(context, "model"),
            seed=self._setting(context, "seed"),
            steps=self._setting(context, "steps") or None,
            device=preferences.get().device or None,
        )

    def _fail(self, error: BackendError) -> set[str]:
        session.notice = session.Notice(error.message, error.hint)
        self.report({"ERROR"}, f"{error.message} {error.hint}".strip())
        return {"CANCELLED"}


class _Printer:
    """Prints a job's progress, each line once."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, job: Job) -> None:
        text = session.progress_text(job)
        if text != self._last and not job.finished:
            print(f"World Tracing: {text}", flush=True)
            self._last = text
