"""The job machine against real processes: work, errors, death, silence, cancel, and their time limits."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blender_addon.backend.jobs import Backend, Job, JobState, Limits, WorkerState
from blender_addon.backend.worker_process import WorkerProcess, worker_command
from wt_backend.protocol import BackendError, TraceRequest, to_params
from wt_backend.stack import LayerStack

STAND_IN = Path(__file__).with_name("stand_in_worker.py")
ROOT = Path(__file__).resolve().parents[3]
WORKS, ERROR, DIES, HANGS, SLOW, RUBBISH, DEAF = range(7)

MakeBackend = Callable[..., Backend]


@pytest.fixture
def make_backend(tmp_path: Path) -> Iterator[MakeBackend]:
    """Backends over the stand-in worker; their processes end with the test."""
    made: list[Backend] = []

    def make(**limits: float) -> Backend:
        def spawn() -> WorkerProcess:
            command = [sys.executable, str(STAND_IN), *worker_command("python", str(ROOT))[-2:]]
            return WorkerProcess(command, tmp_path / "log" / "worker.log")

        made.append(Backend(spawn, {"client": "test", "version": "0"}, Limits(**limits)))
        return made[-1]

    yield make
    for backend in made:
        backend.stop()


@pytest.fixture
def trace(tmp_path: Path) -> Callable[[Backend, int], Job]:
    """Submit a trace with a behaviour of the stand-in."""

    def submit(backend: Backend, behaviour: int) -> Job:
        output = tmp_path / f"stack {behaviour} ü.wts"
        request = TraceRequest(image=str(tmp_path / "image.png"), output=str(output), seed=behaviour)
        return backend.submit("trace", to_params(request), "image")

    return submit


def run(backend: Backend, until: Callable[[], bool], seconds: float = 10.0) -> None:
    """Poll until a condition holds."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, (
            f"still waiting: {backend.state}, {[job.state for job in backend.jobs]}"
        )
        backend.poll()
        time.sleep(0.005)


def finish(backend: Backend, job: Job) -> Job:
    run(backend, lambda: job.finished)
    return job


