"""Loading: any honest checkpoint, nothing else; converted once; mapped afterwards."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from wt_backend.checkpoints import load, registry
from wt_backend.checkpoints.files import check_state_dict, read_state_dict, sha256_of, write_safetensors
from wt_backend.checkpoints.load import load_model
from wt_backend.model.precision import BRAIN
from wt_backend.protocol import BackendError


@pytest.fixture
def weights(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny model of our own, and an empty cache."""
    monkeypatch.setenv("WT_CACHE_DIR", str(tmp_path / "cache"))
    for suffix in (".safetensors", ".json"):
        shutil.copyfile(tiny_model.with_suffix(suffix), tmp_path / f"tiny{suffix}")
    return tmp_path / "tiny.safetensors"


def pickled(weights: Path, content: object) -> Path:
    """The same model as a torch pickle with the given content."""
    path = weights.with_name("pickled.pt")
    torch.save(content, path)
    shutil.copyfile(weights.with_suffix(".json"), path.with_suffix(".json"))
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="homes are found otherwise there")
def test_an_account_without_a_home_has_models_and_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "WT_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "")  # as good as none, says its specification
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert "wt-mini" in [model.name for model in registry.models()]
    assert load.cache_folder().is_absolute()


def test_shipped_model_loads_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loaded = load_model("wt-mini", device="cpu")
    assert loaded.sha256 == sha256_of(registry.WEIGHTS / "wt-mini.safetensors")
    assert not loaded.model.training and not any(p.requires_grad for p in loaded.model.parameters())


def test_shipped_model_is_checked(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    card = json.loads(tiny_model.with_suffix(".json").read_text())
    (tmp_path / "tiny.json").write_text(json.dumps(card | {"sha256": "0" * 64}))
    shutil.copyfile(tiny_model, tmp_path / "tiny.safetensors")
    with pytest.raises(BackendError, match="not the file that was published"):
        load_model("tiny", device="cpu")


def test_the_hash_is_that_of_the_file_whatever_its_card_says(weights: Path) -> None:
    card = weights.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | {"sha256": "0" * 64}))
    loaded = load_model(str(weights), device="cpu", dtype=torch.float32)
    assert loaded.sha256 == sha256_of(weights)


def test_average_wins_and_prefixes_of_wrappers_go(weights: Path) -> None:
    state = load_file(weights)
    wrapped = {f"_orig_mod.module.{name}": tensor + 1 for name, tensor in state.items()}
    averaged = {
        name.replace("decoder_blocks.0.", "decoder_blocks.0._checkpoint_wrapped_module."): tensor
        for name, tensor in state.items()
    }
    path = pickled(weights, {"model_state_dict": wrapped, "ema_state_dict": averaged})
    loaded = load_model(str(path), device="cpu").model.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())


def test_no_average_means_the_plain_weights(weights: Path) -> None:
    state = load_file(weights)
    path = pickled(weights, {"model_state_dict": state, "ema_state_dict": None})
    assert read_state_dict(path).keys() == state.keys()


def test_code_in_a_pickle_does_not_run(weights: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    with pytest.raises(BackendError) as caught:
        load_model(str(pickled(weights, {"model_state_dict": Trap()})), device="cpu")
    assert caught.value.kind == "model_damaged"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "settings", [argparse.Namespace(steps=3), np.float64(1.5), np.ones(3), Path("run"), [torch.device("cpu")]]
)
def test_what_a_trainer_put_beside_the_weights_is_passed_over(weights: Path, settings: object) -> None:
    state = load_file(weights)
    found = read_state_dict(pickled(weights, {"settings": settings, "model_state_dict": state}))
    assert found.keys() == state.keys() and all(torch.equal(found[name], state[name]) for name in state)


def test_settings_in_a_container_of_its_own_class_are_told_as_what_may_stop_a_file(weights: Path) -> None:
    """Somebody's own file was only said to be perhaps harmful."""
    settings = defaultdict(int, steps=3)
    path = pickled(weights, {"settings": settings, "model_state_dict": load_file(weights)})
    with pytest.raises(BackendError, match="more than weights") as caught:
        read_state_dict(path)
    assert "save the state dict alone with torch.save(model.state_dict(), FILE)" in caught.value.hint


