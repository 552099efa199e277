# mypy: disable-error-code="valid-type"
"""Models: download after the licence was shown, verify, delete, move to another folder."""

from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from wt_backend.protocol import BackendError, Message

from .. import preferences
from ..backend import session
from ..backend.jobs import Job
from ..backend.results import say_why_not
from ..translations import words
from ..ui.text import size_text
from .bases import Operator, sentence


@dataclass(frozen=True)
class ModelsResult:
    """The end of a `models/*` job. Models belong to no file: it counts whatever is open by then."""

    method: str
    model: str

    def ended(self, job: Job) -> None:
        """Put it into the panel."""
        if job.result is None:
            say_why_not(job)
            return
        try:
            session.notice = session.Notice(self.bring(job.result))
        except BackendError as error:
            session.say(error)

    def bring(self, result: Message) -> str:
        """Let what the worker did count here; the sentence about it.

        Raises
        ------
        BackendError
            The model that was verified is damaged.
        """
        if self.method == "models/move":
            preferences.get().models = result["folder"]
            bpy.context.preferences.is_dirty = True  # Blender saves what users change, not what scripts do
        session.forget_models()
        if self.method == "models/verify" and not result["intact"]:
            damaged = f"The model {self.model} is damaged or incomplete."
            raise BackendError("model_damaged", damaged, "Download it again, or reinstall it.")
        return self._sentence(result)

    def _sentence(self, result: Message) -> str:
        if self.method == "models/move":
            return f"Downloaded models lie in {result['folder']} now."
        if self.method == "models/delete":
            return f"The model {self.model} is deleted: {size_text(result['freed_mb'])} are free again."
        what = "is what was published" if self.method == "models/verify" else "is here"
        return f"The model {self.model} {what}."


class _ModelJob(Operator):
    """An operator that starts a `models/*` job for one model."""

    model: StringProperty(name="Model", options={"SKIP_SAVE"}, description="Which model")
    METHOD = ""

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """One thing at a time: a download may take an hour."""
        cls.poll_message_set("The backend is busy")
        return not session.jobs()

    def run_job(self, params: Message, label: str) -> set[str]:
        """Submit the job; in background mode wait for it."""
        after = ModelsResult(self.METHOD, self.model)
        job = session.submit(self.METHOD, params, label, after)
        if not bpy.app.background:
            return {"FINISHED"}
        session.wait(job, lambda _job: None)
        if job.result is None:
            return self.fail(job.error or BackendError("cancelled", f"{label} was cancelled."))
        try:
            self.report({"INFO"}, after.bring(job.result))
        except BackendError as error:
            return self.fail(error)
        return {"FINISHED"}

    def fail(self, error: BackendError) -> set[str]:
        """Say what is wrong."""
        self.report({"ERROR"}, sentence(error))
        return {"CANCELLED"}

    def entry(self) -> Message | None:
        """What is known about the model."""
        return session.model(self.model)


class WORLD_TRACING_OT_download_model(bpy.types.Operator, _ModelJob):
    """Download a model, after its licence and size were shown"""

    bl_idname = "world_tracing.download_model"
    bl_label = "Download Model"
    METHOD = "models/download"

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show what it is before anything happens."""
        return context.window_manager.invoke_props_dialog(self, width=420, confirm_text="Accept and Download")

    def draw(self, _context: bpy.types.Context) -> None:
        """Licence, size, memory."""
        entry = self.entry()
        if entry is None:
            return
        column = self.layout.column(align=True)
        column.label(text=entry["label"], icon="FILE_3D")
        column.label(text=words("Licence: {licence}", licence=entry["licence"]), icon="INFO")
        if "NC" in entry["licence"]:
            column.label(text="Not for commercial use; the results fall under it as well", icon="BLANK1")
        column.label(text=words("Download: {size}", size=size_text(entry["size_mb"])), icon="IMPORT")
        memory = words("Memory while tracing: {memory} GB", memory=entry["memory_gb"])
        column.label(text=memory, icon="MEMORY")
        for text, address in session.model_pages(self.model):
            column.operator("wm.url_open", text=text, icon="URL").url = address
        for text in (
            "Accept the licence on the model's page with your own account there,",
            "make an access token, and put it into Hub Token in the preferences.",
        ):
            column.label(text=text, icon="BLANK1")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Start the download."""
        entry = self.entry()
        if entry is None:
            return self.fail(
                BackendError("model_missing", f"There is no model {self.model!r}.", "Choose one of the list.")
            )
        if not bpy.app.online_access and not entry["available"]:
            return self.fail(
                BackendError(
                    "network",
                    "Blender may not go online.",
                    "Allow it in Edit > Preferences > System > Network.",
                )
            )
        return self.run_job({"model": self.model}, f"Download of {self.model}")


class WORLD_TRACING_OT_verify_model(bpy.types.Operator, _ModelJob):
    """Compare a model's file with what was published"""

    bl_idname = "world_tracing.verify_model"
    bl_label = "Verify Model"
    METHOD = "models/verify"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Start the comparison."""
        return self.run_job({"model": self.model}, f"Verification of {self.model}")


class WORLD_TRACING_OT_delete_model(bpy.types.Operator, _ModelJob):
    """Delete a downloaded model from the disk"""

    bl_idname = "world_tracing.delete_model"
    bl_label = "Delete Model"
    METHOD = "models/delete"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Delete it."""
        return self.run_job({"model": self.model}, f"Deletion of {self.model}")


class WORLD_TRACING_OT_move_models(bpy.types.Operator, _ModelJob):
    """Move all downloaded models into another folder, on another disk for instance"""

    bl_idname = "world_tracing.move_models"
    bl_label = "Move Models"
    METHOD = "models/move"

    directory: StringProperty(
        name="Folder", subtype="DIR_PATH", options={"SKIP_SAVE"}, description="Where they shall lie"
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Start moving."""
        if not self.directory:
            return self.fail(BackendError("bad_output", "No folder is chosen.", "Choose one."))
        folder = str(Path(bpy.path.abspath(self.directory)).absolute())
        return self.run_job({"folder": folder}, "Models")
