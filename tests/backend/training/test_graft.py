"""A new encoder says what the old one said, as far as it knows, and news where the old one was silent."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.backend.model.test_stem import ENCODER, NETWORK
from wt_backend.model.encoder import Encoder
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training.graft import graft, main_directions, unused
from wt_backend.training.lesson import Lesson

DIM, LAYERS, PATCH = 128, 3, 14
WIDE = replace(NETWORK, decoder_dim=DIM, num_layers=LAYERS, encoder=replace(ENCODER, embed_dim=64))


def pictures() -> list[Tensor]:
    torch.manual_seed(2)
    return [torch.rand(8, 3, 1, 1) * torch.rand(8, 3, 56, 56) for _ in range(4)]


def meeting(seed: int) -> tuple[WTDiT, Lesson, Encoder]:
    """A decoder, a fresh encoder with its lesson, and an old encoder, none of which has learned anything.

    What the old one says fills few directions, as it does where it has learned.
    """
    torch.manual_seed(seed)
    model, lesson = WTDiT(WIDE).eval(), Lesson(DIM, LAYERS, PATCH, 0.0, 0.0)
    torch.nn.init.normal_(lesson.head.weight)
    old = Encoder(WIDE.encoder, DIM)
    with torch.no_grad():
        few = torch.randn(DIM, 4) @ torch.randn(4, old.final_project.in_features)
        old.final_project.weight.copy_(few)
        old.final_project.bias.normal_(std=3)
    return model, lesson, old


@torch.no_grad()
def tokens_of(encoder: Encoder) -> Tensor:
    return torch.cat([encoder(image) for image in pictures()]).flatten(0, 1)  # (N, D)


def test_the_decoder_hears_what_it_knows_and_news_apart_from_it() -> None:
    model, lesson, old = meeting(0)
    model.net.encoder.load_state_dict(old.state_dict())  # so that it can say all that the old one says
    wanted = tokens_of(old)
    embeddings = model.layer_embed.weight.detach()
    graft(model, lesson, old, pictures())
    tokens = tokens_of(model.net.encoder)
    known = main_directions(torch.cov(wanted.T.double())).float()
    news = (tokens - wanted) - (tokens - wanted) @ known @ known.T
    assert ((tokens - wanted) @ known).var() < 1e-3 * (wanted @ known).var()
    assert news.var() > 0.01 * wanted.var()
    torch.testing.assert_close(news @ embeddings.T, torch.zeros(len(news), LAYERS), rtol=0, atol=0.05)
    torch.testing.assert_close(tokens.mean(0), wanted.mean(0), rtol=0, atol=0.05)


@torch.no_grad()
def test_what_the_decoder_knew_reaches_it_as_loud_as_before() -> None:
    """In the feature channels that the old tokens moved; the news are in the others."""
    model, lesson, old = meeting(2)
    model.net.encoder.load_state_dict(old.state_dict())
    before = model._image_features(tokens_of(old).unflatten(0, (-1, 1, 16)))  # (B, 1, L, P, D/2)
    graft(model, lesson, old, pictures())
    after = model._image_features(tokens_of(model.net.encoder).unflatten(0, (-1, 1, 16)))
    flat = before.flatten(0, -2)
    loud = torch.linalg.eigh(torch.cov(flat.T)).eigenvectors[:, -4:]
    assert ((after - before) @ loud).square().mean() < 0.003 * (before @ loud).square().mean()
    assert (after - before).square().mean() > 0.1 * before.var()


def test_the_lesson_reads_what_it_read_before() -> None:
    model, lesson, old = meeting(1)
    with torch.no_grad():  # in a few directions, as lessons do
        lesson.head.weight.copy_(torch.randn(len(lesson.head.weight), 5) @ torch.randn(5, DIM))
        lesson.head.bias.normal_()
    before = lesson.depth(tokens_of(model.net.encoder).unflatten(0, (-1, 16)))
    graft(model, lesson, old, pictures())
    after = lesson.depth(tokens_of(model.net.encoder).unflatten(0, (-1, 16)))
    assert (after - before).square().mean() < 1e-5 * before.var()


def test_unused_directions_are_at_right_angles_to_the_used_and_each_other() -> None:
    torch.manual_seed(0)
    used = torch.randn(12, 5)
    free = unused(used)
    torch.testing.assert_close(free.T @ used, torch.zeros(7, 5), rtol=0, atol=1e-5)
    torch.testing.assert_close(free.T @ free, torch.eye(7))


@pytest.mark.parametrize(
    ("spectrum", "count"), [([100, 1, 0.01, 0], 2), ([1, 1, 1, 1], 4), ([0, 0, 0, 0], 1)]
)
def test_main_directions_are_as_few_as_hold_the_variance(spectrum: list[float], count: int) -> None:
    values = torch.tensor([*spectrum, *[0.0] * 12], dtype=torch.float64)
    turned, _ = torch.linalg.qr(
        torch.randn(16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    )
    found = main_directions(turned * values @ turned.T)
    assert found.shape == (16, count)
    kept = (found.T @ (turned * values @ turned.T) @ found).trace()
    assert kept >= 0.999 * values.sum() - 1e-9
