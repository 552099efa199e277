# mypy: disable-error-code="valid-type"
"""Select vertices by the pixels of the photo that they come from."""

from collections.abc import Callable

import bpy
import numpy as np
from bpy.props import StringProperty
from numpy.typing import NDArray

from wt_backend.geometry.sky import sky_mask
from wt_backend.stack import LayerStack, StackError

from ..scene import selection
from ..scene.materials import UV_MAP
from ..scene.origin import stack_path
from ..scene.viewport import leave_edit_mode
from .bases import OnTrace

Choose = Callable[[bpy.types.Mesh], NDArray[np.bool_]]


class SelectPixels(OnTrace):
    """An operator that selects vertices in all mesh layers of a trace."""

    def select(self, context: bpy.types.Context, choose: Choose, edit: bool) -> set[str]:
        """Select what `choose` says, in Edit Mode of all layers if `edit`."""
        layers = selection.mesh_layers(self.trace(context))
        if not layers:
            return self.fail("This trace has no mesh layers.", "Rebuild it from its stack.")
        count = sum(selection.select_vertices(layer.data, choose(layer.data)) for layer in layers)
        visible = [layer for layer in layers if layer.visible_get()]
        if edit and visible:
            for member in context.selected_objects:
                member.select_set(False)
            for layer in visible:
                layer.select_set(True)
            context.view_layer.objects.active = visible[0]
            # Not context.tool_settings: reading that makes 4.2 believe that the window belongs to this scene,
            # and whoever sets the window's scene after another file was loaded (the glTF exporter) writes
            # into freed memory.
            context.scene.tool_settings.mesh_select_mode = (True, False, False)
            bpy.ops.object.mode_set(mode="EDIT")
        self.report({"INFO"}, f"{count} vertices selected in {len(layers)} layers.")
        return {"FINISHED"}


class WORLD_TRACING_OT_select_under_mask(bpy.types.Operator, SelectPixels):
    """Select what lies under a mask image, in all layers: its white parts, or the subject of a cut-out"""

    bl_idname = "world_tracing.select_under_mask"
    bl_label = "Select Pixels Under Mask"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    mask: StringProperty(
        name="Mask", options={"SKIP_SAVE"}, description="Image; empty: the panel's mask image"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Look every vertex up in the mask."""
        mask = bpy.data.images.get(self.mask) if self.mask else context.scene.world_tracing.mask_image
        if mask is None:
            return self.fail("No mask image is chosen.", "Choose one as mask in the Trace World panel.")
        if not mask.has_data and not mask.size[0]:
            return self.fail(f"{mask.name} has no pixels.", "Load it again.")
        for layer in selection.mesh_layers(self.trace(context)):
            if not selection.has_pixel_uv(layer.data):
                return self.fail(
                    f"{layer.name} has lost its UV map {UV_MAP}.",
                    "Select it: Re-project Pixels gives it back.",
                )
        leave_edit_mode(context)
        return self.select(
            context, lambda mesh: selection.under_mask(selection.pixel_uv(mesh), mask), edit=True
        )


class WORLD_TRACING_OT_select_same_pixel(bpy.types.Operator, SelectPixels):
    """Select, in all layers, what shares a pixel with the selected vertices"""

    bl_idname = "world_tracing.select_same_pixel"
    bl_label = "Select Same Pixel Through All Layers"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Collect the pixels, select them everywhere."""
        layers = selection.picked_layers(context, self.trace(context))
        if not selection.is_anything_selected(layers):
            return self.fail("Nothing is selected.", "Select vertices of a layer in Edit Mode.")
        leave_edit_mode(context)
        wanted = selection.selected_pixels(layers)
        return self.select(context, lambda mesh: np.isin(selection.pixels(mesh), wanted), edit=True)


class WORLD_TRACING_OT_select_sky(bpy.types.Operator, SelectPixels):
    """Select what looks like sky, in all layers: smooth, bright, far, joined to the upper border"""

    bl_idname = "world_tracing.select_sky"
    bl_label = "Select Sky"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Judge the stack's own picture and depth."""
        root = self.trace(context)
        try:
            sky = sky_mask(LayerStack.load(stack_path(root)))
        except StackError as error:
            return self.fail(str(error))
        if not sky.any():
            return self.fail("No sky was found.", "Paint a mask and use Select Pixels Under Mask.")
        leave_edit_mode(context)
        return self.select(context, lambda mesh: sky.ravel()[selection.pixels(mesh)], edit=True)
