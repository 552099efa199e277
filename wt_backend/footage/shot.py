"""Footage to a shot: one crop, one camera and one noise for all frames, a stack file for each.

The footage is gone through three times: to see which frames there are and where the subject is, to find the
camera, and to trace. Memory holds two frames whatever the length. A shot that was cut off goes on where it
ended: everything a frame needs of the one before lies in that one's file.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from wt_backend import pipeline
from wt_backend.checkpoints.load import LoadedModel, find_entry
from wt_backend.checkpoints.registry import RegistryEntry
from wt_backend.fitting import Fitted, fit, fit_clip_frame, frame_window
from wt_backend.footage.clip import Clip, Picture, open_clip
from wt_backend.footage.clip_model import clip_points
from wt_backend.footage.messages import ShotRequest, ShotResult
from wt_backend.footage.numbering import SUFFIXES
from wt_backend.footage.steady import Before, align_scale, smooth
from wt_backend.footage.survey import Survey, read_survey, survey, with_subject
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import output_error, output_place, save
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack, Shot, StackError

CAMERA_FRAMES = 3  # spread over the shot; their median is the shot's camera
CLIP_CAMERA_FRAMES = 8  # the first, where a model gives frames in windows
STATIC = "static.wts"  # Merge Static writes it: its shots have the settings of those they were made from
LOCK = ".lock"  # hidden: it stays where a process is killed, and is no part of the shot
LET_GO = 2.0  # seconds in which a worker that was told to end does so
SCALE = "shot_log_scale"  # beside the normalisation in a stack's header: what `steady` applied

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Run:
    """What one call works with."""

    request: ShotRequest
    clip: Clip
    entry: RegistryEntry
    survey: Survey
    progress: Progress
    cancel: Cancel
    warnings: list[str] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Of the sampler: those asked for, or the model's own."""
        return self.request.steps or self.entry.steps[self.survey.mode]

    def number(self, frame: int) -> int:
        """Number in Blender of a frame of the clip."""
        return self.request.start + frame - 1


def trace_shot(request: ShotRequest, progress: Progress, cancel: Cancel) -> ShotResult:
    """Trace footage into a folder; called again with the same request, go on with what is missing.

    Parameters
    ----------
    request
    progress
        Stages "look", "model", "camera", "trace"; the last counts frames.
    cancel
        Asked at every frame, and while one is traced at every step.

    Raises
    ------
    BackendError
        What was finished stays; the same request goes on from there.
    """
    begin = time.monotonic()
    entry = find_entry(request.model)
    if request.prior_correlation is not None and not entry.clip:
        raise BackendError(
            "bad_request",
            f"The model {entry.name} takes frames one by one: no prior is correlated.",
            "Leave the prior correlation out, or choose a model that takes clips.",
        )
    progress("look", 0, 1)
    clip = open_clip(request.clip, request.rate)
    folder = Path(request.output)
    with output_place(folder / Shot.FILE), _alone(folder):
        check_apart(folder, (request.clip, request.mask))
        shot = _existing(folder, request)
        if shot is None:
            shot = _new_shot(folder, request, clip, survey(clip, request, entry, progress, cancel))
        found = read_survey(shot.settings)
        caveats = [entry.caveat] if entry.caveat else []
        run = Run(request, clip, entry, found, progress, cancel, caveats)
        try:
            shot = _trace(run, shot)
        except Exception as error:
            cancelled = isinstance(error, BackendError) and error.kind == "cancelled"
            _save_state(shot, "cancelled" if cancelled else "failed")
            raise
    return ShotResult(
        shot=str(folder),
        frames=len(shot.finished()),
        wanted=len(shot.frames),
        mode=found.mode,
        rate=shot.fps,
        seconds=round(time.monotonic() - begin, 3),
        skipped=found.skipped,
        warnings=[*found.notes, *run.warnings],
    )


def stack_name(number: int) -> str:
    """File of a frame's stack."""
    return f"frame.{number:05}.wts"


def picture_name(number: int) -> str:
    """File of a frame's picture, which Blender shows as an image sequence."""
    return f"frame.{number:05}.png"


def spread(count: int, most: int) -> list[int]:
    """Places of at most so many out of `count`, from the first to the last, evenly and none twice."""
    return [round(place) for place in np.linspace(0, count - 1, min(most, count)).tolist()]


