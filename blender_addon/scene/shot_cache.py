"""The frames of a shot's layers in one cache file beside it, read by a modifier: a .blend that stays small.

Blender's exporter writes what a handler puts into one mesh a layer, frame by frame, so that memory holds one
frame; its importer makes the objects that play the file. USD counts in frames; Alembic counts in seconds, so
that an Alembic cache is in step only at the frame rate that it was baked at.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from wt_backend.geometry.layer_mesh import MeshSettings, layer_mesh
from wt_backend.geometry.pairing import back_layers
from wt_backend.stack import Shot, StackError

from .files import stored_path
from .materials import UV_MAP
from .mesh_object import WHERE_FROM, fill_mesh

UV = "st"  # USD renames UVs to this; Alembic leaves it
STEM = "layers"  # of the file's name, and of the objects' in it
SUFFIXES = {"USD": ".usdc", "ALEMBIC": ".abc"}
READ = {"VERT", "POLY", "UV"}


class ShotCacheError(RuntimeError):
    """A cache cannot be baked; the message says why and what to do."""


def check_format(kind: str) -> None:
    """Refuse a kind of cache, "USD" or "ALEMBIC", that this Blender cannot write.

    Raises
    ------
    ShotCacheError
    """
    options = bpy.app.build_options
    if not (options.usd if kind == "USD" else options.alembic):
        name = "USD" if kind == "USD" else "Alembic"
        raise ShotCacheError(f"This Blender was built without {name}. Set Bake to Cache to No.")


def bake(
    context: bpy.types.Context, shot: Shot, kind: str, settings: MeshSettings
) -> dict[int, bpy.types.Object]:
    """Write the finished frames to a new file in the shot's folder; return layer → the object that plays it.

    Parameters
    ----------
    shot : with at least two finished frames.
    kind : "USD" or "ALEMBIC".
    settings : where surfaces are cut, which pieces are too small.

    Raises
    ------
    ShotCacheError
        This Blender cannot, or the file cannot be written.
    StackError
    """
    check_format(kind)
    path = _free_path(shot.folder, SUFFIXES[kind])
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        with (
            _stage(context, shot, settings) as (stage, problems),
            context.temp_override(scene=stage, view_layer=stage.view_layers[0]),
        ):
            _export(stage, part)
        if problems:
            raise problems[0]
        part.replace(path)
    except (OSError, RuntimeError) as error:  # what an operator reports is a RuntimeError
        raise ShotCacheError(
            f"The cache {path} cannot be written ({error}). Make space there, or do without Bake to Cache."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return _read(path)


def _free_path(folder: Path, suffix: str) -> Path:
    """A file that is not there yet: an older cache may be played by another scene."""
    stems = itertools.chain([STEM], (f"{STEM}-{number}" for number in itertools.count(2)))
    return next(path for path in (folder / (stem + suffix) for stem in stems) if not path.exists())


@contextmanager
def _stage(
    context: bpy.types.Context, shot: Shot, settings: MeshSettings
) -> Iterator[tuple[bpy.types.Scene, list[StackError]]]:
    """A scene with one mesh a layer, which shows the frame that the scene is set to; gone afterwards.

    A handler can only be heard, not raise: what went wrong is in the list.
    """
    stage = bpy.data.scenes.new(f"{STEM} of {shot.folder.name}")
    render = context.scene.render
    stage.render.fps, stage.render.fps_base = render.fps, render.fps_base
    numbers = shot.finished()
    stage.frame_start, stage.frame_end = numbers[0], numbers[-1]
    meshes = [_actor(stage, layer) for layer in range(shot.load_frame(numbers[0]).layers)]
    show, problems = _follower(stage, shot, meshes, settings, context.window_manager)
    bpy.app.handlers.frame_change_pre.append(show)
    context.window_manager.progress_begin(numbers[0], numbers[-1] + 1)
    try:
        stage.frame_set(numbers[0])
        yield stage, problems
    finally:
        context.window_manager.progress_end()
        bpy.app.handlers.frame_change_pre.remove(show)
        bpy.data.batch_remove([*stage.objects, *meshes, stage])


def _actor(stage: bpy.types.Scene, layer: int) -> bpy.types.Mesh:
    """A mesh that exporters take for animated: without a modifier they write its first frame only."""
    name = f"{STEM}_{layer + 1}"
    mesh = bpy.data.meshes.new(name)
    actor = bpy.data.objects.new(name, mesh)
    actor.modifiers.new("Animated", "SMOOTH").factor = 0.0
    stage.collection.objects.link(actor)
    return mesh


def _follower(
    stage: bpy.types.Scene,
    shot: Shot,
    meshes: list[bpy.types.Mesh],
    settings: MeshSettings,
    manager: bpy.types.WindowManager,
) -> tuple[Callable[..., None], list[StackError]]:
    """The handler that fills the meshes, and what went wrong in it."""
    numbers = shot.finished()
    problems: list[StackError] = []
    shown = 0

    def show(scene: bpy.types.Scene, *_: object) -> None:
        nonlocal shown
        if scene.name != stage.name or problems:
            return
        number = max((n for n in numbers if n <= scene.frame_current), default=numbers[0])
        if number == shown:  # held until the next one
            return
        shown = number
        manager.progress_update(number)
        try:
            _fill(meshes, shot, number, settings)
        except StackError as error:
            problems.append(error)

    return show, problems


def _fill(meshes: list[bpy.types.Mesh], shot: Shot, number: int, settings: MeshSettings) -> None:
    stack = shot.load_frame(number)
    for layer, (mesh, away) in enumerate(zip(meshes, back_layers(stack), strict=True)):
        fill_mesh(mesh, layer, layer_mesh(stack, layer, settings, away))
        for name in WHERE_FROM:  # nothing uses them there, and Alembic cannot keep them
            mesh.attributes.remove(mesh.attributes[name])
        mesh.uv_layers[UV_MAP].name = UV


def _export(stage: bpy.types.Scene, path: Path) -> None:
    if path.suffix == SUFFIXES["USD"]:
        bpy.ops.wm.usd_export(
            filepath=str(path), export_animation=True, export_materials=False, export_normals=False,
            export_uvmaps=True, use_instancing=False, evaluation_mode="RENDER",
        )  # fmt: skip
    else:
        bpy.ops.wm.alembic_export(
            filepath=str(path), start=stage.frame_start, end=stage.frame_end, as_background_job=False,
            uvs=True, packuv=False, normals=False, vcolors=False, face_sets=False, use_instancing=False,
            export_hair=False, export_particles=False, export_custom_properties=False,
        )  # fmt: skip


def _read(path: Path) -> dict[int, bpy.types.Object]:
    """Import a cache: layer → object, in no collection. Layers that are empty throughout are left out."""
    before = set(bpy.data.objects)
    if path.suffix == SUFFIXES["USD"]:
        bpy.ops.wm.usd_import(
            filepath=str(path), set_frame_range=False, import_materials=False, import_cameras=False,
            import_lights=False,
        )  # fmt: skip
    else:
        bpy.ops.wm.alembic_import(filepath=str(path), set_frame_range=False, as_background_job=False)
    found = {}
    for member in set(bpy.data.objects) - before:
        layer = _layer_of(member)
        if layer is None:
            bpy.data.batch_remove([member] if member.data is None else [member, member.data])
            continue
        for collection in member.users_collection:
            collection.objects.unlink(member)
        found[layer] = member
    return found


def _layer_of(member: bpy.types.Object) -> int | None:
    """Layer of an imported object, by the name of its mesh in the file; None for anything else."""
    reader = next((m for m in member.modifiers if m.type == "MESH_SEQUENCE_CACHE"), None)
    if reader is None and not (member.type == "MESH" and len(member.data.polygons)):
        return None
    if reader is not None:
        reader.read_data = READ
        reader.cache_file.filepath = stored_path(Path(bpy.path.abspath(reader.cache_file.filepath)))
    number = re.match(rf"{STEM}_(\d+)", member.data.name)  # then perhaps .001, in the file _001
    return int(number[1]) - 1 if number else None
