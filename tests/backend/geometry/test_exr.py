"""OpenEXR files on a disk that is full: told, and nothing is left behind."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from wt_backend.geometry.exr import write_exr
from wt_backend.protocol import BackendError


@pytest.mark.parametrize("missing", [1, 100, 4000, 300_000])
def test_a_file_whose_last_bytes_find_no_room_is_not_written(tmp_path: Path, missing: int) -> None:
    """A limit on the size of files stands for a full disk. OpenImageIO reports success for the first two."""
    path, picture = tmp_path / "a.exr", np.random.default_rng(0).random((300, 300, 3), np.float32)
    write_exr(picture, path)
    whole = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole - missing, before[1]))
    try:
        with pytest.raises(BackendError, match="cannot be written"):
            write_exr(picture, tmp_path / "b.exr")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.exr"]