def worker_pid(backend: Backend) -> int:
    assert isinstance(backend._worker, WorkerProcess)
    return backend._worker.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_runs_to_a_stack_with_progress_on_the_way(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    job = trace(backend, WORKS)
    seen: set[tuple[str, int, int]] = set()
    while not job.finished:
        backend.poll()
        seen.add((job.stage, job.step, job.total))
    assert job.state is JobState.DONE and job.error is None
    assert ("denoise", 3, 3) in seen
    assert LayerStack.load(job.result["stack"]).points == job.result["points"]
    assert backend.info["models"][0]["name"] == "wt-mini"
    assert not backend.jobs


def test_jobs_wait_for_each_other_and_share_a_worker(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    first, second = trace(backend, WORKS), trace(backend, WORKS)
    run(backend, lambda: first.state is JobState.RUNNING)
    pid = worker_pid(backend)
    assert second.state is JobState.QUEUED
    finish(backend, second)
    assert (first.state, second.state) == (JobState.DONE, JobState.DONE)
    assert worker_pid(backend) == pid


def test_an_error_of_the_worker_reaches_the_job_as_its_sentence(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    job = finish(backend, trace(backend, ERROR))
    assert job.state is JobState.FAILED
    assert (job.error.kind, job.error.message, job.error.hint) == (
        "bad_image",
        "The image is empty.",
        "Choose another.",
    )
    assert finish(backend, trace(backend, WORKS)).state is JobState.DONE


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("0", "Update."),
        ("0.9", "Update. The backend is version 0.9, this add-on 0: upgrade the backend in the preferences."),
    ],
)
def test_what_an_older_backend_does_not_know_is_called_so(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch, version: str, hint: str
) -> None:
    monkeypatch.setenv("WT_STAND_IN_VERSION", version)
    backend = make_backend()
    job = finish(backend, backend.submit("of a newer version", {}))
    assert job.error.kind == "bad_request" and job.error.hint == hint


@pytest.mark.parametrize(
    ("version", "hint"), [("0", "does not fit this add-on: install it again"), ("0.9", "upgrade the backend")]
)
def test_a_setting_that_the_backend_does_not_know_is_no_riddle(
    make_backend: MakeBackend, monkeypatch: pytest.MonkeyPatch, version: str, hint: str
) -> None:
    """One of the same version, from before a change, was left with a list of what it knows."""
    monkeypatch.setenv("WT_STAND_IN_VERSION", version)
    backend = make_backend()
    job = finish(backend, backend.submit("with a newer setting", {}))
    assert hint in job.error.hint and "Known" not in job.error.hint


def test_a_worker_that_dies_fails_its_job_only_and_is_replaced(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    dying, next_one = trace(backend, DIES), trace(backend, WORKS)
    finish(backend, dying)
    assert dying.state is JobState.FAILED
    assert "exit code 139" in dying.error.message and "Segmentation fault" in dying.error.message
    assert finish(backend, next_one).state is JobState.DONE


def seconds_to_cancel(backend: Backend, job: Job) -> float:
    """Cancel a job that runs; how long its end takes."""
    asked = time.monotonic()
    backend.cancel(job)
    finish(backend, job)
    assert job.state is JobState.CANCELLED
    return time.monotonic() - asked


def test_a_cancelled_job_ends_and_its_worker_stays(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    job = trace(backend, SLOW)
    run(backend, lambda: job.step > 2)
    pid = worker_pid(backend)
    asked = time.monotonic()
    backend.cancel(job)
    assert job.state is JobState.CANCELLING  # acknowledged at once
    finish(backend, job)
    assert job.state is JobState.CANCELLED
    assert time.monotonic() - asked < 0.5
    assert finish(backend, trace(backend, WORKS)).state is JobState.DONE
    assert worker_pid(backend) == pid


def test_a_worker_that_ignores_cancel_is_killed(make_backend: MakeBackend, trace) -> None:
    backend = make_backend(cancel=0.3)
    job = trace(backend, HANGS)
    run(backend, lambda: job.step > 0)
    pid = worker_pid(backend)
    assert 0.3 <= seconds_to_cancel(backend, job) < 1.0
    assert not is_alive(pid)
    assert finish(backend, trace(backend, WORKS)).state is JobState.DONE


def test_a_worker_with_short_steps_that_ignores_cancel_is_killed_after_one(
    make_backend: MakeBackend, trace
) -> None:
    """Its steps take a twentieth of a second, so nobody waits three seconds for it."""
    backend = make_backend()
    job = trace(backend, DEAF)
    run(backend, lambda: job.step > 5)
    pid = worker_pid(backend)
    assert 0.5 <= seconds_to_cancel(backend, job) < 2.0
    assert not is_alive(pid)


def test_a_cancel_that_comes_too_late_does_not_hide_where_models_lie_now(make_backend: MakeBackend) -> None:
    """Once all copies are whole the old ones are deleted, which cannot be broken off."""
    backend = make_backend(cancel=0.3)
    job = backend.submit("models/move", {"folder": "there"})
    run(backend, lambda: job.step > 0)
    pid = worker_pid(backend)
    backend.cancel(job)
    assert finish(backend, job).state is JobState.DONE and job.result["folder"] == "there"
    assert is_alive(pid)


def test_a_silent_worker_is_ended_with_a_reason(make_backend: MakeBackend, trace) -> None:
    backend = make_backend(silence=0.4)
    job = trace(backend, HANGS)
    run(backend, lambda: job.step > 0)
    pid = worker_pid(backend)
    finish(backend, job)
    assert job.state is JobState.FAILED and "silent" in job.error.message and job.error.hint
    assert not is_alive(pid)


def test_a_worker_that_was_paused_together_with_blender_goes_on(make_backend: MakeBackend, trace) -> None:
    """As when a laptop sleeps: time has passed when both wake, and Blender is the first to look."""
    backend = make_backend(silence=5.0)
    job = trace(backend, SLOW)
    run(backend, lambda: job.step > 2)
    pid = worker_pid(backend)
    os.kill(pid, signal.SIGSTOP)
    backend.clock = lambda: time.monotonic() + 3600.0
    for _ in range(20):
        backend.poll()
    os.kill(pid, signal.SIGCONT)
    step = job.step
    run(backend, lambda: job.step > step + 1)
    assert job.state is JobState.RUNNING and worker_pid(backend) == pid


def test_a_queued_job_is_cancelled_without_the_worker(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    running, waiting = trace(backend, SLOW), trace(backend, WORKS)
    run(backend, lambda: running.state is JobState.RUNNING)
    backend.cancel(waiting)
    assert waiting.state is JobState.CANCELLED
    assert backend.jobs == (running,)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("mute", "did not answer within 1 s"),
        ("stuck", "did not answer within 2 s"),
        ("crash", "no torch here"),
        ("future", "protocol 99"),
    ],
)
def test_a_worker_that_does_not_start_fails_all_waiting_jobs(
    make_backend: MakeBackend, trace, monkeypatch: pytest.MonkeyPatch, mode: str, words: str
) -> None:
    monkeypatch.setenv("WT_STAND_IN", mode)
    backend = make_backend(initialize=0.8, start=2.0)
    jobs = [trace(backend, WORKS), trace(backend, WORKS)]
    run(backend, lambda: all(job.finished for job in jobs))
    for job in jobs:
        assert job.state is JobState.FAILED and words in job.error.message
        assert job.error.kind == "model_missing" and job.error.hint
    assert backend.state is WorkerState.STOPPED
    monkeypatch.delenv("WT_STAND_IN")
    assert finish(backend, trace(backend, WORKS)).state is JobState.DONE  # repaired: no restart of Blender


def test_a_worker_that_starts_slowly_is_waited_for(
    make_backend: MakeBackend, trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first import of torch comes from a slow disk, and through a virus scanner."""
    monkeypatch.setenv("WT_STAND_IN", "slow")
    backend = make_backend(initialize=0.8)
    assert finish(backend, trace(backend, WORKS)).state is JobState.DONE


def test_rubbish_on_stdout_is_kept_in_the_log_and_does_no_harm(
    make_backend: MakeBackend, trace, tmp_path: Path
) -> None:
    backend = make_backend()
    assert finish(backend, trace(backend, RUBBISH)).state is JobState.DONE
    assert "Downloading something" in (tmp_path / "log" / "worker.log").read_text(encoding="utf-8")


def test_a_program_that_is_no_python_is_said_in_its_own_words(tmp_path: Path) -> None:
    """It prints to stdout, too, which is no reason."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho a list of files; echo bad option >&2; sleep 0.2; echo more; exit 2\n")
    program.chmod(0o755)
    log = tmp_path / "log"
    backend = Backend(lambda: WorkerProcess([str(program)], log), {})
    backend.start()
    run(backend, lambda: backend.state is WorkerState.STOPPED)
    assert "exit code 2 (bad option)" in backend.error.message
    assert {"bad option", "not a message: a list of files", "not a message: more"} == set(
        log.read_text().splitlines()
    )


def test_an_idle_worker_is_sent_home(make_backend: MakeBackend, trace) -> None:
    backend = make_backend(idle=0.2)
    finish(backend, trace(backend, WORKS))
    pid = worker_pid(backend)
    run(backend, lambda: backend.state is WorkerState.STOPPED)
    assert not is_alive(pid)


def test_a_resting_worker_of_other_settings_ends_and_its_answers_go(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    finish(backend, trace(backend, WORKS))
    pid = worker_pid(backend)
    backend.outdated = lambda: True
    backend.drop_outdated()
    assert backend.state is WorkerState.STOPPED and backend.info is None and not is_alive(pid)


def test_a_change_of_settings_during_a_job_counts_for_the_next(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    first, second = trace(backend, SLOW), trace(backend, WORKS)
    run(backend, lambda: first.step > 0)
    pid = worker_pid(backend)
    backend.outdated = lambda: worker_pid(backend) == pid
    backend.poll()
    assert first.state is JobState.RUNNING and is_alive(pid)
    backend.cancel(first)
    assert finish(backend, second).state is JobState.DONE
    assert worker_pid(backend) != pid and not is_alive(pid)


def test_stop_ends_the_process_and_cancels_everything(make_backend: MakeBackend, trace) -> None:
    backend = make_backend()
    jobs = [trace(backend, SLOW), trace(backend, WORKS)]
    run(backend, lambda: jobs[0].state is JobState.RUNNING)
    pid = worker_pid(backend)
    backend.stop()
    assert [job.state for job in jobs] == [JobState.CANCELLED, JobState.CANCELLED]
    assert not is_alive(pid) and not backend.busy


def test_an_interpreter_that_cannot_be_run_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be started with"):
        WorkerProcess([str(tmp_path / "no python"), "-m", "wt_backend.worker"], tmp_path / "worker.log")


def test_the_worker_does_not_see_blenders_own_python_settings(
    make_backend: MakeBackend, trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")
    backend = make_backend()
    assert finish(backend, trace(backend, WORKS)).state is JobState.DONE


def test_what_is_to_be_first_comes_before_those_that_wait_in_its_order(make_backend, trace) -> None:
    backend = make_backend()
    running, waiting = trace(backend, SLOW), trace(backend, WORKS)
    run(backend, lambda: running.state is JobState.RUNNING)
    first, second = (backend.submit("trace", waiting.params, name, first=True) for name in ("one", "two"))
    assert backend.jobs == (running, first, second, waiting)
