"""One image file to one layer stack: load, model, encode, denoise, decode, clean, save.

Every layer comes from the network. What is done around it is geometry of pixels: which square of the
photograph the network sees, which of its points exist, and the camera that its first layer implies.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from wt_backend.camera import (
    compose,
    default_intrinsics,
    fit_intrinsics,
    photograph_camera,
    points_on_rays,
)
from wt_backend.checkpoints.files import file_state
from wt_backend.checkpoints.load import LoadedModel, best_device, find_entry, load_model
from wt_backend.checkpoints.registry import RegistryEntry, Source, cached
from wt_backend.existence import existing_layers
from wt_backend.fitting import Fitted, crop_window, fit, frame_window
from wt_backend.flow.noise import seed_generators
from wt_backend.flow.sampler import sample
from wt_backend.images import Photo, read_image
from wt_backend.jobs import Cancel, Progress
from wt_backend.memory import is_out_of_memory
from wt_backend.mirror import mean_of_views, with_mirror_image
from wt_backend.model.precision import has_small_mode
from wt_backend.output import output_place, save, save_new
from wt_backend.protocol import BackendError, NotFiniteError, TraceRequest, TraceResult
from wt_backend.stack import LayerStack, StackInfo
from wt_backend.subject import find_subject, read_mask

CPU_MEMORY = 1.2  # peak over size of the float32 weights: 8.11 GB measured for 6.82 (spec section 21)
SMALLER = 0.5  # less of that size: in the smaller mode nearly all weights are bfloat16, half as large
NO_CAMERA = "The points fit no camera; one with a field of view of 54° is assumed."
MOST_EULER_STEPS = 20  # more have steps below t = 0.05, where the velocity is held back
LESS_MEMORY = "Memory was not enough, so the model ran in its smaller mode, which is a little less exact."
MIN_SUBJECT = 16  # pixels, of the image and of the network's grid; fewer are no subject
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Traced:
    """A stack, and what the user should know about how it came to be."""

    stack: LayerStack
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Input:
    """What one trace starts from: the network's square, where it lies in the file, and the mode."""

    fitted: Fitted
    photo: Photo
    mode: str
    warnings: list[str]


def trace_to_file(request: TraceRequest, progress: Progress, cancel: Cancel) -> TraceResult:
    """Trace and save to `request.output`, which is checked before the long part.

    Raises
    ------
    BackendError
    """
    start = time.monotonic()
    output = Path(request.output)
    with output_place(output, request.image, request.mask):
        traced = run(request, progress, cancel)
        progress("save", 0, 1)
        if request.fresh:
            output = save_new(traced.stack, output)
        else:
            save(traced.stack, output)
    progress("save", 1, 1)
    return TraceResult(
        stack=str(output),
        layers=int(traced.stack.mask.any(axis=(1, 2)).sum()),
        points=traced.stack.points,
        seconds=round(time.monotonic() - start, 3),
        mode=traced.stack.info.mode,
        warnings=traced.warnings,
    )


def trace(request: TraceRequest, progress: Progress, cancel: Cancel) -> LayerStack:
    """The stack of one image, not saved; see `run`."""
    return run(request, progress, cancel).stack


def run(request: TraceRequest, progress: Progress, cancel: Cancel) -> Traced:
    """Trace one image.

    Parameters
    ----------
    request
        `output` is not used.
    progress
        Called at the start of each stage and after each denoising step.
    cancel
        Asked between stages and after each denoising step.

    Raises
    ------
    BackendError
    """
    entry = find_entry(request.model)
    progress("load", 0, 1)
    prepared = prepare(request, entry)
    cancel()
    device = choose_device(request.device)
    steps = request.steps or entry.steps[prepared.mode]

    def attempt(small: bool) -> tuple[LoadedModel, NDArray[np.float32]]:
        progress("model", 0, 1)
        loaded = loaded_model(request.model, entry, device, small)
        cancel()
        mode = prepared.mode
        return loaded, denoise(prepared.fitted, loaded, mode, request.seed, steps, progress, cancel)

    small = runs_small(request.model, entry, device)
    loaded, points = with_less_memory(attempt, device, prepared.warnings, small)
    prepared.warnings.extend(too_many_steps(entry, steps))
    progress("clean", 0, 1)
    return _finish(prepared, points, steps, loaded, request)


