"""What models there are on this machine, asked at every redraw of a panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from wt_backend.checkpoints.registry import Source, cached, models

OBJECT = Source("haoz19/object-model-6layer")


def test_a_folder_that_answers_with_an_error_holds_no_model(tmp_path: Path) -> None:
    """As a drive that was pulled out, somebody else's folder, or a name that is too long."""
    found = models(tmp_path / ("x" * 300))
    assert found and all(model.available == model.bundled for model in found)


@pytest.mark.parametrize("revision", [b"\xff\xfe", b"x" * 300])
def test_a_damaged_record_names_no_model(tmp_path: Path, revision: bytes) -> None:
    record = tmp_path / "models--haoz19--object-model-6layer" / "refs" / "main"
    record.parent.mkdir(parents=True)
    record.parents[1].joinpath("snapshots").mkdir()
    record.write_bytes(revision)
    assert cached(OBJECT, tmp_path) is None
