"""Kill -9 at random moments of a worker's life: a readable reason at once, and the next trace works."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blender_addon.backend.jobs import Backend, Job, JobState, Limits, WorkerState
from blender_addon.backend.worker_process import WorkerProcess, worker_command
from wt_backend.protocol import TraceRequest, to_params

STAND_IN = Path(__file__).with_name("stand_in_worker.py")
ROOT = Path(__file__).resolve().parents[3]
MOMENTS = 200
USABLE_AGAIN = 2.0  # seconds


@pytest.fixture
def started(tmp_path: Path) -> tuple[Backend, list[WorkerProcess]]:
    """A backend over the stand-in, and every process that it starts."""
    processes: list[WorkerProcess] = []

    def spawn() -> WorkerProcess:
        command = [sys.executable, "-S", str(STAND_IN), *worker_command("python", str(ROOT))[-2:]]
        processes.append(WorkerProcess(command, tmp_path / "worker.log"))
        return processes[-1]

    return Backend(spawn, {"client": "test", "version": "0"}, Limits()), processes


def submit(backend: Backend, folder: Path) -> Job:
    # behaviour 1 answers with an error: a whole conversation without loading numpy
    request = TraceRequest(image=str(folder / "image.png"), output=str(folder / "out.wts"), seed=1)
    return backend.submit("trace", to_params(request))


def poll_until(backend: Backend, condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {backend.state}"
        backend.poll()
        time.sleep(0.001)


def finish(backend: Backend, job: Job, seconds: float = 20.0) -> Job:
    poll_until(backend, lambda: job.finished, seconds)
    return job


def test_kill_at_any_moment(started: tuple[Backend, list[WorkerProcess]], tmp_path: Path) -> None:
    backend, processes = started
    begin = time.monotonic()
    finish(backend, submit(backend, tmp_path))
    lifetime = time.monotonic() - begin  # start of the process to its answer
    rng = random.Random(2)
    outcomes = {"killed": 0, "answered": 0}
    for _ in range(MOMENTS):
        backend.stop()
        job = submit(backend, tmp_path)
        backend.poll()  # starts the process
        kill_at = time.monotonic() + rng.uniform(0.0, lifetime)
        while not job.finished and time.monotonic() < kill_at:
            backend.poll()
            time.sleep(0.001)
        os.kill(processes[-1].pid, signal.SIGKILL)
        killed = time.monotonic()
        finish(backend, job, USABLE_AGAIN)
        assert time.monotonic() - killed < USABLE_AGAIN
        assert job.state is JobState.FAILED and job.error is not None
        if job.error.kind == "bad_image":  # answered before, or by the next worker that it was handed to
            outcomes["answered"] += 1
        else:
            outcomes["killed"] += 1
            assert "SIGKILL" in job.error.message and job.error.hint
        assert not backend.jobs
    assert outcomes["killed"] > MOMENTS / 4, outcomes  # the moments fell into its life
    last = finish(backend, submit(backend, tmp_path))
    assert last.error is not None and last.error.kind == "bad_image"  # an answer: the worker was restarted
    backend.stop()


@pytest.mark.parametrize("noticed", [True, False])
def test_a_worker_killed_while_idle_is_replaced_without_an_error(
    started: tuple[Backend, list[WorkerProcess]], tmp_path: Path, noticed: bool
) -> None:
    backend, processes = started
    finish(backend, submit(backend, tmp_path))
    os.kill(processes[-1].pid, signal.SIGKILL)
    if noticed:
        poll_until(backend, lambda: backend.state is WorkerState.STOPPED, USABLE_AGAIN)
    second = finish(backend, submit(backend, tmp_path))
    assert second.error is not None and second.error.kind == "bad_image"
    assert len(processes) == 2
    backend.stop()
