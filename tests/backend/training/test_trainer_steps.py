"""What a step of the trainer is made of: samples, gradients, the rate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.backend.training.test_trainer import CONFIG
from wt_backend.training.config import load_config
from wt_backend.training.trainer import Trainer


def test_gradients_of_all_parameters_are_shortened(tmp_path: Path) -> None:
    """With Muon those that AdamW steps were left as they were, finite or not."""
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    trainer = Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))
    assert len(trainer.optimisers) == 2
    for optimiser in trainer.optimisers:
        held = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        for parameter in held:
            parameter.grad = torch.full_like(parameter, 3.0)
    trainer.clip(1.0)
    for optimiser in trainer.optimisers:
        held = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        assert torch.stack([parameter.grad.norm() for parameter in held]).norm() < 1.01
        held[0].grad = torch.full_like(held[0], float("nan"))
        assert not np.isfinite(trainer.clip(1.0))
        for parameter in held:
            parameter.grad.zero_()


def test_a_stage_may_learn_at_a_part_of_the_rate(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1) + "rate = 0.25\n")
    trainer = Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))
    slow = replace(trainer.config, stages=trainer.config.stages[2:])
    full = replace(slow, stages=(replace(slow.stages[0], rate=1.0),))
    rates = []
    for config in (slow, full):
        trainer.config = config
        rates.append(trainer.learning_rate())
    assert rates[1] > 0 and rates[0] == pytest.approx(0.25 * rates[1])


def test_each_stage_has_samples_of_its_own(tmp_path: Path) -> None:
    """Each began with those of the one before it."""
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    trainer = Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))
    first, second = trainer.config.stages[:2]
    assert first.size == second.size
    before = next(trainer.batches(first))["depth"]
    assert torch.equal(before, next(trainer.batches(first))["depth"])
    trainer.progress.next_stage()
    assert not torch.equal(before, next(trainer.batches(second))["depth"])
