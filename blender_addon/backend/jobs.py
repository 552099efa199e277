"""The jobs of one Blender and the life of its worker, as a state machine without bpy, threads or processes.

`Backend.poll()` is called from the main thread whenever it is convenient; everything happens there, in
order: messages are read, time-outs looked at, the next job is started. What it talks to is a `Worker`; the
real one is `worker_process.WorkerProcess`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from wt_backend.protocol import PROTOCOL, BackendError, Message, notification, request


class JobState(Enum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WorkerState(Enum):
    """Where the worker process stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"


class Worker(Protocol):
    """A worker that has been started; messages in, messages out, never blocking."""

    def send(self, message: Message) -> None:
        """Queue a message; a worker that has died is noticed by `exit_reason`, not here."""

    def receive(self) -> list[Message]:
        """The messages that arrived since the last call."""

    def exit_reason(self) -> str | None:
        """None while it runs, else half a sentence such as "it was killed (signal 9)"."""

    def kill(self) -> None:
        """End it now."""


@dataclass(frozen=True)
class Limits:
    """Seconds after which patience ends."""

    initialize: float = 60.0  # no message at all from a worker that starts
    start: float = 600.0  # start of the process to its first answer; torch from a slow disk takes minutes
    silence: float = 60.0  # no message at all from a worker with a job; it sends a sign of life every 2 s
    cancel: float = 3.0  # cancel asked for to job ended, or one step of the job where that is shorter
    lasting: float = 120.0  # the same, of a job that changes what lies on the disk
    idle: float = 900.0  # no job: the worker is sent home, its memory freed


ANSWER = 0.5
"""Seconds that a worker's answer to a cancel may be on its way, beyond the step it ends."""

LASTING = frozenset({"models/move", "models/delete"})
"""Methods that change what lies on the disk: once that is done it counts, whoever has cancelled it."""

MISFIT = "The backend does not fit this add-on: install it again from the add-on's preferences."

PAUSE = 10.0
"""Seconds between two polls after which Blender was paused: the machine slept, or a terminal stopped it."""


@dataclass(eq=False)
class Job:
    """One call of the worker. `result` is set when DONE, `error` when FAILED."""

    id: int
    method: str
    params: Message
    label: str
    state: JobState = JobState.QUEUED
    stage: str = ""
    step: int = 0
    total: int = 0
    eta_s: float | None = None
    started: float | None = None
    stepped: float | None = None  # when the step last rose in this stage
    slowest_step: float | None = None  # seconds, of this stage
    retried: bool = False
    result: Message | None = None
    error: BackendError | None = None
    first: bool = False  # of those that wait

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

    @property
    def fraction(self) -> float:
        """Progress in [0, 1] of the current stage, 0 where its length is not known."""
        return min(1.0, max(0.0, self.step / self.total)) if self.total > 0 else 0.0


