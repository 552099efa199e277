"""A mask from a box and a brush, with the real worker: what is painted on the cut-out is the trace's mask."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray
from test_import import CASES, children, import_stack, make_stack, numbers

from wt_backend.stack import LayerStack

BOX = {"left": 0.1, "top": 0.1, "right": 0.7, "bottom": 0.8}


@pytest.fixture
def image(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Image:
    """A photo of a bright disc before noise, (96, 128), loaded from disk."""
    y, x = np.mgrid[:96, :128]
    disc = (x - 50) ** 2 + (y - 45) ** 2 < 28**2
    noise = np.random.default_rng(1).uniform(0.0, 0.4, (96, 128, 3))
    rgb = np.where(disc[..., None], [0.9, 0.8, 0.2], noise)
    made = bpy.data.images.new("photo", 128, 96)
    made.pixels.foreach_set(np.dstack([rgb, np.ones((96, 128))])[::-1].astype(np.float32).ravel())
    made.filepath_raw, made.file_format = str(tmp_path / "phôto.png"), "PNG"
    made.save()
    bpy.data.images.remove(made)
    return bpy.data.images.load(str(tmp_path / "phôto.png"))


@pytest.fixture
def editor(image: bpy.types.Image, monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.SpaceImageEditor]:
    """An Image Editor that shows the photo, and the real backend behind it."""
    monkeypatch.setenv("WT_BACKEND_PYTHON", os.environ.get("WT_BACKEND_PYTHON", sys.executable))
    area = bpy.context.window.screen.areas[0]
    kind, area.ui_type = area.ui_type, "IMAGE_EDITOR"
    area.spaces.active.image = image
    with bpy.context.temp_override(area=area, region=area.regions[-1]):
        yield area.spaces.active
    area.ui_type = kind


def pixels(image: bpy.types.Image) -> NDArray[np.float32]:
    """(H, W, 4), top row first."""
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)[::-1]


def chosen_mask(addon: ModuleType, scene: bpy.types.Scene) -> NDArray[np.bool_]:
    """The mask (H, W) that the next trace would get."""
    tracing = sys.modules[f"{addon.__name__}.operators.tracing"]
    settings = scene.world_tracing
    mask = bpy.data.images.load(str(tracing._chosen_mask(settings, settings.image, Path())))
    values = pixels(mask)
    bpy.data.images.remove(mask)
    assert (values[..., 3] == 1).all()
    return values[..., 0] > 0.5


def meanwhile(addon: ModuleType, monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> None:
    """Let something happen while the worker is at its job: in a window the user goes on."""
    session = sys.modules[f"{addon.__name__}.backend.session"]
    wait = session.wait

    def happening(*arguments: object) -> object:
        what()
        return wait(*arguments)

    monkeypatch.setattr(session, "wait", happening)


def test_a_box_becomes_the_mask_of_the_next_trace(addon, scene, image, editor) -> None:
    assert bpy.ops.world_tracing.mask_from_box(**BOX) == {"FINISHED"}
    settings = scene.world_tracing
    assert (settings.source, settings.image, settings.mask_source) == ("IMAGE", image, "IMAGE")
    assert editor.image == settings.mask_image and settings.mask_image.name.startswith("phôto Mask")
    mask = chosen_mask(addon, scene)
    y, x = np.mgrid[:96, :128]
    disc = (x - 50) ** 2 + (y - 45) ** 2 < 28**2
    assert (mask == disc).mean() > 0.98
    seen = pixels(settings.mask_image)
    np.testing.assert_allclose(
        seen[..., :3], pixels(image)[..., :3], atol=0.01
    )  # painted over the photo itself
    assert seen[..., 3].min() == pytest.approx(0.3, abs=0.01)


def test_a_box_in_a_photo_from_a_phone_held_upside_down(scene, image, editor, tmp_path: Path) -> None:
    """Blender shows the file as it is, on its head, and so is the mask that is drawn over it."""
    path = tmp_path / "turned.png"
    plain = (tmp_path / "phôto.png").read_bytes()
    exif = b"eXIf" + bytes.fromhex(
        "4d4d002a00000008 0001 0112 0003 00000001 00030000 00000000"
    )  # a half turn
    chunk = struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif))
    path.write_bytes(plain[:33] + chunk + plain[33:])  # behind the header
    editor.image = bpy.data.images.load(str(path))
    assert bpy.ops.world_tracing.mask_from_box(**BOX) == {"FINISHED"}
    assert bpy.ops.world_tracing.trace_world(stack=str(tmp_path / "turned.wts")) == {"FINISHED"}
    stack = LayerStack.load(tmp_path / "turned.wts")
    rows, columns = np.nonzero(stack.mask[0])
    places = stack.grid_to_image @ [columns + 0.5, rows + 0.5, np.ones(len(rows))]
    np.testing.assert_allclose(places.mean(1), (50.5, 45.5), atol=2)


def test_what_is_painted_counts_without_being_saved(addon, scene, image, editor) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    cut_out = scene.world_tracing.mask_image
    values = pixels(cut_out).copy()
    values[:20, :, 3] = 1.0  # as a brush with Add Alpha does
    cut_out.pixels.foreach_set(values[::-1].ravel())
    assert chosen_mask(addon, scene)[:20].all()


def test_what_is_painted_is_in_the_file_that_is_saved(addon, scene, image, editor, tmp_path: Path) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    cut_out = scene.world_tracing.mask_image
    name, values = cut_out.name, pixels(cut_out).copy()
    values[:20, :, 3] = 1.0
    cut_out.pixels.foreach_set(values[::-1].ravel())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"), copy=True)
    with bpy.data.libraries.load(str(tmp_path / "scene.blend")) as (_found, wanted):
        wanted.images = [name]
    assert (pixels(wanted.images[0])[:20, :, 3] == 1).all()


def test_the_mask_of_another_photo_is_not_taken(scene, image, editor, tmp_path: Path, request) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    request.getfixturevalue("stand_in")  # traces from here on
    settings = scene.world_tracing
    path = Path(bpy.path.abspath(image.filepath))
    other = tmp_path / "other.png"
    other.write_bytes(path.read_bytes())
    settings.seed = 7
    for chosen, value in (("FILE", str(other)), ("IMAGE", bpy.data.images.load(str(other)))):
        settings.source = chosen
        setattr(settings, "filepath" if chosen == "FILE" else "image", value)
        with pytest.raises(RuntimeError, match=r"Mask.* is the mask of another image, phôto\.png"):
            bpy.ops.world_tracing.trace_world()
    again = bpy.data.images.load(str(path.parent / ".." / path.parent.name / path.name))
    for chosen, value in (("FILE", str(path)), ("IMAGE", again)):
        settings.source = chosen
        setattr(settings, "filepath" if chosen == "FILE" else "image", value)
        assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}
    settings.image = settings.mask_image  # its own alpha
    assert bpy.ops.world_tracing.trace_world() == {"FINISHED"}


def test_the_button_of_the_editor_traces_what_it_shows(addon, scene, image, editor, tmp_path: Path) -> None:
    """A mask that is shown means its photo; one of another photo is not taken along."""
    pressed = sys.modules[f"{addon.__name__}.operators.tracing"].choose_shown
    bpy.ops.world_tracing.mask_from_box(**BOX)
    settings = scene.world_tracing
    settings.image = None
    assert editor.image == settings.mask_image
    pressed(bpy.context)
    assert (settings.image, settings.mask_source) == (image, "IMAGE")
    path = tmp_path / "other.png"
    path.write_bytes((tmp_path / "phôto.png").read_bytes())
    other = editor.image = bpy.data.images.load(str(path))
    pressed(bpy.context)
    assert (settings.source, settings.image, settings.mask_source) == ("IMAGE", other, "AUTO")
    mask = editor.image = settings.mask_image
    pressed(bpy.context)
    assert (settings.image, settings.mask_source, settings.mask_image) == (image, "IMAGE", mask)
    settings.mask_source, settings.mask_image = "IMAGE", other  # drawn by hand: it is no photo to trace
    settings.image = image
    pressed(bpy.context)
    assert settings.image == image


def test_another_box_replaces_the_mask(scene, image, editor) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    first = scene.world_tracing.mask_image
    assert editor.image == first  # drawn on the cut-out, the box means the photo behind it
    bpy.ops.world_tracing.mask_from_box(**BOX | {"right": 0.8})
    assert scene.world_tracing.mask_image == first and scene.world_tracing.image == image
    assert len([one for one in bpy.data.images if "Mask" in one.name]) == 1


def test_another_box_replaces_the_mask_of_a_renamed_photo(scene, image, editor) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    mask, image.name = scene.world_tracing.mask_image, "another name"
    assert bpy.ops.world_tracing.mask_from_box(**BOX) == {"FINISHED"}
    assert (scene.world_tracing.mask_image, scene.world_tracing.image) == (mask, image)


@pytest.mark.parametrize("kept", ["", "pack", "save"])
def test_another_box_leaves_a_painted_mask_in_the_file(addon, scene, image, editor, kept: str) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    settings, found = scene.world_tracing, chosen_mask(addon, scene)
    painted = settings.mask_image
    painted.pixels.foreach_set(np.ones(128 * 96 * 4, np.float32))
    if kept:
        getattr(painted, kept)()
    if kept == "pack":
        Path(bpy.path.abspath(painted.filepath)).unlink()
    assert bpy.ops.world_tracing.mask_from_box(**BOX) == {"FINISHED"}
    assert painted.name == "phôto Mask (earlier)" and pixels(painted).min() == 1 and painted.use_fake_user
    assert settings.mask_image.name == "phôto Mask" and settings.image == image
    assert editor.image == settings.mask_image  # which was the painted one
    np.testing.assert_array_equal(chosen_mask(addon, scene), found)


def test_a_photo_that_is_renamed_while_it_is_cut_out_is_found(
    addon, scene, image, editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(addon, monkeypatch, lambda: setattr(image, "name", "another name"))
    assert bpy.ops.world_tracing.mask_from_box(**BOX) == {"FINISHED"}
    assert scene.world_tracing.image == image and editor.image == scene.world_tracing.mask_image


def test_a_mask_whose_file_is_gone_is_a_sentence(addon, scene, image, editor) -> None:
    bpy.ops.world_tracing.mask_from_box(**BOX)
    mask = scene.world_tracing.mask_image
    Path(bpy.path.abspath(mask.filepath)).unlink()
    mask.reload()
    with pytest.raises(RuntimeError, match=r"picture of ph.*Mask.* is missing"):
        bpy.ops.world_tracing.trace_world()


def test_a_mask_that_cannot_be_written_is_a_sentence(
    addon, scene, image, editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk was a traceback."""
    bpy.ops.world_tracing.mask_from_box(**BOX)
    files = sys.modules[f"{addon.__name__}.scene.files"]
    monkeypatch.setattr(files, "new_image_path", lambda _name: tmp_path / "phôto.png" / "mask.png")
    with pytest.raises(RuntimeError, match=r"mask ph.*Mask.* cannot be saved \(.*\)\. Make space"):
        bpy.ops.world_tracing.trace_world()
    assert sys.modules[f"{addon.__name__}.backend.session"].notice.code == "bad_mask"
    assert "World Tracing mask" not in bpy.data.images


