"""The network's square: as the release makes it, and with an exact way back to the image."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wt_backend.camera import apply_affine, compose, invert
from wt_backend.fitting import (
    Window,
    centred_square,
    clip_window,
    crop,
    crop_window,
    erode,
    fit,
    frame_window,
    paint,
    resize,
    resize_alpha,
)
from wt_backend.images import orientation_affine, upright


@pytest.mark.parametrize("index", range(7))
def test_released_pre_processing(index: int, golden: Path, components: dict[str, NDArray]) -> None:
    case = json.loads((golden / "golden.json").read_text())["components"]["preprocess"]["cases"][index]
    image = components[f"pre.image.{case['image']}"]
    window = crop_window(image[..., 3], case.get("max_object_ratio", 2 / 3)) if case["center_crop"] else None
    if window:
        assert [window.y, window.x, window.width] == case["crop_y1_x1_side"]
    fitted = fit(image, window, case["image_size"], case["bg_color"], case["alpha_erode_px"])
    expected = components[f"pre.{index}.rgb"][0].transpose(1, 2, 0)
    assert np.array_equal(fitted.rgb.astype(np.float32) / np.float32(255), expected)
    assert np.array_equal(fitted.mask, components[f"pre.{index}.mask"][0, 0])


def positions(height: int, width: int) -> NDArray[np.float64]:
    """An image whose every pixel centre is (x, y): linear, so that any exact resampling of it is known."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.stack([x, y], -1)


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    orientation=st.integers(1, 8),
    fit_name=st.sampled_from(["crop", "pad", "stretch", "object"]),
    size=st.sampled_from([14, 28, 42]),
    area=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_way_back_is_exact(
    height: int, width: int, orientation: int, fit_name: str, size: int, area: bool, seed: int
) -> None:
    """A checkerboard as coarse as the grid shows, pixel by pixel, what the affine says it shows."""
    rng = np.random.default_rng(seed)
    stored = np.zeros((height, width, 4), np.uint8)
    x0, y0 = rng.integers(0, width - 8), rng.integers(0, height - 8)
    box = (slice(y0, y0 + rng.integers(4, height - y0 + 1)), slice(x0, x0 + rng.integers(4, width - x0 + 1)))
    stored[box] = 255
    seen = upright(stored, orientation)
    window = crop_window(seen[..., 3]) if fit_name == "object" else frame_window(fit_name, *seen.shape[:2])
    fitted = fit(seen, window, size, (0, 0, 0), area=area)
    to_file = compose(orientation_affine(orientation, width, height), fitted.grid_to_image)
    centres = apply_affine(to_file, positions(size, size))  # (S, S, 2) in the stored image
    # A grid pixel is white if its footprint in the file lies inside the box, black if it lies outside of it.
    reach = np.abs(to_file[:, :2]).sum(axis=1) * 0.5 + 1.0
    low, high = np.array([box[1].start, box[0].start]), np.array([box[1].stop, box[0].stop])
    inside = ((centres - reach >= low) & (centres + reach <= high)).all(axis=-1)
    outside = ((centres + reach < low) | (centres - reach > high)).any(axis=-1)
    assert (fitted.rgb[inside] == 255).all() and fitted.mask[inside].all()
    assert (fitted.rgb[outside] == 0).all() and not fitted.mask[outside].any()


@given(height=st.integers(16, 12000), width=st.integers(16, 12000), size=st.sampled_from([224, 504, 840]))
def test_whole_frame_windows(height: int, width: int, size: int) -> None:
    crop_square, pad_square = frame_window("crop", height, width), frame_window("pad", height, width)
    assert frame_window("stretch", height, width) is None
    assert crop_square.width == crop_square.height == min(height, width)
    assert pad_square.width == pad_square.height == max(height, width)
    for window, sign in ((crop_square, 1), (pad_square, -1)):
        assert (
            abs(2 * window.x + window.width - width) <= 1 and abs(2 * window.y + window.height - height) <= 1
        )
        assert sign * window.x >= 0 and sign * window.y >= 0


def test_stretch_gives_unequal_scales() -> None:
    image = np.full((40, 80, 4), 255, np.uint8)
    fitted = fit(image, frame_window("stretch", 40, 80), 20)
    assert fitted.grid_to_image.tolist() == [[4, 0, 0], [0, 2, 0]]
    assert fitted.mask.all()


