# mypy: disable-error-code="valid-type"
"""Fewer faces: the worker decimates a layer or a solid within a budget, a follow-up replaces its mesh."""

import json
from zipfile import BadZipFile

import bpy
from bpy.props import EnumProperty, StringProperty

from wt_backend.protocol import Message

from ..backend import session
from ..scene import files, projected_look, solid_object, traces, viewport
from ..scene.materials import UV_MAP
from ..scene.origin import stack_path
from ..scene.projected_photos import GUESS
from ..scene.projection import SINGLE_USER
from ..scene.rebuild import is_edited
from .geometry_job import GeometryJob

BUDGETS = (
    ("2000", "2,000 Faces", "For games and previews"),
    ("10000", "10,000 Faces", "For light scenes"),
    ("50000", "50,000 Faces", "For most scenes"),
    ("200000", "200,000 Faces", "For close views"),
)


def _can_be_reduced(member: bpy.types.Object | None) -> bool:
    if member is None or member.type != "MESH" or member.world_tracing.role not in {"LAYER", "SOLID"}:
        return False
    return not is_edited(member) and member.data.library is None


def _why_not(member: bpy.types.Object) -> str:
    """Why a mesh cannot be reduced as it is, "" where it can: what the artist gave to its points would go."""
    if projected_look.is_worn(member.data):
        return (
            f"{member.name} wears a projected texture, which it would lose. Re-project Pixels gives it the "
            "photo back; then reduce it, and project the texture again."
        )
    if member.data.users - member.data.use_fake_user > 1:
        return (
            f"{member.name} shares its mesh with another object, which would be reduced too. " + SINGLE_USER
        )
    for kind, names in _own(member).items():
        if names:
            return (
                f"{member.name} has {kind} of its own ({', '.join(names)}), which it would lose. "
                "Remove them, here or from a copy to reduce."
            )
    return ""


def _own(member: bpy.types.Object) -> dict[str, list[str]]:
    """Names of what the artist gave to the points of a mesh, by kind."""
    mesh, ours = member.data, (UV_MAP, projected_look.UV_MAP)
    return {
        "UVs": [layer.name for layer in mesh.uv_layers if not layer.name.startswith(ours)],
        "vertex groups": [group.name for group in member.vertex_groups],
        "colour attributes": [own.name for own in mesh.color_attributes if own.name != GUESS],
        "shape keys": [key.name for key in mesh.shape_keys.key_blocks[1:]] if mesh.shape_keys else [],
    }


class WORLD_TRACING_OT_decimate(bpy.types.Operator, GeometryJob):
    """Reduce the active layer or solid, as it is now, to a number of triangles; UVs and silhouette stay"""

    bl_idname = "world_tracing.decimate"
    bl_label = "Reduce Faces"
    bl_property = "budget"

    budget: EnumProperty(name="Budget", items=BUDGETS, default="10000", description="Faces that are left")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A layer or a solid must be active."""
        cls.poll_message_set("Select a mesh layer or the solid of a trace, in Object Mode and not linked")
        return _can_be_reduced(context.object)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        layer = context.object
        root = traces.root_of(layer)
        if root is None:
            return self.fail(f"{layer.name} has lost its trace.", "Parent it to the trace again.")
        if not layer.data.polygons:
            return self.fail(f"{layer.name} has no faces.", "Choose another layer.")
        if reason := _why_not(layer):
            return self.fail(reason)
        before = files.new_geometry(layer.name)  # of its own: what comes back is held against it
        output = before.with_name(f"{before.stem} reduced.npz")
        try:
            solid_object.write_arrays(before, layer.data)
        except OSError as reason:
            files.forget(str(before))  # what there is of it
            return self.fail(f"{before} cannot be written ({reason}).", "Save the .blend elsewhere.")
        params: dict[str, str | int] = {
            "stack": str(stack_path(root)),
            "mesh": str(before),
            "output": str(output),
            "faces": int(self.budget),
        }
        label = f"Faces of {layer.name}"
        settings = {"layer": layer.name, "sent": str(before)}
        return self.run_job(context, "geometry/decimate", params, label, "wear_reduced_mesh", settings)


class WORLD_TRACING_OT_wear_reduced_mesh(bpy.types.Operator):
    """Replace a layer's mesh by a reduced one"""

    bl_idname = "world_tracing.wear_reduced_mesh"
    bl_label = "Reduce Faces"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    layer: StringProperty(options={"SKIP_SAVE"})
    sent: StringProperty(options={"SKIP_SAVE"})  # the file in which the mesh went to the worker
    result: StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the mesh; whatever comes of it, the files are of no more use."""
        result = json.loads(self.result)
        try:
            return self._wear(context, result)
        finally:
            files.forget(self.sent)
            files.forget(result.get("mesh", ""))

    def _wear(self, context: bpy.types.Context, result: Message) -> set[str]:
        layer = bpy.data.objects.get((self.layer, None))
        if layer is None or not _can_be_reduced(layer):
            self.report({"ERROR"}, f"{self.layer} is gone, or being edited.")
            return {"CANCELLED"}
        if reason := _why_not(layer):  # a bake that was waiting before this one has come in
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        read = self._read(result["mesh"])
        if read is None:
            return {"CANCELLED"}
        sent, arrays = read
        if not solid_object.is_still(layer.data, sent):
            self.report({"ERROR"}, f"{layer.name} was changed meanwhile. Reduce it again.")
            return {"CANCELLED"}
        root = traces.root_of(layer)
        layer.shape_key_clear()  # a basis, of other vertices
        if layer.world_tracing.role == "SOLID" and root is not None and not any(layer.data.materials):
            solid_object.wear_solid(root, layer, arrays)
        else:
            solid_object.wear_reduced(layer, arrays)
        viewport.undo_whole(context)
        session.notice = session.Notice(
            f"{layer.name}: {result['faces_before']} triangles became {result['faces']}."
        )
        return {"FINISHED"}

    def _read(self, reduced: str) -> list[solid_object.Arrays] | None:
        """A mesh as it was sent and as it came back; None, and a report, where a file cannot be read."""
        found = []
        for path in (self.sent, reduced):
            try:
                found.append(solid_object.take_arrays(path))
            except (OSError, ValueError, BadZipFile) as error:
                self.report({"ERROR"}, f"{path} cannot be read ({error}). Reduce the layer again.")
                return None
        return found
