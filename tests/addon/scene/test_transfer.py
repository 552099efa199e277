"""Files that belong together come into another folder whole or not at all; originals stay."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from blender_addon.scene import transfer
from blender_addon.scene.transfer import Bundle, bring

TRACE = r" layer \d+\.png|\.[^.]+"
IN_A_SHOT = r"[\\/](?!\.).+"


def nothing_promised(_path: Path) -> bool:
    return False


def write(folder: Path, **texts: str) -> None:
    """Files `NAME.ENDING`, given as NAME_ENDING."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(text)


@pytest.fixture
def shot(tmp_path: Path) -> Bundle:
    write(tmp_path / "from" / "run", shot_json="{}", a_wts="a" * 3000, b_wts="b" * 3000)
    return Bundle(tmp_path / "from", "run", IN_A_SHOT)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "to").mkdir()
    return tmp_path / "to"


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one disk")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_on_one_disk_it_takes_no_space(shot: Bundle, target: Path) -> None:
    assert bring(shot, target, nothing_promised).files().keys() == shot.files().keys()
    assert (target / "run" / "a.wts").samefile(shot.folder / "run" / "a.wts")
    assert contents(target) == contents(shot.folder)


def test_on_another_disk_it_is_a_copy_that_is_known_again(shot: Bundle, other_disk: Path) -> None:
    for _ in range(2):
        assert bring(shot, other_disk, nothing_promised).stem == "run"
    assert contents(other_disk) == contents(shot.folder)


def test_what_two_projects_have_are_two_files(shot: Bundle, target: Path, tmp_path: Path) -> None:
    (tmp_path / "third").mkdir()
    for folder in (target, tmp_path / "third"):
        bring(shot, folder, nothing_promised)
    (target / "run" / "a.wts").write_text("painted on")
    assert (tmp_path / "third" / "run" / "a.wts").read_text() == "a" * 3000


@pytest.mark.parametrize("disk", ["the same", "another"])
def test_what_is_one_file_by_several_names_stays_one(
    shot: Bundle, disk: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that is held for several frames."""
    place = request.getfixturevalue("target" if disk == "the same" else "other_disk")
    for name in ("held 1.wts", "held 2.wts"):
        os.link(shot.folder / "run" / "a.wts", shot.folder / "run" / name)
    usage = shutil.disk_usage(place)._replace(free=transfer.RESERVE + 7000)  # 3000 twice, and a bit
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _folder: usage)
    bring(shot, place, nothing_promised)
    assert contents(place) == contents(shot.folder)
    held = [place / "run" / name for name in ("a.wts", "held 1.wts", "held 2.wts")]
    assert len({file.stat().st_ino for file in held}) == 1
    assert not held[0].samefile(shot.folder / "run" / "a.wts")
    assert not held[0].samefile(place / "run" / "b.wts")


def test_what_has_come_before_is_completed(shot: Bundle, target: Path) -> None:
    bring(shot, target, nothing_promised)
    write(shot.folder / "run", hidden_png="colour")
    write(target / "run", layers_usdc="baked there")
    assert bring(shot, target, nothing_promised).stem == "run"
    assert contents(target).keys() == {*contents(shot.folder), "run/layers.usdc"}


def test_another_thing_of_that_name_stays_and_all_get_the_same_other_one(
    target: Path, tmp_path: Path
) -> None:
    write(tmp_path / "from", **{"cup_wts": "ours", "cup layer 2_png": "2", "cup layer 3_png": "3"})
    write(tmp_path / "from", **{"cup 2_wts": "of another trace", "cups_wts": "and another"})
    write(target, cup_wts="another's")
    found = bring(Bundle(tmp_path / "from", "cup", TRACE), target, lambda path: path.name == "cup-2.wts")
    assert found.stem == "cup-3"
    assert contents(target) == {
        "cup.wts": "another's", "cup-3.wts": "ours", "cup-3 layer 2.png": "2", "cup-3 layer 3.png": "3",
    }  # fmt: skip


def test_a_copy_that_breaks_off_leaves_nothing(shot: Bundle, other_disk: Path) -> None:
    (shot.folder / "run" / "b.wts").write_text("b" * 60_000)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1]))  # what a full disk does
    try:
        with pytest.raises(OSError):
            bring(shot, other_disk, nothing_promised)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert not [*other_disk.iterdir()]
    assert bring(shot, other_disk, nothing_promised).files()


def test_copies_leave_room_for_the_file_that_is_saved(shot: Bundle, other_disk: Path) -> None:
    free = shutil.disk_usage(other_disk).free
    with (shot.folder / "run" / "large.wts").open("wb") as file:
        file.truncate(free - 1000)  # sparse
    with pytest.raises(OSError, match="No space"):
        bring(shot, other_disk, nothing_promised)
    assert not [*other_disk.iterdir()]
