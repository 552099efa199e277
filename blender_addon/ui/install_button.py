"""Install Backend, with what it downloads and from where before the click."""

import bpy

from .. import preferences
from ..backend import setup
from ..backend.environment import EnvironmentState
from .text import draw_text

_LABELS = {EnvironmentState.READY: "Install Again", EnvironmentState.OUTDATED: "Upgrade Backend"}


def draw_install(layout: bpy.types.UILayout, context: bpy.types.Context) -> bpy.types.UILayout:
    """Draw the button; return its row."""
    settings, state = preferences.get(), setup.state()
    if setup.is_offline():
        row = layout.row()
        row.label(text=setup.OFFLINE, icon="INFO")
        row.operator("extensions.userpref_allow_online", text="Allow Online Access", icon="CHECKMARK")
    if settings.wheels:
        text = "Nothing is downloaded: all of it comes out of the folder of wheels"
        draw_text(layout.column(align=True), context, text, "INFO")
    elif state is not EnvironmentState.READY:
        column = layout.column(align=True)
        draw_text(column, context, "Downloads about 0.3 GB for the CPU, up to 4 GB for a GPU", "URL")
        text = "From PyPI, pytorch.org and GitHub (a Python build)"
        if settings.index:
            text = "From that index and GitHub (a Python build)"
        draw_text(column, context, text, "BLANK1")
    row = layout.row(align=True)
    label = _LABELS.get(state, "Install Backend")
    row.operator("world_tracing.install_backend", text=label, icon="IMPORT")
    return row
