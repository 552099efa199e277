"""Twist, taper, bend and ripple whole meshes; edges are split first where triangles are long."""

from __future__ import annotations

import manifold3d
import numpy as np

from wt_backend.training.data.mesh import Mesh, from_manifold, to_manifold

Rng = np.random.Generator


def refined(mesh: Mesh, edge: float) -> Mesh:
    """Split edges longer than `edge`, keeping slots, creases and texture coordinates.

    Meshes that are not closed, or that would grow beyond 20,000 faces, come back as they are.
    """
    area = (
        0.5
        * np.linalg.norm(
            np.cross(
                mesh.vertices[mesh.faces[:, 1]] - mesh.vertices[mesh.faces[:, 0]],
                mesh.vertices[mesh.faces[:, 2]] - mesh.vertices[mesh.faces[:, 0]],
            ),
            axis=1,
        ).sum()
    )
    if len(mesh.faces) + 6 * area / edge**2 > 20000:
        return mesh
    solid = to_manifold(mesh)
    if solid.status() != manifold3d.Error.NoError or solid.is_empty():
        return mesh
    original = int(solid.to_mesh().run_original_id[0])
    return from_manifold(solid.refine_to_length(edge), {original: mesh})


def deformed(mesh: Mesh, rng: Rng) -> Mesh:
    """One or two random deformations of a mesh of about unit size."""
    low, high = mesh.bounds
    size = float((high - low).max())
    mesh = refined(mesh, size / 14)
    v = (mesh.vertices - (low + high) / 2) / size
    for kind in rng.choice(5, size=int(rng.integers(1, 3)), replace=False):
        axes = rng.permutation(3)
        x, y, z = v[:, axes].T
        match int(kind):
            case 0:  # twist about z
                angle = rng.uniform(-2.0, 2.0) * z
                c, s = np.cos(angle), np.sin(angle)
                x, y = c * x - s * y, s * x + c * y
            case 1:  # taper along z
                factor = 1 + rng.uniform(-0.9, 0.9) * z
                x, y = x * factor, y * factor
            case 2:  # bend in the x–z plane
                curve = rng.uniform(0.4, 1.8) * rng.choice([-1, 1])
                angle = z * curve
                x, z = (x - 1 / curve) * np.cos(angle) + 1 / curve, (1 / curve - x) * np.sin(angle)
            case 3:  # bulge or waist
                factor = 1 + rng.uniform(-0.45, 0.6) * np.cos(np.pi * np.clip(z, -0.5, 0.5))
                x, y = x * factor, y * factor
            case _:  # long waves
                x = x + rng.uniform(0.02, 0.08) * np.sin(z * rng.uniform(4, 12) + rng.uniform(0, 6))
                y = y + rng.uniform(0.0, 0.06) * np.sin(z * rng.uniform(4, 9) + rng.uniform(0, 6))
        v = np.stack([x, y, z], axis=1)[:, np.argsort(axes)]
    return mesh.moved(v * size)
