"""`generate`: one mesh set, several views of it as training samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import families, scenes
from wt_backend.training.data.cameras import Camera, direction, frame_object, frame_scene
from wt_backend.training.data.degrade import antialias, degrade, tone_map
from wt_backend.training.data.mesh import Mesh
from wt_backend.training.data.primitives import random_rotation
from wt_backend.training.data.shading import Lighting, Surface, shade
from wt_backend.training.data.textures import Material, random_colour, random_material
from wt_backend.training.data.tracing import LAYERS, Tracer

if TYPE_CHECKING:
    from wt_backend.stack import LayerStack

VIEWS = 4
OBJECT_SHARE = 0.6


@dataclass(frozen=True)
class Sample:
    """An image and every surface behind each of its pixels.

    rgb : (H, W, 3) uint8, un-premultiplied; meaningless where alpha is 0
    alpha : (H, W) uint8, the anti-aliased silhouette of an object, 255 everywhere in a scene
    depth : (6, H, W) float32, camera-space Z of the first six hits front to back, 0 where there is none
    intrinsics : (3, 3) float64, pixels of the H×W grid, pixel centres at +0.5
    mode : "object" or "scene"
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    depth: NDArray[np.float32]
    intrinsics: NDArray[np.float64]
    mode: Literal["object", "scene"]

    @property
    def xyz(self) -> NDArray[np.float32]:
        """(6, H, W, 3) camera-space points, +X right +Y down +Z forward; 0 where there is no hit."""
        _, height, width = self.depth.shape
        k = self.intrinsics
        x = (np.arange(width) + 0.5 - k[0, 2]) / k[0, 0]
        y = (np.arange(height) + 0.5 - k[1, 2]) / k[1, 1]
        rays = np.stack(np.broadcast_arrays(x, y[:, None], 1.0), axis=-1)
        return (rays * self.depth[..., None]).astype(np.float32)

    def to_stack(self, source: str = "", seed: int = 0) -> LayerStack:
        """The truth as a `LayerStack`: deeper layers repeat the last hit, the mask says which exist."""
        from wt_backend.stack import LayerStack, StackInfo

        mask = self.depth > 0
        filled = self.depth.copy()
        for layer in range(1, len(filled)):
            filled[layer] = np.where(mask[layer], filled[layer], filled[layer - 1])
        _, height, width = self.depth.shape
        full = Sample(self.rgb, self.alpha, filled, self.intrinsics, self.mode)
        return LayerStack(
            xyz=full.xyz,
            mask=mask,
            rgba=np.concatenate([self.rgb, self.alpha[..., None]], axis=-1),
            intrinsics=self.intrinsics,
            grid_to_image=np.eye(2, 3),
            info=StackInfo(
                unit="relative",
                model="ground-truth",
                model_sha256="",
                normalisation={},
                seed=seed,
                steps=0,
                solver="",
                source=source,
                image_size=(width, height),
                mode=self.mode,
            ),
        )


def generate(
    seed: int,
    index: int,
    size: int,
    kind: Literal["object", "scene"] | None = None,
    split: Literal["train", "validation"] = "train",
) -> list[Sample]:
    """Build one object or scene and photograph it a few times; deterministic in (seed, index).

    Parameters
    ----------
    seed, index : the sample's name
    size : side of the square image in pixels
    kind : "object", "scene", or None for the usual mix
    split : "train", or "validation" for families never trained on
    """
    rng = np.random.default_rng([seed, index, split == "validation"])
    chosen = kind or ("object" if rng.random() < OBJECT_SHARE else "scene")
    pool = families.TRAIN if split == "train" else families.VALIDATION
    if chosen == "object":
        mesh = _posed(families.draw(rng, pool), rng)
        surface = Surface.prepare(mesh)
        return [_object_view(surface, rng, size) for _ in range(VIEWS)]
    stage = scenes.draw_stage(rng, pool)
    surface = Surface.prepare(stage.mesh)
    return [_scene_view(stage, surface, rng, size) for _ in range(VIEWS)]


