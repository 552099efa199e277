"""Building the managed environment with the real uv, from a folder of small wheels: no network, seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pytest

from blender_addon.backend import environment, installation
from blender_addon.backend.environment import (
    EnvironmentState,
    current_environment,
    environment_state,
    finish_environment,
    of_any_length,
    remove_environment,
)
from blender_addon.backend.installation import Installation, Plan, Stage, Status, requirement, tiny_picture
from blender_addon.backend.interpreter import find_interpreter
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, StackInfo

UV = shutil.which("uv", path=str(Path(sys.executable).parent))
ROOT = Path(__file__).resolve().parents[3]
MAIN = """
import pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
{act}
shutil.copy(here / "try.wts", sys.argv[sys.argv.index("--out") + 1])
"""

MakePlan = Callable[..., Plan]


def small_stack(path: Path) -> None:
    """A sound layer stack of one layer."""
    z = np.full((1, 4, 4), 2.0, np.float32)
    info = StackInfo("relative", "stand-in", "", {}, 0, 1, "", "", (4, 4), "object")
    LayerStack(
        np.stack([z * 0, z * 0, z], -1),
        np.ones((1, 4, 4), bool),
        np.zeros((4, 4, 4), np.uint8),
        np.array([[4.0, 0, 2], [0, 4.0, 2], [0, 0, 1]]),
        np.array([[1.0, 0, 0], [0, 1, 0]]),
        info,
    ).save(path)


def write_wheel(folder: Path, name: str, version: str, files: dict[str, bytes], metadata: str = "") -> Path:
    """A minimal wheel."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{entry},,\n" for entry in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in (files | {f"{info}/RECORD": record.encode()}).items():
            archive.writestr(entry, content)
    return path


def write_backend(folder: Path, version: str = "0.1.0", act: str = "") -> Path:
    """A stand-in for the wheel of wt_backend: traces by copying a stack, after it has done `act`."""
    stack = folder / "try.wts"
    small_stack(stack)
    files = {
        "wt_backend/__init__.py": b"",
        "wt_backend/__main__.py": MAIN.format(act=act).encode(),
        "wt_backend/try.wts": stack.read_bytes(),
    }
    extra = "Provides-Extra: worker\nRequires-Dist: small-dependency==1.0; extra == 'worker'\n"
    return write_wheel(folder, "wt_backend", version, files, extra)


@pytest.fixture(scope="module")
def uv_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The uv of the test environment, packed as its wheel is."""
    assert UV, "uv is not installed in this environment; run `python build.py setup`"
    path = tmp_path_factory.mktemp("uv") / "uv-0.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(UV, "uv-0.0.0.data/scripts/uv")
    return path


@pytest.fixture
def make_plan(tmp_path: Path, uv_wheel: Path) -> MakePlan:
    """Plans over a folder of wheels; the backend's wheel does what it is told to."""

    def make(version: str = "0.1.0", act: str = "", root: str = "a röot") -> Plan:
        wheels = tmp_path / f"wheels {version}"
        wheels.mkdir(exist_ok=True)
        if not (wheels / uv_wheel.name).exists():
            os.link(uv_wheel, wheels / uv_wheel.name)
        write_wheel(wheels, "small_dependency", "1.0", {"small_dependency.py": b""})
        wheel = write_backend(wheels, version, act)
        return Plan(
            tmp_path / root, requirement(wheel), version, "cpu", wheels, sys.executable, free_bytes=10**6
        )

    return make


def install(plan: Plan) -> Status:
    installation = Installation(plan)
    installation.start()
    return installation.wait(60)


def runs(root: Path) -> bool:
    """Whether the environment that counts can trace."""
    found = current_environment(root)
    out = root / "out.wts"
    return (
        found is not None
        and subprocess.run([found.python, "-P", "-m", "wt_backend", "--out", out], check=False).returncode
        == 0
        and out.is_file()
    )


