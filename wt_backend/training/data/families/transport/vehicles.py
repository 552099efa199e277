"""Trains, lorries and buses, all facing +X; the wheels of other vehicles."""

# ruff: noqa: RUF005 (array + [x, y, z] adds a vector; no lists are put together)
from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def wheel(radius: float, width: float, hub: float = 0.6) -> Mesh:
    """Tyre (slot 2) round a dished hub (slot 3), turning about Y."""
    r, h = radius, width / 2
    half = [(0, h), (0.25 * r, h), (0.3 * r, 0.5 * h), (hub * r, 0.5 * h), ((hub + 0.06) * r, h)]
    half += [(0.93 * r, h), (r, 0.7 * h)]
    mesh = p.lathe(half + [(x, -z) for x, z in half[::-1]], 24)
    out = np.linalg.norm(mesh.vertices[mesh.faces].mean(1)[:, :2], axis=1)
    mesh.slot[:] = np.where(out > (hub + 0.02) * r, 2, 3)
    return mesh.rotated(p.ALONG_Y)


def spoked_wheel(radius: float, thick: float, spokes: int) -> list[Mesh]:
    """Rim (slot 2), hub and spokes (slot 3), turning about Y."""
    rim = p.torus(radius - thick, thick, 30, 8).with_slot(2)
    inner = [p.cylinder(2 * thick, 4 * thick, segments=12)]
    inner += p.around(p.rod((0, 0, 0), (radius - thick, 0, 0), 0.5 * thick, 6), spokes)
    return [part.rotated(p.ALONG_Y) for part in (rim, *(part.with_slot(3) for part in inner))]


def glazed(body: Mesh, y: float, spans: list[tuple[float, float]], low: float, high: float) -> Mesh:
    """`body` with panes of slot 1 set into both its sides at ±y, over spans of x."""
    panes = [block((a, 0.96 * y, low), (b, 2 * y, high), 1) for a, b in spans if b > a]
    return difference(body, [side for pane in panes for side in p.pair(pane)]) if panes else body


def _spans(start: float, end: float, count: int, bar: float = 0.2) -> list[tuple[float, float]]:
    """`count` windows between two places, the bars between them a share `bar`."""
    step = (end - start) / count
    return [(start + (i + bar / 2) * step, start + (i + 1 - bar / 2) * step) for i in range(count)]


def _freight(rng: Rng, x: float, y: float, floor: float) -> list[Mesh]:
    """What stands on a floor of half sides x, y: a closed or open box, a tank, logs or crates."""
    height = rng.uniform(0.6, 1.5) * 2 * y
    match rng.integers(5):
        case 0 | 1:
            return [block((-x, -y, floor), (x, y, floor + height), 0, rng.choice([0, 0.1 * y]))]
        case 2:
            inner = block((-x + 0.05, -y + 0.05, floor + 0.06), (x - 0.05, y - 0.05, 9), 1)
            return [difference(block((-x, -y, floor), (x, y, floor + 0.5 * height)), [inner])]
        case 3:
            tank = p.capsule(0.95 * y, max(2 * x - 2 * y, 0.1), 28).rotated(p.ALONG_X)
            dome = p.cylinder(0.35 * y, 0.4 * y).shifted(0, 0, floor + 1.9 * y).with_slot(1)
            return [tank.shifted(0, 0, floor + 0.9 * y), dome]
        case _:
            log = p.cylinder(0.32 * y, 1.9 * x, segments=14).rotated(p.ALONG_X).with_slot(1)
            spots = [(-0.65, 0.3), (0.0, 0.3), (0.65, 0.3), (-0.32, 0.82), (0.32, 0.82), (0.0, 1.35)]
            return [log.shifted(0, a * y, floor + b * y) for a, b in spots[: int(rng.integers(3, 7))]]


