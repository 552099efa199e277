# mypy: disable-error-code="valid-type"
"""What the operators that trace have in common: settings, requests, and waiting where there is no window."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from wt_backend.paths import is_file, is_folder
from wt_backend.protocol import BackendError, Message, TraceRequest, to_params

from .. import preferences
from ..backend import session
from ..backend.jobs import Job, JobState
from ..backend.results import ColourResult, Place, TraceResult, submit_fill
from ..properties import FIT_TEXT, FITS, MODES, OUTPUTS, RELATIVE
from ..scene import cut_out, files, image_source
from ..translations import words
from .bases import sentence
from .scene_settings import SKIP, SceneSettings


@dataclass(frozen=True)
class Plan:
    """One image to trace."""

    image: Path
    name: str
    datablock: int = 0  # session uid of the image datablock to use as texture; 0: the file
    mask: Path | None = None
    mask_as_stored: bool = False  # drawn over the image as Blender shows it, without its EXIF rotation
    seed: int | None = None  # None: the setting's
    variant: int = 0  # place beside the others of a sweep
    group: str = ""  # what sweep it belongs to


class TraceSettings(SceneSettings):
    """Properties of a trace; whatever a call leaves out comes from the scene's settings."""

    mode: EnumProperty(name="Mode", items=MODES, options=SKIP, description="What the image shows")
    fit: EnumProperty(name="Fit", items=FITS, options=SKIP, description=FIT_TEXT)
    mask: StringProperty(
        name="Mask", subtype="FILE_PATH", options=SKIP | RELATIVE, description="White: the subject"
    )
    model: StringProperty(name="Model", options=SKIP, description="Which model traces the image")
    seed: IntProperty(name="Seed", min=0, options=SKIP, description="Another seed guesses anew")
    steps: IntProperty(name="Steps", min=0, max=1000, options=SKIP, description="0: the model's own number")
    output: EnumProperty(name="Output", items=OUTPUTS, options=SKIP, description="What a layer becomes")

    fill: BoolProperty(name="Fill Hidden Colour", options=SKIP, description="Colour of what is near by")

    SETTINGS = ("mode", "fit", "model", "seed", "steps", "output", "fill")  # the mask belongs to its image

    def adopt_settings(self, context: bpy.types.Context) -> None:
        """Write the scene's settings into the operator, to be changed in a dialog."""
        for name in self.SETTINGS:
            setattr(self, name, self.value(context, name))

    def draw_settings(self, layout: bpy.types.UILayout) -> None:
        """Draw the settings that a dialog offers."""
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.label(text=words("Model: {name}", name=self.model))
        for name in ("mode", "fit", "seed", "steps", "output", "fill"):
            layout.prop(self, name)

    def plan_for_settings(self, context: bpy.types.Context) -> Plan:
        """The image that the panel shows, with its mask.

        Raises
        ------
        BackendError
            None is chosen, or it cannot be read.
        """
        settings = context.scene.world_tracing
        as_stored = settings.mask_source == "IMAGE"
        if settings.source == "FILE":
            plan = plan_for_file(settings.filepath)
            mask = _chosen_mask(settings, None, plan.image)
            return replace(plan, mask=mask, mask_as_stored=as_stored)
        if settings.image is None:
            raise BackendError("bad_image", "No image is chosen.", "Choose one in the panel.")
        image, path = settings.image, image_source.image_file(settings.image)
        mask = _chosen_mask(settings, image, path)
        # a render is replaced, a sequence goes on, and strokes that nobody saves go with the file
        kept = image.source in {"FILE", "TILED"} or image.packed_file is not None
        lasting = kept and not image.is_dirty
        datablock = image.session_uid if lasting else 0
        return Plan(path, Path(image.name).stem, datablock, mask=mask, mask_as_stored=as_stored)

    def run(self, context: bpy.types.Context, plans: list[Plan], stack: str = "") -> set[str]:
        """Queue the traces; in background mode wait for them and import their results."""
        failures: list[str] = []
        try:
            submitted = [
                self._submit(context, plan, stack, label, failures)
                for plan, label in zip(plans, _labels(plans), strict=True)
            ]
        except BackendError as error:
            return self.fail(error)
        if not bpy.app.background:
            return {"FINISHED"}
        ended = [self._wait(job, result) for job, result in submitted]
        errors = [reason for reason in ended if reason is not None]
        if len(errors) == len(submitted):
            return self.fail(errors[-1])
        for reason in errors:
            self.report({"WARNING"}, sentence(reason))
        return {"FINISHED"}

    def fail(self, error: BackendError) -> set[str]:
        """Say what is wrong, in the panel and as a report."""
        session.say(error)
        self.report({"ERROR"}, sentence(error))
        return {"CANCELLED"}

    def _submit(
        self, context: bpy.types.Context, plan: Plan, stack: str, label: str, failures: list[str]
    ) -> tuple[Job, TraceResult]:
        request = self._request(context, plan, stack)
        result = TraceResult(
            Place.here(context),
            name=plan.name,
            output=self.value(context, "output"),
            image=plan.datablock,
            variant=plan.variant,
            group=plan.group,
            fill=self.value(context, "fill"),
            failures=failures,
        )
        return session.submit("trace", to_params(request), label, result), result

    def _request(self, context: bpy.types.Context, plan: Plan, stack: str) -> TraceRequest:
        fit = self.value(context, "fit")
        output = Path(bpy.path.abspath(stack)) if stack else files.new_stack_path(plan.name)
        named = self.mask_path()
        return TraceRequest(
            image=str(plan.image),
            output=str(output.absolute()),
            mask=named or (str(plan.mask) if plan.mask else None),
            mask_as_stored=plan.mask_as_stored and named is None,
            mode=self.value(context, "mode").lower(),
            fit=None if fit == "AUTO" else fit.lower(),
            model=self.chosen_model(context),
            seed=self.value(context, "seed") if plan.seed is None else plan.seed,
            steps=self.value(context, "steps") or None,
            device=preferences.get().device or None,
            fresh=not stack,  # another Blender may have found the same name free
        )

    def chosen_model(self, context: bpy.types.Context) -> str:
        """The model to trace with.

        Raises
        ------
        BackendError
            It would have to be downloaded first.
        """
        name = str(self.value(context, "model"))
        entry = session.model(name)
        if entry is not None and not entry["available"]:
            raise BackendError(
                "model_missing",
                f"{entry['label']} is not on this machine yet.",
                "Download it in the panel, or choose another model.",
            )
        return name

    def mask_path(self) -> str | None:
        """The mask that the call itself names."""
        return str(_absolute(self.mask)) if self.mask else None

    def _wait(self, job: Job, then: TraceResult) -> BackendError | None:
        """Wait for a job and import its result; the error, if it ended without one."""
        session.wait(job, session.Printer())
        if job.state is not JobState.DONE:
            return job.error or BackendError("cancelled", f"The trace of {job.label} was cancelled.")
        result = job.result or {}
        print(
            f"World Tracing: {result['layers']} layers, {result['points']} points, {result['seconds']:.1f} s"
        )
        for warning in result.get("warnings", []):
            self.report({"WARNING"}, warning)
        textures = self._textures(result, then) if then.wants_colour(result) else ""
        bpy.ops.world_tracing.import_stack(
            filepath=result["stack"], textures=textures, **then.import_settings()
        )
        return None

    def _textures(self, result: Message, then: TraceResult) -> str:
        """Colour of the hidden layers, as JSON; "" with a warning where it cannot be had."""
        job = session.wait(submit_fill(result, ColourResult(then, result)), session.Printer())
        if job.state is JobState.DONE:
            return json.dumps(job.result)
        if job.error is not None:
            self.report({"WARNING"}, sentence(job.error))
        return ""


