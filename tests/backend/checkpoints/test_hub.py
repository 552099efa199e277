"""Downloads, against a local server that plays the Hub; the client runs as in a worker, in a process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hub_server import HUGE, Hub, serve

CONTENT = os.urandom(3_000_000)

CLIENT = """
import json, sys
from huggingface_hub import constants
from wt_backend.checkpoints import hub
from wt_backend.checkpoints.registry import Source
from wt_backend.protocol import BackendError

constants.DOWNLOAD_CHUNK_SIZE = 1 << 18

class Stop(Exception):
    pass

def report(done, total):
    seen.append((done, total))
    if stop and done >= total // 3:
        raise Stop

for line in sys.stdin:
    case = json.loads(line)
    seen, stop = [], case.get("stop", False)
    source = Source(case["repository"], case.get("file", "model.pt"))
    hub.SPARE_BYTES = case.get("spare", 0)
    try:
        path, sha256 = hub.download(source, report)
        if text := case.get("rewritten"):
            path.write_text(text)
        answer = {"path": str(path), "cached": str(hub.cached(source)), "intact": hub.verify(source)}
        answer["sha256"] = sha256
    except BackendError as error:
        answer = {"kind": error.kind, "message": error.message, "hint": error.hint}
        answer["cached"] = hub.cached(source) is not None
    except Stop:
        answer = {"stopped": True, "cached": hub.cached(source) is not None}
    print(json.dumps(answer | {"seen": seen[-1:]}), flush=True)
"""


class Client:
    """A process that downloads, and answers what happened."""

    def __init__(self, address: str, home: Path, **environment: str) -> None:
        settings = {"HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_DOWNLOAD_TIMEOUT": "5"}
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean | settings | environment,
            cwd=Path(__file__).parents[3],
        )

    def ask(self, repository: str, **options: Any) -> dict[str, Any]:
        """Download one file."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"repository": repository, **options}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def hub():
    with serve(CONTENT) as server:
        yield server


@pytest.fixture(scope="module")
def client(hub: Hub, tmp_path_factory: pytest.TempPathFactory):
    process = Client(hub.address, tmp_path_factory.mktemp("hf"))
    yield process
    process.close()


def test_download_arrives_whole_and_is_found_again(client: Client) -> None:
    answer = client.ask("owner/good")
    content = hashlib.sha256(CONTENT).hexdigest()
    assert hashlib.sha256(Path(answer["path"]).read_bytes()).hexdigest() == answer["sha256"] == content
    assert answer["cached"] == answer["path"] and answer["intact"]
    assert answer["seen"] == [[len(CONTENT), len(CONTENT)]]


def test_verify_notices_a_file_that_was_changed_on_disk(client: Client) -> None:
    path = Path(client.ask("owner/changed")["path"])
    path.chmod(0o644)
    path.write_bytes(b"x" + CONTENT[1:])
    assert client.ask("owner/changed")["kind"] == "model_damaged"
    assert client.ask("owner/changed")["intact"]


def test_without_a_token_the_page_to_ask_at_is_named(client: Client, hub: Hub) -> None:
    answer = client.ask("owner/no-token")
    assert answer["kind"] == "access"
    assert "access token" in answer["message"] and f"{hub.address}/owner/no-token" in answer["hint"]


def test_access_not_granted_yet(hub: Hub, tmp_path: Path) -> None:
    process = Client(hub.address, tmp_path, HF_TOKEN="hf_madeup")
    answer = process.ask("owner/gated")
    process.close()
    assert answer["kind"] == "access"
    assert "not been granted" in answer["message"] and f"{hub.address}/owner/gated" in answer["hint"]


def test_dropped_connection_resumes(client: Client, hub: Hub) -> None:
    hub.drops, before = 1, len(hub.ranges)
    answer = client.ask("owner/dropping")
    assert Path(answer["path"]).read_bytes() == CONTENT
    assert len(hub.ranges) == before + 1 and hub.ranges[-1] != "bytes=0-"


def test_a_cancelled_download_goes_on_in_another_process(hub: Hub, tmp_path: Path) -> None:
    first = Client(hub.address, tmp_path)
    answer = first.ask("owner/cancelled", stop=True)
    first.close()
    assert answer["stopped"] and not answer["cached"]
    before = len(hub.ranges)
    second = Client(hub.address, tmp_path)
    answer = second.ask("owner/cancelled")
    second.close()
    assert Path(answer["path"]).read_bytes() == CONTENT
    (asked,) = hub.ranges[before:]
    assert int(asked.removeprefix("bytes=").removesuffix("-")) > 0
    assert answer["seen"] == [[len(CONTENT), len(CONTENT)]]


