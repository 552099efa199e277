"""Validation measures what a model is for, and leaves no trace in the training that it interrupts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from tests.tiny_run import TINY_RUN
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training.config import load_config
from wt_backend.training.state import Ema
from wt_backend.training.validate import Validation, depth_errors, validation_view

STAGE = """
std = [0.25, 0.25, 0.25]
[[stages]]
size = 28
images = 4
draws = 1
steps = 1
"""


def test_building_the_network_draws_nothing_that_training_would_draw(tmp_path: Path) -> None:
    """A run that is resumed builds it once more, and must end where an uninterrupted one does."""
    (tmp_path / "run.toml").write_text(TINY_RUN + STAGE)
    config = load_config(tmp_path / "run.toml", tmp_path / "state")
    ema = Ema(WTDiT(config.model.network), 0.99)
    validation = Validation(config)
    before = torch.get_rng_state()
    validation.load(ema, torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), before)
    assert validation.model is not None
    for name, value in validation.model.state_dict().items():
        assert torch.equal(value.float(), ema.values[name])


def test_views_are_neither_augmented_nor_measured_beside_the_subject(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(TINY_RUN + STAGE)
    item = Validation(load_config(tmp_path / "run.toml", tmp_path / "state")).items(56)[0]
    view = validation_view((0, 56, "object"))
    subject = view.alpha > 127
    assert np.array_equal(item["mask"], subject)
    assert np.array_equal(np.asarray(item["rgb"])[view.alpha == 255], view.rgb[view.alpha == 255])
    estimate = np.asarray(item["depth"], np.float32)
    item["mask"] = subject & (np.arange(56) < 28)  # a matte that lost a half
    estimate[:, :, 28:] *= 3
    assert not any(depth_errors([item], estimate[None], 1).values())
