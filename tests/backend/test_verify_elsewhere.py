"""Parity on a folder of other shapes, seeds and settings, from an implementation that shares no code."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.backend.reference.folder import write_folder
from tests.backend.reference.network import Sizes
from wt_backend.verify import TOLERANCE, Report, verify_folder

FAMILIES: dict[str, tuple[Sizes, dict[str, Any]]] = {
    "still": (
        Sizes(2, 24, 3, 4, 3, 16, 4, 2, side=42, batch=3),
        {"steps": 2, "seed": 7, "rho": 0.0, "mode": "zscore"},
    ),
    "scene": (
        Sizes(5, 16, 2, 3, 4, 24, 6, 3, side=28, batch=2, adaln=True),
        {"steps": 3, "seed": 1234, "rho": 0.0, "mode": "median_log"},
    ),
    "clip": (
        Sizes(2, 32, 2, 7, 3, 16, 5, 4, side=28, batch=2, frames=3, temporal=True, stored_grid=9),
        {"steps": 2, "seed": 5, "rho": 0.25, "mode": "zscore"},
    ),
    "one frame": (  # of a clip model, and more steps than the clamp of the velocity likes
        Sizes(1, 16, 1, 3, 1, 16, 4, 1, side=14, batch=1, temporal=True),
        {"steps": 25, "seed": 0, "rho": 0.5, "mode": "zscore"},
    ),
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole folder; takes some ten seconds."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_folder(folder, FAMILIES, components=True)
    return folder


@pytest.fixture
def folder(elsewhere: Path, tmp_path: Path) -> Path:
    """A copy to spoil, with one family and the components."""
    for name in ("scene.safetensors", "parts.safetensors"):
        shutil.copyfile(elsewhere / name, tmp_path / name)
    described = json.loads((elsewhere / "golden.json").read_text())
    described["families"] = {"scene": described["families"]["scene"]}
    (tmp_path / "golden.json").write_text(json.dumps(described))
    return tmp_path


def spoilt(folder: Path, change: Callable[[dict[str, Any]], None]) -> Report:
    """The report on a folder whose description is changed."""
    description = json.loads((folder / "golden.json").read_text())
    change(description)
    (folder / "golden.json").write_text(json.dumps(description))
    report = verify_folder(folder)
    assert not report.passed()
    return report


def test_every_number_agrees(elsewhere: Path) -> None:
    report = verify_folder(elsewhere)
    assert report.problems == []
    assert [check for check in report.checks if check.error > TOLERANCE] == []
    compared = {check.name for check in report.checks}
    for name in FAMILIES:
        described = json.loads((elsewhere / "golden.json").read_text())["families"][name]["tensors"]
        assert {f"{name}.{key}" for key in described if key.startswith(("mid.", "out."))} <= compared


def test_a_strange_part_leaves_the_others_compared(folder: Path) -> None:
    report = spoilt(folder, lambda d: d["components"].update(patchify="no numbers", prior={"rho": "half"}))
    assert any("patches: ValueError" in problem for problem in report.problems)
    assert any("prior: " in problem for problem in report.problems)
    assert any("patchify.out was not compared" in problem for problem in report.problems)
    assert {"components.block.y", "components.intr.K", "scene.out.xyz"} <= {c.name for c in report.checks}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("xyz_norm_mode", "contraction"),
        ("sampler_steps", None),
        ("image_size", 42),
        ("num_parameters", 5),
        ("encoder_arguments", {"embed_dim": 24}),
        ("encoder_arguments", {"embed_dim": 24, "depth": 6, "num_heads": 3, "taps": "every other block"}),
    ],
)
def test_settings_that_do_not_fit_are_told(folder: Path, key: str, value: Any) -> None:
    report = spoilt(folder, lambda d: d["families"]["scene"].update({key: value}))
    assert any(problem.startswith("scene.") for problem in report.problems)
    assert any(check.name.startswith("components.") for check in report.checks)


def test_temporal_blocks_elsewhere_are_told(elsewhere: Path, tmp_path: Path) -> None:
    shutil.copyfile(elsewhere / "clip.safetensors", tmp_path / "clip.safetensors")
    description = json.loads((elsewhere / "golden.json").read_text())
    del description["components"]
    clip = description["families"]["clip"]
    description["families"] = {"clip": clip}
    clip["model_arguments"]["temporal_insert"] = [1]
    (tmp_path / "golden.json").write_text(json.dumps(description))
    assert any("temporal_insert" in problem for problem in verify_folder(tmp_path).problems)


@pytest.mark.parametrize("name", ["norm.decoded.contraction", "post.gentle.mask", "camera.7", "rope.cos.8"])
def test_components_of_no_known_kind_are_told(folder: Path, name: str) -> None:
    tensors = load_file(folder / "parts.safetensors")
    save_file(tensors | {name: torch.zeros(2)}, folder / "parts.safetensors")
    report = verify_folder(folder)
    assert any(f"components.{name}" in problem for problem in report.problems) and not report.passed()


def test_files_that_nobody_mentions_are_told(folder: Path) -> None:
    save_file({"a": torch.zeros(1)}, folder / "more.safetensors")
    assert "more.safetensors is mentioned nowhere in golden.json" in verify_folder(folder).problems


@pytest.mark.parametrize("content", [None, b"no gzip", gzip.compress(b"[]", mtime=0)])
def test_key_lists_that_cannot_be_read_are_told(folder: Path, content: bytes | None) -> None:
    if content is not None:
        (folder / "keys_r75b.json.gz").write_bytes(content)
    report = spoilt(folder, lambda d: d.update(keys={"r75b": "keys_r75b.json.gz"}))
    assert any("keys_r75b.json.gz cannot be read" in problem for problem in report.problems)
