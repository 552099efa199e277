"""Downloaded models are deleted and moved whole, links and all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from wt_backend import methods
from wt_backend.checkpoints import registry, storage
from wt_backend.checkpoints.registry import Source, cached
from wt_backend.protocol import BackendError

OBJECT = Source("haoz19/object-model-6layer")
SCENE = Source("haoz19/scene-model-6layer-840")
SHARED = Path("/dev/shm")


def nothing(*_values: object) -> None:
    pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub cache with one model, laid out as its client does: a blob, and a link that names it."""
    folder = tmp_path / "hüb"
    repository = folder / "models--haoz19--object-model-6layer"
    (repository / "blobs").mkdir(parents=True)
    (repository / "blobs" / "abc").write_bytes(b"w" * 3_000_000)
    snapshot = repository / "snapshots" / "1f"
    snapshot.mkdir(parents=True)
    (snapshot / "model.pt").symlink_to("../../blobs/abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("1f")
    (folder / "models--somebody--else").mkdir()
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("WT_CACHE_DIR", str(tmp_path / "converted"))
    return folder


def converted(tmp_path: Path, name: str, source: Path) -> Path:
    """A copy in the precision of use, with its record."""
    copy = tmp_path / "converted" / f"{name}-0123456789abcdef.safetensors"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(b"c" * 2_000_000)
    copy.with_suffix(".json").write_text(
        json.dumps(
            {
                "source": str(source),
                "source_state": [source.stat().st_size, source.stat().st_mtime_ns],
                "source_sha256": "",
                "size": 2_000_000,
            }
        )
    )
    return copy


def test_a_deleted_model_is_gone_and_strangers_stay(cache: Path) -> None:
    assert cached(OBJECT) is not None
    assert methods.call("models/delete", {"model": "object"}, nothing, nothing)["freed_mb"] == pytest.approx(
        3.0, abs=0.001
    )
    assert cached(OBJECT) is None and [path.name for path in cache.iterdir()] == ["models--somebody--else"]


def test_what_was_converted_from_a_deleted_model_goes_too(cache: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.pt"
    mine.write_bytes(b"")
    (tmp_path / "converted").mkdir()
    (tmp_path / "converted" / "strange.json").write_text("not ours")
    kept, gone = converted(tmp_path, "mine", mine), converted(tmp_path, "object", cached(OBJECT))
    freed = methods.call("models/delete", {"model": "object"}, nothing, nothing)["freed_mb"]
    assert freed == pytest.approx(5.0, abs=0.001)
    assert not gone.exists() and not gone.with_suffix(".json").exists()
    assert {path.suffix for path in kept.parent.glob("mine-*")} == {".json", ".safetensors"}
    assert (kept.parent / "strange.json").exists()


@pytest.mark.parametrize(
    ("model", "words"), [("wt-mini", "part of the package"), ("scene", "not on this machine")]
)
def test_what_cannot_be_deleted_is_said(cache: Path, model: str, words: str) -> None:
    with pytest.raises(BackendError, match=words):
        methods.call("models/delete", {"model": model}, nothing, nothing)
    assert cached(OBJECT) is not None


@pytest.mark.parametrize("disk", ["the same", "another"])
def test_models_move_and_are_found_there(
    cache: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch, disk: str
) -> None:
    target = tmp_path / "néw"
    if disk == "another":
        if not SHARED.is_dir() or SHARED.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("this machine has one file system only")
        target = Path(tempfile.mkdtemp(dir=SHARED)) / "néw"
    copy = converted(tmp_path, "object", cached(OBJECT))
    steps: list[tuple] = []
    result = methods.call("models/move", {"folder": str(target)}, lambda *step: steps.append(step), nothing)
    assert result == {"moved": 1, "folder": str(target)} and steps[-1] == ("move", 3, 3)
    assert cached(OBJECT) is None and not copy.exists()
    monkeypatch.setenv("HF_HUB_CACHE", str(target))
    assert cached(OBJECT).read_bytes() == b"w" * 3_000_000
    assert (cache / "models--somebody--else").is_dir() and not list(target.glob("*.part"))
    if disk == "another":
        storage.shutil.rmtree(target.parent)


def test_a_converted_copy_in_use_does_not_take_the_move_back(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows does not delete what is mapped; Blender must be told where its models lie now."""

    def in_use() -> int:
        raise PermissionError(13, "in use", "copy.safetensors")

    monkeypatch.setattr(storage, "forget_copies", in_use)
    result = methods.call("models/move", {"folder": str(tmp_path / "new")}, nothing, nothing)
    assert result["moved"] == 1 and cached(OBJECT) is None
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "new"))
    assert cached(OBJECT) is not None
    assert methods.call("models/delete", {"model": "object"}, nothing, nothing)["freed_mb"] > 2.9
    assert cached(OBJECT) is None


def test_a_cancelled_move_leaves_everything_where_it_was(cache: Path) -> None:
    if not SHARED.is_dir() or SHARED.stat().st_dev == cache.stat().st_dev:
        pytest.skip("this machine has one file system only")
    target = Path(tempfile.mkdtemp(dir=SHARED))

    def cancel() -> None:
        raise BackendError("cancelled", "The job was cancelled.")

    with pytest.raises(BackendError, match="cancelled"):
        methods.call("models/move", {"folder": str(target)}, nothing, cancel)
    assert cached(OBJECT).is_file() and not any(target.iterdir())
    target.rmdir()


@pytest.mark.parametrize("disk", ["the same", "another"])
def test_a_move_cancelled_at_the_second_model_leaves_the_first_where_it_was(
    cache: Path, tmp_path: Path, disk: str
) -> None:
    if disk == "another" and (not SHARED.is_dir() or SHARED.stat().st_dev == cache.stat().st_dev):
        pytest.skip("this machine has one file system only")
    storage.shutil.copytree(
        cache / registry.repository_folder(OBJECT).name,
        registry.repository_folder(SCENE),
        symlinks=True,
    )
    with tempfile.TemporaryDirectory(dir=SHARED if disk == "another" else tmp_path) as place:
        target = Path(place) / "new"

        def cancel() -> None:
            if any(target.iterdir()) and done[-1] > 3:
                raise BackendError("cancelled", "The job was cancelled.")

        if disk == "another":  # a move that was killed left this
            (target / f"{registry.repository_folder(OBJECT).name}.part").mkdir(parents=True)
        done = [0]
        with pytest.raises(BackendError, match="cancelled"):
            methods.call("models/move", {"folder": str(target)}, lambda *step: done.append(step[1]), cancel)
        assert not any(target.iterdir())
    assert all(cached(source).read_bytes() == b"w" * 3_000_000 for source in (OBJECT, SCENE))


def test_a_folder_that_holds_the_model_already_is_refused(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "new" / registry.repository_folder(OBJECT).name).mkdir(parents=True)
    with pytest.raises(BackendError, match="exists already"):
        methods.call("models/move", {"folder": str(tmp_path / "new")}, nothing, nothing)
    assert cached(OBJECT) is not None
