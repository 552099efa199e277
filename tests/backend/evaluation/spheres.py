"""A sphere (or a shell: a sphere inside a sphere) as an exact layer stack, for tests."""

from __future__ import annotations

import numpy as np

from wt_backend.stack import LayerStack, StackInfo

CENTRE = np.array([0.1, -0.05, 4.0])


def sphere_stack(
    size: int = 64,
    radii: tuple[float, ...] = (1.0,),
    focal: float = 1.4,
    crop: tuple[int, int, int] | None = None,
) -> LayerStack:
    """Trace concentric spheres through a pinhole camera.

    Parameters
    ----------
    size : int
        Side of the original image.
    radii : tuple of float
        From the outside in; each adds two layers.
    focal : float
        Focal length in image sides.
    crop : (int, int, int), optional
        (left, top, side) of a crop of the image to trace instead of the whole, at half resolution.
    """
    left, top, side, step = (*crop, 2) if crop else (0, 0, size, 1)
    affine = np.array([[step, 0, left], [0, step, top]], dtype=float)
    grid = side // step
    k = np.array([[focal * size / step, 0, (size / 2 - left) / step], [0, 0, 0], [0, 0, 1]])
    k[1] = [0, k[0, 0], (size / 2 - top) / step]
    u, v = np.meshgrid(np.arange(grid) + 0.5, np.arange(grid) + 0.5)
    rays = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], axis=-1)

    a, b = (rays**2).sum(-1), rays @ CENTRE
    depths = np.full((2 * len(radii), grid, grid), np.inf)
    for index, radius in enumerate(radii):
        discriminant = b**2 - a * (CENTRE @ CENTRE - radius**2)
        hit = discriminant > 0
        root = np.sqrt(np.where(hit, discriminant, 0))
        depths[2 * index] = np.where(hit, (b - root) / a, np.inf)
        depths[2 * index + 1] = np.where(hit, (b + root) / a, np.inf)
    depths.sort(axis=0)
    mask = np.isfinite(depths)
    for layer in range(1, len(depths)):
        depths[layer] = np.where(mask[layer], depths[layer], depths[layer - 1])
    xyz = np.where(mask[0][..., None], rays, 0) * np.where(mask[0], depths, 0)[..., None]
    rgba = np.zeros((grid, grid, 4), dtype=np.uint8)
    rgba[mask[0]] = (200, 120, 60, 255)
    info = StackInfo("relative", "ground-truth", "", {}, 0, 0, "", "", (size, size), "object")
    return LayerStack(xyz.astype(np.float32), mask, rgba, k, affine, info)
