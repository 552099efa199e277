"""Jobs while Blender goes on: the timer's step driven by hand (bpy as a module never calls timers)."""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import bpy
import pytest

from wt_backend.protocol import BackendError, TraceRequest, to_params

WORKS, ERROR, HANGS, SLOW = 0, 1, 3, 4


@pytest.fixture
def session(addon: ModuleType) -> ModuleType:
    return sys.modules[f"{addon.__name__}.backend.session"]


@pytest.fixture
def start(
    addon: ModuleType, session: ModuleType, tmp_path: Path, scene: bpy.types.Scene
) -> Callable[[Path, int], object]:
    """Submit as the button does in a window."""

    def submit(image: Path, behaviour: int, fill: bool = False) -> object:
        request = TraceRequest(image=str(image), output=str(tmp_path / f"{behaviour}.wts"), seed=behaviour)
        results = sys.modules[f"{addon.__name__}.backend.results"]
        then = results.TraceResult(results.Place.here(bpy.context), image.stem, "MESH", fill=fill)
        return session.submit("trace", to_params(request), image.stem, then)

    return submit


def steps(session: ModuleType, until: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        session._step()
        time.sleep(0.01)


def test_an_old_log_that_another_blender_takes_away_is_no_obstacle(session, start, stand_in, photo) -> None:
    gone, old = (session.log_path().with_name(f"worker-{name}.log") for name in ("gone", "old"))
    gone.symlink_to("nowhere")  # listed, and not there any more
    old.touch()
    os.utime(old, (0, 0))
    job = start(photo, WORKS)
    steps(session, lambda: job.finished)
    gone.unlink()
    assert job.result is not None and not old.exists()


def test_the_timer_imports_what_is_finished(scene, session, start, stand_in, photo) -> None:
    job = start(photo, WORKS)
    steps(session, lambda: job.finished)
    assert "Trace: fôto 1" in bpy.data.collections
    assert not session.notice.error and "2 layers" in session.notice.message
    assert not session.jobs()


def test_colour_for_the_hidden_layers_comes_before_the_import(scene, session, start, stand_in, photo) -> None:
    job = start(photo, WORKS, fill=True)
    steps(session, lambda: job.finished)
    assert [other.method for other in session.jobs()] == ["geometry/fill_colour"]
    assert "Trace: fôto 1" not in bpy.data.collections  # one import, one undo step, with its colour
    steps(session, lambda: not session.jobs())
    assert bpy.context.object.world_tracing.hidden_colour == "FILLED"
    assert "2 layers" in session.notice.message


@pytest.mark.parametrize("end", ["cancelled while it waits", "killed"])
def test_a_trace_arrives_also_if_its_colour_does_not(
    scene, session, start, stand_in, photo, end: str
) -> None:
    job = start(photo, WORKS, fill=True)
    steps(session, lambda: job.finished)
    if end == "killed":
        os.kill(session.backend()._worker.pid, signal.SIGSTOP)
        steps(session, lambda: session.jobs()[0].state.value == "running")
        os.kill(session.backend()._worker.pid, signal.SIGKILL)
    else:
        session.cancel(session.jobs())
    steps(session, lambda: not session.jobs())
    assert "Trace: fôto 1" in bpy.data.collections
    assert ("no colour yet" in session.notice.hint) == (end != "killed")  # a killed one is tried again


def test_a_result_for_a_closed_file_is_kept_not_forced_into_the_next(
    scene,
    session,
    start,
    stand_in,
    photo,
    tmp_path: Path,
) -> None:
    job = start(photo, WORKS, fill=True)
    session._step()
    bpy.ops.wm.read_homefile(use_empty=True)
    steps(session, lambda: job.finished)
    assert not bpy.data.objects and not session.jobs()  # nor is it coloured for nobody
    assert (tmp_path / "0.wts").is_file() and str(tmp_path / "0.wts") in session.notice.hint


def test_a_notice_goes_with_its_file(scene, session, start, stand_in, photo) -> None:
    job = start(photo, WORKS)
    steps(session, lambda: job.finished)
    assert "2 layers" in session.notice.message
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.notice is None


def test_a_scene_deleted_meanwhile_is_said(scene, session, start, stand_in, photo) -> None:
    bpy.ops.scene.new(type="EMPTY")
    doomed = bpy.context.scene
    job = start(photo, WORKS)
    bpy.data.scenes.remove(doomed)
    steps(session, lambda: job.finished)
    assert not bpy.data.objects and session.notice.hint
    assert "scene is gone" in session.notice.message


def test_what_is_renamed_meanwhile_is_found(addon, scene, session, start, stand_in, photo) -> None:
    job = start(photo, WORKS)
    scene.name = "Renamed"
    bpy.data.scenes.new("Scene")  # another one has the name by then
    steps(session, lambda: job.finished)
    root = bpy.data.objects["Trace: fôto 1"]
    assert root.name in scene.objects
    results, jobs = (sys.modules[f"{addon.__name__}.backend.{name}"] for name in ("results", "jobs"))
    place, settings = results.Place.here(bpy.context), {"root": root.name}
    then = results.FollowUp("wear_filled_colour", settings, place, {"root": root.session_uid})
    root.name = "Trace: renamed"
    textures = {"textures": ["", ""], "uv_transform": [[1, 0, 0], [0, 1, 0]]}
    then.ended(jobs.Job(1, "geometry/fill_colour", {}, "Colour", result=textures))
    assert not session.notice.error and root.world_tracing.hidden_colour == "FILLED"


def test_files_that_were_made_are_named_though_another_file_is_open(addon, scene, session, tmp_path) -> None:
    results, jobs = (sys.modules[f"{addon.__name__}.backend.{name}"] for name in ("results", "jobs"))
    then = results.FollowUp("exported", {}, results.Place.here(bpy.context))
    bpy.ops.wm.read_homefile(use_empty=True)
    made = str(tmp_path / "cup.ply")
    then.ended(jobs.Job(1, "geometry/export", {}, "Export of cup", result={"files": [made]}))
    assert "is done, but its file was closed" in session.notice.message and made in session.notice.hint


def test_a_result_goes_to_its_scene_though_the_window_shows_another(
    scene, session, start, stand_in, photo
) -> None:
    job = start(photo, WORKS)
    other = bpy.data.scenes.new("Other")
    bpy.context.window.scene = other
    steps(session, lambda: job.finished)
    assert not session.notice.error, session.notice
    assert "Trace: fôto 1" in scene.collection.children and not other.objects
    bpy.context.window.scene = scene


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_undo_after_a_result_came_out_of_sight_shows_no_other_scene(
    scene, session, start, stand_in, photo, mode: str
) -> None:
    traced, job = scene.name, start(photo, WORKS)
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="Cube")
    bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode=mode)
    bpy.ops.ed.undo_push(message="Edit")
    steps(session, lambda: job.finished)
    bpy.ops.ed.undo_push(message="Edit more")
    for step, comes in (("undo", True), ("undo", False), ("redo", True)):  # the import is a step of its own
        getattr(bpy.ops.ed, step)()
        assert bpy.context.window.scene.name == "Other" and bpy.context.mode.startswith(mode)
        assert ("Trace: fôto 1" in bpy.data.scenes[traced].collection.children) == comes


