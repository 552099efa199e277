"""What a path tracer would show at first hits: key light with soft shadow, sky, one bounce, gloss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wt_backend.training.data.cameras import Camera
from wt_backend.training.data.mesh import Mesh, corner_normals, face_normals
from wt_backend.training.data.textures import Material, albedo, blend_factor
from wt_backend.training.data.tracing import FirstHits, Tracer

Vectors = NDArray[np.float32]
TILE = 4
"""Neighbouring pixels of a TILE×TILE block shoot different rays and share what they find."""


@dataclass(frozen=True)
class Lighting:
    """Key light at a place with a radius, fill light from a direction, sky and ground; linear RGB."""

    key_position: NDArray[np.float64]
    key_radius: float
    key_reach: float  # distance from the key light at which `key_colour` holds
    key_colour: Vectors  # irradiance
    fill_direction: Vectors
    fill_colour: Vectors
    zenith: Vectors
    horizon: Vectors
    ground: Vectors

    def key_at(self, points: Vectors) -> tuple[Vectors, Vectors]:
        """Irradiance (N, 3) of a face turned to the key light at points (N, 3), and the vectors to it."""
        towards = self.key_position.astype(np.float32) - points
        squared = np.einsum("ij,ij->i", towards, towards)
        falloff = np.minimum(self.key_reach**2 / np.maximum(squared, 1e-9), 8.0).astype(np.float32)
        return falloff[:, None] * self.key_colour, towards

    def sky(self, directions: Vectors) -> Vectors:
        """(N, 3) radiance from directions (N, 3)."""
        up = directions[:, 2:]
        above = self.horizon + (self.zenith - self.horizon) * np.sqrt(np.clip(up, 0, 1))
        below = self.ground
        blend = np.clip(up * 8 + 0.5, 0, 1)
        return (above * blend + below * (1 - blend)).astype(np.float32)


@dataclass(frozen=True)
class Surface:
    """Everything about a mesh that shading looks up."""

    mesh: Mesh
    tracer: Tracer
    corner_normals: Vectors  # (M, 3, 3)
    face_normals: Vectors  # (M, 3), unit
    centres: Vectors  # (M, 3)
    texture: Vectors  # (N, 3)
    extents: NDArray[np.float64]  # (K,) size of what each material slot covers

    @classmethod
    def prepare(cls, mesh: Mesh) -> Surface:
        """Build the ray structure and normals once; they serve every view."""
        normals = face_normals(mesh)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
        centres = mesh.vertices[mesh.faces].mean(1)
        rest = mesh.texture[mesh.faces[:, 0]]
        covered = [rest[mesh.slot == k] for k in range(int(mesh.slot.max()) + 1)]
        extents = [np.ptp(points, axis=0).max() if len(points) else 1.0 for points in covered]
        return cls(
            mesh,
            Tracer(mesh),
            corner_normals(mesh),
            normals.astype(np.float32),
            centres.astype(np.float32),
            mesh.texture.astype(np.float32),
            np.clip(extents, 0.05, 4.0),
        )


def _mixed(weights: Vectors, corners: Vectors) -> Vectors:
    """(N, 3) corner values (N, 3, 3) weighted by (N, 3)."""
    mixed = weights[:, :1] * corners[:, 0]
    mixed += weights[:, 1:2] * corners[:, 1]
    mixed += weights[:, 2:] * corners[:, 2]
    return np.asarray(mixed, np.float32)


def _unit(vectors: NDArray) -> Vectors:
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: Vectors = (vectors / np.maximum(length, 1e-12)).astype(np.float32, copy=False)
    return unit


def _basis(normals: Vectors) -> tuple[Vectors, Vectors]:
    """Two tangents of each normal (Duff et al., Building an Orthonormal Basis, Revisited, 2017)."""
    x, y, z = normals.T
    sign = np.where(z >= 0, 1.0, -1.0).astype(np.float32)
    a = -1.0 / (sign + z)
    b = x * y * a
    return (
        np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1),
        np.stack([b, sign + y * y * a, -y], axis=1),
    )


def _cosine_directions(normals: Vectors, u: Vectors, v: Vectors) -> Vectors:
    tangent, other = _basis(normals)
    radius, angle = np.sqrt(u)[:, None], (np.float32(2 * np.pi) * v)[:, None]
    height = np.sqrt(np.maximum(1 - u, 0))[:, None]
    return tangent * (radius * np.cos(angle)) + other * (radius * np.sin(angle)) + normals * height


def _share(
    values: NDArray, pixels: NDArray, normals: Vectors, points: Vectors, distance: Vectors, size: int
) -> NDArray:
    """Average (N, C) over TILE×TILE neighbours that lie in about the same plane."""
    channels = values.shape[1]
    scale = float(np.median(distance)) / 40
    packed = np.zeros((size * size, channels + 6), np.float32)
    packed[pixels, :channels] = values
    packed[pixels, channels : channels + 3] = normals
    packed[pixels, channels + 3 :] = points / scale
    packed = packed.reshape(size, size, -1)
    image = np.ascontiguousarray(packed[..., :channels])
    normal = np.ascontiguousarray(packed[..., channels : channels + 3])
    place = np.ascontiguousarray(packed[..., channels + 3 :])
    for axis in (0, 1):
        total = image.copy()
        weight = np.ones((size, size), np.float32)
        for step in range(-(TILE // 2), TILE // 2):
            if step == 0:
                continue
            cosine = np.einsum("ijk,ijk->ij", normal, np.roll(normal, step, axis))
            off_plane = np.einsum("ijk,ijk->ij", normal, np.roll(place, step, axis) - place)
            w = np.clip(cosine * 4 - 3, 0, 1) * np.clip(1.5 - np.abs(off_plane), 0, 1)
            wrapped = slice(0, step) if step > 0 else slice(step, None)  # from the other border
            w.swapaxes(0, axis)[wrapped] = 0
            total += np.roll(image, step, axis) * w[..., None]
            weight += w
        image = total / weight[..., None]
    return image.reshape(-1, channels)[pixels]


def _tile_samples(pixels: NDArray, size: int, rng: np.random.Generator, rays: int) -> Vectors:
    """(rays, N, 2) stratified numbers in [0, 1): each pixel of a tile has its own strata."""
    cell = (pixels // size % TILE) * TILE + pixels % size % TILE
    strata = rng.permuted(
        np.stack([np.arange(TILE**2, dtype=np.float32)] * (2 * rays)), axis=1
    )  # rays × 2 axes
    picked = strata[:, cell].reshape(rays, 2, -1).transpose(0, 2, 1)
    f32 = np.float32
    jitter = 0.6 * rng.random((rays, 1, 2), f32) + 0.4 * rng.random((rays, len(pixels), 2), f32)
    return (picked + jitter) * f32(1 / TILE**2)


def face_radiance(
    surface: Surface, faces: NDArray[np.int32], materials: list[Material], light: Lighting
) -> Vectors:
    """(K, 3) light that faces (K,) send back: what bounced rays that meet them bring along."""
    wanted = np.flatnonzero(np.bincount(faces, minlength=len(surface.centres)))
    normals, centres = surface.face_normals[wanted], surface.centres[wanted]
    colours = np.stack([m.mean_colour for m in materials])[surface.mesh.slot[wanted]]
    strength, towards = light.key_at(centres)
    towards = _unit(towards)
    cosine = np.einsum("ij,ij->i", normals, towards)
    side = np.where(cosine < 0, -1, 1).astype(np.float32)[:, None] * normals
    lit = ~surface.tracer.occluded(centres + side * (8 * surface.tracer.epsilon), towards)
    ambient = 0.35 * light.sky(normals) + 0.05 * light.key_colour / np.pi
    direct = (np.abs(cosine) * lit)[:, None] * strength / np.pi
    table = np.zeros((len(surface.centres), 3), np.float32)
    table[wanted] = colours * (direct + ambient)
    return table[faces]


def shade(
    surface: Surface,
    materials: list[Material],
    light: Lighting,
    camera: Camera,
    hits: FirstHits,
    directions: Vectors,
    pixels: NDArray[np.int64],
    size: int,
    rng: np.random.Generator,
    flat: bool = False,
    rays: int = 2,
) -> Vectors:
    """Linear RGB (K, 3) at first hits.

    `directions` (N, 3) are the camera rays that `hits.ray` indexes; `pixels` (K,) are the row-major
    indices of the hits in the size×size image; `flat` shades every face as a plane.
    """
    tracer, mesh = surface.tracer, surface.mesh
    view = directions[hits.ray]
    points = camera.position.astype(np.float32) + view * hits.distance[:, None]
    view = _unit(view)
    geometric = surface.face_normals[hits.face]
    facing = np.einsum("ij,ij->i", geometric, view)
    turned = np.where(facing > 0, -1, 1).astype(np.float32)[:, None]
    geometric = geometric * turned
    if flat:
        normals = geometric.copy()
    else:
        normals = _unit(turned * _mixed(hits.barycentric, surface.corner_normals[hits.face]))
    texture = _mixed(hits.barycentric, surface.texture[mesh.faces[hits.face]])
    slots = mesh.slot[hits.face]

    slant = np.abs(np.einsum("ij,ij->i", geometric, view))
    footprint = hits.distance / (np.float32(camera.intrinsics[0, 0]) * np.maximum(slant, np.float32(0.05)))
    base = np.zeros((len(slots), 3), np.float32)
    roughness, specular = np.ones(len(slots), np.float32), np.zeros((len(slots), 3), np.float32)
    diffuse_share = np.ones(len(slots), np.float32)
    for slot in np.unique(slots):
        chosen = np.flatnonzero(slots == slot)
        material = materials[slot]
        base[chosen] = albedo(material, texture[chosen], footprint[chosen])
        roughness[chosen] = material.roughness
        specular[chosen] = base[chosen] if material.metallic else material.specular
        diffuse_share[chosen] = 0.0 if material.metallic else 1.0
        if material.bump:
            normals[chosen] = _bumped(material, texture[chosen], normals[chosen])
    # a shading normal never looks away from the camera
    away = np.einsum("ij,ij->i", normals, view)
    normals = _unit(normals - view * np.maximum(away + 0.02, 0)[:, None] * 1.02)

    origins = points + geometric * (6 * tracer.epsilon)
    samples = _tile_samples(pixels, size, rng, rays + 1)
    # sky and bounce
    out = np.concatenate([_cosine_directions(normals, u[:, 0], u[:, 1]) for u in samples[:rays]])
    arriving = _incoming(surface, materials, light, np.tile(origins, (rays, 1)), out)
    arriving = arriving.reshape(rays, -1, 3).mean(0)
    # key light
    strength, centre = light.key_at(points)
    a, b = _basis(_unit(centre))
    spread = np.sqrt(samples[-1, :, :1]) * np.float32(light.key_radius)
    angle = np.float32(2 * np.pi) * samples[-1, :, 1:]
    to_key = _unit(centre + spread * (a * np.cos(angle) + b * np.sin(angle)))
    lit = (~tracer.occluded(origins, to_key)).astype(np.float32)
    lit *= np.einsum("ij,ij->i", geometric, to_key) > 0
    shared = _share(
        np.concatenate([arriving, lit[:, None]], axis=1), pixels, geometric, points, hits.distance, size
    )
    arriving, lit = shared[:, :3], shared[:, 3]

    to_key = _unit(centre)
    strength = strength * lit[:, None]
    cosine = np.maximum(np.einsum("ij,ij->i", normals, to_key), 0)[:, None]
    fill = np.maximum(normals @ light.fill_direction, 0)[:, None] * light.fill_colour
    diffuse = base * diffuse_share[:, None] * (arriving + (strength * cosine + fill) / np.pi)
    half = _unit(to_key - view)
    highlight = _ggx(np.maximum(np.einsum("ij,ij->i", normals, half), 0), roughness)[:, None]
    toward = np.clip(1 + np.einsum("ij,ij->i", normals, view), 0, 1)[:, None] ** 5  # Schlick
    fresnel = specular + (np.maximum(1 - roughness[:, None], specular) - specular) * toward
    gloss = specular * np.minimum(highlight, 60.0) * strength * (cosine > 0) * cosine * 0.25
    mirror = arriving.copy()
    shiny = np.flatnonzero((roughness < 0.42) | (diffuse_share == 0))
    if len(shiny):
        out = view[shiny] - 2 * np.einsum("ij,ij->i", view[shiny], normals[shiny])[:, None] * normals[shiny]
        scatter = rng.standard_normal(out.shape, np.float32) * (roughness[shiny] ** 2 * 0.6)[:, None]
        mirror[shiny] = _incoming(surface, materials, light, origins[shiny], _unit(out + scatter))
    return (diffuse + gloss + fresnel * mirror).astype(np.float32)


def _incoming(
    surface: Surface, materials: list[Material], light: Lighting, origins: Vectors, out: Vectors
) -> Vectors:
    """(N, 3) radiance along rays: of the face they meet, of the sky where they meet none."""
    face = surface.tracer.nearest(origins, out)
    met = face >= 0
    result = np.empty((len(out), 3), np.float32)
    result[~met] = light.sky(out[~met])
    result[met] = face_radiance(surface, face[met], materials, light)
    return result


def _ggx(cosine: Vectors, roughness: Vectors) -> Vectors:
    alpha2 = np.maximum(roughness, 0.08) ** 4
    return alpha2 / (np.pi * (cosine**2 * (alpha2 - 1) + 1) ** 2)


def _bumped(material: Material, texture: NDArray, normals: Vectors) -> Vectors:
    """Tilt normals by the slope of the pattern."""
    step = 0.05 / np.linalg.norm(material.frame[0])
    here = blend_factor(material, texture)
    slope = [blend_factor(material, texture + step * axis) - here for axis in np.eye(3)]
    gradient = np.stack(slope, axis=1) / 0.05 * 0.15
    return _unit(normals - material.bump * np.clip(gradient, -1.5, 1.5))
