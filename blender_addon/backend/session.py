"""The one backend of this Blender: started on demand, moved on by the pump, its results become the scene."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from wt_backend import __version__
from wt_backend.protocol import BackendError, Message, TraceRequest, to_params

from . import pump
from .interpreter import Interpreter, find_interpreter
from .jobs import Backend, Job, JobState, Limits, WorkerState
from .worker_process import WorkerProcess, worker_command

ACTIVE_INTERVAL = 0.1  # seconds between two looks at a working backend
LOG_DAYS = 7
MODELS_SECONDS = 5.0  # how long a list of models is believed
RESTING_INTERVAL = 5.0  # … at one that waits to be sent home


@dataclass(frozen=True)
class Destination:
    """What to do with a finished trace. Names, not references: a job outlives undo and file load."""

    scene: str
    name: str
    output: str
    image: str  # image datablock to use as texture, "" for the file
    generation: int  # of the file that was open
    variant: int = 0  # place beside the others of a seed sweep
    group: str = ""  # the sweep
    fill: bool = False  # give hidden surfaces a colour of their own first
    traced: Message | None = None  # the trace's result, while its colour is being filled

    def import_settings(self) -> dict[str, str | int]:
        """What `import_stack` has to be told."""
        return {name: getattr(self, name) for name in ("name", "output", "image", "variant", "group")}


@dataclass(frozen=True)
class FollowUp:
    """The operator that brings the result of a `geometry/*` job into the file, told by names as well.

    It gets the worker's result as JSON in its property `result`, beside `settings`.
    """

    operator: str  # of `bpy.ops.world_tracing`
    settings: dict[str, str | int]
    scene: str
    generation: int  # of the file that was open


@dataclass
class Notice:
    """The last thing the user should know, shown in the panel until the next trace."""

    message: str
    hint: str = ""
    error: bool = True


_backend: Backend | None = None
_destinations: dict[Job, Destination | FollowUp] = {}
_generation = 0  # counts file loads
_models: tuple[float, list[Message]] | None = None  # when they were looked up, and what was found
_shown: tuple[object, ...] = ()
notice: Notice | None = None


def register() -> None:
    """Listen to file loads."""
    bpy.app.handlers.load_post.append(_file_loaded)


def unregister() -> None:
    """End the worker; nothing of this module stays alive."""
    global _backend
    pump.stop(_step)
    bpy.app.handlers.load_post.remove(_file_loaded)
    if _backend is not None:
        _backend.stop()
        _backend = None
    _destinations.clear()
    _show_status(None)


def jobs() -> tuple[Job, ...]:
    """Unfinished jobs, the running one first."""
    return _backend.jobs if _backend else ()


def models() -> list[Message]:
    """The models there are, as the package knows them; asked at every redraw, looked up now and then."""
    global _models
    from wt_backend.checkpoints.registry import models as known

    if _models is None or time.monotonic() - _models[0] > MODELS_SECONDS:
        _models = time.monotonic(), [to_params(entry) for entry in known()]
    return _models[1]


def forget_models() -> None:
    """Look models up anew: one has come or gone."""
    global _models
    _models = None


def model(name: str) -> Message | None:
    """What is known about a model, None for a name that nobody knows."""
    return next((model for model in models() if model["name"] == name), None)


def info() -> Message | None:
    """What the worker said about itself when it last started."""
    return _backend.info if _backend else None


def is_running() -> bool:
    """Whether there is a worker process."""
    return worker_state() is not WorkerState.STOPPED


def start() -> None:
    """Start the worker without a job."""
    global notice
    notice = None
    backend().start()
    pump.start(_step)


def wait_for_start() -> BackendError | None:
    """Start the worker and wait for its answer; why it did not come, if it did not."""
    backend().start()
    while backend().state is WorkerState.STARTING:
        backend().poll()
        time.sleep(0.02)
    return backend().error


def unload() -> None:
    """End the worker."""
    backend().stop()
    _redraw()


def obstacle() -> BackendError | None:
    """Why no worker could be started, None if one could; quick enough to be asked at each redraw."""
    if is_running():
        return None
    try:
        _interpreter()
    except BackendError as error:
        return error
    return None


def worker_state() -> WorkerState:
    """Where the worker stands."""
    return _backend.state if _backend else WorkerState.STOPPED


def submit_trace(request: TraceRequest, destination: Destination) -> Job:
    """Queue a trace; the pump (or `wait`) does the rest."""
    global notice
    notice = None
    job = backend().submit("trace", to_params(request), destination.name)
    _destinations[job] = destination
    pump.start(_step)
    return job


def submit(method: str, params: Message, label: str, follow_up: FollowUp) -> Job:
    """Queue any other method of the worker."""
    global notice
    notice = None
    job = backend().submit(method, params, label)
    _destinations[job] = follow_up
    pump.start(_step)
    return job


def cancel_all() -> int:
    """Cancel every unfinished job; return how many there were."""
    found = jobs()
    for job in reversed(found):  # the running one last, so that none of the others takes its place
        backend().cancel(job)
        destination = _destinations.pop(job, None) if job.finished else None
        if isinstance(destination, Destination) and destination.traced is not None:
            _ended(job, destination)  # the trace itself is done, only its colour was waiting
    _redraw()
    return len(found)


def wait(job: Job, report: Callable[[Job], None]) -> Job:
    """Move the jobs on until `job` has ended, for scripts and tests; its result is not imported here."""
    _destinations.pop(job, None)
    while not job.finished:
        backend().poll()
        report(job)
        time.sleep(0.02)
    return job


def backend() -> Backend:
    """The backend, made at first use."""
    global _backend
    if _backend is None:
        from .. import preferences

        limits = Limits(silence=preferences.get().silence)
        _backend = Backend(
            _spawn, {"client": f"Blender {bpy.app.version_string}", "version": __version__}, limits
        )
    return _backend


def log_path() -> Path:
    """Where the worker's stderr goes; each Blender has its own."""
    from .. import preferences

    return preferences.user_folder("logs") / f"worker-{os.getpid()}.log"


