"""What the worker methods share: files that appear whole, with ordinary permissions, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wt_backend.geometry.job import whole_file


def test_a_file_has_ordinary_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a disk that lets nobody change them, as CIFS and FAT do."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    (tmp_path / "plain").touch()
    with whole_file(tmp_path / "a.glb") as part:
        part.write_bytes(b"whole")
    assert (tmp_path / "a.glb").read_bytes() == b"whole"
    assert (tmp_path / "a.glb").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "a.glb"}


def test_a_block_that_fails_leaves_an_older_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"older")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.glb") as part:
        part.write_bytes(b"half")
        raise ZeroDivisionError
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"older"]
