# mypy: disable-error-code="valid-type"
"""Export a trace's stack for other programs."""

import json
from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..backend import session
from ..scene.origin import stack_path
from .geometry_job import GeometryJob

KINDS = (
    ("ply", "Points (PLY)", "All points with colour and layer"),
    ("layers-ply", "Layers (PLY)", "A mesh for each layer"),
    ("depth-exr", "Depth (EXR)", "Depth along the camera's axis, a channel for each layer"),
    ("position-exr", "Positions (EXR)", "Points, three channels for each layer"),
    ("npz", "Arrays (NPZ)", "The stack's arrays for Python"),
)


class WORLD_TRACING_OT_export(bpy.types.Operator, ExportHelper, GeometryJob):
    """Write the stack of the active trace as points, meshes, depth or arrays. GLB and USD: File > Export"""

    bl_idname = "world_tracing.export"
    bl_label = "Export Stack"

    filename_ext = ""
    check_extension = None
    kind: EnumProperty(name="Kind", items=KINDS, description="What to write")

    @classmethod
    def may_change(cls, _root: bpy.types.Object) -> bool:
        """It changes nothing: linked traces can be exported."""
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Offer a name beside the stack."""
        stack = stack_path(self.trace(context))
        what, _, suffix = self.kind.rpartition("-")  # with its suffix, so that Blender warns of an older file
        name = f"{stack.stem} {what}" if suffix == "exr" else stack.stem
        self.filepath = str(stack.with_name(f"{name}.{suffix}"))
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        root = self.trace(context)
        if not self.filepath:
            return self.fail("No file is chosen.", "Choose where to export to.")
        suffix = "." + self.kind.rpartition("-")[2]
        path = Path(bpy.path.abspath(self.filepath))
        output = path if path.suffix.lower() == suffix else path.with_name(path.name + suffix)
        params = {"output": str(output), "kind": self.kind}
        label = f"Export of {root.name}"
        return self.run_job(context, "geometry/export", params, label, "exported", {}, root)


class WORLD_TRACING_OT_exported(bpy.types.Operator):
    """Say what was exported"""

    bl_idname = "world_tracing.exported"
    bl_label = "Export Stack"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    result: StringProperty(options={"SKIP_SAVE"})

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Show the paths."""
        files = json.loads(self.result)["files"]
        text = "Exported " + ", ".join(files) + "." if files else "There was nothing to export."
        session.notice = session.Notice(text)
        return {"FINISHED"}
