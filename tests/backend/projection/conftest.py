"""Scenes whose colour is known at every point in space, photographed in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from tests import analytic_stacks as shapes
from wt_backend.images import srgb_from_linear
from wt_backend.projection import METHODS
from wt_backend.projection.view import FLIP, LINEAR
from wt_backend.stack import LayerStack

Colour = Callable[[NDArray], NDArray]  # world points (N, 3) → linear colours (N, 3)
RADIUS = 0.9
CENTRE = np.array([0, 0, -shapes.DISTANCE])  # of what the shapes show, Blender camera-local
FRONT = np.eye(4)


def waves(points: NDArray) -> NDArray:
    """A smooth, colourful solid texture."""
    x, y, z = np.moveaxis(points, -1, 0)
    values = [np.sin(9 * x + 2 * y), np.sin(8 * y - 3 * z), np.sin(7 * z + 5 * x)]
    return 0.4 + 0.3 * np.stack(values, -1)


def turned(degrees: float) -> NDArray:
    """World → frame of a trace whose camera walked about the vertical axis through `CENTRE`."""
    matrix = trimesh.transformations.rotation_matrix(np.radians(degrees), (0, 1, 0), CENTRE)
    return np.asarray(matrix)


def photograph(
    make: Callable[[int], LayerStack], folder: Path, name: str, colour: Colour, to_local: NDArray = FRONT
) -> dict:
    """A stack of 96² and its photo of 384², as a camera of `projection/bake`."""
    stack, fine = make(96), make(384)
    small, picture = (_shown(stack, colour, to_local) for stack in (stack, fine))
    photo, path = folder / f"{name}.png", folder / f"{name}.wts"
    cv2.imwrite(str(photo), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    info = replace(stack.info, source=str(photo), image_size=(384, 384))
    rgba = np.dstack([small, np.where(stack.mask[0], 255, 0).astype(np.uint8)])
    replace(stack, rgba=rgba, grid_to_image=np.eye(2, 3) * 4, info=info).save(path)
    return {"stack": str(path), "to_local": to_local.tolist(), "photo": str(photo)}


def _shown(stack: LayerStack, colour: Colour, to_local: NDArray) -> NDArray[np.uint8]:
    world = np.linalg.inv(FLIP @ to_local)
    points = stack.xyz[0].astype(float) @ world[:3, :3].T + world[:3, 3]
    return srgb_from_linear(np.where(stack.mask[0][..., None], colour(points), 0))


def ball(subdivisions: int = 4) -> trimesh.Trimesh:
    """The sphere of `shapes.sphere` as a mesh."""
    mesh = trimesh.creation.icosphere(subdivisions, RADIUS)
    mesh.apply_translation(CENTRE)
    return mesh


def wall(side: float, depth: float, parts: int = 8) -> tuple[trimesh.Trimesh, NDArray]:
    """A square that faces the camera, and its UVs (T, 3, 2)."""
    grid = np.linspace(-1, 1, parts + 1)
    x, y = np.meshgrid(grid, grid)
    index = np.arange((parts + 1) ** 2).reshape(parts + 1, -1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in ((a, b, c), (a, c, d))])
    plane = np.stack([x.ravel(), y.ravel()], 1)
    vertices = np.concatenate([plane * side / 2, np.full((len(plane), 1), -depth)], 1)
    return trimesh.Trimesh(vertices, faces, process=False), (0.5 + 0.498 * plane)[faces]


def save_mesh(
    path: Path, mesh: trimesh.Trimesh, uv: NDArray | None = None, occluder: trimesh.Trimesh | None = None
) -> str:
    """The NPZ that the add-on would send."""
    arrays = {"vertices": mesh.vertices, "triangles": mesh.faces}
    if uv is not None:
        arrays["uv"] = uv
    if occluder is not None:
        arrays |= {"occluder_vertices": occluder.vertices, "occluder_triangles": occluder.faces}
    np.savez(path, **arrays)
    return str(path)


def run(method: str, **params: object) -> dict:
    """A worker method, as the worker calls it."""
    return METHODS[f"projection/{method}"](params, lambda stage, step, total: None, lambda: None)


class Painted:
    """A bake's result, asked as a renderer would ask it: by UV, bilinear."""

    def __init__(self, mesh: trimesh.Trimesh, uv: NDArray | None, result: dict, seed: int = 0) -> None:
        data = np.load(result["data"])
        uv = data["uv"] if uv is None else uv
        rng = np.random.default_rng(seed)
        self.points, self.face = trimesh.sample.sample_surface(mesh, 20_000, seed=rng)
        bary = trimesh.triangles.points_to_barycentric(mesh.triangles[self.face], self.points)
        place = np.einsum("nk,nkc->nc", bary, uv[self.face])
        picture = cv2.imread(result["texture"], cv2.IMREAD_UNCHANGED)
        linear = LINEAR[picture] if picture.dtype == np.uint8 else picture.astype(np.float32)
        self.colours = _bilinear(linear[..., ::-1].copy(), place)
        self.seen = _bilinear(cv2.imread(result["mask"], 0).astype(np.float32), place) > 127
        self.vertex_seen = data["seen"]

    def psnr(self, truth: NDArray, which: NDArray) -> float:
        """Of sRGB values, as two textures are compared, over the points ``which``."""
        one, other = (srgb_from_linear(value[which]).astype(float) for value in (self.colours, truth))
        return float(20 * np.log10(255 / (np.sqrt(np.mean((one - other) ** 2)) + 1e-9)))


def _bilinear(picture: NDArray, uv: NDArray) -> NDArray:
    size = picture.shape[0]
    place = np.stack([uv[:, 0], 1 - uv[:, 1]], 1).astype(np.float32) * size - 0.5
    return cv2.remap(picture, place[None], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as users have it."""
    path = tmp_path / "a fôlder"
    path.mkdir()
    return path
