# mypy: disable-error-code="valid-type"
"""Add-on preferences: which Python runs the backend, how long to wait for it."""

from pathlib import Path

import bpy
from bpy.props import FloatProperty, StringProperty

ADDON = __package__  # "bl_ext.<repository>.world_tracing"


class WorldTracingPreferences(bpy.types.AddonPreferences):
    """Kept in Blender's user preferences."""

    bl_idname = ADDON

    python: StringProperty(
        name="Python",
        subtype="FILE_PATH",
        description="Python interpreter with PyTorch that runs the backend. Leave empty to use the "
        "environment that the add-on manages",
    )
    device: StringProperty(
        name="Device",
        description="Where the model runs: cpu, cuda:0, mps … Leave empty to let the backend choose",
    )
    silence: FloatProperty(
        name="Give Up After",
        default=60.0,
        min=10.0,
        soft_max=3600.0,
        subtype="TIME_ABSOLUTE",
        description="Seconds without any sign of life after which the backend is ended",
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "python")
        layout.prop(self, "device")
        layout.prop(self, "silence")
        row = layout.row(align=True)
        row.operator("world_tracing.check_backend", icon="CONSOLE")
        row.operator("world_tracing.unload_model", icon="X")
        row.operator("world_tracing.open_log", icon="TEXT")
        _draw_backend(layout)


def _draw_backend(layout: bpy.types.UILayout) -> None:
    """What the backend said about itself, or why it said nothing."""
    from .backend import session

    info = session.info()
    box = layout.box().column(align=True)
    if session.notice is not None and session.notice.error:
        box.label(text=session.notice.message, icon="ERROR")
        box.label(text=session.notice.hint, icon="BLANK1")
    elif info is None:
        box.label(text="Starting…" if session.is_running() else "Not started yet", icon="INFO")
    else:
        box.label(text=f"Python {info['python']}, PyTorch {info['torch'] or 'missing'}", icon="CHECKMARK")
        for device in info["devices"]:
            box.label(text=f"{device['id']}: {device['name']}, {device['memory_gb']:.1f} GB", icon="BLANK1")


def get() -> WorldTracingPreferences:
    """The preferences of this add-on."""
    return bpy.context.preferences.addons[ADDON].preferences


def user_folder(name: str) -> Path:
    """A folder for this add-on's own files that survives its upgrade."""
    return Path(bpy.utils.extension_path_user(ADDON, path=name, create=True))


CLASSES = (WorldTracingPreferences,)
