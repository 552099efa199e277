"""Errors on unseen procedural families while training, and a sheet of samples for the eye."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import default_collate

from wt_backend.flow.noise import seed_generators
from wt_backend.flow.sampler import sample
from wt_backend.model.wt_dit import WTDiT
from wt_backend.orphans import leave_with_starter
from wt_backend.projection.pictures import write_png
from wt_backend.protocol import BackendError
from wt_backend.training.data import Sample, generate_some
from wt_backend.training.objective import fill_depth
from wt_backend.training.stream import model_item, silhouette

if TYPE_CHECKING:
    from wt_backend.training.config import TrainConfig
    from wt_backend.training.state import Ema

STEP_COUNTS = (1, 4)
SHEET_ROWS = 8
SEED = 777
ValidationTask = tuple[int, int, Literal["object", "scene"]]
"""Index, image side and kind of a validation view."""
Item = dict[str, NDArray | bool]
"""A view as `model_item` makes it."""


class Validation:
    """A fixed set of unseen objects and scenes, and the errors of a model on it.

    Parameters
    ----------
    config : TrainConfig
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.seen: dict[int, list[Item]] = {}
        self.model: WTDiT | None = None

    def items(self, size: int) -> list[Item]:
        """The validation views at one resolution: half objects, half scenes, one view a scene."""
        if size not in self.seen:
            count, workers = self.config.validation_samples, self.config.data.workers
            tasks: list[ValidationTask] = [
                (index, size, "object" if index < count // 2 else "scene") for index in range(count)
            ]
            if workers:
                context = multiprocessing.get_context("forkserver")
                with ProcessPoolExecutor(workers, context, leave_with_starter) as pool:
                    views = list(pool.map(validation_view, tasks))
            else:
                views = [validation_view(task) for task in tasks]
            metric = self.config.model.normalisation.mode == "zscore"
            self.seen[size] = [model_item(view, silhouette(view), metric) for view in views]
        return self.seen[size]

    def load(self, ema: Ema, device: torch.device) -> None:
        """Put the averaged weights into the network that is measured, which is built at the first call."""
        if self.model is None:
            # Not from the generator that training draws from: a run that is resumed builds it once more.
            with torch.random.fork_rng(devices=[]):
                self.model = WTDiT(self.config.model.network).to(device).eval()
        self.model.load_state_dict(ema.values)

    @torch.no_grad()
    def run(self, ema: Ema, size: int, device: torch.device, step: int) -> dict[str, float]:
        """Errors of the averaged weights at the resolution of the current stage; writes `sheets/STEP.png`.

        Returns
        -------
        dict
            Mean AbsRel of depth after one scale fitted on layer 0: `object_1step_layer0`,
            `object_1step_deeper`, `scene_4step_layer0`, …
        """
        self.load(ema, device)
        items = self.items(size)
        errors: dict[str, float] = {}
        estimates: list[NDArray] = []
        for steps in STEP_COUNTS:
            depth = np.concatenate(
                [self.predict(items[i : i + 16], steps, device) for i in range(0, len(items), 16)]
            )
            estimates.append(depth)
            errors |= depth_errors(items, depth, steps)
        path = self.config.state / "sheets" / f"{step:07d}.png"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(sheet(items, estimates), str(path))
        except (OSError, BackendError) as error:  # no reason to end a training
            print(f"The sample sheet was not written: {error}", flush=True)
        return errors

    def predict(self, items: list[Item], steps: int, device: torch.device) -> NDArray[np.float32]:
        """Sampled depth of all layers, (B, L, H, W)."""
        assert self.model is not None
        batch = default_collate(items)
        rgb = batch["rgb"].to(device).permute(0, 3, 1, 2).float() / 255
        mask = batch["mask"].to(device)
        layers = self.config.model.network.num_layers
        with torch.autocast(device.type, torch.bfloat16, enabled="bf16" in self.config.precision):
            condition = self.model.condition(rgb[:, None])
            x = sample(
                self.model,
                condition,
                mask[:, None, None].expand(-1, 1, layers, -1, -1),
                seed_generators([SEED], device),
                steps=steps,
            )
        return self.config.model.normalisation.decode(x[:, 0].float())[..., 2].cpu().numpy()


def validation_view(task: ValidationTask) -> Sample:
    """The first view of a scene of unseen families."""
    index, size, kind = task
    return generate_some(SEED, index, size, kind, "validation", views=1)[0]


def depth_errors(items: list[Item], depth: NDArray, steps: int) -> dict[str, float]:
    """Mean AbsRel a mode and layer group; one scale a sample from the medians of layer 0.

    Real hits within the mask count: outside it a network answers to noise and has never been taught.
    """
    collected: dict[str, list[float]] = {}
    for item, estimate in zip(items, depth, strict=True):
        mode = "scene" if item["scene"] else "object"
        truth = np.asarray(item["depth"], np.float32)
        hit = (truth > 0) & np.asarray(item["mask"])
        if not hit[0].any():
            continue
        scaled = estimate * (np.median(truth[0][hit[0]]) / np.median(estimate[0][hit[0]]))
        relative = np.abs(scaled - truth) / np.maximum(truth, 1e-6)
        collected.setdefault(f"{mode}_{steps}step_layer0", []).append(float(relative[0][hit[0]].mean()))
        if hit[1:].any():
            collected.setdefault(f"{mode}_{steps}step_deeper", []).append(float(relative[1:][hit[1:]].mean()))
    return {name: float(np.mean(values)) for name, values in sorted(collected.items())}


def depth_picture(depth: NDArray, shown: NDArray[np.bool_], low: float, high: float) -> NDArray[np.uint8]:
    """Depth as colour (near is bright), black where nothing is shown."""
    level = np.clip((high - depth) / max(high - low, 1e-6), 0, 1)
    colour = cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return np.where(shown[..., None], colour, 0).astype(np.uint8)


def sheet(items: list[Item], estimates: list[NDArray]) -> NDArray[np.uint8]:
    """Rows of image, true layers 0–3, and the same layers of each estimate."""
    step = max(1, len(items) // SHEET_ROWS)
    rows = []
    for i in range(0, len(items), step):
        item = items[i]
        truth = np.asarray(item["depth"], np.float32)
        shown = truth[0] > 0
        filled = fill_depth(Tensor(truth)[None])[0].numpy()
        values = filled[:, shown] if shown.any() else np.ones(1)
        low, high = float(np.percentile(values, 1)), float(np.percentile(values, 99))
        cells = [np.asarray(item["rgb"])]
        for layers in (filled, *(e[i] for e in estimates)):
            cells += [depth_picture(layers[k], shown, low, high) for k in range(4)]
        rows.append(np.concatenate(cells, axis=1))
    return np.concatenate(rows, axis=0)