def with_less_memory(
    attempt: Callable[[bool], T], device: torch.device, warnings: list[str], small: bool = False
) -> T:
    """The result of an attempt, or of a second one where memory was not enough for the first.

    Parameters
    ----------
    attempt
        Takes whether the model is to run in its smaller mode.
    device
        Where it runs; not every one has such a mode.
    warnings
        Told of the second attempt.
    small
        Whether it is known that memory is not enough.
    """
    try:
        if not small:
            return attempt(False)
    except Exception as error:
        said_before = isinstance(error, BackendError) and error.kind == "out_of_memory"
        if not (said_before or is_out_of_memory(error)) or not has_small_mode(device):
            raise
    warnings.append(LESS_MEMORY)  # out here, where that exception no longer holds the tensors
    return attempt(True)


# -- load ---------------------------------------------------------------------------------------------------


def prepare(request: TraceRequest, entry: RegistryEntry) -> Input:
    """Read the image, find its subject, settle the mode, and fit it to the network's square."""
    photo = read_image(request.image)
    rgba = photo.rgba
    subject = read_mask(request.mask, photo, request.mask_as_stored) if request.mask else find_subject(rgba)
    mode = choose_mode(request.mode, entry, subject is not None, request.image)
    if subject is not None and (request.mask or mode == "object"):
        rgba = np.dstack([rgba[..., :3], subject])
    window = (
        crop_window(rgba[..., 3], entry.subject_share)
        if mode == "object"
        else frame_window(request.fit or entry.fits["scene"], *rgba.shape[:2])
    )
    fitted = fit(rgba, window, entry.config.image_size, entry.background, area=entry.area)
    if min(np.count_nonzero(fitted.mask), np.count_nonzero(rgba[..., 3] > 127)) < MIN_SUBJECT:
        raise BackendError(
            "bad_mask" if request.mask else "bad_image",
            f"The subject of {request.image} is too small to trace.",
            "Choose an image in which it is larger, or another mask.",
        )
    warnings = [entry.caveat] if entry.caveat else []
    if mode == "object" and _touches_border(rgba[..., 3] > 127):
        warnings.append("The subject is cut off by the border of the image; its shape there is a guess.")
    return Input(fitted, photo, mode, warnings)


def too_many_steps(entry: RegistryEntry, steps: int) -> list[str]:
    """What to say of a number of steps by which the released sampler stops short (spec section 11)."""
    if entry.solver != "euler" or steps <= MOST_EULER_STEPS:
        return []
    return [f"More than {MOST_EULER_STEPS} steps leave noise in the points of {entry.name}."]


def choose_mode(asked: str, entry: RegistryEntry, has_subject: bool, image: str) -> str:
    """Object or scene: what was asked for, else object where a subject is known and the model takes objects.

    Parameters
    ----------
    asked : {"auto", "object", "scene"}
    entry
    has_subject
        Whether something tells the subject from its background.
    image
        What the picture is called where none does.

    Raises
    ------
    BackendError
        The model does not do what was asked for, or an object was asked for and nothing tells which.
    """
    mode = asked
    if mode == "auto":
        prefers_object = "object" in entry.fits and (has_subject or "scene" not in entry.fits)
        mode = "object" if prefers_object else "scene"
    if mode not in entry.fits:
        raise BackendError(
            "bad_request",
            f"The model {entry.name} does not trace in {mode} mode.",
            f"Choose {' or '.join(entry.fits)} mode, or another model.",
        )
    if mode == "object" and not has_subject:
        raise BackendError(
            "bad_mask",
            f"Nothing tells the subject of {image} from its background.",
            "Choose a mask, an image with a transparent or plain background, or scene mode.",
        )
    return mode


def _touches_border(subject: NDArray[np.bool_]) -> bool:
    border = (subject[0], subject[-1], subject[:, 0], subject[:, -1])
    return any(np.count_nonzero(side) > 0.02 * side.size for side in border)


