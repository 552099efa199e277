"""What a running job is given: a way to report progress and a way to learn that it is no longer wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from wt_backend.protocol import BackendError

Progress = Callable[[str, int, int], None]  # stage, steps done, steps in all
Cancel = Callable[[], Any]  # raises BackendError("cancelled") once the job is to stop
Method = Callable[[dict[str, Any], Progress, Cancel], dict[str, Any]]  # parameters of a request → its result

MIN_INTERVAL = 0.05  # seconds between two reports of one stage


def never() -> None:
    """The `Cancel` of a job that goes on to its end."""


def lazy_method(module: str, function: str = "run") -> Method:
    """A function of a module, imported at the first call: a table of methods loads nothing heavy."""

    def method(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(import_module(module), function)(params, progress, cancel)
        return answer

    return method


class Cancellation:
    """Set by one thread, asked by the job's."""

    def __init__(self) -> None:
        self._requested = threading.Event()

    def request(self) -> None:
        """Ask the job to stop."""
        self._requested.set()

    @property
    def requested(self) -> bool:
        """Whether the job is to stop."""
        return self._requested.is_set()

    def __call__(self) -> None:
        """Raise if the job is to stop; jobs call this at least once a step."""
        if self.requested:
            raise BackendError("cancelled", "The job was cancelled.")


class Reporter:
    """Progress with an estimate of the time to go in the stage.

    Parameters
    ----------
    emit : callable
        Takes {"stage", "step", "total", "eta_s"}; called from the job's thread and from the heartbeat's.
    """

    def __init__(self, emit: Callable[[dict[str, Any]], None]) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._stage, self._step, self._total = "", 0, 1
        self._first = 0  # step of the stage's first report: what was done before takes no time
        self._stage_start = self._step_end = self._last = 0.0

    def __call__(self, stage: str, step: int, total: int) -> None:
        """Report `step` of `total` steps of `stage` as done."""
        now = time.monotonic()
        with self._lock:
            new_stage = stage != self._stage
            if new_stage:
                self._stage, self._stage_start, self._first = stage, now, step
            self._step, self._total, self._step_end = step, total, now
            if new_stage or step >= total or now - self._last >= MIN_INTERVAL:
                self._send(now)

    @contextmanager
    def heartbeat(self, interval: float) -> Iterator[None]:
        """Repeat the last report while nothing new comes: a long step must not look like a dead worker.

        Before the first one the stage is "": a library that is imported for the first time may take minutes.
        """
        done = threading.Event()

        def beat() -> None:
            while not done.wait(interval):
                with self._lock:
                    if time.monotonic() - self._last >= interval:
                        self._send(time.monotonic())

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _send(self, now: float) -> None:
        self._last = now
        values = {"stage": self._stage, "step": self._step, "total": self._total, "eta_s": self._eta(now)}
        self._emit(values)

    def _eta(self, now: float) -> float | None:
        if self._step <= self._first:
            return None
        per_step = (self._step_end - self._stage_start) / (self._step - self._first)
        return round(max(per_step * (self._total - self._step) - (now - self._step_end), 0.0), 2)
