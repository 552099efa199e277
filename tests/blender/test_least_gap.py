"""Hidden surfaces that lie near behind others are left out, and come back."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from test_import import children, import_stack

from wt_backend.stack import LayerStack


def test_hidden_surfaces_nearer_than_the_least_gap_are_left_out(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.sphere(48), tmp_path)
    front, back = children(root, "LAYER")
    before = len(front.data.vertices), len(back.data.vertices)
    root.world_tracing.gap = 0.4  # the back of the middle lies farther, that of the rim does not
    assert len(front.data.vertices) == before[0]
    assert 0 < len(back.data.vertices) < 0.9 * before[1]
    shown_stack = sys.modules["bl_ext.user_default.world_tracing.scene.shown_stack"]
    sent = LayerStack.load(shown_stack.stack_file(root))
    assert sent.mask[1].sum() == len(back.data.vertices)
    root.world_tracing.gap = 0.0
    assert (len(front.data.vertices), len(back.data.vertices)) == before
    assert shown_stack.stack_file(root) == Path(root.world_tracing.stack)


@pytest.mark.parametrize("name", ["layers", "gap", "lit", "hidden_colour", "without_sky"])
def test_what_a_change_rebuilds_takes_no_keys(scene: bpy.types.Scene, tmp_path: Path, name: str) -> None:
    """They would move the number, and nothing else."""
    root = import_stack(shapes.sphere(16), tmp_path)
    with pytest.raises(TypeError, match="not animatable"):
        root.keyframe_insert(f"world_tracing.{name}")
