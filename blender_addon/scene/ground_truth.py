"""The current Blender scene as a layer stack with its render: geometry traced exactly, no model."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from wt_backend.camera import rays
from wt_backend.stack import LayerStack, StackInfo

from .anchor import metres
from .for_a_while import changed, saved_as_png
from .ray_trace import RayTraceError, camera_intrinsics, collect_triangles, depth_filled, trace_layers

MODEL = "ground-truth"


@dataclass(frozen=True)
class Settings:
    """What to trace.

    Attributes
    ----------
    longest : int
        Longer side of the pixel grid; never more than the render's.
    layers : int
        Surfaces kept a ray, front to back.
    mode : {"object", "scene"}
    """

    longest: int
    layers: int
    mode: str


def trace_scene(
    context: bpy.types.Context, picture: Path, settings: Settings, progress: Callable[[float], Any]
) -> LayerStack:
    """Render the scene to `picture` (PNG) and trace what the render shows.

    Modifiers, visibility and instances are those of the render, not of the viewport; of several view layers
    the context's is rendered. The picture is written whole or not at all, after the tracing has succeeded.

    Raises
    ------
    RayTraceError
        The view layer is off, no camera, no perspective camera, no surface, nothing in front of the camera,
        or the render failed.
    OSError
        The picture cannot be written.
    """
    scene, shown = context.scene, context.view_layer
    if not shown.use:
        raise RayTraceError(
            f"The view layer {shown.name} is off for rendering. Turn it on (View Layer > Use for Rendering), "
            "or go to another one."
        )
    _follow_markers(scene)
    full = _render_size(scene)
    width, height = (max(1, round(side * min(1, settings.longest / max(full)))) for side in full)
    intrinsics = camera_intrinsics(scene, width, height)
    directions = rays(intrinsics, height, width)
    with _only(shown):
        vertices, triangles = _render_geometry(scene)
    flat = directions.reshape(-1, 3)
    clip = scene.camera.data.clip_start, scene.camera.data.clip_end
    depths = trace_layers(vertices, triangles, flat, settings.layers, progress, clip)
    xyz, mask = depth_filled(depths.reshape(-1, height, width), directions)
    xyz *= np.float32(metres(scene))
    if not mask.any():
        raise RayTraceError(
            "The camera looks past everything, or clips it away; aim it at what you want to trace."
        )

    with _only(shown):
        rgba = _render_picture(scene, picture, transparent=settings.mode == "object", size=(width, height))
    rgba[..., 3] = np.where(mask[0], 255, 0)
    info = StackInfo(
        unit="metre",
        model=MODEL,
        model_sha256="",
        normalisation={},
        seed=0,
        steps=0,
        solver="",
        source=str(picture),
        image_size=full,
        mode=settings.mode,
    )
    grid_to_image = np.array([[full[0] / width, 0, 0], [0, full[1] / height, 0]])
    return LayerStack(xyz, mask, rgba, intrinsics, grid_to_image, info)


def _follow_markers(scene: bpy.types.Scene) -> None:
    """A render looks through the camera of the marker before its frame; so does what is read before it."""
    bound = [m for m in scene.timeline_markers if m.camera is not None and not m.camera.hide_render]
    bound.sort(key=lambda marker: marker.frame)
    before = [marker for marker in bound if marker.frame <= scene.frame_current]
    if bound:
        scene.camera = (before[-1] if before else bound[0]).camera


@contextmanager
def _only(shown: bpy.types.ViewLayer) -> Iterator[None]:
    """Render one view layer: of several, geometry and picture could be those of different ones."""
    with ExitStack() as stack:
        for view in shown.id_data.view_layers:
            stack.enter_context(changed(view, use=view == shown))
        yield


def _render_size(scene: bpy.types.Scene) -> tuple[int, int]:
    """(width, height) of the render in pixels, rounded as Blender does."""
    render = scene.render
    percent = render.resolution_percentage
    return max(1, render.resolution_x * percent // 100), max(1, render.resolution_y * percent // 100)


def _render_geometry(scene: bpy.types.Scene) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Triangles in camera space as a render sees them.

    Only a render engine is handed the geometry of a render (render levels of modifiers, render visibility).
    So a tiny engine is registered for one render of one pixel's cost, and takes the triangles.
    """
    taken: list[tuple[NDArray[np.float64], NDArray[np.int32]]] = []
    errors: list[Exception] = []
    engine = scene.render.engine

    class Collector(bpy.types.RenderEngine):
        bl_idname = "WORLD_TRACING_COLLECTOR"
        bl_label = "World Tracing Collector"

        def render(self, depsgraph: bpy.types.Depsgraph) -> None:
            try:
                taken.append(collect_triangles(depsgraph, scene.camera.evaluated_get(depsgraph), engine))
            except (RayTraceError, RuntimeError) as error:  # Blender prints what an engine raises, no more
                errors.append(error)

    bpy.utils.register_class(Collector)
    try:
        with changed(scene.render, engine=Collector.bl_idname, **_PLAIN_RENDER):
            bpy.ops.render.render(scene=scene.name)
    finally:
        bpy.utils.unregister_class(Collector)
    if errors:
        raise RayTraceError(str(errors[0])) from errors[0]
    if not taken:
        raise RayTraceError("The render was stopped before the scene could be traced. Trace it again.")
    return taken[0]


def _render_picture(
    scene: bpy.types.Scene, path: Path, transparent: bool, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Render with the scene's own engine into a PNG; the picture at `size` (width, height), (h, w, 4)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # Blender adds no ending to a path that has one, and a folder in the same place makes the move atomic.
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent, prefix=".wt-"))
        part = Path(folder) / "render.png"
        stack.enter_context(
            changed(
                scene.render,
                filepath=_as_output(part),
                film_transparent=transparent,
                use_border=False,
                use_sequencer=False,  # its strips would be rendered in the place of the scene
                use_multiview=False,  # of stereo there would be a file for each eye
            )
        )
        stack.enter_context(saved_as_png(scene, "RGBA" if transparent else "RGB"))
        try:
            bpy.ops.render.render(write_still=True, scene=scene.name)
        except RuntimeError as error:
            raise RayTraceError(f"The scene could not be rendered: {error}") from error
        if not part.exists():
            raise RayTraceError("The render wrote no image; render the scene once by hand to see why.")
        pixels = _read_pixels(part, size)
        part.replace(path)
    return pixels


def _as_output(path: Path) -> str:
    """A path as a scene's output: from Blender 5.0 on braces stand for variables there, unless doubled."""
    text = str(path)
    return text.replace("{", "{{").replace("}", "}}") if bpy.app.version >= (5, 0) else text


def _read_pixels(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """An image file at `size` (width, height): (h, w, 4) uint8 as stored, top row first."""
    image = bpy.data.images.load(str(path))
    try:
        if tuple(image.size) != size:
            image.scale(*size)
        pixels = np.empty(4 * size[0] * size[1], dtype=np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    bytes_ = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    return np.flipud(bytes_.reshape(size[1], size[0], 4)).copy()


_PLAIN_RENDER = {
    "use_border": False,
    "use_compositing": False,
    "use_sequencer": False,
    "use_multiview": False,
}
