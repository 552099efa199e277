"""What the layers of a trace are built from: its stack without what its settings leave out."""

import hashlib
from pathlib import Path

import bpy
import numpy as np

from wt_backend.existence import without_near
from wt_backend.geometry.sky import without
from wt_backend.stack import LayerStack

from . import files, sky
from .origin import stack_path


def leaves_out(root: bpy.types.Object) -> bool:
    """Whether a trace shows less than its stack has."""
    return bool(root.world_tracing.without_sky or root.world_tracing.gap > 0)


def shown(root: bpy.types.Object | None, stack: LayerStack) -> LayerStack:
    """A stack as the trace shows it: without its sky, without hidden surfaces that lie too near."""
    if root is None:
        return stack
    if root.world_tracing.gap > 0:
        stack = without_near(stack, root.world_tracing.gap)
    return without(stack, sky.mask_of(root, stack)) if root.world_tracing.without_sky else stack


def stack_file(root: bpy.types.Object) -> Path:
    """A file with the stack of a trace as it is shown, for the worker; its own file if nothing is left out.

    Raises
    ------
    StackError, OSError
        The stack cannot be read, or its copy not be written.
    """
    path = stack_path(root)
    if not leaves_out(root):
        return path
    stack = shown(root, LayerStack.load(path))
    traced = f"{path} {path.stat().st_mtime_ns}"
    key = hashlib.sha256(np.packbits(stack.mask).tobytes() + traced.encode()).hexdigest()[:8]
    copy = files.folder("geometry") / f"{files.file_name(root.name)} as shown {key}.wts"
    if not copy.exists():  # a job that waits reads it later: what is shown then has another name
        stack.save(copy)
    return copy