def train(rng: Rng) -> Mesh:
    """Steam engine, diesel engine, railcar or wagon; engines sometimes with a wagon behind."""
    x, y, r = rng.uniform(0.5, 0.95), rng.uniform(0.18, 0.3), rng.uniform(0.09, 0.16)
    floor, kind = 1.5 * r, int(rng.choice(4, p=[0.45, 0.25, 0.15, 0.15]))
    parts = [block((-x - 0.05, -0.85 * y, floor - 0.06), (x + 0.05, 0.85 * y, floor + 0.05), 2)]
    if kind == 0:
        parts += _steam_engine(rng, x, y, floor)
    elif kind == 3:
        parts += _freight(rng, x, y, floor)
    else:
        top, nose = floor + rng.uniform(0.4, 0.75), rng.uniform(0.0, 0.5) * x
        low = floor + rng.uniform(0.4, 0.6) * (top - floor)
        tail = -x + (nose if rng.random() < 0.5 else 0.0)
        corners = [(-x, floor), (x, floor), (x, low), (x - nose, top), (tail, top), (-x, low)]
        if kind == 1:  # a bonnet before the cab, one behind it
            a, b = rng.uniform(0.1, 0.6) * x, rng.uniform(-0.9, -0.3) * x
            corners = [(-x, floor), (x, floor), (x, low), (a, low), (a, top), (b, top), (b, low), (-x, low)]
            spans = _spans(b + 0.04, a - 0.04, 1)
        else:
            spans = _spans(tail, x - nose, int(rng.integers(3, 7)))
        body = p.upright([np.array(corners)], 2 * y)
        parts.append(glazed(body, y, spans, low + 0.04, top - 0.07))
    for u in np.linspace(-0.75, 0.75, int(rng.integers(2, 5))):
        parts += p.pair(wheel(r * rng.uniform(0.9, 1.25), 0.07).shifted(u * x, 0.8 * y, r))
    if kind != 3 and rng.random() < 0.35:
        back = rng.uniform(0.4, 0.8) * x
        load = [
            *_freight(rng, back, y, floor),
            block((-back, -0.8 * y, floor - 0.05), (x, 0.8 * y, floor + 0.03), 2),
        ]
        for u in (-0.6, 0.6):
            load += p.pair(wheel(r, 0.07).shifted(u * back, 0.8 * y, r))
        parts += [part.shifted(-x - back - 0.1, 0, 0) for part in load]
    return joined(rng, parts)


def _steam_engine(rng: Rng, x: float, y: float, floor: float) -> list[Mesh]:
    """Boiler, cab with open windows, chimney, domes, cowcatcher."""
    r, cab = y * rng.uniform(0.7, 1.0), -x + rng.uniform(0.45, 0.8) * x
    top, axis = floor + 2 * r + rng.uniform(0.05, 0.3), floor + 0.95 * r
    boiler = p.cylinder(r, x - cab, segments=32).rotated(p.ALONG_X).shifted((x + cab) / 2 - 0.04, 0, axis)
    smokebox = (
        p.cylinder(1.08 * r, 0.35 * (x - cab), segments=32).rotated(p.ALONG_X).shifted(0.85 * x, 0, axis)
    )
    window = block((-x + 0.07, -1, floor + r), (cab - 0.07, 1, top - 0.07), 1)
    house = difference(block((-x, -y, floor), (cab, y, top)), [window])
    roof = block((-x - 0.06, -y - 0.05, top - 0.03), (cab + 0.08, y + 0.05, top + 0.04), 1)
    tall, foot = rng.uniform(0.15, 0.4), rng.uniform(0.25, 0.5) * r
    funnel = p.cylinder(foot, tall, foot * rng.uniform(0.8, 2.0)).shifted(
        0.82 * x, 0, axis + r + tall / 2 - 0.04
    )
    parts = [boiler, smokebox.with_slot(2), house, roof, funnel.with_slot(2)]
    for u in rng.uniform(cab + 0.12, 0.55 * x, int(rng.integers(0, 3))):
        parts.append(p.capsule(0.4 * r, 0.4 * r).shifted(u, 0, axis + r).with_slot(3))
    if rng.random() < 0.5:
        wedge = np.array([(0, 0.02), (rng.uniform(0.15, 0.35), 0.02), (0, floor)])
        parts.append(p.upright([wedge], 1.5 * y).shifted(x, 0, 0).with_slot(2))
    return parts


