"""What the user sees of a trace in the 3D viewports."""

import bpy

from . import traces


def select(context: bpy.types.Context, root: bpy.types.Object) -> None:
    """Select a trace, its root active; without the camera, so that framing it frames the layers."""
    for member in context.view_layer.objects.selected:
        member.select_set(False)
    for member in (root, *traces.layers_of(root)):
        if member.name in context.view_layer.objects:
            member.select_set(True)
    context.view_layer.objects.active = root


def show(context: bpy.types.Context) -> None:
    """Frame the selection in the 3D viewports of the window, with the photo on it in solid shading."""
    if bpy.app.background or context.window is None:
        return
    for area in context.window.screen.areas:
        if area.type != "VIEW_3D":
            continue
        shading = area.spaces.active.shading
        if shading.type == "SOLID":
            shading.light, shading.color_type = "FLAT", "TEXTURE"
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(area=area, region=region):
            bpy.ops.view3d.view_selected()
