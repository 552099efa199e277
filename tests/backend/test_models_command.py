"""`models download` and `models verify`, as a person runs them, against a server that plays the Hub."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backend.checkpoints.hub_server import Hub, serve

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serve(os.urandom(100_000)) as server:
        yield server


@pytest.fixture
def run(hub: Hub, tmp_path: Path) -> Run:
    """The command, with an empty cache and nobody signed in."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    settings = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wt_backend", "models", *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
            env=clean | settings,
        )

    return run


@pytest.mark.parametrize("name", ["r75b", "hf://haoz19/object-model-6layer"])
def test_the_licence_is_shown_under_every_name(run: Run, tmp_path: Path, name: str) -> None:
    done = run("download", name)
    assert done.returncode == 2 and "not accepted" in done.stderr
    assert "CC BY-NC-ND 4.0 (https://creativecommons.org/" in done.stdout and "6.8 GB" in done.stdout
    assert not list(tmp_path.rglob("model.pt"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("typed", [b"\x04", b"n\n"])
def test_whoever_ends_the_input_has_not_accepted(typed: bytes) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wt_backend", "models", "download", "object"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            os.write(ours, typed)
            printed, errors = process.communicate(timeout=60)
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)
    assert b"accept the licence?" in printed and b"not accepted" in errors
    assert process.returncode == 2 and b"Traceback" not in errors


def test_what_cannot_be_a_name_is_said(run: Run) -> None:
    done = run("download", "hf://owner/na me", "--accept-licence")
    assert done.returncode == 2 and "'owner/na me' cannot be the name of a repository" in done.stderr


def test_a_repository_that_nobody_listed(run: Run) -> None:
    address = "hf://owner/good"
    assert "on its page" in run("download", address).stdout
    done = run("download", address, "--accept-licence")
    assert done.returncode == 0, done.stderr
    path, checksum = done.stdout.splitlines()[-2:]
    assert Path(path).is_file() and checksum.startswith("sha256 ")
    assert run("download", address).returncode == 0  # it is here: nothing to accept
    assert run("verify", address).stdout.strip() == f"{address}: intact"


def test_a_refusal_is_a_sentence_with_the_page_to_ask_at(run: Run, hub: Hub) -> None:
    done = run("download", "hf://owner/gated", "--accept-licence")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"Ask for access at {hub.address}/owner/gated" in done.stderr
