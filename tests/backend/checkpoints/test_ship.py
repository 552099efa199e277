"""The weights of a training run, as they ship: half precision and a card that says everything."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import torch

from wt_backend.checkpoints.files import read_state_dict, sha256_of, write_model
from wt_backend.checkpoints.load import find_entry, load_model
from wt_backend.checkpoints.registry import OFFICIAL_LICENCE, read_card
from wt_backend.checkpoints.ship import main, ship
from wt_backend.protocol import BackendError


@pytest.fixture
def card(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model, exported as a run exports and shipped."""
    exported = tmp_path / "run.safetensors"
    exported.write_bytes(tiny_model.read_bytes())
    exported.with_suffix(".json").write_bytes(tiny_model.with_suffix(".json").read_bytes())
    return ship(
        exported, "mine", "Mine", {"object": 2, "scene": 3}, {"object": 0.01, "scene": 0.03}, folder=tmp_path
    )


def test_the_card_says_what_was_asked_for(card: Path) -> None:
    entry = read_card(card)
    assert entry.existence_tolerance == {"object": 0.01, "scene": 0.03}
    assert entry.steps == {"object": 2, "scene": 3}
    assert (entry.solver, entry.modes) == ("multistep", ["object", "scene"])
    assert entry.mirrored == entry.visible_first == ("object",)
    assert entry.sha256 == sha256_of(entry.weights)


def test_the_weights_are_half_precision_and_load(card: Path, tiny_model: Path) -> None:
    state, exact = read_state_dict(card.with_suffix(".safetensors")), read_state_dict(tiny_model)
    assert all(tensor.dtype == torch.float16 for tensor in state.values())
    loaded = load_model(str(card.with_suffix(".safetensors")), device="cpu").model.state_dict()
    assert all(torch.allclose(loaded[key], exact[key], atol=1e-3, rtol=1e-3) for key in exact)


def test_what_goes_on_from_weights_that_may_not_be_shared_is_not_shipped(card: Path, tmp_path: Path) -> None:
    """It became a model under our licence."""
    card.write_text(json.dumps(json.loads(card.read_text()) | {"licence": OFFICIAL_LICENCE}))
    weights, each = card.with_suffix(".safetensors"), {"object": 0.1, "scene": 0.1}
    with pytest.raises(BackendError, match="CC BY-NC-ND"):
        ship(weights, "free", "Free", {"object": 1, "scene": 1}, each, folder=tmp_path)
    assert not (tmp_path / "free.safetensors").exists()


def test_a_place_that_cannot_be_written_is_said(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(card.with_suffix(".safetensors")), *OPTIONS, "--name", "x" * 300]) == 1
    assert "cannot be written (File name too long)" in capsys.readouterr().err


@pytest.mark.parametrize("value", [{"object": 1}, {}, 2])
@pytest.mark.parametrize("name", ["existence_tolerance", "steps"])
def test_a_card_without_a_value_for_each_mode_is_refused(card: Path, name: str, value: object) -> None:
    values = json.loads(card.read_text())
    card.write_text(json.dumps(values | {name: value}))
    with pytest.raises(BackendError) as caught:
        read_card(card)
    assert caught.value.kind == "model_damaged" and str(card) in caught.value.message


OPTIONS = [
    "--object-steps",
    "2",
    "--scene-steps",
    "4",
    "--object-tolerance",
    ".01",
    "--scene-tolerance",
    ".03",
]


@pytest.mark.parametrize(
    ("option", "value"), [("--object-steps", "0"), ("--scene-tolerance", "-1"), ("--object-tolerance", "nan")]
)
def test_what_no_trace_could_use_is_not_shipped(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path / "x.safetensors"), *OPTIONS, option, value])


def test_weights_without_their_description_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "x.safetensors"), *OPTIONS]) == 1
    assert "x.json cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"existence_tolerance": {"object": "0.02", "scene": 0.02}}, "'0.02' for object mode"),
        ({"existence_tolerance": {"object": 0.02, "scene": 0}}, "0 for scene mode"),
        ({"steps": {"object": 2, "scene": 0}}, "0 for scene mode"),
        ({"fits": {"object": "squash"}}, "'squash' for object mode"),
        ({"visible_first": ["film"]}, "film, which is no mode"),
        ({"mirrored": "object"}, "which is no mode"),
        ({"clip": True}, "not for models that take clips"),
        ({"unit": "meter"}, "unit is 'meter', not one of relative, metre"),
        ({"solver": "heun"}, "solver is 'heun', not one of euler, multistep"),
        ({"subject_share": 0}, "subject_share is 0, not a share"),
        ({"subject_share": 1.5}, "subject_share is 1.5, not a share"),
        ({"subject_share": "0.7"}, "subject_share is '0.7', not a share"),
    ],
)
def test_a_card_edited_by_hand_is_read_with_care(card: Path, values: dict[str, object], said: str) -> None:
    card.write_text(json.dumps(json.loads(card.read_text()) | values))
    with pytest.raises(BackendError, match=said):
        read_card(card)


def test_other_json_beside_weights_is_no_card(card: Path) -> None:
    card.write_text("[1, 2]")
    with pytest.raises(BackendError, match="cannot be read"):
        find_entry(str(card.with_suffix(".safetensors")))


def test_weights_without_their_new_card_do_not_take_the_place_of_the_old(card: Path) -> None:
    """On a disk that was full after the weights, the default model was damaged for every trace."""
    weights = card.with_suffix(".safetensors")
    before, state = (card.read_bytes(), weights.read_bytes()), read_state_dict(weights)

    def full(_sha256: str, _size: int) -> dict[str, object]:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_model(weights, {name: value + 1 for name, value in state.items()}, full)
    assert (card.read_bytes(), weights.read_bytes()) == before
    assert not list(card.parent.glob("*.new"))