def test_somebody_who_is_editing_is_left_in_peace(scene, session, start, stand_in, photo) -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    job = start(photo, WORKS)
    steps(session, lambda: job.finished)
    assert "Trace: fôto 1" in bpy.data.collections
    assert bpy.context.object == cube and bpy.context.mode == "EDIT_MESH"
    bpy.ops.object.mode_set(mode="OBJECT")


def test_cancel_reaches_running_and_waiting_jobs(scene, session, start, stand_in, photo) -> None:
    jobs = [start(photo, SLOW), start(photo, WORKS)]
    steps(session, lambda: jobs[0].step > 0)
    asked = time.monotonic()
    assert bpy.ops.world_tracing.cancel() == {"FINISHED"}
    assert session.progress_text(jobs[0]) == "Cancelling…"
    steps(session, lambda: all(job.finished for job in jobs))
    assert time.monotonic() - asked < 0.5
    assert "Trace: fôto 1" not in bpy.data.collections
    assert not bpy.ops.world_tracing.cancel.poll()


def test_a_killed_worker_leaves_a_notice_and_the_next_trace_works(
    scene,
    session,
    start,
    stand_in,
    photo,
) -> None:
    job = start(photo, HANGS)
    steps(session, lambda: job.step > 0)
    os.kill(session.backend()._worker.pid, signal.SIGKILL)
    killed = time.monotonic()
    steps(session, lambda: job.finished)
    assert time.monotonic() - killed < 2.0
    assert session.notice.error and "SIGKILL" in session.notice.message
    again = start(photo, WORKS)
    assert session.notice is None
    steps(session, lambda: again.finished)
    assert "Trace: fôto 1" in bpy.data.collections


