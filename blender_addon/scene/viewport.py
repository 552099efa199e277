"""What the user sees of a trace in the 3D viewports."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import bpy

from . import traces

BEFORE = "wt_hidden_before"  # on what its trace hides: how viewport and render hid it before
_lent = False  # whether the context's window shows its scene for an operator only, for a moment


def call(operator: Any, scene: bpy.types.Scene, /, **settings: object) -> None:
    """Call an operator in a window that shows a scene, as one undo step, whatever the windows show.

    A step keeps what the windows show: one that is lent has its own scene back before it is made.
    """
    with _showing(scene) as lent:
        done = operator("EXEC_DEFAULT", not lent, **settings)
    if lent and done == {"FINISHED"}:
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.ed.undo_push(message=operator.get_rna_type().name)


@contextmanager
def _showing(scene: bpy.types.Scene) -> Iterator[bool]:
    """A window with the scene in it: operators work on what their window shows, whatever is overridden.

    Where none shows it, the first one is lent, which is told; `show` then leaves its viewports alone.
    """
    global _lent
    windows = list(bpy.context.window_manager.windows)
    watching = [window for window in windows if window.scene == scene]
    watching.sort(key=lambda window: window.parent is not None)  # the preferences follow a window's scene
    window = (watching or windows)[0]
    shown = window.scene
    family = [other for other in windows if (other.parent or other) == (window.parent or window)]
    before = [(other, other.view_layer.name, _views(other)) for other in family]  # all of it changes
    _lent = shown != scene
    if _lent:
        window.scene = scene
    try:
        with bpy.context.temp_override(window=window):
            yield _lent
    finally:
        lent, _lent = _lent, False
        if lent:
            window.scene = shown
            for other, view_layer, views in before:
                other.view_layer = shown.view_layers[view_layer]
                for space, camera, perspective in views:
                    space.camera, space.region_3d.view_perspective = camera, perspective


def _views(window: bpy.types.Window) -> list[tuple[bpy.types.SpaceView3D, bpy.types.Object | None, str]]:
    """What the 3D viewports of a window look through: a scene that comes brings its own camera, or none."""
    spaces = [area.spaces.active for area in window.screen.areas if area.type == "VIEW_3D"]
    return [(space, space.camera, space.region_3d.view_perspective) for space in spaces]


def undo_whole(context: bpy.types.Context) -> None:
    """Let the undo step that an operator ends with hold all objects, in Edit Mode too.

    There a step holds the mesh that is edited, and the rest only where something was made or removed.
    """
    if context.mode != "OBJECT":
        bpy.data.texts.remove(bpy.data.texts.new("World Tracing"))


def leave_edit_mode(context: bpy.types.Context) -> None:
    """Go to Object Mode, in which alone selections of meshes can be read and written."""
    if context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")


def select(context: bpy.types.Context, root: bpy.types.Object) -> None:
    """Select a trace without its camera, the root active."""
    select_only(context, root, *_layers(context, root))


def select_only(context: bpy.types.Context, first: bpy.types.Object, *others: bpy.types.Object) -> None:
    """Select objects of the view layer, the first one active; somebody who is editing is left in peace."""
    if context.mode != "OBJECT" or first.name not in context.view_layer.objects:
        return
    for member in context.view_layer.objects.selected:
        member.select_set(False)
    for member in (first, *others):
        member.select_set(True)
    context.view_layer.objects.active = first


def hide(scene: bpy.types.Scene, member: bpy.types.Object) -> None:
    """Hide an object, as the eye in the Outliner does, in all view layers, and from renders."""
    for view in scene.view_layers:
        with suppress(RuntimeError):  # it is not in this one (which lists nothing new yet)
            member.hide_set(True, view_layer=view)
    member.hide_render = True
    if BEFORE in member:  # its trace shows fewer layers; when it shows more this one does not render either
        member[BEFORE] = [bool(member[BEFORE][0]), True]


def reveal(scene: bpy.types.Scene, member: bpy.types.Object) -> None:
    """Take back everything that hides an object, in all view layers and from renders."""
    for view in scene.view_layers:
        with suppress(RuntimeError):  # it is not in this one
            member.hide_set(False, view_layer=view)
    member.hide_viewport = member.hide_render = False


def unhide(scene: bpy.types.Scene, member: bpy.types.Object) -> None:
    """Undo of `hide`; a layer that its trace does not show, being one too many, stays hidden as such."""
    for view in scene.view_layers:
        with suppress(RuntimeError):  # it is not in this one
            member.hide_set(False, view_layer=view)
    if BEFORE in member:
        member[BEFORE] = [bool(member[BEFORE][0]), False]
    else:
        member.hide_render = False


def is_solid_shown(root: bpy.types.Object) -> bool:
    """Whether a solid of a trace is shown in the view layer."""
    return any(solid.visible_get() for solid in traces.solids_of(root))


def show(context: bpy.types.Context, root: bpy.types.Object) -> None:
    """Select a trace and frame its layers in the 3D viewports, with the photo on them in solid shading.

    The variants of a seed sweep are framed together.
    """
    if bpy.app.background or context.window is None or context.mode != "OBJECT":
        return
    select(context, root)
    if _lent:
        return
    root.select_set(False)  # it lies at the camera, in front of what is to be seen
    for variant in traces.variants_of(root):
        for layer in _layers(context, variant):
            layer.select_set(True)
    for area in context.window.screen.areas:
        if area.type != "VIEW_3D":
            continue
        space = area.spaces.active
        show_photo(space.shading)
        if space.lock_camera and space.region_3d.view_perspective == "CAMERA":
            continue  # to frame things there would be to move the artist's camera
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(area=area, region=region):
            bpy.ops.view3d.view_selected()
    select(context, root)


def show_photo(shading: bpy.types.View3DShading) -> None:
    """Show textures as they are in solid shading, unless an artist has chosen how it looks."""
    as_in_new_files = shading.light == "STUDIO" and shading.color_type == "MATERIAL"
    if shading.type == "SOLID" and as_in_new_files:
        shading.light, shading.color_type = "FLAT", "TEXTURE"


def _layers(context: bpy.types.Context, root: bpy.types.Object) -> list[bpy.types.Object]:
    members = (*traces.layers_of(root), *traces.shot_layers_of(root))
    return [member for member in members if member.name in context.view_layer.objects]
