"""What was made for an unsaved .blend is beside it when it is saved, and nothing that named it loses it."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
from conftest import RESOURCES
from test_footage import folder as shot_on_disk  # noqa: F401
from test_footage import shown
from test_import import CASES, make_stack
from test_origin import NAME, load_stack, project, shows
from test_session import steps

from wt_backend.footage.messages import ShotRequest
from wt_backend.protocol import TraceRequest, to_params
from wt_backend.stack import Shot


@pytest.fixture
def kept(addon: ModuleType) -> Iterator[Path]:
    """The user folder, as an unsaved file finds it; tests of another order leave nothing behind."""
    folder = sys.modules[f"{addon.__name__}.preferences"].user_folder("traces").parent
    yield folder
    for kind in ("traces", "images", "shots", "projection"):
        shutil.rmtree(folder / kind, ignore_errors=True)


@pytest.fixture
def session(addon: ModuleType) -> ModuleType:
    return sys.modules[f"{addon.__name__}.backend.session"]


def write_picture(path: Path, value: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = bpy.data.images.new("picture", 8, 8)
    image.pixels.foreach_set(np.tile(np.float32([value, value, value, 1]), 8 * 8))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def trace(kept: Path, name: str = "cup", case: str = "whole square", value: float = 0.5) -> None:
    """A trace of a pasted picture with a colour for its hidden layer, as an unsaved file has it."""
    stack, picture = kept / "traces" / f"{name}.wts", kept / "images" / f"{name} pasted.png"
    image = bpy.data.images.load(str(write_picture(picture, value)))
    filled = write_picture(kept / "traces" / f"{name} layer 2.png", value)
    make_stack(*CASES[case]).save(stack)
    textures = {"textures": [None, str(filled)], "uv_transform": [[1, 0, 0], [0, 1, 0]]}
    done = bpy.ops.world_tracing.import_stack(
        filepath=str(stack), image=image.session_uid, textures=json.dumps(textures)
    )
    assert done == {"FINISHED"}
    bpy.context.scene.world_tracing.filepath = str(picture)


def paths() -> dict[str, str]:
    """Everything that the open file names, as it is stored."""
    found = {image.name: image.filepath for image in bpy.data.images if image.filepath}
    found |= {member.name: member.world_tracing.stack for member in bpy.data.objects}
    found |= {file.name: file.filepath for file in bpy.data.cache_files}
    return found | {"panel": bpy.context.scene.world_tracing.filepath}


def files_of(paths: dict[str, str]) -> list[Path]:
    return [Path(bpy.path.abspath(path)) for path in paths.values() if path]


def save(path: Path, **options: bool) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert bpy.ops.wm.save_as_mainfile(filepath=str(path), **options) == {"FINISHED"}
    return path


@pytest.fixture(params=["this disk", "another"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on the user folder's disk, and one elsewhere, to which nothing can be linked."""
    memory = Path("/dev/shm")
    if request.param == "this disk":
        yield tmp_path
    elif not memory.is_dir() or memory.stat().st_dev == RESOURCES.stat().st_dev:
        pytest.skip("this machine has one disk")
    else:
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            yield Path(folder)


def test_a_file_that_is_saved_first_after_tracing_is_whole_without_the_user_folder(
    scene, kept: Path, disk: Path, tmp_path: Path
) -> None:
    trace(kept)
    save(disk / "a" / "s.blend")
    stored = paths()
    assert all(path.startswith("//world_tracing/") for path in stored.values() if path), stored
    shutil.rmtree(kept)
    moved = shutil.move(disk / "a", tmp_path / "another machine")
    bpy.ops.wm.open_mainfile(filepath=str(Path(moved) / "s.blend"))
    assert paths() == stored and all(file.is_file() for file in files_of(stored))
    assert shows("whole square")
    assert all(image.pixels[0] == pytest.approx(0.5, abs=0.01) for image in bpy.data.images if image.filepath)


