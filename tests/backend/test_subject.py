"""The subject of a photograph: from alpha, from a plain background, from a mask file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest
from numpy.typing import NDArray
from PIL import Image

from wt_backend.footage.clip import open_clip
from wt_backend.images import read_image
from wt_backend.protocol import BackendError
from wt_backend.subject import find_subject, near_white_alpha, plain_background_alpha, read_mask


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


@pytest.fixture
def disc() -> NDArray[np.bool_]:
    y, x = np.mgrid[:90, :120]
    return (x - 60) ** 2 + (y - 45) ** 2 < 30**2


def test_the_released_white_test(components: dict[str, NDArray]) -> None:
    assert np.array_equal(near_white_alpha(components["autoalpha.rgb"]), components["autoalpha.alpha"])
    assert near_white_alpha(components["autoalpha.rgb_rejected"]) is None


def test_object_on_white(
    disc_image: NDArray[np.uint8], disc: NDArray[np.bool_], write_png: Callable[..., Path]
) -> None:
    assert np.array_equal(find_subject(read_image(write_png(disc_image)).rgba), disc * np.uint8(255))


@pytest.mark.parametrize("colour", [(0, 0, 0), (128, 128, 128), (30, 90, 200), (240, 230, 200)])
def test_object_on_any_plain_colour(
    colour: tuple[int, int, int], disc_image: NDArray[np.uint8], disc: NDArray[np.bool_]
) -> None:
    image = np.where(disc[..., None], disc_image, np.array(colour, np.uint8))
    noise = np.random.default_rng(0).normal(0, 2, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    found = plain_background_alpha(noisy)
    assert found is not None and iou(found > 127, disc) > 0.95


def test_object_in_uneven_light(disc_image: NDArray[np.uint8], disc: NDArray[np.bool_]) -> None:
    y, x = np.mgrid[:90, :120]
    wall = (200 - 60 * ((x - 60) ** 2 + (y - 45) ** 2) / 75**2)[..., None] * [1, 0.97, 0.9]
    image = np.where(disc[..., None], disc_image, wall.astype(np.uint8))
    found = plain_background_alpha(image)
    assert found is not None and iou(found > 127, disc) > 0.9


def test_object_that_stands_on_the_border(disc_image: NDArray[np.uint8]) -> None:
    image = disc_image[:60]
    found = plain_background_alpha(image)
    assert found is not None and (found[-1] > 127).any()


def test_specks_go_highlights_stay_holes_stay(disc: NDArray[np.bool_]) -> None:
    image = np.where(disc[..., None], np.uint8(60), np.uint8(255)).repeat(3, axis=2)
    image[45:48, 60:63] = 255  # highlight
    image[30:40, 50:60] = 255  # hole
    image[5:7, 5:7] = 0  # speck of dust
    subject = plain_background_alpha(image) > 127
    assert subject[46, 61] and not subject[35, 55] and not subject[6, 6]


def test_large_images_are_searched_small_and_come_back_large(
    disc_image: NDArray[np.uint8], disc: NDArray[np.bool_]
) -> None:
    large, truth = (image.repeat(20, axis=0).repeat(20, axis=1) for image in (disc_image, disc))
    found = plain_background_alpha(large)
    assert found.shape == (1800, 2400)
    assert iou(found > 127, truth) > 0.99


def test_a_scene_has_no_subject(samples: Path) -> None:
    assert find_subject(read_image(samples / "cup.jpg").rgba) is None


def test_a_cut_out_is_its_alpha(samples: Path) -> None:
    photo = read_image(samples / "mixer.png")
    assert np.array_equal(find_subject(photo.rgba), photo.rgba[..., 3])


def test_opaque_alpha_and_round_corners_are_no_subject(write_png: Callable[..., Path]) -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (60, 80, 4), dtype=np.uint8)
    rgba[..., 3] = 255
    assert find_subject(read_image(write_png(rgba)).rgba) is None
    rgba[:3, :3, 3] = 0
    assert find_subject(read_image(write_png(rgba)).rgba) is None


def test_a_blank_image_has_no_subject(write_png: Callable[..., Path]) -> None:
    assert find_subject(read_image(write_png(np.full((40, 40, 3), 255, np.uint8))).rgba) is None
    assert find_subject(read_image(write_png(np.full((40, 40, 3), 90, np.uint8))).rgba) is None


@pytest.mark.parametrize("kind", ["grey", "rgb", "alpha", "resized", "jpeg"])
def test_mask_files(
    kind: str,
    disc_image: NDArray[np.uint8],
    disc: NDArray[np.bool_],
    write_png: Callable[..., Path],
    tmp_path: Path,
) -> None:
    photo = read_image(write_png(disc_image))
    white = disc.astype(np.uint8) * 255
    path = tmp_path / ("mask.jpg" if kind == "jpeg" else "mask.png")
    images = {
        "grey": Image.fromarray(white),
        "jpeg": Image.fromarray(white),
        "rgb": Image.fromarray(white).convert("RGB"),
        "alpha": Image.fromarray(np.dstack([np.zeros((90, 120, 3), np.uint8), white])),
        "resized": Image.fromarray(white).resize((480, 360)),
    }
    images[kind].save(path)
    assert iou(read_mask(path, photo) > 127, disc) > 0.97


def test_the_alpha_of_a_photo_is_a_mask_however_little_it_leaves_out(
    disc_image: NDArray[np.uint8], write_png: Callable[..., Path]
) -> None:
    """Below 2 % the photo's brightness was the mask."""
    rgba = np.random.default_rng(0).integers(0, 256, (100, 100, 4), dtype=np.uint8)
    rgba[..., 3] = 255
    rgba[:, 0, 3] = 0
    mask = read_mask(write_png(rgba, "mask.png"), read_image(write_png(disc_image[:90, :90])))
    assert (mask > 127).mean() == pytest.approx(0.99, abs=0.003)


