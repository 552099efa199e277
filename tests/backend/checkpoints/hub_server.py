"""A local server that plays the Hugging Face Hub with its tempers: gated, dropping, cut short, altering."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0" * 39 + "1"
HUGE = 1 << 43  # bytes of a file that no disk here has room for


@dataclass
class Hub:
    """What the server offers: repository → content, and how it behaves for each repository."""

    files: dict[str, bytes]
    ranges: list[str] = field(default_factory=list)
    tokens: dict[str, str | None] = field(default_factory=dict)
    drops: int = 0
    address: str = ""


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep quiet."""

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            repository = "/".join(self.path.split("/")[1:3])
            temper = repository.split("/")[1]
            if temper == "no-token":
                return self._refuse(401, "RepoNotFound")
            if temper == "gated":
                return self._refuse(403, "GatedRepo")
            if body:
                hub.tokens[temper] = self.headers["Authorization"]
            if temper == "elsewhere" and body:
                return self._send_on(self.path.replace("/elsewhere/", "/kept-elsewhere/"))
            if temper == "failing" or (temper == "huge" and body):
                return self._refuse(503, "")
            if not self.path.endswith("model.pt"):
                return self._refuse(404, "EntryNotFound")
            content = hub.files["all"]
            start = 0
            if body and "Range" in self.headers:
                hub.ranges.append(self.headers["Range"])
                start = int(self.headers["Range"].removeprefix("bytes=").split("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Linked-Size", str(HUGE if temper == "huge" else len(content)))
            self.send_header("Accept-Ranges", "bytes")
            part = content[start:]
            if temper == "truncating" and body:
                part = part[: len(part) // 2]
            if temper == "altering" and body:
                part = bytes([part[0] ^ 1]) + part[1:]
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if not body:
                return None
            if temper == "lost" or (temper == "dropping" and hub.drops > 0):
                hub.drops -= 1
                self.wfile.write(b"" if temper == "lost" else part[: len(part) // 2])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return None
            self.wfile.write(part)
            return None

        def _send_on(self, path: str) -> None:
            """To the same server under another name, as the Hub sends its clients to a store of files."""
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}{path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", "refused")
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


@contextmanager
def serve(content: bytes) -> Iterator[Hub]:
    """Run the server on a free port of this machine."""
    hub = Hub({"all": content})
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
