"""Closed primitive solids: boxes, lathes, tubes, extrusions, superquadrics and the like."""

from __future__ import annotations

import manifold3d
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wt_backend.training.data.mesh import AUTO_SMOOTH, FLAT, SMOOTH, Mesh


def rotation(axis: ArrayLike, angle: float) -> NDArray[np.float64]:
    """(3, 3) rotation about an axis by an angle in radians (Rodrigues)."""
    x, y, z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


ALONG_X = rotation((0, 1, 0), np.pi / 2)
"""Lays what stands along Z along X."""
ALONG_Y = rotation((1, 0, 0), np.pi / 2)
"""Lays what stands along Z along Y, its top at −Y."""


def random_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """(3, 3) uniformly random rotation, from a random unit quaternion."""
    w, x, y, z = (q := rng.normal(size=4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def towards(direction: ArrayLike) -> NDArray[np.float64]:
    """(3, 3) rotation that takes +Z to a direction."""
    z = np.asarray(direction, np.float64) / np.linalg.norm(direction)
    helper = np.array([1.0, 0, 0]) if abs(z[0]) < 0.9 else np.array([0, 1.0, 0])
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def broadcast(*coordinates: ArrayLike) -> NDArray[np.float64]:
    """(..., D) points of D coordinates, arrays or numbers that broadcast against each other."""
    return np.stack(np.broadcast_arrays(*coordinates), -1)


def box(size: ArrayLike = (1, 1, 1)) -> Mesh:
    """Box centred at the origin with full side lengths `size`."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    faces = [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]  # fmt: skip
    return Mesh.build(corners * np.asarray(size, np.float64), np.array(faces), crease=FLAT)


def _cube_grid(steps: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Unit cube surface [-1, 1]³ as a welded grid of steps² quads a side."""
    ticks = np.linspace(-1, 1, steps + 1)
    index: dict[tuple[int, int, int], int] = {}
    quads = []
    for axis in range(3):
        for side in (0, steps):
            for i in range(steps):
                for j in range(steps):
                    quad = []
                    for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)):
                        key = [0, 0, 0]
                        key[axis], key[(axis + 1) % 3], key[(axis + 2) % 3] = side, a, b
                        quad.append(index.setdefault((key[0], key[1], key[2]), len(index)))
                    quads.append(quad if side else quad[::-1])
    points = np.array([[ticks[i] for i in key] for key in index])
    quads_array = np.array(quads)
    return points, np.concatenate([quads_array[:, [0, 1, 2]], quads_array[:, [0, 2, 3]]])


_CUBES = {steps: _cube_grid(steps) for steps in (6, 10, 14)}


def rounded_box(size: ArrayLike = (1, 1, 1), radius: float = 0.1) -> Mesh:
    """Box whose edges are rounded by `radius` (at most half the shortest side)."""
    points, faces = _CUBES[6]
    half = np.asarray(size, np.float64) / 2
    radius = float(min(radius, 0.98 * half.min()))
    # grid lines 0 … 6 of every axis: two steps of 22.5° round each edge, the flat in between
    inner = half - radius
    line = np.array([0.0, 0.0, np.tan(np.pi / 8), 1.0])  # by |k|: 0 the middle, 1 where the round begins
    index = np.rint(np.abs(points) * 3).astype(int)
    position = np.sign(points) * np.where(index == 0, 0.0, inner + radius * line[index])
    core = np.clip(position, -inner, inner)
    outward = position - core
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return Mesh.build(core + radius * outward, faces, crease=AUTO_SMOOTH)


def sphere(radius: float = 1.0, steps: int = 10) -> Mesh:
    """Sphere of cube-grid triangles."""
    points, faces = _CUBES[steps]
    points = np.tan(points * np.pi / 4)
    return Mesh.build(radius * points / np.linalg.norm(points, axis=1, keepdims=True), faces, crease=SMOOTH)


def superquadric(size: ArrayLike, north: float, east: float, steps: int = 14) -> Mesh:
    """Superquadric with half axes `size`; exponents 0.2 (boxy) over 1 (ellipsoid) to 2.5 (pinched)."""
    points, faces = _CUBES[steps]
    points = np.tan(points * np.pi / 4)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    x, y, z = np.abs(points).T
    inside = ((x ** (2 / east) + y ** (2 / east)) ** (east / north) + z ** (2 / north)) ** (-north / 2)
    return Mesh.build(points * inside[:, None] * np.asarray(size, np.float64), faces, crease=AUTO_SMOOTH)


