"""A subject and a photograph of it: what stands there, camera, light and materials; the tracing of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data import families, scenes
from wt_backend.training.data.cameras import Camera, direction, frame_object, frame_scene
from wt_backend.training.data.mesh import Mesh
from wt_backend.training.data.primitives import random_rotation
from wt_backend.training.data.shading import Lighting, Surface, shade
from wt_backend.training.data.textures import Material, random_colour, random_material
from wt_backend.training.data.tracing import LAYERS, FirstHits, Tracer

Mode = Literal["object", "scene"]
Split = Literal["train", "validation"]
OBJECT_SHARE = 0.6
FLAT_SHARE = 0.12
"""Photographs in which every face shows, as of meshes nobody set to smooth."""


@dataclass(frozen=True)
class Subject:
    """An object, or a scene with its stage."""

    surface: Surface
    stage: scenes.Stage | None

    @property
    def mode(self) -> Mode:
        """ "object" or "scene"."""
        return "object" if self.stage is None else "scene"


@dataclass(frozen=True)
class View:
    """How a subject is photographed."""

    camera: Camera
    light: Lighting
    materials: list[Material]
    flat: bool


@dataclass(frozen=True)
class Trace:
    """All hits of a view: depth (6, H, W), and what the rays hit first."""

    depth: NDArray[np.float32]
    hits: FirstHits
    directions: NDArray[np.float32]  # (N, 3) of the rays that were shot
    pixels: NDArray[np.int64]  # (K,) row-major index of each first hit

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W) whether anything is hit."""
        return self.depth[0] > 0


def draw_subject(rng: np.random.Generator, kind: Mode | None, split: Split) -> Subject:
    """An object or a scene; either where `kind` is None."""
    pool = families.TRAIN if split == "train" else families.VALIDATION
    if (kind or ("object" if rng.random() < OBJECT_SHARE else "scene")) == "object":
        return Subject(Surface.prepare(_posed(families.draw(rng, pool), rng)), None)
    stage = scenes.draw_stage(rng, pool)
    return Subject(Surface.prepare(stage.mesh), stage)


def draw_view(subject: Subject, rng: np.random.Generator, size: int) -> View:
    """A photograph of size×size pixels: where from, in what light, made of what."""
    surface, stage = subject.surface, subject.stage
    if stage is None:
        camera = frame_object(rng, surface.mesh.vertices, size)
        light = random_lighting(rng, camera, np.zeros(3), 1.0)
    else:
        camera = _scene_camera(stage, surface.tracer, rng, size)
        light = random_lighting(rng, camera, stage.centre, stage.radius)
        if stage.lamp is not None and rng.random() < 0.75:
            place = rng.uniform(*stage.lamp)
            reach = float(np.linalg.norm(place - stage.centre)) + 0.5
            radius = float(rng.uniform(0.05, 0.4))
            light = replace(light, key_position=place, key_radius=radius, key_reach=reach)
    materials = _materials(surface, rng, 0.33 if stage is None else 0.05)
    return View(camera, light, materials, bool(rng.random() < FLAT_SHARE))


def trace_view(subject: Subject, camera: Camera, size: int) -> Trace:
    """Shoot a ray through every pixel that the subject may cover."""
    rows, columns = _window(camera.to_camera(subject.surface.mesh.vertices), camera, size)
    directions = camera.rays(rows, columns)
    distances, hits = subject.surface.tracer.layers(camera.position, directions)
    index = rows * size + columns
    depth = np.zeros((LAYERS, size * size), np.float32)
    depth[:, index] = distances
    return Trace(depth.reshape(LAYERS, size, size), hits, directions, index[hits.ray])


def render_view(subject: Subject, view: View, trace: Trace, rng: np.random.Generator) -> NDArray[np.float32]:
    """Linear RGB (H, W, 3); where nothing is hit black for an object, the sky for a scene."""
    size = trace.depth.shape[-1]
    image = np.zeros((size * size, 3), np.float32)
    rays = 2 if subject.stage is None else 1
    if len(trace.pixels):
        image[trace.pixels] = shade(
            subject.surface, view.materials, view.light, view.camera, trace.hits, trace.directions,
            trace.pixels, size, rng, view.flat, rays,
        )  # fmt: skip
    image = image.reshape(size, size, 3)
    if subject.stage is not None and not trace.mask.all():
        directions = view.camera.rays(*np.nonzero(~trace.mask))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        image[~trace.mask] = view.light.sky(directions)
    return image


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
        key_reach=float(distance),
        key_colour=key.astype(f32),
        fill_direction=direction(azimuth + rng.uniform(1.5, 4.5), rng.uniform(-0.3, 0.8)).astype(f32),
        fill_colour=(rng.choice([0.0, rng.uniform(0, 1.2)]) * (1 - tint)).astype(f32),
        zenith=zenith.astype(f32),
        horizon=(zenith * rng.uniform(0.6, 1.5)).astype(f32),
        ground=np.asarray(ground, f32),
    )


def _window(seen: NDArray, camera: Camera, size: int) -> tuple[NDArray, NDArray]:
    """Rows and columns of the pixels that camera-space points (N, 3) may cover."""
    low, high = np.zeros(2, int), np.full(2, size)
    if seen[:, 2].min() > 1e-3:
        pixel = seen[:, :2] / seen[:, 2:] * np.diag(camera.intrinsics)[:2] + camera.intrinsics[:2, 2]
        low = np.clip(np.floor(pixel.min(0)).astype(int) - 1, 0, size - 1)
        high = np.clip(np.ceil(pixel.max(0)).astype(int) + 1, low + 1, size)
    rows, columns = np.mgrid[low[1] : high[1], low[0] : high[0]]
    return rows.ravel(), columns.ravel()


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
