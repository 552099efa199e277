"""Convolutions that embed patches: one token a patch, in its place, and a model of them is kept and read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from wt_backend.flow.normalisation import Normalisation
from wt_backend.model.config import EncoderConfig, ModelConfig, WTDiTConfig
from wt_backend.model.encoder import Encoder
from wt_backend.model.stem import ConvolutionalStem
from wt_backend.model.wt_dit import WTDiT

ENCODER = EncoderConfig(embed_dim=32, depth=4, num_heads=2, pos_embed_grid=4, stem=(8, 16, 16))
NETWORK = WTDiTConfig(
    num_layers=6,
    image_size=56,
    decoder_dim=32,
    decoder_heads=2,
    decoder_blocks=3,
    head_blocks=1,
    encoder=ENCODER,
    layer_scale_init=0.3,
)


@pytest.mark.parametrize("widths", [(8,), (8, 16), (8, 16, 16)])
@pytest.mark.parametrize("patch", [14, 16])
def test_a_token_looks_around_the_middle_of_its_patch(widths: tuple[int, ...], patch: int) -> None:
    """The centre of what a token depends on, on a grid that is not square; row 1, column 3."""
    torch.manual_seed(0)
    stem = ConvolutionalStem(widths, 16, patch)
    image = torch.randn(16, 3, 3 * patch, 5 * patch, requires_grad=True)
    tokens = stem.stages[:-1](stem.resized(image)).flatten(2)  # the last norm mixes all of them
    assert tokens.shape[-1] == 15 and stem(image).shape == (16, 15, 16)
    tokens[:, :, 1 * 5 + 3].square().sum().backward()
    assert image.grad is not None
    share = image.grad.square().sum(dim=(0, 1))
    rows, columns = torch.arange(3 * patch) + 0.5, torch.arange(5 * patch) + 0.5
    assert float((share.sum(1) * rows).sum() / share.sum()) == pytest.approx(1.5 * patch, abs=0.1 * patch)
    assert float((share.sum(0) * columns).sum() / share.sum()) == pytest.approx(3.5 * patch, abs=0.1 * patch)


def test_the_encoder_takes_any_size() -> None:
    encoder = Encoder(ENCODER, 24)
    for side in (28, 56, 112):
        assert encoder(torch.rand(2, 3, side, side)).shape == (2, (side // 14) ** 2, 24)


def test_every_weight_of_it_learns() -> None:
    torch.manual_seed(0)
    model = WTDiT(NETWORK)
    stem = model.net.encoder.patch_embed
    optimiser = torch.optim.AdamW(stem.parameters(), lr=1e-2, weight_decay=0.0)
    before = {name: value.detach().clone() for name, value in stem.named_parameters()}
    for _ in range(2):  # a block starts as the identity: its first half learns from the second step on
        condition = model.condition(torch.rand(1, 1, 3, 56, 56))
        model.predict_x0(torch.randn(1, 1, 6, 56, 56, 3), torch.ones(1), condition).square().mean().backward()
        optimiser.step()
        optimiser.zero_grad()
    for name, value in stem.named_parameters():
        assert not torch.equal(value, before[name]), name


def test_comes_back_from_a_card() -> None:
    config = ModelConfig(NETWORK, Normalisation())
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_card_from_before_there_were_stems_has_none() -> None:
    values = ModelConfig(replace(NETWORK, encoder=replace(ENCODER, stem=())), Normalisation()).to_dict()
    del values["network"]["encoder"]["stem"]
    assert ModelConfig.from_dict(values).network.encoder.stem == ()


@pytest.mark.parametrize("widths", [(8, 12), (0, 8), (8, "x"), (8.0, 8)])
def test_widths_that_cannot_be_are_said(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"multiples of 8, not \[.*, 32\]"):
        replace(ENCODER, stem=widths)
