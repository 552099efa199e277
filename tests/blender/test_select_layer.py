"""One layer of a trace selected, its settings for all; several stacks at once."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from test_anchor import edit
from test_import import CASES, children, import_stack, make_stack


@pytest.fixture
def root(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    """An imported trace."""
    return import_stack(make_stack(*CASES["whole square"]), tmp_path)


def test_layers_behind_the_first_are_selected_by_number(root: bpy.types.Object) -> None:
    for number in (2, 1):
        assert bpy.ops.world_tracing.select_layer(layer=number) == {"FINISHED"}
        assert bpy.context.selected_objects == [bpy.context.object]
        values = bpy.context.object.world_tracing
        assert (values.role, values.layer) == ("LAYER", number - 1)
    with pytest.raises(RuntimeError, match="has no layer 7"):
        bpy.ops.world_tracing.select_layer(layer=7)
    root.world_tracing.layers = 1
    with pytest.raises(RuntimeError, match=r"Layer 2 is hidden\. Show it first"):
        bpy.ops.world_tracing.select_layer(layer=2)
    root.world_tracing.layers = 6
    edit(bpy.context.object, [0])
    with pytest.raises(RuntimeError, match="selected in Object Mode"):
        bpy.ops.world_tracing.select_layer(layer=2)


def test_settings_of_a_layer_are_applied_to_all(root: bpy.types.Object) -> None:
    first, *others = children(root, "LAYER")
    assert not bpy.ops.world_tracing.apply_to_layers.poll()  # the root is active
    bpy.ops.world_tracing.select_layer(layer=1)
    first.world_tracing.island = 10**6
    assert not first.data.polygons and all(layer.data.polygons for layer in others)
    assert bpy.ops.world_tracing.apply_to_layers() == {"FINISHED"}
    assert all(layer.world_tracing.island == 10**6 and not layer.data.polygons for layer in others)


def test_several_stacks_are_imported_at_once(scene: bpy.types.Scene, tmp_path: Path) -> None:
    """The first one only; a damaged one is named, and the others come."""
    for name in ("a", "b"):
        make_stack(*CASES["whole square"]).save(tmp_path / f"{name}.wts")
    (tmp_path / "broken.wts").write_bytes(b"PK")
    names = [{"name": f"{name}.wts"} for name in ("a", "broken", "b")]
    with pytest.raises(RuntimeError, match=r"broken\.wts"):
        bpy.ops.world_tracing.import_stack(directory=str(tmp_path), files=names)
    assert {"Trace: a", "Trace: b"} <= {thing.name for thing in scene.objects}
