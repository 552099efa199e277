"""All ray/surface intersections with Embree: rays start at a camera and keep going through every surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from wt_backend.training.data.mesh import Mesh

LAYERS = 6


@dataclass(frozen=True)
class FirstHits:
    """Where rays meet the scene first. `ray` (K,) indexes the rays; the rest is beside it."""

    ray: NDArray[np.int64]
    distance: NDArray[np.float32]
    face: NDArray[np.int32]
    barycentric: NDArray[np.float32]  # (K, 3), weights of the face's corners


class Tracer:
    """A mesh ready for ray queries. Distances count in lengths of the given direction vectors."""

    def __init__(self, mesh: Mesh) -> None:
        self._scene = EmbreeScene()
        self._mesh = TriangleMesh(
            self._scene,
            np.ascontiguousarray(mesh.vertices, np.float32),
            np.ascontiguousarray(mesh.faces, np.int32),
        )
        self.epsilon = 2e-5 * min(float(np.ptp(mesh.vertices, axis=0).max()), 20.0)

    def layers(
        self, origin: NDArray, directions: NDArray[np.float32], count: int = LAYERS
    ) -> tuple[NDArray[np.float32], FirstHits]:
        """Distances of the first `count` hits of rays from one point.

        Parameters
        ----------
        origin : (3,)
        directions : (N, 3) float32, not necessarily of unit length

        Returns
        -------
        distances : (count, N) float32, front to back, 0 where there is no further hit
        first : what the first layer hit
        """
        total = len(directions)
        distances = np.zeros((count, total), np.float32)
        step = self.epsilon / np.linalg.norm(directions, axis=1)
        live = np.arange(total)
        reached = np.zeros(total, np.float64)  # so far along the ray
        found = np.zeros(total, np.int64)
        last_face = np.full(total, -1, np.int32)
        last_entering = np.zeros(total, bool)
        first: FirstHits | None = None
        origin = np.asarray(origin, np.float32)
        for _ in range(count + 6):
            rays = directions[live]
            start = origin + rays * reached[live, None].astype(np.float32)
            hit = self._scene.run(start, rays, output=True)
            ok = hit["primID"] >= 0
            if first is None:
                u, v = hit["u"][ok], hit["v"][ok]
                first = FirstHits(
                    live[ok], hit["tfar"][ok], hit["primID"][ok], np.stack([1 - u - v, u, v], axis=1)
                )
            live = live[ok]
            if not len(live):
                break
            face = hit["primID"][ok]
            entering = np.einsum("ij,ij->i", hit["Ng"][ok], rays[ok]) < 0
            advance = hit["tfar"][ok].astype(np.float64)
            # a shared edge answers twice: same face, or same side again at the same place
            twice = (face == last_face[live]) | (
                (found[live] > 0) & (advance < 2 * step[live]) & (entering == last_entering[live])
            )
            fresh = live[~twice]
            distances[found[fresh], fresh] = reached[fresh] + advance[~twice]
            found[fresh] += 1
            last_face[live], last_entering[live] = face, entering
            reached[live] += advance + step[live]
            live = live[found[live] < count]
        assert first is not None
        return distances, first

    def occluded(self, origins: NDArray, directions: NDArray) -> NDArray[np.bool_]:
        """(N,) whether anything lies along rays (N, 3) from points (N, 3)."""
        return self._scene.run(_f32(origins), _f32(directions), query="OCCLUDED") == 0

    def nearest(self, origins: NDArray, directions: NDArray) -> NDArray[np.int32]:
        """(N,) face that each ray meets first, −1 where none."""
        return self._scene.run(_f32(origins), _f32(directions))


def _f32(array: NDArray) -> NDArray[np.float32]:
    return np.ascontiguousarray(array, np.float32)
