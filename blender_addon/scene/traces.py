"""Finding traces in a file, and deleting them."""

import bpy
from mathutils import Matrix

from .materials import is_of_a_trace, keep_own, worn_by

_LAYER_TYPES = {"LAYER": ("MESH",), "POINTS": ("MESH", "POINTCLOUD")}  # by role


def root_of(member: bpy.types.Object | None) -> bpy.types.Object | None:
    """The root of the trace that an object belongs to."""
    while member is not None and member.world_tracing.role != "ROOT":
        member = member.parent
    return member


def is_root(member: bpy.types.Object) -> bool:
    """Whether an object is the root of a trace.

    Buttons and lists ask all objects at every redraw: the type, which takes a tenth of the time, goes first.
    """
    return member.type == "EMPTY" and member.world_tracing.role == "ROOT"


def roots(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """All traces of a scene, by name."""
    found = [member for member in scene.objects if is_root(member)]
    return sorted(found, key=lambda root: root.name)


def active_root(context: bpy.types.Context) -> bpy.types.Object | None:
    """The trace that the active object belongs to, or the only one of the scene."""
    root = root_of(context.object)
    if root is not None:
        return root
    found = roots(context.scene)
    return found[0] if len(found) == 1 else None


def variants_of(root: bpy.types.Object) -> list[bpy.types.Object]:
    """A trace with the others of its seed sweep, in their order; a trace of no sweep is alone."""
    group = root.world_tracing.group
    scenes = root.users_scene if group else ()
    found = {other for scene in scenes for other in roots(scene) if other.world_tracing.group == group}
    return sorted(found | {root}, key=lambda other: other.world_tracing.variant)


def camera_of(root: bpy.types.Object | None) -> bpy.types.Object | None:
    """The camera of a trace, None where there is none (any more)."""
    children = root.children if root else ()
    return next((child for child in children if child.world_tracing.role == "CAMERA"), None)


def layers_of(root: bpy.types.Object) -> list[bpy.types.Object]:
    """The layer objects of a trace, meshes and points, front to back; none that was made a curve, say."""
    found = [child for child in root.children if child.type in _LAYER_TYPES.get(child.world_tracing.role, ())]
    return sorted(found, key=lambda child: (child.world_tracing.layer, child.name))


def solids_of(root: bpy.types.Object) -> list[bpy.types.Object]:
    """The solid of a trace and the copies that the artist made of it, by name."""
    meshes = (child for child in root.children if child.type == "MESH")
    return sorted(
        (child for child in meshes if child.world_tracing.role == "SOLID"), key=lambda solid: solid.name
    )


def solid_of(root: bpy.types.Object) -> bpy.types.Object | None:
    """The solid of a trace, of several the active one or else the first; None before one was made."""
    solids, active = solids_of(root), bpy.context.view_layer.objects.active
    return active if active in solids else next(iter(solids), None)


def parts_of(root: bpy.types.Object) -> list[bpy.types.Object]:
    """All objects of a trace below its root; not what the artist hung on it, nor another trace there."""
    below = [member for member in root.children_recursive if root_of(member) == root]
    return [member for member in below if member.world_tracing.role != "NONE"]


def shot_layers_of(root: bpy.types.Object) -> list[bpy.types.Object]:
    """The objects of a shot's frames: of every layer one a frame, or one that plays a cache."""
    found = [member for member in parts_of(root) if member.parent != root]
    return [member for member in found if member.world_tracing.role in {"LAYER", "POINTS", "CACHE"}]


def is_shot(root: bpy.types.Object) -> bool:
    """Whether a trace has frames; one whose stack merely is a frame of a shot has none."""
    return any(child.world_tracing.role == "SHOT_LAYER" for child in root.children)


def linked_part(root: bpy.types.Object) -> bpy.types.Object | None:
    """The root or layer of a trace that lies in another file, as a link or an override; None if none does.

    What is changed there is lost when the file is opened again, and Blender may crash on it.
    """
    if not bpy.data.libraries:  # buttons ask at every redraw, and finding children looks at all objects
        return None
    return next((member for member in (root, *layers_of(root)) if is_linked(member)), None)


def why_linked(member: bpy.types.Object) -> str:
    """Why a part of a trace cannot be changed, and what to do."""
    return (
        f"{member.name} is linked from another file. Make the whole trace local, with its data "
        "(Object > Relations > Make Local > All), or open that file."
    )


def linked_material(root: bpy.types.Object) -> bpy.types.Material | None:
    """A material of ours that a trace wears and that lies in another file; None if there is none."""
    if not bpy.data.libraries:
        return None
    parts = (*layers_of(root), *shot_layers_of(root), *solids_of(root))
    worn = (material for part in parts for material in worn_by(part))
    return next((material for material in worn if material.library and is_of_a_trace(material)), None)


def why_linked_material(material: bpy.types.Material) -> str:
    """Why what a trace looks like cannot be changed, and what to do."""
    return (
        f"The material {material.name} is linked from another file. Make it local "
        "(Object > Relations > Make Local > Selected Objects, Data and Materials)."
    )


def is_linked(member: bpy.types.Object) -> bool:
    """Whether an object or its data lie in another file, as a link or an override."""
    data = member.data
    return bool(member.library or member.override_library or (data is not None and data.library))


def delete(root: bpy.types.Object) -> None:
    """Remove a trace: its objects, their data if nobody else uses it, its emptied collections.

    What else hangs on it stays where it is, and the artist's own materials stay in the file.
    """
    members = {root, *parts_of(root)}
    for child in set(root.children_recursive) - members:
        if child.parent in members:
            _release(child)
    collections = {collection for member in members for collection in member.users_collection}
    data = {member.data for member in members if member.data is not None}
    materials = {material for member in members for material in worn_by(member)}
    for member in members:
        bpy.data.objects.remove(member)
    unused = [block for block in data if block.users == 0]
    bpy.data.batch_remove(unused)
    keep_own(materials)
    ours = [material for material in materials if is_of_a_trace(material)]
    bpy.data.batch_remove([material for material in ours if material.users == 0])
    for collection in sorted(collections, key=lambda found: len(found.children)):  # a shot's layers first
        owned = collection.name in bpy.data.collections and collection.name.startswith("Trace: ")
        if owned and not collection.all_objects and not collection.children:
            bpy.data.collections.remove(collection)


def world_of(member: bpy.types.Object) -> Matrix:
    """Where an object is in the world.

    Blender keeps no world matrix of what lies in excluded or disabled collections, or is disabled itself:
    of these only location, parents and what they are parented with count, no constraints.
    """
    graph = bpy.context.view_layer.depsgraph
    if graph is not None and member.evaluated_get(graph).is_evaluated:
        return member.matrix_world.copy()
    if member.parent is None:
        return member.matrix_basis.copy()
    return world_of(member.parent) @ in_parent(member)


def in_parent(member: bpy.types.Object) -> Matrix:
    """How an object lies in the space of its parent."""
    return member.matrix_parent_inverse @ member.matrix_basis


def _release(child: bpy.types.Object) -> None:
    """Take an object off its parent; it stays where it is seen."""
    place = world_of(child)
    child.parent = None
    child.matrix_world = place
