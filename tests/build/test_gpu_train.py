"""The recipe for a borrowed GPU machine, rehearsed here from its start to the joined weights."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from devtools.process import ROOT
from tests.tiny_run import TINY_RUN

RUN = (
    TINY_RUN
    + """\
[data]
workers = 0
[[stages]]
size = 28
images = 1
draws = 1
steps = 2
"""
)


def recipe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as on the machine: this Python is `python3` there. $OUT is named from where it runs."""
    out = os.path.relpath(folder / "out", ROOT)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"WT_GPU_HOME": str(folder / "wt"), "OUT": out, "PATH": path}
    command = ["bash", str(ROOT / "scripts" / "gpu_train.sh"), *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_start_wait_collect_join(tmp_path: Path) -> None:
    (tmp_path / "my run.toml").write_text(RUN)
    started = recipe(tmp_path, "start", str(tmp_path / "my run.toml"))
    assert started.returncode == 0, started.stderr
    waited = recipe(tmp_path, "wait", "100")
    assert waited.returncode == 0 and "The training is done." in waited.stdout, waited.stdout + waited.stderr
    collected = recipe(tmp_path, "collect")
    assert collected.returncode == 0, collected.stderr
    out = tmp_path / "out"
    pieces = sorted(out.glob("wt-mini.safetensors.*"))
    others = {path.name for path in out.iterdir()} - {path.name for path in pieces}
    assert others == {
        "sha256.txt",
        "sheet.png",
        "tensorboard.tgz",
        "train.log",
        "validation.jsonl",
        "wt-mini.json",
    }
    join = "cat wt-mini.safetensors.?? > wt-mini.safetensors && sha256sum -c sha256.txt"  # docs/training.md
    assert join in (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    joined = subprocess.run(["bash", "-c", join], cwd=out, capture_output=True, text=True, check=True)
    assert "wt-mini.safetensors: OK" in joined.stdout


def test_waiting_for_what_was_not_started_is_one_sentence(tmp_path: Path) -> None:
    waited = recipe(tmp_path, "wait", "1")
    assert waited.returncode == 1 and waited.stdout == ""
    assert waited.stderr.startswith("No trainer was started in") and waited.stderr.count("\n") == 1


def test_a_run_that_cannot_start_or_fails_is_reported(tmp_path: Path) -> None:
    unknown = recipe(tmp_path, "start", "no-such-run")
    assert unknown.returncode == 1 and unknown.stderr.startswith(
        "There is no file no-such-run. Runs that ship:"
    )
    assert unknown.stderr.count("\n") == 1
    (tmp_path / "run.toml").write_text(f'initial_weights = "no-such-model"\n{RUN}')
    assert recipe(tmp_path, "start", str(tmp_path / "run.toml")).returncode == 0
    waited = recipe(tmp_path, "wait", "60")
    assert waited.returncode == 1 and "no-such-model" in waited.stdout
    assert recipe(tmp_path, "collect").returncode != 0
    assert "no-such-model" in (tmp_path / "out" / "train.log").read_text()
