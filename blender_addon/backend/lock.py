"""A lock between processes that the system lets go of when its holder dies, however that happens. No bpy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wt_backend.protocol import BackendError


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file `path`.

    Raises
    ------
    BackendError
        Another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise BackendError(
                "access",
                "Another Blender is installing the backend.",
                "Wait until it is done, or cancel it there.",
            ) from error
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
