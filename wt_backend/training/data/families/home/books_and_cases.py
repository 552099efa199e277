"""What is read and carried: books, scrolls, suitcases."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.kitchen import placed
from wt_backend.training.data.mesh import Mesh, joined, union

Rng = np.random.Generator


def _book(rng: Rng, deep: float, wide: float, thick: float, slot: int = 0) -> Mesh:
    """Closed book lying on z = 0, its back at −Y: boards round a block of pages (slot 1)."""
    board, over = rng.uniform(0.018, 0.03), rng.uniform(0.0, 0.03)
    x, y = deep / 2, wide / 2
    boards = [block((-x, -y, z), (x, y, z + board), slot) for z in (0.0, thick - board)]
    bulge = rng.choice([0.0, rng.uniform(0.2, 0.5)]) * thick
    u = np.linspace(0, np.pi, 13)
    back = np.stack([-y - bulge * np.sin(u), thick / 2 - thick / 2 * np.cos(u)], 1)
    spine = p.facing([np.concatenate([back, [(-y + 0.025, thick), (-y + 0.025, 0)]])], deep).with_slot(slot)
    bands = int(rng.choice([0, 0, 3, 4])) if bulge else 0
    outer = np.concatenate([back - np.array([0.015, 0]), [(-y + 0.02, thick), (-y + 0.02, 0)]])
    rib = p.facing([outer], 0.03).with_slot(2)
    ribs = [rib.shifted(s * x, 0, 0) for s in np.linspace(-0.7, 0.7, bands)]
    pages = block((-x + over, -y + 0.01, 0.5 * board), (x - over, y - over - 0.005, thick - 0.5 * board), 1)
    return union([*boards, spine, pages, *ribs])


def _open_book(rng: Rng) -> list[Mesh]:
    """Book laid open: two swells of pages over boards, a ribbon now and then."""
    deep, wide, thick, u = (
        rng.uniform(0.7, 1.0),
        rng.uniform(0.45, 0.75),
        rng.uniform(0.05, 0.16),
        np.linspace(0, 1, 18),
    )
    parts = []
    for s, share in ((-1, rng.uniform(0.3, 1.0)), (1, rng.uniform(0.3, 1.0))):
        top = 0.02 + thick * share * (1 - np.exp(-u * 9)) * (1 - rng.uniform(0.2, 0.7) * u**2) + 0.02
        page = np.concatenate([np.stack([s * wide * u, top], 1), [(s * 0.98 * wide, 0.015), (0, 0.015)]])
        parts.append(p.facing([page], 0.96 * deep).with_slot(1))
        lift = rng.uniform(0.0, 0.06)
        board = np.array([(0, 0), (s * 1.04 * wide, lift), (s * 1.04 * wide, lift + 0.025), (0, 0.025)])
        parts.append(p.facing([board], deep))
    if rng.random() < 0.4:
        path = np.array(
            [(-0.5 * deep, 0.02, 0.06), (0, 0.03, 0.06), (0.5 * deep, 0.03, 0.05), (0.65 * deep, 0.08, 0.02)]
        )
        parts.append(p.tube(p.spline(path, 20), 0.02, 8, flat=0.5).with_slot(2))
    return parts


def _format(rng: Rng) -> tuple[float, float, float]:
    """Depth, width and thickness of a book."""
    return rng.uniform(0.7, 1.0), rng.uniform(0.45, 0.8), rng.uniform(0.08, 0.28)


def books(rng: Rng) -> Mesh:
    """One book lying, standing or open, a pile turned every way, or a row of them upright."""
    kind = rng.integers(4)
    if kind == 0:
        return joined(rng, _open_book(rng))
    if kind == 1:
        return placed(rng, _book(rng, *_format(rng)).rotated(p.rotation((0, 0, 1), rng.uniform(0, 6))))
    parts, at = [], 0.0
    for i in range(int(rng.integers(2, 8))):
        deep, wide, thick = _format(rng)
        book = _book(rng, deep, wide, thick, (0, 3, 4, 5)[i % 4])
        if kind == 2:  # pile
            book = book.rotated(p.rotation((0, 0, 1), rng.normal(0, 0.25))).shifted(
                *rng.normal(0, 0.03, 2), at
            )
        else:  # row, backs to the front
            book = book.rotated(p.rotation((0, 1, 0), np.pi / 2)).rotated(p.rotation((0, 0, 1), np.pi / 2))
            book = book.shifted(-wide / 2, at, deep / 2)
        parts.append(book)
        at += thick + 0.004
    return joined(rng, parts)


def _spiral(
    turns: float, core: float, gap: float, thick: float, tail: np.ndarray | None = None
) -> np.ndarray:
    """(N, 2) outline of a sheet rolled up, its outer end at angle 0, perhaps running out along a tail."""
    a = np.linspace(2 * np.pi * turns, 0, int(26 * turns))
    r = core + gap * (2 * np.pi * turns - a) / (2 * np.pi)
    line = np.stack([r * np.cos(a), r * np.sin(a)], 1)
    line = line if tail is None else np.concatenate([line, line[-1] + tail])
    step = np.gradient(line, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], 1) / np.linalg.norm(step, axis=1, keepdims=True)
    return np.concatenate([line + normal * thick / 2, (line - normal * thick / 2)[::-1]])


def scroll(rng: Rng) -> Mesh:
    """Scroll: a sheet between two rolls, on rods with knobs or bare, or rolled up and tied."""
    half, thick, core = rng.uniform(0.3, 0.6), rng.uniform(0.022, 0.03), rng.uniform(0.05, 0.09)
    gap, turns = thick + rng.uniform(0.012, 0.03), rng.uniform(1.6, 3.2)
    rod = [p.rod((0, -half - 0.12, 0), (0, half + 0.12, 0), core * 0.6, 14)]
    rod += p.pair(p.superquadric((0.07, 0.04, 0.07), 1, rng.uniform(0.5, 1.2), 6).shifted(0, half + 0.14, 0))
    r = core + gap * turns
    if rng.random() < 0.35:  # rolled up
        tail = np.stack([np.linspace(0.01, 0.1, 6) * 0.3, -np.linspace(0.05, rng.uniform(0.05, 0.5), 6)], 1)
        roll = p.upright(
            [_spiral(turns, core, gap, thick, None if rng.random() < 0.5 else tail * 0.3)], 2 * half
        )
        parts = [roll.with_slot(0)]
        if rng.random() < 0.7:
            at = rng.uniform(-0.2, 0.2)
            parts.append(p.torus(r + 0.01, 0.03, 30, 8).rotated(p.ALONG_Y).shifted(0, at, 0).with_slot(1))
            parts += [
                p.torus(0.07, 0.016, 20, 6)
                .scaled((1.4, 0.8, 1))
                .rotated(p.rotation((0, 0, 1), s * 0.5))
                .shifted(s * 0.08, at, r + 0.03)
                .with_slot(1)
                for s in (-1, 1)
            ]
        return placed(rng, joined(rng, parts).rotated(p.rotation((0, 0, 1), np.pi / 2)))
    long, wave = rng.uniform(0.5, 1.4), rng.choice([0.0, rng.uniform(0.02, 0.06)])
    parts = []
    x = np.linspace(-long / 2, long / 2, 24)
    line = wave * np.sin(np.linspace(0, np.pi, 24)) * (1 if rng.random() < 0.5 else -1)
    sheet = np.concatenate([np.stack([x, line], 1), np.stack([x, line - thick], 1)[::-1]])
    parts.append(p.upright([sheet], 2 * half))
    for s in (-1, 1):
        n = turns if s > 0 or rng.random() < 0.6 else 1.6
        outer = core + gap * n
        coil = _spiral(n, core, gap, thick) @ np.array([[0, 1], [1, 0]]) * [s, 1]
        coil = coil + np.array([s * (long / 2), -outer])
        parts.append(p.upright([coil], 2 * half))
        if rng.random() < 0.75:
            parts += [m.shifted(s * long / 2, 0, -outer).with_slot(1) for m in rod]
    mesh = joined(rng, parts)
    mesh = mesh.rotated(p.rotation((1, 0, 0), np.pi)) if rng.random() < 0.6 else mesh
    return (
        mesh.grounded() if rng.random() < 0.5 else mesh.rotated(p.rotation((0, 1, 0), np.pi / 2)).grounded()
    )


def suitcase(rng: Rng) -> Mesh:
    """Suitcase, trolley, trunk or attaché case: shell, seam, handle, locks, straps, ribs, castors."""
    y, z, x = rng.uniform(0.3, 0.55), rng.uniform(0.25, 0.6), rng.uniform(0.08, 0.2)
    round_, kind = rng.uniform(0.02, 0.1), rng.integers(3)
    parts = [p.rounded_box((2 * x, 2 * y, 2 * z), round_)]
    if round_ < 0.04:
        place = rng.uniform(-0.3, 0.3) * x
        parts.append(p.box((0.024, 2 * y + 0.012, 2 * z + 0.012)).shifted(place, 0, 0).with_slot(1))
    wide, rise = rng.uniform(0.1, 0.18), rng.uniform(0.07, 0.13)
    grip = np.array(
        [(0, -wide, z - 0.02), (0, -0.85 * wide, z + rise), (0, 0.85 * wide, z + rise), (0, wide, z - 0.02)]
    )
    parts.append(
        p.tube(p.spline(grip, 24), rng.uniform(0.02, 0.035), 10, flat=rng.uniform(0.8, 1.5)).with_slot(2)
    )
    parts += [m.with_slot(3) for m in p.pair(p.box((0.1, 0.07, 0.05)).shifted(0, 0.65 * y, z - 0.005))]
    style = rng.integers(4)
    if style == 0:  # ribs on both faces
        for v in np.linspace(-0.75, 0.75, int(rng.integers(4, 8))) * y:
            parts.append(p.rounded_box((2 * x + 0.035, 0.05, 1.75 * z), 0.015).shifted(0, v, 0))
    elif style == 1:  # straps
        parts += [
            m.with_slot(4)
            for m in p.pair(p.rounded_box((2 * x + 0.03, 0.07, 2 * z + 0.03), 0.012).shifted(0, 0.5 * y, 0))
        ]
        parts += [m.with_slot(3) for m in p.pair(p.box((0.06, 0.1, 0.08)).shifted(x, 0.5 * y, 0.4 * z))]
    elif style == 2:  # corners
        cap = p.rounded_box((0.4 * x, 0.16, 0.16), 0.03)
        parts += [
            cap.shifted(a * (0.82 * x + 0.008), b * (y - 0.07), c * (z - 0.07)).with_slot(4)
            for a in (-1, 1)
            for b in (-1, 1)
            for c in (-1, 1)
        ]
    else:  # pocket
        parts.append(
            block((0.5 * x, -0.8 * y, -0.8 * z), (1.35 * x, 0.8 * y, rng.uniform(-0.2, 0.5) * z), 4, 0.03)
        )
    if kind == 0:  # trolley
        roller = p.cylinder(0.06, 0.05, segments=18).rotated(p.ALONG_Y).with_slot(5)
        parts += [m for a in (-0.6 * x, 0.6 * x) for m in p.pair(roller.shifted(a, 0.75 * y, -z - 0.03))]
        parts += [
            m
            for a in (-0.6 * x, 0.6 * x)
            for m in p.pair(p.box((0.09, 0.12, 0.06)).shifted(a, 0.75 * y, -z - 0.005).with_slot(3))
        ]
        if rng.random() < 0.7:
            up, half = z + rng.uniform(0.25, 0.6), rng.uniform(0.3, 0.5) * y
            pull = np.array(
                [
                    (-0.6 * x, -half, z - 0.05),
                    (-0.6 * x, -half, up),
                    (-0.6 * x, half, up),
                    (-0.6 * x, half, z - 0.05),
                ]
            )
            parts += [
                p.rod(pull[i], pull[i + 1], 0.02 + 0.012 * (i == 1), 10).with_slot(3 - (i == 1))
                for i in range(3)
            ]
        return joined(rng, parts).grounded()
    mesh = joined(rng, parts)
    return mesh.grounded() if rng.random() < 0.7 else placed(rng, mesh.rotated(p.ALONG_X))
