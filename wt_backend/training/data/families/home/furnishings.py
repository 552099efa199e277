"""Things about the rooms: clocks, baths, candlesticks, cushions, presents."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline, solid_and_cavity
from wt_backend.training.data.mesh import SMOOTH, Mesh, concatenate, difference, joined, union

Rng = np.random.Generator


def clock(rng: Rng) -> Mesh:
    """Alarm, wall, mantel or long-case clock facing +X: a dial with hands in a body."""
    r, deep = rng.uniform(0.25, 0.45), rng.uniform(0.08, 0.35)
    rim, front = rng.uniform(0.03, 0.07), deep / 2
    sides = int(rng.choice([4, 6, 8, 48], p=[0.15, 0.1, 0.1, 0.65]))
    ring = p.regular_polygon(sides, r + rim, np.pi / sides)
    frame = p.facing([ring, p.regular_polygon(sides, r, np.pi / sides)], deep + 0.05)
    dial = p.facing([p.regular_polygon(sides, r + rim / 2, np.pi / sides)], deep - 0.02).with_slot(1)
    parts, inner = [frame, dial], r * np.cos(np.pi / sides)
    for i in range(int(rng.choice([0, 4, 12]))):
        mark = block((front - 0.04, -0.012, 0.8 * inner), (front + 0.01, 0.012, 0.93 * inner), 2)
        parts.append(mark.rotated(p.rotation((1, 0, 0), i * np.pi / 6)))
    for reach in (0.55, 0.8):
        hand = block((front - 0.03, -0.015, -0.1 * inner), (front + 0.012, 0.015, reach * inner), 2)
        parts.append(hand.rotated(p.rotation((1, 0, 0), rng.uniform(0, 6.28))))
    kind, out = rng.integers(4), r + rim
    if kind == 0:
        parts += _bells_and_feet(rng, r, out)
    elif kind == 1:
        parts += _mantel(rng, out, deep)
    elif kind == 2:
        parts += _long_case(rng, out, deep)
    return joined(rng, parts).grounded()


def _bells_and_feet(rng: Rng, r: float, out: float) -> list[Mesh]:
    """What an alarm clock has about its rim at radius `out`, perhaps with a handle."""
    parts = []
    for side in (-1, 1):
        tilt = p.rotation((1, 0, 0), -side * rng.uniform(0.5, 0.8))
        bell = p.superquadric((0.4 * r, 0.4 * r, 0.3 * r), 1, 1, 10).shifted(0, 0, out + 0.25 * r)
        post = p.rod((0, 0, out - 0.05), (0, 0, out + 0.2 * r), 0.03)
        foot = p.rod((0, 0, -out + 0.05), (0, 0, -out - rng.uniform(0.08, 0.2)), (0.04, 0.025))
        parts += [m.rotated(tilt).with_slot(3) for m in (bell, post, foot)]
    if rng.random() < 0.6:
        arch = p.spline([(0, -0.6 * r, out), (0, 0, out + 0.8 * r), (0, 0.6 * r, out)], 20)
        parts.append(p.tube(arch, 0.022, 8).with_slot(3))
    return parts


def _mantel(rng: Rng, out: float, deep: float) -> list[Mesh]:
    """Gabled or arched body and its plinth."""
    wide, base = out * rng.uniform(1.05, 1.7), out * rng.uniform(1.1, 1.6)
    top = out + rng.uniform(0.03, 0.3)
    body = [
        (-wide, -base),
        (wide, -base),
        (wide, 0.2 * out),
        (0.8 * out, top),
        (-0.8 * out, top),
        (-wide, 0.2 * out),
    ]
    if rng.random() < 0.5:
        u = np.linspace(0, np.pi, 24)
        body = [(-wide, -base), (wide, -base), *np.stack([wide * np.cos(u), top * np.sin(u)], 1)]
    front = p.facing([np.array(body)], deep).shifted(-0.03, 0, 0).with_slot(3)
    foot = block((-deep * 0.7, -wide - 0.05, -base - 0.08), (deep * 0.7, wide + 0.05, -base + 0.02), 3)
    return [front, foot]


def _long_case(rng: Rng, out: float, deep: float) -> list[Mesh]:
    """Head, trunk and plinth of a tall clock, perhaps with a gable."""
    tall, slim, front = rng.uniform(1.0, 2.0), out * rng.uniform(0.65, 0.95), deep / 2
    parts = [
        block((-deep, -out - 0.04, -out - 0.04), (front - 0.03, out + 0.04, out + 0.05), 3),
        block((-0.95 * deep, -slim, -tall - 0.03), (front - 0.05, slim, -out), 3),
        block((-deep, -out - 0.06, -tall - 0.35), (front, out + 0.06, -tall), 3),
    ]
    if rng.random() < 0.6:
        gable = p.facing(
            [np.array([(-out - 0.08, 0), (out + 0.08, 0), (0, rng.uniform(0.12, 0.4))])], front + deep
        )
        parts.append(gable.shifted((front - deep) / 2, 0, out + 0.04).with_slot(3))
    return parts


def bathtub(rng: Rng) -> Mesh:
    """Bath, wash-basin or sink: an oval or squarish trough on feet, a pedestal, in a block or on its own."""
    length, wide = rng.uniform(0.8, 1.2), rng.uniform(0.4, 0.8)
    h, flare = rng.uniform(0.25, 0.7), rng.uniform(0.6, 0.95)
    knots = [(0.5 * flare * rng.uniform(0.7, 1), 0), (0.5 * flare, 0.3 * h), (0.5, h)]
    outer = outline(knots, 16)
    if rng.random() < 0.6:  # rolled rim
        outer = np.concatenate([outer, outer[-1] + np.array([[0.05, 0.015], [0.06, 0.04]])])
    power, slipper = rng.uniform(2.0, 6.0), rng.choice([0.0, rng.uniform(0.1, 0.5)])

    def formed(mesh: Mesh) -> Mesh:
        x, y, z = mesh.vertices.T
        around = np.maximum(np.hypot(x, y), 1e-9)
        corner = np.abs(x / around) ** power + np.abs(y / around) ** power
        square = np.where(corner > 0, np.maximum(corner, 1e-9) ** (-1 / power), 1.0)
        x, y = x * square, y * square
        z = z + slipper * np.clip(z / h, 0, 1) ** 2 * np.clip(x, 0, 1) ** 2
        return mesh.moved(np.stack([x * length, y * wide, z], 1))

    solid, cavity = solid_and_cavity(outer, 0.05, 0.06, 48)
    parts, kind = [formed(solid)], rng.integers(4)
    if kind == 0:  # on feet
        foot = rng.uniform(0.1, 0.22)
        for x in (-0.33, 0.33):
            knee = (1.2 * x * length, 0.42 * wide, -0.4 * foot)
            leg = p.spline(
                [(x * length, 0.3 * wide, 0.12 * h), knee, (1.15 * x * length, 0.4 * wide, -foot)], 10
            )
            parts += [m.with_slot(1) for m in p.pair(p.tube(leg, 0.035, 10))]
    elif kind == 1:  # pedestal
        tall, r = rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.2)
        post = outline([(1.5 * r, -tall), (r, -0.7 * tall), (r, -0.2 * tall), (1.5 * r, 0.15)], 14)
        parts.append(p.lathe([(0, -tall), *post, (0, 0.15)], 28))
    elif kind == 2:  # built in
        x, y = length * rng.uniform(0.52, 0.7), wide * rng.uniform(0.52, 0.7)
        parts.append(block((-x, -y, -rng.uniform(0, 0.4)), (x, y, h * rng.uniform(0.9, 0.99)), 1, 0.02))
    body = difference(union(parts), [formed(cavity)])
    if rng.random() < 0.4:
        return body
    x, reach, rise = -0.52 * length, rng.uniform(0.12, 0.3), rng.uniform(0.12, 0.35)
    neck = p.spline(
        [(x, 0, 0.8 * h), (x, 0, h + rise), (x + 0.8 * reach, 0, h + rise), (x + reach, 0, h + 0.06)], 22
    )
    taps = [p.tube(neck, 0.028, 10)]
    for side in (-1, 1):
        taps.append(p.rod((x, side * 0.1, 0.8 * h), (x, side * 0.1, h + 0.09), 0.022))
        taps.append(p.rod((x, side * 0.05, h + 0.08), (x, side * 0.15, h + 0.08), 0.022))
    return joined(rng, [body, *(m.with_slot(2) for m in taps)])


def candlestick(rng: Rng) -> Mesh:
    """Candlestick, or a candelabrum of up to seven arms, with candles long and short."""
    h, foot = rng.uniform(0.3, 1.0), rng.uniform(0.14, 0.32)
    radius = rng.uniform(0.03, 0.085, int(rng.integers(4, 9)))
    stem = p.spline(radius[:, None], 40)[:, 0].clip(0.025)
    stem = np.maximum(stem, foot * np.exp(-np.linspace(0, rng.uniform(8, 25), 40)))
    z = np.linspace(0, h, 40)
    parts = [p.lathe([(0, 0), *np.stack([stem, z], 1), (0, h)], 26)]
    arms = int(rng.choice([0, 2, 3, 4, 5, 6], p=[0.4, 0.2, 0.12, 0.1, 0.08, 0.1]))
    places = [np.array([0, 0, h])] if arms == 0 or rng.random() < 0.6 else []
    reach, drop, rise = rng.uniform(0.2, 0.5), rng.uniform(0.0, 0.25), rng.uniform(-0.05, 0.3)
    for i in range(arms):
        turn = 2 * np.pi * i / arms + (np.pi / 2 if arms == 2 else 0)
        out = np.array([np.cos(turn), np.sin(turn), 0])
        end, low = out * reach + [0, 0, h + rise], h * rng.uniform(0.6, 0.65)
        path = [
            (0, 0, low),
            out * reach * 0.6 + [0, 0, low - drop * 0.5],
            out * reach * 0.98 + [0, 0, low + 0.05],
            end,
        ]
        parts.append(p.tube(p.spline(np.array(path), 20), 0.024, 8))
        places.append(end)
    cup, wax, tall = rng.uniform(0.06, 0.12), rng.uniform(0.035, 0.055), rng.uniform(0.0, 0.7)
    dish = p.lathe(
        [(0, -0.03), (0.5 * cup, -0.02), (cup, 0.03), (cup - 0.02, 0.05), (0.03, 0.02), (0, 0.02)], 22
    )
    for place in places:
        parts.append(dish.shifted(*place))
        if tall > 0.08:
            x, y, z0 = place
            long = tall * rng.uniform(0.6, 1.1)
            candle = p.cylinder(wax, long, 0.85 * wax, 16).shifted(x, y, z0 + long / 2)
            wick = p.rod((x, y, z0 + long - 0.02), (x, y, z0 + long + 0.05), 0.014, 6)
            parts += [candle.with_slot(1), wick.with_slot(2)]
    return joined(rng, parts)


def _cushion(rng: Rng) -> Mesh:
    """A pillow with pinched corners, lying; sometimes buttoned, quilted or round."""
    n, x_size, y_size = 25, rng.uniform(0.6, 1.2), rng.uniform(0.5, 0.8)
    u, v = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n), indexing="ij")
    pinch, full, fat = rng.uniform(0, 0.18), rng.uniform(0.35, 0.7), rng.uniform(0.1, 0.28)
    x, y = u * (1 - pinch * (1 - v**2)), v * (1 - pinch * (1 - u**2))
    if rng.random() < 0.2:  # round
        x, y = u * np.sqrt(1 - v**2 / 2), v * np.sqrt(1 - u**2 / 2)
    rise = fat * np.maximum((1 - u**2) * (1 - v**2), 0) ** full + 0.012
    if rng.random() < 0.35:  # buttons
        count = int(rng.choice([1, 2, 3]))
        for a in np.linspace(-1, 1, count + 2)[1:-1]:
            for b in np.linspace(-1, 1, count + 2)[1:-1]:
                rise *= 1 - rng.uniform(0.5, 0.8) * np.exp(-((u - a) ** 2 + (v - b) ** 2) / (0.09 / count))
    rise += (
        0.12
        * fat
        * np.sin(u * rng.uniform(1, 5) + rng.uniform(0, 6))
        * np.sin(v * rng.uniform(1, 5))
        * (rise / fat)
    )
    sheet = np.stack([x * x_size / 2, y * y_size / 2, rise], -1)
    return p.slab(sheet, sheet * [1, 1, -rng.uniform(0.5, 1.0)]).with_crease(SMOOTH)


def cushion(rng: Rng) -> Mesh:
    """Cushions and bolsters: one lying or leaning, or a pile of up to four."""
    parts, z, count = [], 0.0, int(rng.choice([1, 2, 3, 4], p=[0.6, 0.2, 0.1, 0.1]))
    for slot in range(count):
        part = _cushion(rng)
        if rng.random() < 0.2:
            r, long = rng.uniform(0.12, 0.22), rng.uniform(0.4, 1.0)
            part = p.superquadric((long / 2, r, r), 1.0, rng.uniform(0.3, 0.7)).rotated(
                p.rotation((0, 0, 1), np.pi / 2)
            )
            part = part.with_crease(SMOOTH)
        low, high = part.bounds
        turn = p.rotation((0, 0, 1), rng.normal(0, 0.4)) @ p.rotation((1, 0, 0), rng.normal(0, 0.06))
        parts.append(part.rotated(turn).shifted(*rng.normal(0, 0.05, 2), z - low[2]).with_slot(slot))
        z += 0.82 * (high[2] - low[2])
    mesh = joined(rng, parts)
    if count == 1 and rng.random() < 0.5:  # leaning
        mesh = mesh.rotated(p.rotation((0, 1, 0), rng.uniform(0.6, 1.5)))
    return mesh.grounded()


def _present(rng: Rng) -> tuple[Mesh, float]:
    """A present and its height without the bow."""
    x, y, z = rng.uniform(0.3, 1.0, 3) * [1, 1, rng.uniform(0.4, 1.2)]
    lid, over, strap = rng.uniform(0.1, 0.35) * z, 0.02, rng.uniform(0.04, 0.09)
    if rng.random() < 0.2:  # round
        y = x
        parts = [p.cylinder(x / 2, z, segments=40).shifted(0, 0, z / 2)]
        parts.append(
            p.cylinder(x / 2 + over, lid, segments=40).shifted(0, 0, z - lid / 2 + 0.01).with_slot(1)
        )
    else:
        parts = [block((-x / 2, -y / 2, 0), (x / 2, y / 2, z))]
        if rng.random() < 0.6:
            parts.append(
                block((-x / 2 - over, -y / 2 - over, z - lid), (x / 2 + over, y / 2 + over, z + 0.01), 1)
            )
    a, b = x / 2 + over + 0.012, y / 2 + over + 0.012
    aside = rng.choice([0.0, rng.uniform(-0.25, 0.25)])
    parts.append(block((-a, aside * y - strap, -0.002), (a, aside * y + strap, z + 0.025), 2))
    if rng.random() < 0.8:
        parts.append(block((aside * x - strap, -b, -0.008), (aside * x + strap, b, z + 0.035), 2))
    if rng.random() < 0.8:  # bow
        loop, tall = rng.uniform(0.12, 0.28), rng.uniform(0.5, 1.1)
        ring = np.array([(0.02, 0, 0), (0.8, 0, 0.9 * tall), (1.25, 0, 0.6 * tall), (0.8, 0, 0.15)]) * loop
        bow = p.tube(p.spline(ring, 24, closed=True), 0.022, 8, closed=True, flat=rng.uniform(1.5, 3.0))
        top = [bow, p.sphere(0.05, 6).shifted(0, 0, 0.03)]
        count = int(rng.choice([2, 4, 6]))
        top = [*p.around(bow, count, rng.uniform(0, 3)), top[1]]
        parts += [m.shifted(aside * x, aside * y, z + 0.03).with_slot(2) for m in top]
    return joined(rng, parts), z


def gift_box(rng: Rng) -> Mesh:
    """Present tied up with ribbon and bow, square or round; sometimes a few, beside or on each other."""
    mesh, height = _present(rng)
    parts, turn = [mesh], p.rotation((0, 0, 1), rng.uniform(0, 1.5))
    if rng.random() < 0.2:
        parts.append(
            _present(rng)[0].scaled(rng.uniform(0.4, 0.7)).rotated(turn).shifted(0, 0, height + 0.02)
        )
    if rng.random() < 0.2:
        parts.append(
            _present(rng)[0]
            .scaled(0.7)
            .rotated(turn)
            .shifted(rng.uniform(-0.2, 0.2), rng.choice([-0.95, 0.95]), 0)
        )
    return concatenate(parts)
