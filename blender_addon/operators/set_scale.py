# mypy: disable-error-code="valid-type"
"""Set Scale: a known length makes a trace metric."""

import bpy
from bpy.props import EnumProperty, FloatProperty

from wt_backend.stack import StackError

from ..scene import anchor
from ..scene.viewport import leave_edit_mode
from ..ui.text import draw_text
from .bases import OnRoot

KNOWN = (
    ("DISTANCE", "Distance", "Between two selected vertices (Edit Mode) or two selected objects"),
    ("CAMERA", "Camera Height", "Of the camera above the floor that the trace shows"),
)


class WORLD_TRACING_OT_set_scale(bpy.types.Operator, OnRoot):
    """Scale the trace so that a known distance, or the camera's height, is right"""

    bl_idname = "world_tracing.set_scale"
    bl_label = "Set Scale"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    _offered = ""  # what was measured for the dialog
    _now: float | str = ""  # its length, or why it has none

    known: EnumProperty(name="Known", items=KNOWN, default="DISTANCE", description="What was measured")
    length: FloatProperty(
        name="True Length",
        default=1.0,
        min=1e-6,
        soft_max=1000.0,
        subtype="DISTANCE",
        options={"SKIP_SAVE"},
        description="How long it is in reality",
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Offer the present length, to be corrected."""
        self._offer(context)
        return context.window_manager.invoke_props_dialog(self)

    def check(self, context: bpy.types.Context) -> bool:
        """Another length is meant: offer that. (The redo panel asks too, and offers none.)"""
        if self._offered and self.known != self._offered:
            self._offer(context)
        return True

    def _offer(self, context: bpy.types.Context) -> None:
        self._offered, self._now = self.known, self._measure(context)
        if isinstance(self._now, float):
            self.length = self._now

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is known, and how long it is; or why that cannot be measured."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "known")
        if isinstance(self._now, str) and self._now:  # the redo panel has measured nothing
            draw_text(layout.column(align=True), context, self._now, "INFO")
        else:
            layout.prop(self, "length")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Scale."""
        context.view_layer.update()  # the redo panel undoes first, and matrices wait to be computed
        measured = self._measure(context)
        if isinstance(measured, str):
            return self.fail(measured)
        root = self.trace(context)
        leave_edit_mode(context)  # a step of Edit Mode's undo knows the mesh, not how large its trace was
        anchor.scale_by(root, self.length / measured)
        self.report({"INFO"}, f"{root.name} is {self.length / measured:.4g} times as large, in metres now.")
        return {"FINISHED"}

    def _measure(self, context: bpy.types.Context) -> float | str:
        """The present length, or why there is none."""
        root = self.trace(context)
        if self.known == "CAMERA":
            try:
                return anchor.camera_height(root, anchor.find_floor(context, root))
            except StackError as error:
                return str(error)
            except anchor.FloorError as error:
                return f"{error} A known distance does as well."
        places = anchor.selected_points(context)
        if len(places) != 2:
            return f"{len(places)} points are selected. Select two vertices in Edit Mode, or two objects."
        distance = (places[0] - places[1]).length
        return distance if distance > 1e-9 else "The two points lie at the same place. Select two others."
