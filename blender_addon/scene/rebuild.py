"""Layers built anew from the stored stack: after a changed setting, or to undo edits. No tracing."""

from collections.abc import Iterable

import bpy
from mathutils import Matrix

from wt_backend.geometry.layer_mesh import layer_mesh
from wt_backend.geometry.pairing import back_layers
from wt_backend.stack import LayerStack, StackError

from . import build, hidden_colour, shading, traces
from .camera_match import CameraMatch, match_camera
from .frame import frame_in, in_root, transformed
from .layer_object import DEFAULTS, mesh_settings, new_mesh_layer, new_point_layer
from .materials import source_image
from .mesh_object import fill_mesh
from .origin import stack_path
from .pieces import MEMORY, Piece, pieces_of
from .point_object import makes_clouds
from .projection import SINGLE_USER, photo_image
from .shown_stack import shown
from .trace_camera import new_camera, set_view
from .viewport import BEFORE

EMPTIED = "wt_emptied"  # on points whose layer has none now


def load_stack(member: bpy.types.Object) -> LayerStack:
    """The stack that an object was made from, without what its trace leaves out.

    Raises
    ------
    StackError
        The file is gone or damaged; the message names it.
    """
    stack = LayerStack.load(stack_path(member))
    return shown(traces.root_of(member), stack)


def rebuild_layer(
    layer: bpy.types.Object,
    stack: LayerStack,
    before: LayerStack | None = None,
    inside: Matrix | None = None,
    piece: Piece | None = None,
) -> None:
    """Fill a layer's mesh from its stack with the settings of the object; materials and origin stay.

    ``before`` is what it was made from, if that is not the same stack, ``inside`` the trace's camera space in
    its root, if that is known, ``piece`` what part of its layer the object is, if not all of it. Where the
    file was traced anew and has no such layer any more, nothing is left in it.
    """
    number, frame = layer.world_tracing.layer, frame_in(layer, before or stack, inside)
    layer.shape_key_clear()  # an edit too; they would show the old places
    if number >= stack.layers:
        layer.data.clear_geometry()
        return
    settings = mesh_settings(layer.world_tracing)
    surface = layer_mesh(stack, number, settings, back_layers(stack)[number] != frame.is_negative)
    if piece is not None:
        piece.remember(layer)
        surface = piece.cut(surface)
    elif MEMORY in layer:
        del layer[MEMORY]
    fill_mesh(layer.data, number, surface, transformed(frame, surface.points.positions))


def pieces(layers: list[bpy.types.Object], stack: LayerStack) -> dict[bpy.types.Object, Piece]:
    """What part of its layer each mesh is that has been separated from the others; before any is changed."""
    found: dict[bpy.types.Object, Piece] = {}
    for number in {layer.world_tracing.layer for layer in layers}:
        same = [layer for layer in layers if layer.world_tracing.layer == number]
        found |= pieces_of(same, stack.mask[0].shape) if len(same) > 1 else {}
    return found


def rebuild_one(layer: bpy.types.Object) -> None:
    """Rebuild a single mesh layer, of whose settings one was changed.

    Raises
    ------
    StackError
    """
    stack, root, number = load_stack(layer), traces.root_of(layer), layer.world_tracing.layer
    members = traces.layers_of(root) if root is not None else []
    _check_own(layer, {layer, *members})
    same = [other for other in members if other.world_tracing.role == "LAYER"]
    same = [other for other in same if other.world_tracing.layer == number]
    rebuild_layer(layer, stack, piece=pieces(same, stack).get(layer))


def rebuild_points(points: bpy.types.Object, stack: LayerStack, frame: Matrix) -> None:
    """Give a layer of points the data of its stack; the object and its materials stay.

    ``frame`` is the trace's camera space in what they count from.
    """
    is_mesh = points.type == "MESH"  # so they are in files of Blender before 4.4
    number = points.world_tracing.layer
    there = number < stack.layers  # else the file was traced anew, with fewer
    fresh = new_point_layer(points.name, stack, number, is_mesh, frame) if there else None
    if fresh is None:  # nothing of the layer is left: no data can be empty in every version, so it is hidden
        points[EMPTIED] = True
        _show_or_hide(points)
        return
    if EMPTIED in points:
        del points[EMPTIED]
        _show_or_hide(points)
    old, data, materials = points.data, fresh.data, list(points.data.materials)
    unused = list(data.materials)
    data.materials.clear()
    for material in materials:
        data.materials.append(material)
    points.data = data
    bpy.data.objects.remove(fresh)
    bpy.data.batch_remove([block for block in (old, *unused) if block and block.users == 0])
    data.name = points.name


def check_layers(root: bpy.types.Object) -> None:
    """No mesh that is edited or that others share can be filled, nor a point cloud in Blender before 4.4.

    Raises
    ------
    StackError
    """
    members = traces.layers_of(root)
    for layer in members:
        if layer.world_tracing.role == "LAYER":  # points get new data, which nobody else has
            _check_own(layer, members)
        if layer.type == "MESH" and is_edited(layer):
            raise StackError(f"{layer.name} is being edited; leave its mode there, then rebuild {root.name}")
        if layer.type == "POINTCLOUD" and not makes_clouds():
            raise StackError(
                f"{layer.name} is a point cloud, which this Blender cannot fill; open the file in Blender "
                f"4.4 or newer to change {root.name}"
            )


def _check_own(layer: bpy.types.Object, members: Iterable[bpy.types.Object]) -> None:
    """A mesh that objects outside its trace share (Alt+D) would change under them too.

    Raises
    ------
    StackError
    """
    mesh = layer.data
    if mesh.users - mesh.use_fake_user > sum(member.data == mesh for member in members):
        raise StackError(
            f"{layer.name} shares its mesh with objects outside its trace, which would all change. "
            f"{SINGLE_USER}"
        )


