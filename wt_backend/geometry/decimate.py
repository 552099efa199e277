"""Fewer faces for the same surface: quadric decimation (Garland & Heckbert 1997) within a face budget.

Every vertex of a layer or solid belongs to the photo, so after decimation its UV is found exactly, by
projection through the trace's camera, or the one that its UVs tell where its origin was set; the layer it
came from is that of the nearest vertex before.
"""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import fast_simplification
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from wt_backend.camera import apply_affine, invert
from wt_backend.geometry.job import REQUIRED, load_stack, read_params, whole_file
from wt_backend.geometry.layer_mesh import MeshSettings, layer_mesh
from wt_backend.geometry.mesh_frame import mesh_camera, photo_camera, uv_of
from wt_backend.geometry.pairing import back_layers
from wt_backend.geometry.tearing import Tear
from wt_backend.jobs import Cancel, Progress
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack

Arrays = dict[str, NDArray[Any]]
AGGRESSION = 5.0  # of the library; higher is faster and rougher


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Worker method ``geometry/decimate``: write a layer, or a solid, with at most ``faces`` triangles.

    Parameters
    ----------
    params : ``stack`` (path of a `.wts`), ``output`` (path of the NPZ to write), ``faces`` (int), and either
        ``layer`` (int, from 0; with ``tear``, ``grazing`` (radians) and ``island`` as on import) or ``mesh``
        (path of an NPZ with ``vertices``, ``triangles``, ``layer`` and, if known, ``thickness`` and ``uv``).

    Returns
    -------
    dict
        ``mesh`` (path of an NPZ with ``vertices``, ``triangles``, ``uv``, ``pixel``, ``layer``,
        ``thickness``, ``seen``), ``faces``, ``faces_before`` (triangles), ``seconds``.

    Raises
    ------
    BackendError
        kind "bad_request": the layer does not exist or holds no face, or the budget is too small.
    """
    begun = time.monotonic()
    tear = Tear()
    values = read_params(
        params, stack=REQUIRED, output=REQUIRED, faces=50_000, layer=0, mesh="",
        tear=tear.depth, grazing=tear.grazing, island=MeshSettings.island,
    )  # fmt: skip
    if values["faces"] < 4:
        raise BackendError("bad_request", f"A budget of {values['faces']} faces is too small.", "Allow more.")
    stack = load_stack(values["stack"])
    progress("decimate", 0, 2)
    if values["mesh"]:
        before = _read_mesh(values["mesh"])
    else:
        settings = MeshSettings(Tear(values["tear"], values["grazing"]), values["island"])
        before = _layer_arrays(stack, values["layer"], settings)
    cancel()
    after = decimate(before, values["faces"], stack)
    cancel()
    progress("decimate", 1, 2)
    with whole_file(values["output"]) as part, part.open("wb") as file:
        np.savez(file, **after)
    progress("decimate", 2, 2)
    return {
        "mesh": values["output"],
        "faces": len(after["triangles"]),
        "faces_before": len(before["triangles"]),
        "seconds": time.monotonic() - begun,
    }


def decimate(mesh: Arrays, faces: int, stack: LayerStack) -> Arrays:
    """Reduce a mesh to about ``faces`` triangles.

    Parameters
    ----------
    mesh : ``vertices`` (N, 3) Blender camera-local, ``triangles`` (T, 3), ``layer`` and ``thickness`` (N,),
        if known ``uv`` (N, 2): with it ``vertices`` may count from another origin.
    stack : whose camera and pixels the mesh belongs to.

    Returns
    -------
    dict
        ``vertices``, ``triangles``, ``uv``, ``pixel``, ``layer``, ``thickness``, ``seen`` of the result.
    """
    vertices, triangles = mesh["vertices"], mesh["triangles"]
    camera = mesh_camera(vertices, mesh["uv"], stack) if "uv" in mesh else photo_camera(stack)
    if len(triangles) > faces:
        reduced, triangles = fast_simplification.simplify(
            vertices, triangles, target_count=faces, agg=AGGRESSION
        )[:2]
        nearest = cKDTree(vertices).query(reduced, workers=-1)[1]
        vertices = np.asarray(reduced, np.float32)
    else:
        nearest = np.arange(len(vertices))
    uv, pixel = project(vertices, camera, stack)
    layer = mesh["layer"][nearest]
    return {
        "vertices": vertices,
        "triangles": np.asarray(triangles, np.int32),
        "uv": uv,
        "pixel": pixel,
        "layer": layer,
        "thickness": mesh["thickness"][nearest],
        "seen": layer == 0,
    }


def project(
    vertices: NDArray[np.float32], camera: NDArray[np.float64], stack: LayerStack
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """UV (N, 2) in the original image, y up, and the grid's pixel (N,) of points by a camera (3, 4)."""
    width, height = stack.size
    uv = uv_of(vertices.astype(np.float64), camera)
    image = np.column_stack([uv[:, 0], 1 - uv[:, 1]]) * np.array(stack.info.image_size)
    grid = apply_affine(invert(stack.grid_to_image), image)
    column, row = np.floor(grid).astype(np.int64).T
    pixel = row.clip(0, height - 1) * width + column.clip(0, width - 1)
    return uv.astype(np.float32), pixel.astype(np.int32)


def _layer_arrays(stack: LayerStack, layer: int, settings: MeshSettings) -> Arrays:
    if not 0 <= layer < stack.layers:
        raise BackendError(
            "bad_request", f"There is no layer {layer}.", f"The stack has layers 0 to {stack.layers - 1}."
        )
    surface = layer_mesh(stack, layer, settings, back_layers(stack)[layer])
    if not len(surface.starts):
        raise BackendError("bad_request", f"Layer {layer} holds no face.", "Choose another layer.")
    return {
        "vertices": surface.points.positions,
        "triangles": surface.all_triangles,
        "layer": np.full(len(surface.points.pixel), layer, np.int32),
        "thickness": surface.points.thickness,
    }


def _read_mesh(path: str) -> Arrays:
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            mesh = {name: arrays[name] for name in ("vertices", "triangles", "layer")}
            thickness = arrays.get("thickness", np.zeros(len(mesh["vertices"]), np.float32))
            known = {"uv": arrays["uv"]} if "uv" in arrays else {}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BackendError(
            "bad_request", f"{path} holds no mesh ({error}).", "Choose a file from geometry/solid."
        ) from error
    if not len(mesh["triangles"]):
        raise BackendError("bad_request", f"{path} holds no face.", "Choose another mesh.")
    return {**mesh, **known, "thickness": thickness}
