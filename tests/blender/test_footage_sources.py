# ruff: noqa: F811  (the folder is a fixture of test_footage)
"""Footage that a file holds: clips and strips are traced as they are shown, from the panel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from projection_scenes import PYTHON
from test_footage import folder, write_picture  # noqa: F401

HANDLES = ("left_handle_offset", "right_handle_offset")  # Blender 5.2
OFFSETS = ("frame_offset_start", "frame_offset_end")


def strips_of(scene: bpy.types.Scene) -> bpy.types.bpy_prop_collection:
    editor = scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences  # Blender 4.4


def image_strip(scene: bpy.types.Scene, folder: Path, numbers: range) -> bpy.types.bpy_struct:
    """From frame 20 on."""
    name = "frame.{:05}.png"
    first = str(folder / name.format(numbers[0]))
    strip = strips_of(scene).new_image("Strip", first, channel=1, frame_start=20)
    for number in numbers[1:]:
        strip.elements.append(name.format(number))
    return strip


@pytest.mark.filterwarnings("error::DeprecationWarning")
def test_clips_and_strips_of_the_file_are_known(scene, addon, folder: Path) -> None:
    module = sys.modules[f"{addon.__name__}.scene.footage_source"]
    clip = bpy.data.movieclips.load(str(folder / "frame.00005.png"))
    clip.frame_start = 7
    strip = image_strip(scene, folder, range(5, 10))
    renamed = hasattr(strip, "content_start")  # Blender 5.2
    for side in HANDLES if renamed else OFFSETS:
        setattr(strip, side, 1.0)
    found = {source.name: source for source in module.sources(scene)}
    assert found["frame.00005.png"].start == 7
    known = found["Strip"]
    assert known.path == folder / "frame.00005.png"
    assert (known.start, known.first) == (20, 2)
    assert known.last == 4  # five files, one cut off at each end


def test_photos_that_are_numbered_by_dates_are_no_footage(scene, addon, tmp_path: Path) -> None:
    """Their numbers are too large for the settings of a button: a slide show broke the panel."""
    for name in ("mmexport1604110400123.png", "mmexport1704110400123.png"):
        write_picture(tmp_path / name, 0.5)
    strips_of(scene).new_image(
        "Slide", str(tmp_path / "mmexport1704110400123.png"), channel=1, frame_start=20
    )
    bpy.data.movieclips.load(str(tmp_path / "mmexport1604110400123.png"))
    assert sys.modules[f"{addon.__name__}.scene.footage_source"].sources(scene) == []


def test_footage_that_cannot_be_looked_at_is_left_out(scene, addon, folder: Path) -> None:
    """The panel asks at every redraw; a drive that is gone may answer with an error."""
    clip = bpy.data.movieclips.load(str(folder / "frame.00005.png"))
    sources = sys.modules[f"{addon.__name__}.scene.footage_source"].sources
    assert len(sources(scene)) == 1
    clip.filepath = f"/{'x' * 300}/frame.00005.png"
    assert sources(scene) == []


def test_a_sequence_that_begins_later_than_its_files_keeps_its_place(scene, addon, folder: Path) -> None:
    """Footage is counted from the lowest number; Blender counts from the file that was chosen."""
    module = sys.modules[f"{addon.__name__}.scene.footage_source"]
    clip = bpy.data.movieclips.load(str(folder / "frame.00007.png"))
    clip.frame_start, clip.frame_offset = 30, 1  # frame 30 shows file 8, the fourth
    strip = image_strip(scene, folder, range(6, 10))
    left = HANDLES[0] if hasattr(strip, "content_start") else OFFSETS[0]
    setattr(strip, left, 1.0)  # frame 21 shows file 7, the third
    found = {source.name: source for source in module.sources(scene)}
    known = found["frame.00007.png"]
    assert (known.first, known.start + known.first - 1) == (4, 30)
    known = found["Strip"]
    assert (known.first, known.start + known.first - 1, known.last) == (3, 21, 5)


MOVIE = """
import sys, av, numpy as np
with av.open(sys.argv[1], "w") as file:
    stream = file.add_stream("ffv1", rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "bgr0"
    frames = [av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8)) for _ in range(8)]
    for frame in [*frames, None]:
        file.mux(stream.encode(frame))
