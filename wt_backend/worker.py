"""The worker: `python -m wt_backend.worker` answers JSON-RPC on stdin and stdout, one job at a time.

The main thread reads messages and answers what is quick; a job thread runs the rest in the order of arrival.
The first thing `main` does is to move both pipes out of the reach of libraries, which may print anything.
The process ends when stdin does, even in the middle of a job.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wt_backend import methods
from wt_backend.jobs import Cancellation, Reporter
from wt_backend.logs import log_file, start_logging
from wt_backend.orphans import die_with_parent
from wt_backend.protocol import (
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    BackendError,
    Message,
    decode,
    encode,
    error_response,
    notification,
    response,
)

MAX_LINE = 16 << 20  # bytes; a message holds paths and settings, never data
TOO_LONG = b"a line was too long: "  # stands for its beginning
HEARTBEAT = 2.0  # seconds between two signs of life while a job runs
GRACE = 1.0  # seconds a running job gets to clean up after stdin has closed

log = logging.getLogger(__name__)


class Channel:
    """The two pipes as private descriptors; any thread may send."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._lock = threading.Lock()

    @classmethod
    def claim(cls) -> Channel:
        """Take stdin and stdout away from all others, who read nothing and print to stderr from here on."""
        channel = cls(os.dup(0), os.dup(1))
        if sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(channel._reader, os.O_BINARY)
            msvcrt.setmode(channel._writer, os.O_BINARY)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2 if sys.stderr is not None else null, 1)
        os.close(null)
        return channel

    def send(self, message: Message) -> None:
        """Write one message. Nobody listens any more: the process is on its way out, see `lines`."""
        data = memoryview(encode(message))
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._writer, data) :]
            except OSError as error:  # Windows has other numbers than EPIPE for it
                log.info("nobody reads the answers any more: %s", error)

    def lines(self) -> Iterator[bytes]:
        """Lines until the other side closes the pipe; one that is too long arrives as no message."""
        buffer = b""
        while chunk := os.read(self._reader, 65536):
            *lines, buffer = (buffer + chunk).split(b"\n")
            yield from (line for line in lines if line.strip())
            if len(buffer) > MAX_LINE:
                buffer = TOO_LONG


@dataclass(eq=False)
class Job:
    """A queued or running call."""

    id: int | str
    method: str
    params: Message
    cancellation: Cancellation = field(default_factory=Cancellation)
    done: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Dispatches messages; owns the queue and the job thread."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._queue: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._jobs: dict[int | str, Job] = {}  # waiting and running
        self._running: Job | None = None
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Answer until stdin closes or `shutdown`."""
        threading.Thread(target=self._work, name="jobs", daemon=True).start()
        for line in self._channel.lines():
            try:
                message = decode(line)
            except BackendError as error:
                self._channel.send(error_response(None, error, PARSE_ERROR))
                continue
            if message.get("method") == "shutdown":
                self._channel.send(response(message.get("id"), {}))
                break
            self._receive(message)
        self._end()

    def _receive(self, message: Message) -> None:
        id, method, params = _valid_id(message.get("id")), message.get("method"), message.get("params") or {}
        if not isinstance(method, str) or not isinstance(params, dict):
            error = BackendError("bad_request", "A message has no method, or no named parameters.", "")
            self._channel.send(error_response(id, error, INVALID_REQUEST))
        elif method == "$/cancel":
            self._cancel(params.get("id"))
        elif id is None and message.get("id") is not None:  # whoever sent it waits for an answer
            error = BackendError("bad_request", "An id is neither a whole number nor a text.", "Use another.")
            self._channel.send(error_response(None, error, INVALID_REQUEST))
        elif id is None:
            log.info("ignored notification %s", method)
        elif method == "initialize":
            self._answer(Job(id, method, params))
        elif not methods.exists(method):
            error = BackendError("bad_request", f"There is no method {method!r}.", "Update the backend.")
            self._channel.send(error_response(id, error, METHOD_NOT_FOUND))
        else:
            self._enqueue(Job(id, method, params))

    def _enqueue(self, job: Job) -> None:
        with self._lock:
            taken = job.id in self._jobs
            if not taken:
                self._jobs[job.id] = job
        if taken:
            error = BackendError("bad_request", f"Job {job.id!r} exists already.", "Use a new id.")
            self._channel.send(error_response(job.id, error, INVALID_REQUEST))
        else:
            self._queue.put(job)

    def _cancel(self, id: Any) -> None:
        """A waiting job is answered at once, the running one when it notices, a finished one not at all."""
        if _valid_id(id) is None:
            return
        with self._lock:
            job = self._jobs.get(id)
            waiting = job is not None and job is not self._running
            if waiting:
                del self._jobs[id]
        if job is not None:
            job.cancellation.request()
        if job is not None and waiting:
            self._channel.send(error_response(id, BackendError("cancelled", "The job was cancelled.")))

    def _work(self) -> None:
        """The job thread."""
        while True:
            job = self._queue.get()
            with self._lock:
                if self._jobs.get(job.id) is not job:  # cancelled while it waited
                    continue
                self._running = job
            self._answer(job)
            with self._lock:
                self._running = None
                del self._jobs[job.id]
            job.done.set()

    def _answer(self, job: Job) -> None:
        reporter = Reporter(lambda values: self._progress(job, values))
        try:
            with reporter.heartbeat(HEARTBEAT):
                job.cancellation()
                result = methods.call(job.method, job.params, reporter, job.cancellation)
            self._channel.send(response(job.id, result))
        except BackendError as error:
            if error.kind != "cancelled":  # details go to the log, its path to the other side
                log.warning("%s failed: %s\n%s", job.method, error, error.log, exc_info=True)
                error.log = str(log_file())
            self._channel.send(error_response(job.id, error))
        except Exception as error:
            log.exception("%s failed", job.method)
            self._channel.send(error_response(job.id, methods.as_backend_error(error, str(log_file()))))

    def _progress(self, job: Job, values: Message) -> None:
        self._channel.send(notification("$/progress", {"id": job.id, **values}))

    def _end(self) -> None:
        """Let the running job clean up for a moment, then leave: a step of a large model may take minutes."""
        with self._lock:
            running = self._running
            self._jobs = {running.id: running} if running else {}  # those that wait never start
        if running:
            running.cancellation.request()
            running.done.wait(GRACE)


def _valid_id(id: Any) -> int | str | None:
    return id if isinstance(id, (int, str)) and not isinstance(id, bool) else None


def main() -> int:
    """Run the worker until its stdin closes."""
    channel = Channel.claim()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in Blender's terminal is Blender's business
    start_logging()
    Worker(channel).serve()
    logging.shutdown()
    os._exit(0)  # the job thread may be deep inside a library


if __name__ == "__main__":
    sys.exit(main())
