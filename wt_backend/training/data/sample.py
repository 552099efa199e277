"""`generate`: one mesh set, several views of it as training samples."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import rays
from wt_backend.training.data.degrade import antialias, degrade, tone_map
from wt_backend.training.data.views import Mode, Split, draw_subject, draw_view, render_view, trace_view

if TYPE_CHECKING:
    from wt_backend.stack import LayerStack

VIEWS = 4


@dataclass(frozen=True)
class Sample:
    """An image and every surface behind each of its pixels.

    rgb : (H, W, 3) uint8, un-premultiplied; meaningless where alpha is 0
    alpha : (H, W) uint8, the anti-aliased silhouette of an object, 255 everywhere in a scene
    depth : (6, H, W) float32, camera-space Z of the first six hits front to back, 0 where there is none, NaN
        where nobody knows
    intrinsics : (3, 3) float64, pixels of the H×W grid, pixel centres at +0.5
    mode : "object" or "scene"
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    depth: NDArray[np.float32]
    intrinsics: NDArray[np.float64]
    mode: Mode

    @property
    def xyz(self) -> NDArray[np.float32]:
        """(6, H, W, 3) camera-space points, +X right +Y down +Z forward; 0 where there is no hit."""
        _, height, width = self.depth.shape
        directions = rays(self.intrinsics, height, width)
        return (directions * self.depth[..., None]).astype(np.float32)

    def to_stack(self, source: str = "", seed: int = 0) -> LayerStack:
        """The truth as a `LayerStack`: deeper layers repeat the last hit, the mask says which exist."""
        from wt_backend.stack import LayerStack, StackInfo

        mask = self.depth > 0
        filled = self.depth.copy()
        for layer in range(1, len(filled)):
            filled[layer] = np.where(mask[layer], filled[layer], filled[layer - 1])
        _, height, width = self.depth.shape
        full = Sample(self.rgb, self.alpha, filled, self.intrinsics, self.mode)
        return LayerStack(
            xyz=full.xyz,
            mask=mask,
            rgba=np.concatenate([self.rgb, self.alpha[..., None]], axis=-1),
            intrinsics=self.intrinsics,
            grid_to_image=np.eye(2, 3),
            info=StackInfo(
                unit="relative",
                model="ground-truth",
                model_sha256="",
                normalisation={},
                seed=seed,
                steps=0,
                solver="",
                source=source,
                image_size=(width, height),
                mode=self.mode,
            ),
        )

    def save(self, path: Path) -> None:
        """Write everything to a compressed NumPy archive, whole or not at all."""
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                rgb=self.rgb,
                alpha=self.alpha,
                depth=self.depth,
                intrinsics=self.intrinsics,
                mode=self.mode,
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Sample:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            mode: Mode = "scene" if str(archive["mode"]) == "scene" else "object"
            return cls(archive["rgb"], archive["alpha"], archive["depth"], archive["intrinsics"], mode)


def generate(
    seed: int,
    index: int,
    size: int,
    kind: Mode | None = None,
    split: Split = "train",
    views: int = VIEWS,
) -> list[Sample]:
    """Build one object or scene and photograph it a few times; deterministic in (seed, index).

    Parameters
    ----------
    seed, index : the sample's name
    size : side of the square image in pixels
    kind : "object", "scene", or None for the usual mix
    split : "train", or "validation" for families never trained on
    views : how many photographs; the first ones are the same whatever their number
    """
    rng = np.random.default_rng([seed, index, split == "validation"])
    subject = draw_subject(rng, kind, split)
    samples = []
    for _ in range(views):
        view = draw_view(subject, rng, size)
        trace = trace_view(subject, view.camera, size)
        linear = render_view(subject, view, trace, rng)
        rgb, alpha = develop(linear, trace.mask, subject.mode, rng)
        samples.append(Sample(rgb, alpha, trace.depth, view.camera.intrinsics, subject.mode))
    return samples


def generate_some(
    seed: int,
    index: int,
    size: int,
    kind: Mode | None = None,
    split: Split = "train",
    views: int = VIEWS,
) -> list[Sample]:
    """`generate`, or another sample where the meshes of this one fail, which is rare and said.

    Raises
    ------
    RuntimeError
        Ten in a row failed.
    """
    for attempt in range(10):
        other = index + attempt * 100_000_000
        try:
            return generate(seed, other, size, kind, split, views)
        except (ValueError, RuntimeError, IndexError, ArithmeticError, np.linalg.LinAlgError) as error:
            warnings.warn(f"Scene {other} of seed {seed} failed: {error!r}", stacklevel=2)
    raise RuntimeError(f"Ten scenes in a row failed from index {index}: the data engine is broken.")


def develop(
    linear: NDArray[np.float32], mask: NDArray[np.bool_], mode: Mode, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A one-ray-a-pixel image (H, W, 3) as a file would hold it: RGB (H, W, 3) and alpha (H, W)."""
    whole = np.ones_like(mask)
    colour, alpha = antialias(linear, mask if mode == "object" else whole)
    return degrade(tone_map(colour, mask if mask.any() else whole, rng), rng), alpha
