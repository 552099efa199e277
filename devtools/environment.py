"""`.venv`: made once with the versions pinned in pyproject.toml, found complete in a second, or repaired."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from devtools.process import ROOT, VENV, VENV_PYTHON, BuildError, capture, say

PYTHON_VERSION = (3, 11)  # the one Python that bpy 5.0 wheels are made for
EXTRAS = ("worker", "train", "dev")
STAMP = VENV / "world_tracing_setup.sha256"
LOG = VENV / "world_tracing_setup.log"
FREE_GB = 6  # PyTorch with CUDA is the most of it; with its CPU build .venv takes 2.6 (docs/development.md)
INSTALL_TIMEOUT = 3600.0
SYSTEM_LIBRARIES = (
    "libx11-6 libxrender1 libxxf86vm1 libxfixes3 libxi6 libxkbcommon0 libgomp1 libsm6 libice6 libxext6 libgl1"
)
CAUSES = {  # words in pip's output → what to tell
    "No space left": "the disk is full; free {free} GB and run `python build.py setup` again",
    "Permission denied": "a file could not be written; check who owns {root}",
    "NewConnectionError": "the package index cannot be reached; check the network and pip's proxy settings",
    "ConnectTimeoutError": "the package index does not answer; check the network and pip's proxy settings",
    "ProxyError": "the proxy refuses to reach the package index; check pip's proxy settings",
    "Read timed out": "the package index stopped answering; run `python build.py setup` again, it goes on",
    "No matching distribution": "the package index does not have a pinned version for this machine",
    "DO NOT MATCH THE HASHES": "a download was damaged; run `python build.py setup` again",
}


def setup() -> None:
    """Make `.venv` hold exactly what pyproject.toml asks for; quick where it already does."""
    wanted = _fingerprint()
    pins = pinned()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted and not _damaged(pins):
        return
    _check_space()
    STAMP.unlink(missing_ok=True)  # from here until the end the environment counts as incomplete
    if not _runs(VENV_PYTHON):
        _create()
    damaged = [pin for pin in _damaged(pins) if _installed(pin)]
    if damaged:
        say(f"Repairing {', '.join(damaged)}")
        _pip("install", "--force-reinstall", "--no-deps", *damaged)
    say(f"Installing {len(pins)} pinned packages into {VENV} (minutes the first time)")
    _pip("install", "--editable", f"{ROOT}[{','.join(EXTRAS)}]")
    still = _damaged(pins)
    if still:
        raise BuildError(f"After installing, {VENV} still lacks {', '.join(still)}; see {LOG}.")
    if any(pin.startswith("bpy==") for pin in pins):
        _check_bpy()
    STAMP.write_text(wanted, encoding="utf-8")
    say("The environment is complete.")


def pinned() -> list[str]:
    """Every `name==version` of the extras in pyproject.toml, the one place for versions."""
    extras = _pyproject()["project"]["optional-dependencies"]
    return [pin for extra in EXTRAS for pin in extras[extra]]


def _pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _fingerprint() -> str:
    """Hash of what decides the environment's content: dependencies, build system, place, Python."""
    document = _pyproject()
    relevant = [document["build-system"], document["project"], str(ROOT), list(PYTHON_VERSION)]
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()


def _damaged(pins: list[str]) -> list[str]:
    """The pins that `.venv` does not hold completely: all of them where its Python does not even run."""
    check = [str(VENV_PYTHON), "-I", str(ROOT / "devtools" / "check_environment.py"), *pins]
    try:
        done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return pins
    except subprocess.TimeoutExpired as error:
        raise BuildError(
            f"{VENV_PYTHON} has not answered for 60 seconds. Try again when the machine is less busy."
        ) from error
    return done.stdout.split() if done.returncode == 0 else pins


def _installed(pin: str) -> bool:
    """Whether pip would believe that this pin is there already (and so would not mend it by itself)."""
    name, _, version = pin.partition("==")
    stem = name.replace("-", "_").lower()
    found = (path.name.lower() for path in VENV.glob("**/site-packages/*.dist-info"))
    return any(folder.startswith(f"{stem}-{version}") for folder in found)


def _runs(python: Path) -> bool:
    """Whether this is a Python of the wanted version, with pip."""
    question = f"import pip, sys; sys.exit(sys.version_info[:2] != {PYTHON_VERSION})"
    try:
        return subprocess.run([str(python), "-c", question], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _create() -> None:
    base = _base_python()
    say(f"Making {VENV} with {base}")
    if VENV.exists():
        shutil.rmtree(VENV)
    capture([base, "-m", "venv", VENV], what="Making the virtual environment", timeout=300)
    if not _runs(VENV_PYTHON):
        raise BuildError(f"{base} made an environment without pip; on Debian install python3-venv.")


def _base_python() -> Path:
    """A Python of the wanted version: the one running, or one of this machine."""
    running = Path(getattr(sys, "_base_executable", sys.executable))
    return running if _version(running) == PYTHON_VERSION else interpreter(".".join(map(str, PYTHON_VERSION)))


def interpreter(version: str) -> Path:
    """A Python of a version such as "3.11" that works: on PATH, or among pyenv's (whose shims may not)."""
    name = f"python{version}"
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    managed = sorted(home.glob(f"versions/{version}.*/bin/{name}"))
    for candidate in [shutil.which(name), *managed]:
        if candidate and ".".join(map(str, _version(Path(candidate)))) == version:
            return Path(candidate)
    raise BuildError(f"Blender's Python module needs {name}; install it and run `{name} build.py` again.")


def _version(python: Path) -> tuple[int, ...]:
    """Major and minor version; () where this is no Python that works."""
    ask = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        done = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else ()


def _check_space() -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if not VENV.exists() and free < FREE_GB:
        raise BuildError(f"{ROOT} has {free:.1f} GB free and the environment needs {FREE_GB} GB.")


def _pip(*arguments: str) -> None:
    """Run pip in `.venv`, its output in a log; a failure becomes a sentence with the log's name."""
    command = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    environment = {**os.environ, "PIP_PROGRESS_BAR": "off"}
    with LOG.open("a", encoding="utf-8") as log:
        start = log.tell()  # in bytes
        try:
            code = subprocess.run(
                command,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=ROOT,
                timeout=INSTALL_TIMEOUT,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise BuildError(
                f"pip was stopped after {INSTALL_TIMEOUT / 60:.0f} minutes; see {LOG}."
            ) from error
    if code == 0:
        return
    output = LOG.read_bytes()[start:].decode("utf-8", "replace")
    for words, sentence in CAUSES.items():
        if words in output:
            raise BuildError(f"{sentence.format(free=FREE_GB, root=ROOT)} (details: {LOG}).")
    last = [line for line in output.splitlines() if "ERROR" in line][-1:] or ["no reason given"]
    raise BuildError(f"pip could not install the packages: {last[0]} (details: {LOG}).")


def _check_bpy() -> None:
    """Import Blender once: its wheel names no system libraries, so pip cannot have noticed missing ones."""
    try:
        capture([VENV_PYTHON, "-c", "import bpy, os; os._exit(0)"], what="Importing bpy", timeout=300)
    except BuildError as error:
        if "cannot open shared object file" in str(error):
            raise BuildError(
                f"Blender's Python module lacks a system library ({str(error).strip().splitlines()[-1]}). "
                f"On Debian or Ubuntu: apt-get install -y --no-install-recommends {SYSTEM_LIBRARIES}"
            ) from error
        raise