def test_what_passes_for_a_command_is_refused(weights: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path / 'sprung'}",))

    with pytest.raises(BackendError, match="more than weights"):
        read_state_dict(pickled(weights, {"a": Trap(), "model_state_dict": load_file(weights)}))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("keep", [0.01, 0.5, 0.999])
def test_a_pickle_cut_short_is_named(weights: Path, keep: float) -> None:
    path = pickled(weights, load_file(weights))
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(BackendError, match=r"pickled\.pt cannot be read"):
        read_state_dict(path)


def test_missing_misshapen_and_unknown_tensors_are_listed(weights: Path) -> None:
    state = load_file(weights)
    wanted = dict(state)
    del state["layer_embed.weight"]
    state["net.encoder.cls_token"] = torch.zeros(1, 1, 5)
    state["extra"] = torch.zeros(2)
    with pytest.raises(BackendError) as caught:
        check_state_dict(state, wanted, weights)
    message = str(caught.value)
    assert "missing: layer_embed.weight 3×32" in message
    assert "net.encoder.cls_token is 1×1×5, not 1×1×32" in message
    assert "unknown: extra 2" in message


@pytest.mark.parametrize("damage", [b"", b"not weights at all"])
def test_damaged_files_are_named(weights: Path, damage: bytes) -> None:
    weights.write_bytes(damage)
    with pytest.raises(BackendError, match=r"tiny\.safetensors cannot be read"):
        load_model(str(weights), device="cpu", dtype=torch.float32)