def test_padding_is_not_part_of_the_image() -> None:
    image = np.full((40, 80, 4), 255, np.uint8)
    fitted = fit(image, frame_window("pad", 40, 80), 20, (128, 128, 128))
    assert fitted.mask[5:15].all() and not fitted.mask[:5].any() and not fitted.mask[15:].any()
    assert (fitted.rgb[0] == 128).all() and (fitted.rgb[10] == 255).all()
    assert np.allclose(apply_affine(fitted.grid_to_image, np.array([[0, 5], [20, 15]])), [[0, 0], [80, 40]])


@given(
    y=st.integers(0, 60),
    x=st.integers(0, 60),
    h=st.integers(1, 40),
    w=st.integers(1, 40),
    ratio=st.floats(0.3, 1),
)
def test_the_subject_is_centred_and_fills_its_share(y: int, x: int, h: int, w: int, ratio: float) -> None:
    alpha = np.zeros((100, 100), np.uint8)
    alpha[y : y + h, x : x + w] = 255
    window = crop_window(alpha, ratio)
    assert window.width == window.height >= max(h, w)
    assert abs(window.width - max(h, w) / ratio) <= 1
    assert abs(window.y + window.height / 2 - (y + h / 2)) <= 1.01
    assert abs(window.x + window.width / 2 - (x + w / 2)) <= 1.01


def test_without_subject_the_window_is_the_centred_square() -> None:
    assert crop_window(np.zeros((30, 50), np.uint8)) == centred_square(30, 50) == Window(0, 10, 30, 30)


def test_the_window_of_a_clip_is_that_of_all_its_boxes() -> None:
    alpha = np.zeros((50, 60), np.uint8)
    alpha[10:20, 25:30], alpha[30:40, 5:15] = 255, 255
    assert clip_window([(10, 25, 19, 29), (30, 5, 39, 14)], 0.6) == crop_window(alpha, 0.6)


def test_a_crop_far_outside_is_empty() -> None:
    image = np.full((20, 20, 4), 9, np.uint8)
    assert not crop(image, Window(100, 100, 5, 5)).any()
    assert not crop(image, Window(-50, 3, 10, 5)).any()
    assert np.array_equal(crop(image, Window(2, 3, 4, 5)), image[2:6, 3:8])


def test_paint_blends_softly() -> None:
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8)
    assert paint(rgba, (128, 128, 128)).tolist() == [[[200, 100, 0], [128, 128, 128], [142, 122, 102]]]
    assert paint(rgba, None).tolist() == [[[200, 100, 0]] * 3]


def test_opaque_rows_are_painted_like_all_others() -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (600, 5, 4)).astype(np.uint8)
    rgba[:300, :, 3] = 255
    alpha = rgba[..., 3:].astype(np.float32) / 255
    blended = rgba[..., :3] * alpha + np.float32(128) * (1 - alpha)
    assert np.array_equal(paint(rgba, (128, 128, 128)), blended.astype(np.uint8))


def test_nearest_index_is_computed_in_floating_point() -> None:
    alpha = np.arange(93, dtype=np.uint8)[None].repeat(93, axis=0)
    step = 1.0 / (62 / 93)
    assert resize_alpha(alpha, 62)[0].tolist() == [min(int(i * step), 92) for i in range(62)]


def test_area_masks_do_not_shift() -> None:
    alpha = np.zeros((400, 400), np.uint8)
    alpha[100:300, 100:300] = 255
    small = resize_alpha(alpha, 40, area=True) > 127
    assert np.array_equal(small, small[::-1, ::-1]) and small.sum() == 400


@pytest.mark.parametrize("height", [20, 224, 230])
def test_the_long_side_is_averaged_even_where_the_short_one_grows(height: int) -> None:
    stripes = np.zeros((height, 2000, 3), np.uint8)
    stripes[:, ::2] = 255
    assert resize(stripes, 224, area=True).std() < 15  # 0 if 2000 were a multiple of 224; unaveraged 73
    assert resize_alpha(stripes[..., 0], 224, area=True).std() < 15


def test_erosion() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:7, 2:7] = True
    assert erode(mask, 1).sum() == 9 and erode(mask, 0).sum() == 25 and erode(np.ones((5, 5), bool), 2).all()


def test_maps_can_be_inverted() -> None:
    fitted = fit(np.full((50, 33, 4), 255, np.uint8), None, 14)
    corner = apply_affine(invert(fitted.grid_to_image), np.array([33.0, 50.0]))
    assert np.allclose(corner, [14, 14])
