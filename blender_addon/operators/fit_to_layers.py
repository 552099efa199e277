# mypy: disable-error-code="valid-type"
"""Fit to Layers: the worker finds the move, turn and scale that lay a foreign mesh onto a trace."""

import json

import bpy
from bpy.props import BoolProperty, StringProperty
from mathutils import Matrix

from ..backend import session
from ..scene import files, projection, viewport
from ..scene.projection import ProjectionError
from .geometry_job import GeometryJob
from .scene_settings import SKIP


class WORLD_TRACING_OT_fit_to_layers(bpy.types.Operator, GeometryJob):
    """Move, turn and scale the active mesh onto the layers of a trace; undo it if you do not like it"""

    bl_idname = "world_tracing.fit_to_layers"
    bl_label = "Fit to Layers"

    turn: BoolProperty(
        name="Try Turns",
        options=SKIP,
        description="Start from quarter turns about the world's Z axis too, not only from where it is",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One trace must be meant, and a mesh that is no part of one."""
        if len(projection.cameras(context)) != 1:
            cls.poll_message_set("Select the trace to fit to as well, the mesh last")
            return False
        cls.poll_message_set("Make a mesh active that is no layer, in Object Mode")
        target = context.object
        return (
            context.mode == "OBJECT"
            and target is not None
            and target.type == "MESH"
            and target.world_tracing.role == "NONE"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        target, root = context.object, projection.cameras(context)[0]
        try:
            projection.check_place(target)
            mesh = projection.world_mesh(target, context)
            output = files.new_projection(f"{target.name} fit")
            sent = projection.send(output, mesh, [])
        except (ProjectionError, OSError) as error:
            return self.fail(str(error))
        place = json.dumps([list(row) for row in target.matrix_world])
        turn = self.value(context, "turn", "try_turns")
        params = {"mesh": sent, "to_local": projection.to_local(root).tolist(), "turn": turn}
        settings = {"target": target.name, "sent": sent, "place": place}
        label = f"Fit of {target.name}"
        return self.run_job(context, "projection/fit", params, label, "wear_fit", settings, root)


class WORLD_TRACING_OT_wear_fit(bpy.types.Operator):
    """Put a mesh where it fits best"""

    bl_idname = "world_tracing.wear_fit"
    bl_label = "Fit to Layers"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    target: StringProperty(options={"SKIP_SAVE"})
    sent: StringProperty(options={"SKIP_SAVE"})  # the file in which the mesh went to the worker
    place: StringProperty(options={"SKIP_SAVE"})  # where it was when it went there: a matrix as JSON
    result: StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it, say how well it fits."""
        target = bpy.data.objects.get((self.target, None))
        result = json.loads(self.result)
        files.forget(self.sent)
        if target is None:
            self.report({"ERROR"}, f"{self.target} is gone.")
            return {"CANCELLED"}
        target.matrix_world = Matrix(result["matrix"]) @ Matrix(json.loads(self.place))
        context.view_layer.update()
        viewport.undo_whole(context)
        session.notice = session.Notice(
            f"{target.name}: the layers lie {result['residual']:.3g} from it ({result['relative']:.1%} of "
            f"their extent, before {result['before']:.1%}), scaled by {result['scale']:.3g}. "
            "Undo takes it back."
        )
        self.report({"INFO"}, session.notice.message)
        return {"FINISHED"}
