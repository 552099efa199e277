"""Parity with the official code's numbers, and that the comparison itself can fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from wt_backend.parity.ledger import relative_error
from wt_backend.verify import TOLERANCE, main, verify_folder


@pytest.fixture
def folder(golden: Path, tmp_path: Path) -> Path:
    """A copy of one family, small enough to spoil."""
    description = json.loads((golden / "golden.json").read_text())
    description["families"] = {"scene": description["families"]["scene"]}
    for part in ("components", "keys"):
        del description[part]
    write(tmp_path, description)
    shutil.copyfile(golden / "scene.safetensors", tmp_path / "scene.safetensors")
    return tmp_path


def write(folder: Path, description: dict[str, Any]) -> None:
    (folder / "golden.json").write_text(json.dumps(description))


def change(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    """Put a tensor into the file, or take it out."""
    tensors = load_file(folder / "scene.safetensors")
    tensors.pop(name, None)
    save_file(tensors if tensor is None else tensors | {name: tensor}, folder / "scene.safetensors")


def test_every_tensor_of_every_family_and_component_agrees(golden: Path) -> None:
    report = verify_folder(golden)
    description = json.loads((golden / "golden.json").read_text())
    assert report.problems == []
    assert [check for check in report.checks if check.error > TOLERANCE] == []
    compared = {check.name for check in report.checks}
    for family, described in description["families"].items():
        results = {f"{family}.{name}" for name in described["tensors"] if name.startswith(("mid.", "out."))}
        assert results <= compared
    assert {f"keys.{name}" for name in description["keys"]} <= compared


def test_good_folder_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder)]) == 0
    assert "scene.out.v_t " in capsys.readouterr().out


def test_a_wrong_weight_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "sd.net.decoder_blocks.0.norm1.weight"
    change(folder, name, load_file(folder / "scene.safetensors")[name] * 1.001)
    assert main([str(folder)]) == 1
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["out.v_t", "in.rgb", "sd.layer_embed.weight"])
def test_a_missing_tensor_fails(folder: Path, name: str) -> None:
    change(folder, name, None)
    report = verify_folder(folder)
    assert not report.passed()
    assert any(name.removeprefix("sd.") in problem for problem in report.problems)


def test_an_unknown_tensor_fails(folder: Path) -> None:
    change(folder, "mid.mystery", torch.zeros(1))
    report = verify_folder(folder)
    assert "scene.mid.mystery is unknown here" in report.problems and not report.passed()


def test_other_settings_are_read_from_the_description(folder: Path) -> None:
    description = json.loads((folder / "golden.json").read_text())
    description["families"]["scene"]["noise_seed"] += 1
    write(folder, description)
    failed = {check.name for check in verify_folder(folder).checks if check.error > TOLERANCE}
    assert {"scene.in.x_T", "scene.out.xyz"} <= failed and "scene.out.v_t" not in failed


def test_what_is_no_fixture_folder_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    write(tmp_path, {"format": "other"})
    assert main([str(tmp_path)]) == 1
    assert "format 'other'" in capsys.readouterr().err
    write(tmp_path, {"format": "wt-dit-golden-1", "families": ["scene"]})
    assert main([str(tmp_path)]) == 1
    assert "must be tables" in capsys.readouterr().err


def test_nothing_compared_is_no_success(tmp_path: Path) -> None:
    write(tmp_path, {"format": "wt-dit-golden-1"})
    assert main([str(tmp_path)]) == 1


def test_relative_error() -> None:
    golden = torch.tensor([1.0, -4.0])
    assert relative_error(torch.tensor([1.0, -3.0]), golden) == 0.25
    assert relative_error(torch.tensor([1.0, torch.nan]), golden) == float("inf")
    assert relative_error(torch.zeros(3), golden) == float("inf")
    assert relative_error(torch.tensor([True]), torch.tensor([False])) == 1.0
