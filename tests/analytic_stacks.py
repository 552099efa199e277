"""Layer stacks of shapes whose surfaces are known in closed form (or traced exactly from a mesh).

Every maker returns a :class:`wt_backend.stack.LayerStack` seen by a pinhole camera at the origin that looks
along +Z. Lengths are in units of the scene; a pixel's depths are those of the ray through its centre.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wt_backend.stack import LayerStack, StackInfo

Depths = NDArray[np.float64]  # (L, H, W) depth along +Z, NaN where the layer does not exist
DISTANCE = 3.0


def camera_matrix(height: int, width: int, fov_degrees: float = 45.0) -> NDArray[np.float64]:
    """Square pixels, principal point in the middle, ``fov_degrees`` across the width."""
    focal = 0.5 * width / np.tan(np.radians(fov_degrees) / 2)
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], np.float64)


def pixel_rays(intrinsics: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Directions through the pixel centres, Z = 1. Shape (H, W, 3)."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns + 0.5, rows + 0.5, np.ones((height, width))], -1)
    return pixels @ np.linalg.inv(intrinsics).T


def make_stack(
    depths: Depths,
    intrinsics: NDArray[np.float64] | None = None,
    rgba: NDArray[np.uint8] | None = None,
    mode: str = "object",
    unit: str = "relative",
) -> LayerStack:
    """Stack from depths; deeper layers are depth-filled inside the silhouette, 0 outside it."""
    count, height, width = depths.shape
    intrinsics = camera_matrix(height, width) if intrinsics is None else intrinsics
    mask = np.isfinite(depths)
    filled = np.where(mask[0], depths, 0.0)
    for layer in range(1, count):
        filled[layer] = np.where(mask[layer], depths[layer], filled[layer - 1])
    xyz = filled[..., None] * pixel_rays(intrinsics, height, width)
    return LayerStack(
        xyz=xyz.astype(np.float32),
        mask=mask,
        rgba=gradient_picture(mask[0]) if rgba is None else rgba,
        intrinsics=intrinsics,
        grid_to_image=np.array([[2.0, 0, 0], [0, 2.0, 0]]),
        info=StackInfo(
            unit=unit, model="ground-truth", model_sha256="", normalisation={}, seed=0, steps=0, solver="",
            source="", image_size=(2 * width, 2 * height), mode=mode,
        ),
    )  # fmt: skip


def gradient_picture(silhouette: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Red grows to the right, green downwards, so that a colour tells its pixel. (H, W, 4)."""
    height, width = silhouette.shape
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    rgba[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    rgba[..., 2] = 128
    rgba[..., 3] = np.where(silhouette, 255, 0)
    return rgba


def sort_hits(hits: NDArray[np.float64], layers: int) -> Depths:
    """Unordered hits (H, W, K), NaN for none → the first ``layers`` depths in order (L, H, W)."""
    height, width, found = hits.shape
    ordered = np.sort(hits, axis=-1)  # NaN sorts last
    depths = np.full((layers, height, width), np.nan)
    kept = min(found, layers)
    depths[:kept] = np.moveaxis(ordered[..., :kept], -1, 0)
    return depths


def _rays(size: int | tuple[int, int]) -> NDArray[np.float64]:
    height, width = (size, size) if isinstance(size, int) else size
    return pixel_rays(camera_matrix(height, width), height, width)


def sphere(size: int | tuple[int, int] = 64, radius: float = 0.9, layers: int = 6) -> LayerStack:
    """Sphere at (0, 0, DISTANCE): volume 4/3·π·r³."""
    rays = _rays(size)
    square = (rays**2).sum(-1)
    half = rays[..., 2] * DISTANCE
    with np.errstate(invalid="ignore"):
        root = np.sqrt(half**2 - square * (DISTANCE**2 - radius**2))
    return make_stack(sort_hits(np.stack([(half - root) / square, (half + root) / square], -1), layers))


def box(
    size: int | tuple[int, int] = 64,
    extents: tuple[float, float, float] = (1.0, 0.8, 0.9),
    degrees: tuple[float, float] = (25.0, 35.0),
    layers: int = 6,
) -> LayerStack:
    """Box around (0, 0, DISTANCE), pitched and turned by ``degrees``: volume is the product of extents."""
    rays = _rays(size)
    pitch, turn = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    to_box = (about_x @ about_y).T
    direction = rays @ to_box.T
    origin = to_box @ np.array([0, 0, -DISTANCE])
    half = np.array(extents) / 2
    with np.errstate(divide="ignore"):
        one, two = (-half - origin) / direction, (half - origin) / direction
    enter, leave = np.minimum(one, two).max(-1), np.maximum(one, two).min(-1)
    hit = leave > enter
    return make_stack(sort_hits(np.where(hit[..., None], np.stack([enter, leave], -1), np.nan), layers))


def torus(
    size: int | tuple[int, int] = 64,
    major: float = 0.7,
    minor: float = 0.25,
    degrees: float = 70.0,
    layers: int = 6,
) -> LayerStack:
    """Torus at (0, 0, DISTANCE), its axis pitched by ``degrees`` from the view: volume 2π²·R·r²."""
    rays = _rays(size)
    height, width = rays.shape[:2]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    d = rays @ turn.T
    o = turn @ np.array([0, 0, -DISTANCE])
    # (|p|² + R² − r²)² = 4R²(x² + y²) with p = o + t·d
    a, b, e = (d**2).sum(-1), 2 * (d @ o), (o**2).sum() + major**2 - minor**2
    g = 4 * major**2
    quartic = np.stack(
        [
            a**2,
            2 * a * b,
            b**2 + 2 * a * e - g * (d[..., 0] ** 2 + d[..., 1] ** 2),
            2 * b * e - 2 * g * (d[..., 0] * o[0] + d[..., 1] * o[1]),
            np.full((height, width), e**2 - g * (o[0] ** 2 + o[1] ** 2)),
        ],
        -1,
    ).reshape(-1, 5)
    companion = np.zeros((len(quartic), 4, 4))
    companion[:, 0] = -quartic[:, 1:] / quartic[:, :1]
    companion[:, 1, 0] = companion[:, 2, 1] = companion[:, 3, 2] = 1
    roots = np.linalg.eigvals(companion)
    hits = np.where(np.abs(roots.imag) < 1e-9, roots.real, np.nan).reshape(height, width, 4)
    return make_stack(sort_hits(hits, layers))


def two_planes(size: int | tuple[int, int] = 64, near: float = 2.0, far: float = 4.0) -> LayerStack:
    """Left half a wall at ``near`` with another at ``far`` behind it, right half the far wall alone."""
    height, width = (size, size) if isinstance(size, int) else size
    depths = np.full((2, height, width), np.nan)
    depths[0, :, : width // 2] = near
    depths[0, :, width // 2 :] = far
    depths[1, :, : width // 2] = far
    return make_stack(depths, mode="scene")


def thin_sheet(size: int | tuple[int, int] = 64, thickness: float = 0.02, slope: float = 0.5) -> LayerStack:
    """A slanted slab in the middle of the frame, front and back face ``thickness`` apart along Z."""
    rays = _rays(size)
    height, width = rays.shape[:2]
    front = DISTANCE / (1 - slope * rays[..., 0])  # the plane Z = DISTANCE + slope·X
    back = (DISTANCE + thickness) / (1 - slope * rays[..., 0])
    depths = np.full((2, height, width), np.nan)
    middle = (slice(height // 4, -(height // 4)), slice(width // 4, -(width // 4)))
    depths[0][middle], depths[1][middle] = front[middle], back[middle]
    return make_stack(depths)


def single_pixel(size: int = 8) -> LayerStack:
    """One pixel of one layer."""
    depths = np.full((2, size, size), np.nan)
    depths[0, size // 2, size // 2] = DISTANCE
    return make_stack(depths)


def nothing(size: int = 8) -> LayerStack:
    """No valid pixel in any layer."""
    return make_stack(np.full((3, size, size), np.nan))


def one_layer(size: int | tuple[int, int] = 32) -> LayerStack:
    """A wall at DISTANCE that fills the frame, a stack of a single layer."""
    height, width = (size, size) if isinstance(size, int) else size
    return make_stack(np.full((1, height, width), DISTANCE), mode="scene")


def floor(size: int | tuple[int, int] = 64, below: float = 1.0) -> LayerStack:
    """A level floor ``below`` the camera, from the bottom of the frame to just under the horizon."""
    rays = _rays(size)
    with np.errstate(divide="ignore"):
        depth = np.where(rays[..., 1] > 0, below / rays[..., 1], np.nan)
    return make_stack(depth[None], mode="scene", unit="metre")


def noisy_relief(size: int | tuple[int, int] = 64, noise: float = 0.003, seed: int = 0) -> LayerStack:
    """Rolling hills in front of a wall, two layers, with white noise of ``noise`` times the depth."""
    rays = _rays(size)
    height, width = rays.shape[:2]
    random = np.random.default_rng(seed)
    hills = DISTANCE + 0.15 * np.sin(9 * rays[..., 0]) * np.cos(7 * rays[..., 1])
    inside = rays[..., 0] ** 2 + rays[..., 1] ** 2 < 0.3**2
    depths = np.full((2, height, width), np.nan)
    depths[0] = np.where(inside, hills, 2 * DISTANCE)
    depths[1][inside] = 2 * DISTANCE
    depths *= 1 + noise * random.standard_normal(depths.shape)
    return make_stack(depths, mode="scene")


def traced_mesh(mesh, size: int | tuple[int, int] = 64, layers: int = 6) -> LayerStack:
    """All hits of a ``trimesh.Trimesh`` in camera space, traced ray by ray with Embree."""
    rays = _rays(size)
    height, width = rays.shape[:2]
    directions = rays.reshape(-1, 3)
    hits: list[list[float]] = [[] for _ in range(len(directions))]
    places, which, _ = mesh.ray.intersects_location(np.zeros_like(directions), directions, multiple_hits=True)
    for ray, place in zip(which, places, strict=True):
        hits[ray].append(place[2])
    most = max(map(len, hits), default=0) or 1
    table = np.full((len(hits), most), np.nan)
    for ray, found in enumerate(hits):
        table[ray, : len(found)] = found
    return make_stack(sort_hits(table.reshape(height, width, most), layers))


SHAPES: dict[str, Callable[[], LayerStack]] = {
    "sphere": sphere,
    "box": box,
    "torus": torus,
    "two_planes": two_planes,
    "thin_sheet": thin_sheet,
    "single_pixel": single_pixel,
    "nothing": nothing,
    "one_layer": one_layer,
    "floor": floor,
    "noisy_relief": noisy_relief,
}
