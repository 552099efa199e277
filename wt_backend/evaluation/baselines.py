"""Predictors behind one small interface: models, stored stacks, trivial baselines that keep them honest.

The trivial ones see the image alone. The two oracles see the truth: they are no competitors but say what
perfection in one part is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.evaluation.samples import Sample
from wt_backend.protocol import TraceRequest
from wt_backend.stack import MODES, LayerStack, StackInfo

FIELD_OF_VIEW = 40.0  # degrees across the longer side: a usual photo of an object
_SILHOUETTE = 128


class Baseline(Protocol):
    """Anything that turns a sample's image into a layer stack."""

    name: str
    random: bool  # gives another answer for another seed

    @property
    def modes(self) -> Sequence[str]:
        """The kinds of sample it is made for: "object", "scene"."""
        ...

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        """Stack of the sample's image. `sample.truth` is for oracles only."""
        ...


class MeanPlane:
    """A flat cut-out that faces the camera: one layer, one depth."""

    name = "mean-plane"
    random = False
    modes = MODES

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        silhouette = sample.rgba[..., 3] >= _SILHOUETTE
        return _from_depths(sample, np.where(silhouette, 1.0, 0.0)[None], silhouette[None])


class Inflation:
    """The silhouette blown up symmetrically to the front and to the back.

    Half the thickness at a pixel that is d from the outline is ``√(d·(2·d_max − d))``: a disc becomes a
    sphere.
    """

    name = "inflation"
    random = False
    modes = MODES

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        silhouette = sample.rgba[..., 3] >= _SILHOUETTE
        padded = np.pad(silhouette.astype(np.uint8), 1)  # what leaves the frame ends at the frame
        distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        half = np.sqrt(distance * (2 * distance.max() - distance))  # pixels
        half = np.minimum(half / _intrinsics(sample)[0, 0], 0.9)  # at depth 1; a back may not pass the camera
        depths = np.where(silhouette, np.stack([1 - half, 1 + half]), 0.0)
        return _from_depths(sample, depths, np.stack([silhouette, silhouette]))


class ExactVisible:
    """Oracle: the true first layer and nothing behind it. What a perfect depth camera would give."""

    name = "exact-visible"
    random = False
    modes = MODES

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        truth = sample.truth
        mask = truth.mask & (np.arange(truth.layers) == 0)[:, None, None]
        return replace(truth, xyz=np.broadcast_to(truth.xyz[:1], truth.xyz.shape), mask=mask)


class Truth:
    """Oracle: the truth itself. Its distance from a perfect score is the noise of sampling points."""

    name = "truth"
    random = False
    modes = MODES

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        return sample.truth


class WorldTracing:
    """A model by name or file, through the very pipeline that the Trace World button uses.

    Parameters
    ----------
    model : str
        Name in the checkpoint registry, or a weights file.
    steps : int, optional
        Sampler steps; the model's own default where left out.
    device : str, optional
        The best there is where left out.
    label : str, optional
        What the report calls it; the model's name, or that of its file, where left out.
    """

    random = True

    def __init__(
        self, model: str, steps: int | None = None, device: str | None = None, label: str | None = None
    ) -> None:
        label = label or Path(model).stem
        self.name = label if steps is None else f"{label} {steps} steps"
        self.model, self.steps, self.device = model, steps, device

    @cached_property
    def modes(self) -> Sequence[str]:
        """The kinds of sample that the model is made for.

        Raises
        ------
        BackendError
            There is no such model, or its weights are not on this machine.
        """
        from wt_backend.checkpoints.load import find_weights  # torch: only where a model runs

        return find_weights(self.model)[0].modes

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        from wt_backend import pipeline  # torch: only where a model runs

        image = str(sample.image.resolve())
        request = TraceRequest(
            image=image,
            output=image,  # asked for by the message; this call saves nothing
            mode=sample.mode,
            model=self.model,
            seed=seed,
            steps=self.steps,
            device=self.device,
        )
        return pipeline.trace(request, _no_progress, _never_cancel)


class Stored:
    """Stacks that lie in a folder, one called like each sample: of any program that writes them.

    Parameters
    ----------
    folder : Path
    """

    random = False
    modes = MODES

    def __init__(self, folder: Path) -> None:
        self.name, self.folder = str(folder), folder

    def predict(self, sample: Sample, seed: int) -> LayerStack:
        stack = LayerStack.load(self.folder / f"{sample.name}.wts")
        stack.validate()
        return stack


def _no_progress(stage: str, step: int, total: int) -> None:
    """An evaluation reports whole samples only."""


def _never_cancel() -> None:
    """An evaluation is stopped as a process."""


TRIVIAL: tuple[type[Baseline], ...] = (MeanPlane, Inflation, ExactVisible, Truth)


def _from_depths(sample: Sample, depths: NDArray[np.float64], mask: NDArray[np.bool_]) -> LayerStack:
    """Stack from depths (L, H, W) along the rays of an assumed camera, on the image's own pixels."""
    height, width = sample.rgba.shape[:2]
    k = _intrinsics(sample)
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], axis=-1)
    info = StackInfo(
        "relative", "baseline", "", {}, 0, 0, "", str(sample.image), (width, height), sample.mode
    )
    xyz = (depths[..., None] * rays).astype(np.float32)
    return LayerStack(xyz, mask, sample.rgba, k, np.array([[1.0, 0, 0], [0, 1, 0]]), info)


def _intrinsics(sample: Sample) -> NDArray[np.float64]:
    height, width = sample.rgba.shape[:2]
    focal = max(height, width) / 2 / np.tan(np.radians(FIELD_OF_VIEW / 2))
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
