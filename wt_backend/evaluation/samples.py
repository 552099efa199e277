"""Test samples: an image and its true layer stack, as pairs of files `X.png` + `X.wts`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wt_backend.images import read_image
from wt_backend.stack import LayerStack
from wt_backend.subject import is_cut_out


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
        Its alpha tells a subject, as the pipeline sees it: it shows one object. Without, it shows a whole
        scene.
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


def find_images(folder: Path) -> list[Path]:
    """Images in `folder`, sorted by name, without what a Mac leaves beside them (`._NAME.png`)."""
    return sorted(path for path in folder.glob("*.png") if not path.name.startswith("."))


def find_samples(folder: Path) -> list[Path]:
    """Images in `folder` that have a truth beside them, sorted by name.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    images = [image for image in find_images(folder) if image.with_suffix(".wts").exists()]
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
        If the image's size is not that of the truth's image, or the truth shows nothing to measure by.
    BackendError, StackError
        If the image or the truth cannot be read, or the truth is damaged.
    """
    truth = LayerStack.load(image.with_suffix(".wts"))
    truth.validate()  # a truth of infinite numbers would be taken for a failure of every model
    if np.count_nonzero(truth.mask[0]) < 2:  # one point has no radius, the unit of what is measured
        raise ValueError(f"{image.with_suffix('.wts')}: it shows no surface; trace it again, or leave it out")
    photo = read_image(image)
    if photo.file_size != tuple(truth.info.image_size):
        raise ValueError(
            f"{image}: the image has {photo.file_size} pixels but its truth was made for "
            f"{truth.info.image_size}; put the image back that belongs to it"
        )
    return Sample(image.stem, image, photo.rgba, is_cut_out(photo.rgba), truth)
