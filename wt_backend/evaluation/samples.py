"""Test samples: an image and its true layer stack, as pairs of files `X.png` + `X.wts`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.stack import LayerStack


@dataclass(frozen=True)
class Sample:
    """One image with its truth.

    Attributes
    ----------
    name : str
        File name without its ending.
    image : Path
        The image file, for predictors that read files themselves.
    rgba : ndarray of uint8, shape (H, W, 4)
        The image, sRGB; alpha 255 everywhere where the file has none.
    has_alpha : bool
        The file carries a mask: it shows one object. Without, it shows a whole scene.
    truth : LayerStack
    """

    name: str
    image: Path
    rgba: NDArray[np.uint8]
    has_alpha: bool
    truth: LayerStack

    @property
    def mode(self) -> str:
        """What a user would choose for this image, from the image alone."""
        return "object" if self.has_alpha else "scene"


def find_samples(folder: Path) -> list[Path]:
    """Images in `folder` that have a truth beside them, sorted by name.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    images = sorted(path for path in folder.glob("*.png") if path.with_suffix(".wts").exists())
    if not images:
        raise FileNotFoundError(
            f"{folder}: no pair of NAME.png and NAME.wts in this folder; choose a folder that "
            "scripts/make_final_set.py or Trace Ground Truth has written"
        )
    return images


def load_sample(image: Path) -> Sample:
    """Read one pair.

    Raises
    ------
    ValueError
        If the image cannot be read, or its size is not that of the truth's image.
    wt_backend.stack.StackError
        If the truth cannot be read.
    """
    truth = LayerStack.load(image.with_suffix(".wts"))
    pixels = cv2.imread(str(image), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError(f"{image}: this image cannot be read; render or copy it again")
    if pixels.dtype == np.uint16:
        pixels = (pixels // 257).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    has_alpha = pixels.shape[2] == 4 and bool((pixels[..., 3] < 128).any())
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    rgba = np.asarray(cv2.cvtColor(pixels, code), dtype=np.uint8)
    if rgba.shape[1::-1] != tuple(truth.info.image_size):
        raise ValueError(
            f"{image}: the image has {rgba.shape[1]}×{rgba.shape[0]} pixels but its truth was made for "
            f"{truth.info.image_size[0]}×{truth.info.image_size[1]}; put the image back that belongs to it"
        )
    return Sample(image.stem, image, rgba, has_alpha, truth)
