"""The final test set can be made: Cycles takes the picture, and the truth lies on its pixels."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from wt_backend.evaluation.samples import load_sample

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "make_final_set.py"


@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="needs the bpy module")
def test_what_cycles_shows_is_what_the_truth_says(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path), "--meshes", str(tmp_path), "--only", "suzanne"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    sample = load_sample(tmp_path / "suzanne.png")
    truth = sample.truth.mask[0]
    assert sample.mode == "object"
    assert 0.05 < truth.mean() < 0.95
    shown = sample.rgba[..., 3] > 127
    assert (shown & truth).sum() / (shown | truth).sum() > 0.99
    assert sample.truth.mask[1].sum() > 0.5 * truth.sum(), "a head has a back"
