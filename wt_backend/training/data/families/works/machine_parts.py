"""Parts of machines that stand still: bearings, valves, springs, heat sinks."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.outside.street import arch, turned
from wt_backend.training.data.mesh import Mesh, difference, joined, union

Rng = np.random.Generator


def lying(rng: Rng, mesh: Mesh) -> Mesh:
    """A turned thing as it stands, or laid along X or Y."""
    return mesh.rotated([np.eye(3), p.ALONG_X, p.ALONG_Y][rng.integers(3)]).grounded()


def ring(outer: float, inner: float, width: float, segments: int = 40) -> Mesh:
    """Flat ring about Z, centred, its edges broken a little."""
    e, h = 0.08 * min(outer - inner, width), width / 2
    loop = [(outer - e, -h), (outer, e - h), (outer, h - e), (outer - e, h), (inner + e, h), (inner, h - e)]
    return p.lathe([*loop, (inner, e - h), (inner + e, -h)], segments, closed=True)


def bearing(rng: Rng) -> Mesh:
    """Ball or roller bearing of two rings, in a pillow block or with a flange; some cut open."""
    r, width = rng.uniform(0.4, 0.6), rng.uniform(0.15, 0.4)
    bore, wall = r * rng.uniform(0.3, 0.6), rng.uniform(0.16, 0.26)
    gap = r - bore
    parts = [ring(r, r - wall * gap, width), ring(bore + wall * gap, bore, width).with_slot(1)]
    middle, ball = (r + bore) / 2, gap * (0.5 - wall) * 1.08
    count = int(np.pi * middle / ball * rng.uniform(0.6, 0.9))
    kind = rng.integers(3)
    if kind == 0:
        roller = p.sphere(ball, 6)
    elif kind == 1:
        roller = p.cylinder(ball, 0.8 * width, segments=16)
    else:
        roller = p.cylinder(1.1 * ball, 0.7 * width, 0.8 * ball, 16).rotated(p.rotation((0, 1, 0), 0.12))
    parts += [m.with_slot(2) for m in p.around(roller.shifted(middle, 0, 0), count)]
    if rng.random() < 0.4:
        cage = ring(middle + 0.3 * ball, middle - 0.3 * ball, 0.3 * width)
        parts.append(cage.with_slot(3))
    elif rng.random() < 0.3:
        parts.append(ring(r - 0.8 * wall * gap, bore + 0.8 * wall * gap, 0.8 * width).with_slot(3))
    if rng.random() < 0.6:
        return lying(rng, joined(rng, parts))
    parts = [m.rotated(p.ALONG_X) for m in parts]
    out, foot, thick = rng.uniform(1.5, 2.0) * r, rng.uniform(0.12, 0.2), width * rng.uniform(0.6, 1.1)
    high = r * rng.uniform(1.15, 1.4)
    shape = arch(1.22 * r, high, 1.22 * r)
    hole = p.cylinder(0.98 * r, 2, segments=40).rotated(p.ALONG_X).shifted(0, 0, high)
    slots = p.pair(p.cylinder(0.1, 1, segments=20).shifted(0, 0.5 * (out + 1.22 * r), 0))
    body = union(
        [p.facing([shape], thick), block((-0.7 * width, -out, 0), (0.7 * width, out, foot), 0, 0.03)]
    )
    house = difference(body, [hole, *slots]).with_slot(4)
    if rng.random() < 0.5:
        parts.append(
            p.cylinder(bore * 1.02, rng.uniform(1.0, 2.0), segments=24).rotated(p.ALONG_X).with_slot(5)
        )
    return joined(rng, [house, *[m.shifted(0, 0, high) for m in parts]])


def flange(r: float, pipe: float, thick: float, holes: int) -> Mesh:
    """Disc about Z from z = 0 up with a bore and a circle of holes."""
    spots = p.regular_polygon(holes, (r + pipe) / 2)
    hole = p.regular_polygon(12, 0.3 * (r - pipe))
    outline = [p.regular_polygon(40, r), p.regular_polygon(24, 0.8 * pipe), *(spots[:, None] + hole)]
    return p.extrude(outline, thick).shifted(0, 0, thick / 2)


def _wheel(rng: Rng, r: float) -> list[Mesh]:
    """Hand wheel about Z: rim, hub and spokes; or a lever."""
    if rng.random() < 0.3:
        lever = p.spline(
            [(-0.05, 0, 0), (0.6 * r, 0, 0.02), (1.2 * r, 0, 0.15 * r), (2.2 * r, 0, 0.15 * r)], 16
        )
        return [p.tube(lever, np.interp(np.arange(16), [0, 5, 15], [0.06, 0.035, 0.055]), 10, flat=0.6)]
    rim, dish = rng.uniform(0.03, 0.05), rng.uniform(-0.12, 0.05)
    spoke = p.rod((0, 0, 0), (r, 0, dish), 0.028, 8)
    parts = [p.torus(r, rim, 32, 8).shifted(0, 0, dish), p.cylinder(0.2 * r, 0.09, segments=18)]
    return parts + p.around(spoke, int(rng.integers(3, 7)))


def valve(rng: Rng) -> Mesh:
    """Valve between two flanges or sockets with a hand wheel or a lever above; straight, angled or a tap."""
    pipe, long = rng.uniform(0.12, 0.2), rng.uniform(0.3, 0.5)
    belly, bolted = rng.uniform(1.3, 1.9) * pipe, rng.random() < 0.6
    body = p.sphere(belly, 6).scaled((rng.uniform(0.9, 1.2), rng.uniform(0.75, 1), 1))
    stretch = p.cylinder(pipe, 2 * long, segments=24).rotated(p.ALONG_X)
    rim, holes = pipe * rng.uniform(1.7, 2.2), int(rng.choice([4, 6, 8]))
    end = (
        flange(rim, pipe, 0.07, holes)
        if bolted
        else ring(1.3 * pipe, 0.8 * pipe, 0.16, int(rng.choice([6, 8, 30])))
    )
    ends = [
        end.rotated(p.ALONG_X).shifted(long - 0.03, 0, 0),
        end.rotated(p.ALONG_X).scaled((-1, 1, 1)).shifted(0.03 - long, 0, 0),
    ]
    if rng.random() < 0.35:  # angled: one way goes down
        ends[1] = end.rotated(p.rotation((0, 1, 0), np.pi)).shifted(0, 0, 0.03 - long)
        half = p.cylinder(pipe, long, segments=24)
        stretch = union([half.rotated(p.ALONG_X).shifted(long / 2, 0, 0), half.shifted(0, 0, -long / 2)])
        bores = [p.cylinder(0.78 * pipe, long + 0.3, segments=24).shifted(0, 0, -long / 2 - 0.2)]
        bores.append(
            p.cylinder(0.78 * pipe, long + 0.3, segments=24).rotated(p.ALONG_X).shifted(long / 2 + 0.2, 0, 0)
        )
    else:
        bores = [p.cylinder(0.78 * pipe, 4 * long, segments=24).rotated(p.ALONG_X)]
    neck = belly * rng.uniform(0.55, 0.8)
    up = belly + rng.uniform(0.15, 0.35)
    bonnet = [
        (neck, 0),
        (neck, belly + 0.02),
        (1.4 * neck, belly + 0.03),
        (1.4 * neck, belly + 0.12),
        (0.8 * neck, belly + 0.13),
    ]
    parts = [difference(union([body, stretch, *ends]), [b.with_slot(3) for b in bores])]
    plug = p.cylinder(0.6 * belly, 1.2 * belly).shifted(0, 0, 0.5 * belly)
    slot = int(rng.random() < 0.5)
    parts += [plug.with_slot(slot), turned([*bonnet, (0.5 * neck, up), (0.5 * neck, up + 0.02)], slot)]
    bolt = p.cylinder(0.022, 0.15, segments=6).shifted(1.2 * neck, 0, belly + 0.08).with_slot(4)
    parts += p.around(bolt, 6) if rng.random() < 0.5 else []
    rise = rng.uniform(0.1, 0.3)
    parts.append(p.rod((0, 0, up - 0.05), (0, 0, up + rise + 0.06), 0.035, 12).with_slot(4))
    parts += [m.shifted(0, 0, up + rise).with_slot(2) for m in _wheel(rng, rng.uniform(0.22, 0.38))]
    return joined(rng, parts).grounded()


def coil_spring(rng: Rng) -> Mesh:
    """Coil spring: straight, conical, barrel or waisted, close or wide, with hooks, or over a damper."""
    turns, r, kind = int(rng.integers(4, 13)), rng.uniform(0.15, 0.4), rng.integers(5)
    wire = rng.uniform(0.03, 0.06) if kind else rng.uniform(0.025, 0.04)
    long = (
        turns * wire * rng.uniform(2.1, 2.6) if kind == 0 else max(rng.uniform(0.6, 1.3), 2.6 * wire * turns)
    )
    samples = 22 * turns
    u = np.linspace(0, 1, samples)
    shape = [
        np.ones_like(u),
        np.ones_like(u),
        1 - 0.65 * u,
        0.6 + 0.4 * np.sin(np.pi * u),
        1 - 0.45 * np.sin(np.pi * u),
    ][kind]
    flat = np.interp(
        u, [0, 1 / turns, 1 - 1 / turns, 1], [0.3 / turns, 0.8 / turns, 1 - 0.8 / turns, 1 - 0.3 / turns]
    )
    z = long * (u if kind == 0 else flat)
    angle = 2 * np.pi * turns * u
    path = np.stack([r * shape * np.cos(angle), r * shape * np.sin(angle), z], 1)
    if kind == 0:  # drawn spring: a hook at either end
        v = np.linspace(0, 1.6 * np.pi, 22)
        loop = p.broadcast(0.0, r * 0.75 * np.sin(v), long + 0.8 * r - 0.75 * r * np.cos(v))
        hook = np.concatenate([[(0.75 * r, 0, long + 0.12 * r)], loop])
        lower = (hook * [1, -1, -1] + [0, 0, long])[::-1]
        path = np.concatenate([p.spline(lower, 30), path[2:-2], p.spline(hook, 30)])
    coil = p.tube(path, wire, int(rng.choice([8, 10])), flat=rng.choice([1.0, 1.0, rng.uniform(0.5, 1.6)]))
    if kind != 1 or rng.random() < 0.4:
        return lying(rng, coil)
    cup, slim = 1.25 * r, rng.uniform(0.3, 0.6) * r  # a damper within
    parts = [
        coil,
        turned([(slim, -0.25), (slim, 0.6 * long)], 1),
        turned([(0.5 * slim, 0), (0.5 * slim, long + 0.2)], 2),
    ]
    parts += [turned([(cup, z), (cup, z + 0.05)], 1) for z in (-0.03, long - 0.02)]
    eye = ring(0.12, 0.05, 0.12, 24).rotated(p.ALONG_Y)
    parts += [eye.shifted(0, 0, z).with_slot(1) for z in (-0.33, long + 0.28)]
    return lying(rng, joined(rng, parts))


def heat_sink(rng: Rng) -> Mesh:
    """Heat sink: base with fins or pins, a stack of fins on pipes, or a cylinder with cooling fins."""
    x, y, h, kind = *rng.uniform(0.35, 0.6, 2), rng.uniform(0.2, 0.6), rng.integers(4)
    count, base = int(rng.integers(6, 16)), rng.uniform(0.05, 0.12)
    if kind == 0:
        pitch = 2 * y / (count - 1)
        fin = rng.uniform(0.25, 0.5) * pitch
        comb = [(-y - fin / 2, 0.0), (y + fin / 2, 0.0)]
        bow = rng.uniform(0, 0.35) * rng.choice([-1, 0, 1])
        for v in np.linspace(y, -y, count):
            top = base + h * (1 + bow * ((v / y) ** 2 - 0.5))
            comb += [(v + fin / 2, base), (v + 0.3 * fin, top), (v - 0.3 * fin, top), (v - fin / 2, base)]
        sink = p.facing([np.array(comb)], 2 * x)
        cuts = [block((-3, -3, -1), (3, 3, 0))]
        if rng.random() < 0.5:
            cuts += [
                block((u - 0.03, -3, base + 0.02), (u + 0.03, 3, 3))
                for u in np.linspace(-0.5, 0.5, int(rng.integers(1, 3))) * x
            ]
        return difference(sink, cuts)
    if kind == 1:
        side = int(rng.integers(5, 9))
        thick, sides = rng.uniform(0.25, 0.4) * x / side * 2, int(rng.choice([4, 12]))
        pin = p.regular_polygon(sides, thick * 0.8, np.pi / sides)
        grid = [
            pin + np.array([a, b])
            for a in np.linspace(-0.9, 0.9, side) * x
            for b in np.linspace(-0.9, 0.9, side) * y
        ]
        pins = p.extrude(grid, h + 0.02).shifted(0, 0, base + h / 2 - 0.01)
        return joined(rng, [block((-x, -y, 0), (x, y, base)), pins])
    if kind == 2:  # tower on pipes
        count = int(rng.integers(8, 14))
        gap = (h + 0.3) / count
        sheet = p.extrude(
            [
                np.array(
                    [
                        (-x, -0.5 * y),
                        (-0.7 * x, -0.6 * y),
                        (0.7 * x, -0.6 * y),
                        (x, -0.5 * y),
                        (x, 0.5 * y),
                        (0.7 * x, 0.6 * y),
                        (-0.7 * x, 0.6 * y),
                        (-x, 0.5 * y),
                    ]
                )
            ],
            0.4 * gap,
        )
        parts = [sheet.shifted(0, 0, 0.28 + gap * i) for i in range(count)]
        parts.append(block((-0.35 * x, -0.45 * y, 0), (0.35 * x, 0.45 * y, 0.1), 1))
        top = 0.28 + gap * count + 0.02
        for v in np.linspace(-0.35, 0.35, int(rng.integers(2, 4))) * y:
            bend = p.spline(
                [
                    (-0.75 * x, v, top),
                    (-0.75 * x, v, 0.25),
                    (-0.3 * x, v, 0.05),
                    (0.3 * x, v, 0.05),
                    (0.75 * x, v, 0.25),
                    (0.75 * x, v, top),
                ],
                22,
            )
            parts.append(p.tube(bend, 0.035, 8).with_slot(2))
        return joined(rng, parts)
    gap, r = (h + 0.4) / count, rng.uniform(0.22, 0.32)  # cylinder of a motor cycle's engine
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [r + 0.125 * x, r + 0.125 * y]
    plates = [p.extrude([square, p.regular_polygon(20, 0.82 * r)], 0.4 * gap)] * count
    parts = [m.shifted(0, 0, 0.12 + gap * i) for i, m in enumerate(plates)]
    parts.append(difference(turned([(0.9 * r, 0), (0.9 * r, h + 0.55)], 0, 24), [p.cylinder(0.72 * r, 4)]))
    parts.append(
        difference(
            block((-1.1 * r, -1.1 * r, -0.05), (1.1 * r, 1.1 * r, 0.05), 1, 0.02), [p.cylinder(0.74 * r, 4)]
        )
    )
    studs = p.cylinder(0.04, h + 0.62, segments=8).shifted(0.95 * r, 0.95 * r, h / 2 + 0.3)
    parts += [m.with_slot(2) for m in p.around(studs, 4)]
    if rng.random() < 0.6:
        head = p.rounded_box((2.4 * r, 2.4 * r, 0.14), 0.04).shifted(0, 0, h + 0.55)
        parts += [head.with_slot(1), p.cylinder(0.06, 0.2, segments=6).shifted(0, 0, h + 0.68).with_slot(3)]
    return joined(rng, parts).grounded()
