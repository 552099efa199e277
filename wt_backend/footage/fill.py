"""Colour for the hidden layers of a shot: a picture a frame and layer, numbered like the frames."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np

from wt_backend.footage.shot import STATIC, hold_picture, write_picture
from wt_backend.geometry import fill
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import output_error
from wt_backend.protocol import BackendError
from wt_backend.stack import Shot, StackError


def fill_name(layer: int, number: int) -> str:
    """File of a frame's colour of a layer (counted from 0)."""
    return f"hidden{layer + 1}.{number:05}.png"


def fill_shot(folder: Path, progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Write a colour for every hidden layer of every finished frame; what is newer than the frame stays.

    Parameters
    ----------
    folder
        A shot. Where Merge Static made it, the background is coloured too.
    progress
        Counts frames, stage "fill colour".

    Returns
    -------
    dict
        ``textures``: for each layer its picture of the first frame, None for the seen one; ``frames``: the
        first and the last number; ``uv_transform`` (2, 3) as of `geometry/fill_colour`; ``static``: the
        result of that method for the background, or None; ``seconds``.
    """
    begun = time.monotonic()
    try:
        shot = Shot.load(folder)
        numbers = shot.finished()
        if not numbers:
            raise BackendError("bad_stack", f"No frame of {folder} is finished.", "Trace it first.")
        for done, (number, until) in enumerate(itertools.zip_longest(numbers, numbers[1:])):
            cancel()
            progress("fill colour", done, len(numbers))
            _fill_frame(shot, number, until or number + 1)
        first = shot.load_frame(numbers[0])
    except StackError as error:
        raise BackendError("bad_stack", f"{error}.", "Trace the footage again.") from error
    progress("fill colour", len(numbers), len(numbers))
    static = folder / STATIC
    background = {"stack": str(static), "output": str(folder)}
    return {
        "textures": [None, *(str(folder / fill_name(n, numbers[0])) for n in range(1, first.layers))],
        "frames": [numbers[0], numbers[-1]],
        "uv_transform": fill.grid_uv_transform(first).tolist(),
        "static": fill.run(background, progress, cancel) if static.is_file() else None,
        "seconds": round(time.monotonic() - begun, 3),
    }


def _fill_frame(shot: Shot, number: int, until: int) -> None:
    """The colours of one frame, held until before the next one. The last layer is written last."""
    stack = shot.load_frame(number)
    last = [shot.folder / fill_name(stack.layers - 1, n) for n in range(number, until)]
    traced = shot.path(number).stat().st_mtime_ns
    if all(path.is_file() and path.stat().st_mtime_ns >= traced for path in last):
        return
    filler = fill.ColourFill(stack)
    for layer in range(1, stack.layers):
        rgb = filler.texture(layer)  # (H, W, 3)
        path = shot.folder / fill_name(layer, number)
        try:
            write_picture(path, np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]))
            for held in range(number + 1, until):
                hold_picture(path, shot.folder / fill_name(layer, held))
        except OSError as error:
            raise output_error(path, error) from error
