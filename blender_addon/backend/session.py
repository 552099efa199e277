"""The one backend of this Blender: started on demand, moved on by the pump."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import bpy

from wt_backend import __version__
from wt_backend.protocol import BackendError, Message, to_params

from ..translations import words
from . import display, pump
from .interpreter import Interpreter, find_interpreter
from .jobs import Backend, Job, JobState, Limits, WorkerState
from .worker_process import WorkerProcess, worker_command

ACTIVE_INTERVAL = 0.1  # seconds between two looks at a working backend
RESTING_INTERVAL = 5.0  # … at one that waits to be sent home
LOG_DAYS = 7
_IN_MEGABYTES = {"download", "move"}  # stages that count megabytes
_STROKES = (
    "PAINT_OT_",
    "SCULPT_OT_",
    "SCULPT_CURVES_OT_",
    "GPENCIL_OT_",
    "GREASE_PENCIL_OT_",
    "TRANSFORM_OT_",
    "OBJECT_OT_duplicate_move",  # which moves, as what follows does
    "MESH_OT_",
    "CURVE_OT_",
    "CURVES_OT_",
    "ARMATURE_OT_",
    "UV_OT_",
    "NODE_OT_",
    "PARTICLE_OT_",
    "POSE_OT_",
    "RENDER_OT_opengl",  # frame by frame, and no job: of other renders `_is_rendering` knows
)
_STAGES = {  # of the worker's names those that are not what people would say
    "background": "Fill background",
    "camera": "Find camera",
    "clean": "Sort layers out",
    "decimate": "Reduce faces",
    "fit": "Fit to layers",
    "grabcut": "Find subject",
    "look": "Look through",
    "model": "Load model",
    "moving": "Separate what moves",
}
MODELS_SECONDS = 5.0  # how long a list of models is believed


class Result(Protocol):
    """What to do when a job has ended. It holds names, not references: a job outlives undo and file load."""

    def ended(self, job: Job) -> None:
        """The job is done, failed or cancelled."""


@dataclass
class Notice:
    """The last thing the user should know, shown in the panel until the next job."""

    message: str
    hint: str = ""
    code: str = ""  # of an error, as the user guide lists them; "" where it is none; `say` makes them

    @property
    def error(self) -> bool:
        """Whether something went wrong."""
        return bool(self.code)


class _Launch(NamedTuple):
    """How a worker is started."""

    command: list[str]
    variables: dict[str, str]


_backend: Backend | None = None
_launched: _Launch | None = None  # the last worker
_results: dict[Job, Result] = {}
_models: tuple[float, list[Message]] | None = None  # when they were looked up, and what was found
_shown: tuple[object, ...] = ()
notice: Notice | None = None


def unregister() -> None:
    """End the worker; nothing of this module stays alive."""
    global _backend
    pump.stop(_step)
    if _backend is not None:
        _backend.stop()
        _backend = None
    _results.clear()
    display.show_status(None)


def submit(
    method: str, params: Message, label: str, result: Result, first: bool = False, keep_notice: bool = False
) -> Job:
    """Queue a call of the worker; the pump (or `wait`) does the rest.

    With `first` it goes before those that wait. With `keep_notice` the panel's message stays, for a job that
    goes on with one that has ended.
    """
    global notice
    from .. import preferences

    if not keep_notice:
        notice = None
    backend().limits = Limits(silence=preferences.get().silence)
    job = backend().submit(method, params, label, first)
    _results[job] = result
    pump.start(_step)
    return job


def wait(job: Job, report: Callable[[Job], None]) -> Job:
    """Move the jobs on until `job` has ended, for scripts and tests; what to do with it is the caller's."""
    _results.pop(job, None)
    while not job.finished:
        backend().poll()
        report(job)
        time.sleep(0.02)
    return job


def cancel(unwanted: Sequence[Job]) -> None:
    """Cancel unfinished jobs, in the order of `jobs`."""
    for job in reversed(unwanted):  # the running one last, so that none of the others takes its place
        backend().cancel(job)
    _bring_in()
    _redraw()
    pump.start(_step)


def start() -> None:
    """Start the worker without a job."""
    global notice
    notice = None
    active = backend()
    active.start()
    if active.error is not None:  # nothing was started, so the pump will see no change
        say(active.error)
    pump.start(_step)