# -- model --------------------------------------------------------------------------------------------------

_cached: tuple[tuple[object, ...], LoadedModel] | None = None


def runs_small(name: str, entry: RegistryEntry, device: torch.device) -> bool:
    """Whether a model is loaded in its smaller mode: memory was not enough for the other a moment ago."""
    return _cached is not None and _cached[0][:4] == (name, entry, str(device), True)


def unload_models() -> None:
    """Give the memory of the loaded model back."""
    global _cached
    _cached = None
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def choose_device(name: str | None) -> torch.device:
    """A device by id ("cpu", "cuda:0"); without one the best there is.

    Raises
    ------
    BackendError
    """
    if name is None:
        return best_device()
    try:
        device = torch.device(name)
        float(torch.zeros(1, device=device))  # not every device gives its numbers back
    except (RuntimeError, AssertionError, ImportError) as error:
        told = str(error).splitlines()[0]
        reason = "PyTorch knows none of this name" if told.startswith("Expected one of") else told
        raise BackendError(
            "bad_request",
            f"The device {name!r} cannot be used: {reason}.",
            "Choose another, for example cpu.",
        ) from error
    return device


def loaded_model(name: str, entry: RegistryEntry, device: torch.device, small: bool = False) -> LoadedModel:
    """The model, kept for the next trace; a new one takes the place of the old."""
    global _cached
    weights = cached(entry.weights) if isinstance(entry.weights, Source) else entry.weights
    key = (name, entry, str(device), small, file_state(weights) if weights else [])
    if _cached is None or _cached[0] != key:
        unload_models()
        _check_memory(entry, device, small)
        _cached = (key, load_model(name, device=device, small=small))
    return _cached[1]


def _check_memory(entry: RegistryEntry, device: torch.device, small: bool = False) -> None:
    """Say it before the system ends the process: Linux kills what takes more memory than there is."""
    if device.type != "cpu" or not sys.platform.startswith("linux"):
        return
    available_gb = _available_gb()
    share = CPU_MEMORY - SMALLER if small else CPU_MEMORY
    needed_gb = max(entry.memory_gb, share * entry.size_mb / 1000)
    if needed_gb > available_gb:
        raise BackendError(
            "out_of_memory",
            f"The model {entry.name} needs {needed_gb:.1f} GB of memory; {available_gb:.1f} are free.",
            "Close other programs, or choose a smaller model.",
        )


