"""The subject of a photograph as a picture to look at and to paint on: inside a box by GrabCut, or found.

The picture is the photograph as stored, opaque where the subject is and faint everywhere else, so that a
brush that adds or erases alpha corrects it under the eyes of whoever paints. GrabCut is OpenCV's: Rother,
Kolmogorov, Blake, "GrabCut: interactive foreground extraction using iterated graph cuts", SIGGRAPH 2004.

Worker method `subject/cut_out`: `{image, output, box?}` → `{picture, share}`. `box` is [left, top, right,
bottom] in parts of the image as stored, y down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import apply_affine, invert
from wt_backend.geometry.job import whole_file
from wt_backend.images import Photo, read_image, upright
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import check_output
from wt_backend.protocol import BackendError, from_params
from wt_backend.subject import find_subject

FAINT = 77  # alpha outside of the subject, 30 %; blender_addon/scene/cut_out.py takes it away again
WORKING_SIDE = 900  # pixels; GrabCut's time grows with their number
ROUNDS = 5
LEAST = 0.002  # share of the box; less is no subject
MARGIN = 0.98  # a box with more than this share of the image leaves no background to learn from
TURN_BACK = {6: 8, 8: 6}  # EXIF orientations that are not their own inverse


@dataclass(frozen=True)
class CutOutRequest:
    """Parameters of `subject/cut_out`."""

    image: str
    output: str
    box: list[float] = field(default_factory=list)


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Cut the subject out and write the picture as PNG."""
    request = from_params(CutOutRequest, params)
    output = Path(request.output)
    check_output(output, request.image)
    progress("read", 0, 1)
    photo = read_image(request.image)
    if request.box:
        alpha = box_alpha(photo.rgba[..., :3], upright_box(photo, request.box), progress, cancel)
    else:
        found = find_subject(photo.rgba)
        alpha = np.zeros(photo.rgba.shape[:2], np.uint8) if found is None else found
    cancel()
    _write(output, photo, alpha)
    return {"picture": str(output), "share": float((alpha > 127).mean())}


def upright_box(photo: Photo, box: list[float]) -> tuple[int, int, int, int]:
    """A box of the image as stored → pixels (left, top, right, bottom) of the upright photo.

    Raises
    ------
    BackendError
        kind "bad_request": it is no box, or leaves nothing outside of it.
    """
    if len(box) != 4 or not np.isfinite(box).all():
        raise BackendError("bad_request", f"{box} is no box.", "Give left, top, right and bottom.")
    stored = np.clip(np.array(box, np.float64).reshape(2, 2), 0.0, 1.0) * np.array(photo.file_size)
    corners = apply_affine(invert(photo.to_file), stored)
    (left, top), (right, bottom) = (np.rint(edge(corners, axis=0)).astype(int) for edge in (np.min, np.max))
    if min(right - left, bottom - top) < 4:
        raise BackendError("bad_request", "The box is too small.", "Draw it around the whole subject.")
    width, height = photo.size
    if (right - left) * (bottom - top) > MARGIN * width * height:
        raise BackendError(
            "bad_request",
            "The box covers the whole image; GrabCut learns the background from what is outside.",
            "Draw it close around the subject, or paint the mask.",
        )
    return int(left), int(top), int(right), int(bottom)


def box_alpha(
    rgb: NDArray[np.uint8], box: tuple[int, int, int, int], progress: Progress, cancel: Cancel
) -> NDArray[np.uint8]:
    """Alpha (H, W) of what stands out inside a box.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
    box : pixels, (left, top, right, bottom)

    Raises
    ------
    BackendError
        kind "bad_mask": nothing stands out.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)
    left, top, right, bottom = (round(side * scale) for side in box)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    labels[top:bottom, left:right] = cv2.GC_PR_FGD
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its first clusters are drawn: the same box gives the same mask
    for count in range(ROUNDS):
        progress("grabcut", count, ROUNDS)
        cancel()
        mode = cv2.GC_EVAL if count else cv2.GC_INIT_WITH_MASK
        cv2.grabCut(small, labels, (0, 0, 1, 1), background, foreground, 1, mode)
    subject = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if subject.sum() < LEAST * (right - left) * (bottom - top):
        raise BackendError(
            "bad_mask",
            "Nothing in the box stands out from what is around it.",
            "Draw the box with a little room around the subject, or paint the mask.",
        )
    return np.asarray(
        cv2.resize(subject.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8
    )


def _write(output: Path, photo: Photo, alpha: NDArray[np.uint8]) -> None:
    """The photo as stored, faint outside of the subject: whole or not at all."""
    shown = FAINT + alpha.astype(np.uint16) * (255 - FAINT) // 255
    bgra = np.dstack([photo.rgba[..., 2::-1], shown.astype(np.uint8)])
    turn_back = TURN_BACK.get(photo.orientation, photo.orientation)
    encoded = cv2.imencode(".png", upright(bgra, turn_back))[1]
    with whole_file(output) as part:
        part.write_bytes(encoded.tobytes())
