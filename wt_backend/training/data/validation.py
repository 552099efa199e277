"""A validation set on disk: images with their true layer stacks, of families never trained on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from wt_backend.camera import scale_offset
from wt_backend.terminal import at_least
from wt_backend.training.data.sample import Sample, generate_some

SEED = 777


def write_pair(sample: Sample, folder: Path, name: str, seed: int = 0) -> None:
    """Write NAME.png (RGBA for an object, RGB for a scene) and NAME.wts beside it, each whole or not at all.

    An object's view is a crop; the PNG is the photograph that it was cut from, as far as it is needed:
    transparent pixels around the view, until the principal point lies in the middle.

    Raises
    ------
    OSError
        if the folder can't be written to
    """
    picture = sample.rgb[..., ::-1]
    if sample.mode == "object":
        picture = np.concatenate([picture, sample.alpha[..., None]], axis=-1)
    left, top, right, bottom = margins(sample)
    picture = np.pad(picture, ((top, bottom), (left, right), (0, 0)))
    ok, data = cv2.imencode(".png", np.ascontiguousarray(picture))
    if not ok:
        raise OSError(f"{folder / name}.png could not be encoded; its size is {picture.shape[:2]} pixels.")
    image = folder / f"{name}.png"
    part = folder / f".{name}.png.part"
    part.write_bytes(data.tobytes())
    part.replace(image)
    stack = sample.to_stack(str(image.absolute()), seed)
    info = replace(stack.info, image_size=(picture.shape[1], picture.shape[0]))
    replace(stack, grid_to_image=scale_offset((1, 1), (left, top)), info=info).save(folder / f"{name}.wts")


def margins(sample: Sample) -> tuple[int, int, int, int]:
    """Pixels to add left, top, right, below, so that the principal point is in the middle to half a pixel."""
    height, width = sample.alpha.shape
    beyond = np.rint(2 * sample.intrinsics[:2, 2] - (width, height)).astype(int)
    left, top = np.maximum(-beyond, 0).tolist()
    right, bottom = np.maximum(beyond, 0).tolist()
    return left, top, right, bottom


def write_set(
    folder: Path, count: int, size: int, seed: int = SEED, kind: Literal["object", "scene"] | None = None
) -> list[str]:
    """Write `count` pairs, half objects and half scenes unless a kind is named; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for index in range(count):
        chosen: Literal["object", "scene"] = kind or ("scene" if index % 2 else "object")
        sample = generate_some(seed, index, size, chosen, "validation", views=1)[0]
        names.append(f"{chosen}_{index:04d}")
        write_pair(sample, folder, names[-1], seed)
    return names


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m wt_backend make-validation`: write pairs X.png + X.wts of unseen families."""
    parser = argparse.ArgumentParser(prog="wt_backend make-validation", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=at_least(1), default=100)
    parser.add_argument("--size", type=at_least(16), default=224)
    parser.add_argument("--seed", type=at_least(0), default=SEED)
    parser.add_argument("--kind", choices=["object", "scene"], help="only objects or only scenes")
    options = parser.parse_args(argv)
    names = write_set(options.out, options.count, options.size, options.seed, options.kind)
    print(f"{len(names)} pairs in {options.out}")
    return 0
