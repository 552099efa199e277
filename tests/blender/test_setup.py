"""Installing the backend from within Blender: what it says before it begins, and what it would do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import pytest

WORKER_PYTHON = os.environ.get("WT_BACKEND_PYTHON", sys.executable)


@pytest.fixture
def preferences(addon: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.AddonPreferences]:
    """The add-on's preferences, put back afterwards."""
    monkeypatch.delenv("WT_BACKEND_PYTHON", raising=False)
    found = bpy.context.preferences.addons[addon.__name__].preferences
    yield found
    for name in ("wheels", "base_python", "torch_build", "python", "index", "models"):
        found.property_unset(name)


@pytest.fixture
def setup(addon: ModuleType) -> ModuleType:
    return sys.modules[f"{addon.__name__}.backend.setup"]


def test_nothing_is_downloaded_while_blender_is_offline(preferences) -> None:
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match=r"may not go online.*Preferences > System"):
        bpy.ops.world_tracing.install_backend()


def test_a_folder_that_is_not_there_is_said(preferences, tmp_path: Path) -> None:
    preferences.wheels = str(tmp_path / "nowhere")
    with pytest.raises(RuntimeError, match="no folder"):
        bpy.ops.world_tracing.install_backend()


def test_an_empty_folder_is_said_and_leaves_no_environment(preferences, setup, tmp_path: Path) -> None:
    preferences.wheels = str(tmp_path)
    with pytest.raises(RuntimeError, match="no uv wheel"):
        bpy.ops.world_tracing.install_backend()
    assert setup.state().name in {"NOT_INSTALLED", "INCOMPLETE"}


def test_the_plan_installs_the_wheel_that_came_with_the_extension(preferences, setup, tmp_path: Path) -> None:
    preferences.wheels = str(tmp_path)
    plan = setup.make_plan()
    assert plan.requirement.startswith("wt_backend[worker] @ file://")
    assert setup.bundled_wheel().is_file()
    assert plan.python == sys.executable and plan.wheels == tmp_path
    preferences.index = "https://pypi.example.org/simple"
    assert not setup.make_plan().index  # a folder of wheels needs none
    preferences.torch_build = "CU126"
    assert setup.make_plan().torch_backend == "cu126"
    assert plan.root.is_relative_to(Path(bpy.utils.resource_path("USER")))


def test_a_python_that_does_not_exist_is_said(preferences, tmp_path: Path) -> None:
    preferences.python = str(tmp_path / "no python")
    with pytest.raises(RuntimeError, match="interpreter named in the add-on's preferences does not exist"):
        bpy.ops.world_tracing.check_backend()


