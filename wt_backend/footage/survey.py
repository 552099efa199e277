"""The first look at footage: which frames there are, one size, one mode, one crop for all of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend import pipeline
from wt_backend.checkpoints.registry import RegistryEntry
from wt_backend.fitting import Box, Window, clip_window, foreground_box
from wt_backend.footage.clip import Clip, Picture, open_clip
from wt_backend.footage.messages import ENDLESS, ShotRequest
from wt_backend.footage.sequence import ImageSequence
from wt_backend.images import MAX_SIDE, MIN_SIDE
from wt_backend.jobs import Cancel, Progress
from wt_backend.protocol import BackendError
from wt_backend.subject import find_subject, is_cut_out, mask_alpha

NUMBER = re.compile(r"\d+")  # reasons that differ in one are alike


@dataclass
class Survey:
    """What holds for the whole shot; kept in `shot.json`.

    Attributes
    ----------
    frames : list of int
        Frames of the clip that will be traced, counted from 1.
    skipped : dict
        Frame of the clip → why it cannot be.
    mode : {"object", "scene"}
    window : Window or None
        The crop of an object; None for the whole frame.
    size : (width, height) of a frame, upright, in pixels.
    notes : list of str
        What the user should know.
    cut_out : bool
        Whether the alpha of some frame tells the subject: then it does in all, in a close-up too, which
        leaves hardly anything out.
    """

    frames: list[int]
    skipped: dict[str, str]
    mode: str
    window: Window | None
    size: tuple[int, int]
    notes: list[str] = field(default_factory=list)
    cut_out: bool = False


def read_survey(settings: dict[str, Any]) -> Survey:
    """The survey out of a shot's settings."""
    values = {f.name: settings[f.name] for f in fields(Survey) if f.name in settings}
    window = values["window"]
    return Survey(**values | {"window": window and Window(**window), "size": tuple(values["size"])})


def survey(
    clip: Clip, request: ShotRequest, entry: RegistryEntry, progress: Progress, cancel: Cancel
) -> Survey:
    """Go through the wanted frames once.

    Raises
    ------
    BackendError
        No frame of the clip is wanted, frames differ in size, or the subject cannot be told.
    """
    found: Survey | None = None
    boxes: dict[int, Box | None] = {}
    if_cut_out: dict[int, Box | None] = {}  # boxes of frames that are hardly, or not at all, transparent
    skipped: dict[str, str] = {}
    frames: list[int] = []
    last_seen = 0
    for number, picture, why in _pictures(clip, request, request.frames, cancel):
        cancel()
        last_seen = number
        progress(
            "look", len(frames), max(len(frames) + 1, 0 if request.last is None else len(request.frames))
        )
        if picture is None:
            skipped[str(number)] = why
            continue
        if found is None:
            found = _start(picture, request, entry)
        _check_size(number, picture, found)
        if found.mode == "object":
            alpha = _subject(picture, request.mask is not None)
            boxes[number] = None if alpha is None else foreground_box(alpha)
            if request.mask is None and not is_cut_out(picture):
                if_cut_out[number] = foreground_box(picture[..., 3])
            found.cut_out |= request.mask is None and number not in if_cut_out
        frames.append(number)
    if found is not None and found.cut_out:
        boxes |= if_cut_out
    for number in [number for number in frames if number in boxes and boxes[number] is None]:
        skipped[str(number)] = "nothing tells the subject from its background"
        frames.remove(number)
    if found is None or not frames:
        raise _nothing(clip, request, skipped, cancel)
    if boxes:
        found.window = clip_window([box for box in boxes.values() if box], entry.subject_share)
    found.frames, found.skipped = frames, dict(sorted(skipped.items(), key=lambda item: int(item[0])))
    found.notes = [*clip.notes, *_notes(request, last_seen, skipped)]
    return found


def with_subject(
    clip: Clip, request: ShotRequest, found: Survey, frames: Sequence[int], cancel: Cancel
) -> Iterator[tuple[int, Picture]]:
    """Pictures of the given frames; in object mode their alpha is the subject."""
    for number, picture, why in _pictures(clip, request, frames, cancel):
        if picture is None:
            raise BackendError(
                "bad_image", f"Frame {number} was there before and is not now: {why}.", "Start a new shot."
            )
        if found.mode == "object":
            alpha = _subject(picture, found.cut_out or request.mask is not None)
            if alpha is not None:
                picture = np.dstack([picture[..., :3], alpha])
        yield number, picture


