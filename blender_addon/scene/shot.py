"""Shot → an animated trace: a mesh a frame and layer, each visible in its own frames only.

Visibility is keyed, nothing else: it plays and renders in every Blender, without this add-on and without
handlers. All objects of one frame share one action. Or the meshes of a layer lie in a cache file, which one
object plays (`shot_cache`). The photo is an image sequence whose files carry the numbers of the frames, so
that texture and mesh cannot come apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bpy

from wt_backend.geometry.layer_mesh import MeshSettings, layer_mesh, layer_points
from wt_backend.geometry.pairing import back_layers
from wt_backend.stack import LayerStack, Shot

from . import shot_cache, traces
from .anchor import scale_to_scene
from .build import PREFIX, adopt, new_root
from .camera_match import match_camera
from .files import load_image
from .frame import frame_of
from .layer_object import DEFAULTS, layer_title, mark_layer, new_mesh_layer, remember_settings
from .materials import layer_material, point_material, source_image
from .mesh_object import new_mesh
from .origin import remember_stack
from .point_object import layer_point_object
from .trace_camera import new_camera
from .viewport import select


@dataclass
class BuiltShot:
    """What an import made."""

    root: bpy.types.Object
    camera: bpy.types.Object
    frames: list[int]
    objects: int


@dataclass(frozen=True, eq=False)
class _Layer:
    """Where the frames of one layer go, and what they wear."""

    parent: bpy.types.Object
    collection: bpy.types.Collection
    material: bpy.types.Material
    points: bool


def build_shot(
    context: bpy.types.Context,
    shot: Shot,
    name: str,
    output: str = "MESH",
    cache: str = "NONE",
    settings: MeshSettings = DEFAULTS,
) -> BuiltShot:
    """Build the finished frames of a shot in the context's scene, and select its root.

    Parameters
    ----------
    shot : with at least one finished frame.
    name : what the objects are called after.
    output : "MESH", "POINTS" or "BOTH".
    cache : "USD" or "ALEMBIC" puts the meshes into a file; "NONE", or a single frame, into the .blend.
    settings : where surfaces are cut, which pieces are too small.

    Raises
    ------
    CameraMatchError, StackError, ShotCacheError
    """
    frames = shot.finished()
    first = shot.load_frame(frames[0])
    match = match_camera(first.intrinsics, first.grid_to_image, first.info.image_size)
    image = _pictures(first, shot.folder, name)
    span = frames[0], max(shot.frames)
    baked = cache != "NONE" and output != "POINTS" and len(frames) > 1
    players = shot_cache.bake(context, shot, cache, settings) if baked else {}
    root = new_root(name, first, shot.path(frames[0]))
    camera = new_camera(f"{name} Camera", match, image, first)
    for background in camera.data.background_images:
        in_step(background.image_user, span)
    collection = bpy.data.collections.new(PREFIX + name)
    context.scene.collection.children.link(collection)
    for member in (root, camera):
        collection.objects.link(member)
    camera.parent = root
    scale_to_scene(root, context.scene)
    trace = _Building(shot, name, output, baked, settings, root, collection, image, span)
    try:
        trace.add_all(frames, players)
    except Exception:  # an operator that fails makes no undo step that could take half a shot away
        traces.delete(root)
        raise
    _show_now(context)
    select(context, root)
    return BuiltShot(root, camera, frames, trace.objects)


def stand_like(root: bpy.types.Object, camera: bpy.types.Object, other: bpy.types.Object) -> None:
    """Give a trace the place and the scale of another one, and its camera the other's reach."""
    root.matrix_world = frame_of(other)
    root.world_tracing.metric = other.world_tracing.metric
    reach = traces.camera_of(other)
    if reach is not None:
        camera.data.clip_start, camera.data.clip_end = reach.data.clip_start, reach.data.clip_end


def picture_of(stack: LayerStack, folder: Path, name: str) -> bpy.types.Image:
    """The photo of a frame; it lies beside its stack, wherever the folder of the shot is now.

    Where it is gone, what `source_image` finds.
    """
    path = folder / Path(stack.info.source).name
    return load_image(path) if path.is_file() else source_image(stack, name)


def add_background(root: bpy.types.Object, stack: LayerStack, path: Path, name: str) -> int:
    """Put a stack that does not change beside the frames of a shot; return how many layers it has."""
    image = source_image(stack, name)
    remember_stack(root, path)  # what its own layers are rebuilt from
    count = 0
    for layer, away in enumerate(back_layers(stack)):
        member = new_mesh_layer(name, stack, layer, DEFAULTS, away, image)
        if member is not None:
            adopt(root, member)
            count += 1
    return count


