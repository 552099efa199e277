"""What becomes of a job that has ended: of the mesh that was sent, and of a result whose object is gone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import bpy
import pytest
from mathutils import Matrix, Vector

FOUND = Matrix.Translation((1, 2, 3))
FIT = {"matrix": [list(row) for row in FOUND], "residual": 0, "relative": 0, "before": 0, "scale": 1}
AS_IT_WAS = json.dumps([list(row) for row in Matrix()])


@pytest.fixture
def results(addon: ModuleType) -> ModuleType:
    return sys.modules[f"{addon.__name__}.backend.results"]


@pytest.fixture
def session(addon: ModuleType) -> ModuleType:
    return sys.modules[f"{addon.__name__}.backend.session"]


def job(addon: ModuleType, state: str, **outcome: object) -> object:
    """A fit that has ended."""
    jobs = sys.modules[f"{addon.__name__}.backend.jobs"]
    return jobs.Job(1, "projection/fit", {}, "Fit of Cup", state=jobs.JobState[state], **outcome)


def cup(scene: bpy.types.Scene) -> bpy.types.Object:
    made = bpy.data.objects.new("Cup", bpy.data.meshes.new("Cup"))
    scene.collection.objects.link(made)
    return made


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_the_mesh_that_was_sent_goes_where_nothing_comes_back(
    addon: ModuleType, scene: bpy.types.Scene, results: ModuleType, tmp_path: Path, state: str
) -> None:
    sent = tmp_path / "sent.npz"
    sent.touch()
    then = results.FollowUp("wear_fit", {"target": "Cup", "sent": str(sent)}, results.Place.here(bpy.context))
    then.ended(job(addon, state))
    assert not sent.exists()


def test_a_result_does_not_go_to_another_that_has_taken_the_name_over(
    addon: ModuleType, scene: bpy.types.Scene, results: ModuleType, session: ModuleType, tmp_path: Path
) -> None:
    meant, made = cup(scene), tmp_path / "made.npz"
    made.touch()
    settings = {"target": "Cup", "sent": "", "place": AS_IT_WAS}
    place = results.Place.here(bpy.context)
    then = results.FollowUp("wear_fit", settings, place, {"target": meant.session_uid})
    bpy.data.objects.remove(meant)
    other = cup(scene)
    assert other.name == "Cup"
    then.ended(job(addon, "DONE", result=FIT | {"mesh": str(made)}))
    assert other.matrix_world == Matrix()
    notice = session.notice
    assert notice.message == "Fit of Cup is done, but Cup is gone, and another object has its name."
    assert str(made) in notice.hint and made.exists()


def test_an_object_that_undo_has_put_back_is_still_the_one_that_was_meant(
    addon: ModuleType, scene: bpy.types.Scene, results: ModuleType, session: ModuleType
) -> None:
    meant = cup(scene)
    bpy.ops.ed.undo_push(message="Cup")
    settings = {"target": "Cup", "sent": "", "place": AS_IT_WAS}
    place = results.Place.here(bpy.context)
    then = results.FollowUp("wear_fit", settings, place, {"target": meant.session_uid})
    bpy.data.objects.remove(meant)
    bpy.ops.ed.undo_push(message="Delete")
    bpy.ops.ed.undo()
    then.ended(job(addon, "DONE", result=FIT))
    assert bpy.data.objects["Cup"].matrix_world.translation == Vector((1, 2, 3)), session.notice


@pytest.mark.parametrize(
    ("name", "stroke"),
    [
        ("RENDER_OT_opengl", True),
        ("PARTICLE_OT_brush_edit", True),
        ("POSE_OT_push", True),
        ("RENDER_OT_render", False),  # a job, at whose end the panel says that something waits
    ],
)
def test_what_runs_step_by_step_is_not_disturbed(
    session: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, stroke: bool
) -> None:
    """Results came in between two frames of Viewport > Render Animation."""
    window = SimpleNamespace(modal_operators=[SimpleNamespace(bl_idname=name)])
    manager = SimpleNamespace(windows=[window])
    monkeypatch.setattr(session, "bpy", SimpleNamespace(data=SimpleNamespace(window_managers=[manager])))
    assert session._is_in_a_stroke() is stroke
