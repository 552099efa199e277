"""Building the managed environment: a thread that runs uv step by step. No bpy.

Whoever started it looks at `status` now and then. Nothing that worked before is touched until the new
environment has traced a tiny picture.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import threading
import time
import traceback
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, StackError

from .environment import LOCK, begin_environment, finish_environment, python_of, remove_as_far_as_possible
from .install_errors import explain
from .lock import only_one
from .uv import provide_uv
from .worker_process import clean_environment

FREE_BYTES = 3_000_000_000  # for a CPU environment and its downloads
FREE_BYTES_GPU = 12_000_000_000  # builds for GPUs bring their libraries along; an estimate
LOOK = 1.0  # seconds between two looks at whether the old environment is in use
LOG = "install.log"
PYTHON = "3.12"  # of a new environment; uv brings it


class Stage(Enum):
    """What is being done, and where the progress bar stands when it begins."""

    WAITING = ("Preparing", 0.0)
    UV = ("Fetching the installer", 0.02)
    PYTHON = ("Making the environment", 0.08)
    PACKAGES = ("Installing packages", 0.15)
    VERIFY = ("Trying it on a tiny picture", 0.9)
    DONE = ("Installed", 1.0)


@dataclass(frozen=True)
class Plan:
    """What to install.

    Attributes
    ----------
    root : folder of the managed environment.
    requirement : what pip calls a requirement: the wheel of wt_backend with its extra.
    version : of wt_backend.
    torch_backend : for uv: "auto", "cpu", "cu126" …
    wheels : folder of wheels for an installation without network, else None.
    python : "3.12" for one that uv brings, or the path of an interpreter to build on.
    index : address of the package index for everything, PyTorch too; "" for PyPI and PyTorch's own.
    """

    root: Path
    requirement: str
    version: str
    torch_backend: str = "auto"
    wheels: Path | None = None
    python: str = PYTHON
    index: str = ""
    free_bytes: int = FREE_BYTES


@dataclass(frozen=True)
class Status:
    """What the preferences show."""

    stage: Stage = Stage.WAITING
    detail: str = ""
    running: bool = True
    error: BackendError | None = None  # kind "cancelled" after a cancel

    @property
    def fraction(self) -> float:
        """Progress in [0, 1]."""
        return float(self.stage.value[1])

    @property
    def text(self) -> str:
        """One line."""
        return f"{self.stage.value[0]}: {self.detail}" if self.detail else f"{self.stage.value[0]}…"


class Installation:
    """One attempt; `status` may be read at any time from any thread.

    Parameters
    ----------
    plan : Plan
    at_work : callable
        Whether a job is under way, perhaps with the environment that is replaced: that stays so long.
    """

    def __init__(self, plan: Plan, at_work: Callable[[], bool] = lambda: False) -> None:
        self.plan = plan
        self._at_work = at_work
        self.log = plan.root / LOG
        self.status = Status()
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="world-tracing-install", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop as soon as possible; what was downloaded is kept for the next attempt."""
        self._cancelled.set()
        process = self._process
        if process is not None:
            process.kill()

    def wait(self, seconds: float | None = None) -> Status:
        """Wait for the end, at most so long."""
        self._thread.join(seconds)
        return self.status

    def _run(self) -> None:
        try:
            self.plan.root.mkdir(parents=True, exist_ok=True)
            with only_one(self.plan.root / LOCK):
                self.log.write_text("", encoding="utf-8")
                replaced = self._install()
        except BackendError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001 - whatever it was: without an end no other attempt could begin
            with suppress(OSError), self.log.open("a", encoding="utf-8", errors="backslashreplace") as log:
                traceback.print_exception(error, file=log)
            said = str(error) or type(error).__name__
            self._end(explain(said, self.status.stage.value[0], str(self.log)))
        else:
            self.status = Status(Stage.DONE, running=False)
            while self._at_work():
                time.sleep(LOOK)
            for folder in replaced:
                remove_as_far_as_possible(folder)  # Windows keeps what still runs; the next time takes it

    def _end(self, error: BackendError) -> None:
        if self._cancelled.is_set():
            error = BackendError("cancelled", "The installation was cancelled.", "Install goes on from here.")
        self.status = replace(self.status, running=False, error=error)

    def _install(self) -> list[Path]:
        """Do it; the environments that are replaced."""
        plan = self.plan
        self._check_space()
        self._enter(Stage.UV)
        uv = provide_uv(plan.root / "uv", plan.wheels, self._downloaded, self._cancelled.is_set, plan.index)
        folder = begin_environment(plan.root)
        self._enter(Stage.PYTHON)
        offline = ["--offline"] if plan.wheels else []
        self._call([str(uv), "venv", "--allow-existing", "--python", plan.python, *offline, str(folder)])
        self._enter(Stage.PACKAGES)
        python = str(python_of(folder))
        self._call([str(uv), "pip", "install", "--python", python, *self._source(), plan.requirement])
        self._enter(Stage.VERIFY)
        self._verify(python, folder)
        replaced = finish_environment(plan.root, folder, plan.version, plan.torch_backend)
        remove_as_far_as_possible(plan.root / "cache")  # what made resuming quick
        return replaced

    def _source(self) -> list[str]:
        """Where packages come from, for uv."""
        plan = self.plan
        if plan.wheels:
            folder = plan.wheels.absolute().as_uri()  # of a path uv takes a comma for a separator
            return ["--no-index", "--find-links", folder, "--offline"]
        if plan.index:
            return ["--default-index", plan.index]
        return ["--torch-backend", plan.torch_backend]

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.plan.root).free
        if free < self.plan.free_bytes:
            needs_more = self.plan.free_bytes > FREE_BYTES
            smaller = f" PyTorch Build: CPU needs {FREE_BYTES / 1e9:.0f} GB only." if needs_more else ""
            raise BackendError(
                "disk_full",
                f"There is not enough space in {self.plan.root}: {free / 1e9:.1f} GB are free, "
                f"{self.plan.free_bytes / 1e9:.0f} GB are needed.",
                f"Free some space and press Install again.{smaller}",
            )

    def _verify(self, python: str, folder: Path) -> None:
        """The proof that counts: a picture goes in, a sound layer stack comes out."""
        picture, stack = folder / "try.png", folder / "try.wts"
        picture.write_bytes(tiny_picture())
        self._call(
            [python, "-m", "wt_backend", "trace", str(picture), "--out", str(stack), "--steps", "1"],
            timeout=600.0,
        )
        try:
            LayerStack.load(stack).validate()
        except StackError as error:
            raise BackendError(
                "internal", f"The first trace went wrong: {error}", "Install it again."
            ) from error
        picture.unlink()
        stack.unlink()

    def _enter(self, stage: Stage) -> None:
        if self._cancelled.is_set():
            raise BackendError("cancelled", "The installation was cancelled.")
        self.status = Status(stage)

    def _downloaded(self, done: int, total: int) -> None:
        size = f" of {total / 1e6:.0f}" if total else ""
        self.status = Status(Stage.UV, f"{done / 1e6:.0f}{size} MB")

    def _call(self, command: list[str], timeout: float | None = None) -> None:
        """Run a program; its lines go into the log and the status."""
        environment = clean_environment() | {
            "UV_CACHE_DIR": str(self.plan.root / "cache"),
            "UV_PYTHON_INSTALL_DIR": str(self.plan.root / "python"),
            "UV_CONCURRENT_DOWNLOADS": "2",  # more have broken off on slow lines
            "UV_HTTP_TIMEOUT": "180",
            "UV_NO_PROGRESS": "1",
        }
        lines: list[str] = []
        with self.log.open("a", encoding="utf-8", errors="backslashreplace") as log:  # paths may be no text
            print("$", *command, file=log, flush=True)
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                cwd=self.plan.root,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            ) as process:
                self._process = process
                watchdog = threading.Timer(timeout, process.kill) if timeout else None
                if watchdog:
                    watchdog.start()
                if self._cancelled.is_set():  # cancelled between two programs
                    process.kill()
                for line in process.stdout or ():
                    lines.append(line)
                    log.write(line)
                    log.flush()
                    self.status = replace(self.status, detail=line.strip()[:80])
                if watchdog:
                    watchdog.cancel()
            self._process = None
        if process.returncode != 0:
            raise explain("".join(lines[-60:]), self.status.stage.value[0], str(self.log))


def tiny_picture(side: int = 64) -> bytes:
    """A PNG of a grey ball on white."""
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            distance = ((x - side / 2) ** 2 + (y - side / 2) ** 2) / (side / 3) ** 2
            rows += bytes((int(200 * (1 - distance)) + 40,) * 3) if distance < 1 else b"\xff\xff\xff"
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def requirement(wheel: Path) -> str:
    """How uv is told to install a wheel of wt_backend with what the worker needs."""
    return f"wt_backend[worker] @ {wheel.absolute().as_uri()}"


def space_needed(torch_backend: str, system: str) -> int:
    """Bytes that must be free for a build of PyTorch; "auto" may turn out to be one for a GPU."""
    return FREE_BYTES if torch_backend == "cpu" or system == "Darwin" else FREE_BYTES_GPU