# -- the folder ---------------------------------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a shot's folder to this process: Blender goes on with a shot that another one may be tracing.

    Raises
    ------
    BackendError
        kind "bad_output"
    """
    path = folder / LOCK
    lock = FileLock(path)
    try:
        lock.acquire(timeout=LET_GO)
    except Timeout as error:
        raise BackendError(
            "bad_output",
            f"The shot in {folder} is being traced by another Blender, or from the command line.",
            "Wait for its end (Import Shot takes what is finished), or choose another folder.",
        ) from error
    except (OSError, NotImplementedError) as error:  # a file system without locks
        log.warning("%s cannot be locked: %s", folder, error)
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # Windows takes it away on release
                path.unlink()
        lock.release()


def _new_shot(folder: Path, request: ShotRequest, clip: Clip, found: Survey) -> Shot:
    numbers = [request.start + frame - 1 for frame in found.frames]
    settings = {"request": request.identity, **asdict(found)}
    shot = Shot(folder, {n: stack_name(n) for n in numbers}, clip.rate, None, settings)
    _save(shot)
    return shot


def _existing(folder: Path, request: ShotRequest) -> Shot | None:
    """The shot that this request began before, if there is one.

    Raises
    ------
    BackendError
        The folder holds another one.
    """
    if (folder / STATIC).is_file():
        raise BackendError(
            "bad_output", f"The folder {folder} holds a merged shot.", "Choose an empty folder."
        )
    if not (folder / Shot.FILE).is_file():
        check_foreign(folder)
        return None
    try:
        shot = Shot.load(folder)
    except StackError as error:
        raise BackendError("bad_output", f"{error}.", "Choose another output folder.") from error
    if shot.settings.get("request") != request.identity:
        raise BackendError(
            "bad_output",
            f"The folder {folder} holds a shot of other footage, with other settings or by another "
            "version of its model.",
            "Choose an empty folder, or the settings and files of that shot to go on with it.",
        )
    return shot


def check_foreign(folder: Path, *names: str) -> None:
    """Refuse a folder without a shot that has files called like those of one, or by these names.

    Raises
    ------
    BackendError
        kind "bad_output"
    """
    patterns = ("frame.[0-9]*.png", "frame.[0-9]*.wts", *names)
    found = next((path for pattern in patterns for path in folder.glob(pattern)), None)
    if found is not None:
        raise BackendError(
            "bad_output",
            f"{found} is of no shot, and would be replaced.",
            "Choose an empty folder, or move that file.",
        )


def check_apart(folder: Path, footage: Iterable[str | None]) -> None:
    """Refuse the folder of an image sequence: files of the footage may be called like those of the shot.

    Raises
    ------
    BackendError
        kind "bad_output"
    """
    for path in (Path(path) for path in footage if path):
        images = path if path.is_dir() else path.parent if path.suffix.lower() in SUFFIXES else None
        if images is not None and images.is_dir() and folder.is_dir() and images.samefile(folder):
            raise BackendError(
                "bad_output", f"The folder {folder} holds the footage itself.", "Choose an empty folder."
            )


def _save(shot: Shot) -> None:
    try:
        shot.save()
    except OSError as error:
        raise output_error(shot.folder / Shot.FILE, error) from error


def _save_state(shot: Shot, state: str) -> None:
    """Say how it ended. On a full disk the old state stays, and the first error is the one to tell."""
    try:
        Shot.load(shot.folder).with_state(state).save()
    except (OSError, StackError) as error:
        log.warning("the state of %s could not be saved: %s", shot.folder, error)


# -- frames -------------------------------------------------------------------------------------------------


def _trace(run: Run, shot: Shot) -> Shot:
    def attempt(small: bool) -> Shot:
        so_far = Shot.load(shot.folder)  # by an attempt before
        return _trace_missing(run, so_far, device, small)

    run.warnings.extend(pipeline.too_many_steps(run.entry, run.steps))
    device = pipeline.choose_device(run.request.device)
    shot = pipeline.with_less_memory(attempt, device, run.warnings).with_state("done")
    _save(shot)
    return shot


def _trace_missing(run: Run, shot: Shot, device: torch.device, small: bool) -> Shot:
    done = set(shot.finished())
    missing = [frame for frame in run.survey.frames if run.number(frame) not in done]
    if not missing and shot.intrinsics is not None:
        return shot
    run.progress("model", 0, 1)
    loaded = pipeline.loaded_model(run.request.model, run.entry, device, small)
    _check_weights(shot, loaded)
    run.cancel()
    if run.entry.clip:
        return _trace_clip(run, shot, loaded, set(missing))
    shot = _with_camera(shot, lambda: _camera(run, loaded))
    _trace_frames(run, shot, loaded, missing)
    return shot


def _check_weights(shot: Shot, loaded: LoadedModel) -> None:
    """Refuse to go on with frames of other weights; the settings tell of the model's card only."""
    if {shot.load_frame(number).info.model_sha256 for number in shot.finished()} - {loaded.sha256}:
        raise BackendError(
            "bad_output",
            f"The folder {shot.folder} holds frames that other weights of {loaded.entry.name} have traced.",
            "Choose an empty folder, or put those weights back to go on with it.",
        )