def test_that_there_was_no_backend_is_not_said_after_its_installation(
    addon, preferences, setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sys.modules[f"{addon.__name__}.backend.session"]
    session.start()
    assert session.notice.message == "The backend is not installed yet."
    preferences.wheels, preferences.base_python = str(tmp_path), sys.executable
    module = sys.modules[f"{addon.__name__}.backend.installation"]
    installation = module.Installation(setup.make_plan())
    monkeypatch.setattr(setup, "_installation", installation)
    assert setup._step() is not None and session.notice is not None
    installation.status = module.Status(module.Stage.DONE, running=False)
    assert setup._step() is None and session.notice is None


def test_remove_is_grey_where_nothing_is_installed(preferences, setup) -> None:
    setup.remove()
    assert not bpy.ops.world_tracing.remove_backend.poll()
    assert not bpy.ops.world_tracing.cancel_install.poll()


def test_a_model_is_not_downloaded_while_blender_is_offline(preferences, stand_in) -> None:
    with pytest.raises(RuntimeError, match="may not go online"):
        bpy.ops.world_tracing.download_model(model="scene")


def test_an_unknown_model_is_said(preferences, stand_in) -> None:
    with pytest.raises(RuntimeError, match="no model 'nothing'"):
        bpy.ops.world_tracing.download_model(model="nothing")


def test_the_bundled_model_is_verified(preferences, stand_in) -> None:
    assert bpy.ops.world_tracing.verify_model(model="wt-mini") == {"FINISHED"}
    with pytest.raises(RuntimeError, match="damaged or incomplete"):
        bpy.ops.world_tracing.verify_model(model="damaged")


@pytest.fixture
def downloaded(addon, preferences, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models that holds one as the Hub's client leaves it, and the real backend to handle it."""
    monkeypatch.setenv("WT_BACKEND_PYTHON", WORKER_PYTHON)
    folder = tmp_path / "mödels"
    repository = folder / "models--haoz19--object-model-6layer"
    for name, content in (("blobs/abc", b"w" * 1000), ("refs/main", b"1f")):
        (repository / name).parent.mkdir(parents=True)
        (repository / name).write_bytes(content)
    (repository / "snapshots" / "1f").mkdir(parents=True)
    (repository / "snapshots" / "1f" / "model.pt").symlink_to("../../blobs/abc")
    preferences.models = str(folder)
    return folder


def is_here(addon, name: str) -> bool:
    return sys.modules[f"{addon.__name__}.backend.session"].model(name)["available"]


def test_a_downloaded_model_is_moved_and_deleted(
    addon, preferences, downloaded: Path, tmp_path: Path
) -> None:
    assert is_here(addon, "object")
    target = tmp_path / "another disk"
    assert bpy.ops.world_tracing.move_models(directory=str(target)) == {"FINISHED"}
    assert Path(preferences.models) == target and is_here(addon, "object") and not any(downloaded.iterdir())
    assert bpy.ops.world_tracing.delete_model(model="object") == {"FINISHED"}
    assert not is_here(addon, "object") and not any(target.iterdir())
    with pytest.raises(RuntimeError, match="not on this machine"):
        bpy.ops.world_tracing.delete_model(model="object")


def test_moved_models_are_found_though_another_file_was_opened_meanwhile(
    addon, scene, preferences, downloaded: Path, tmp_path: Path
) -> None:
    session = sys.modules[f"{addon.__name__}.backend.session"]
    models = sys.modules[f"{addon.__name__}.operators.models"]
    bpy.context.preferences.is_dirty = False
    target, after = tmp_path / "another disk", models.ModelsResult("models/move", "")
    job = session.submit("models/move", {"folder": str(target)}, "Models", after)
    bpy.ops.wm.read_homefile(use_empty=True)
    end = time.monotonic() + 60
    while not job.finished:
        assert time.monotonic() < end
        session._step()
        time.sleep(0.02)
    assert Path(preferences.models) == target and is_here(addon, "object")
    assert str(target) in session.notice.message
    assert bpy.context.preferences.is_dirty, "Blender would not save the folder when it closes"


def test_a_damaged_model_is_said_in_the_panel(addon, scene, preferences, stand_in) -> None:
    session = sys.modules[f"{addon.__name__}.backend.session"]
    models = sys.modules[f"{addon.__name__}.operators.models"]
    after = models.ModelsResult("models/verify", "damaged")
    job = session.submit("models/verify", {"model": "damaged"}, "Verification of damaged", after)
    while not job.finished:
        session._step()
        time.sleep(0.02)
    assert session.notice.code == "model_damaged" and "reinstall it" in session.notice.hint


def test_the_token_reaches_the_worker_and_no_file(addon, preferences, stand_in, photo: Path) -> None:
    preferences.hub_token = "hf_secret"
    with pytest.raises(RuntimeError, match="token: hf_secret"):
        bpy.ops.world_tracing.verify_model(model="say the token")
    saved = Path(bpy.utils.user_resource("CONFIG", create=True)) / "userpref.blend"
    bpy.ops.wm.save_userpref()
    assert saved.is_file() and b"hf_secret" not in saved.read_bytes()
    preferences.hub_token = ""


def test_a_checkpoint_of_ones_own_is_handed_to_the_backend(scene, stand_in, tmp_path: Path) -> None:
    own = tmp_path / "own modèl.safetensors"
    own.touch()
    bpy.ops.world_tracing.choose_checkpoint(filepath=str(own))
    assert scene.world_tracing.model == str(own)


def newest_log(addon: ModuleType) -> Path | None:
    return sys.modules[f"{addon.__name__}.operators.help"].newest_log()


def test_open_log_opens_what_was_written_last(addon, preferences, setup, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("WT_BACKEND_PYTHON", WORKER_PYTHON)
    with pytest.raises(RuntimeError, match="no file"):
        bpy.ops.world_tracing.trace_world(filepath=str(tmp_path / "no.png"))
    with pytest.raises(RuntimeError):
        bpy.ops.world_tracing.verify_model(model="nothing")
    assert newest_log(addon).name == "wt_backend.log" and "nothing" in newest_log(addon).read_text()
    assert newest_log(addon).parent == sys.modules[f"{addon.__name__}.backend.session"].log_path().parent
    preferences.wheels, preferences.base_python = str(tmp_path), str(tmp_path / "no python")
    monkeypatch.setenv("WT_UV", sys.executable)  # no uv: whatever it is asked, it fails
    with pytest.raises(RuntimeError):
        bpy.ops.world_tracing.install_backend()
    assert newest_log(addon) == setup.install_log() and "venv" in newest_log(addon).read_text()
    assert bpy.ops.world_tracing.open_log.poll()
    setup.remove()


def test_the_guide_that_errors_link_to_is_part_of_the_zip(addon) -> None:
    guide = sys.modules[f"{addon.__name__}.operators.help"].GUIDE
    assert guide.is_file() and bpy.ops.world_tracing.open_guide.poll()


def test_licence_and_page_of_a_download_are_addresses(addon) -> None:
    pages = sys.modules[f"{addon.__name__}.backend.session"].model_pages
    assert [address.split("/")[2] for _text, address in pages("object")] == [
        "creativecommons.org",
        "huggingface.co",
    ]
    assert not pages("wt-mini") and not pages("nothing")