def _interpreter() -> Interpreter:
    from .. import preferences

    return find_interpreter(preferences.get().python, preferences.user_folder("environment"))


def _spawn() -> WorkerProcess:
    from .. import preferences

    _forget_old_logs()
    interpreter = _interpreter()
    token = preferences.get().hub_token
    return WorkerProcess(
        worker_command(interpreter.python, interpreter.package_folder),
        log_path(),
        {"HF_TOKEN": token} if token else {},
    )


def _forget_old_logs() -> None:
    for log in log_path().parent.glob("worker-*.log"):
        if time.time() - log.stat().st_mtime > LOG_DAYS * 86400:
            log.unlink(missing_ok=True)


def _step() -> float | None:
    """One look at the backend; seconds until the next, None when there is nothing to look at."""
    active = backend()
    failed_before = active.error
    for job in active.poll():
        destination = _destinations.pop(job, None)
        if destination is not None:
            _ended(job, destination)
    if active.error is not None and active.error is not failed_before:
        _report(active.error)
    _redraw_if_changed()
    if active.busy:
        return ACTIVE_INTERVAL
    return RESTING_INTERVAL if active.state is WorkerState.READY else None


def _ended(job: Job, destination: Destination | FollowUp) -> None:
    global notice
    if isinstance(destination, Destination) and destination.traced is not None:
        textures = json.dumps(job.result) if job.state is JobState.DONE else ""
        _import(destination.traced, destination, textures)  # without a colour of its own if need be
    elif job.state is JobState.FAILED and job.error is not None:
        _report(job.error)
    elif job.state is JobState.CANCELLED:
        notice = Notice(f"Cancelled {job.label}.", error=False)
    elif isinstance(destination, FollowUp):
        _follow_up(job, destination)
    elif job.result is not None:
        _traced(job.result, destination)


def _report(error: BackendError) -> None:
    global notice
    notice = Notice(error.message, error.hint)
    print(f"World Tracing: {error.message} {error.hint}")