def lathe(profile: ArrayLike, segments: int = 32, closed: bool = False) -> Mesh:
    """Turn a profile of (radius, z) about Z.

    An open profile begins and ends on the axis (radius 0); a closed one is a loop off the axis.
    """
    profile = np.asarray(profile, np.float64)
    angles = np.arange(segments) * (2 * np.pi / segments)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    on_axis = profile[:, 0] < 1e-9
    starts, vertices, total = [], [], 0
    for (radius, z), pole in zip(profile, on_axis, strict=True):
        starts.append(total)
        block = broadcast(0.0, 0.0, [z]) if pole else broadcast(*(ring * radius).T, z)
        vertices.append(block)
        total += len(block)
    near = np.arange(segments)
    far = (near + 1) % segments
    faces = []
    count = len(profile)
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        a, b = starts[i], starts[j]
        if on_axis[i] and on_axis[j]:
            continue
        if on_axis[i]:
            faces.append(np.stack([np.full(segments, a), b + far, b + near], axis=1))
        elif on_axis[j]:
            faces.append(np.stack([a + near, a + far, np.full(segments, b)], axis=1))
        else:
            faces.append(np.stack([a + near, a + far, b + far], axis=1))
            faces.append(np.stack([a + near, b + far, b + near], axis=1))
    return Mesh.build(np.concatenate(vertices), np.concatenate(faces))


def cylinder(radius: float = 0.5, height: float = 1.0, top: float | None = None, segments: int = 28) -> Mesh:
    """Cylinder or, with another `top` radius, a frustum, centred; `top` = 0 makes a cone."""
    top = radius if top is None else top
    half = height / 2
    profile = [(0, -half), (radius, -half), (top, half)] + ([(0, half)] if top > 0 else [])
    return lathe(profile, segments)


def capsule(radius: float = 0.3, height: float = 1.0, segments: int = 20) -> Mesh:
    """Capsule along Z; `height` is between the centres of its caps."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 9)
    z = radius * np.sin(angle)
    r = radius * np.cos(angle)
    r[[0, -1]] = 0
    lower = np.stack([r[:5], z[:5] - height / 2], axis=1)
    upper = np.stack([r[4:], z[4:] + height / 2], axis=1)
    return lathe(np.concatenate([lower, upper]), segments).with_crease(SMOOTH)


def torus(major: float = 0.6, minor: float = 0.2, segments: int = 36, sides: int = 16) -> Mesh:
    """Torus about Z."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    profile = np.stack([major + minor * np.cos(angle), minor * np.sin(angle)], axis=1)
    return lathe(profile, segments, closed=True).with_crease(SMOOTH)


def spline(points: ArrayLike, samples: int, closed: bool = False) -> NDArray[np.float64]:
    """(samples, D) points on the Catmull–Rom curve through `points`."""
    points = np.asarray(points, np.float64)
    count = len(points)
    if closed:
        padded = points[np.arange(-1, count + 2) % count]
        u = np.arange(samples) * (count / samples)
    else:
        padded = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
        u = np.linspace(0, count - 1, samples)
    i = np.minimum(u.astype(int), len(padded) - 4)
    t = (u - i)[:, None]
    p0, p1, p2, p3 = (padded[i + k] for k in range(4))
    return 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )


