"""Worker method ``projection/bake``: parameters and files around `bake`."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from wt_backend.geometry.job import REQUIRED, choose, load_stack, read_params, whole_file
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import check_output, output_error
from wt_backend.projection.bake import Baked, bake
from wt_backend.projection.guess import HiddenLayers
from wt_backend.projection.mesh import TriangleMesh, read_mesh
from wt_backend.projection.unwrap import unwrap
from wt_backend.projection.view import View, load_view
from wt_backend.projection.visibility import Visibility
from wt_backend.protocol import BackendError

SIZES = (16, 8192)
STEPS = 100
FLICKER = 1.5  # photo pixels a texel from which the photo is made smaller first
UV_EDGE = 1e-4  # how far UVs may leave the unit square

Camera = tuple[View, Path]


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
    cameras = _cameras(values["cameras"])
    mesh = read_mesh(values["mesh"])
    if mesh is None or not len(mesh.triangles):
        raise BackendError("bad_request", "The mesh has no faces.", "Choose an object that has some.")
    occluder = read_mesh(values["mesh"], "occluder_")
    cancel()
    if values["unwrap"] == "xatlas":
        progress("unwrap", 0, 1)
        mesh = replace(mesh, uv=unwrap(mesh, size)[0])
    _check_uv(mesh)
    progress("look", 0, 1)
    sights = []
    for view, _ in cameras:
        cancel()
        fitting = view.shrunk(factor) if (factor := _flicker(view, mesh, size)) > FLICKER else view
        sights.append(Visibility(fitting, mesh, occluder, values["layer_hides"]))
    hidden = HiddenLayers(cameras, cancel)

    def report(share: float) -> None:
        cancel()
        progress("bake", round(share * STEPS), STEPS)

    baked = bake(mesh, sights, hidden, size, report)
    paths = _write(baked, mesh if values["unwrap"] == "xatlas" else None, values["output"])
    covered = int(baked.covered.sum())
    share = float(baked.seen.sum() / covered) if covered else 0.0
    return {**paths, "seen": share, "warnings": _warnings(baked), "seconds": time.monotonic() - begun}


def _cameras(entries: list[Any]) -> list[Camera]:
    if not entries:
        raise BackendError("bad_request", "No camera was chosen.", "Choose a trace.")
    cameras = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise BackendError("bad_request", f"A camera is {entry!r:.100}.", "Send an object.")
        values = read_params(entry, stack=REQUIRED, to_local=[], photo="")
        try:
            matrix = np.array(values["to_local"], np.float64)
            usable = (
                matrix.shape == (4, 4) and np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-30
            )
        except (ValueError, TypeError):
            usable = False
        if not usable:
            raise BackendError(
                "bad_request", "The place of a trace is not usable.", "Check the scale of the trace's root."
            )
        cameras.append(
            (load_view(load_stack(values["stack"]), matrix, values["photo"]), Path(values["stack"]))
        )
    return cameras


def _check_uv(mesh: TriangleMesh) -> None:
    if mesh.uv is None:
        raise BackendError("bad_request", "The mesh has no UVs.", "Choose an automatic unwrap.")
    if not np.isfinite(mesh.uv).all() or mesh.uv.min() < -UV_EDGE or mesh.uv.max() > 1 + UV_EDGE:
        raise BackendError(
            "bad_request",
            "UVs of the mesh lie outside the unit square.",
            "Pack the islands (UV > Pack Islands), or choose an automatic unwrap.",
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


def _write(baked: Baked, unwrapped: TriangleMesh | None, output: str) -> dict[str, str]:
    """Write texture, mask and vertex data, each whole or not at all."""
    is_float = baked.texture.dtype != np.uint8
    texture, mask, data = (f"{output}{end}" for end in (".exr" if is_float else ".png", " seen.png", ".npz"))
    with whole_file(texture) as part:
        if is_float:
            _write_exr(baked.texture, part, texture)
        else:
            part.write_bytes(_png(cv2.cvtColor(baked.texture, cv2.COLOR_RGB2BGR)))
    with whole_file(mask) as part:
        part.write_bytes(_png(baked.seen.astype(np.uint8) * 255))
    arrays = {"seen": baked.vertex_seen}
    if unwrapped is not None and unwrapped.uv is not None:
        arrays["uv"] = unwrapped.uv.astype(np.float32)
    with whole_file(data) as part, part.open("wb") as file:
        np.savez(file, **arrays)
    return {"texture": texture, "mask": mask, "data": data}


def _png(picture: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1])


def _write_exr(texture: NDArray[np.float16], part: Path, path: str) -> None:
    height, width, channels = texture.shape
    spec = oiio.ImageSpec(width, height, channels, "half")
    spec.attribute("compression", "zip")
    out = oiio.ImageOutput.create(str(part))
    if out is None or not out.open(str(part), spec) or not out.write_image(texture):
        raise output_error(Path(path), OSError(oiio.geterror() or "cannot be written"))
    out.close()


def _warnings(baked: Baked) -> list[str]:
    found = []
    if not baked.seen.any():
        found.append("No camera sees the mesh: all of it is guessed")
    if baked.overlap > 0.02:
        found.append(f"UVs overlap ({baked.overlap:.0%} of the texture): faces there share their colour")
    return found