def _posed(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """Centred and of unit radius; one in six lies or floats in any pose."""
    if rng.random() < 0.17:
        mesh = mesh.rotated(random_rotation(rng))
    low, high = mesh.bounds
    mesh = mesh.shifted(*(-(low + high) / 2))
    return mesh.scaled(1.0 / float(np.linalg.norm(mesh.vertices, axis=1).max()))


def _materials(surface: Surface, rng: np.random.Generator, alike: float) -> list[Material]:
    """One material a slot; many are all plain, and a share `alike` is all of one material, like clay."""
    plain = rng.random() < 0.45
    if rng.random() < alike:
        return [random_material(rng, surface.extents.max(), plain)] * len(surface.extents)
    return [random_material(rng, extent, plain) for extent in surface.extents]


def random_lighting(rng: np.random.Generator, camera: Camera, centre: NDArray, radius: float) -> Lighting:
    """Key light mostly from above and the camera's side of the subject; sky from dim to all there is."""
    back = camera.position - centre
    azimuth = np.arctan2(back[1], back[0]) + rng.normal(0, 1.0)
    elevation = np.radians(np.clip(rng.normal(48, 20), 5, 88))
    distance = radius * rng.choice([rng.uniform(2.5, 6), 50.0])
    warmth = rng.normal(0, 0.1)
    key = rng.uniform(1.5, 4.5) * np.array([1 + warmth, 1, 1 - warmth])
    ambient = rng.uniform(0.12, 1.1)
    tint = np.clip(rng.normal(0, 0.07, 3), -0.2, 0.2)
    zenith = ambient * (1 + tint)
    ground = random_colour(rng) * rng.uniform(0.2, 1.3) * (0.3 * key.mean() / np.pi + ambient)
    if rng.random() < 0.2:
        ground = zenith * 0.9  # an even grey world, as renderers start with
    f32 = np.float32
    return Lighting(
        key_position=centre + distance * direction(azimuth, elevation),
        key_radius=float(distance * rng.choice([0.01, rng.uniform(0.02, 0.15), rng.uniform(0.15, 0.6)])),
        key_colour=key.astype(f32),
        fill_direction=direction(azimuth + rng.uniform(1.5, 4.5), rng.uniform(-0.3, 0.8)).astype(f32),
        fill_colour=(rng.choice([0.0, rng.uniform(0, 1.2)]) * (1 - tint)).astype(f32),
        zenith=zenith.astype(f32),
        horizon=(zenith * rng.uniform(0.6, 1.5)).astype(f32),
        ground=np.asarray(ground, f32),
    )


def _render(
    surface: Surface,
    camera: Camera,
    light: Lighting,
    rng: np.random.Generator,
    size: int,
    alike: float,
    rays: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Linear RGB (H, W, 3), 0 where nothing is hit, and depth (6, H, W)."""
    seen = camera.to_camera(surface.mesh.vertices)
    rows, columns = _window(seen, camera, size)
    directions = camera.rays(rows, columns)
    distances, hits = surface.tracer.layers(camera.position, directions)
    index = rows * size + columns
    depth = np.zeros((LAYERS, size * size), np.float32)
    depth[:, index] = distances
    image = np.zeros((size * size, 3), np.float32)
    if len(hits.ray):
        materials = _materials(surface, rng, alike)
        pixels = index[hits.ray]
        flat = rng.random() < 0.12
        image[pixels] = shade(
            surface, materials, light, camera, hits, directions, pixels, size, rng, flat, rays
        )
    return image.reshape(size, size, 3), depth.reshape(LAYERS, size, size)


def _window(seen: NDArray, camera: Camera, size: int) -> tuple[NDArray, NDArray]:
    """Rows and columns of the pixels that camera-space points (N, 3) may cover."""
    low, high = np.zeros(2, int), np.full(2, size)
    if seen[:, 2].min() > 1e-3:
        pixel = seen[:, :2] / seen[:, 2:] * np.diag(camera.intrinsics)[:2] + camera.intrinsics[:2, 2]
        low = np.clip(np.floor(pixel.min(0)).astype(int) - 1, 0, size - 1)
        high = np.clip(np.ceil(pixel.max(0)).astype(int) + 1, low + 1, size)
    rows, columns = np.mgrid[low[1] : high[1], low[0] : high[0]]
    return rows.ravel(), columns.ravel()


def _object_view(surface: Surface, rng: np.random.Generator, size: int) -> Sample:
    camera = frame_object(rng, surface.mesh.vertices, size)
    light = random_lighting(rng, camera, np.zeros(3), 1.0)
    linear, depth = _render(surface, camera, light, rng, size, 0.33, 2)
    mask = depth[0] > 0
    colour, alpha = antialias(linear, mask)
    rgb = degrade(tone_map(colour, mask, rng), rng)
    return Sample(rgb, alpha, depth, camera.intrinsics, "object")


def _scene_camera(stage: scenes.Stage, tracer: Tracer, rng: np.random.Generator, size: int) -> Camera:
    """A viewpoint that isn't inside or right in front of something; the last of eight in any case."""
    coarse = (np.arange(12) + 0.5) * size / 12
    columns, rows = np.meshgrid(coarse, coarse)
    for _ in range(8):
        position, target = stage.viewpoint(rng)
        fov = np.radians(np.clip(rng.normal(50, 12), 22, 80))
        stretch = float(rng.choice([1.0, rng.uniform(0.6, 1.4)], p=[0.75, 0.25]))
        roll = rng.normal(0, np.radians(2))
        camera = frame_scene(position, target, fov, size, roll, stretch)
        distances, _ = tracer.layers(position, camera.rays(rows.ravel(), columns.ravel()), 1)
        away = np.linalg.norm(target - position)
        if (distances > 0).mean() > 0.3 and distances[distances > 0].min() > 0.12 * away:
            break
    return camera


def _scene_view(stage: scenes.Stage, surface: Surface, rng: np.random.Generator, size: int) -> Sample:
    camera = _scene_camera(stage, surface.tracer, rng, size)
    light = random_lighting(rng, camera, stage.centre, stage.radius)
    if stage.lamp is not None and rng.random() < 0.75:
        light = replace(
            light, key_position=rng.uniform(*stage.lamp), key_radius=float(rng.uniform(0.05, 0.4))
        )
    linear, depth = _render(surface, camera, light, rng, size, 0.05, 1)
    mask = depth[0] > 0
    if not mask.all():
        rows, columns = np.nonzero(~mask)
        directions = camera.rays(rows, columns)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        linear[~mask] = light.sky(directions)
    colour, _ = antialias(linear, np.ones_like(mask))
    rgb = degrade(tone_map(colour, mask if mask.any() else ~mask, rng), rng)
    return Sample(rgb, np.full((size, size), 255, np.uint8), depth, camera.intrinsics, "scene")
