"""Merge Static: a shot of a still camera becomes one background stack and what moves before it.

The background of a pixel is the colour that comes back most often over time, the far rather than the near. A
frame shows it where its own colour is that one, and depths are the medians over the frames that show it. Only
strips of the stacks are in memory at once, and a few of the pictures in full size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import rays
from wt_backend.existence import cumulative
from wt_backend.footage.shot import (
    STATIC,
    check_apart,
    check_foreign,
    hold_picture,
    picture_name,
    spread,
    write_picture,
)
from wt_backend.footage.steady import STILL, still_pixels
from wt_backend.images import read_image
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import output_error, output_place, save
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, Shot, StackError

STATIC_PICTURE = "static.png"
MIN_FRAMES = 3
MIN_STILL_SHARE = 0.3  # of the pixels show the background in most frames; less, and the camera moves
STRIP_BYTES = 128 << 20
PICTURE_ROWS = 128
PICTURES = 9  # of the footage, spread over the shot, whose median is the background's picture
COLOURS = 32  # frames, spread over the shot, out of whose colours the background's is chosen
FARNESS = 20  # a surface a tenth nearer weighs an eighth: depth jitters by less, colour decides the rest
SPECK = 1  # pixels; lone pixels do not move
RIM = 2  # pixels by which what moves is widened, to take its soft edge along


def merge_static(shot_folder: Path, output: Path, progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Write the background (`static.wts`) and a shot of what moves into another folder.

    Raises
    ------
    BackendError
        Too few frames are finished, hardly anything stands still, or the output holds something else.
    """
    shot, frames = _load(shot_folder, output)
    with output_place(output / STATIC):
        return _merge(shot, frames, output, progress, cancel)


def _merge(shot: Shot, frames: list[int], output: Path, progress: Progress, cancel: Cancel) -> dict[str, Any]:
    background = _background(shot, frames, progress, cancel)
    stills = [
        np.packbits(still_pixels(np.array(shot.load_frame(n).rgba[..., :3]), background)) for n in frames
    ]
    often = sum(_unpack(still, background.shape).astype(np.int32) for still in stills)  # (H, W)
    share = float(np.mean(2 * often > len(frames)))
    if share < MIN_STILL_SHARE:
        raise BackendError(
            "bad_request",
            f"Only {share:.0%} of the picture stands still: the camera of {shot.folder} moves.",
            "Merge Static is for a camera on a tripod.",
        )
    static = _static_stack(shot, frames, background, stills, output, progress, cancel)
    try:
        (output / Shot.FILE).unlink(missing_ok=True)  # of an earlier merge, which ends here
        save(static, output / STATIC)  # first: it tells that what comes now is a merge
        _write_static_picture(shot, frames, stills, background, output / STATIC_PICTURE)
        _write_moving(shot, frames, stills, output, progress, cancel).save()
    except OSError as error:
        raise output_error(output, error) from error
    return {
        "shot": str(output),
        "static": str(output / STATIC),
        "frames": len(frames),
        "still": round(share, 3),
    }


def _load(folder: Path, output: Path) -> tuple[Shot, list[int]]:
    try:
        shot = Shot.load(folder)
    except StackError as error:
        raise BackendError("bad_stack", f"{error}.", "Choose another shot.") from error
    frames = shot.finished()
    if len(frames) < MIN_FRAMES:
        raise BackendError(
            "bad_stack", f"Only {len(frames)} frames of {folder} are finished.", "Trace more of them first."
        )
    if output.resolve() == folder.resolve():
        raise BackendError("bad_output", f"{output} is the shot itself.", "Choose another folder.")
    if (output / Shot.FILE).is_file() and not (output / STATIC).is_file():
        raise BackendError("bad_output", f"{output} holds another shot.", "Choose an empty folder.")
    request = shot.settings.get("request", {})
    check_apart(output, (request.get("clip"), request.get("mask")))
    if not (output / STATIC).is_file():
        check_foreign(output, STATIC_PICTURE)
    return shot, frames


