"""Worker method ``projection/shader``: what a shader needs that projects photos without a texture of its own.

Between a coarse mesh's vertices a shader must find out by itself where in the photo a point lies and whether
something hides it. The first it knows from (u·w, v·w, w), which change linearly over a face; for the second
it gets a picture of 1/depth of what hides things, to compare 1/w with.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wt_backend.geometry.exr import write_exr
from wt_backend.geometry.job import REQUIRED, read_params, whole_file
from wt_backend.jobs import Cancel, Progress
from wt_backend.output import check_output
from wt_backend.projection.bake import vertex_colours
from wt_backend.projection.guess import HiddenLayers
from wt_backend.projection.mesh import TriangleMesh, read_mesh
from wt_backend.projection.request import cameras_of, faces_of
from wt_backend.projection.view import View
from wt_backend.projection.visibility import Visibility


def run(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Look at a mesh through each camera.

    Parameters
    ----------
    params : ``mesh`` (NPZ, as for `projection/bake`; without UVs), ``cameras`` (the same), ``output`` (path
        without suffix), ``layer_hides`` = False.

    Returns
    -------
    dict
        ``data`` (NPZ: ``seen`` (V,) bool; ``guess`` (V, 3), linear colours; of the k-th camera
        ``projection k`` (V, 3), which is (u·w, v·w, w) with u, v in [0, 1] of the photo as Blender loads it,
        v up, w the depth; ``sight k`` (T, 2), the distance of each triangle's plane from the camera, 0 if it
        must not show the photo, and by how much 1/depth may differ between neighbouring pixels), ``cameras``
        (of each ``hides``, an EXR of 1/depth (H, W) of what is nearest, 10⁹ where the photo shows something
        else; ``tolerance``: hidden where hides · w > tolerance + sight₁ · w; ``ray`` (2, 2), scale and offset
        that make a direction (x, y, 1) of (u, v); the cosine to the camera is sight₀ / (w · its length)),
        ``seen`` (share of the vertices), ``warnings``, ``seconds``.

    Raises
    ------
    BackendError
        kinds "bad_request", "bad_stack", "bad_image", "bad_output", "disk_full".
    """
    begun = time.monotonic()
    values = read_params(params, mesh=REQUIRED, cameras=[], output=REQUIRED, layer_hides=False)
    check_output(Path(values["output"]).with_suffix(".npz"))
    progress("read", 0, 1)
    cameras = cameras_of(values["cameras"])
    mesh, occluder = faces_of(values["mesh"]), read_mesh(values["mesh"], "occluder_")
    sights = []
    for number, (view, _) in enumerate(cameras):
        cancel()
        progress("look", number, len(cameras))
        sights.append(Visibility(view, mesh, occluder, values["layer_hides"]))
    hidden = HiddenLayers(cameras, cancel)
    base, mend, seen = vertex_colours(mesh, sights, hidden, cancel)
    guess = np.maximum(base + mend, 0).astype(np.float32)
    arrays: dict[str, NDArray[Any]] = {"seen": seen, "guess": guess}
    found = []
    for number, (view, _) in enumerate(cameras):
        cancel()
        progress("write", number, len(cameras))
        as_loaded = view.as_loaded()
        sight = Visibility(as_loaded, mesh, occluder, values["layer_hides"])
        arrays[f"projection {number}"] = _projection(as_loaded, mesh)
        arrays[f"sight {number}"] = _in_frame(sight.planes(), mesh, view)
        hides = f"{values['output']} {number + 1} hides.exr"
        write_exr(sight.hiding(), hides)
        found.append({"hides": hides, "tolerance": sight.tolerance, "ray": _ray(as_loaded)})
    data = f"{values['output']}.npz"
    with whole_file(data) as part, part.open("wb") as file:
        np.savez(file, **arrays)
    return {
        "data": data,
        "cameras": found,
        "seen": float(seen.mean()),
        "warnings": [] if seen.any() else ["No camera sees a vertex of the mesh"],
        "seconds": time.monotonic() - begun,
    }


def _in_frame(planes: NDArray[np.float64], mesh: TriangleMesh, view: View) -> NDArray[np.float32]:
    """Planes (T, 2) whose distances are those in the trace's own frame, which may be stretched."""
    stretch = np.linalg.norm(mesh.normals @ np.linalg.inv(view.to_local[:3, :3]), axis=1)  # (T,)
    distance = np.divide(planes[:, 0], stretch, out=np.zeros_like(stretch), where=stretch > 0)
    return np.stack([distance, planes[:, 1]], axis=1).astype(np.float32)


def _projection(view: View, mesh: TriangleMesh) -> NDArray[np.float32]:
    """(u·w, v·w, w) (V, 3) of the vertices: u, v in [0, 1] of the photo, v up."""
    x, y, depth = view.project(mesh.vertices).T
    width, height = view.size
    return np.stack([x / width, depth - y / height, depth], 1).astype(np.float32)


def _ray(view: View) -> list[list[float]]:
    """Scale and offset (2, 2) that make a direction (x, y, 1) of the camera of UVs in its photo."""
    linear, middle = view.grid_to_photo[:, :2], view.grid_to_photo[:, 2]
    focal = np.linalg.norm(linear @ view.stack.intrinsics[:2, :2], axis=1)
    middle = linear @ view.stack.intrinsics[:2, 2] + middle
    width, height = view.size
    scale = [width / focal[0], -height / focal[1]]
    return [scale, [-middle[0] / focal[0], (height - middle[1]) / focal[1]]]
