"""Endless training samples: a rolling buffer of generated views, drawn several times each.

Generating a view costs a CPU core far longer than a GPU needs to learn from it once, so each worker keeps
its latest scenes and draws from them at random. Every draw is a function of (seed, worker, position): a
stream that starts at batch b yields what an uninterrupted one would have yielded.
"""

from __future__ import annotations

import signal
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import forkserver, resource_tracker

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, default_collate, get_worker_info

from wt_backend.orphans import leave_with_starter
from wt_backend.stack import StackError
from wt_backend.training.config import DataConfig
from wt_backend.training.data import Sample, generate_some
from wt_backend.training.data.sample import VIEWS
from wt_backend.training.stacks import find_stacks, stack_sample

BACKGROUND = 0.5
"""Grey that the pipeline paints behind a subject."""
CANONICAL_FOCAL = 1.8
"""Focal length of objects as they are learned, in sides of the crop: a field of view of 31°."""


def jittered_mask(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """The silhouette as an imperfect matte gives it: grown or shrunk by up to two pixels, or as it is."""
    radius = int(rng.choice([0, 0, 0, 1, 1, 2]))
    if radius == 0:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    change = cv2.erode if rng.random() < 0.6 else cv2.dilate
    changed = change(mask.astype(np.uint8), kernel).astype(bool)
    return changed if changed.any() else mask


def canonical_view(
    depth: NDArray[np.float32], intrinsics: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """An object as the camera of all crops sees it, for what a crop does not tell: its lens and its place.

    The optical axis goes through the middle, the focal length is `CANONICAL_FOCAL`, and relief is scaled with
    it, so that the object keeps its proportions up to perspective. Without this most of the loss is about
    the field of view and the axis, which no training can make known. (`geometry.relay` does likewise for
    finished stacks, in logarithms, as rooms need it.)

    Parameters
    ----------
    depth : (L, S, S)
        Relative to the median of layer 0; 0 without a hit.
    intrinsics : (3, 3)
    """
    size = depth.shape[-1]
    focal = CANONICAL_FOCAL * size
    relief = np.sqrt(intrinsics[0, 0] * intrinsics[1, 1]) / focal
    scaled = np.where(depth > 0, np.maximum(1 + relief * (depth - 1), 0.05), depth).astype(np.float32)
    canonical = np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]], np.float32)
    return scaled, canonical


def silhouette(sample: Sample) -> NDArray[np.bool_]:
    """The pixels of the subject, (H, W); all of them in a scene."""
    return np.ones(sample.alpha.shape, bool) if sample.mode == "scene" else sample.alpha > 127


def model_item(sample: Sample, mask: NDArray[np.bool_], metric: bool = False) -> dict[str, NDArray | bool]:
    """One view as a model is shown it, as arrays that travel between processes.

    Parameters
    ----------
    mask : (H, W) bool
        What is taken for the subject.
    metric : bool
        Leave depths as they are, for models that think in metres; otherwise divide by the median of layer 0,
        and show objects through the canonical camera.

    Returns
    -------
    dict
        `rgb` uint8 (H, W, 3), background painted; `mask` bool (H, W); `depth` float16
        (6, H, W), 0 without a hit, NaN where nobody knows; `intrinsics` float32 (3, 3); `scene` bool.
    """
    rgb, depth, intrinsics = sample.rgb, sample.depth, sample.intrinsics.astype(np.float32)
    scene = sample.mode == "scene"
    if not scene:
        alpha = sample.alpha.astype(np.float32) / 255
        soft = np.where(mask, np.maximum(alpha, 0.5), np.minimum(alpha, 0.5))[..., None]
        rgb = (rgb * soft + 255 * BACKGROUND * (1 - soft)).astype(np.uint8)
    first = depth[0][depth[0] > 0]
    median = float(np.median(first)) if first.size and not metric else 1.0
    relative = np.clip(depth / median, 0, 60000)
    if not scene and not metric:
        relative, intrinsics = canonical_view(relative, intrinsics)
    return {
        "rgb": rgb,
        "mask": mask,
        "depth": relative.astype(np.float16),
        "intrinsics": intrinsics,
        "scene": scene,
    }


def at_distance(sample: Sample, distance: float) -> Sample:
    """The same view of something larger or smaller: the median depth of its layer 0 is this one."""
    first = sample.depth[0][sample.depth[0] > 0]
    scale = distance / float(np.median(first)) if first.size else 1.0
    return replace(sample, depth=sample.depth * np.float32(scale))


def training_item(
    sample: Sample, rng: np.random.Generator, metric: bool = False
) -> dict[str, NDArray | bool]:
    """`model_item` of one view, augmented: an object's mask grown or shrunk, half of all views mirrored."""
    mask = silhouette(sample)
    item = model_item(sample, mask if sample.mode == "scene" else jittered_mask(mask, rng), metric)
    if rng.random() < 0.5:
        mirrored(item)
    return item


