"""`build.py setup` on a small project of the same shape: fresh, again, broken, offline, in a spaced path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devtools import environment
from devtools.process import ROOT, BuildError

PYPROJECT = """
[build-system]
requires = ["hatchling==1.33.0"]
build-backend = "hatchling.build"

[project]
name = "wt_backend"
version = "0.1.0"
dependencies = []

[project.optional-dependencies]
worker = ["iniconfig==2.3.0"]
train = []
dev = []

[tool.hatch.build.targets.wheel]
packages = ["wt_backend"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one small dependency, set up once, in a path with spaces and non-ASCII letters."""
    root = tmp_path_factory.mktemp("wörk") / "my project"
    (root / "wt_backend").mkdir(parents=True)
    (root / "wt_backend" / "__init__.py").touch()
    (root / "pyproject.toml").write_text(PYPROJECT)
    shutil.copy(ROOT / "build.py", root)
    shutil.copytree(ROOT / "devtools", root / "devtools", ignore=shutil.ignore_patterns("__pycache__"))
    done = setup(root)
    assert done.returncode == 0, done.stderr
    return root


def setup(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `build.py setup` as a user does, with the bare Python."""
    python = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run(
        [python, "build.py", "setup"],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def importable(root: Path) -> bool:
    """Whether the environment holds the dependency and, from anywhere, the project's own package."""
    check = [str(root / ".venv/bin/python"), "-c", "import iniconfig, wt_backend; print(wt_backend.__file__)"]
    done = subprocess.run(check, cwd="/", capture_output=True, text=True, timeout=60, check=False)
    return str(root) in done.stdout


def test_fresh(project: Path) -> None:
    assert importable(project)


def test_second_time_is_quick_and_quiet(project: Path) -> None:
    start = time.monotonic()
    done = setup(project)
    assert done.returncode == 0
    assert time.monotonic() - start < 5
    assert "Installing" not in done.stdout


def test_deleted_file_is_repaired(project: Path) -> None:
    (damaged,) = project.glob(".venv/lib/python*/site-packages/iniconfig/__init__.py")
    damaged.unlink()
    done = setup(project)
    assert done.returncode == 0, done.stderr
    assert "Repairing iniconfig" in done.stdout
    assert importable(project)


def test_environment_without_its_python_is_made_anew(project: Path) -> None:
    for python in (project / ".venv" / "bin").glob("python*"):
        python.unlink()
    done = setup(project)
    assert done.returncode == 0, done.stderr
    assert importable(project)


def test_changed_pin_is_installed_and_no_index_is_a_sentence(project: Path) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(PYPROJECT.replace("2.3.0", "2.1.0"))
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_NO_CACHE_DIR": "1"}
    offline = {**nowhere, "PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": ""}
    done = setup(project, **offline)
    assert done.returncode == 1
    assert "package index cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    done = setup(project)
    assert done.returncode == 0, done.stderr
    assert importable(project)


def test_a_python_that_does_not_work_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shim of pyenv is on PATH for every version that any environment has, and answers with an error."""
    shim = tmp_path / "shims" / "python3.11"
    managed = tmp_path / "pyenv" / "versions" / "3.11.9" / "bin" / "python3.11"
    for path in (shim, managed):
        path.parent.mkdir(parents=True)
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.11: command not found' >&2; exit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    with pytest.raises(BuildError, match=r"needs python3\.11; install it"):
        environment.interpreter("3.11")
    managed.symlink_to(getattr(sys, "_base_executable", sys.executable))
    assert environment.interpreter("3.11") == managed


def test_what_pip_says_is_found_behind_letters_of_two_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log was cut by bytes in text: the more umlauts, the more of the reason was lost."""
    log, python = tmp_path / "setup.log", tmp_path / "python"
    log.write_text("ü" * 500 + "\n", encoding="utf-8")
    python.write_text("#!/bin/sh\necho 'No space left on device'\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(environment, "LOG", log)
    monkeypatch.setattr(environment, "VENV_PYTHON", python)
    with pytest.raises(BuildError, match="the disk is full"):
        environment._pip("install", "something")


def test_a_python_that_does_not_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(command: list[str], **_options: object) -> None:
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(environment.subprocess, "run", never)
    assert environment._version(Path("python")) == () and not environment._runs(Path("python"))
    with pytest.raises(BuildError, match="has not answered for 60 seconds"):
        environment._damaged(["numpy==1"])