def _pictures(
    clip: Clip, request: ShotRequest, numbers: Sequence[int], cancel: Cancel
) -> Iterator[tuple[int, Picture | None, str]]:
    """Number, picture and why there is none; the mask footage, if any, goes beside as alpha."""
    masks = _masks(clip, request, numbers, cancel) if request.mask else None
    for frame in clip.frames(numbers, cancel):
        mask, why = next(masks, (None, "the mask footage is shorter")) if masks else (None, "")
        if frame.missing or (request.mask and mask is None):
            yield frame.number, None, frame.missing or why
            continue
        try:
            picture = frame.picture()
        except BackendError as error:
            yield frame.number, None, error.message.rstrip(".")
            continue
        if mask is not None:
            picture = np.dstack([picture[..., :3], _mask_of(mask, picture)])
        yield frame.number, picture, ""


def _masks(
    clip: Clip, request: ShotRequest, numbers: Sequence[int], cancel: Cancel
) -> Iterator[tuple[Picture | None, str]]:
    """The masks of the frames; one image serves all. Numbers within the clip's are of the same frames."""
    assert request.mask is not None
    masks = open_clip(request.mask, request.rate, "mask")
    if isinstance(masks, ImageSequence):
        if len(masks.files) == 1:
            yield from itertools.repeat((next(masks.frames([1])).picture(), ""))
        if isinstance(clip, ImageSequence) and clip.first <= masks.first <= masks.last <= clip.last:
            masks.first = clip.first
    for frame in masks.frames(numbers, cancel):
        if frame.missing:
            yield None, f"its mask: {frame.missing}"
            continue
        try:
            yield frame.picture(), ""
        except BackendError as error:
            yield None, f"its mask: {error.message.rstrip('.')}"


def _mask_of(mask: Picture, picture: Picture) -> NDArray[np.uint8]:
    """A mask picture of the footage's size as alpha (H, W)."""
    if mask.shape != picture.shape:
        raise BackendError(
            "bad_mask",
            f"The mask has {mask.shape[1]} × {mask.shape[0]} pixels, the footage "
            f"{picture.shape[1]} × {picture.shape[0]}.",
            "Use masks of the footage's size.",
        )
    return mask_alpha(mask)


def _start(picture: Picture, request: ShotRequest, entry: RegistryEntry) -> Survey:
    """Size and mode, by the first picture."""
    height, width = picture.shape[:2]
    if min(height, width) < MIN_SIDE or max(height, width) > MAX_SIDE:
        raise BackendError(
            "bad_image",
            f"The footage {request.clip} has {width} × {height} pixels.",
            f"Scale it to {MIN_SIDE} to {MAX_SIDE:,} pixels a side.",
        )
    # Asked for an object, a frame without one is left out, be it the first.
    has_subject = request.mode == "object" or _subject(picture, request.mask is not None) is not None
    mode = pipeline.choose_mode(request.mode, entry, has_subject, request.clip)
    return Survey([], {}, mode, None, (width, height))


def _subject(picture: Picture, by_alpha: bool) -> NDArray[np.uint8] | None:
    if by_alpha:
        return picture[..., 3]
    return find_subject(picture)


def _check_size(number: int, picture: Picture, found: Survey) -> None:
    size = (picture.shape[1], picture.shape[0])
    if size != found.size:
        raise BackendError(
            "bad_image",
            f"Frame {number} has {size[0]} × {size[1]} pixels, the first {found.size[0]} × {found.size[1]}.",
            "Bring all frames to one size, or choose a range of frames that have one.",
        )


def _nothing(clip: Clip, request: ShotRequest, skipped: dict[str, str], cancel: Cancel) -> BackendError:
    if skipped:
        number, why = next(iter(skipped.items()))
        return BackendError(
            "bad_image",
            f"None of the wanted frames of {clip.path} can be traced; frame {number}: {why}.",
            "Choose other frames, or a mask.",
        )
    count = sum(1 for _ in clip.frames(range(1, ENDLESS), cancel))
    if not count:
        return BackendError("bad_image", f"The footage {clip.path} has no pictures.", "Choose another file.")
    return BackendError(
        "bad_image",
        f"The footage {clip.path} has {count} frames; the range from {request.first} lies outside.",
        f"Choose frames between 1 and {count}.",
    )


def _notes(request: ShotRequest, last_seen: int, skipped: dict[str, str]) -> list[str]:
    notes = []
    if request.last is not None and last_seen + request.step <= request.last:
        notes.append(f"The footage ends before frame {request.last}; the last frame traced is {last_seen}.")
    numbers: dict[str, list[str]] = {}
    for number, why in skipped.items():
        numbers.setdefault(NUMBER.sub("#", why), []).append(number)
    for same in numbers.values():
        which = ", ".join(same[:8]) + (" …" if len(same) > 8 else "")
        left = "1 frame is" if len(same) == 1 else f"{len(same)} frames are"
        notes.append(f"{left} left out ({which}): {skipped[same[0]]}.")
    return notes
