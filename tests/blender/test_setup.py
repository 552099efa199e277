"""Installing the backend from within Blender: what it says before it begins, and what it would do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import pytest


@pytest.fixture
def preferences(addon: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.AddonPreferences]:
    """The add-on's preferences, put back afterwards."""
    monkeypatch.delenv("WT_BACKEND_PYTHON", raising=False)
    found = bpy.context.preferences.addons[addon.__name__].preferences
    yield found
    for name in ("wheels", "base_python", "torch_build", "python"):
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
    assert setup.environment() is None


def test_the_plan_installs_the_wheel_that_came_with_the_extension(preferences, setup, tmp_path: Path) -> None:
    preferences.wheels = str(tmp_path)
    plan = setup.make_plan()
    assert plan.requirement.startswith("wt_backend[worker] @ file://")
    assert setup.bundled_wheel().is_file()
    assert plan.python == sys.executable and plan.wheels == tmp_path
    preferences.torch_build = "CU126"
    assert setup.make_plan().torch_backend == "cu126"
    assert plan.root.is_relative_to(Path(bpy.utils.resource_path("USER")))


def test_a_python_that_does_not_exist_is_said(preferences, tmp_path: Path) -> None:
    preferences.python = str(tmp_path / "no python")
    with pytest.raises(RuntimeError, match="interpreter named in the add-on's preferences does not exist"):
        bpy.ops.world_tracing.check_backend()


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
