"""Things worn and carried: umbrellas."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.mesh import Mesh, joined

Rng = np.random.Generator


def umbrella(rng: Rng) -> Mesh:
    """Umbrella or parasol: open and upright, lying, on a stand, or folded."""
    ribs, r = int(rng.integers(6, 11)), rng.uniform(0.5, 0.9)
    h, sag = rng.uniform(0.2, 0.6) * r, rng.uniform(0.03, 0.14)
    folded, length = rng.random() < 0.25, rng.uniform(0.9, 1.5)
    thin, u = rng.uniform(0.018, 0.03), np.linspace(0, 1, 12)
    arc = np.stack(
        [r * np.sin(u * np.pi / 2.2) / np.sin(np.pi / 2.2), h * (1 - u ** rng.uniform(1.4, 2.4))], 1
    )
    if folded:
        arc = p.spline(
            [
                (0, 0.9 * length),
                (0.05, 0.75 * length),
                (rng.uniform(0.1, 0.2), 0.4 * length),
                (0.05, 0.3 * length),
            ],
            12,
        )
        arc[:, 0] = np.maximum(arc[:, 0], 0)
    arc[0, 0] = 0
    lower = arc[::-1] - np.array([0, 0.02])
    if folded:
        lower = np.array([[0, arc[-1, 1]]])
    cover = p.lathe(np.concatenate([arc, lower]), 6 * ribs)
    v = cover.vertices.copy()
    wave = np.sin(0.5 * ribs * np.arctan2(v[:, 1], v[:, 0])) ** 2  # 0 at a rib, 1 between two
    if folded:
        v[:, :2] *= 1 - 0.45 * wave[:, None]
    else:
        far = np.hypot(v[:, 0], v[:, 1]) / r
        v[:, :2] *= 1 - (sag * far**3 * wave)[:, None]
        v[:, 2] -= sag * 0.6 * r * far * wave * (1 - far)
    parts, top = [cover.moved(v)], float(arc[0, 1])
    foot = top - length
    parts.append(p.rod((0, 0, foot), (0, 0, top + 0.1), thin).with_slot(1))
    if not folded and rng.random() < 0.7:
        low = p.rod(
            (0, 0, 0.1 * h - 0.25 * r),
            (0.55 * r, 0, float(np.interp(0.55 * r, arc[:, 0], arc[:, 1])) - 0.01),
            0.014,
            6,
        )
        parts += [m.with_slot(1) for m in p.around(low, ribs)]
    kind = rng.integers(3)
    if kind == 0:  # crook
        bend = rng.uniform(0.06, 0.14)
        path = [(0, 0, foot + 0.15), (0, 0, foot), (bend, 0, foot - bend), (2 * bend, 0, foot + 0.02)]
        parts.append(p.tube(p.spline(path, 22), 1.5 * thin, 10).with_slot(2))
    elif kind == 1:
        parts.append(p.capsule(2 * thin, 0.2, 14).shifted(0, 0, foot).with_slot(2))
    else:
        base = rng.uniform(0.15, 0.3)
        parts.append(p.cylinder(base, 0.08, base * 0.9).shifted(0, 0, foot).with_slot(2))
    mesh = joined(rng, parts)
    if kind < 2 and rng.random() < 0.5:  # lying
        mesh = mesh.rotated(p.rotation((0, 1, 0), np.pi / 2 + rng.uniform(0, 0.5)))
    return mesh.shifted(0, 0, -mesh.bounds[0][2])
