"""What was made before its .blend had a place moves in beside it when that is saved.

Until then it lies in the add-on's user folder, which stays on this machine and goes with the add-on. The
originals stay there all the same: undo steps, autosaves, another Blender or another .blend may name them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent

from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, StackError

from .. import preferences
from ..backend import session
from . import files, named_files, strokes
from .origin import members, remember_stack, stack_path
from .transfer import Bundle, bring, own

PACKAGE = preferences.ADDON.rpartition(".")[2]
IN_A_SHOT = r"[\\/](?!\.).+"
OF_A_TRACE = r" layer \d+\.png|\.[^.]+"  # its stack and picture, colours of its layers
KINDS = {"traces": OF_A_TRACE, "shots": IN_A_SHOT, "images": "", "projection": ""}


@dataclass
class _Save:
    """What saving has done so far; lives from its first handler to its last, so it may hold references."""

    before: list[tuple[Any, str, str]] = field(default_factory=list)  # owner, attribute, value to put back
    come: int = 0  # how many results lie beside the file now
    stay: int = 0  # how many could not be put there

    def set(self, owner: Any, name: str, value: str) -> None:
        """Set an attribute."""
        self.before.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def part(self) -> None:
        """Let a copy have pictures of its own, which whoever paints on in the open file leaves alone."""
        for owner, name, _ in self.before:
            if isinstance(owner, bpy.types.Image):
                with suppress(OSError):  # the disk is full: they stay one file
                    own(named_files.path_of(owner, name))

    def put_back(self) -> None:
        """Let the open file be what it was."""
        for owner, name, value in reversed(self.before):
            setattr(owner, name, value)


_save = _Save()
_told = ""  # why some of it stayed, at the last save


def register() -> None:
    """Listen to saving."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Listen no more."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)


def bundle_of(path: Path) -> Bundle | None:
    """What a file in the user folder belongs to, in that of any Blender; None for files elsewhere."""
    parts = path.parts
    for place in range(len(parts) - 4):
        kind, name = parts[place + 3 : place + 5]
        if parts[place] == ".user" and parts[place + 2] == PACKAGE and kind in KINDS:
            return _bundle(Path(*parts[: place + 4]), kind, name)
    return None


def _bundle(folder: Path, kind: str, name: str) -> Bundle:
    if kind == "shots":
        return Bundle(folder, name, IN_A_SHOT)
    if kind == "traces" and (match := re.fullmatch(f"(.+?)({OF_A_TRACE})", name)):
        return Bundle(folder, match[1], OF_A_TRACE)
    return Bundle(folder, Path(name).stem, re.escape(Path(name).suffix))


@persistent
def _before_save(path: str, *_args: object) -> None:
    global _save
    _save = _Save()
    strokes.keep()
    if path and Path(path).parent.is_dir():  # else it is the start-up file, or saving will fail
        named = [stack_path(member) for member in members()]
        named += _pictures()
        named += [named_files.path_of(*where) for where in (*named_files.data(), *named_files.settings())]
        _point(_settle(named, path), path)


@persistent
def _after_save(path: str, *_args: object) -> None:
    global _save
    if path != bpy.data.filepath:
        _save.part()  # it was a copy
        _save.put_back()
    elif _save.come and not _save.stay:
        count = f"{_save.come} result{'s' * (_save.come != 1)}"
        folder = Path(path).parent / files.FOLDER
        session.notice = session.Notice(f"{count} made before this file was saved: now in {folder}.")
    _save = _Save()


@persistent
def _after_failure(*_args: object) -> None:
    global _save
    _save.put_back()
    _save = _Save()


def _pictures() -> Iterator[Path]:
    """What was written to be traced, where a stack may be all that names it: paintings, renders."""
    for member in members():
        path = stack_path(member)
        if member.world_tracing.role == "ROOT" and bundle_of(path) is not None:
            with suppress(StackError):  # it is gone, or damaged
                yield Path(LayerStack.load(path).info.source)


