"""Dragging a box over the image of an Image Editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

if TYPE_CHECKING:  # at run time Blender wants the mixin to be a plain class
    from bpy.types import Operator as _Operator
else:
    _Operator = object

_HELP = "Drag a box around the subject  ·  Esc: cancel"


class BoxGesture(_Operator):
    """Sets `left`, `top`, `right`, `bottom` in parts of the image, y down, by the mouse; then executes."""

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Wait for the mouse."""
        self._region = next(region for region in context.area.regions if region.type == "WINDOW")
        self._start: tuple[int, int] | None = None
        self._end = (0, 0)
        self._handler: Any = bpy.types.SpaceImageEditor.draw_handler_add(
            self._draw, (), "WINDOW", "POST_PIXEL"
        )
        context.window.cursor_modal_set("CROSSHAIR")
        context.area.header_text_set(_HELP)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the mouse from press to release."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            self._leave(context)
            return {"CANCELLED"}
        place = (event.mouse_x - self._region.x, event.mouse_y - self._region.y)
        if event.type == "LEFTMOUSE" and event.value == "PRESS":
            self._start = self._end = place
        elif event.type == "MOUSEMOVE" and self._start is not None:
            self._end = place
            self._region.tag_redraw()
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE" and self._start is not None:
            self._end = place
            self._leave(context)
            self._measure(self._start, self._end)
            return self.execute(context)
        elif event.type in {"WHEELUPMOUSE", "WHEELDOWNMOUSE", "MIDDLEMOUSE"}:
            return {"PASS_THROUGH"}  # zooming and moving the image
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends it: another file, or the window closes."""
        self._leave(context)

    def _measure(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        to_view = self._region.view2d.region_to_view
        (x0, y0), (x1, y1) = to_view(*start), to_view(*end)
        self.left, self.right = sorted((x0, x1))
        self.top, self.bottom = sorted((1.0 - y0, 1.0 - y1))

    def _leave(self, context: bpy.types.Context) -> None:
        bpy.types.SpaceImageEditor.draw_handler_remove(self._handler, "WINDOW")
        context.window.cursor_modal_restore()
        context.area.header_text_set(None)
        self._region.tag_redraw()

    def _draw(self) -> None:
        if self._start is None or bpy.context.region != self._region:
            return
        (x0, y0), (x1, y1) = self._start, self._end
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        shader = gpu.shader.from_builtin("UNIFORM_COLOR")
        for offset, shade in ((1, 0.0), (0, 1.0)):  # a dark line beside a light one: seen on every image
            places = [(x + offset, y - offset) for x, y in corners]
            shader.uniform_float("color", (shade, shade, shade, 1.0))
            batch_for_shader(shader, "LINE_LOOP", {"pos": places}).draw(shader)