def wait_for_start() -> BackendError | None:
    """Start the worker and wait for its answer; why it did not come, if it did not."""
    backend().start()
    while backend().state is WorkerState.STARTING:
        backend().poll()
        time.sleep(0.02)
    return backend().error


def unload() -> None:
    """End the worker, free its memory; what it was doing ends as cancelled, and says so."""
    backend().stop()
    _bring_in()
    _redraw()
    pump.start(_step)


def settings_changed() -> None:
    """A setting that the worker is started with may have changed: a resting one ends, old answers go."""
    global notice
    forget_models()
    backend().drop_outdated()
    if notice is not None and notice.error:
        notice = None
    _redraw()


def jobs() -> tuple[Job, ...]:
    """Unfinished jobs, the running one first."""
    return _backend.jobs if _backend else ()


def worker_state() -> WorkerState:
    """Where the worker stands."""
    return _backend.state if _backend else WorkerState.STOPPED


def is_running() -> bool:
    """Whether there is a worker process."""
    return worker_state() is not WorkerState.STOPPED


def version_hint() -> str:
    """What to do where the worker is known to be of another version than the add-on, else ""."""
    return _backend.version_hint() if _backend else ""


def info() -> Message | None:
    """What the worker said about itself when it last started."""
    return _backend.info if _backend else None


def obstacle() -> BackendError | None:
    """Why no worker could be started, None if one could; quick enough to be asked at each redraw."""
    if is_running():
        return None
    try:
        _interpreter()
    except BackendError as error:
        return error
    return None


def models() -> list[Message]:
    """The models there are, as the package knows them; asked at every redraw, looked up now and then."""
    global _models
    from wt_backend.checkpoints.registry import models as known

    if _models is None or time.monotonic() - _models[0] > MODELS_SECONDS:
        _models = time.monotonic(), [to_params(entry) for entry in known(_models_folder())]
    return _models[1]


def forget_models() -> None:
    """Look models up anew: one has come or gone."""
    global _models
    _models = None


def model(name: str) -> Message | None:
    """What is known about a model, None for a name that nobody knows."""
    return next((model for model in models() if model["name"] == name), None)


def model_pages(name: str) -> list[tuple[str, str]]:
    """What there is to read before a download: what it is, and its address."""
    from wt_backend.checkpoints.registry import Source, find

    entry = find(name)
    if entry is None or not isinstance(entry.weights, Source):
        return []
    page = f"https://huggingface.co/{entry.weights.repository}"
    return [("Read the Licence", entry.licence_url), ("Open the Model's Page", page)]


def say(error: BackendError) -> None:
    """Show an error in the panel, and print it; without windows the operator's report is what is printed."""
    global notice
    notice = Notice(error.message, error.hint, code=error.kind)
    if not bpy.app.background:
        with suppress(OSError, ValueError):  # the terminal has been closed
            print(f"World Tracing: {error.message} {error.hint} ({error.kind})")


def say_unforeseen(error: Exception, what: str) -> None:
    """Show a mistake of this add-on, with what it led to; the console says where it is."""
    with suppress(OSError, ValueError):
        traceback.print_exception(error)
    reason = f"{type(error).__name__}: {error}"
    say(BackendError("internal", f"{what} ({reason}).", "Try again; the console has the details."))


def progress_text(job: Job) -> str:
    """One line about a job for panel, status bar and console."""
    if job.state is JobState.CANCELLING:
        return words("Cancelling…")
    if job.state is JobState.QUEUED:
        return words("Waiting…" if worker_state() is WorkerState.READY else "Starting the backend…")
    text = words(_STAGES.get(job.stage) or job.stage.capitalize() or "Working")
    if job.stage in _IN_MEGABYTES:
        text += f" {job.step} of {job.total} MB"
        if job.eta_s:
            text += f", {(job.total - job.step) / job.eta_s:.1f} MB/s"
    elif job.total > 1:
        text += f" {job.step}/{job.total}"
    if job.eta_s is not None:
        text += _time_left(job.eta_s)
    return text