def _with_camera(shot: Shot, find: Callable[[], NDArray[np.float64]]) -> Shot:
    """The running shot with its camera, which is found once and then kept."""
    intrinsics = shot.intrinsics if shot.intrinsics is not None else find().tolist()
    shot = replace(shot, intrinsics=intrinsics, state="running")
    _save(shot)
    return shot


def _trace_clip(run: Run, shot: Shot, loaded: LoadedModel, missing: set[int]) -> Shot:
    """All frames through a model that sees several at once; what is finished already is not written again.

    The first frames give the camera. Pictures are decoded once more beside, so that only a window is held.
    """
    frames, config, asked = run.survey.frames, run.entry.config, run.request

    def seen(numbers: list[int]) -> Iterator[Fitted]:
        return (fitted for _, fitted, _ in _fitted_frames(run, numbers))

    correlation = config.prior_correlation if asked.prior_correlation is None else asked.prior_correlation
    points = clip_points(
        loaded, seen(frames), len(frames), asked.seed, run.steps, correlation, run.progress, run.cancel
    )
    first = list(itertools.islice(points, CLIP_CAMERA_FRAMES))
    seen_first = zip(first, seen(frames[: len(first)]), strict=True)
    shot = _with_camera(shot, lambda: _median_camera(run, seen_first))
    everything = itertools.chain(first, points)
    for (frame, fitted, picture), own in zip(_fitted_frames(run, frames), everything, strict=True):
        if frame in missing:
            stack = _finish(run, shot, loaded, frame, fitted, own, None)
            _write(run, shot, frame, picture, stack)
        run.cancel()
    return shot


def _trace_frames(run: Run, shot: Shot, loaded: LoadedModel, missing: list[int]) -> None:
    total, done = len(run.survey.frames), len(run.survey.frames) - len(missing)
    run.progress("trace", done, total)
    for frame, fitted, picture in _fitted_frames(run, missing):
        points = _points(run, loaded, fitted)
        stack = _finish(run, shot, loaded, frame, fitted, points, _before(run, shot, frame))
        _write(run, shot, frame, picture, stack)
        done += 1
        run.progress("trace", done, total)
        run.cancel()


def _fitted_frames(run: Run, frames: list[int]) -> Iterator[tuple[int, Fitted, Picture]]:
    """The given frames of the clip as the network gets them, and as they are.

    Raises
    ------
    BackendError
        Some could be read when the footage was surveyed, and cannot be now: a network drive hiccuped, say.
    """
    left = set(frames)
    for frame, picture in with_subject(run.clip, run.request, run.survey, frames, run.cancel):
        left.discard(frame)
        yield frame, _fit(run, picture), picture
    if left:
        raise BackendError(
            "bad_image",
            f"{len(left)} frames of {run.clip.path.name} could be read before and cannot be now.",
            "Trace it again into the same folder: what is finished stays.",
        )


def _fit(run: Run, picture: Picture) -> Fitted:
    entry, found = run.entry, run.survey
    if entry.clip and found.window:
        return fit_clip_frame(picture, found.window, entry.config.image_size, entry.background)
    window = found.window or frame_window(run.request.fit or entry.fits["scene"], *picture.shape[:2])
    return fit(picture, window, entry.config.image_size, entry.background, area=entry.area)


def _points(run: Run, loaded: LoadedModel, fitted: Fitted) -> NDArray[np.float32]:
    """Raw points of one frame. The seed, and with it all noise, is the same in every frame."""
    mode, seed = run.survey.mode, run.request.seed
    return pipeline.denoise(fitted, loaded, mode, seed, run.steps, _silent, run.cancel)


def _silent(_stage: str, _step: int, _total: int) -> None:
    """Frames are what a shot counts; the stages within one would only flicker."""