def test_a_picture_that_only_its_stack_names_comes_along(scene, kept: Path, tmp_path: Path) -> None:
    drawn = write_picture(kept / "images" / "drawn.png", 0.5)
    stack = kept / "traces" / "drawn.wts"
    make_stack(*CASES["whole square"], source=str(drawn)).save(stack)
    assert bpy.ops.world_tracing.import_stack(filepath=str(stack)) == {"FINISHED"}
    lost = bpy.data.objects.new("lost", None).world_tracing
    lost.role, lost.stack = "ROOT", str(stack.with_name("lost.wts"))
    save(tmp_path / "s.blend")
    assert (tmp_path / "world_tracing" / "images" / "drawn.png").is_file()
    assert (tmp_path / "world_tracing" / "traces" / "drawn.wts").is_file()


def test_what_comes_without_remapping_is_relative_at_the_next_save(scene, kept: Path, tmp_path: Path) -> None:
    trace(kept)
    bpy.ops.wm.save_mainfile(filepath=str(tmp_path / "s.blend"))  # as scripts do: Blender remaps nothing
    assert all(tmp_path in file.parents for file in files_of(paths()))
    bpy.ops.wm.save_mainfile()
    assert all(path.startswith("//world_tracing/") for path in paths().values() if path)


def test_painted_pixels_that_nobody_saved_stay(scene, kept: Path, tmp_path: Path) -> None:
    trace(kept)
    image = bpy.data.images["cup pasted.png"]
    image.pixels[0] = 0.125
    assert image.is_dirty
    save(tmp_path / "s.blend")
    assert image.is_dirty and image.pixels[0] == pytest.approx(0.125, abs=0.01)


def test_a_painting_is_known_as_one_wherever_its_project_goes(
    addon: ModuleType, scene, kept: Path, tmp_path: Path
) -> None:
    """Also one that is named after the stack from before *Use Known Camera*."""
    trace(kept)
    image = bpy.data.images["cup layer 2.png"]
    image.pixels[0] = 0.125
    image.save()
    save(tmp_path / "a" / "s.blend")
    moved = Path(shutil.move(tmp_path / "a", tmp_path / "another machine"))
    bpy.ops.wm.open_mainfile(filepath=str(moved / "s.blend"))
    root = next(member for member in bpy.data.objects if member.world_tracing.role == "ROOT")
    stack = moved / "world_tracing" / "traces" / "cup other camera.wts"
    sys.modules[f"{addon.__name__}.scene.origin"].remember_stack(root, stack)
    painted = sys.modules[f"{addon.__name__}.scene.hidden_colour"].painted
    assert painted(root) == ["cup layer 2.png"]


def test_undo_after_saving_finds_its_files_and_saving_again_makes_none(
    scene, kept: Path, tmp_path: Path
) -> None:
    trace(kept)
    bpy.ops.ed.undo_push(message="traced")
    bpy.context.object.location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    blend = save(tmp_path / "s.blend")
    there = sorted(tmp_path.rglob("*"))
    bpy.ops.ed.undo()
    assert bpy.data.objects[NAME].location.x == 0.0
    assert shows("whole square") and all(file.is_file() for file in files_of(paths()))
    bpy.ops.wm.save_mainfile()
    assert sorted(path for path in tmp_path.rglob("*") if path.suffix != ".blend1") == there
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert all(path.startswith("//world_tracing/") for path in paths().values() if path)


def test_a_copy_has_its_own_and_the_open_file_stays_as_it_is(scene, kept: Path, tmp_path: Path) -> None:
    trace(kept)
    before = paths()
    copy = save(tmp_path / "copy" / "s.blend", copy=True)
    assert paths() == before and shows("whole square")
    write_picture(kept / "images" / "cup pasted.png", 0.25)  # in place, as Save
    save(tmp_path / "a" / "s.blend")
    write_picture(tmp_path / "a" / "world_tracing" / "images" / "cup pasted.png", 0.125)
    bpy.ops.wm.open_mainfile(filepath=str(copy))
    assert all(path.startswith("//world_tracing/") for path in paths().values() if path)
    assert bpy.data.images["cup pasted.png"].pixels[0] == pytest.approx(0.5, abs=0.01)


def test_saving_that_fails_leaves_the_file_as_it_was(scene, kept: Path, tmp_path: Path) -> None:
    trace(kept)
    before = paths()
    with pytest.raises(RuntimeError, match="Cannot open file"):
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "none" / "s.blend"))
    assert paths() == before and not (tmp_path / "none").exists()
    (tmp_path / "s.blend@").mkdir()  # what Blender writes to first
    with pytest.raises(RuntimeError, match="Cannot open file"):
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "s.blend"))
    assert paths() == before and shows("whole square")