def choose_shown(context: bpy.types.Context) -> None:
    """In an Image Editor what it shows is traced next: a photo, or that of a mask, with the mask."""
    space, settings = context.space_data, context.scene.world_tracing
    shown = space.image if space is not None and space.type == "IMAGE_EDITOR" else None
    masked = settings.mask_source == "IMAGE"
    if shown is None or (masked and shown == settings.mask_image and not cut_out.is_cut_out(shown)):
        return  # of a mask that was made elsewhere nobody knows the photo
    settings.source, settings.image = "IMAGE", cut_out.source_of(shown)
    if cut_out.is_cut_out(shown):
        settings.mask_source, settings.mask_image = "IMAGE", shown
    elif masked and cut_out.is_cut_out(settings.mask_image) and not cut_out.is_of(settings.mask_image, shown):
        settings.mask_source = "AUTO"


def plan_for_file(path: str) -> Plan:
    """A plan for an image file.

    Raises
    ------
    BackendError
        No such file.
    """
    if not path:
        raise BackendError("bad_image", "No image is chosen.", "Choose one in the panel.")
    image = Path(bpy.path.abspath(path))
    if is_folder(image):
        raise BackendError("bad_image", f"{image} is a folder.", "Choose an image, or use Trace Folder.")
    if not is_file(image):
        raise BackendError("bad_image", f"There is no file {image}.", "Choose another image.")
    return Plan(image.absolute(), image.stem)


def _labels(plans: list[Plan]) -> list[str]:
    """What the traces are called while they are under way: of several, which of how many."""
    if len(plans) == 1:
        return [plans[0].name]
    return [f"{plan.name} ({number} of {len(plans)})" for number, plan in enumerate(plans, 1)]


def _chosen_mask(settings: bpy.types.PropertyGroup, image: bpy.types.Image | None, path: Path) -> Path | None:
    """The mask for the panel's image, whose file is `path`; None where the subject is found automatically."""
    if settings.mask_source == "IMAGE":
        mask = settings.mask_image
        if mask is None:
            raise BackendError("bad_mask", "No mask image is chosen.", "Choose one in the panel.")
        if not cut_out.is_cut_out(mask):
            return image_source.image_file(mask)
        if cut_out.is_of_another(mask, image, path):
            raise BackendError(
                "bad_mask",
                f"{mask.name} is the mask of another image, {cut_out.source_of(mask).name}.",
                "Set Mask to Automatic, or draw a box in this image.",
            )
        return cut_out.mask_file(mask)
    if settings.mask_source != "FILE":
        return None
    if not settings.mask:
        raise BackendError("bad_mask", "No mask file is chosen.", "Choose one in the panel.")
    return _absolute(settings.mask)


def _absolute(path: str) -> Path:
    return Path(bpy.path.abspath(path)).absolute()
