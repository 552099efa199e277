"""From linear light to the file a person has: exposure, tone curve, lens and sensor, resampling, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def tone_map(
    linear: NDArray[np.float32], subject: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Display RGB (H, W, 3) in [0, 1], exposed for the subject pixels (H, W)."""
    luminance = linear[subject] @ np.array([0.21, 0.72, 0.07], np.float32)
    level = float(np.percentile(luminance, 60)) if luminance.size else 0.2
    target = np.clip(np.exp(rng.normal(np.log(0.26), 0.5)), 0.05, 0.9)
    if rng.random() < 0.35:  # a fixed exposure: dark things stay dark
        level = 0.35 * level + 0.65 * 0.2
    x = linear * (target / max(level, 1e-3))
    curve = rng.random()
    if curve < 0.45:  # plain sRGB
        x = np.clip(x, 0, 1)
    elif curve < 0.8:  # filmic shoulder (Narkowicz's fit of ACES, 2015)
        x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    else:  # soft shoulder, low contrast
        x = x * 1.6 / (x + 0.75)
        x = np.clip(x, 0, 1)
    encoded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(np.maximum(x, 1e-7), 1 / 2.4) - 0.055)
    return encoded.astype(np.float32)


def degrade(rgb: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """What cameras and files do to an image (H, W, 3) in [0, 1]; most images get little."""
    size = rgb.shape[0]
    if rng.random() < 0.3:  # white balance, contrast
        rgb = rgb * np.clip(rng.normal(1, 0.05, 3), 0.8, 1.2).astype(np.float32)
        rgb = (rgb - 0.5) * np.float32(np.clip(rng.normal(1, 0.1), 0.7, 1.3)) + 0.5
    kind = rng.random()
    if kind < 0.12:
        small = int(size * rng.uniform(0.45, 0.9))
        shrunk = cv2.resize(rgb, (small, small), interpolation=cv2.INTER_AREA)
        rgb = np.asarray(cv2.resize(shrunk, (size, size)), np.float32)
    elif kind < 0.3:
        sigma = float(rng.uniform(0.3, 0.9)) * size / 224 + 0.1
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma), np.float32)
    if rng.random() < 0.25:
        rgb = rgb + rng.standard_normal(rgb.shape, np.float32) * np.float32(rng.uniform(0.003, 0.03))
    image = np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(50, 96))
        ok, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if ok:
            image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    return np.ascontiguousarray(image)


def antialias(
    linear: NDArray[np.float32], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Soften a one-ray-a-pixel image (H, W, 3): colour without the background's share, and alpha (H, W)."""
    weight = mask.astype(np.float32)
    sigma = 0.5
    alpha = np.asarray(cv2.GaussianBlur(weight, (3, 3), sigma), np.float32)
    colour = np.asarray(cv2.GaussianBlur(linear * weight[..., None], (3, 3), sigma), np.float32)
    colour = colour / np.maximum(alpha, np.float32(1e-3))[..., None]
    return colour, np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8)