def test_two_files_in_a_folder_keep_what_is_theirs(scene, kept: Path, tmp_path: Path) -> None:
    trace(kept)
    first = save(tmp_path / "first.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    for kind in ("traces", "images"):  # as on another day, after the add-on was installed again
        shutil.rmtree(kept / kind)
    trace(kept, case="centre crop of landscape", value=0.25)
    save(tmp_path / "second.blend")
    stored = paths()
    assert stored[NAME] == "//world_tracing/traces/cup-2.wts"
    assert stored["cup layer 2.png"] == "//world_tracing/traces/cup-2 layer 2.png"
    assert shows("centre crop of landscape")
    bpy.ops.wm.open_mainfile(filepath=str(first))
    assert shows("whole square")
    assert bpy.data.images["cup layer 2.png"].pixels[0] == pytest.approx(0.5, abs=0.01)


def test_a_name_that_a_waiting_job_was_given_is_not_taken(
    scene, addon: ModuleType, kept: Path, tmp_path: Path
) -> None:
    trace(kept)
    (tmp_path / "world_tracing").write_text("in the way")
    save(tmp_path / "s.blend")
    (tmp_path / "world_tracing").unlink()
    promised = sys.modules[f"{addon.__name__}.scene.files"].new_stack_path("cup")
    assert promised.parent == tmp_path / "world_tracing" / "traces"
    bpy.ops.wm.save_mainfile()
    assert paths()[NAME] == "//world_tracing/traces/cup-2.wts" and not promised.exists()


def test_where_nothing_can_be_put_saving_goes_on_and_it_is_said_once(
    scene, kept: Path, session: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trace(kept, "in the way")
    blend = tmp_path / "s.blend"
    (tmp_path / "world_tracing").write_text("")
    before = paths()
    save(blend, relative_remap=False)
    assert blend.is_file() and paths() == before
    assert session.notice.error and "cannot be put beside s.blend" in session.notice.message
    assert capfd.readouterr().out.count("cannot be put") == 1
    session.notice = None
    bpy.ops.wm.save_mainfile()
    assert session.notice is None
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "world_tracing").write_text("")
    save(tmp_path / "b" / "t.blend")
    assert "cannot be put beside t.blend" in session.notice.message
    (tmp_path / "b" / "world_tracing").unlink()
    bpy.ops.wm.save_mainfile()
    assert all(path.startswith("//world_tracing/") for path in paths().values() if path)
    assert "now in" in session.notice.message and not session.notice.error


def test_what_stayed_counts_once_though_blender_made_its_paths_relative(
    scene, kept: Path, session: ModuleType, tmp_path: Path
) -> None:
    trace(kept)
    (tmp_path / "world_tracing").write_text("in the way")
    save(tmp_path / "s.blend")
    assert paths()["cup layer 2.png"].startswith("//..")
    (tmp_path / "world_tracing").unlink()
    bpy.ops.wm.save_mainfile()
    assert session.notice.message.startswith("2 results")  # the trace and its picture


def test_left_over_results_of_a_saved_file_go_along_into_another_folder(
    scene, kept: Path, tmp_path: Path
) -> None:
    project(tmp_path / "a")
    trace(kept, "late")
    blend = save(tmp_path / "b" / "s.blend")
    late = {name: path for name, path in paths().items() if "late" in name}
    assert all(tmp_path / "b" / "world_tracing" in file.parents for file in files_of(late))
    assert Path(bpy.data.objects[NAME].world_tracing.stack).parent == tmp_path / "a/world_tracing/traces"
    shutil.rmtree(kept)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert all(file.is_file() for file in files_of(paths()))


@pytest.fixture
def shot(kept: Path, shot_on_disk: Path) -> Path:  # noqa: F811
    """A shot in the user folder."""
    return Path(shutil.copytree(shot_on_disk, kept / "shots" / "run"))


@pytest.mark.parametrize("cache", ["NONE", "USD"])
def test_a_shot_comes_whole_with_its_cache_and_plays(
    scene, kept: Path, shot: Path, tmp_path: Path, cache: str
) -> None:
    done = bpy.ops.world_tracing.import_shot(filepath=str(shot / "shot.json"), cache=cache)
    assert done == {"FINISHED"}
    clip = bpy.data.movieclips.load(str(shot / "frame.00005.png"))
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("photos", str(shot / "frame.00005.png"), 1, 5)
    before = {path.name for path in shot.iterdir()}
    blend = save(tmp_path / "s.blend")
    there = tmp_path / "world_tracing" / "shots" / "run"
    assert {path.name for path in there.iterdir()} == before
    assert bpy.path.abspath(clip.filepath) == str(there / "frame.00005.png")
    assert Path(bpy.path.abspath(strip.directory)) == there
    shutil.rmtree(kept)
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    role = "LAYER" if cache == "NONE" else "CACHE"
    for number, depth in ((5, 2.0), (9, 2.7)):
        assert shown(bpy.context.scene, number, role)[0] == pytest.approx(depth, rel=1e-3)
    assert all(file.is_file() for file in files_of(paths()))
    assert {path.split("/run/")[0] for path in paths().values() if path} == {"//world_tracing/shots"}


def test_what_a_job_works_on_stays_until_the_next_save(
    scene, kept: Path, session: ModuleType, stand_in: Path, tmp_path: Path
) -> None:
    trace(kept)
    stack = Path(bpy.data.objects[NAME].world_tracing.stack)
    results = sys.modules[f"{session.__name__.rpartition('.')[0]}.results"]
    after = results.FollowUp("wear_filled_colour", {"root": NAME}, results.Place.here(bpy.context), {})
    params = {"stack": str(stack), "output": str(stack.parent)}
    job = session.submit("geometry/fill_colour", params, "Colour", after)
    save(tmp_path / "s.blend")
    assert load_stack(bpy.data.objects[NAME]) is not None
    assert Path(bpy.data.objects[NAME].world_tracing.stack) == stack
    session.wait(job, lambda _job: None)
    assert job.result is not None
    bpy.ops.wm.save_mainfile()
    assert bpy.data.objects[NAME].world_tracing.stack == "//world_tracing/traces/cup.wts"
    assert shows("whole square")


def test_a_trace_that_ends_after_the_first_save_arrives_and_comes_along_at_the_next(
    scene, addon: ModuleType, kept: Path, session: ModuleType, stand_in: Path, photo: Path, tmp_path: Path
) -> None:
    results = sys.modules[f"{addon.__name__}.backend.results"]
    stack = sys.modules[f"{addon.__name__}.scene.files"].new_stack_path("late")
    request = TraceRequest(image=str(photo), output=str(stack), seed=7)
    then = results.TraceResult(results.Place.here(bpy.context), "late", "MESH")
    job = session.submit("trace", to_params(request), "late", then)
    save(tmp_path / "s.blend")
    steps(session, lambda: job.finished)
    root = bpy.data.objects["Trace: late"]
    assert Path(root.world_tracing.stack) == stack and load_stack(root) is not None
    bpy.ops.wm.save_mainfile()
    assert root.world_tracing.stack == f"//world_tracing/traces/{stack.name}"
    assert load_stack(root) is not None
    image = next(image for image in bpy.data.images if image.filepath)
    assert image.filepath == f"//{photo.name}"  # not ours: where it was


def test_footage_that_was_cut_off_before_the_first_save_is_gone_on_with(
    scene, kept: Path, stand_in: Path, photo: Path, tmp_path: Path
) -> None:
    begun = kept / "shots" / "cut off"
    begun.mkdir(parents=True)
    request = ShotRequest(str(photo), "anywhere", seed=7)
    Shot(begun, {1: "frame.00001.wts"}, 24.0, None, {"request": request.identity}, "cancelled").save()
    save(tmp_path / "s.blend")
    bpy.ops.world_tracing.trace_footage(filepath=str(photo), seed=7)
    assert Shot.load(begun).state == "done"
    bpy.ops.wm.save_mainfile()
    assert Shot.load(tmp_path / "world_tracing" / "shots" / "cut off").finished() == [1, 2]


def test_the_start_up_file_and_files_elsewhere_are_let_alone(scene, kept: Path, tmp_path: Path) -> None:
    trace(kept)
    before = paths()
    bpy.ops.wm.save_homefile()
    (RESOURCES / "config" / "startup.blend").unlink()
    assert paths() == before and not (RESOURCES / "config" / "world_tracing").exists()