@pytest.mark.parametrize("root", ["plain", "with spaces", "ünï côdé", "deep/er/still"])
def test_a_fresh_installation_is_ready(make_plan: MakePlan, root: str) -> None:
    plan = make_plan(root=root)
    assert environment_state(plan.root, plan.version) is EnvironmentState.NOT_INSTALLED
    status = install(plan)
    assert (status.error, status.stage, status.running) == (None, Stage.DONE, False)
    assert environment_state(plan.root, plan.version) is EnvironmentState.READY
    assert runs(plan.root)
    found = find_interpreter("", plan.root, {})
    assert Path(found.python).is_file() and found.package_folder is None


def test_a_folder_of_wheels_may_have_any_name(make_plan: MakePlan, tmp_path: Path) -> None:
    plan = make_plan()
    wheels = plan.wheels.rename(tmp_path / "Wheels, 2026 #1 100%20 ü")
    wheel = next(wheels.glob("wt_backend-*.whl"))
    status = install(replace(plan, wheels=wheels, requirement=requirement(wheel)))
    assert status.error is None and runs(plan.root)


def test_an_upgrade_replaces_the_old_environment(make_plan: MakePlan) -> None:
    plan = make_plan()
    install(plan)
    assert environment_state(plan.root, "0.2.0") is EnvironmentState.OUTDATED
    assert install(make_plan("0.2.0")).error is None
    assert environment_state(plan.root, "0.2.0") is EnvironmentState.READY
    assert [path.name for path in plan.root.glob("env-*")] == ["env-2"] and runs(plan.root)


def test_an_upgrade_leaves_the_old_environment_to_a_job_that_runs(make_plan: MakePlan) -> None:
    plan = make_plan()
    install(plan)
    working = threading.Event()
    working.set()
    upgrade = Installation(make_plan("0.2.0"), working.is_set)
    upgrade.start()
    wait_until(lambda: not upgrade.status.running)
    assert upgrade.status.error is None and current_environment(plan.root).version == "0.2.0"
    assert (plan.root / "env-1" / "bin" / "python").exists()
    working.clear()
    upgrade.wait(30)
    assert [path.name for path in plan.root.glob("env-*")] == ["env-2"]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("sys.exit('ImportError: libGL.so.1: cannot open shared object file')", "system library"),
        ("sys.exit('RuntimeError: no kernel image is available for execution on the device')", "other GPUs"),
        ("(here / 'try.wts').write_bytes(b'rubbish')", "first trace went wrong"),
    ],
)
def test_a_failed_upgrade_leaves_the_old_one_at_work(make_plan: MakePlan, act: str, words: str) -> None:
    plan = make_plan()
    install(plan)
    status = install(make_plan("0.2.0", act))
    assert status.error is not None and words in status.error.message and status.error.hint
    assert current_environment(plan.root).version == "0.1.0" and runs(plan.root)
    assert install(make_plan("0.2.0")).error is None  # and the next attempt repairs it
    assert current_environment(plan.root).version == "0.2.0"


def test_a_cancelled_installation_is_incomplete_and_goes_on(make_plan: MakePlan) -> None:
    plan = make_plan(act="time.sleep(60)")
    installation = Installation(plan)
    installation.start()
    wait_until(lambda: installation.status.stage is Stage.VERIFY)
    asked = time.monotonic()
    installation.cancel()
    status = installation.wait(10)
    assert time.monotonic() - asked < 2.0
    assert status.error is not None and status.error.kind == "cancelled"
    assert environment_state(plan.root, plan.version) is EnvironmentState.INCOMPLETE
    assert install(make_plan()).error is None
    assert environment_state(plan.root, plan.version) is EnvironmentState.READY


def test_what_a_killed_blender_left_behind_is_repaired(make_plan: MakePlan) -> None:
    plan = make_plan()
    (plan.root / "env-1" / "lib").mkdir(parents=True)
    (plan.root / "current.json.part").write_text('{"fol')
    assert environment_state(plan.root, plan.version) is EnvironmentState.INCOMPLETE
    assert install(plan).error is None
    assert environment_state(plan.root, plan.version) is EnvironmentState.READY
    assert not (plan.root / "env-1").exists()


