"""Triangle meshes with what shading needs: rest-pose texture coordinates, material slots, crease angles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import manifold3d
import numpy as np
from numpy.typing import NDArray

FLAT = 2.0  # a cosine no pair of faces reaches: every edge is a crease
AUTO_SMOOTH = float(np.cos(np.radians(38.0)))
SMOOTH = -2.0


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh; Z is up, triangles wind counter-clockwise seen from outside.

    vertices : (N, 3) float64, object units
    faces : (M, 3) int32
    texture : (N, 3) float64, rest-pose coordinates that solid textures are evaluated at
    slot : (M,) int32, material slot
    crease : (M,) float32, cosine of the angle above which an edge stays sharp when shaded
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    texture: NDArray[np.float64]
    slot: NDArray[np.int32]
    crease: NDArray[np.float32]

    @classmethod
    def build(cls, vertices: NDArray, faces: NDArray, slot: int = 0, crease: float = AUTO_SMOOTH) -> Mesh:
        """Wrap arrays; turns the winding round where the enclosed volume is negative."""
        vertices = np.asarray(vertices, np.float64)
        faces = np.asarray(faces, np.int32)
        if signed_volume(vertices, faces) < 0:
            faces = faces[:, ::-1]
        count = len(faces)
        return cls(
            vertices,
            np.ascontiguousarray(faces),
            vertices,
            np.full(count, slot, np.int32),
            np.full(count, crease, np.float32),
        )

    def with_slot(self, slot: int) -> Mesh:
        """The same mesh, every face in one material slot."""
        return replace(self, slot=np.full(len(self.faces), slot, np.int32))

    def with_crease(self, crease: float) -> Mesh:
        """The same mesh with another crease cosine."""
        return replace(self, crease=np.full(len(self.faces), crease, np.float32))

    def moved(self, vertices: NDArray) -> Mesh:
        """The same mesh with other vertex positions; texture coordinates stay."""
        return replace(self, vertices=np.asarray(vertices, np.float64))

    def scaled(self, factor: float | Sequence[float] | NDArray) -> Mesh:
        """Scaled about the origin; texture coordinates scale along (textures don't stretch)."""
        factor = np.asarray(factor, np.float64)
        flip = np.prod(np.broadcast_to(factor, 3)) < 0
        faces = np.ascontiguousarray(self.faces[:, ::-1]) if flip else self.faces
        return replace(self, vertices=self.vertices * factor, texture=self.texture * factor, faces=faces)

    def shifted(self, *offset: float) -> Mesh:
        """Translated by (x, y, z)."""
        return self.moved(self.vertices + np.asarray(offset, np.float64))

    def grounded(self) -> Mesh:
        """Moved along Z so that its lowest point is at z = 0."""
        return self.shifted(0, 0, -self.bounds[0][2])

    def rotated(self, matrix: NDArray) -> Mesh:
        """Rotated about the origin by a (3, 3) matrix."""
        return self.moved(self.vertices @ np.asarray(matrix).T)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """(2, 3): least and greatest corner."""
        return np.stack([self.vertices.min(0), self.vertices.max(0)])


def signed_volume(vertices: NDArray, faces: NDArray) -> float:
    """Enclosed volume; negative where the winding is inside out."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6.0


def face_normals(mesh: Mesh) -> NDArray[np.float64]:
    """(M, 3): normals whose length is twice the face area."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


def corner_normals(mesh: Mesh) -> NDArray[np.float32]:
    """(M, 3, 3): shading normal of each face corner, smoothed over edges flatter than the crease angle."""
    normals = face_normals(mesh)
    corner_vertex = mesh.faces.ravel()
    everything = [
        np.bincount(corner_vertex, np.repeat(normals[:, i], 3), len(mesh.vertices)) for i in range(3)
    ]
    vertex_normal = np.stack(everything, axis=1)  # smooth over every edge
    vertex_normal = vertex_normal / np.maximum(np.linalg.norm(vertex_normal, axis=1, keepdims=True), 1e-20)
    total = vertex_normal[corner_vertex]
    # where every face is within half the crease angle of the vertex, every pair is within the angle
    cosine = np.einsum("ijk,ik->ij", total.reshape(-1, 3, 3), normals)
    cosine /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    half_angle = np.sqrt(np.clip((1 + mesh.crease) / 2, 0, 4))[:, None]
    sharp = np.zeros(len(mesh.vertices), bool)
    sharp[mesh.faces[(cosine < half_angle) & (mesh.crease > SMOOTH)[:, None]]] = True
    creased = np.flatnonzero(sharp[corner_vertex])
    if len(creased):
        some = _within_crease(mesh, normals, creased)
        total[creased] = some / np.maximum(np.linalg.norm(some, axis=1, keepdims=True), 1e-20)
    return total.reshape(-1, 3, 3).astype(np.float32)


def _within_crease(mesh: Mesh, normals: NDArray, corners: NDArray) -> NDArray[np.float64]:
    """(K, 3) sum of the normals round each corner that lie within the crease angle of its own face."""
    unit = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    corner_vertex = mesh.faces.ravel()
    order = np.argsort(corner_vertex, kind="stable")
    counts = np.bincount(corner_vertex, minlength=len(mesh.vertices))
    starts = np.cumsum(counts) - counts
    # every corner beside every corner of the same vertex
    repeats = counts[corner_vertex[corners]]
    first = np.cumsum(repeats) - repeats
    mine = np.repeat(corners, repeats) // 3
    within = np.arange(len(mine)) - np.repeat(first, repeats)
    other = order[np.repeat(starts[corner_vertex[corners]], repeats) + within] // 3
    cosine = np.einsum("ij,ij->i", unit[mine], unit[other])
    weight = (cosine >= mesh.crease[mine]) | (mine == other)
    return np.add.reduceat(normals[other] * weight[:, None], first, axis=0)


def concatenate(meshes: Sequence[Mesh]) -> Mesh:
    """Put meshes side by side, slots as they are."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=True)]).astype(np.int32),
        np.concatenate([m.texture for m in meshes]),
        np.concatenate([m.slot for m in meshes]),
        np.concatenate([m.crease for m in meshes]),
    )


def to_manifold(mesh: Mesh) -> manifold3d.Manifold:
    """A manifold3d solid that remembers this mesh's faces and texture coordinates."""
    properties = np.concatenate([mesh.vertices, mesh.texture], axis=1).astype(np.float32)
    original = manifold3d.Manifold.reserve_ids(1)
    return manifold3d.Manifold(
        manifold3d.Mesh(
            properties,
            mesh.faces.astype(np.uint32),
            run_original_id=np.array([original], np.uint32),
            run_index=np.array([0, 3 * len(mesh.faces)], np.uint32),
            face_id=np.arange(len(mesh.faces), dtype=np.uint32),
        )
    )


def from_manifold(solid: manifold3d.Manifold, sources: dict[int, Mesh]) -> Mesh:
    """Back to a `Mesh`; slots and creases come from the meshes it was made of, by original id."""
    result = solid.to_mesh()
    properties = np.asarray(result.vert_properties, np.float64)
    faces = np.array(result.tri_verts, np.int32)
    # vertices that differ in texture only are one point again, so that normals smooth across them
    remap = np.arange(len(properties), dtype=np.int32)
    remap[np.asarray(result.merge_from_vert, np.int64)] = np.asarray(result.merge_to_vert, np.int32)
    faces = remap[faces]
    runs = np.diff(np.asarray(result.run_index, np.int64)) // 3
    owner = np.repeat(np.asarray(result.run_original_id, np.int64), runs)
    face_id = np.asarray(result.face_id, np.int64)
    slot = np.zeros(len(faces), np.int32)
    crease = np.full(len(faces), AUTO_SMOOTH, np.float32)
    for original, source in sources.items():
        chosen = owner == original
        slot[chosen] = source.slot[face_id[chosen]]
        crease[chosen] = source.crease[face_id[chosen]]
    return Mesh(properties[:, :3], faces, properties[:, 3:6], slot, crease)


def _combine(meshes: Sequence[Mesh], operation: manifold3d.OpType) -> Mesh | None:
    solids, sources = [], {}
    for mesh in meshes:
        solid = to_manifold(mesh)
        if solid.status() != manifold3d.Error.NoError or solid.is_empty():
            return None
        sources[solid.to_mesh().run_original_id[0]] = mesh
        solids.append(solid)
    result = manifold3d.Manifold.batch_boolean(solids, operation)
    if result.status() != manifold3d.Error.NoError or result.is_empty():
        return None
    return from_manifold(result, sources)


def union(meshes: Sequence[Mesh]) -> Mesh:
    """One solid of overlapping closed solids, without inner surfaces; side by side where one isn't closed."""
    if len(meshes) == 1:
        return meshes[0]
    return _combine(meshes, manifold3d.OpType.Add) or concatenate(meshes)


def joined(rng: np.random.Generator, meshes: Sequence[Mesh], apart: float = 0.13) -> Mesh:
    """Mostly a clean union; a share `apart` is left interpenetrating, as many modellers leave it."""
    return concatenate(meshes) if rng.random() < apart else union(meshes)


def difference(mesh: Mesh, cutters: Sequence[Mesh]) -> Mesh:
    """`mesh` with the closed solids `cutters` taken away; `mesh` itself where the cut is impossible."""
    return _combine([mesh, *cutters], manifold3d.OpType.Subtract) or mesh
