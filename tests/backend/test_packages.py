"""A Python without the worker's packages says which, whatever it is asked."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import cv2
import numpy as np
import pytest

from wt_backend.methods import as_backend_error
from wt_backend.packages import NEEDED

ROOT = Path(__file__).resolve().parents[2]
WORKER = f"import sys; sys.path.append({str(ROOT)!r}); from wt_backend import worker; worker.main()"


def test_the_packages_are_those_of_the_worker_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = [*project["dependencies"], *project["optional-dependencies"]["worker"]]
    assert set(NEEDED.values()) == {pin.partition("=")[0].partition(">")[0].strip() for pin in pins}


def test_what_is_imported_is_pinned_by_us_and_not_only_by_what_brings_it() -> None:
    imported = set()
    for path in (ROOT / "wt_backend").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    pins = [*project["dependencies"], *extras["worker"], *extras["train"]]
    pinned = {plain_name(re.split("[=>]", pin)[0]) for pin in pins}
    brought_by = packages_distributions()  # knows no module that is one library file
    foreign = imported - set(sys.stdlib_module_names) - {"wt_backend"}
    assert {n for n in foreign if not pinned & {plain_name(p) for p in (n, *brought_by.get(n, ()))}} == set()


def plain_name(package: str) -> str:
    return package.lower().replace("_", "-")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("initialize", {}),
        ("trace", {"image": "/a.png", "output": "/a.wts"}),
        ("models/verify", {"model": "wt-mini"}),
        ("geometry/fill_colour", {"stack": "/a.wts", "output": "/"}),
    ],
)
def test_a_python_without_packages_says_so(method: str, params: dict[str, str], tmp_path: Path) -> None:
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n"
    bare = subprocess.Popen(
        [sys.executable, "-S", "-c", WORKER],  # -S: its packages are not found
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "WT_LOG_DIR": str(tmp_path), "PYTHONPATH": ""},
        text=True,
    )
    assert bare.stdin is not None and bare.stdout is not None
    with bare:
        bare.stdin.write(question)
        bare.stdin.flush()
        error = next(answer["error"] for line in bare.stdout if "error" in (answer := json.loads(line)))
    assert error["data"]["kind"] == "model_missing" and "Install Backend" in error["data"]["hint"]
    assert "torch" in error["message"] and sys.executable in error["message"]


def test_a_missing_module_of_our_own_is_a_mistake_of_ours() -> None:
    assert as_backend_error(ModuleNotFoundError("no", name="wt_backend.nothing")).kind == "internal"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("CUDA error: no kernel image is available for execution\nCompile with"), "this GPU"),
        (RuntimeError("The NVIDIA driver on your system is too old (found version 11040)."), "this GPU"),
        (ImportError("libGL.so.1: cannot open shared object file"), "libGL"),
        (OSError("libcudnn.so.9: cannot open shared object file: No such file or directory"), "libcudnn"),
        (
            OSError('[WinError 126] Module not found. Error loading "c10.dll" or one of its dependencies.'),
            "c10",
        ),
    ],
)
def test_a_library_that_does_not_fit_the_machine_is_said(error: Exception, words: str) -> None:
    found = as_backend_error(error)
    assert found.kind == "model_missing" and words in found.message and found.hint
    assert "\n" not in found.message and not found.message.endswith("..")


def test_a_paging_file_that_is_too_small_is_memory() -> None:
    error = OSError('[WinError 1455] Too small. Error loading "cudnn.dll" or one of its dependencies.')
    assert as_backend_error(error).kind == "out_of_memory"


def test_opencv_without_memory_is_no_mistake_of_ours() -> None:
    with pytest.raises(cv2.error) as caught:
        cv2.resize(np.zeros((2, 2), np.uint8), (1_000_000, 1_000_000_000))
    assert as_backend_error(caught.value).kind == "out_of_memory"
