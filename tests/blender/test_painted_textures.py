"""Fill Hidden Colour where somebody has painted: no stroke is lost, whichever trace wears the texture."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import bpy
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_geometry import import_stack, layers
from test_mask import meanwhile

pytestmark = pytest.mark.usefixtures("real_worker")

RED = (1, 0, 0, 1)


def filled(root: bpy.types.Object) -> bpy.types.Image:
    """The texture of the hidden layer of a trace."""
    return layers(root)[1].data.materials[0].node_tree.nodes["Filled"].image


def trace(folder: Path) -> tuple[bpy.types.Object, bpy.types.Image]:
    """A trace whose hidden layer is filled, and its texture."""
    root = import_stack(shapes.sphere(48), folder)
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    return root, filled(root)


@pytest.mark.parametrize("kept", ["", "save", "pack"])
def test_a_painting_that_another_trace_of_the_stack_wears(
    scene: bpy.types.Scene, tmp_path: Path, kept: str
) -> None:
    first, painting = trace(tmp_path)
    painting.pixels[:4] = RED
    if kept:
        getattr(painting, kept)()
    second = import_stack(shapes.sphere(48), tmp_path)
    assert second != first
    with pytest.raises(RuntimeError, match=r"thing layer 2\.png was painted on"):
        bpy.ops.world_tracing.fill_colour()
    assert painting.pixels[0] == 1


@pytest.mark.parametrize("kept", ["", "save"])
def test_a_painting_that_is_worn_since_before_a_known_camera(
    scene: bpy.types.Scene, tmp_path: Path, kept: str
) -> None:
    """The new stack has another name, and its textures too."""
    root, painting = trace(tmp_path)
    painting.pixels[:4] = RED
    if kept:
        painting.save()
    assert bpy.ops.world_tracing.use_known_camera(source="FOCAL", focal_length=60.0) == {"FINISHED"}
    with pytest.raises(RuntimeError, match=r"thing layer 2\.png was painted on"):
        bpy.ops.world_tracing.fill_colour()
    assert filled(root) == painting and painting.pixels[0] == 1
    painting.filepath_raw = str(tmp_path / "mine.png")
    painting.save()
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"} and filled(root) != painting


def test_a_painting_that_was_saved_elsewhere_is_free(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """Under the name that it had, too: filling again replaces no file of it."""
    root, painting = trace(tmp_path)
    painting.pixels[:4] = RED
    (tmp_path / "mine").mkdir()
    painting.filepath_raw = str(tmp_path / "mine" / "thing layer 2.png")
    painting.save()
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"} and filled(root) != painting
    assert painting.pixels[0] == 1


def test_a_painting_whose_path_is_written_in_another_way(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """As Blender remaps relative paths."""
    _, painting = trace(tmp_path)
    painting.filepath_raw = str(tmp_path / "project" / ".." / "thing layer 2.png")
    painting.pixels[:4] = RED
    with pytest.raises(RuntimeError, match=r"thing layer 2\.png was painted on"):
        bpy.ops.world_tracing.fill_colour()
    assert painting.pixels[0] == 1


def test_what_is_painted_while_the_colour_is_made_stays(
    addon: ModuleType, scene: bpy.types.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sys.modules[f"{addon.__name__}.backend.session"]
    colour = sys.modules[f"{addon.__name__}.scene.hidden_colour"]
    root, painting = trace(tmp_path)
    meanwhile(addon, monkeypatch, lambda: painting.pixels.__setitem__(slice(4), RED))
    assert bpy.ops.world_tracing.fill_colour() == {"FINISHED"}
    assert filled(root) == painting and painting.pixels[0] == 1
    assert "thing layer 2.png was painted on meanwhile" in session.notice.hint
    assert colour.painted(root) == ["thing layer 2.png"]
    painting.reload()
    assert colour.painted(root) == []
