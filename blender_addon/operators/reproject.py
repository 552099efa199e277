"""Re-project: a remeshed layer or solid gets its pixel UVs and its layers' looks back."""

import bpy
import numpy as np

from wt_backend.stack import LayerStack, StackError

from ..backend import session
from ..scene import projected_look, projection, traces
from ..scene.layer_looks import wear_layers
from ..scene.materials import UV_MAP
from ..scene.mesh_object import LAYER, PIXEL, SEEN
from ..scene.origin import stack_path
from ..scene.projection import ProjectionError
from .bases import OnTrace


class WORLD_TRACING_OT_reproject(bpy.types.Operator, OnTrace):
    """Give selected meshes that were made from a trace their pixel UVs and where-from attributes back"""

    bl_idname = "world_tracing.reproject"
    bl_label = "Re-project Pixels"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One trace must be meant, and a mesh be selected."""
        cls.poll_message_set("Select one trace's meshes, in Object Mode")
        return context.mode == "OBJECT" and any(member.type == "MESH" for member in context.selected_objects)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Project every selected mesh through its trace's camera."""
        meshes = [member for member in context.selected_objects if member.type == "MESH"]
        context.view_layer.update()  # doing it again undoes first, and matrices wait to be computed
        try:
            roots = [traces.root_of(target) or self._only_trace(context) for target in meshes]
            stacks = {root: LayerStack.load(stack_path(root)) for root in roots}
            shown = [_shown(context, target) for target in meshes]  # all of them, before any is changed
            for target, mesh, root in zip(meshes, shown, roots, strict=True):
                _reproject(target, mesh, root, stacks[root])
        except (ProjectionError, StackError) as error:
            return self.fail(str(error))
        session.notice = session.Notice(f"{len(meshes)} meshes have their pixels back.")
        return {"FINISHED"}

    def _only_trace(self, context: bpy.types.Context) -> bpy.types.Object:
        roots = projection.cameras(context)
        if len(roots) != 1:
            raise ProjectionError("It is not clear which trace is meant. Select its root as well.")
        return roots[0]


def _shown(context: bpy.types.Context, target: bpy.types.Object) -> projection.WorldMesh:
    """A mesh as it is shown; refused where it cannot be given pixels."""
    projection.check_target(target)
    projection.check_uv_room(target, UV_MAP)
    shown = projection.world_mesh(target, context)
    if not shown.as_edited:
        raise ProjectionError(f"Modifiers of {target.name} change its faces. Apply them first.")
    return shown


def _reproject(
    target: bpy.types.Object, shown: projection.WorldMesh, root: bpy.types.Object, stack: LayerStack
) -> None:
    mesh = target.data
    points = projection.homogeneous(shown.vertices, root, stack)
    projected_look.write_uv(
        mesh, UV_MAP, shown.loops.ravel(), projected_look.uv_of(points)[shown.triangles.ravel()]
    )
    pixel, layer = projection.nearest_layer(shown.vertices, root, stack)
    for name, kind, values in (
        (PIXEL, "INT", pixel),
        (LAYER, "INT", layer),
        (SEEN, "BOOLEAN", layer == 0),
    ):
        attribute = projected_look.attribute_of(mesh, name, kind, "POINT")
        attribute.data.foreach_set("value", values)
    _wear_layers(root, target, shown, layer)


def _wear_layers(
    root: bpy.types.Object, target: bpy.types.Object, shown: projection.WorldMesh, layer: np.ndarray
) -> None:
    """Each face gets the material of the layer that most of its corners belong to."""
    mesh = target.data
    if mesh in {owner.data for owner in traces.layers_of(root)}:  # a layer keeps its own material
        return
    starts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corner)
    of_corner = layer[corner]
    first = np.stack([of_corner[starts + k] for k in range(3)], 1)  # three corners say enough
    wear_layers(root, target, np.sort(first, axis=1)[:, 1])
    mesh.update()
