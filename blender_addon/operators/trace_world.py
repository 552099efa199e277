# mypy: disable-error-code="valid-type"
"""Trace World: start the trace of an image and return; the pump brings the result."""

from pathlib import Path

import bpy
from bpy.props import CollectionProperty, StringProperty

from wt_backend.protocol import BackendError

from ..properties import RELATIVE
from .tracing import TraceSettings, choose_shown, plan_for_file


class WORLD_TRACING_OT_trace_world(bpy.types.Operator, TraceSettings):
    """Find the surfaces behind every pixel of an image, the hidden ones too, and build them"""

    bl_idname = "world_tracing.trace_world"
    bl_label = "Trace World"

    filepath: StringProperty(
        name="Image", subtype="FILE_PATH", options={"SKIP_SAVE"} | RELATIVE, description="Image to trace"
    )
    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"})
    stack: StringProperty(
        name="Stack",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"} | RELATIVE,
        description="Where to save the layers (.wts)",
    )

    dropped = False  # files on the viewport

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """The button traces at once; images dropped on the viewport are asked about first."""
        if not (self.filepath or self.files):
            choose_shown(context)
            return self.execute(context)
        self.dropped = True
        self.adopt_settings(context)
        return context.window_manager.invoke_props_dialog(self, confirm_text="Trace World")

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the dialog."""
        names = [entry.name for entry in self.files] or [Path(self.filepath).name]
        self.layout.label(text=names[0] if len(names) == 1 else f"{len(names)} images", icon="IMAGE_DATA")
        self.draw_settings(self.layout)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the jobs."""
        try:
            if self.files and self.directory:
                plans = [plan_for_file(str(Path(self.directory) / entry.name)) for entry in self.files]
            elif self.properties.is_property_set("filepath"):
                plans = [plan_for_file(self.filepath)]
            else:
                plans = [self.plan_for_settings(context)]
        except BackendError as error:
            return self.fail(error)
        if self.dropped and len(plans) == 1:
            self._remember(context.scene.world_tracing, plans[0].image)
        return self.run(context, plans, self.stack if len(plans) == 1 else "")

    def _remember(self, settings: bpy.types.PropertyGroup, image: Path) -> None:
        """Let the panel go on with the image that was dropped, as it was traced."""
        settings.source, settings.filepath, settings.mask_source = "FILE", str(image), "AUTO"
        for name in self.SETTINGS:
            setattr(settings, name, getattr(self, name))
