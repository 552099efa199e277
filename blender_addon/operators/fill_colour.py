# mypy: disable-error-code="valid-type"
"""Colour for hidden layers: the worker makes a texture for each, a follow-up puts it on."""

import json
from pathlib import Path

import bpy
from bpy.props import StringProperty

from wt_backend.paths import is_file
from wt_backend.stack import Shot

from ..backend import session
from ..scene import hidden_colour, shot_colour, traces
from ..scene.origin import stack_path
from .bases import named_root
from .geometry_job import GeometryJob


class WORLD_TRACING_OT_fill_colour(bpy.types.Operator, GeometryJob):
    """Give hidden surfaces the colour of what is visible near by, instead of what is in front of them"""

    bl_idname = "world_tracing.fill_colour"
    bl_label = "Fill Hidden Colour"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job."""
        root = self.trace(context)
        path = stack_path(root)
        if material := traces.linked_material(root):
            return self.fail(traces.why_linked_material(material))
        if names := hidden_colour.painted(root):
            return self.fail(
                f"{names[0]} was painted on, and filling again would replace it.",
                "Image ▸ Save As with another name keeps the painting. To let it go: Image ▸ Reload where it "
                "is not saved, or delete that file.",
            )
        method, params = "geometry/fill_colour", {"stack": str(path), "output": str(path.parent)}
        if traces.is_shot(root) and is_file(path.parent / Shot.FILE):
            method, params = "fill_shot", {"shot": str(path.parent)}
        label = f"Colour of {root.name}"
        return self.run_job(context, method, params, label, "wear_filled_colour", {"root": root.name})


class WORLD_TRACING_OT_wear_filled_colour(bpy.types.Operator):
    """Put filled textures on hidden layers"""

    bl_idname = "world_tracing.wear_filled_colour"
    bl_label = "Fill Hidden Colour"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    root: StringProperty(options={"SKIP_SAVE"})
    result: StringProperty(options={"SKIP_SAVE"})

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Load the textures, show them."""
        root = named_root(self.root)
        if root is None:
            self.report({"ERROR"}, f"{self.root} is gone.")
            return {"CANCELLED"}
        result = json.loads(self.result)
        count = (shot_colour if "frames" in result else hidden_colour).wear(root, result)
        layers = (*traces.layers_of(root), *traces.shot_layers_of(root))
        points = any(layer.world_tracing.layer > 0 for layer in layers)
        nothing = "Points keep the photo's colour." if points else "There is no hidden layer."
        message = f"{count} hidden layers have a colour of their own." if count else nothing
        hint = ""
        if kept := hidden_colour.painted(root):
            hint = f"{kept[0]} was painted on meanwhile and shows that; Image ▸ Reload shows the new colour."
        kept_files = [*result.get("kept", ()), *(result.get("static") or {}).get("kept", ())]
        if aside := [Path(path).name for path in kept_files]:
            hint = f"{hint} What was there and is not known to be ours is kept: {', '.join(aside)}.".strip()
        session.notice = session.Notice(message, hint)
        return {"FINISHED"}
