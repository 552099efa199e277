"""The real worker process, driven through its pipes."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wt_backend.protocol import PROTOCOL, Message
from wt_backend.stack import LayerStack

PATIENCE = 40.0  # seconds; only a failing test waits so long

# Methods that misbehave as libraries do, added to the real table of a real worker.
NOISY = """
import os, subprocess, sys, time
from wt_backend import methods, worker

def noise(params, progress, cancel):
    print("print", flush=True)
    os.write(1, b"written to descriptor 1\\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    return {"stdin": sys.stdin.read(), "descriptor": os.read(0, 10).decode()}

def slow_import(params, progress, cancel):
    time.sleep(1)
    return {}

def long_step(params, progress, cancel):
    progress("think", 0, 10)
    time.sleep(0.3)
    progress("think", 1, 10)
    time.sleep(1)
    return {}

def memory(params, progress, cancel):
    raise MemoryError

def torch_memory(params, progress, cancel):
    import torch
    torch.empty(1 << 55)

def disk(params, progress, cancel):
    raise OSError(28, "No space left on device")

def shut(params, progress, cancel):
    raise PermissionError(13, "Permission denied", "/shut")

def bug(params, progress, cancel):
    raise ZeroDivisionError("a bug")

methods._table().update({
    "noise": noise, "long_step": long_step, "slow_import": slow_import,
    "memory": memory, "torch_memory": torch_memory, "disk": disk, "shut": shut, "bug": bug,
})
worker.HEARTBEAT = 0.2
sys.exit(worker.main())
"""


class Client:
    """The other end of the pipes."""

    def __init__(self, log_folder: Path, *arguments: str) -> None:
        environment = {**os.environ, "WT_LOG_DIR": str(log_folder), "PYTHONIOENCODING": "ascii"}
        self.process = subprocess.Popen(
            [sys.executable, *(arguments or ("-m", "wt_backend.worker"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self.seen: list[Message] = []
        self._incoming: queue.Queue[bytes] = queue.Queue()
        self._next = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._incoming.put(line)

    def send_line(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def start(self, method: str, params: Any = None) -> int:
        self._next += 1
        message = {"jsonrpc": "2.0", "id": self._next, "method": method, "params": params or {}}
        self.send_line(json.dumps(message, ensure_ascii=False).encode())
        return self._next

    def cancel(self, id: int) -> None:
        self.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}}).encode())

    def receive(self) -> Message:
        """The next message; every line must be one."""
        message = json.loads(self._incoming.get(timeout=PATIENCE))
        assert message["jsonrpc"] == "2.0"
        self.seen.append(message)
        return message

    def wait_for(self, wanted: Callable[[Message], bool]) -> Message:
        while not wanted(message := self.receive()):
            pass
        return message

    def answer(self, id: int) -> Message:
        for message in self.seen:
            if message.get("id") == id and "method" not in message:
                return message
        return self.wait_for(lambda m: m.get("id") == id and "method" not in m)

    def call(self, method: str, params: Any = None) -> Message:
        return self.answer(self.start(method, params))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "not there yet"


@pytest.fixture(scope="module")
def shared_worker(logs: Path) -> Iterator[Client]:
    """One worker for all tests that leave it alive; that they can share it is a part of the test."""
    client = Client(logs, "-c", NOISY)
    yield client
    assert client.process.poll() is None, "some test ended the worker"
    client.stop()


@pytest.fixture
def worker(shared_worker: Client) -> Client:
    shared_worker.seen.clear()
    return shared_worker


@pytest.fixture
def own_worker(logs: Path) -> Iterator[Client]:
    client = Client(logs)
    yield client
    client.stop()


@pytest.fixture
def job(
    disc_image: NDArray[np.uint8], write_png: Callable[..., Path], tmp_path: Path, tiny_model: Path
) -> Message:
    """Parameters of a short trace into a folder with an awkward name."""
    image = write_png(disc_image, "Früh Stück 早餐.png")
    return {"image": str(image), "output": str(tmp_path / "ö u t" / "é.wts"), "model": str(tiny_model)}


def denoised(step: int) -> Callable[[Message], bool]:
    """A report of at least so many steps (quick ones are not all reported)."""

    def wanted(message: Message) -> bool:
        params = message.get("params", {})
        return params.get("stage") == "denoise" and params["step"] >= step

    return wanted


def error_of(message: Message) -> Message:
    error = message["error"]
    assert error["message"].endswith(".") and set(error["data"]) == {"kind", "hint", "log"}
    return error


def test_initialize_is_quick_and_complete(own_worker: Client) -> None:
    start = time.monotonic()
    result = own_worker.call("initialize", {"client": "test", "version": "0"})["result"]
    assert time.monotonic() - start < 3.0
    assert result["protocol"] == PROTOCOL and result["version"] and result["torch"].startswith("2.")
    assert result["devices"][-1]["id"] == "cpu" and result["devices"][-1]["memory_gb"] > 0
    mini = next(model for model in result["models"] if model["name"] == "wt-mini")
    assert mini["available"] and "object" in mini["modes"]
    official = next(model for model in result["models"] if model["name"] == "object")
    assert "NC-ND" in official["licence"] and official["size_mb"] > 1000


def test_trace_with_progress(worker: Client, job: Message) -> None:
    id = worker.start("trace", job)
    result = worker.answer(id)["result"]
    stack = LayerStack.load(result["stack"])
    stack.validate()
    assert result["stack"] == job["output"] and stack.info.source == job["image"]
    assert (result["mode"], result["points"]) == ("object", stack.points)
    reports = [m["params"] for m in worker.seen if m.get("method") == "$/progress"]
    assert {report["id"] for report in reports} == {id}
    stages = list(dict.fromkeys(report["stage"] for report in reports))
    assert stages == ["load", "model", "encode", "denoise", "decode", "clean", "save"]
    last = [report for report in reports if report["stage"] == "denoise"][-1]
    assert (last["step"], last["total"], last["eta_s"]) == (2, 2, 0.0)


def test_jobs_run_one_after_the_other_in_order(worker: Client, job: Message) -> None:
    ids = [worker.start("trace", {**job, "seed": seed}) for seed in range(3)]
    for id in ids:
        assert "result" in worker.answer(id)
    order = [m["id"] for m in worker.seen if "result" in m]
    running = [m["params"]["id"] for m in worker.seen if m.get("method") == "$/progress"]
    assert order == ids and running == sorted(running)


def test_cancel_is_honoured_within_a_step(worker: Client, job: Message) -> None:
    id = worker.start("trace", {**job, "steps": 1000})
    step = worker.wait_for(denoised(3))
    assert step["params"]["eta_s"] > 0
    worker.cancel(id)
    error = error_of(worker.answer(id))
    assert (error["data"]["kind"], error["code"]) == ("cancelled", -32800)
    assert not Path(job["output"]).parent.exists()
    assert "result" in worker.call("trace", job)


def test_a_waiting_job_is_cancelled_at_once(worker: Client, job: Message) -> None:
    running = worker.start("trace", {**job, "steps": 1000})
    waiting = worker.start("trace", job)
    worker.wait_for(denoised(1))
    worker.cancel(waiting)
    assert error_of(worker.answer(waiting))["data"]["kind"] == "cancelled"
    assert not any(m.get("id") == running for m in worker.seen if "method" not in m)
    worker.cancel(running)
    assert error_of(worker.answer(running))["data"]["kind"] == "cancelled"


def test_cancelling_nothing_is_ignored(worker: Client) -> None:
    for id in (10**9, None, "x", [1], {}):
        worker.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}}).encode())
    assert "result" in worker.call("models/list")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"garbage", -32700),
        (b"\xff\xfe\x00", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32700),
        (b'{"jsonrpc": "2.0", "id": 76, "method": "models/list", "x": "' + b"x" * (17 << 20) + b'"}', -32700),
        (b'{"id": 1, "method": "trace"}', -32700),
        (b'{"jsonrpc": "2.0", "id": 77}', -32600),
        (b'{"jsonrpc": "2.0", "id": 78, "method": "trace", "params": [1]}', -32600),
        (b'{"jsonrpc": "2.0", "id": 78.5, "method": "models/list"}', -32600),
        (b'{"jsonrpc": "2.0", "id": [78], "method": "models/list"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 79, "method": "no/such"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 80, "method": "trace", "params": {"imagge": "a"}}', -32602),
    ],
)
def test_nonsense_gets_an_error_and_the_worker_lives(line: bytes, code: int, worker: Client) -> None:
    worker.send_line(line)
    assert error_of(worker.wait_for(lambda m: "error" in m))["code"] == code
    assert "result" in worker.call("models/list")


def test_empty_lines_and_unknown_notifications_are_ignored(worker: Client) -> None:
    worker.send_line(b"\n\r\n")
    worker.send_line(b'{"jsonrpc": "2.0", "method": "$/unknown"}')
    assert "result" in worker.call("models/list")


def test_an_id_in_use_is_refused(worker: Client, job: Message) -> None:
    id = worker.start("trace", {**job, "steps": 1000})
    worker.wait_for(denoised(1))
    worker.send_line(json.dumps({"jsonrpc": "2.0", "id": id, "method": "models/list"}).encode())
    assert error_of(worker.wait_for(lambda m: "error" in m))["code"] == -32600
    worker.seen.clear()
    worker.cancel(id)
    assert error_of(worker.answer(id))["data"]["kind"] == "cancelled"


def test_what_libraries_print_does_not_reach_the_messages(worker: Client) -> None:
    assert worker.call("noise")["result"] == {"stdin": "", "descriptor": ""}
    assert "result" in worker.call("models/list")


def test_a_job_that_has_reported_nothing_yet_gives_signs_of_life(worker: Client) -> None:
    id = worker.start("slow_import")
    assert worker.answer(id)["result"] == {}
    reports = [m["params"] for m in worker.seen if m.get("method") == "$/progress"]
    assert len(reports) >= 2
    assert reports[0] == {"id": id, "stage": "", "step": 0, "total": 1, "eta_s": None}


def test_a_long_step_gives_signs_of_life(worker: Client) -> None:
    assert worker.call("long_step")["result"] == {}
    etas = [m["params"]["eta_s"] for m in worker.seen if m.get("params", {}).get("step") == 1]
    assert len(etas) >= 3 and etas == sorted(etas, reverse=True) and etas[0] > etas[-1] > 0


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("memory", "out_of_memory"),
        ("torch_memory", "out_of_memory"),
        ("disk", "disk_full"),
        ("shut", "access"),
        ("bug", "internal"),
    ],
)
def test_exceptions_become_errors_with_a_log(method: str, kind: str, worker: Client, logs: Path) -> None:
    error = error_of(worker.call(method))
    assert error["data"]["kind"] == kind and error["data"]["hint"]
    assert error["data"]["log"] == str(logs / "wt_backend.log")
    text = Path(error["data"]["log"]).read_text()
    assert "Traceback" in text and f"{method} failed" in text


def test_bad_input_and_output(worker: Client, job: Message, tmp_path: Path, tiny_model: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(tiny_model.read_bytes()[:3000])
    broken.with_suffix(".json").write_text(tiny_model.with_suffix(".json").read_text())
    cases = [
        ({"image": str(tmp_path / "nö.png")}, "bad_image"),
        ({"mask": str(tmp_path / "nö.png")}, "bad_mask"),
        ({"output": "/proc/no/a.wts"}, "bad_output"),
        ({"model": "no-such-model"}, "model_missing"),
        ({"model": str(broken)}, "model_damaged"),
        ({"device": "cuda:77"}, "bad_request"),
    ]
    for change, kind in cases:
        error = error_of(worker.call("trace", {**job, **change}))
        assert error["data"]["kind"] == kind, error
        assert Path(error["data"]["log"]).is_file()
    assert "result" in worker.call("trace", job)


def test_a_name_that_is_no_text_is_logged_too(worker: Client, job: Message, logs: Path) -> None:
    params = {**job, "image": "/no/caf\udce9.png"}
    worker.send_line(json.dumps({"jsonrpc": "2.0", "id": 75, "method": "trace", "params": params}).encode())
    assert error_of(worker.answer(75))["data"]["kind"] == "bad_image"
    assert r"caf\udce9.png" in (logs / "wt_backend.log").read_text()


def test_unload_gives_the_model_back(worker: Client, job: Message) -> None:
    assert worker.call("models/unload")["result"] == {}
    assert "result" in worker.call("trace", job)


def test_shutdown_answers_and_ends(own_worker: Client) -> None:
    assert own_worker.call("shutdown")["result"] == {}
    assert own_worker.process.wait(timeout=10) == 0


def test_it_ends_with_stdin_even_in_the_middle_of_a_job(own_worker: Client, job: Message) -> None:
    own_worker.start("trace", {**job, "steps": 1000})
    own_worker.start("trace", {**job, "steps": 1000})
    own_worker.wait_for(denoised(2))
    own_worker.process.stdin.close()
    start = time.monotonic()
    assert own_worker.process.wait(timeout=10) == 0
    assert time.monotonic() - start < 5
    assert not Path(job["output"]).parent.exists()


def test_a_killed_worker_leaves_no_half_file(own_worker: Client, job: Message) -> None:
    own_worker.start("trace", {**job, "steps": 1000})
    own_worker.wait_for(denoised(2))
    own_worker.process.kill()
    own_worker.process.wait()
    assert list(Path(job["output"]).parent.iterdir()) == []


def test_it_survives_ctrl_c_in_the_terminal(own_worker: Client) -> None:
    own_worker.call("initialize")
    own_worker.process.send_signal(signal.SIGINT)
    assert "result" in own_worker.call("models/list")


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="PDEATHSIG is Linux's; elsewhere EOF must do"
)
def test_it_dies_with_its_parent_even_if_the_pipe_stays_open(tmp_path: Path) -> None:
    parent_code = textwrap.dedent("""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-m", "wt_backend.worker"], stdin=0, stdout=subprocess.PIPE)
        child.stdout.readline()
        print(child.pid, flush=True)
        time.sleep(100)
    """)
    reader, writer = os.pipe()  # this test holds the writing end: no EOF
    environment = {**os.environ, "WT_LOG_DIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", parent_code], stdin=reader, stdout=subprocess.PIPE, env=environment
    ) as parent:
        os.write(writer, b'{"jsonrpc": "2.0", "id": 1, "method": "initialize"}\n')
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, "the worker outlived its parent"
        time.sleep(0.05)
    os.close(reader)
    os.close(writer)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_without_a_writable_log_folder_it_still_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    client = Client(tmp_path / "file")
    assert "result" in client.call("initialize")
    client.stop()