def _camera(run: Run, loaded: LoadedModel) -> NDArray[np.float64]:
    """One camera for all frames: the median of those of a few frames spread over the shot."""
    frames = run.survey.frames
    chosen = [frames[place] for place in spread(len(frames), CAMERA_FRAMES)]

    def traced() -> Iterator[tuple[NDArray[np.float32], Fitted]]:
        run.progress("camera", 0, len(chosen))
        for done, (_, fitted, _) in enumerate(_fitted_frames(run, chosen), start=1):
            yield _points(run, loaded, fitted), fitted
            run.progress("camera", done, len(chosen))
            run.cancel()

    return _median_camera(run, traced())


def _median_camera(run: Run, frames: Iterable[tuple[NDArray[np.float32], Fitted]]) -> NDArray[np.float64]:
    """The median of the cameras that points (L, S, S, 3) imply, or the usual one where they imply none."""
    found, usual = [], []
    for points, fitted in frames:
        usual.append(pipeline.usual_camera(fitted, run.entry))
        xyz, mask = pipeline.clean(points, fitted, run.entry, run.survey.mode)
        intrinsics = pipeline.implied_camera(xyz, mask, fitted, run.entry)
        if intrinsics is not None:
            found.append(intrinsics)
    if not found:
        run.warnings.append(pipeline.NO_CAMERA)
    return np.median(found or usual, axis=0)


def _finish(
    run: Run,
    shot: Shot,
    loaded: LoadedModel,
    frame: int,
    fitted: Fitted,
    points: NDArray[np.float32],
    before: Before | None,
) -> LayerStack:
    """Points to a stack in the shot's camera, steadied with the frame before."""
    xyz, mask = pipeline.clean(points, fitted, run.entry, run.survey.mode)
    log_scale = 0.0
    if before is not None and run.request.steady:
        log_scale = align_scale(xyz, mask[0], fitted.rgb, before)
        xyz = (xyz * np.float32(np.exp(log_scale))).astype(np.float32)
    if before is not None and run.request.smooth:
        tolerance = run.entry.existence_tolerance[run.survey.mode]
        xyz, mask = smooth(xyz, mask, fitted.rgb, before, tolerance)
    path = shot.folder / picture_name(run.number(frame))
    info = pipeline.stack_info(loaded, path, run.survey.size, run.survey.mode, run.request.seed, run.steps)
    info = replace(info, normalisation={**info.normalisation, SCALE: log_scale})
    intrinsics = np.array(shot.intrinsics, np.float64)
    xyz = pipeline.seen_through(intrinsics, xyz, run.entry)
    return LayerStack(xyz, mask, pipeline.seen(fitted), intrinsics, fitted.grid_to_image, info)


def _before(run: Run, shot: Shot, frame: int) -> Before | None:
    """The finished frame before this one, out of its file."""
    earlier = [number for number in shot.frames if number < run.number(frame)]
    if not earlier or not shot.path(max(earlier)).is_file():
        return None
    stack = shot.load_frame(max(earlier))
    log_scale = float(stack.info.normalisation.get(SCALE, 0.0))
    return Before(np.array(stack.xyz), np.array(stack.mask), np.array(stack.rgba[..., :3]), log_scale)


def _write(run: Run, shot: Shot, frame: int, picture: Picture, stack: LayerStack) -> None:
    """Picture first, so that a stack that exists has one; the picture is held until the next frame."""
    number = run.number(frame)
    path = shot.folder / picture_name(number)
    later = [other for other in shot.frames if other > number]
    try:
        write_picture(path, picture)
        for held in range(number + 1, min(later, default=number + 1)):
            hold_picture(path, shot.folder / picture_name(held))
    except OSError as error:
        raise output_error(path, error) from error
    save(stack, shot.path(number))


def write_picture(path: Path, picture: Picture) -> None:
    """A PNG file, whole or not at all."""
    opaque = bool((picture[..., 3] == 255).all())
    pixels = picture[..., 2::-1] if opaque else picture[..., [2, 1, 0, 3]]
    encoded = cv2.imencode(".png", np.ascontiguousarray(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
    with _whole(path) as part:
        part.write_bytes(encoded.tobytes())


def hold_picture(path: Path, other: Path) -> None:
    """The same picture under another number, without taking the space twice where the disk can do that."""
    other.unlink(missing_ok=True)
    try:
        os.link(path, other)
    except OSError:
        with _whole(other) as part:
            shutil.copyfile(path, part)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside a path that takes its place when the block succeeds. Its name is always the same: what a
    killed process leaves of it is written over when the shot goes on.
    """
    part = path.with_suffix(".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