def test_a_leftover_that_cannot_be_removed_is_no_obstacle(make_plan: MakePlan) -> None:
    """As one that a virus scanner holds, or with paths that are too long for Windows."""
    plan = make_plan()
    held = plan.root / "env-1" / "held"
    held.mkdir(parents=True)
    (held / "file").touch()
    with read_only(held):
        assert install(plan).error is None and runs(plan.root)
        with pytest.raises(BackendError, match=r"a röot cannot be removed: .*\(file\)"):
            remove_environment(plan.root)
    assert install(plan).error is None and not held.exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\Users\\Zoë B\\env-1", "\\\\?\\C:\\Users\\Zoë B\\env-1"),
        ("\\\\server\\home\\env-1", "\\\\?\\UNC\\server\\home\\env-1"),
        ("\\\\?\\C:\\env-1", "\\\\?\\C:\\env-1"),
    ],
)
def test_paths_of_windows_may_have_any_length(path: str, expected: str) -> None:
    assert of_any_length(PureWindowsPath(path), "nt") == expected
    assert of_any_length(PurePosixPath("/home/env-1"), "posix") == "/home/env-1"


def test_an_environment_that_lost_its_python_is_not_ready(make_plan: MakePlan) -> None:
    plan = make_plan()
    install(plan)
    current_environment(plan.root).python.unlink()
    assert environment_state(plan.root, plan.version) is EnvironmentState.INCOMPLETE
    assert install(plan).error is None and runs(plan.root)