def _settle(named: Iterable[Path], blend: str) -> dict[Bundle, Bundle]:
    """Bring what a file names beside it: bundle in the user folder → bundle there. Say what stays."""
    wanted = {bundle for path in set(named) if (bundle := bundle_of(path)) is not None} - _in_use()
    places: dict[Bundle, Bundle] = {}
    problems: dict[Bundle, OSError] = {}
    with _progress(len(wanted)) as report:
        for bundle in sorted(wanted, key=lambda bundle: (bundle.folder, bundle.stem)):
            report()
            try:
                if bundle.files():
                    places[bundle] = _bring_beside(bundle, blend)
            except OSError as error:
                problems[bundle] = error
    _save.come, _save.stay = len(places), len(problems)
    _say(problems, blend)
    return places


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """The cursor counts: gigabytes on another disk take a while."""
    manager, steps = bpy.context.window_manager, itertools.count()
    if count:
        manager.progress_begin(0, count)
    try:
        yield lambda: manager.progress_update(next(steps))
    finally:
        if count:
            manager.progress_end()


def _bring_beside(bundle: Bundle, blend: str) -> Bundle:
    folder = Path(blend).parent / files.FOLDER / bundle.folder.name
    folder.mkdir(parents=True, exist_ok=True)
    return bring(bundle, folder, files.is_promised)


def _say(problems: dict[Bundle, OSError], blend: str) -> None:
    """One sentence, and not again at every save."""
    global _told
    if not problems:
        _told = ""
        return
    bundle, error = next(iter(problems.items()))
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    reason = BackendError(
        "bad_output",
        f"{bundle.stem}{more} cannot be put beside {Path(blend).name} ({error.strerror or error}); what was "
        f"made before the file was saved stays in {bundle.folder.parent}.",
        "Make space or choose a folder that can be written to, and save again.",
    )
    if reason.message == _told:
        return
    _told = reason.message
    session.say(reason)
    if bpy.app.background:
        print(f"World Tracing: {reason.message} {reason.hint}")


def _in_use() -> set[Bundle]:
    """What jobs still read or write: it stays until the next save."""
    texts = {text for job in session.jobs() for text in _texts(job.params)}
    return {bundle for text in texts if (bundle := bundle_of(Path(text))) is not None}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _point(places: dict[Bundle, Bundle], blend: str) -> None:
    """Let everything in the file name what has been brought beside it."""
    for member in members() if places else ():
        new = _new_path(stack_path(member), places)
        if new is not None:
            values = member.world_tracing
            _save.before += [(values, name, getattr(values, name)) for name in ("stack", "stack_folder")]
            remember_stack(member, new, blend)
    for owner, name in named_files.settings():
        new = _new_path(named_files.path_of(owner, name), places)
        if new is not None:
            _save.set(owner, name, files.stored_path(new, blend))
    in_its_folder = bool(bpy.data.filepath) and Path(bpy.data.filepath).parent == Path(blend).parent
    for owner, name in named_files.data():
        new = _new_path(named_files.path_of(owner, name), places)
        if new is None and in_its_folder and _lies_beside(getattr(owner, name), blend):
            new = Path(getattr(owner, name))  # it has come there at an earlier save
        if new is not None:  # on the way into another folder Blender may make paths relative, or not
            _save.set(owner, name, files.stored_path(new, blend) if in_its_folder else str(new))


def _lies_beside(path: str, blend: str) -> bool:
    """Whether an absolute path could be relative."""
    return Path(blend).parent / files.FOLDER in Path(path).parents


def _new_path(path: Path, places: dict[Bundle, Bundle]) -> Path | None:
    """Where a file lies now, None where it stays."""
    bundle = bundle_of(path)
    if bundle is None or bundle not in places:
        return None
    start, there = str(bundle.folder / bundle.stem), places[bundle]
    new = Path(str(there.folder / there.stem) + str(path).removeprefix(start))
    return new if new.exists() else None


_HANDLERS = {
    "save_pre": _before_save,
    "save_post": _after_save,
    "save_post_fail": _after_failure,
}