@dataclass
class _Building:
    """A shot that is being built, frame by frame."""

    shot: Shot
    name: str
    output: str
    baked: bool
    settings: MeshSettings
    root: bpy.types.Object
    collection: bpy.types.Collection
    image: bpy.types.Image
    span: tuple[int, int]
    layers: dict[tuple[int, str], _Layer] = field(default_factory=dict)
    objects: int = 0

    def add_all(self, frames: list[int], players: dict[int, bpy.types.Object]) -> None:
        """All layers: the objects that play a cache, and what the frames show."""
        for layer in sorted(players):
            self.add_player(layer, players[layer])
        for index, number in enumerate(frames):
            until = frames[index + 1] if index + 1 < len(frames) else None
            self.add_frame(number, number if index else None, until)

    def add_frame(self, number: int, start: int | None, end: int | None) -> None:
        """Everything that one frame shows; visible from `start` until before `end`, None for ever."""
        stack = self.shot.load_frame(number)
        action: bpy.types.Action | None = None
        for layer, away in enumerate(back_layers(stack)):
            for member, place in self._objects(stack, layer, away, number):
                remember_stack(member, self.shot.path(number))
                mark_layer(member, "POINTS" if place.points else "LAYER", layer)
                member.parent = place.parent
                place.collection.objects.link(member)
                action = _show_during(member, start, end, action)
                self.objects += 1

    def add_player(self, layer: int, member: bpy.types.Object) -> None:
        """The object that plays a layer's cache."""
        place = self._layer(layer, points=False)
        member.name = member.data.name = layer_title(self.name, layer) + " Cache"
        member.data.materials.clear()
        member.data.materials.append(place.material)
        next(n for n in place.material.node_tree.nodes if n.type == "UVMAP").uv_map = shot_cache.UV
        mark_layer(member, "CACHE", layer)
        member.parent = place.parent
        place.collection.objects.link(member)
        self.objects += 1

    def _objects(
        self, stack: LayerStack, layer: int, away: bool, number: int
    ) -> Iterator[tuple[bpy.types.Object, _Layer]]:
        title = f"{layer_title(self.name, layer)} {number:05}"
        if self.output != "POINTS" and not self.baked:
            surface = layer_mesh(stack, layer, self.settings, away)
            if len(surface.starts):
                place = self._layer(layer, points=False)
                mesh = new_mesh(title, layer, surface)
                mesh.materials.append(place.material)
                member = bpy.data.objects.new(title, mesh)
                remember_settings(member, self.settings)
                yield member, place
        if self.output != "MESH":
            points = layer_points(stack, layer)
            if len(points.pixel):
                place = self._layer(layer, points=True)
                yield layer_point_object(f"{title} Points", layer, points, stack, place.material), place

    def _layer(self, layer: int, points: bool) -> _Layer:
        """The place of a layer, made when its first frame comes."""
        key = (layer, "POINTS" if points else "LAYER")
        if key not in self.layers:
            title = layer_title(self.name, layer) + (" Points" if points else "")
            parent = bpy.data.objects.new(title, None)
            parent.empty_display_size = self.root.empty_display_size
            parent.parent, parent.world_tracing.role = self.root, "SHOT_LAYER"
            collection = bpy.data.collections.new(PREFIX + title)
            self.collection.children.link(collection)
            collection.objects.link(parent)
            if points and self.output == "BOTH":
                collection.hide_viewport = collection.hide_render = True
            material = point_material(title, layer) if points else self._material(title, layer)
            self.layers[key] = _Layer(parent, collection, material, points)
        return self.layers[key]

    def _material(self, title: str, layer: int) -> bpy.types.Material:
        material = layer_material(title, layer, self.image)
        for node in material.node_tree.nodes:
            if node.type == "TEX_IMAGE":
                in_step(node.image_user, self.span)
        return material


def _pictures(first: LayerStack, folder: Path, name: str) -> bpy.types.Image:
    """The photos of a shot as an image sequence, or what there is of the first frame."""
    image = picture_of(first, folder, name)
    if (folder / Path(first.info.source).name).is_file():
        image.name, image.source = name, "SEQUENCE"
    return image


def in_step(user: bpy.types.ImageUser, span: tuple[int, int]) -> None:
    """Show the file that carries the number of the scene's frame; before and after, the nearest."""
    first, last = span
    user.frame_start, user.frame_duration = first, last - first + 1
    user.frame_offset = first - 1
    user.use_auto_refresh = True


def _show_now(context: bpy.types.Context) -> None:
    """Let what has keys show what is of the scene's frame: keying leaves it as it is in another."""
    scene = context.scene
    scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
    context.view_layer.update()  # what is visible now can be selected


def _show_during(
    member: bpy.types.Object, start: int | None, end: int | None, action: bpy.types.Action | None
) -> bpy.types.Action | None:
    """Key the visibility of an object, or let it share the keys of another of the same frame."""
    if start is None and end is None:  # the only frame
        return None
    if action is not None:
        animation = member.animation_data_create()
        animation.action = action
        if hasattr(animation, "action_slot"):  # Blender 4.4
            animation.action_slot = action.slots[0]
        return action
    keys: list[tuple[int, bool]] = []
    if start is not None:
        keys += [(start - 1, True), (start, False)]
    elif end is not None:
        keys.append((end - 1, False))
    if end is not None:
        keys.append((end, True))
    for frame, hidden in keys:
        member.hide_viewport = member.hide_render = hidden
        for path in ("hide_viewport", "hide_render"):
            member.keyframe_insert(path, frame=frame)
    action = member.animation_data.action
    action.name = member.name
    return action
