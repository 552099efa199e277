"""Every frame is the one on screen at its time, whatever the container, and what is broken is told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.backend.footage.conftest import SIZE, CutOff, MakeMovie, MakeSequence, ball, place
from wt_backend.footage.clip import Clip, open_clip
from wt_backend.footage.decode import Movie
from wt_backend.footage.messages import ENDLESS
from wt_backend.protocol import BackendError

ALL = range(1, ENDLESS)


def shown(clip: Clip, numbers: range = ALL) -> dict[int, int | str]:
    """Frame number → the number that its picture shows, or why there is none."""
    return {f.number: f.missing or round(place(f.picture())) for f in clip.frames(numbers)}


def each(*numbers: int) -> dict[int, int | str]:
    return {number: number for number in numbers}


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("clip.mp4", "libx264", "yuv420p"),  # B-frames: coding order is not display order
        ("clip.mkv", "ffv1", "yuv420p"),  # time stamps rounded to milliseconds
        ("clip.mov", "prores_ks", "yuv422p10le"),  # 10 bit
    ],
)
def test_frames_of_real_codecs(movie: MakeMovie, name: str, codec: str, pix_fmt: str) -> None:
    clip = open_clip(movie(name, codec, pix_fmt))
    assert clip.rate == 24
    assert shown(clip) == each(*range(1, 9))
    picture = next(iter(clip.frames([3]))).picture()
    assert picture.shape == (SIZE[1], SIZE[0], 4) and (picture[..., 3] == 255).all()
    assert np.abs(picture[..., :3].astype(int) - ball(3)).mean() < 4


@pytest.mark.parametrize("name", ["shot_{:04}.png", "a1 {}.jpg", "x.{:03}.exr", "p{}.ppm"])
def test_frames_of_image_sequences(sequence: MakeSequence, name: str) -> None:
    first = sequence(range(7, 15), name)
    for way_in in (first, first.parent, first.parent / name.replace("{:04}", "####").replace("{}", "%d")):
        if way_in.exists() or "#" in way_in.name or "%" in way_in.name:
            clip = open_clip(way_in)
            assert shown(clip) == each(*range(1, 9))


def test_frames_that_are_passed_over_can_be_cancelled(movie: MakeMovie) -> None:
    asked: list[str] = []
    frames = open_clip(movie(frames=12)).frames([12], lambda: asked.append(""))
    assert next(frames).number == 12 and len(asked) == 12


def test_a_range_with_a_step(movie: MakeMovie) -> None:
    assert shown(open_clip(movie(frames=12)), range(3, 10, 3)) == each(3, 6, 9)


def test_another_rate_repeats_or_drops_frames(movie: MakeMovie) -> None:
    path = movie(frames=8, rate=24)
    assert list(shown(open_clip(path, 48)).values()) == [n for n in range(1, 9) for _ in range(2)]
    assert list(shown(open_clip(path, 12)).values()) == [1, 3, 5, 7]


@pytest.mark.parametrize(("own", "rate"), [(30, 1), (50, 24), (60, 25), (240, 24), (24, 60)])
def test_the_picture_is_the_one_on_screen_at_that_time(movie: MakeMovie, own: int, rate: int) -> None:
    """A tenth of the frames that were asked for was several of the movie's: too late a picture was taken."""
    small = (96 + 4 * 60, 32)
    path = movie("clip.mkv", "ffv1", "bgr0", 60, own, picture=lambda number: ball(number, small))
    clip = open_clip(path, rate)
    shown = {frame.number: round(place(frame.picture())) for frame in clip.frames(range(1, 12))}
    on_screen = {n: 1 + (n - 1) * own // rate for n in shown}
    assert shown == on_screen and len(shown) >= 2


def test_the_last_picture_lasts_as_long_as_its_file_says(movie: MakeMovie) -> None:
    path = movie("clip.gif", "gif", "rgb8", 4, 10, times=[0, 1, 2, 3])
    data = bytearray(path.read_bytes())
    last = data.rfind(b"\x21\xf9\x04")  # the graphic control of the last picture
    data[last + 4 : last + 6] = (200).to_bytes(2, "little")  # hundredths of a second
    path.write_bytes(data)
    assert len(list(open_clip(path, 10).frames(range(1, 100)))) == 3 + 20


def test_variable_frame_rate_is_laid_out_in_time(movie: MakeMovie) -> None:
    path = movie("clip.mkv", "ffv1", frames=4, rate=25, times=[0, 1, 5, 6])
    assert list(shown(open_clip(path, 25)).values()) == [1, 2, 2, 2, 2, 3, 4]


def test_the_rate_is_that_by_which_blender_counts_frames(movie: MakeMovie) -> None:
    """Of a variable rate that is the finest that its times fit (FFmpeg's guess); their mean is 14.3 here."""
    clip = open_clip(movie("clip.mp4", frames=4, rate=25, times=[0, 1, 5, 6]))
    assert clip.rate == 25
    assert list(shown(clip).values()) == [1, 2, 2, 2, 2, 3, 4]


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_a_turned_movie_is_shown_upright(movie: MakeMovie, degrees: int, turns: int) -> None:
    picture = next(iter(open_clip(movie(rotation=degrees)).frames([1]))).picture()
    expected = np.rot90(ball(1), turns)
    assert picture.shape[:2] == expected.shape[:2]
    assert np.abs(picture[..., :3].astype(int) - expected).mean() < 4


@pytest.mark.parametrize(
    ("aspect", "rotation", "shape"),
    [(Fraction(4, 3), 0, (64, 128)), (Fraction(1, 2), 0, (128, 96)), (Fraction(4, 3), 90, (128, 64))],
)
def test_pixels_become_square(
    movie: MakeMovie, aspect: Fraction, rotation: int, shape: tuple[int, int]
) -> None:
    clip = open_clip(movie(aspect=aspect, rotation=rotation))
    assert next(iter(clip.frames([1]))).picture().shape[:2] == shape
    assert any("square" in note for note in clip.notes)


def test_alpha_is_kept(movie: MakeMovie) -> None:
    def cut_out(number: int) -> np.ndarray:
        rgb = ball(number)
        return np.dstack([rgb, np.where((rgb < 225).any(-1), 255, 0).astype(np.uint8)])

    picture = next(iter(open_clip(movie("clip.mov", "png", "rgba", picture=cut_out)).frames([2]))).picture()
    assert np.array_equal(picture, cut_out(2))


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_alpha_of_webm_is_kept(movie: MakeMovie, codec: str) -> None:
    def half(number: int) -> np.ndarray:
        return np.dstack([ball(number), np.where(np.mgrid[:64, :96][1] < 48, 255, 0).astype(np.uint8)])

    path = movie("clip.webm", codec, "yuva420p", picture=half, options={"auto-alt-ref": "0", "crf": "5"})
    alpha = [frame.picture()[..., 3] for frame in open_clip(path).frames(ALL)]
    assert len(alpha) == 8
    for picture in alpha:
        assert (picture[:, :44] > 200).all() and (picture[:, 52:] < 50).all()


def test_tags_in_any_encoding_do_no_harm(movie: MakeMovie) -> None:
    path = movie("clip.avi", "mjpeg", "yuvj420p", title="Fruehling")
    path.write_bytes(path.read_bytes().replace(b"Fruehling", "Frühling ".encode("latin-1")))
    assert shown(open_clip(path)) == each(*range(1, 9))


def test_a_colon_in_a_name_is_no_protocol(movie: MakeMovie, monkeypatch: pytest.MonkeyPatch) -> None:
    path = movie()
    path.rename(path.with_name("scene:1.mp4"))
    monkeypatch.chdir(path.parent)
    assert shown(open_clip("scene:1.mp4")) == each(*range(1, 9))


def test_interlaced_footage_is_pointed_out(movie: MakeMovie) -> None:
    options = {"flags": "+ilme+ildct", "x264-params": "tff=1:bframes=0"}
    clip = open_clip(movie(options=options))
    shown(clip)
    assert any("interlaced" in note for note in clip.notes)


def spoil(path: Path, frame: int) -> None:
    """Overwrite the data of one packet."""
    import av

    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    position, size = packets[frame - 1]
    with path.open("r+b") as file:
        file.seek(position)
        file.write(b"\x00\xff" * (size // 2))


def test_a_corrupt_packet_costs_its_own_frame_only(movie: MakeMovie) -> None:
    path = movie("clip.mov", "prores_ks", "yuv422p10le")
    spoil(path, 4)
    found = shown(open_clip(path))
    assert isinstance(found.pop(4), str)
    assert found == each(1, 2, 3, 5, 6, 7, 8)


def test_a_movie_that_cannot_be_read_to_its_end_ends_there(movie: MakeMovie) -> None:
    """The fifth picture of a file of raw pictures does not begin as they do: its reader gives up."""
    path = movie("clip.y4m", "rawvideo")
    written = path.read_bytes().split(b"FRAME\n")
    path.write_bytes(b"FRAME\n".join(written[:5]) + b"EMARF\n" + b"FRAME\n".join(written[5:]))
    clip = open_clip(path)
    assert shown(clip) == each(1, 2, 3, 4)
    assert clip.notes == ["clip.y4m cannot be read to its end (Invalid data found when processing input)."]
    assert shown(clip) == each(1, 2, 3, 4) and len(clip.notes) == 1  # footage is gone through three times


def test_what_was_read_before_the_end_comes_out(movie: MakeMovie, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder holds frames back until it has those that they are told by."""
    path = movie(frames=12, options={"bf": "3"})
    whole = Movie._open
    monkeypatch.setattr(Movie, "_open", lambda movie: CutOff(whole(movie), 9))
    assert len(set(shown(open_clip(path)).values())) == 9


def test_holes_are_missing_frames(sequence: MakeSequence) -> None:
    clip = open_clip(sequence([3, 5, 6]))
    assert shown(clip) == {1: 1, 2: "there is no file with number 4", 3: 3, 4: 4}
    assert "1 of the sequence's frames" in clip.notes[0]


def test_numbers_that_are_times_are_no_frames(sequence: MakeSequence) -> None:
    """Two screenshots a day apart, named by the millisecond, were 86 million frames to go through."""
    first = sequence([1_764_000_000_000])
    first.with_name("shot_1764086400000.png").write_bytes(first.read_bytes())
    for path in (first, first.parent):
        with pytest.raises(BackendError, match="no frame numbers") as caught:
            open_clip(path)
        assert caught.value.hint
    assert "1998 of the sequence's frames" in open_clip(sequence([1, 2_000], "few_{}.png")).notes[0]


def test_what_macos_leaves_beside_images_is_no_sequence(sequence: MakeSequence) -> None:
    first = sequence()
    first.with_name(f"._{first.name}").write_bytes(b"resources")
    assert shown(open_clip(first.parent)) == each(*range(1, 9))


def test_a_damaged_image_is_a_missing_frame(sequence: MakeSequence) -> None:
    first = sequence()
    (first.parent / "shot_0002.png").write_bytes(b"")
    assert shown(open_clip(first), range(1, 4)) == {1: 1, 2: "shot_0002.png is empty", 3: 3}


def test_one_frame(movie: MakeMovie, sequence: MakeSequence) -> None:
    assert shown(open_clip(movie(frames=1))) == each(1)
    assert shown(open_clip(sequence([8]))) == each(1)


def test_what_cannot_be_footage(tmp_path: Path, sequence: MakeSequence) -> None:
    empty, text, folder = tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "nothing"
    empty.touch()
    text.write_text("no movie at all" * 100)
    folder.mkdir()
    two = sequence([1, 2]).parent
    sequence([1, 2], "other_{}.png")
    for path, words in [
        (tmp_path / "gone.mp4", "does not exist"),
        (tmp_path / "gone #1 100%.mp4", "does not exist"),
        (empty, "0 bytes"),
        (text, "cannot be read as a movie"),
        (folder, "no image"),
        (two, "2 sequences"),
        (two / "none_####.png", "No file is called like"),
    ]:
        with pytest.raises(BackendError, match=words) as caught:
            open_clip(path)
        assert caught.value.hint
