"""Things worn and carried: umbrellas, hats, shoes, bags."""

from __future__ import annotations

import numpy as np

from wt_backend.training.data import primitives as p
from wt_backend.training.data.families.home.furniture import block
from wt_backend.training.data.families.home.vessels import outline
from wt_backend.training.data.mesh import Mesh, difference, joined
from wt_backend.training.data.sdf import Field

Rng = np.random.Generator


def _between_ribs(mesh: Mesh, ribs: int) -> np.ndarray:
    """(N,) 0 at a rib, 1 between two."""
    return np.sin(0.5 * ribs * np.arctan2(mesh.vertices[:, 1], mesh.vertices[:, 0])) ** 2


def _open_cover(ribs: int, r: float, h: float, bulge: float, sag: float) -> tuple[np.ndarray, Mesh]:
    """Profile (12, 2) of (radius, z) from the tip to the rim, and a canopy that sags between the ribs."""
    u = np.linspace(0, 1, 12)
    arc = np.stack([r * np.sin(u * np.pi / 2.2) / np.sin(np.pi / 2.2), h * (1 - u**bulge)], 1)
    cover = p.lathe(np.concatenate([arc, arc[::-1] - np.array([0, 0.02])]), 6 * ribs)
    v, wave = cover.vertices.copy(), _between_ribs(cover, ribs)
    far = np.hypot(v[:, 0], v[:, 1]) / r
    v[:, :2] *= 1 - (sag * far**3 * wave)[:, None]
    v[:, 2] -= sag * 0.6 * r * far * wave * (1 - far)
    return arc, cover.moved(v)


def _folded_cover(rng: Rng, ribs: int, length: float) -> tuple[np.ndarray, Mesh]:
    """Profile (12, 2) of (radius, z) from the tip down, and cloth that is tucked in between the ribs."""
    knots = [(0, 0.9), (0.05, 0.75), (rng.uniform(0.1, 0.2), 0.4), (0.05, 0.3)]
    arc = p.spline([(x, z * length) for x, z in knots], 12)
    arc[:, 0] = np.maximum(arc[:, 0], 0)
    arc[0, 0] = 0
    cover = p.lathe(np.concatenate([arc, [[0, arc[-1, 1]]]]), 6 * ribs)
    v = cover.vertices.copy()
    v[:, :2] *= 1 - 0.45 * _between_ribs(cover, ribs)[:, None]
    return arc, cover.moved(v)


def umbrella(rng: Rng) -> Mesh:
    """Umbrella or parasol: open and upright, lying, on a stand, or folded."""
    ribs, r = int(rng.integers(6, 11)), rng.uniform(0.5, 0.9)
    h, sag = rng.uniform(0.2, 0.6) * r, rng.uniform(0.03, 0.14)
    folded, length = rng.random() < 0.25, rng.uniform(0.9, 1.5)
    thin, bulge = rng.uniform(0.018, 0.03), rng.uniform(1.4, 2.4)
    if folded:
        arc, cover = _folded_cover(rng, ribs, length)
    else:
        arc, cover = _open_cover(ribs, r, h, bulge, sag)
    parts, top = [cover], float(arc[0, 1])
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
    return mesh.grounded()


def hat(rng: Rng) -> Mesh:
    """Hat with a brim, cap with a peak, woollen hat, top hat or pointed hat, hollow from below."""
    r, h, wall = rng.uniform(0.28, 0.4), rng.uniform(0.2, 0.8), 0.03
    kind = rng.integers(4)
    crown = outline([(r, 0), (r * rng.uniform(0.85, 1.1), 0.5 * h), (r * rng.uniform(0.6, 1.1), h)], 12)
    if kind == 0:  # round or pointed
        u, sharp = np.linspace(0, 1, 14), rng.choice([0.5, 1.0])
        crown = np.stack([r * (1 - u**2) ** sharp if sharp < 1 else r * (1 - u), h * u], 1)[:-1]
    top = crown[-1, 1]
    outer = np.concatenate([crown, [[0, top + rng.uniform(-0.1, 0.05) * (kind > 0) + 0.01]]])
    inner = np.stack([np.maximum(crown[:, 0] - wall, 0.01), crown[:, 1] - wall], 1)[::-1]
    inner = np.concatenate([[[0, outer[-1, 1] - wall - 0.01]], inner[inner[:, 1] > 0.0]])
    brim = rng.uniform(0.12, 0.5) if kind != 3 else 0.0
    base = [(r - wall, -0.015), (r + brim, -0.015), (r + brim, 0.015)] if brim else [(r - wall, 0.0)]
    shell = p.lathe(np.concatenate([outer[::-1], np.array(base)[::-1], inner[::-1]]), 48)
    parts, curl = [shell], rng.uniform(-0.6, 1.5) if rng.random() < 0.7 else 0.0
    if rng.random() < 0.6:
        band = np.array([(r - 0.01, 0.01), (r + 0.02, 0.01), (r + 0.02, 0.12), (r - 0.01, 0.12)])
        parts.append(p.lathe(band, 48, closed=True).with_slot(1))
    if kind == 3 and rng.random() < 0.6:  # peak
        u = np.linspace(-0.9, 0.9, 15)
        reach, dip = np.linspace(0.9, 1.0 + rng.uniform(0.5, 0.9), 8)[:, None], rng.uniform(0, 0.3)
        y = r * np.sin(u * 1.5)[None] * np.ones_like(reach)
        x = r * np.cos(u * 1.5)[None] * (0.5 + 0.5 * reach) + r * (reach - 0.9) * np.cos(u)[None]
        sheet = np.stack([x, y, 0.03 - dip * (x - 0.8 * r) * (reach > 1) - 0.4 * y**2 * (reach - 0.9)], -1)
        parts.append(p.slab(sheet, sheet - np.array([0, 0, 0.03])).with_slot(1))
    if kind in (0, 3) and rng.random() < 0.4:
        parts.append(p.sphere(rng.uniform(0.04, 0.13), 6).shifted(0, 0, float(outer[-1, 1])).with_slot(2))
    mesh = joined(rng, parts)
    v, long = mesh.vertices.copy(), rng.uniform(1.0, 1.3)
    far = np.clip(np.hypot(v[:, 0], v[:, 1]) - r, 0, 1)
    if kind != 3:  # the brim goes up at the sides
        v[:, 2] += curl * far * np.abs(v[:, 1]) / (r + brim)
        v[:, 1] *= 1 - 0.3 * far * max(curl, 0)
    dent = rng.uniform(0, 0.35) * h * (kind == 1)
    v[:, 2] -= dent * np.clip(v[:, 2] / h, 0, 1) ** 3 * np.exp(-((v[:, 1] / (0.35 * r)) ** 2))
    mesh = mesh.moved(v * [long, 1, 1])
    return mesh.grounded()


