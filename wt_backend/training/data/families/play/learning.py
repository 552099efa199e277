"""Things to puzzle over and to learn with: puzzle cubes and jigsaws, abacuses, molecules."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.play.games import convex
from wt_backend.training.data.mesh import Mesh, concatenate, joined, union

Rng = np.random.Generator


def puzzle(rng: Rng) -> Mesh:
    """Cube of turning layers with coloured stickers, or jigsaw pieces, single or locked together."""
    if rng.random() < 0.45:
        return _jigsaw(rng)
    n, turned, axis = int(rng.choice([2, 3, 3, 3, 4])), rng.uniform(0.1, 1.4), int(rng.integers(3))
    size, rim, solved, still = 1.0 / n, rng.uniform(0.06, 0.12), rng.random() < 0.3, rng.random() < 0.35
    layer, turn = int(rng.integers(n)), p.rotation(np.eye(3)[axis], turned)
    cubie, parts = (
        _bevelled(0.98 * size, 0.07 * size).with_slot(6),
        [p.sphere(0.48 - 1.03 * size, 6).with_slot(6)],
    )
    for cell in np.ndindex(n, n, n):
        outer = [(d, side) for d in range(3) for side in (0, n - 1) if cell[d] == side]
        solids = [cubie]
        for d, side in outer:
            span, middle = np.full(3, size * (1 - 2 * rim)), np.zeros(3)
            span[d], middle[d] = 0.02, (0.49 if side else -0.49) * size
            colour = 2 * d + (side > 0) if solved else int(rng.integers(6))
            solids.append(p.box(span).shifted(*middle).with_slot(colour))
        cube = union(solids).shifted(*((np.array(cell) + 0.5) * size - 0.5))
        if outer:
            parts.append(cube.rotated(turn) if cell[axis] == layer and not still else cube)
    mesh = concatenate(parts if n > 2 else parts[1:])  # nothing touches
    return mesh.rotated(p.random_rotation(rng)).grounded() if rng.random() < 0.3 else mesh.grounded()


def _bevelled(side: float, bevel: float) -> Mesh:
    """Cube with its edges cut off."""
    ring = p.regular_polygon(4, np.sqrt(0.5), np.pi / 4)
    corner = 1 - 2 * bevel / side
    octagon = np.concatenate([[q * [1, corner], q * [corner, 1]] for q in ring])
    hull = np.concatenate(
        [
            np.pad(q, ((0, 0), (0, 1)), constant_values=z)
            for q, z in (
                (ring * corner, -0.5),
                (octagon, -0.5 * corner),
                (octagon, 0.5 * corner),
                (ring * corner, 0.5),
            )
        ]
    )
    return convex(hull * side)


def _jigsaw(rng: Rng) -> Mesh:
    """A block of jigsaw pieces with gaps between them; some lifted, turned or lost."""
    rows, columns, thick, gap = (
        int(rng.integers(1, 4)),
        int(rng.integers(1, 4)),
        rng.uniform(0.06, 0.2),
        0.012,
    )
    side = [
        (0, 0),
        (0.38, 0),
        (0.4, 0.06),
        (0.33, 0.14),
        (0.38, 0.25),
        (0.5, 0.29),
        (0.62, 0.25),
        (0.67, 0.14),
        (0.6, 0.06),
        (0.62, 0),
    ]
    knobs = rng.choice([-1, 1], (2, rows + 1, columns + 1)) * rng.uniform(0.8, 1.1)
    edged, parts = rows * columns > 2 and rng.random() < 0.4, []

    def edge(way: int, i: int, j: int) -> np.ndarray:
        """Cut from corner (i, j) on along x (way 0) or y."""
        flat = edged and ((j if way == 0 else i) in (0, columns if way == 0 else rows))
        knob = np.array(side)
        wave = p.spline(np.concatenate([knob[1:], [[1, 0]]]), 30)[:-1] if not flat else np.zeros((0, 2))
        line = np.concatenate([[[0, 0]], wave * [1, knobs[way, i, j]] if len(wave) else wave])
        return (line if way == 0 else line[:, ::-1]) + [i, j]

    for i in range(rows):
        for j in range(columns):
            ends = np.array([(i + 1, j), (i + 1, j + 1), (i, j + 1), (i, j)])
            far = np.concatenate([edge(0, i, j + 1)[1:], ends[1:2]])[::-1]
            left = np.concatenate([edge(1, i, j)[1:], ends[2:3]])[::-1]
            ring = np.concatenate([edge(0, i, j), edge(1, i + 1, j), far, left])
            piece = p.extrude([(ring - [i + 0.5, j + 0.5]) * (1 - 2 * gap)], thick).with_slot(
                int(rng.integers(3))
            )
            if rng.random() < 0.2:
                piece = piece.rotated(p.rotation((*rng.normal(0, 1, 2), 2), rng.uniform(0, 0.5))).shifted(
                    0, 0, 0.5
                )
            parts.append(piece.shifted(i + 0.5, j + 0.5, 0))
    mesh = union(parts).scaled(1.2 / max(rows, columns, 1.5))
    return (mesh.rotated(p.ALONG_X) if rng.random() < 0.3 else mesh).grounded()


def abacus(rng: Rng) -> Mesh:
    """Abacus facing +X: upright with wires across on feet, or lying with beads on either side of a bar."""
    across, wide, tall = rng.random() < 0.6, rng.uniform(0.45, 0.75), rng.uniform(0.35, 0.6)
    rods = int(rng.integers(5, 11) if across else rng.integers(7, 14))
    bar, flat = rng.uniform(0.025, 0.05), rng.uniform(0.5, 1.0)
    r, split = 0.8 * (tall if across else wide) / rods, 0.4 * tall
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    inner = np.array([wide, tall]) - 2 * bar
    parts = [p.facing([square * [wide, tall], square * inner], max(2.2 * bar, 0.9 * r))]
    span, room = (inner[0], inner[1]) if across else (inner[1], inner[0])
    u, step = np.linspace(-1.3, 1.3, 5), 2.1 * r * flat
    bead = np.stack([r * np.cos(u) ** rng.uniform(0.5, 1.2), r * flat * np.sin(u)], 1)
    for i, at in enumerate((np.arange(rods) + 0.5) / rods * 2 - 1):
        groups = [(-span, span, 10)] if across else [(-span, split - 0.02, 5), (split + 0.02, span, 2)]
        spots: list[float] = []
        for low, high, most in groups:
            count = max(1, min(most, int((high - low) / step - 0.7)))
            right = int(rng.integers(0, count + 1))
            spots += [low + step * (k + 0.5) for k in range(count - right)]
            spots += [high - step * (right - k - 0.5) for k in range(right)]
        line = np.concatenate([bead + np.array([0, z]) for z in spots])
        wire = p.lathe(
            [(0, -span - bar), (0.012, -span - bar), *line, (0.012, span + bar), (0, span + bar)], 10
        )
        for k, z in enumerate(spots):
            beads = np.abs(wire.vertices[wire.faces, 2] - z).max(1) < 0.99 * r * flat
            wire.slot[:] = np.where(
                beads, 1 + (i % 3 if across else k // 5), np.where(wire.slot, wire.slot, 5)
            )
        place = (0, 0, at * room) if across else (0, at * room, 0)
        parts.append((wire.rotated(p.ALONG_Y) if across else wire).shifted(*place))
    if not across:
        parts.append(block((-bar, -wide + bar, split - 0.02), (bar, wide - bar, split + 0.02)))
        lean = rng.choice([0.0, -rng.uniform(0.2, 1.5)])
        return joined(rng, parts).rotated(p.rotation((0, 1, 0), lean)).grounded()
    if rng.random() < 0.7:
        parts += p.pair(block((-0.2, wide - 2 * bar, -tall - 0.05), (0.2, wide + 0.01, -tall + 0.03), 4))
    return joined(rng, parts).grounded()


def molecule(rng: Rng) -> Mesh:
    """Ball-and-stick model: a branching chain, a ring with arms, a lattice of balls or a cage."""
    stick, length, kind, big = rng.uniform(0.03, 0.06), 0.45, rng.integers(4), rng.uniform(0.12, 0.18)
    atoms, bonds = [np.zeros(3)], []
    if kind <= 1:
        if kind == 1:
            n = int(rng.integers(5, 7))
            atoms = [
                np.array([*q, 0.06 * (-1) ** i * rng.integers(2)])
                for i, q in enumerate(p.regular_polygon(n, length))
            ]
            bonds = [(i, (i + 1) % n) for i in range(n)]
        for _ in range(200):
            if len(atoms) >= 5 + 4 * kind + int(rng.integers(0, 9)):
                break
            root = int(rng.integers(len(atoms)))
            way = rng.normal(size=3) * [1, 1, 0.7]
            new = atoms[root] + length * way / np.linalg.norm(way)
            if min(np.linalg.norm(new - a) for a in atoms) > 0.75 * length:
                bonds.append((root, len(atoms)))
                atoms.append(new)
    elif kind == 2:
        shape = (2, *rng.integers(2, 4, 2))
        atoms = [np.array(c) * length for c in np.ndindex(*shape)]
    else:
        g = (1 + 5**0.5) / 2
        atoms = [0.5 * np.roll([0, i, j * g], k) for i in (-1, 1) for j in (-1, 1) for k in range(3)]
        length = 1.0
    if kind >= 2:
        bonds = [
            (i, j)
            for i in range(len(atoms))
            for j in range(i)
            if np.linalg.norm(atoms[i] - atoms[j]) < 1.01 * length
        ]
    links = np.bincount(np.array(bonds).ravel(), minlength=len(atoms))
    parts = []
    steps = 10 if len(atoms) < 7 else 6
    for place, link in zip(atoms, links, strict=True):
        sort = int(link > 1) + int(rng.random() < 0.2) if kind < 2 else int(np.rint(place.sum() / length)) % 2
        parts.append(p.sphere(big * (0.7 + 0.3 * sort), steps).shifted(*place).with_slot(sort))
    for i, j in bonds:
        short = 0.6 * big * (atoms[j] - atoms[i]) / np.linalg.norm(atoms[j] - atoms[i])
        a, b = atoms[i] + short, atoms[j] - short  # sticks end within the balls, apart from each other
        if kind < 2 and rng.random() < 0.2:
            side = np.cross(b - a, [0.3, 0.2, 1.0])
            side *= 0.055 / np.linalg.norm(side)
            parts += [p.rod(a + s * side, b + s * side, min(stick, 0.035), 8).with_slot(4) for s in (-1, 1)]
        else:
            parts.append(p.rod(a, b, stick, 10).with_slot(4))
    return joined(rng, parts).rotated(p.random_rotation(rng) if kind != 2 else np.eye(3)).grounded()