def _time_left(seconds: float) -> str:
    """Half a sentence, in the unit in which somebody would say it."""
    if seconds < 90:
        return words(", about {seconds} s left", seconds=max(1, round(seconds)))
    if seconds < 90 * 60:
        return words(", about {minutes} min left", minutes=round(seconds / 60))
    return words(", about {hours} h left", hours=f"{seconds / 3600:.1f}")


class Printer:
    """Prints a job's progress, each line once."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, job: Job) -> None:
        text = progress_text(job)
        if text != self._last and not job.finished:
            print(f"World Tracing: {job.label}: {text}", flush=True)
            self._last = text


def backend() -> Backend:
    """The backend, made at first use."""
    global _backend
    if _backend is None:
        hello = {"client": f"Blender {bpy.app.version_string}", "version": __version__}
        _backend = Backend(_spawn, hello, outdated=_outdated)
    return _backend


def log_path() -> Path:
    """Where the worker's stderr goes; each Blender has its own."""
    from .. import preferences

    folder = preferences.user_folder("logs")
    if not os.access(folder, os.W_OK):  # a home that is read-only, as on render farms, or full
        folder = Path(bpy.app.tempdir)
    return folder / f"worker-{os.getpid()}.log"


def _interpreter() -> Interpreter:
    from .. import preferences

    return find_interpreter(preferences.get().python, preferences.user_folder("environment"))


def _launch() -> _Launch:
    """How a worker would be started now."""
    from .. import preferences

    interpreter = _interpreter()
    token, folder = preferences.get().hub_token, _models_folder()
    variables = {"WT_LOG_DIR": str(log_path().parent)}  # all logs in one folder
    if not bpy.app.online_access:
        variables["HF_HUB_OFFLINE"] = "1"
    variables |= ({"HF_TOKEN": token} if token else {}) | ({"HF_HUB_CACHE": str(folder)} if folder else {})
    return _Launch(worker_command(interpreter.python, interpreter.package_folder), variables)


def _outdated() -> bool:
    try:
        return _launch() != _launched
    except BackendError:  # no worker could be started now
        return True


def _spawn() -> WorkerProcess:
    global _launched
    _forget_old_logs()
    _launched = _launch()
    return WorkerProcess(_launched.command, log_path(), _launched.variables)


def _models_folder() -> Path | None:
    """Where downloaded models lie; None is the Hub's own place."""
    from .. import preferences

    chosen = preferences.get().models
    return Path(bpy.path.abspath(chosen)) if chosen else None


def _forget_old_logs() -> None:
    for log in log_path().parent.glob("worker-*.log"):
        with suppress(OSError):  # another Blender was quicker, or has it open
            if time.time() - log.stat().st_mtime > LOG_DAYS * 86400:
                log.unlink()


def _step() -> float | None:
    """One look at the backend; seconds until the next, None when there is nothing to look at."""
    active = backend()
    error_before = active.error
    active.poll()
    _bring_in()
    if active.error is not None and active.error is not error_before:
        say(active.error)
    _redraw_if_changed()
    if active.busy or _results:
        return ACTIVE_INTERVAL
    return RESTING_INTERVAL if active.state is WorkerState.READY else None


def _bring_in() -> None:
    """Let the results of jobs that have ended come in: not into a stroke, nor a render of frames."""
    global notice
    while job := next((job for job in _results if job.finished), None):
        if _is_in_a_stroke():
            return
        if _is_rendering():
            if notice is None and job.result is not None:
                notice = Notice(f"{job.label} is done; it comes in when the render has ended.")
            return
        result = _results.pop(job)
        try:
            result.ended(job)
        except Exception as error:  # noqa: BLE001 - the other jobs go on, and the user hears of it
            say_unforeseen(error, f"The result of {job.label} could not be brought in")


def _is_in_a_stroke() -> bool:
    """Whether somebody paints, sculpts or moves something right now, whose undo step is still to be made.

    Operators of other add-ons may run for as long as Blender does, so these are told by their names.
    """
    managers = bpy.data.window_managers
    windows = (window for manager in managers for window in manager.windows)
    return any(
        running.bl_idname.startswith(_STROKES) for window in windows for running in window.modal_operators
    )


def _is_rendering() -> bool:
    return bpy.app.is_job_running("RENDER")


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
    display.show_status(
        f"World Tracing: {running[0].label}: {progress_text(running[0])}" if running else None
    )
    display.redraw()