def test_what_another_process_downloads_is_waited_for_in_sight_and_can_be_cancelled(
    hub: Hub, tmp_path: Path
) -> None:
    name = hashlib.sha256(CONTENT).hexdigest()
    part = tmp_path / "hub/models--owner--shared/blobs" / f"{name}.incomplete"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[: len(CONTENT) // 2])
    lock = FileLock(tmp_path / "hub/.locks/models--owner--shared" / f"{name}.lock", thread_local=False)
    Path(lock.lock_file).parent.mkdir(parents=True)
    client = Client(hub.address, tmp_path)
    with lock:
        patience = threading.Timer(15.0, lock.release)
        patience.start()
        answer = client.ask("owner/shared", stop=True)
        assert lock.is_locked, "it noticed nothing before the other one was done"
        patience.cancel()
    assert answer["stopped"] and answer["seen"] == [[len(CONTENT) // 2, len(CONTENT)]]
    answer = client.ask("owner/shared")
    client.close()
    assert Path(answer["path"]).read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_not_built_upon(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / "hub/models--owner--long/blobs" / f"{hashlib.sha256(CONTENT).hexdigest()}.incomplete"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT + b"more")
    client = Client(hub.address, tmp_path)
    answer = client.ask("owner/long")
    client.close()
    assert Path(answer["path"]).read_bytes() == CONTENT


def test_without_links_content_is_checked_all_the_same(hub: Hub, tmp_path: Path) -> None:
    """As on Windows without developer mode, where no file is named by its hash."""
    client = Client(hub.address, tmp_path, HF_HUB_DISABLE_SYMLINKS="1")
    altered = client.ask("owner/altering")
    good = client.ask("owner/good")
    damaged = client.ask("owner/rewritten", rewritten="something else")
    client.close()
    assert altered["kind"] == "model_damaged" and not altered["cached"]
    assert good["intact"] and not Path(good["path"]).is_symlink()
    assert Path(good["path"]).read_bytes() == CONTENT and not damaged["intact"]
    assert sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) < 1.1 * len(CONTENT)  # one copy


def test_a_token_is_not_told_to_the_host_that_keeps_the_files(hub: Hub, tmp_path: Path) -> None:
    client = Client(hub.address, tmp_path, HF_TOKEN="hf_madeup")
    answer = client.ask("owner/elsewhere")
    client.close()
    assert Path(answer["path"]).read_bytes() == CONTENT
    assert hub.tokens["elsewhere"] == "Bearer hf_madeup" and hub.tokens["kept-elsewhere"] is None


def test_truncated_file_is_refused(client: Client) -> None:
    answer = client.ask("owner/truncating")
    assert answer["kind"] == "model_damaged" and not answer["cached"]


def test_altered_file_is_removed(client: Client) -> None:
    answer = client.ask("owner/altering")
    assert answer["kind"] == "model_damaged" and not answer["cached"]
    assert "removed" in answer["message"]


def test_wrong_file_name(client: Client) -> None:
    answer = client.ask("owner/good", file="other.bin")
    assert answer["kind"] == "model_missing" and "other.bin" in answer["message"]


def test_disk_is_checked_before(client: Client) -> None:
    answer = client.ask("owner/large", spare=1 << 60)
    assert answer["kind"] == "disk_full" and "GB free" in answer["message"]


def test_a_folder_that_cannot_be_written_to_is_no_matter_of_the_network(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    client = Client(hub.address, tmp_path, HF_HUB_CACHE=str(tmp_path / "file" / "models"))
    answer = client.ask("owner/good")
    client.close()
    assert answer["kind"] == "access" and "another folder" in answer["hint"]
    assert str(tmp_path / "file") in answer["message"]


def test_no_network_and_offline_mode(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9 cannot be reached"
    for environment, words in (({}, nobody), ({"HF_HUB_OFFLINE": "1"}, "offline mode")):
        process = Client("http://127.0.0.1:9", tmp_path, **environment)
        answer = process.ask("owner/good")
        process.close()
        assert answer["kind"] == "network"
        assert words in answer["message"]


def test_a_hub_in_trouble(client: Client) -> None:
    answer = client.ask("owner/failing")
    assert answer["kind"] == "network" and "error 503" in answer["message"]


def test_a_connection_that_always_drops(client: Client) -> None:
    answer = client.ask("owner/lost")
    assert answer["kind"] == "network" and "was interrupted" in answer["message"]


def test_what_is_there_already_needs_no_room(client: Client) -> None:
    cache = Path(client.ask("owner/good")["path"]).parents[3]
    part = cache / "models--owner--huge" / "blobs" / f"{hashlib.sha256(CONTENT).hexdigest()}.incomplete"
    assert client.ask("owner/huge")["kind"] == "disk_full"
    with part.open("wb") as file:
        file.truncate(HUGE - 1000)  # sparse: takes no room
    assert "error 503" in client.ask("owner/huge")["message"]  # got as far as asking for the rest
    part.unlink()