@contextmanager
def _showing(scene: bpy.types.Scene) -> Iterator[None]:
    """A window with the scene in it: operators work on what their window shows, whatever is overridden."""
    window = bpy.context.window_manager.windows[0]
    shown = window.scene
    if shown != scene:
        window.scene = scene
    try:
        with bpy.context.temp_override(window=window):
            yield
    finally:
        if shown != scene:
            window.scene = shown


def _follow_up(job: Job, after: FollowUp) -> None:
    global notice
    scene = bpy.data.scenes.get(after.scene)
    if after.generation != _generation or scene is None:
        notice = Notice(f"{job.label} came to nothing: its file was closed meanwhile.", error=False)
        return
    try:
        with _showing(scene):
            getattr(bpy.ops.world_tracing, after.operator)(
                "EXEC_DEFAULT",
                True,  # an undo step of its own
                result=json.dumps(job.result),
                **after.settings,
            )
    except RuntimeError as error:  # what an operator reports as an error
        notice = Notice(str(error).removeprefix("Error: ").strip())


def _traced(result: Message, destination: Destination) -> None:
    if not destination.fill or result["layers"] < 2:
        _import(result, destination)
        return
    _destinations[submit_fill(result)] = replace(destination, traced=result)


def submit_fill(result: Message) -> Job:
    """Queue the colour of the hidden layers of a trace; the textures will lie beside its stack."""
    stack = Path(result["stack"])
    params = {"stack": str(stack), "output": str(stack.parent)}
    return backend().submit("geometry/fill_colour", params, f"Colour of {stack.stem}")


def _import(result: Message, destination: Destination, textures: str = "") -> None:
    global notice
    stack = str(result["stack"])
    scene = bpy.data.scenes.get(destination.scene)
    if destination.generation != _generation or scene is None:
        notice = Notice(
            f"{destination.name} is traced, but its file was closed meanwhile.",
            f"Import Stack brings it here: {stack}",
            error=False,
        )
        return
    try:
        with _showing(scene):
            bpy.ops.world_tracing.import_stack(
                "EXEC_DEFAULT",
                True,  # an undo step of its own
                filepath=stack,
                textures=textures,
                **destination.import_settings(),
            )
    except RuntimeError as error:  # what an operator reports as an error
        notice = Notice(str(error).removeprefix("Error: ").strip(), f"The stack is kept: {stack}")
        return
    warnings = result.get("warnings") or []
    notice = Notice(
        f"{destination.name}: {result['layers']} layers, {result['points']} points "
        f"in {result['seconds']:.1f} s.",
        " ".join(warnings),
        error=False,
    )


def progress_text(job: Job) -> str:
    """One line about a job for panel, status bar and console."""
    if job.state is JobState.CANCELLING:
        return "Cancelling…"
    if job.state is JobState.QUEUED:
        return "Starting the backend…" if worker_state() is not WorkerState.READY else "Waiting…"
    text = job.stage.replace("_", " ").capitalize() or "Working"
    if job.total > 1:
        text += f" {job.step}/{job.total}"
    if job.eta_s is not None:
        text += f", about {max(1, round(job.eta_s))} s left"
    return text


def file_generation() -> int:
    """A number that changes whenever another file is opened."""
    return _generation


@persistent
def _file_loaded(*_args: object) -> None:
    global _generation
    _generation += 1


def _redraw_if_changed() -> None:
    global _shown
    state = (
        worker_state(),
        notice,
        *((job.state, job.stage, job.step, progress_text(job)) for job in jobs()),
    )
    if state != _shown:
        _shown = state
        _redraw()


def _redraw() -> None:
    running = jobs()
    _show_status(f"World Tracing: {running[0].label}: {progress_text(running[0])}" if running else None)
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type in {"VIEW_3D", "IMAGE_EDITOR"}:
                    area.tag_redraw()


def _show_status(text: str | None) -> None:
    if bpy.app.background:
        return
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            with bpy.context.temp_override(window=window):
                window.workspace.status_text_set(text)