def tube(
    path: ArrayLike, radius: ArrayLike, sides: int = 12, closed: bool = False, flat: float = 1.0
) -> Mesh:
    """Solid tube along a path (N, 3); `radius` a number or one a point; `flat` squeezes one cross axis."""
    path = np.asarray(path, np.float64)
    count = len(path)
    radius = np.broadcast_to(np.asarray(radius, np.float64), count)
    step = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    tangent = step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-12)
    normal = np.empty_like(path)
    frame = towards(tangent[0])[:, 0]
    for i in range(count):  # parallel transport: no sudden turns of the cross section
        frame = frame - tangent[i] * (frame @ tangent[i])
        frame /= np.linalg.norm(frame)
        normal[i] = frame
    binormal = np.cross(tangent, normal)
    angle = np.arange(sides) * (2 * np.pi / sides)
    if closed:  # spread the twist left over at the seam along the whole loop
        twist = np.arctan2(normal[0] @ binormal[-1], normal[0] @ normal[-1])
        angles = angle[None] + np.linspace(0, twist, count, endpoint=False)[:, None]
    else:
        angles = np.broadcast_to(angle, (count, sides))
    rings = path[:, None] + radius[:, None, None] * (
        np.cos(angles)[..., None] * normal[:, None] + flat * np.sin(angles)[..., None] * binormal[:, None]
    )
    a = np.arange(sides)
    b = (a + 1) % sides
    near = (np.arange(count if closed else count - 1) * sides)[:, None]
    far = (near + sides) % (count * sides)
    faces = [
        np.stack([near + a, near + b, far + b], axis=-1).reshape(-1, 3),
        np.stack([near + a, far + b, far + a], axis=-1).reshape(-1, 3),
    ]
    vertices = rings.reshape(-1, 3)
    if not closed:
        first, last = len(vertices), len(vertices) + 1
        end = (count - 1) * sides
        faces.append(np.stack([np.full(sides, first), b, a], axis=1))
        faces.append(np.stack([np.full(sides, last), end + a, end + b], axis=1))
        vertices = np.concatenate([vertices, path[[0, -1]]])
    return Mesh.build(vertices, np.concatenate(faces))


def extrude(
    polygons: list[NDArray], height: float, twist: float = 0.0, taper: float = 1.0, steps: int = 0
) -> Mesh:
    """Extrude polygons (outlines and, wound the other way or inside them, holes) along Z, centred."""
    section = manifold3d.CrossSection(
        [np.asarray(p, np.float64) for p in polygons], manifold3d.FillRule.EvenOdd
    )
    solid = manifold3d.Manifold.extrude(section, height, steps, np.degrees(twist), (taper, taper))
    result = solid.to_mesh()
    vertices = np.asarray(result.vert_properties, np.float64)[:, :3] - [0, 0, height / 2]
    return Mesh.build(vertices, np.asarray(result.tri_verts))


def regular_polygon(sides: int, radius: float = 1.0, phase: float = 0.0) -> NDArray[np.float64]:
    """(sides, 2) corners of a regular polygon, counter-clockwise."""
    angle = phase + np.arange(sides) * (2 * np.pi / sides)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def grid_faces(rows: int, columns: int) -> NDArray[np.int64]:
    """(2 (rows−1)(columns−1), 3) triangles of a grid of points."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (m.ravel() for m in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def slab(top: NDArray, bottom: NDArray) -> Mesh:
    """Closed solid between two sheets, grids of points (R, C, 3) one above the other."""
    rows, columns = top.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    around = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    other, below = np.roll(around, -1), rows * columns
    skirt = np.concatenate(
        [np.stack([around, other, around + below], 1), np.stack([other, other + below, around + below], 1)]
    )
    sheet = grid_faces(rows, columns)
    return Mesh.build(
        np.concatenate([top.reshape(-1, 3), bottom.reshape(-1, 3)]),
        np.concatenate([sheet, sheet[:, ::-1] + below, skirt]),
    )


def upright(polygons: list[NDArray], width: float) -> Mesh:
    """Extrude outlines of (x, z), a thing seen from its side, along Y, centred."""
    return extrude(polygons, width).rotated(ALONG_Y)


def facing(polygons: list[NDArray], depth: float) -> Mesh:
    """Extrude outlines of (y, z), a thing seen from its front, along X, centred."""
    return upright(polygons, depth).rotated(rotation((0, 0, 1), np.pi / 2))


def rod(start: ArrayLike, end: ArrayLike, radius: float | tuple[float, float], sides: int = 10) -> Mesh:
    """Straight round bar between two points; two radii make it taper."""
    return tube(np.array([start, end], np.float64), radius, sides)


def pair(mesh: Mesh) -> list[Mesh]:
    """A mesh and its mirror image across Y = 0."""
    return [mesh, mesh.scaled((1, -1, 1))]


def around(mesh: Mesh, count: int, phase: float = 0.0) -> list[Mesh]:
    """`count` copies of a mesh turned about Z in equal steps."""
    return [mesh.rotated(rotation((0, 0, 1), phase + 2 * np.pi * i / count)) for i in range(count)]
