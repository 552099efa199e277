"""Where the stack of an object lies, wherever its .blend is saved to, moved or appended.

Blender leaves custom properties alone when it saves into another folder or appends. So an object knows,
beside a relative path, the folder that it starts from: both together say where the stack lies, whatever file
is open, also after undo. Saving makes the path relative to the new folder, or absolute; the stacks that a
moved file brings along are found beside it. What is linked knows that folder too: it may be made local.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent

from wt_backend.paths import is_file

from ..backend import pump
from . import files


def stack_path(member: bpy.types.Object) -> Path:
    """Where the stack of an object lies."""
    values, library = member.world_tracing, _library(member)
    if library is not None:  # where that file lies, it brings its stacks along
        return Path(os.path.normpath(bpy.path.abspath(values.stack, library=library))).absolute()
    return Path(bpy.path.abspath(values.stack, start=values.stack_folder or None)).absolute()


def _library(member: bpy.types.Object) -> bpy.types.Library | None:
    """The file that an object is linked from, as it is or as an override."""
    while member.override_library is not None and member.override_library.reference is not None:
        member = member.override_library.reference
    return member.library


def remember_stack(member: bpy.types.Object, path: Path, blend: str = "") -> None:
    """Let an object know its stack: relative where it lies beside a .blend, by default the open one."""
    blend = blend or bpy.data.filepath
    stack = files.stored_path(path.absolute(), blend)
    folder = str(Path(blend).parent) if stack.startswith("//") else ""
    values = member.world_tracing
    if (values.stack, values.stack_folder) != (stack, folder):  # else a save would redraw all objects
        values.stack, values.stack_folder = stack, folder


def register() -> None:
    """Listen to saving, opening and appending."""
    for name, handler in _handlers():
        getattr(bpy.app.handlers, name).append(handler)
    # The file may have been opened before; at start-up it is not there yet.
    pump.start(_find_beside_open_file)


def unregister() -> None:
    """Listen no more."""
    pump.stop(_find_beside_open_file)
    for name, handler in _handlers():
        getattr(bpy.app.handlers, name).remove(handler)


def _handlers() -> Iterator[tuple[str, Any]]:
    yield "save_pre", _before_save
    yield "load_post", _after_load
    if hasattr(bpy.app.handlers, "blend_import_post"):  # Blender 4.3
        yield "blend_import_post", _after_import


@persistent
def _before_save(path: str, *_args: object) -> None:
    if path:  # else it is the start-up file
        for member in members():
            remember_stack(member, stack_path(member), path)
        if bpy.data.filepath and Path(path).parent != Path(bpy.data.filepath).parent:
            _keep_panel_paths()


def _keep_panel_paths() -> None:
    """Let the panel mean the same files though the .blend goes into another folder."""
    for scene in bpy.data.scenes:
        for name in ("filepath", "mask"):
            path = getattr(scene.world_tracing, name)
            if path.startswith("//") and scene.library is None:
                setattr(scene.world_tracing, name, str(Path(bpy.path.abspath(path)).absolute()))


@persistent
def _after_load(*_args: object) -> None:
    _find_beside_open_file()


@persistent
def _after_import(context: bpy.types.BlendImportContext, *_args: object) -> None:
    local = set(members())
    for item in context.import_items:
        if item.id in local:
            _find_beside(item.id, bpy.path.abspath(item.source_library.filepath))
    _find_beside_libraries()


def _find_beside_open_file() -> None:
    if bpy.data.filepath:
        for member in members():
            _find_beside(member, bpy.data.filepath)
    _find_beside_libraries()


def _find_beside_libraries() -> None:
    """For those that are made local, which no handler hears of; no file keeps it."""
    for member in bpy.data.objects:
        library = _library(member)
        if library is not None:
            _find_beside(member, bpy.path.abspath(library.filepath))


def _find_beside(member: bpy.types.Object, blend: str) -> None:
    """Let the path of an object start from the folder of its .blend, which may have been moved."""
    values, folder = member.world_tracing, os.path.normpath(Path(blend).parent)
    if not values.stack.startswith("//") or values.stack_folder == folder:
        return
    beside = Path(bpy.path.abspath(values.stack, start=folder))
    if is_file(beside) or not is_file(stack_path(member)):
        values.stack_folder = folder


def members() -> list[bpy.types.Object]:
    """The objects of this file that were made from a stack; not overrides, which have that of theirs."""
    return [member for member in bpy.data.objects if _library(member) is None and member.world_tracing.stack]
