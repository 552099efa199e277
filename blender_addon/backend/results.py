"""What becomes of a finished job: a trace becomes a scene, geometry comes in through its operator.

Nothing here holds a reference into the file: undo may have replaced everything, and another file may be open.
Session uids outlive undo, and what somebody renames meanwhile keeps its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from wt_backend.protocol import BackendError, Message

from ..scene import files, viewport
from . import session
from .jobs import Job, JobState

FAILURES_TOLD = 3  # in the panel
_generation = 0  # counts file loads


def register() -> None:
    """Listen to file loads."""
    bpy.app.handlers.load_post.append(_file_loaded)


def unregister() -> None:
    """Listen no more."""
    bpy.app.handlers.load_post.remove(_file_loaded)


@dataclass(frozen=True)
class Place:
    """A scene of the file that was open when a job was started."""

    scene: int  # its session uid
    generation: int

    @classmethod
    def here(cls, context: bpy.types.Context) -> Place:
        """The scene of a context."""
        return cls(context.scene.session_uid, _generation)

    def why_gone(self) -> str:
        """What became of it."""
        return "its scene is gone" if self.generation == _generation else "its file was closed meanwhile"

    def find(self) -> bpy.types.Scene | None:
        """The scene, None if it is gone or another file is open."""
        if self.generation != _generation:
            return None
        return next((scene for scene in bpy.data.scenes if scene.session_uid == self.scene), None)


@dataclass(frozen=True)
class TraceResult:
    """A trace becomes a layered scene, its hidden surfaces coloured first if that is wanted."""

    place: Place
    name: str
    output: str
    image: int = 0  # session uid of the image datablock to use as texture, 0 for the file
    variant: int = 0  # place beside the others of a seed sweep
    group: str = ""  # the sweep
    fill: bool = False
    failures: list[str] = field(default_factory=list)  # of all traces started together: one list

    def import_settings(self) -> dict[str, str | int]:
        """What `import_stack` has to be told."""
        return {name: getattr(self, name) for name in ("name", "output", "image", "variant", "group")}

    def wants_colour(self, result: Message) -> bool:
        """Whether hidden layers shall be coloured; points keep the colour of the photo."""
        return self.fill and self.output != "POINTS" and result["layers"] > 1

    def ended(self, job: Job) -> None:
        """Import, or ask for the colour of the hidden layers first."""
        if job.result is None:
            say_why_not(job)
            self._tell_failures()
            if job.state is JobState.FAILED and job.error is not None:
                self.failures.append(job.error.message)
        elif self.wants_colour(job.result) and self.place.find() is not None:
            submit_fill(job.result, ColourResult(self, job.result))
        else:
            self.bring(job.result)

    def bring(self, result: Message, textures: str = "", warning: str = "") -> None:
        """Import the stack into the scene that it was traced for."""
        stack = str(result["stack"])
        scene = self.place.find()
        if scene is None:
            session.notice = session.Notice(
                f"{self.name} is traced, but {self.place.why_gone()}.",
                f"Import Stack brings it here: {stack}",
            )
            return
        try:
            viewport.call(
                bpy.ops.world_tracing.import_stack,
                scene,
                filepath=stack,
                textures=textures,
                **self.import_settings(),
            )
        except RuntimeError as error:  # what an operator reports as an error
            session.say(BackendError("bad_stack", _words(error), f"The stack is kept: {stack}"))
            return
        session.notice = session.Notice(
            f"{self.name}: {result['layers']} layers, {result['points']} points "
            f"in {result['seconds']:.1f} s.",
            " ".join([*(result.get("warnings") or []), warning]).strip(),
        )
        self._tell_failures()

    def _tell_failures(self) -> None:
        """Say again what went wrong with others that were started with this one: there is one notice."""
        if self.failures and session.notice is not None:
            more = len(self.failures) - FAILURES_TOLD
            rest = [f"{more} more failed; the console says why."] if more > 0 else []
            told = [session.notice.hint, *self.failures[:FAILURES_TOLD], *rest]
            session.notice.hint = " ".join(told).strip()


@dataclass(frozen=True)
class ColourResult:
    """The colour of a trace's hidden layers: the trace is imported with it, or without it if need be."""

    trace: TraceResult
    result: Message  # of the trace

    def ended(self, job: Job) -> None:
        """Import the trace."""
        if job.result is not None:
            self.trace.bring(self.result, json.dumps(job.result))
        else:
            why = f" {job.error.message}" if job.error is not None else ""
            self.trace.bring(self.result, warning=f"Hidden surfaces have no colour yet.{why}")


@dataclass(frozen=True)
class FollowUp:
    """Any other job: an operator gets the worker's result as JSON in its property `result`."""

    operator: str  # of `bpy.ops.world_tracing`
    settings: dict[str, str | int]
    place: Place
    objects: dict[str, int] = field(default_factory=dict)  # setting with an object's name → its session uid

    def ended(self, job: Job) -> None:
        """Call the operator."""
        if job.result is None:
            self.forget_sent()
            say_why_not(job)
            return
        scene = self.place.find()
        gone = self.place.why_gone() if scene is None else self._why_gone()
        if scene is None or gone:
            self.forget_sent()
            kept = ", ".join(_files(job.result))
            session.notice = session.Notice(
                f"{job.label} is done, but {gone}.",
                f"What was made is kept: {kept}" if kept else "",
            )
            return
        try:
            operator = getattr(bpy.ops.world_tracing, self.operator)
            settings = self.settings | self._names_now()
            viewport.call(operator, scene, result=json.dumps(job.result), **settings)
        except RuntimeError as error:  # what an operator reports as an error
            session.say(BackendError("bad_output", _words(error)))

    def _names_now(self) -> dict[str, str]:
        """The names of those objects that are still there, whatever they were called when the job started."""
        names = {member.session_uid: member.name for member in bpy.data.objects}
        return {setting: names[uid] for setting, uid in self.objects.items() if uid in names}

    def forget_sent(self) -> None:
        """Remove the mesh that was written for the job, if one was; only the operator would read it again."""
        files.forget(str(self.settings.get("sent", "")))

    def _why_gone(self) -> str:
        """Say that an object was deleted and another one has its name, which would get the result; else "".

        A name that nobody has is left to the operator, which reports it.
        """
        there = {member.session_uid for member in bpy.data.objects}
        for setting, uid in self.objects.items():
            name = str(self.settings[setting])
            if uid not in there and bpy.data.objects.get((name, None)) is not None:
                return f"{name} is gone, and another object has its name"
        return ""


def submit_fill(result: Message, then: session.Result) -> Job:
    """Queue the colour of the hidden layers of a trace; the textures will lie beside its stack."""
    stack = Path(result["stack"])
    params = {"stack": str(stack), "output": str(stack.parent)}
    label = f"Colour of {stack.stem}"
    return session.submit("geometry/fill_colour", params, label, then, first=True, keep_notice=True)


def say_why_not(job: Job) -> None:
    """Put into the panel why a job has no result."""
    if job.state is JobState.FAILED and job.error is not None:
        session.say(job.error)
    else:
        session.notice = session.Notice(f"Cancelled {job.label}.")


def _files(result: Message) -> list[str]:
    """The files that a result names."""
    values = [value for entry in result.values() for value in (entry if isinstance(entry, list) else [entry])]
    return [value for value in values if isinstance(value, str) and Path(value).is_absolute()]


def _words(error: RuntimeError) -> str:
    return str(error).removeprefix("Error: ").strip()


@persistent
def _file_loaded(*_args: object) -> None:
    global _generation
    _generation += 1
    session.notice = None  # it was about the file before
