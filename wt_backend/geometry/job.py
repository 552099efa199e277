"""What the worker methods of this package share: parameters, stacks and files, with errors as sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wt_backend.output import output_error
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, StackError, part_beside

REQUIRED: Any = object()


def read_params(params: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Parameters with defaults filled in; a default of ``REQUIRED`` must be given.

    A value must have its default's type (an int may stand for a float), required ones are strings.

    Raises
    ------
    BackendError
        kind "bad_request": unknown, missing or of the wrong type.
    """
    unknown = sorted(set(params) - set(defaults))
    if unknown:
        raise BackendError(
            "bad_request", f"Unknown parameter {unknown[0]!r}.", f"Known: {', '.join(defaults)}."
        )
    values = {}
    for name, default in defaults.items():
        value = params.get(name, default)
        if value is REQUIRED:
            raise BackendError("bad_request", f"Parameter {name!r} is missing.", "Send it.")
        kind = str if default is REQUIRED else type(default)
        whole_for_float = kind is float and isinstance(value, int)
        if (not isinstance(value, kind) and not whole_for_float) or isinstance(value, bool) != (kind is bool):
            raise BackendError(
                "bad_request", f"Parameter {name!r} has the wrong type: {value!r:.100}.", "Correct it."
            )
        values[name] = kind(value) if whole_for_float else value
    return values


def choose(name: str, value: str, allowed: Sequence[str]) -> str:
    """The value, if it is one of ``allowed``."""
    if value not in allowed:
        raise BackendError("bad_request", f"{name} is {value!r}.", f"Choose one of {', '.join(allowed)}.")
    return value


def load_stack(path: str) -> LayerStack:
    """The stack of a job, or the reason why it cannot be used as a ``BackendError``."""
    try:
        return LayerStack.load(path)
    except StackError as error:
        raise BackendError(
            "bad_stack", f"{error}.", "Choose another stack or trace the image again."
        ) from error


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path``, of the same suffix, that takes its place when the block succeeds.

    Raises
    ------
    BackendError
        kind "bad_output" or "disk_full"; an older file at ``path`` is untouched.
    """
    path = Path(path)
    part: Path | None = None
    try:
        part = part_beside(path, path.suffix)
        yield part
        part.replace(path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
