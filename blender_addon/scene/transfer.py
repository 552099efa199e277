"""Files that belong together, in another folder too: whole or not at all, and the originals stay.

On one disk that is a hard link, which takes neither time nor space; elsewhere a copy. A picture that is held
for several frames may be one file by several names: it stays one.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path

RESERVE = 1 << 28  # bytes that copies leave free, for the .blend that is about to be saved


@dataclass(frozen=True)
class Bundle:
    """Files that are called after one stem, and have to be so wherever they lie.

    Attributes
    ----------
    folder, stem
    ends : pattern of what follows the stem; it may lead into a folder of that name.
    """

    folder: Path
    stem: str
    ends: str

    def files(self) -> dict[str, Path]:
        """The files that there are, by what follows the stem."""
        start = self.folder / self.stem
        within = start.rglob("*") if start.is_dir() else start.parent.glob("*")
        found = {str(file).removeprefix(str(start)): file for file in within if file.is_file()}
        return {end: found[end] for end in sorted(found) if re.fullmatch(self.ends, end)}


def bring(bundle: Bundle, folder: Path, is_promised: Callable[[Path], bool]) -> Bundle:
    """Let a bundle lie in another folder too, under another stem where its own means something else there.

    Parameters
    ----------
    is_promised : whether something else may be written to a path that is still free.

    Returns
    -------
    The bundle there. What lies there already is left alone, and is the bundle itself where it has been
    brought before.

    Raises
    ------
    OSError
        Nothing of it has been added.
    """
    files = bundle.files()
    stems = itertools.chain([bundle.stem], (f"{bundle.stem}-{number}" for number in itertools.count(2)))

    def fits(stem: str) -> bool:
        pairs = [(file, folder / (stem + end)) for end, file in files.items()]
        there = [cmp(file, target) for file, target in pairs if target.exists()]
        if there:
            return all(there)
        return not any(is_promised(target) for target in (folder / stem, *(target for _, target in pairs)))

    stem = next(stem for stem in stems if fits(stem))
    wanted = {folder / (stem + end): file for end, file in files.items()}
    _add({target: file for target, file in wanted.items() if not target.exists()}, folder)
    return Bundle(folder, stem, bundle.ends)


def _add(wanted: dict[Path, Path], folder: Path) -> None:
    """Make every target from its source, or none."""
    _check_space(list(wanted.values()), folder)
    added: list[Path] = []
    copies: dict[tuple[int, int], Path] = {}
    try:
        for target, source in wanted.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shared = _shared(source)
            original = copies.setdefault(shared, target) if shared else source
            if original == target or not _link(original, target):
                _copy(source, target)
            added.append(target)
    except BaseException:
        for target in added:
            target.unlink()
        for parent in {target.parent for target in wanted} - {folder}:
            with suppress(OSError):  # it holds something else
                parent.rmdir()
        raise


def _check_space(sources: list[Path], folder: Path) -> None:
    """Before gigabytes are copied for nothing."""
    disk = folder.stat().st_dev
    copied = [source for source in sources if _shared(source) or source.stat().st_dev != disk]
    size = sum({_shared(source) or source: source.stat().st_size for source in copied}.values())
    if size and shutil.disk_usage(folder).free < size + RESERVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def _shared(file: Path) -> tuple[int, int] | None:
    """What a file is known by that has several names, else None.

    One may be in another project, where painting on a picture would change both: it is copied, once.
    """
    state = file.stat()
    return (state.st_dev, state.st_ino) if state.st_nlink > 1 else None


def _link(source: Path, target: Path) -> bool:
    """Whether a hard link could be made."""
    try:
        target.hardlink_to(source)
    except OSError:  # another disk, or one without hard links
        return False
    return True


def own(file: Path) -> None:
    """Let a file that was linked be one of its own.

    Raises
    ------
    OSError
        It is what it was.
    """
    if file.stat().st_nlink > 1:
        _copy(file, file)


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its times, by which it is known again."""
    part = target.with_name(f".{target.stem[:40]}.part")
    try:
        shutil.copy2(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
