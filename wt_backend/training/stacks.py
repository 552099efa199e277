"""A folder of stacks as training samples: a user's own scenes, or pictures by Cycles."""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.fitting import Window, crop, crop_window
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, StackError
from wt_backend.training.config import DATA_LAYERS
from wt_backend.training.data import Sample
from wt_backend.training.data.views import Mode


def find_stacks(folder: str | Path, metric: bool) -> list[Path]:
    """The stacks of a folder, sorted; those that cannot be opened are named and left out.

    Parameters
    ----------
    metric : bool
        They are for a model that thinks in metres.

    Raises
    ------
    BackendError
        kind "bad_stack": there is none, or one is not in metres and has to be.
    """
    paths = []
    for path in sorted(Path(folder).expanduser().glob("*.wts")):
        try:
            unit = LayerStack.load(path).info.unit
        except StackError as error:
            warnings.warn(f"{error} (left out of the training).", stacklevel=2)
            continue
        if metric and unit != "metre":
            raise BackendError(
                "bad_stack",
                f"{path}: its unit is {unit!r} and the model thinks in metres.",
                "Take it out of the folder, or make it anew with Trace Ground Truth, which writes metres.",
            )
        paths.append(path)
    if not paths:
        raise BackendError(
            "bad_stack",
            f"There are no .wts files in {folder} that can be read.",
            "Put your stacks there, or leave `stacks` empty.",
        )
    return paths


def stack_sample(path: Path, size: int) -> Sample:
    """One stack as a training sample of `size`×`size` pixels: depth from the nearest pixel, colour averaged.

    A scene is stretched to the square. So is not an object: unless its stack is square already, it is cropped
    as the pipeline crops a photograph of it.

    Raises
    ------
    StackError
        If the file is damaged.
    """
    stack = LayerStack.load(path)
    rgba: NDArray[np.uint8] = np.asarray(stack.rgba)
    height, width = rgba.shape[:2]
    mode: Mode = "scene" if stack.info.mode == "scene" else "object"
    whole = Window(0, 0, height, width)
    window = whole if mode == "scene" or height == width else crop_window(rgba[..., 3])
    rgb, alpha = _shrunk(crop(rgba, window), size)
    to_window = np.diag([size / window.width, size / window.height, 1.0])
    to_window[:2, 2] = -window.x * to_window[0, 0], -window.y * to_window[1, 1]
    return Sample(rgb, alpha, _depth(stack, window, size, path), to_window @ stack.intrinsics, mode)


def _depth(stack: LayerStack, window: Window, size: int, path: Path) -> NDArray[np.float32]:
    """(6, S, S): the depth at each new pixel's centre, of the first six layers; 0 where there is nothing.

    NaN where a stack of fewer layers does not tell: behind the last one, on rays that fill the stack.
    """
    height, width = stack.mask.shape[1:]
    rows = window.y + ((2 * np.arange(size) + 1) * window.height) // (2 * size)
    columns = window.x + ((2 * np.arange(size) + 1) * window.width) // (2 * size)
    there = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    place = (slice(DATA_LAYERS), rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1))
    depth = np.where(stack.mask[place] & there, stack.xyz[..., 2][place], 0).astype(np.float32)
    if not np.isfinite(depth).all():
        raise StackError(f"{path}: it has points that are not finite; trace it again")
    behind = np.where(depth[-1:] > 0, np.float32(np.nan), np.float32(0))  # (1, S, S)
    return np.concatenate([depth, *[behind] * (DATA_LAYERS - len(depth))])


def _shrunk(rgba: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """RGB (S, S, 3) and alpha (S, S); colours weigh by their alpha, or edges would take on what is behind."""
    values = rgba.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    values = cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = values[..., 3:]
    rgb = np.divide(values[..., :3] * 255, alpha, out=np.zeros_like(values[..., :3]), where=alpha > 0)
    return (
        np.rint(rgb).clip(0, 255).astype(np.uint8),
        np.rint(alpha[..., 0]).clip(0, 255).astype(np.uint8),
    )
