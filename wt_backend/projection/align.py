"""Fit to Layers: move, turn and scale a foreign mesh onto the points of a trace's layers.

Trimmed iterative closest points (Chetverikov et al. 2002) with scale: pairs are made both ways, because mesh
to layers alone would shrink the mesh onto a single point, and the worst of each way are left out, because
each side has surfaces that the other lacks. Every step is a similarity by Procrustes analysis (trimesh).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from trimesh.registration import procrustes

from wt_backend.geometry.job import REQUIRED, load_stack, read_params
from wt_backend.geometry.layer_mesh import layer_points
from wt_backend.jobs import Cancel, Progress
from wt_backend.projection.mesh import TriangleMesh
from wt_backend.projection.request import faces_of, place_of
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack

Points = NDArray[np.float64]
Report = Callable[[float], None]  # takes the share that is done
COARSE, FINE = 600, 5000  # points of each side
KEEP = 0.8  # share of pairs that count
COARSE_ROUNDS, FINE_ROUNDS = 25, 80
STILL = 1e-5  # change of the residual, in extents, that ends the rounds
TURNS = 4  # starts about the upright axis, beside the mesh as it stands
FEWEST = 50  # layer points without which nothing can be fitted


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Worker method ``projection/fit``.

    Parameters
    ----------
    params : ``mesh`` (NPZ with ``vertices``, ``triangles``, world), ``stack`` (path), ``to_local`` (4×4,
        world → the trace's frame), ``turn`` = True (try the mesh turned about the world's Z axis too).

    Returns
    -------
    dict
        ``matrix`` (4×4, world → world, to be applied before the object's own), ``scale``, ``residual`` (RMS
        distance of the closest 80 % of the layers' points to the mesh, world units), ``relative`` (the same
        as a share of the layers' extent), ``before`` (the same before the fit), ``seconds``.

    Raises
    ------
    BackendError
        kinds "bad_request", "bad_stack".
    """
    begun = time.monotonic()
    values = read_params(params, mesh=REQUIRED, stack=REQUIRED, to_local=[], turn=True)
    to_local = place_of(values["to_local"])
    mesh = faces_of(values["mesh"])
    target = layers_in_world(load_stack(values["stack"]), to_local)
    if len(target) < FEWEST:
        raise BackendError("bad_request", "The trace has almost no points.", "Choose another trace.")
    source = surface_points(mesh, FINE)

    def report(share: float) -> None:
        cancel()
        progress("fit", round(100 * share), 100)

    extent = _extent(target)
    before = _residual(source, _some(target, FINE)) / extent
    matrix = fit(source, target, values["turn"], report)
    residual = _residual(_apply(matrix, source), _some(target, FINE))
    return {
        "matrix": matrix.tolist(),
        "scale": float(np.cbrt(np.linalg.det(matrix[:3, :3]))),
        "residual": residual,
        "relative": residual / extent,
        "before": before,
        "seconds": time.monotonic() - begun,
    }


def fit(source: Points, target: Points, turn: bool, report: Report) -> NDArray[np.float64]:
    """The similarity (4, 4) that lays ``source`` (N, 3) onto ``target`` (M, 3)."""
    starts = [np.eye(4)]
    if turn:
        starts += [_start(source, target, 2 * np.pi * k / TURNS) for k in range(TURNS)]
    few_source, few_target = _some(source, COARSE), _some(target, COARSE)
    tried = []
    for number, start in enumerate(starts):
        report(0.5 * number / len(starts))
        matrix = _rounds(few_source, few_target, start, COARSE_ROUNDS)
        tried.append((_residual(_apply(matrix, few_source), few_target), number, matrix))
    report(0.5)
    best = min(tried, key=lambda entry: entry[:2])[2]
    return _rounds(source, _some(target, FINE), best, FINE_ROUNDS, report)


def layers_in_world(stack: LayerStack, to_local: NDArray[np.float64]) -> Points:
    """All points (N, 3) of all layers, world."""
    points = np.concatenate([layer_points(stack, layer).positions for layer in range(stack.layers)])
    return _apply(np.linalg.inv(to_local), points.astype(np.float64))


def surface_points(mesh: TriangleMesh, count: int) -> Points:
    """Points (count, 3) spread evenly over the mesh, always the same ones."""
    rng = np.random.default_rng(0)
    areas = mesh.areas
    if not areas.sum() > 0:
        raise BackendError("bad_request", "The mesh has no area.", "Choose an object with faces.")
    chosen = mesh.corners[rng.choice(len(areas), count, p=areas / areas.sum())]
    one, other = rng.random((2, count, 1))
    flip = one + other > 1
    one, other = np.where(flip, 1 - one, one), np.where(flip, 1 - other, other)
    a, b, c = chosen.transpose(1, 0, 2)
    return np.asarray(a + one * (b - a) + other * (c - a))


def _start(source: Points, target: Points, angle: float) -> NDArray[np.float64]:
    """Source turned about Z, scaled and moved onto the middle of the target."""
    matrix = np.eye(4)
    cos, sin = np.cos(angle), np.sin(angle)
    scale = _extent(target) / _extent(source)
    matrix[:3, :3] = scale * np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    matrix[:3, 3] = _middle(target) - matrix[:3, :3] @ _middle(source)
    return matrix


def _rounds(
    source: Points,
    target: Points,
    matrix: NDArray[np.float64],
    rounds: int,
    report: Report | None = None,
) -> NDArray[np.float64]:
    tree = cKDTree(target)
    extent, last = _extent(target), np.inf
    for number in range(rounds):
        if report is not None:
            report(0.5 + 0.5 * number / rounds)
        moved = _apply(matrix, source)
        out, nearest = tree.query(moved)
        back, closest = cKDTree(moved).query(target)
        mine, theirs = _best(out), _best(back)
        one = np.concatenate([moved[mine], moved[closest[theirs]]])
        other = np.concatenate([target[nearest[mine]], target[theirs]])
        step, _, _ = procrustes(one, other, reflection=False)
        if not np.isfinite(step).all():
            break
        matrix = step @ matrix
        error = float(np.sqrt(np.mean(back[theirs] ** 2) + np.mean(out[mine] ** 2)))
        if abs(last - error) < STILL * extent:
            break
        last = error
    return matrix


def _best(distance: NDArray[np.float64]) -> NDArray[np.intp]:
    count = max(3, int(KEEP * len(distance)))
    return np.argpartition(distance, count - 1)[:count]


def _residual(source: Points, target: Points) -> float:
    distance = cKDTree(source).query(target)[0]
    return float(np.sqrt(np.mean(distance[_best(distance)] ** 2)))


def _some(points: Points, count: int) -> Points:
    if len(points) <= count:
        return points
    return np.asarray(points[np.random.default_rng(0).choice(len(points), count, replace=False)])


def _middle(points: Points) -> Points:
    return np.asarray((points.min(0) + points.max(0)) / 2)


def _extent(points: Points) -> float:
    return float(np.linalg.norm(np.ptp(points, axis=0)))


def _apply(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])
