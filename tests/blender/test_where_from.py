"""Where-from attributes that an artist converted, to faces say, count as lost: nothing breaks on them."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))  # `tests` cannot be a package here: see conftest
import analytic_stacks as shapes
from projection_scenes import only
from test_geometry import chosen, import_stack, layers, select
from test_pieces import SIZE, faces, pixels, separate


def convert_to_faces(layer: bpy.types.Object, name: str) -> None:
    """As Object Data > Attributes > Convert Attribute leaves it."""
    attributes = layer.data.attributes
    attributes.remove(attributes[name])
    attributes.new(name, "INT", "FACE")


def test_a_layer_whose_pixels_were_converted_is_not_selected_in(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    front, back = layers(import_stack(shapes.sphere(40), tmp_path))
    convert_to_faces(back, "wt_pixel")
    wanted = np.zeros(len(front.data.vertices), bool)
    wanted[[300, 301, 340]] = True
    select(front, wanted)
    assert bpy.ops.world_tracing.select_same_pixel() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    np.testing.assert_array_equal(chosen(front), wanted)
    assert not chosen(back).any()


def test_a_piece_whose_layer_was_converted_is_what_it_remembers(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    root = import_stack(shapes.one_layer(SIZE), tmp_path)
    rest = layers(root)[0]
    piece = separate(rest, pixels(rest) % SIZE < 20)
    only(root)
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    held = faces(rest), faces(piece)
    convert_to_faces(rest, "wt_layer")
    assert bpy.ops.world_tracing.rebuild_trace() == {"FINISHED"}
    assert (faces(rest), faces(piece)) == held
