"""Coarse meshes made finer, without a crack: a colour that lives on vertices needs vertices to live on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wt_backend.projection.mesh import TriangleMesh

FINE = 2e-5  # square of the longest edge wanted, as a share of the mesh's area
SHORTEST = 2e-3  # and at least this share of its extent: a mesh of needles has hardly any area
MOST = 150_000  # triangles

# Corners 0 1 2 and middles 3 (of 0–1), 4 (of 1–2), 5 (of 2–0), by which edges are cut (bits 1, 2, 4).
PATTERNS = (
    ((0, 1, 2),),
    ((0, 3, 2), (3, 1, 2)),
    ((0, 1, 4), (0, 4, 2)),
    ((3, 1, 4), (0, 3, 4), (0, 4, 2)),
    ((0, 1, 5), (1, 2, 5)),
    ((5, 0, 3), (2, 5, 3), (2, 3, 1)),
    ((4, 2, 5), (1, 4, 5), (1, 5, 0)),
    ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
)


def refine(mesh: TriangleMesh) -> TriangleMesh:
    """The same surface and UVs with long edges halved until all are short, or there are many triangles.

    An edge is cut for all its triangles at once, so that no crack opens. The mesh's own vertices come first.
    """
    extent = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0))) if len(mesh.vertices) else 0.0
    longest = max(float(np.sqrt(FINE * mesh.areas.sum())), SHORTEST * extent)
    while len(mesh.triangles) < MOST:
        ends, edge = _edges(mesh.triangles)
        cut = np.linalg.norm(np.diff(mesh.vertices[ends], axis=1)[:, 0], axis=1) > longest
        cuts = cut[edge]  # (T, 3)
        if not cut.any() or len(cuts) + cuts.sum() > MOST:
            break
        mesh = _cut(mesh, ends, edge, cut)
    return mesh


def _edges(triangles: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Edges (E, 2) as pairs of vertices, and which (T, 3) lie at a triangle's corners 0–1, 1–2, 2–0."""
    pairs = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, first, which = np.unique(
        pairs[:, 0] * (pairs.max(initial=0) + 1) + pairs[:, 1], return_index=True, return_inverse=True
    )
    return pairs[first], which.reshape(-1, 3)


def _cut(
    mesh: TriangleMesh, ends: NDArray[np.int64], edge: NDArray[np.intp], cut: NDArray[np.bool_]
) -> TriangleMesh:
    """Put a vertex into the middle of the edges that ``cut`` (E,) names."""
    middle = len(mesh.vertices) + np.cumsum(cut) - 1
    vertices = np.concatenate([mesh.vertices, mesh.vertices[ends[cut]].mean(1)])
    points = np.concatenate([mesh.triangles, middle[edge]], axis=1)  # (T, 6); unused where not cut
    uv = mesh.uv
    if uv is not None:
        uv = np.concatenate([uv, (uv + uv[:, [1, 2, 0]]) / 2], axis=1)
    code = cut[edge] @ (1, 2, 4)
    triangles, places = [], []
    for number, pattern in enumerate(PATTERNS):
        some = code == number
        for corners in pattern:
            triangles.append(points[some][:, corners])
            if uv is not None:
                places.append(uv[some][:, corners])
    return TriangleMesh(vertices, np.concatenate(triangles), np.concatenate(places) if places else None)
