"""Validation leaves no trace in the training that it interrupts."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.tiny_run import TINY_RUN
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training.config import load_config
from wt_backend.training.state import Ema
from wt_backend.training.validate import Validation

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