def shoe(rng: Rng) -> Mesh:
    """Shoe, trainer, slipper, boot or high heel with its toe at +X, open above."""
    f = Field((-0.75, -0.35, -0.1), (0.85, 0.35, 1.25), 52)
    wide, heel, toe = (
        rng.uniform(0.14, 0.2),
        rng.choice([0.04, rng.uniform(0.04, 0.4)]),
        rng.uniform(0.1, 0.15),
    )
    shaft = rng.choice([rng.uniform(0.2, 0.35), rng.uniform(0.5, 0.85)])
    back, ball = np.array([-0.42, 0, heel + 0.15]), np.array([0.25, 0, 0.14])
    tip = np.array([rng.uniform(0.5, 0.62), 0, 0.12])
    ankle = np.array([-0.38 + rng.uniform(0, 0.06), 0, heel + shaft])

    def foot(less: float) -> np.ndarray:
        whole = f.limb(back, ball, 0.15 - less, wide - less)
        whole = np.minimum(whole, f.limb(ball, tip, wide - less, toe - less))
        instep = np.array([-0.1, 0, heel + 0.18])
        whole = np.minimum(whole, f.limb(back, instep, 0.15 - less, 0.16 - less))
        return np.minimum(
            whole, f.limb(back + np.array([0.03, 0, 0]), ankle, 0.16 - less, 0.17 + 0.05 * shaft - less)
        )

    f.add(foot(0.0), 0.0)
    f.cut(foot(0.05), 0.02)
    f.cut(f.half_space((0, 0, 1), heel + shaft - 0.02), 0.0)
    low = rng.random() < 0.35 and shaft < 0.4
    if low:  # as a slipper or a pump is
        f.cut(f.block((-0.1, 0, heel + 0.42), (0.5, 0.6, 0.5), 0.08), 0.03)
    sole = rng.uniform(0.03, 0.08)
    upper = f.mesh()
    x = np.linspace(-0.56, float(tip[0]) + 0.5 * toe, 24)
    u = (x - x[0]) / (x[-1] - x[0])
    half = wide * (0.75 + 0.35 * np.sin(np.pi * u**1.3)) * np.sqrt(np.clip(1 - (2 * u - 1) ** 8, 0.02, 1))
    under = heel * np.clip((0.2 - x) / 0.5, 0, 1)
    v = np.linspace(-1, 1, 7)
    sheet = np.stack([x[:, None] + 0 * v, half[:, None] * v, under[:, None] + 0 * v], -1)
    parts = [upper, p.slab(sheet + np.array([0, 0, 0.05]), sheet - np.array([0, 0, sole])).with_slot(1)]
    if heel > 0.05:
        slim = rng.uniform(0.25, 1.0)
        post = p.cylinder(0.13 * slim, heel + sole, 0.13, 20).shifted(-0.4, 0, (heel - sole) / 2)
        parts.append(post.with_slot(1))
    if not low and rng.random() < 0.5:
        parts += _laces(upper, int(rng.integers(1, 5)))
    mesh = joined(rng, parts)
    return mesh.grounded()