def mirrored(item: dict[str, NDArray | bool]) -> None:
    """Exchange left and right."""
    rgb, mask, depth, intrinsics = (np.asarray(item[key]) for key in ("rgb", "mask", "depth", "intrinsics"))
    intrinsics[0, 2] = mask.shape[1] - intrinsics[0, 2]
    item["rgb"], item["mask"] = np.ascontiguousarray(rgb[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    item["depth"] = np.ascontiguousarray(depth[:, :, ::-1])


class SampleStream(IterableDataset[dict[str, torch.Tensor]]):
    """Mini-batches of augmented samples, deterministic and resumable.

    Parameters
    ----------
    config : DataConfig
    size : int
        Image side in pixels.
    batch : int
        Samples in a mini-batch, all from one worker.
    first_batch : int
        Position in the stream: the number of mini-batches already consumed.
    rank : int
        Index of the training process; processes draw from different streams.
    distance : float, optional
        For models that think in metres: depths stay as they are (`metric` of `model_item`), and of procedural
        views, which have no unit, the median of layer 0 lies so far away.

    Raises
    ------
    BackendError
        The folder of stacks is empty, or one of them does not fit the model.
    """

    def __init__(
        self,
        config: DataConfig,
        size: int,
        batch: int,
        first_batch: int = 0,
        rank: int = 0,
        distance: float | None = None,
    ) -> None:
        self.config = config
        self.size = size
        self.batch = batch
        self.first_batch = first_batch
        self.rank = rank
        self.distance = distance
        self.metric = distance is not None
        self.paths = find_stacks(config.stacks, self.metric) if config.stacks else []

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        info = get_worker_info()
        if info is not None:
            cv2.setNumThreads(0)  # the workers already fill the cores
        count, worker = (info.num_workers, info.id) if info else (1, 0)
        # The loader asks its workers in turn; after a resume the turn starts where it would have been.
        worker = (worker + self.first_batch) % count
        done = (self.first_batch - worker + count - 1) // count
        items = self.items(worker, count, done * self.batch)
        while True:
            yield default_collate([next(items) for _ in range(self.batch)])

    def items(self, worker: int, count: int, first: int) -> Iterator[dict[str, NDArray | bool]]:
        """Draws `first`, `first + 1`, … of one worker's stream."""
        draws_per_scene = VIEWS * self.config.reuse
        scene = first // draws_per_scene
        buffer: deque[list[Sample]] = deque(maxlen=self.config.buffer_scenes)
        for earlier in range(max(0, scene - self.config.buffer_scenes + 1), scene):
            buffer.append(self.views(worker, count, earlier))
        position = first
        while True:
            buffer.append(self.views(worker, count, scene))
            while position < (scene + 1) * draws_per_scene:
                rng = np.random.default_rng((self.config.seed, self.rank, worker, position))
                views = buffer[int(rng.integers(len(buffer)))]
                yield training_item(views[int(rng.integers(len(views)))], rng, self.metric)
                position += 1
            scene += 1

    def views(self, worker: int, count: int, scene: int) -> list[Sample]:
        """All views of the scene-th scene of this worker."""
        index = (scene * count + worker) + self.rank * 1_000_000_000
        if self.from_stacks(index):
            return [self.stack_view(index)]
        return self.generated_views(index)

    def from_stacks(self, index: int) -> bool:
        """Whether this scene comes from the folder of stacks."""
        share = self.config.stacks_share if self.config.stacks else 0.0
        return np.random.default_rng((self.config.seed, index, 8)).random() < share

    def stack_view(self, index: int) -> Sample:
        """One stack of the folder; one that turns out to be damaged is named and passed over."""
        for attempt in range(len(self.paths)):
            try:
                return stack_sample(self.paths[(index + attempt) % len(self.paths)], self.size)
            except StackError as error:
                warnings.warn(f"{error} (passed over).", stacklevel=2)
        raise FileNotFoundError(f"None of the stacks in {self.config.stacks} can be read any more.")

    def generated_views(self, index: int) -> list[Sample]:
        """Procedural views of an object or a scene."""
        is_scene = np.random.default_rng((self.config.seed, index, 7)).random() < self.config.scene_share
        views = generate_some(self.config.seed, index, self.size, "scene" if is_scene else "object")
        return views if self.distance is None else [at_distance(view, self.distance) for view in views]


def shield_workers() -> None:
    """Start the server that worker processes are forked from, deaf to SIGINT and SIGTERM as they will be.

    A Ctrl-C in a terminal and many a job scheduler signal the whole process group. The trainer answers by
    saving, for which it still needs its workers; they go when it goes.
    """
    resource_tracker.ensure_running()  # its own start would unblock the signals again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_worker(worker: int) -> None:
    """A trainer that is killed takes its workers along: PyTorch's own watch is on the fork server.

    Arrays are handed over as names of shared memory. The usual way, as open files, has the trainer ask the
    worker for each, which answers between two of its own computations: 6 ms a mini-batch instead of 1.
    """
    leave_with_starter()
    torch.multiprocessing.set_sharing_strategy("file_system")


def sample_loader(stream: SampleStream, workers: int) -> DataLoader[dict[str, torch.Tensor]]:
    """Loader over the stream; `workers` = 0 generates in this process."""
    return DataLoader(
        stream,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=8 if workers else None,
        persistent_workers=workers > 0,
        worker_init_fn=_in_worker,
        # A fork would copy threads of Embree and OpenCV in mid-air.
        multiprocessing_context="forkserver" if workers else None,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator(),  # the loader's own seed must not draw from the training's generator
    )
