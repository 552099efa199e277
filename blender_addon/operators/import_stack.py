# mypy: disable-error-code="valid-type"
"""Import a layer stack file as a layered scene."""

import json
from pathlib import Path

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    StringProperty,
)
from bpy_extras.io_utils import ImportHelper

from wt_backend.geometry.sky import sky_mask
from wt_backend.paths import is_file
from wt_backend.stack import LayerStack, StackError

from ..properties import OUTPUTS
from ..scene import build, hidden_colour, sky, viewport
from ..scene.camera_match import CameraMatchError
from .surface_settings import SurfaceSettings


class WORLD_TRACING_OT_import_stack(bpy.types.Operator, ImportHelper, SurfaceSettings):
    """Build the layers of stack files (.wts) that were traced before"""

    bl_idname = "world_tracing.import_stack"
    bl_label = "Import Stack"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  (Blender reads a plain set)

    filename_ext = ".wts"
    filter_glob: StringProperty(default="*.wts", options={"HIDDEN"})
    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"})
    name: StringProperty(name="Name", options={"SKIP_SAVE"}, description="Empty: the file's name")
    image: IntProperty(
        options={"SKIP_SAVE", "HIDDEN"},
        description="Session uid of the image to use as texture; 0: that of the stack's source",
    )
    group: StringProperty(options={"SKIP_SAVE", "HIDDEN"}, description="Seed sweep that it belongs to")
    variant: IntProperty(options={"SKIP_SAVE", "HIDDEN"}, description="Place beside the others of the sweep")
    textures: StringProperty(
        options={"SKIP_SAVE", "HIDDEN"},
        description="Of the hidden layers: a fill_colour result as JSON",
    )
    output: EnumProperty(name="Output", items=OUTPUTS, description="What a layer becomes")
    without_sky: BoolProperty(
        name="Leave Out Sky",
        default=False,
        options={"SKIP_SAVE"},
        description="Look for sky in a scene, and build the layers without it",
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Files that are dropped are imported; else ask for some."""
        if self.files or self.properties.is_property_set("filepath"):
            return self.execute(context)
        return ImportHelper.invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Load, check, build."""
        named = [Path(self.directory, entry.name) for entry in self.files if self.directory and entry.name]
        paths = named or [Path(bpy.path.abspath(self.filepath))]
        if len(paths) > 1:
            self.name = ""  # each has its own
        built = [self._build(context, path) for path in paths]
        return {"FINISHED"} if any(built) else {"CANCELLED"}

    def _build(self, context: bpy.types.Context, path: Path) -> bool:
        try:
            stack = LayerStack.load(path)
            stack.validate()
            trace = build.build_trace(
                context,
                stack,
                path,
                name=self.name or path.stem,
                output=self.output,
                settings=self.mesh_settings(),
                image=_as_in_its_file(self.image),
            )
        except (StackError, CameraMatchError) as error:
            self.report({"ERROR"}, str(error))
            return False
        if self.without_sky and stack.info.mode == "scene":
            sky.set_mask(trace.root, stack, sky_mask(stack))
            trace.root.world_tracing.without_sky = True
        trace.root.world_tracing.group = self.group
        trace.root.world_tracing.variant = self.variant
        if self.textures:
            hidden_colour.wear(trace.root, json.loads(self.textures))
        viewport.show(context, trace.root)
        self.report({"INFO"}, trace.summary)
        return True


def _as_in_its_file(uid: int) -> bpy.types.Image | None:
    """An image by its session uid, with what was traced: another program may have changed its file."""
    image = next((image for image in bpy.data.images if image.session_uid == uid), None)
    if image is None or image.source != "FILE" or image.is_dirty or image.packed_file is not None:
        return image
    if is_file(Path(bpy.path.abspath(image.filepath_from_user(), library=image.library))):
        image.reload()
    return image
