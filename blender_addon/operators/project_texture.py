# mypy: disable-error-code="valid-type"
"""Project Texture: any mesh wears the photos of traces, baked by the worker or projected in the shader."""

import json
import math
from zipfile import BadZipFile

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, StringProperty

from wt_backend.protocol import Message
from wt_backend.stack import LayerStack, StackError

from ..backend import session
from ..scene import build, files, projected_look, projection, solid_object
from ..scene.projection import ProjectionError
from .geometry_job import GeometryJob

ROUTES = (
    ("BAKE", "Bake a Texture", "One texture of the mesh's own; what no photo shows is guessed"),
    ("SHADER", "UV Map per Camera", "The photos themselves, projected through everything, at once"),
)
UNWRAPS = (
    ("AUTO", "Automatic", "The mesh's own UVs if it has any, else a new unwrap"),
    ("OWN", "Own UVs", "The active UV map; its islands must not overlap"),
    ("NEW", "New Unwrap", "xatlas for triangle meshes, else Smart UV Project"),
)
SIZES = tuple((str(size), f"{size} px", "") for size in (512, 1024, 2048, 4096, 8192))
SMART_ANGLE = math.radians(66)


class WORLD_TRACING_OT_project_texture(bpy.types.Operator, GeometryJob):
    """Texture the selected meshes from the photos of the selected traces (root or camera)"""

    bl_idname = "world_tracing.project_texture"
    bl_label = "Project Texture"
    bl_options = {"UNDO"}  # noqa: RUF012

    route: EnumProperty(name="As", items=ROUTES, default="BAKE")
    unwrap: EnumProperty(name="UVs", items=UNWRAPS, default="AUTO")
    size: EnumProperty(name="Size", items=SIZES, default="2048")
    layer_hides: BoolProperty(
        name="Layer 1 Hides",
        default=False,
        description="What the photo's first layer shows in front of the mesh hides it, besides other meshes",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace and a mesh."""
        if not projection.cameras(context):
            cls.poll_message_set("Select the root or camera of the traces to use as well")
            return False
        cls.poll_message_set("Select a mesh that is no layer, in Object Mode")
        return context.mode == "OBJECT" and bool(projection.targets(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake each mesh as a job of its own, or write the UV maps now."""
        chosen, roots = projection.targets(context), projection.cameras(context)
        try:
            for target in chosen:
                projection.check_target(target)
            if self.route == "SHADER":
                for target in chosen:
                    _project_in_shader(context, target, roots)
                return {"FINISHED"}
            entries = [projection.camera_entry(root) for root in roots]
            jobs = [self._params(context, target, entries) for target in chosen]
        except (ProjectionError, StackError, OSError) as error:
            return self.fail(str(error))
        for target, params in zip(chosen, jobs, strict=True):
            done = self.run_job(
                context, "projection/bake", params, f"Texture of {target.name}", "wear_projection",
                {"target": target.name},
            )  # fmt: skip
            if done != {"FINISHED"}:
                return done
        return {"FINISHED"}

    def _params(
        self, context: bpy.types.Context, target: bpy.types.Object, entries: list[dict[str, object]]
    ) -> Message:
        mesh = projection.world_mesh(target, context)
        if self.unwrap == "OWN" and mesh.uv is None:
            raise ProjectionError(f"{target.name} has no UVs. Unwrap it, or choose New Unwrap.")
        new = self.unwrap == "NEW" or mesh.uv is None
        if new and not mesh.as_edited:
            raise ProjectionError(
                f"Modifiers of {target.name} change its faces, so that it cannot be unwrapped as shown. "
                "Apply them (Object > Apply > Visual Geometry to Mesh), or give it UVs of its own."
            )
        by_worker = new and mesh.only_triangles and len(mesh.triangles) <= projection.LARGEST_UNWRAP
        if new and not by_worker:
            _smart_unwrap(context, target)
            mesh = projection.world_mesh(target, context)
        others = [
            projection.world_mesh(other, context)
            for other in projection.targets(context)
            if other != target and other.visible_get()
        ]
        output = files.folder("projection") / f"{bpy.path.clean_name(target.name)} projected"
        return {
            "mesh": projection.send(target, mesh, others),
            "cameras": entries,
            "output": str(output),
            "size": int(self.size),
            "unwrap": "xatlas" if by_worker else "own",
            "layer_hides": self.layer_hides,
        }


class WORLD_TRACING_OT_wear_projection(bpy.types.Operator):
    """Put a baked texture on a mesh"""

    bl_idname = "world_tracing.wear_projection"
    bl_label = "Project Texture"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    target: StringProperty(options={"SKIP_SAVE"})
    result: StringProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load the texture, write UVs and the seen mask, show it."""
        target = bpy.data.objects.get(self.target)
        result = json.loads(self.result)
        if target is None or target.type != "MESH" or target.mode != "OBJECT":
            self.report({"ERROR"}, f"{self.target} is gone, or being edited; kept: {result['texture']}")
            return {"CANCELLED"}
        try:
            data = solid_object.read_arrays(result["data"])
            image = bpy.data.images.load(result["texture"], check_existing=True)
            image.reload()  # an earlier bake may lie under the same name
            _wear(context, target, image, data)
        except (OSError, ValueError, RuntimeError, BadZipFile) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        warnings = "".join(f" {warning}." for warning in result["warnings"])
        session.notice = session.Notice(
            f"{target.name}: photos show {result['seen']:.0%} of it, the rest is guessed.{warnings}",
            error=False,
        )
        self.report({"INFO"}, session.notice.message)
        return {"FINISHED"}


def _wear(
    context: bpy.types.Context, target: bpy.types.Object, image: bpy.types.Image, data: solid_object.Arrays
) -> None:
    mesh = target.data
    if "uv" in data:
        now = projection.world_mesh(target, context)
        if not now.as_edited or len(now.triangles) != len(data["uv"]):
            raise ValueError(f"{target.name} was changed meanwhile. Project the texture again.")
        uv_map = projected_look.UV_MAP
        projected_look.write_uv(mesh, uv_map, now.loops.ravel(), data["uv"].reshape(-1, 2))
    else:
        uv_map = mesh.uv_layers.active.name if mesh.uv_layers.active else ""
    if len(data["seen"]) == len(mesh.vertices):  # else modifiers make vertices that the mesh does not have
        projected_look.write_seen(mesh, data["seen"])
    projected_look.wear_texture(target, image, uv_map)


def _project_in_shader(
    context: bpy.types.Context, target: bpy.types.Object, roots: list[bpy.types.Object]
) -> None:
    mesh = projection.world_mesh(target, context)
    if not mesh.as_edited:
        raise ProjectionError(
            f"Modifiers of {target.name} change its faces. Apply them first "
            "(Object > Apply > Visual Geometry to Mesh), or bake a texture."
        )
    photos = []
    for root in roots:
        stack, name = LayerStack.load(projection.stack_of(root)), build.trace_name(root)
        image = projection.photo_image(root)
        if image is None or not image.size[0]:
            raise ProjectionError(
                f"The photo of {root.name} is missing. Find it (File > External Data > Find Missing Files)."
            )
        homogeneous = projection.homogeneous(np.asarray(mesh.vertices), root, stack)
        projected_look.write_projection(target.data, name, homogeneous)
        photos.append((name, image))
    projected_look.wear_photos(target, photos)
    session.notice = session.Notice(
        f"{target.name} wears {len(photos)} photos, through everything: nothing hides anything.", error=False
    )


def _smart_unwrap(context: bpy.types.Context, target: bpy.types.Object) -> None:
    """Blender's own unwrap, which keeps faces of more than three corners whole."""
    mesh = target.data
    layer = mesh.uv_layers.get(projected_look.UV_MAP) or mesh.uv_layers.new(name=projected_look.UV_MAP)
    if layer is None:
        raise ProjectionError(f"{target.name} has eight UV maps already. Remove one.")
    mesh.uv_layers.active = layer
    layer.active_render = True
    selected, active = list(context.selected_objects), context.view_layer.objects.active
    if not target.visible_get():
        raise ProjectionError(f"{target.name} is hidden. Show it, or give it UVs first.")
    for member in selected:
        member.select_set(False)
    target.select_set(True)
    context.view_layer.objects.active = target
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.reveal(select=True)
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=SMART_ANGLE, island_margin=0.003)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        for member in selected:
            member.select_set(True)
        context.view_layer.objects.active = active