def lorry(rng: Rng) -> Mesh:
    """Lorry: bonneted or flat-nosed cab; box, tank, tipper, logs, mixing drum or ladder behind it."""
    y, r, length = rng.uniform(0.25, 0.4), rng.uniform(0.11, 0.19), rng.uniform(0.6, 1.5)
    floor, bonnet = 1.7 * r, rng.choice([0.0, rng.uniform(0.15, 0.35)])
    high, deep = rng.uniform(0.45, 0.75), rng.uniform(0.3, 0.5)
    low = floor + 0.45 * high
    cab = [(0, floor - 0.08), (deep + bonnet, floor - 0.08), (deep + bonnet, low), (deep, low)]
    cab += [(deep - rng.uniform(0.03, 0.12), floor + high), (0, floor + high)]
    body = glazed(p.upright([np.array(cab)], 2 * y), y, [(0.08, deep - 0.1)], low, floor + high - 0.08)
    screen = block((deep - 0.06, -0.8 * y, low + 0.05), (deep + 0.1, 0.8 * y, floor + high - 0.1), 1)
    parts = [difference(body, [screen]) if bonnet == 0 else body]
    parts.append(block((-length, -0.6 * y, floor - 0.1), (0.1, 0.6 * y, floor + 0.02), 2))
    load: list[Mesh]
    match rng.integers(6):
        case 0:
            drum = p.lathe([(0, -1), (0.45, -1), (1, -0.35), (1, 0.2), (0.5, 1), (0, 1)], 28)
            drum = drum.scaled((0.95 * y, 0.95 * y, 0.5 * length)).rotated(p.rotation((0, 1, 0), -1.3))
            load = [
                drum.shifted(0, 0, floor + 1.15 * y),
                block((-0.4 * length, -0.5 * y, floor), (0, 0.5 * y, floor + 0.5 * y), 2),
            ]
        case 1:
            load = [block((-length / 2, -y, floor), (length / 2, y, floor + 0.3 * high))]
            rise = rng.uniform(0.0, 0.5) * length
            a, b = (
                np.array([-length / 2, 0, floor + 0.45 * high]),
                np.array([length * 0.6, 0, floor + high + rise]),
            )
            load += p.pair(p.rod(a + [0, 0.3 * y, 0], b + [0, 0.3 * y, 0], 0.025).with_slot(3))
            for u in np.linspace(0.05, 0.95, 7):
                c = a + u * (b - a)
                load.append(p.rod(c - [0, 0.35 * y, 0], c + [0, 0.35 * y, 0], 0.02, 6).with_slot(3))
        case _:
            load = _freight(rng, length / 2 - 0.02, y, floor)
    parts += [part.shifted(-length / 2 - 0.04, 0, 0) for part in load]
    axles = [deep * 0.6 + 0.6 * bonnet, -0.8 * length, -0.8 * length + 2.3 * r][: 2 + int(length > 0.9)]
    for x in axles:
        parts += p.pair(wheel(r, 0.35 * y).shifted(x, 0.85 * y, r))
    return joined(rng, parts)


def bus(rng: Rng) -> Mesh:
    """Bus, double-decker, minibus or caravan: a long rounded box with rows of windows."""
    x, y, r = rng.uniform(0.45, 1.2), rng.uniform(0.22, 0.32), rng.uniform(0.09, 0.14)
    sill, decks = 0.7 * r, 2 if rng.random() < 0.3 else 1
    storey = rng.uniform(0.4, 0.6)
    top = sill + storey * (1.8 if decks == 2 else 1.1)
    lean, curve = rng.choice([0.0, rng.uniform(0.05, 0.25)]), rng.uniform(0.03, 0.15)
    body = p.rounded_box((2 * x, 2 * y, top - sill), curve).shifted(0, 0, (top + sill) / 2)
    v = body.vertices.copy()
    v[:, 0] -= lean * np.where(v[:, 0] > 0, np.clip((v[:, 2] - sill - 0.4 * storey) / storey, 0, 1), 0)
    body, count = body.moved(v), max(2, round(2 * x / rng.uniform(0.22, 0.45)))
    for deck in range(decks):
        base = sill + deck * 0.85 * storey
        low, high = base + 0.45 * storey, base + 0.85 * storey
        body = glazed(body, y, _spans(-0.9 * x, 0.92 * x - lean, count), low, high)
        front = block((0, -0.8 * y, low), (0.06, 0.8 * y, high), 1).shifted(x - 0.03 - lean, 0, 0)
        body = difference(body, [front, block((-x - 0.1, -0.7 * y, low), (-x + 0.03, 0.7 * y, high), 1)])
    parts = [body]
    for u in (-rng.uniform(0.5, 0.75), 0.68):
        parts += p.pair(wheel(r, 0.12).shifted(u * x, y - 0.04, r))
    if rng.random() < 0.4:
        parts.append(
            block((-0.6 * x, -0.7 * y, top - 0.02), (0.5 * x, 0.7 * y, top + rng.uniform(0.04, 0.12)), 2)
        )
    return joined(rng, parts)
