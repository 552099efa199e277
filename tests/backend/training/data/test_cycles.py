"""Cycles and our own tracer see the same thing through the same camera."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wt_backend.training.data import Sample, generate
from wt_backend.training.data.checks import reprojection_error, unordered_pixels

SCRIPT = Path(__file__).resolve().parents[4] / "scripts" / "render_cycles.py"


@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="needs the bpy module")
def test_cycles_sees_what_the_tracer_sees(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--out", str(tmp_path), "--kind", "object", "--count", "2"]
    command += ["--views", "1", "--size", "64", "--samples", "4", "--seed", "21", "--pairs"]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".npz", ".npz", ".png", ".png", ".wts", ".wts"]
    for index in range(2):
        sample = Sample.load(tmp_path / f"21_{index:06d}_0.npz")
        assert unordered_pixels(sample.depth) == 0
        assert reprojection_error(sample) < 1e-3
        assert ((sample.alpha > 127) == (sample.depth[0] > 0)).mean() > 0.99
        assert sample.rgb[sample.depth[0] > 0].std() > 2, "lit, not black"
        same = generate(21, index, 64, "object")[0]
        np.testing.assert_allclose(sample.intrinsics, same.intrinsics)
        np.testing.assert_allclose(sample.depth, same.depth, atol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="needs the bpy module")
def test_numbers_out_of_bounds_are_refused_before_an_hour_of_rendering(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--out", str(tmp_path / "new"), "--seed=-1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and "argument --seed: -1 is below 0" in done.stderr
    assert not (tmp_path / "new").exists()