def test_an_error_of_the_backend_stands_in_the_panel(scene, session, start, stand_in, photo) -> None:
    job = start(photo, ERROR)
    steps(session, lambda: job.finished)
    assert (session.notice.message, session.notice.hint) == ("The image is empty.", "Choose another.")
    assert session.notice.code == "bad_image"


def test_what_an_import_reports_is_an_error_with_a_code(
    scene, session, start, stand_in, photo, tmp_path: Path
) -> None:
    job = start(photo, SLOW)
    steps(session, lambda: job.step > 0)
    result = session._results[job]
    (tmp_path / "broken.wts").write_bytes(b"no stack")
    result.bring({"stack": str(tmp_path / "broken.wts")})
    assert session.notice.code == "bad_stack" and session.notice.error
    session.cancel(session.jobs())
    steps(session, lambda: job.finished)
    assert not session.notice.error


@pytest.fixture
def rendering(session, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a render is under way; bpy as a module renders while nothing else happens."""
    state = [True]
    monkeypatch.setattr(session, "_is_rendering", lambda: state[0], raising=False)
    return state


def test_what_arrives_during_a_render_waits_for_its_end(
    scene, session, start, stand_in, photo, rendering: list[bool]
) -> None:
    """A shot sets the range and the frame, which the render counts by."""
    done, running = start(photo, WORKS), start(photo, SLOW)
    steps(session, lambda: running.step > 0)
    assert done.result is not None and not scene.objects
    assert "when the render has ended" in session.notice.message
    assert bpy.ops.world_tracing.cancel() == {"FINISHED"}
    steps(session, lambda: running.finished)
    assert session._step() is not None and not scene.objects
    rendering[0] = False
    session._step()
    assert "Trace: fôto 1" in bpy.data.collections


def test_one_of_several_jobs_is_cancelled(session, start, stand_in, photo) -> None:
    running, unwanted, last = start(photo, SLOW), start(photo, WORKS), start(photo, WORKS)
    steps(session, lambda: running.step > 0)
    assert bpy.ops.world_tracing.cancel(job=unwanted.id) == {"FINISHED"}
    assert list(session.jobs()) == [running, last] and unwanted.finished
    assert bpy.ops.world_tracing.cancel(job=running.id) == {"FINISHED"}
    steps(session, lambda: last.finished)
    assert last.result is not None and running.result is None


def test_what_arrives_during_a_stroke_waits_for_its_end(
    session, start, stand_in, photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting = [True]
    monkeypatch.setattr(session, "_is_in_a_stroke", lambda: painting[0])
    job = start(photo, WORKS)
    steps(session, lambda: job.finished)
    assert session._step() is not None and "Trace: fôto 1" not in bpy.data.collections
    painting[0] = False
    session._step()
    assert "Trace: fôto 1" in bpy.data.collections


def test_what_is_cancelled_during_a_render_brings_nothing_before_its_end(
    scene, session, start, stand_in, photo, rendering: list[bool]
) -> None:
    rendering[0] = False
    job = start(photo, WORKS, fill=True)
    steps(session, lambda: job.finished)
    rendering[0] = True
    session.cancel(session.jobs())  # the colour of its hidden layers; the trace itself is there
    assert not session.jobs() and not scene.objects
    rendering[0] = False
    session._step()
    assert "Trace: fôto 1" in bpy.data.collections


class Broken:
    """A result that cannot be brought in, for a reason that nobody foresaw."""

    def ended(self, _job: object) -> None:
        raise ValueError("no such thing")


def test_a_result_that_fails_takes_no_other_along(
    scene, session, start, stand_in, photo, capfd: pytest.CaptureFixture[str]
) -> None:
    broken, sound = start(photo, WORKS), start(photo, SLOW)
    session._results[broken] = Broken()
    steps(session, lambda: broken.finished)
    assert session.notice.error and "no such thing" in session.notice.message
    assert "raise ValueError" in capfd.readouterr().err
    steps(session, lambda: sound.step > 0)
    session.cancel(session.jobs())
    steps(session, lambda: sound.finished)
    last = start(photo, WORKS)
    steps(session, lambda: last.finished)
    assert "Trace: fôto 1" in bpy.data.collections


def test_a_timer_that_fails_goes_on(addon, session) -> None:
    """Blender forgets one that raises."""
    pump = sys.modules[f"{addon.__name__}.backend.pump"]

    def fails() -> None:
        raise ValueError("no such thing")

    assert pump._tick(fails) > 0
    assert session.notice.error and "no such thing" in session.notice.message


def test_cancel_wakes_the_timer(scene, session, start, stand_in, photo, monkeypatch) -> None:
    started: list[object] = []
    start(photo, SLOW)
    monkeypatch.setattr(session.pump, "start", started.append)
    session.cancel(session.jobs())
    assert started == [session._step]


class DeadTerminal(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_an_error_is_said_though_nothing_can_be_printed(session, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", DeadTerminal())
    monkeypatch.setattr(sys, "stderr", DeadTerminal())
    monkeypatch.setattr(session, "bpy", SimpleNamespace(app=SimpleNamespace(background=False)))
    session.say(BackendError("bad_image", "The image is empty."))
    assert session.notice.message == "The image is empty."


def test_disabling_the_add_on_ends_worker_and_timer(addon, session, start, stand_in, photo) -> None:
    job = start(photo, HANGS)
    steps(session, lambda: job.step > 0)
    pid = session.backend()._worker.pid
    bpy.ops.preferences.addon_disable(module=addon.__name__)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not hasattr(bpy.types.Scene, "world_tracing")
    assert bpy.ops.preferences.addon_enable(module=addon.__name__) == {"FINISHED"}
    assert bpy.ops.world_tracing.trace_world(filepath=str(photo), seed=WORKS) == {"FINISHED"}


def test_the_panel_knows_the_models_without_torch_or_a_worker(session) -> None:
    bundled = session.model("wt-mini")
    assert bundled["available"] and bundled["licence"].startswith("GPL")
    assert any("NC" in model["licence"] and not model["available"] for model in session.models())
    assert not {"torch", "huggingface_hub", "cv2", "scipy"} & set(sys.modules)


@pytest.mark.parametrize("same", [True, False])
def test_a_backend_of_another_version_is_told_below_the_button(
    addon, scene, session, start, stand_in, photo, monkeypatch, same: bool
) -> None:
    ours = sys.modules["wt_backend"].__version__
    monkeypatch.setenv("WT_STAND_IN_VERSION", ours if same else "0.0.9")
    job = start(photo, WORKS)
    steps(session, lambda: job.finished)
    hint = f"The backend is version 0.0.9, this add-on {ours}: upgrade the backend in the preferences."
    assert session.version_hint() == ("" if same else hint)
    layout, preferences = Layout(), SimpleNamespace(system=SimpleNamespace(ui_scale=1.0))
    sidebar = SimpleNamespace(region=SimpleNamespace(width=300), preferences=preferences)
    sys.modules[f"{addon.__name__}.ui.panel"].draw_button(layout, sidebar)
    assert (hint in " ".join(layout.labels)) is not same


class Layout:
    """Takes what a panel draws: bpy as a module has no window for it."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def label(self, text: str, **_settings: object) -> None:
        self.labels.append(text)

    def __getattr__(self, _name: str) -> Callable[..., Layout]:
        return lambda *_args, **_settings: self


def test_what_unloading_interrupts_is_said(scene, session, start, stand_in, photo) -> None:
    job = start(photo, SLOW)
    steps(session, lambda: job.state.value == "running")
    session.unload()
    assert job.state.value == "cancelled" and not session.jobs() and not session._results
    assert session.notice is not None and "cancel" in session.notice.message.lower()


@pytest.fixture
def another(stand_in: Path) -> Path:
    """The stand-in at a second path."""
    return Path(shutil.copy(stand_in, stand_in.with_name("another python")))


@pytest.fixture
def preferences(addon: ModuleType) -> Iterator[bpy.types.AddonPreferences]:
    found = bpy.context.preferences.addons[addon.__name__].preferences
    yield found
    found.property_unset("python")


def test_another_python_counts_at_once(scene, session, start, stand_in, preferences, another) -> None:
    assert session.wait_for_start() is None
    pid = session.backend()._worker.pid
    preferences.python = "/bin/ls"  # not a Python
    assert not session.is_running() and session.info() is None
    assert session.wait_for_start().kind == "model_missing"
    preferences.python = str(another.with_name("nothing"))
    assert "does not exist" in session.obstacle().message
    assert "does not exist" in session.wait_for_start().message
    preferences.python = str(another)
    assert session.wait_for_start() is None and session.info() is not None
    assert session.backend()._worker.pid != pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_check_says_why_no_backend_can_be_started(scene, session, preferences, tmp_path: Path) -> None:
    preferences.python = str(tmp_path / "nothing")
    session.start()
    session._step()
    assert session.notice.error and "does not exist" in session.notice.message


def test_another_python_chosen_during_a_job_is_for_the_next(
    scene, session, start, stand_in, photo, preferences, another
) -> None:
    first = start(photo, SLOW)
    steps(session, lambda: first.step > 0)
    pid = session.backend()._worker.pid
    preferences.python = str(another)
    session._step()
    assert first.state.value == "running" and session.backend()._worker.pid == pid
    session.cancel(session.jobs())
    second = start(photo, WORKS)
    steps(session, lambda: second.finished)
    assert second.state.value == "done" and session.backend()._worker.pid != pid


def test_a_backend_at_work_is_not_taken_away(scene, session, start, stand_in, photo) -> None:
    job = start(photo, SLOW)
    with pytest.raises(RuntimeError, match="at work; cancel that first"):
        bpy.ops.world_tracing.install_backend()
    with pytest.raises(RuntimeError, match="at work; cancel that first"):
        bpy.ops.world_tracing.remove_backend()
    assert not job.finished


def test_a_blender_that_may_not_go_online_keeps_its_worker_offline(session, stand_in) -> None:
    assert not bpy.app.online_access
    assert session._launch().variables["HF_HUB_OFFLINE"] == "1"


def test_what_failed_in_a_batch_is_still_said_after_the_others_have_arrived(
    scene, session, addon, stand_in, photo, tmp_path: Path
) -> None:
    results, failures, jobs = sys.modules[f"{addon.__name__}.backend.results"], [], []
    for behaviour in (ERROR, WORKS):
        then = results.TraceResult(
            results.Place.here(bpy.context), photo.stem, "MESH", fill=False, failures=failures
        )
        request = TraceRequest(image=str(photo), output=str(tmp_path / f"{behaviour}.wts"), seed=behaviour)
        jobs.append(session.submit("trace", to_params(request), photo.stem, then))
    steps(session, lambda: all(job.finished for job in jobs))
    assert "2 layers" in session.notice.message
    assert jobs[0].error.message in session.notice.hint
