"""Pictures and numbers about a traced stack, without Blender: depth of each layer, match with the photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wt_backend.cut_out import TURN_BACK
from wt_backend.images import read_image, upright
from wt_backend.stack import LayerStack

TILE = 256  # pixels, the longer side of a tile
LABEL = 26
BACKGROUND = 24


@dataclass(frozen=True)
class Match:
    """How well a render through the trace camera agrees with the photo, inside the mask."""

    correlation: float  # Pearson, over pixels and channels
    difference: float  # mean absolute, of 255
    covered: float  # part of the mask where there is geometry


def depth_sheet(stack_path: Path, out: Path) -> None:
    """What the model saw, and the depth of each layer (near is bright, one scale for all), side by side."""
    stack = LayerStack.load(stack_path)
    depth = stack.xyz[..., 2]
    low, high = np.percentile(depth[stack.mask], (1, 99)) if stack.mask.any() else (0.0, 1.0)
    tiles = [_tile(cv2.cvtColor(stack.rgba[..., :3], cv2.COLOR_RGB2BGR), "input")]
    for layer in range(stack.layers):
        near = 1.0 - np.clip((depth[layer] - low) / max(high - low, 1e-9), 0.0, 1.0)
        colour = cv2.applyColorMap((near * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
        colour[~stack.mask[layer]] = BACKGROUND
        share = stack.mask[layer].sum() / max(1, stack.mask[0].sum())
        tiles.append(_tile(colour, f"layer {layer + 1}: {share:.0%}"))
    write(out, np.concatenate(tiles, axis=1))


def compare(render: Path, photo: Path, stack_path: Path) -> Match:
    """Compare a render (RGBA) through the trace camera with the photo, where layer 1 exists."""
    picture = read(render, cv2.IMREAD_UNCHANGED)  # (h, w, 4) BGRA
    height, width = picture.shape[:2]
    original = cv2.resize(as_stored(photo), (width, height), interpolation=cv2.INTER_AREA)
    inside = _mask_in_image(LayerStack.load(stack_path), width, height)
    covered = inside & (picture[..., 3] > 127)
    if np.count_nonzero(covered) < 2:
        return Match(0.0, 255.0, 0.0)
    found = picture[covered][:, 2::-1].astype(np.float64)
    wanted = original[covered].astype(np.float64)
    correlation = float(np.corrcoef(found.ravel(), wanted.ravel())[0, 1])
    return Match(correlation, float(np.abs(found - wanted).mean()), covered.sum() / max(1, inside.sum()))


def as_stored(path: Path) -> NDArray[np.uint8]:
    """A photo of any format that can be traced, (H, W, 3), without its EXIF rotation as Blender loads it."""
    photo = read_image(path)
    return upright(photo.rgba[..., :3], TURN_BACK.get(photo.orientation, photo.orientation))


def read(path: Path, flags: int) -> NDArray[np.uint8]:
    """An 8-bit picture; paths may hold any character (cv2.imread takes ASCII only on Windows)."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    if image is None:
        raise RuntimeError(f"{path} cannot be read as a picture.")
    return np.asarray(image, np.uint8)


def write(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a PNG."""
    _, data = cv2.imencode(".png", image)
    path.write_bytes(data.tobytes())


def _mask_in_image(stack: LayerStack, width: int, height: int) -> NDArray[np.bool_]:
    """mask[0] in a (height, width) version of the original image."""
    image_width, image_height = stack.info.image_size
    to_picture = np.diag([width / image_width, height / image_height]) @ stack.grid_to_image
    to_picture[:, 2] += to_picture[:, :2].sum(axis=1) * 0.5 - 0.5  # cv2 counts from pixel centres
    mask = stack.mask[0].astype(np.uint8) * 255
    return cv2.warpAffine(mask, to_picture, (width, height), flags=cv2.INTER_NEAREST) > 127


def _tile(image: NDArray[np.uint8], label: str) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    scale = TILE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    tile = np.full((TILE + LABEL, TILE + 4, 3), BACKGROUND, np.uint8)
    tile[LABEL : LABEL + size[1], 2 : 2 + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST)
    cv2.putText(tile, label, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1, cv2.LINE_AA)
    return tile
