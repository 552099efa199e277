"""Instruments struck and blown: drums, tambourines, xylophones, trumpets, horns, saxophones."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import bell
from wt_backend.training.data.mesh import Mesh, difference, joined

Rng = np.random.Generator


def _shell_drum(rng: Rng, r: float, height: float) -> list[Mesh]:
    """Shell on z = 0 with skins, hoops and lugs."""
    parts = [
        p.lathe(
            [
                (0, 0.01),
                (0.97 * r, 0.01),
                (r, 0.03),
                (r, height - 0.03),
                (0.97 * r, height - 0.01),
                (0, height - 0.01),
            ],
            36,
        )
    ]
    out = np.linalg.norm(parts[0].vertices[parts[0].faces].mean(1)[:, :2], axis=1)
    parts[0].slot[out < 0.9 * r] = 1
    parts += [p.torus(r, 0.022, 36, 8).shifted(0, 0, z).with_slot(2) for z in (0.03, height - 0.03)]
    if rng.random() < 0.6:
        lug = p.rod((r + 0.01, 0, 0.03), (r + 0.01, 0, height - 0.03), 0.018, 6).with_slot(3)
        parts += p.around(lug, int(rng.integers(4, 9)))
    return parts


def drum(rng: Rng) -> Mesh:
    """Drum, goblet drum, pair of bongos, drum kit with cymbals, tambourine or xylophone."""
    kind = int(rng.choice(6, p=[0.2, 0.15, 0.1, 0.3, 0.1, 0.15]))
    r, tall = rng.uniform(0.25, 0.5), rng.uniform(0.15, 0.9)
    if kind == 0:
        parts = _shell_drum(rng, r, tall)
        for s in (-1, 1) if rng.random() < 0.5 else ():
            parts.append(
                p.rod(
                    (s * 0.1 - 0.3, -0.3 * s, tall + 0.02), (s * 0.1 + 0.3, 0.3 * s, tall + 0.06), 0.02, 8
                ).with_slot(3)
            )
        return joined(rng, parts)
    if kind == 1:  # goblet, hollow below
        return _goblet_drum(rng, r)
    if kind == 2:
        small = r * rng.uniform(0.7, 0.95)
        pair = [m.shifted(0, -r - 0.04, 0) for m in _shell_drum(rng, r, tall)]
        pair += [
            m.shifted(0, small + 0.04, 0) for m in _shell_drum(rng, small, tall * rng.uniform(0.85, 1.0))
        ]
        return joined(rng, [*pair, block((-0.08, -0.1, 0.4 * tall), (0.08, 0.1, 0.6 * tall), 3)])
    if kind == 3:
        return joined(rng, _kit(rng))
    if kind == 4:  # tambourine: a hoop with pairs of discs
        return _tambourine(rng, r)
    return _xylophone(rng)


def _xylophone(rng: Rng) -> Mesh:
    """Bars on two rails, lying or on legs with pipes below."""
    count, long = int(rng.integers(6, 13)), rng.uniform(0.5, 0.9)
    end, h = rng.uniform(0.4, 0.8), rng.choice([0.05, rng.uniform(0.4, 0.6)])
    parts, spots = [], np.linspace(-long, long, count)
    for i, y in enumerate(spots):
        half, wide = 0.3 * (1 - (1 - end) * i / count), 0.75 * long / count
        parts.append(block((-half, y - wide, h), (half, y + wide, h + 0.035), int(rng.integers(2)), 0.01))
        if h > 0.1:
            parts.append(p.rod((0, y, h - 0.9 * half), (0, y, h - 0.01), 0.6 * wide, 10).with_slot(2))
    rail = np.array([(0.2, -long - 0.05, h - 0.01), (0.2 * end, long + 0.05, h - 0.01)])
    for s in (-1, 1):
        parts.append(p.rod(rail[0] * [s, 1, 1], rail[1] * [s, 1, 1], 0.03, 6).with_slot(3))
        if h > 0.1:
            parts += [p.rod((s * (u[0] + 0.06), u[1], 0), u * [s, 1, 1], 0.025, 8).with_slot(3) for u in rail]
    return joined(rng, parts)


def _tambourine(rng: Rng, r: float) -> Mesh:
    """Hoop with pairs of discs, with a skin or without."""
    h = rng.uniform(0.08, 0.16)
    hoop = p.lathe([(r, 0), (r, h), (0.9 * r, h), (0.9 * r, 0)], 40, closed=True)
    disc = p.cylinder(0.09, 0.02, segments=14).shifted(r, 0, 0)
    slit = block((0.8 * r, -0.12, 0.2 * h), (1.2 * r, 0.12, 0.8 * h), 2)
    count = int(rng.integers(4, 7))
    parts = [difference(hoop, p.around(slit, count))]
    parts += [m.shifted(0, 0, z * h).with_slot(1) for z in (0.38, 0.62) for m in p.around(disc, count)]
    parts += p.around(p.rod((0.95 * r, 0, 0.05 * h), (0.95 * r, 0, 0.95 * h), 0.02, 6), count)
    skin = p.cylinder(0.95 * r, 0.02, segments=40).shifted(0, 0, h - 0.02).with_slot(3)
    return joined(rng, [*parts, skin] if rng.random() < 0.5 else parts)


def _goblet_drum(rng: Rng, r: float) -> Mesh:
    """Goblet, hollow below."""
    waist, foot, tall = r * rng.uniform(0.3, 0.6), r * rng.uniform(0.5, 0.8), rng.uniform(0.7, 1.2)
    curve = p.spline(np.array([(foot, 0), (waist, 0.4 * tall), (0.9 * r, 0.75 * tall), (r, tall)]), 20)
    skin = np.concatenate([curve, [(0, tall), (0, tall - 0.04)], (curve - np.array([0.04, 0]))[-2::-1]])
    keep = p.lathe(np.concatenate([skin[21:], skin[:21]]), 36)
    return joined(rng, [keep, p.torus(r, 0.025, 36, 8).shifted(0, 0, tall - 0.05).with_slot(2)])


def _kit(rng: Rng) -> list[Mesh]:
    r, deep = rng.uniform(0.28, 0.4), rng.uniform(0.25, 0.4)
    parts = [m.rotated(p.ALONG_X).shifted(-deep / 2, 0, r + 0.03) for m in _shell_drum(rng, r, deep)]
    parts += p.pair(p.rod((0.05, 0.7 * r, 0.5 * r), (0.15, r + 0.05, 0), 0.02, 6).with_slot(3))
    toms = p.pair(p.cylinder(0.15, 0.2)) if rng.random() < 0.7 else [p.cylinder(0.18, 0.2)]
    for s, tom in zip((-1, 1) if len(toms) == 2 else (0,), toms, strict=True):
        lean = p.rotation((0, 1, 0), -0.35)
        parts += [
            tom.rotated(lean).shifted(-0.05, 0.18 * s, 2 * r + 0.25),
            p.rod((0, 0.05 * s, 2 * r), (-0.03, 0.16 * s, 2 * r + 0.2), 0.022, 6).with_slot(3),
        ]
    for y, size, h in ((-0.6, 0.2, rng.uniform(0.25, 0.35)), (0.6, 0.16, rng.uniform(0.35, 0.5))):
        parts.append(p.cylinder(size, 0.22 if y > 0 else 0.3).shifted(-0.25, y, h + 0.1))
        parts += [
            m.shifted(-0.25, y, 0).with_slot(3)
            for m in p.around(p.rod((0.18, 0, 0), (0.1, 0, h), 0.02, 6), 3)
        ]
    for y in (-0.55, 0.5)[: int(rng.integers(1, 3))]:
        high = rng.uniform(0.9, 1.2)
        cymbal = p.lathe(
            [(0, 0), (0.06, -0.03), (rng.uniform(0.2, 0.28), -0.07), (0.06, -0.055), (0, -0.03)], 28
        )
        tilted = cymbal.rotated(p.rotation((1, 0.5, 0), 0.3 * np.sign(y)))
        parts += [
            tilted.shifted(0, y, high).with_slot(2),
            p.rod((0, y, 0), (0, y, high), 0.018, 6).with_slot(3),
        ]
        parts += [
            m.shifted(0, y, 0).with_slot(3) for m in p.around(p.rod((0.2, 0, 0), (0, 0, 0.25), 0.018, 6), 3)
        ]
    return parts


def horn(rng: Rng) -> Mesh:
    """Trumpet, tuba or hunting horn, saxophone, clarinet or alphorn."""
    kind, thin = int(rng.choice(4, p=[0.3, 0.25, 0.25, 0.2])), rng.uniform(0.022, 0.035)
    mouth, flare = rng.uniform(0.15, 0.3), rng.uniform(2.5, 6)
    if kind == 0:  # trumpet or trombone: a flat loop, bell to +X
        return _trumpet(rng, thin, mouth, flare)
    if kind == 1:  # coils widening into a bell
        return _coiled_horn(rng, thin, mouth)
    if kind == 2:  # saxophone: a cone bent up at its foot
        return _saxophone(rng, mouth)
    return _long_pipe(rng, thin)


def _long_pipe(rng: Rng, thin: float) -> Mesh:
    """Clarinet, recorder or alphorn: straight, its bell in line or turned up."""
    length, end = rng.uniform(0.8, 1.4), rng.uniform(1.2, 4.0)
    pipe = p.tube(
        p.spline(np.array([(0, 0, length), (0, 0, 0.4 * length), (0, 0, 0)]), 12),
        np.linspace(thin, thin * rng.uniform(1, 1.8), 12),
        14,
    )
    bend = p.rotation((0, 1, 0), np.pi - 1.5 * rng.choice([0.0, rng.uniform(0.1, 0.5)]))
    parts = [
        pipe,
        bell(end * thin + 0.03, thin * 1.3, rng.uniform(0.15, 0.35), rng.uniform(1.5, 4))
        .rotated(bend)
        .shifted(0, 0, 0.04),
    ]
    parts += [
        p.torus(1.25 * thin, 0.018, 18, 6).shifted(0, 0, z).with_slot(1)
        for z in rng.uniform(0.05, 0.95, int(rng.integers(1, 5))) * length
    ]
    for z in np.linspace(0.25, 0.8, int(rng.integers(0, 7))) * length:
        parts.append(
            p.cylinder(0.028, 2.6 * thin, segments=10).rotated(p.ALONG_X).shifted(thin, 0, z).with_slot(2)
        )
    return joined(rng, parts)


def _saxophone(rng: Rng, mouth: float) -> Mesh:
    """Cone bent up at its foot, with keys."""
    tall, out = rng.uniform(0.7, 1.1), rng.uniform(0.2, 0.35)
    path = p.spline(
        np.array(
            [
                (-0.2, 0, tall + 0.02),
                (-0.06, 0, tall + 0.1),
                (0, 0, tall),
                (0, 0, 0.5 * tall),
                (0.02, 0, 0.2),
                (out / 2, 0, 0.06),
                (out, 0, 0.22),
            ]
        ),
        44,
    )
    radius = np.linspace(0.02, rng.uniform(0.07, 0.11), 44)
    flared = bell(mouth * 0.8 + 0.05, radius[-1], rng.uniform(0.25, 0.4), rng.uniform(1.5, 3)).rotated(
        p.rotation((0, 1, 0), 0.2)
    )
    parts = [p.tube(path, radius, 14), flared.shifted(out - 0.01, 0, 0.2)]
    parts.append(p.rod(path[0] - [0.08, 0, 0.05], path[0] + [0.02, 0, 0.01], (0.022, 0.04), 10).with_slot(1))
    for z in np.linspace(0.25, 0.9, int(rng.integers(3, 8))) * tall:
        parts.append(
            p.cylinder(0.035, 0.18, segments=12)
            .rotated(p.ALONG_Y if rng.random() < 0.5 else p.ALONG_X)
            .shifted(0.03, 0.03, z)
            .with_slot(2)
        )
    parts.append(p.rod((0.08, 0.02, 0.15), (0.03, 0.05, 0.85 * tall), 0.018, 6).with_slot(2))
    return joined(rng, parts)


def _coiled_horn(rng: Rng, thin: float, mouth: float) -> Mesh:
    """Coils that widen into a bell."""
    turns, r = rng.uniform(1.0, 2.5), rng.uniform(0.25, 0.35)
    a = np.linspace(0, 2 * np.pi * turns, 60)
    oval = rng.uniform(0.9, 1.6)
    pitch = rng.uniform(0.06, 0.12)
    path = np.stack([r * np.cos(a), pitch * a / np.pi, oval * r * np.sin(a)], 1)
    end, way = path[-1], path[-1] - path[-2]
    way = way / np.linalg.norm(way)
    wide = rng.uniform(1.3, 2.2) * thin
    flared = bell(mouth * rng.uniform(1, 1.4), wide, rng.uniform(0.4, 0.7), rng.uniform(2, 4)).rotated(
        p.towards(way)
    )
    parts = [p.tube(path, np.linspace(thin, 1.05 * wide, 60), 10), flared.shifted(*(end - 0.04 * way))]
    back = path[0] - path[1]
    start = path[0] + 0.25 * back / np.linalg.norm(back)
    parts += [p.rod(path[0], start, thin, 8), p.sphere(0.05, 6).shifted(*start).with_slot(1)]
    for i in range(3) if rng.random() < 0.6 else ():
        parts.append(
            p.rod(
                (r * 0.3 - 0.1 * i, -0.02, 0), (r * 0.3 - 0.1 * i, 2 * pitch * turns, 0.02), 0.045, 12
            ).with_slot(1)
        )
    bar = p.rod((-1.05 * r, 0.8 * pitch, 0), (1.05 * r, 1.2 * pitch, 0), 0.025, 8)
    parts.append(bar.with_slot(1))
    return joined(rng, [m.shifted(0, 0, oval * r) for m in parts])


def _trumpet(rng: Rng, thin: float, mouth: float, flare: float) -> Mesh:
    """Trumpet or trombone: a flat loop, its bell to +X."""
    length, height = rng.uniform(0.5, 1.0), rng.uniform(0.12, 0.25)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 9)
    bow = np.stack([length / 2 + height / 2 * np.cos(angle), 0 * angle, height / 2 * np.sin(angle)], 1)
    loop = np.concatenate([bow, -bow])
    parts = [p.tube(loop, thin, 8, closed=True)]
    parts.append(
        bell(mouth, thin, rng.uniform(0.35, 0.6), flare)
        .rotated(p.ALONG_X)
        .shifted(0.35 * length, 0, height / 2)
    )
    mouthpiece = -length / 2 - rng.uniform(0.2, 0.45)
    parts.append(p.rod((0, 0, height / 2), (mouthpiece, 0, height / 2), thin, 8))
    parts.append(
        p.rod(
            (mouthpiece - 0.06, 0, height / 2), (mouthpiece + 0.03, 0, height / 2), (0.055, thin), 12
        ).with_slot(1)
    )
    for u in np.linspace(-0.12, 0.12, 3) if rng.random() < 0.7 else ():
        parts.append(p.cylinder(0.045, height + 0.16, segments=14).shifted(u, 0, 0).with_slot(1))
        parts.append(p.rod((u, 0, 0), (u, 0, height / 2 + rng.uniform(0.12, 0.2)), 0.022, 8).with_slot(2))
    return joined(rng, parts)