def _strips(shot: Shot, frames: list[int]) -> Iterator[slice]:
    """Rows that may be held for all frames and layers at once."""
    layers, height, width = shot.load_frame(frames[0]).mask.shape
    rows = max(1, STRIP_BYTES // (len(frames) * layers * width * 4))
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def _background(shot: Shot, frames: list[int], progress: Progress, cancel: Cancel) -> NDArray[np.uint8]:
    """The colour of each pixel that comes back most often and lies farthest, (H, W, 3)."""
    chosen = [frames[place] for place in spread(len(frames), COLOURS)]
    parts: list[NDArray[np.uint8]] = []
    for rows in _strips(shot, chosen):
        cancel()
        progress("background", len(parts), len(parts) + 1)
        stacks = [shot.load_frame(n) for n in chosen]
        colours = np.stack([stack.rgba[rows, :, :3] for stack in stacks]).astype(np.int16)  # (F, r, W, 3)
        depths = np.stack([np.where(stack.mask[0], stack.xyz[0, ..., 2], 0)[rows] for stack in stacks])
        parts.append(lasting_colour(colours, depths))
    return np.concatenate(parts)


def lasting_colour(colours: NDArray[np.int16], depths: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The colour (r, W, 3) with the largest sum of weights of the frames that show it.

    What moves changes its colour at a pixel, what stands still does not; of two that stand equally often, the
    farther one weighs more.

    Parameters
    ----------
    colours : (F, r, W, 3)
    depths : (F, r, W) of the seen layer, 0 where nothing is seen: farther than anything.
    """
    weights = np.where(depths > 0, depths / np.maximum(depths.max(axis=0), 1e-9), 1) ** FARNESS
    best = np.full(depths.shape[1:], -1.0)
    chosen = np.zeros(colours.shape[1:], np.int16)
    for colour in colours:
        score = np.where(_alike(colours, colour), weights, 0).sum(axis=0)
        better = score > best
        best[better], chosen[better] = score[better], colour[better]
    shown = colours.astype(np.float32)
    shown[~_alike(colours, chosen)] = np.nan
    return _median(shown).astype(np.uint8)


def _alike(colours: NDArray[np.int16], colour: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Where (F, r, W) colours (F, r, W, 3) are one colour (r, W, 3) up to noise."""
    return np.asarray(np.abs(colours - colour).max(axis=-1) < STILL)


def _unpack(packed: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape[:2]
    return np.unpackbits(packed, count=height * width).reshape(height, width).astype(bool)


def _static_stack(
    shot: Shot,
    frames: list[int],
    background: NDArray[np.uint8],
    stills: list[NDArray[np.uint8]],
    output: Path,
    progress: Progress,
    cancel: Cancel,
) -> LayerStack:
    """Median depths of the frames that show the background, on the shot's rays."""
    first = shot.load_frame(frames[0])
    depth = np.zeros(first.mask.shape, np.float32)
    mask = np.zeros(first.mask.shape, bool)
    for rows in _strips(shot, frames):
        cancel()
        progress("merge", rows.start, first.mask.shape[1])
        found = np.full((len(frames), *depth[:, rows].shape), np.nan, np.float32)  # (F, L, r, W)
        shows = np.stack([_unpack(still, background.shape)[rows] for still in stills])  # (F, r, W)
        for index, number in enumerate(frames):
            stack = shot.load_frame(number)
            exists = stack.mask[:, rows] & shows[index]
            found[index][exists] = stack.xyz[:, rows, :, 2][exists]
        mask[:, rows] = np.isfinite(found).sum(axis=0) * 2 > shows.sum(axis=0)
        depth[:, rows] = _median(found)
    mask = cumulative(mask)
    depth = np.maximum.accumulate(np.where(mask, depth, 0), axis=0)  # deeper than nothing: the last surface
    xyz = (rays(first.intrinsics, *depth.shape[1:]) * depth[..., None]).astype(np.float32)
    rgba = np.dstack([background, mask[0].astype(np.uint8) * np.uint8(255)])
    info = replace(first.info, source=str((output / STATIC_PICTURE).absolute()))
    return LayerStack(xyz, mask, rgba, np.array(first.intrinsics), np.array(first.grid_to_image), info)


def _median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median over the first axis without NaN (the lower middle), 0 where there is nothing else."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(values).sum(axis=0)
    middle = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], axis=0)[0]
    return np.where(count > 0, middle, np.float32(0))


def _write_static_picture(
    shot: Shot,
    frames: list[int],
    stills: list[NDArray[np.uint8]],
    background: NDArray[np.uint8],
    path: Path,
) -> None:
    """The footage's own pixels, in full size: the median of those that show the background.

    Where none of the pictures does, the model's small one is enlarged.
    """
    chosen = spread(len(frames), PICTURES)
    seen = [_picture_of(shot, frames[place], stills[place]) for place in chosen]
    whole = np.empty_like(seen[0][0])
    small = _enlarged(background, shot.load_frame(frames[0]), whole.shape)
    for start in range(0, len(whole), PICTURE_ROWS):
        rows = slice(start, start + PICTURE_ROWS)
        shows = np.stack([shown[rows] for _, shown in seen])  # (F, r, W)
        whole[rows] = _masked_median(np.stack([picture[rows] for picture, _ in seen]), shows)
        never = ~shows.any(axis=0)
        whole[rows][never, :3] = small[rows][never]
    write_picture(path, whole)


def _picture_of(
    shot: Shot, number: int, still: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A frame's own picture (H, W, 4), and where (H, W) it shows the background."""
    stack = shot.load_frame(number)
    picture = read_image(shot.folder / picture_name(number), may_be_clear=True).rgba
    moving = _moving(~_unpack(still, stack.rgba.shape)).astype(np.uint8)
    return picture, _enlarged(moving, stack, picture.shape) == 0


def _enlarged(grid: NDArray[np.uint8], stack: LayerStack, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """What lies on a stack's grid (h, w, …), on the pixels of its picture (H, W, …)."""
    size = (shape[1], shape[0])
    enlarged = cv2.warpAffine(grid, _pixel_map(stack), size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(enlarged, np.uint8)


def _masked_median(pictures: NDArray[np.uint8], shows: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Median of (F, r, W, 4) where `shows` (F, r, W), of all where nothing does."""
    values = pictures.astype(np.float32)
    values[~shows & shows.any(axis=0)] = np.nan
    return _median(values).astype(np.uint8)


def _pixel_map(stack: LayerStack) -> NDArray[np.float64]:
    """Grid to image for OpenCV, which counts from the centres of pixels."""
    affine = np.array(stack.grid_to_image)
    affine[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5
    return affine


def _write_moving(
    shot: Shot,
    frames: list[int],
    stills: list[NDArray[np.uint8]],
    output: Path,
    progress: Progress,
    cancel: Cancel,
) -> Shot:
    """The frames without what stands still; the shot of them is not saved yet."""
    for index, number in enumerate(frames):
        cancel()
        progress("moving", index, len(frames))
        stack = shot.load_frame(number)
        moving = _moving(~_unpack(stills[index], stack.rgba.shape))
        mask = stack.mask & moving
        rgba = np.dstack([stack.rgba[..., :3], mask[0].astype(np.uint8) * np.uint8(255)])
        source = output / picture_name(number)
        info = replace(stack.info, source=str(source.absolute()))
        hold_picture(shot.folder / picture_name(number), source)
        until = frames[index + 1] if index + 1 < len(frames) else number + 1
        for held in range(number + 1, until):
            hold_picture(source, output / picture_name(held))
        moved = replace(stack, xyz=np.array(stack.xyz), mask=mask, rgba=rgba, info=info)
        save(moved, output / shot.frames[number])
    return replace(shot, folder=output, frames={n: shot.frames[n] for n in frames}, state="done")


def _moving(changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without specks, with a rim."""
    opened = cv2.morphologyEx(
        changed.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2 * SPECK + 1, 2 * SPECK + 1), np.uint8)
    )
    return np.asarray(cv2.dilate(opened, np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8))).astype(bool)