def test_conversion_happens_once_and_the_copy_is_mapped(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pickled(weights, load_file(weights))
    first = load_model(str(path), device="cpu", dtype=torch.bfloat16)
    (record,) = (json.loads(p.read_text()) for p in load.cache_folder().glob("*.json"))
    (copy,) = load.cache_folder().glob("*.safetensors")
    assert record["sha256"] == sha256_of(copy)
    assert first.sha256 == record["source_sha256"] == sha256_of(path)
    assert all(tensor.dtype == BRAIN.dtype_of(name) for name, tensor in load_file(copy).items())

    def refuse(*arguments: object) -> None:
        raise AssertionError("converted twice")

    monkeypatch.setattr(load, "write_safetensors", refuse)
    second = load_model(str(path), device="cpu", dtype=torch.bfloat16)
    assert second.sha256 == first.sha256
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert str(copy) in maps.read_text()
    for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_new_source_is_converted_anew(weights: Path) -> None:
    path = pickled(weights, load_file(weights))
    load_model(str(path), device="cpu", dtype=torch.bfloat16)
    pickled(weights, {name: tensor + 1 for name, tensor in load_file(weights).items()})
    changed = load_model(str(path), device="cpu", dtype=torch.bfloat16).model.layer_embed.weight
    assert torch.equal(changed, load_file(weights)["layer_embed.weight"] + 1)


@pytest.mark.parametrize("damage", ["", "[]", "{}"])
def test_a_copy_whose_record_is_damaged_is_made_anew(weights: Path, damage: str) -> None:
    path = pickled(weights, load_file(weights))
    load_model(str(path), device="cpu", dtype=torch.bfloat16)
    (record,) = load.cache_folder().glob("*.json")
    whole = record.read_text()
    record.write_text(damage)
    load_model(str(path), device="cpu", dtype=torch.bfloat16)
    assert record.read_text() == whole


def test_copies_of_what_was_written_over_and_abandoned_parts_do_not_pile_up(weights: Path) -> None:
    path = pickled(weights, load_file(weights))
    load_model(str(path), device="cpu", dtype=torch.bfloat16)
    (old,) = load.cache_folder().glob("*.safetensors")
    fresh, abandoned = (old.with_name(f"{old.name}.{pid}.part") for pid in (11, 12))
    for part in (fresh, abandoned):
        part.write_bytes(b"half")
    os.utime(abandoned, (0, 0))
    pickled(weights, {name: tensor + 1 for name, tensor in load_file(weights).items()})
    load_model(str(path), device="cpu", dtype=torch.bfloat16)
    assert not old.exists() and len(list(load.cache_folder().glob("*.safetensors"))) == 1
    assert fresh.exists() and not abandoned.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_or_quota_too_small_for_the_copy_is_told(
    number: int, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quota passed for a folder that cannot be written to."""

    def full(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(load, "write_safetensors", full)
    with pytest.raises(BackendError, match="converted weights cannot be written") as caught:
        load_model(str(pickled(weights, load_file(weights))), device="cpu", dtype=torch.bfloat16)
    assert caught.value.kind == "disk_full"


def test_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken(name: str) -> torch.dtype:
        return torch.float32 if name == "a" else torch.float64

    with pytest.raises(KeyError):
        write_safetensors(tmp_path / "x.safetensors", {"a": torch.ones(2), "b": torch.ones(2)}, broken)
    assert list(tmp_path.iterdir()) == []


def test_written_file_is_read_by_the_library(tmp_path: Path) -> None:
    tensors = {"scalar": torch.tensor(3.0), "half": torch.randn(3, 5), "empty": torch.zeros(0, 4)}
    kinds = {"scalar": torch.float32, "half": torch.float16, "empty": torch.bfloat16}
    sha256 = write_safetensors(tmp_path / "x.safetensors", tensors, kinds.__getitem__)
    read = load_file(tmp_path / "x.safetensors")
    assert sha256 == sha256_of(tmp_path / "x.safetensors")
    assert all(torch.equal(read[name], tensors[name].to(kinds[name])) for name in tensors)


def test_what_cannot_be_loaded_is_said(weights: Path) -> None:
    with pytest.raises(BackendError, match="no model, and no file") as caught:
        load_model("no-such-model")
    assert "wt-mini" in caught.value.hint
    save_file(load_file(weights), weights.with_name("stranger.safetensors"))
    with pytest.raises(BackendError, match="none of the released models"):
        load_model(str(weights.with_name("stranger.safetensors")))
    with pytest.raises(BackendError, match="no address"):
        load_model("hf://nobody")


def test_official_weights_are_never_downloaded_unasked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BackendError) as caught:
        load_model("object", device="cpu")
    assert caught.value.kind == "model_missing" and "haoz19/object-model-6layer" in str(caught.value)


def test_card_survives_its_json(tiny_model: Path) -> None:
    entry = registry.read_card(tiny_model.with_suffix(".json"))
    entry = replace(entry, visible_first=tuple(entry.modes[:1]))
    again = registry.RegistryEntry.from_dict(json.loads(json.dumps(entry.to_dict())), tiny_model)
    assert again == entry


def test_a_card_from_before_there_was_visible_first_has_none(tiny_model: Path) -> None:
    values = json.loads(tiny_model.with_suffix(".json").read_text())
    del values["visible_first"]
    assert registry.RegistryEntry.from_dict(values, tiny_model).visible_first == ()


def test_listing_needs_neither_torch_nor_the_hubs_client() -> None:
    """Blender lists the models with its own Python."""
    code = (
        "import sys; from wt_backend.checkpoints.registry import models; assert models();"
        "assert not {'torch', 'huggingface_hub', 'safetensors'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HF_HOME": "$PLACE/home"},
        {"XDG_CACHE_HOME": "/x/cache"},
        {"HUGGINGFACE_HUB_CACHE": "~/older"},
        {"HUGGINGFACE_HUB_CACHE": "/older", "HF_HUB_CACHE": "${PLACE}/newer", "HF_HOME": "/home"},
    ],
)
def test_the_cache_is_where_the_hubs_client_keeps_it(variables: dict[str, str]) -> None:
    code = (
        "from huggingface_hub.constants import HF_HUB_CACHE as theirs;"
        "from wt_backend.checkpoints.registry import hub_cache; assert str(hub_cache()) == theirs"
    )
    names = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    environment = clean | {"PLACE": "/some/place"} | variables
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3], env=environment)


def test_names_and_aliases() -> None:
    assert registry.find("r75b") is registry.find("object") is not None
    names = [name for entry in registry.entries() for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))
    assert {entry.licence for entry in registry.OFFICIAL} == {"CC BY-NC-ND 4.0"}
