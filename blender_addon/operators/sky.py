# mypy: disable-error-code="valid-type"
"""The sky mask of a trace: found by a plain rule, corrected by selections, left out of the layers."""

import bpy
import numpy as np
from bpy.props import BoolProperty

from wt_backend.geometry.sky import sky_mask
from wt_backend.stack import LayerStack, StackError

from ..scene import selection, sky, traces
from ..scene.origin import stack_path
from ..scene.viewport import leave_edit_mode
from .bases import OnTrace


def _leave_out(root: bpy.types.Object) -> None:
    """Build without sky from now on; a trace that does already was rebuilt when its mask changed."""
    if not root.world_tracing.without_sky:
        root.world_tracing.without_sky = True


class WORLD_TRACING_OT_find_sky(bpy.types.Operator, OnTrace):
    """Look for sky (smooth, bright, far, joined to the upper border) and leave it out of the layers"""

    bl_idname = "world_tracing.find_sky"
    bl_label = "Find Sky"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the mask, rebuild."""
        root = self.trace(context)
        if not traces.layers_of(root):
            return self.fail("Only the layers of a single image can leave its sky out.", "Import one frame.")
        try:
            stack = LayerStack.load(stack_path(root))
            found = sky_mask(stack)
            if not found.any():
                return self.fail("No sky was found.", "Select some of it in Edit Mode and add that.")
            leave_edit_mode(context)  # only now: what fails is no undo step and must change nothing
            sky.set_mask(root, stack, found)
            _leave_out(root)
        except StackError as error:
            return self.fail(str(error))
        self.report(
            {"INFO"}, f"{100 * found.mean():.0f} % of the frame is sky, in {root.world_tracing.sky.name}"
        )
        return {"FINISHED"}


class WORLD_TRACING_OT_mark_sky(bpy.types.Operator, OnTrace):
    """Say that the pixels of the selected vertices are sky, or are not (show the sky first to select it)"""

    bl_idname = "world_tracing.mark_sky"
    bl_label = "Mark Selected as Sky"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    sky: BoolProperty(name="Sky", default=True, description="Add to the sky mask, or take out of it")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Change the mask at these pixels, rebuild."""
        root = self.trace(context)
        if not traces.layers_of(root):
            return self.fail("Only the layers of a single image can leave its sky out.", "Import one frame.")
        layers = selection.picked_layers(context, root)
        if not selection.is_anything_selected(layers):
            return self.fail("Nothing is selected.", "Select vertices of a layer in Edit Mode.")
        try:
            stack = LayerStack.load(stack_path(root))
            leave_edit_mode(context)
            wanted = selection.selected_pixels(layers)
            mask = sky.mask_of(root, stack)
            mask[np.unravel_index(wanted, mask.shape)] = self.sky
            sky.set_mask(root, stack, mask)
            if self.sky:
                _leave_out(root)
        except StackError as error:
            return self.fail(str(error))
        word = "are sky" if self.sky else "are no sky"
        self.report({"INFO"}, f"{len(wanted)} pixels {word}; the mask is {root.world_tracing.sky.name}.")
        return {"FINISHED"}
