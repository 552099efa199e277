"""The worker as a child process: binary pipes, a reader thread, a log file. No bpy.

The process is started and ended from the main thread: on Linux the worker asks to die with its parent, and
"parent" there means the thread that started it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

from wt_backend.protocol import BackendError, Message, decode, encode

GONE = 1.0  # seconds that Blender waits for an ended process

# Settings of Blender's own Python; in another interpreter they point at the wrong standard library.
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")

# Runs where the package is not installed: an existing Python with torch borrows it from Blender's side, last
# in the path, so that nothing else there shadows the interpreter's own packages.
_BORROW = (
    "import runpy, sys; _, folder, module = sys.argv; sys.path.append(folder); sys.argv[1:] = []; "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)
_MODULE = "wt_backend.worker"
_NOT_A_MESSAGE = b"not a message: "  # marks in the log what a library printed to stdout


class WorkerProcess:
    """A running `PYTHON -m wt_backend.worker`.

    Parameters
    ----------
    command : list of str
        See `worker_command`.
    log : Path
        Where its stderr goes; replaced at each start.
    variables : dict
        Environment variables on top of Blender's.

    Raises
    ------
    BackendError
        The interpreter cannot be started or the log cannot be written.
    """

    def __init__(
        self, command: list[str], log: Path, variables: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._log = log
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._closed = threading.Event()
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_bytes(b"")
            with log.open("ab") as stderr:  # `_take` writes there too
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env=clean_environment() | dict(variables),
                    bufsize=0,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError as error:
            raise BackendError(
                "model_missing",
                f"The backend cannot be started with {command[0]}: {error.strerror or error}.",
                "Choose a working Python interpreter in the add-on's preferences.",
            ) from error
        self._reader = threading.Thread(target=self._read, name="world-tracing-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Write one message; messages are far smaller than a pipe's buffer, so this does not block."""
        try:
            _stream(self._process.stdin).write(encode(message))
        except OSError:
            self._closed.set()  # it died: `exit_reason` says so at the next poll

    def receive(self) -> list[Message]:
        """The messages that arrived since the last call."""
        messages = []
        while not self._messages.empty():
            messages.append(self._messages.get())
        return messages

    def exit_reason(self) -> str | None:
        """None while it runs, else why it does not, with the last line of its log."""
        if not self._closed.is_set() or not self._messages.empty():
            return None
        if self._process.poll() is None:
            try:
                self._process.wait(0.2)  # its stdout is closed, so it is on its way out
            except subprocess.TimeoutExpired:
                self.kill()
        code = self._process.returncode
        if code is None:
            return "it hangs and cannot even be ended"
        reason = _ended_by(signal.Signals(-code)) if code < 0 else f"exit code {code}"
        last = last_line(self._log)
        return f"{reason} ({last})" if last else reason

    def kill(self) -> None:
        """End the process; one that even the system cannot end at once (a hung driver) is left to it."""
        self._process.kill()
        _stream(self._process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GONE)
            self._reader.join(GONE)

    def _read(self) -> None:
        with _stream(self._process.stdout) as stdout:
            buffer = b""
            while chunk := stdout.read(65536):
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
        self._closed.set()

    def _take(self, line: bytes) -> None:
        try:
            self._messages.put(decode(line))
        except BackendError:
            with self._log.open("ab") as log:  # not a message: keep it where somebody can read it
                log.write(_NOT_A_MESSAGE + line[:500] + b"\n")


def worker_command(python: str, package_folder: str | None = None) -> list[str]:
    """The command that starts the worker.

    Parameters
    ----------
    python : path of the interpreter that has torch.
    package_folder : folder that holds `wt_backend`, for an interpreter that has it not installed.
    """
    if package_folder is None:
        return [python, "-m", _MODULE]
    return [python, "-c", _BORROW, package_folder, _MODULE]


def clean_environment() -> dict[str, str]:
    """The environment without what Blender set for its own Python; text is UTF-8 whatever the locale."""
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    environment["PYTHONUTF8"] = "1"
    environment["PYTHONUNBUFFERED"] = "1"
    environment["PYTHONSAFEPATH"] = "1"  # a folder that happens to be current must not shadow packages
    return environment


def _ended_by(killer: signal.Signals) -> str:
    why = ", as systems do when memory runs out" if killer.name == "SIGKILL" else ""
    return f"it was ended by signal {killer.name}{why}"


def last_line(log: Path) -> str:
    """The last line that went to stderr and says something, at most 200 characters; "" for none."""
    try:
        tail = log.read_bytes()[-4096:]
    except OSError:
        return ""
    lines = [line for line in tail.splitlines() if line.strip() and not line.startswith(_NOT_A_MESSAGE)]
    return lines[-1].decode("utf-8", "replace").strip()[:200] if lines else ""


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # both are pipes, see __init__
    return stream