def test_a_transparent_seam_does_not_make_a_drawn_mask_a_cut_out(
    disc_image: NDArray[np.uint8], disc: NDArray[np.bool_], write_png: Callable[..., Path]
) -> None:
    rgba = np.dstack([disc * np.uint8(255)] * 3 + [np.full(disc.shape, 255, np.uint8)])
    rgba[0, :, 3] = 0
    assert iou(read_mask(write_png(rgba, "mask.png"), read_image(write_png(disc_image))) > 127, disc) == 1


def test_a_mask_for_the_image_as_blender_shows_it(
    disc_image: NDArray[np.uint8], disc: NDArray[np.bool_], tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(disc_image).save(tmp_path / "photo.png", exif=exif)
    off_centre = np.roll(disc, 20, axis=1)
    Image.fromarray(off_centre.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    found = read_mask(tmp_path / "mask.png", read_image(tmp_path / "photo.png"))
    assert np.array_equal(found > 127, np.rot90(off_centre, -1))


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("size", [(60, 45), (240, 180), (80, 60), (53, 40), (480, 360)])
def test_a_mask_of_another_size_is_turned_by_its_proportions(
    orientation: int, size: tuple[int, int], tmp_path: Path
) -> None:
    """One in stored orientation was taken for an upright one, and squashed into that."""
    stored = np.zeros((90, 120), np.uint8)
    stored[10:50, 20:40] = 255
    exif = Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(stored).convert("RGB").save(tmp_path / "photo.png", exif=exif)
    photo = read_image(tmp_path / "photo.png")
    seen = photo.rgba[..., 0]
    Image.fromarray(stored).resize(size).save(tmp_path / "stored.png")
    Image.fromarray(seen).resize(size[::-1]).save(tmp_path / "seen.png")
    for name in ("stored.png", "seen.png"):
        for as_stored in (False, True):
            found = read_mask(tmp_path / name, photo, as_stored)
            assert iou(found > 127, seen > 127) > 0.85


@pytest.mark.parametrize("side", [90, 300])
def test_a_mask_whose_proportions_tell_nothing_is_what_is_said(side: int, tmp_path: Path) -> None:
    stored = np.zeros((side, side), np.uint8)
    stored[: side // 3] = 255
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(np.zeros((90, 120, 3), np.uint8)).save(tmp_path / "photo.png", exif=exif)
    Image.fromarray(stored).save(tmp_path / "mask.png")
    photo = read_image(tmp_path / "photo.png")
    top = np.arange(120)[:, None] < 40
    right = np.arange(90)[None] >= 60
    assert iou(read_mask(tmp_path / "mask.png", photo) > 127, np.broadcast_to(top, (120, 90))) > 0.95
    told = read_mask(tmp_path / "mask.png", photo, as_stored=True)
    assert iou(told > 127, np.broadcast_to(right, (120, 90))) > 0.95


@pytest.mark.parametrize("name", ["mask.exr", "mask.tif", "mask.png"])
def test_one_half_of_a_mask_is_one_half_whatever_its_numbers_are(name: str, tmp_path: Path) -> None:
    shares = np.tile(np.linspace(0.004, 1, 128), (40, 1))
    spec = oiio.ImageSpec(128, 40, 1, "uint16" if name.endswith("png") else "float")
    buffer = oiio.ImageBuf(spec)
    buffer.set_pixels(oiio.ROI(), shares[..., None].astype(np.float32))
    assert buffer.write(str(tmp_path / name))
    Image.fromarray(np.zeros((40, 128, 3), np.uint8)).save(tmp_path / "photo.png")
    alpha = read_mask(tmp_path / name, read_image(tmp_path / "photo.png"))
    assert np.array_equal(alpha > 127, shares >= 0.5)
    frames = open_clip(tmp_path / name, role="mask").frames([1])
    assert np.array_equal(next(iter(frames)).picture()[..., 0], alpha)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("width", [90, 120])
def test_a_mask_drawn_in_blender_is_as_stored_where_sizes_do_not_tell(
    orientation: int, width: int, tmp_path: Path
) -> None:
    mask = np.zeros((90, width), np.uint8)
    mask[10:50, 20:40] = 255
    stored = Image.fromarray(mask)
    stored.save(tmp_path / "mask.png")
    exif = Image.Exif()
    exif[0x112] = orientation
    stored.convert("RGB").save(tmp_path / "photo.png", exif=exif)
    photo = read_image(tmp_path / "photo.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png", photo, as_stored=True), photo.rgba[..., 0])
    stored.save(tmp_path / "mask.png", exif=exif)  # it tells by itself
    assert np.array_equal(read_mask(tmp_path / "mask.png", photo, as_stored=True), photo.rgba[..., 0])
    Image.fromarray(photo.rgba[..., 0]).save(tmp_path / "mask.png")
    assert np.array_equal(read_mask(tmp_path / "mask.png", photo), photo.rgba[..., 0])


def test_an_empty_mask_is_refused(disc_image: NDArray[np.uint8], write_png: Callable[..., Path]) -> None:
    photo = read_image(write_png(disc_image))
    with pytest.raises(BackendError) as caught:
        read_mask(write_png(np.zeros((30, 30, 3), np.uint8), "mask.png"), photo)
    assert caught.value.kind == "bad_mask" and "empty" in caught.value.message


@pytest.mark.parametrize("colour", [(255, 255, 255), (170, 172, 168)])
@pytest.mark.parametrize("strength", [0.25, 0.45])
def test_a_soft_shadow_belongs_to_the_background(
    colour: tuple[int, int, int], strength: float, disc_image: NDArray[np.uint8], disc: NDArray[np.bool_]
) -> None:
    scale = 6
    truth = disc.repeat(scale, axis=0).repeat(scale, axis=1)
    subject = cv2.resize(disc_image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    shadow = cv2.GaussianBlur(np.roll(truth, (50, 40), (0, 1)).astype(np.float32), (0, 0), 20)
    wall = np.array(colour, np.float32) * (1 - strength * shadow[..., None])
    found = plain_background_alpha(np.where(truth[..., None], subject, wall).astype(np.uint8))
    assert found is not None and iou(found > 127, truth) > 0.93


def test_a_thing_of_the_background_s_colour_is_not_taken_for_its_shadow() -> None:
    """A grey ball on a white ground: smooth, without hue, and darker than what is behind it."""
    y, x = np.mgrid[:400, :500]
    radius = np.hypot(x - 250, y - 200) / 120
    ball = (radius < 1)[..., None]
    shade = 200 - 70 * np.minimum(radius, 1)[..., None] ** 2
    found = plain_background_alpha(np.where(ball, shade, 255).astype(np.uint8).repeat(3, axis=2))
    assert found is not None and iou(found > 127, ball[..., 0]) > 0.93


def test_a_thin_subject_is_found() -> None:
    image = np.full((300, 300, 3), 250, np.uint8)
    image[50:250, 148:152] = (150, 30, 20)
    found = plain_background_alpha(image)
    assert found is not None and (found > 127).sum() == 800
