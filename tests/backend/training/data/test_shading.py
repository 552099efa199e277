"""Light comes from where it is put, shadows fall away from it, textures stay put."""

import numpy as np
import pytest

from wt_backend.training.data import primitives as p
from wt_backend.training.data.cameras import frame_scene
from wt_backend.training.data.degrade import degrade, tone_map
from wt_backend.training.data.mesh import Mesh, concatenate
from wt_backend.training.data.scenes import sheet
from wt_backend.training.data.shading import Lighting, Surface, _share, shade
from wt_backend.training.data.textures import PATTERNS, Material, albedo, random_material, value_noise

SIZE = 48
GREY = Material(np.full((2, 3), 0.5, np.float32), "plain", np.eye(3), np.zeros(3), 1.0, 0.0, False, 0.0)


def lighting(
    key: float = 0.0, sky: float = 0.0, position: tuple[float, float, float] = (0, 0, 50)
) -> Lighting:
    f32 = np.float32
    even = np.full(3, sky, f32)
    place = np.array(position, float)
    reach = float(np.linalg.norm(place))
    up, none = np.array([0, 0, 1], f32), np.zeros(3, f32)
    return Lighting(place, 0.01, reach, np.full(3, key, f32), up, none, even, even, even)


def picture(mesh: Mesh, light: Lighting, materials: list[Material], rays: int = 2) -> np.ndarray:
    """(SIZE, SIZE, 3) seen straight from above, X to the right."""
    surface = Surface.prepare(mesh)
    camera = frame_scene(np.array([0, 0, 10.0]), np.zeros(3), 0.6, SIZE, 0.0, 1.0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    directions = camera.rays(rows.ravel(), columns.ravel())
    _, hits = surface.tracer.layers(camera.position, directions)
    image = np.zeros((SIZE * SIZE, 3), np.float32)
    image[hits.ray] = shade(
        surface,
        materials,
        light,
        camera,
        hits,
        directions,
        hits.ray,
        SIZE,
        np.random.default_rng(0),
        rays=rays,
    )
    return image.reshape(SIZE, SIZE, 3)


def test_a_lambertian_floor_under_a_key_light() -> None:
    image = picture(sheet(50, 50), lighting(key=2.0), [GREY])
    np.testing.assert_allclose(image, 2.0 * 0.5 / np.pi, rtol=0.02)


def test_light_falls_off_with_the_square_of_the_distance() -> None:
    light = lighting(key=2.0, position=(0, 0, 4))
    strength, towards = light.key_at(np.array([[0, 0, 0], [0, 0, -4], [0, 3, 4]], np.float32))
    np.testing.assert_allclose(strength[:, 0], [2.0, 0.5, 2.0 * 16 / 9], rtol=1e-5)
    np.testing.assert_allclose(towards, [[0, 0, 4], [0, 0, 8], [0, -3, 0]])


def test_a_floor_under_an_even_sky_sends_back_its_albedo() -> None:
    image = picture(sheet(50, 50), lighting(sky=0.8), [GREY])
    np.testing.assert_allclose(image, 0.8 * 0.5, rtol=0.02)


def test_shadows_fall_away_from_the_light() -> None:
    post = p.box((0.4, 0.4, 2)).shifted(0, 0, 1.001)
    image = picture(concatenate([sheet(50, 50), post]), lighting(key=2.0, position=(50, 0, 50)), [GREY])
    bright, dark = image[SIZE // 2, SIZE - 8, 0], image[SIZE // 2, SIZE // 2 - 10, 0]
    assert dark < 0.3 * bright


def test_corners_are_darker_and_take_colour_from_their_neighbours() -> None:
    red = Material(
        np.array([[0.8, 0.02, 0.02]] * 2, np.float32), "plain", np.eye(3), np.zeros(3), 1, 0, False, 0
    )
    wall = p.box((0.2, 6, 3)).shifted(-1.5, 0, 1.501).with_slot(1)
    light = lighting(key=2.0, sky=0.5, position=(50, 0, 50))
    image = picture(concatenate([sheet(50, 50), wall]), light, [GREY, red], rays=8)
    row = image[SIZE // 2 - 6 : SIZE // 2 + 6].mean(0)
    near, far = row[SIZE // 2 - 9], row[SIZE - 6]
    assert near[1] < 0.95 * far[1]
    assert near[0] / near[1] > 1.05 * far[0] / far[1]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_textures_stay_between_their_colours(pattern: str) -> None:
    colours = np.array([[0.1, 0.2, 0.3], [0.7, 0.5, 0.4]], np.float32)
    material = Material(colours, pattern, np.eye(3) * 3, np.zeros(3), 1, 0, False, 0)
    points = np.random.default_rng(0).uniform(-2, 2, (4000, 3))
    colour = albedo(material, points)
    assert (colour >= colours.min(0) - 1e-5).all()
    assert (colour <= colours.max(0) + 1e-5).all()
    if pattern != "plain":
        assert colour.std(0).min() > 0.01
    np.testing.assert_array_equal(colour, albedo(material, points))


def test_detail_finer_than_a_pixel_fades_to_its_average() -> None:
    colours = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], np.float32)
    material = Material(colours, "checks", np.eye(3) * 10, np.full(3, 0.01), 1, 0, False, 0)
    points = np.random.default_rng(0).uniform(-2, 2, (4000, 3))
    near, far = (albedo(material, points, np.full(4000, size, np.float32)) for size in (0.001, 1.0))
    np.testing.assert_array_equal(near, albedo(material, points))
    np.testing.assert_allclose(far, near.mean(), atol=1e-5)


def test_unknown_pattern_is_named() -> None:
    material = Material(np.zeros((2, 3), np.float32), "tartan", np.eye(3), np.zeros(3), 1, 0, False, 0)
    with pytest.raises(ValueError, match="tartan"):
        albedo(material, np.zeros((1, 3)))


def test_noise_is_smooth_and_fills_its_range() -> None:
    x = np.linspace(0, 20, 4001)
    line = value_noise(np.stack([x, 0 * x + 0.5, 0 * x + 0.5], 1))
    assert np.abs(np.diff(line)).max() < 0.006
    assert line.min() < 0.35
    assert line.max() > 0.65


def test_materials_are_mostly_dull_on_large_things() -> None:
    rng = np.random.default_rng(0)
    large = [random_material(rng, 4.0) for _ in range(200)]
    assert np.mean([m.roughness < 0.42 for m in large]) < 0.25
    assert not any(m.metallic for m in large)


def test_tone_map_and_degradations_give_pictures() -> None:
    linear = np.random.default_rng(0).random((32, 32, 3), np.float32) * 2
    for seed in range(40):
        rng = np.random.default_rng(seed)
        display = tone_map(linear, np.ones((32, 32), bool), rng)
        assert display.min() >= 0
        assert display.max() <= 1.0001
        order = linear[..., 1].ravel().argsort()
        assert (np.diff(display[..., 1].ravel()[order]) >= -1e-6).all(), "brighter light, brighter pixel"
        image = degrade(display, rng)
        assert image.shape == (32, 32, 3)
        assert np.abs(image.mean() / 255 - display.mean()) < 0.15


def test_light_is_not_shared_across_the_border_of_the_picture() -> None:
    """The outermost columns of a floor took light from the other side."""
    rows, columns = (grid.ravel().astype(np.float32) for grid in np.mgrid[:SIZE, :SIZE])
    floor = np.stack([columns, rows, np.zeros_like(rows)], 1)
    up = np.tile(np.float32([0, 0, 1]), (SIZE * SIZE, 1))
    lit = (columns < SIZE / 2).astype(np.float32)[:, None]
    shared = _share(lit, np.arange(SIZE * SIZE), up, floor, np.full(SIZE * SIZE, 10.0, np.float32), SIZE)
    assert not shared[columns == SIZE - 1].any() and (shared[columns == 0] == 1).all()
    assert 0 < shared[columns == SIZE // 2].min() < 1  # inside the picture it is
