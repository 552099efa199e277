"""A trace finds its own stack wherever its .blend goes: saved elsewhere, moved, appended, linked, undone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest
from test_import import ADDON, CASES, children, make_stack

from wt_backend.stack import LayerStack

NAME = "Trace: cup"


def project(folder: Path, case: str = "whole square") -> Path:
    """A .blend with one trace whose stack lies beside it."""
    bpy.ops.wm.read_homefile(use_empty=True)
    stack, blend = folder / "world_tracing" / "traces" / "cup.wts", folder / "s.blend"
    stack.parent.mkdir(parents=True)
    make_stack(*CASES[case]).save(stack)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    assert bpy.ops.world_tracing.import_stack(filepath=str(stack)) == {"FINISHED"}
    assert bpy.context.object.world_tracing.stack.startswith("//")
    bpy.ops.wm.save_mainfile()
    return blend


def shows(case: str) -> bool:
    """Whether the camera is that of a case when the trace was built again from its stack."""
    assert bpy.ops.world_tracing.rebuild_trace(root=NAME) == {"FINISHED"}
    intrinsics, grid_to_image, (width, _) = CASES[case]
    camera = children(bpy.data.objects[NAME], "CAMERA")[0].data
    focal = intrinsics[0, 0] * grid_to_image[0, 0] / width
    return bool(np.isclose(camera.lens / camera.sensor_width, focal, rtol=1e-4))


@pytest.fixture
def a(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """A project, open."""
    return project(tmp_path / "a")


@pytest.fixture
def b(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """Another project, with another stack of the same name."""
    return project(tmp_path / "b", "centre crop of landscape")


@pytest.mark.parametrize("remap", [True, False])
def test_saved_into_another_project(b: Path, a: Path, remap: bool) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(b.with_name("t.blend")), relative_remap=remap)
    assert shows("whole square")
    bpy.ops.wm.open_mainfile(filepath=str(b.with_name("t.blend")))
    assert shows("whole square")
    bpy.ops.wm.save_as_mainfile(filepath=str(a))  # and back: relative again
    assert bpy.data.objects[NAME].world_tracing.stack.startswith("//") and shows("whole square")


def test_undone_after_it_was_saved_elsewhere(b: Path, a: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects[NAME].location.x = 1.0
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.wm.save_as_mainfile(filepath=str(b))
    bpy.ops.ed.undo()
    assert bpy.data.objects[NAME].location.x == 0.0 and bpy.data.filepath == str(b)
    assert shows("whole square")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(b))
    assert shows("whole square")


def test_a_copy_is_saved_elsewhere(b: Path, a: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(b), copy=True)
    assert shows("whole square")
    bpy.ops.wm.save_mainfile()
    shutil.move(a.parent, a.parent.with_name("moved"))
    bpy.ops.wm.open_mainfile(filepath=str(a.parent.with_name("moved") / a.name))
    assert shows("whole square")


def test_what_a_moved_file_brings_along_is_its_own(a: Path, b: Path, tmp_path: Path) -> None:
    shutil.move(b.parent, tmp_path / "c")
    shutil.move(a.parent, b.parent)  # now another project lies where the first one did
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "c" / b.name))
    assert shows("centre crop of landscape")
    (tmp_path / "d").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "d" / "s.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "d" / "s.blend"))
    assert shows("centre crop of landscape")


@pytest.mark.filterwarnings("ignore:.*blend relative")  # what file browsers give before Blender 4.5
def test_the_panel_means_the_same_files_in_another_folder(a: Path, b: Path) -> None:
    """`b` is open."""
    settings = bpy.context.scene.world_tracing
    settings.filepath, settings.mask = "//photo.png", "//masks/cup.png"
    bpy.ops.wm.save_mainfile()
    assert (settings.filepath, settings.mask) == ("//photo.png", "//masks/cup.png")
    bpy.ops.wm.save_as_mainfile(filepath=str(a.with_name("other.blend")), relative_remap=True)
    bpy.ops.wm.open_mainfile(filepath=str(a.with_name("other.blend")))
    settings = bpy.context.scene.world_tracing
    assert (settings.filepath, settings.mask) == (
        str(b.parent / "photo.png"),
        str(b.parent / "masks" / "cup.png"),
    )


@pytest.mark.parametrize("moved", [False, True])
def test_appended_from_another_project(a: Path, b: Path, tmp_path: Path, moved: bool) -> None:
    if moved and bpy.app.version < (4, 3):
        pytest.skip("no handler of this Blender hears of an import")
    if moved:
        a = Path(shutil.move(a.parent, tmp_path / "c")) / a.name
    bpy.ops.world_tracing.delete_trace(root=NAME)
    bpy.ops.wm.append(directory=f"{a}/Collection/", filename=NAME)
    assert shows("whole square")
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(b))
    assert shows("whole square")


def test_linked_from_another_project(a: Path, b: Path, tmp_path: Path) -> None:
    a = Path(shutil.move(a.parent, tmp_path / "c")) / a.name
    bpy.ops.world_tracing.delete_trace(root=NAME)
    bpy.ops.wm.link(directory=f"{a}/Collection/", filename=NAME, instance_collections=False)
    for _ in range(2):
        root = bpy.data.objects[NAME]
        assert root.library is not None and np.allclose(
            load_stack(root).intrinsics, make_stack(*CASES["whole square"]).intrinsics
        )
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=str(b))


def test_an_override_has_the_stack_of_its_library(a: Path, b: Path, tmp_path: Path) -> None:
    """A stack of that name lies beside the open file too, and the library has been moved."""
    a = Path(shutil.move(a.parent, tmp_path / "c")) / a.name
    bpy.ops.world_tracing.delete_trace(root=NAME)
    bpy.ops.wm.link(directory=f"{a}/Collection/", filename=NAME, instance_collections=False)
    bpy.data.collections[NAME].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    for _ in range(2):
        roots = [root for root in bpy.data.objects if root.name == NAME]
        assert sorted(root.library is not None for root in roots) == [False, True]
        for root in roots:
            assert np.allclose(load_stack(root).intrinsics, make_stack(*CASES["whole square"]).intrinsics)
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=str(b))


@pytest.mark.skipif(bpy.app.version < (4, 3), reason="no handler of this Blender hears of an import")
@pytest.mark.parametrize("kind", ["linked", "linked and reopened", "override", "override and reopened"])
def test_made_local_from_a_library_that_was_moved(a: Path, b: Path, tmp_path: Path, kind: str) -> None:
    """A stack of that name lies beside the open file too."""
    a = Path(shutil.move(a.parent, tmp_path / "c")) / a.name
    bpy.ops.world_tracing.delete_trace(root=NAME)
    bpy.ops.wm.link(directory=f"{a}/Collection/", filename=NAME, instance_collections=False)
    if "override" in kind:
        bpy.data.collections[NAME].override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    if "reopened" in kind:
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=str(b))
    bpy.ops.object.make_local(type="ALL")
    for _ in range(2):
        roots = [member for member in bpy.data.objects if member.world_tracing.role == "ROOT"]
        assert roots and not any(root.library or root.override_library for root in roots)
        for root in roots:
            assert np.allclose(load_stack(root).intrinsics, make_stack(*CASES["whole square"]).intrinsics)
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=str(b))
    stacks = {member.world_tracing.stack for member in bpy.data.objects if member.world_tracing.stack}
    assert stacks == {str(a.parent / "world_tracing" / "traces" / "cup.wts")}


def load_stack(root: bpy.types.Object) -> LayerStack:
    """The stack as the add-on finds it."""
    return sys.modules[f"{ADDON}.scene.rebuild"].load_stack(root)