def test_a_damaged_wheel_is_said(make_plan: MakePlan) -> None:
    plan = make_plan()
    wheel = next(plan.wheels.glob("wt_backend-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-200])
    status = install(plan)
    assert status.error is not None and status.error.message == "A download is damaged."
    assert environment_state(plan.root, plan.version) is EnvironmentState.INCOMPLETE


def test_a_damaged_installer_ends_the_attempt(make_plan: MakePlan) -> None:
    plan = make_plan()
    wheel = next(plan.wheels.glob("uv-*.whl"))
    wheel.unlink()  # a link to that of the other tests
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("uv-0.0.0.data/scripts/uv", "a program" * 100)
    content = wheel.read_bytes()
    start = content.index(b"scripts/uv") + len("scripts/uv")
    wheel.write_bytes(content[:start] + b"\xff\xff\xff" + content[start + 3 :])
    status = install(plan)
    assert not status.running and status.error is not None
    assert "cannot be unpacked" in status.error.message and status.error.hint


def test_what_nobody_foresaw_ends_the_attempt_with_a_log(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_values: object) -> Path:
        raise LookupError("no such thing")

    monkeypatch.setattr(installation, "provide_uv", fail)
    plan = make_plan()
    status = install(plan)
    assert not status.running and status.error is not None
    assert "no such thing" in status.error.message and status.error.log in status.error.hint
    assert "raise LookupError" in Path(status.error.log).read_text()


def test_a_missing_wheel_is_said(make_plan: MakePlan) -> None:
    plan = make_plan()
    next(plan.wheels.glob("small_dependency*.whl")).unlink()
    status = install(plan)
    assert status.error is not None and "not there" in status.error.message
    assert "folder of wheels" in status.error.hint


def test_a_folder_without_uv_is_said(make_plan: MakePlan) -> None:
    plan = make_plan()
    next(plan.wheels.glob("uv-*.whl")).unlink()
    assert "no uv wheel" in install(plan).error.message


def test_a_python_that_is_none_is_said(make_plan: MakePlan, tmp_path: Path) -> None:
    status = install(replace(make_plan(), python=str(tmp_path / "no python")))
    assert status.error is not None and "No suitable Python" in status.error.message


def test_too_little_space_is_said_before_anything_is_written(make_plan: MakePlan) -> None:
    plan = replace(make_plan(), free_bytes=10**18)
    status = install(plan)
    assert (
        status.error is not None
        and status.error.kind == "disk_full"
        and "GB are free" in status.error.message
        and "CPU needs 3 GB" in status.error.hint
    )
    assert not list(plan.root.glob("env-*"))


def test_a_root_that_cannot_be_made_is_said(make_plan: MakePlan, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status = install(replace(make_plan(), root=tmp_path / "file" / "root"))
    assert status.error is not None and not status.running


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_folder_whose_name_is_no_text_ends_the_attempt(make_plan: MakePlan) -> None:
    """uv refuses it; the log that tells so has to be written."""
    status = install(make_plan(root="caf\udce9"))
    assert not status.running and status.error is not None and "UTF-8" in status.error.message


def test_two_blenders_do_not_install_at_once(make_plan: MakePlan) -> None:
    first = Installation(make_plan(act="time.sleep(60)"))
    first.start()
    wait_until(lambda: first.status.stage is Stage.VERIFY)
    assert install(make_plan("0.2.0")).error.message == "Another Blender is installing the backend."
    with pytest.raises(BackendError, match="Another Blender is installing"):
        remove_environment(first.plan.root)
    assert (first.plan.root / "env-1").is_dir()
    first.cancel()
    first.wait(10)
    assert install(make_plan("0.2.0")).error is None


HOLDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from blender_addon.backend.lock import only_one
with only_one(Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_processes_do_not_install_at_once_and_a_killed_one_lets_go(make_plan: MakePlan) -> None:
    plan = make_plan()
    lock = plan.root / "install.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(ROOT), str(lock)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        assert install(plan).error.message == "Another Blender is installing the backend."
        assert not list(plan.root.glob("env-*"))
    finally:
        holder.kill()
        holder.wait(10)
        holder.stdout.close()
    assert install(plan).error is None


def test_a_read_only_folder_is_said(make_plan: MakePlan) -> None:
    plan = make_plan()
    plan.root.mkdir(parents=True)
    with read_only(plan.root):
        status = install(plan)
    assert status.error is not None and status.error.kind == "access" and "cannot be" in status.error.message
    assert not any(plan.root.iterdir())


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody can write to: root, whom modes do not stop, is stopped by its attributes."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
    elif subprocess.run(["chattr", "+i", folder], check=False, capture_output=True).returncode:
        pytest.skip("this file system knows no immutable folders")
    else:
        yield
        subprocess.run(["chattr", "-i", folder], check=True)


def test_remove_takes_everything_but_strangers(make_plan: MakePlan) -> None:
    plan = make_plan()
    install(plan)
    (plan.root / "env-mine").mkdir()
    remove_environment(plan.root)
    assert environment_state(plan.root, plan.version) is EnvironmentState.NOT_INSTALLED
    assert {path.name for path in plan.root.iterdir()} == {"env-mine", "install.lock", "install.log"}


@pytest.mark.parametrize("held", ["env-1", "python"])
def test_a_removal_that_fails_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    for name in ("env-1", "uv", "python"):
        (tmp_path / name).mkdir()
    finish_environment(tmp_path, tmp_path / "env-1", "0.1.0", "cpu")
    remove = shutil.rmtree

    def refuse(folder: str) -> None:
        if Path(folder).name == held:
            raise PermissionError(13, "in use", folder)
        remove(folder)

    with monkeypatch.context() as patch:
        patch.setattr(environment.shutil, "rmtree", refuse)
        with pytest.raises(BackendError, match="cannot be removed"):
            remove_environment(tmp_path)
    assert environment_state(tmp_path, "0.1.0") is EnvironmentState.INCOMPLETE  # Remove is not grey
    remove_environment(tmp_path)
    assert environment_state(tmp_path, "0.1.0") is EnvironmentState.NOT_INSTALLED


def test_the_tiny_picture_is_a_picture(tmp_path: Path) -> None:
    import cv2

    image = cv2.imdecode(np.frombuffer(tiny_picture(), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (64, 64, 3) and (image[0, 0] == 255).all() and image[32, 32].max() == 240


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)
