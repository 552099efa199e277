# mypy: disable-error-code="valid-type"
"""Project Texture: any mesh wears the photos of traces, baked by the worker or projected in the shader."""

import json

import bpy
from bpy.props import BoolProperty, EnumProperty

from wt_backend.protocol import Message
from wt_backend.stack import StackError

from ..properties import TEXTURE_SIZES, UNWRAPS
from ..scene import build, files, projected_look, projected_photos, projection
from ..scene.projection import ProjectionError, WorldMesh
from ..scene.smart_unwrap import check_unwrap, smart_unwrap
from .geometry_job import GeometryJob
from .scene_settings import SKIP

ROUTES = (
    ("BAKE", "Bake a Texture", "One texture of the mesh's own; what no photo shows is guessed"),
    ("SHADER", "UV Map per Camera", "The photos themselves, projected and masked in the shader"),
)


class WORLD_TRACING_OT_project_texture(bpy.types.Operator, GeometryJob):
    """Texture the selected meshes from the photos of the selected traces (root or camera)"""

    bl_idname = "world_tracing.project_texture"
    bl_label = "Project Texture"
    bl_options = {"UNDO"}  # noqa: RUF012

    route: EnumProperty(
        name="As", items=ROUTES, default="BAKE", options=SKIP, description="What the meshes wear"
    )
    unwrap: EnumProperty(name="UVs", items=UNWRAPS, options=SKIP, description="Where the texture lies")
    size: EnumProperty(name="Size", items=TEXTURE_SIZES, options=SKIP, description="Side of the texture")
    layer_hides: BoolProperty(
        name="Layer 1 Hides",
        options=SKIP,
        description="What the photo's first layer shows in front of the mesh hides it, besides other meshes",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a trace and a mesh."""
        if not projection.cameras(context):
            cls.poll_message_set("Select the root or camera of the traces to use as well")
            return False
        target = context.object
        could = target is not None and target.world_tracing.role in {"NONE", "SOLID"}
        hidden = could and not target.visible_get()
        cls.poll_message_set(
            f"{context.object.name} is hidden; show it first"
            if hidden
            else "Select a mesh that is no layer, in Object Mode"
        )
        return context.mode == "OBJECT" and bool(projection.targets(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start a job for each mesh."""
        chosen, roots = projection.targets(context), projection.cameras(context)
        jobs: list[Message] = []
        try:
            for target in chosen:
                projection.check_target(target)
            entries = [projection.camera_entry(root) for root in roots]
            if self.route == "BAKE":
                how = self.value(context, "unwrap")
                meshes = [projection.world_mesh(target, context, own_uv=how == "AUTO") for target in chosen]
                unwraps = [
                    _unwrap_of(target, mesh, how) for target, mesh in zip(chosen, meshes, strict=True)
                ]  # of all, before any is changed
                for target, mesh, unwrap in zip(chosen, meshes, unwraps, strict=True):
                    jobs.append(self._baking(context, target, mesh, entries, unwrap))
            else:
                maps = [projected_photos.uv_name(name) for name in build.trace_names(roots)]
                for target in chosen:
                    projection.check_uv_room(target, *maps)
                for target in chosen:
                    jobs.append(self._shading(context, target, entries))
        except (ProjectionError, StackError, OSError) as error:
            _forget(jobs)
            return self.fail(str(error))
        uids = json.dumps([root.session_uid for root in roots])
        for target, params in zip(chosen, jobs, strict=True):
            settings = {"target": target.name, "sent": str(params["mesh"])}
            if self.route == "BAKE":
                method, follow_up = "projection/bake", "wear_projection"
                settings |= {"uv_map": params.pop("uv_map"), "new_map": params.pop("new_map")}
            else:
                method, follow_up = "projection/shader", "wear_photos"
                settings["roots"] = uids
            done = self.run_job(context, method, params, f"Texture of {target.name}", follow_up, settings)
            if done != {"FINISHED"}:
                _forget(jobs)
                return done
        return {"FINISHED"}

    def _baking(
        self,
        context: bpy.types.Context,
        target: bpy.types.Object,
        mesh: WorldMesh,
        entries: list[dict[str, object]],
        unwrap: str,
    ) -> Message:
        if unwrap == "smart":
            with smart_unwrap(context, target):
                mesh = projection.world_mesh(target, context)
        return self._params(context, target, mesh, entries) | {
            "size": int(self.value(context, "size", "texture_size")),
            "unwrap": "xatlas" if unwrap == "xatlas" else "own",
            "uv_map": mesh.uv_map,
            "new_map": unwrap == "smart",
        }

    def _shading(
        self, context: bpy.types.Context, target: bpy.types.Object, entries: list[dict[str, object]]
    ) -> Message:
        mesh = projection.world_mesh(target, context)
        if not mesh.as_edited:
            raise ProjectionError(
                f"Modifiers of {target.name} change its faces. Apply them first "
                "(Object > Apply > Visual Geometry to Mesh), or bake a texture."
            )
        return self._params(context, target, mesh, entries)

    def _params(
        self,
        context: bpy.types.Context,
        target: bpy.types.Object,
        mesh: WorldMesh,
        entries: list[dict[str, object]],
    ) -> Message:
        """What both ways send: the mesh, the other selected meshes, which may hide it, the cameras."""
        others = [other for other in projection.targets(context) if other != target and other.visible_get()]
        output = files.new_projection(f"{target.name} projected")
        return {
            "mesh": projection.send(
                output, mesh, [projection.world_mesh(other, context) for other in others]
            ),
            "cameras": entries,
            "output": str(output),
            "layer_hides": self.value(context, "layer_hides"),
        }


def _forget(jobs: list[Message]) -> None:
    """Remove the meshes that nobody will ask for any more."""
    for params in jobs:
        files.forget(str(params["mesh"]))


def _unwrap_of(target: bpy.types.Object, mesh: WorldMesh, how: str) -> str:
    """Where a mesh gets its UVs from: "own", "xatlas" by the worker, or "smart" by Blender."""
    if how == "OWN" and mesh.uv is None:
        raise ProjectionError(f"{target.name} has no UVs. Unwrap it, or choose New Unwrap.")
    if how != "NEW" and mesh.uv is not None:
        return "own"
    if not mesh.as_edited:
        raise ProjectionError(
            f"Modifiers of {target.name} change its faces, so that it cannot be unwrapped as shown. "
            "Apply them (Object > Apply > Visual Geometry to Mesh), or give it UVs of its own."
        )
    projection.check_uv_room(target, projected_look.UV_MAP)
    if mesh.only_triangles and len(mesh.triangles) <= projection.LARGEST_UNWRAP:
        return "xatlas"
    check_unwrap(target)
    return "smart"