def is_edited(layer: bpy.types.Object) -> bool:
    """Whether a mesh is in Edit Mode, through any object, or sculpted or painted on.

    These know the mesh as it was: on one with Multires that is filled meanwhile, Blender crashes.
    """
    return bool(layer.data.is_editmode) or layer.mode != "OBJECT"


def rebuild_trace(
    root: bpy.types.Object, before: LayerStack | None = None, with_deleted: bool = False
) -> None:
    """Rebuild the layers of a trace in place; those deleted come back only where that is asked for.

    ``before`` is what they were made from, if that is not the same stack.

    Raises
    ------
    StackError
        The stack's file is gone or damaged, or a layer cannot be filled: it is being edited, say.
    """
    stack = load_stack(root)
    check_layers(root)
    members, inside = traces.layers_of(root), in_root(root, before)
    shown = root.world_tracing.layers
    if all(member.world_tracing.layer < shown for member in members) and stack.layers > shown:
        root.world_tracing.layers = stack.layers  # traced anew with more: as all were shown, these are
    for points in members:
        if points.world_tracing.role == "POINTS":
            rebuild_points(points, stack, frame_in(points, before or stack, inside))
    present = [layer for layer in members if layer.world_tracing.role == "LAYER"]
    parts = pieces(present, stack)
    for layer in present:
        rebuild_layer(layer, stack, before, inside, parts.get(layer))
    if with_deleted and (present or not members):  # else a trace of points only
        _bring_back(root, stack, present, inside)


def _bring_back(
    root: bpy.types.Object, stack: LayerStack, present: list[bpy.types.Object], inside: Matrix
) -> None:
    """Make mesh layers that were deleted anew, as the present ones are."""
    name, settings = build.trace_name(root), mesh_settings(present[0].world_tracing) if present else DEFAULTS
    image = _photo(root, stack)
    away = back_layers(stack)
    for number in sorted(set(range(stack.layers)) - {layer.world_tracing.layer for layer in present}):
        layer = new_mesh_layer(name, stack, number, settings, away[number], image)
        if layer is not None:
            build.adopt(root, layer)
            layer.matrix_local = inside
            _show_or_hide(layer)
            hidden_colour.restore(root, layer)
            shading.show(root, root.world_tracing.lit)


def match_again(root: bpy.types.Object) -> None:
    """Give the trace's camera, a new one if it was deleted, its stack's view; the trace its seed.

    Raises
    ------
    StackError, CameraMatchError
    """
    camera, stack = traces.camera_of(root), load_stack(root)
    check_layers(root)  # before anything is changed
    root.world_tracing.seed, root.world_tracing.model = str(stack.info.seed), stack.info.model
    match = match_camera(stack.intrinsics, stack.grid_to_image, stack.info.image_size)
    if camera is None:
        camera = _new_camera(root, match, stack)
    set_view(camera, match, in_root(root))


def _new_camera(root: bpy.types.Object, match: CameraMatch, stack: LayerStack) -> bpy.types.Object:
    """A trace's camera in the place of one that was deleted; it sees as far as that did."""
    camera = new_camera(f"{build.trace_name(root)} Camera", match, _photo(root, stack), stack)
    scale = root.matrix_world.median_scale
    camera.data.clip_start *= scale
    camera.data.clip_end *= scale
    build.adopt(root, camera)
    return camera


def show_layers(root: bpy.types.Object) -> None:
    """Show the first layers of a trace, as many as its setting says, in viewport and render."""
    for layer in traces.layers_of(root):
        _show_or_hide(layer)
    _show_shot_layers(root)


def _show_or_hide(layer: bpy.types.Object) -> None:
    """Hide a layer that has nothing or is one too many; what is neither is as hidden as it was before."""
    root = traces.root_of(layer)
    too_many = root is not None and layer.world_tracing.layer >= root.world_tracing.layers
    if too_many or EMPTIED in layer:
        if BEFORE not in layer:
            layer[BEFORE] = [layer.hide_viewport, layer.hide_render]
        layer.hide_viewport = layer.hide_render = True
    elif BEFORE in layer:
        layer.hide_viewport, layer.hide_render = (bool(hidden) for hidden in layer[BEFORE])
        del layer[BEFORE]


def _show_shot_layers(root: bpy.types.Object) -> None:
    """The same for a shot, whose objects have keyed visibility: collections of one layer are hidden."""
    members, parts = traces.shot_layers_of(root), set(traces.parts_of(root))
    shown = [member for member in members if member.world_tracing.role != "POINTS"] or members
    for collection in {collection for member in shown for collection in member.users_collection}:
        held = set(collection.all_objects)
        layers = {member.world_tracing.layer for member in held.intersection(members)}
        if held <= parts and len(layers) == 1:  # else it is the artist's, or of several layers
            collection.hide_viewport = collection.hide_render = layers.pop() >= root.world_tracing.layers


def _photo(root: bpy.types.Object, stack: LayerStack) -> bpy.types.Image:
    """What a trace's layers show, else its camera, else the picture of its stack."""
    meshes = (layer for layer in traces.layers_of(root) if layer.world_tracing.role == "LAYER")
    shown = next(filter(None, map(_texture, meshes)), None)
    return shown or photo_image(root) or source_image(stack, build.trace_name(root))


def _texture(layer: bpy.types.Object) -> bpy.types.Image | None:
    """The image that a layer shows; what an artist's own material shows is none of ours."""
    for material in layer.data.materials:
        nodes = material.node_tree.nodes if material and material.node_tree else {}
        for node in nodes if "Layer" in nodes else ():
            if node.type == "TEX_IMAGE" and node.image:
                return node.image
    return None
