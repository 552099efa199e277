"""Menus: more ways to trace beside the button, File > Import, and all operators where F3 finds them."""

import bpy

OPERATORS = (  # of the 3D viewport, in groups
    (
        "trace_world",
        "seed_sweep",
        "trace_folder",
        "trace_footage",
        "trace_ground_truth",
        "paste_image",
        "cancel",
    ),
    ("import_stack", "import_shot", "import_frame", "merge_static"),
    ("use_trace_camera", "rebuild_trace", "trace_again", "keep_variant", "delete_trace"),
    ("select_layer", "apply_to_layers"),
    ("fill_colour", "make_solid", "swap_solid", "decimate", "export"),
    ("set_scale", "ground", "use_known_camera"),
    ("find_sky", "mark_sky", "select_sky", "select_under_mask", "select_same_pixel"),
    ("fit_to_layers", "project_texture", "reproject"),
    ("check_backend", "unload_model", "open_log", "open_guide"),
)
IMAGE_OPERATORS = (
    ("trace_world", "use_image", "paste_image"),
    ("mask_from_box", "paint_mask"),
)  # Image Editor
_CHOICES = {"decimate": "budget", "export": "kind"}  # these ask which by a menu of their own


class WORLD_TRACING_MT_more(bpy.types.Menu):
    """More ways to trace"""

    bl_idname = "WORLD_TRACING_MT_more"
    bl_label = "More Ways to Trace"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the operators."""
        self.layout.operator("world_tracing.seed_sweep", icon="PRESET")
        self.layout.operator("world_tracing.trace_folder", icon="FILE_FOLDER")
        self.layout.separator()
        self.layout.operator("world_tracing.trace_ground_truth", icon="SCENE_DATA")
        self.layout.separator()
        self.layout.operator("world_tracing.unload_model", icon="X")


class WORLD_TRACING_MT_viewport(bpy.types.Menu):
    """Everything that the sidebar offers: Blender's search looks through menus only"""

    bl_idname = "WORLD_TRACING_MT_viewport"
    bl_label = "World Tracing"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the operators."""
        _draw_operators(self.layout, OPERATORS)


class WORLD_TRACING_MT_image(bpy.types.Menu):
    """Everything that the sidebar of the Image Editor offers"""

    bl_idname = "WORLD_TRACING_MT_image"
    bl_label = "World Tracing"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the operators."""
        _draw_operators(self.layout, IMAGE_OPERATORS)


def _draw_operators(layout: bpy.types.UILayout, groups: tuple[tuple[str, ...], ...]) -> None:
    layout.operator_context = "INVOKE_REGION_WIN"
    for group in groups:
        layout.separator()
        for name in group:
            if name in _CHOICES:
                layout.operator_menu_enum(f"world_tracing.{name}", _CHOICES[name])
            else:
                layout.operator(f"world_tracing.{name}")


def _draw_import(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator("world_tracing.import_stack", text="World Tracing Stack (.wts)")
    self.layout.operator("world_tracing.import_shot", text="World Tracing Shot")


def _draw_export(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.operator_menu_enum("world_tracing.export", "kind", text="World Tracing Stack")


def _draw_viewport(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.menu("WORLD_TRACING_MT_viewport")


def _draw_image(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.menu("WORLD_TRACING_MT_image")


_PLACES = (
    ("TOPBAR_MT_file_import", _draw_import),
    ("TOPBAR_MT_file_export", _draw_export),
    ("VIEW3D_MT_object", _draw_viewport),
    ("VIEW3D_MT_object_context_menu", _draw_viewport),
    ("VIEW3D_MT_edit_mesh", _draw_viewport),
    ("IMAGE_MT_image", _draw_image),
)


def attach() -> None:
    """Add the entries to Blender's menus."""
    for menu, draw in _PLACES:
        getattr(bpy.types, menu).append(draw)


def detach() -> None:
    """Take them away."""
    for menu, draw in _PLACES:
        getattr(bpy.types, menu).remove(draw)
