"""The traces of a file, and the layer that is selected."""

import bpy

from ..scene import traces
from ..translations import words
from .panel import TAB


class WORLD_TRACING_UL_traces(bpy.types.UIList):
    """The roots among a file's objects"""

    bl_idname = "WORLD_TRACING_UL_traces"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: bpy.types.ID,
        item: bpy.types.Object,
        _icon: int,
        _active_data: bpy.types.bpy_struct,
        _active_property: str,
        _index: int = 0,
    ) -> None:
        """One trace: name, seed, delete."""
        split = layout.split(factor=0.62)
        split.active = item.name in context.scene.objects
        split.prop(item, "name", text="", emboss=False, icon="OUTLINER_COLLECTION")
        row = split.row(align=True)
        row.label(text=words("seed {seed}", seed=item.world_tracing.seed))
        bin_ = row.row()
        bin_.enabled = item.library is None  # by its name it would delete a trace of this file
        bin_.operator("world_tracing.delete_trace", text="", icon="TRASH", emboss=False).root = item.name

    def filter_items(
        self, _context: bpy.types.Context, data: bpy.types.ID, name: str
    ) -> tuple[list[int], list[int]]:
        """Only the roots of traces; of these, by the list's own search, those with a text in their name."""
        text, turned = self.filter_name.lower(), bool(self.use_filter_invert)

        def flag(item: bpy.types.Object) -> int:
            visible = traces.is_root(item) and (not text or (text in item.name.lower()) != turned)
            return self.bitflag_filter_item if visible else 0

        return [flag(item) for item in getattr(data, name)], []


class WORLD_TRACING_PT_traces(bpy.types.Panel):
    """Traces in this file"""

    bl_idname = "WORLD_TRACING_PT_traces"
    bl_label = "Traces"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB

    def draw(self, context: bpy.types.Context) -> None:
        """List and what can be done with the active one."""
        layout = self.layout
        settings = context.scene.world_tracing
        layout.template_list(
            "WORLD_TRACING_UL_traces", "", bpy.data, "objects", settings, "active_trace", rows=3
        )
        column = layout.column(align=True)
        row = column.row(align=True)
        row.operator("world_tracing.use_trace_camera", icon="CAMERA_DATA")
        row.prop(settings, "match_colours", text="", icon="COLOR")
        column.operator("world_tracing.rebuild_trace", icon="FILE_REFRESH")
        column.operator("world_tracing.trace_again", icon="SETTINGS")
        column.operator("world_tracing.import_stack", icon="IMPORT")
        root = traces.active_root(context)
        if root is not None and root.world_tracing.group:
            layout.operator("world_tracing.keep_variant", icon="CHECKMARK")


class WORLD_TRACING_PT_layer(bpy.types.Panel):
    """Settings of the selected trace and layer; changes rebuild the mesh at once, without tracing"""

    bl_idname = "WORLD_TRACING_PT_layer"
    bl_label = "Selected Layer"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_parent_id = "WORLD_TRACING_PT_traces"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something of a trace must be active."""
        return traces.root_of(context.object) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be changed without tracing."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        values, root = context.object.world_tracing, traces.root_of(context.object)
        if root is None:
            return
        origin = root.world_tracing
        unit = words("metres") if origin.metric else words("unknown scale")
        text = words("{model}, seed {seed}, {unit}", model=origin.model, seed=origin.seed, unit=unit)
        layout.label(text=text, icon="INFO")
        layout.prop(root.world_tracing, "layers")
        row = layout.row()
        row.enabled = bool(traces.layers_of(root))  # a shot's frames stay whole
        row.prop(root.world_tracing, "gap")
        chosen = values.layer if values.role in {"LAYER", "POINTS"} else None
        row = layout.row(align=True)
        for number in sorted({layer.world_tracing.layer for layer in traces.layers_of(root)}):
            button = row.operator(
                "world_tracing.select_layer", text=str(number + 1), depress=number == chosen
            )
            button.layer = number + 1
        if values.role in {"LAYER", "POINTS"}:
            seen, hidden = "Layer {number}, seen in the image", "Layer {number}, hidden: a guess"
            text = words(hidden if values.layer else seen, number=values.layer + 1)
            layout.label(text=text, icon="MESH_GRID")
        if values.role == "LAYER":
            column = layout.column()
            column.enabled = context.object.mode == "OBJECT"
            column.prop(values, "tear")
            column.prop(values, "grazing")
            column.prop(values, "island")
            column.operator("world_tracing.apply_to_layers")
