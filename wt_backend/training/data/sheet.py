"""A contact sheet: many samples with their layers in one picture, to be looked at."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.output import check_output
from wt_backend.projection.pictures import write_png
from wt_backend.terminal import at_least
from wt_backend.training.data.sample import Sample, generate_some

TILE = 112


def depth_picture(depth: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(L, H, W, 3) colour pictures of depth (L, H, W), one scale for all, near yellow, far blue."""
    hit = depth > 0
    if not hit.any():
        return np.zeros((*depth.shape, 3), np.uint8)
    inverse = 1 / np.where(hit, depth, 1)
    low, high = np.percentile(inverse[hit], [1, 99])
    level = np.clip((inverse - low) / max(high - low, 1e-9) * 235 + 20, 0, 255).astype(np.uint8)
    flat = cv2.applyColorMap(level.reshape(-1, depth.shape[-1]), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return flat.reshape(*depth.shape, 3) * hit[..., None]


def sample_strip(sample: Sample, tile: int = TILE, layers: Sequence[int] = (0, 1, 3)) -> NDArray[np.uint8]:
    """(tile, tile · (1 + len(layers)), 3): the image on grey, then layers."""
    alpha = sample.alpha[..., None] / 255
    image = (sample.rgb * alpha + 128 * (1 - alpha)).astype(np.uint8)
    pictures = [image, *depth_picture(sample.depth[list(layers)])]
    tiles = [cv2.resize(p, (tile, tile), interpolation=cv2.INTER_AREA) for p in pictures]
    return np.concatenate(tiles, axis=1)


def contact_sheet(samples: Sequence[Sample], columns: int = 4, tile: int = TILE) -> NDArray[np.uint8]:
    """(H, W, 3): samples in rows of `columns`, each its image and its layers 0, 1 and 3."""
    strips = [np.pad(sample_strip(s, tile), ((1, 1), (2, 2), (0, 0))) for s in samples]
    strips += [np.zeros_like(strips[0])] * (-len(strips) % columns)
    rows = [np.concatenate(strips[i : i + columns], axis=1) for i in range(0, len(strips), columns)]
    return np.concatenate(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m wt_backend sheet`: write a contact sheet of generated samples."""
    parser = argparse.ArgumentParser(prog="wt_backend sheet", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--size", type=at_least(16), default=112)
    parser.add_argument("--kind", choices=["object", "scene"])
    parser.add_argument("--split", choices=["train", "validation"], default="train")
    parser.add_argument("--count", type=at_least(1), default=64)
    parser.add_argument("--views", type=at_least(1), default=1, help="views shown of every object or scene")
    options = parser.parse_args(argv)
    check_output(options.out)  # before minutes of work
    samples: list[Sample] = []
    for index in count():
        if len(samples) >= options.count:
            break
        kind, split, views = options.kind, options.split, options.views
        samples += generate_some(options.seed, index, options.size, kind, split, views)
    picture = contact_sheet(samples[: options.count], tile=options.size if options.size < 160 else 160)
    write_png(picture, str(options.out))
    print(f"{len(samples[: options.count])} samples in {options.out}")
    return 0