def _laces(upper: Mesh, count: int) -> list[Mesh]:
    """Bars across the instep, or one strap, half sunk into it."""
    bars: list[Mesh] = []
    height = None
    for x in 0.15 - 0.09 * np.arange(count):
        above = np.all(np.abs(upper.vertices[:, :2] - [x, 0]) < 0.04, axis=1)
        z = upper.vertices[above, 2].max() - 0.015
        if height is not None and abs(z - height) > 0.12:  # the opening, or the shaft, begins
            break
        bars.append(p.rod((x, -0.1, z), (x, 0.1, z), 0.022, 8).with_slot(2))
        height = z
    return bars


def _loop(rng: Rng, y: float, z: float, x: float, rise: float) -> Mesh:
    """A handle from side to side over (±y, z)."""
    knots = [(x, -y, z - 0.05), (x, -y * rng.uniform(0.8, 1.0), z + 0.7 * rise), (x, 0, z + rise)]
    knots += [(x, -knots[1][1], z + 0.7 * rise), (x, y, z - 0.05)]
    return p.tube(p.spline(np.array(knots), 26), 0.024, 8, flat=rng.uniform(0.8, 2.2))


def bag(rng: Rng) -> Mesh:
    """Handbag, shopping bag, rucksack, briefcase or suitcase, standing, its front at +X."""
    w, d, h = rng.uniform(0.5, 0.9), rng.uniform(0.16, 0.45), rng.uniform(0.4, 1.0)
    kind, soft = rng.integers(4), rng.uniform(0.03, 0.12)
    body = p.superquadric((d / 2, w / 2, h / 2), rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.7))
    if kind in (1, 3):
        body = p.rounded_box((d, w, h), min(soft, 0.3 * d))
    body = body.shifted(0, 0, h / 2)
    if kind < 2:  # narrower or wider above
        v, lean = body.vertices.copy(), rng.uniform(-0.5, 0.25)
        v[:, :2] *= 1 + lean * v[:, 2:] / h * [1, 0.5]
        body = body.moved(v)
    top = 1 + (lean if kind < 2 else 0.0)
    parts, rise = [body], rng.uniform(0.12, 0.5)
    if kind == 1:  # open above
        hollow = body.scaled((0.86, 0.94, 1)).shifted(0, 0, 0.06)
        parts = [difference(body, [hollow, block((-2, -2, 0.97 * h), (2, 2, 2 * h), 1)])]
    if kind < 2:
        for s in (-1, 1) if rng.random() < 0.8 else (0.1,):
            parts.append(
                _loop(rng, w * rng.uniform(0.15, 0.3), 0.93 * h, s * 0.45 * d * top, rise).with_slot(1)
            )
        if kind == 0 and rng.random() < 0.6:
            drop = rng.uniform(0.3, 0.7) * h
            flap = p.rounded_box((d * 1.12, w * 0.92, drop), 0.03).shifted(0.03, 0, 1.02 * h - drop / 2)
            parts.append(flap.with_slot(2))
    elif kind == 2:
        parts += _straps_and_pockets(rng, w, d, h)
    else:
        parts += _case_fittings(rng, w, d, h, rise)
    return joined(rng, parts).grounded()


def _straps_and_pockets(rng: Rng, w: float, d: float, h: float) -> list[Mesh]:
    """What a rucksack has: pockets before it, perhaps at its sides, two straps behind and a loop."""
    pocket = p.superquadric((0.3 * d, 0.36 * w, rng.uniform(0.15, 0.3) * h), 0.5, 0.5)
    parts = [pocket.shifted(d / 2, 0, rng.uniform(0.25, 0.4) * h).with_slot(2)]
    out = rng.uniform(0.08, 0.22)
    knots = [
        (-0.4 * d, 0.18 * w, 0.9 * h),
        (-d / 2 - out, 0.25 * w, 0.7 * h),
        (-0.4 * d, 0.3 * w, 0.12 * h),
    ]
    parts += [m.with_slot(1) for m in p.pair(p.tube(p.spline(knots, 18), 0.03, 8, flat=1.6))]
    parts.append(_loop(rng, 0.1 * w, 0.97 * h, -0.2 * d, 0.12).with_slot(1))
    if rng.random() < 0.5:
        side = p.superquadric((0.3 * d, 0.1, 0.2 * h), 0.5, 0.6).shifted(0, w / 2, 0.3 * h)
        parts += [m.with_slot(2) for m in p.pair(side)]
    return parts


def _case_fittings(rng: Rng, w: float, d: float, h: float, rise: float) -> list[Mesh]:
    """Ribs around it, perhaps wheels, and a handle that is pulled out or small."""
    parts = []
    for y in np.linspace(-0.4, 0.4, int(rng.integers(2, 6))) * w:
        parts.append(block((-d / 2 - 0.015, y - 0.03, 0.08 * h), (d / 2 + 0.015, y + 0.03, 0.92 * h), 0))
    if rng.random() < 0.6:
        for x in (-0.35, 0.35):
            wheel = p.cylinder(0.06, 0.06, segments=16).rotated(p.ALONG_Y)
            parts += [m.with_slot(1) for m in p.pair(wheel.shifted(x * d, 0.4 * w, -0.02))]
        rise *= 1.5
    parts.append(_loop(rng, 0.2 * w, h, -0.2 * d, rise * rng.choice([0.4, 1.0])).with_slot(1))
    return parts
