"""What a run begins with: the rest of a model, and a fresh encoder that its decoder meets later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.backend.training.test_trainer import CONFIG
from wt_backend.checkpoints.load import load_model
from wt_backend.model.encoder import Encoder
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training import trainer
from wt_backend.training.config import StageConfig, load_config
from wt_backend.training.graft import graft
from wt_backend.training.lesson import Lesson
from wt_backend.training.train import export
from wt_backend.training.trainer import Trainer


def test_a_fresh_encoder_goes_on_with_the_rest_of_a_model(tmp_path: Path) -> None:
    """Also one of another kind: everything but the encoder is the model's."""
    text = CONFIG.format(steps=1).replace("[model.network.encoder]", "[model.network.encoder]\nstem = [8, 8]")
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    (tmp_path / "other.toml").write_text(text)
    Trainer(load_config(tmp_path / "run.toml", tmp_path / "first")).save()
    export(tmp_path / "first" / "state.pt", tmp_path / "first")
    first = load_model(
        str(tmp_path / "first.safetensors"), device="cpu", dtype=torch.float32
    ).model.state_dict()
    config = load_config(tmp_path / "other.toml", tmp_path / "second")
    source = str(tmp_path / "first.safetensors")
    model = Trainer(replace(config, seed=1, initial_weights=source, fresh_encoder=True)).model.state_dict()
    for name, value in model.items():
        if not name.startswith("net.encoder."):
            assert torch.equal(value, first[name]), name
    assert "net.encoder.patch_embed.stages.0.weight" in model
    assert not torch.equal(model["net.encoder.pos_embed"], first["net.encoder.pos_embed"])


def test_a_fresh_encoder_meets_the_decoder_once_when_both_begin_to_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the run is stopped between the meeting and the first step; afterwards by itself."""
    monkeypatch.setattr(trainer, "GRAFT_IMAGES", 16)
    text = CONFIG.format(steps=2).replace("draws = 2", "draws = 0", 1)
    (tmp_path / "run.toml").write_text(text)
    before = Trainer(load_config(tmp_path / "run.toml", tmp_path / "first"))
    before.save()
    export(tmp_path / "first" / "state.pt", tmp_path / "first")
    source = tmp_path / "first.safetensors"
    config = replace(load_config(tmp_path / "run.toml"), initial_weights=str(source), fresh_encoder=True)
    meetings: list[float] = []

    def counted(model: WTDiT, lesson: Lesson, old: Encoder, images: Iterable[torch.Tensor]) -> None:
        assert torch.equal(
            old.final_project.weight.half(), before.model.net.encoder.final_project.weight.half()
        )
        graft(model, lesson, old, images)
        meetings.append(float(lesson.unit))

    monkeypatch.setattr(trainer, "graft", counted)
    whole = Trainer(replace(config, state=tmp_path / "whole"))
    assert whole.run() and len(meetings) == 1 and float(whole.objective.lesson.unit) == meetings[0]

    parts = Trainer(replace(config, state=tmp_path / "parts"))
    monkeypatch.setattr(Trainer, "run_stage", stopping_when_joined(Trainer.run_stage))
    assert not parts.run() and len(meetings) == 2
    monkeypatch.undo()
    source.unlink()
    again = Trainer(replace(config, state=tmp_path / "parts"))
    assert again.run()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name
    rates = warm_up(again)
    assert rates[0] < 0.5 * rates[4]


def warm_up(trainer: Trainer) -> list[float]:
    """The learning rate at the steps from when the decoder joined."""
    rates = []
    trainer.progress.stage = trainer.progress.stage_step = 0
    for step in range(5):
        trainer.progress.step = trainer.progress.joined + step
        rates.append(trainer.learning_rate())
    return rates


def stopping_when_joined(
    run_stage: Callable[[Trainer, StageConfig], None],
) -> Callable[[Trainer, StageConfig], None]:
    """A stage that a signal reaches before its first step, where the decoder has joined."""

    def run(self: Trainer, stage: StageConfig) -> None:
        self.stopping = self.progress.joined >= 0
        run_stage(self, stage)

    return run
