# mypy: disable-error-code="valid-type"
"""A projection comes back from the worker and onto its mesh: a baked texture, or photos in the shader."""

import json
from collections.abc import Callable
from functools import partial
from zipfile import BadZipFile

import bpy
import numpy as np
from bpy.props import BoolProperty, StringProperty

from wt_backend.protocol import Message

from ..backend import session
from ..scene import build, projected_look, projected_photos, projection, shading, solid_object, traces
from ..scene.files import load_image
from ..scene.projection import ProjectionError, WorldMesh
from .bases import Operator

# target, its mesh as it is by now, and as it was sent, result
Wear = Callable[[bpy.types.Object, WorldMesh, solid_object.Arrays, Message], None]


class _Wear(Operator):
    """What both ways have in common: find the mesh, put the result on it, say how much of it is guessed."""

    bl_label = "Project Texture"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    target: StringProperty(options={"SKIP_SAVE"})
    sent: StringProperty(options={"SKIP_SAVE"})  # the file in which the mesh went to the worker
    result: StringProperty(options={"SKIP_SAVE"})

    def bring_in(self, context: bpy.types.Context, wear: Wear) -> set[str]:
        """Bring the result in."""
        target, result = bpy.data.objects.get((self.target, None)), json.loads(self.result)
        try:
            sent = solid_object.take_arrays(self.sent)
            if target is None or target.type != "MESH" or target.mode != "OBJECT":
                raise ProjectionError(f"{self.target} is gone, or being edited; kept: {result['data']}")
            wear(target, projection.world_mesh(target, context), sent, result)
            _take_light(target)
        except (ProjectionError, OSError, ValueError, RuntimeError, BadZipFile) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        warnings = "".join(f" {warning}." for warning in result["warnings"])
        message = f"{target.name}: photos show {result['seen']:.0%} of it, the rest is guessed.{warnings}"
        session.notice = session.Notice(message)
        self.report({"INFO"}, message)
        return {"FINISHED"}


class WORLD_TRACING_OT_wear_projection(bpy.types.Operator, _Wear):
    """Put a baked texture on a mesh"""

    bl_idname = "world_tracing.wear_projection"

    uv_map: StringProperty(options={"SKIP_SAVE"})  # of the mesh, where the texture was baked for one
    new_map: BoolProperty(options={"SKIP_SAVE"})  # which it does not have yet

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load the texture, write UVs and the seen mask, show it."""
        return self.bring_in(context, partial(_wear_texture, self.uv_map, self.new_map))


class WORLD_TRACING_OT_wear_photos(bpy.types.Operator, _Wear):
    """Project photos onto a mesh in its shader"""

    bl_idname = "world_tracing.wear_photos"

    roots: StringProperty(options={"SKIP_SAVE"})  # JSON list of session uids: traces may be renamed meanwhile

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write UV maps and attributes, show the photos through them."""
        return self.bring_in(context, partial(_wear_photos, json.loads(self.roots)))


def _wear_texture(
    uv_map: str,
    new_map: bool,
    target: bpy.types.Object,
    now: WorldMesh,
    sent: solid_object.Arrays,
    result: Message,
) -> None:
    data, mesh = solid_object.take_arrays(result["data"]), target.data
    texture, mask = (load_image(result[name]) for name in ("texture", "mask"))
    uv = data.get("uv", sent["uv"] if new_map else None)  # (F, 3, 2)
    if uv is not None:
        _check_unchanged(target, now, len(data["seen"]), len(uv))
        uv_map = projected_look.UV_MAP
        projected_look.write_uv(mesh, uv_map, now.loops.ravel(), uv.reshape(-1, 2))
    elif uv_map in mesh.uv_layers:  # else a modifier makes it
        mesh.uv_layers.active = mesh.uv_layers[uv_map]
    if len(data["seen"]) == len(mesh.vertices):  # else modifiers make vertices that the mesh has not
        projected_look.write_seen(mesh, data["seen"])
    projected_look.wear_texture(target, texture, mask, uv_map)


def _wear_photos(
    roots: list[int],
    target: bpy.types.Object,
    now: WorldMesh,
    _sent: solid_object.Arrays,
    result: Message,
) -> None:
    data, mesh = solid_object.take_arrays(result["data"]), target.data
    found = {member.session_uid: member for member in bpy.data.objects}
    if not found.keys() >= set(roots):
        raise ProjectionError("A trace whose photo was to be projected is gone. Project those that are left.")
    chosen = [found[uid] for uid in roots]
    photos = []
    for number, (root, trace) in enumerate(zip(chosen, build.trace_names(chosen), strict=True)):
        _check_unchanged(target, now, len(data["seen"]), len(data[f"sight {number}"]))
        image = projection.still_image(root)
        if not image.size[0]:
            raise ProjectionError(
                f"The photo of {root.name} is missing. Find it (File > External Data > Find Missing Files)."
            )
        sight = np.repeat(data[f"sight {number}"], 3, axis=0)
        projected_photos.write_projection(mesh, trace, data[f"projection {number}"], now.loops.ravel(), sight)
        camera = result["cameras"][number]
        hides = load_image(camera["hides"])
        hides.colorspace_settings.is_data = True  # names are those of the OCIO configuration
        photos.append(projected_photos.Photo(trace, image, hides, camera["tolerance"], camera["ray"]))
    projected_photos.write_guess(mesh, data["guess"])
    projected_look.write_seen(mesh, data["seen"])
    projected_photos.wear_photos(target, photos)


def _take_light(target: bpy.types.Object) -> None:
    """Let the solid of a trace that is lit be lit in its new material too."""
    root = traces.root_of(target)
    if root is not None and target.world_tracing.role == "SOLID":
        shading.show_on([target], root.world_tracing.lit)


def _check_unchanged(target: bpy.types.Object, now: WorldMesh, vertices: int, triangles: int) -> None:
    if not now.as_edited or (len(now.vertices), len(now.triangles)) != (vertices, triangles):
        raise ProjectionError(f"{target.name} was changed meanwhile. Project the texture again.")
