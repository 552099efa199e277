"""Where results may not go: said before the work begins, and what is there stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wt_backend.output import check_output, output_place, save_new
from wt_backend.protocol import BackendError
from wt_backend.stack import LayerStack


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    """A pipe here, for want of a device: as root, tracing to /dev/null replaced it for all programs."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BackendError, match="is no ordinary file") as caught:
        check_output(pipe)
    assert caught.value.kind == "bad_output" and pipe.is_fifo()


@pytest.mark.parametrize("name", ["a" * 300 + ".wts", "a" * 300 + "/b.wts"])
@pytest.mark.parametrize("check", [check_output, lambda path: output_place(path).__enter__()])
def test_a_place_that_cannot_be(name: str, check: Callable[[Path], None], tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be written") as caught:
        check(tmp_path / name)
    assert caught.value.kind == "bad_output"


def test_folders_made_for_a_job_that_fails_go_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), output_place(tmp_path / "new" / "one" / "a.wts"):
        assert (tmp_path / "new" / "one").is_dir()
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_folders_with_something_in_them_stay(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(ZeroDivisionError), output_place(tmp_path / "old" / "new" / "one" / "a.wts"):
        (tmp_path / "old" / "new" / "half.wts").write_bytes(b"half")
        raise ZeroDivisionError
    assert [path.name for path in (tmp_path / "old" / "new").iterdir()] == ["half.wts"]


def test_an_older_result_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.wts").write_bytes(b"older")
    (tmp_path / "link.wts").symlink_to(tmp_path / "a.wts")
    for name in ("a.wts", "link.wts", "new/b.wts"):
        check_output(tmp_path / name)


def test_several_that_save_to_one_path_get_a_file_each(stack: LayerStack, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda _number: save_new(stack, tmp_path / "a.wts"), range(8)))
    assert sorted(places) == sorted(tmp_path.iterdir()) and len(set(places)) == 8
    assert tmp_path / "a.wts" in places and tmp_path / "a-8.wts" in places
    for place in places:
        LayerStack.load(place).validate()


def test_a_new_file_whose_folder_is_gone_is_told(stack: LayerStack, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be written") as caught:
        save_new(stack, tmp_path / "gone" / "a.wts")
    assert caught.value.kind == "bad_output"
