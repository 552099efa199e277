"""Worker method ``projection/bake``: parameters and files around `bake`."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.exr import write_exr
from wt_backend.geometry.job import REQUIRED, choose, read_params, whole_file
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import check_output
from wt_backend.projection.bake import Baked, bake
from wt_backend.projection.guess import HiddenLayers
from wt_backend.projection.mesh import TriangleMesh, read_mesh
from wt_backend.projection.pictures import write_png
from wt_backend.projection.refine import refine
from wt_backend.projection.request import cameras_of, faces_of
from wt_backend.projection.unwrap import unwrap
from wt_backend.projection.view import View
from wt_backend.projection.visibility import Visibility
from wt_backend.protocol import BackendError

SIZES = (16, 8192)
STEPS = 100
FLICKER = 1.5  # photo pixels a texel from which the photo is made smaller first
UV_EDGE = 1e-4  # how far UVs may leave the unit square
MOST_TIMES = 64  # that faces may cover the unit square; each having it to itself, a bake would take hours


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Bake photos onto a mesh.

    Parameters
    ----------
    params : ``mesh`` (NPZ: ``vertices``, ``triangles``, ``uv`` (T, 3, 2), and what hides it:
        ``occluder_vertices``, ``occluder_triangles``; all world space), ``cameras`` (list of
        ``{stack, to_local (4×4, world → the trace's frame), photo}``; an empty ``photo`` takes the small
        picture inside the stack), ``output`` (path without suffix), ``size`` = 2048, ``unwrap`` = "own"
        ("own" or "xatlas"), ``layer_hides`` = False (layer 0 hides the mesh as well).

    Returns
    -------
    dict
        ``texture`` (PNG, or EXR if a photo is float), ``mask`` (PNG, white where a photo shows it), ``data``
        (NPZ: ``seen`` (V,), and ``uv`` (T, 3, 2) after an unwrap), ``seen`` (share of texels), ``warnings``,
        ``seconds``.

    Raises
    ------
    BackendError
        kinds "bad_request", "bad_stack", "bad_image", "bad_output", "disk_full".
    """
    begun = time.monotonic()
    values = read_params(
        params, mesh=REQUIRED, cameras=[], output=REQUIRED, size=2048, unwrap="own", layer_hides=False
    )
    choose("unwrap", values["unwrap"], ("own", "xatlas"))
    size = values["size"]
    if not SIZES[0] <= size <= SIZES[1]:
        raise BackendError(
            "bad_request", f"The texture's size is {size}.", f"Choose {SIZES[0]} to {SIZES[1]} pixels."
        )
    check_output(Path(values["output"]).with_suffix(".png"))
    progress("read", 0, 1)
    cameras = cameras_of(values["cameras"])
    mesh = faces_of(values["mesh"])
    occluder = read_mesh(values["mesh"], "occluder_")
    cancel()
    if values["unwrap"] == "xatlas":
        progress("unwrap", 0, 1)
        mesh = replace(mesh, uv=unwrap(mesh, size, cancel)[0])
    _check_uv(mesh, size)
    progress("look", 0, 1)
    fine, sights = refine(mesh), []
    for view, _ in cameras:
        cancel()
        fitting = view.shrunk(factor) if (factor := _flicker(view, mesh, size)) > FLICKER else view
        sights.append(Visibility(fitting, fine, occluder, values["layer_hides"]))
    hidden = HiddenLayers(cameras, cancel)

    def report(share: float) -> None:
        cancel()
        progress("bake", round(share * STEPS), STEPS)

    baked = bake(fine, sights, hidden, size, report, cancel)
    arrays = {"seen": baked.vertex_seen[: len(mesh.vertices)]}
    if values["unwrap"] == "xatlas" and mesh.uv is not None:
        arrays["uv"] = mesh.uv.astype(np.float32)
    paths = _write(baked, arrays, values["output"])
    covered = int(baked.covered.sum())
    share = float(baked.seen.sum() / covered) if covered else 0.0
    return {**paths, "seen": share, "warnings": _warnings(baked), "seconds": time.monotonic() - begun}


def _check_uv(mesh: TriangleMesh, size: int) -> None:
    if mesh.uv is None:
        raise BackendError("bad_request", "The mesh has no UVs.", "Choose New Unwrap.")
    if not np.isfinite(mesh.uv).all() or mesh.uv.min() < -UV_EDGE or mesh.uv.max() > 1 + UV_EDGE:
        raise BackendError(
            "bad_request",
            "UVs of the mesh lie outside the unit square.",
            "Pack the islands (UV > Pack Islands), or choose New Unwrap.",
        )
    times = float(_areas(mesh.uv).sum()) / 2
    if times * size**2 < 1:
        raise BackendError("bad_request", "The UVs of the mesh have no area.", "Choose New Unwrap.")
    if times > MOST_TIMES:
        raise BackendError(
            "bad_request",
            f"Faces of the mesh lie on each other in its UVs, {times:,.0f} times over.",
            "Unwrap it (UV > Smart UV Project), or choose New Unwrap.",
        )


def _flicker(view: View, mesh: TriangleMesh, size: int) -> float:
    """About how many photo pixels lie side by side in a texel (median of the triangles in front)."""
    assert mesh.uv is not None
    corners = view.project(mesh.vertices)[mesh.triangles]
    corners = corners[front := (corners[..., 2] > 0).all(1)]
    if not len(corners):
        return 1.0
    photo, texture = _areas(corners[..., :2] / corners[..., 2:]), _areas(mesh.uv[front] * size)
    usable = (photo > 0) & (texture > 0)
    return float(np.sqrt(np.median(photo[usable] / texture[usable]))) if usable.any() else 1.0


def _areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _write(baked: Baked, arrays: dict[str, NDArray[Any]], output: str) -> dict[str, str]:
    """Write texture, mask and the mesh's data."""
    is_float = baked.texture.dtype != np.uint8
    texture, mask, data = (f"{output}{end}" for end in (".exr" if is_float else ".png", " seen.png", ".npz"))
    (write_exr if is_float else write_png)(baked.texture, texture)
    write_png(np.where(baked.seen, 255, 0).astype(np.uint8), mask)
    with whole_file(data) as part, part.open("wb") as file:
        np.savez(file, **arrays)
    return {"texture": texture, "mask": mask, "data": data}


def _warnings(baked: Baked) -> list[str]:
    found = []
    if not baked.seen.any():
        found.append("No camera sees the mesh: all of it is guessed")
    if baked.overlap > 0.02:
        found.append(f"UVs overlap ({baked.overlap:.0%} of the texture): faces there share their colour")
    return found