def _available_gb() -> float:
    """What Linux could give a program without taking it from another."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024 / 1e9


# -- encode, denoise, decode --------------------------------------------------------------------------------


@torch.inference_mode()
def denoise(
    fitted: Fitted,
    loaded: LoadedModel,
    mode: str,
    seed: int,
    steps: int,
    progress: Progress,
    cancel: Cancel,
) -> NDArray[np.float32]:
    """Points (L, S, S, 3) of the model for an image fitted in some mode."""
    config, device = loaded.entry.config, loaded.device
    progress("encode", 0, 1)
    rgb = torch.from_numpy(fitted.rgb).to(device).permute(2, 0, 1)[None, None].float() / 255.0
    mask = torch.from_numpy(fitted.mask).to(device)[None, None, None]  # (1, 1, 1, S, S)
    if mode in loaded.entry.mirrored:
        rgb, mask = with_mirror_image(rgb), with_mirror_image(mask)
    conditioning = loaded.model.condition(rgb)  # rgb (V, 1, 3, S, S)
    cancel()

    def on_step(done: int, total: int, _state: torch.Tensor) -> None:
        progress("denoise", done, total)
        cancel()

    progress("denoise", 0, steps)
    normalised = sample(
        loaded.model,
        conditioning,
        mask.expand(-1, -1, config.network.num_layers, -1, -1),
        seed_generators([seed], device),
        steps=steps,
        solver=loaded.entry.solver,
        prior_correlation=config.prior_correlation,
        visible_first=mode in loaded.entry.visible_first,
        on_step=on_step,
    )
    progress("decode", 0, 1)
    points = config.normalisation.decode(normalised[:, 0]).float()  # (V, L, S, S, 3)
    return mean_of_views(points).cpu().numpy()


# -- clean --------------------------------------------------------------------------------------------------


def _finish(
    prepared: Input, points: NDArray[np.float32], steps: int, loaded: LoadedModel, request: TraceRequest
) -> Traced:
    """Points of the network to a stack, through the camera that its first layer implies."""
    fitted, photo = prepared.fitted, prepared.photo
    warnings = list(prepared.warnings)
    xyz, mask = clean(points, fitted, loaded.entry, prepared.mode)
    intrinsics = implied_camera(xyz, mask, fitted, loaded.entry)
    if intrinsics is None:
        intrinsics = usual_camera(fitted, loaded.entry)
        warnings.append(NO_CAMERA)
    xyz = seen_through(intrinsics, xyz, loaded.entry)
    if not mask[1:].any():
        warnings.append("No hidden surface was found: only the visible layer exists.")
    info = stack_info(loaded, photo.path, photo.file_size, prepared.mode, request.seed, steps)
    grid_to_image = compose(photo.to_file, fitted.grid_to_image)
    return Traced(LayerStack(xyz, mask, seen(fitted), intrinsics, grid_to_image, info), warnings)


def clean(
    points: NDArray[np.float32], fitted: Fitted, entry: RegistryEntry, mode: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Points (L, S, S, 3), 0 outside the silhouette, and where each layer exists (L, S, S).

    Raises
    ------
    NotFiniteError
        Some points inside the silhouette are not finite.
    """
    finite = np.isfinite(points).all(axis=-1)
    if not finite[:, fitted.mask].all():
        raise NotFiniteError(
            "internal",
            f"The model {entry.name} gave numbers that are not finite.",
            "Try another device or fewer steps; if that fails, verify the model's file.",
        )
    xyz = np.where(fitted.mask[..., None], points, np.float32(0))
    return xyz, existing_layers(xyz, fitted.mask, entry.existence_tolerance[mode])


def implied_camera(
    xyz: NDArray[np.float32], mask: NDArray[np.bool_], fitted: Fitted, entry: RegistryEntry
) -> NDArray[np.float64] | None:
    """The camera that layer 0 implies, (3, 3) in pixels of the grid; None where it implies none."""
    intrinsics = fit_intrinsics(xyz[0], mask[0])
    return None if intrinsics is None else _of_photograph(intrinsics, fitted, entry)


def usual_camera(fitted: Fitted, entry: RegistryEntry) -> NDArray[np.float64]:
    """The camera, (3, 3) in pixels of the grid, where the points imply none."""
    return _of_photograph(default_intrinsics(*fitted.mask.shape), fitted, entry)


def _of_photograph(
    intrinsics: NDArray[np.float64], fitted: Fitted, entry: RegistryEntry
) -> NDArray[np.float64]:
    if not entry.photograph_camera:
        return intrinsics
    return photograph_camera(intrinsics, fitted.grid_to_image, fitted.image_size)


def seen_through(
    intrinsics: NDArray[np.float64], xyz: NDArray[np.float32], entry: RegistryEntry
) -> NDArray[np.float32]:
    """Points (L, S, S, 3) on the rays of a photograph's camera; as they are where the camera was fitted."""
    return points_on_rays(xyz, intrinsics) if entry.photograph_camera else xyz


def seen(fitted: Fitted) -> NDArray[np.uint8]:
    """What the model saw, (S, S, 4)."""
    return np.dstack([fitted.rgb, fitted.mask.astype(np.uint8) * np.uint8(255)])


def stack_info(
    loaded: LoadedModel, image: Path, image_size: tuple[int, int], mode: str, seed: int, steps: int
) -> StackInfo:
    """Where a stack of this model comes from; `image_size` is (width, height) of the image as stored."""
    return StackInfo(
        unit=loaded.entry.unit,
        model=loaded.entry.name,
        model_sha256=loaded.sha256,
        normalisation=loaded.entry.config.normalisation.to_dict(),
        seed=seed,
        steps=steps,
        solver=loaded.entry.solver,
        source=str(image.absolute()),
        image_size=image_size,
        mode=mode,
    )