@dataclass(eq=False)
class Backend:
    """A queue of jobs in front of one worker at a time.

    Parameters
    ----------
    spawn : callable
        Starts a worker; raises BackendError where that is impossible.
    hello : dict
        Parameters of the `initialize` call.
    limits : Limits
    clock : callable
        Monotonic seconds.
    outdated : callable
        Whether the worker was started with other settings than `spawn` would use now.
    """

    spawn: Callable[[], Worker]
    hello: Message
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    outdated: Callable[[], bool] = lambda: False
    state: WorkerState = WorkerState.STOPPED
    info: Message | None = None  # what the worker said about itself: versions, devices, models
    error: BackendError | None = None  # why the last worker ended, where no job could carry it
    _worker: Worker | None = None
    _jobs: list[Job] = field(default_factory=list)  # the first is the one that runs
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _hello_id: int = 0
    _started: float = 0.0  # the worker
    _heard: float = 0.0  # last sign of life
    _polled: float = 0.0
    _deadline: float | None = None  # for the cancel that is under way

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Jobs that are not finished, the running one first."""
        return tuple(self._jobs)

    @property
    def busy(self) -> bool:
        """Whether `poll` has anything to wait for."""
        return bool(self._jobs) or self.state is WorkerState.STARTING

    def submit(self, method: str, params: Message, label: str = "", first: bool = False) -> Job:
        """Queue a call, behind the others or (`first`) before those that are not; `poll` starts it."""
        job = Job(next(self._ids), method, params, label or method, first=first)
        behind = (place for place, other in enumerate(self._jobs) if place and not other.first)
        self._jobs.insert(next(behind, len(self._jobs)) if first else len(self._jobs), job)
        return job

    def cancel(self, job: Job) -> None:
        """Ask for a job's end.

        A queued one ends at once, a running one within one of its steps or `limits.cancel` seconds, whichever
        is shorter; else its worker is ended. One that changes the disk gets the time to leave it in order.
        """
        if job.state is JobState.QUEUED:
            job.state = JobState.CANCELLED
            self._jobs.remove(job)
        elif job.state is JobState.RUNNING:
            job.state = JobState.CANCELLING
            self._deadline = self.clock() + self._patience(job)
            if self._worker:
                self._worker.send(notification("$/cancel", {"id": job.id}))

    def _patience(self, job: Job) -> float:
        """Seconds that the end of a cancelled job is waited for."""
        if job.method in LASTING:
            return self.limits.lasting
        step = self.limits.cancel if job.slowest_step is None else job.slowest_step + ANSWER
        return min(self.limits.cancel, step)

    def start(self) -> None:
        """Start the worker without a job, to learn what it can do."""
        self.drop_outdated()
        if self.state is WorkerState.STOPPED:
            self._start_worker()

    def stop(self) -> None:
        """End the worker now; unfinished jobs are cancelled."""
        self._end_worker()
        for job in self._jobs:
            job.state = JobState.CANCELLED
        self._jobs.clear()

    def drop_outdated(self) -> None:
        """End a worker of other settings, unless it is at a job, and forget what it said."""
        at_work = bool(self._jobs) and self._jobs[0].state is not JobState.QUEUED
        if not at_work and self.outdated():
            self._end_worker()
            self.info = None

    def poll(self) -> list[Job]:
        """Move everything on by what has happened since the last call; return the jobs that ended now."""
        before = list(self._jobs)
        self._pass_over_pause()
        self._read()
        self._check_exit()
        self._check_time()
        self.drop_outdated()
        self._start_next()
        return [job for job in before if job.finished]

    def _pass_over_pause(self) -> None:
        """A worker is not silent while it is paused together with Blender."""
        now = self.clock()
        if now - self._polled > PAUSE:
            self._heard = now
        self._polled = now

    def _read(self) -> None:
        if self._worker is None:
            return
        for message in self._worker.receive():
            self._heard = self.clock()
            self._dispatch(message)

    def _dispatch(self, message: Message) -> None:
        params = message.get("params")
        if message.get("method") == "$/progress" and isinstance(params, dict):
            self._progress(params)
        elif self._hello_id and message.get("id") == self._hello_id:
            self._initialized(message)
        elif self._jobs and message.get("id") == self._jobs[0].id:
            self._answered(self._jobs[0], message)

    def _progress(self, params: Message) -> None:
        job = self._jobs[0] if self._jobs else None
        if job is None or params.get("id") != job.id:
            return
        self._time_steps(job, str(params.get("stage", "")), int(params.get("step") or 0))
        job.total, job.eta_s = int(params.get("total") or 0), params.get("eta_s")

    def _time_steps(self, job: Job, stage: str, step: int) -> None:
        """Note the stage's slowest step. Reports may leave steps out, and signs of life repeat the last."""
        now = self.clock()
        if stage != job.stage:
            job.stepped = job.slowest_step = None
        elif job.stepped is not None and step > job.step:
            seconds = (now - job.stepped) / (step - job.step)
            job.slowest_step = max(job.slowest_step or 0.0, seconds)
        if step != job.step or job.stepped is None:
            job.stepped = now
        job.stage, job.step = stage, step

    def _initialized(self, message: Message) -> None:
        self._hello_id = 0
        result = message.get("result")
        if not isinstance(result, dict):
            self._fail_start(BackendError.from_json(message.get("error") or {}))
        elif result.get("protocol") != PROTOCOL:
            self._fail_start(
                BackendError(
                    "model_missing",
                    f"The backend speaks protocol {result.get('protocol')}, this add-on speaks {PROTOCOL}.",
                    "Install the backend again from the add-on's preferences.",
                )
            )
        else:
            self.info, self.error, self.state = result, None, WorkerState.READY

    def _answered(self, job: Job, message: Message) -> None:
        if "error" in message:
            error = BackendError.from_json(message["error"])
            if error.kind == "bad_request":  # an older backend knows fewer methods and settings
                error.hint = self._advice(error)
            cancelled = error.kind == "cancelled"
            self._finish(job, JobState.CANCELLED if cancelled else JobState.FAILED, error=error)
        elif job.state is JobState.CANCELLING and job.method not in LASTING:
            self._finish(job, JobState.CANCELLED)  # finished in the moment of the click: that counts
        else:
            self._finish(job, JobState.DONE, result=message.get("result") or {})

    def _advice(self, error: BackendError) -> str:
        """What to do about a request that was refused; a version in the making may have several backends."""
        if error.message.startswith("Unknown parameter"):  # see `protocol.from_params`
            return self.version_hint() or MISFIT
        return f"{error.hint} {self.version_hint()}".strip()

    def version_hint(self) -> str:
        """What to do where the worker is known to be of another version than the add-on, else ""."""
        theirs, ours = (self.info or {}).get("version"), self.hello.get("version")
        if theirs is None or theirs == ours:
            return ""
        return f"The backend is version {theirs}, this add-on {ours}: upgrade the backend in the preferences."

    def _check_exit(self) -> None:
        reason = self._worker.exit_reason() if self._worker else None
        if reason is None:
            return
        error = BackendError(
            "internal", f"The backend stopped: {reason}.", "Try again; the log has the details."
        )
        job = self._jobs[0] if self._jobs else None
        if self.state is WorkerState.STARTING:
            self._fail_start(
                BackendError(
                    "model_missing",
                    f"The backend did not start: {reason}.",
                    "Check the Python interpreter in the add-on's preferences, or install the backend again.",
                )
            )
        elif job and job.state is JobState.RUNNING and not job.stage and not job.retried:
            self._end_worker()  # it was dead before it heard of the job: another one gets it, once
            job.state, job.retried = JobState.QUEUED, True
        else:
            self._lose_worker(error)

    def _check_time(self) -> None:
        now = self.clock()
        job = self._jobs[0] if self._jobs else None
        if self._deadline is not None and now >= self._deadline:
            self._lose_worker(None)
        elif self.state is WorkerState.STARTING and now - self._heard > self.limits.initialize:
            self._fail_start(_no_answer(self.limits.initialize))
        elif self.state is WorkerState.STARTING and now - self._started > self.limits.start:
            self._fail_start(_no_answer(self.limits.start))
        elif self.state is WorkerState.READY and job and now - self._heard > self.limits.silence:
            self._lose_worker(
                BackendError(
                    "internal",
                    f"The backend was silent for {self.limits.silence:.0f} seconds and was ended.",
                    "Try again; a smaller image or fewer steps help a slow machine.",
                )
            )
        elif self.state is WorkerState.READY and not job and now - self._heard > self.limits.idle:
            self._end_worker()

    def _start_next(self) -> None:
        if not self._jobs:
            return
        if self.state is WorkerState.STOPPED:
            self._start_worker()
        job = self._jobs[0] if self._jobs else None
        if job and self._worker and self.state is WorkerState.READY and job.state is JobState.QUEUED:
            job.state, job.started = JobState.RUNNING, self.clock()
            self._heard = self.clock()
            self._worker.send(request(job.id, job.method, job.params))

    def _start_worker(self) -> None:
        try:
            self._worker = self.spawn()
        except BackendError as error:
            self._fail_start(error)
            return
        self.state, self.error = WorkerState.STARTING, None
        self._started = self._heard = self.clock()
        self._hello_id = next(self._ids)
        self._worker.send(request(self._hello_id, "initialize", self.hello))

    def _fail_start(self, error: BackendError) -> None:
        """No worker can be had: every waiting job fails with the reason, nothing is tried in a loop."""
        self._end_worker()
        self.error = error
        for job in list(self._jobs):
            self._finish(job, JobState.FAILED, error=error)

    def _lose_worker(self, error: BackendError | None) -> None:
        """The worker is gone or must go: the running job ends, the others wait for the next worker."""
        self._end_worker()
        job = self._jobs[0] if self._jobs else None
        if job is None:
            self.error = error
        elif job.state is JobState.CANCELLING:
            self._finish(job, JobState.CANCELLED)
        elif job.state is JobState.RUNNING:
            self._finish(job, JobState.FAILED, error=error)

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
        self._worker, self._hello_id, self._deadline = None, 0, None
        self.state = WorkerState.STOPPED

    def _finish(
        self,
        job: Job,
        state: JobState,
        result: dict[str, Any] | None = None,
        error: BackendError | None = None,
    ) -> None:
        job.state, job.result, job.error = state, result, error
        self._jobs.remove(job)
        self._deadline = None


def _no_answer(seconds: float) -> BackendError:
    return BackendError(
        "model_missing",
        f"The backend did not answer within {seconds:.0f} seconds.",
        "Check the Python interpreter in the add-on's preferences.",
    )
