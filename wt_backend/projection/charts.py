"""xatlas in a process of its own.

It crashes on some meshes, cannot be interrupted, and lets no other thread of its process run, not even the
one that tells Blender that the worker is alive.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

import numpy as np
import xatlas
from numpy.typing import NDArray

from wt_backend.jobs import Cancel
from wt_backend.orphans import die_with_parent
from wt_backend.protocol import BackendError

PADDING = 4  # texels between charts
POLL = 0.05  # seconds between two looks at whether the job was cancelled
Atlas = tuple[NDArray[np.float32], NDArray[np.uint32], tuple[int, int], int]


def atlas_of(
    vertices: NDArray[np.float32], triangles: NDArray[np.uint32], size: int, cancel: Cancel
) -> Atlas:
    """Charts of a mesh of `vertices` (V, 3) and `triangles` (T, 3), for a texture of `size` pixels.

    Returns
    -------
    UVs (N, 2) in parts of the atlas, triangles (T, 3) of them, the atlas's width and height, charts.

    Raises
    ------
    BackendError
        kind "bad_request": xatlas crashed; or what `cancel` raises.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy the worker's threads in mid-air
    answer, sender = context.Pipe(duplex=False)
    process = context.Process(target=_unwrap, args=(sender, vertices, triangles, size), daemon=True)
    process.start()
    sender.close()
    try:
        while not answer.poll(POLL):
            cancel()
        atlas: Atlas = answer.recv()
    except EOFError as error:
        raise BackendError(
            "bad_request",
            f"xatlas crashed on this mesh of {len(triangles):,} triangles.",
            "Unwrap it in Blender (UV > Smart UV Project), or remesh it.",
        ) from error
    finally:
        process.kill()
        process.join()
        answer.close()
    return atlas


def _unwrap(
    sender: Connection, vertices: NDArray[np.float32], triangles: NDArray[np.uint32], size: int
) -> None:
    """The other process."""
    die_with_parent()
    atlas = xatlas.Atlas()
    atlas.add_mesh(vertices, triangles)
    pack = xatlas.PackOptions()
    pack.resolution, pack.padding = size, PADDING
    atlas.generate(xatlas.ChartOptions(), pack)
    _, faces, places = atlas[0]
    sender.send((places, faces, (atlas.width, atlas.height), int(atlas.chart_count)))
