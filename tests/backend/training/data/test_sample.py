"""`generate` and what must hold of every sample."""

import resource
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack
from wt_backend.training.data import Sample, generate, generate_some
from wt_backend.training.data import sample as sample_module
from wt_backend.training.data import sheet as sheet_module
from wt_backend.training.data.checks import odd_share, reprojection_error, unordered_pixels
from wt_backend.training.data.sheet import contact_sheet, depth_picture
from wt_backend.training.data.sheet import main as sheet_main
from wt_backend.training.data.validation import main as validation_main
from wt_backend.training.data.validation import write_pair

SIZE = 48


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [
        sample
        for index in range(6)
        for kind in ("object", "scene")
        for sample in generate(3, index, SIZE, kind, "train" if index % 2 else "validation")
    ]


def test_shapes_types_and_modes(samples: list[Sample]) -> None:
    for s in samples:
        assert (s.rgb.shape, s.rgb.dtype) == ((SIZE, SIZE, 3), np.uint8)
        assert (s.alpha.shape, s.alpha.dtype) == ((SIZE, SIZE), np.uint8)
        assert (s.depth.shape, s.depth.dtype) == ((6, SIZE, SIZE), np.float32)
        assert (s.intrinsics.shape, s.intrinsics.dtype) == ((3, 3), np.float64)
        assert s.mode in ("object", "scene")
    assert {s.mode for s in samples} == {"object", "scene"}


def test_layers_are_ordered_and_on_their_pixels(samples: list[Sample]) -> None:
    for s in samples:
        assert unordered_pixels(s.depth) == 0
        assert reprojection_error(s) < 1e-3
        assert (s.depth > 0).any()


def test_alpha_is_the_silhouette(samples: list[Sample]) -> None:
    for s in samples:
        if s.mode == "scene":
            assert (s.alpha == 255).all()
        else:
            assert ((s.alpha > 127) == (s.depth[0] > 0)).mean() > 0.97
            assert s.alpha[s.depth[0] > 0].min() > 0
            rows, columns = np.nonzero(s.depth[0] > 0)
            longest = max(np.ptp(rows), np.ptp(columns)) + 1
            assert 0.5 * SIZE < longest < 0.98 * SIZE


def test_pictures_show_something(samples: list[Sample]) -> None:
    contrast = [s.rgb[s.depth[0] > 0].std() for s in samples]
    assert np.median(contrast) > 10


def test_same_seed_same_samples_other_index_others() -> None:
    first, again, other = (generate(5, index, 32) for index in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)
        np.testing.assert_array_equal(a.depth, b.depth)
    assert not np.array_equal(first[0].depth, other[0].depth)
    assert not np.array_equal(first[0].depth, first[1].depth), "views of a scene differ"


def test_stack_of_a_sample(samples: list[Sample], tmp_path: Path) -> None:
    sample = samples[0]
    stack = sample.to_stack("x.png")
    stack.validate()
    stack.save(tmp_path / "x.wts")
    back = LayerStack.load(tmp_path / "x.wts")
    np.testing.assert_array_equal(back.mask, sample.depth > 0)
    np.testing.assert_allclose(back.xyz[back.mask], sample.xyz[back.mask])
    filled = back.xyz[:, back.mask[0]]
    assert (filled[..., 2] > 0).all(), "deeper layers repeat the last hit"


def test_saved_samples_come_back(samples: list[Sample], tmp_path: Path) -> None:
    for sample in samples[:5:4]:
        sample.save(tmp_path / "one.npz")
        back = Sample.load(tmp_path / "one.npz")
        assert back.mode == sample.mode
        for name in ("rgb", "alpha", "depth", "intrinsics"):
            np.testing.assert_array_equal(getattr(back, name), getattr(sample, name))
    assert [p.name for p in tmp_path.iterdir()] == ["one.npz"]


def test_checks_notice_what_is_wrong(samples: list[Sample]) -> None:
    sample = samples[0]
    swapped = sample.depth[::-1]
    assert unordered_pixels(swapped) > 0
    assert odd_share(np.ones((6, 4, 4), np.float32) * [[[1]], [[1]], [[1]], [[0]], [[0]], [[0]]]) == 1.0


def test_depth_picture_is_black_where_nothing_is() -> None:
    depth = np.zeros((2, 4, 4), np.float32)
    depth[0, 1:3] = [[1.0], [2.0]]
    picture = depth_picture(depth)
    assert (picture[1] == 0).all()
    assert picture[0, 1].max() > 0
    assert not np.array_equal(picture[0, 1], picture[0, 2])


def test_a_pair_knows_its_picture_from_every_folder(
    tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blender, which is started elsewhere, looks for the photo of a stack that it imports."""
    monkeypatch.chdir(tmp_path)
    write_pair(samples[0], Path(), "pair")
    assert LayerStack.load("pair.wts").info.source == str(tmp_path / "pair.png")


def test_a_sheet_that_does_not_fit_on_the_disk_leaves_the_one_before(
    tmp_path: Path,
) -> None:
    picture = tmp_path / "s.png"
    picture.write_bytes(b"the one before")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, old[1]))
    try:
        with pytest.raises(BackendError):
            sheet_main(["--out", str(picture), "--count", "1", "--size", "32"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, before)
    assert picture.read_bytes() == b"the one before" and len(list(tmp_path.iterdir())) == 1


def test_a_sheet_without_a_place_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_module, "generate_some", lambda *_: pytest.fail("minutes of work"))
    with pytest.raises(BackendError, match="is a folder"):
        sheet_main(["--out", str(tmp_path)])


def test_sheet_and_validation_commands(tmp_path: Path, samples: list[Sample]) -> None:
    assert contact_sheet(samples[:5], columns=2, tile=32).shape == (3 * 34, 2 * (4 * 32 + 4), 3)
    assert sheet_main(["--out", str(tmp_path / "s.png"), "--count", "3", "--size", "32"]) == 0
    assert cv2.imread(str(tmp_path / "s.png")) is not None
    assert validation_main(["--out", str(tmp_path / "v"), "--count", "2", "--size", "32"]) == 0
    files = sorted(p.name for p in (tmp_path / "v").iterdir())
    assert files == ["object_0000.png", "object_0000.wts", "scene_0001.png", "scene_0001.wts"]
    image = cv2.imread(str(tmp_path / "v" / "object_0000.png"), cv2.IMREAD_UNCHANGED)
    stack = LayerStack.load(tmp_path / "v" / "object_0000.wts")
    left, top = stack.grid_to_image[:, 2].astype(int)
    view = image[top : top + 32, left : left + 32, [2, 1, 0, 3]]
    np.testing.assert_array_equal(view, stack.rgba)


def test_a_sample_whose_meshes_fail_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """In validation it ended every training at the same place."""
    made = generate(5, 100_000_003, 28, "object", "validation")

    def failing(seed: int, index: int, *rest: object) -> list[Sample]:
        if index == 3:
            raise ValueError("no surface")
        return generate(seed, index, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sample_module, "generate", failing)
    with pytest.warns(UserWarning, match="Scene 3 of seed 5 failed: ValueError"):
        instead = generate_some(5, 3, 28, "object", "validation")
    np.testing.assert_array_equal(instead[0].rgb, made[0].rgb)
    monkeypatch.setattr(sample_module, "generate", lambda *_: [][0])
    with pytest.warns(UserWarning, match="IndexError"), pytest.raises(RuntimeError, match="Ten scenes"):
        generate_some(5, 3, 28)