@pytest.mark.parametrize("faint", [77 / 255, 0.0])  # as the add-on makes cut-outs, and as other programs do
def test_the_subject_of_a_cut_out_is_selected_however_dark_it_is(
    addon, scene, tmp_path: Path, faint: float
) -> None:
    cut_out = sys.modules[f"{addon.__name__}.scene.cut_out"]
    source, made = bpy.data.images.new("photo", 480, 480), bpy.data.images.new("made", 480, 480, alpha=True)
    values = np.full((480, 480, 4), (0.1, 0.1, 0.1, faint), np.float32)
    values[240:, :, 3] = 1.0  # images count rows from below
    made.pixels.foreach_set(values.ravel())
    made.filepath_raw, made.file_format = str(tmp_path / "mask.png"), "PNG"
    made.save()
    root = import_stack(make_stack(*CASES["whole square"]), tmp_path)
    scene.world_tracing.mask_image = cut_out.load(tmp_path / "mask.png", source, None) if faint else made
    assert bpy.ops.world_tracing.select_under_mask() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    for layer in children(root, "LAYER"):
        chosen = np.zeros(len(layer.data.vertices), bool)
        layer.data.vertices.foreach_get("select", chosen)
        np.testing.assert_array_equal(chosen, numbers(layer.data, "wt_pixel") // 48 < 24)


def test_painting_starts_with_what_is_found_by_itself(addon, scene, image, editor) -> None:
    assert bpy.ops.world_tracing.paint_mask() == {"FINISHED"}
    assert editor.ui_mode == "PAINT" and editor.image == scene.world_tracing.mask_image
    assert not chosen_mask(addon, scene).any()  # no plain background: nothing yet
    editor.ui_mode = "VIEW"
    assert bpy.ops.world_tracing.paint_mask() == {"FINISHED"}  # goes on with the same
    assert editor.ui_mode == "PAINT"


def test_painting_goes_on_with_the_chosen_mask(scene, image, editor) -> None:
    """The photo was opened again in the editor, and a new mask would take the place of the strokes."""
    bpy.ops.world_tracing.mask_from_box(**BOX)
    settings = scene.world_tracing
    mask = settings.mask_image
    mask.pixels.foreach_set(np.ones(128 * 96 * 4, np.float32))
    editor.image, settings.mask_source = image, "AUTO"
    assert bpy.ops.world_tracing.paint_mask() == {"FINISHED"}
    assert (editor.image, editor.ui_mode) == (mask, "PAINT")
    assert (settings.mask_image, settings.mask_source) == (mask, "IMAGE") and pixels(mask).min() == 1
    editor.image = image.copy()
    assert bpy.ops.world_tracing.paint_mask() == {"FINISHED"}  # another photo has another mask
    assert settings.mask_image not in {mask, None}


def test_a_box_that_finds_nothing_is_a_sentence(scene, image, editor) -> None:
    with pytest.raises(RuntimeError, match="covers the whole image"):
        bpy.ops.world_tracing.mask_from_box(left=0.0, top=0.0, right=1.0, bottom=1.0)
    assert scene.world_tracing.mask_image is None


def test_without_an_image_the_buttons_are_grey(scene, image, editor) -> None:
    editor.image = None
    assert not bpy.ops.world_tracing.mask_from_box.poll() and not bpy.ops.world_tracing.paint_mask.poll()


def test_the_clipboard_needs_a_window(scene) -> None:
    assert not bpy.ops.world_tracing.paste_image.poll()


def test_painting_a_mask_goes_on_while_the_backend_is_busy(
    addon, scene, image, editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both buttons were grey for as long as a shot was traced; a box is next in the queue."""
    session = sys.modules[f"{addon.__name__}.backend.session"]
    assert bpy.ops.world_tracing.mask_from_box(**BOX) == {"FINISHED"}
    monkeypatch.setattr(session, "jobs", lambda: ["a shot"])
    assert bpy.ops.world_tracing.paint_mask.poll() and bpy.ops.world_tracing.mask_from_box.poll()
    editor.image = image
    assert bpy.ops.world_tracing.paint_mask() == {"FINISHED"}
    assert editor.image == scene.world_tracing.mask_image
