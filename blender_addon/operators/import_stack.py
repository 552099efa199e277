# mypy: disable-error-code="valid-type"
"""Import a layer stack file as a layered scene."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from wt_backend.geometry.layer_mesh import MeshSettings
from wt_backend.geometry.tearing import Tear
from wt_backend.stack import LayerStack, StackError

from ..properties import OUTPUTS
from ..scene import build
from ..scene.camera_match import CameraMatchError


class WORLD_TRACING_OT_import_stack(bpy.types.Operator, ImportHelper):
    """Build the layers of a stack file (.wts) that was traced before"""

    bl_idname = "world_tracing.import_stack"
    bl_label = "Import Stack"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  (Blender reads a plain set)

    filename_ext = ".wts"
    filter_glob: StringProperty(default="*.wts", options={"HIDDEN"})
    name: StringProperty(name="Name", options={"SKIP_SAVE"}, description="Empty: the file's name")
    image: StringProperty(
        name="Texture",
        options={"SKIP_SAVE", "HIDDEN"},
        description="Image datablock to use instead of the source",
    )
    output: EnumProperty(name="Output", items=OUTPUTS)
    tear: FloatProperty(
        name="Tear",
        default=build.DEFAULTS.tear.depth,
        min=0.001,
        max=10.0,
        description="Cut the surface where the depth jumps by more than this part of itself",
    )
    island: IntProperty(
        name="Smallest Island",
        default=build.DEFAULTS.island,
        min=0,
        description="Pieces of surface with fewer pixels are left out",
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load, check, build."""
        path = Path(bpy.path.abspath(self.filepath))
        try:
            stack = LayerStack.load(path)
            stack.validate()
            trace = build.build_trace(
                context,
                stack,
                path,
                name=self.name or path.stem,
                output=self.output,
                settings=MeshSettings(Tear(depth=self.tear), self.island),
                image=bpy.data.images.get(self.image) if self.image else None,
            )
        except (StackError, CameraMatchError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, trace.summary)
        return {"FINISHED"}
