"""What build.py's commands say when they cannot go on: a sentence, and an exit status that CI tells apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import environment, gui, trace
from devtools.checks import all_of
from devtools.process import ROOT, BuildError, Unavailable, capture, run


def build(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run build.py from another folder, as a person may."""
    command = [sys.executable, str(ROOT / "build.py"), *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=300, check=False)


def test_unknown_blender_version_is_named() -> None:
    done = build("test-matrix", "--blender", "2.79")
    assert done.returncode == 1
    assert "lists Blender" in done.stderr and "2.79" in done.stderr
    assert "Traceback" not in done.stderr


def test_program_that_fails_hangs_or_is_missing() -> None:
    with pytest.raises(BuildError, match=r"Trying failed \(exit status 3\)"):
        run([sys.executable, "-c", "raise SystemExit(3)"], what="Trying", timeout=60)
    with pytest.raises(BuildError, match="Trying was stopped after 1 s"):
        run([sys.executable, "-c", "import time; time.sleep(30)"], what="Trying", timeout=1)
    with pytest.raises(BuildError, match="no-such-program does not exist"):
        capture(["no-such-program"], what="Trying", timeout=1)


def test_quiet_program_is_quoted_when_it_fails() -> None:
    with pytest.raises(BuildError, match="because of this"):
        capture([sys.executable, "-c", "raise SystemExit('because of this')"], what="Trying", timeout=60)


def test_all_steps_run_and_all_failures_are_named() -> None:
    done = []

    def step(name: str, good: bool) -> None:
        done.append(name)
        if not good:
            raise BuildError(f"{name} failed")

    with pytest.raises(BuildError, match="a failed\nc failed"):
        all_of([lambda: step("a", False), lambda: step("b", True), lambda: step("c", False)])
    assert done == ["a", "b", "c"]


def test_window_tests_without_root_are_unavailable_not_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WT_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unavailable, match="needs root") as caught:
        gui.ensure_chroot("sid")
    assert caught.value.status == 3


def test_too_little_space_is_said_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "FREE_GB", 10**6)
    with pytest.raises(BuildError, match="GB free and the environment needs"):
        environment._check_space()


def test_bundled_photographs_are_there() -> None:
    assert len(trace.samples()) >= 2


def test_trace_into_a_place_that_is_no_folder_is_a_sentence(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file", encoding="utf-8")
    done = build("trace", "--out", str(taken / "results"))
    assert done.returncode == 1
    assert f"The folder {taken / 'results'}" in done.stderr and "--out" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("steps", ["0", "-1", "1001", "many"])
def test_steps_out_of_range_are_refused_before_anything_starts(steps: str) -> None:
    done = build("trace", "--steps", steps)
    assert done.returncode == 2 and "is no number of steps; choose 1 to 1000" in done.stderr


def test_a_failed_trace_is_said_once_and_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    done = build("trace", str(tmp_path / "broken.png"), "--out", str(tmp_path / "results"))
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("broken.png is damaged") == 1
    assert not (tmp_path / "results").exists()


def test_a_file_of_weights_is_found_from_the_folder_of_the_caller(tmp_path: Path) -> None:
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes(b"no weights")
    model = str(weights.relative_to(weights.anchor))  # `build` runs in /, the job elsewhere
    done = build(
        "trace", str(ROOT / "samples" / "cup.jpg"), "--out", str(tmp_path / "results"), "--model", model
    )
    assert done.returncode == 1 and f"{weights}" in done.stdout + done.stderr
    assert "There is no model" not in done.stdout + done.stderr


def test_a_missing_image_is_said_before_blender_starts(tmp_path: Path) -> None:
    done = build("trace", str(tmp_path / "none.png"), "--out", str(tmp_path / "results"))
    assert done.returncode == 1 and f"There is no file {tmp_path / 'none.png'}" in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.skipif(os.name == "nt", reason="links take a privilege there")
def test_a_photograph_that_is_a_link_goes_by_its_own_name(tmp_path: Path) -> None:
    """What it leads to may be named by a checksum; --project looked for results under the link's name."""
    (tmp_path / "photo.png").symlink_to(tmp_path / "0a1b2c")
    done = build("trace", str(tmp_path / "photo.png"), "--out", str(tmp_path / "results"))
    assert done.returncode == 1 and f"There is no file {tmp_path / 'photo.png'}" in done.stderr


def test_a_photograph_may_have_a_number_sign_in_its_name(tmp_path: Path) -> None:
    photograph = tmp_path / "photo #2.jpg"
    photograph.write_bytes(b"any")
    assert not trace.is_footage(photograph)
    assert trace.is_footage(tmp_path / "frame.####.png") and trace.is_footage(tmp_path)


def test_footage_is_not_projected_after_hours_of_tracing(tmp_path: Path) -> None:
    mesh, clip = tmp_path / "mesh.obj", tmp_path / "clip.mp4"
    done = build("trace", str(clip), "--project", str(mesh))
    assert done.returncode == 1 and "clip.mp4 is footage" in done.stderr


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    done = build("package", "--out", str(tmp_path / "taken" / "dist"))
    assert done.returncode == 1
    assert f"package stopped: [Errno 20] Not a directory: '{tmp_path / 'taken' / 'dist'}'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-u", str(ROOT / "build.py"), "trace", "--out", str(tmp_path / "out")]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    assert running.stdout is not None
    while "Tracing" not in running.stdout.readline():
        assert running.poll() is None
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130 and errors.rstrip().endswith("Stopped.")
    assert 'build.py", line' not in errors
