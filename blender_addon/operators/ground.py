"""Ground: the floor of a trace becomes the floor of the world."""

import math

import bpy

from wt_backend.stack import StackError

from ..scene import anchor
from ..scene.viewport import leave_edit_mode
from .bases import OnRoot


class WORLD_TRACING_OT_ground(bpy.types.Operator, OnRoot):
    """Turn and lift the trace so that its floor lies at z = 0; selected vertices say where the floor is"""

    bl_idname = "world_tracing.ground"
    bl_label = "Ground"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Find the floor, place the root."""
        context.view_layer.update()  # the redo panel undoes first, and matrices wait to be computed
        root = self.trace(context)
        try:
            floor = anchor.find_floor(context, root)
        except (StackError, anchor.FloorError) as error:
            return self.fail(str(error))
        leave_edit_mode(context)  # a step of Edit Mode's undo knows the mesh, not where its trace stood
        anchor.stand_on(root, floor)
        tilt = math.degrees(math.acos(min(1.0, float(floor.normal[1]))))
        self.report({"INFO"}, f"The floor holds {100 * floor.share:.0f} % of the points; tilt {tilt:.1f}°.")
        return {"FINISHED"}
