# mypy: disable-error-code="valid-type"
"""Several guesses of one image side by side, and keeping the best of them."""

import dataclasses
import uuid

import bpy
from bpy.props import IntProperty

from wt_backend.protocol import BackendError

from ..scene import traces
from .tracing import TraceSettings, choose_shown


class WORLD_TRACING_OT_seed_sweep(bpy.types.Operator, TraceSettings):
    """Trace the image with several seeds; the variants stand side by side, to keep the one you like"""

    bl_idname = "world_tracing.seed_sweep"
    bl_label = "Seed Sweep"

    count: IntProperty(name="Variants", default=4, min=2, max=32, description="How many seeds to try")

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask how many."""
        choose_shown(context)
        return context.window_manager.invoke_props_dialog(self, confirm_text="Trace")

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the dialog."""
        self.layout.use_property_split = True
        self.layout.prop(self, "count")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Queue a trace for each seed from the setting on."""
        try:
            plan = self.plan_for_settings(context)
        except BackendError as error:
            return self.fail(error)
        first = self.value(context, "seed")
        group = uuid.uuid4().hex  # the same image may be swept again
        plans = [
            dataclasses.replace(
                plan, name=f"{plan.name} seed {first + place}", seed=first + place, variant=place, group=group
            )
            for place in range(self.count)
        ]
        return self.run(context, plans)


class WORLD_TRACING_OT_keep_variant(bpy.types.Operator):
    """Keep the selected variant of a sweep where the first one stood; delete the others and their solids"""

    bl_idname = "world_tracing.keep_variant"
    bl_label = "Keep This Variant"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The active trace must have been one of a sweep."""
        root = traces.active_root(context)
        cls.poll_message_set("Select a variant of a seed sweep")
        return root is not None and root.library is None and bool(root.world_tracing.group)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Delete the siblings, move the kept one to where the first one stands."""
        kept = traces.active_root(context)
        if kept is None:
            return {"CANCELLED"}
        variants = traces.variants_of(kept)
        if kept.parent == variants[0].parent:
            kept.location.xy = variants[0].location.xy  # its height stays: it may stand on its floor
        for root in variants:
            if root.world_tracing.variant == kept.world_tracing.variant:  # it, or a copy that the artist made
                root.world_tracing.group = ""
            else:
                traces.delete(root)
        return {"FINISHED"}