"""


def test_a_movie_strip_of_another_rate_lies_in_time(scene, addon, tmp_path: Path) -> None:
    """As the Sequencer shows it: 8 frames of 25 a second fill 16 of a scene with 50."""
    movie = tmp_path / "movie.mkv"
    subprocess.run([str(PYTHON), "-c", MOVIE, str(movie)], check=True)
    module = sys.modules[f"{addon.__name__}.scene.footage_source"]
    strips_of(scene).new_movie("Movie", str(movie), channel=1, frame_start=5)
    for rate, in_time in ((25, False), (50, True)):
        scene.render.fps = rate
        (known,) = module.sources(scene)
        assert (known.start, known.first, known.use_scene_rate) == (5, 1, in_time)


def cut_hard(strip: bpy.types.bpy_struct, frame: int) -> str:
    """What is right of the cut is a strip of its own, whose name is returned."""
    return strip.split(frame=frame, split_method="HARD").name


def test_an_image_strip_that_was_cut_hard_shows_its_own_part(scene, addon, folder: Path) -> None:
    """All its files stay in it; those before the cut are passed over."""
    module = sys.modules[f"{addon.__name__}.scene.footage_source"]
    strip = image_strip(scene, folder, range(5, 10))
    right = cut_hard(strip, 22)  # frame 22 shows file 7, the third
    found = {source.name: source for source in module.sources(scene)}
    assert (found["Strip"].start, found["Strip"].first, found["Strip"].last) == (20, 1, 2)
    known = found[right]
    assert (known.first, known.start + known.first - 1, known.last) == (3, 22, 5)


@pytest.mark.parametrize("rate", [25, 50])
def test_a_movie_strip_that_was_cut_hard_shows_its_own_part(scene, addon, tmp_path: Path, rate: int) -> None:
    """Blender counts what it passes over in frames of the movie; footage is read at the scene's rate."""
    movie = tmp_path / "movie.mkv"
    subprocess.run([str(PYTHON), "-c", MOVIE, str(movie)], check=True)
    module = sys.modules[f"{addon.__name__}.scene.footage_source"]
    strip = strips_of(scene).new_movie("Movie", str(movie), channel=1, frame_start=5)
    scene.render.fps = 25
    right = cut_hard(strip, 8)  # the movie's fourth frame
    scene.render.fps = rate
    found = {source.name: source for source in module.sources(scene)}
    known, times = found[right], rate // 25
    assert (known.first, known.start + known.first - 1) == (1 + 3 * times, 8)
    assert found["Movie"].first == 1
    if rate == 25:  # so that both are as long as their pictures
        assert (found["Movie"].last, known.last) == (3, 8)


def test_what_stands_beyond_the_end_of_a_strip_is_not_asked_for(scene, addon, folder: Path) -> None:
    """A strip that is drawn out holds its last picture; of one cut hard that is not the movie's last."""
    module = sys.modules[f"{addon.__name__}.scene.footage_source"]
    strip = image_strip(scene, folder, range(5, 10))
    cut_hard(strip, 22)
    setattr(strip, HANDLES[1] if hasattr(strip, "content_start") else OFFSETS[1], -1.0)
    found = {source.name: source for source in module.sources(scene)}
    assert found["Strip"].last == 2


def test_a_linked_clip_lies_where_its_own_file_says(scene, addon, folder: Path, tmp_path: Path) -> None:
    library = tmp_path / "a library" / "clips.blend"
    library.parent.mkdir()
    clip = bpy.data.movieclips.load(str(folder / "frame.00005.png"))
    clip.filepath = f"//../{folder.name}/frame.00005.png"
    bpy.data.libraries.write(str(library), {clip})
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "own.blend"))
    with bpy.data.libraries.load(str(library), link=True) as (there, here):
        here.movieclips = there.movieclips
    (known,) = sys.modules[f"{addon.__name__}.scene.footage_source"].sources(bpy.context.scene)
    assert known.path.resolve() == folder / "frame.00005.png"


class Layout:
    """Takes what a panel draws: bpy as a module has no window for it."""

    def __init__(self) -> None:
        self.buttons: list[SimpleNamespace] = []
        self.labels: list[str] = []

    def column(self, **_settings: object) -> Layout:
        return self

    def label(self, text: str, **_settings: object) -> None:
        self.labels.append(text)

    def operator(self, name: str, text: str = "", **_settings: object) -> SimpleNamespace:
        self.buttons.append(SimpleNamespace(operator=name, text=text))
        return self.buttons[-1]


@pytest.mark.parametrize(("count", "told"), [(8, []), (10, ["… and 2 more"])])
def test_the_panel_says_what_it_does_not_list(
    scene,
    addon,
    folder: Path,
    count: int,
    told: list[str],
) -> None:
    for _times in range(count):
        bpy.data.movieclips.load(str(folder / "frame.00005.png"))
    layout = Layout()
    panel = sys.modules[f"{addon.__name__}.ui.footage_panel"].WORLD_TRACING_PT_footage
    panel.draw(SimpleNamespace(layout=layout), bpy.context)
    known = [button for button in layout.buttons if button.text]
    assert len(known) == 8 and layout.labels == told
    assert not any(button.use_range for button in known)  # the scene's timeline is theirs
