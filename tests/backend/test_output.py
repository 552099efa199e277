"""Where results may not go: said before the work begins, and what is there stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wt_backend.output import check_output
from wt_backend.protocol import BackendError


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    """A pipe here, for want of a device: as root, tracing to /dev/null replaced it for all programs."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BackendError, match="is no ordinary file") as caught:
        check_output(pipe)
    assert caught.value.kind == "bad_output" and pipe.is_fifo()


def test_an_older_result_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.wts").write_bytes(b"older")
    (tmp_path / "link.wts").symlink_to(tmp_path / "a.wts")
    for name in ("a.wts", "link.wts", "new/b.wts"):
        check_output(tmp_path / name)
