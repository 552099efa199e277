# mypy: disable-error-code="valid-type"
"""Make Solid: the worker joins entry and exit layers into closed meshes, a follow-up adds them."""

import json
import uuid
from zipfile import BadZipFile

import bpy
from bpy.props import IntProperty, StringProperty

from wt_backend.stack import StackError

from ..backend import session
from ..scene import anchor, files, projected_look, solid_object, traces, viewport
from ..scene.frame import frame_of
from ..scene.projection import SINGLE_USER
from ..scene.rebuild import is_edited
from .bases import named_root
from .geometry_job import GeometryJob
from .scene_settings import SKIP

_LEFT_OUT = (
    " Floor, walls and backdrop, if any, are hidden with them: without a back they are not in the solid. "
    "Show Layers brings them back."
)


class WORLD_TRACING_OT_make_solid(bpy.types.Operator, GeometryJob):
    """Join the layers where rays enter and leave things into closed meshes"""

    bl_idname = "world_tracing.make_solid"
    bl_label = "Make Solid"

    resolution: IntProperty(
        name="Resolution", min=16, max=1024, options=SKIP, description="Most rays along a side of the image"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        root = self.trace(context)
        if traces.is_shot(root) and not traces.layers_of(root):
            return self.fail("Only a single image can be made solid.", "Import This Frame makes one.")
        solid = traces.solid_of(root)
        if reason := _unclear(root, context) or _why_not(solid):
            return self.fail(reason)
        own = uuid.uuid4().hex[:8]  # another Blender may make a solid of a trace of this name, too
        output = files.folder("geometry") / f"{files.file_name(root.name)} solid {own}.npz"
        resolution = self.value(context, "resolution", "solid_resolution")
        params = {"output": str(output), "resolution": resolution}
        label, settings = f"Solid of {root.name}", {"root": root.name}
        if solid is not None:
            settings["solid"] = solid.name
        return self.run_job(context, "geometry/solid", params, label, "add_solid", settings, root)


class WORLD_TRACING_OT_add_solid(bpy.types.Operator):
    """Add a solid that was made from the layers"""

    bl_idname = "world_tracing.add_solid"
    bl_label = "Make Solid"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    root: StringProperty(options={"SKIP_SAVE"})
    solid: StringProperty(options={"SKIP_SAVE"})  # the one to make again
    result: StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the mesh, hide the layers that it replaces, say how good it is."""
        root = named_root(self.root)
        result = json.loads(self.result)
        if root is None:
            self.report({"ERROR"}, f"{self.root} is gone; the solid is kept: {result['mesh']}")
            return {"CANCELLED"}
        solid = self._solid(root)
        if reason := ("" if self.solid else _unclear(root, context)) or _why_not(solid):
            files.forget(result.get("mesh", ""))  # it is to be made again
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        try:
            solid = solid_object.put_solid(root, solid, solid_object.take_arrays(result["mesh"]))
        except StackError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except (OSError, ValueError, BadZipFile) as error:
            self.report({"ERROR"}, f"{result['mesh']} cannot be read ({error}). Make the solid again.")
            return {"CANCELLED"}
        viewport.reveal(context.scene, solid)  # made again, it may have been hidden in favour of the layers
        for layer in traces.layers_of(root):
            viewport.hide(context.scene, layer)
        viewport.select_only(context, solid)  # what is hidden cannot be gone on with
        viewport.undo_whole(context)
        session.notice = session.Notice(f"{solid.name}: {_verdict(result, root, context.scene)}")
        self.report({"INFO"}, session.notice.message)
        return {"FINISHED"}

    def _solid(self, root: bpy.types.Object) -> bpy.types.Object | None:
        """The one to make again; one that was meant and is gone has left the others to be kept."""
        if not self.solid:
            return traces.solid_of(root)
        return next((solid for solid in traces.solids_of(root) if solid.name == self.solid), None)


def _unclear(root: bpy.types.Object, context: bpy.types.Context) -> str:
    """Why it is not clear which solid of a trace to make again, "" where it is."""
    solids = traces.solids_of(root)
    if len(solids) < 2 or context.view_layer.objects.active in solids:
        return ""
    return (
        f"{root.name} has {len(solids)} solids. Select the one to make again; "
        "clear the parent of those to keep."
    )


def _why_not(solid: bpy.types.Object | None) -> str:
    """Why a solid cannot be replaced just now, "" where it can, or where there is none."""
    if solid is not None and is_edited(solid):
        return f"{solid.name} is being edited. Leave its mode, then make the solid again."
    if solid is not None and solid.data.users - solid.data.use_fake_user > 1:
        return (
            f"{solid.name} shares its mesh with another object, which would be replaced too. " + SINGLE_USER
        )
    if solid is not None and projected_look.is_worn(solid.data):
        return (
            f"{solid.name} wears a projected texture, which it would lose. Clear its parent to keep it, or "
            "let Re-project Pixels give it the photo back; then make the solid again."
        )
    return ""


def _verdict(result: dict, root: bpy.types.Object, scene: bpy.types.Scene) -> str:
    """Watertightness, volume as large as the trace is in the scene, and what is no longer seen."""
    pieces = result["pieces"]
    open_pieces = sum(not piece["watertight"] for piece in pieces)
    closed = "watertight" if not open_pieces else f"{open_pieces} not watertight"
    volume, unit = result["volume"] * abs(frame_of(root).determinant()), "cubic units of unknown scale"
    if root.world_tracing.metric:
        volume, unit = volume * anchor.metres(scene) ** 3, "m³"
    return (
        f"{len(pieces)} piece{'s' * (len(pieces) != 1)}, {closed}, volume {volume:.4g} {unit} "
        f"({100 * result['volume_error']:.1f} % off what the rays enclose); the layers are hidden."
    ) + _LEFT_OUT * (result.get("mode") == "scene")  # an older worker does not say
