"""Words in the interface: text in as many lines as fit, sizes."""

from __future__ import annotations

import textwrap
import unicodedata

import bpy

from ..translations import words

_CHARACTER_WIDTH = 7  # pixels at a user interface scale of 1, a little generous
_MARGIN = 8  # characters for the icon and the borders around
_NARROWEST, _WIDEST = 20, 90  # characters; longer lines are hard to read


def draw_text(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str) -> None:
    """Text in as many lines as the width of the region asks for; the first has the icon."""
    scale = context.preferences.system.ui_scale
    columns = int(context.region.width / (_CHARACTER_WIDTH * scale)) - _MARGIN
    text = words(text)
    if any(unicodedata.east_asian_width(letter) == "W" for letter in text):
        columns //= 2  # these letters are twice as wide
    for line in textwrap.wrap(text, min(max(columns, _NARROWEST), _WIDEST)):
        layout.label(text=line, icon=icon)
        icon = "BLANK1"


def draw_error(
    layout: bpy.types.UILayout, context: bpy.types.Context, message: str, hint: str, code: str
) -> None:
    """What is wrong, what to do, the code, and where to read on."""
    draw_text(layout, context, message, "ERROR")
    draw_text(layout, context, hint, "BLANK1")
    row = layout.row()
    row.label(text=f"Code: {code}", icon="BLANK1")
    row.operator("world_tracing.open_log", text="", icon="TEXT")
    row.operator("world_tracing.open_guide", text="", icon="HELP").trouble = True


def size_text(megabytes: float) -> str:
    """A size as people read it."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
