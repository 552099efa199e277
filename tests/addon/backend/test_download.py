"""Downloads from a local server: whole, resumed, damaged, cancelled, refused."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from blender_addon.backend.download import download
from wt_backend.protocol import BackendError

DATA = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(DATA).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves DATA; what goes wrong is the server's `trouble`, a list of faults, one a request."""

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        trouble = self.server.trouble.pop(0) if self.server.trouble else ""
        if trouble == "refuse":
            self.send_error(503)
            return
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if start >= len(DATA):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(DATA) - start))
        self.end_headers()
        body = DATA[start:]
        if trouble == "break":
            body = body[: len(body) // 2]
        if trouble == "damage":
            body = b"\xff" * len(body)
        if trouble == "trickle":
            for first in range(0, len(body), 1000):
                self.wfile.write(body[first : first + 1000])
                time.sleep(0.05)
            return
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server on a free port."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.trouble, made.ranges = [], []
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def fetch(server: ThreadingHTTPServer, target: Path, cancelled: bool = False) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    url = f"http://127.0.0.1:{server.server_port}/uv.whl"
    download(url, target, SHA256, lambda done, total: seen.append((done, total)), lambda: cancelled)
    return seen


def test_a_whole_file_arrives_with_progress(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    seen = fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA)) and len(seen) > 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_slow_line_shows_progress_and_can_be_cancelled(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    """At 20 kB a second; what has come is kept."""
    server.trouble = ["trickle"]
    url, seen, start = f"http://127.0.0.1:{server.server_port}/uv.whl", [], time.monotonic()
    with pytest.raises(BackendError) as error:
        download(url, tmp_path / "file", SHA256, lambda *now: seen.append(now), lambda: len(seen) > 4)
    assert error.value.kind == "cancelled" and time.monotonic() - start < 3.0
    assert (tmp_path / "file.part").stat().st_size == seen[-1][0] > 0


def test_a_broken_download_goes_on_where_it_stopped(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(DATA[:1000])
    seen = fetch(server, tmp_path / "file")
    assert server.ranges == ["bytes=1000-"] and seen[0][0] > 1000
    assert (tmp_path / "file").read_bytes() == DATA


@pytest.mark.parametrize("trouble", ["break", "damage", "refuse"])
def test_trouble_once_is_overcome(server: ThreadingHTTPServer, tmp_path: Path, trouble: str) -> None:
    server.trouble = [trouble]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    resumed = server.ranges[1] is not None
    assert resumed == (trouble == "break")


def test_a_part_that_is_already_whole_is_taken(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(DATA)
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA


@pytest.mark.parametrize(("trouble", "words"), [("refuse", "503"), ("damage", "damaged")])
def test_lasting_trouble_is_a_sentence(
    server: ThreadingHTTPServer, tmp_path: Path, trouble: str, words: str
) -> None:
    server.trouble = [trouble] * 3
    with pytest.raises(BackendError) as caught:
        fetch(server, tmp_path / "file")
    assert caught.value.kind == "network" and words in caught.value.message and caught.value.hint
    assert not (tmp_path / "file").exists()


def test_cancel_keeps_what_came(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        fetch(server, tmp_path / "file", cancelled=True)
    assert caught.value.kind == "cancelled" and not (tmp_path / "file").exists()


def test_nobody_at_the_other_end(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"^uv\.whl cannot be downloaded from 127\.0\.0\.1: "):
        download(
            "http://127.0.0.1:9/a/long/way/uv.whl", tmp_path / "x", SHA256, lambda *_: None, lambda: False
        )
