"""Words of uv and PyTorch → sentences."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blender_addon.backend.hardware import torch_backend
from blender_addon.backend.install_errors import explain


@pytest.mark.parametrize(
    ("output", "kind", "words"),
    [
        ("error: failed to write: No space left on device (os error 28)", "disk_full", "disk is full"),
        (
            "error sending request\n  Caused by: dns error: failed to lookup address",
            "network",
            "reached",
        ),
        ("HTTP status client error (407 Proxy Authentication Required)", "network", "proxy"),
        ("invalid peer certificate: UnknownIssuer", "network", "certificate"),
        ("failed to rename file: Access is denied. (os error 5)", "access", "written"),
        ("The process cannot access the file because it is being used by another process", "access", "holds"),
        ("× No solution found when resolving dependencies: torch was not found", "access", "not there"),
        (
            "× No solution found\nhint: You require CPython 3.13 (`cp313`), but we only found wheels for "
            "`fast-simplification` (v0.2.0) with the following Python ABI tag: `cp311`",
            "access",
            "for Python 3.11, but the environment would have Python 3.13",
        ),
        ("Hash mismatch for `torch==2.13.0`", "network", "damaged"),
        (
            "CUDA error: no kernel image is available for execution on the device",
            "model_missing",
            "other GPUs",
        ),
        ("ImportError: DLL load failed while importing _C", "model_missing", "library"),
        (
            "OSError: [WinError 126] Das angegebene Modul wurde nicht gefunden. Error loading "
            '"C:\\Users\\Zoë\\env-1\\Lib\\site-packages\\torch\\lib\\c10.dll" or one of its dependencies.',
            "model_missing",
            "library",
        ),
        (
            "OSError: [WinError 1455] The paging file is too small for this operation to complete. "
            'Error loading "cudnn.dll" or one of its dependencies.',
            "out_of_memory",
            "memory",
        ),
        (
            '  File "torch/fx/proxy.py", line 7, in <module>\n'
            "OSError: libcudnn.so.9: cannot open shared object file: No such file or directory",
            "model_missing",
            "library",
        ),
    ],
)
def test_known_causes(output: str, kind: str, words: str) -> None:
    error = explain(output, "Installing packages", "/log")
    assert error.kind == kind and words in error.message and error.hint and error.log == "/log"


def test_an_unknown_cause_quotes_the_last_line_and_names_the_log() -> None:
    error = explain("one\n\nsomething strange\n\n", "Installing packages", "/a/log")
    assert error.message == "Installing packages failed: something strange."
    assert "/a/log" in error.hint


@pytest.mark.parametrize(
    ("capability", "build"),
    [(None, "auto"), ((6, 1), "cu126"), ((7, 0), "cu126"), ((7, 5), "auto"), ((12, 0), "auto")],
)
def test_old_gpus_get_the_build_that_still_has_them(capability: tuple[int, int] | None, build: str) -> None:
    assert torch_backend(capability) == build


@pytest.mark.parametrize("build", ["auto", "cpu", "cu126", "cu130", "xpu"])
def test_the_builds_of_the_preferences_are_known_to_uv(build: str, tmp_path: Path) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    command = [
        uv,
        "pip",
        "install",
        "--offline",
        "--target",
        tmp_path,
        "--torch-backend",
        build,
        "no-such-thing",
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "no-such-thing" in output and "invalid value" not in output
