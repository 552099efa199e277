"""Pinhole cameras of pixel grids, and affine maps between grids.

Pixel i of a grid spans [i, i + 1) in continuous coordinates; its centre is i + 0.5. Camera space is OpenCV's:
+X right, +Y down, +Z forward. An affine map is a (2, 3) float64 matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_PIXELS = 10  # fewer give no camera (World Tracing release, post-processing)
MIN_DEPTH = 1e-6

IDENTITY: NDArray[np.float64] = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
IDENTITY.flags.writeable = False


def pixel_centres(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre coordinates u (1, W) and v (H, 1) of a grid, ready to broadcast."""
    return np.arange(width)[None, :] + 0.5, np.arange(height)[:, None] + 0.5


def fit_intrinsics(xyz: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Pinhole camera that explains the points of a pixel grid.

    Two separate least-squares fits in float64, u = fx·X/Z + cx and v = fy·Y/Z + cy, over the masked pixels
    in front of the camera (arXiv 2606.13652, released post-processing).

    Parameters
    ----------
    xyz : (H, W, 3)
        Camera-space points, any unit.
    mask : (H, W) bool

    Returns
    -------
    (3, 3) float64, in pixels of the grid; None where the points say nothing about a camera: fewer than 10
    pixels, all in one column or row, or a focal length that is not positive.
    """
    use = mask & (xyz[..., 2] > MIN_DEPTH) & np.isfinite(xyz).all(axis=-1)
    if np.count_nonzero(use) < MIN_PIXELS:
        return None
    rows, columns = np.nonzero(use)
    points = xyz[use].astype(np.float64)
    x = _line(points[:, 0] / points[:, 2], columns + 0.5)
    y = _line(points[:, 1] / points[:, 2], rows + 0.5)
    if x is None or y is None:
        return None
    return np.array([[x[0], 0.0, x[1]], [0.0, y[0], y[1]], [0.0, 0.0, 1.0]])


def photograph_camera(
    intrinsics: NDArray[np.float64], grid_to_image: NDArray[np.float64], image_size: tuple[int, int]
) -> NDArray[np.float64]:
    """The camera of a whole photograph that comes nearest: square pixels, principal point in the middle.

    A network that sees a crop cannot know how far from the optical axis it was cut; the photograph tells. And
    shown a stretched photograph it finds about one focal length in the grid, which would leave the world
    squeezed: the photograph gets one, the geometric mean of the two.

    Parameters
    ----------
    intrinsics : (3, 3)
        In pixels of the grid; its principal point is not used.
    grid_to_image : (2, 3)
        Grid to photograph.
    image_size : (int, int)
        Width and height of the photograph.
    """
    across, down = np.linalg.norm(grid_to_image[:, :2], axis=0)  # photograph pixels per grid pixel
    focal = np.sqrt(intrinsics[0, 0] * across * intrinsics[1, 1] * down)
    middle = apply_affine(invert(grid_to_image), np.array(image_size) / 2)
    return np.array([[focal / across, 0.0, middle[0]], [0.0, focal / down, middle[1]], [0.0, 0.0, 1.0]])


def default_intrinsics(height: int, width: int) -> NDArray[np.float64]:
    """Camera where no fit is possible: that of the released models' training renders, about 54° across.

    f = 500 pixels at 512 (World Tracing release, pre-processing), centre in the middle.
    """
    fx, fy = 500.0 * width / 512.0, 500.0 * height / 512.0
    return np.array([[fx, 0.0, width / 2], [0.0, fy, height / 2], [0.0, 0.0, 1.0]])


def horizontal_fov(intrinsics: NDArray[np.float64], width: int) -> float:
    """Horizontal field of view in degrees, 2·atan(width / 2fx)."""
    return float(np.degrees(2 * np.arctan(width / (2 * intrinsics[0, 0]))))


def rays(intrinsics: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Directions through the pixel centres, (H, W, 3) float64, scaled to z = 1."""
    u, v = pixel_centres(height, width)
    result = np.ones((height, width, 3))
    result[..., 0] = (u - intrinsics[0, 2]) / intrinsics[0, 0]
    result[..., 1] = (v - intrinsics[1, 2]) / intrinsics[1, 1]
    return result


def points_on_rays(xyz: NDArray[np.float32], intrinsics: NDArray[np.float64]) -> NDArray[np.float32]:
    """Move every point onto the ray of its pixel, keeping its depth Z.

    The network emits free points and the camera is a fit, so points miss their rays by a residual
    (`ray_residual`). Geometry that must line up with the photo needs them on the rays.

    Parameters
    ----------
    xyz : (..., H, W, 3)

    Returns
    -------
    (..., H, W, 3) float32
    """
    height, width = xyz.shape[-3:-1]
    directions = rays(intrinsics, height, width)
    return (directions * xyz[..., 2:].astype(np.float64)).astype(np.float32)


def project(xyz: NDArray[np.floating], intrinsics: NDArray[np.float64]) -> NDArray[np.float64]:
    """Continuous grid coordinates (..., 2) of camera-space points (..., 3) with Z ≠ 0."""
    points = np.asarray(xyz, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        planar = points[..., :2] / points[..., 2:]
    return planar * np.diag(intrinsics)[:2] + intrinsics[:2, 2]


def ray_residual(
    xyz: NDArray[np.floating], mask: NDArray[np.bool_], intrinsics: NDArray[np.float64]
) -> tuple[float, float]:
    """How far points project from their own pixels' centres: median and 95th percentile, in grid pixels.

    Parameters
    ----------
    xyz : (H, W, 3)
    mask : (H, W) bool
    """
    use = mask & (xyz[..., 2] > MIN_DEPTH)
    if not use.any():
        return 0.0, 0.0
    rows, columns = np.nonzero(use)
    centres = np.stack([columns, rows], axis=-1) + 0.5
    distance = np.linalg.norm(project(xyz[use], intrinsics) - centres, axis=-1)
    return float(np.median(distance)), float(np.percentile(distance, 95))


def scale_offset(scale: tuple[float, float], offset: tuple[float, float]) -> NDArray[np.float64]:
    """Affine map (x, y) → (sx·x + ox, sy·y + oy)."""
    return np.array([[scale[0], 0.0, offset[0]], [0.0, scale[1], offset[1]]])


def compose(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map that applies `inner` first and `outer` to its result."""
    linear = outer[:, :2] @ inner[:, :2]
    return np.concatenate([linear, (outer[:, :2] @ inner[:, 2] + outer[:, 2])[:, None]], axis=1)


def invert(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse map; `numpy.linalg.LinAlgError` if there is none."""
    linear = np.linalg.inv(affine[:, :2])
    return np.concatenate([linear, -(linear @ affine[:, 2])[:, None]], axis=1)


def apply_affine(affine: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map points (..., 2)."""
    return np.asarray(points, np.float64) @ affine[:, :2].T + affine[:, 2]


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float] | None:
    """Slope and intercept of the least-squares line y = a·x + b; None unless the slope is positive."""
    mean_x, mean_y = x.mean(), y.mean()
    spread = np.square(x - mean_x).sum()
    if spread <= 0:
        return None
    slope = ((x - mean_x) * (y - mean_y)).sum() / spread
    if not (np.isfinite(slope) and slope > 0):
        return None
    return float(slope), float(mean_y - slope * mean_x)
